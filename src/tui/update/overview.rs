//! The overview: opened, left, and followed to the secrets behind a number.

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::panes::overview::Lead;
use crate::tui::state::State;

use super::actions::moved;

/// Does what an action means here; `None` when it is for the panes.
pub(super) fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let time = state.now.time;
    let vault = state.vault.as_mut()?;
    match (action, vault.overview.is_some()) {
        (Action::Overview, false) => vault.open_overview(time),
        (Action::Overview | Action::Back, true) => vault.overview = None,
        (Action::Filter, true) => {
            vault.overview = None;
            return None;
        }
        (Action::Open, true) => return Some(follow_lead(state)),
        (_, true) => return go(state, action).then(Vec::new),
        (_, false) => return None,
    }
    Some(Vec::new())
}

fn go(state: &mut State, action: Action) -> bool {
    let area = state.overview_area();
    let Some(mut overview) = state.vault.as_mut().and_then(|vault| vault.overview.take()) else { return false };
    let gone = state.standing().is_some_and(|standing| overview.go(action, standing, area));
    if let Some(vault) = &mut state.vault {
        vault.overview = Some(overview);
    }
    gone
}

/// Shows the secrets behind the selected number, the first to look at selected.
fn follow_lead(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(Lead { filter, select }) = state.overview_lead() else { return Vec::new() };
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.overview = None;
    vault.zoomed = false;
    vault.focus = Pane::Secrets;
    vault.secrets.set_filter(&filter, now.time);
    if let Some(id) = select {
        vault.secrets.select(id, now.time);
    }
    moved(state)
}
