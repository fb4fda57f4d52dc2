//! [`Page`]: what a dialog shows, from top to bottom, drawn so that the piece in
//! focus is always seen.
//!
//! A dialog describes itself as pieces (prose, inputs, choices); the page wraps,
//! aligns and scrolls them. Secrets are borrowed and written straight into the
//! cells, never gathered in a `String`.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::secret_text::SecretText;
use crate::tui::keymap::Keys;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::secret_input::SecretInput;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::scope::Address;

use super::frame;

mod keys;
mod piece;

use piece::{Canvas, Piece};

pub(super) use piece::MASK;

/// Cells before a label for the mark of the focus.
const MARK: u16 = 2;
/// Cells between a label and its input.
const AFTER_LABEL: u16 = 2;
/// Cells that a label may push the inputs aside.
const LONGEST_LABEL: usize = 16;

/// The pieces of a dialog, in order.
pub(super) struct Page<'a> {
    title: String,
    /// What the title is about: an address, cut at its start where room is short, and what follows it.
    subject: Option<(String, String)>,
    /// What is said at the end, whatever is scrolled.
    message: Option<(String, Role)>,
    /// Most rows that each paragraph of it takes.
    most_told: usize,
    foot: String,
    pieces: Vec<Piece<'a>>,
    focus: Option<usize>,
    /// Cells that the widest row of a list would like, also while it is scrolled out.
    widest: u16,
    /// Its end is seen as long as the focus is.
    ends_first: bool,
}

