//! The real program and its terminal: taken, used, given back.

use std::time::Duration;

use data_encoding::BASE64;
use rustix::process::Signal;

use super::support::pty::{self, Pty};
use super::support::vault::TestVault;

pub(super) const NAME: &str = "STRIPE_KEY";
pub(super) const ADDRESS: &str = "production/payments/STRIPE_KEY";
pub(super) const VALUE: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const ONE_SECOND: Duration = Duration::from_secs(1);
const CLEAR: &[u8] = b"\x1b]52;c;\x1b\\";

/// A vault with two secrets.
pub(super) fn small_vault() -> TestVault {
    let vault = TestVault::new();
    let webhook = ("production/payments/STRIPE_WEBHOOK", "whsec_0123456789abcdef0123456789");
    vault.fill([(ADDRESS, VALUE), webhook].map(|(address, value)| (address.to_owned(), value.to_owned())));
    vault
}

/// The screen on `vault`, unlocked, the first secret selected.
pub(super) fn unlocked(vault: &TestVault) -> Pty {
    let mut pty = vault.screen().start();
    pty.wait_for(NAME);
    pty.send("g");
    pty.settle();
    pty
}

/// The sequence that puts `value` on the terminal's clipboard.
fn copied(value: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", BASE64.encode(value.as_bytes()))
}

/// Asserts that everything entered was left by one sequence, written once and last.
#[track_caller]
fn assert_left_once(pty: &Pty) {
    const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[2J\x1b[?25h\x1b[?1049l\x1b[?2026l";
    pty.assert_restored();
    let raw = pty.raw();
    assert_eq!(pty::count(&raw, LEAVE), 1, "left once");
    assert_eq!(pty::count(&raw, b"\x1b[?1049l"), 1, "and in no other way");
    assert!(raw.ends_with(LEAVE), "something was written after it");
}

/// openclaw #49016, codex #31865, claude-code #84029 ("restore registered on graceful exit
/// only"), fresh #811: every end is the same end. For a panic see
/// `a_panic_on_any_thread_leaves_the_terminal_and_quotes_nothing`, for Ctrl-Z below.
#[test]
fn the_terminal_is_restored_by_one_leave_on_exit_signal_and_stop() {
    let signals = [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131), (Signal::HUP, 129)];
    for (signal, code) in
        [None].into_iter().chain(signals.map(Some)).map(|end| (end.map(|end| end.0), end.map_or(0, |end| end.1)))
    {
        let vault = small_vault();
        let mut pty = unlocked(&vault);
        assert!(pty.screen(vt100::Screen::alternate_screen));
        pty.send("y");
        pty.wait_wrote(copied(VALUE));
        match signal {
            Some(signal) => pty.signal(signal),
            None => pty.send("q"),
        }
        assert_eq!(pty.wait_exit(ONE_SECOND), code);
        assert!(pty.wrote(CLEAR), "what was copied is cleared");
        assert_left_once(&pty);
        pty.assert_clean(&[VALUE]);
    }
}

/// gitui #765 (refused there), docker-agent #1530: Ctrl-Z locks, leaves and stops; `fg` asks again.
#[test]
fn stop_locks_leaves_and_comes_back_locked() {
    let vault = small_vault();
    let script = r#"set -m; "$STRONGROOM"; echo "stopped with $?"; read -r line; fg; echo "left with $?""#;
    let mut pty = vault.shell(script).start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("\x1a");
    pty.wait_for("stopped with");
    assert!(!pty.contents().contains(NAME), "the list stayed on the screen");
    pty.assert_restored();
    pty.send("\n");
    pty.wait_until("the screen to come back", |pty| pty.screen(vt100::Screen::alternate_screen));
    pty.settle();
    assert!(!pty.contents().contains(NAME), "the vault was not locked");
    pty.signal_children(Signal::TERM);
    pty.wait_for("left with 143");
    pty.assert_clean(&[VALUE]);
}

#[test]
fn without_a_shell_behind_it_stopping_only_locks() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.send("\x1a");
    pty.wait_until("the locked screen to come back", |pty| {
        pty.screen(vt100::Screen::alternate_screen)
            && pty.contents().contains("locked")
            && !pty.contents().contains(NAME)
    });
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_exit(ONE_SECOND), 143);
}

/// gitui #72, twitch-tui #551, croft #192, dirge #730 (0x0 after a hang-up).
#[test]
fn no_size_panics_and_a_frame_of_no_size_is_skipped() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    for (columns, rows) in [(40, 15), (140, 45), (20, 5), (1, 1)] {
        pty.resize(columns, rows);
        pty.settle_briefly();
    }
    pty.settle();
    let before = pty.raw().len();
    pty.resize(0, 0);
    pty.send("j");
    pty.settle();
    assert_eq!(pty.raw().len(), before, "a frame was drawn into no room");
    pty.resize(300, 80);
    pty.settle();
    pty.resize(80, 24);
    pty.wait_for(NAME);
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    assert_left_once(&pty);
    pty.assert_clean(&[VALUE]);
}

