//! The contract, row by row: what each command promises, with every option of it, as a
//! script would lean on it. Each test bears its command's name; the last one sees to it
//! that no command is without.

use serde_json::{Value, json};

use crate::support::Room;

/// The words of a line of a table.
fn cells(table: &str, line: usize) -> Vec<&str> {
    table.lines().nth(line).unwrap().split_whitespace().collect()
}

#[test]
fn init_makes_a_vault_once_and_says_its_keys_once() {
    for protect in ["keyfile", "env"] {
        let room = Room::empty();
        let ran = room.good(&["init", "--protect", protect, "--recovery", "--no-input"]);
        assert!(ran.err.contains("Recovery key, shown only now"), "{}", ran.err);
        assert_eq!(ran.text().starts_with("STRONGROOM_MASTER_KEY="), protect == "env");
        assert!(room.fails(4, &["init", "--protect", protect, "--no-input"]).contains("never overwritten"));
    }
    let room = Room::empty();
    room.fails(2, &["init", "--no-input"]);
    assert!(!room.vault().exists(), "nobody gave a passphrase");
    let path = room.file("passphrase", b"correct horse battery\n");
    room.good(&["init", "--passphrase-file", &path, "--no-input"]);
    room.good(&["list", "--passphrase-file", &path]);
}

#[test]
fn set_takes_a_value_from_one_source_and_keeps_the_rest_beside_it() {
    let room = Room::new();
    assert_eq!(room.run_with(&["set", "A", "--stdin"], b"one\n").code, 0);
    assert_eq!(room.run_with(&["set", "B", "--stdin", "--raw"], b"two\n").code, 0);
    let path = room.file("value", b"\0three\n");
    room.good(&["set", "C", "--file", &path]);
    room.good(&["set", "D", "--generate", "--hex", "4"]);
    let argument = room.good(&["set", "E", "five"]);
    assert!(argument.err.contains("other users of this machine could see it"), "{}", argument.err);
    assert_eq!(
        [room.reveal("A"), room.reveal("B"), room.reveal("C"), room.reveal("E")],
        ["one", "two\n", "\0three\n", "five"]
    );
    assert_eq!(room.reveal("D").len(), 8);
    let line =
        ["set", "A", "--field", "username=ops", "--description", "d", "--metadata", "{\"tier\":1}", "--tag", "db"];
    let kept = ["--expires", "30d", "--rotation-days", "90", "--reason", "why", "--if-version", "1", "--update"];
    let written = room.json(&[&line[..], &kept[..]].concat());
    assert_eq!((&written["version"], &written["fields"]), (&2.into(), &json!(["value", "username"])));
    assert_eq!((&written["tags"], &written["metadata"]["tier"]), (&json!(["db"]), &1.into()));
    assert_eq!((&written["description"], &written["rotation_days"]), (&"d".into(), &90.into()));
    assert_eq!(room.json(&["history", "A"])[0]["reason"], "why");
    assert_eq!(room.json(&["set", "A", "--expires", "never", "--rotation-days", "none"])["expires_at"], Value::Null);
    room.fails(4, &["set", "A", "x", "--if-version", "1"]);
    room.fails(4, &["set", "A", "x", "--create"]);
    room.fails(3, &["set", "NONE", "x", "--update"]);
    room.fails(2, &["set", "NEW", "--no-input"]);
    room.fails(2, &["set", "NEW", "x", "--generate"]);
}

#[test]
fn get_shows_what_is_known_and_never_a_value() {
    let room = Room::new();
    room.good(&["set", "KEY", "hunter2", "--description", "API key", "--metadata", "{\"provider\":\"x\"}"]);
    let sheet = room.good(&["get", "KEY"]).text();
    for told in ["name         KEY", "scope        global", "description  API key", "{\"provider\":\"x\"}"] {
        assert!(sheet.contains(told), "{told}: {sheet}");
    }
    assert!(!sheet.contains("hunter2"));
    assert!(room.json(&["audit", "--action", "reveal"]).as_array().unwrap().is_empty());
}

#[test]
fn reveal_prints_every_byte_and_is_on_record() {
    let room = Room::new();
    room.good(&["set", "KEY", "one", "--field", "username=ops"]);
    room.good(&["set", "KEY", "two"]);
    assert_eq!(room.good(&["reveal", "KEY"]).out, b"two");
    assert_eq!(room.good(&["reveal", "KEY", "--version", "1", "--reason", "incident"]).out, b"one");
    assert_eq!(room.good(&["reveal", "KEY", "--field", "username"]).out, b"ops");
    let record = &room.json(&["audit", "--action", "reveal"])[1];
    assert_eq!((&record["reason"], &record["version"]), (&"incident".into(), &1.into()));
    room.fails(3, &["reveal", "NONE"]);
    assert_eq!(room.run(&["reveal", "KEY", "--json"]).code, 2);
}

