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
    pub word: &'static str,
    action: Action,
    priority: u8,
}

impl Hint {
    /// Cells it takes with the gap before it.
    fn cells(&self) -> usize {
        text::width(&self.key) + 1 + text::width(self.word) + 2
    }
}

/// The hints that fit in `width` cells, in the order of the table, help last.
#[must_use]
pub fn hints(state: &State, width: u16) -> Vec<Hint> {
    let Some(context) = state.context() else { return Vec::new() };
    let mut hints: Vec<Hint> = ACTIONS
        .iter()
        .filter(|row| row.priority > 0 && unavailable(row.action, state).is_none())
        .filter_map(|row| hint(row, context, state))
        .collect();
    while hints.iter().map(Hint::cells).sum::<usize>() > usize::from(width) {
        let Some(least) = hints.iter().enumerate().min_by_key(|(_, hint)| hint.priority).map(|(at, _)| at) else {
            break;
        };
        hints.remove(least);
    }
    if in_panes(context) {
        hints.sort_by_key(|hint| hint.action == Action::Help);
    } else {
        hints.sort_by_key(|hint| std::cmp::Reverse(hint.priority));
    }
    hints
}

fn hint(row: &Row, context: Context, state: &State) -> Option<Hint> {
    // Beside an input or a question only what belongs to it.
    if row.group != Group::Dialogs && !in_panes(context) {
        return None;
    }
    let key = state.options.keymap.shown(context, row.action)?.label();
    let versions = state.vault.as_ref().is_some_and(|vault| vault.history.tab() == Tab::Versions);
    let word = match (row.action, context) {
        (Action::Open, Context::History) | (Action::Back, Context::Secrets) => return None,
        (Action::Reveal, _) if is_shown(state) => "hide",
        (Action::SwitchTab, _) if !versions => "versions",
        (Action::Cancel, Context::Help | Context::Palette) => "close",
        (Action::Cancel, Context::Confirm | Context::ConfirmCopy) => "no",
        (Action::Submit, Context::Palette) => "do it",
        _ => row.hint,
    };
    let priority = match (row.action, context) {
        (Action::RollBack | Action::SwitchTab, Context::History) => 96,
        (Action::Back, _) => 93,
        _ => row.priority,
    };
    Some(Hint { key, word, action: row.action, priority })
}

fn in_panes(context: Context) -> bool {
    matches!(context, Context::Secrets | Context::Detail | Context::History)
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
