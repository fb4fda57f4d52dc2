//! A single write was answered: what came of it is told, and its dialog closes.

use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::Effect;
use crate::tui::job::Deed;
use crate::tui::notice::Notice;
use crate::tui::state::State;
use crate::vault::catalog::CatalogChange;
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;
use crate::vault::{Outcome, Written};

use super::actions::moved;
use super::changes::{changed, removed};
use super::{close_dialog, give, say, undo};

pub(super) fn written(state: &mut State, deed: Deed, mut written: Written) -> Vec<Effect> {
    let now = state.now;
    if state.submitted {
        close_dialog(state);
    }
    if let Some(vault) = &mut state.vault {
        undo::remember(vault, deed, &mut written);
    }
    let Written { secret, outcome, revived, .. } = written;
    let revived = revived.is_some();
    let (address, version, id) = (secret.address.clone(), secret.version, secret.id);
    let words = match outcome {
        _ if revived => format!("{address} is back; version {version} of it is current."),
        Outcome::Created => format!("Added {address} as version {version}."),
        Outcome::NewVersion => format!("Version {version} of {address} is current now."),
        Outcome::MetadataOnly => format!("Saved the details of {address}; version {version} stays."),
        Outcome::Unchanged => format!("Nothing was different in {address}; nothing was written."),
    };
    if let Some(vault) = &mut state.vault {
        if revived || outcome == Outcome::Created {
            vault.expected = Some(address);
        }
        vault.wanted_detail = vault.wanted_detail.filter(|shown| *shown != id);
        vault.history.select_newest();
    }
    let effects = changed(state, CatalogChange { upserted: vec![secret], removed: Vec::new() }, true);
    let hidden =
        state.vault.as_ref().is_some_and(|vault| !vault.secrets.filter().is_empty() && !vault.secrets.shows(id));
    let words = match words.strip_suffix('.').filter(|_| hidden && outcome == Outcome::Created) {
        Some(words) => format!("{words}; the filter hides it."),
        None => words,
    };
    say(state, Notice::done(words, now));
    effects
}

pub(super) fn restored(state: &mut State, address: Address) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    if !vault.secrets.select_address(&address, now.time) {
        vault.expected = Some(address.clone());
    }
    say(state, Notice::done(format!("{address} is back with all its versions."), now));
    moved(state)
}

pub(super) fn purged(state: &mut State, address: &Address, id: SecretId) -> Vec<Effect> {
    let now = state.now;
    if matches!(state.dialog, Some(Dialog::Deleted(_))) {
        state.submitted = false;
        give(state, Input::Purged(id));
    } else if state.submitted {
        close_dialog(state);
    }
    removed(state, address, id);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.undo.forget(id);
    let what = if vault.secrets.named(address) { "a deleted secret named " } else { "" };
    say(state, Notice::done(format!("Destroyed {what}{address} and all its versions."), now));
    moved(state)
}
