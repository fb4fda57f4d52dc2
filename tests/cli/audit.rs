//! `audit` and `audit verify`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Ran, Room};

fn busy() -> Room {
    let room = Room::new();
    room.set("KEY", "v");
    room.good(&["reveal", "KEY", "--reason", "incident 7"]);
    room.good(&["rotate", "KEY", "w", "--reason", "scheduled"]);
    room.set("prod/OTHER", "v");
    room
}

#[test]
fn records_are_newest_first_with_every_promised_key() {
    let room = busy();
    let records = room.json(&["audit"]);
    let first = records.as_array().unwrap().first().unwrap();
    let keys: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = "seq timestamp action secret scope version actor host ip tty run_id reason success error hash";
    assert_eq!(keys, promised.split(' ').collect::<Vec<_>>());
    let actions: Vec<&str> =
        records.as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["create", "rotate", "reveal", "create", "init"]);
}

#[test]
fn records_are_narrowed() {
    let room = busy();
    let count = |line: &[&str]| room.json(&[&["audit"], line].concat()).as_array().unwrap().len();
    assert_eq!(count(&["--secret", "KEY"]), 3);
    assert_eq!(count(&["--secret", "OTHER", "--env", "prod"]), 1);
    assert_eq!(count(&["--action", "reveal"]), 1);
    assert_eq!(count(&["--limit", "2"]), 2);
    assert_eq!(count(&["--days", "1"]), 5);
    let who = &room.json(&["audit"])[0];
    let who = format!("{}@{}", who["actor"].as_str().unwrap(), who["host"].as_str().unwrap());
    assert_eq!((count(&["--actor", &who]), count(&["--actor", &format!("{who}x")])), (5, 0));
    assert_eq!(count(&["--failed"]), 0);
    assert_eq!(count(&["--actor", "nobody-at-all"]), 0);
    assert_eq!(room.json(&["audit", "--action", "reveal"])[0]["reason"], "incident 7");
    room.fails(2, &["audit", "--action", "revel"]);
    room.fails(2, &["audit", "--scope", "prod"]);
}

#[test]
fn a_purged_secret_keeps_its_records() {
    let room = busy();
    room.good(&["purge", "KEY", "--yes"]);
    let records = room.json(&["audit", "--secret", "KEY"]);
    assert_eq!(records[0]["action"], "purge");
    assert_eq!(records.as_array().unwrap().len(), 4);
}

