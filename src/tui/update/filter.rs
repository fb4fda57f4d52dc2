//! Keys while the filter line has the keyboard.

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::notice::Notice;
use crate::tui::press::Press;
use crate::tui::state::State;

use super::{actions, deadlines, say};

/// What completion says of a word that begins no term.
const NO_TERM: &str = "No term begins so; due: tag: scope: and others do.";

pub(super) fn typed(state: &mut State, press: Press) -> Vec<Effect> {
    let time = state.now.time;
    // It was about the line as it stood.
    state.notice = state.notice.take().filter(|notice| notice.text() != NO_TERM);
    let page = state.page();
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match press {
        Press::Action(Action::KeepFilter) => {
            vault.secrets.leave_filter();
            vault.filtering = false;
        }
        Press::Action(Action::ClearFilter) => {
            vault.secrets.set_filter("", time);
            vault.filtering = false;
        }
        Press::Action(action @ (Action::CompleteTerm | Action::EarlierFilter | Action::LaterFilter)) => {
            return change_filter(state, action);
        }
        Press::Action(action) => {
            vault.secrets.go(action, page);
        }
        // The detail follows when the typing rests: a key redraws the list, not everything.
        Press::Type(_) | Press::Edit(_) => {
            vault.secrets.type_filter(press, time);
            state.detail_at = state.now.instant.checked_add(deadlines::TYPING_RESTS);
            return Vec::new();
        }
    }
    actions::moved(state)
}

/// The line becomes another one without being typed; the detail follows as after typing.
fn change_filter(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match action {
        Action::CompleteTerm if !vault.secrets.complete_filter(now.time) => {
            say(state, Notice::hint(NO_TERM, now));
            return Vec::new();
        }
        Action::EarlierFilter => vault.secrets.walk_filters(true, now.time),
        Action::LaterFilter => vault.secrets.walk_filters(false, now.time),
        _ => {}
    }
    state.detail_at = now.instant.checked_add(deadlines::TYPING_RESTS);
    Vec::new()
}