/// zellij #491, todotxt-tui #42, cmus #1271, kvn #72: lines of a paste are no commands.
#[test]
fn a_paste_outside_a_field_runs_nothing_of_it() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.paste("dyq\r\x1b");
    pty.wait_for("Nothing takes a paste here");
    assert!(pty.contents().contains(NAME) && !pty.wrote(copied(VALUE)));
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
}

/// cc-switch-cli #347, codex #971, git-interactive-rebase #945, opencode #30049: the
/// terminal's own selection stays the operator's.
#[test]
fn no_mouse_reporting_unless_asked_for() {
    let vault = small_vault();
    let reports = |pty: &Pty| {
        ["?9", "?1000", "?1002", "?1003", "?1005", "?1006", "?1015"]
            .iter()
            .any(|mode| pty.wrote(format!("\x1b[{mode}h")))
    };
    let pty = unlocked(&vault);
    assert!(!reports(&pty));
    drop(pty);
    configure(&vault, "mouse = true\n");
    let pty = unlocked(&vault);
    assert!(reports(&pty), "the check sees it where it was asked for");
}

/// Writes the configuration file.
fn configure(vault: &TestVault, text: &str) {
    let folder = vault.home().join("config").join("strongroom");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

/// zellij #4119 #4822 #3968 #2391: the bar that goes on naming the key that was taken away.
#[test]
fn the_hint_bar_follows_a_rebinding() {
    let vault = small_vault();
    let bar = |pty: &Pty| pty.contents().lines().last().unwrap_or_default().to_owned();
    let pty = unlocked(&vault);
    assert!(bar(&pty).contains("y copy") && bar(&pty).contains("r rotate"), "{}", bar(&pty));
    drop(pty);
    configure(&vault, "[keys]\ncopy = \"F6\"\nrotate = [\"C-r\", \"R\"]\nroll-back = \"F7\"\n");
    let mut pty = unlocked(&vault);
    assert!(bar(&pty).contains("F6 copy") && bar(&pty).contains("Ctrl-R rotate"), "{}", bar(&pty));
    assert!(!bar(&pty).contains(" y copy") && !bar(&pty).contains(" r rotate"), "{}", bar(&pty));
    pty.send("y");
    pty.settle();
    assert!(!pty.wrote(copied(VALUE)), "the old key still copies");
    pty.send("\x1b[17~");
    pty.wait_wrote(copied(VALUE));
}

/// opencode #2773, opentui #1516, hermes #21446, tmux #4664: a copy that "succeeds" where nobody can know.
#[test]
fn copied_is_never_said_of_what_cannot_be_known() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.resize(140, 24);
    pty.settle();
    pty.send("y");
    pty.wait_wrote(copied(VALUE));
    pty.wait_for("terminal clipboard (OSC 52");
    assert!(pty.contents().contains("unconfirmed"));
    assert!(!pty.contents().to_lowercase().contains("copied"), "nobody can know that");
    assert!(!pty.wrote(CLEAR));
    pty.send("x");
    pty.wait_wrote(CLEAR);
    pty.assert_clean(&[VALUE]);
}

/// dua-cli #238, crossterm #1069: without colours the selection was gone.
#[test]
fn no_color_still_shows_the_selection() {
    let vault = small_vault();
    let pty = vault.screen().env("NO_COLOR", "1").start();
    pty.wait_for(NAME);
    pty.settle();
    pty.screen(|screen| {
        let (rows, columns) = screen.size();
        let (rows, columns) = (rows.get(), columns.get());
        let cells: Vec<&vt100::Cell> =
            (0..rows).flat_map(|row| (0..columns).filter_map(move |column| screen.cell(row, column))).collect();
        assert!(cells.iter().any(|cell| cell.inverse()), "nothing is reversed");
        let plain =
            |cell: &vt100::Cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default;
        assert!(cells.into_iter().all(plain), "something is coloured");
    });
}