impl<'a> Page<'a> {
    /// An empty page; `foot` names the keys that end the dialog.
    pub(super) fn new(title: impl Into<String>, foot: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subject: None,
            message: None,
            most_told: usize::MAX,
            foot: foot.into(),
            pieces: Vec::new(),
            focus: None,
            widest: 0,
            ends_first: false,
        }
    }

    /// Names what the dialog is about in the title: an address and its version.
    pub(super) fn about(&mut self, address: &Address, version: u64) {
        self.subject = Some((text::printable(&address.to_string()).into_owned(), format!(" · v{version}")));
    }

    /// Names two versions of what the dialog is about in the title.
    pub(super) fn between(&mut self, address: &Address, before: u64, after: u64) {
        let after = format!(" · v{before} and v{after}");
        self.subject = Some((text::printable(&address.to_string()).into_owned(), after));
    }

    /// What is said at the end of the page; it is seen whatever is scrolled.
    pub(super) fn tell(&mut self, text: impl Into<String>, role: Role) {
        self.message = Some((text.into(), role));
    }

    /// The same, each of its paragraphs in at most so many rows.
    pub(super) fn tell_shortly(&mut self, text: impl Into<String>, role: Role, most: usize) {
        self.tell(text, role);
        self.most_told = most;
    }

    /// Asks for room for rows of this many cells, so that a list is not cut where there is some.
    pub(super) fn widen(&mut self, cells: usize) {
        self.widest = u16::try_from(cells).unwrap_or(u16::MAX).saturating_add(MARK);
    }

    /// Shows the end before the beginning where not all of it has room.
    pub(super) fn ends_first(&mut self) {
        self.ends_first = true;
    }

    /// An empty row.
    pub(super) fn gap(&mut self) {
        self.pieces.push(Piece::Gap);
    }

    /// A paragraph.
    pub(super) fn prose(&mut self, text: impl Into<String>, role: Role) {
        self.pieces.push(Piece::Prose { text: text.into(), role, inset: false });
    }

    /// A remark under the input before it.
    pub(super) fn note(&mut self, text: impl Into<String>, role: Role) {
        self.pieces.push(Piece::Prose { text: text.into(), role, inset: true });
    }

    /// A label and text that cannot be changed.
    pub(super) fn fact(&mut self, label: &'a str, text: impl Into<String>) {
        let text = text::printable(&text.into()).into_owned();
        self.pieces.push(Piece::Fact { label, text });
    }

    /// A label and a path.
    pub(super) fn path(&mut self, label: &'a str, path: &'a str) {
        self.pieces.push(Piece::Path { label, path });
    }

    /// A line of text.
    pub(super) fn text(&mut self, label: &'a str, input: &'a TextInput, placeholder: &str, focused: bool) {
        self.push(Piece::Text { label, input, placeholder: placeholder.to_owned() }, focused);
    }

    /// A secret, with what is wrong about it under it.
    pub(super) fn secret(&mut self, label: &'a str, input: &'a SecretInput, placeholder: &str, focused: bool) {
        self.push(Piece::Secret { label, input, placeholder: placeholder.to_owned() }, focused);
        if let Some(refusal) = input.refusal() {
            self.note(refusal, Role::Danger);
        } else if let Some(trap) = input.trap() {
            let cure = trap.cure().map(|cure| format!(" ⟨mend⟩ {cure}.")).unwrap_or_default();
            self.note(format!("{}{cure}", trap.words()), Role::Warn);
        }
        if let Some(fault) = input.json_fault() {
            self.note(format!("Looks like JSON and is none: {}.", fault.told()), Role::Warn);
        }
    }

    /// Words that are shown to be written down: all of them, whatever the width.
    pub(super) fn words(&mut self, label: &'a str, words: &'a SecretText) {
        self.pieces.push(Piece::Words { label, words });
    }

    /// Lines of text that are no secret, all of the width.
    pub(super) fn area(&mut self, input: &'a SecretInput) {
        self.push(Piece::Area { input }, true);
    }

    /// A secret that nobody types into.
    pub(super) fn held(&mut self, label: String, input: &'a SecretInput, focused: bool) {
        self.push(Piece::Held { label, input }, focused);
    }

    /// A label and lines of our own words, each in its role.
    pub(super) fn lines(&mut self, label: String, lines: Vec<(String, Role)>, focused: bool) {
        let lines = lines.into_iter().map(|(line, role)| (text::printable(&line).into_owned(), role)).collect();
        self.push(Piece::Lines { label: text::printable(&label).into_owned(), lines }, focused);
    }

    /// One of a few, side by side.
    pub(super) fn choice(&mut self, label: &'a str, options: Vec<&'a str>, chosen: usize, focused: bool) {
        self.push(Piece::Choice { label, options, chosen }, focused);
    }

    /// Several side by side, each on or off; the cursor is on `at`.
    pub(super) fn checks(&mut self, label: &'a str, options: Vec<(&'a str, bool)>, at: usize, focused: bool) {
        self.push(Piece::Checks { label, options, at }, focused);
    }

    /// One of a few, on its own row.
    pub(super) fn option(&mut self, name: &'a str, detail: &str, chosen: bool) {
        self.push(Piece::Option { name, detail: detail.to_owned() }, chosen);
    }

    /// One of many, on a row of its own; the one in focus is told whole.
    pub(super) fn row(&mut self, text: &'a str, role: Role, focused: bool) {
        self.push(Piece::Row { text, role, whole: focused }, focused);
    }

    /// The same, told whole wherever the focus is.
    pub(super) fn whole_row(&mut self, text: &'a str, role: Role, focused: bool) {
        self.push(Piece::Row { text, role, whole: true }, focused);
    }

    /// A row that does something on Enter.
    pub(super) fn button(&mut self, label: &'a str, focused: bool) {
        self.push(Piece::Button { label }, focused);
    }

    /// A line with a key, shown to be pasted somewhere.
    pub(super) fn line(&mut self, prefix: &'static str, key: &'a SecretText) {
        self.pieces.push(Piece::Line { prefix, key });
    }

    /// A key in numbered groups, shown to be written down.
    pub(super) fn groups(&mut self, key: &'a SecretText) {
        self.pieces.push(Piece::Groups { key });
    }

    fn push(&mut self, piece: Piece<'a>, focused: bool) {
        if focused {
            self.focus = Some(self.pieces.len());
        }
        self.pieces.push(piece);
    }

    /// Draws the page in its box in the middle of `area`.
    pub(super) fn draw(mut self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        self.name_keys(keys);
        let area = area.intersection(frame.area());
        // The width is known before the height: the box is as wide as the screen or its widest.
        let wanted = self.wanted_width();
        let width = frame::inner_width(theme, area, wanted);
        let column = self.input_column().min(width / 2);
        let message = match &self.message {
            Some((text, _)) => {
                text.split('\n').flat_map(|text| wrapped(text, usize::from(width), self.most_told)).collect()
            }
            None => Vec::new(),
        };
        let told = u16::try_from(message.len()).unwrap_or(u16::MAX);
        let rows = self.rows(width, column, area.height.saturating_sub(2).saturating_sub(told));
        let total = rows.iter().fold(0_u16, |sum, rows| sum.saturating_add(*rows));
        let title = self.title_in(frame::title_room(area, wanted));
        let inner = frame::open(theme, area, frame, &title, &self.foot, (wanted, total.saturating_add(told)));
        if inner.is_empty() {
            return;
        }
        let (body, end) = inner_parts(inner, told);
        self.draw_pieces(theme, body, column, &rows, frame);
        let role = self.message.as_ref().map_or(Role::Text, |(_, role)| *role);
        for (line, y) in message.into_iter().zip(end.y..end.bottom()) {
            frame.buffer_mut().set_stringn(end.x, y, &line, usize::from(end.width), theme.style(role));
        }
    }

    /// Puts the effective keys where texts name actions.
    fn name_keys(&mut self, keys: Keys<'_>) {
        let name = |text: &mut String| *text = keys.named(text).into_owned();
        name(&mut self.foot);
        if let Some((message, _)) = &mut self.message {
            name(message);
        }
        for piece in &mut self.pieces {
            match piece {
                Piece::Prose { text, .. } | Piece::Option { detail: text, .. } => name(text),
                Piece::Text { placeholder, .. } | Piece::Secret { placeholder, .. } => name(placeholder),
                _ => {}
            }
        }
    }

    /// The rows of each piece; gaps give way where not all of them fit into `height`.
    fn rows(&self, width: u16, column: u16, height: u16) -> Vec<u16> {
        let mut rows: Vec<u16> = self.pieces.iter().map(|piece| piece.rows(width, column)).collect();
        let total = rows.iter().fold(0_u16, |sum, rows| sum.saturating_add(*rows));
        if total > height {
            for (rows, _) in rows.iter_mut().zip(&self.pieces).filter(|(_, piece)| matches!(piece, Piece::Gap)) {
                *rows = 0;
            }
        }
        rows
    }

    /// The title in at most `room` cells.
    fn title_in(&self, room: usize) -> String {
        match &self.subject {
            None => self.title.clone(),
            Some((subject, after)) => {
                let room = room.saturating_sub(text::width(&self.title) + 1 + text::width(after));
                format!("{} {}{after}", self.title, text::shorten_start(subject, room))
            }
        }
    }

    /// Draws the pieces, scrolled to the focus.
    fn draw_pieces(&self, theme: &Theme, inner: Rect, column: u16, rows: &[u16], frame: &mut Frame<'_>) {
        let total = rows.iter().fold(0_u16, |sum, rows| sum.saturating_add(*rows));
        let hidden = self.hidden_rows(rows, total, inner.height);
        let mut at = 0_u16;
        for (number, (piece, rows)) in self.pieces.iter().zip(rows).enumerate() {
            let canvas = Canvas { theme, inner, column, top: at, hidden, focused: self.focus == Some(number) };
            if *rows > 0 {
                piece.draw(&canvas, *rows, frame);
            }
            at = at.saturating_add(*rows);
        }
        mark_more(theme, inner, hidden > 0, total > hidden.saturating_add(inner.height), frame);
    }

    /// The width the content would like: a line with a key wants to be in one piece, as do the rows of a list.
    fn wanted_width(&self) -> u16 {
        let wanted = |piece: &Piece<'_>| match piece {
            Piece::Line { prefix, key } => u16::try_from(prefix.len() + key.len()).unwrap_or(0).saturating_add(MARK),
            _ => 0,
        };
        self.pieces.iter().map(wanted).fold(self.widest, u16::max)
    }

    /// The column of the inputs: behind the longest label.
    fn input_column(&self) -> u16 {
        let label = |piece: &Piece<'_>| match piece {
            Piece::Fact { label, .. }
            | Piece::Path { label, .. }
            | Piece::Text { label, .. }
            | Piece::Secret { label, .. }
            | Piece::Words { label, .. }
            | Piece::Choice { label, .. }
            | Piece::Checks { label, .. } => text::width(label),
            Piece::Held { label, .. } | Piece::Lines { label, .. } => text::width(label),
            _ => 0,
        };
        let longest = self.pieces.iter().map(label).max().unwrap_or(0);
        u16::try_from(longest.min(LONGEST_LABEL)).unwrap_or(0).saturating_add(MARK + AFTER_LABEL)
    }

    /// How many rows are scrolled out at the top so that the focus, and a remark under it, is seen.
    fn hidden_rows(&self, rows: &[u16], total: u16, height: u16) -> u16 {
        let most = total.saturating_sub(height);
        let Some(focus) = self.focus else {
            return 0;
        };
        let top = rows[..focus].iter().fold(0_u16, |sum, rows| sum.saturating_add(*rows));
        let under = match self.pieces.get(focus + 1) {
            Some(Piece::Prose { inset: true, .. }) => rows[focus + 1],
            _ => 0,
        };
        if self.ends_first {
            return most.min(top);
        }
        let bottom = top.saturating_add(rows[focus]).saturating_add(under).saturating_add(1);
        bottom.saturating_sub(height).min(top).min(most)
    }
}

