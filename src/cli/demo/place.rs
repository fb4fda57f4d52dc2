//! A private folder for one demonstration, gone when it ends.
//!
//! Where the system has a place in memory it is there, so that nothing reaches a
//! disk. What a kill left behind is swept away by the next demonstration.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, getpid, getuid, test_kill_process};

use crate::error::{Error, Result};

/// What the folders are called, before the number of their process.
const NAME: &str = "strongroom-demo-";

/// The folder; dropping it takes it away.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it, readable by nobody else.
    pub(super) fn new() -> Result<Self> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|place| place.is_absolute());
        let places = runtime.into_iter().chain([PathBuf::from("/dev/shm"), env::temp_dir()]);
        let mut refused = String::from("there is no place for temporary files");
        for place in places {
            match make_in(&place) {
                Ok(folder) => return Ok(folder),
                Err(error) => refused = format!("{}: {error}", place.display()),
            }
        }
        Err(Error::failure(format!("No folder could be made for the demonstration; {refused}."))
            .hint("Set TMPDIR to a folder of your own."))
    }

    /// A file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn make_in(place: &Path) -> std::io::Result<Folder> {
    // SQLite refuses symlinks anywhere in a path.
    let place = place.canonicalize()?;
    sweep(&place);
    let folder = place.join(format!("{NAME}{}", getpid().as_raw_nonzero()));
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(Folder(folder))
}

/// Takes away our folders of processes that are no more.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(NAME)).and_then(|number| number.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else { continue };
        let is_ours = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == getuid().as_raw());
        // A process of that number, whoever's, may be a demonstration that runs.
        if is_ours && (pid == getpid() || test_kill_process(pid) == Err(rustix::io::Errno::SRCH)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_folder_is_private_and_goes_and_takes_what_was_left_behind_along() {
        let place = tempfile::tempdir().unwrap();
        // No process has the highest number there can be.
        let left = place.path().join(format!("{NAME}{}", i32::MAX));
        let others = place.path().join(format!("{NAME}x"));
        fs::create_dir_all(left.join("deep")).unwrap();
        fs::create_dir(&others).unwrap();
        let folder = make_in(place.path()).unwrap();
        assert!(!left.exists() && others.exists());
        assert_eq!(fs::metadata(&folder.0).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(folder.file("vault.db"), "x").unwrap();
        let path = folder.0.clone();
        drop(folder);
        assert!(!path.exists());
    }
}
