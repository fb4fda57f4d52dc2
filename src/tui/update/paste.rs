//! Pasting into a pane of the tmux around us: asked for by a key, and what becomes of it.

use crate::error::Result;
use crate::secret_text::SecretText;
use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::paste::{PasteDialog, Subject};
use crate::tui::effect::{Effect, Request};
use crate::tui::notice::Notice;
use crate::tui::state::State;
use crate::tui::tmux::TmuxPane;
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::values::{audit_again, wanted};
use super::{carry_out, open_dialog, say};

/// Asks where to; what the value is like is looked at meanwhile.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let (time, height) = (state.now.time, state.size.1);
    let Some((id, field, version)) = wanted(state) else { return Vec::new() };
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.detail.mask();
    let expired_at = vault.secrets.selected().filter(|listed| listed.is_expired(time)).map(|listed| listed.expires_at);
    let Some(address) = vault.secrets.selected_address() else { return Vec::new() };
    let expired = expired_at.map(|at| jiff::Timestamp::from_second(at).unwrap_or(time));
    let (dialog, step) = PasteDialog::new(Subject { id, address, field, version, expired }, height, time);
    open_dialog(state, Dialog::Paste(Box::new(dialog)));
    carry_out(state, step)
}

/// The plaintext goes on to the pane and never stays here; after a lock it goes nowhere.
pub(super) fn ready(
    state: &State,
    id: SecretId,
    address: Address,
    value: SecretText,
    pane: Box<TmuxPane>,
) -> Vec<Effect> {
    if state.is_locked() {
        return Vec::new();
    }
    let mut effects = vec![Effect::Paste { id, address, value, pane }];
    effects.extend(audit_again(state));
    effects
}

/// Says what became of it; a paste that failed is recorded, too.
pub(super) fn pasted(
    state: &mut State,
    id: SecretId,
    address: &Address,
    pane: Box<TmuxPane>,
    outcome: Result<()>,
) -> Vec<Effect> {
    let now = state.now;
    let Err(error) = outcome else {
        say(state, Notice::done(format!("Pasted {address} into {}.", pane.told()), now));
        return Vec::new();
    };
    say(state, Notice::failed(&error));
    if state.is_locked() {
        return Vec::new();
    }
    let cause = error.message().to_owned();
    let mut effects = vec![Effect::Vault(Request::NoteUnpasted { id, pane, cause })];
    effects.extend(audit_again(state));
    effects
}
