//! Asking the audit log, and walking its chain.

use subtle::ConstantTimeEq;

use crate::crypto::seal::Padding;
use crate::error::Result;
use crate::store::AuditRow;

use super::Vault;
use super::audit::{AuditQuery, AuditRecord, AuditVerdict};
use super::change::{audit_link, audit_place};
use super::record::{self, AuditBody};
use super::view::View;

impl Vault {
    /// The records that `query` asks for, newest first.
    ///
    /// # Errors
    /// Damaged, when a record does not open.
    pub fn audit(&mut self, query: &AuditQuery) -> Result<Vec<AuditRecord>> {
        let limit = query.limit.unwrap_or(usize::MAX);
        self.view(|view| {
            let mut records = Vec::new();
            if limit == 0 {
                return Ok(records);
            }
            view.tx.each_audit_newest_first(u64::MAX, |row| {
                let record = open(view, row)?;
                if query.wants(&record) {
                    records.push(record);
                }
                Ok(records.len() < limit)
            })?;
            Ok(records)
        })
    }

    /// SQLite's own check of the file: pages that are cut off or scribbled over, indexes
    /// included, which no seal covers.
    ///
    /// # Errors
    /// Damaged, when it finds anything.
    pub fn check_file(&mut self) -> Result<()> {
        let done = self.store.quick_check();
        self.watch(done)
    }

    /// Walks the whole chain, from the first record to the head under the root.
    ///
    /// # Errors
    /// Those of the file; a broken chain is a verdict, no error.
    pub fn verify_audit(&mut self) -> Result<AuditVerdict> {
        let verdict = self.view(walk)?;
        if let AuditVerdict::Broken { first_bad, cause } = &verdict {
            self.read_only.get_or_insert_with(|| format!("The audit log is broken at record {first_bad}: {cause}"));
        }
        Ok(verdict)
    }
}

fn open(view: &View<'_>, row: AuditRow) -> Result<AuditRecord> {
    let place = audit_place(view.keys, row.seq, row.at);
    let opened = view.keys.audit_body.open(&place, Padding::Blocks, &row.body)?;
    let body = AuditBody::read(opened.expose())?;
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

fn walk(view: &View<'_>) -> Result<AuditVerdict> {
    let (mut head, mut records, mut cause) = ([0; 32], 0, None);
    view.tx.each_audit(0, |row| {
        if row.seq != records + 1 {
            cause = Some("it is missing");
            return Ok(false);
        }
        head = audit_link(view.keys, &head, row.seq, row.at, &row.body);
        if !bool::from(head.ct_eq(&row.mac)) {
            cause = Some("it was altered or moved");
            return Ok(false);
        }
        records = row.seq;
        Ok(true)
    })?;
    if cause.is_none() && (records != view.state.audit_seq || head != view.state.audit_head) {
        cause = Some("the end of the log was cut off");
    }
    Ok(match cause {
        Some(cause) => AuditVerdict::Broken { first_bad: records + 1, cause: format!("{cause}.") },
        None => AuditVerdict::Intact { records },
    })
}

impl AuditQuery {
    fn wants(&self, record: &AuditRecord) -> bool {
        fn agrees<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        agrees(self.secret.as_ref(), record.secret.as_ref())
            && agrees(self.address.as_ref(), record.address.as_ref())
            && agrees(self.action.as_ref(), Some(&record.action))
            && agrees(self.actor.as_ref(), Some(&record.actor.user))
            && self.since.is_none_or(|since| record.at >= since)
            && !(self.failed && record.error.is_none())
    }
}
