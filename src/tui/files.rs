//! Files in and out: what the runtime reads into a field, and what the vault thread
//! writes a field into. Nothing is ever overwritten, and nothing is written twice.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::inject::private_file;
use crate::secret_text::SecretText;
use crate::session::read_secret;
use crate::vault::secret::MAX_VERSION_BYTES;

/// Most names that a completion lists.
const MOST_NAMES: usize = 200;

/// What a path may go on with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// What was typed.
    pub typed: String,
    /// What was typed, and as much more as is certain.
    pub completed: String,
    /// The names there are, where there are several.
    pub names: Vec<String>,
}

/// The path that somebody typed: `~` is the home folder.
fn expanded(typed: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    match typed.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))) {
        Some(path) => path,
        None => PathBuf::from(typed),
    }
}

/// Every byte of the file, at most as many as a secret holds.
pub(super) fn read(typed: &str) -> Result<SecretText> {
    let path = expanded(typed);
    // A pipe would keep us waiting for ever.
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(Error::usage(format!("{} is no file.", path.display())).hint("Give the path of a regular file."));
    }
    read_secret::from_file(&path, MAX_VERSION_BYTES)
}

/// A file that did not exist a moment ago, for the owner alone; taken away again
/// unless it was written whole.
pub(super) struct NewFile {
    path: PathBuf,
    file: File,
    is_whole: bool,
}

impl NewFile {
    /// Makes it.
    ///
    /// # Errors
    /// Conflict, when something is there; Failure by what the system says.
    pub(super) fn create(typed: &str) -> Result<Self> {
        let path = expanded(typed);
        let file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(|error| {
                match error.kind() {
                    io::ErrorKind::AlreadyExists => Error::conflict(format!("{} exists already.", path.display()))
                        .hint("Nothing is overwritten. Give another name, or move that file away."),
                    _ => Error::failure(format!("{} cannot be made: {error}.", path.display()))
                        .hint("Check the folder and who may write there."),
                }
            })?;
        Ok(Self { path, file, is_whole: false })
    }

    /// Writes the whole value and waits for the disk.
    pub(super) fn write(mut self, value: &SecretText) -> Result<()> {
        let written = self.file.write_all(value.expose()).and_then(|()| self.file.sync_all());
        self.is_whole = written.is_ok();
        written.map_err(|error| {
            Error::failure(format!("{} cannot be written: {error}.", self.path.display()))
                .hint("The unfinished file was taken away again.")
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_whole {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The git work tree that a new file would lie in, from where a value soon gets into a history.
pub(super) fn work_tree(typed: &str) -> Option<PathBuf> {
    private_file::work_tree(&expanded(typed))
}

/// Completes the last part of a path; hidden names only when a dot was typed.
pub(super) fn complete(typed: &str) -> Completion {
    let (folder, start) = typed.rsplit_once('/').map_or(("", typed), |(folder, start)| (folder, start));
    let shown = if typed.contains('/') { format!("{folder}/") } else { String::new() };
    let listed = fs::read_dir(match shown.as_str() {
        "" => PathBuf::from("."),
        shown => expanded(shown),
    });
    let mut names: Vec<String> = listed
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_folder = fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
            let fits = name.starts_with(start) && (start.starts_with('.') || !name.starts_with('.'));
            fits.then(|| if is_folder { format!("{name}/") } else { name })
        })
        .take(MOST_NAMES)
        .collect();
    names.sort();
    let common = common_start(&names).unwrap_or(start).to_owned();
    let completed = format!("{shown}{common}");
    if names.len() == 1 {
        names.clear();
    }
    Completion { typed: typed.to_owned(), completed, names }
}

/// What all names begin with.
fn common_start(names: &[String]) -> Option<&str> {
    let (first, rest) = names.split_first()?;
    let shared =
        |other: &String| first.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    let end = rest.iter().map(|other| shared(other).unwrap_or(first.len().min(other.len()))).min();
    Some(&first[..end.unwrap_or(first.len())])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::error::Kind;

    fn typed(folder: &Path, name: &str) -> String {
        folder.join(name).display().to_string()
    }

    #[test]
    fn a_new_file_is_for_the_owner_alone_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = typed(folder.path(), "key");
        let value = SecretText::copied_from(&[0, 255, b'\n']);
        NewFile::create(&path).unwrap().write(&value).unwrap();
        assert_eq!(fs::read(&path).unwrap(), value.expose());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(NewFile::create(&path).err().unwrap().kind(), Kind::Conflict);
        std::os::unix::fs::symlink("/nowhere/else", folder.path().join("link")).unwrap();
        assert_eq!(NewFile::create(&typed(folder.path(), "link")).err().unwrap().kind(), Kind::Conflict);
        assert!(read(&path).unwrap() == value);
    }

    #[test]
    fn what_is_not_written_whole_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = typed(folder.path(), "key");
        drop(NewFile::create(&path).unwrap());
        assert!(!Path::new(&path).exists());
        assert_eq!(NewFile::create(&typed(folder.path(), "no/such/folder")).err().unwrap().kind(), Kind::Failure);
    }

    #[test]
    fn only_files_of_a_fitting_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&folder.path().display().to_string()).err().unwrap().kind(), Kind::Usage);
        assert_eq!(read(&typed(folder.path(), "none")).err().unwrap().kind(), Kind::Failure);
        let path = typed(folder.path(), "big");
        fs::write(&path, vec![b'x'; MAX_VERSION_BYTES + 1]).unwrap();
        assert_eq!(read(&path).err().unwrap().kind(), Kind::Usage);
    }

    #[test]
    fn a_git_work_tree_is_seen_from_deep_inside_and_through_links() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(work_tree(&typed(folder.path(), "key")), None);
        let deep = folder.path().join("repo/a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir(folder.path().join("repo/.git")).unwrap();
        let root = folder.path().join("repo").canonicalize().unwrap();
        assert_eq!(work_tree(&typed(&deep, "key")), Some(root.clone()));
        std::os::unix::fs::symlink(&deep, folder.path().join("link")).unwrap();
        assert_eq!(work_tree(&typed(folder.path(), "link/key")), Some(root));
    }

    #[test]
    fn paths_are_completed_as_far_as_is_certain() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["key-a.pem", "key-b.pem", "other", ".hidden"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        fs::create_dir(folder.path().join("sub")).unwrap();
        let complete = |name: &str| {
            let found = complete(&typed(folder.path(), name));
            let start = typed(folder.path(), "");
            (found.completed.strip_prefix(&start).unwrap().to_owned(), found.names.len())
        };
        assert_eq!(complete("k"), ("key-".into(), 2));
        assert_eq!(complete("o"), ("other".into(), 0));
        assert_eq!(complete("s"), ("sub/".into(), 0));
        assert_eq!(complete("z"), ("z".into(), 0));
        assert_eq!(complete(".h"), (".hidden".into(), 0));
        assert_eq!(complete("").1, 4);
    }
}
