//! Durations and dates as operators write them: `90s`, `30d`, `2027-01-31`, `never`.
//!
//! Called by the command line, the edit dialog and the query line, so that one
//! spelling is right or wrong everywhere alike. A duration is a whole number and
//! a unit; there are no signs, fractions or sums to read two ways.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};

/// The units and their length in seconds; a year is 365 days.
const UNITS: [(char, i64); 6] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800), ('y', 31_536_000)];

/// Reads `90s`, `15m`, `12h`, `30d`, `2w` or `1y`.
///
/// # Errors
/// Usage, for anything else: a missing number or unit, a sign, a fraction, an
/// unknown unit, or more time than can be counted.
pub fn parse_duration(text: &str) -> Result<SignedDuration> {
    let refuse = |why: &str| {
        Err(Error::usage(format!("The duration \"{}\" {why}.", shown(text)))
            .hint("Write a whole number and a unit of s m h d w y, for example 90s, 30d or 1y."))
    };
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = &text[digits.len()..];
    if digits.is_empty() {
        return refuse("has no number");
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse("is not a whole number with a unit");
    }
    let Some((_, seconds)) = UNITS.iter().find(|(name, _)| unit.strip_prefix(*name) == Some("")) else {
        return refuse(if unit.is_empty() { "has no unit" } else { "has an unknown unit" });
    };
    match digits.parse::<i64>().ok().and_then(|number| number.checked_mul(*seconds)) {
        Some(total) => Ok(SignedDuration::from_secs(total)),
        None => refuse("is too long"),
    }
}

/// Reads an expiry: a duration from `now`, an RFC 3339 timestamp, a date (the
/// start of that day in local time), or `never`.
///
/// # Errors
/// Usage, for anything else, and for a moment past the year 9999.
pub fn parse_expiry(text: &str, now: Timestamp) -> Result<Option<Timestamp>> {
    parse_expiry_in(text, now, &TimeZone::system())
}

/// Reads a moment that is over: a duration before `now`, an RFC 3339 timestamp, or a date
/// (the start of that day in local time).
///
/// # Errors
/// Usage, for anything else, and for a moment before the year -9999.
pub fn parse_past(text: &str, now: Timestamp) -> Result<Timestamp> {
    let text = text.trim();
    if looks_like_a_date(text) {
        return parse_moment(text, &TimeZone::system());
    }
    let duration = parse_duration(text)
        .map_err(|error| error.hint("Write how long ago, such as 30d, or a date such as 2027-01-31."))?;
    now.checked_sub(duration).map_err(|_| {
        Error::usage(format!("The duration \"{}\" leads too far back.", shown(text))).hint("Write a shorter one.")
    })
}

/// [`parse_expiry`] with the time zone that dates are meant in.
fn parse_expiry_in(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Option<Timestamp>> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    if looks_like_a_date(text) {
        return parse_moment(text, zone).map(Some);
    }
    let duration = parse_duration(text)
        .map_err(|error| error.hint("Write a duration such as 30d, a date such as 2027-01-31, or never."))?;
    match now.checked_add(duration) {
        Ok(moment) => Ok(Some(moment)),
        Err(_) => Err(Error::usage(format!("The duration \"{}\" leads past the year 9999.", shown(text)))
            .hint("Write a shorter one, or never.")),
    }
}

/// True for text that starts like `2027-`.
fn looks_like_a_date(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A timestamp, or the start of a day.
fn parse_moment(text: &str, zone: &TimeZone) -> Result<Timestamp> {
    let day = || {
        let date: Date = text.parse().ok().filter(|_| text.len() == "2027-01-31".len())?;
        Some(date.to_zoned(zone.clone()).ok()?.timestamp())
    };
    text.parse().ok().or_else(day).ok_or_else(|| {
        Error::usage(format!("The date \"{}\" cannot be read.", shown(text)))
            .hint("Write a date such as 2027-01-31, or a time with its zone such as 2027-01-31T12:00:00Z.")
    })
}

/// What was typed, safe and short enough to quote in a message.
fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut start: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn durations_by_table() {
        for (text, seconds) in [
            ("90s", 90),
            ("0s", 0),
            ("15m", 900),
            ("12h", 43_200),
            ("30d", 2_592_000),
            ("2w", 1_209_600),
            ("1y", 31_536_000),
            ("007d", 604_800),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "has no number"),
            ("d", "has no number"),
            ("30", "has no unit"),
            ("30x", "has an unknown unit"),
            ("30dd", "has an unknown unit"),
            ("30 d", "has an unknown unit"),
            ("30D", "has an unknown unit"),
            ("3.5d", "is not a whole number"),
            ("-5d", "is not a whole number"),
            ("+5d", "is not a whole number"),
            ("1d2h", "is not a whole number"),
            (" 5d", "is not a whole number"),
            ("٣d", "has no number"),
            ("99999999999999999999d", "is too long"),
            ("9223372036854775807y", "is too long"),
        ] {
            let error = parse_duration(text).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{text}");
            assert!(error.message().contains(reason), "{text}: {error}");
            assert!(error.next_step().is_some());
        }
    }

    #[test]
    fn messages_quote_no_control_characters_and_stay_short() {
        let error = parse_duration(&format!("\u{1b}[2J\u{202e}{}", "9".repeat(5_000))).unwrap_err();
        assert!(!error.message().contains(['\u{1b}', '\u{202e}']), "{error}");
        assert!(error.message().len() < 200);
    }

    #[test]
    fn expiries_by_table() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        for (text, moment) in [
            ("never", None),
            ("NEVER", None),
            ("30d", Some("2026-03-31T12:00:00Z")),
            (" 1h ", Some("2026-03-01T13:00:00Z")),
            ("2027-01-31", Some("2027-01-30T22:00:00Z")),
            ("2027-01-31T12:00:00Z", Some("2027-01-31T12:00:00Z")),
            ("2027-01-31T12:00:00+02:00", Some("2027-01-31T10:00:00Z")),
        ] {
            let moment = moment.map(|text| text.parse().unwrap());
            assert_eq!(parse_expiry_in(text, now(), &zone).unwrap(), moment, "{text}");
        }
    }

    #[test]
    fn moments_that_are_over_by_table() {
        for (text, moment) in [
            ("30d", "2026-01-30T12:00:00Z"),
            (" 1h ", "2026-03-01T11:00:00Z"),
            ("0s", "2026-03-01T12:00:00Z"),
            ("2025-01-31T12:00:00+02:00", "2025-01-31T10:00:00Z"),
        ] {
            assert_eq!(parse_past(text, now()).unwrap(), moment.parse().unwrap(), "{text}");
        }
        for text in ["", "never", "-5d", "2027-02-30", "99999y", "yesterday"] {
            assert_eq!(parse_past(text, now()).unwrap_err().kind(), Kind::Usage, "{text}");
        }
    }

    #[test]
    fn what_is_no_expiry_is_refused() {
        for text in ["", "soon", "-5d", "2027-02-30", "2027-01-31T12:00:00", "2027-1-1", "31.1.2027", "9000y", "2027-"]
        {
            assert_eq!(parse_expiry(text, now()).unwrap_err().kind(), Kind::Usage, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "\\PC{0,24}") {
            let _ = parse_expiry(&text, now());
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(!duration.is_negative());
            }
        }

        #[test]
        fn whole_numbers_with_a_unit_are_read(number in 0_i64..10_000, unit in 0_usize..UNITS.len()) {
            let (name, seconds) = UNITS[unit];
            prop_assert_eq!(parse_duration(&format!("{number}{name}")).unwrap().as_secs(), number * seconds);
        }
    }
}
