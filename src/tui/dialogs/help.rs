//! [`HelpDialog`]: what every key does, from the table, filtered as one types.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{ACTIONS, Action, Context, Group, Row};
use crate::tui::clock::Now;
use crate::tui::keymap::{Keymap, Keys};
use crate::tui::panes::row_area;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;

use super::{Input, Step, frame as dialog_frame};

/// Cells of the keys, and of the first one alone where there is little room.
const KEYS: (usize, usize) = (16, 6);
/// From this many columns on there is room for all keys.
const ROOMY: usize = 50;

/// The table, for people.
pub struct HelpDialog {
    rows: Vec<HelpRow>,
    filter: TextInput,
    top: usize,
    /// Rows for the table.
    page: usize,
    /// Cells of a row.
    width: usize,
}

struct HelpRow {
    group: Group,
    keys: String,
    name: &'static str,
    help: &'static str,
    /// It works where the help was asked for.
    here: bool,
}

impl HelpDialog {
    /// The help for `context` on a screen of this size.
    #[must_use]
    pub fn new(keymap: &Keymap, context: Context, (width, height): (u16, u16)) -> Self {
        let rows = ACTIONS.iter().map(|row| help_row(row, keymap, context)).collect();
        let page = usize::from(height.saturating_sub(6)).max(1);
        Self { rows, filter: TextInput::new(), top: 0, page, width: usize::from(width.saturating_sub(4)) }
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Help
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        let last = self.last_top();
        match input {
            Input::Press(Press::Action(Action::Cancel)) => return Step { close: true, ..Step::default() },
            Input::Press(Press::Action(Action::Up)) => self.top = self.top.saturating_sub(1),
            Input::Press(Press::Action(Action::Down)) => self.top = (self.top + 1).min(last),
            Input::Press(Press::Action(Action::PageUp)) => self.top = self.top.saturating_sub(self.page),
            Input::Press(Press::Action(Action::PageDown)) => self.top = (self.top + self.page).min(last),
            Input::Press(Press::Type('?' | 'q')) if self.filter.is_empty() => {
                return Step { close: true, ..Step::default() };
            }
            Input::Press(press) if self.filter.press(press) => self.top = 0,
            _ => {}
        }
        Step::default()
    }

    /// The first line of the last page.
    fn last_top(&self) -> usize {
        let lines = self.lines();
        let mut left = self.page;
        let rows = |row: Option<&HelpRow>| row.map_or(1, |row| wrapped(row, self.width).len());
        let fits = |(_, row): &&(Group, Option<&HelpRow>)| {
            let rows = rows(*row);
            let fits = rows <= left;
            left = left.saturating_sub(rows);
            fits
        };
        lines.len() - lines.iter().rev().take_while(fits).count()
    }

    /// What its keys do.
    #[must_use]
    pub fn foot(&self) -> String {
        let scrolls = self.last_top() > 0;
        let scroll = if scrolls { "⟨up⟩/⟨down⟩ scroll · " } else { "" };
        format!("⟨cancel⟩ close · {scroll}type to filter")
    }

    /// Headings (`None`) and rows that pass the filter.
    fn lines(&self) -> Vec<(Group, Option<&HelpRow>)> {
        let wanted = self.filter.text().to_lowercase();
        let passes = |row: &&HelpRow| {
            wanted.is_empty()
                || row.help.to_lowercase().contains(&wanted)
                || row.name.contains(&wanted)
                || row.keys.split(' ').any(|key| key == self.filter.text())
        };
        let mut lines = Vec::new();
        for group in Group::ALL {
            let rows: Vec<&HelpRow> = self.rows.iter().filter(|row| row.group == *group).filter(passes).collect();
            if !rows.is_empty() {
                lines.push((*group, None));
                lines.extend(rows.into_iter().map(|row| (*group, Some(row))));
            }
        }
        lines
    }

    /// Draws the table in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let lines = self.lines();
        let rows = u16::try_from(self.rows.len() + Group::ALL.len() + 1).unwrap_or(u16::MAX);
        let foot = self.foot();
        let inner = dialog_frame::open(theme, area, frame, "What the keys do", &keys.named(&foot), (0, rows));
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.filter.draw(theme.style(Role::Text), true, input, frame);
        }
        let top = self.top.min(lines.len().saturating_sub(1));
        let mut at = 1;
        for (group, row) in lines.iter().skip(top) {
            let rows = match row {
                None => vec![Line::styled(group.title(), theme.style(Role::Focus))],
                Some(row) => draw_row(row, theme, usize::from(inner.width)),
            };
            for line in rows {
                let Some(area) = row_area(inner, at) else { return };
                frame.render_widget(line, area);
                at += 1;
            }
        }
        if let Some(row) = row_area(inner, 2).filter(|_| lines.is_empty()) {
            frame.render_widget(Line::styled("Nothing matches.", theme.style(Role::Muted)), row);
        }
    }
}

fn help_row(row: &'static Row, keymap: &Keymap, context: Context) -> HelpRow {
    let here = keymap.keys(context, row.action);
    let elsewhere =
        || Context::ALL.iter().map(|context| keymap.keys(*context, row.action)).find(|keys| !keys.is_empty());
    let keys = if here.is_empty() { elsewhere().unwrap_or_default() } else { here.clone() };
    let keys: Vec<String> = keys.iter().map(|key| key.label()).collect();
    HelpRow { group: row.group, keys: keys.join(" "), name: row.name, help: row.help, here: !here.is_empty() }
}

/// What a row's action does, in lines.
fn wrapped(row: &HelpRow, width: usize) -> Vec<&'static str> {
    let cells = if width >= ROOMY { KEYS.0 } else { KEYS.1 };
    text::wrap(row.help, width.saturating_sub(cells + 2))
}

/// A row of the table; where there is little room its text goes on below.
fn draw_row<'a>(row: &HelpRow, theme: &Theme, width: usize) -> Vec<Line<'a>> {
    let (key, help) = if row.here { (Role::Accent, Role::Text) } else { (Role::Muted, Role::Muted) };
    let (keys, cells) = match width {
        ROOMY.. => (row.keys.as_str(), KEYS.0),
        _ => (row.keys.split(' ').next().unwrap_or_default(), KEYS.1),
    };
    let lines = wrapped(row, width).into_iter().enumerate();
    let line = |(at, words): (usize, &str)| {
        let keys = if at == 0 { keys } else { "" };
        Line::from(vec![
            Span::styled(format!(" {} ", text::pad(keys, cells)), theme.style(key)),
            Span::styled(words.to_owned(), theme.style(help)),
        ])
    };
    lines.map(line).collect()
}
