//! [`Vault::verify`]: everything that the file holds is opened and held against the root,
//! and what is damaged is named.

use std::collections::HashSet;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::store::SecretRow;

use super::audit::{AuditAction, AuditQuery, AuditVerdict};
use super::audit_log::body_of;
use super::catalog::Catalog;
use super::record::{AuditBody, timestamp};
use super::scope::Address;
use super::secret::{Secret, SecretId};
use super::view::View;
use super::{AuditWalk, Vault, rows};

/// What was opened, and what did not open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Living secrets.
    pub secrets: u64,
    /// Deleted ones that can be restored.
    pub deleted: u64,
    /// Versions of them all.
    pub versions: u64,
    /// Records of the audit log, up to the first bad one; those that were cut off left out.
    pub audit_records: u64,
    /// What is damaged, a sentence each; empty when all is well.
    pub damage: Vec<String>,
    /// Where something is: when all was well last, as the log tells.
    pub whole_at: Option<Timestamp>,
    /// Why it could not be put on record that all is well, if so.
    pub unrecorded: Option<Error>,
}

impl Vault {
    /// Opens every record: the pages of the file, the lists, every secret, living or
    /// deleted, with every field of every version, and the whole audit log. No value is
    /// given to anybody. That all is well, or what is not, is put on record.
    ///
    /// # Errors
    /// Those of reading the file; damage is in what comes back.
    pub fn verify(&mut self) -> Result<Verified> {
        let was_read_only = self.read_only.clone();
        let mut verified = self.open_everything()?;
        // What was found the last time is looked at anew.
        self.read_only = was_read_only.clone();
        let Some(damage) = verified.damage.first().cloned() else {
            if self.read_only.is_none() {
                let action = AuditAction::Verify;
                let recorded = self.write(|change| change.audit_body(action, None, None, None, "", None));
                verified.unrecorded = recorded.err();
            }
            return Ok(verified);
        };
        self.read_only.get_or_insert_with(|| damage.clone());
        verified.whole_at = self.last_found_whole();
        if was_read_only.is_none() {
            // The finding is the one thing that is still written, as far as that can be done.
            let read_only = self.read_only.take();
            let found = AuditAction::TamperDetected;
            let _ = self.write(|change| change.audit_body(found, None, None, None, "", Some(&damage)));
            self.read_only = read_only;
        }
        Ok(verified)
    }

    /// The damage that was found when the vault was verified last, as far as the newest `most`
    /// records of the log tell: when and what, a sentence.
    ///
    /// # Errors
    /// Damaged, when a record does not open.
    pub fn damage_on_record(&mut self, most: usize) -> Result<Option<String>> {
        self.view(|view| {
            let (mut left, mut found) = (most, None);
            let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
            view.tx.each_audit_newest_first(u64::MAX, |row| {
                if left > 0 {
                    left -= 1;
                    found = finding(body_of(view, &row, &mut buffer)?, row.at)?;
                }
                Ok(left > 0 && found.is_none())
            })?;
            Ok(found.and_then(std::result::Result::err))
        })
    }

    /// When the whole vault was verified last and found well.
    fn last_found_whole(&mut self) -> Option<Timestamp> {
        let verified = AuditQuery { action: Some(AuditAction::Verify), limit: Some(1), ..AuditQuery::default() };
        self.audit(&verified).ok()?.pop().filter(|record| record.error.is_none()).map(|record| record.at)
    }

