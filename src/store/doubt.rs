//! What became of a commit that reported an error: it may be in the file all the same.
//!
//! When the disk fails to confirm the last write of a commit, SQLite takes the commit back
//! in memory; the frames stay in the log, and whoever opens the file next may find them
//! whole. So nobody answers from memory, and nothing is written a second time: the
//! connection is dropped, the file opened anew, and its state compared with the one that
//! was written. The log is then written back into the file, which pins the answer down:
//! what was found is on the disk by another way than the one that failed, and what was not
//! found is no longer in the log.

use rusqlite::{ErrorCode, OptionalExtension, ffi};

use crate::error::{Error, Kind, Result};

use super::{Store, Tx, failure};

/// A change was saved although the disk said otherwise.
const SAVED: &str = "The disk reported an error while a change was being saved. It was saved all the same: \
                     the file was opened again to see. Check the disk.";

impl Store {
    /// Finds out whether the state with the tag `written` is in the file, after a commit that
    /// failed with `error`.
    ///
    /// # Errors
    /// `error` with *not saved* in its words; Failure with *unknown* in them, when the file
    /// cannot be read again or the disk confirms nothing.
    pub(super) fn look_after(&mut self, written: Option<[u8; 32]>, error: rusqlite::Error) -> Result<()> {
        let (is_incomplete, error) = (is_incomplete(&error), failure(error));
        // This connection would answer from what it believes. The last one that goes may
        // write the log back, too.
        self.connection = None;
        let reopened = Self::open(&self.path).and_then(|store| self.identity.check(&self.path).map(|()| store));
        let found = reopened.and_then(|store| {
            *self = store;
            self.read(|tx| tx.tag())
        });
        let found = match found {
            Ok(found) => found,
            Err(because) => {
                self.connection = None;
                if is_incomplete {
                    return Err(not_saved(&error));
                }
                return Err(unknown("the file cannot be read again", Some(&because)));
            }
        };
        let confirmed = self.read_only.is_none() && self.checkpoint().is_ok();
        match (found == written, confirmed) {
            (true, true) => {
                self.doubt = Some(SAVED);
                Ok(())
            }
            (true, false) => Err(unknown("it is in the file, but the disk does not confirm it", None)),
            (false, _) => Err(not_saved(&error)),
        }
    }

    /// What is to be said of the last write, once: it was saved although the disk reported an error.
    pub fn take_doubt(&mut self) -> Option<&'static str> {
        self.doubt.take()
    }
}

impl Tx<'_> {
    /// The tag of the state, as far as there is one.
    pub(super) fn tag(&self) -> Result<Option<[u8; 32]>> {
        let tag = self
            .connection
            .prepare_cached("SELECT tag FROM state WHERE id = 1")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)).optional());
        tag.map_err(failure)
    }
}

/// True when the commit's last frame, which makes it one, was not written as a whole: then it
/// was certainly not saved. After a sync that failed nothing is certain.
fn is_incomplete(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|cause| cause.code == ErrorCode::DiskFull || cause.extended_code == ffi::SQLITE_IOERR_WRITE)
}

/// The refusal to use a file that could not be read again.
pub(super) fn closed() -> Error {
    Error::failure("The vault file was closed after the disk reported an error.")
        .hint("Lock and open the vault again, and look at the last change before you repeat it.")
}

fn not_saved(error: &Error) -> Error {
    let hint = error.next_step().unwrap_or_default().to_owned();
    Error::new(error.kind(), format!("{} The change was not saved.", error.message())).hint(hint)
}

fn unknown(why: &str, because: Option<&Error>) -> Error {
    let because = because.map(|error| format!(" {}", error.message())).unwrap_or_default();
    let message = format!(
        "The disk reported an error while the change was being saved, and whether it was saved is unknown: {why}.{because}"
    );
    Error::new(Kind::Failure, message)
        .hint("Check the disk, then open the vault and look before you repeat the change.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StateRow;

    fn state(tag: u8) -> StateRow {
        StateRow {
            vault_id: [1; 16],
            key_epoch: 1,
            lineage: [2; 16],
            created_at: 0,
            commitment: [3; 32],
            seq: u64::from(tag),
            secrets: 0,
            root: [4; 32],
            audit_seq: 0,
            audit_head: [5; 32],
            sealed: 0,
            tag: [tag; 32],
        }
    }

    fn failed(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn what_became_of_a_failed_commit_is_read_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.db");
        let mut store = Store::create(&path, |tx| tx.put_state(&state(1))).unwrap();
        store.write(|tx| tx.put_state(&state(2))).unwrap();
        // The commit of state 2 is said to have failed, and is there.
        assert_eq!(store.look_after(Some([2; 32]), failed(ffi::SQLITE_IOERR_FSYNC)), Ok(()));
        assert_eq!((store.take_doubt(), store.take_doubt()), (Some(SAVED), None));
        // That of a state 3 is not there.
        let refused = store.look_after(Some([3; 32]), failed(ffi::SQLITE_FULL)).unwrap_err();
        assert_eq!(refused.message(), "The disk is full. The change was not saved.");
        store.write(|tx| tx.put_state(&state(4))).unwrap();
        assert_eq!((store.read(|tx| tx.tag()), store.take_doubt()), (Ok(Some([4; 32])), None));
    }

    #[test]
    fn a_file_that_cannot_be_read_again_leaves_a_failed_sync_unknown_and_a_failed_write_unsaved() {
        let folder = tempfile::tempdir().unwrap();
        let (path, away) = (folder.path().join("vault.db"), folder.path().join("away.db"));
        for (code, words) in [
            (ffi::SQLITE_IOERR_FSYNC, "whether it was saved is unknown: the file cannot be read again."),
            (ffi::SQLITE_IOERR_WRITE, "The change was not saved."),
        ] {
            let mut store = Store::create(&path, |tx| tx.put_state(&state(1))).unwrap();
            std::fs::rename(&path, &away).unwrap();
            let refused = store.look_after(Some([2; 32]), failed(code)).unwrap_err();
            assert!(refused.message().contains(words), "{refused}");
            std::fs::rename(&away, &path).unwrap();
            // It answers nothing from memory.
            assert_eq!(store.read(|tx| tx.tag()), Err(closed()));
            assert_eq!(store.write(|tx| tx.put_state(&state(2))), Err(closed()));
            assert_eq!(store.checkpoint(), Err(closed()));
            std::fs::remove_file(&path).unwrap();
        }
    }
}