#[test]
fn list_has_a_stable_table_and_opens_no_value() {
    let room = Room::new();
    room.good(&["set", "KEY", "v", "--expires", "30d", "--rotation-days", "90"]);
    room.good(&["rotate", "KEY", "w"]);
    room.set("prod/deep/OTHER", "v");
    let table = room.good(&["list"]).text();
    assert_eq!(cells(&table, 0), ["NAME", "SCOPE", "VERSION", "CREATED", "ROTATED", "EXPIRES", "DUE"]);
    assert_eq!(cells(&table, 1)[..3], ["KEY", "global", "2"]);
    assert!(table.lines().nth(1).unwrap().matches("in ").count() == 2 && table.lines().nth(2).unwrap().ends_with("-"));
    assert_eq!(room.json(&["list", "--scope", "prod"]), json!([]));
    assert_eq!(room.json(&["list", "--scope", "prod", "--recursive"])[0]["name"], "OTHER");
    assert_eq!(room.json(&["list", "oth"])[0]["scope"], "prod/deep");
    assert_eq!(room.json(&["list", "nothing-like-it"]), json!([]));
    assert_eq!(room.json(&["audit"]).as_array().unwrap().len(), 4, "init, two creates, a rotation");
}

#[test]
fn rotate_makes_a_version_with_a_reason() {
    let room = Room::new();
    room.set("KEY", "one");
    let path = room.file("value", b"two");
    let written = room.json(&["rotate", "KEY", "--file", &path, "--reason", "leaked", "--if-version", "1"]);
    assert_eq!((&written["version"], &written["outcome"]), (&2.into(), &"new_version".into()));
    assert!(written["last_rotated"].is_string());
    room.good(&["rotate", "KEY", "--generate", "--words", "6"]);
    assert_eq!(room.reveal("KEY").split('-').count(), 6);
    let version = &room.json(&["history", "KEY"])[1];
    assert_eq!((&version["origin"], &version["reason"]), (&"rotated".into(), &"leaked".into()));
    room.fails(4, &["rotate", "KEY", "x", "--if-version", "1"]);
    room.fails(3, &["rotate", "NONE", "x"]);
    let back = room.json(&["rotate", "KEY", "--to", "2", "--reason", "outage"]);
    assert_eq!((&back["version"], room.reveal("KEY").as_str()), (&4.into(), "two"));
}

#[test]
fn rollback_is_a_new_version_and_keeps_expiry_and_description() {
    let room = Room::new();
    room.good(&["set", "KEY", "one", "--description", "d", "--expires", "2999-01-01"]);
    room.set("KEY", "two");
    let written = room.json(&["rollback", "KEY", "1"]);
    assert_eq!((&written["version"], &written["description"]), (&3.into(), &"d".into()));
    assert!(written["expires_at"].as_str().unwrap().starts_with("299"));
    assert_eq!(room.reveal("KEY"), "one");
    assert_eq!(room.json(&["history", "KEY"])[0]["rolled_back_from"], 1);
    room.fails(3, &["rollback", "KEY", "9"]);
}

#[test]
fn history_is_newest_first_with_every_promised_key() {
    let room = Room::new();
    room.set("KEY", "one");
    room.good(&["rotate", "KEY", "two", "--reason", "why"]);
    let history = room.json(&["history", "KEY"]);
    let keys: Vec<&String> = history[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["version", "created_at", "created_by", "reason", "origin", "rolled_back_from"]);
    assert_eq!((&history[0]["version"], &history[1]["version"]), (&2.into(), &1.into()));
    room.fails(3, &["history", "NONE"]);
}

#[test]
fn diff_tells_the_shape_of_the_change() {
    let room = Room::new();
    room.set("KEY", "one");
    room.set("KEY", "Twenty-2");
    let table = room.good(&["diff", "KEY", "1", "2"]).text();
    assert!(table.contains("3 characters") && table.contains("8 characters"), "{table}");
    assert!(!table.contains("Twenty") && !table.contains("one,"), "{table}");
    room.fails(3, &["diff", "KEY", "1", "3"]);
}

#[test]
fn delete_hides_and_restore_brings_back_whole() {
    let room = Room::new();
    room.set("KEY", "one");
    room.set("KEY", "two");
    assert!(room.good(&["delete", "KEY", "--reason", "unused"]).err.contains("strongroom restore global/KEY"));
    room.fails(3, &["get", "KEY"]);
    assert_eq!(room.json(&["list"]), json!([]));
    assert_eq!(room.json(&["list", "--deleted"])[0]["version"], 2);
}

