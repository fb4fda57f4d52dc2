//! [`Table`]: columns aligned by cell width, and text made harmless to print.

use unicode_width::UnicodeWidthStr;

/// Rows of text under a heading.
pub(super) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no row.
    pub(super) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; control and bidi characters in it are shown escaped.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| printable(cell)).collect());
    }

    /// The table as text, the headings underlined where colour is allowed.
    pub(super) fn render(&self, color: bool) -> String {
        let widths: Vec<usize> = (0..self.headings.len()).map(|column| self.width(column)).collect();
        let mut text = String::new();
        let headings: Vec<String> = self.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let (before, after) = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        text.push_str(before);
        push_row(&mut text, &headings, &widths);
        text.push_str(after);
        text.push('\n');
        for row in &self.rows {
            push_row(&mut text, row, &widths);
            text.push('\n');
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        cells.chain(self.headings.get(column).map(|heading| heading.width())).max().unwrap_or(0)
    }
}

/// One line, without blanks at its end.
fn push_row(text: &mut String, cells: &[String], widths: &[usize]) {
    let start = text.len();
    for (cell, width) in cells.iter().zip(widths) {
        text.push_str(cell);
        text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
    }
    text.truncate(start + text[start..].trim_end().len());
}

/// `text` with control, bidi and other invisible characters escaped, so that it
/// can neither command the terminal nor look like another text.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmless(character) { shown.push(character) } else { shown.extend(character.escape_unicode()) }
    }
    shown
}

fn is_harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
        assert_eq!(printable("a\x1b[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\u{a}");
        assert_eq!(printable("grüße 日本"), "grüße 日本");
    }
}
