//! Answers of the vault thread: taken while they fit the screen, dropped (and
//! so wiped) when they come too late.

use std::sync::Arc;
use std::time::Instant;

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::dialogs::setup::SetupDialog;
use crate::tui::dialogs::unlock::UnlockDialog;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::event::{Answer, Found};
use crate::tui::job::Deed;
use crate::tui::layout::Pane;
use crate::tui::notice::Notice;
use crate::tui::panes::detail::Shown;
use crate::tui::panes::history::Tab;
use crate::tui::state::{OpenVault, Place, State};
use crate::vault::audit::AuditVerdict;
use crate::vault::catalog::{Catalog, CatalogChange};
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Secret, SecretId, Version};
use crate::vault::{Outcome, Written};

use super::actions::{about_detail, ask_detail, moved};
use super::editor;
use super::{bulk, close_dialog, facts, failed, give, jump, open_dialog, say};

/// Takes an answer.
pub(super) fn take(state: &mut State, answer: Answer) -> Vec<Effect> {
    state.changed = true;
    match answer {
        Answer::Found(found) => found_at_start(state, found),
        Answer::Unlocked { catalog, failed_unlocks, read_only } => {
            unlocked(state, catalog, failed_unlocks, read_only);
            let mut effects = editor::resume(state);
            effects.extend(moved(state));
            return effects;
        }
        Answer::UnlockFailed(error) => return unlock_failed(state, error),
        Answer::Locked => return Vec::new(),
        Answer::Changed(change) => {
            let own = state.submitted;
            return changed(state, change, own);
        }
        Answer::Detail { secret, history } => return detail(state, secret, history),
        Answer::Audit { id, records } => {
            let page = state.areas().rows(Pane::History);
            if let Some(vault) = &mut state.vault {
                vault.history.show_records(id, records, page);
            }
            return Vec::new();
        }
        Answer::Revealed { id, version, fields } => {
            if state.dialog.is_some() {
                let until = hidden_at(state);
                let mut effects = give(state, Input::Opened { id, version, fields, until });
                effects.extend(audit_again(state));
                return effects;
            }
            revealed(state, id, version, fields);
            return audit_again(state);
        }
        Answer::ReadyToCopy { address, value, .. } => return ready_to_copy(state, address, value),
        Answer::WroteOut { address, field, path } => {
            let now = state.now;
            close_dialog(state);
            let words = format!("Wrote {field} of {address} to {} for you alone.", crate::tui::text::printable(&path));
            say(state, Notice::done(words, now));
            return audit_again(state);
        }
        Answer::InWorkTree(root) => return give(state, Input::InWorkTree(root)),
        Answer::Compared(diff) => {
            state.submitted &= !matches!(state.dialog, Some(Dialog::Compare(_)));
            return give(state, Input::Compared(diff));
        }
        Answer::Same { id, names, ticket } => {
            state.submitted &= !matches!(state.dialog, Some(Dialog::Rotate(_)));
            return give(state, Input::Same { id, names, ticket });
        }
        Answer::Theirs(id, theirs) => return give(state, Input::Theirs(id, theirs)),
        Answer::ReadyToEdit { id, version, fields } => {
            let until = hidden_at(state);
            let mut effects = give(state, Input::Opened { id, version, fields, until });
            effects.extend(audit_again(state));
            return effects;
        }
        Answer::Written(deed, written) => return self::written(state, deed, *written),
        Answer::Progress { done, total } => bulk::progress(state, done, total),
        Answer::Job { job, result } => return bulk::finished(state, &job, *result),
        Answer::Restored(address) => return restored(state, address),
        Answer::Purged(address, id) => return purged(state, &address, id),
        Answer::DeletedOf(address, deleted) => return give(state, Input::DeletedOf(address, deleted)),
        Answer::Damaged(error) => damaged(state, error),
        Answer::AuditVerified(verdict) => audit_verified(state, verdict),
        Answer::Pins { pins, damage } => {
            jump::take_pins(state, pins, damage);
            return Vec::new();
        }
        Answer::Indexed(index) => {
            if let Some(vault) = &mut state.vault {
                vault.secrets.take_index(*index);
            }
            return Vec::new();
        }
        Answer::Used { uses, extent } => return facts::take_uses(state, &uses, extent),
        Answer::Duplicates(found) => return facts::take_duplicates(state, found),
        Answer::Failed(error) => {
            if let Some(vault) = &mut state.vault {
                vault.asked = None;
                vault.waiting = None;
                vault.removing.clear();
            }
            return failed(state, error);
        }
    }
    moved(state)
}

