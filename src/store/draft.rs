//! [`Draft`]: a file that gets its name when it is finished, and never another one's.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::error::{Error, Kind, Result};

use super::file;
use super::private_folder::PrivateFolder;

/// The file's name until then.
const UNFINISHED: &str = "unfinished";

/// A file under construction, in a private folder beside its place; removed when it is not
/// published.
pub struct Draft {
    folder: PrivateFolder,
    path: PathBuf,
    /// What it is to be, for messages.
    what: &'static str,
}

impl Draft {
    /// A draft of a vault, whose folder is made where it is missing and must be private.
    ///
    /// # Errors
    /// Conflict, when `path` exists; Denied, when others could replace what is there.
    pub fn of_vault(path: &Path) -> Result<Self> {
        Self::new(file::prepare_folder(path)?, "vault")
    }

    /// A draft of a file that is sealed for itself, and may lie anywhere.
    ///
    /// # Errors
    /// Conflict, when `path` exists; `NotFound`, when its folder does not; Usage, when it is no file's.
    pub fn of_backup(path: &Path) -> Result<Self> {
        Self::new(Self::check_backup(path)?, "backup")
    }

    /// Refuses what [`Self::of_backup`] would, and makes nothing; gives the path without links.
    ///
    /// # Errors
    /// As [`Self::of_backup`].
    pub fn check_backup(path: &Path) -> Result<PathBuf> {
        Self::check_anywhere(path, "backup")
    }

    /// Refuses what [`Self::of_segment`] would, likewise.
    ///
    /// # Errors
    /// As [`Self::of_backup`].
    pub fn check_segment(path: &Path) -> Result<PathBuf> {
        Self::check_anywhere(path, "segment")
    }

    /// A draft of a segment of an audit log, likewise.
    ///
    /// # Errors
    /// As [`Self::of_backup`].
    pub fn of_segment(path: &Path) -> Result<Self> {
        Self::new(Self::check_segment(path)?, "segment")
    }

    fn check_anywhere(path: &Path, what: &str) -> Result<PathBuf> {
        let no_name =
            || Error::usage(format!("{} is no name for a file.", path.display())).hint("Give the path of a new file.");
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(no_name());
        }
        let name = path.file_name().ok_or_else(no_name)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(|error| unusable(folder, &error))?;
        let path = folder.join(name);
        Self::check_free(&path, what)?;
        Ok(path)
    }

    /// Refuses to put a new `what` over something.
    ///
    /// # Errors
    /// Conflict, when something is at `path`.
    pub fn check_free(path: &Path, what: &str) -> Result<()> {
        if fs::symlink_metadata(path).is_ok() { Err(exists(path, what)) } else { Ok(()) }
    }

    fn new(path: PathBuf, what: &'static str) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let folder = PrivateFolder::within(folder).map_err(|error| unusable(folder, &error))?;
        Ok(Self { folder, path, what })
    }

    /// Where the file will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is as yet.
    #[must_use]
    pub fn unfinished(&self) -> PathBuf {
        self.folder.file(UNFINISHED)
    }

    /// The file, empty, mode 0600.
    ///
    /// # Errors
    /// Failure, when it cannot be made; it is made once.
    pub fn create(&self) -> Result<File> {
        self.folder.create(UNFINISHED).map_err(|error| unusable(&self.unfinished(), &error))
    }

    /// Gives the finished file its name, never over another one, and makes that durable.
    ///
    /// # Errors
    /// Conflict, when there is one by now; Failure or Denied by what the system says.
    pub fn publish(self) -> Result<()> {
        let (path, unfinished) = (&self.path, self.unfinished());
        let unsaved = |error: std::io::Error| {
            Error::failure(format!("The new {} {} could not be saved ({error}).", self.what, path.display()))
                .hint("Check the disk and try again; nothing was kept.")
        };
        File::open(&unfinished).and_then(|file| file.sync_all()).map_err(unsaved)?;
        match renameat_with(CWD, &unfinished, CWD, path, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // Not every file system has it: the name is claimed, then taken. (Of a hard link some
            // go on to tell that there are two.)
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let claim = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
                claim.and_then(|_| fs::rename(&unfinished, path)).map_err(|error| match error.kind() {
                    std::io::ErrorKind::AlreadyExists => exists(path, self.what),
                    _ => unsaved(error),
                })?;
            }
            Err(Errno::EXIST) => return Err(exists(path, self.what)),
            Err(error) => return Err(unsaved(error.into())),
        }
        let above = path.parent().unwrap_or(Path::new("/"));
        let saved = File::open(above).and_then(|folder| folder.sync_all());
        saved.inspect_err(|_| take_back(path)).map_err(unsaved)
    }
}

/// Removes a new file, and what SQLite may have put beside it, before anybody was told of it.
pub(super) fn take_back(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.to_owned().into_os_string();
        name.push(suffix);
        // Nothing better can be done about what cannot be removed.
        let _ = fs::remove_file(name);
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::NotFound,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Kind::Denied,
        _ => Kind::Failure,
    };
    Error::new(kind, format!("{} cannot be written in: {error}.", path.display()))
        .hint("Check the folder, who may write there, and the room on the disk.")
}

/// Nothing is ever put in the place of a file that is there.
pub(super) fn exists(path: &Path, what: &str) -> Error {
    Error::conflict(format!("{} exists already; a {what} is never put over a file.", path.display()))
        .hint("Name another file, or open what is there as it is.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_never_replaces_a_file_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.db");
        let draft = Draft::of_vault(&path).unwrap();
        draft.create().unwrap();
        fs::write(&path, "there first").unwrap();
        assert_eq!(draft.publish().unwrap_err().kind(), Kind::Conflict);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        for refused in [Draft::of_vault(&path), Draft::of_backup(&path)] {
            assert_eq!(refused.err().unwrap().kind(), Kind::Conflict);
        }
        assert_eq!(fs::read(&path).unwrap(), b"there first");
    }

    #[test]
    fn a_draft_appears_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.backup");
        let draft = Draft::of_backup(&path).unwrap();
        std::io::Write::write_all(&mut draft.create().unwrap(), b"sealed").unwrap();
        assert!(!path.exists());
        draft.publish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"sealed");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = Draft::of_backup(&folder.path().join("none/one.backup")).err().unwrap();
        assert_eq!(missing.kind(), Kind::NotFound);
        assert_eq!(Draft::of_backup(&folder.path().join("none/")).err().unwrap().kind(), Kind::Usage);
    }
}
