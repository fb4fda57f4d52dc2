//! An address in a row of the list: shortened so that it is still known, and with
//! what the filter matched.
//!
//! Each scope gives way on its own, the name last. Where two rows of the screen
//! would look alike, the parts that differ get the room first.

use std::ops::Range;

use ratatui::style::Modifier;
use ratatui::text::Span;

use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// `address` in exactly `room` cells; `marks` are the numbers of its matched characters, sorted,
/// `alike` other addresses on the screen that look the same when they are shortened alone. The name
/// of a `picked` one is reversed.
pub(in crate::tui) fn spans<'a>(
    address: &str,
    marks: &[usize],
    alike: &[&str],
    picked: bool,
    room: usize,
    theme: &Theme,
) -> Vec<Span<'a>> {
    let full = characters(address);
    let shown = kept(&full, &alike.iter().map(|other| characters(other)).collect::<Vec<_>>(), room);
    let cells = shown.len();
    // What was cut away stands for the name when that is all that follows.
    let name = full.iter().rposition(|c| *c == '/').map_or(0, |slash| slash + 1);
    let first_of_name = shown.iter().position(|at| at.is_some_and(|at| at >= name)).unwrap_or(cells);
    let mut runs: Vec<((bool, bool), String)> = Vec::new();
    for (cell, at) in shown.into_iter().enumerate() {
        let marked = at.is_some_and(|at| marks.binary_search(&at).is_ok());
        let character = at.and_then(|at| full.get(at).copied()).unwrap_or('…');
        let look = (marked, picked && cell >= first_of_name);
        match runs.last_mut() {
            Some((last, run)) if *last == look => run.push(character),
            _ => runs.push((look, character.to_string())),
        }
    }
    runs.push(((false, false), " ".repeat(room.saturating_sub(cells))));
    let style = |(marked, picked)| match (marked, picked) {
        (false, false) => theme.style(Role::Text),
        (true, false) => theme.style(Role::Matched),
        (false, true) => theme.style(Role::Selected),
        (true, true) => theme.style(Role::Selected).add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
    };
    runs.into_iter().map(|(look, run)| Span::styled(run, style(look))).collect()
}

/// How an address looks in `room` cells when no other is like it; `None` when it is shown whole.
pub(super) fn shortened(address: &str, room: usize) -> Option<String> {
    let full = characters(address);
    let shown = |at: Option<usize>| at.and_then(|at| full.get(at).copied()).unwrap_or('…');
    (full.len() > room).then(|| kept(&full, &[], room).into_iter().map(shown).collect())
}

/// Names are ASCII, so that a character is a cell; anything else would be escaped.
fn characters(address: &str) -> Vec<char> {
    text::printable(address).chars().collect()
}

/// A part of an address between slashes.
struct Part {
    at: Range<usize>,
    /// How many of its cells it gets.
    cells: usize,
    /// Those of a lower rank get room first: what differs, the name, the scopes.
    rank: u8,
    /// So many characters at its start are the same in every address like it.
    shared: usize,
}

/// The numbers of the characters shown, `None` for what was cut away there.
fn kept(full: &[char], alike: &[Vec<char>], room: usize) -> Vec<Option<usize>> {
    if full.len() <= room {
        return (0..full.len()).map(Some).collect();
    }
    let mut parts = parts(full, alike);
    let slashes = parts.len() - 1;
    let least = |part: &Part| part.at.len().min(2);
    let Some(mut left) = room.checked_sub(slashes + parts.iter().map(least).sum::<usize>()) else {
        return with_one_hole(full.len(), room);
    };
    parts.iter_mut().for_each(|part| part.cells = least(part));
    for rank in 0..3 {
        share(&mut parts, rank, &mut left);
    }
    let last = parts.len() - 1;
    let mut shown = Vec::with_capacity(room);
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            shown.push(part.at.start.checked_sub(1));
        }
        shown.extend(part.shown(number == last));
    }
    shown
}

/// The parts of an address: those that differ from the addresses like it come first, then the name.
fn parts(full: &[char], alike: &[Vec<char>]) -> Vec<Part> {
    let others: Vec<Vec<&[char]>> = alike.iter().map(|other| other.split(|c| *c == '/').collect()).collect();
    let mut start = 0;
    let mut parts = Vec::new();
    for (number, text) in full.split(|c| *c == '/').enumerate() {
        let beside = others.iter().filter_map(|other| other.get(number)).filter(|other| **other != text);
        let common = |other: &&[char]| text.iter().zip(other.iter()).take_while(|(a, b)| a == b).count();
        let shared = beside.map(common).min();
        parts.push(Part {
            at: start..start + text.len(),
            cells: 0,
            rank: if shared.is_some() { 0 } else { 2 },
            shared: shared.unwrap_or(0),
        });
        start += text.len() + 1;
    }
    if let Some(name) = parts.last_mut() {
        name.rank = name.rank.min(1);
    }
    parts
}

