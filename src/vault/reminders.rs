//! [`Reminders`]: how many secrets want something done now, and how many soon. The same
//! numbers stand in the header, in `status` and in what a timer reads.

use jiff::Timestamp;

use super::catalog::{Catalog, NEVER};
use super::rotation::UnderWay;

/// So many days ahead are soon.
pub const SOON_DAYS: i64 = 7;

/// Counts of a whole vault at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reminders {
    /// Every live secret.
    pub secrets: usize,
    /// Due for rotation, or overdue.
    pub due: usize,
    /// Due within [`SOON_DAYS`], and not yet.
    pub due_soon: usize,
    /// Expired.
    pub expired: usize,
    /// Expiring within [`SOON_DAYS`], and not yet.
    pub expires_soon: usize,
    /// With a pending version, or one whose far side is still to be told.
    pub under_way: usize,
    /// Of those: nobody knows which value works, or it is being changed at this moment.
    pub unsettled: usize,
}

impl Reminders {
    /// Those of a catalog at `now`.
    #[must_use]
    pub fn of(catalog: &Catalog, now: Timestamp) -> Self {
        let (now, soon) = (now.as_second(), now.as_second().saturating_add(SOON_DAYS * 86_400));
        let mut counts = Self { secrets: catalog.listed().len(), ..Self::default() };
        let count = |at: i64, past: &mut usize, ahead: &mut usize| {
            if at != NEVER && at <= soon {
                *(if at <= now { past } else { ahead }) += 1;
            }
        };
        for listed in catalog.listed() {
            count(listed.due_at(), &mut counts.due, &mut counts.due_soon);
            count(listed.expires_at, &mut counts.expired, &mut counts.expires_soon);
            counts.under_way += usize::from(listed.under_way != UnderWay::Nothing);
            counts.unsettled += usize::from(listed.under_way.is_unsettled());
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::catalog::Listed;
    use crate::vault::rotation::StageState;

    #[test]
    fn what_is_over_and_what_is_soon_by_table() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let day = 86_400;
        for (due, expires, counts) in [
            (NEVER, NEVER, [0, 0, 0, 0]),
            (0, NEVER, [1, 0, 0, 0]),
            (-day, day, [1, 0, 0, 1]),
            (1, 0, [0, 1, 1, 0]),
            (7 * day, -1, [0, 1, 1, 0]),
            (7 * day + 1, 7 * day + 1, [0, 0, 0, 0]),
            (NEVER, 7 * day, [0, 0, 0, 1]),
        ] {
            let mut catalog = Catalog::default();
            let empty = catalog.intern("");
            let at = |offset: i64| if offset == NEVER { NEVER } else { now.as_second() + offset };
            catalog.push_listed(Listed {
                id: super::super::secret::SecretId([1; 16]),
                scope: empty,
                name: "KEY".into(),
                tags: empty,
                fields: empty,
                created_by: empty,
                owner: empty,
                version: 1,
                rotation_days: u32::from(due != NEVER),
                created_at: 0,
                updated_at: 0,
                value_changed_at: at(due).saturating_sub(day),
                last_rotated: NEVER,
                expires_at: at(expires),
                under_way: UnderWay::Stage(StageState::Unsettled),
            });
            let found = Reminders::of(&catalog, now);
            let told = [found.due, found.due_soon, found.expired, found.expires_soon];
            assert_eq!(told, counts, "{due} {expires}");
            assert_eq!((found.secrets, found.under_way, found.unsettled), (1, 1, 1));
        }
    }
}
