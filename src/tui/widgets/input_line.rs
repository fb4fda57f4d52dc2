//! One line of an input on the screen: scrolled to the cursor, with deceptive
//! characters escaped.
//!
//! It writes cluster by cluster into the cells, so that a secret that is shown
//! while typing is never gathered in a `String` on its way.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::text;

/// Draws `line` into the first row of `area`; `cursor` is a byte offset in it.
/// Returns the column of the cursor, for the terminal's own.
pub(crate) fn draw(line: &str, cursor: Option<usize>, style: Style, area: Rect, buffer: &mut Buffer) -> Option<u16> {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return None;
    }
    let room = usize::from(area.width);
    let before = cursor.map_or(0, |at| cells(&line[..at.min(line.len())]));
    let total = cells(line);
    let start = first_cell(before, total, room);
    let mut at = 0;
    for cluster in line.graphemes(true) {
        if at >= start + room {
            break;
        }
        at = draw_cluster(cluster, at, start, style, area, buffer);
    }
    if start > 0 {
        buffer.set_stringn(area.x, area.y, "…", 1, style);
    }
    if total > start + room {
        // A wide character that the mark would cut in half goes whole.
        if let Some(last) = area.right().checked_sub(2).filter(|x| *x >= area.x)
            && text::width(buffer[(last, area.y)].symbol()) > 1
        {
            buffer.set_stringn(last, area.y, " ", 1, style);
        }
        buffer.set_stringn(area.right().saturating_sub(1), area.y, "…", 1, style);
    }
    let column = before.saturating_sub(start).min(room.saturating_sub(1));
    cursor.map(|_| area.x.saturating_add(u16::try_from(column).unwrap_or(0)))
}

/// The cell that stands at the left edge: the cursor in the middle when the line is too long.
fn first_cell(cursor: usize, total: usize, room: usize) -> usize {
    if total < room {
        return 0;
    }
    // The cursor may stand one cell behind the text.
    cursor.saturating_sub(room / 2).min((total + 1).saturating_sub(room))
}

/// Draws one cluster that begins at cell `at` of its line; returns where the next one begins.
fn draw_cluster(cluster: &str, at: usize, start: usize, style: Style, area: Rect, buffer: &mut Buffer) -> usize {
    if !cluster.chars().any(text::is_deceptive) {
        return put(cluster, at, start, style, area, buffer);
    }
    let mut at = at;
    for character in cluster.chars() {
        if text::is_deceptive(character) {
            for shown in text::escaped(character) {
                at = put(shown.encode_utf8(&mut [0; 4]), at, start, style, area, buffer);
            }
        } else {
            at = put(character.encode_utf8(&mut [0; 4]), at, start, style, area, buffer);
        }
    }
    at
}

/// Puts `shown` at cell `at` of the line, if that is within the row.
fn put(shown: &str, at: usize, start: usize, style: Style, area: Rect, buffer: &mut Buffer) -> usize {
    let next = at + text::width(shown);
    if at >= start && next <= start + usize::from(area.width) {
        let column = area.x.saturating_add(u16::try_from(at - start).unwrap_or(u16::MAX));
        buffer.set_stringn(column, area.y, shown, next - at, style);
    }
    next
}

/// The cells that `line` takes with its deceptive characters escaped.
fn cells(line: &str) -> usize {
    line.graphemes(true)
        .map(|cluster| {
            if !cluster.chars().any(text::is_deceptive) {
                return text::width(cluster);
            }
            let plain = |c: char| text::width(c.encode_utf8(&mut [0; 4]));
            let cell = |c: char| if text::is_deceptive(c) { text::escaped(c).count() } else { plain(c) };
            cluster.chars().map(cell).sum()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str, cursor: Option<usize>, width: u16) -> (String, Option<u16>) {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        let column = draw(line, cursor, Style::new(), area, &mut buffer);
        let row = (0..width).filter_map(|x| buffer.cell((x, 0))).map(ratatui::buffer::Cell::symbol).collect();
        (row, column)
    }

    #[test]
    fn a_long_line_scrolls_to_the_cursor() {
        assert_eq!(drawn("abc", Some(3), 6), ("abc   ".into(), Some(3)));
        assert_eq!(drawn("abcdefghij", Some(10), 6), ("…ghij ".into(), Some(5)));
        assert_eq!(drawn("abcdefghij", Some(0), 6), ("abcde…".into(), Some(0)));
        assert_eq!(drawn("abcdefghij", Some(5), 6), ("…defg…".into(), Some(3)));
        assert_eq!(drawn("abc", None, 6).1, None);
    }

    #[test]
    fn deceptive_characters_are_escaped_and_counted() {
        assert_eq!(drawn("a\u{202e}b", Some(5), 12), ("a\\u{202e}b  ".into(), Some(10)));
        assert_eq!(drawn("a\u{200d}b", Some(4), 12), ("a\\u{200d}b  ".into(), Some(9)));
    }

    #[test]
    fn a_wide_character_is_not_cut_in_half() {
        let (row, _) = drawn("秘密の鍵です", None, 8);
        assert!(row.starts_with('秘') && row.ends_with(" …") && !row.contains('鍵'), "{row}");
    }

    #[test]
    fn nothing_is_drawn_where_there_is_no_room() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        assert_eq!(draw("abc", Some(1), Style::new(), Rect::new(9, 9, 3, 1), &mut buffer), None);
        for width in 0..12 {
            drawn("秘密\u{202e}の鍵\n", Some(6), width);
        }
    }
}
