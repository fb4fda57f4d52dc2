//! Keys on a page: as a line to be pasted, or in numbered groups to be written
//! down. The text goes from the key into the cells.

use ratatui::Frame;

use crate::secret_text::SecretText;
use crate::tui::text;
use crate::tui::theme::Role;

use super::MARK;
use super::piece::Canvas;

/// Characters of a key that stand together.
const GROUP: usize = 4;
/// Groups of a key in a row when it is to be written down.
const GROUPS_IN_ROW: usize = 5;

/// The rows of a line like `NAME=SR1-ABCD-…`: one where it fits, else broken behind a dash.
pub(super) fn line_rows<'k>(prefix: &'k str, key: &'k SecretText, width: u16) -> Vec<(u16, &'k str)> {
    let text = key.expose_str().unwrap_or_default();
    let room = usize::from(width.saturating_sub(indent(key, width))).max(GROUP + 1);
    if prefix.len() + text.len() <= room {
        return vec![(0, prefix), (0, text)];
    }
    if text.len() <= room {
        return vec![(0, prefix), (1, text)];
    }
    // As even as can be: 8 and 7 rather than 13 and 2.
    let most = (room / (GROUP + 1)).max(1);
    let all = text.split('-').count();
    let groups = all.div_ceil(all.div_ceil(most).max(1)).max(1);
    std::iter::once(prefix).chain(group_rows(text, groups)).zip(0..).map(|(part, row)| (row, part)).collect()
}

/// A key that would be whole without its margin has none: at 80 columns it is in one piece.
fn indent(key: &SecretText, width: u16) -> u16 {
    let is_whole = (usize::from(width.saturating_sub(MARK)) + 1..=usize::from(width)).contains(&key.len());
    if is_whole { 0 } else { MARK }
}

/// A key in rows of `groups` groups each, with the dashes between them.
fn group_rows(text: &str, groups: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.match_indices('-').nth(groups.saturating_sub(1)).map_or(rest.len(), |(at, _)| at + 1);
        let (row, behind) = rest.split_at(end);
        rest = behind;
        (!row.is_empty()).then_some(row)
    })
}

/// The rows of a key to be written down.
pub(super) fn numbered_rows(key: &SecretText) -> impl Iterator<Item = &str> {
    group_rows(key.expose_str().unwrap_or_default(), GROUPS_IN_ROW)
}

/// The rows of a passphrase of words: as many in each as fit into `room` cells. A word that
/// is longer than that is broken too; it consists of letters.
pub(super) fn word_rows(words: &SecretText, room: usize) -> impl Iterator<Item = &str> {
    let mut rest = words.expose_str().unwrap_or_default();
    std::iter::from_fn(move || {
        let end = if text::width(rest) <= room {
            rest.len()
        } else {
            let fitting = |at: &usize| text::width(&rest[..*at]) <= room;
            let dash = rest.match_indices('-').map(|(at, _)| at + 1).take_while(fitting).last();
            let cut = || rest.char_indices().map(|(at, _)| at).take_while(fitting).last();
            dash.or_else(cut).filter(|at| *at > 0).unwrap_or(rest.len())
        };
        let (row, behind) = rest.split_at(end);
        rest = behind;
        (!row.is_empty()).then_some(row)
    })
}

/// Draws words to be written down, all of them.
pub(super) fn draw_words(canvas: &Canvas<'_>, words: &SecretText, frame: &mut Frame<'_>) {
    let style = canvas.theme.style(Role::Secret);
    let room = usize::from(canvas.inner.width.saturating_sub(canvas.column));
    for (row, part) in (0..).zip(word_rows(words, room)) {
        if let Some(area) = canvas.row(row, canvas.column) {
            frame.buffer_mut().set_stringn(area.x, area.y, part, usize::from(area.width), style);
        }
    }
}

/// Draws a line with a key, so that it can be selected.
pub(super) fn draw_line(canvas: &Canvas<'_>, prefix: &str, key: &SecretText, frame: &mut Frame<'_>) {
    let style = canvas.theme.style(Role::Secret);
    let margin = indent(key, canvas.inner.width);
    let mut column = margin;
    let mut last = 0;
    for (row, part) in line_rows(prefix, key, canvas.inner.width) {
        column = if row == last { column } else { margin };
        if let Some(area) = canvas.row(row, column) {
            frame.buffer_mut().set_stringn(area.x, area.y, part, usize::from(area.width), style);
        }
        column = column.saturating_add(u16::try_from(part.len()).unwrap_or(0));
        last = row;
    }
}

/// Draws a key in numbered groups, so that it can be written down; its prefix counts, since the eye counts it.
pub(super) fn draw_groups(canvas: &Canvas<'_>, key: &SecretText, frame: &mut Frame<'_>) {
    let style = canvas.theme.style(Role::Secret);
    for ((row, part), number) in (0..).zip(numbered_rows(key)).zip((0..).step_by(GROUPS_IN_ROW)) {
        let last = number + part.split_terminator('-').count();
        canvas.write(row, MARK, &format!("{:>2}-{last}", number + 1), Role::Muted, frame);
        if let Some(area) = canvas.row(row, MARK + 7) {
            frame.buffer_mut().set_stringn(area.x, area.y, part, usize::from(area.width), style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_behind_a_dash_and_none_is_lost() {
        let words = SecretText::copied_from(b"velvet-orbit-canyon-mustard-lantern-pilot");
        let rows = |room| word_rows(&words, room).collect::<Vec<_>>();
        assert_eq!(rows(41), ["velvet-orbit-canyon-mustard-lantern-pilot"]);
        assert_eq!(rows(40), ["velvet-orbit-canyon-mustard-lantern-", "pilot"]);
        assert_eq!(rows(20), ["velvet-orbit-canyon-", "mustard-lantern-", "pilot"]);
        assert_eq!(rows(4)[..4], ["velv", "et-", "orbi", "t-"]);
        for room in 0..50 {
            assert_eq!(rows(room).concat(), words.expose_str().unwrap(), "{room}");
        }
    }
}
