//! Bars, sparks and the week cells of the overview, as text: block characters, or
//! plain ASCII where a theme asks for it. No braille: screen readers spell it out.

/// Eighths of a cell, lowest first.
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same without block characters.
const ASCII_SPARKS: [char; 8] = ['.', ':', '-', '=', '+', '*', '%', '#'];

/// `count` of `most` as a bar of at most `room` cells; something is never nothing.
#[must_use]
pub(super) fn bar(count: usize, most: usize, room: usize, ascii: bool) -> String {
    let cells = (count * room).checked_div(most).unwrap_or(0).max(usize::from(count > 0)).min(room);
    std::iter::repeat_n(if ascii { '#' } else { '█' }, cells).collect()
}

/// One character a day, as high as its count among all of them; a day without any is a
/// dot on the ground line.
#[must_use]
pub(super) fn spark(counts: &[u32], ascii: bool) -> String {
    let most = u64::from(counts.iter().copied().max().unwrap_or(0).max(1));
    let (levels, none) = if ascii { (ASCII_SPARKS, '_') } else { (SPARKS, '·') };
    let level = |count: u32| {
        let step = (u64::from(count) * levels.len() as u64).div_ceil(most).checked_sub(1)?;
        levels.get(usize::try_from(step).ok()?).copied()
    };
    counts.iter().map(|count| level(*count).unwrap_or(none)).collect()
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
    fn a_spark_is_as_high_as_its_day_and_one_of_many_is_still_seen() {
        assert_eq!(spark(&[0, 1, 4, 8], false), "·▁▄█");
        assert_eq!(spark(&[0, 1, 4, 8], true), "_.=#");
        assert_eq!(spark(&[0, 0], false), "··");
        assert_eq!(spark(&[], true), "");
        assert_eq!(spark(&[1, u32::MAX], false), "▁█");
    }

    #[test]
    fn a_cell_says_its_count_or_that_there_are_more() {
        assert_eq!(
            [cell(0, 3, false), cell(0, 3, true), cell(123, 3, true), cell(1234, 3, true)],
            ["·", ".", "123", "+"]
        );
    }
}
