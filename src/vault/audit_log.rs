//! Asking the audit log, and walking its chain.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::seal::Padding;
use crate::error::{Error, Result};
use crate::store::AuditRow;

use super::Vault;
use super::audit::{Actor, AuditQuery, AuditRecord, AuditVerdict};
use super::backup::{Backups, Note};
use super::change::{audit_link, audit_link_of_digest, audit_place};
use super::incident::Traces;
use super::record::{self, AuditBody};
use super::segments::{Segment, cut_off, log_start};
use super::usage::Use;
use super::verify;
use super::view::View;

impl Vault {
    /// The records that `query` asks for, newest first.
    ///
    /// # Errors
    /// Damaged, when a record does not open.
    pub fn audit(&mut self, query: &AuditQuery) -> Result<Vec<AuditRecord>> {
        self.audit_and_gap(query).map(|(records, _)| records)
    }

    /// The same, and the number of the first record that was found missing, altered or out of
    /// place on the way back, as far as it was walked: what is given is then not all there was.
    ///
    /// # Errors
    /// As [`Self::audit`].
    pub fn audit_and_gap(&mut self, query: &AuditQuery) -> Result<(Vec<AuditRecord>, Option<u64>)> {
        let limit = query.limit.unwrap_or(usize::MAX);
        self.view(|view| {
            let mut records = Vec::new();
            if limit == 0 {
                return Ok((records, None));
            }
            let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
            let mut way_back = WayBack::from_the_end(view);
            view.tx.each_audit_newest_first(u64::MAX, |row| {
                way_back.step(view, &row);
                let body = body_of(view, &row, &mut buffer)?;
                // Most records are about other secrets; those are not read any further.
                if query.secret.is_none_or(|wanted| AuditBody::subject(body) == Some(wanted)) {
                    records.extend(Some(read(body, &row)?).filter(|record| query.wants(record)));
                }
                Ok(records.len() < limit)
            })?;
            if records.len() < limit {
                way_back.end(view)?;
            }
            Ok((records, way_back.gap))
        })
    }

    /// Walks the whole chain, from the first record to the head under the root.
    ///
    /// # Errors
    /// Those of the file; a broken chain is a verdict, no error.
    pub fn verify_audit(&mut self) -> Result<AuditVerdict> {
        let mut walk = AuditWalk::default();
        loop {
            if let Some(verdict) = self.walk_audit(&mut walk, u64::MAX)? {
                return Ok(verdict);
            }
        }
    }

    /// Goes on with a walk by at most `most` records, so that other work can come
    /// between; the verdict comes with the last of them.
    ///
    /// # Errors
    /// As [`Self::verify_audit`].
    pub fn walk_audit(&mut self, walk: &mut AuditWalk, most: u64) -> Result<Option<AuditVerdict>> {
        let Actor { user, host, .. } = self.actor.clone();
        let verdict = self.view(|view| walk.step(view, most, (&user, &host)))?;
        let damage = match &verdict {
            Some(AuditVerdict::Broken { first_bad, cause }) => {
                Some(format!("The audit log is broken at record {first_bad}: {cause}"))
            }
            Some(AuditVerdict::Intact { .. }) => walk.damage.clone(),
            None => None,
        };
        if let Some(damage) = damage {
            self.read_only.get_or_insert(damage);
        }
        Ok(verdict)
    }

    /// True when records were appended that a walk has not come to.
    ///
    /// # Errors
    /// Those of the file.
    pub fn has_more_audit(&mut self, walk: &AuditWalk) -> Result<bool> {
        Ok(self.store.read(|tx| tx.state())?.audit_seq != walk.records)
    }
}

/// A walk from the newest record back: each has to lead to the one that came after it.
struct WayBack {
    /// The number of the record that was come to last; behind the newest, the next one.
    later: u64,
    /// Its time and the digest of its body; behind the newest, nothing.
    content: Option<(i64, [u8; 32])>,
    /// Its code; behind the newest, that of the newest.
    code: [u8; 32],
    gap: Option<u64>,
}

