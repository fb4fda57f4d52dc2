//! Times as people say them: `3 days ago`, `3d`, `due in 87 days`, `4:51`.
//!
//! The list uses the short forms, the detail and the history the long ones. A
//! clock that went backwards reads as `just now`, never as a negative age.

use std::time::Duration;

use jiff::Timestamp;

use super::counted;

/// Seconds of the units that ages are told in, widest first.
const UNITS: [(i64, &str, &str); 4] =
    [(31_536_000, "year", "y"), (86_400, "day", "d"), (3_600, "hour", "h"), (60, "minute", "m")];

/// The widest unit that fits into `seconds`, with its whole count.
fn widest(seconds: i64) -> Option<(u64, &'static str, &'static str)> {
    let &(size, long, short) = UNITS.iter().find(|(size, ..)| {
        // Up to two years, days tell more than `1 year`.
        let least = if *size == 31_536_000 { 2 * size } else { *size };
        seconds >= least
    })?;
    Some((u64::try_from(seconds / size).unwrap_or(0), long, short))
}

/// How long ago `then` was: `3 days ago`, `just now`.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    match widest(now.as_second().saturating_sub(then.as_second())) {
        Some((count, unit, _)) => format!("{} ago", counted(count, unit)),
        None => "just now".to_owned(),
    }
}

/// How long ago `then` was, in at most 5 cells: `3d`, `now`.
#[must_use]
pub fn short_age(then: Timestamp, now: Timestamp) -> String {
    match widest(now.as_second().saturating_sub(then.as_second())) {
        Some((count, _, unit)) => format!("{count}{unit}"),
        None => "now".to_owned(),
    }
}

/// When something falls due: `in 87 days`, `3 days ago`, `now`.
#[must_use]
pub fn due(at: Timestamp, now: Timestamp) -> String {
    let seconds = ahead(at, now);
    match widest(seconds.saturating_abs()) {
        Some((count, unit, _)) if seconds > 0 => format!("in {}", counted(count, unit)),
        Some((count, unit, _)) => format!("{} ago", counted(count, unit)),
        None => "now".to_owned(),
    }
}

/// The same in at most 5 cells: `+87d`, `-3d`, `now`.
#[must_use]
pub fn short_due(at: Timestamp, now: Timestamp) -> String {
    let seconds = ahead(at, now);
    match widest(seconds.saturating_abs()) {
        Some((count, _, unit)) => format!("{}{count}{unit}", if seconds > 0 { '+' } else { '-' }),
        None => "now".to_owned(),
    }
}

/// Seconds until `at`; what was set to 30 days a moment ago is in 30 days, not in 29.
fn ahead(at: Timestamp, now: Timestamp) -> i64 {
    let seconds = at.as_second().saturating_sub(now.as_second());
    if seconds > 2 * 86_400 { seconds.saturating_add(43_200) } else { seconds }
}

/// A clock that runs down: `4:51`, `0:27`, `1:00:00`. It reads `0:00` only when the time is up.
#[must_use]
pub fn countdown(left: Duration) -> String {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_take_the_widest_unit() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        let cases = [
            (0, "just now", "now"),
            (-50, "just now", "now"),
            (60, "1 minute ago", "1m"),
            (7_200, "2 hours ago", "2h"),
            (3 * 86_400, "3 days ago", "3d"),
            (400 * 86_400, "400 days ago", "400d"),
            (800 * 86_400, "2 years ago", "2y"),
        ];
        for (seconds, long, short) in cases {
            let then = Timestamp::from_second(1_000_000_000 - seconds).unwrap();
            assert_eq!((age(then, now).as_str(), short_age(then, now).as_str()), (long, short));
        }
    }

    #[test]
    fn due_looks_both_ways() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000_000 + seconds).unwrap();
        assert_eq!(due(at(87 * 86_400), at(0)), "in 87 days");
        assert_eq!(due(at(0), at(86_400)), "1 day ago");
        assert_eq!(due(at(5), at(0)), "now");
        let day = 86_400;
        for (ahead, long, short) in [
            (5 * day - 60, "in 5 days", "+5d"),
            (2 * day - 60, "in 1 day", "+1d"),
            (-3 * day, "3 days ago", "-3d"),
            (-59, "now", "now"),
            (59, "now", "now"),
        ] {
            assert_eq!((due(at(ahead), at(0)).as_str(), short_due(at(ahead), at(0)).as_str()), (long, short));
        }
    }

    #[test]
    fn a_countdown_ends_at_zero_only() {
        let cases = [(291_000, "4:51"), (27_000, "0:27"), (1, "0:01"), (0, "0:00"), (3_600_000, "1:00:00")];
        for (millis, wanted) in cases {
            assert_eq!(countdown(Duration::from_millis(millis)), wanted);
        }
    }
}
