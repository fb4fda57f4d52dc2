//! The restore drill: what is in a backup, opened and held against the living vault.

use crate::error::{Error, Kind, Result};

use super::super::Vault;
use super::super::audit::AuditAction;
use super::super::audit_log::records;
use super::super::rows;
use super::super::scope::Address;
use super::super::secret::SecretId;
use super::super::view::View;
use super::{About, Backup};

/// Records of the log that are compared at a time.
const SLICE: usize = 1024;

/// A backup that is what the vault was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// What was compared.
    pub about: About,
    /// What came since.
    pub since: Since,
}

/// What the vault has and the backup has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Since {
    /// Changes that were committed.
    pub changes: u64,
    /// Secrets that were made.
    pub made: u64,
    /// Secrets that are in both, and were changed or deleted.
    pub changed: u64,
    /// Secrets that were destroyed.
    pub purged: u64,
    /// Versions of secrets that are in both.
    pub versions: u64,
    /// Records of the log.
    pub audit_records: u64,
}

impl Backup {
    /// Opens everything that is in the backup and compares it with `vault`: every field of
    /// every version, all metadata that were not changed since, deleted secrets, and every
    /// record of the log. What came of it is on record.
    ///
    /// # Errors
    /// Usage, when it is a backup of another vault; Damaged, when it does not open, or the
    /// two tell of different pasts, with what differs.
    pub fn compare(self, vault: &mut Vault) -> Result<Drill> {
        if self.header.identity.vault_id != vault.keys.vault_id {
            return Err(Error::usage("It is a backup of another vault.").hint("Name the vault with --vault."));
        }
        let shown = self.source.shown.display().to_string();
        let compared = self.compared(vault);
        let (told, error) = match &compared {
            Ok(Drill { about, .. }) => (format!("{}, {shown}", about.told()), None),
            Err(error) => (shown, Some(error.in_full())),
        };
        vault.note(AuditAction::BackupTest, None, &told, error.as_deref())?;
        compared
    }

    fn compared(self, vault: &mut Vault) -> Result<Drill> {
        let (about, mut then) = self.opened(vault.actor().clone())?;
        // What is wrong with the one is not said of the other.
        let (since, differs) = vault.view(|now| Ok(then.view(|then| differences(now, then))))??;
        if differs.is_empty() {
            return Ok(Drill { about, since });
        }
        Err(Error::damaged("The backup and the vault tell of different pasts.")
            .detailed(differs)
            .hint("Look at the vault with strongroom verify and strongroom anchor. Keep both as they are."))
    }
}

/// What `now` has beyond `then`, and what cannot have come of it, a sentence each.
fn differences(now: &View<'_>, then: &View<'_>) -> Result<(Since, Vec<String>)> {
    let (mut since, mut differs) = (Since::default(), Vec::new());
    if now.state.seq < then.state.seq {
        differs.push(format!("The vault is at change {}, the backup at {}.", now.state.seq, then.state.seq));
    }
    since.changes = now.state.seq.saturating_sub(then.state.seq);
    since.made = now.state.secrets.saturating_sub(then.state.secrets);
    let mut ids = Vec::new();
    rows::each(then, |row, _| {
        ids.push(SecretId(row.id));
        Ok(())
    })?;
    for id in ids {
        if let Some((address, what)) = differs_in(now, then, id, &mut since)? {
            differs.push(format!("{address}: {what}."));
        }
    }
    since.audit_records = now.state.audit_seq.saturating_sub(then.state.audit_seq);
    if let Some(number) = first_other_record(now, then)? {
        differs.push(format!("The audit log: record {number} is another one."));
    }
    Ok((since, differs))
}

/// What of one secret is not as it was, if anything.
fn differs_in(
    now: &View<'_>,
    then: &View<'_>,
    id: SecretId,
    since: &mut Since,
) -> Result<Option<(Address, &'static str)>> {
    let (row_then, secret_then) = then.by_id(id)?;
    let differs = |what| Ok(Some((secret_then.address.clone(), what)));
    let (row_now, secret_now) = match now.by_id(id) {
        Ok(found) => found,
        Err(error) if error.kind() != Kind::NotFound => return Err(error),
        Err(_) if now.tx.secret_by_id(&id.0)?.is_some() => {
            since.purged += 1;
            return Ok(None);
        }
        Err(_) => return differs("the vault has no trace of it"),
    };
    if row_now.revision < row_then.revision {
        return differs("the vault has older metadata");
    }
    if row_now.revision > row_then.revision {
        since.changed += 1;
    } else if secret_now != secret_then || pending(now, &secret_now)? != pending(then, &secret_then)? {
        return differs("its metadata differ");
    }
    let (versions_now, versions_then) = (now.tx.versions(&id.0)?, then.tx.versions(&id.0)?);
    let (notes_now, notes_then) = (now.history(&row_now)?, then.history(&row_then)?);
    if !notes_now.ends_with(&notes_then) {
        return differs("its history differs");
    }
    for (version_now, version_then) in versions_now.iter().zip(&versions_then) {
        if now.fields(version_now)? != then.fields(version_then)? {
            return differs("the fields of a version differ");
        }
    }
    since.versions += (notes_now.len() - notes_then.len()) as u64;
    Ok(None)
}

fn pending(view: &View<'_>, secret: &super::super::secret::Secret) -> Result<Option<super::super::secret::Fields>> {
    if secret.pending().is_ok() { view.pending_fields(secret).map(Some) } else { Ok(None) }
}

/// The number of the first record that the vault's log has not, or has otherwise. What was
/// cut off at its beginning is not looked for.
fn first_other_record(now: &View<'_>, then: &View<'_>) -> Result<Option<u64>> {
    let Some(first) = records(now, 1, 1)?.first().map(|record| record.seq) else { return Ok(Some(1)) };
    let mut next = first;
    loop {
        let (slice_then, slice_now) = (records(then, next, SLICE)?, records(now, next, SLICE)?);
        for (number, record) in slice_then.iter().enumerate() {
            // Another master key gives every record another code.
            let is_same = slice_now.get(number).is_some_and(|same| {
                let mut same = same.clone();
                if now.keys.key_epoch != then.keys.key_epoch {
                    same.hash = record.hash;
                }
                same == *record
            });
            if !is_same {
                return Ok(Some(record.seq));
            }
        }
        match slice_then.last() {
            Some(last) => next = last.seq + 1,
            None => return Ok(None),
        }
    }
}
