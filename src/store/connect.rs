//! From a path to a connection: everything off that a hostile file could use, and
//! a way to read a vault that cannot be written.
//!
//! SQLite reads a file with a write-ahead log only if it can write beside it. On a
//! read-only file system, or a full one, it therefore opens nothing at all; and
//! told that the file is immutable, it would leave the log out and show old data
//! without a word. So [`open`] falls back to a [`private_copy`] of file and log.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::error::{Error, Result};

use super::{BUSY, failure, private_copy, schema_version};

/// An open file.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Why it cannot be written, if so.
    pub(super) read_only: Option<&'static str>,
}

/// Opens an existing file, to be written if possible; `alone` where other machines may share it.
pub(super) fn open(path: &Path, alone: bool) -> Result<Opened> {
    match read_write(path, alone) {
        Ok(connection) => {
            let unwritable = connection.is_readonly("main").map_err(failure)?;
            Ok(Opened { connection, read_only: unwritable.then(|| because_of(path)) })
        }
        Err(error) if is_unwritable(&error) => match private_copy::open(path) {
            Ok(connection) => Ok(Opened { connection, read_only: Some(because_of(path)) }),
            Err(refused) => Err(refused.unwrap_or_else(|| failure(error))),
        },
        Err(error) => Err(failure(error)),
    }
}

/// Opens a file and reads the first page, which is where one finds out. `alone` takes the
/// whole file until the connection goes, and shares no memory.
pub(super) fn read_write(path: &Path, alone: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    // Before anything is read, else the log's index is in shared memory already.
    if alone {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0; PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 1000;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    schema_version(&connection)?;
    Ok(connection)
}

/// True when the file is refused because nothing can be written beside it: it, its
/// folder or the file system is read-only, or there is no room for the shared memory.
fn is_unwritable(error: &rusqlite::Error) -> bool {
    const NO_ROOM: [i32; 3] = [ffi::SQLITE_IOERR_SHMOPEN, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_IOERR_SHMMAP];
    let Some(cause) = error.sqlite_error() else { return false };
    matches!(
        cause.code,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen | ErrorCode::DiskFull
    ) || NO_ROOM.contains(&cause.extended_code)
}

/// Why the file at `path` cannot be written, for the operator.
fn because_of(path: &Path) -> &'static str {
    match statvfs(path) {
        Ok(system) if system.f_flag.contains(StatVfsMountFlags::RDONLY) => "its file system is mounted read-only",
        Ok(system) if system.f_bavail == 0 => "the disk is full",
        _ => "the permissions of file or folder, or a limit of this process, forbid it",
    }
}

/// The refusal of a write to a file that was opened read-only.
pub(super) fn unwritable(path: &Path, because: &str) -> Error {
    Error::denied(format!("The vault {} cannot be written: {because}.", path.display()))
        .hint("Nothing leaves a vault that cannot keep its audit log; make it writable, then open it again.")
}
