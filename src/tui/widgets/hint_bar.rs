//! The hint bar: which keys work here and now.
//!
//! Computed from the effective keymap and from what is available, never
//! written down; what matters least goes first when there is no room, and
//! `? help` always stays.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{ACTIONS, Action, Context, Group, Row};
use crate::tui::available::unavailable;
use crate::tui::keymap::Keys;
use crate::tui::panes::history::Tab;
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// One key and its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key as people write it.
    pub key: String,
    /// What it does, in a word.
    pub word: String,
    /// The lowest goes first where there is no room.
    priority: u8,
    /// It stands at the end.
    is_help: bool,
}

impl Hint {
    /// Cells it takes with the gap before it.
    fn cells(&self) -> usize {
        text::width(&self.key) + 1 + text::width(&self.word) + 2
    }
}

/// The hints that fit in `width` cells: in a pane in the order of the table, help
/// last; over a dialog what its foot says.
#[must_use]
pub fn hints(state: &State, width: u16) -> Vec<Hint> {
    let Some(context) = state.context() else { return Vec::new() };
    let mut hints = match &state.dialog {
        Some(dialog) => in_dialog(&Keys::new(&state.options.keymap, context).named(&dialog.foot())),
        None => in_pane(context, state),
    };
    while hints.iter().map(Hint::cells).sum::<usize>() > usize::from(width) {
        let Some(least) = hints.iter().enumerate().min_by_key(|(_, hint)| hint.priority).map(|(at, _)| at) else {
            break;
        };
        hints.remove(least);
    }
    hints.sort_by_key(|hint| hint.is_help);
    hints
}

/// A dialog's foot, taken apart: `Enter save · Esc cancel`.
fn in_dialog(foot: &str) -> Vec<Hint> {
    let parts = foot.split(" · ").filter_map(|part| part.split_once(' '));
    let hint = |((key, word), priority): ((&str, &str), u8)| Hint {
        key: key.to_owned(),
        word: word.to_owned(),
        priority,
        is_help: false,
    };
    // The first parts matter most.
    parts.zip((0..u8::MAX).rev()).map(hint).collect()
}

fn in_pane(context: Context, state: &State) -> Vec<Hint> {
    let works = |row: &&Row| row.priority > 0 && unavailable(row.action, state).is_none();
    ACTIONS.iter().filter(works).filter_map(|row| hint(row, context, state)).collect()
}

fn hint(row: &Row, context: Context, state: &State) -> Option<Hint> {
    // While the filter is typed only what belongs to it.
    if row.group != Group::Dialogs && !in_panes(context) {
        return None;
    }
    let key = state.options.keymap.shown(context, row.action)?.label();
    let versions = state.vault.as_ref().is_some_and(|vault| vault.history.tab() == Tab::Versions);
    let word = match (row.action, context) {
        (Action::Open, Context::History) | (Action::Back, Context::Secrets) => return None,
        (Action::Reveal, _) if is_shown(state) => "hide",
        (Action::Overview, Context::Overview) => return None,
        (Action::Open, Context::Overview) => "show them",
        (Action::NextPane, Context::Overview) => "next block",
        (Action::SwitchTab, _) if !versions => "versions",
        _ => row.hint,
    };
    let priority = match (row.action, context) {
        (Action::RollBack, Context::History) if versions => 96,
        (Action::SwitchTab, Context::History) => 96,
        (Action::Back, _) => 93,
        (Action::Open, Context::Overview) => 96,
        _ => row.priority,
    };
    Some(Hint { key, word: word.to_owned(), priority, is_help: row.action == Action::Help })
}

fn in_panes(context: Context) -> bool {
    matches!(context, Context::Secrets | Context::Detail | Context::History | Context::Overview)
}

fn is_shown(state: &State) -> bool {
    state.vault.as_ref().is_some_and(|vault| vault.detail.revealed().is_some())
}

/// Draws the bar.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let mut spans = Vec::new();
    for hint in hints(state, area.width) {
        spans.push(Span::raw(if spans.is_empty() { " " } else { "  " }));
        spans.push(Span::styled(hint.key, theme.style(Role::Accent)));
        spans.push(Span::styled(format!(" {}", hint.word), theme.style(Role::Muted)));
    }
    frame.render_widget(Line::from(spans), area);
}
