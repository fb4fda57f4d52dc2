//! [`Overview`]: the whole vault at one moment, in numbers.
//!
//! Pure: a catalog, what the log tells of its use and a time in, counts out, in one pass,
//! so that 100,000 secrets take a few milliseconds. Each number has the line of the filter that shows the
//! secrets behind it. The screen draws it; nothing here knows how.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::catalog::{Catalog, Listed, NEVER};
use super::rotation::UnderWay;
use super::secret::SecretId;
use super::usage::{Extent, Usage};

/// The days that part one band of ages from the next.
const AGE_DAYS: [i64; 5] = [7, 30, 90, 180, 365];
/// So many weeks lie ahead in the calendar: 90 days, and the day that fills the last one.
pub const WEEKS: usize = 13;
/// An expiry this near is work.
const EXPIRES_SOON: i64 = 14;
/// A due date this near is work.
const DUE_SOON: i64 = super::reminders::SOON_DAYS;
/// What was used in so many days is in use.
const IN_USE: i64 = 30;
/// For so many days accesses are counted.
const MOST_DAYS: usize = 90;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// The whole vault at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    /// Every live secret.
    pub total: usize,
    /// How many values are so old, youngest first; see [`age_label`].
    pub ages: [usize; AGE_DAYS.len() + 1],
    /// When values are due for rotation.
    pub due: Ahead,
    /// When secrets expire.
    pub expiring: Ahead,
    /// What the log tells; `None` until all of it is known.
    pub used: Option<Used>,
    /// What needs doing, first things first; nothing stands here with a count of 0.
    pub work: Vec<Work>,
}

/// How the secrets are used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Used {
    /// Live secrets of which no value ever left the vault.
    pub never: usize,
    /// Values that left it, day by day, today last. The days are those of UTC, as in the
    /// weeks ahead.
    pub per_day: Vec<u32>,
}

/// What has passed and what comes, week by week from now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ahead {
    /// Already over.
    pub past: usize,
    /// In the week that begins now, and in those behind it.
    pub weeks: [usize; WEEKS],
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What it is.
    pub task: Task,
    /// How many secrets need it.
    pub count: usize,
    /// The one that needs it most: the longest over, the soonest, the oldest.
    pub first: SecretId,
    /// Its address.
    pub address: String,
    /// Since when, or until when.
    pub at: Timestamp,
}

/// Why a secret wants attention, first things first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// A rotation of it was cut off, or going back failed.
    Unsettled,
    /// A new value is staged beside the current one.
    Staged,
    /// The far side still takes the value before.
    Revoke,
    /// It has expired, and its value was taken not long ago.
    ExpiredInUse,
    /// It is given out no more.
    Expired,
    /// It should have been rotated.
    Overdue,
    /// It expires within two weeks.
    ExpiresSoon,
    /// It is due within a week.
    DueSoon,
    /// It has its first value since more than a year.
    NeverRotated,
}

impl Task {
    /// In the order of the work.
    pub const ALL: [Self; 9] = [
        Self::Unsettled,
        Self::Staged,
        Self::Revoke,
        Self::ExpiredInUse,
        Self::Expired,
        Self::Overdue,
        Self::ExpiresSoon,
        Self::DueSoon,
        Self::NeverRotated,
    ];

    /// The filter that shows all that need it.
    #[must_use]
    pub fn filter(self) -> &'static str {
        match self {
            Self::Unsettled => "unsettled",
            Self::Staged => "staged",
            Self::Revoke => "revoke",
            Self::ExpiredInUse => "expired used:<30d",
            Self::Expired => "expired",
            Self::Overdue => "due",
            Self::ExpiresSoon => "expires:>0d expires:<14d",
            Self::DueSoon => "due:>0d due:<7d",
            Self::NeverRotated => "rotated:never age:>1y",
        }
    }

    /// The moment that makes a secret need it at `now`; the smallest is the first to look at.
    fn since(self, listed: &Listed, used: Option<i64>, now: i64) -> Option<i64> {
        let within = |at: i64, days: i64| (at > now && at < now.saturating_add(days * DAY)).then_some(at);
        match self {
            Self::Unsettled => listed.under_way.is_unsettled().then_some(listed.updated_at),
            Self::Staged => listed.under_way.is_staged().then_some(listed.updated_at),
            Self::Revoke => (listed.under_way == UnderWay::Revoke).then_some(listed.updated_at),
            Self::ExpiredInUse => {
                let in_use = used.is_some_and(|at| at > now.saturating_sub(IN_USE * DAY));
                (listed.expires_at <= now && in_use).then_some(listed.expires_at)
            }
            Self::Expired => (listed.expires_at <= now).then_some(listed.expires_at),
            Self::Overdue => (listed.due_at() <= now).then(|| listed.due_at()),
            Self::ExpiresSoon => within(listed.expires_at, EXPIRES_SOON),
            Self::DueSoon => within(listed.due_at(), DUE_SOON),
            Self::NeverRotated => {
                let is_old = listed.value_changed_at < now.saturating_sub(365 * DAY);
                (is_old && listed.last_rotated == NEVER).then_some(listed.value_changed_at)
            }
        }
    }
}

