//! `get`, `reveal`, `list`, `history`.

use std::time::Duration;

use crate::support::Room;

#[test]
fn every_byte_comes_back() {
    let room = Room::new();
    let bytes: Vec<u8> = (0..=255).collect();
    let path = room.file("all", &bytes);
    room.good(&["set", "BYTES", "--file", &path]);
    assert_eq!(room.good(&["reveal", "BYTES"]).out, bytes);
    let big = vec![b'x'; 1024 * 1024 - 16];
    let path = room.file("big", &big);
    room.good(&["set", "BIG", "--file", &path]);
    assert_eq!(room.good(&["reveal", "BIG"]).out, big);
}

#[test]
fn a_value_over_a_mebibyte_is_refused_whole() {
    let room = Room::new();
    let path = room.file("big", &vec![b'x'; 1024 * 1024 + 1]);
    assert!(room.fails(2, &["set", "BIG", "--file", &path]).contains("1048576"));
    room.fails(3, &["get", "BIG"]);
}

#[test]
fn one_line_end_of_standard_input_is_dropped_unless_raw() {
    let room = Room::new();
    for (given, raw, kept) in
        [("v\n", false, "v"), ("v\r\n", false, "v"), ("v\n\n", false, "v\n"), ("v\n", true, "v\n")]
    {
        let mut line = vec!["set", "KEY", "--stdin"];
        line.extend(raw.then_some("--raw"));
        assert_eq!(room.run_with(&line, given.as_bytes()).code, 0);
        assert_eq!(room.reveal("KEY"), kept, "{given:?}");
    }
}

#[test]
fn get_has_every_promised_key_and_no_value() {
    let room = Room::new();
    room.good(&["set", "prod/KEY", "hunter2", "--field", "username=ops", "--rotation-days", "30", "--tag", "db"]);
    let ran = room.good(&["get", "prod/KEY", "--json"]);
    assert!(!ran.text().contains("hunter2"));
    let secret = ran.json();
    for key in [
        "id",
        "name",
        "scope",
        "version",
        "description",
        "metadata",
        "tags",
        "fields",
        "created_at",
        "created_by",
        "updated_at",
        "last_rotated",
        "rotation_days",
        "next_rotation",
        "expires_at",
        "is_expired",
        "is_due",
    ] {
        assert!(secret.get(key).is_some(), "{key} is missing: {secret}");
    }
    assert_eq!((&secret["name"], &secret["scope"], &secret["version"]), (&"KEY".into(), &"prod".into(), &1.into()));
    assert_eq!(secret["fields"], serde_json::json!(["value", "username"]));
    let sheet = room.good(&["get", "prod/KEY"]).text();
    assert!(sheet.contains("prod") && !sheet.contains("hunter2") && !sheet.contains("ops@ops"), "{sheet}");
}

#[test]
fn fields_are_revealed_by_name() {
    let room = Room::new();
    room.good(&["set", "DB", "pw", "--field", "username=ops"]);
    assert_eq!(room.good(&["reveal", "DB", "--field", "username"]).text(), "ops");
    let said = room.fails(3, &["reveal", "DB", "--field", "user"]);
    assert!(said.contains("value, username"), "{said}");
}

#[test]
fn old_versions_are_revealed_by_number() {
    let room = Room::new();
    room.set("KEY", "one");
    room.set("KEY", "two");
    assert_eq!(room.good(&["reveal", "KEY", "--version", "1"]).text(), "one");
    assert_eq!(room.reveal("KEY"), "two");
    room.fails(3, &["reveal", "KEY", "--version", "3"]);
    room.fails(2, &["reveal", "KEY", "--version", "0"]);
}

#[test]
fn an_expired_secret_is_exit_6_unless_allowed() {
    let room = Room::new();
    room.good(&["set", "KEY", "v", "--expires", "1s"]);
    std::thread::sleep(Duration::from_millis(1100));
    let ran = room.run(&["reveal", "KEY"]);
    assert_eq!((ran.code, &ran.out[..]), (6, &b""[..]), "{}", ran.err);
    assert_eq!(room.good(&["reveal", "KEY", "--allow-expired"]).text(), "v");
    assert_eq!(room.json(&["get", "KEY"])["is_expired"], true);
}

#[test]
fn a_value_is_never_written_as_json() {
    let room = Room::new();
    room.set("KEY", "hunter2");
    let ran = room.run(&["reveal", "KEY", "--json"]);
    assert_eq!((ran.code, &ran.out[..]), (2, &b""[..]));
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["kind"], "usage");
    for line in [&["get", "KEY"][..], &["list"], &["history", "KEY"], &["audit"]] {
        assert!(!room.good(&[line, &["--json"]].concat()).text().contains("hunter2"), "{line:?}");
    }
}

#[test]
fn an_empty_list_is_an_empty_array() {
    let room = Room::new();
    for line in [&["list"][..], &["list", "nothing"], &["list", "--deleted"], &["audit", "--action", "purge"]] {
        assert_eq!(room.json(line), serde_json::json!([]), "{line:?}");
    }
    assert_eq!(room.good(&["list"]).text(), "");
}

#[test]
fn lists_are_narrowed_by_scope_and_query() {
    let room = Room::new();
    for name in ["KEY", "prod/KEY", "prod/pay/STRIPE", "stage/KEY"] {
        room.set(name, "v");
    }
    let names = |line: &[&str]| -> Vec<String> {
        let listed = room.json(line);
        let full = |secret: &serde_json::Value| {
            format!("{}/{}", secret["scope"].as_str().unwrap(), secret["name"].as_str().unwrap())
        };
        listed.as_array().unwrap().iter().map(full).collect()
    };
    assert_eq!(names(&["list"]), ["global/KEY", "prod/KEY", "prod/pay/STRIPE", "stage/KEY"]);
    assert_eq!(names(&["list", "--scope", "prod"]), ["prod/KEY"]);
    assert_eq!(names(&["list", "--scope", "prod", "--recursive"]), ["prod/KEY", "prod/pay/STRIPE"]);
    assert_eq!(names(&["list", "--scope", "global"]), ["global/KEY"]);
    assert_eq!(names(&["list", "--env", "stage"]), ["stage/KEY"]);
    assert_eq!(names(&["list", "stripe"]), ["prod/pay/STRIPE"]);
    room.fails(2, &["list", "colour:red"]);
}