#[test]
fn restore_brings_back_every_version() {
    let room = Room::new();
    room.set("KEY", "one");
    room.set("KEY", "two");
    room.good(&["delete", "KEY"]);
    room.good(&["restore", "KEY"]);
    assert_eq!((room.reveal("KEY"), room.json(&["history", "KEY"]).as_array().unwrap().len()), ("two".into(), 2));
    assert!(room.fails(4, &["restore", "KEY"]).contains("is not deleted."));
    room.fails(3, &["restore", "NONE"]);
}

#[test]
fn purge_destroys_every_version_and_wants_to_be_sure() {
    let room = Room::new();
    room.set("KEY", "one");
    room.fails(2, &["purge", "KEY", "--no-input"]);
    room.good(&["purge", "KEY", "--yes"]);
    room.fails(3, &["restore", "KEY"]);
    room.set("KEY", "new");
    assert_eq!(room.json(&["history", "KEY"]).as_array().unwrap().len(), 1, "it shows nothing of the old one");
}

#[test]
fn move_keeps_the_history() {
    let room = Room::new();
    room.set("KEY", "one");
    room.set("KEY", "two");
    room.good(&["move", "KEY", "prod/pay/NEW", "--reason", "sorted"]);
    assert_eq!(room.json(&["history", "prod/pay/NEW"]).as_array().unwrap().len(), 2);
    room.fails(3, &["get", "KEY"]);
    room.set("KEY", "x");
    room.fails(4, &["move", "KEY", "prod/pay/NEW"]);
}

#[test]
fn audit_is_narrowed_by_every_option_and_verified() {
    let room = Room::new();
    room.set("KEY", "one");
    room.good(&["reveal", "KEY"]);
    room.fails(4, &["set", "KEY", "x", "--create"]);
    let count = |line: &[&str]| room.json(&[&["audit"], line].concat()).as_array().unwrap().len();
    assert_eq!((count(&[]), count(&["--secret", "KEY"]), count(&["--action", "reveal"])), (4, 3, 1));
    assert_eq!((count(&["--failed"]), count(&["--limit", "2"]), count(&["--days", "7"])), (1, 2, 4));
    assert_eq!(count(&["--actor", room.json(&["audit"])[0]["actor"].as_str().unwrap()]), 4);
    assert_eq!(room.good(&["audit", "--csv"]).text().lines().count(), 5);
    assert_eq!(room.json(&["audit", "verify"])["intact"], true);
}

#[test]
fn generate_prints_a_value_and_its_entropy_apart() {
    let room = Room::empty();
    for (line, length) in [
        (&["generate"][..], 24),
        (&["generate", "--length", "40", "--alphabet", "digits"], 40),
        (&["generate", "--hex", "16"], 32),
        (&["generate", "--base64", "3"], 4),
        (&["generate", "--uuid"], 36),
    ] {
        let ran = room.good(line);
        assert_eq!(ran.text().trim_end().len(), length, "{line:?}");
        assert!(ran.err.contains("bits of entropy"), "{}", ran.err);
    }
    assert_eq!(room.good(&["generate", "--words", "7"]).text().split('-').count(), 7);
    assert_eq!(room.run(&["generate", "--json"]).code, 2);
}

#[test]
fn exit_codes_tell_the_outcomes_apart() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new();
    room.set("KEY", "v");
    room.good(&["get", "KEY"]);
    room.fails(2, &["get"]);
    room.fails(3, &["get", "NONE"]);
    room.fails(4, &["set", "KEY", "w", "--create"]);
    let locked = room.command(&["get", "KEY"]).env_remove("STRONGROOM_MASTER_KEY").output().unwrap();
    assert_eq!(locked.status.code(), Some(5));
    room.good(&["set", "OLD", "v", "--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    room.fails(6, &["reveal", "OLD"]);
    let mode = |mode| std::fs::set_permissions(room.vault(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o640);
    room.fails(7, &["get", "KEY"]);
    mode(0o600);
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    sql.execute_batch("UPDATE audit SET mac = zeroblob(32) WHERE seq = 2").unwrap();
    drop(sql);
    room.fails(9, &["audit", "verify"]);
    room.fails(1, &["set", "NEW", "--file", "/nowhere/at/all"]);
}

#[test]
fn every_command_has_a_test_that_bears_its_name() {
    let mut tests = String::new();
    for folder in ["tests/cli", "tests/pty", "tests/desktop", "tests/clipboard"] {
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in files {
            tests.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
        }
    }
    let help = Room::empty().good(&["--help"]).text();
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| !matches!(*name, "help" | "demo"))
        .collect();
    assert!(names.len() > 15, "{help}");
    for name in names {
        assert!(tests.contains(&format!("\nfn {name}_")), "no test is named after {name}");
    }
}
