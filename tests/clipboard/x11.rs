//! t01, t02, t03 and t05, at an X11 display: the value is there until it is taken
//! away, however the session ends, and what the operator copied meanwhile is never
//! touched.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::place::display::Display;
use super::place::holder::Holder;
use super::place::{SECRETS, configure, eventually, stays, with_key};
use super::secrecy::assert_nowhere_else;
use super::support::pty::Pty;
use super::support::vault::TestVault;
use super::walk::{A_WHILE, NAME, TEN_SECONDS, VALUE, at_display, copy_at_display, unlocked};

/// The screen with the value of the first secret on the clipboard.
fn copied(vault: &TestVault, display: &Display) -> Pty {
    let mut pty = unlocked(at_display(vault, &display.name));
    pty.send("y");
    display.wait_for(Some(VALUE));
    pty.wait_for("clears in");
    pty.wait_for("X11");
    assert_nowhere_else(vault, VALUE);
    pty
}

/// The value is gone from the clipboard, nobody holds it, and it was never written to the terminal.
#[track_caller]
fn assert_gone(display: &Display, pty: &Pty) {
    display.wait_for(None);
    eventually("its holder to end", || Holder::all("DISPLAY", &display.name).is_empty());
    pty.assert_clean(&[VALUE]);
    assert!(!pty.wrote("\x1b]52;"), "it was sent to the terminal as well");
}

/// Asserts that the value stays until its deadline, and is gone soon after.
#[track_caller]
fn assert_cleared_on_time(display: &Display, copied: Instant, period: Duration) {
    while copied.elapsed() + Duration::from_secs(1) < period {
        assert_eq!(display.clipboard().as_deref(), Some(VALUE), "cleared after {:?}", copied.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    display.wait_for(None);
    assert!(copied.elapsed() < period + Duration::from_secs(3), "cleared only after {:?}", copied.elapsed());
}

#[test]
fn t01_a_copy_is_seen_by_other_programs_and_gone_at_its_deadline() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let mut pty = unlocked(at_display(&vault, &display.name));
    let start = Instant::now();
    pty.send("y");
    display.wait_for(Some(VALUE));
    assert_cleared_on_time(&display, start, Duration::from_secs(4));
    assert_gone(&display, &pty);
    pty.wait_gone("clears in");
}

#[test]
fn t01_a_copy_is_hidden_from_histories_and_from_the_middle_button() {
    let (display, vault) = (Display::start(), with_key());
    let pty = copied(&vault, &display);
    assert_eq!(display.hint().as_deref(), Some("secret"));
    assert!(!display.targets().contains("SAVE_TARGETS"), "a clipboard manager is asked to keep it");
    assert_eq!(display.primary(), None);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn t01_primary_is_set_and_cleared_as_well_where_it_is_wished() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "primary = true");
    let mut pty = copied(&vault, &display);
    eventually("the middle button to paste it", || display.primary().as_deref() == Some(VALUE));
    pty.send("x");
    assert_gone(&display, &pty);
    eventually("the middle button to paste nothing", || display.primary().is_none());
}

#[test]
fn t01_a_key_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.send("x");
    assert_gone(&display, &pty);
    pty.wait_gone("clears in");
}

#[test]
fn t01_leaving_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_gone(&display, &pty);
    pty.assert_restored();
}

#[test]
fn t01_leaving_keeps_it_to_its_deadline_where_that_is_wished() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"6s\"\non_exit = \"keep\"");
    let mut pty = unlocked(at_display(&vault, &display.name));
    let start = Instant::now();
    pty.send("y");
    pty.wait_for("clears in");
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    assert_cleared_on_time(&display, start, Duration::from_secs(6));
    assert_gone(&display, &pty);
}

/// Whatever is to happen on leaving.
#[test]
fn t01_a_lock_clears_at_once() {
    for on_exit in ["clear", "keep"] {
        let (display, vault) = (Display::start(), with_key());
        configure(&vault, &format!("on_exit = \"{on_exit}\""));
        let mut pty = copied(&vault, &display);
        if on_exit == "keep" {
            pty.send("\x0c");
        } else {
            pty.signal(Signal::USR1);
        }
        pty.wait_gone(NAME);
        assert_gone(&display, &pty);
    }
}

#[test]
fn t01_a_signal_clears_within_a_second() {
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
fn t01_stopping_with_ctrl_z_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    let script = r#"set -m; "$STRONGROOM"; echo "stopped with $?"; read -r line; fg; echo "left with $?""#;
    let shell = vault.shell(script).size(120, 30).env("SSH_CONNECTION", "").env("DISPLAY", &display.name);
    let mut pty = unlocked(shell);
    pty.send("y");
    display.wait_for(Some(VALUE));
    pty.send("\x1a");
    pty.wait_for("stopped with");
    assert_gone(&display, &pty);
}

#[test]
fn t01_a_second_copy_takes_the_place_of_the_first() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    let first = Holder::at(&display.name);
    pty.send("j");
    pty.settle();
    pty.send("y");
    display.wait_for(Some(SECRETS[1].1));
    eventually("the first holder to leave", || !first.lives());
    pty.send("x");
    assert_gone(&display, &pty);
    pty.assert_clean(&[SECRETS[1].1]);
}

