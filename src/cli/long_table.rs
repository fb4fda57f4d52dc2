//! A table with more rows than one wants to hold: its cells are made twice, once to be
//! measured and once to be printed, in the same few kilobytes.

use std::borrow::Cow;

use crate::error::Result;
use crate::tui::text::printable;

use super::output::Output;
use super::table::{cells_wide, heading, push_row};

/// Bytes that are printed together.
const BLOCK: usize = 64 * 1024;

/// The cells of one row, end to end.
#[derive(Default)]
pub(super) struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// Adds a cell that `write` appends; control and bidi characters in it are shown escaped.
    pub(super) fn cell(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        if let Cow::Owned(escaped) = printable(&self.text[start..]) {
            self.text.truncate(start);
            self.text.push_str(&escaped);
        }
        self.ends.push(self.text.len());
    }

    fn cells(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.text[std::mem::replace(&mut start, *end)..*end])
    }

    fn fill<T>(&mut self, of: &T, cells: impl Fn(&T, &mut Self)) {
        self.text.clear();
        self.ends.clear();
        cells(of, self);
    }
}

/// Prints a row for each of `rows`, block by block.
pub(super) fn print<T>(
    output: Output,
    headings: &[&'static str],
    rows: &[T],
    cells: impl Fn(&T, &mut Row) + Copy,
) -> Result<()> {
    let mut widths: Vec<usize> = headings.iter().map(|heading| cells_wide(heading)).collect();
    let mut row = Row::default();
    for of in rows {
        row.fill(of, cells);
        for (widest, cell) in widths.iter_mut().zip(row.cells()) {
            *widest = cells_wide(cell).max(*widest);
        }
    }
    let mut text = String::with_capacity(BLOCK + 1024);
    heading(&mut text, headings, &widths, output.color);
    for of in rows {
        row.fill(of, cells);
        push_row(&mut text, row.cells(), &widths);
        text.push('\n');
        if text.len() >= BLOCK {
            output.print(&text)?;
            text.clear();
        }
    }
    output.print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_harmless_and_stay_apart() {
        let mut row = Row::default();
        row.fill(&("a\x1b[31m", "", "日本"), |of, row| {
            for text in [of.0, of.1, of.2] {
                row.cell(|cell| cell.push_str(text));
            }
        });
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a\\u{1b}[31m", "", "日本"]);
        assert_eq!((cells_wide("日本"), cells_wide("ab")), (4, 2));
    }
}
