//! Values on their way: asked for by a key, and what becomes of them when they come.
//!
//! One that is revealed goes into the detail or the open dialog, with a deadline; one that
//! is copied goes on to the clipboard and never stays here.

use std::time::Instant;

use crate::secret_text::SecretText;
use crate::tui::dialogs::confirm::{ConfirmDialog, Purpose, Wanted};
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::layout::Pane;
use crate::tui::notice::Notice;
use crate::tui::panes::detail::Shown;
use crate::tui::panes::history::Tab;
use crate::tui::state::{Asked, State};
use crate::tui::text::printable;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, SecretId, VALUE};

use super::actions::focus;
use super::{give, open_dialog, say, sequence};

pub(super) fn copy(state: &mut State) -> Vec<Effect> {
    let Some((id, field, version)) = wanted(state) else { return Vec::new() };
    sequence::end(state);
    if ask_about_expiry(state, Wanted { id, version, purpose: Purpose::Copy(field.clone()) }) {
        return Vec::new();
    }
    vec![Effect::Vault(Request::Copy { id, field, version, allow_expired: false })]
}

pub(super) fn reveal(state: &mut State, blind: bool) -> Vec<Effect> {
    if state.vault.as_mut().is_some_and(|vault| vault.detail.mask()) {
        return Vec::new();
    }
    let Some((id, field, version)) = wanted(state) else { return Vec::new() };
    if state.areas().pane(Pane::Detail).is_none() {
        focus(state, |_| Pane::Detail);
    }
    if let Some(vault) = &mut state.vault {
        let how = if blind { Shown::Blind } else { Shown::Plain };
        vault.asked = Some(Asked { id, field, how });
    }
    if ask_about_expiry(state, Wanted { id, version, purpose: Purpose::Show }) {
        return Vec::new();
    }
    vec![Effect::Vault(Request::Reveal { id, version, allow_expired: false })]
}

/// What a value is wanted of: the selected secret, and in the history the selected version.
pub(super) fn wanted(state: &State) -> Option<(SecretId, String, Option<u64>)> {
    let vault = state.vault.as_ref()?;
    let id = vault.secrets.selected()?.id;
    if vault.focus == Pane::History && vault.history.tab() == Tab::Versions {
        let version = vault.history.selected_version().filter(|_| vault.history.id() == Some(id));
        return Some((id, VALUE.to_owned(), version.map(|version| version.number)));
    }
    let field = match vault.focus {
        Pane::Detail => vault.detail.selected_field(id).to_owned(),
        Pane::Secrets | Pane::History => VALUE.to_owned(),
    };
    Some((id, field, None))
}

/// Asks whether an expired secret is to be given out; true when it was asked.
pub(super) fn ask_about_expiry(state: &mut State, wanted: Wanted) -> bool {
    let time = state.now.time;
    let Some(vault) = &state.vault else { return false };
    let Some(listed) = vault.secrets.selected().filter(|listed| listed.is_expired(time)) else { return false };
    let Some(address) = vault.secrets.selected_address() else { return false };
    let since = jiff::Timestamp::from_second(listed.expires_at).unwrap_or(time);
    let dialog = ConfirmDialog::use_expired(address, since, wanted, time);
    open_dialog(state, Dialog::Confirm(Box::new(dialog)));
    true
}

/// A value for the screen: for the dialog that is open, else for the detail.
pub(super) fn revealed(state: &mut State, id: SecretId, version: u64, fields: Fields) -> Vec<Effect> {
    if state.dialog.is_some() {
        return opened(state, id, version, fields);
    }
    show(state, id, version, fields);
    audit_again(state)
}

/// Shows the field that was asked for, while its secret is still the one in view.
fn show(state: &mut State, id: SecretId, version: u64, fields: Fields) {
    let now = state.now;
    let (until, covered) = (hidden_at(state), state.over.is_some());
    let Some(vault) = &mut state.vault else { return };
    let in_view = vault.detail.secret().is_some_and(|secret| secret.id == id) && !covered;
    let Some(Asked { field: name, how, .. }) = vault.asked.take().filter(|asked| asked.id == id && in_view) else {
        return;
    };
    let shown = name.parse().is_ok_and(|field| vault.detail.reveal(version, field, fields, (how, until)));
    if !shown {
        let words = format!("Version {version} has no field {}.", printable(&name));
        say(state, Notice::hint(words, now));
    }
}

/// Values for a dialog, which shows them as long as the panes would.
pub(super) fn opened(state: &mut State, id: SecretId, version: u64, fields: Fields) -> Vec<Effect> {
    let until = hidden_at(state);
    let mut effects = give(state, Input::Opened { id, version, fields, until });
    effects.extend(audit_again(state));
    effects
}

/// The plaintext goes on to the clipboard and never stays here; after a lock it goes nowhere.
pub(super) fn ready_to_copy(state: &State, address: Address, value: SecretText) -> Vec<Effect> {
    if state.is_locked() {
        return Vec::new();
    }
    let mut effects = vec![Effect::Copy { address, value }];
    effects.extend(audit_again(state));
    effects
}

/// Reads the audit records in view again: giving a value out has added one.
pub(super) fn audit_again(state: &State) -> Vec<Effect> {
    let shown = state.vault.as_ref().filter(|vault| vault.history.tab() == Tab::Audit);
    let id = shown.and_then(|vault| vault.history.id());
    id.map(|id| Effect::Vault(Request::Audit(id))).into_iter().collect()
}

/// When a value that is opened now is hidden again.
fn hidden_at(state: &State) -> Instant {
    let now = state.now.instant;
    now.checked_add(state.options.reveal_for).unwrap_or(now)
}
