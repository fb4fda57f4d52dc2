//! Over a connection: dropped, stalled, slow, and a terminal that answers late.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process};

use super::support::pty::{self, Pty};
use super::support::vault::TestVault;
use super::terminal::{ADDRESS, NAME, VALUE, small_vault, unlocked};

const ONE_SECOND: Duration = Duration::from_secs(1);

/// Waits until none of the processes is left.
#[track_caller]
fn assert_gone(processes: &[Pid], within: Duration) {
    let start = Instant::now();
    while processes.iter().any(|process| test_kill_process(*process).is_ok() && !pty::is_zombie(*process)) {
        assert!(start.elapsed() < within, "an orphan was left behind");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// crossterm #793, watchexec #957, sngrep #544, kakoune #2126, tig #164.
#[test]
fn a_dropped_connection_leaves_no_orphan() {
    let vault = small_vault();
    // The shell leads the session; killing it takes the terminal away, as sshd does.
    let mut pty = vault.shell(r#""$STRONGROOM"; true"#).start();
    pty.wait_for(NAME);
    let children = pty.children();
    assert_eq!(children.len(), 1);
    pty.signal(Signal::KILL);
    pty.wait_exit(ONE_SECOND);
    assert_gone(&children, ONE_SECOND);
}

/// crossterm #793: nobody sends the signal where the program is in a session of its
/// own, and the read from a terminal that is gone need not return.
#[test]
fn a_dropped_connection_without_a_signal_leaves_no_orphan() {
    let vault = small_vault();
    let pty = vault.shell(r#"setsid "$STRONGROOM"; true"#).start();
    pty.wait_for(NAME);
    let shell = pty.pid();
    let children = pty.children();
    assert_eq!(children.len(), 1);
    // The terminal goes; the shell gets the signal, the program does not.
    pty.cut();
    assert_gone(&[shell], ONE_SECOND);
    assert_gone(&children, Duration::from_secs(2));
}

/// sngrep #458: a terminal that takes no bytes must not keep keys in memory.
#[test]
fn a_stalled_connection_keeps_nothing_alive() {
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

/// One sequence that was written to the terminal.
fn sequences(raw: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        let end = match rest.get(at + 1) {
            Some(b'[') => rest[at + 2..].iter().position(|byte| (0x40..=0x7e).contains(byte)).map(|end| at + 3 + end),
            Some(b']' | b'P' | b'_' | b'^') => {
                pty::position(&rest[at..], b"\x1b\\").map(|end| at + end + 2).or(Some(rest.len()))
            }
            Some(_) => Some(at + 2),
            None => None,
        };
        let end = end.unwrap_or(rest.len());
        found.push(String::from_utf8_lossy(&rest[at..end]).into_owned());
        rest = &rest[end..];
    }
    found
}

/// True for the few sequences that draw, and for the modes that are entered and left.
fn is_drawing(sequence: &str) -> bool {
    let modes = ["?25", "?1049", "?1004", "?2004", "?2026", "?1000", "?1006"];
    if let Some(body) = sequence.strip_prefix("\x1b[") {
        let (numbers, end) = body.split_at(body.len() - 1);
        let plain = numbers.chars().all(|c| c.is_ascii_digit() || c == ';');
        return match end {
            "m" | "H" | "G" | "C" | "K" | "J" => plain,
            "h" | "l" => modes.contains(&numbers),
            _ => false,
        };
    }
    let clipboard = sequence.strip_prefix("\x1b]52;c;").and_then(|rest| rest.strip_suffix("\x1b\\"));
    clipboard.is_some_and(|value| value.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)))
}

/// atuin #2947, yazi #2788, clifm #355, tmux #2844: whatever is asked is answered late
/// over a slow connection. So each sequence of a whole sitting must be one that draws.
#[test]
fn no_terminal_query_is_ever_sent() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    for keys in ["o", "q", ":", "\x03", "?", "\x03", "a", "\x03", "e", "\x03", "r", "\x03", "D", "\x03", "/str", "\r"] {
        pty.send(keys);
        pty.settle_briefly();
    }
    pty.resize(140, 45);
    pty.send("y");
    pty.wait_for("clears in");
    pty.send("x\x1b[15~s");
    pty.wait_for(&VALUE[..16]);
    pty.send("\x0c");
    pty.wait_gone(NAME);
    pty.send("\x03");
    pty.wait_exit(Duration::from_secs(10));
    let written = sequences(&pty.raw());
    assert!(written.len() > 300 && written.iter().any(|sequence| sequence.starts_with("\x1b]52")));
    let odd: Vec<&String> = written.iter().filter(|sequence| !is_drawing(sequence)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    for query in
        ["\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b]11;?\x1b\\", "\x1b]52;c;?\x1b\\", "\x1b[?u", "\x1b[14t", "\x1bP+q\x1b\\"]
    {
        assert!(!is_drawing(query), "the check must see {query:?}");
    }
}

/// What terminals answer to others: attributes, cursor, status, modes, size, colours, name, capabilities.
const REPLIES: &[&str] = &[
    "\x1b[?62;22;52c",
    "\x1b[>0;276;0c",
    "\x1b[=1;2c",
    "\x1b[12;40R",
    "\x1b[?12;40R",
    "\x1b[0n",
    "\x1b[?997;1n",
    "\x1b[?2026;2$y",
    "\x1b[8;24;80t",
    "\x1b[?0u",
    "\x1b]10;rgb:dddd/dddd/dddd\x1b\\",
    "\x1b]11;rgb:1e1e/2e2e/3e3e\x07",
    "\x1b]52;c;c2VjcmV0\x1b\\",
    "\x1bP>|tmux 3.5a\x1b\\",
    "\x1bP1+r544e=787465726d\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
];

/// tmux #2844 #4541, Windows Terminal #17439, clifm #355: the answer to what an earlier
/// program asked arrives in ours, whole or in pieces.
#[test]
fn a_late_terminal_reply_is_not_typed_into_a_field() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    for (number, reply) in REPLIES.iter().enumerate() {
        let word = format!("w{number}");
        pty.send("/\x15");
        if number % 2 == 0 {
            pty.send(format!("{reply}{word}"));
        } else {
            // Cut anywhere by a slow connection.
            let (head, tail) = reply.split_at(reply.len() / 2);
            pty.send(head);
            std::thread::sleep(Duration::from_millis(15));
            pty.send(format!("{tail}{word}"));
        }
        pty.wait_until(&format!("only {word} in the filter after {reply:?}"), |pty| {
            pty.contents().lines().any(|line| line.starts_with(&format!("│/{word} ")))
        });
        pty.send("\x03");
    }
}

/// The same where each letter is a key: `d` of a colour would delete.
#[test]
fn a_late_terminal_reply_does_nothing_to_a_secret() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    for reply in REPLIES {
        pty.send(reply);
        std::thread::sleep(Duration::from_millis(10));
    }
    pty.settle();
    let before = pty.contents();
    assert!(before.contains("/ to filter") && before.contains("── 2 ┐") && before.contains("y copy"), "{before}");
    assert!(pty.wrote(NAME) && !pty.wrote("brings it back"), "{before}");
    pty.send("e");
    pty.wait_for(&format!("Edit {ADDRESS}"));
}

