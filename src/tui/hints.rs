//! [`hints`]: which keys work here and now, for the hint bar and for a click on it.
//!
//! Computed from the effective keymap and from what is available, never
//! written down; what matters least goes first when there is no room, and
//! `? help` always stays.

use super::action::{ACTIONS, Action, Context, Group, Row, row};
use super::available::unavailable;
use super::keymap::Keys;
use super::panes::history::Tab;
use super::state::State;
use super::text;

/// From this priority on it is something to be done with what is marked, or more.
const ON_MARKED: u8 = 96;

/// One key and its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key as people write it.
    pub key: String,
    /// What it does, in a word.
    pub word: String,
    /// What a click on it does; `None` where it stands for several keys.
    pub action: Option<Action>,
    /// Behind the word, for as long as there is room for it.
    count: String,
    /// The lowest goes first where there is no room.
    priority: u8,
    /// It stands at the end.
    is_help: bool,
}

impl Hint {
    /// Cells it takes with the gap before it.
    fn cells(&self) -> usize {
        let count = if self.count.is_empty() { 0 } else { 1 + text::width(&self.count) };
        text::width(&self.key) + 1 + text::width(&self.word) + count + 2
    }
}

/// The hints that fit in `width` cells: in a pane in the order of the table, help
/// last; over a dialog what its foot says.
#[must_use]
pub fn hints(state: &State, width: u16) -> Vec<Hint> {
    let Some(context) = state.context() else { return Vec::new() };
    let mut hints = match state.dialog() {
        Some(dialog) => in_dialog(Keys::new(&state.options.keymap, context), &dialog.foot()),
        None => in_pane(context, state),
    };
    let cells = |hints: &[Hint]| hints.iter().map(Hint::cells).sum::<usize>();
    while cells(&hints) > usize::from(width) {
        let Some(least) = hints.iter().enumerate().min_by_key(|(_, hint)| hint.priority).map(|(at, _)| at) else {
            break;
        };
        let counted = |hint: &Hint| !hint.count.is_empty();
        // How many are marked is told by the list too; what can be done with them only here.
        if hints[least].priority >= ON_MARKED && hints.iter().any(counted) {
            hints.iter_mut().for_each(|hint| hint.count.clear());
        } else {
            hints.remove(least);
        }
    }
    // Over a dialog the help is named where there is room for it.
    let help = help_hint(context, state).filter(|_| state.dialog().is_some());
    hints.extend(help.filter(|help| cells(&hints) + help.cells() <= usize::from(width)));
    hints.sort_by_key(|hint| hint.is_help);
    hints.iter_mut().filter(|hint| !hint.count.is_empty()).for_each(|hint| {
        let count = std::mem::take(&mut hint.count);
        hint.word = format!("{} {count}", hint.word);
    });
    hints
}

/// What stands under a cell of the bar, so many from its left edge.
#[must_use]
pub fn hint_at(state: &State, width: u16, x: u16) -> Option<Action> {
    let mut end = 0;
    for hint in hints(state, width) {
        // One blank before the first, two between them.
        let start = if end == 0 { 1 } else { end + 2 };
        end = start + hint.cells() - 2;
        if (start..end).contains(&usize::from(x)) {
            return hint.action;
        }
    }
    None
}

/// A dialog's foot, taken apart: `⟨submit⟩ save · ⟨cancel⟩ cancel`.
fn in_dialog(keys: Keys<'_>, foot: &str) -> Vec<Hint> {
    let hint = |(part, priority): (&str, u8)| {
        let shown = keys.named(part);
        let (key, word) = shown.split_once(' ')?;
        let named = part.split_once(' ').and_then(|(key, _)| key.strip_prefix('⟨')?.strip_suffix('⟩'));
        let action = named.and_then(Action::named);
        Some(Hint {
            key: key.to_owned(),
            word: word.to_owned(),
            action,
            count: String::new(),
            priority,
            is_help: false,
        })
    };
    // The first parts matter most.
    foot.split(" · ").zip((0..u8::MAX).rev()).filter_map(hint).collect()
}

