//! [`PrivateFolder`]: a folder of mode 0700 for files that are not finished, or that
//! nobody else is to see. It goes when it is dropped; what a process that was killed has
//! left behind goes when the next one is made in the same place.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use uuid::Uuid;

use crate::error::{Error, Result};

/// How the names begin; then come 32 hexadecimal digits.
const PREFIX: &str = ".strongroom-";
/// Between making a folder and locking it lies much less.
const FRESH: Duration = Duration::from_secs(2);

/// A folder of our own, locked for as long as it is in use.
pub(super) struct PrivateFolder {
    path: PathBuf,
    /// Held open for its lock, which a process that dies gives up.
    _lock: File,
}

impl PrivateFolder {
    /// A new one in `place`, whose path has no links in it.
    pub(super) fn within(place: &Path) -> io::Result<Self> {
        sweep(place);
        let path = place.join(format!("{PREFIX}{}", Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&path)?;
        let lock = File::open(&path).inspect_err(|_| drop(fs::remove_dir(&path)))?;
        // Where there are no locks, what is left behind stays.
        let _ = lock.try_lock();
        Ok(Self { path, _lock: lock })
    }

    /// A new one where temporary files go, and before that where the system keeps nothing on
    /// a disk, if `in_memory`.
    ///
    /// # Errors
    /// Denied, when there is no such place.
    pub(super) fn for_copies(in_memory: bool) -> Result<Self> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let runtime = runtime.filter(|place| in_memory && place.is_absolute());
        let mut refused = None;
        for place in runtime.into_iter().chain([env::temp_dir()]) {
            // SQLite refuses symlinks anywhere in a path.
            match place.canonicalize().and_then(|place| Self::within(&place)) {
                Ok(folder) => return Ok(folder),
                Err(error) => refused = Some(error),
            }
        }
        let cause = refused.map(|error| error.to_string()).unwrap_or_default();
        Err(Error::denied(format!("There is no place for a private copy of the vault: {cause}."))
            .hint("Set TMPDIR to a folder with room for a copy."))
    }

    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A new file in it, mode 0600 whatever the umask says, to be written and read.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600).custom_flags(nofollow).open(self.file(name))
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed holds sealed bytes only.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Takes away what processes that are gone have left in `place`.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours) && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_ours(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// True for a folder of ours that nobody uses any more.
fn is_left(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let is_mine = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
    let changed = metadata.modified().unwrap_or(SystemTime::now());
    let is_old = SystemTime::now().duration_since(changed).is_ok_and(|age| age >= FRESH);
    is_mine && is_old && File::open(path).is_ok_and(|folder| folder.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn age(path: &Path) {
        let past = SystemTime::now() - Duration::from_secs(60);
        File::open(path).unwrap().set_times(fs::FileTimes::new().set_modified(past)).unwrap();
    }

    #[test]
    fn a_folder_is_private_and_goes() {
        let place = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::within(place.path()).unwrap();
        folder.create("x").unwrap();
        assert_eq!(folder.create("x").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.path), mode(&folder.file("x"))), (0o700, 0o600));
        drop(folder);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_the_dead_left_goes_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let used = PrivateFolder::within(place.path()).unwrap();
        age(&used.path);
        let name = |letter: &str| place.path().join(format!("{PREFIX}{}", letter.repeat(32)));
        fs::create_dir(name("a")).unwrap();
        fs::write(name("a").join("vault.db"), "sealed").unwrap();
        age(&name("a"));
        fs::create_dir(name("b")).unwrap(); // just made, and not locked yet
        let elsewhere = place.path().join("mine");
        fs::create_dir(&elsewhere).unwrap();
        age(&elsewhere);
        symlink(&elsewhere, name("c")).unwrap();
        fs::create_dir(name("x")).unwrap();
        age(&name("x"));
        drop(PrivateFolder::within(place.path()).unwrap());
        assert!(!name("a").exists());
        for stays in [used.path.clone(), name("b"), name("c"), name("x"), elsewhere] {
            assert!(stays.exists(), "{}", stays.display());
        }
    }
}
