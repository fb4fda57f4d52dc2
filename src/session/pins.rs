//! The pins of one user for one vault: which secrets come first when one jumps.
//!
//! They lie in the state folder, one identifier a line, as the vault file itself
//! has them in the clear; no name. The vault thread reads and writes them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::vault::secret::SecretId;

use super::{key_file, state_file};

/// Most pins that are read; a file with more is none of ours.
const MOST: usize = 10_000;

/// Where the pins of the vault at `vault` lie; `None` for a user without a home folder.
#[must_use]
pub fn own_pins(vault: &Path) -> Option<PathBuf> {
    Some(state_file::folder()?.join("pins").join(key_file::name_of(vault)))
}

/// The pins that can be read, and what is wrong with the others. No file is no pin.
#[must_use]
pub fn read(path: &Path) -> (Vec<SecretId>, Option<Error>) {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return (Vec::new(), None),
        Err(error) => {
            let words = format!("The pins in {} cannot be read: {error}.", path.display());
            return (Vec::new(), Some(Error::failure(words)));
        }
    };
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).take(MOST).collect();
    let mut pins: Vec<SecretId> = Vec::new();
    for pin in lines.iter().filter_map(|line| Uuid::parse_str(line).ok()).map(|uuid| SecretId(*uuid.as_bytes())) {
        if !pins.contains(&pin) {
            pins.push(pin);
        }
    }
    let bad = lines.iter().filter(|line| Uuid::parse_str(line).is_err()).count();
    let damage = (bad > 0).then(|| {
        Error::damaged(format!("The pins in {} are damaged; {bad} of them cannot be read.", path.display()))
            .hint("Pin the secrets again; the next pin writes the file anew.")
    });
    (pins, damage)
}

/// Writes the pins in one step, 0600 in a folder of mode 0700.
///
/// # Errors
/// Failure, when they cannot be written; the file before stays.
pub fn write(path: &Path, pins: &[SecretId]) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::failure(format!("The pins cannot be written to {}: {error}.", path.display()))
            .hint("They hold until you leave.")
    };
    let text: String = pins.iter().map(|pin| format!("{pin}\n")).collect();
    state_file::replace(path, text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn pins_come_back_and_nobody_else_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/pins/vault-00");
        assert_eq!(read(&path), (Vec::new(), None));
        for pins in [vec![SecretId([1; 16]), SecretId([2; 16])], vec![SecretId([2; 16])], Vec::new()] {
            write(&path, &pins).unwrap();
            assert_eq!(read(&path), (pins, None));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_can_be_read_of_a_damaged_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pins");
        fs::write(&path, format!("{}\nnonsense\n\u{fffd}\n{}\n", SecretId([7; 16]), SecretId([7; 16]))).unwrap();
        let (pins, damage) = read(&path);
        assert_eq!(pins, [SecretId([7; 16])]);
        assert!(damage.unwrap().message().contains("2 of them"));
        let (pins, damage) = read(folder.path());
        assert!(pins.is_empty() && damage.is_some(), "a folder is no file of pins");
    }
}