fn help_hint(context: Context, state: &State) -> Option<Hint> {
    let key = state.options.keymap.shown(context, Action::Help)?.label();
    let row = row(Action::Help);
    Some(Hint {
        key,
        word: row.hint.to_owned(),
        action: Some(row.action),
        count: String::new(),
        priority: 0,
        is_help: true,
    })
}

fn in_pane(context: Context, state: &State) -> Vec<Hint> {
    let works = |row: &&Row| row.priority > 0 && unavailable(row.action, state).is_none();
    ACTIONS.iter().filter(works).filter_map(|row| hint(row, context, state)).collect()
}

fn hint(row: &Row, context: Context, state: &State) -> Option<Hint> {
    // While the filter is typed only what belongs to it.
    if row.group != Group::Dialogs && !in_panes(context) {
        return help_hint(context, state).filter(|_| row.action == Action::Help);
    }
    let key = state.options.keymap.shown(context, row.action)?.label();
    let versions = state.vault.as_ref().is_some_and(|vault| vault.history.tab() == Tab::Versions);
    if let Some((word, count, priority)) = on_marked(row, context, state) {
        let (word, action) = (word.to_owned(), Some(row.action));
        return Some(Hint { key, word, action, count, priority, is_help: false });
    }
    let word = match (row.action, context) {
        (Action::Open, Context::History) | (Action::Back, Context::Secrets) => return None,
        (Action::Reveal, _) if is_shown(state) => "hide",
        (Action::Undo, _) => undo_word(state)?,
        (Action::Overview, Context::Overview) => return None,
        // It stands where it is what one looks for: in a list with nothing in it.
        (Action::ShowDeleted, _) if !could_come_back(state) => return None,
        (Action::Open, Context::Overview) => "show them",
        (Action::NextPane, Context::Overview) => "next block",
        (Action::SwitchTab, _) if !versions => "versions",
        _ => row.hint,
    };
    let priority = match (row.action, context) {
        (Action::RollBack, Context::History) if versions => 96,
        (Action::SwitchTab, Context::History) => 96,
        (Action::Back, _) => 93,
        (Action::ShowDeleted, _) => 93,
        (Action::Open, Context::Overview) => 96,
        _ => row.priority,
    };
    let action = Some(row.action);
    Some(Hint {
        key,
        word: word.to_owned(),
        action,
        count: String::new(),
        priority,
        is_help: row.action == Action::Help,
    })
}

/// What works on the marked secrets, with their number, before all else.
fn on_marked(row: &Row, context: Context, state: &State) -> Option<(&'static str, String, u8)> {
    let marked = state.vault.as_ref().map(|vault| vault.secrets.marks.len()).filter(|marked| *marked > 0)?;
    let priority = match row.action {
        Action::Rotate | Action::Delete => ON_MARKED + 3,
        Action::Tag | Action::Move => ON_MARKED + 2,
        Action::Expire => ON_MARKED + 1,
        Action::Back if context == Context::Secrets => return Some(("unmark", String::new(), ON_MARKED)),
        _ => return None,
    };
    Some((row.hint, text::grouped(marked as u64), priority))
}

/// What `u` would take back.
fn undo_word(state: &State) -> Option<&'static str> {
    state.vault.as_ref()?.undo.last().map(|undo| undo.deed().undo_hint())
}

/// The list is empty, and what was deleted can fill it.
fn could_come_back(state: &State) -> bool {
    let pane = state.vault.as_ref().map(|vault| &vault.secrets);
    pane.is_some_and(|pane| pane.total() == 0 && pane.deleted.is_some_and(|deleted| deleted > 0))
}

fn in_panes(context: Context) -> bool {
    matches!(context, Context::Secrets | Context::Detail | Context::History | Context::Overview)
}

fn is_shown(state: &State) -> bool {
    state.vault.as_ref().is_some_and(|vault| vault.detail.revealed().is_some())
}
