//! Marks, what is done to all that are marked, and the one undo.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::Error;
use crate::tui::action::{Action, Context};
use crate::tui::dialogs::bulk::{BulkDialog, Target};
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::job::{Deed, Job};
use crate::tui::notice::Notice;
use crate::tui::state::{OpenVault, State};
use crate::tui::text;
use crate::vault::bulk::{Act, Done, Seen, Step};
use crate::vault::catalog::Listed;
use crate::vault::secret::SecretId;

use super::actions::moved;
use super::changes::gone_elsewhere;
use super::{close_dialog, failed, give, open_dialog, say, undo, with_vault};

/// A key that comes again so soon is held down: one press deletes one secret.
const HELD: Duration = Duration::from_millis(400);

/// Marks, and what works on the marked; `None` for every other action.
pub(super) fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    Some(match action {
        Action::Mark => mark(state),
        Action::MarkRange => {
            with_vault(state, |vault| {
                if let Some(id) = vault.secrets.selected().map(|listed| listed.id) {
                    vault.secrets.marks.toggle_range(id);
                }
            });
            Vec::new()
        }
        Action::MarkAll => {
            with_vault(state, |vault| vault.secrets.mark_shown());
            Vec::new()
        }
        Action::Undo => undo::last(state),
        Action::Tag => open(state, Deed::Tag),
        Action::Expire => open(state, Deed::Expire),
        Action::Move => open(state, Deed::Move),
        Action::Rotate if has_marks(state) => open(state, Deed::Rotate),
        Action::Delete if has_marks(state) => open(state, Deed::Delete),
        Action::Delete => delete(state),
        _ => return None,
    })
}

fn has_marks(state: &State) -> bool {
    state.vault.as_ref().is_some_and(|vault| !vault.secrets.marks.is_empty())
}

/// Asks what is to be done to the marked secrets or, where none is, to the selected one.
fn open(state: &mut State, deed: Deed) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.detail.mask();
    let ids: Vec<SecretId> = match vault.secrets.marks.is_empty() {
        true => vault.secrets.selected().map(|listed| listed.id).into_iter().collect(),
        false => vault.secrets.marked().map(|listed| listed.id).collect(),
    };
    let dialog = BulkDialog::new(deed, targets(vault, &ids), vault.secrets.shared_catalog(), now);
    open_dialog(state, Dialog::Bulk(Box::new(dialog)));
    Vec::new()
}

/// The secrets as they are listed now; those that are gone are not among them.
fn targets(vault: &OpenVault, ids: &[SecretId]) -> Vec<Target> {
    let (catalog, _) = vault.secrets.catalog();
    let hidden = vault.secrets.hides(ids);
    let of = |id: &SecretId| {
        let target = Target::of(catalog, catalog.listed().get(catalog.position(*id)?)?)?;
        Some(Target { hidden: hidden.contains(id), ..target })
    };
    ids.iter().filter_map(of).collect()
}

/// Another session wrote while something was asked about many, or the vault refused the plan
/// for that: the secrets are taken as they are now.
pub(super) fn renew(state: &mut State, refusal: Option<&Error>) {
    let now = state.now;
    let (Some(Dialog::Bulk(dialog)), Some(vault)) = (&mut state.dialog, &state.vault) else { return };
    let ids: Vec<SecretId> = dialog.ids().collect();
    if (dialog.is_working() && refusal.is_none()) || ids.is_empty() {
        return;
    }
    let targets = targets(vault, &ids);
    if targets.is_empty() && dialog.takes_loss() {
        // The dialog tells it itself; a notice would swallow a key that is meant for it.
        state.drawn = None;
    } else if targets.is_empty() {
        close_dialog(state);
        let words = "The secrets that this was about were deleted by another session.";
        say(state, Notice::failed(&Error::conflict(words)));
    } else if dialog.renew(targets, vault.secrets.shared_catalog(), refusal, now.time) {
        // The keys for the plan before do not answer this one.
        state.drawn = None;
    }
}

/// A job goes on: its dialog shows how far it is; one that takes longer than a moment gets a dialog.
pub(super) fn progress(state: &mut State, done: usize, total: usize) {
    let now = state.now.instant;
    let working = state.vault.as_ref().and_then(|vault| vault.working.as_ref());
    if let (None, Some((job, since))) = (&state.dialog, working) {
        let dialog = BulkDialog::watching(job, *since);
        open_dialog(state, Dialog::Bulk(Box::new(dialog)));
    }
    if let Some(Dialog::Bulk(dialog)) = &mut state.dialog {
        dialog.progress(done, total, now);
    }
}

/// Marks the selected secret and goes on to the next one.
fn mark(state: &mut State) -> Vec<Effect> {
    let page = state.page();
    with_vault(state, |vault| {
        vault.secrets.mark_selected();
        vault.secrets.go(Action::Down, page);
    });
    moved(state)
}

