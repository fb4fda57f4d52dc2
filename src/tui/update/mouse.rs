//! The mouse, where `mouse = true`: the wheel scrolls the pane under it, a click puts
//! the cursor there, a click on what is selected opens it, and a click on a hint does
//! what its key does. Nothing else: whoever holds Shift selects text as ever.

use crate::tui::action::Action;
use crate::tui::dialogs::Dialog;
use crate::tui::effect::{Effect, Request};
use crate::tui::event::{Mouse, MouseAction};
use crate::tui::hints::hint_at;
use crate::tui::layout::{Pane, inside, row_at};
use crate::tui::panes::history::{HistoryPane, Tab};
use crate::tui::press::Press;
use crate::tui::state::State;

use super::actions::{act, moved, walked};
use super::{dismiss, everywhere, pressed};

/// So many rows go by with one notch of the wheel.
const NOTCH: isize = 3;

/// Takes what the mouse did.
pub(super) fn moused(state: &mut State, mouse: Mouse) -> Vec<Effect> {
    state.last_key = state.now.instant;
    let cell = (mouse.column, mouse.row);
    // Whoever clicks an error away has read it, and nothing else.
    if state.is_too_small() || (mouse.what == MouseAction::Click && dismiss(state, false)) {
        return Vec::new();
    }
    state.changed = true;
    match mouse.what {
        MouseAction::Click => click(state, cell),
        MouseAction::WheelUp => wheel(state, cell, -NOTCH),
        MouseAction::WheelDown => wheel(state, cell, NOTCH),
    }
}

fn click(state: &mut State, cell: (u16, u16)) -> Vec<Effect> {
    let areas = state.areas();
    if areas.hints.contains(cell.into()) {
        let action = hint_at(state, areas.hints.width, cell.0);
        return action.map(|action| do_hint(state, action)).unwrap_or_default();
    }
    let covered = state.dialog().is_some();
    let Some(vault) = state.vault.as_mut().filter(|_| !covered) else { return Vec::new() };
    if vault.overview.is_some() {
        return click_overview(state, cell);
    }
    let Some(pane) = areas.pane_at(cell) else { return Vec::new() };
    let had_focus = vault.focus == pane;
    if !had_focus {
        vault.focus = pane;
        vault.detail.mask();
    }
    vault.filtering = false;
    let area = areas.pane(pane).unwrap_or_default();
    let list = if pane == Pane::Secrets { vault.secrets.list_area(area) } else { inside(area) };
    let mut effects = moved(state);
    effects.extend(if let Some(tab) = tab_under(pane, (area.x, area.y), cell) {
        show_tab(state, tab)
    } else {
        match row_at(list, cell) {
            Some(at) if had_focus && is_selected(state, pane, at) => act(state, Action::Open),
            Some(at) => point(state, pane, at),
            None => Vec::new(),
        }
    });
    effects
}

/// What the hint's key would do.
fn do_hint(state: &mut State, action: Action) -> Vec<Effect> {
    let press = Press::Action(action);
    if let Some(effects) = everywhere(state, press) {
        return effects;
    }
    state.context().map(|context| pressed(state, context, press)).unwrap_or_default()
}

/// The tab whose name is under the cell, in the history's title.
fn tab_under(pane: Pane, (left, top): (u16, u16), (x, y): (u16, u16)) -> Option<Tab> {
    let tab = HistoryPane::tab_at(x.checked_sub(left)?)?;
    (pane == Pane::History && y == top).then_some(tab)
}

fn show_tab(state: &mut State, tab: Tab) -> Vec<Effect> {
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.history.set_tab(tab);
    let id = vault.history.id().filter(|_| tab == Tab::Audit);
    id.map(|id| Effect::Vault(Request::Audit(id))).into_iter().collect()
}

/// True when the row shown as number `at` is the selected one.
fn is_selected(state: &State, pane: Pane, at: usize) -> bool {
    let Some(vault) = &state.vault else { return false };
    let cursor = match pane {
        Pane::Secrets => vault.secrets.cursor(),
        Pane::History => vault.history.cursor(),
        // A field is no row that opens.
        Pane::Detail => return false,
    };
    cursor.top + at == cursor.row
}

fn point(state: &mut State, pane: Pane, at: usize) -> Vec<Effect> {
    let (area, time) = (state.areas().pane(pane).map(inside).unwrap_or_default(), state.now.time);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match pane {
        Pane::Secrets => vault.secrets.point(at),
        Pane::Detail => vault.detail.point(at, area, time),
        Pane::History => vault.history.point(at),
    };
    moved(state)
}

fn click_overview(state: &mut State, cell: (u16, u16)) -> Vec<Effect> {
    let area = state.overview_area();
    let Some(mut overview) = state.vault.as_mut().and_then(|vault| vault.overview.take()) else { return Vec::new() };
    let before = overview.selected();
    let found = state.standing().is_some_and(|standing| overview.point(standing, area, cell));
    let again = found && overview.selected() == before;
    if let Some(vault) = &mut state.vault {
        vault.overview = Some(overview);
    }
    if again { act(state, Action::Open) } else { Vec::new() }
}

fn wheel(state: &mut State, cell: (u16, u16), by: isize) -> Vec<Effect> {
    let step = if by < 0 { Action::Up } else { Action::Down };
    match state.dialog() {
        Some(Dialog::Help(_) | Dialog::Palette(_) | Dialog::Deleted(_) | Dialog::Incident(_)) => {
            return do_hint(state, step);
        }
        Some(_) => return Vec::new(),
        None => {}
    }
    let areas = state.areas();
    let (pane, time) = (areas.pane_at(cell), state.now.time);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    if vault.overview.is_some() {
        return act(state, step);
    }
    let Some(pane) = pane else { return Vec::new() };
    match pane {
        Pane::Secrets => {
            vault.secrets.scroll(by, vault.secrets.page(areas.pane(pane).unwrap_or_default()));
            return walked(state);
        }
        Pane::Detail => vault.detail.scroll(by, areas.pane(pane).map(inside).unwrap_or_default(), time),
        Pane::History => vault.history.scroll(by, areas.rows(pane)),
    }
    Vec::new()
}