impl WayBack {
    fn from_the_end(view: &View<'_>) -> Self {
        Self { later: view.state.audit_seq + 1, content: None, code: view.state.audit_head, gap: None }
    }

    fn step(&mut self, view: &View<'_>, row: &AuditRow<'_>) {
        self.lead(view, row.seq, &row.mac);
        (self.later, self.code) = (row.seq, row.mac);
        self.content = Some((row.at, Sha256::digest(&row.body).into()));
    }

    /// Nothing is before the last record that was come to but where the log begins.
    fn end(&mut self, view: &View<'_>) -> Result<()> {
        let (gone, code) = log_start(view.tx)?;
        self.lead(view, gone, &code);
        Ok(())
    }

    /// Whether a record with this number and code leads to the one after it.
    fn lead(&mut self, view: &View<'_>, seq: u64, code: &[u8; 32]) {
        let leads_to = match &self.content {
            Some((at, digest)) => audit_link_of_digest(view.keys, code, self.later, *at, digest),
            None => *code,
        };
        if seq + 1 != self.later || !bool::from(leads_to.ct_eq(&self.code)) {
            self.gap.get_or_insert(self.later.saturating_sub(1));
        }
    }
}

/// How far a walk along the chain has come. Records are only ever appended, so that a
/// part once walked need not be walked again: after the verdict the same walk goes on
/// with what was appended since.
#[derive(Debug, Default)]
pub struct AuditWalk {
    records: u64,
    head: [u8; 32],
    /// What is collected on the way, where somebody wants it.
    uses: Option<Vec<Use>>,
    /// With them, what was said of backups.
    backups: Backups,
    /// What the walk found cut off.
    cut_off: Option<Segment>,
    /// With the uses, the damage that was found when the vault was verified last.
    damage: Option<String>,
    /// The same for what somebody did.
    traces: Option<Traces>,
}

impl AuditWalk {
    /// A walk that opens the records too, and collects which values left the vault, and what
    /// was backed up. Where damage was found when the vault was verified last, its verdict
    /// makes the vault read-only.
    #[must_use]
    pub fn telling_uses() -> Self {
        Self { uses: Some(Vec::new()), ..Self::default() }
    }

    /// What the records so far tell of backups, where uses are collected; it proves something
    /// only once the verdict is that the log is intact.
    #[must_use]
    pub fn backups(&self) -> &Backups {
        &self.backups
    }

    /// What was cut off the log last, with all before it: of that the walk tells nothing.
    #[must_use]
    pub fn cut_off(&self) -> Option<&Segment> {
        self.cut_off.as_ref()
    }

    /// A walk that collects what the actors of a choice have seen.
    pub(super) fn tracing(traces: Traces) -> Self {
        Self { traces: Some(traces), ..Self::default() }
    }

    /// What was collected so far; it proves something only once the verdict is that the
    /// log is intact.
    pub(super) fn traces(&self) -> Option<&Traces> {
        self.traces.as_ref()
    }