#[test]
fn a_refused_reveal_is_on_record() {
    let room = Room::new();
    room.good(&["set", "KEY", "v", "--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    room.fails(6, &["reveal", "KEY"]);
    let record = &room.json(&["audit", "--failed"])[0];
    assert_eq!((&record["action"], &record["success"]), (&"reveal".into(), &false.into()));
    assert!(record["error"].is_string());
}

#[test]
fn csv_has_the_same_columns() {
    let room = busy();
    let text = room.good(&["audit", "--csv"]).text();
    assert!(text.starts_with("seq,timestamp,action,secret,scope,version,actor,"), "{text}");
    assert_eq!(text.lines().count(), 6);
    room.good(&["reveal", "KEY", "--reason", "a,\"b\""]);
    let text = room.good(&["audit", "--csv", "--limit", "1"]).text();
    assert!(text.contains(",\"a,\"\"b\"\"\",true,"), "{text}");
}

/// A list with a hole is no list of all that was done.
#[test]
fn a_log_with_a_hole_is_shown_and_said_to_be_broken_in_every_form() {
    let room = busy();
    room.good(&["audit", "--limit", "5", "--csv"]);
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    sql.execute("DELETE FROM audit WHERE seq = 3", []).unwrap();
    for form in [&["--json"][..], &["--csv"], &["--jsonl"], &[], &["--action", "create"]] {
        let ran = room.run(&[&["audit"], form].concat());
        assert_eq!((ran.code, ran.err.contains("broken at record 3")), (9, true), "{form:?}: {}", ran.err);
        assert!(ran.text().contains("create"), "what is there is shown: {form:?}");
    }
    assert_eq!(room.run(&["audit", "--limit", "2"]).code, 0, "as far as it was looked");
    sql.execute("UPDATE audit SET at = at + 1 WHERE seq = 4", []).unwrap();
    assert_eq!(room.run(&["audit", "--limit", "3"]).code, 9, "and a record that was altered does not open");
}

#[test]
fn the_chain_is_verified() {
    let room = busy();
    assert!(room.good(&["audit", "verify"]).text().contains("5 records"));
    assert_eq!(room.json(&["audit", "verify"]), serde_json::json!({ "intact": true, "records": 5, "cut_off": 0 }));
}

#[test]
fn json_lines_are_the_objects_of_the_json_one_a_line_and_the_oldest_can_come_first() {
    let room = busy();
    let lines = room.good(&["audit", "--jsonl", "--oldest-first"]).text();
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["action"], "init");
    lines.reverse();
    assert_eq!(Value::Array(lines), room.json(&["audit"]));
    assert_eq!(room.good(&["audit", "--jsonl", "--action", "purge"]).text(), "");
    room.fails(2, &["audit", "--jsonl", "--csv"]);
}

/// A vault whose log is more than a day old: that of the kept file, with its key.
struct Old(Room);

impl Old {
    fn new() -> Self {
        let room = Room::new();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1.db");
        fs::write(room.vault(), fs::read(kept).unwrap()).unwrap();
        Self(room)
    }

    fn run(&self, line: &[&str]) -> Ran {
        let key: Vec<u8> = (0x20..0x40).collect();
        let key = data_encoding::HEXLOWER.encode(&key);
        self.0.command(line).env("STRONGROOM_MASTER_KEY", key).output().unwrap().into()
    }

    fn json(&self, line: &[&str]) -> Value {
        let ran = self.run(&[line, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.json()
    }
}

#[test]
fn audit_cut_moves_what_is_old_to_a_file_that_audit_shows_like_the_log() {
    let old = Old::new();
    let file = old.0.path("old.segment").display().to_string();
    let before = old.json(&["audit"]);
    assert_eq!(old.json(&["audit", "segments"]), serde_json::json!([]));
    let cut = old.json(&["audit", "cut", &file, "--keep-days", "1", "--reason", "a day is enough"]);
    assert_eq!((&cut["outcome"], &cut["first"], &cut["last"]), (&"cut".into(), &1.into(), &23.into()));
    assert_eq!(cut["file"], Value::from(file.as_str()));
    assert_eq!(old.json(&["audit", "--segment", &file]), before);
    assert_eq!(old.json(&["audit", "--segment", &file, "--limit", "2"]).as_array().unwrap().len(), 2);
    let kept = old.json(&["audit"]);
    let actions: Vec<&str> = kept.as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["audit_cut", "unlock_failed", "migrate"]);
    assert!(kept[0]["reason"].as_str().unwrap().ends_with(". a day is enough"));
    assert_eq!(old.json(&["audit", "segments"])[0]["segment"], cut["segment"]);
    let verified = old.json(&["audit", "verify"]);
    assert_eq!(verified, serde_json::json!({ "intact": true, "records": 26, "cut_off": 23 }));
    assert!(old.run(&["audit", "verify"]).text().contains("26 records, of which the first 23 were cut off"));
    assert_eq!(old.run(&["verify"]).code, 0);
    assert_eq!(old.json(&["verify"])["audit_records"], 4, "what is in the vault, the record of the look before too");
    assert_eq!(old.json(&["status"])["backups_known"], false, "one may be among what was cut off");
    // Whoever asks what somebody has seen is told what is not in the answer.
    let seen = old.run(&["incident", "--actor", "ops", "--json"]);
    assert!(seen.err.contains("Records 1 to 23, until 2026-11-22T") && seen.err.contains("not in this answer"));
    // Who asks for the past is told where it is; who asks for what is there is not.
    assert!(old.run(&["audit"]).err.contains("Records 1 to 23, until"));
    assert!(!old.run(&["audit", "--limit", "1"]).err.contains("cut off"));

    // Nor is it said that nobody used, or tested, what the log cannot tell of any more.
    let elsewhere = "Records 1 to 23, until";
    assert!(old.run(&["list", "used:never"]).err.contains(elsewhere));
    assert!(old.run(&["list", "used:never", "--json"]).err.contains(elsewhere), "nor to a script");
    assert!(!old.run(&["list", "dup"]).err.contains(elsewhere));
    let since = old.run(&["check", "--backup-within", "9999d"]);
    assert!(since.text().contains("The log tells of no backup; it begins"), "{}", since.text());
    assert!(old.run(&["key", "list"]).err.contains(elsewhere));
    let tested = old.run(&["key", "test"]).err;
    assert!(tested.contains("No earlier test of it is in the log") && tested.contains(elsewhere), "{tested}");
    assert!(old.run(&["key", "test"]).err.contains("It was last tested"));

    assert_eq!(old.run(&["audit", "cut", &file, "--keep-days", "1"]).code, 4, "never over a file");
    let stream = old.run(&["audit", "cut", "-", "--keep-days", "1"]);
    assert_eq!((stream.code, stream.err.contains("no stream can be")), (2, true), "{}", stream.err);
    let again = old.run(&["audit", "cut", &old.0.path("again").display().to_string(), "--keep-days", "1"]);
    assert_eq!((again.code, again.err.contains("No record is older than that")), (0, true), "{}", again.err);
    let other = old.0.path("other").display().to_string();
    assert_eq!(old.run(&["audit", "--segment", &other]).code, 3, "there is no such file");
    fs::write(&other, [&fs::read(&file).unwrap()[..], b"x"].concat()).unwrap();
    assert_eq!(old.run(&["audit", "--segment", &other]).code, 9, "it is not the file that was cut off");
    let pipe = old.0.path("pipe").display().to_string();
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(old.run(&["audit", "--segment", &pipe]).code, 1, "and nobody is waited for");
    let another = Room::new();
    another.fails(3, &["audit", "--segment", &file]);
    assert_eq!(old.run(&["anchor", "check", &format!("1-{}", "0".repeat(12))]).code, 3, "it is in the segment");
}
