//! [`SleepWatch`]: notices that the machine slept.
//!
//! Deadlines run on a clock that stands still while a machine is suspended, so a
//! laptop that was shut for a night would wake up unlocked. The clock since the start of
//! the machine goes on: when it has run ahead, the loop locks. The clock on the wall
//! would not do: it can be set back.

use std::time::{Duration, Instant};

/// A gap shorter than this is two looks at two clocks on a busy machine.
const SHORTEST_SLEEP: Duration = Duration::from_secs(5);

/// One moment on the clock that stands still meanwhile, and on the one that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Both {
    /// Awake.
    pub(super) awake: Instant,
    /// Since the machine was started, sleep included.
    pub(super) since_start: Duration,
}

/// The last time both clocks were compared.
pub(super) struct SleepWatch(Both);

impl SleepWatch {
    pub(super) fn new(now: Both) -> Self {
        Self(now)
    }

    /// True when the machine slept since the last call.
    pub(super) fn slept(&mut self, now: Both) -> bool {
        let before = std::mem::replace(&mut self.0, now);
        let ran = now.awake.saturating_duration_since(before.awake);
        let passed = now.since_start.saturating_sub(before.since_start);
        passed.saturating_sub(ran) >= SHORTEST_SLEEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_went_on_alone_is_sleep() {
        let start = Both { awake: Instant::now(), since_start: Duration::from_secs(1000) };
        let after = |awake: u64, passed: u64| Both {
            awake: start.awake + Duration::from_secs(awake),
            since_start: start.since_start + Duration::from_secs(passed),
        };
        assert!(!SleepWatch::new(start).slept(after(3600, 3600)));
        assert!(!SleepWatch::new(start).slept(after(10, 14)), "looked at one late");
        assert!(!SleepWatch::new(start).slept(after(14, 10)));
        let mut watch = SleepWatch::new(start);
        assert!(watch.slept(after(1, 30)), "a short one counts, too");
        assert!(!watch.slept(after(2, 31)), "once");
    }

    #[test]
    fn an_hour_shut_away_is_seen_though_the_wall_clock_was_set_back() {
        let start = Both { awake: Instant::now(), since_start: Duration::ZERO };
        // Nothing here asks the wall clock; the idle time ran for a second only.
        let woken = Both { awake: start.awake + Duration::from_secs(1), since_start: Duration::from_secs(3601) };
        assert!(SleepWatch::new(start).slept(woken));
    }
}
