//! `copy`: over OSC 52, on a terminal of its own. A display's clipboard is in `tests/clipboard`.

use std::time::{Duration, Instant};

use data_encoding::BASE64;

use crate::prompts::Typed;
use crate::support::Room;

const VALUE: &str = "hunter2-canary";
const CLEAR: &str = "\x1b]52;c;\x1b\\";

fn room() -> Room {
    let room = Room::new();
    room.set("KEY", VALUE);
    room
}

fn copy(value: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", BASE64.encode(value.as_bytes()))
}

fn start(room: &Room, line: &[&str]) -> Typed {
    Typed::start_with(room, line, &[("TERM", "xterm-256color")])
}

/// The reasons and errors of the records of copies, the newest first.
fn recorded(room: &Room) -> Vec<(bool, String)> {
    let records = room.json(&["audit", "--action", "copy"]);
    let told = |record: &serde_json::Value| {
        (record["success"].as_bool().unwrap(), record["reason"].as_str().unwrap().to_owned())
    };
    records.as_array().unwrap().iter().map(told).collect()
}

#[test]
fn copy_says_which_version_it_is() {
    let room = room();
    room.set("KEY", "second");
    room.good(&["rotate", "KEY", "--stage", "third"]);
    for (name, told) in [
        ("KEY", "Sent KEY to the"),
        ("KEY@previous", "Sent version 1 of KEY to the"),
        ("KEY@2", "Sent version 2 of KEY to the"),
        ("KEY@pending", "Sent the pending version of KEY to the"),
    ] {
        let mut typed = start(&room, &["copy", name, "--clear-after", "1s"]);
        typed.wait_for(told);
        assert_eq!(typed.end().0, 0, "{name}");
    }
}

#[test]
fn copy_sends_the_value_to_the_terminal_and_takes_it_back_at_its_deadline() {
    let room = room();
    let began = Instant::now();
    let mut typed = start(&room, &["copy", "KEY", "--clear-after", "2s", "--reason", "INC-7"]);
    typed.wait_for(&copy(VALUE));
    typed.wait_for("Sent KEY to the terminal clipboard (OSC 52), cleared in 2 s");
    let (code, seen) = typed.end();
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains(CLEAR) && seen.contains("may not have been heard"), "{seen:?}");
    assert!(!seen.contains("Copied") && !seen.contains(VALUE), "{seen:?}");
    assert_eq!(recorded(&room), [(true, "INC-7".to_owned())]);
}

#[test]
fn copy_is_cleared_at_once_by_ctrl_c_and_by_what_would_stop_it() {
    for key in ["\x03", "\x1c", "\x1a"] {
        let room = room();
        let mut typed = start(&room, &["copy", "KEY", "--clear-after", "1h"]);
        typed.wait_for("Ctrl-C clears it now.");
        typed.type_keys(key);
        typed.wait_for(CLEAR);
        assert_eq!(typed.end().0, 0, "{key:?}");
    }
}

#[test]
fn copy_is_cleared_when_it_is_ended_from_elsewhere() {
    for (signal, code) in [("-TERM", 143), ("-HUP", 129)] {
        let room = room();
        let mut typed = start(&room, &["copy", "KEY", "--clear-after", "1h"]);
        typed.wait_for("Ctrl-C clears it now.");
        typed.signal(signal);
        typed.wait_for(CLEAR);
        assert_eq!(typed.end().0, code, "{signal}");
    }
}

#[test]
fn copy_writes_nothing_to_standard_output_but_json() {
    let room = room();
    let binary = assert_cmd::cargo::cargo_bin("strongroom").display().to_string();
    let out = |line: &str| {
        let script = format!("'{binary}' copy KEY --clear-after 1s {line} > out; echo ended $?");
        let mut typed = Typed::start_program(&room, "/bin/sh", &["-c", &script], &[("TERM", "xterm")]);
        typed.wait_for(&copy(VALUE));
        typed.wait_for("ended 0");
        std::fs::read_to_string(room.path("out")).unwrap()
    };
    assert_eq!(out(""), "");
    let json: serde_json::Value = serde_json::from_str(&out("--json")).unwrap();
    assert_eq!(
        (&json["outcome"], &json["confirmed"], &json["clear_after"]),
        (&"pending".into(), &false.into(), &1.into())
    );
}

#[test]
fn copy_without_a_clipboard_says_the_other_ways_and_opens_nothing() {
    let room = room();
    let said = room.fails(8, &["copy", "KEY"]);
    assert!(said.contains("strongroom reveal") && said.contains("strongroom run"), "{said}");
    let (code, seen) = Typed::start_with(&room, &["copy", "KEY"], &[("TERM", "linux")]).end();
    assert_eq!(code, 8, "{seen}");
    assert!(recorded(&room).is_empty());
}

#[test]
fn copy_refuses_what_it_cannot_do() {
    let room = room();
    room.good(&["set", "OLD", "--generate", "--expires", "1s"]);
    room.set("LONG", &"x".repeat(9 * 1024));
    std::thread::sleep(Duration::from_millis(1100));
    let table: [(&[&str], u32); 6] = [
        (&["copy", "OLD"], 6),
        (&["copy", "NONE"], 3),
        (&["copy", "KEY", "--field", "nope"], 3),
        (&["copy", "KEY", "--version", "9"], 3),
        (&["copy", "KEY", "--clear-after", "2h"], 2),
        (&["copy", "LONG"], 2),
    ];
    for (line, wanted) in table {
        let (code, seen) = start(&room, line).end();
        assert_eq!(code, wanted, "{line:?}: {seen}");
        assert!(!seen.contains("\x1b]52"), "{line:?}");
    }
    // That the long one did not arrive stands behind the record that it was given out; the
    // others are the version, the field, the name and the expired one.
    let outcomes: Vec<bool> = recorded(&room).iter().map(|record| record.0).collect();
    assert_eq!(outcomes, [false, true, false, false, false, false]);
    let mut typed = start(&room, &["copy", "OLD", "--allow-expired", "--clear-after", "1s"]);
    typed.wait_for("Sent OLD");
    assert_eq!(typed.end().0, 0);
}
