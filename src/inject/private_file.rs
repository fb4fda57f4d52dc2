//! A file for its owner alone, written whole or not at all: a new file beside the old one,
//! flushed to the disk, then put in its place. Nobody ever sees half of it, and a link is
//! never followed.

use std::fs::{self, File};
use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;

/// For the owner alone, whatever the umask says.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A place for a file in a folder that is held open, so that nobody swaps it meanwhile.
pub struct PrivateFile {
    /// As it was given, for messages.
    path: PathBuf,
    /// The folder's real path.
    folder_path: PathBuf,
    folder: File,
    name: std::ffi::OsString,
}

impl PrivateFile {
    /// Looks whether a file can be put at `path`; writes nothing.
    ///
    /// # Errors
    /// Usage when the path is that of a folder, a link or no regular file; Denied or
    /// Failure by what the system says of the folder.
    pub fn at(path: &Path) -> Result<Self> {
        let no_name = || {
            Error::usage(format!("{} is no name for a file.", path.display()))
                .hint("Give the path of a file, in a folder that is there.")
        };
        let name = path.file_name().ok_or_else(no_name)?.to_owned();
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(no_name());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let opened = folder.canonicalize().and_then(|real| {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            Ok((File::from(rustix::fs::open(&real, flags, Mode::empty())?), real))
        });
        let (opened, folder_path) = opened.map_err(|error| unwritable(path, &error))?;
        let place = Self { path: path.to_owned(), folder_path, folder: opened, name };
        place.check_what_is_there()?;
        Ok(place)
    }

    /// The git work tree that the file would lie in, from where a value soon gets into a history.
    #[must_use]
    pub fn work_tree(&self) -> Option<PathBuf> {
        work_tree_of(&self.folder_path)
    }

    /// True when `other` is the file that would be replaced.
    #[must_use]
    pub fn is_same_as(&self, other: &Path) -> bool {
        let here = fs::symlink_metadata(self.folder_path.join(&self.name));
        let (Ok(here), Ok(other)) = (here, fs::metadata(other)) else { return false };
        (here.dev(), here.ino()) == (other.dev(), other.ino())
    }

    fn check_what_is_there(&self) -> Result<()> {
        let Ok(found) = rustix::fs::statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) else {
            return Ok(());
        };
        match rustix::fs::FileType::from_raw_mode(found.st_mode) {
            rustix::fs::FileType::RegularFile => Ok(()),
            rustix::fs::FileType::Symlink => {
                Err(Error::usage(format!("{} is a symbolic link, which is not followed.", self.path.display()))
                    .hint("Name the file that it leads to, or take the link away."))
            }
            _ => Err(Error::usage(format!("{} is no regular file, and is not replaced.", self.path.display()))
                .hint("Give the path of a file, or leave it away for standard output.")),
        }
    }

    /// Writes the file, mode 0600 whatever the umask says, in the place of what was there.
    ///
    /// # Errors
    /// Denied or Failure by what the system says; then all is as it was before.
    pub fn write(&self, content: &SecretText) -> Result<()> {
        // Somebody may have put a link or a folder there since.
        self.check_what_is_there()?;
        let mut draft = Draft { place: self, name: format!(".strongroom-{}", Uuid::new_v4().simple()), is_done: false };
        draft.finish(content).map_err(|error| unwritable(&self.path, &error))
    }
}

/// The new file under a name of its own; taken away again unless it got its place.
struct Draft<'a> {
    place: &'a PrivateFile,
    name: String,
    is_done: bool,
}

impl Draft<'_> {
    fn finish(&mut self, content: &SecretText) -> io::Result<()> {
        let folder = &self.place.folder;
        if !self.write_unnamed(content)? {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            write_through(rustix::fs::openat(folder, &self.name, flags, PRIVATE)?.into(), content)?;
        }
        rustix::fs::renameat(folder, &self.name, folder, &self.place.name)?;
        self.is_done = true;
        // The file is there. Some file systems cannot flush a folder.
        let _ = folder.sync_all();
        Ok(())
    }

    /// The file has no name while it is written, so that even a kill or a power cut leaves
    /// nothing behind. False where the system has no such files.
    #[cfg(target_os = "linux")]
    fn write_unnamed(&self, content: &SecretText) -> io::Result<bool> {
        let (folder, flags) = (&self.place.folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC);
        let Ok(file) = rustix::fs::openat(folder, ".", flags, PRIVATE) else { return Ok(false) };
        let file = write_through(file.into(), content)?;
        let open = format!("/proc/self/fd/{}", file.as_raw_fd());
        Ok(rustix::fs::linkat(rustix::fs::CWD, open, folder, &self.name, AtFlags::SYMLINK_FOLLOW).is_ok())
    }

    #[cfg(not(target_os = "linux"))]
    fn write_unnamed(&self, _: &SecretText) -> io::Result<bool> {
        Ok(false)
    }
}

/// All of it, down to the disk.
fn write_through(mut file: File, content: &SecretText) -> io::Result<File> {
    rustix::fs::fchmod(&file, PRIVATE)?;
    file.write_all(content.expose())?;
    file.sync_all()?;
    Ok(file)
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = rustix::fs::unlinkat(&self.place.folder, &self.name, AtFlags::empty());
        }
    }
}

/// The git work tree that a file at `path` lies in, or would.
#[must_use]
pub fn work_tree(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let folder = path.parent()?;
    work_tree_of(&folder.canonicalize().unwrap_or_else(|_| folder.to_owned()))
}

/// The folder above, or this one, that has a `.git`: a folder, or a file in a linked work tree.
fn work_tree_of(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::PermissionDenied { Kind::Denied } else { Kind::Failure };
    Error::new(kind, format!("{} cannot be written: {error}.", path.display()))
        .hint("Nothing was changed. Check the folder, who may write there, and the room on the disk.")
}