fn found_at_start(state: &mut State, found: Found) {
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
        Found::Locked(slots) => {
            let asked_already = matches!(state.dialog, Some(Dialog::Unlock(_))) && state.slots.as_ref() == Some(&slots);
            if !asked_already {
                let dialog = UnlockDialog::new(slots.clone(), state.options.vault.clone());
                open_dialog(state, Dialog::Unlock(Box::new(dialog)));
            }
            state.slots = Some(slots);
        }
    }
}

fn unlocked(state: &mut State, catalog: Arc<Catalog>, failed_unlocks: u64, read_only: Option<String>) {
    let now = state.now;
    let place = std::mem::take(&mut state.place);
    close_dialog(state);
    state.last_key = now.instant;
    state.locked_because = None;
    state.notice = None;
    state.vault = Some(Box::new(OpenVault::new(catalog, failed_unlocks, read_only, place, now.time)));
    if let Some(cause) = state.vault.as_ref().and_then(|vault| vault.read_only.as_deref()) {
        let error = Error::denied(format!("The vault is read-only: {cause}"));
        say(state, Notice::failed(&error));
    }
    if failed_unlocks > 0 {
        let tries = crate::tui::text::counted(failed_unlocks, "failed unlock");
        say(state, Notice::hint(format!("{tries} since the last entry in the log."), now));
    }
}

impl OpenVault {
    /// A vault as it looks right after the unlock, back at the place one left.
    fn new(
        catalog: Arc<Catalog>,
        failed_unlocks: u64,
        read_only: Option<String>,
        place: Place,
        now: jiff::Timestamp,
    ) -> Self {
        let mut vault = Self {
            secrets: crate::tui::panes::secrets::SecretsPane::new(catalog, now),
            detail: Default::default(),
            history: Default::default(),
            focus: place.focus,
            overview: None,
            filtering: false,
            zoomed: place.zoomed,
            read_only,
            failed_unlocks,
            audit: None,
            waiting: None,
            wanted_detail: None,
            asked: None,
            asked_field: String::new(),
            asked_blind: false,
            undo: place.undo,
            delete_pressed: None,
            working: None,
            removing: Vec::new(),
            expected: None,
            opened: place.opened,
        };
        vault.secrets.remember_filters(place.earlier);
        vault.secrets.set_folds(place.folds, now);
        if !place.filter.is_empty() {
            vault.secrets.set_filter(&place.filter, now);
        }
        vault.history.set_tab(place.tab);
        if let Some(id) = place.selected {
            vault.secrets.select(id, now);
        }
        if place.overview {
            super::overview::open(&mut vault, now);
        }
        vault
    }
}

fn unlock_failed(state: &mut State, error: Error) -> Vec<Effect> {
    state.submitted = false;
    if state.dialog.is_some() {
        return give(state, Input::Failed(error));
    }
    say(state, Notice::failed(&error));
    Vec::new()
}

