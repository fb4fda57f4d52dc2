//! Cutting the beginning off the log, and reading what was cut off.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::crypto::random_array;
use crate::crypto::raw_key::RawKey;
use crate::error::{Error, Result};
use crate::store::{Draft, SegmentRow};

use super::super::Vault;
use super::super::audit::{AuditAction, AuditQuery, AuditRecord, AuditVerdict};
use super::super::audit_log::body_of;
use super::super::change::Change;
use super::super::keys::told;
use super::super::record::SegmentBody;
use super::file::{Header, Opened, Writer};
use super::{Cut, facts, log_start, open, stream};

/// What is to be cut off.
struct Stretch {
    header: Header,
    /// The chain's code before the first record.
    start: [u8; 32],
    /// The chain's code after the last one.
    mac: [u8; 32],
    /// When the last one was written.
    until: i64,
}

impl Vault {
    /// Moves the oldest records of the log, those before the first one that is not older
    /// than `before`, into a new file; `None` when there are none. The file is there, and
    /// was read back, before a record leaves the vault. Only this vault opens it.
    ///
    /// # Errors
    /// Damaged, when the log is broken; Conflict, when the file exists or another session
    /// cuts the log; as every write. Nothing is cut off then.
    pub fn cut_audit(&mut self, path: &Path, before: Timestamp, reason: &str) -> Result<Option<Cut>> {
        self.check_writable()?;
        if let AuditVerdict::Broken { first_bad, cause } = self.verify_audit()? {
            return Err(Error::damaged(format!("The audit log is broken at record {first_bad}: {cause}"))
                .hint("Nothing was cut off. Look at it with strongroom audit verify."));
        }
        let cut_at = (self.clock)().as_millisecond();
        let Some(stretch) = self.stretch(before.as_millisecond(), cut_at)? else { return Ok(None) };
        let draft = Draft::of_segment(path)?;
        let path = draft.path().to_owned();
        let body = self.write_segment(&draft, &stretch)?;
        let mut read_back = 0;
        Opened::open(&draft.unfinished())?.records(&body, |_| read_back += 1)?;
        draft.publish()?;
        let segment = facts(stretch.header.last, &body)?;
        let words = format!(
            "Records {} to {} to {}, segment {}",
            segment.first,
            segment.last,
            path.display(),
            segment.short_id()
        );
        let cut = self.attempt(AuditAction::AuditCut, (None, None), reason, |change| {
            change.cut_off(&stretch, &body)?;
            change.audit_body(AuditAction::AuditCut, None, None, None, &told(&words, reason), None)
        });
        if let Err(error) = cut {
            // Unless the vault has it all the same, nobody has the key of that file.
            if self.segments().is_ok_and(|known| known.iter().all(|known| known.id != segment.id)) {
                let _ = fs::remove_file(&path);
            }
            return Err(error);
        }
        Ok(Some(Cut { segment, file: path, left: self.store.checkpoint().err() }))
    }

    /// The records in the file of a segment that `query` asks for, newest first.
    ///
    /// # Errors
    /// `NotFound`, when there is no file, or this vault has cut off no such segment;
    /// Damaged, when anything in it is not as it was.
    pub fn audit_of_segment(&mut self, path: &Path, query: &AuditQuery) -> Result<Vec<AuditRecord>> {
        let opened = Opened::open(path)?;
        let body = self.view(|view| {
            let known = view.tx.segments()?;
            known.iter().find(|row| row.last == opened.header.last).map(|row| open(view.keys, row)).transpose()
        })?;
        let is_it = |body: &SegmentBody| {
            let SegmentBody { id, first, cut_at, .. } = body;
            (*id, *first, *cut_at) == (opened.header.id, opened.header.first, opened.header.cut_at)
                && opened.header.vault_id == self.keys.vault_id
        };
        let body = body.filter(is_it).ok_or_else(|| {
            Error::not_found(format!("{} is no segment of this vault's log.", path.display()))
                .hint(
                "The vault that it was cut off has its key, and strongroom audit segments lists those of this one. What \
                 a cut that was interrupted has left holds nothing that is not in the log: delete it.",
            )
        })?;
        let mut records = Vec::new();
        opened.records(&body, |record| records.extend(Some(record).filter(|record| query.wants(record))))?;
        records.reverse();
        records.truncate(query.limit.unwrap_or(usize::MAX));
        Ok(records)
    }

    /// The records before the first one at or after `before`.
    fn stretch(&mut self, before: i64, cut_at: i64) -> Result<Option<Stretch>> {
        let (id, vault_id) = (random_array()?, self.keys.vault_id);
        self.view(|view| {
            let (gone, start) = log_start(view.tx)?;
            let mut end = None;
            view.tx.each_audit(gone + 1, |row| {
                let is_older = row.at < before;
                if is_older {
                    end = Some((row.seq, row.mac, row.at));
                }
                Ok(is_older)
            })?;
            Ok(end.map(|(last, mac, until)| {
                let header = Header { id, vault_id, first: gone + 1, last, cut_at };
                Stretch { header, start, mac, until }
            }))
        })
    }

    fn write_segment(&mut self, draft: &Draft, stretch: &Stretch) -> Result<SegmentBody> {
        let Header { id, vault_id, first, last, cut_at } = stretch.header;
        let key: RawKey = self.keys.data_key(&id, last, &stretch.mac)?;
        let file = draft.create()?;
        let digest = self.view(|view| {
            let mut writer = Writer::new(&file, &stretch.header, stream(&key, vault_id, id, cut_at))?;
            let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
            view.tx.each_audit(first, |row| {
                if row.seq > last {
                    return Ok(false);
                }
                writer.add(&row, body_of(view, &row, &mut buffer)?)?;
                Ok(true)
            })?;
            writer.finish()
        })?;
        Ok(SegmentBody { id, key, digest, first, until: stretch.until, cut_at })
    }
}

impl Change<'_> {
    /// Takes the stretch out of the log, which goes on from where it ends.
    fn cut_off(&mut self, stretch: &Stretch, body: &SegmentBody) -> Result<()> {
        let Header { first, last, .. } = stretch.header;
        let end = self.tx.audit_link(last)?.map(|(_, mac)| mac);
        if log_start(self.tx)? != (first - 1, stretch.start) || end != Some(stretch.mac) {
            return Err(Error::conflict("The log was changed by another session while it was cut.")
                .hint("Nothing was cut off by this one; look at strongroom audit segments."));
        }
        let body = self.seal_segment(last, body)?;
        self.tx.put_segment(&SegmentRow { last, mac: stretch.mac, body })?;
        self.tx.remove_audit(last)
    }
}
