//! The real program in a real terminal: what a person would see, and what must
//! never be seen.

#[cfg(test)]
mod support;

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rustix::process::{Signal, test_kill_process};

use strongroom::vault::audit::AuditVerdict;
use support::pty::Pty;
use support::vault::TestVault;

const NAME: &str = "STRIPE_KEY";
const ADDRESS: &str = "production/payments/STRIPE_KEY";
const VALUE: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const ONE_SECOND: Duration = Duration::from_secs(1);
const CLEAR: &[u8] = b"\x1b]52;c;\x1b\\";

/// A vault with two secrets.
fn small_vault() -> TestVault {
    let vault = TestVault::new();
    vault.set(ADDRESS, VALUE);
    vault.set("production/payments/STRIPE_WEBHOOK", "whsec_0123456789abcdef0123456789");
    vault
}

/// The sequence that puts `value` on the terminal's clipboard.
fn copied(value: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", BASE64.encode(value.as_bytes()))
}

/// The screen on `vault`, unlocked, the first secret selected.
fn unlocked(vault: &TestVault) -> Pty {
    let mut pty = vault.screen().start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("g");
    pty.settle();
    pty
}

#[test]
fn a_passphrase_unlocks_and_a_wrong_one_does_not() {
    let vault = TestVault::with_passphrase("correct horse battery staple");
    let mut pty = vault.screen().start();
    pty.wait_for("assphrase");
    pty.settle();
    pty.send("wrong horse\r");
    pty.settle();
    std::thread::sleep(Duration::from_secs(4));
    pty.send("\x15");
    pty.settle();
    pty.send("correct horse battery staple\r");
    pty.wait_gone("assphrase");
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&["wrong horse", "correct horse"]);
}

#[test]
fn a_pasted_passphrase_unlocks() {
    let vault = TestVault::with_passphrase("correct horse battery staple");
    let mut pty = vault.screen().start();
    pty.wait_for("assphrase");
    pty.settle();
    pty.paste("correct horse battery staple");
    pty.settle();
    pty.send("\r");
    pty.wait_gone("assphrase");
    pty.assert_clean(&["correct horse"]);
}

#[test]
fn leaving_restores_everything() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    assert!(pty.screen(vt100::Screen::alternate_screen));
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&[VALUE]);
}

#[test]
fn copying_sends_the_value_to_the_terminal_only_and_clears_it() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.resize(140, 24);
    pty.settle();
    pty.send("y");
    pty.wait_wrote(copied(VALUE));
    pty.wait_for("terminal clipboard (OSC 52");
    assert!(!pty.contents().to_lowercase().contains("copied"), "nobody can know that");
    assert!(!pty.wrote(CLEAR));
    pty.send("x");
    pty.wait_wrote(CLEAR);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn leaving_clears_what_was_copied() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.send("y");
    pty.wait_wrote(copied(VALUE));
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    assert!(pty.wrote(CLEAR));
    pty.assert_restored();
}

#[test]
fn a_value_shows_only_when_asked_for_and_goes_with_a_lock() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.assert_clean(&[VALUE]);
    pty.send("s");
    pty.wait_for(&VALUE[..16]);
    pty.send("\x0c");
    pty.wait_gone(&VALUE[..16]);
    pty.wait_gone(NAME);
    pty.assert_clean(&[]);
}

#[test]
fn a_signal_locks() {
    let vault = small_vault();
    let pty = unlocked(&vault);
    pty.signal(Signal::USR1);
    pty.wait_gone(NAME);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn every_size_is_survived() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    for (columns, rows) in [(40, 15), (140, 45), (20, 5), (1, 1), (0, 0), (300, 80), (80, 24)] {
        pty.resize(columns, rows);
        pty.settle();
    }
    pty.wait_for(NAME);
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&[VALUE]);
}

#[test]
fn a_paste_outside_an_input_does_nothing() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.paste("dyq\r\x1b");
    pty.settle();
    pty.wait_for(NAME);
    assert!(!pty.wrote(copied(VALUE)));
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
}

#[test]
fn stopping_locks_and_restores_and_coming_back_goes_on() {
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
    pty.wait_gone(NAME);
    pty.settle();
    assert!(pty.screen(vt100::Screen::alternate_screen));
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_exit(ONE_SECOND), 143);
}

#[test]
fn signals_end_it_within_a_second_and_clear_the_clipboard() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131), (Signal::HUP, 129)] {
        let vault = small_vault();
        let mut pty = unlocked(&vault);
        pty.send("y");
        pty.wait_wrote(copied(VALUE));
        pty.signal(signal);
        assert_eq!(pty.wait_exit(ONE_SECOND), code);
        assert!(pty.wrote(CLEAR));
        pty.assert_restored();
        pty.assert_clean(&[VALUE]);
    }
}

#[test]
fn a_dropped_connection_ends_it_within_a_second() {
    let vault = small_vault();
    // The shell leads the session; killing it takes the terminal away, as sshd does.
    let mut pty = vault.shell(r#""$STRONGROOM"; true"#).start();
    pty.wait_for(NAME);
    let children = pty.children();
    assert_eq!(children.len(), 1);
    pty.signal(Signal::KILL);
    pty.wait_exit(ONE_SECOND);
    let start = Instant::now();
    while children.iter().any(|child| test_kill_process(*child).is_ok() && !support::pty::is_zombie(*child)) {
        assert!(start.elapsed() < ONE_SECOND, "an orphan was left behind");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stalled_connection_does_not_keep_it_alive() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.stall(true);
    for step in 0..40 {
        pty.resize(140 - step, 45);
        std::thread::sleep(Duration::from_millis(10));
    }
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_exit(Duration::from_millis(1500)), 143);
}

#[test]
fn the_selection_shows_without_colour() {
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

#[test]
fn without_a_terminal_it_says_so() {
    let vault = small_vault();
    let output = vault.command().stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("terminal"));
}

#[test]
fn another_sessions_write_shows_within_a_moment() {
    let vault = small_vault();
    let pty = unlocked(&vault);
    vault.set("production/payments/ADDED_ELSEWHERE", "x");
    pty.wait_for("ADDED_ELSEWHERE");
}

#[test]
fn five_thousand_secrets_are_listed_filtered_and_copied() {
    let vault = TestVault::new();
    let value = |number: usize| format!("value-{number}-{}", "x".repeat(20));
    let environments = ["production", "staging", "development", "test"];
    vault.fill((0..5000).map(|number| {
        let environment = environments[number % environments.len()];
        (format!("{environment}/team{}/SERVICE_{number:04}_TOKEN", number % 40), value(number))
    }));
    let mut pty = vault.screen().size(140, 45).start();
    pty.wait_for("SERVICE_");
    pty.settle();
    pty.send("G");
    pty.settle();
    pty.send("/");
    pty.settle();
    pty.send("4321");
    pty.wait_for("SERVICE_4321_TOKEN");
    pty.settle();
    pty.send("\r");
    pty.settle();
    pty.send("y");
    pty.wait_wrote(copied(&value(4321)));
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&["xxxxxxxxxxxxxxxxxxxx"]);
    assert!(matches!(vault.open().verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}
