//! The list changed, by this session or another: the selection stays, and what another
//! session took away is told before a key can meet what stands there now.

use crate::error::Error;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::notice::Notice;
use crate::tui::state::{OpenVault, State};
use crate::vault::catalog::CatalogChange;
use crate::vault::scope::Address;
use crate::vault::secret::{Secret, SecretId};

use super::actions::{ask_detail, moved};
use super::{bulk, cockpit, give, say};

/// Another session, or this one, wrote: the selection and what is typed stay. Where
/// another session took the selected secret away, the next key must not meet its neighbour unread.
pub(super) fn changed(state: &mut State, change: CatalogChange, own: bool) -> Vec<Effect> {
    let time = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let shown = vault.wanted_detail;
    let before = vault.secrets.selected().map(|listed| listed.id);
    let touched = change.upserted.iter().any(|secret| Some(secret.id) == shown);
    let gone = vault.secrets.selected().is_some_and(|listed| change.removed.contains(&listed.id));
    let gone = vault.secrets.selected_address().filter(|address| gone && !vault.removing.contains(address));
    let removed = change.removed.clone();
    let written = state.dialog.as_ref().and_then(Dialog::writes).and_then(|id| written(&change, id));
    vault.secrets.apply(change, time);
    if let Some(address) = vault.expected.take()
        && !vault.secrets.select_address(&address, time)
    {
        vault.expected = Some(address);
    }
    let mut effects = Vec::new();
    let lists_deleted = matches!(state.dialog, Some(Dialog::Deleted(_)));
    if matches!(state.dialog, Some(Dialog::Edit(_) | Dialog::Rotate(_) | Dialog::Cockpit(_))) {
        // A notice would swallow a key that is meant for the dialog; the dialog tells it itself.
        for id in removed {
            effects.extend(give(state, Input::Elsewhere(id, None)));
        }
        if let Some(secret) = written {
            effects.extend(cockpit::show(state, Input::Changed(secret)));
        }
    } else if matches!(state.dialog, Some(Dialog::Bulk(_))) {
        bulk::renew(state, None);
    } else if lists_deleted {
        // What another session deleted stands in that list in a moment; a notice would swallow a key.
    } else if let Some(address) = gone {
        say(state, gone_elsewhere(&address));
    } else if let Some(address) =
        before.filter(|id| !own && !bulk::works_on(vault, *id)).and_then(|id| hidden(vault, id))
    {
        say(state, hidden_elsewhere(&address));
    }
    effects.extend(moved(state));
    if let (true, true, Some(id)) = (touched, effects.is_empty(), shown) {
        effects = refresh(state, id);
    }
    effects.extend(lists_deleted.then_some(Effect::Vault(Request::Deleted)));
    effects
}

/// How a secret is now, where it changed.
fn written(change: &CatalogChange, id: SecretId) -> Option<Box<Secret>> {
    change.upserted.iter().find(|secret| secret.id == id).cloned().map(Box::new)
}

/// The address of a secret that is there, but not among what the filter shows.
fn hidden(vault: &OpenVault, id: SecretId) -> Option<Address> {
    if vault.secrets.shows(id) { None } else { vault.secrets.address_of(id) }
}

/// The selected secret was changed, by somebody else mostly, and has left the list.
fn hidden_elsewhere(address: &Address) -> Notice {
    let words = format!("{address} was changed and has left the filter.");
    Notice::failed(&Error::conflict(words))
}

/// The selected secret was taken away by somebody else.
pub(super) fn gone_elsewhere(address: &Address) -> Notice {
    Notice::failed(&Error::conflict(format!("{address} was deleted by another session.")))
}

/// Our own delete or purge was answered: whoever else was blamed for it meanwhile was not it.
pub(super) fn removed(state: &mut State, address: &Address, id: SecretId) {
    if let Some(vault) = &mut state.vault {
        vault.removing.retain(|removing| removing != address);
        if vault.secrets.address_of(id).is_some() {
            vault.secrets.remove(address, state.now.time);
        }
    }
    state.notice = state.notice.take().filter(|notice| *notice != gone_elsewhere(address));
}

/// Reads a secret again that is on the screen.
fn refresh(state: &State, id: SecretId) -> Vec<Effect> {
    let tab = state.vault.as_ref().map(|vault| vault.history.tab()).unwrap_or_default();
    ask_detail(id, tab)
}