/// The rows of the pieces and the rows of the message below them, which comes first where room is short.
fn inner_parts(inner: Rect, told: u16) -> (Rect, Rect) {
    let told = told.min(inner.height.saturating_sub(1));
    let body = Rect { height: inner.height - told, ..inner };
    (body, Rect { y: body.bottom(), height: told, ..inner })
}

/// A paragraph in at most `most` rows of `cells` cells.
fn wrapped(text: &str, cells: usize, most: usize) -> Vec<String> {
    let lines = text::wrap(text, cells);
    let is_cut = lines.len() > most;
    let mut lines: Vec<String> = lines.into_iter().take(most).map(str::to_owned).collect();
    if let (true, Some(last)) = (is_cut, lines.last_mut()) {
        *last = format!("{}…", text::shorten(last, cells.saturating_sub(1)).trim_end_matches('…'));
    }
    lines
}

/// Marks on the right edge that there is more above or below.
fn mark_more(theme: &Theme, inner: Rect, above: bool, below: bool, frame: &mut Frame<'_>) {
    let (up, down) = if theme.is_ascii() { ("^", "v") } else { ("↑", "↓") };
    let column = inner.right().min(frame.area().right().saturating_sub(1));
    let style = theme.style(Role::Accent);
    if above {
        frame.buffer_mut().set_stringn(column, inner.y, up, 1, style);
    }
    if below {
        frame.buffer_mut().set_stringn(column, inner.bottom().saturating_sub(1), down, 1, style);
    }
}
