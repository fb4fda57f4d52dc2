//! The command of one's own: whatever it does with a value, it is asked to clear it, and
//! a clear that failed is said.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use super::place::{SECRETS, configure, eventually, with_key};
use super::support::pty::Pty;
use super::support::vault::TestVault;
use super::walk::{TEN_SECONDS, VALUE};

/// A program that keeps what it gets in a file, then ends as `end` says.
fn keeps(vault: &TestVault, end: &str) -> (PathBuf, PathBuf) {
    let (program, kept) = (vault.home().join("keeps"), vault.home().join("kept"));
    std::fs::write(&program, format!("#!/bin/sh\ncat >'{}'\n{end}\n", kept.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (program, kept)
}

fn copying(vault: &TestVault, more: &str, clear_after: &str) -> Pty {
    configure(vault, &format!("route = \"command\"\n{more}\n"));
    let line = ["copy", SECRETS[0].0, "--clear-after", clear_after];
    line.iter().fold(vault.screen(), |setup, word| setup.arg(word)).start()
}

fn read(kept: &PathBuf) -> String {
    std::fs::read_to_string(kept).unwrap_or_default()
}

#[test]
fn a_command_of_ones_own_gets_the_value_and_is_asked_to_clear_it() {
    let vault = with_key();
    let (program, kept) = keeps(&vault, "");
    let mut pty = copying(&vault, &format!("copy_command = [{program:?}]"), "2s");
    eventually("the value to arrive", || read(&kept) == VALUE);
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_eq!(read(&kept), "");
    pty.assert_clean(&[VALUE]);
}

#[test]
fn a_command_that_fails_after_it_took_the_value_is_asked_to_clear_it() {
    for end in ["exit 1", "sleep 60"] {
        let vault = with_key();
        // It fails for the value, and works for nothing.
        let (program, kept) =
            keeps(&vault, &format!("[ -s '{}' ] || exit 0\n{end}", vault.home().join("kept").display()));
        let mut pty = copying(&vault, &format!("copy_command = [{program:?}]"), "1h");
        assert_eq!(pty.wait_exit(TEN_SECONDS), 8, "{end}");
        assert_eq!(read(&kept), "", "{end}");
    }
}

#[test]
fn a_clear_that_fails_is_said_and_no_success() {
    let vault = with_key();
    let (program, kept) = keeps(&vault, "");
    let mut pty = copying(&vault, &format!("copy_command = [{program:?}]\nclear_command = [\"false\"]"), "1s");
    pty.wait_for("was not cleared");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 8);
    assert_eq!(read(&kept), VALUE, "the test means nothing");
}

#[test]
fn a_copy_by_command_that_is_killed_is_cleared() {
    let vault = with_key();
    let (program, kept) = keeps(&vault, "");
    let mut pty = copying(&vault, &format!("copy_command = [{program:?}]"), "1h");
    pty.wait_for("cleared in");
    assert_eq!(read(&kept), VALUE);
    pty.signal(Signal::KILL);
    pty.wait_exit(TEN_SECONDS);
    eventually("it to be cleared", || read(&kept).is_empty());
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(read(&kept), "");
}
