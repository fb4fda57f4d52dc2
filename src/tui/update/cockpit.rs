//! A rotation on the screen: its cockpit is opened, and hears what the vault thread does.

use crate::tui::dialogs::cockpit::CockpitDialog;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::notice::Notice;
use crate::tui::rotating::{Ended, LastUse, Log, News, Order, What};
use crate::tui::state::{OpenVault, State};
use crate::vault::secret::{Secret, SecretId};

use super::{give, open_dialog, say};

/// True when `r` opens the cockpit on a secret, and not the form for a new value.
pub(super) fn has_rotation(vault: &OpenVault, secret: &Secret) -> bool {
    let is_driven = vault.rotation.as_ref().is_some_and(|log| log.id == secret.id && log.is_open);
    is_driven || secret.rotation.stage.is_some() || secret.rotation.revoke.is_some()
}

/// Opens the cockpit on a secret.
pub(super) fn open(state: &mut State, secret: Box<Secret>) -> Vec<Effect> {
    let (now, lines) = (state.now.time, state.options.lines.clone());
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.detail.mask();
    let log = vault.rotation.clone().filter(|log| log.id == secret.id);
    let known = vault.secrets.known(secret.id);
    let (searches, reads) = (vault.secrets.looks_for_duplicates(), vault.secrets.looks_for_mentions());
    let cockpit = CockpitDialog::new(secret, log, known, lines, now);
    let wants = cockpit.wants();
    open_dialog(state, Dialog::Cockpit(Box::new(cockpit)));
    let search = searches.then_some(Effect::Vault(Request::FindDuplicates));
    let reads = reads.then_some(Effect::Vault(Request::FindMentions));
    std::iter::once(wants).chain(search).chain(reads).collect()
}

/// Hands the end of a program on; after a lock nobody asks any more.
pub(super) fn ended(state: &State, ended: Ended) -> Vec<Effect> {
    if state.is_locked() {
        return Vec::new();
    }
    vec![Effect::Vault(Request::Rotation(Box::new(Order::Ended(ended))))]
}

/// Takes news of a rotation: into its cockpit, or as a notice where that is closed.
pub(super) fn told(state: &mut State, news: News) -> Vec<Effect> {
    let News { id, address, secret, what } = news;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let log = match &mut vault.rotation {
        Some(log) if log.id == id && !matches!(what, What::Opened) => log,
        other => other.insert(Log::new(id)),
    };
    log.take(&what);
    let log = Box::new(log.clone());
    match &state.dialog {
        Some(Dialog::Cockpit(cockpit)) if cockpit.subject() == id => {
            state.submitted = false;
            return show(state, Input::Rotation(log, secret));
        }
        // The form or the question that began it gives way to the cockpit.
        Some(Dialog::Rotate(form)) if matches!(what, What::Opened) && form.subject() == Some(id) => {
            return secret.map(|secret| open(state, secret)).unwrap_or_default();
        }
        Some(Dialog::Confirm(question)) if matches!(what, What::Opened) && question.rolls_back() == Some(id) => {
            return secret.map(|secret| open(state, secret)).unwrap_or_default();
        }
        _ => {}
    }
    let now = state.now;
    match what {
        What::Done { told, .. } => say(state, Notice::done(told, now)),
        What::Failed(error) => say(state, Notice::failed(&error)),
        What::Heard(heard) if !heard.as_meant => {
            say(state, Notice::done(format!("{address}: {}.", heard.done), now));
        }
        _ => {}
    }
    Vec::new()
}

/// A dialog learns something; a key that was typed for what stood in a cockpit before does
/// not meet what stands there now.
pub(super) fn show(state: &mut State, input: Input) -> Vec<Effect> {
    let foot =
        |state: &State| state.dialog.as_ref().filter(|dialog| matches!(dialog, Dialog::Cockpit(_))).map(Dialog::foot);
    let before = foot(state);
    let effects = give(state, input);
    if foot(state) != before {
        state.drawn = None;
    }
    effects
}

/// Takes who used a secret last.
pub(super) fn last_used(state: &mut State, id: SecretId, last_use: Option<LastUse>) -> Vec<Effect> {
    match &state.dialog {
        Some(Dialog::Cockpit(cockpit)) if cockpit.subject() == id => show(state, Input::LastUse(last_use)),
        _ => Vec::new(),
    }
}

/// The cockpit learns what is known beside the list.
pub(super) fn learn(state: &mut State) {
    let (Some(Dialog::Cockpit(cockpit)), Some(vault)) = (&state.dialog, &state.vault) else { return };
    let known = Box::new(vault.secrets.known(cockpit.subject()));
    show(state, Input::Known(known));
}
