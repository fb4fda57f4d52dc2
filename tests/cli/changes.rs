//! `set`, `rotate`, `rollback`, `move`, `delete`, `restore`, `purge`.

use crate::support::Room;

#[test]
fn set_makes_a_version_only_when_a_field_changes() {
    let room = Room::new();
    let outcome = |line: &[&str]| {
        let written = room.json(line);
        (written["outcome"].as_str().unwrap().to_owned(), written["version"].as_u64().unwrap())
    };
    assert_eq!(outcome(&["set", "KEY", "a"]), ("created".into(), 1));
    assert_eq!(outcome(&["set", "KEY", "a"]), ("unchanged".into(), 1));
    assert_eq!(outcome(&["set", "KEY", "b"]), ("new_version".into(), 2));
    assert_eq!(outcome(&["set", "KEY", "--description", "x"]), ("metadata_only".into(), 2));
}

#[test]
fn fields_that_are_not_given_stay() {
    let room = Room::new();
    room.good(&["set", "DB", "pw", "--field", "username=ops", "--field", "url=https://x/?a=b"]);
    room.good(&["set", "DB", "--field", "username=ana"]);
    assert_eq!(room.reveal("DB"), "pw");
    room.good(&["rotate", "DB", "pw2"]);
    assert_eq!(room.good(&["reveal", "DB", "--field", "username"]).text(), "ana");
    assert_eq!(room.good(&["reveal", "DB", "--field", "url"]).text(), "https://x/?a=b");
    assert_eq!(room.reveal("DB"), "pw2");
    let audit = room.good(&["audit", "--action", "reveal", "--json"]).json();
    assert_eq!(audit.as_array().unwrap().len(), 4, "setting reveals nothing");
}

#[test]
fn a_field_comes_from_a_file_or_standard_input() {
    let room = Room::new();
    let path = room.file("cert", b"-----BEGIN\n\0");
    room.good(&["set", "TLS", "v", "--field", &format!("cert=@{path}"), "--field", "handle=@@bob"]);
    assert_eq!(room.good(&["reveal", "TLS", "--field", "cert"]).out, b"-----BEGIN\n\0");
    assert_eq!(room.good(&["reveal", "TLS", "--field", "handle"]).text(), "@bob");
    assert_eq!(room.run_with(&["set", "TLS", "--field", "totp=-"], b"seed\n").code, 0);
    assert_eq!(room.good(&["reveal", "TLS", "--field", "totp"]).text(), "seed");
}

#[test]
fn metadata_is_set_and_taken_away() {
    let room = Room::new();
    let line = [
        "set",
        "KEY",
        "v",
        "--description",
        "d",
        "--metadata",
        "{\"a\":[1]}",
        "--tag",
        "b",
        "--tag",
        "a",
        "--expires",
        "2999-01-31T00:00:00Z",
        "--rotation-days",
        "30",
        "--owner",
        "ops",
    ];
    let secret = room.json(&line);
    assert_eq!(secret["metadata"]["a"][0], 1);
    assert_eq!(secret["tags"], serde_json::json!(["a", "b"]));
    assert_eq!(secret["expires_at"], "2999-01-31T00:00:00Z");
    assert_eq!(secret["rotation_days"], 30);
    let secret = room.json(&[
        "set",
        "KEY",
        "--description",
        "",
        "--metadata",
        "null",
        "--tag",
        "",
        "--expires",
        "never",
        "--rotation-days",
        "none",
    ]);
    assert_eq!((&secret["description"], &secret["metadata"]), (&"".into(), &serde_json::Value::Null));
    assert_eq!((&secret["tags"], &secret["expires_at"]), (&serde_json::json!([]), &serde_json::Value::Null));
    assert_eq!((&secret["rotation_days"], &secret["version"]), (&serde_json::Value::Null, &1.into()));
}

#[test]
fn wrong_metadata_is_a_usage_error() {
    let room = Room::new();
    for (flag, text) in [
        ("--expires", "d"),
        ("--expires", "3.5d"),
        ("--expires", "-5d"),
        ("--expires", "30x"),
        ("--expires", "99999999999999999999d"),
        ("--metadata", "{"),
        ("--rotation-days", "0"),
        ("--rotation-days", "x"),
    ] {
        room.fails(2, &["set", "KEY", "v", flag, text]);
    }
    room.fails(3, &["get", "KEY"]);
}

#[test]
fn an_argument_as_value_warns_and_never_repeats_it() {
    let room = Room::new();
    let ran = room.good(&["set", "KEY", "hunter2"]);
    assert!(ran.err.contains("warning") && !ran.err.contains("hunter2"), "{}", ran.err);
    assert_eq!(room.reveal("KEY"), "hunter2");
}

