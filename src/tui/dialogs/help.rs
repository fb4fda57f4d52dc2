//! [`HelpDialog`]: what every key does, from the table, filtered as one types.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{ACTIONS, Action, Context, Group, Row};
use crate::tui::clock::Now;
use crate::tui::keymap::Keymap;
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
    page: usize,
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
    /// The help for `context`; `height` is the screen's.
    #[must_use]
    pub fn new(keymap: &Keymap, context: Context, height: u16) -> Self {
        let rows = ACTIONS.iter().map(|row| help_row(row, keymap, context)).collect();
        Self { rows, filter: TextInput::new(), top: 0, page: usize::from(height.saturating_sub(8)).max(1) }
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Help
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        let last = self.lines().len().saturating_sub(self.page);
        match input {
            Input::Press(Press::Action(Action::Cancel)) => return Step { close: true, ..Step::default() },
            Input::Press(Press::Action(Action::Up)) => self.top = self.top.saturating_sub(1),
            Input::Press(Press::Action(Action::Down)) => self.top = (self.top + 1).min(last),
            Input::Press(Press::Action(Action::PageUp)) => self.top = self.top.saturating_sub(self.page),
            Input::Press(Press::Action(Action::PageDown)) => self.top = (self.top + self.page).min(last),
            Input::Press(Press::Type('?' | 'q')) if self.filter.is_empty() => {
                return Step { close: true, ..Step::default() };
            }
            Input::Press(press) => {
                if self.filter.press(press) {
                    self.top = 0;
                }
            }
            Input::Paste(_) | Input::Generated(_) | Input::RawKey(..) | Input::Failed(_) => {}
        }
        Step::default()
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
    pub fn draw(&self, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let lines = self.lines();
        let rows = u16::try_from(self.rows.len() + Group::ALL.len() + 1).unwrap_or(u16::MAX);
        let foot = if lines.len() > self.page {
            "type to filter · ↑↓ scroll · Esc close"
        } else {
            "type to filter · Esc close"
        };
        let inner = dialog_frame::open(theme, area, frame, "What the keys do", foot, (0, rows));
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.filter.draw(theme.style(Role::Text), true, input, frame);
        }
        let shown = usize::from(inner.height).saturating_sub(1);
        let top = self.top.min(lines.len().saturating_sub(shown));
        for (at, (group, row)) in lines.iter().skip(top).enumerate() {
            let Some(area) = row_area(inner, at + 1) else { break };
            let line = match row {
                None => Line::styled(group.title(), theme.style(Role::Focus)),
                Some(row) => draw_row(row, theme, usize::from(area.width)),
            };
            frame.render_widget(line, area);
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

fn draw_row<'a>(row: &HelpRow, theme: &Theme, width: usize) -> Line<'a> {
    let (key, help) = if row.here { (Role::Accent, Role::Text) } else { (Role::Muted, Role::Muted) };
    let (keys, cells) = match width {
        ROOMY.. => (row.keys.as_str(), KEYS.0),
        _ => (row.keys.split(' ').next().unwrap_or_default(), KEYS.1),
    };
    Line::from(vec![
        Span::styled(format!(" {} ", text::pad(keys, cells)), theme.style(key)),
        Span::styled(text::shorten(row.help, width.saturating_sub(cells + 2)).into_owned(), theme.style(help)),
    ])
}
