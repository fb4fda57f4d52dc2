//! Comparing versions: the marked one and the selected one, by shape.

use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::compare::CompareDialog;
use crate::tui::effect::{Effect, Request};
use crate::tui::state::State;

use super::open_dialog;

/// Marks the selected version for a comparison, or takes the mark away.
pub(super) fn mark(state: &mut State) -> Vec<Effect> {
    if let Some(vault) = &mut state.vault {
        vault.history.toggle_mark();
    }
    Vec::new()
}

/// Compares the marked version with the selected one; without a mark the selected one
/// with the current, and the current with the one before.
pub(super) fn compare(state: &mut State) -> Vec<Effect> {
    let Some(vault) = &state.vault else { return Vec::new() };
    let Some(secret) = vault.detail.secret().filter(|secret| vault.history.id() == Some(secret.id)) else {
        return Vec::new();
    };
    let Some(selected) = vault.history.selected_version().map(|version| version.number) else { return Vec::new() };
    let other = vault.history.marked().filter(|marked| *marked != selected);
    let other = other.unwrap_or(if selected == secret.version { selected - 1 } else { secret.version });
    let (id, before, after) = (secret.id, selected.min(other), selected.max(other));
    let dialog = CompareDialog::new(id, secret.address.clone(), before, after);
    open_dialog(state, Dialog::Compare(Box::new(dialog)));
    // A failure belongs into the dialog.
    state.submitted = true;
    vec![Effect::Vault(Request::Compare { id, before, after })]
}
