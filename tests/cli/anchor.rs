//! An older file put back, by somebody else or on purpose.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Room;

/// Puts the bytes of another copy into the vault's file, as somebody with an editor would.
fn put(room: &Room, copy: &[u8]) {
    std::fs::write(room.vault(), copy).unwrap();
    for suffix in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(room.vault().with_extension(suffix));
    }
}

fn copy(room: &Room) -> Vec<u8> {
    std::fs::read(room.vault()).unwrap()
}

fn anchor(room: &Room) -> PathBuf {
    let folder = room.path("home/.local/state/strongroom/anchors");
    std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
}

/// A vault whose value was changed, and the copy from before.
fn changed() -> (Room, Vec<u8>) {
    let room = Room::new();
    room.set("KEY", "old");
    let before = copy(&room);
    room.set("KEY", "new");
    (room, before)
}

#[test]
fn anchor_tells_how_far_the_vault_has_come_and_finds_what_was_noted() {
    let room = Room::new();
    let told = room.good(&["anchor"]).text();
    assert!(told.contains("change       1,") && told.contains("/strongroom/anchors/"), "{told}");
    let told = room.json(&["anchor"]);
    assert_eq!((&told["change"], &told["state"], &told["problem"]), (&1.into(), &"fresh".into(), &Value::Null));
    let code = told["checkpoint"].as_str().unwrap();
    room.set("KEY", "value");
    assert_eq!(room.good(&["anchor", "check", code]).text(), "The log leads through it.\n");
    assert_eq!(room.json(&["anchor", "check", code])["in_log"], true);
    assert!(room.fails(9, &["anchor", "check", "1-000000000000"]).contains("does not lead through"));
    assert!(room.fails(2, &["anchor", "check", "yesterday"]).contains("no checkpoint"));
    assert!(room.fails(2, &["anchor", "accept", "--reason", "x", "--yes"]).contains("nothing to accept"));
}

#[test]
fn an_older_file_is_told_and_gives_nothing_out_and_takes_nothing() {
    let (room, before) = changed();
    put(&room, &before);
    let listed = room.good(&["list"]);
    assert!(listed.text().contains("KEY") && listed.err.contains("not the vault that this machine saw last"));
    for line in [&["reveal", "KEY"][..], &["set", "KEY", "x"], &["run", "--only", "KEY", "--", "true"], &["anchor"]] {
        let told = room.run(line);
        assert_eq!((told.code, told.text().contains("old")), (9, false), "{line:?}: {}", told.err);
        assert!(told.err.contains("is older than") && told.err.contains("strongroom anchor accept"), "{}", told.err);
    }
    for line in [&["verify"][..], &["audit", "verify"]] {
        assert!(room.fails(9, line).contains("is older than"));
    }
    assert_eq!(room.run(&["verify", "--json"]).json()["intact"], false);
    assert!(room.json(&["status"])["problem"].as_str().unwrap().contains("is older than"));
    let told = room.run(&["anchor", "--json"]);
    let told: Value = serde_json::from_slice(&told.out).unwrap();
    assert_eq!((&told["change"], &told["seen_change"], &told["state"]), (&2.into(), &3.into(), &"older".into()));
    let doctor = room.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.text().contains("is older than"), "and without a key: {}", doctor.text());
    assert_eq!(copy(&room), before, "nothing was written");
}

#[test]
fn a_restore_is_accepted_by_word_and_is_on_record() {
    let (room, before) = changed();
    put(&room, &before);
    room.fails(2, &["anchor", "accept"]);
    assert!(room.fails(2, &["anchor", "accept", "--reason", " ", "--yes"]).contains("wants a reason"));
    assert!(room.fails(2, &["anchor", "accept", "--reason", "disk", "--no-input"]).contains("--yes"));
    let told = room.good(&["anchor", "accept", "--reason", "the disk failed", "--yes"]);
    assert!(told.err.contains("from now on"), "{}", told.err);
    assert_eq!(room.reveal("KEY"), "old");
    let record = &room.json(&["audit", "--action", "restore_accepted"])[0];
    assert!(record["reason"].as_str().unwrap().ends_with("the disk failed"), "{record}");
    room.good(&["verify"]);
}

/// What would be asked again at the next look is not said to be accepted.
#[test]
fn an_altered_anchor_is_told_without_a_key_and_nothing_is_accepted_that_cannot_be_kept() {
    let room = Room::new();
    room.set("KEY", "value");
    let path = anchor(&room);
    std::fs::write(&path, [0x5a; 640]).unwrap();
    let doctor = room.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.text().contains("was altered"), "{}", doctor.text());
    assert!(room.fails(9, &["reveal", "KEY"]).contains("the anchor was altered"));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let accept = ["anchor", "accept", "--reason", "x", "--yes"];
    assert!(room.fails(1, &accept).contains("cannot be kept"));
    room.fails(9, &["reveal", "KEY"]);
    assert_eq!(room.json(&["audit", "--action", "restore_accepted"]), serde_json::json!([]));
    std::fs::remove_dir(&path).unwrap();
    room.good(&["reveal", "KEY"]);
}

#[test]
fn two_copies_that_were_both_written_are_two_vaults() {
    let (room, before) = changed();
    put(&room, &before);
    let elsewhere = |line: &[&str]| {
        let ran = room.command(line).env("XDG_STATE_HOME", room.path("elsewhere")).output().unwrap();
        assert!(ran.status.success(), "{line:?}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    elsewhere(&["set", "KEY", "theirs"]);
    elsewhere(&["set", "KEY", "theirs again"]);
    assert!(room.fails(9, &["reveal", "KEY"]).contains("another past"));
    let doctor = room.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.text().contains("another past"), "without a key too: {}", doctor.text());
}

#[test]
fn an_anchor_that_cannot_be_kept_stops_nobody_and_is_told() {
    let room = Room::new();
    room.set("KEY", "value");
    assert_eq!(room.json(&["status"])["problem"], Value::Null);
    let path = anchor(&room);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(room.fails(9, &["reveal", "KEY"]).contains("cannot be read"));
    std::fs::remove_dir(&path).unwrap();
    let folder = path.parent().unwrap().to_owned();
    std::fs::remove_dir(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    room.set("KEY", "another");
    let told = room.json(&["anchor"]);
    assert!(told["problem"].as_str().is_some_and(|problem| !problem.is_empty()), "{told}");
    let unkept = "cannot be kept: ";
    assert!(room.json(&["status"])["problem"].as_str().unwrap().contains(unkept));
    let doctor = room.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.text().contains(unkept), "{}", doctor.text());
    // Every command says it, since an older file would pass unnoticed.
    assert!(room.good(&["list"]).err.contains(unkept));
    assert_eq!(std::fs::read(&folder).unwrap(), b"in the way", "nothing was made or changed");
}
