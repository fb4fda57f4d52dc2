//! [`Table`]: columns aligned by cell width, and text made harmless to print.

use std::borrow::Cow;

use crate::tui::text::{printable, width};

/// Rows of text under a heading.
pub(super) struct Table {
    headings: Vec<&'static str>,
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no row.
    pub(super) fn new(headings: &[&'static str]) -> Self {
        let widths = headings.iter().map(|heading| width(heading)).collect();
        Self { headings: headings.to_vec(), widths, rows: Vec::new() }
    }

    /// Adds a row; control and bidi characters in it are shown escaped.
    pub(super) fn row(&mut self, mut cells: Vec<String>) {
        for (cell, widest) in cells.iter_mut().zip(&mut self.widths) {
            if let Cow::Owned(escaped) = printable(cell) {
                *cell = escaped;
            }
            *widest = width(cell).max(*widest);
        }
        self.rows.push(cells);
    }

    /// The table as text, the headings bold where colour is allowed.
    pub(super) fn render(&self, color: bool) -> String {
        let line = self.widths.iter().sum::<usize>() + 2 * self.widths.len();
        let mut text = String::with_capacity(line * (self.rows.len() + 1));
        heading(&mut text, &self.headings, &self.widths, color);
        for row in &self.rows {
            push_row(&mut text, row.iter().map(String::as_str), &self.widths);
            text.push('\n');
        }
        text
    }
}

/// The first line, bold where colour is allowed.
pub(super) fn heading(text: &mut String, headings: &[&'static str], widths: &[usize], color: bool) {
    let (before, after) = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    text.push_str(before);
    push_row(text, headings.iter().copied(), widths);
    text.push_str(after);
    text.push('\n');
}

/// Cells that a text takes; most are ASCII, of which none is asked for.
pub(super) fn cells_wide(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { width(text) }
}

/// One line, without blanks at its end.
pub(super) fn push_row<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    let mut blanks = 0;
    for (cell, widest) in cells.zip(widths) {
        if !cell.is_empty() {
            text.extend(std::iter::repeat_n(' ', blanks));
            text.push_str(cell);
            blanks = 0;
        }
        blanks += widest.saturating_sub(cells_wide(cell)) + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_cells() {
        let mut table = Table::new(&["NAME", "OWNER"]);
        table.row(vec!["日本".into(), "a".into()]);
        table.row(vec!["abcdef".into(), String::new()]);
        assert_eq!(table.render(false), "NAME    OWNER\n日本    a\nabcdef\n");
    }

    #[test]
    fn colour_marks_the_headings_only() {
        let mut table = Table::new(&["A"]);
        table.row(vec!["b".into()]);
        assert_eq!(table.render(true), "\x1b[1mA\x1b[0m\nb\n");
    }

    #[test]
    fn nothing_commands_the_terminal() {
        let mut table = Table::new(&["A"]);
        table.row(vec!["a\x1b[31m\u{202e}b".into()]);
        assert_eq!(table.render(false), "A\na\\u{1b}[31m\\u{202e}b\n");
    }
}
