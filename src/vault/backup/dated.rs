//! [`Backups`]: when the vault was last backed up, and when a backup was last tried, as its
//! log tells.
//!
//! The log has a record of each, written before a backup gets its name. Where that came to
//! nothing a second record says so, with the same words; what a kill has cut off between
//! the two nobody writes down. So only a drill proves that a backup is there.

use jiff::Timestamp;

use crate::error::Result;

use super::super::Vault;
use super::super::audit::AuditAction;
use super::super::audit_log::body_of;
use super::super::record::{AuditBody, timestamp};
use super::super::segments::cut_off;

/// A backup older than this is work to do.
const OLD_DAYS: i64 = 30;
/// A drill longer ago than this is work to do.
const TRIED_DAYS: i64 = 90;
/// What stands in the log between how much was backed up and where to.
const TO: &str = " to ";

/// What the log tells of backups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backups {
    made: Option<Made>,
    /// The one before: the last may turn out to have come to nothing.
    before: Option<Made>,
    tried: Option<Tried>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub at: Timestamp,
    /// Which, of how much, and where to.
    told: String,
}

/// A drill: a backup that was opened whole and held against the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// It was what the vault had been.
    pub passed: bool,
}

/// What is to be done about the backups of a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanting {
    /// The backup that was tried last was damaged, or of another past.
    Failed,
    /// There never was one.
    None,
    /// The last one is older than 30 days.
    Old,
    /// None was ever tried.
    Untried,
    /// None was tried for 90 days.
    TriedLongAgo,
}

impl Wanting {
    /// What is wrong, a sentence.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Failed => "The backup that was tried last did not pass.",
            Self::None => "No backup was ever made of this vault.",
            Self::Old => "The last backup is more than 30 days old.",
            Self::Untried => "No backup was ever tried.",
            Self::TriedLongAgo => "No backup was tried for more than 90 days.",
        }
    }

    /// The command that mends it.
    #[must_use]
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Failed => "strongroom audit --action backup_test",
            Self::None | Self::Old => "strongroom backup create FILE",
            Self::Untried | Self::TriedLongAgo => "strongroom backup verify FILE --compare",
        }
    }
}

impl Made {
    /// A backup of which the log tells in these words.
    #[must_use]
    pub fn new(at: Timestamp, told: String) -> Self {
        Self { at, told }
    }

    /// Where it went, in the words of the log.
    #[must_use]
    pub fn place(&self) -> &str {
        // What stands before is ours, and holds no other.
        self.told.split_once(TO).map_or("", |(_, place)| place)
    }

    /// What the log says of a backup: what it is of, and where it goes.
    pub(super) fn words(about: &str, place: &str) -> String {
        format!("{about}{TO}{place}")
    }
}

impl Backups {
    /// Those of a log with one backup and one drill, or none.
    #[must_use]
    pub fn new(made: Option<Made>, tried: Option<Tried>) -> Self {
        Self { made, before: None, tried }
    }

    /// The last backup that was made.
    #[must_use]
    pub fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }

    /// The last drill.
    #[must_use]
    pub fn tried(&self) -> Option<Tried> {
        self.tried
    }

    /// What is to be done first, if anything. Where the log `begins` later than the vault,
    /// what is not in it may have been before: it is then as old as that at least.
    #[must_use]
    pub fn wanting(&self, now: Timestamp, begins: Option<Timestamp>) -> Option<Wanting> {
        let is_over = |at: Timestamp, days: i64| now.as_second().saturating_sub(at.as_second()) > days * 86_400;
        let is_old = |at: Option<Timestamp>, days: i64| at.or(begins).map(|at| is_over(at, days));
        let (made, tried) = (self.made.as_ref().map(|made| made.at), self.tried);
        if tried.is_some_and(|tried| !tried.passed) {
            return Some(Wanting::Failed);
        }
        match (is_old(made, OLD_DAYS), is_old(tried.map(|tried| tried.at), TRIED_DAYS)) {
            (None, _) => Some(Wanting::None),
            (Some(true), _) => Some(Wanting::Old),
            (_, None) => Some(Wanting::Untried),
            (_, Some(true)) => Some(Wanting::TriedLongAgo),
            (Some(false), Some(false)) => None,
        }
    }

    /// Takes the next record, in the order of the log.
    pub(in crate::vault) fn add(&mut self, record: Note) {
        match record {
            Note::Made(made) => self.before = self.made.replace(made),
            Note::NotMade(told) if self.made.as_ref().is_some_and(|made| made.told == told) => {
                self.made = self.before.take();
            }
            Note::NotMade(_) => {}
            Note::Tried(tried) => self.tried = Some(tried),
        }
    }
}

/// A record about a backup.
pub(in crate::vault) enum Note {
    /// One was made.
    Made(Made),
    /// The one that was made with these words came to nothing.
    NotMade(String),
    /// One was tried.
    Tried(Tried),
}

