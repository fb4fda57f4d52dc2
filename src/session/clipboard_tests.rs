//! What tests of the clipboard have shown, for each terminal: no value, no name of a secret.
//!
//! A JSON file in the state folder, one entry for each terminal, multiplexer and way. The
//! screen writes it, `doctor` reads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

use super::state_file;

/// What the operator saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It arrived and was cleared.
    Cleared,
    /// It arrived and could not be cleared.
    NotCleared,
    /// Nothing arrived.
    NotArrived,
}

/// A test and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// What came of it.
    pub seen: Seen,
    /// When.
    pub at: Timestamp,
}

/// Every test that is kept, by [`place`].
type Tests = BTreeMap<String, Tested>;

/// Where they lie; `None` for a user without a home folder.
#[must_use]
pub fn own_file() -> Option<PathBuf> {
    Some(state_file::folder()?.join("clipboard-tests.json"))
}

/// The terminal that this environment tells of, with the way to its clipboard.
#[must_use]
pub fn place(variable: impl Fn(&str) -> Option<String>, route: &str) -> String {
    let told = |name| variable(name).filter(|value| !value.is_empty());
    let within = told("TMUX").map(|_| "tmux").or_else(|| told("STY").map(|_| "screen"));
    let parts = [told("TERM"), told("TERM_PROGRAM"), told("TERM_PROGRAM_VERSION"), within.map(str::to_owned)];
    parts.into_iter().flatten().chain([route.to_owned()]).collect::<Vec<_>>().join(" · ")
}

/// What the last test there has shown. A file that cannot be read has shown nothing.
#[must_use]
pub fn read(file: &Path, place: &str) -> Option<Tested> {
    read_all(file).remove(place)
}

fn read_all(file: &Path) -> Tests {
    fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Keeps a test, in one step, 0600 in a folder of mode 0700.
///
/// # Errors
/// Failure, when it cannot be written; the file before stays.
pub fn write(file: &Path, place: String, tested: Tested) -> Result<()> {
    let failed =
        |error: std::io::Error| Error::failure(format!("The test cannot be kept in {}: {error}.", file.display()));
    let mut tests = read_all(file);
    tests.insert(place, tested);
    let text = serde_json::to_vec_pretty(&tests).map_err(|error| failed(error.into()))?;
    state_file::replace(file, &text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn tests_come_back_for_the_terminal_they_were_made_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/clipboard-tests.json");
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(read(&file, "a"), None);
        write(&file, "a".to_owned(), Tested { seen: Seen::NotArrived, at }).unwrap();
        write(&file, "b".to_owned(), Tested { seen: Seen::NotCleared, at }).unwrap();
        write(&file, "a".to_owned(), Tested { seen: Seen::Cleared, at }).unwrap();
        assert_eq!(read(&file, "a"), Some(Tested { seen: Seen::Cleared, at }));
        assert_eq!(read(&file, "b").unwrap().seen, Seen::NotCleared);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        fs::write(&file, "nonsense").unwrap();
        assert_eq!(read(&file, "a"), None);
    }

    #[test]
    fn a_place_is_the_terminal_what_stands_between_and_the_way() {
        let at = |variables: &[(&str, &str)]| {
            place(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), "way")
        };
        assert_eq!(at(&[("TERM", "xterm"), ("TERM_PROGRAM", "")]), "xterm · way");
        let tmux =
            [("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.3a"), ("TMUX", "/s")];
        assert_eq!(at(&tmux), "tmux-256color · tmux · 3.3a · tmux · way");
        assert_ne!(at(&[("TERM", "xterm")]), at(&[("TERM", "xterm"), ("STY", "1.a")]));
    }
}
