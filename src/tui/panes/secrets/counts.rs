//! [`Counts`]: how many secrets need something done, counted once a minute.

use jiff::Timestamp;

use crate::vault::catalog::Catalog;
use crate::vault::reminders::Reminders;

/// How many secrets need something done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Due for rotation.
    pub due: usize,
    /// Due within a week, and not yet.
    pub due_soon: usize,
    /// Expired.
    pub expired: usize,
    /// Of which it is not known which value the far side takes.
    pub unsettled: usize,
    /// The minute they were counted in.
    minute: i64,
}

impl Counts {
    /// Those of a catalog at `now`.
    pub(super) fn of(catalog: &Catalog, now: Timestamp) -> Self {
        let Reminders { due, due_soon, expired, .. } = Reminders::of(catalog, now);
        let unsettled = catalog.listed().iter().filter(|listed| listed.under_way.is_unsettled()).count();
        Self { due, due_soon, expired, unsettled, minute: now.as_second() / 60 }
    }

    /// True when they were counted in another minute.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        now.as_second() / 60 != self.minute
    }
}
