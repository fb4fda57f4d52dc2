//! Segments: what is cut off the beginning of the log goes to a file, sealed, and nothing
//! of it is lost. The vault keeps which file that is, its key and its digest; the log goes
//! on from the code of the last record that was cut off, which the state's tag covers.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::crypto::keyring::Keyring;
use crate::crypto::raw_key::RawKey;
use crate::crypto::seal::{Padding, Place, Purpose};
use crate::crypto::stream::Stream;
use crate::error::Result;
use crate::store::{Draft, SegmentRow, Tx};

use super::Vault;
use super::record::{self, SegmentBody};
use super::view::View;

mod cut;
mod file;
#[cfg(test)]
mod tests;

/// A stretch of the log that went to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Random identity, which the file has too.
    pub id: [u8; 16],
    /// The number of the first record in it.
    pub first: u64,
    /// The number of the last one.
    pub last: u64,
    /// When the last one was written.
    pub until: Timestamp,
    /// When it was cut off.
    pub cut_at: Timestamp,
}

impl Segment {
    /// Refuses where no new segment can be put, before anybody is asked for a passphrase.
    ///
    /// # Errors
    /// As [`Vault::cut_audit`] for `path`.
    pub fn check_free(path: &Path) -> Result<()> {
        Draft::check_segment(path).map(drop)
    }

    /// The first eight hexadecimal digits of its identity, as people see it.
    #[must_use]
    pub fn short_id(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.id[..4])
    }

    /// For whoever asks about the past: that all up to this one is not in the log, a sentence.
    #[must_use]
    pub fn told(&self) -> String {
        format!(
            "Records 1 to {}, until {}, were cut off the log and are not in this answer; strongroom audit --segment \
             FILE shows them.",
            self.last,
            self.until.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    }

    /// How many records are in it.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.last + 1 - self.first
    }
}

/// What a cut came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// What was cut off.
    pub segment: Segment,
    /// Where it is now.
    pub file: PathBuf,
    /// What still has to be said: its sealed bytes lie in SQLite's log, which another process holds.
    pub left: Option<crate::error::Error>,
}

impl Vault {
    /// What was cut off the beginning of the log so far, the oldest first.
    ///
    /// # Errors
    /// Damaged, when what is known of one does not open.
    pub fn segments(&mut self) -> Result<Vec<Segment>> {
        self.view(|view| view.tx.segments()?.iter().map(|row| facts(row.last, &open(view.keys, row)?)).collect())
    }
}

/// Where the log begins: the number and the code of the record before its first one.
pub(super) fn log_start(tx: &Tx<'_>) -> Result<(u64, [u8; 32])> {
    Ok(tx.segments()?.last().map_or((0, [0; 32]), |row| (row.last, row.mac)))
}

/// What was cut off the log last, with all before it.
pub(super) fn cut_off(view: &View<'_>) -> Result<Option<Segment>> {
    let rows = view.tx.segments()?;
    rows.last().map(|row| facts(row.last, &open(view.keys, row)?)).transpose()
}

/// Opens what is known of a segment.
pub(super) fn open(keys: &Keyring, row: &SegmentRow) -> Result<SegmentBody> {
    let opened = keys.audit_body.open(&place(keys, row.last), Padding::Blocks, &row.body)?;
    SegmentBody::read(opened.expose())
}

/// The same known under other keys; gives how many records that seals.
pub(super) fn reseal(view: &View<'_>, new: &Keyring) -> Result<u64> {
    let rows = view.tx.segments()?;
    for row in &rows {
        let opened = view.keys.audit_body.open(&place(view.keys, row.last), Padding::Blocks, &row.body)?;
        let body = new.audit_body.seal(&place(new, row.last), Padding::Blocks, opened.expose())?;
        view.tx.put_segment(&SegmentRow { body, ..*row })?;
    }
    Ok(rows.len() as u64)
}

/// The place of what is known of a segment.
pub(super) fn place(keys: &Keyring, last: u64) -> Place {
    Place { key_epoch: keys.key_epoch, version: last, ..Place::new(Purpose::Segment, keys.vault_id) }
}

fn facts(last: u64, body: &SegmentBody) -> Result<Segment> {
    let SegmentBody { id, first, until, cut_at, .. } = *body;
    Ok(Segment { id, first, last, until: record::timestamp(until)?, cut_at: record::timestamp(cut_at)? })
}

/// What seals the file of a segment.
fn stream(key: &RawKey, vault_id: [u8; 16], id: [u8; 16], cut_at: i64) -> Stream {
    let place = Place::new(Purpose::SegmentChunk, vault_id);
    Stream::new(key, Place { subject_id: id, created_at: cut_at, ..place })
}
