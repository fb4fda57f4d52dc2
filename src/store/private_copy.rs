//! A copy of the vault file and its log, to read a vault whose own place cannot be
//! written: sealed bytes, in a folder of mode 0700 that is gone again before the
//! first read, so that not even a crash leaves it behind.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rustix::fs::OFlags;
use uuid::Uuid;

use crate::error::{Error, Result};

use super::{connect, failure};

/// How often a file that somebody else is writing is copied anew.
const TRIES: usize = 5;

/// Opens a copy of the file at `path` with what its log holds. `None` where the copy
/// is refused like the file itself, so that the file's own error is the one to show.
pub(super) fn open(path: &Path) -> std::result::Result<Connection, Option<Error>> {
    let folder = Folder::new().map_err(Some)?;
    for _ in 0..TRIES {
        let before = stamps(path);
        let copied = folder.copy(path, "").and_then(|()| folder.copy(path, "-wal"));
        copied.map_err(|error| Some(not_copied(path, &error)))?;
        if stamps(path) == before {
            // The connection keeps what it has opened when the folder goes.
            let connection = connect::read_write(&folder.file("")).map_err(|_| None)?;
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

/// A private folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    /// Where the system keeps nothing on a disk, or else where temporary files go.
    fn new() -> Result<Self> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|place| place.is_absolute());
        let mut refused = None;
        for place in runtime.into_iter().chain([env::temp_dir()]) {
            // SQLite refuses symlinks anywhere in a path.
            let made = place.canonicalize().and_then(|place| {
                let folder = place.join(format!("strongroom-{}", Uuid::new_v4().simple()));
                DirBuilder::new().mode(0o700).create(&folder).map(|()| Self(folder))
            });
            match made {
                Ok(folder) => return Ok(folder),
                Err(error) => refused = Some(error),
            }
        }
        let cause = refused.map(|error| error.to_string()).unwrap_or_default();
        Err(Error::denied(format!("The vault cannot be written, and there is no place for a copy to read: {cause}."))
            .hint("Make its place writable, or set TMPDIR to a folder with room for a copy."))
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.0.join(format!("vault.db{suffix}"))
    }

    /// Copies the file beside `path`; one that is not there leaves none here.
    fn copy(&self, path: &Path, suffix: &str) -> io::Result<()> {
        let target = self.file(suffix);
        match fs::remove_file(&target) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut from = match File::open(beside(path, suffix)) {
            Err(error) if error.kind() == ErrorKind::NotFound && !suffix.is_empty() => return Ok(()),
            opened => opened?,
        };
        let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
        let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(nofollow).open(target)?;
        io::copy(&mut from, &mut to).map(|_| ())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed holds sealed bytes only.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with_log(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("vault.db");
        File::create(&path).unwrap();
        let writer = connect::read_write(&path).unwrap();
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
