//! Starting this program again, for a part that needs a process of its own.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// The command that starts this very program with the hidden argument `part` and `words`.
pub fn ourselves(part: &str, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    // The path may by now lead to another version of us, or nowhere.
    let path = PathBuf::from("/proc/self/exe");
    let path = if path.exists() { path } else { std::env::current_exe().unwrap_or_else(|_| "strongroom".into()) };
    let mut command = Command::new(path);
    command.arg0("strongroom").arg(part).args(words);
    command
}
