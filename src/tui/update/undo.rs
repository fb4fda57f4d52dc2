//! What can be taken back: remembered when it was done, and taken back by a key.

use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::tui::action::{Action, Context};
use crate::tui::effect::Effect;
use crate::tui::job::{Deed, Job};
use crate::tui::keymap::Keys;
use crate::tui::notice::Notice;
use crate::tui::state::{OpenVault, State};
use crate::tui::text;
use crate::tui::undo::{Refused, Undo, UndoStack};
use crate::vault::Written;
use crate::vault::bulk::Done;

use super::bulk::send;
use super::say;

/// Takes the last thing back; a second key does not do it twice.
pub(super) fn last(state: &mut State) -> Vec<Effect> {
    let vault = state.vault.as_mut().filter(|vault| vault.working.is_none());
    let undo = vault.and_then(|vault| vault.undo.pop());
    undo.map(|undo| send(undo.job())).unwrap_or_default()
}

/// A single write can be taken back, too, and after it that the secret was brought back for it.
pub(super) fn remember(vault: &mut OpenVault, deed: Deed, written: &mut Written) {
    let revived = written.revived.as_ref().map(|step| (Deed::Restore, step.clone()));
    let done = written.undo.take().map(|step| (deed, step));
    for (deed, step) in revived.into_iter().chain(done) {
        Undo::new(deed, Arc::new([step])).into_iter().for_each(|undo| vault.undo.push(undo));
    }
}

/// What can be taken back after a job; what became of it where it was to be taken back, and
/// was refused.
pub(super) fn remember_job(undo: &mut UndoStack, job: &Job, result: &Result<Option<Done>, Error>) -> Option<Refused> {
    match result {
        Ok(Some(done)) if job.undoes => undo.rebase(&done.undo),
        Ok(Some(done)) => Undo::new(job.deed, Arc::clone(&done.undo)).into_iter().for_each(|done| undo.push(done)),
        Err(error) if job.undoes && error.kind() == Kind::Conflict => {
            return Some(undo.refuse(Undo::of(job), job.rest.as_ref()));
        }
        Ok(None) | Err(_) if job.undoes => undo.give_back(Undo::of(job)),
        Ok(None) | Err(_) => {}
    }
    None
}

/// What cannot be taken back is told, with what can be.
pub(super) fn refused(state: &mut State, job: &Job, error: &Error, refused: Refused) {
    let why = error.message();
    let notice = match refused {
        Refused::Offered(able) => {
            let more = match job.steps.len().saturating_sub(able + 1) {
                0 => String::new(),
                1 => " 1 more cannot be undone either.".to_owned(),
                more => format!(" {} more cannot be undone either.", text::grouped(more as u64)),
            };
            let able = if able == 1 { "one".to_owned() } else { text::grouped(able as u64) };
            let words = format!("{why}{more} Nothing was undone. ⟨undo⟩ again undoes the other {able}.");
            let words = Keys::new(&state.options.keymap, Context::Secrets).named(&words).into_owned();
            Notice::answered(words, Action::Undo)
        }
        Refused::Kept => {
            let hint = error.next_step().map(|hint| format!(" {hint}")).unwrap_or_default();
            Notice::failed(&Error::conflict(format!("{why} Nothing was undone.{hint}")))
        }
        Refused::Dropped => {
            let words = format!("The {} cannot be undone any more: {why}", job.words());
            Notice::failed(&Error::conflict(words))
        }
    };
    say(state, notice);
}
