//! Text for a grid of cells: how wide it is, how it is shortened, and how
//! characters that could deceive the eye are shown.
//!
//! Every pane, dialog and widget calls this; nothing here knows a style. A name
//! with control, bidi or invisible characters is always shown escaped, so that
//! two different names never look alike.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::theme::Borders;

mod ages;

pub use crate::printable::{escaped, is_deceptive, printable};

pub use ages::{age, countdown, due, short_age, short_due};

/// The mark of shortened text.
const ELLIPSIS: &str = "…";

/// The number of cells that `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    // Nearly all text is printable ASCII, where a byte is a cell.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { text.len() } else { text.width() }
}

/// `text` in at most `cells` cells; what is cut off at the end becomes `…`.
#[must_use]
pub fn shorten(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..prefix(text, room)]))
}

/// `text` in at most `cells` cells, keeping the end: for paths, whose last part tells most.
#[must_use]
pub fn shorten_start(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let mut start = text.len();
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += width(cluster);
        if used > room {
            break;
        }
        start = at;
    }
    Cow::Owned(format!("{ELLIPSIS}{}", &text[start..]))
}

/// `text` shortened or filled with blanks to exactly `cells` cells.
#[must_use]
pub fn pad(text: &str, cells: usize) -> String {
    let mut padded = shorten(text, cells).into_owned();
    let missing = cells.saturating_sub(width(&padded));
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// How many bytes of `text` fit into `cells` cells, cut between clusters.
#[must_use]
pub fn prefix(text: &str, cells: usize) -> usize {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += width(cluster);
        if used > cells {
            return at;
        }
    }
    text.len()
}

/// `text` in lines of at most `cells` cells, broken at blanks where there are any.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut rest = paragraph;
        while width(rest) > cells && cells > 0 && rest.chars().nth(1).is_some() {
            let most = prefix(rest, cells);
            // A blank right behind the line breaks it too.
            let blank = rest[..most].rfind(' ').filter(|at| *at > 0);
            let at = if rest[most..].starts_with(' ') { most } else { blank.unwrap_or(most) };
            let at = if at == 0 { rest.chars().next().map_or(rest.len(), char::len_utf8) } else { at };
            lines.push(&rest[..at]);
            rest = rest[at..].trim_start_matches(' ');
        }
        lines.push(rest);
    }
    lines
}

/// What stands for a value that is not revealed: always the same, so that it tells no length.
#[must_use]
pub fn mask(borders: Borders) -> &'static str {
    match borders {
        Borders::Ascii => "********",
        Borders::Line | Borders::None => "••••••••",
    }
}

/// `count` with its noun: `1 day`, `3 days`.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// `count` with its thousands set apart: `4 210`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortening_counts_cells_not_characters() {
        let cases = [
            ("STRIPE_KEY", 10, "STRIPE_KEY"),
            ("STRIPE_KEY", 5, "STRI…"),
            ("秘密の鍵", 8, "秘密の鍵"),
            ("秘密の鍵", 6, "秘密…"),
            ("秘密", 1, "…"),
            ("abc", 0, ""),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ];
        for (text, cells, wanted) in cases {
            assert_eq!(shorten(text, cells), wanted, "{text} in {cells}");
            assert!(width(&shorten(text, cells)) <= cells);
        }
        assert_eq!(shorten_start("/srv/ops/vault.db", 9), "…vault.db");
        assert_eq!(pad("秘密の鍵", 6), "秘密… ");
        assert_eq!(pad("ab", 4), "ab  ");
    }

    #[test]
    fn wrapping_breaks_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one two three", 6), ["one", "two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\nb", 9), ["a", "b"]);
        assert_eq!(wrap("秘密", 1), ["秘", "密"]);
        assert_eq!(wrap("any", 0), ["any"]);
    }

    #[test]
    fn deceptive_characters_are_escaped() {
        let cases = [
            ("plain ünï 秘", "plain ünï 秘"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("a\u{a0}b\u{85}", "a\\u{a0}b\\u{85}"),
        ];
        for (text, wanted) in cases {
            assert_eq!(printable(text), wanted);
        }
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(4210), "4 210");
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(counted(1, "day"), "1 day");
        assert_eq!(counted(4210, "secret"), "4 210 secrets");
    }
}
