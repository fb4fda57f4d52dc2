//! The operator's editor has the terminal for a while. The vault stays open, and locks
//! when nobody types for as long as it does without one: what the editor holds is no
//! value, so it is left alone, and its text waits for the next unlock.

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Draft, Effect};
use crate::tui::notice::Notice;
use crate::tui::state::{InEditor, Kept, State};

use super::about_detail::about_detail;
use super::actions::add;
use super::{give, jump, say};

/// Notes that an editor is being opened, and for what.
pub(super) fn note(state: &mut State) {
    let secret = match &state.dialog {
        Some(Dialog::Edit(dialog)) => dialog.subject(),
        _ => None,
    };
    state.editor = Some(InEditor { secret, lost_form: false });
}

/// The editor has ended: its text goes to the form it came from, or waits.
pub(super) fn ended(state: &mut State, draft: Draft, outcome: Result<Option<SecretText>, Error>) -> Vec<Effect> {
    state.changed = true;
    let Some(InEditor { secret, lost_form }) = state.editor.take() else { return Vec::new() };
    if !state.is_locked() {
        state.last_key = state.now.instant;
        return give(state, Input::Edited { draft, outcome });
    }
    if let Ok(Some(text)) = outcome {
        state.kept = Some(Kept { secret, draft, text });
        let rest = if lost_form { ", the rest of the form is wiped" } else { ": unlock to go on" };
        state.locked_because = Some(format!("Locked, the editor's text is kept{rest}."));
    }
    Vec::new()
}

/// After an unlock: back to the form that the kept text belongs to.
pub(super) fn resume(state: &mut State) -> Vec<Effect> {
    match &state.kept {
        None => Vec::new(),
        Some(Kept { secret: None, .. }) => {
            add(state);
            give_kept(state)
        }
        Some(Kept { secret: Some(id), .. }) => {
            let id = *id;
            if state.vault.as_ref().is_some_and(|vault| vault.secrets.address_of(id).is_none()) {
                state.kept = None;
                let error = Error::not_found("The secret whose text was in the editor is gone; the text is dropped.");
                say(state, Notice::failed(&error));
                return Vec::new();
            }
            let mut effects = jump::go(state, id);
            effects.extend(about_detail(state, Action::Edit));
            effects
        }
    }
}

/// Hands the kept text to the form that has been opened for it.
pub(super) fn give_kept(state: &mut State) -> Vec<Effect> {
    match state.kept.take() {
        Some(Kept { draft, text, .. }) if matches!(state.dialog, Some(Dialog::Edit(_))) => {
            give(state, Input::Edited { draft, outcome: Ok(Some(text)) })
        }
        kept => {
            state.kept = kept;
            Vec::new()
        }
    }
}
