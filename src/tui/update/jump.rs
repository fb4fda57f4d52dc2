//! Jumping to any secret, and the pins that come first there.

use crate::error::Error;
use crate::tui::action::{Action, Context};
use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::jump::JumpDialog;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::layout::Pane;
use crate::tui::notice::Notice;
use crate::tui::state::State;
use crate::vault::secret::SecretId;

use super::actions::moved;
use super::{open_dialog, outdate, say};

/// So many opened secrets are remembered.
const MOST_OPENED: usize = 50;

/// Asks where to.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let height = state.size.1;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.detail.mask();
    let (catalog, index) = vault.secrets.whole();
    let offered = (vault.secrets.pins.clone(), vault.opened.clone());
    let dialog = JumpDialog::new(catalog, index, vault.secrets.facts().clone(), offered, height);
    open_dialog(state, Dialog::Jump(Box::new(dialog)));
    Vec::new()
}

/// Goes to a secret; the filter is cleared only where the secret does not pass it.
pub(super) fn go(state: &mut State, id: SecretId) -> Vec<Effect> {
    let now = state.now;
    outdate(state);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.overview = None;
    vault.focus = Pane::Secrets;
    let filtered = !vault.secrets.filter().is_empty();
    let mut found = vault.secrets.select(id, now.time);
    if !found && filtered {
        vault.secrets.set_filter("", now.time);
        found = vault.secrets.select(id, now.time);
        if found {
            say(state, Notice::hint("The filter is cleared: this secret does not pass it.", now));
        }
    }
    if !found {
        say(state, Notice::failed(&Error::not_found("This secret is not there any more.")));
        return Vec::new();
    }
    opened(state, id);
    moved(state)
}

/// Remembers a secret that was opened, the last one first.
pub(super) fn opened(state: &mut State, id: SecretId) {
    if let Some(vault) = &mut state.vault {
        vault.opened.retain(|known| *known != id);
        vault.opened.insert(0, id);
        vault.opened.truncate(MOST_OPENED);
    }
}

/// Remembers the selected secret where an action is about to open it.
pub(super) fn note(state: &mut State, action: Action) {
    let opens = matches!(
        action,
        Action::Open
            | Action::Copy
            | Action::CopyNext
            | Action::PastePane
            | Action::Reveal
            | Action::Edit
            | Action::Rotate
            | Action::RollBack
    );
    let selected = state.vault.as_ref().and_then(|vault| vault.secrets.selected()).map(|listed| listed.id);
    if let Some(id) = selected.filter(|_| opens) {
        opened(state, id);
    }
}

/// Pins the selected secret, or takes its pin away.
pub(super) fn pin(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let Some((id, address)) = vault.secrets.selected().map(|listed| listed.id).zip(vault.secrets.selected_address())
    else {
        return Vec::new();
    };
    let pins = &mut vault.secrets.pins;
    let was_pinned = pins.contains(&id);
    pins.retain(|pin| *pin != id);
    if !was_pinned {
        pins.push(id);
    }
    let effect = Effect::Vault(Request::WritePins(pins.clone()));
    let words = match was_pinned {
        true => format!("{address} is pinned no more."),
        false => format!("{address} is pinned; ⟨jump⟩ offers it first."),
    };
    let words = Keys::new(&state.options.keymap, Context::Secrets).named(&words).into_owned();
    say(state, Notice::done(words, now));
    vec![effect]
}

/// Takes the pins of this user; a damaged file is told and blocks nothing.
pub(super) fn take_pins(state: &mut State, pins: Vec<SecretId>, damage: Option<Error>) {
    let now = state.now;
    if let Some(vault) = &mut state.vault {
        vault.secrets.pins = pins;
    }
    if let Some(error) = damage {
        let words = format!("{} {}", error.message(), error.next_step().unwrap_or_default());
        say(state, Notice::hint(words.trim(), now));
    }
}
