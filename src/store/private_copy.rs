//! A copy of the vault file and its log, to read a vault whose own place cannot be
//! written: sealed bytes, in a private folder that is gone again before the first read, so
//! that not even a crash leaves it behind.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::error::Error;

use super::private_folder::PrivateFolder;
use super::{connect, failure};

/// The copy's name in its folder.
const COPY: &str = "vault.db";
/// How often a file that somebody else is writing is copied anew.
const TRIES: usize = 5;

/// Opens a copy of the file at `path` with what its log holds. `None` where the copy
/// is refused like the file itself, so that the file's own error is the one to show.
pub(super) fn open(path: &Path) -> std::result::Result<Connection, Option<Error>> {
    let folder = PrivateFolder::for_copies(true).map_err(Some)?;
    for _ in 0..TRIES {
        let before = stamps(path);
        let copied = copy(&folder, path, "").and_then(|()| copy(&folder, path, "-wal"));
        copied.map_err(|error| Some(not_copied(path, &error)))?;
        if stamps(path) == before {
            // The connection keeps what it has opened when the folder goes.
            let connection = connect::read_write(&folder.file(COPY), false).map_err(|_| None)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(|_| None)?;
            connection.pragma_update(None, "query_only", true).map_err(|error| Some(failure(error)))?;
            return Ok(connection);
        }
    }
    Err(Some(
        Error::busy(format!("The vault {} is being written while it is read.", path.display()))
            .hint("It cannot be opened for writing here; try again in a moment."),
    ))
}

/// What changes when a file is written: identity, length and time, of file and log.
fn stamps(path: &Path) -> Vec<Option<(u64, u64, i64, i64)>> {
    let stamp = |file: PathBuf| {
        let metadata = fs::symlink_metadata(file).ok()?;
        Some((metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
    };
    ["", "-wal"].map(|suffix| stamp(beside(path, suffix))).to_vec()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn not_copied(path: &Path, error: &io::Error) -> Error {
    Error::failure(format!(
        "The vault {} cannot be written, and copying it to be read failed: {error}.",
        path.display()
    ))
    .hint("Make its place writable, or set TMPDIR to a folder with room for a copy.")
}

/// Copies the file beside `path`; one that is not there leaves none in the folder.
fn copy(folder: &PrivateFolder, path: &Path, suffix: &str) -> io::Result<()> {
    let target = format!("{COPY}{suffix}");
    match fs::remove_file(folder.file(&target)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut from = match File::open(beside(path, suffix)) {
        Err(error) if error.kind() == ErrorKind::NotFound && !suffix.is_empty() => return Ok(()),
        opened => opened?,
    };
    io::copy(&mut from, &mut folder.create(&target)?).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with_log(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("vault.db");
        File::create(&path).unwrap();
        let writer = connect::read_write(&path, false).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2);").unwrap();
        (path, writer)
    }

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_copy_shows_what_only_the_log_holds_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, writer) = file_with_log(folder.path());
        assert!(fs::metadata(beside(&path, "-wal")).unwrap().len() > 0, "the log is empty");
        let copy = open(&path).ok().unwrap();
        assert_eq!(count(&copy), 2);
        let place = PathBuf::from(copy.path().unwrap());
        assert!(!place.exists() && !place.parent().unwrap().exists(), "{}", place.display());
        assert!(copy.execute("DELETE FROM t", []).is_err(), "a copy took a write");
        writer.execute_batch("INSERT INTO t VALUES (3)").unwrap();
        assert_eq!(count(&copy), 2, "the copy is of its moment");
        drop(copy);
        assert!(!place.exists());
        assert_eq!(count(&writer), 3);
    }

    #[test]
    fn what_cannot_be_copied_is_said_with_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(&folder.path().join("none.db")).err().flatten().unwrap();
        assert!(error.message().contains("none.db"), "{error}");
    }
}
