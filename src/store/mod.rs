//! The SQLite file: the only SQL in the house. It knows no keys and keeps sealed
//! bytes; what they mean is the vault's business.
//!
//! Durability: WAL with `synchronous = FULL`, so a commit that was answered is on
//! the disk. A vault is created in one transaction, and migrated by the first write of
//! an unlocked one, in the same transaction. Opening never writes.

mod anchor;
mod audit;
mod connect;
mod doubt;
mod draft;
mod file;
mod listing;
mod network;
mod private_copy;
mod private_folder;
mod schema;
mod secrets;
mod segments;
mod slots;
mod snapshot;
mod stages;
mod state;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::error::{Error, Result};

pub use anchor::{AnchorFile, MARK, Marks};
pub use audit::{AuditRow, PendingRow};
pub use draft::Draft;
pub use network::allow_network_file_systems;
pub use secrets::{BUCKETS, Counts, SecretRow, VersionRow, bucket_of};
pub use segments::SegmentRow;
pub use slots::SlotRow;
pub use stages::StageRow;
pub use state::StateRow;

/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(10);

/// An open vault file.
pub struct Store {
    /// None once a failed commit left the file unreadable.
    connection: Option<Connection>,
    path: PathBuf,
    /// The file that the path led to when it was opened.
    identity: file::Identity,
    /// Why it cannot be written, if so.
    read_only: Option<&'static str>,
    schema_version: i64,
    /// What is to be said of a change that was saved although the disk reported an error.
    doubt: Option<&'static str>,
}

/// One transaction: everything is read from one snapshot, everything written is
/// written together.
pub struct Tx<'a> {
    connection: &'a Connection,
}

impl Store {
    /// Makes a new file at `path`, filled by `fill` in the one transaction that
    /// also makes the tables. It is built under another name and renamed, so that
    /// nobody ever sees half a vault.
    ///
    /// # Errors
    /// Conflict, when `path` exists; Denied, when its folder is not private,
    /// or on a network's file system.
    pub fn create(path: &Path, fill: impl FnOnce(&Tx<'_>) -> Result<()>) -> Result<Self> {
        let draft = Draft::of_vault(path)?;
        let is_shared = network::check(draft.path().parent().unwrap_or(draft.path()))?;
        drop(draft.create()?);
        {
            let mut connection = connect::read_write(&draft.unfinished(), is_shared).map_err(failure)?;
            connection.pragma_update(None, "journal_mode", "WAL").map_err(failure)?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
            schema::migrate(&transaction, 0)?;
            fill(&Tx { connection: &transaction })?;
            transaction.commit().map_err(failure)?;
            connection.close().map_err(|(_, error)| failure(error))?;
        }
        let path = draft.path().to_owned();
        draft.publish()?;
        // A vault that cannot be opened now is of no use to the one who makes it.
        Self::open(&path).inspect_err(|_| draft::take_back(&path))
    }

    /// Opens a vault file after checking its permissions, its header and its schema, which
    /// may be that of any format so far.
    ///
    /// # Errors
    /// `NotFound`, when there is no file; Denied, when it or a folder above it is open to
    /// others, or it is a symlink, or on a network's file system; Damaged, when it is no vault; Failure, when its
    /// format is newer, or it was replaced at this very moment.
    pub fn open(path: &Path) -> Result<Self> {
        let (path, identity) = file::check(path)?;
        let is_shared = network::check(&path)?;
        let connect::Opened { connection, read_only } = connect::open(&path, is_shared)?;
        identity.check(&path)?;
        schema::check(&connection)?;
        let schema_version = schema_version(&connection).map_err(failure)?;
        Ok(Self { connection: Some(connection), path, identity, read_only, schema_version, doubt: None })
    }

    /// Whether the path still leads to the file that is open. One that cannot be written may
    /// go: nothing is lost with it.
    ///
    /// # Errors
    /// Failure, when it was removed or replaced; Denied, when nobody can say.
    pub fn check_place(&self) -> Result<()> {
        if self.read_only.is_some() { Ok(()) } else { self.identity.check(&self.path) }
    }

    /// The file's path, canonical.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the file cannot be written, if so. What is read may then be a copy of the
    /// moment at which it was opened.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<&'static str> {
        self.read_only
    }

