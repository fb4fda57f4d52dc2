//! Files in the state folder: what one user's sessions remember, for nobody else to read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::config::folders;

/// The state folder; `None` for a user without a home folder.
pub(super) fn folder() -> Option<PathBuf> {
    let folders = folders().ok()?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

/// Writes a file in one step, 0600 in a folder of mode 0700; where that fails the one before stays.
pub(super) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A name that nobody can have put a link under, and only ever a new file.
    let beside = path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let written = file.write_all(text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