/// Gives what is left to the parts of one rank, the narrowest first.
fn share(parts: &mut [Part], rank: u8, left: &mut usize) {
    while *left > 0 {
        let open = parts.iter_mut().filter(|part| part.rank == rank && part.cells < part.at.len());
        let Some(part) = open.min_by_key(|part| part.cells) else { return };
        part.cells += 1;
        *left -= 1;
    }
}

impl Part {
    /// Its characters in its cells: a scope keeps its start, a name both ends, what differs itself.
    fn shown(&self, is_name: bool) -> Vec<Option<usize>> {
        let length = self.at.len();
        let Some(room) = self.cells.checked_sub(1).filter(|_| self.cells < length) else {
            return self.at.clone().map(Some).collect();
        };
        let from = |start: usize, count: usize| (self.at.start + start..self.at.start + start + count).map(Some);
        match self.shared {
            0 if is_name => {
                let head = self.cells / 4;
                from(0, head).chain([None]).chain(from(length - (room - head), room - head)).collect()
            }
            0 => from(0, room).chain([None]).collect(),
            shared => [None].into_iter().chain(from(shared.min(length - room), room)).collect(),
        }
    }
}

/// Both ends of what has no room for its parts.
fn with_one_hole(length: usize, room: usize) -> Vec<Option<usize>> {
    let head = room / 4;
    let tail = length - room.saturating_sub(head + 1);
    (0..head).map(Some).chain((room > 0).then_some(None)).chain((tail..length).map(Some)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(address: &str, marks: &[usize], alike: &[&str], room: usize) -> Vec<String> {
        let spans = spans(address, marks, alike, false, room, &Theme::default());
        spans.into_iter().map(|span| span.content.into_owned()).collect()
    }

    #[test]
    fn scopes_give_way_before_the_name() {
        let cases = [
            ("production/payments/STRIPE_KEY", 28, "product…/payments/STRIPE_KEY"),
            ("production/payments/STRIPE_KEY", 20, "pro…/pay…/STRIPE_KEY"),
            ("production/payments/STRIPE_KEY", 14, "p…/p…/ST…E_KEY"),
            ("staging/payments/STRIPE_KEY", 20, "sta…/pay…/STRIPE_KEY"),
            ("production/payments/STRIPE_KEY", 5, "p…KEY"),
            ("KEY", 5, "KEY  "),
            ("KEY", 0, ""),
        ];
        for (address, room, expected) in cases {
            assert_eq!(shown(address, &[], &[], room).concat(), expected, "{room} cells");
        }
    }

    #[test]
    fn what_differs_is_what_is_shown() {
        let east = "production/us-east-1/payments/STRIPE_WEBHOOK_SECRET";
        let west = "production/us-west-2/payments/STRIPE_WEBHOOK_SECRET";
        assert_eq!(shortened(east, 27), shortened(west, 27), "alone they look alike");
        assert_eq!(shown(east, &[], &[west], 27).concat(), "p…/us-east-1/p…/ST…K_SECRET");
        assert_eq!(shown(west, &[], &[east], 27).concat(), "p…/us-west-2/p…/ST…K_SECRET");
    }

    #[test]
    fn matches_are_marked_where_they_are_shown() {
        assert_eq!(shown("a/KEY", &[2, 3], &[], 5), ["a/", "KE", "Y", ""]);
        // The fifth character is cut away, the last one is not.
        assert_eq!(shown("production/KEY", &[4, 13], &[], 8), ["pro…/KE", "Y", ""]);
    }

    #[test]
    fn a_picked_row_has_its_name_reversed_and_its_matches_told_apart() {
        let theme = Theme::default();
        let reversed: Vec<(String, bool)> = spans("production/KEY", &[12], &[], true, 10, &theme)
            .into_iter()
            .map(|span| (span.content.into_owned(), span.style.add_modifier.contains(Modifier::REVERSED)))
            .collect();
        let expected = [("produ…/", false), ("K", true), ("E", true), ("Y", true), ("", false)];
        assert_eq!(reversed, expected.map(|(text, picked)| (text.to_owned(), picked)));
    }

    proptest! {
        #[test]
        fn it_fills_its_room_and_two_that_differ_in_one_scope_never_look_alike(
            before in "([a-c]{1,12}/){0,3}", after in "(/[a-c]{1,12}){0,2}/[A-C]{3,30}",
            (one, other) in ("[a-c-]{1,14}", "[a-c-]{1,14}"), room in 24_usize..60,
        ) {
            let (one, other) = (format!("{before}{one}{after}"), format!("{before}{other}{after}"));
            let (first, second) = (shown(&one, &[], &[&other], room).concat(), shown(&other, &[], &[&one], room).concat());
            prop_assert_eq!(first.chars().count(), room);
            prop_assert!(one == other || first != second, "{} and {} are both {}", one, other, first);
        }

        #[test]
        fn any_room_is_filled_and_not_more(address in "([a-z]{0,9}/){0,6}[A-Z]{0,20}", room in 0_usize..40) {
            prop_assert_eq!(shown(&address, &[], &[], room).concat().chars().count(), room);
        }
    }
}
