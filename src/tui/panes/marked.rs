//! An address in a row of the list: both its ends, and what the filter matched.

use ratatui::text::Span;

use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// `address` in exactly `room` cells; `marks` are the numbers of its matched characters, sorted.
pub(super) fn spans<'a>(address: &str, marks: &[usize], room: usize, theme: &Theme) -> Vec<Span<'a>> {
    // Names are ASCII, so that a character is a cell; anything else would be escaped.
    let full: Vec<char> = text::printable(address).chars().collect();
    let (head, tail) = kept(full.len(), room);
    let cut = (tail > head).then_some(None);
    let shown = (0..head).map(Some).chain(cut).chain((tail..full.len()).map(Some));
    let mut runs: Vec<(bool, String)> = Vec::new();
    for at in shown {
        let marked = at.is_some_and(|at| marks.binary_search(&at).is_ok());
        let character = at.and_then(|at| full.get(at).copied()).unwrap_or('…');
        match runs.last_mut() {
            Some((last, run)) if *last == marked => run.push(character),
            _ => runs.push((marked, character.to_string())),
        }
    }
    runs.push((false, " ".repeat(room.saturating_sub(full.len()))));
    let role = |marked: bool| if marked { Role::Matched } else { Role::Text };
    runs.into_iter().map(|(marked, run)| Span::styled(run, theme.style(role(marked)))).collect()
}

/// What of `length` characters is shown in `room` cells: so many at the start, and those from the second
/// number on. Both ends stay, so that production and staging never look alike.
fn kept(length: usize, room: usize) -> (usize, usize) {
    if length <= room {
        return (length, length);
    }
    let head = room / 4;
    (head, length - room.saturating_sub(head + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str, marks: &[usize], room: usize) -> Vec<String> {
        spans(address, marks, room, &Theme::default()).into_iter().map(|span| span.content.into_owned()).collect()
    }

    #[test]
    fn both_ends_of_a_long_address_stay() {
        assert_eq!(shown("production/payments/KEY", &[], 12).concat(), "pro…ents/KEY");
        assert_eq!(shown("staging/payments/KEY", &[], 12).concat(), "sta…ents/KEY");
        assert_eq!(shown("KEY", &[], 5).concat(), "KEY  ");
    }

    #[test]
    fn matches_are_marked_where_they_are_shown() {
        assert_eq!(shown("a/KEY", &[2, 3], 5), ["a/", "KE", "Y", ""]);
        // The fifth character is cut away, the last one is not.
        assert_eq!(shown("production/KEY", &[4, 13], 8), ["pr…n/KE", "Y", ""]);
    }
}