    /// Runs `work` on one snapshot.
    ///
    /// # Errors
    /// Those of `work`; Busy or Damaged from the file.
    pub fn read<T>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let connection = self.connection.as_mut().ok_or_else(doubt::closed)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(failure)?;
        work(&Tx { connection: &transaction })
    }

    /// Runs `work` as the only writer and commits; nothing is kept when it fails.
    ///
    /// # Errors
    /// Those of `work`, of [`Self::check_place`] and of the file: Busy, Denied, Damaged or
    /// Failure. A commit that failed is looked after (`doubt`): the error then says whether
    /// the change was saved, and one that was saved all the same is no error.
    pub fn write<T>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        if let Some(because) = self.read_only {
            return Err(connect::unwritable(&self.path, because));
        }
        self.check_place()?;
        let connection = self.connection.as_mut().ok_or_else(doubt::closed)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
        if schema_version(&transaction).map_err(failure)? != self.schema_version {
            schema::check(&transaction)?;
            self.schema_version = schema_version(&transaction).map_err(failure)?;
        }
        let done = work(&Tx { connection: &transaction })?;
        // Waiting for another writer, or thousands of changes, may have taken a while.
        self.identity.check(&self.path)?;
        let written = Tx { connection: &transaction }.tag()?;
        match transaction.commit() {
            Ok(()) => Ok(done),
            Err(error) => self.look_after(written, error).map(|()| done),
        }
    }

    /// Writes the log back into the file and cuts it, so that nothing destroyed
    /// stays readable in it.
    ///
    /// # Errors
    /// Busy, when another connection has held the log for all the time a writer waits.
    pub fn checkpoint(&self) -> Result<()> {
        // SQLite does not fail then, but says so in the first column.
        let connection = self.connection.as_ref().ok_or_else(doubt::closed)?;
        let held: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failure)?;
        if held { Err(Error::busy("Another process holds the vault's log.")) } else { Ok(()) }
    }

    /// SQLite's own check of the file's structure.
    ///
    /// # Errors
    /// Damaged, when it finds anything.
    pub fn quick_check(&self) -> Result<()> {
        let connection = self.connection.as_ref().ok_or_else(doubt::closed)?;
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failure)?;
        if verdict == "ok" {
            return Ok(());
        }
        Err(Error::damaged(format!("The vault file {} is damaged inside.", self.path.display()))
            .hint("Restore it from a backup; keep the damaged one for inspection."))
    }
}

fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "schema_version", |row| row.get(0))
}

/// What a SQLite error means for the operator. The message names no data.
fn failure(error: rusqlite::Error) -> Error {
    let code = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.code,
        rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => ErrorCode::DatabaseCorrupt,
        _ => return Error::failure("SQLite refused a request of ours.").hint("This is a bug; please report it."),
    };
    match code {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            Error::damaged("The vault file is damaged: truncated, altered, or no vault at all.")
                .hint("Restore it from a backup; keep the damaged one for inspection.")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Error::busy("Another process has held the vault for 10 seconds.").hint("Try again when it is done.")
        }
        ErrorCode::DiskFull => {
            Error::failure("The disk is full.").hint("Nothing was changed. Free some space and try again.")
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            Error::denied("The vault file cannot be opened for writing.")
                .hint("Check who owns it, and whether the file system is mounted read-only.")
        }
        ErrorCode::SystemIoFailure => {
            Error::failure("The disk reported an error, or a limit on file sizes was reached.")
                .hint("Check the disk and ulimit -f, then open the vault again.")
        }
        ErrorCode::ConstraintViolation => {
            Error::damaged("The vault file refused a record that should fit.").hint("Restore it from a backup.")
        }
        other => Error::failure(format!("SQLite failed with {other:?}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn a_file_that_goes_while_it_is_written_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, away) = (folder.path().join("vault.db"), folder.path().join("two.db"));
        let mut store = Store::create(&path, |_| Ok(())).unwrap();
        let refused = store.write(|tx| {
            std::fs::rename(&path, &away).unwrap();
            tx.add_pending(1, 1)
        });
        let error = refused.unwrap_err();
        assert!(error.message().contains("nothing is written any more"), "{error}");
        assert_eq!(store.write(|tx| tx.add_pending(1, 1)), Err(error.clone()));
        assert_eq!(store.check_place(), Err(error));
        std::fs::rename(&away, &path).unwrap();
        assert_eq!(store.read(|tx| tx.pending()).unwrap(), []);
        store.write(|tx| tx.add_pending(2, 1)).unwrap();
        drop(store);
        assert_eq!(Store::open(&path).unwrap().read(|tx| tx.pending()).unwrap().len(), 1);
    }

    /// The flags of `.cargo/config.toml` reached the library that is linked.
    #[test]
    fn sqlite_is_built_as_asked() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("PRAGMA compile_options").unwrap();
        let options: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for wanted in
            ["SECURE_DELETE", "TEMP_STORE=3", "OMIT_LOAD_EXTENSION", "OMIT_JSON", "DQS=0", "DEFAULT_SYNCHRONOUS=2"]
        {
            assert!(options.iter().any(|option| option == wanted), "{wanted} is missing in {options:?}");
        }
        for unwanted in ["USE_URI", "ENABLE_LOAD_EXTENSION", "ENABLE_FTS5"] {
            assert!(!options.iter().any(|option| option == unwanted), "{unwanted} is on");
        }
    }
}
