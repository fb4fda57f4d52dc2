//! Time that goes on while the machine sleeps: a lid that was shut must not make a lease longer.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
/// Elsewhere this clock counts sleep already.
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// Time since the machine was started, sleep included.
#[must_use]
pub fn now() -> Duration {
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

/// What is left until `until`.
#[must_use]
pub fn left(until: Duration) -> Duration {
    until.saturating_sub(now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn it_is_the_clock_that_goes_on_while_the_machine_sleeps() {
        let kernels = std::fs::read_to_string("/proc/uptime").unwrap();
        let uptime: f64 = kernels.split(' ').next().unwrap().parse().unwrap();
        // proc(5): the uptime of the system includes time spent in suspend.
        assert!((now().as_secs_f64() - uptime).abs() < 5.0, "{} {uptime}", now().as_secs_f64());
    }

    #[test]
    fn what_is_left_ends_at_nothing() {
        assert_eq!(left(Duration::ZERO), Duration::ZERO);
        assert!(left(now() + Duration::from_secs(60)) > Duration::from_secs(50));
    }
}