    /// The number of the record that it has come to.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// True once the first records are behind it.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.records > 0
    }

    /// The uses found since the last time. They prove something only once the verdict is
    /// that the log is intact.
    #[must_use]
    pub fn take_uses(&mut self) -> Vec<Use> {
        self.uses.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn step(&mut self, view: &View<'_>, most: u64, mine: (&str, &str)) -> Result<Option<AuditVerdict>> {
        let (gone, code) = log_start(view.tx)?;
        if self.records < gone {
            // What was cut off, perhaps by another session on the way, is in its file.
            (self.records, self.head) = (gone, code);
        }
        if self.cut_off.as_ref().map_or(0, |segment| segment.last) != gone {
            self.cut_off = cut_off(view)?;
        }
        let (until, mut cause) = (self.records.saturating_add(most), None);
        let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
        view.tx.each_audit(self.records + 1, |row| {
            if self.records == until {
                return Ok(false);
            }
            if row.seq != self.records + 1 {
                cause = Some("it is missing");
                return Ok(false);
            }
            self.head = audit_link(view.keys, &self.head, row.seq, row.at, &row.body);
            if !bool::from(self.head.ct_eq(&row.mac)) {
                cause = Some("it was altered or moved");
                return Ok(false);
            }
            if self.tell(view, &row, mine, &mut buffer).is_err() {
                cause = Some("it does not open, or is of a newer format");
                return Ok(false);
            }
            self.records = row.seq;
            Ok(true)
        })?;
        if cause.is_none() && self.records == until && self.records < view.state.audit_seq {
            return Ok(None);
        }
        if cause.is_none() && (self.records != view.state.audit_seq || self.head != view.state.audit_head) {
            cause = Some("the end of the log was cut off");
        }
        if cause.is_some() {
            drop((self.take_uses(), self.traces.take()));
        }
        Ok(Some(match cause {
            Some(cause) => AuditVerdict::Broken { first_bad: self.records + 1, cause: format!("{cause}.") },
            None => AuditVerdict::Intact { records: self.records },
        }))
    }

    /// Collects what a record tells, where somebody wants it.
    fn tell(&mut self, view: &View<'_>, row: &AuditRow<'_>, mine: (&str, &str), buffer: &mut Vec<u8>) -> Result<()> {
        if self.uses.is_none() && self.traces.is_none() {
            return Ok(());
        }
        let body = body_of(view, row, buffer)?;
        if let Some(uses) = &mut self.uses {
            let found = AuditBody::let_out(body, mine.0, mine.1)?;
            uses.extend(found.map(|(secret, mine)| Use { secret, at: row.at.div_euclid(1000), mine }));
            if let Some(note) = Note::read(body, row.at)? {
                self.backups.add(note);
            }
            if let Some(found) = verify::finding(body, row.at)? {
                self.damage = found.err();
            }
        }
        if let Some(traces) = &mut self.traces {
            traces.add(read(body, row)?);
        }
        Ok(())
    }
}

/// The bytes of a record, opened in `buffer`.
///
/// # Errors
/// Damaged, with its number, when it does not open.
pub(super) fn body_of<'a>(view: &View<'_>, row: &AuditRow<'_>, buffer: &'a mut Vec<u8>) -> Result<&'a [u8]> {
    let place = audit_place(view.keys, row.seq, row.at);
    let range = view.keys.audit_body.open_within(&place, Padding::Blocks, &row.body, buffer).map_err(|_| {
        Error::damaged(format!("Record {} of the audit log was altered: it does not open.", row.seq))
            .hint("strongroom verify tells what else is damaged. Keep a copy of the file, and compare with a backup.")
    })?;
    Ok(buffer.get(range).unwrap_or_default())
}

/// At most `most` records from number `from` on, oldest first.
pub(super) fn records(view: &View<'_>, from: u64, most: usize) -> Result<Vec<AuditRecord>> {
    let (mut records, mut buffer) = (Vec::new(), Zeroizing::new(Vec::with_capacity(1024)));
    view.tx.each_audit(from, |row| {
        records.push(read(body_of(view, &row, &mut buffer)?, &row)?);
        Ok(records.len() < most)
    })?;
    Ok(records)
}

pub(super) fn read(body: &[u8], row: &AuditRow<'_>) -> Result<AuditRecord> {
    let body = AuditBody::read(body)?;
    Ok(AuditRecord {
        seq: row.seq,
        at: record::timestamp(row.at)?,
        action: body.action,
        secret: body.secret,
        address: body.address,
        version: body.version,
        actor: body.actor,
        reason: body.reason,
        error: body.error,
        hash: row.mac,
    })
}

impl AuditQuery {
    pub(super) fn wants(&self, record: &AuditRecord) -> bool {
        fn agrees<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        agrees(self.secret.as_ref(), record.secret.as_ref())
            && agrees(self.address.as_ref(), record.address.as_ref())
            && agrees(self.action.as_ref(), Some(&record.action))
            && self.actor.as_ref().is_none_or(|who| *who == record.actor.user || *who == record.actor.signature())
            && self.since.is_none_or(|since| record.at >= since)
            && !(self.failed && record.error.is_none())
    }
}
