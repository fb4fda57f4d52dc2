//! The list of what was deleted: opened, filled, and kept as the vault has it.

use crate::tui::dialogs::deleted::DeletedDialog;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::state::State;
use crate::vault::secret::Secret;

use super::{give, open_dialog};

/// Opens it; the vault says what is in it.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let (height, now) = (state.size.1, state.now.time);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.detail.mask();
    let dialog = DeletedDialog::new(vault.secrets.facts().clone(), vault.read_only.clone(), height, now);
    open_dialog(state, Dialog::Deleted(Box::new(dialog)));
    // Should the vault not tell, the dialog says why.
    state.submitted = true;
    vec![Effect::Vault(Request::Deleted)]
}

/// Takes how many there are, for those who do not look at the list.
pub(super) fn count(state: &mut State, count: u64) {
    if let Some(vault) = &mut state.vault {
        vault.secrets.deleted = Some(count);
    }
}

/// Takes which there are.
pub(super) fn take(state: &mut State, secrets: Vec<Secret>) -> Vec<Effect> {
    count(state, secrets.len() as u64);
    let Some(vault) = &state.vault else { return Vec::new() };
    let living = vault.secrets.shared_catalog();
    let Some(Dialog::Deleted(dialog)) = &state.dialog else { return Vec::new() };
    // What a question waits for is still to come.
    state.submitted &= dialog.is_asking();
    give(state, Input::Deleted(secrets, living))
}
