//! The operator's editor on text that is no secret: a description, metadata as JSON.
//!
//! Editors read nothing but files. So the text goes into one, for the owner alone, in
//! a folder of its own on a file system in memory; where there is none, no editor is
//! opened and the text is edited in the form. What the editor puts beside it (a swap
//! file, a backup) lies in that folder and goes with it: when the editor ends, when we
//! end, when we panic. The command line names no secret, and the keys that the
//! environment may hold for us are not handed on. Used by `runtime` only.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};

use rustix::process::Pid;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::session::key_source::{MASTER_KEY, PASSPHRASE_FILE};
use crate::session::read_secret;

use super::effect::Draft;
use super::text;

/// Most bytes that come back.
const MOST_BYTES: usize = 64 * 1024;

/// The folder that must go also where nothing is dropped: in a panic, at a forced exit.
static FOLDER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Takes away what an editor was given, wherever it is; safe from every thread.
pub(super) fn sweep() {
    // The panicking thread may hold it, and then it is being made or taken away.
    let held = match FOLDER.try_lock() {
        Ok(held) => Some(held),
        Err(std::sync::TryLockError::Poisoned(held)) => Some(held.into_inner()),
        Err(std::sync::TryLockError::WouldBlock) => None,
    };
    if let Some(folder) = held.and_then(|mut held| held.take()) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// A file with the text, ready for an editor.
pub(super) struct Desk {
    editor: OsString,
    file: PathBuf,
    before: SecretText,
}

/// An editor that runs.
pub(super) struct Editing {
    child: Child,
    file: PathBuf,
    before: SecretText,
}

impl Desk {
    /// Writes the text where only an editor of ours finds it.
    ///
    /// # Errors
    /// Usage, without an editor or a file system in memory; Failure, when it cannot be written.
    pub(super) fn lay(draft: Draft, text: &SecretText) -> Result<Self> {
        let editor = editor(|name| std::env::var_os(name))?;
        let root = root(|name| std::env::var_os(name)).ok_or_else(|| {
            Error::usage("There is no folder in memory for the editor, neither XDG_RUNTIME_DIR nor /dev/shm.")
                .hint("Edit it in the form; nothing of a vault is written to a disk.")
        })?;
        let file = lay_in(&root, draft, text).map_err(|error| {
            sweep();
            Error::failure(format!("The text cannot be handed to the editor: {error}.")).hint("Edit it in the form.")
        })?;
        Ok(Self { editor, file, before: text.duplicate() })
    }

    /// Starts the editor on our terminal, which must have been left.
    ///
    /// # Errors
    /// Failure, when no shell can be started.
    pub(super) fn start(self) -> Result<Editing> {
        let Self { editor, file, before } = self;
        // As git does: what the variable holds may have words, quotes and a home folder in it.
        // A Ctrl-C is the editor's alone, so the shell takes note of it and goes on.
        let mut script = OsString::from("trap : INT QUIT; ");
        script.push(editor);
        script.push(" \"$1\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg("strongroom").arg(&file);
        command.env_remove(MASTER_KEY).env_remove(PASSPHRASE_FILE);
        let child = command.spawn().map_err(|error| {
            sweep();
            Error::failure(format!("The editor cannot be started: {error}.")).hint("Edit it in the form.")
        })?;
        Ok(Editing { child, file, before })
    }
}

impl Editing {
    /// The process of the editor, or of the shell that started it.
    pub(super) fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()).ok()?)
    }

    /// Waits for its end; the text it left, `None` when that is what it was given.
    ///
    /// # Errors
    /// Failure, when the editor is missing or ended badly, or left no text.
    pub(super) fn finish(mut self) -> Result<Option<SecretText>> {
        let ended = self.child.wait();
        let left = ended.map_err(|error| Error::failure(format!("The editor was lost: {error}."))).and_then(|status| {
            refuse_bad_end(status)?;
            read_back(&self.file, &self.before)
        });
        sweep();
        left
    }
}

/// What the operator has set; `VISUAL` comes first, as everywhere.
fn editor(variable: impl Fn(&str) -> Option<OsString>) -> Result<OsString> {
    let set = ["VISUAL", "EDITOR"].into_iter().filter_map(variable);
    set.into_iter().find(|editor| !editor.to_string_lossy().trim().is_empty()).ok_or_else(|| {
        Error::usage("No editor is set: neither VISUAL nor EDITOR names one.")
            .hint("Set one before strongroom is started, or edit it in the form.")
    })
}

/// A folder on a file system in memory.
fn root(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let own = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    own.into_iter().chain([PathBuf::from("/dev/shm")]).find(|path| is_in_memory(path))
}

