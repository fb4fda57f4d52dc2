//! t07: parcellite ignores what asks it not to keep a value, and offers it again as
//! soon as its owner has left.

use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::geteuid;

use super::place::canary::in_files;
use super::place::display::Display;
use super::place::{configure, eventually, program, program_path, stays, with_key, within};
use super::secrecy::assert_nowhere_else;
use super::support::pty::Pty;
use super::support::vault::TestVault;
use super::walk::{NAME, TEN_SECONDS, VALUE, at_display, copy_at_display, unlocked};

/// A parcellite at a display, with a bus, a home and process numbers of its own: it
/// refuses to be the second one.
struct Parcellite {
    process: Child,
    home: tempfile::TempDir,
}

impl Parcellite {
    /// Starts it and waits until it offers again what its owner has left.
    fn start(display: &Display) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = program("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        if !geteuid().is_root() {
            command.arg("--map-root-user");
        }
        command.arg(program_path("dbus-run-session")).arg("--").arg(program_path("parcellite"));
        command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", home.path()).env("DISPLAY", &display.name);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let manager = Self { process: command.spawn().unwrap(), home };
        display.copy_until("a probe", || manager.knows("a probe"));
        display.wait_for(Some("a probe"));
        manager
    }

    /// True when it has the value, from when on it may offer it.
    fn knows(&self, value: &str) -> bool {
        !in_files(self.home.path(), &[value.as_bytes().to_vec()]).is_empty()
    }
}

impl Drop for Parcellite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The value is gone and stays so, although its manager knows it.
#[track_caller]
fn assert_gone_for_good(display: &Display) {
    let offered = || display.clipboard().as_deref() == Some(VALUE);
    eventually("the value to be gone", || !offered());
    // In between it may be offered once more, to be outdone once more.
    eventually("the value to stay gone", || !within(Duration::from_secs(1), offered));
    stays("gone", Duration::from_secs(4), || !offered());
}

fn copied(vault: &TestVault, display: &Display, manager: &Parcellite) -> Pty {
    let mut pty = unlocked(at_display(vault, &display.name));
    pty.send("y");
    display.wait_for(Some(VALUE));
    eventually("parcellite to know it", || manager.knows(VALUE));
    assert_nowhere_else(vault, VALUE);
    pty
}

#[test]
fn t07_a_manager_that_offers_the_value_again_is_outdone_at_the_deadline() {
    let (display, vault) = (Display::start(), with_key());
    let manager = Parcellite::start(&display);
    configure(&vault, "clear_after = \"3s\"");
    let pty = copied(&vault, &display, &manager);
    assert_gone_for_good(&display);
    pty.wait_gone("clears in");
}

#[test]
fn t07_a_manager_that_offers_the_value_again_is_outdone_after_leaving() {
    let (display, vault) = (Display::start(), with_key());
    let manager = Parcellite::start(&display);
    let mut pty = copied(&vault, &display, &manager);
    assert!(pty.contents().contains(NAME));
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_gone_for_good(&display);
}

#[test]
fn t07_a_manager_that_offers_the_value_again_is_outdone_after_the_command() {
    let (display, vault) = (Display::start(), with_key());
    let manager = Parcellite::start(&display);
    let mut pty = copy_at_display(&vault, &display.name, "3s").start();
    display.wait_for(Some(VALUE));
    eventually("parcellite to know it", || manager.knows(VALUE));
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_gone_for_good(&display);
}

/// What the operator copies while the manager is outdone is left alone.
#[test]
fn t07_what_was_copied_meanwhile_is_left_alone() {
    let (display, vault) = (Display::start(), with_key());
    let manager = Parcellite::start(&display);
    configure(&vault, "clear_after = \"4s\"");
    let pty = copied(&vault, &display, &manager);
    display.copy("an address");
    pty.wait_gone("clears in");
    stays("theirs", Duration::from_secs(6), || display.clipboard().as_deref() == Some("an address"));
}