impl Note {
    /// What a record of the log, made `at` that millisecond, tells of backups; of others little is read.
    pub(in crate::vault) fn read(body: &[u8], at: i64) -> Result<Option<Self>> {
        if !matches!(AuditBody::action_of(body)?, AuditAction::Backup | AuditAction::BackupTest) {
            return Ok(None);
        }
        let (body, at) = (AuditBody::read(body)?, timestamp(at)?);
        Ok(Some(match (body.action, body.error) {
            (AuditAction::BackupTest, error) => Self::Tried(Tried { at, passed: error.is_none() }),
            (_, None) => Self::Made(Made::new(at, body.reason)),
            (_, Some(_)) => Self::NotMade(body.reason),
        }))
    }
}

impl Vault {
    /// What the newest `most` records tell of backups, without a walk along the whole log;
    /// and, where an older one could tell more, since when all is known.
    ///
    /// # Errors
    /// Damaged, when a record does not open.
    pub fn last_backups(&mut self, most: usize) -> Result<(Backups, Option<Timestamp>)> {
        self.view(|view| {
            let (mut notes, mut buffer) = (Vec::new(), zeroize::Zeroizing::new(Vec::with_capacity(1024)));
            let (mut left, mut is_made, mut is_tried, mut since) = (most, false, false, None);
            view.tx.each_audit_newest_first(u64::MAX, |row| {
                if left == 0 || (is_made && is_tried) {
                    return Ok(false);
                }
                left -= 1;
                since = Some(row.at);
                let Some(note) = Note::read(body_of(view, &row, &mut buffer)?, row.at)? else { return Ok(true) };
                match &note {
                    Note::Made(made) => is_made |= !notes.iter().any(|later| is_of(later, made)),
                    Note::Tried(_) => is_tried = true,
                    Note::NotMade(_) => {}
                }
                notes.push(note);
                Ok(true)
            })?;
            let mut backups = Backups::default();
            notes.into_iter().rev().for_each(|note| backups.add(note));
            let begins = match (is_made && is_tried, left) {
                (true, _) => None,
                (false, 0) => since.map(timestamp).transpose()?,
                (false, _) => cut_off(view)?.map(|segment| segment.until),
            };
            Ok((backups, begins))
        })
    }
}

/// True when a later record says that this one came to nothing.
fn is_of(later: &Note, made: &Made) -> bool {
    matches!(later, Note::NotMade(told) if *told == made.told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + days * DAY).unwrap()
    }

    fn made(days: i64, words: &str) -> Note {
        Note::Made(Made::new(at(days), Made::words(words, "/mnt/usb/to here/one.backup")))
    }

    fn tried(days: i64, passed: bool) -> Note {
        Note::Tried(Tried { at: at(days), passed })
    }

    fn folded(notes: Vec<Note>) -> Backups {
        let mut backups = Backups::default();
        notes.into_iter().for_each(|note| backups.add(note));
        backups
    }

    #[test]
    fn what_is_wanting_by_table() {
        for (notes, wanting) in [
            (vec![], Some(Wanting::None)),
            (vec![made(0, "a")], Some(Wanting::Untried)),
            (vec![made(0, "a"), tried(0, true)], None),
            (vec![made(-30, "a"), tried(-90, true)], None),
            (vec![made(-31, "a"), tried(0, true)], Some(Wanting::Old)),
            (vec![made(0, "a"), tried(-91, true)], Some(Wanting::TriedLongAgo)),
            (vec![made(0, "a"), tried(0, false)], Some(Wanting::Failed)),
            (vec![made(-50, "a"), tried(0, false), tried(0, true)], Some(Wanting::Old)),
            (vec![tried(0, true)], Some(Wanting::None)),
        ] {
            assert_eq!(folded(notes).wanting(at(0), None), wanting);
        }
        // What is not in a log that begins later may have been before.
        for (notes, begins, wanting) in [
            (vec![], -10, None),
            (vec![], -31, Some(Wanting::Old)),
            (vec![made(0, "a")], -10, None),
            (vec![made(0, "a")], -91, Some(Wanting::TriedLongAgo)),
            (vec![tried(0, false)], -10, Some(Wanting::Failed)),
        ] {
            assert_eq!(folded(notes).wanting(at(0), Some(at(begins))), wanting);
        }
    }

    #[test]
    fn what_came_to_nothing_is_no_backup() {
        let gone = |words: &str| Note::NotMade(Made::words(words, "/mnt/usb/to here/one.backup"));
        let last = |notes| folded(notes).made().map(|made| (made.at, made.place().to_owned()));
        let place = "/mnt/usb/to here/one.backup".to_owned();
        assert_eq!(last(vec![made(1, "a"), gone("a")]), None);
        assert_eq!(last(vec![made(1, "a"), made(2, "b"), gone("b")]), Some((at(1), place.clone())));
        assert_eq!(last(vec![made(1, "a"), made(2, "b"), gone("a")]), Some((at(2), place)));
    }
}
