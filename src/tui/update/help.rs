//! The help: opened over whatever has the keyboard, which stays as it is.

use crate::tui::action::{Action, Context};
use crate::tui::available::unavailable;
use crate::tui::dialogs::help::{HelpDialog, Told};
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::press::Press;
use crate::tui::state::State;

use super::outdate;

/// Lays the help over what has the keyboard.
pub(super) fn open(state: &mut State) {
    let help = HelpDialog::new(told(state), state.size);
    outdate(state);
    state.over = Some(Dialog::Help(Box::new(help)));
    state.drawn = None;
    state.changed = true;
}

/// A key while it lies there.
pub(super) fn press(state: &mut State, press: Press) {
    let now = state.now;
    let Some(help) = &mut state.over else { return };
    if help.update(Input::Press(press), now).close {
        state.over = None;
        state.drawn = None;
        // An Esc too many is not for the form below, which is not on the screen yet.
        state.esc_unseen = state.dialog.is_some();
    }
}

/// Keeps it true to the screen, and to what lies below it by now.
pub(super) fn follow(state: &mut State) {
    let context = state.context_below().unwrap_or(Context::Unlock);
    let stale = matches!(&state.over, Some(Dialog::Help(help)) if !help.is_about(context, state.size));
    if stale {
        let (told, size) = (told(state), state.size);
        if let Some(Dialog::Help(help)) = &mut state.over {
            help.tell(told, size);
        }
    }
}

/// What the keys do here, and elsewhere.
fn told(state: &State) -> Told {
    let context = state.context_below().unwrap_or(Context::Unlock);
    // A pane's key says itself why it does nothing; a dialog may have no use for one at all.
    let works = |action: Action| state.dialog.is_none() || unavailable(action, state).is_none();
    Told::new(&state.options.keymap, context, works)
}
