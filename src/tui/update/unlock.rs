//! From the locked vault to the open one: what the file is, and what came of a key.

use std::sync::Arc;

use crate::error::Error;
use crate::tui::dialogs::setup::SetupDialog;
use crate::tui::dialogs::unlock::UnlockDialog;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::Effect;
use crate::tui::event::Found;
use crate::tui::notice::Notice;
use crate::tui::state::{OpenVault, State};
use crate::tui::text::counted;
use crate::vault::ReadOnly;
use crate::vault::catalog::Catalog;

use super::actions::moved;
use super::{close_dialog, editor, give, open_dialog, say, with_vault};

pub(super) fn found(state: &mut State, found: Found) {
    if state.vault.is_some() {
        return;
    }
    match found {
        Found::Nothing => {
            if !matches!(state.dialog, Some(Dialog::Setup(_))) {
                let dialog = SetupDialog::new().at(&state.options.vault, &state.options.key_file);
                open_dialog(state, Dialog::Setup(Box::new(dialog)));
            }
        }
        Found::Locked(slots, key_path) => {
            let is_same = state.slots.as_ref() == Some(&slots) && state.key_path == key_path;
            let asked_already = matches!(state.dialog, Some(Dialog::Unlock(_))) && is_same;
            if !asked_already {
                let dialog = UnlockDialog::new(slots.clone(), state.options.vault.clone()).with_file(key_path.clone());
                open_dialog(state, Dialog::Unlock(Box::new(dialog)));
            }
            (state.slots, state.key_path) = (Some(slots), key_path);
        }
    }
}

pub(super) fn unlocked(
    state: &mut State,
    catalog: Arc<Catalog>,
    failed_unlocks: u64,
    (read_only, unkept): (Option<ReadOnly>, Option<String>),
) -> Vec<Effect> {
    let now = state.now;
    let place = std::mem::take(&mut state.place);
    close_dialog(state);
    state.last_key = now.instant;
    (state.locked_because, state.halfway) = (None, None);
    state.notice = None;
    state.vault = Some(Box::new(OpenVault::new(catalog, failed_unlocks, read_only, place, now.time)));
    if let Some(read_only) = state.vault.as_ref().and_then(|vault| vault.read_only.as_ref()) {
        let error = Error::denied(read_only.told());
        say(state, Notice::failed(&error));
    }
    if let Some(unkept) = unkept {
        say(state, Notice::hint(unkept.clone(), now));
        with_vault(state, |vault| vault.unkept = Some(unkept));
    }
    if failed_unlocks > 0 {
        let tries = counted(failed_unlocks, "failed unlock");
        say(state, Notice::hint(format!("{tries} since the last entry in the log."), now));
    }
    let mut effects = editor::resume(state);
    effects.extend(moved(state));
    effects
}

pub(super) fn failed(state: &mut State, error: Error) -> Vec<Effect> {
    state.submitted = false;
    if state.dialog.is_some() {
        return give(state, Input::Failed(error));
    }
    say(state, Notice::failed(&error));
    Vec::new()
}
