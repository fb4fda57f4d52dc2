//! [`Now`]: the time, passed in, so that deadlines are tested without sleeping.

use std::time::Instant;

use jiff::Timestamp;

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For deadlines and countdowns: never goes backwards.
    pub instant: Instant,
    /// For dates and ages.
    pub time: Timestamp,
}
