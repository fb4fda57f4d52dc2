//! The vault as a file: private folders, private files, no symlinks.

use std::fs::{self, DirBuilder, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

use super::draft;

/// Which file a path leads to: device and inode, as `stat` tells them of that path. They are
/// never compared with what `fstat` says, which may differ on a bind mount or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }

    /// Whether `path` still leads to this file: what is written to one that was moved away,
    /// removed or replaced is lost to everybody who looks there.
    pub(super) fn check(self, path: &Path) -> Result<()> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if Self::of(&metadata) == self => Ok(()),
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(refused(path, &format!("cannot be looked at ({error})"), "Check its permissions and its folder's."))
            }
            _ => Err(Error::failure(format!(
                "{} was removed or replaced while it was open; nothing is written any more.",
                path.display()
            ))
            .hint("Put it back, or lock and unlock to open what is there now.")),
        }
    }
}

/// Checks an existing vault file and gives its canonical path and its identity.
pub(super) fn check(path: &Path) -> Result<(PathBuf, Identity)> {
    let path = canonical(path)?;
    let metadata = fs::symlink_metadata(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::not_found(format!("There is no vault at {}.", path.display()))
            .hint("Make one with strongroom init, or name another with --vault."),
        _ => refused(&path, &format!("cannot be looked at ({error})"), "Check its permissions and its folder's."),
    })?;
    if metadata.file_type().is_symlink() {
        return Err(refused(&path, "is a symlink", "Name the file itself with --vault."));
    }
    if !metadata.is_file() {
        return Err(refused(&path, "is not a regular file", "Name a vault file with --vault."));
    }
    if metadata.nlink() != 1 {
        return Err(refused(&path, "has a second name (a hard link)", "Remove the other name, then open it again."));
    }
    check_private(&path, &metadata, 0o077, "600")?;
    check_ancestors(&path)?;
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.clone().into_os_string();
        beside.push(suffix);
        if let Some(what) = fs::symlink_metadata(&beside).ok().and_then(|metadata| planted(&metadata)) {
            return Err(refused(Path::new(&beside), what, "Somebody planted it; remove it."));
        }
    }
    Ok((path, Identity::of(&metadata)))
}

/// What is wrong with a file beside the vault that SQLite did not make.
fn planted(metadata: &Metadata) -> Option<&'static str> {
    match metadata.file_type() {
        kind if kind.is_symlink() => Some("is a symlink"),
        kind if !kind.is_file() => Some("is not a regular file"),
        _ if metadata.nlink() > 1 => Some("has a second name (a hard link)"),
        _ if metadata.uid() != effective_user() => Some("belongs to another user"),
        _ => None,
    }
}

/// Makes the folder of a new vault (0700) where it is missing, and gives the
/// canonical path.
pub(super) fn prepare_folder(path: &Path) -> Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| refused(folder, &format!("cannot be made ({error})"), "Choose another place with --vault."))?;
    let path = canonical(path)?;
    if fs::symlink_metadata(&path).is_ok() {
        return Err(draft::exists(&path, "vault"));
    }
    check_ancestors(&path)?;
    Ok(path)
}

/// The path with its folder resolved, since SQLite refuses symlinks anywhere in it.
fn canonical(path: &Path) -> Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| {
        Error::usage(format!("{} is no file name.", path.display())).hint("Name a file with --vault.")
    })?;
    let folder = folder.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::not_found(format!("There is no vault at {}.", path.display()))
            .hint("Make one with strongroom init, or name another with --vault."),
        _ => refused(folder, &format!("cannot be entered ({error})"), "Check its permissions."),
    })?;
    Ok(folder.join(name))
}

/// Every folder above the file belongs to us or root and cannot be written by others.
fn check_ancestors(path: &Path) -> Result<()> {
    const STICKY: u32 = 0o1000;
    for folder in path.ancestors().skip(1) {
        let metadata = fs::metadata(folder)
            .map_err(|error| refused(folder, &format!("cannot be looked at ({error})"), "Check its permissions."))?;
        let ours = metadata.uid() == effective_user() || metadata.uid() == 0;
        if !ours || (metadata.mode() & 0o022 != 0 && metadata.mode() & STICKY == 0) {
            return Err(refused(
                folder,
                "can be changed by other users, who could replace the vault in it",
                &format!("Take the right away with chmod go-w {}, or choose another folder.", folder.display()),
            ));
        }
    }
    Ok(())
}

fn check_private(path: &Path, metadata: &Metadata, others: u32, mode: &str) -> Result<()> {
    if metadata.uid() != effective_user() {
        return Err(refused(path, "belongs to another user", "Use the account that owns it."));
    }
    if metadata.mode() & others != 0 {
        let hint = format!("Make it private with chmod {mode} {}", path.display());
        return Err(refused(path, "is open to other users", &hint));
    }
    Ok(())
}

fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn refused(path: &Path, what: &str, hint: &str) -> Error {
    Error::denied(format!("{} {what}.", path.display())).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use std::fs::OpenOptions;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};

    fn private_file(folder: &Path) -> PathBuf {
        let path = folder.join("vault.db");
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        path
    }

    fn kind_of(path: &Path) -> Option<Kind> {
        check(path).err().map(|error| error.kind())
    }

    #[test]
    fn loose_permissions_links_and_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = private_file(folder.path());
        assert_eq!(kind_of(&path), None);
        for mode in [0o604, 0o640, 0o666, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(kind_of(&path), Some(Kind::Denied), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link.db");
        symlink(&path, &link).unwrap();
        assert_eq!(kind_of(&link), Some(Kind::Denied));
        let planted = folder.path().join("vault.db-wal");
        symlink("/etc/passwd", &planted).unwrap();
        assert_eq!(kind_of(&path), Some(Kind::Denied));
        fs::remove_file(planted).unwrap();
        fs::hard_link(&path, folder.path().join("second.db")).unwrap();
        assert_eq!(kind_of(&path), Some(Kind::Denied));
        assert_eq!(kind_of(folder.path()), Some(Kind::Denied), "a folder");
        assert_eq!(kind_of(&folder.path().join("none.db")), Some(Kind::NotFound));
        assert_eq!(kind_of(&folder.path().join("no/none.db")), Some(Kind::NotFound));
    }

    #[test]
    fn a_path_leads_to_the_file_that_it_led_to_or_says_that_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = private_file(folder.path());
        let (path, identity) = check(&path).unwrap();
        fs::write(&path, "written").unwrap();
        assert_eq!(identity.check(&path), Ok(()), "what is in it does not matter");
        let away = folder.path().join("two.db");
        fs::rename(&path, &away).unwrap();
        let gone = identity.check(&path).unwrap_err();
        assert!(gone.message().contains("vault.db was removed or replaced"), "{gone}");
        private_file(folder.path());
        assert_eq!(identity.check(&path), Err(gone.clone()), "another file");
        fs::remove_file(&path).unwrap();
        symlink(&away, &path).unwrap();
        assert_eq!(identity.check(&path), Err(gone), "a symlink to the same file");
        fs::remove_file(&path).unwrap();
        fs::rename(&away, &path).unwrap();
        assert_eq!(identity.check(&path), Ok(()));
    }

    #[test]
    fn a_folder_that_others_may_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let path = private_file(&open);
        assert_eq!(kind_of(&path), Some(Kind::Denied));
        fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(kind_of(&path), None, "sticky, as /tmp is");
    }
}