impl Overview {
    /// Counts what is in `catalog` at `now`.
    #[must_use]
    pub fn of(catalog: &Catalog, usage: &Usage, now: Timestamp) -> Self {
        let second = now.as_second();
        let mut overview = Self { total: catalog.listed().len(), ..Self::default() };
        let mut work: [Option<Found>; Task::ALL.len()] = Default::default();
        let usage = Some(usage).filter(|usage| usage.extent() == Extent::Whole);
        let mut never = 0;
        for (position, listed) in catalog.listed().iter().enumerate() {
            let age = second.saturating_sub(listed.value_changed_at);
            let band = AGE_DAYS.iter().take_while(|days| age >= **days * DAY).count();
            overview.ages[band] += 1;
            overview.due.add(listed.due_at(), second);
            overview.expiring.add(listed.expires_at, second);
            let last_used = usage.and_then(|usage| usage.last_used(listed.id));
            never += usize::from(last_used.is_none());
            for (found, task) in work.iter_mut().zip(Task::ALL) {
                if let Some(at) = task.since(listed, last_used, second) {
                    Found::add(found, position, at);
                }
            }
        }
        overview.used = usage.map(|usage| Used { never, per_day: usage.per_day(MOST_DAYS, now, &TimeZone::UTC) });
        let all = Task::ALL.into_iter().zip(work);
        overview.work = all.filter_map(|(task, found)| found?.work(task, catalog)).collect();
        overview
    }
}

impl Ahead {
    fn add(&mut self, at: i64, now: i64) {
        if at <= now {
            self.past += 1;
        } else if let Ok(week) = usize::try_from(at.saturating_sub(now) / WEEK)
            && let Some(count) = self.weeks.get_mut(week)
        {
            *count += 1;
        }
    }
}

/// The secrets that need one thing, while they are counted.
struct Found {
    count: usize,
    position: usize,
    at: i64,
}

impl Found {
    fn add(found: &mut Option<Self>, position: usize, at: i64) {
        match found {
            None => *found = Some(Self { count: 1, position, at }),
            Some(found) => {
                found.count += 1;
                if at < found.at {
                    (found.position, found.at) = (position, at);
                }
            }
        }
    }

    fn work(self, task: Task, catalog: &Catalog) -> Option<Work> {
        let listed = catalog.listed().get(self.position)?;
        let address = catalog.address(listed)?.to_string();
        let at = Timestamp::from_second(self.at).ok()?;
        Some(Work { task, count: self.count, first: listed.id, address, at })
    }
}

/// A band of ages in few words: `< 30d`, and the oldest ones.
#[must_use]
pub fn age_label(band: usize) -> &'static str {
    ["under 7d", "7d to 30d", "30d to 90d", "90d to 180d", "180d to 1y", "over 1y"]
        .get(band)
        .copied()
        .unwrap_or_default()
}

/// The filter that shows the values of a band of ages.
#[must_use]
pub fn age_filter(band: usize) -> String {
    let older =
        band.checked_sub(1).and_then(|before| AGE_DAYS.get(before)).map(|days| format!("age:>{}", days_word(*days)));
    let younger = AGE_DAYS.get(band).map(|days| format!("age:<{}", days_word(*days)));
    [older, younger].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn days_word(days: i64) -> String {
    if days == 365 { "1y".to_owned() } else { format!("{days}d") }
}

/// The filter that shows what is due (or expires) in a week of the calendar, by its term.
#[must_use]
pub fn week_filter(term: &str, week: usize) -> String {
    format!("{term}:>{}d {term}:<{}d", week * 7, (week + 1) * 7)
}

#[cfg(test)]
mod tests;
