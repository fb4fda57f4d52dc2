//! H5: whatever ends or stops the program, and wherever in it somebody is: the terminal is
//! as it was, within a second.
//!
//! A panic cannot be caused from outside; it is one of the ends of `tui::terminal`'s tests.

use std::time::{Duration, Instant};

use rustix::process::{Signal, test_kill_process};

use super::place::{eventually, with_key};
use super::rounds;
use super::support::pty::{Pty, is_zombie};
use super::support::vault::TestVault;

/// What is promised.
const A_SECOND: Duration = Duration::from_secs(1);
/// What a machine that does other things meanwhile may add, in one case of twenty.
const LOADED: Duration = Duration::from_secs(3);

/// The places, by the keys that lead there from the list.
const STATES: [(&str, &str); 20] = [
    ("the list", ""),
    ("the detail", "2"),
    ("the history", "3"),
    ("the audit log", "3]"),
    ("help", "?"),
    ("the palette", ":"),
    ("a filter", "/jwt"),
    ("a jump", "'"),
    ("the overview", "o"),
    ("a new secret", "a"),
    ("a new secret half typed", "aHALF_TYPED\thalf-a-value"),
    ("an edit", "e"),
    ("a rotation", "r"),
    ("a value on the screen", "s"),
    ("a copy", "y"),
    ("a purge", "D"),
    ("a file to write", "w"),
    ("an incident", "I"),
    ("a mark", " "),
    ("the lock screen", "\x0c"),
];

/// The screen in that place, in a shell that waits behind it and tells the line's modes.
fn there(vault: &TestVault, script: &str, keys: &str) -> Pty {
    let mut pty = vault.shell(script).start();
    pty.wait_for("JWT_SIGNING_KEY");
    pty.settle_briefly();
    pty.send("g");
    pty.settle_briefly();
    pty.send(keys);
    pty.settle();
    pty
}

/// Lines that a shell writes before and behind.
const MODES: &str = "echo \"before $(stty -g)\"; \"$STRONGROOM\"; echo \"left $?\"; echo \"after $(stty -g)\"";

/// What stands behind a word in what was written.
fn told(pty: &Pty, word: &str) -> Option<String> {
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    let (_, behind) = raw.rsplit_once(&format!("{word} "))?;
    behind.split_once("\r\n").map(|(told, _)| told.to_owned())
}

/// How often it took longer than a second.
#[derive(Default)]
struct Late(usize, usize);

impl Late {
    #[track_caller]
    fn note(&mut self, since: Instant, place: &str) {
        let took = since.elapsed();
        assert!(took < LOADED, "{place}: {took:?}");
        self.0 += usize::from(took >= A_SECOND);
        self.1 += 1;
    }

    #[track_caller]
    fn assert_few(&self) {
        println!("h5: {} of {} took longer than a second", self.0, self.1);
        assert!(self.0 * 20 <= self.1, "{} of {} took longer than a second", self.0, self.1);
    }
}

/// Each state is ended by a signal, and the shell finds its terminal as it was.
fn ended_by(signal: Signal, code: u32) {
    let (vault, mut late) = (with_key(), Late::default());
    for (place, keys) in (0..rounds(1)).flat_map(|_| STATES) {
        let pty = there(&vault, MODES, keys);
        let before = told(&pty, "before").unwrap();
        let program = ours(&pty);
        let since = Instant::now();
        rustix::process::kill_process(program, signal).unwrap();
        while told(&pty, "left").is_none() {
            assert!(since.elapsed() < LOADED, "{place}: {signal:?} does not end it:\n{}", pty.contents());
            std::thread::sleep(Duration::from_millis(5));
        }
        late.note(since, place);
        pty.wait_until("the modes", |pty| told(pty, "after").is_some());
        assert_eq!(told(&pty, "left").unwrap(), code.to_string(), "{place}");
        assert_eq!(told(&pty, "after").unwrap(), before, "{place}");
        pty.assert_restored();
    }
    late.assert_few();
}

/// The program that the shell has started.
fn ours(pty: &Pty) -> rustix::process::Pid {
    eventually("the program", || !pty.children().is_empty());
    pty.children()[0]
}

#[test]
fn h5_a_hangup_ends_it_everywhere() {
    ended_by(Signal::HUP, 129);
}

#[test]
fn h5_a_termination_ends_it_everywhere() {
    ended_by(Signal::TERM, 143);
}

#[test]
fn h5_an_interrupt_ends_it_everywhere() {
    ended_by(Signal::INT, 130);
}

#[test]
fn h5_a_quit_ends_it_everywhere() {
    ended_by(Signal::QUIT, 131);
}

/// A shell with job control has the terminal as it was while the program is stopped, and
/// locked it is when it goes on.
#[test]
fn h5_a_stop_gives_the_terminal_back_everywhere() {
    const SCRIPT: &str = "set -m; echo \"before $(stty -g)\"; \"$STRONGROOM\"; echo \"stopped $?\"; \
                          echo \"after $(stty -g)\"; read -r line; fg; echo \"left $?\"";
    let (vault, mut late) = (with_key(), Late::default());
    for (place, keys) in (0..rounds(1)).flat_map(|_| STATES) {
        let mut pty = there(&vault, SCRIPT, keys);
        let (before, program, since) = (told(&pty, "before").unwrap(), ours(&pty), Instant::now());
        rustix::process::kill_process(program, Signal::TSTP).unwrap();
        while told(&pty, "stopped").is_none() {
            assert!(since.elapsed() < LOADED, "{place}: it does not stop:\n{}", pty.contents());
            std::thread::sleep(Duration::from_millis(5));
        }
        late.note(since, place);
        pty.wait_until("the modes", |pty| told(pty, "after").is_some());
        assert_eq!(told(&pty, "after").unwrap(), before, "{place}");
        pty.assert_restored();
        pty.send("\r");
        pty.wait_for("Master key");
        assert!(!pty.contents().contains("JWT_SIGNING_KEY"), "{place}: it goes on unlocked");
        rustix::process::kill_process(program, Signal::TERM).unwrap();
        pty.wait_until("its end", |pty| told(pty, "left").is_some());
        assert_eq!(told(&pty, "left").unwrap(), "143", "{place}");
    }
    late.assert_few();
}

/// The terminal is gone: reading gives the end of the file or an error.
#[test]
fn h5_a_terminal_that_is_gone_ends_it_everywhere() {
    let (vault, mut late) = (with_key(), Late::default());
    for (place, keys) in (0..rounds(1)).flat_map(|_| STATES) {
        let pty = there(&vault, "\"$STRONGROOM\"; true", keys);
        let program = ours(&pty);
        pty.cut();
        let since = Instant::now();
        // Whoever inherits what it leaves may take a while to ask how it ended.
        while test_kill_process(program).is_ok() && !is_zombie(program) {
            assert!(since.elapsed() < LOADED, "{place}: it goes on without its terminal");
            std::thread::sleep(Duration::from_millis(5));
        }
        late.note(since, place);
    }
    late.assert_few();
}

#[test]
#[ignore = "the long form, 1 200 ends: STRONGROOM_TEST_ROUNDS=10 cargo test … --test process h5 -- --ignored"]
fn h5_long_form() {
    assert!(rounds(0) >= 10, "set STRONGROOM_TEST_ROUNDS=10");
    for (signal, code) in [(Signal::HUP, 129), (Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131)] {
        ended_by(signal, code);
    }
    h5_a_stop_gives_the_terminal_back_everywhere();
    h5_a_terminal_that_is_gone_ends_it_everywhere();
}
