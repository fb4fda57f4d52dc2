//! The real binary where operators run it: in tmux, on a desktop with a
//! clipboard, and over SSH. Needs tmux, Xvfb, xclip, sshd and ssh, which
//! `.ci/run` installs; where one is missing the test fails with its name.
//!
//! `cargo test --features desktop-tests --test desktop`
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says so when what it needs is not there")]

#[path = "desktop/ssh.rs"]
mod ssh;
#[path = "desktop/tmux.rs"]
mod tmux;
#[path = "desktop/vault.rs"]
mod vault;
#[path = "desktop/x11.rs"]
mod x11;

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use ssh::Server;
use tmux::Tmux;
use vault::{SECRETS, TestVault, eventually, is_running, within};
use x11::Display;

/// Unlock, list, filter, reveal, lock, leave.
fn walk(columns: u16, rows: u16) {
    let (_, value) = SECRETS[1];
    let vault = TestVault::new("");
    let tmux = Tmux::start(&vault, columns, rows, &[]);
    tmux.unlock();
    tmux.wait_for(&["help"], &[value]);
    tmux.select("jwt", "JWT_SIGNING_KEY", &["STRIPE_KEY", "DB_PASSWORD"]);
    tmux.wait_for(&["JWT_SIGNING_KEY"], &[value]);
    tmux.press(&["s"]);
    tmux.wait_for(&[value], &[]);
    tmux.press(&["C-l"]);
    tmux.wait_for(&["assphrase"], &[value, "JWT_SIGNING_KEY", "STRIPE_KEY"]);
    // After a lock the same walk begins anew, and leaving leaves nothing behind.
    let process = vault.process_id();
    tmux.press(&["C-c"]);
    tmux.wait_for_end();
    assert!(!is_running(process));
}

#[test]
fn the_walk_at_80_by_24() {
    walk(80, 24);
}

#[test]
fn the_walk_at_140_by_45() {
    walk(140, 45);
}

#[test]
fn a_copy_reaches_the_clipboard_and_is_cleared_in_time() {
    let (display, vault) = (Display::start(), TestVault::new("clear_after = \"3s\"\n"));
    let tmux = Tmux::start(&vault, 100, 30, &[("DISPLAY", &display.name)]);
    tmux.unlock();
    tmux.select("stripe", "STRIPE_KEY", &["DB_PASSWORD"]);
    tmux.press(&["y"]);
    let copied = eventually("the clipboard to be filled", || display.clipboard());
    assert_eq!(copied, SECRETS[0].1);
    let start = Instant::now();
    tmux.wait_for(&["clears in"], &[SECRETS[0].1]);
    eventually("the clipboard to be cleared", || display.clipboard().is_none().then_some(()));
    assert!(start.elapsed() < Duration::from_secs(6), "It took {:?}.", start.elapsed());
}

#[test]
fn what_the_operator_copied_meanwhile_is_left_alone() {
    let (display, vault) = (Display::start(), TestVault::new("clear_after = \"3s\"\n"));
    let tmux = Tmux::start(&vault, 100, 30, &[("DISPLAY", &display.name)]);
    tmux.unlock();
    tmux.select("stripe", "STRIPE_KEY", &["DB_PASSWORD"]);
    tmux.press(&["y"]);
    eventually("the clipboard to be filled", || display.clipboard());
    display.copy("my own notes");
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        assert_eq!(display.clipboard().as_deref(), Some("my own notes"));
        std::thread::sleep(Duration::from_millis(250));
    }
    // Neither does leaving touch it.
    tmux.press(&["q"]);
    tmux.wait_for_end();
    assert_eq!(display.clipboard().as_deref(), Some("my own notes"));
}

#[test]
fn leaving_clears_what_was_copied() {
    let (display, vault) = (Display::start(), TestVault::new(""));
    let tmux = Tmux::start(&vault, 100, 30, &[("DISPLAY", &display.name)]);
    tmux.unlock();
    tmux.press(&["y"]);
    eventually("the clipboard to be filled", || display.clipboard());
    tmux.press(&["q"]);
    tmux.wait_for_end();
    eventually("the clipboard to be cleared", || display.clipboard().is_none().then_some(()));
}

#[test]
fn over_ssh_a_copy_goes_to_the_terminal_and_a_dropped_connection_ends_all() {
    let vault = TestVault::new("");
    let server = Server::start(&vault);
    let mut connection = server.connect(&vault);
    connection.wait_for("assphrase", 0);
    connection.type_bytes(vault::PASSPHRASE.as_bytes());
    connection.type_bytes(b"\r");
    connection.wait_for("STRIPE_KEY", 0);
    connection.type_bytes(b"/stripe\r");
    let before = connection.received();
    std::thread::sleep(Duration::from_millis(300));
    connection.type_bytes(b"y");
    let sequence = format!("\x1b]52;c;{}", BASE64.encode(SECRETS[0].1.as_bytes()));
    let after = connection.wait_for(&sequence, before);
    connection.wait_for("OSC 52", before);
    // The value went that way only, never onto the screen.
    assert!(after > before);
    let process = vault.process_id();
    assert!(is_running(process));
    connection.drop_connection();
    let gone = within(Duration::from_secs(1), || (!is_running(process)).then_some(()));
    assert!(gone.is_some(), "The application outlived its connection by more than a second.");
}
