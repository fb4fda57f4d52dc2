//! [`Counts`]: how many secrets need something done, counted once a minute.

use jiff::Timestamp;

use crate::vault::catalog::Catalog;

/// How many secrets need something done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Due for rotation.
    pub due: usize,
    /// Expired.
    pub expired: usize,
    /// The minute they were counted in.
    minute: i64,
}

impl Counts {
    /// Those of a catalog at `now`.
    pub(super) fn of(catalog: &Catalog, now: Timestamp) -> Self {
        let mut counts = Self { minute: now.as_second() / 60, ..Self::default() };
        for listed in catalog.listed() {
            counts.due += usize::from(listed.is_due(now));
            counts.expired += usize::from(listed.is_expired(now));
        }
        counts
    }

    /// True when they were counted in another minute.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        now.as_second() / 60 != self.minute
    }
}
