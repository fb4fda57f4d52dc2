//! The vault of one moment in a file of its own, made while others write; and the way
//! back, from such bytes to a file that can be read.

use std::fs::File;
use std::path::Path;

use rusqlite::{ErrorCode, TransactionBehavior};

use crate::error::{Error, Result};

use super::private_folder::PrivateFolder;
use super::{Draft, Store, Tx, connect, doubt, failure, file, schema, schema_version};

/// The copy's name in its folder.
const COPY: &str = "vault.db";

impl Store {
    /// Copies what the file holds at one moment, whoever writes meanwhile, and has `work` make
    /// of the copy what is to be kept. The copy has no name any more when it is given.
    ///
    /// # Errors
    /// Those of `work`; Damaged or Busy from the file; Denied or Failure, when there is no
    /// room for a copy.
    pub fn snapshot<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<(T, File)> {
        let folder = PrivateFolder::for_copies(false)?;
        let copied = folder.create(COPY).map_err(|error| no_room(&error))?;
        let path = folder.file(COPY);
        let name = path.to_str().ok_or_else(|| {
            Error::failure(format!("{} is no place for SQLite: it is not UTF-8.", path.display()))
                .hint("Set TMPDIR to another folder.")
        })?;
        // Into a file that is there and empty, so that it keeps its mode.
        let connection = self.connection.as_ref().ok_or_else(doubt::closed)?;
        connection.execute("VACUUM INTO ?1", [name]).map_err(|error| not_copied(&path, error))?;
        let mut connection = connect::read_write(&path, false).map_err(failure)?;
        // It is this process's own, and nothing to be recovered.
        connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;").map_err(failure)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
        let done = work(&Tx { connection: &transaction })?;
        transaction.commit().map_err(|error| not_copied(&path, error))?;
        connection.close().map_err(|(_, error)| failure(error))?;
        drop(folder);
        Ok((done, copied))
    }

    /// A file that `write` fills, to be read only; it has no name any more when it is given.
    /// Messages call it `shown`.
    ///
    /// # Errors
    /// Those of `write`; Damaged, when it is no vault; Denied or Failure, when there is no
    /// room for it.
    pub fn of_copy(shown: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<Self> {
        let folder = PrivateFolder::for_copies(false)?;
        write(&mut folder.create(COPY).map_err(|error| no_room(&error))?)?;
        let path = folder.file(COPY);
        let (_, identity) = file::check(&path)?;
        let connection = connect::read_write(&path, false).map_err(failure)?;
        connection.pragma_update(None, "query_only", true).map_err(failure)?;
        schema::check(&connection)?;
        let schema_version = schema_version(&connection).map_err(failure)?;
        let read_only = Some("it is a copy");
        Ok(Self {
            connection: Some(connection),
            path: shown.to_owned(),
            identity,
            read_only,
            schema_version,
            doubt: None,
        })
    }
}

impl Draft {
    /// Opens the draft of a vault, with a log as every vault has.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self) -> Result<Store> {
        let store = Store::open(&self.unfinished())?;
        let connection = store.connection.as_ref().ok_or_else(doubt::closed)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failure)?;
        Ok(store)
    }
}

/// The disk that is full, or failed, is not the vault's but that of temporary files.
fn not_copied(path: &Path, error: rusqlite::Error) -> Error {
    let is_of_disk = matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure));
    let said = failure(error);
    if !is_of_disk {
        return said;
    }
    let place = path.parent().and_then(Path::parent).unwrap_or(path);
    Error::failure(format!("A private copy of the vault cannot be made in {}. {}", place.display(), said.message()))
        .hint("Free some space, or set TMPDIR to a folder with room for a copy.")
}

fn no_room(error: &std::io::Error) -> Error {
    Error::failure(format!("A private copy of the vault cannot be made ({error})."))
        .hint("Free some space, or set TMPDIR to a folder with room for a copy.")
}
