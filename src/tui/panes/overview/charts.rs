//! Bars and the week cells of the overview, as text: block characters, or
//! plain ASCII where a theme asks for it. No braille: screen readers spell it out.

/// `count` of `most` as a bar of at most `room` cells; something is never nothing.
#[must_use]
pub(super) fn bar(count: usize, most: usize, room: usize, ascii: bool) -> String {
    let cells = (count * room).checked_div(most).unwrap_or(0).max(usize::from(count > 0)).min(room);
    std::iter::repeat_n(if ascii { '#' } else { '█' }, cells).collect()
}

/// A count in a cell of the calendar of `room` cells; `+` for more than it takes.
#[must_use]
pub(super) fn cell(count: usize, room: usize, ascii: bool) -> String {
    let shown = match count {
        0 if ascii => ".".to_owned(),
        0 => "·".to_owned(),
        count => count.to_string(),
    };
    if shown.chars().count() <= room.max(1) { shown } else { "+".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_in_proportion_and_one_of_many_is_still_seen() {
        for (count, most, wanted) in [(0, 100, ""), (1, 100, "█"), (50, 100, "█████"), (100, 100, "██████████")]
        {
            assert_eq!(bar(count, most, 10, false), wanted);
        }
        assert_eq!(bar(3, 3, 4, true), "####");
        assert_eq!((bar(0, 0, 4, true), bar(5, 5, 0, true)), (String::new(), String::new()));
    }

    #[test]
    fn a_cell_says_its_count_or_that_there_are_more() {
        assert_eq!(
            [cell(0, 3, false), cell(0, 3, true), cell(123, 3, true), cell(1234, 3, true)],
            ["·", ".", "123", "+"]
        );
    }
}