#[test]
fn t01_copy_the_command_returns_at_once_and_the_value_goes_at_its_deadline() {
    let (display, vault) = (Display::start(), with_key());
    let start = Instant::now();
    let mut pty = copy_at_display(&vault, &display.name, "6s").start();
    assert_eq!(pty.wait_exit(Duration::from_secs(5)), 0);
    pty.wait_for("Copied production/auth/JWT_SIGNING_KEY");
    assert_cleared_on_time(&display, start, Duration::from_secs(6));
    assert_gone(&display, &pty);
}

#[test]
fn t01_what_holds_the_value_clears_when_it_is_ended_from_elsewhere() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copy_at_display(&vault, &display.name, "1h").start();
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    let holder = Holder::at(&display.name);
    for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TSTP] {
        holder.signal(signal);
    }
    stays("held, whatever a terminal sends", A_WHILE, || display.clipboard().as_deref() == Some(VALUE));
    holder.signal(Signal::TERM);
    assert_gone(&display, &pty);
}

#[test]
fn t02_what_was_copied_meanwhile_is_left_alone() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let mut pty = copied(&vault, &display);
    let (start, holder) = (Instant::now(), Holder::at(&display.name));
    let theirs = || display.clipboard().as_deref() == Some("an address");
    display.copy("an address");
    eventually("the holder to leave", || !holder.lives());
    pty.wait_gone("clears in");
    // Past the deadline, and by key, and by leaving.
    stays("theirs at the deadline", Duration::from_secs(6).saturating_sub(start.elapsed()), theirs);
    pty.send("x");
    pty.settle();
    stays("theirs after the key", A_WHILE, theirs);
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    stays("theirs after leaving", A_WHILE, theirs);
}

#[test]
fn t02_what_was_copied_after_the_command_is_left_alone() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copy_at_display(&vault, &display.name, "3s").start();
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    display.wait_for(Some(VALUE));
    let holder = Holder::at(&display.name);
    display.copy("an address");
    eventually("the holder to leave", || !holder.lives());
    stays("theirs", Duration::from_secs(4), || display.clipboard().as_deref() == Some("an address"));
}

#[test]
fn t03_a_screen_that_is_killed_has_its_copy_cleared_at_once() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.signal(Signal::KILL);
    pty.wait_exit(TEN_SECONDS);
    assert_gone(&display, &pty);
}

#[test]
fn t03_a_screen_that_is_killed_leaves_a_copy_to_its_deadline_where_that_is_wished() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"6s\"\non_exit = \"keep\"");
    let mut pty = unlocked(at_display(&vault, &display.name));
    let start = Instant::now();
    pty.send("y");
    pty.wait_for("clears in");
    pty.signal(Signal::KILL);
    pty.wait_exit(TEN_SECONDS);
    assert_cleared_on_time(&display, start, Duration::from_secs(6));
    assert_gone(&display, &pty);
}

#[test]
fn t05_a_terminal_that_dies_has_its_copy_cleared_at_once() {
    let (display, vault) = (Display::start(), with_key());
    let pty = copied(&vault, &display);
    let holder = Holder::at(&display.name);
    pty.cut();
    display.wait_for(None);
    eventually("its holder to end", || !holder.lives());
}

/// The command is gone by then; what holds the value belongs to no terminal.
#[test]
fn t05_a_terminal_that_dies_after_the_command_leaves_the_copy_to_its_deadline() {
    let (display, vault) = (Display::start(), with_key());
    let script = format!("\"$STRONGROOM\" copy {} --clear-after 7s && read -r line", super::walk::ADDRESS);
    let shell = vault.shell(&script).env("SSH_CONNECTION", "").env("DISPLAY", &display.name);
    let start = Instant::now();
    let pty = shell.start();
    pty.wait_for("Copied");
    let holder = Holder::at(&display.name);
    pty.cut();
    assert_cleared_on_time(&display, start, Duration::from_secs(7));
    eventually("its holder to end", || !holder.lives());
}

#[test]
fn t05_a_display_that_dies_leaves_no_holder_behind() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    let holder = Holder::at(&display.name);
    drop(display);
    eventually("its holder to end", || !holder.lives());
    pty.wait_gone("clears in");
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
}

#[test]
fn t05_a_display_that_stops_answering_does_not_hold_up_the_screen() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    display.stall(true);
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    pty.assert_restored();
    display.stall(false);
    assert_gone(&display, &pty);
}

/// Who has cleared looks after a clipboard manager for a while; a copy made again is none.
#[test]
fn t02_the_same_value_copied_again_at_once_is_left_alone() {
    let (display, vault) = (Display::start(), with_key());
    let mut pty = copied(&vault, &display);
    pty.send("x");
    display.wait_for(None);
    pty.send("y");
    display.wait_for(Some(VALUE));
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        assert_eq!(display.clipboard().as_deref(), Some(VALUE));
        std::thread::sleep(Duration::from_millis(100));
    }
    pty.send("x");
    display.wait_for(None);
}