/// Another session, or this one, wrote: the selection and what is typed stay. Where
/// another session took the selected secret away, the next key must not meet its neighbour unread.
fn changed(state: &mut State, change: CatalogChange, own: bool) -> Vec<Effect> {
    let time = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let shown = vault.wanted_detail;
    let before = vault.secrets.selected().map(|listed| listed.id);
    let touched = change.upserted.iter().any(|secret| Some(secret.id) == shown);
    let gone = vault.secrets.selected().is_some_and(|listed| change.removed.contains(&listed.id));
    let gone = vault.secrets.selected_address().filter(|address| gone && !vault.removing.contains(address));
    let removed = change.removed.clone();
    vault.secrets.apply(change, time);
    if let Some(address) = vault.expected.take()
        && !vault.secrets.select_address(&address, time)
    {
        vault.expected = Some(address);
    }
    let mut effects = Vec::new();
    if matches!(state.dialog, Some(Dialog::Edit(_) | Dialog::Rotate(_))) {
        // A notice would swallow a key that is meant for the dialog; the dialog tells it itself.
        for id in removed {
            effects.extend(give(state, Input::Elsewhere(id, None)));
        }
    } else if matches!(state.dialog, Some(Dialog::Bulk(_))) {
        bulk::renew(state, None);
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
    effects
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
fn removed(state: &mut State, address: &Address, id: SecretId) {
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

fn detail(state: &mut State, secret: Box<Secret>, history: Vec<Version>) -> Vec<Effect> {
    let page = state.areas().rows(Pane::History);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let id = secret.id;
    if vault.wanted_detail != Some(id) {
        return Vec::new();
    }
    vault.detail.show(secret, &history);
    facts::tell_detail(state);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let newest = history.first().cloned().map(Box::new);
    vault.history.show(id, history, page);
    if let Some(newest) = newest.filter(|_| state.dialog.is_some()) {
        return give(state, Input::Elsewhere(id, Some(newest)));
    }
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match vault.waiting.take_if(|(waiting, _)| *waiting == id) {
        Some((_, action)) if state.dialog.is_none() => {
            let mut effects = about_detail(state, action);
            effects.extend(editor::give_kept(state));
            effects
        }
        _ => Vec::new(),
    }
}

/// A value for the screen: only while its secret is still the one in view, and only the field asked for.
fn revealed(state: &mut State, id: SecretId, version: u64, fields: Fields) {
    let now = state.now;
    let until = hidden_at(state);
    let Some(vault) = &mut state.vault else { return };
    let in_view = vault.detail.secret().is_some_and(|secret| secret.id == id);
    if vault.asked.take() != Some(id) || !in_view || state.dialog.is_some() {
        return;
    }
    let name = std::mem::take(&mut vault.asked_field);
    let shown = name.parse().is_ok_and(|field| {
        let how = if vault.asked_blind { Shown::Blind } else { Shown::Plain };
        vault.detail.reveal(version, field, fields, (how, until))
    });
    if !shown {
        let words = format!("Version {version} has no field {}.", crate::tui::text::printable(&name));
        say(state, Notice::hint(words, now));
    }
}

/// The plaintext goes on to the clipboard and never stays here; after a lock it goes nowhere.
fn ready_to_copy(state: &State, address: Address, value: SecretText) -> Vec<Effect> {
    if state.is_locked() {
        return Vec::new();
    }
    let mut effects = vec![Effect::Copy { address, value, clear_after: state.options.clear_after }];
    effects.extend(audit_again(state));
    effects
}

/// Reads the audit records in view again: giving a value out has added one.
fn audit_again(state: &State) -> Vec<Effect> {
    let shown = state.vault.as_ref().filter(|vault| vault.history.tab() == Tab::Audit);
    let id = shown.and_then(|vault| vault.history.id());
    id.map(|id| Effect::Vault(Request::Audit(id))).into_iter().collect()
}

/// When a value that is opened now is hidden again.
fn hidden_at(state: &State) -> Instant {
    let now = state.now.instant;
    now.checked_add(state.options.reveal_for).unwrap_or(now)
}

fn written(state: &mut State, deed: Deed, mut written: Written) -> Vec<Effect> {
    let now = state.now;
    if state.submitted {
        close_dialog(state);
    }
    if let Some(vault) = &mut state.vault {
        bulk::remember(vault, deed, &mut written);
    }
    let Written { secret, outcome, .. } = written;
    let (address, version, id) = (secret.address.clone(), secret.version, secret.id);
    let words = match outcome {
        Outcome::Created => format!("Added {address} as version {version}."),
        Outcome::NewVersion => format!("Version {version} of {address} is current now."),
        Outcome::MetadataOnly => format!("Saved the details of {address}; version {version} stays."),
        Outcome::Unchanged => format!("Nothing was different in {address}; nothing was written."),
    };
    if let Some(vault) = &mut state.vault {
        if outcome == Outcome::Created {
            vault.expected = Some(address);
        }
        vault.wanted_detail = vault.wanted_detail.filter(|shown| *shown != id);
        vault.history.select_newest();
    }
    say(state, Notice::done(words, now));
    changed(state, CatalogChange { upserted: vec![secret], removed: Vec::new() }, true)
}

fn restored(state: &mut State, address: Address) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    if !vault.secrets.select_address(&address, now.time) {
        vault.expected = Some(address.clone());
    }
    say(state, Notice::done(format!("{address} is back with all its versions."), now));
    moved(state)
}

fn purged(state: &mut State, address: &Address, id: SecretId) -> Vec<Effect> {
    let now = state.now;
    if state.submitted {
        close_dialog(state);
    }
    removed(state, address, id);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.undo.forget(id);
    let what = if vault.secrets.named(address) { "a deleted secret named " } else { "" };
    say(state, Notice::done(format!("Destroyed {what}{address} and all its versions."), now));
    moved(state)
}

/// The list stays; what it says was sealed, but the rows behind it are not as they were.
fn damaged(state: &mut State, error: Error) {
    if let Some(vault) = &mut state.vault {
        vault.read_only.get_or_insert_with(|| error.message().to_owned());
    }
    say(state, Notice::failed(&error));
}

fn audit_verified(state: &mut State, verdict: AuditVerdict) {
    let time = state.now.time;
    if let AuditVerdict::Broken { first_bad, cause } = &verdict {
        let error = Error::damaged(format!("The audit log is broken at record {first_bad}: {cause}"))
            .hint("Run strongroom audit verify, and compare with a backup.");
        say(state, Notice::failed(&error));
    }
    if let Some(vault) = &mut state.vault {
        vault.audit = Some((verdict, time));
    }
}
