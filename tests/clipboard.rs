//! Copying on a desktop: needs Xvfb and xclip, which `.ci/run` installs.
#![cfg(feature = "desktop-tests")]
#![expect(dead_code, reason = "the harness serves tests/pty.rs first")]

#[cfg(test)]
#[path = "support/display.rs"]
mod display;
#[cfg(test)]
mod support;

use std::time::Duration;

use display::Display;
use support::pty::Pty;
use support::vault::TestVault;

const NAME: &str = "STRIPE_KEY";
const VALUE: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

/// The screen on a vault with one secret, at a desktop, the secret copied.
fn copied(display: &Display) -> (TestVault, Pty) {
    let vault = TestVault::new();
    vault.set("production/payments/STRIPE_KEY", VALUE);
    let mut pty = vault.screen().env("SSH_CONNECTION", "").env("DISPLAY", &display.name).start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("gy");
    display.wait_for(Some(VALUE));
    pty.wait_for("X11");
    (vault, pty)
}

#[test]
fn a_copy_is_hidden_from_histories_and_cleared_by_key() {
    let display = Display::start();
    let (_vault, mut pty) = copied(&display);
    assert!(display.targets().contains("x-kde-passwordManagerHint"));
    pty.send("x");
    display.wait_for(None);
    pty.assert_clean(&[VALUE]);
    assert!(!pty.wrote("\x1b]52;"), "it was sent to the terminal as well");
}

#[test]
fn leaving_clears() {
    let display = Display::start();
    let (_vault, mut pty) = copied(&display);
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    display.wait_for(None);
    pty.assert_restored();
}

#[test]
fn what_was_copied_meanwhile_is_left_alone() {
    let display = Display::start();
    let (_vault, mut pty) = copied(&display);
    display.copy("an address");
    pty.send("x");
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    assert_eq!(display.clipboard().as_deref(), Some("an address"));
}

#[test]
fn a_dead_display_is_said_and_leaves_the_screen_alive() {
    let vault = TestVault::new();
    vault.set("production/payments/STRIPE_KEY", VALUE);
    let mut pty = vault.screen().env("SSH_CONNECTION", "").env("DISPLAY", ":987").start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("gy");
    pty.wait_for("not set");
    pty.send(" q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
}
