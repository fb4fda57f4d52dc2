//! `incident` from outside: the checklist, its exit codes, and the report.

use serde_json::json;

use crate::support::{Ran, Room};

/// Runs a command as somebody who came from elsewhere by SSH.
fn from_laptop(room: &Room, line: &[&str]) -> Ran {
    let mut command = room.command(line);
    command.env("SSH_CONNECTION", "10.0.0.7 5000 10.0.0.1 22");
    Ran::from(command.output().unwrap())
}

#[test]
fn incident_is_a_checklist_that_ends_with_0() {
    let room = Room::new();
    room.set("prod/DB", "hunter2");
    room.set("KEY", "other");
    room.set("UNSEEN", "third");
    for (name, reason) in [("prod/DB", "debugging"), ("prod/DB", ""), ("KEY", "")] {
        assert_eq!(from_laptop(&room, &["reveal", name, "--reason", reason]).code, 0);
    }
    let line = ["incident", "--host", "10.0.0.7", "--since", "1d"];
    let ran = room.run(&line);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("2 of 2 secrets that could have been seen are still to do."), "{}", ran.err);
    let table = ran.text();
    let row = table.lines().find(|line| line.contains("prod/DB")).unwrap();
    for told in ["to do", "v1", "now", "reveal 2", "rotate: version 1 is current"] {
        assert!(row.contains(told) || (told == "now" && row.contains("ago")), "{told}: {table}");
    }
    assert!(!table.contains("UNSEEN") && !table.contains("hunter2"));
    room.good(&["rotate", "prod/DB", "fresh", "--reason", "laptop stolen"]);
    room.good(&["purge", "KEY", "--yes", "--reason", "withdrawn"]);
    let ran = room.good(&line);
    assert!(ran.text().lines().skip(1).all(|line| line.starts_with("done")), "{}", ran.text());
    assert!(ran.err.contains("All 2 secrets that could have been seen are done."), "{}", ran.err);
    // A way back to what was seen is found out.
    room.good(&["rollback", "prod/DB", "1"]);
    assert!(room.run(&line).text().contains("version 3 has the value of version 1 again"));
    // Who is not chosen by the same words is told nothing of.
    let none = room.good(&["incident", "--host", "10.0.0.7", "--until", "1d"]);
    assert!(none.out.is_empty() && none.err.contains("No secret could have been seen"), "{}", none.err);
}

#[test]
fn incident_reports_in_markdown_and_json_with_the_exit_code_of_the_checklist() {
    let room = Room::new();
    room.set("prod/DB", "hunter2");
    assert_eq!(from_laptop(&room, &["reveal", "prod/DB", "--reason", "x | <b>y"]).code, 0);
    room.good(&["rotate", "prod/DB", "fresh", "--reason", "laptop stolen"]);
    room.set("COPY", "hunter2");
    let report = room.run(&["incident", "--host", "10.0.0.7", "--report", "markdown"]);
    assert_eq!(report.code, 1, "COPY has a value that was seen: {}", report.err);
    let text = report.text();
    for told in [
        "# Incident: what everybody, on or from 10.0.0.7 could have seen",
        "1 of 2 secrets are still to do, 1 are done.",
        "### COPY: to do\n\nRotate: it has the value of prod/DB version 1.",
        ": x \\| \\<b\\>y (record ",
        "rotated by ",
        ": laptop stolen",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("<b>"));
    let json = room.run(&["incident", "--host", "10.0.0.7", "--json"]);
    assert_eq!(json.code, 1);
    let value = json.json();
    assert_eq!((&value["open"], &value["done"], &value["exposures"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(value["secrets"][0]["standing"], "same_value");
    let done = &value["secrets"][1];
    assert_eq!((&done["scope"], &done["name"], &done["versions_seen"]), (&"prod".into(), &"DB".into(), &json!([1])));
    assert_eq!((&done["replaced_by"]["version"], &done["exposures"][0]["ip"]), (&2.into(), &"10.0.0.7".into()));
    assert!(json.err.contains("\"exit_code\":1"), "{}", json.err);
}

#[test]
fn incident_wants_to_know_whose() {
    let room = Room::new();
    for line in [
        &["incident"][..],
        &["incident", "--since", "30d"],
        &["incident", "--actor", ""],
        &["incident", "--actor", "a", "--since", "soon"],
        &["incident", "--actor", "a", "--since", "1d", "--until", "2d"],
        &["incident", "--actor", "a", "--report", "pdf"],
        &["incident", "--actor", "a", "--report", "markdown", "--json"],
    ] {
        assert_eq!(room.run(line).code, 2, "{line:?}");
    }
    room.good(&["incident", "--since", "2020-01-01", "--until", "2020-02-01"]);
    // Whoever asks about themselves is told how it ends.
    let me = room.json(&["audit"])[0]["actor"].as_str().unwrap().to_owned();
    assert!(room.good(&["incident", "--actor", &me]).err.contains("You are one of those chosen"));
    assert!(!room.good(&["incident", "--actor", &me, "--until", "1h"]).err.contains("You are one"));
}

/// A name that was mistyped is no all-clear.
#[test]
fn incident_names_whom_the_log_does_not_have() {
    let room = Room::new();
    room.set("KEY", "v");
    assert_eq!(from_laptop(&room, &["reveal", "KEY"]).code, 0);
    let me = room.json(&["audit"])[0]["actor"].as_str().unwrap().to_owned();
    let host = room.json(&["audit"])[0]["host"].as_str().unwrap().to_owned();
    let told = room.fails(3, &["incident", "--actor", "nobody-here", "--since", "1h"]);
    let wanted = format!("Nobody called nobody-here is in the log: it has {me}@{host}.");
    assert!(told.contains(&wanted) && !told.contains("No secret could"), "{told}");
    let told = room.fails(3, &["incident", "--host", "10.0.0.8", "--host", "10.0.0.7", "--report", "markdown"]);
    assert!(told.contains("No host or address 10.0.0.8 is in the log: it has 10.0.0.7, "), "{told}");
    // One that is known hides no other; a time in which somebody was not there does not make them unknown.
    room.fails(3, &["incident", "--actor", &me, "--actor", "nobody-here"]);
    room.good(&["incident", "--actor", &me, "--until", "1d"]);
    room.fails(2, &["incident", "--actor", &me, "--since", "2999-01-01"]);
}

#[test]
fn incident_says_nothing_of_a_broken_log() {
    let room = Room::new();
    room.set("KEY", "v");
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    sql.execute_batch("UPDATE audit SET mac = zeroblob(32) WHERE seq = 2").unwrap();
    drop(sql);
    let ran = room.run(&["incident", "--actor", "alice"]);
    assert_eq!((ran.code, ran.out.is_empty()), (9, true), "{}", ran.err);
}
