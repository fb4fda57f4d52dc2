//! [`SleepWatch`]: notices that the machine slept.
//!
//! Deadlines run on a clock that stands still while a machine is suspended, so a
//! laptop that was shut for a night would wake up unlocked. The clock on the wall
//! goes on: when it has run ahead, the loop locks.

use std::time::Duration;

use super::clock::Now;

/// A gap shorter than this is a clock being set right, or a busy machine.
const SHORTEST_SLEEP: Duration = Duration::from_secs(30);

/// The last time both clocks were compared.
pub(super) struct SleepWatch(Now);

impl SleepWatch {
    pub(super) fn new(now: Now) -> Self {
        Self(now)
    }

    /// True when the wall clock ran ahead of the other since the last call.
    pub(super) fn slept(&mut self, now: Now) -> bool {
        let before = std::mem::replace(&mut self.0, now);
        let ran = now.instant.saturating_duration_since(before.instant);
        let passed = Duration::try_from(now.time.duration_since(before.time)).unwrap_or_default();
        passed.saturating_sub(ran) >= SHORTEST_SLEEP
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn only_a_wall_clock_that_ran_ahead_is_sleep() {
        let start = Now { instant: Instant::now(), time: Timestamp::UNIX_EPOCH };
        let after = |instant: u64, wall: i64| Now {
            instant: start.instant + Duration::from_secs(instant),
            time: start.time + SignedDuration::from_secs(wall),
        };
        assert!(!SleepWatch::new(start).slept(after(3600, 3600)));
        assert!(!SleepWatch::new(start).slept(after(10, 30)));
        assert!(!SleepWatch::new(start).slept(after(10, -3600)));
        let mut watch = SleepWatch::new(start);
        assert!(watch.slept(after(1, 3600)));
        assert!(!watch.slept(after(2, 3601)));
    }
}