#[test]
fn what_is_used_and_what_is_there_twice_can_be_listed() {
    let room = Room::new();
    for (name, value) in [("A", "same"), ("B", "same"), ("prod/C", "own")] {
        room.set(name, value);
    }
    let names = |query: &[&str]| -> Vec<String> {
        let listed = room.json(&[&["list"], query].concat());
        listed.as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["used:never"]), ["A", "B", "C"]);
    room.reveal("A");
    room.good(&["get", "B"]);
    assert_eq!(names(&["used:never"]), ["B", "C"], "looking at the metadata is no use");
    assert_eq!(names(&["used:<1d"]), ["A"]);
    assert_eq!(names(&["used:>1d"]), [""; 0]);
    assert_eq!(names(&["dup"]), ["A", "B"]);
    assert_eq!(names(&["dup", "used:never"]), ["B"]);
    room.set("B", "changed");
    assert_eq!(names(&["dup"]), [""; 0]);
    assert!(!room.good(&["list", "dup", "--json"]).text().contains("same"));
    assert!(room.fails(2, &["list", "used:sometimes"]).contains("used:"));
}

#[test]
fn nothing_is_said_about_use_where_the_log_is_broken() {
    let room = Room::new();
    room.set("A", "v");
    room.reveal("A");
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    sql.execute_batch("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)").unwrap();
    drop(sql);
    let ran = room.run(&["list", "used:never"]);
    assert_eq!((ran.code, &ran.out[..]), (9, &b""[..]), "{}", ran.err);
    assert!(ran.err.contains("Nobody can tell what was used."), "{}", ran.err);
    assert!(room.good(&["list"]).text().contains('A'), "the list itself is whole");
}

#[test]
fn a_table_is_aligned_and_has_a_dash_for_never() {
    let room = Room::new();
    room.set("A_LONG_NAME", "v");
    room.set("B", "v");
    let table = room.good(&["list"]).text();
    let lines: Vec<&str> = table.lines().collect();
    let column = lines[0].find("SCOPE").unwrap();
    assert!(lines[1..].iter().all(|line| line[column..].starts_with("global")), "{table}");
    assert!(lines[1].contains(" - "), "{table}");
    assert!(!table.contains('\u{1b}'));
}

#[test]
fn colour_comes_only_when_asked_for() {
    let room = Room::new();
    room.set("KEY", "v");
    assert!(room.good(&["list", "--color", "always"]).text().contains('\u{1b}'));
    let plain = room.command(&["list"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!plain.stdout.contains(&0x1b));
}

#[test]
fn history_is_newest_first() {
    let room = Room::new();
    room.set("KEY", "one");
    room.good(&["rotate", "KEY", "two", "--reason", "scheduled"]);
    room.good(&["rollback", "KEY", "1"]);
    let history = room.json(&["history", "KEY"]);
    let told: Vec<(u64, &str)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|version| (version["version"].as_u64().unwrap(), version["origin"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [(3, "rolled back from 1"), (2, "rotated"), (1, "created")]);
    assert_eq!(history[0]["rolled_back_from"], 1);
    assert_eq!(history[1]["reason"], "scheduled");
    let table = room.good(&["history", "KEY"]).text();
    assert!(table.lines().nth(1).unwrap().starts_with("3 (current)"), "{table}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    use std::process::Stdio;
    let room = Room::new();
    let path = room.file("big", &vec![b'x'; 900_000]);
    room.good(&["set", "BIG", "--file", &path]);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("strongroom"))
        .args(["reveal", "BIG"])
        .env_clear()
        .envs(room.variables())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), &ended.stderr[..]), (Some(0), &b""[..]));
}

#[test]
fn diff_tells_shapes_and_never_values() {
    let room = Room::new();
    room.good(&["set", "prod/KEY", "hunter2", "--field", "username=canary-ops"]);
    room.good(&["set", "prod/KEY", "https://example.com/Hook9", "--field", "old=canary-9"]);
    room.good(&["set", "prod/KEY", "hunter2"]);
    let table = room.good(&["diff", "prod/KEY", "2", "3"]).text();
    assert!(table.contains("7 characters, lower, digits (same as version 1)"), "{table}");
    assert!(table.contains("URL") && !table.contains("hunter2") && !table.contains("canary"), "{table}");
    let json = room.json(&["diff", "prod/KEY", "1", "2"]);
    assert_eq!((&json["before"]["version"], &json["after"]["version"]), (&1.into(), &2.into()));
    let fields = json["fields"].as_array().unwrap();
    let change = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    assert_eq!(change("value")["change"], "changed");
    assert_eq!(change("username")["change"], "same");
    assert_eq!(change("old")["change"], "added");
    assert_eq!((&change("old")["before"], &change("old")["after"]["bytes"]), (&serde_json::Value::Null, &8.into()));
    assert_eq!(change("value")["after"]["looks_like"], "URL");
    assert!(!json.to_string().contains("canary"));
    for missing in [["prod/KEY", "1", "4"], ["prod/NO", "1", "2"]] {
        room.fails(3, &[&["diff"], &missing[..]].concat());
    }
    room.fails(2, &["diff", "prod/KEY", "0", "1"]);
}
