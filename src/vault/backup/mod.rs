//! Backups: everything that is in a vault, in one sealed file with keys of its own.
//!
//! [`Vault::back_up`](super::Vault::back_up) copies the file of one moment, strips it of
//! the vault's key slots, seals it in chunks and, before it says that it is done, reads
//! back what it wrote, as whoever will need it: [`LockedBackup`] → [`Backup`] →
//! [`Backup::verify`] (everything in it opens), [`Backup::compare`] (and is what the
//! vault has) or [`Backup::restore`] (a new vault file). Nothing of a backup is
//! believed before its seal was checked; no database is opened before all of it was.

mod create;
mod dated;
mod drill;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod header;
mod open;
mod restore;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::store::{Counts, Draft};

use super::record::timestamp;
use header::{Header, Manifest};

pub(super) use dated::Note;

pub use create::Destination;
pub use dated::{Backups, Made, Tried, Wanting};
pub use drill::{Drill, Since};

pub use open::{Backup, LockedBackup};
pub use restore::Restored;

/// What a backup is a backup of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Random identity of the backup.
    pub id: [u8; 16],
    /// The moment it is of.
    pub as_of: Timestamp,
    /// Which vault.
    pub vault_id: [u8; 16],
    /// The number of changes the vault had by then.
    pub seq: u64,
    /// Living secrets.
    pub secrets: u64,
    /// Deleted ones that can be restored.
    pub deleted: u64,
    /// Versions of them all.
    pub versions: u64,
    /// Records of the audit log.
    pub audit_records: u64,
    /// Size of the database in it, in bytes.
    pub bytes: u64,
}

impl About {
    fn of(header: &Header, manifest: &Manifest) -> Result<Self> {
        let Counts { living, deleted, versions } = manifest.counts;
        Ok(Self {
            id: header.identity.backup_id,
            as_of: timestamp(header.identity.created_at)?,
            vault_id: header.identity.vault_id,
            seq: manifest.seq,
            secrets: living,
            deleted,
            versions,
            audit_records: manifest.audit_seq,
            bytes: header.bytes,
        })
    }

    /// The first eight hexadecimal digits of the backup's identity, as people see it.
    #[must_use]
    pub fn short_id(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.id[..4])
    }
}

/// Where a backup came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// What is in it.
    pub about: About,
    /// The file; `None` when it went to a stream, which nobody could read back.
    pub file: Option<PathBuf>,
}

/// Refuses what nothing would be put over, before anybody is asked for a passphrase.
///
/// # Errors
/// Conflict, when something is at `path`; for a backup also when its folder cannot be.
pub fn check_free(path: &Path, is_backup: bool) -> Result<()> {
    if is_backup { Draft::check_backup(path).map(drop) } else { Draft::check_free(path, "vault") }
}

fn damaged(what: &str) -> Error {
    Error::damaged(format!("The backup is damaged or was tampered with: {what}."))
        .hint("Use another backup, and keep this one for inspection. Nothing in it was believed.")
}

fn cut_off() -> Error {
    damaged("it is cut off")
}

fn unreadable(error: &std::io::Error) -> Error {
    Error::failure(format!("The backup cannot be read: {error}.")).hint("Check the disk that it is on.")
}

fn unwritable(place: &str, error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Kind::Denied,
        _ => Kind::Failure,
    };
    Error::new(kind, format!("{place} cannot be written: {error}.")).hint(
        "Nothing was kept. Make room there or choose another place (TMPDIR, for private copies), and check ulimit -f.",
    )
}