/// tmux #4299, wezterm #7629: a step in the list is one frame, without clearing anything.
#[test]
fn a_key_is_answered_by_one_small_frame() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    let before = pty.raw().len();
    pty.send("\x1b[B");
    pty.settle();
    let written = pty.raw().split_off(before);
    let frames = pty::count(&written, b"\x1b[?2026h");
    // The list at once, the detail when the vault has answered.
    assert!((1..=2).contains(&frames), "{frames} frames");
    assert!(written.len() < 1500, "{} bytes", written.len());
    assert_eq!(pty::count(&written, b"\x1b[2J"), 0, "the screen was cleared");
    assert_eq!(pty::count(&pty.raw(), b"\x1b[2J"), 1, "once, at the start");
}

/// Kaku #535: no spinner, whose frames fill a slow connection.
#[test]
fn unlocking_is_told_by_a_line_that_stands_still() {
    let vault = TestVault::with_passphrase("correct horse battery staple");
    let mut pty = vault.screen().start();
    pty.wait_for("assphrase");
    pty.settle();
    pty.send("correct horse battery staple");
    pty.settle();
    let before = pty.raw().len();
    pty.send("\r");
    pty.wait_gone("assphrase");
    pty.settle();
    let written = pty.raw().split_off(before);
    assert!(pty::count(&written, b"nlocking") >= 1, "it is said");
    let frames = pty::count(&written, b"\x1b[?2026h");
    assert!((2..=4).contains(&frames), "{frames} frames");
}

/// Processor time in ticks, and how often its threads went to sleep.
fn work(pid: Pid) -> (u64, u64) {
    let pid = pid.as_raw_nonzero();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let numbers: Vec<u64> =
        stat.rsplit(") ").next().unwrap().split(' ').map(|number| number.parse().unwrap_or(0)).collect();
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let sleeps = threads.map(|thread| {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
        line.trim().parse::<u64>().unwrap()
    });
    (numbers[11] + numbers[12], sleeps.sum())
}

/// ratatui #1338, zeph #2987, managarr #63, devenv #2916: a program that only waits.
#[test]
fn nothing_is_drawn_and_no_cpu_is_used_when_idle() {
    let vault = small_vault();
    let pty: Pty = unlocked(&vault);
    std::thread::sleep(Duration::from_millis(500));
    let (ticks, sleeps) = work(pty.pid());
    let written = pty.raw().len();
    std::thread::sleep(Duration::from_secs(3));
    let (ticks_now, sleeps_now) = work(pty.pid());
    assert_eq!(pty.raw().len(), written, "something was drawn");
    assert!(ticks_now - ticks <= 1, "{} ticks of processor time", ticks_now - ticks);
    // The loop looks once a second whether the terminal is there, the vault once in 250 ms whether the file changed.
    assert!(sleeps_now - sleeps <= 30, "{} wake-ups in 3 s", sleeps_now - sleeps);
}
