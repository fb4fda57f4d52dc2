//! Line editing as pure arithmetic on `&str`: which bytes go, and where the
//! cursor lands.
//!
//! [`TextInput`](super::text_input::TextInput) applies it to a `String`,
//! [`SecretInput`](super::secret_input::SecretInput) to a wiped buffer; that is
//! why nothing here owns text. A cursor is a byte offset between clusters.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::tui::press::Edit;

/// What one editing key does: `range` is replaced with `insert`, then the cursor stands at `cursor`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The bytes that go.
    pub(crate) range: Range<usize>,
    /// What comes instead.
    pub(crate) insert: &'static str,
    /// Where the cursor is afterwards.
    pub(crate) cursor: usize,
}

impl Change {
    /// Only the cursor moves.
    fn to(cursor: usize) -> Self {
        Self { range: cursor..cursor, insert: "", cursor }
    }

    /// The bytes in `range` go.
    fn without(range: Range<usize>) -> Self {
        Self { cursor: range.start, range, insert: "" }
    }
}

/// What `edit` does to `text` with the cursor at `cursor`.
pub(crate) fn change(text: &str, cursor: usize, edit: Edit, multi_line: bool) -> Change {
    let cursor = on_boundary(text, cursor);
    match edit {
        Edit::Left => Change::to(before(text, cursor)),
        Edit::Right => Change::to(after(text, cursor)),
        Edit::Up => Change::to(line_up(text, cursor)),
        Edit::Down => Change::to(line_down(text, cursor)),
        Edit::WordLeft => Change::to(word_left(text, cursor)),
        Edit::WordRight => Change::to(word_right(text, cursor)),
        Edit::Start => Change::to(line_start(text, cursor)),
        Edit::End => Change::to(line_end(text, cursor)),
        Edit::Backspace => Change::without(before(text, cursor)..cursor),
        Edit::Delete => Change::without(cursor..after(text, cursor)),
        Edit::DeleteWord => Change::without(word_left(text, cursor)..cursor),
        Edit::DeleteToStart => Change::without(line_start(text, cursor)..cursor),
        Edit::DeleteToEnd => Change::without(cursor..line_end(text, cursor)),
        Edit::NewLine if multi_line => Change { range: cursor..cursor, insert: "\n", cursor: cursor + 1 },
        Edit::NewLine => Change::to(cursor),
    }
}

/// `cursor`, moved back to a place where `text` may be cut.
pub(crate) fn on_boundary(text: &str, cursor: usize) -> usize {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    cursor
}

/// The start of the cluster before `cursor`.
fn before(text: &str, cursor: usize) -> usize {
    GraphemeCursor::new(cursor, text.len(), true).prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

/// The end of the cluster after `cursor`.
fn after(text: &str, cursor: usize) -> usize {
    GraphemeCursor::new(cursor, text.len(), true).next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

/// The start of the word before `cursor`, over what separates them.
fn word_left(text: &str, cursor: usize) -> usize {
    let head = text[..cursor].trim_end_matches(|c| !is_word(c));
    head.trim_end_matches(is_word).len()
}

/// The end of the word after `cursor`, over what separates them.
fn word_right(text: &str, cursor: usize) -> usize {
    let tail = text[cursor..].trim_start_matches(|c| !is_word(c));
    text.len() - tail.trim_start_matches(is_word).len()
}

/// Letters with their marks, digits and `_` make words; so `/` `-` and blanks separate them.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '\u{300}'..='\u{36f}')
}

/// The start of the line that `cursor` is in.
pub(crate) fn line_start(text: &str, cursor: usize) -> usize {
    text[..cursor].rfind('\n').map_or(0, |at| at + 1)
}

/// The end of the line that `cursor` is in.
pub(crate) fn line_end(text: &str, cursor: usize) -> usize {
    text[cursor..].find('\n').map_or(text.len(), |at| cursor + at)
}

/// The same column one line up; the start of the text from the first line.
fn line_up(text: &str, cursor: usize) -> usize {
    let start = line_start(text, cursor);
    match start.checked_sub(1) {
        Some(end) => at_column(text, line_start(text, end)..end, column(text, start, cursor)),
        None => 0,
    }
}

/// The same column one line down; the end of the text from the last line.
fn line_down(text: &str, cursor: usize) -> usize {
    let end = line_end(text, cursor);
    if end == text.len() {
        return end;
    }
    let column = column(text, line_start(text, cursor), cursor);
    at_column(text, end + 1..line_end(text, end + 1), column)
}

/// How many clusters lie between the start of a line and `cursor`.
fn column(text: &str, start: usize, cursor: usize) -> usize {
    text[start..cursor].graphemes(true).count()
}

/// The offset after `column` clusters of `line`, or its end.
fn at_column(text: &str, line: Range<usize>, column: usize) -> usize {
    let offset = text[line.clone()].grapheme_indices(true).nth(column).map(|(at, _)| at);
    offset.map_or(line.end, |at| line.start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movements() {
        let text = "prod/pay KEY e\u{301}!";
        let cases = [
            (Edit::Left, text.len(), text.len() - 1),
            (Edit::Left, text.len() - 1, 13),
            (Edit::Right, 13, 16),
            (Edit::Left, 0, 0),
            (Edit::Right, text.len(), text.len()),
            (Edit::WordLeft, text.len(), 13),
            (Edit::WordRight, 12, 16),
            (Edit::WordLeft, 8, 5),
            (Edit::WordRight, 0, 4),
            (Edit::WordRight, 8, 12),
            (Edit::Start, 7, 0),
            (Edit::End, 7, text.len()),
        ];
        for (edit, from, wanted) in cases {
            assert_eq!(change(text, from, edit, false), Change::to(wanted), "{edit:?} from {from}");
        }
    }

    #[test]
    fn word_left_keeps_what_is_no_letter_apart() {
        assert_eq!(change("ab-cd", 5, Edit::DeleteWord, false), Change::without(3..5));
        assert_eq!(change("ab- ", 4, Edit::DeleteWord, false), Change::without(0..4));
    }

    #[test]
    fn lines() {
        let text = "秘密の鍵\nab\n\nlonger";
        let second = text.find("ab").unwrap();
        let cases = [
            (Edit::Down, 9, second + 2),
            (Edit::Up, second + 1, 3),
            (Edit::Up, 3, 0),
            (Edit::Down, second + 2, second + 3),
            (Edit::Down, text.len() - 2, text.len()),
            (Edit::Start, text.len(), text.len() - 6),
            (Edit::End, second, second + 2),
        ];
        for (edit, from, wanted) in cases {
            assert_eq!(change(text, from, edit, true), Change::to(wanted), "{edit:?} from {from}");
        }
        assert_eq!(change("ab", 1, Edit::NewLine, true), Change { range: 1..1, insert: "\n", cursor: 2 });
        assert_eq!(change("ab", 1, Edit::NewLine, false), Change::to(1));
    }

    #[test]
    fn deletions() {
        let text = "one two\nthree";
        let cases = [
            (Edit::Backspace, 3, 2..3),
            (Edit::Delete, 3, 3..4),
            (Edit::DeleteWord, 7, 4..7),
            (Edit::DeleteToStart, 10, 8..10),
            (Edit::DeleteToEnd, 2, 2..7),
        ];
        for (edit, from, wanted) in cases {
            assert_eq!(change(text, from, edit, true), Change::without(wanted), "{edit:?}");
        }
        assert_eq!(change("👩‍💻x", "👩‍💻".len(), Edit::Backspace, false), Change::without(0.."👩‍💻".len()));
    }
}