#[test]
fn two_sources_or_none_are_refused() {
    let room = Room::new();
    for line in [
        &["set", "KEY", "v", "--stdin"][..],
        &["set", "KEY", "--stdin", "--generate"],
        &["set", "KEY", "--file", "/dev/null", "--generate"],
        &["set", "KEY", "v", "--field", "value=w"],
        &["set", "KEY", "--stdin", "--field", "a=-"],
        &["set", "KEY", "--hex"],
        &["set", "KEY", "--raw"],
        &["set", "KEY", "--no-input"],
        &["set", "KEY", ""],
        &["set", "KEY", "--field", "a="],
        &["set", "KEY", "--field", "hunter2"],
        &["set", "KEY=hunter2"],
        &["set", "KEY", "correct", "hunter2"],
    ] {
        let said = room.fails(2, line);
        assert!(!said.contains("hunter2"), "{said}");
    }
    room.fails(3, &["get", "KEY"]);
}

#[test]
fn a_generated_value_is_not_shown() {
    let room = Room::new();
    let ran = room.good(&["set", "KEY", "--generate", "--length", "40", "--alphabet", "digits"]);
    let value = room.reveal("KEY");
    assert!(value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_digit()), "{value}");
    assert!(!ran.err.contains(&value) && ran.err.contains("entropy"), "{}", ran.err);
}

#[test]
fn writes_keep_to_what_they_expect() {
    let room = Room::new();
    room.fails(3, &["set", "KEY", "v", "--update"]);
    room.fails(3, &["set", "KEY", "v", "--if-version", "1"]);
    room.good(&["set", "KEY", "v", "--create"]);
    room.fails(4, &["set", "KEY", "w", "--create"]);
    room.good(&["set", "KEY", "w", "--if-version", "1"]);
    let ran = room.run(&["rotate", "KEY", "x", "--if-version", "1", "--json"]);
    assert_eq!(ran.code, 4);
    let last = ran.err.lines().last().unwrap();
    let error: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!((&error["error"]["kind"], &error["error"]["current_version"]), (&"conflict".into(), &2.into()));
    room.fails(4, &["rollback", "KEY", "1", "--if-version", "1"]);
    assert_eq!(room.reveal("KEY"), "w");
    assert!(!room.json(&["audit", "--failed"]).as_array().unwrap().is_empty(), "refusals are on record");
}

#[test]
fn a_name_in_another_case_is_a_clash() {
    let room = Room::new();
    room.set("KEY", "v");
    assert!(room.fails(4, &["set", "Key", "w"]).contains("KEY"));
}

#[test]
fn rotate_is_always_a_new_version() {
    let room = Room::new();
    room.fails(3, &["rotate", "KEY", "v"]);
    room.set("KEY", "v");
    let secret = room.json(&["rotate", "KEY", "v", "--reason", "scheduled"]);
    let warned = |value: &str| room.good(&["rotate", "KEY", value]).err.contains("changes nothing");
    assert!(warned("v") && !warned("w") && !warned("v"), "only the current value again is warned of");
    assert_eq!(secret["version"], 2);
    assert!(secret["last_rotated"].is_string());
    room.fails(2, &["rotate", "KEY", "--no-input"]);
}

#[test]
fn rollback_brings_fields_back_as_a_new_version() {
    let room = Room::new();
    room.set("KEY", "one");
    room.good(&["set", "KEY", "two", "--description", "kept"]);
    let secret = room.json(&["rollback", "KEY", "1", "--reason", "incident"]);
    assert_eq!((&secret["version"], &secret["description"]), (&3.into(), &"kept".into()));
    assert_eq!(room.reveal("KEY"), "one");
    room.fails(3, &["rollback", "KEY", "9"]);
    room.fails(3, &["rollback", "NONE", "1"]);
}

#[test]
fn a_deleted_secret_is_gone_until_restored() {
    let room = Room::new();
    room.set("KEY", "v");
    room.good(&["delete", "KEY"]);
    room.fails(3, &["reveal", "KEY"]);
    room.fails(3, &["delete", "KEY"]);
    assert_eq!(room.json(&["list"]), serde_json::json!([]));
    assert_eq!(room.json(&["list", "--deleted"])[0]["name"], "KEY");
    room.good(&["restore", "KEY"]);
    assert_eq!(room.reveal("KEY"), "v");
    room.fails(4, &["restore", "KEY"]);
    let never = room.fails(3, &["restore", "OTHER"]);
    assert!(never.contains("There is no deleted secret OTHER.") && never.contains("list --deleted"), "{never}");
    assert!(!never.contains("purged"), "nobody knows that: {never}");
}

#[test]
fn a_secret_made_again_shows_nothing_of_the_old_one() {
    let room = Room::new();
    room.set("KEY", "old");
    room.set("KEY", "older");
    room.good(&["delete", "KEY"]);
    room.set("KEY", "new");
    assert_eq!(room.json(&["history", "KEY"]).as_array().unwrap().len(), 1);
    room.fails(4, &["restore", "KEY"]);
}

