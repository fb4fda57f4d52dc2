//! The open dialog: it is given inputs, what it wants is done, and it closes.

use crate::error::Error;
use crate::tui::dialogs::{Dialog, Input, Step};
use crate::tui::effect::Effect;
use crate::tui::notice::Notice;
use crate::tui::state::State;

use super::lock::leave;
use super::{act, incident, jump, outdate, say};

/// Hands an input to the open dialog and does what it wants.
pub(super) fn give(state: &mut State, input: Input) -> Vec<Effect> {
    let now = state.now;
    let Some(dialog) = &mut state.dialog else { return Vec::new() };
    let was_in = dialog.context();
    let step = dialog.update(input, now);
    if dialog.context() != was_in {
        // Another page of the same dialog: a question on it was not on the screen yet.
        state.drawn = None;
    }
    carry_out(state, step)
}

/// Does what the open dialog wants.
pub(super) fn carry_out(state: &mut State, step: Step) -> Vec<Effect> {
    let was_gate = state.dialog.as_ref().is_some_and(Dialog::is_gate);
    state.changed = true;
    state.submitted |= step.effects.iter().any(is_submission);
    let mut effects = step.effects;
    if step.close || step.leaves {
        effects.extend(incident::put_aside(state, step.leaves));
        close_dialog(state);
        if was_gate && state.is_locked() {
            effects.extend(leave(state, 0));
        }
    }
    if let Some(id) = step.jump {
        effects.extend(jump::go(state, id));
    }
    if let Some(id) = step.rotate {
        effects.extend(incident::rotate(state, id));
    }
    if let Some(action) = step.then {
        effects.extend(act(state, action));
    }
    effects
}

/// An effect whose failure belongs to the dialog that asked for it.
fn is_submission(effect: &Effect) -> bool {
    matches!(effect, Effect::Vault(request) if request.is_submission())
}

/// Opens a dialog in the place of any other; older good news does not stand below it.
pub(super) fn open_dialog(state: &mut State, dialog: Dialog) {
    outdate(state);
    state.dialog = Some(dialog);
    state.drawn = None;
    state.submitted = false;
    state.changed = true;
}

/// Closes the open dialog and wipes what was typed.
pub(super) fn close_dialog(state: &mut State) {
    state.dialog = None;
    state.drawn = None;
    state.submitted = false;
    state.changed = true;
}

/// Shows an error where it belongs: in the dialog that caused it, else as a notice.
pub(super) fn failed(state: &mut State, error: Error) -> Vec<Effect> {
    if state.submitted && state.dialog.is_some() {
        state.submitted = false;
        return give(state, Input::Failed(error));
    }
    say(state, Notice::failed(&error));
    Vec::new()
}
