//! What can be taken back: remembered when it was done, and taken back by a key.

use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::tui::effect::Effect;
use crate::tui::job::{Deed, Job};
use crate::tui::state::{OpenVault, State};
use crate::tui::undo::{Undo, UndoStack};
use crate::vault::Written;
use crate::vault::bulk::Done;

use super::bulk::send;

/// Takes the last thing back; a second key does not do it twice.
pub(super) fn last(state: &mut State) -> Vec<Effect> {
    let vault = state.vault.as_mut().filter(|vault| vault.working.is_none());
    let undo = vault.and_then(|vault| vault.undo.pop());
    undo.map(|undo| send(undo.job())).unwrap_or_default()
}

/// A single write can be taken back, too.
pub(super) fn remember(vault: &mut OpenVault, deed: Deed, written: &mut Written) {
    let undo = written.undo.take().and_then(|step| Undo::new(deed, Arc::new([step])));
    undo.into_iter().for_each(|undo| vault.undo.push(undo));
}

/// What can be taken back after a job.
pub(super) fn remember_job(undo: &mut UndoStack, job: &Job, result: &Result<Option<Done>, Error>) {
    match result {
        Ok(Some(done)) if job.undoes => undo.rebase(&done.undo),
        Ok(Some(done)) => Undo::new(job.deed, Arc::clone(&done.undo)).into_iter().for_each(|done| undo.push(done)),
        Ok(None) if job.undoes => undo.give_back(Undo::of(job), false),
        Err(error) if job.undoes => undo.give_back(Undo::of(job), error.kind() == Kind::Conflict),
        Ok(None) | Err(_) => {}
    }
}