/// One secret goes at once, since `u` brings it back.
fn delete(state: &mut State) -> Vec<Effect> {
    let now = state.now.instant;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let before = vault.delete_pressed.replace(now);
    if before.is_some_and(|before| now.saturating_duration_since(before) < HELD) {
        return Vec::new();
    }
    let step = vault.secrets.selected().and_then(|listed| step(vault, listed, Act::Delete));
    step.map(|step| send(Job::new(Deed::Delete, vec![step], String::new()))).unwrap_or_default()
}

/// What is done to a listed secret, as it is listed.
fn step(vault: &OpenVault, listed: &Listed, act: Act) -> Option<Step> {
    let address = vault.secrets.address_of(listed.id)?;
    Some(Step { id: listed.id, address, seen: Seen::Version(u64::from(listed.version)), act })
}

pub(super) fn send(job: Job) -> Vec<Effect> {
    vec![Effect::Vault(Request::Job(Box::new(job)))]
}

/// True when the job under way changes this secret.
pub(super) fn works_on(vault: &OpenVault, id: SecretId) -> bool {
    vault.working.as_ref().is_some_and(|(job, _)| job.steps.iter().any(|step| step.id == id))
}

/// A job is done, was ended, or failed.
pub(super) fn finished(state: &mut State, job: &Job, result: Result<Option<Done>, Error>) -> Vec<Effect> {
    let now = state.now;
    let takes_refusal = matches!(&state.dialog, Some(Dialog::Bulk(dialog)) if dialog.takes_refusal());
    if matches!(&state.dialog, Some(Dialog::Bulk(dialog)) if dialog.is_working()) && !(takes_refusal && result.is_err())
    {
        close_dialog(state);
    }
    let Some(vault) = &mut state.vault else { return finished_locked(state, job, result) };
    vault.working = None;
    vault.removing.clear();
    let refused = undo::remember_job(&mut vault.undo, job, &result);
    let done = match result {
        Ok(Some(done)) => done,
        Ok(None) => {
            say(state, Notice::done("Ended; nothing was changed.", now));
            return Vec::new();
        }
        Err(error) if refused.is_some() => {
            refused.into_iter().for_each(|refused| undo::refused(state, job, &error, refused));
            return Vec::new();
        }
        Err(error) if matches!(state.dialog, Some(Dialog::Deleted(_))) => return give(state, Input::Failed(error)),
        Err(error) if takes_refusal => {
            renew(state, Some(&error));
            return moved(state);
        }
        Err(error) => return failed(state, error),
    };
    if job.deed == Deed::Restore && matches!(state.dialog, Some(Dialog::Deleted(_))) {
        close_dialog(state);
    }
    unblame(state, job);
    take_off(state, job);
    let key = state.options.keymap.shown(Context::Secrets, Action::Undo);
    let key = key.map(|key| key.label()).unwrap_or_default();
    say(state, Notice::done(told(job, &job.told(&done, &key)), now));
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.secrets.marks.clear();
    select_one(vault, job, now.time);
    moved(state)
}

/// What was done and, where it was to be ended, that it was too late.
fn told(job: &Job, words: &str) -> String {
    if job.stop.is_set() { format!("Too late to end it. {words}") } else { words.to_owned() }
}

/// The vault was locked meanwhile: what came of the job is told without a name, and it can be undone.
fn finished_locked(state: &mut State, job: &Job, result: Result<Option<Done>, Error>) -> Vec<Effect> {
    let now = state.now;
    let _ = undo::remember_job(&mut state.place.undo, job, &result);
    state.place.undo = state.place.undo.over_a_lock();
    match result {
        Ok(None) => {
            say(state, Notice::done(format!("Ended by the lock: nothing of the {} was done.", job.deed.noun()), now));
        }
        Ok(Some(done)) => {
            let changed = text::counted(done.changed as u64, "secret");
            say(state, Notice::done(format!("Before the lock: {} of {changed}.", job.deed.noun()), now));
        }
        Err(_) => say(state, Notice::done(format!("The {} failed; nothing was changed.", job.deed.noun()), now)),
    }
    Vec::new()
}

/// Nobody else took away what this session did.
fn unblame(state: &mut State, job: &Job) {
    let Some(notice) = state.notice.as_ref().filter(|notice| notice.swallows_key()) else { return };
    if job.steps.iter().any(|step| *notice == gone_elsewhere(&step.address)) {
        state.notice = None;
    }
}

/// A single secret that was deleted leaves the list, whether or not the change was told yet.
fn take_off(state: &mut State, job: &Job) {
    let time = state.now.time;
    if let ([one], Some(vault)) = (&*job.steps, &mut state.vault)
        && one.act == Act::Delete
    {
        vault.secrets.remove(&one.address, time);
    }
}

/// A single secret that came back, or went elsewhere, is selected.
fn select_one(vault: &mut OpenVault, job: &Job, now: Timestamp) {
    let address = match &*job.steps {
        [Step { act: Act::Restore, address, .. }] => address,
        [Step { act: Act::Move(to), .. }] => to,
        _ => return,
    };
    if !vault.secrets.select_address(address, now) {
        vault.expected = Some(address.clone());
    }
}