    /// All of that but the record. After damage nothing is written any more.
    pub(super) fn open_everything(&mut self) -> Result<Verified> {
        let mut verified = Verified::default();
        for checked in [self.store.quick_check(), self.verify_rows()] {
            verified.note(None, checked)?;
        }
        let (catalog, damage) = self.catalog_with_damage();
        verified.note(None, damage.map_or(Ok(()), Err))?;
        let opened = self.view(|view| open_all(view, &catalog, &mut verified));
        verified.note(None, opened)?;
        match self.walk_whole_audit() {
            Ok(AuditVerdict::Intact { records }) => {
                verified.audit_records = records - self.segments()?.last().map_or(0, |segment| segment.last);
            }
            Ok(AuditVerdict::Broken { first_bad, cause }) => {
                let gone = self.segments().ok().and_then(|segments| segments.last().map(|segment| segment.last));
                verified.audit_records = first_bad.saturating_sub(1 + gone.unwrap_or(0));
                verified.damage.push(format!("The audit log breaks at record {first_bad}: {cause}"));
            }
            Err(error) => verified.note(None, Err(error))?,
        }
        if let Some(damage) = verified.damage.first() {
            self.read_only.get_or_insert_with(|| damage.clone());
        }
        Ok(verified)
    }

    /// The chain, and every body of it.
    fn walk_whole_audit(&mut self) -> Result<AuditVerdict> {
        let mut walk = AuditWalk::telling_uses();
        loop {
            if let Some(verdict) = self.walk_audit(&mut walk, 1 << 16)? {
                return Ok(verdict);
            }
            drop(walk.take_uses());
        }
    }
}

/// What a record of the log tells of the whole vault, if it is one that does: well, or when
/// and what damage was found, a sentence.
pub(super) fn finding(body: &[u8], at: i64) -> Result<Option<std::result::Result<(), String>>> {
    if !matches!(AuditBody::action_of(body)?, AuditAction::Verify | AuditAction::TamperDetected) {
        return Ok(None);
    }
    let found = AuditBody::read(body)?.error.map_or(Ok(()), |damage| {
        let at = timestamp(at).map_or_else(|_| String::new(), |at| at.strftime(" at %Y-%m-%d %H:%M UTC").to_string());
        Err(format!("Damage was found{at}: {damage}"))
    });
    Ok(Some(found))
}

impl Verified {
    /// Takes damage down; any other error ends the work.
    fn note(&mut self, whose: Option<&Address>, checked: Result<()>) -> Result<()> {
        let Err(error) = checked else { return Ok(()) };
        if error.kind() != Kind::Damaged {
            return Err(error);
        }
        let told = match whose {
            Some(address) => format!("{address}: {}", error.message()),
            None => error.message().to_owned(),
        };
        if !self.damage.contains(&told) {
            self.damage.push(told);
        }
        Ok(())
    }
}

/// Every version of every secret whose row opens. What is damaged is told by address: the
/// rows lie in the order of their random ids, and two runs have to say the same.
///
/// Whose record does not open the list tells.
fn open_all(view: &View<'_>, catalog: &Catalog, verified: &mut Verified) -> Result<()> {
    let told_before = verified.damage.len();
    let mut ids = Vec::new();
    let walked = rows::each(view, |row, _| {
        ids.push((SecretId(row.id), row.buried != 0));
        Ok(())
    });
    let found: HashSet<SecretId> = ids.iter().map(|(id, _)| *id).collect();
    for listed in catalog.listed().iter().filter(|listed| !found.contains(&listed.id)) {
        verified.note(catalog.address(listed).as_ref(), view.by_id(listed.id).map(drop))?;
    }
    verified.note(None, walked)?;
    for (id, is_deleted) in ids {
        let (row, secret) = match view.by_id(id) {
            Ok(found) => found,
            Err(error) => {
                verified.note(None, Err(error))?;
                continue;
            }
        };
        let count = if is_deleted { &mut verified.deleted } else { &mut verified.secrets };
        *count += 1;
        verified.versions += secret.version;
        verified.note(Some(&secret.address), open_versions(view, &row, &secret))?;
    }
    verified.damage[told_before..].sort();
    Ok(())
}

/// The chain with every note, then every field, the pending ones too.
fn open_versions(view: &View<'_>, row: &SecretRow<'_>, secret: &Secret) -> Result<()> {
    view.history(row)?;
    if secret.pending().is_ok() {
        view.pending_fields(secret)?;
    }
    for version in view.tx.versions(&row.id)? {
        view.fields(&version)?;
    }
    Ok(())
}
