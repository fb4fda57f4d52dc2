//! Copying at a desktop: the value is there until it is taken away, and what the
//! operator copied meanwhile is never touched.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::display::Display;
use super::place::{SECRETS, configure, with_key};
use super::support::pty::Pty;
use super::support::vault::TestVault;

const VALUE: &str = SECRETS[0].1;
const NAME: &str = "JWT_SIGNING_KEY";
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// The screen on `vault` at this display, the first secret selected.
fn unlocked(vault: &TestVault, display: &str) -> Pty {
    let mut pty = vault.screen().size(120, 30).env("SSH_CONNECTION", "").env("DISPLAY", display).start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("g");
    pty.settle();
    pty
}

/// The same with the value on the clipboard.
fn copied(vault: &TestVault, display: &Display) -> Pty {
    let mut pty = unlocked(vault, &display.name);
    pty.send("y");
    display.wait_for(Some(VALUE));
    pty.wait_for("Copied · clears in");
    pty.wait_for("X11 clipboard");
    pty
}

/// The value is gone from the clipboard and was never written to the terminal.
fn assert_gone(display: &Display, pty: &Pty) {
    display.wait_for(None);
    pty.assert_clean(&[VALUE]);
    assert!(!pty.wrote("\x1b]52;"), "it was sent to the terminal as well");
}

#[test]
fn a_copy_is_hidden_from_histories_and_cleared_by_key() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    assert!(display.targets().contains("x-kde-passwordManagerHint"));
    pty.send("x");
    assert_gone(&display, &pty);
    pty.wait_gone("clears in");
}

#[test]
fn a_copy_is_cleared_at_its_deadline_and_not_before() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "[clipboard]\nclear_after = \"3s\"\n");
    let mut pty = unlocked(&vault, &display.name);
    let start = Instant::now();
    pty.send("y");
    display.wait_for(Some(VALUE));
    assert_gone(&display, &pty);
    let after = start.elapsed();
    assert!(after >= Duration::from_secs(3) && after < Duration::from_secs(5), "cleared after {after:?}");
    pty.wait_gone("clears in");
}

#[test]
fn leaving_clears() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_gone(&display, &pty);
    pty.assert_restored();
}

#[test]
fn a_signal_clears_within_a_second() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let (display, vault) = (Display::start(), with_key());
        let mut pty = copied(&vault, &display);
        pty.signal(signal);
        assert_eq!(pty.wait_exit(Duration::from_secs(1)), code);
        assert_gone(&display, &pty);
        pty.assert_restored();
    }
}

#[test]
fn a_lock_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.signal(Signal::USR1);
    pty.wait_gone(NAME);
    assert_gone(&display, &pty);
    pty.wait_for("The clipboard is cleared.");
    pty.send("\x03");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
}

#[test]
fn what_was_copied_meanwhile_is_left_alone() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "[clipboard]\nclear_after = \"3s\"\n");
    let mut pty = copied(&vault, &display);
    display.copy("an address");
    // Past the deadline, and by key, and by leaving.
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(4500) {
        assert_eq!(display.clipboard().as_deref(), Some("an address"));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!pty.contents().contains("clears in"), "a copy that was replaced still counts down");
    pty.send("x");
    pty.settle();
    assert_eq!(display.clipboard().as_deref(), Some("an address"));
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_eq!(display.clipboard().as_deref(), Some("an address"));
}

#[test]
fn a_second_copy_takes_the_place_of_the_first() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.send("j");
    pty.settle();
    pty.send("y");
    display.wait_for(Some(SECRETS[1].1));
    pty.send("x");
    display.wait_for(None);
    pty.assert_clean(&[VALUE, SECRETS[1].1]);
}

#[test]
fn a_dead_display_gives_way_to_the_terminal() {
    let vault = with_key();
    let mut pty = unlocked(&vault, ":987");
    pty.send("y");
    pty.wait_for("Sent, unconfirmed");
    assert!(!pty.contents().contains("Copied") && pty.wrote("\x1b]52;c;"));
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn a_dead_display_is_said_where_no_other_way_may_be_tried() {
    let vault = with_key();
    configure(&vault, "[clipboard]\nroute = \"x11\"\n");
    let mut pty = unlocked(&vault, ":987");
    pty.send("y");
    pty.wait_for("No clipboard can be reached");
    assert!(!pty.contents().contains("Copied") && !pty.wrote("\x1b]52;"));
    pty.send(" q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    pty.assert_clean(&[VALUE]);
}

/// The command, which ends at once; the value stays.
fn copying(vault: &TestVault, display: &Display, clear_after: &str) -> Pty {
    let setup = vault.screen().env("SSH_CONNECTION", "").env("DISPLAY", &display.name);
    let mut pty = setup.arg("copy").arg(SECRETS[0].0).arg("--clear-after").arg(clear_after).start();
    pty.wait_for("Copied production/auth/JWT_SIGNING_KEY");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    pty
}

#[test]
fn copy_the_command_ends_and_the_value_is_cleared_at_its_deadline() {
    let (display, vault) = (Display::start(), with_key());
    let pty = copying(&vault, &display, "3s");
    assert_eq!(display.clipboard().as_deref(), Some(VALUE));
    assert_gone(&display, &pty);
}

#[test]
fn copy_the_command_leaves_what_was_copied_meanwhile() {
    let (display, vault) = (Display::start(), with_key());
    copying(&vault, &display, "3s");
    display.copy("an address");
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(5000) {
        assert_eq!(display.clipboard().as_deref(), Some("an address"));
        std::thread::sleep(Duration::from_millis(100));
    }
}