#[test]
fn purge_wants_yes_where_nobody_can_be_asked() {
    let room = Room::new();
    room.set("KEY", "v");
    room.fails(2, &["purge", "KEY", "--no-input"]);
    assert_eq!(room.reveal("KEY"), "v");
    room.good(&["purge", "KEY", "--yes", "--no-input"]);
    room.fails(3, &["get", "KEY"]);
    room.fails(3, &["restore", "KEY"]);
    room.fails(3, &["purge", "KEY", "--yes"]);
}

#[test]
fn a_move_keeps_history_and_refuses_a_taken_name() {
    let room = Room::new();
    room.good(&["set", "prod/OLD", "one"]);
    room.good(&["set", "prod/OLD", "two"]);
    room.good(&["set", "prod/TAKEN", "other"]);
    let told = room.good(&["move", "OLD", "staging/NEW", "--env", "prod", "--reason", "renamed"]);
    assert!(told.err.contains("strongroom move staging/NEW prod/OLD"), "{}", told.err);
    assert_eq!(room.reveal("staging/NEW"), "two");
    assert_eq!(room.good(&["history", "staging/NEW", "--json"]).json().as_array().unwrap().len(), 2);
    room.fails(3, &["get", "prod/OLD"]);
    room.fails(4, &["move", "staging/NEW", "prod/taken"]);
    room.fails(3, &["move", "prod/OLD", "prod/ANY"]);
    room.good(&["mv", "staging/NEW", "RENAMED"]);
    assert_eq!(room.reveal("staging/RENAMED"), "two", "a bare name stays in its scope");
    let audit = room.good(&["audit", "--action", "move", "--json"]).json();
    assert_eq!(audit[0]["reason"], "From staging/NEW.");
    assert_eq!((&audit[0]["scope"], &audit[0]["secret"]), (&"staging".into(), &"RENAMED".into()));
    let refused = audit.as_array().unwrap().iter().filter(|record| record["success"] == false).count();
    assert_eq!(refused, 2);
}

#[test]
fn the_older_of_two_deleted_secrets_comes_back_by_its_time() {
    let room = Room::new();
    for value in ["old", "new"] {
        room.good(&["set", "KEY", value]);
        room.good(&["delete", "KEY"]);
        // Times are told to the second.
        std::thread::sleep(std::time::Duration::from_millis(1_050));
    }
    let deleted = room.good(&["list", "--deleted", "--json"]).json();
    let mut times: Vec<&str> =
        deleted.as_array().unwrap().iter().map(|secret| secret["deleted_at"].as_str().unwrap()).collect();
    times.sort_unstable();
    room.fails(3, &["restore", "KEY", "--deleted-at", "2001-01-31T14:05:09Z"]);
    room.fails(2, &["restore", "KEY", "--deleted-at", "yesterday"]);
    room.good(&["restore", "KEY", "--deleted-at", times[0]]);
    assert_eq!(room.reveal("KEY"), "old");
    // The name alone means the one that lives; the time means the deleted one.
    room.fails(3, &["purge", "KEY", "--yes", "--deleted-at", times[0]]);
    room.fails(2, &["purge", "KEY", "--yes", "--deleted-at", "yesterday"]);
    room.fails(2, &["purge", "KEY", "--yes", "--all-deleted", "--deleted-at", times[1]]);
    let told = room.good(&["purge", "KEY", "--yes", "--deleted-at", times[1]]);
    assert!(told.err.contains(&format!("Purged KEY, deleted at {}: all", times[1])), "{}", told.err);
    assert_eq!(room.reveal("KEY"), "old");
}

#[test]
fn purge_of_several_deleted_secrets_wants_to_know_which() {
    let room = Room::new();
    for value in ["one", "two", "three"] {
        room.good(&["set", "KEY", value]);
        room.good(&["delete", "KEY"]);
    }
    let told = room.fails(4, &["purge", "KEY", "--yes"]);
    assert!(told.contains("3 deleted secrets bore the name KEY, deleted at 20"), "{told}");
    assert!(told.contains("--all-deleted"), "{told}");
    assert_eq!(room.good(&["list", "--deleted", "--json"]).json().as_array().unwrap().len(), 3);
    room.good(&["set", "KEY", "alive"]);
    let told = room.good(&["purge", "KEY", "--yes", "--all-deleted", "--json"]).json();
    assert_eq!((&told["outcome"], &told["secrets"]), (&"purged".into(), &3.into()));
    assert_eq!(room.reveal("KEY"), "alive");
    assert_eq!(room.good(&["list", "--deleted", "--json"]).json().as_array().unwrap().len(), 0);
}
