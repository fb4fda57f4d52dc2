//! [`HelpDialog`]: what every key does, and every term of the filter, filtered as one types.
//!
//! It lies over whatever has the keyboard, a form too. What works there comes first;
//! a key that means something only elsewhere stands behind that, with the place.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::keymap::Keys;
use crate::tui::panes::row_area;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;

use super::{Input, Step, frame as dialog_frame};

mod told;

pub use told::Told;
use told::ToldRow;

/// Cells of the keys, and of the first one alone where there is little room.
const KEYS: (usize, usize) = (16, 6);
/// From this many columns on there is room for all keys.
const ROOMY: usize = 50;

/// The table, for people.
pub struct HelpDialog {
    told: Told,
    filter: TextInput,
    top: usize,
    size: (u16, u16),
}

/// A line of the dialog as it is drawn.
enum HelpLine<'a> {
    Heading(&'static str),
    Told { keys: String, words: &'a str, here: bool },
}

impl HelpDialog {
    /// What is told, on a screen of this size.
    #[must_use]
    pub fn new(told: Told, size: (u16, u16)) -> Self {
        Self { told, filter: TextInput::new(), top: 0, size }
    }

    /// True while it tells about that place on a screen of that size.
    #[must_use]
    pub fn is_about(&self, context: Context, size: (u16, u16)) -> bool {
        self.told.context() == context && self.size == size
    }

    /// Tells something else; what was typed stays.
    pub fn tell(&mut self, told: Told, size: (u16, u16)) {
        (self.told, self.size) = (told, size);
        self.top = self.top.min(self.last_top());
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Help
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        let (last, page) = (self.last_top(), self.page());
        match input {
            Input::Press(Press::Action(Action::Cancel)) => return Step { close: true, ..Step::default() },
            Input::Press(Press::Action(Action::Up)) => self.top = self.top.saturating_sub(1),
            Input::Press(Press::Action(Action::Down)) => self.top = (self.top + 1).min(last),
            Input::Press(Press::Action(Action::PageUp)) => self.top = self.top.saturating_sub(page),
            Input::Press(Press::Action(Action::PageDown)) => self.top = (self.top + page).min(last),
            Input::Press(Press::Type('?' | 'q')) if self.filter.is_empty() => {
                return Step { close: true, ..Step::default() };
            }
            Input::Press(press) if self.filter.press(press) => self.top = 0,
            _ => {}
        }
        Step::default()
    }

    /// Rows for the table.
    fn page(&self) -> usize {
        usize::from(self.size.1.saturating_sub(6)).max(1)
    }

    /// Cells of a row in a frame.
    fn width(&self) -> usize {
        let width = self.size.0.min(dialog_frame::MAX_WIDTH.max(self.wanted().saturating_add(6)));
        usize::from(width.saturating_sub(if usize::from(width) >= ROOMY { 6 } else { 4 }))
    }

    /// Cells of the longest row.
    fn wanted(&self) -> u16 {
        let longest = self.told.rows().iter().map(|row| text::width(&row.words)).max();
        u16::try_from(KEYS.0 + 2 + longest.unwrap_or_default()).unwrap_or(u16::MAX)
    }

    /// The first line of the last page.
    fn last_top(&self) -> usize {
        self.lines().len().saturating_sub(self.page())
    }

    /// What its keys do.
    #[must_use]
    pub fn foot(&self) -> String {
        let scrolls = self.last_top() > 0;
        let scroll = if scrolls { "⟨up⟩/⟨down⟩ scroll · " } else { "" };
        format!("⟨cancel⟩ close · {scroll}type to filter")
    }

    /// The rows that pass the filter, under their headings, as wide as they are drawn.
    fn lines(&self) -> Vec<HelpLine<'_>> {
        let (mut lines, width) = (Vec::new(), self.width());
        let mut heading = None;
        for row in self.told.rows().iter().filter(|row| row.passes(self.filter.text())) {
            if heading != Some(row.heading) {
                heading = Some(row.heading);
                lines.push(HelpLine::Heading(row.heading));
            }
            let told = |(keys, words)| HelpLine::Told { keys, words, here: row.here };
            lines.extend(wrapped(row, width).into_iter().map(told));
        }
        lines
    }

    /// Draws the table in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let lines = self.lines();
        let foot = self.foot();
        let title = format!("What the keys do · {}", self.told.context().title());
        let inner = dialog_frame::open(theme, area, frame, &title, &keys.named(&foot), (self.wanted(), u16::MAX));
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.filter.draw(theme.style(Role::Text), true, input, frame);
        }
        let top = self.top.min(lines.len().saturating_sub(1));
        for (at, line) in lines.iter().skip(top).enumerate() {
            let Some(area) = row_area(inner, at + 1) else { return };
            frame.render_widget(line.drawn(theme), area);
        }
        if let Some(row) = row_area(inner, 2).filter(|_| lines.is_empty()) {
            frame.render_widget(Line::styled("Nothing matches.", theme.style(Role::Muted)), row);
        }
    }
}

/// A row as columns of keys and words; where there is little room the words go on below.
fn wrapped(row: &ToldRow, width: usize) -> Vec<(String, &str)> {
    let (cells, most) = if width >= ROOMY { (KEYS.0, usize::MAX) } else { (KEYS.1, 1) };
    let keys = row.keys_within(cells, most);
    let words: Vec<&str> = text::wrap(&row.words, width.saturating_sub(cells + 2)).into_iter().collect();
    // Keys that are wider than their column stand above the words.
    let above = keys.iter().filter(|keys| text::width(keys) > cells).count();
    let beside = keys.len() - above;
    let first = keys.iter().take(above).map(|keys| (keys.clone(), ""));
    let rest = (0..words.len().max(beside)).map(|at| {
        let keys = keys.get(above + at).map_or("", String::as_str);
        (text::pad(keys, cells), words.get(at).copied().unwrap_or_default())
    });
    first.chain(rest).collect()
}

impl HelpLine<'_> {
    fn drawn(&self, theme: &Theme) -> Line<'_> {
        match self {
            Self::Heading(words) => Line::styled(*words, theme.style(Role::Focus)),
            Self::Told { keys, words, here } => {
                let (key, role) = if *here { (Role::Accent, Role::Text) } else { (Role::Muted, Role::Muted) };
                Line::from(vec![
                    Span::styled(format!(" {keys} "), theme.style(key)),
                    Span::styled(*words, theme.style(role)),
                ])
            }
        }
    }
}
