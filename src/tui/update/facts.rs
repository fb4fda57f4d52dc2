//! What terms ask beside the list: taken as it comes, and asked for once somebody wants to know.

use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::state::State;
use crate::vault::Segment;
use crate::vault::backup::Backups;
use crate::vault::duplicates::Duplicates;
use crate::vault::usage::{Extent, Use};

use super::actions::moved;
use super::{cockpit, give};

/// Takes what the next part of the log tells.
pub(super) fn take_uses(
    state: &mut State,
    uses: &[Use],
    extent: Extent,
    told: (Backups, Option<Segment>),
) -> Vec<Effect> {
    let now = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.secrets.take_uses((uses, extent), told, now);
    learnt(state)
}

/// Takes which secrets have the same value, or that it could not be found out.
pub(super) fn take_duplicates(state: &mut State, found: Option<Duplicates>) -> Vec<Effect> {
    let now = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.secrets.take_duplicates(found, now);
    learnt(state)
}

/// The detail and the dialog that searches learn it too; the detail follows where the
/// selection is another one.
fn learnt(state: &mut State) -> Vec<Effect> {
    tell_detail(state);
    cockpit::learn(state);
    let facts = state.vault.as_ref().map(|vault| vault.secrets.facts().clone());
    let searches = matches!(state.dialog, Some(Dialog::Jump(_) | Dialog::Deleted(_)));
    let mut effects = match facts.filter(|_| searches) {
        Some(facts) => give(state, Input::Learnt(facts)),
        None => Vec::new(),
    };
    effects.extend(moved(state));
    effects
}

/// The detail learns what is known about its secret.
pub(super) fn tell_detail(state: &mut State) {
    let Some(vault) = &mut state.vault else { return };
    if let Some(id) = vault.detail.secret().map(|secret| secret.id) {
        let known = vault.secrets.known(id);
        state.changed |= vault.detail.learn(known);
    }
}

/// Has the vault look for duplicates, the first time that a term wants to know.
pub(super) fn ask(state: &mut State) -> Option<Effect> {
    let vault = state.vault.as_mut()?;
    let query = match &state.dialog {
        Some(Dialog::Jump(jump)) => Some(jump.query()),
        _ => None,
    };
    vault.secrets.asks_for_duplicates(query).then_some(Effect::Vault(Request::FindDuplicates))
}
