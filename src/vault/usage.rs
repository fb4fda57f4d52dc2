//! What the audit log tells about the use of secrets: [`Use`], a value that left the
//! vault, and [`Usage`], all of them folded.
//!
//! The walk that verifies the log reads every record anyway, so it collects them on its
//! way ([`super::AuditWalk::telling_uses`]); whoever asked folds one slice after the
//! other. Nothing is said about the use of secrets before the log is known to be whole,
//! and nothing at all where it is broken: a list of what nobody uses must not be short
//! of the records that somebody took away.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

use super::audit::AuditVerdict;
use super::backup::Backups;
use super::catalog::QuickHash;
use super::secret::SecretId;
use super::{AuditWalk, Segment, Vault};

/// So many secrets that one actor used last are kept.
const MOST_RECENT: usize = 50;
/// Accesses are counted by the quarter of an hour: days begin on one in every time zone.
const QUARTER: i64 = 900;

/// A value that left the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Of which secret.
    pub secret: SecretId,
    /// When, in Unix seconds.
    pub at: i64,
    /// By the same account on the same machine as this session.
    pub mine: bool,
}

/// How much of the log is in a [`Usage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// The beginning; the rest is being read.
    #[default]
    Reading,
    /// Everything.
    Whole,
    /// The log is broken or cannot be read: what is in it proves nothing.
    Unknown,
}

/// When secrets were used, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    extent: Extent,
    last_used: HashMap<SecretId, i64, QuickHash>,
    /// Accesses in each quarter of an hour that had any.
    quarters: BTreeMap<i64, u32>,
    /// What this actor used, the last first.
    recent: Vec<SecretId>,
    accesses: u64,
    backups: Backups,
    cut_off: Option<Segment>,
}

impl Usage {
    /// How much of the log is in it.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Takes the next uses in the order of the log, and how far they bring it.
    pub fn add(&mut self, uses: &[Use], extent: Extent) {
        self.extent = extent;
        self.accesses += uses.len() as u64;
        for used in uses {
            let last = self.last_used.entry(used.secret).or_insert(used.at);
            *last = used.at.max(*last);
        }
        for same in uses.chunk_by(|a, b| quarter(a.at) == quarter(b.at)) {
            if let Some(used) = same.first() {
                let count = self.quarters.entry(quarter(used.at)).or_default();
                *count = count.saturating_add(u32::try_from(same.len()).unwrap_or(u32::MAX));
            }
        }
        let before = std::mem::take(&mut self.recent);
        let mine = uses.iter().rev().filter(|used| used.mine).map(|used| used.secret);
        for secret in mine.chain(before) {
            if self.recent.len() == MOST_RECENT {
                break;
            }
            if !self.recent.contains(&secret) {
                self.recent.push(secret);
            }
        }
    }

    /// When a secret was last used, in Unix seconds; `None` when no record tells of it.
    #[must_use]
    pub fn last_used(&self, secret: SecretId) -> Option<i64> {
        self.last_used.get(&secret).copied()
    }

    /// What this session's actor used, the last first, whatever session it was in.
    #[must_use]
    pub fn recent(&self) -> &[SecretId] {
        &self.recent
    }

    /// How many values left the vault, ever.
    #[must_use]
    pub fn accesses(&self) -> u64 {
        self.accesses
    }

    /// What the log tells of backups, as far as it was read.
    #[must_use]
    pub fn backups(&self) -> &Backups {
        &self.backups
    }

    /// What was cut off the beginning of the log: nothing here tells of the time before its end.
    #[must_use]
    pub fn cut_off(&self) -> Option<&Segment> {
        self.cut_off.as_ref()
    }

    /// Takes what the log tells of backups by now, and what was cut off it.
    pub fn tell(&mut self, backups: Backups, cut_off: Option<Segment>) {
        (self.backups, self.cut_off) = (backups, cut_off);
    }

    /// How many on each of the last days of `zone`, today last.
    #[must_use]
    pub fn per_day(&self, days: usize, now: Timestamp, zone: &TimeZone) -> Vec<u32> {
        let today = now.to_zoned(zone.clone()).date();
        let begin = |ago: usize| {
            let ago = jiff::Span::new().try_days(i64::try_from(ago).ok()?).ok()?;
            Some(today.checked_sub(ago).ok()?.to_zoned(zone.clone()).ok()?.timestamp().as_second())
        };
        let mut until = now.as_second().saturating_add(1);
        let mut counts: Vec<u32> = (0..days)
            .map(|ago| {
                let from = begin(ago).unwrap_or(until).min(until);
                let day = quarter(from)..quarter(until.saturating_add(QUARTER - 1));
                until = from;
                self.quarters.range(day).fold(0, |sum: u32, (_, count)| sum.saturating_add(*count))
            })
            .collect();
        counts.reverse();
        counts
    }
}

fn quarter(second: i64) -> i64 {
    second.div_euclid(QUARTER)
}

impl Vault {
    /// What the whole log tells, verified on the way.
    ///
    /// # Errors
    /// Damaged, when the log is broken; those of the file.
    pub fn usage(&mut self) -> Result<Usage> {
        let (mut walk, mut usage) = (AuditWalk::telling_uses(), Usage::default());
        loop {
            let verdict = self.walk_audit(&mut walk, 1 << 16)?;
            match verdict {
                None => usage.add(&walk.take_uses(), Extent::Reading),
                Some(AuditVerdict::Intact { .. }) => {
                    usage.add(&walk.take_uses(), Extent::Whole);
                    usage.tell(walk.backups().clone(), walk.cut_off().cloned());
                    return Ok(usage);
                }
                Some(AuditVerdict::Broken { first_bad, cause }) => return Err(broken(first_bad, &cause)),
            }
        }
    }
}

pub(super) fn broken(first_bad: u64, cause: &str) -> Error {
    let words = format!("The audit log is broken at record {first_bad}: {cause} Nobody can tell what was used.");
    Error::damaged(words).hint("Run strongroom audit verify, and compare with a backup.")
}

#[cfg(test)]
mod tests;