#[cfg(target_os = "linux")]
fn is_in_memory(path: &Path) -> bool {
    // tmpfs and ramfs, as statfs(2) numbers them.
    rustix::fs::statfs(path).is_ok_and(|found| matches!(found.f_type as u64 & 0xffff_ffff, 0x0102_1994 | 0x8584_58f6))
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &Path) -> bool {
    false
}

/// Writes the text into a new folder below `root`.
fn lay_in(root: &Path, draft: Draft, text: &SecretText) -> std::io::Result<PathBuf> {
    let folder = root.join(format!("strongroom-{}", uuid::Uuid::new_v4()));
    let mut held = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    DirBuilder::new().mode(0o700).create(&folder)?;
    *held = Some(folder.clone());
    drop(held);
    let file = folder.join(match draft {
        Draft::Description => "description.txt",
        Draft::Metadata => "metadata.json",
    });
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
    written.write_all(text.expose())?;
    written.write_all(b"\n")?;
    Ok(file)
}

/// An editor that did not end well leaves nothing that is meant.
fn refuse_bad_end(status: ExitStatus) -> Result<()> {
    let error = match status.code() {
        Some(0) => return Ok(()),
        Some(126 | 127) => Error::failure("The editor that VISUAL or EDITOR names cannot be run."),
        Some(code) => Error::failure(format!("The editor ended with code {code}; the text stays as it was.")),
        None => Error::failure("The editor was ended by a signal; the text stays as it was."),
    };
    Err(error.hint("Edit it in the form, or try again."))
}

/// The text without the line end that we, or the editor, put at its end.
fn read_back(file: &Path, before: &SecretText) -> Result<Option<SecretText>> {
    let mut left = read_secret::from_file(file, MOST_BYTES).map_err(|error| {
        let cause = text::printable(error.message()).into_owned();
        Error::new(error.kind(), format!("What the editor left cannot be used: {cause}"))
            .hint("The text stays as it was.")
    })?;
    read_secret::drop_line_end(&mut left);
    Ok(Some(left).filter(|left| left != before))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::Kind;

    /// The folder is one of the process, so the tests take turns.
    static TURN: Mutex<()> = Mutex::new(());

    fn edited(script: &str) -> Result<Option<SecretText>> {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let root = tempfile::tempdir().unwrap();
        let before = SecretText::copied_from(b"one line");
        let file = lay_in(root.path(), Draft::Description, &before).unwrap();
        let desk = Desk { editor: OsString::from(script), file: file.clone(), before };
        let left = desk.start().unwrap().finish();
        assert!(!file.exists() && fs::read_dir(root.path()).unwrap().next().is_none(), "nothing stays after {script}");
        left
    }

    #[test]
    fn what_the_editor_leaves_comes_back_and_nothing_stays_behind() {
        let text = |script: &str| edited(script).unwrap().map(|text| text.expose_str().unwrap().to_owned());
        assert_eq!(text("printf 'two words\\n' >"), Some("two words".into()));
        assert_eq!(text("f() { cat \"$1\" > /dev/null; }; f"), None, "unchanged");
        // As editors do that rename, and as those do that leave a backup.
        assert_eq!(
            text("f() { echo new > \"$1.tmp\"; cp \"$1\" \"$1~\"; mv \"$1.tmp\" \"$1\"; }; f"),
            Some("new".into())
        );
    }

    #[test]
    fn a_bad_end_is_said_and_the_text_stays() {
        for (script, cause) in [
            ("exit 3; :", "code 3"),
            ("no-such-editor-anywhere", "cannot be run"),
            ("kill -9 $$; :", "by a signal"),
            ("rm", "cannot be used"),
            ("head -c 70000 /dev/zero >", "cannot be used"),
        ] {
            let error = edited(script).err().unwrap();
            assert!(error.message().contains(cause) && error.next_step().is_some(), "{script}: {error}");
        }
    }

    #[test]
    fn the_file_is_for_the_owner_alone_and_named_after_nothing() {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let root = tempfile::tempdir().unwrap();
        let file = lay_in(root.path(), Draft::Metadata, &SecretText::copied_from(b"{}")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(file.file_name().unwrap(), "metadata.json");
        sweep();
        assert!(!file.parent().unwrap().exists());
    }

    #[test]
    fn only_memory_and_only_what_is_set() {
        let none = |_: &str| None;
        assert_eq!(editor(none).err().unwrap().kind(), Kind::Usage);
        let both = |name: &str| Some(OsString::from(if name == "VISUAL" { " " } else { "ed" }));
        assert_eq!(editor(both).unwrap(), "ed");
        assert!(!is_in_memory(Path::new("/proc")) && !is_in_memory(Path::new("/no/such/folder")));
        let relative = |_: &str| Some(OsString::from("run"));
        assert_eq!(root(relative), root(none));
    }
}
