//! From a backup to a new vault file.

use std::path::{Path, PathBuf};

use crate::crypto::keyring::{SlotKind, UnlockKey};
use crate::crypto::passphrase::Cost;
use crate::crypto::random_array;
use crate::error::{Error, Result};
use crate::store::Draft;

use super::super::audit::{Actor, AuditAction};
use super::super::keys::put;
use super::super::unlock::{cost_of, with_kind};
use super::{About, Backup};

/// What became of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was in it.
    pub about: About,
    /// The new vault.
    pub path: PathBuf,
    /// What opens it.
    pub kind: SlotKind,
}

impl Backup {
    /// Makes the vault file `to` of the backup. It opens with `key`, which has opened the
    /// backup, at no lower `cost`; `None` measures this machine. The file appears when
    /// everything in it was opened; its history begins a line of its own.
    ///
    /// # Errors
    /// Conflict, when the file exists; Damaged, naming what; Denied or Failure by what the
    /// system says. No file is kept then.
    pub fn restore(mut self, to: &Path, key: &UnlockKey, cost: Option<Cost>, actor: Actor) -> Result<Restored> {
        let draft = Draft::of_vault(to)?;
        let place = format!("The new vault {}", draft.path().display());
        let manifest = self.write_database(&mut draft.create()?, &place)?;
        let about = About::of(&self.header, &manifest)?;
        let mut vault = self.vault(draft.open()?, actor)?;
        self.check(&mut vault, &manifest)?;
        let key = with_kind(key, self.slot.kind);
        let cost = cost_of(cost, [&key])?;
        let slot = vault.keys.new_slot(&key, self.slot.cost.map_or(cost, |before| cost.or_more(before)))?;
        let told = format!("backup {} as of {}", about.short_id(), about.as_of);
        let written = vault.write(|change| {
            put(change, &slot)?;
            change.begin_lineage(random_array()?);
            change.audit_body(AuditAction::RestoreAccepted, None, None, None, &told, None)
        });
        written.and_then(|()| vault.store.checkpoint()).map_err(|error| {
            Error::new(error.kind(), format!("{place} cannot be written. {}", error.message()))
                .hint("Nothing was kept. Make room on that disk or choose another one, and check ulimit -f.")
        })?;
        drop(vault);
        let path = draft.path().to_owned();
        draft.publish()?;
        Ok(Restored { about, path, kind: key.kind() })
    }
}
