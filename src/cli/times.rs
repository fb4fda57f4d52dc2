//! Times for people: how long ago, how long until, and the local clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Units and their seconds, the largest first. Days go on far: what is due in 45
/// days is not due "in 1 month".
const UNITS: [(&str, i64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];
/// From so many days on, years are told.
const YEARS_FROM: u64 = 730;

/// `3 days ago`, `in 2 hours`, `now`.
pub(super) fn relative(time: Timestamp, now: Timestamp) -> String {
    let mut text = String::new();
    push_relative(&mut text, time.as_second(), now);
    text
}

/// [`relative`] of a Unix second, appended to `text`.
pub(super) fn push_relative(text: &mut String, second: i64, now: Timestamp) {
    let seconds = second.saturating_sub(now.as_second());
    let size = seconds.unsigned_abs();
    let Some((unit, number)) =
        UNITS.iter().map(|(unit, length)| (*unit, size / length.unsigned_abs())).find(|(_, number)| *number > 0)
    else {
        return text.push_str("now");
    };
    let (unit, number) = if unit == "day" && number >= YEARS_FROM { ("year", number / 365) } else { (unit, number) };
    if seconds > 0 {
        text.push_str("in ");
    }
    push_number(text, number);
    text.push(' ');
    text.push_str(unit);
    if number != 1 {
        text.push('s');
    }
    if seconds < 0 {
        text.push_str(" ago");
    }
}

/// A number in digits, for tables of a hundred thousand lines.
pub(super) fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.extend(char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10));
}

/// [`relative`], or `-` for no time.
pub(super) fn relative_or_dash(time: Option<Timestamp>, now: Timestamp) -> String {
    time.map_or_else(|| "-".to_owned(), |time| relative(time, now))
}

/// `2026-01-31 14:05`, by the local clock.
pub(super) fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `14:05:09`, by the local clock.
pub(super) fn clock(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// `2026-01-31 14:05 (3 days ago)`
pub(super) fn both(time: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", local(time), relative(time, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_whole_unit_is_told() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |offset: i64| relative(Timestamp::from_second(1_800_000_000 + offset).unwrap(), now);
        assert_eq!(at(0), "now");
        assert_eq!(at(-1), "1 second ago");
        assert_eq!(at(-59), "59 seconds ago");
        assert_eq!(at(-3 * 86_400 - 5), "3 days ago");
        assert_eq!(at(7_200), "in 2 hours");
        assert_eq!(at(45 * 86_400), "in 45 days");
        assert_eq!(at(-800 * 86_400), "2 years ago");
    }
}
