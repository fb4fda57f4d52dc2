//! Time that goes on while the machine sleeps: a lid that was shut must not make a lease longer.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
/// Elsewhere this clock counts sleep already.
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// Time since the machine was started, sleep included.
pub(super) fn now() -> Duration {
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

/// What is left until `until`.
pub(super) fn left(until: Duration) -> Duration {
    until.saturating_sub(now())
}
