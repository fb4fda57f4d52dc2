//! The vault's own key file: where it lies, how it is written and read.
//!
//! Its place follows from the vault's path: `keys/NAME-XXXXXXXX.key` in the
//! configuration folder, NAME being the vault file's name without its ending and
//! X the first eight hexadecimal digits of the SHA-256 of its absolute path. So
//! vaults never share a key, the key never lies beside the data, and a vault
//! that is moved needs `--key-file` or its key file renamed; the error names
//! the path that was looked at.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::folders;
use crate::crypto::keyring::RawKey;
use crate::error::{Error, Result};

use super::read_secret;

/// Longest key file; a key takes less than a hundred bytes.
pub(super) const MAX_KEY_FILE: usize = 4096;

/// Where the own key file of the vault at `vault` lies, whether or not it exists.
///
/// # Errors
/// Failure, when the user has no home folder.
pub fn own_key_file(vault: &Path) -> Result<PathBuf> {
    Ok(folders()?.config_dir().join("keys").join(file_name(&absolute(vault))))
}

/// The path without links in its folder, as far as the folder exists.
fn absolute(vault: &Path) -> PathBuf {
    let path = std::path::absolute(vault).unwrap_or_else(|_| vault.to_owned());
    match (path.parent().and_then(|folder| folder.canonicalize().ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// What names the vault at `vault` in this user's folders: `vault-1a2b3c4d`.
pub(super) fn name_of(vault: &Path) -> String {
    let name = file_name(&absolute(vault));
    name.strip_suffix(".key").map_or_else(|| name.clone(), str::to_owned)
}

/// `vault-1a2b3c4d.key`
fn file_name(vault: &Path) -> String {
    let stem = vault.file_stem().map_or_else(|| "vault".into(), |stem| stem.to_string_lossy());
    let digest = Sha256::digest(vault.as_os_str().as_encoded_bytes());
    format!("{stem}-{}.key", data_encoding::HEXLOWER.encode(&digest[..4]))
}

/// [`write()`] to where [`own_key_file`] says, in folders of mode 0700 that are made.
///
/// # Errors
/// As those of [`write()`].
pub fn write_own(path: &Path, key: &RawKey) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unwritable(path, &error))?;
    write(path, key)
}

/// Writes `key` to a new file of mode 0600, and syncs it and its folder.
///
/// # Errors
/// Conflict when the file exists: a key is never overwritten; `NotFound` when its folder does
/// not. Failure when it cannot be written.
pub fn write(path: &Path, key: &RawKey) -> Result<()> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => unwritable(path, &error),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        // Perhaps a disk that is not mounted: what is made there would be on another one.
        return Err(Error::not_found(format!("The folder {} of the new key file is not there.", folder.display()))
            .hint("Mount what it is on, or make it first."));
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let mut text = key.to_text();
    text.push(b"\n");
    let written = file.write_all(text.expose()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written.map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Refuses to write a key over something.
///
/// # Errors
/// Conflict, when something is at `path`.
pub fn check_free(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() { Err(exists(path)) } else { Ok(()) }
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::failure(format!("The key file {} cannot be written: {error}.", path.display()))
        .hint("Look at its folder, and at what is free there. No key was made.")
}

fn exists(path: &Path) -> Error {
    Error::conflict(format!("The key file {} exists already.", path.display()))
        .hint("A key is never overwritten. Move it away, or give another path.")
}

/// Reads the key in the file at `path`.
///
/// # Errors
/// Failure or Denied by what the system says, Locked when the file holds no key.
pub fn read(path: &Path) -> Result<RawKey> {
    let text = read_secret::from_file(path, MAX_KEY_FILE)?;
    RawKey::from_text(text.expose()).map_err(|error| {
        Error::new(error.kind(), format!("The key file {} holds no usable key. {}", path.display(), error.message()))
            .hint("Put the key file back from a safe copy, or use another key. Nothing was changed.")
    })
}

/// Refuses a key file that other users may read.
///
/// # Errors
/// Denied, when the mode is looser than 0600.
pub fn check_private(path: &Path) -> Result<()> {
    if !is_loose(path) {
        return Ok(());
    }
    Err(Error::denied(format!("The key file {} can be read by other users.", path.display()))
        .hint(format!("Run `chmod 600 {}` and think about who may have read it.", path.display())))
}

/// True for a regular file that others may read or write.
#[must_use]
pub fn is_loose(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaults_of_one_name_have_different_key_files() {
        let (a, b) = (file_name(Path::new("/a/vault.db")), file_name(Path::new("/b/vault.db")));
        assert_ne!(a, b);
        assert!(a.starts_with("vault-") && a.ends_with(".key") && a.len() == "vault-12345678.key".len(), "{a}");
        assert_eq!(a, file_name(Path::new("/a/vault.db")));
    }

    #[test]
    fn one_vault_has_one_key_file_however_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(absolute(&real.join("v.db")), absolute(&link.join("v.db")));
    }

    #[test]
    fn loose_key_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(check_private(&path).unwrap_err().kind(), crate::error::Kind::Denied);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(check_private(&path).is_ok());
    }
}
