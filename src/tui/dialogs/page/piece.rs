//! The pieces of a page, each with its rows and its drawing.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::secret_text::SecretText;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::secret_input::SecretInput;
use crate::tui::widgets::text_input::TextInput;

use super::{MARK, keys};

/// What stands for a value in [`Piece::Lines`].
pub(in crate::tui::dialogs) const MASK: &str = "⟨mask⟩";

/// Rows of an area that is nearly empty, and of one that is long.
const LEAST_LINES: usize = 4;
const MOST_LINES: usize = 16;

/// One thing on a page.
pub(super) enum Piece<'a> {
    /// An empty row.
    Gap,
    /// Text, wrapped; `inset` puts it under the inputs.
    Prose { text: String, role: Role, inset: bool },
    /// A label and text that cannot be changed.
    Fact { label: &'a str, text: String },
    /// A label and a path, whose end tells most.
    Path { label: &'a str, path: &'a str },
    /// One line of text.
    Text { label: &'a str, input: &'a TextInput, placeholder: String },
    /// Masked text.
    Secret { label: &'a str, input: &'a SecretInput, placeholder: String },
    /// Words with dashes between them, shown to be written down, broken behind a dash.
    Words { label: &'a str, words: &'a SecretText },
    /// Lines of text that are no secret.
    Area { input: &'a SecretInput },
    /// Secret text that nobody types into.
    Held { label: String, input: &'a SecretInput },
    /// A label and lines, each in its role; the mask stands for `⟨mask⟩`.
    Lines { label: String, lines: Vec<(String, Role)> },
    /// One of a few, side by side.
    Choice { label: &'a str, options: Vec<&'a str>, chosen: usize },
    /// Several side by side, each on or off.
    Checks { label: &'a str, options: Vec<(&'a str, bool)>, at: usize },
    /// One of a few, each on its own row.
    Option { name: &'a str, detail: String },
    /// One of many, cut at its end where room is short, or `whole`.
    Row { text: &'a str, role: Role, whole: bool },
    /// A row that does something on Enter.
    Button { label: &'a str },
    /// A line with a key, shown to be pasted somewhere.
    Line { prefix: &'static str, key: &'a SecretText },
    /// A key in groups, shown to be written down.
    Groups { key: &'a SecretText },
}

/// Where a piece is drawn.
pub(super) struct Canvas<'a> {
    /// How roles look.
    pub(super) theme: &'a Theme,
    /// Where the pieces go.
    pub(super) inner: Rect,
    /// The column of the inputs, relative to `inner`.
    pub(super) column: u16,
    /// The piece's first row on the page.
    pub(super) top: u16,
    /// Rows scrolled out at the top.
    pub(super) hidden: u16,
    /// It has the keyboard.
    pub(super) focused: bool,
}

impl Canvas<'_> {
    /// The screen row of the piece's row `row`, from column `from` on.
    pub(super) fn row(&self, row: u16, from: u16) -> Option<Rect> {
        let y = self.top.saturating_add(row).checked_sub(self.hidden).filter(|y| *y < self.inner.height)?;
        let from = from.min(self.inner.width);
        Some(Rect { x: self.inner.x + from, y: self.inner.y + y, width: self.inner.width - from, height: 1 })
    }

    /// Puts the terminal's cursor on a piece in focus that takes no text.
    fn stand_at(&self, from: u16, frame: &mut Frame<'_>) {
        if let Some(area) = self.row(0, from).filter(|area| self.focused && !area.is_empty()) {
            frame.set_cursor_position((area.x, area.y));
        }
    }

    /// Writes `text` into the piece's row `row`.
    pub(super) fn write(&self, row: u16, from: u16, text: &str, role: Role, frame: &mut Frame<'_>) {
        if let Some(area) = self.row(row, from) {
            let shown = text::shorten(text, usize::from(area.width));
            let style = self.theme.style(role);
            frame.buffer_mut().set_stringn(area.x, area.y, &shown, usize::from(area.width), style);
        }
    }

    /// Writes the label and the mark of the focus.
    fn label(&self, label: &str, frame: &mut Frame<'_>) {
        let role = if self.focused { Role::Focus } else { Role::Muted };
        self.write(0, 0, if self.focused { self.theme.marker() } else { "" }, Role::Focus, frame);
        let room = usize::from(self.column.saturating_sub(MARK + 1));
        self.write(0, MARK, &text::shorten(label, room), role, frame);
    }
}

impl Piece<'_> {
    /// How many rows it takes in `width` cells.
    pub(super) fn rows(&self, width: u16, column: u16) -> u16 {
        match self {
            Self::Prose { text, inset, .. } => {
                let from = if *inset { inset_column(width, column) } else { 0 };
                u16::try_from(text::wrap(text, usize::from(width.saturating_sub(from))).len()).unwrap_or(1)
            }
            Self::Secret { input, .. } | Self::Held { input, .. } => input.rows(),
            Self::Words { words, .. } => {
                let rows = keys::word_rows(words, usize::from(width.saturating_sub(column)));
                u16::try_from(rows.count()).unwrap_or(u16::MAX).max(1)
            }
            Self::Area { input } => u16::try_from(input.lines().clamp(LEAST_LINES, MOST_LINES)).unwrap_or(1),
            Self::Lines { lines, .. } => {
                let room = usize::from(width.saturating_sub(column));
                let rows = lines.iter().map(|(line, _)| text::wrap(line, room).len()).sum::<usize>();
                u16::try_from(rows).unwrap_or(u16::MAX).max(1)
            }
            Self::Option { detail, .. } => {
                let detail = text::wrap(detail, usize::from(width.saturating_sub(MARK + 1)));
                u16::try_from(detail.len()).unwrap_or(1).saturating_add(1)
            }
            Self::Fact { text, .. } => {
                u16::try_from(text::wrap(text, usize::from(width.saturating_sub(column))).len()).unwrap_or(1)
            }
            Self::Row { text, whole: true, .. } => {
                u16::try_from(text::wrap(text, usize::from(width.saturating_sub(MARK))).len()).unwrap_or(1)
            }
            Self::Line { prefix, key } => keys::line_rows(prefix, key, width).last().map_or(1, |(row, _)| row + 1),
            Self::Groups { key } => {
                let rows = keys::numbered_rows(key).count();
                u16::try_from(rows).unwrap_or(1)
            }
            _ => 1,
        }
    }

    /// Draws it.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, rows: u16, frame: &mut Frame<'_>) {
        match self {
            Self::Gap => {}
            Self::Prose { text, role, inset } => {
                let from = if *inset { inset_column(canvas.inner.width, canvas.column) } else { 0 };
                let room = usize::from(canvas.inner.width.saturating_sub(from));
                for (row, line) in (0..).zip(text::wrap(text, room)) {
                    canvas.write(row, from, line, *role, frame);
                }
            }
            Self::Fact { label, text } => {
                canvas.label(label, frame);
                let room = usize::from(canvas.inner.width.saturating_sub(canvas.column));
                for (row, line) in (0..).zip(text::wrap(text, room)) {
                    canvas.write(row, canvas.column, line, Role::Text, frame);
                }
            }
            Self::Path { label, path } => {
                canvas.label(label, frame);
                let room = usize::from(canvas.inner.width.saturating_sub(canvas.column));
                let shown = text::printable(path);
                canvas.write(0, canvas.column, &text::shorten_start(&shown, room), Role::Text, frame);
            }
            Self::Text { label, input, placeholder } => {
                canvas.label(label, frame);
                draw_text(canvas, input, placeholder, frame);
            }
            Self::Secret { label, input, placeholder } => {
                canvas.label(label, frame);
                draw_secret(canvas, input, placeholder, rows, frame);
            }
            Self::Words { label, words } => {
                canvas.label(label, frame);
                keys::draw_words(canvas, words, frame);
            }
            Self::Area { input } => draw_area(canvas, input, rows, frame),
            Self::Held { label, input } => {
                canvas.label(label, frame);
                draw_secret(canvas, input, "", rows, frame);
            }
            Self::Lines { label, lines } => {
                canvas.label(label, frame);
                canvas.stand_at(MARK, frame);
                draw_lines(canvas, lines, frame);
            }
            Self::Choice { label, options, chosen } => {
                canvas.label(label, frame);
                canvas.stand_at(canvas.column, frame);
                draw_choice(canvas, options, *chosen, frame);
            }
            Self::Checks { label, options, at } => {
                canvas.label(label, frame);
                draw_checks(canvas, options, *at, frame);
            }
            Self::Option { name, detail } => {
                let role = if canvas.focused { Role::Selected } else { Role::Text };
                canvas.write(0, 0, if canvas.focused { canvas.theme.marker() } else { "" }, Role::Focus, frame);
                canvas.write(0, MARK, &format!(" {name} "), role, frame);
                canvas.stand_at(MARK, frame);
                let room = usize::from(canvas.inner.width.saturating_sub(MARK + 1));
                for (row, line) in (1..).zip(text::wrap(detail, room)) {
                    canvas.write(row, MARK + 1, line, Role::Muted, frame);
                }
            }
            Self::Row { text, role, whole } => {
                canvas.write(0, 0, if canvas.focused { canvas.theme.marker() } else { "" }, Role::Focus, frame);
                canvas.stand_at(MARK, frame);
                let room = usize::from(canvas.inner.width.saturating_sub(MARK));
                let lines = if *whole { text::wrap(text, room) } else { vec![*text] };
                for (row, line) in (0..).zip(lines) {
                    canvas.write(row, MARK, line, *role, frame);
                }
            }
            Self::Button { label } => {
                let role = if canvas.focused { Role::Selected } else { Role::Muted };
                canvas.write(0, 0, if canvas.focused { canvas.theme.marker() } else { "" }, Role::Focus, frame);
                canvas.write(0, MARK, &format!("[{label}]"), role, frame);
                canvas.stand_at(MARK, frame);
            }
            Self::Line { prefix, key } => keys::draw_line(canvas, prefix, key, frame),
            Self::Groups { key } => keys::draw_groups(canvas, key, frame),
        }
    }
}

/// Remarks stand under the inputs where there is room, else under the labels.
fn inset_column(width: u16, column: u16) -> u16 {
    if width >= 60 { column } else { MARK }
}

fn draw_text(canvas: &Canvas<'_>, input: &TextInput, placeholder: &str, frame: &mut Frame<'_>) {
    let Some(area) = canvas.row(0, canvas.column) else {
        return;
    };
    let style = canvas.theme.style(Role::Text).add_modifier(Modifier::UNDERLINED);
    input.draw(style, canvas.focused, area, frame);
    if input.is_empty() {
        draw_placeholder(canvas, placeholder, frame);
    }
}

fn draw_secret(canvas: &Canvas<'_>, input: &SecretInput, placeholder: &str, rows: u16, frame: &mut Frame<'_>) {
    // The rows of it that are on the screen.
    let mut seen = (0..rows).filter_map(|row| canvas.row(row, canvas.column));
    let Some(first) = seen.next() else {
        return;
    };
    let area = seen.fold(first, Rect::union);
    let style = canvas.theme.style(Role::Secret).add_modifier(Modifier::UNDERLINED);
    input.draw(style, text::mask(canvas.theme.borders), canvas.focused, area, frame);
    if input.is_blank() {
        draw_placeholder(canvas, placeholder, frame);
    }
}

/// Lines of text, as many as are on the screen.
fn draw_area(canvas: &Canvas<'_>, input: &SecretInput, rows: u16, frame: &mut Frame<'_>) {
    let mut seen = (0..rows).filter_map(|row| canvas.row(row, 0));
    if let Some(first) = seen.next() {
        let area = seen.fold(first, Rect::union);
        input.draw(canvas.theme.style(Role::Text), text::mask(canvas.theme.borders), canvas.focused, area, frame);
    }
}

/// Lines, each wrapped and in its role.
fn draw_lines(canvas: &Canvas<'_>, lines: &[(String, Role)], frame: &mut Frame<'_>) {
    let room = usize::from(canvas.inner.width.saturating_sub(canvas.column));
    let mut row = 0;
    for (line, role) in lines {
        let line = if line == MASK { text::mask(canvas.theme.borders) } else { line.as_str() };
        for part in text::wrap(line, room) {
            canvas.write(row, canvas.column, part, *role, frame);
            row += 1;
        }
    }
}

/// Says in an empty input what may go there.
fn draw_placeholder(canvas: &Canvas<'_>, placeholder: &str, frame: &mut Frame<'_>) {
    if let Some(area) = canvas.row(0, canvas.column) {
        let style = canvas.theme.style(Role::Disabled);
        let shown = text::shorten(placeholder, usize::from(area.width));
        frame.buffer_mut().set_stringn(area.x, area.y, &shown, usize::from(area.width), style);
    }
}

/// Each with its box; where they do not fit, the one that the cursor is on and its number.
fn draw_checks(canvas: &Canvas<'_>, options: &[(&str, bool)], at: usize, frame: &mut Frame<'_>) {
    let shown = |(name, is_on): &(&str, bool)| format!("[{}] {name}", if *is_on { "x" } else { " " });
    let room = usize::from(canvas.inner.width.saturating_sub(canvas.column));
    let needed: usize = options.iter().map(|option| text::width(&shown(option)) + 2).sum();
    let fits = needed <= room + 2;
    let mut column = canvas.column;
    for (number, option) in options.iter().enumerate().filter(|(number, _)| fits || *number == at) {
        let is_here = canvas.focused && number == at;
        let role = if is_here { Role::Selected } else { Role::Text };
        let mut words = shown(option);
        if !fits {
            words.push_str(&format!("  {} of {}", number + 1, options.len()));
        }
        canvas.write(0, column, &words, role, frame);
        if is_here {
            canvas.stand_at(column, frame);
        }
        column = column.saturating_add(u16::try_from(text::width(&words) + 2).unwrap_or(0));
    }
}

/// The options side by side, the chosen one in brackets; where they do not fit, the chosen one and its number.
fn draw_choice(canvas: &Canvas<'_>, options: &[&str], chosen: usize, frame: &mut Frame<'_>) {
    let role = if canvas.focused { Role::Selected } else { Role::Text };
    let room = usize::from(canvas.inner.width.saturating_sub(canvas.column));
    let needed: usize = options.iter().map(|option| text::width(option) + 3).sum();
    if needed > room + 1 {
        let name = options.get(chosen).copied().unwrap_or_default();
        let number = format!("  {} of {}", chosen + 1, options.len());
        let fits = text::width(name) + 2 + text::width(&number) <= room;
        let number = if fits { number } else { String::new() };
        let name = text::shorten(name, room.saturating_sub(2));
        canvas.write(0, canvas.column, &format!("[{name}]"), role, frame);
        let behind = u16::try_from(text::width(&name) + 2).unwrap_or(0);
        canvas.write(0, canvas.column.saturating_add(behind), &number, Role::Muted, frame);
        return;
    }
    let mut column = canvas.column;
    for (number, option) in options.iter().enumerate() {
        let (shown, role) =
            if number == chosen { (format!("[{option}]"), role) } else { (format!(" {option} "), Role::Muted) };
        canvas.write(0, column, &shown, role, frame);
        column = column.saturating_add(u16::try_from(text::width(&shown) + 1).unwrap_or(0));
    }
}
