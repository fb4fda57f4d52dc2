//! t06: at a Wayland compositor, what t01, t02 and t03 are at an X11 display.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::place::holder::Holder;
use super::place::sway::Sway;
use super::place::{configure, eventually, stays, with_key};
use super::secrecy::assert_nowhere_else;
use super::support::pty::{Pty, Setup};
use super::support::vault::TestVault;
use super::walk::{A_WHILE, ADDRESS, NAME, TEN_SECONDS, VALUE, here, unlocked};

/// The program at this compositor.
fn at(sway: &Sway, setup: Setup) -> Setup {
    here(setup.size(120, 30)).env("WAYLAND_DISPLAY", &sway.name).env("XDG_RUNTIME_DIR", sway.folder())
}

fn holders(sway: &Sway) -> Vec<Holder> {
    Holder::all("WAYLAND_DISPLAY", &sway.name)
        .into_iter()
        .filter(|holder| holder.has("XDG_RUNTIME_DIR", sway.folder().to_str().unwrap()))
        .collect()
}

/// The screen with the value of the first secret on the clipboard.
fn copied(vault: &TestVault, sway: &Sway) -> Pty {
    let mut pty = unlocked(at(sway, vault.screen()));
    pty.send("y");
    sway.wait_for(Some(VALUE));
    pty.wait_for("Wayland");
    assert_nowhere_else(vault, VALUE);
    pty
}

#[track_caller]
fn assert_gone(sway: &Sway, pty: &Pty) {
    sway.wait_for(None);
    eventually("its holder to end", || holders(sway).is_empty());
    pty.assert_clean(&[VALUE]);
    assert!(!pty.wrote("\x1b]52;"), "it was sent to the terminal as well");
}

#[test]
fn t06_a_copy_is_seen_by_other_programs_hidden_from_histories_and_gone_at_its_deadline() {
    let (sway, vault) = (Sway::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let mut pty = unlocked(at(&sway, vault.screen()));
    let start = Instant::now();
    pty.send("y");
    sway.wait_for(Some(VALUE));
    assert_eq!(sway.hint().as_deref(), Some("secret"));
    while start.elapsed() < Duration::from_secs(3) {
        assert_eq!(sway.clipboard().as_deref(), Some(VALUE), "cleared after {:?}", start.elapsed());
    }
    assert_gone(&sway, &pty);
    assert!(start.elapsed() < Duration::from_secs(8), "cleared only after {:?}", start.elapsed());
    pty.wait_gone("clears in");
}

#[test]
fn t06_every_end_of_a_session_clears_at_once() {
    type End = fn(&mut Pty);
    let ends: [End; 4] =
        [|pty| pty.send("x"), |pty| pty.send("q"), |pty| pty.send("\x0c"), |pty| pty.signal(Signal::TERM)];
    let sway = Sway::start();
    for end in ends {
        let vault = with_key();
        let mut pty = copied(&vault, &sway);
        end(&mut pty);
        assert_gone(&sway, &pty);
    }
}

#[test]
fn t06_what_was_copied_meanwhile_is_left_alone() {
    let (sway, vault) = (Sway::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let mut pty = copied(&vault, &sway);
    let start = Instant::now();
    let theirs = || sway.clipboard().as_deref() == Some("an address");
    sway.copy("an address");
    eventually("the holder to leave", || holders(&sway).is_empty());
    pty.wait_gone("clears in");
    stays("theirs at the deadline", Duration::from_secs(6).saturating_sub(start.elapsed()), theirs);
    pty.send("x");
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    stays("theirs after leaving", A_WHILE, theirs);
}

#[test]
fn t06_a_screen_that_is_killed_has_its_copy_cleared_at_once() {
    let (sway, vault) = (Sway::start(), with_key());
    let mut pty = copied(&vault, &sway);
    assert!(pty.contents().contains(NAME));
    pty.signal(Signal::KILL);
    pty.wait_exit(TEN_SECONDS);
    assert_gone(&sway, &pty);
}

#[test]
fn t06_copy_the_command_returns_at_once_and_the_value_goes_at_its_deadline() {
    let (sway, vault) = (Sway::start(), with_key());
    let start = Instant::now();
    let command = at(&sway, vault.screen()).arg("copy").arg(ADDRESS).arg("--clear-after").arg("5s");
    let mut pty = command.start();
    assert_eq!(pty.wait_exit(Duration::from_secs(4)), 0);
    pty.wait_for("Copied");
    let all = holders(&sway);
    assert_eq!(all.len(), 1, "one process holds the clipboard");
    all[0].assert_alone(&[VALUE]);
    while start.elapsed() < Duration::from_secs(4) {
        assert_eq!(sway.clipboard().as_deref(), Some(VALUE), "cleared after {:?}", start.elapsed());
    }
    assert_gone(&sway, &pty);
}
