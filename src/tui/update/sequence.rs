//! One key copies a secret's username, its value and a one-time code, one at each press;
//! for a code that is nearly over it waits and copies the next one by itself.

use std::time::Duration;

use crate::tui::action::Context;
use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::confirm::{Purpose, Wanted};
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::notice::Notice;
use crate::tui::sequence::{CopySequence, Step};
use crate::tui::state::{OpenVault, State};
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::{say, values};

/// Copies the next one.
pub(super) fn press(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let (Some(id), steps) = (vault.secrets.selected().map(|listed| listed.id), vault.secrets.copy_steps()) else {
        return Vec::new();
    };
    let told = vault.sequence.take().filter(|told| told.id() == id && !told.is_forgotten(now.instant));
    let sequence = vault.sequence.insert(told.unwrap_or_else(|| CopySequence::new(id)));
    if sequence.fresh_at().is_some() {
        tell_waiting(state);
        return Vec::new();
    }
    // Else a key that is held would walk through all of them before one has arrived.
    if let Some(step) = sequence.on_its_way() {
        say(state, Notice::hint(format!("The {} is still on its way.", step.words()), now));
        return Vec::new();
    }
    let Some(step) = sequence.press(steps, now.instant) else { return Vec::new() };
    if values::ask_about_expiry(state, Wanted { id, version: None, purpose: Purpose::CopyNext(step) }) {
        return Vec::new();
    }
    vec![Effect::Vault(step.request(id, false))]
}

/// Takes note of a request, whoever made it.
pub(super) fn note(vault: &mut OpenVault, request: &Request) {
    if let Request::Copy { id, allow_expired, .. } | Request::CopyCode { id, allow_expired } = request
        && let Some(sequence) = of(vault, *id)
    {
        sequence.note_asked(*allow_expired);
    }
}

/// A code has come; it goes the way of every value that is copied.
pub(super) fn note_code(state: &mut State, id: SecretId, good_for: Duration) {
    let until = state.now.instant.checked_add(good_for);
    if let Some(sequence) = state.vault.as_mut().and_then(|vault| of(vault, id)) {
        sequence.note_good(until);
    }
}

/// No code came, since a fresh one is worth waiting for.
pub(super) fn wait(state: &mut State, id: SecretId, wait: Duration) {
    let fresh_at = state.now.instant.checked_add(wait);
    let waits = state.vault.as_mut().and_then(|vault| of(vault, id)).is_some_and(|sequence| sequence.wait(fresh_at));
    if waits {
        tell_waiting(state);
    }
}

/// Asks for the fresh code when it is due.
pub(super) fn pass(state: &mut State) -> Option<Effect> {
    let now = state.now.instant;
    state.vault.as_mut()?.sequence.as_mut()?.due(now).map(Effect::Vault)
}

/// Another secret, or none, or the clipboard is being tested: what was waited for is not copied.
pub(super) fn follow(state: &mut State) {
    let Some(vault) = &state.vault else { return };
    let selected = vault.secrets.selected().map(|listed| listed.id);
    let testing = matches!(state.dialog, Some(Dialog::ClipboardTest(_)));
    if vault.sequence.as_ref().is_some_and(|sequence| testing || Some(sequence.id()) != selected) {
        end(state);
    }
}

/// Ends the waiting for a code; false when there is none.
pub(super) fn cancel(state: &mut State) -> bool {
    let waits = state.vault.as_ref().and_then(|vault| vault.sequence.as_ref()).and_then(CopySequence::fresh_at);
    if waits.is_some() {
        end(state);
    }
    waits.is_some()
}

/// The next press starts at the first step.
pub(super) fn end(state: &mut State) {
    let now = state.now;
    let ended = state.vault.as_mut().and_then(|vault| vault.sequence.take());
    if ended.is_some_and(|sequence| sequence.fresh_at().is_some()) {
        say(state, Notice::hint("The fresh code is not waited for any more.", now));
    }
}

/// What is copied did not arrive.
pub(super) fn failed(state: &mut State) {
    if let Some(sequence) = state.vault.as_mut().and_then(|vault| vault.sequence.as_mut()) {
        sequence.note_failed();
    }
}

/// What is copied has arrived: says what it was and what comes next.
pub(super) fn arrived(state: &mut State, address: &Address, confirmed: bool) {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return };
    let Some(sequence) =
        vault.sequence.as_mut().filter(|told| vault.secrets.address_of(told.id()).as_ref() == Some(address))
    else {
        return;
    };
    let Some(step) = sequence.note_copied() else { return };
    let Some(next) = sequence.next() else { return };
    let good_for = sequence.good_until().filter(|_| step == Step::Code);
    let good_for = good_for.map(|until| until.saturating_duration_since(now.instant).as_secs());
    let good_for = good_for.map(|seconds| format!(", good for {seconds} s")).unwrap_or_default();
    let word = if confirmed { "Copied" } else { "Sent, unconfirmed" };
    let words =
        format!("{word}: {} of {}{good_for} · ⟨copy-next⟩ copies the {}", step.words(), address.name, next.words());
    let words = Keys::new(&state.options.keymap, Context::Secrets).named(&words).into_owned();
    say(state, Notice::done(words, now));
}

fn tell_waiting(state: &mut State) {
    let now = state.now.instant;
    let Some(vault) = &state.vault else { return };
    let Some(until) = vault.sequence.as_ref().and_then(CopySequence::fresh_at) else { return };
    let seconds = until.saturating_duration_since(now).as_millis().div_ceil(1000);
    let words = format!("The code is nearly over; a fresh one is copied in {seconds} s · ⟨back⟩ leaves it");
    let words = Keys::new(&state.options.keymap, Context::Secrets).named(&words).into_owned();
    say(state, Notice::waiting(words, until));
}

/// The sequence of this secret.
fn of(vault: &mut OpenVault, id: SecretId) -> Option<&mut CopySequence> {
    vault.sequence.as_mut().filter(|sequence| sequence.id() == id)
}
