//! `resolve`, `check`, `verify`, `doctor`, `rotate --due`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange};

use crate::support::Room;

/// The same name in several scopes, its value being the scope.
fn layered() -> Room {
    let room = Room::new();
    for scope in ["global", "prod", "prod/pay"] {
        room.set(&format!("{scope}/KEY"), scope);
    }
    room
}

fn column<'a>(rows: &'a Value, key: &str) -> Vec<&'a str> {
    rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap()).collect()
}

/// Changes the vault as if it had been made so many days ago: only metadata can say so.
fn expire(room: &Room, name: &str) {
    room.good(&["set", name, "--expires", "1s"]);
    std::thread::sleep(Duration::from_millis(1100));
}

#[test]
fn resolve_says_which_secret_a_context_picks_and_why() {
    let room = layered();
    assert_eq!(room.good(&["resolve", "KEY", "--env", "prod"]).text(), "prod/KEY\n");
    let table = room.good(&["resolve", "KEY", "--env", "prod", "--namespace", "pay", "--explain"]).text();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1][..3], ["prod/pay", "prod/pay/KEY", "1"]);
    assert!(table.lines().nth(1).unwrap().ends_with("picked: the narrowest"), "{table}");
    assert!(table.lines().nth(2).unwrap().ends_with("not there"), "{table}");
    assert!(table.lines().nth(4).unwrap().ends_with("hidden by prod/pay"), "{table}");
    let json = room.json(&["resolve", "KEY", "--env", "prod"]);
    assert_eq!((&json["scope"], &json["walk"][0]["picked"]), (&"prod".into(), &true.into()));
    assert_eq!(column(&json["walk"], "scope"), ["prod", "global"]);
    room.fails(3, &["resolve", "NONE", "--env", "prod"]);
}

#[test]
fn resolve_picks_an_expired_secret_and_says_so() {
    let room = layered();
    expire(&room, "prod/KEY");
    let table = room.good(&["resolve", "KEY", "--env", "prod", "--explain"]).text();
    assert!(table.contains("picked: the narrowest, and has expired"), "{table}");
    room.fails(6, &["reveal", "KEY", "--env", "prod"]);
}

#[test]
fn check_is_silent_about_a_vault_that_is_well() {
    let room = layered();
    let ran = room.good(&["check"]);
    assert!(ran.out.is_empty() && ran.err.contains("Checked 3 secrets"), "{}", ran.err);
    assert_eq!(room.json(&["check"]), serde_json::json!([]));
}

#[test]
fn check_names_what_is_missing_expired_due_and_duplicate() {
    let room = layered();
    room.set("OTHER", "prod");
    room.good(&["set", "prod/KEY", "--rotation-days", "2"]);
    let flaws = |line: &[&str]| -> (i32, Value) {
        let ran = room.run(&[line, &["--json"]].concat());
        (ran.code, ran.json())
    };
    let (code, found) = flaws(&["check"]);
    assert_eq!((code, column(&found, "flaw")), (1, vec!["duplicate", "duplicate"]));
    assert_eq!(column(&found, "secret"), ["OTHER", "prod/KEY"]);
    assert!(found[0]["told"].as_str().unwrap().contains("prod/KEY"), "{found}");
    let (code, found) = flaws(&["check", "--no-duplicates", "--due-within", "3d"]);
    assert_eq!((code, column(&found, "flaw"), column(&found, "secret")), (1, vec!["due"], vec!["prod/KEY"]));
    assert_eq!(flaws(&["check", "--no-duplicates"]), (0, serde_json::json!([])));
    expire(&room, "KEY");
    let (code, found) = flaws(&["check", "--no-duplicates"]);
    assert_eq!((code, column(&found, "flaw"), column(&found, "secret")), (6, vec!["expired"], vec!["KEY"]));
    let (code, found) =
        flaws(&["check", "--no-duplicates", "--env", "prod", "--require", "NONE", "--require", "OTHER"]);
    assert_eq!((code, column(&found, "flaw"), column(&found, "secret")), (3, vec!["missing"], vec!["NONE"]));
    assert!(room.run(&["check"]).text().starts_with("FLAW "));
    assert_eq!(found[0]["place"], Value::Null);
}

#[test]
fn check_of_a_context_leaves_out_what_it_does_not_see() {
    let room = layered();
    expire(&room, "KEY");
    assert_eq!(room.run(&["check"]).code, 6);
    assert_eq!(room.run(&["check", "--env", "prod"]).code, 0, "the narrower one hides it");
    room.good(&["delete", "prod/KEY"]);
    assert_eq!(room.run(&["check", "--env", "prod"]).code, 6);
}

#[test]
fn check_of_a_template_tells_each_reference_that_cannot_be_filled() {
    let room = layered();
    room.set("prod/pay/OTHER", "v");
    let good = room.file("good.yaml", b"a: {{secrets.KEY}}\nb: $secret.KEY {{ .Values.x }}\n");
    assert_eq!(room.run(&["check", "--env", "prod", "--template", &good]).code, 0);
    let bad = room.file("bad.env", b"A={{secrets.NONE}}\nB={{secrets.KEY | nofilter}}\n");
    let worse = room.file("worse.env", b"C=$env.NOT_SET\nD={{secrets.KEY@7}} {{secrets.KEY#user}}\n");
    let line = ["check", "--env", "prod", "--template", &good, "--template", &bad, "--template", &worse];
    let ran = room.run(&[&line[..], &["--json"]].concat());
    let found = ran.json();
    assert_eq!((ran.code, column(&found, "flaw")), (3, vec!["missing", "missing", "unfilled", "unfilled"]), "{found}");
    let places = column(&found, "place");
    for place in ["worse.env:2:3", "worse.env:2:21", "bad.env:2:3", "worse.env:1:3"] {
        assert!(places.iter().any(|found| found.ends_with(place)), "{place}: {places:?}");
    }
    assert!(room.json(&["audit"]).as_array().unwrap().iter().all(|record| record["action"] != "render"));
    expire(&room, "prod/KEY");
    assert_eq!(room.run(&["check", "--env", "prod", "--template", &good]).code, 6);
    assert_eq!(room.run(&["check", "--env", "prod", "--template", "/nowhere/at/all"]).code, 1);
}

#[test]
fn verify_opens_everything() {
    let room = layered();
    room.set("KEY", "again");
    room.good(&["delete", "prod/KEY"]);
    let json = room.json(&["verify"]);
    for (key, count) in [("secrets", 2), ("deleted", 1), ("versions", 4), ("audit_records", 6)] {
        assert_eq!(json[key], count, "{key}: {json}");
    }
    assert_eq!((&json["intact"], &json["damage"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(room.json(&["audit", "--limit", "1"])[0]["action"], "verify");
    assert!(room.good(&["verify"]).text().starts_with("All is well: 2 and 1 deleted secrets with 4 versions"));
}

#[test]
fn verify_names_what_is_damaged_and_still_reads_the_rest() {
    let room = layered();
    room.good(&["verify"]);
    let whole_at = room.json(&["audit", "--action", "verify"])[0]["timestamp"].clone();
    let before = std::fs::read(room.vault()).unwrap();
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    let damaged = "UPDATE version SET value = CAST(substr(value, 1, 20) || x'5555' || substr(value, 23) AS BLOB)";
    assert_eq!(sql.execute(damaged, []).unwrap(), 3);
    drop(sql);
    let ran = room.run(&["verify", "--json"]);
    assert_eq!(ran.code, 9, "{}", ran.err);
    let told = ran.json();
    assert_eq!(told["intact"], false);
    let damage = told["damage"].as_array().unwrap().iter().map(|told| told.as_str().unwrap());
    let addresses: Vec<&str> = damage.map(|told| told.split(": ").next().unwrap()).collect();
    assert_eq!(addresses, ["KEY", "prod/KEY", "prod/pay/KEY"], "by address, whatever the ids are: {told}");
    assert_eq!(room.run(&["get", "KEY"]).code, 0, "what is known about it is whole");
    assert_eq!(told["whole_at"], whole_at, "since when");
    let found = &room.json(&["audit", "--limit", "1"])[0];
    assert_eq!((&found["action"], &found["success"]), (&"tamper_detected".into(), &false.into()));
    assert!(found["error"].as_str().unwrap().starts_with("KEY: "), "{found}");
    room.fails(9, &["reveal", "KEY"]);
    // Whoever looks at how things stand is told again, until it is verified and well.
    let problem = |room: &Room| room.json(&["status"])["problem"].clone();
    assert!(problem(&room).as_str().unwrap().starts_with("Damage was found at 2"), "{}", problem(&room));
    std::fs::write(room.vault(), before).unwrap();
    room.good(&["anchor", "accept", "--reason", "put back", "--yes"]);
    assert_eq!(problem(&room), Value::Null);
}

/// What is damaged, mended in place: the next look at everything ends what the last one said.
#[test]
fn damage_on_record_is_told_until_verify_finds_all_well() {
    let room = layered();
    let values = |change: &str| rusqlite::Connection::open(room.vault()).unwrap().execute_batch(change).unwrap();
    values("UPDATE version SET value = CAST(value || x'55' AS BLOB)");
    assert_eq!(room.run(&["verify"]).code, 9);
    values("UPDATE version SET value = CAST(substr(value, 1, length(value) - 1) AS BLOB)");
    let problem = || room.json(&["status"])["problem"].clone();
    assert!(problem().as_str().unwrap().contains("strongroom verify tells more."), "nobody has looked since");
    room.good(&["verify"]);
    assert_eq!(problem(), Value::Null);
}

/// The metadata alone: whose they are the list tells.
#[test]
fn verify_names_whose_record_does_not_open() {
    let room = layered();
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    let damaged =
        "UPDATE secret SET metadata = CAST(substr(metadata, 1, 20) || x'5555' || substr(metadata, 23) AS BLOB)";
    assert_eq!(sql.execute(damaged, []).unwrap(), 3);
    drop(sql);
    let told = room.run(&["verify", "--json"]).json();
    let damage: Vec<&str> = told["damage"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect();
    for address in ["KEY: ", "prod/KEY: ", "prod/pay/KEY: "] {
        assert!(damage.iter().any(|told| told.starts_with(address)), "{address}{damage:?}");
    }
}

#[test]
fn a_record_that_does_not_open_is_named_and_those_before_it_are_counted() {
    let room = layered();
    let sql = rusqlite::Connection::open(room.vault()).unwrap();
    let damaged =
        "UPDATE audit SET body = CAST(substr(body, 1, 20) || x'5555' || substr(body, 23) AS BLOB) WHERE seq = 3";
    assert_eq!(sql.execute(damaged, []).unwrap(), 1);
    drop(sql);
    assert_eq!(room.run(&["verify", "--json"]).json()["audit_records"], 2);
    for line in [&["audit"][..], &["key", "test"], &["check", "--backup-within", "7d"]] {
        assert!(room.fails(9, line).contains("Record 3 of the audit log was altered"), "{line:?}");
    }
}

#[test]
fn doctor_needs_no_key_and_finds_loose_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let room = layered();
    let doctor =
        |room: &Room| room.command(&["doctor", "--json"]).env_remove("STRONGROOM_MASTER_KEY").output().unwrap();
    let good = doctor(&room);
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stderr));
    let found: Value = serde_json::from_slice(&good.stdout).unwrap();
    for check in [
        "program",
        "settings",
        "vault",
        "pages",
        "keys",
        "disk",
        "process",
        "memory",
        "keyring",
        "terminal",
        "clipboard",
    ] {
        assert!(column(&found, "check").contains(&check), "{check}");
    }
    std::fs::set_permissions(room.vault(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let loose = doctor(&room);
    assert_eq!(loose.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&loose.stdout).unwrap();
    let wrong: Vec<&Value> = found.as_array().unwrap().iter().filter(|found| found["state"] == "wrong").collect();
    assert!(wrong.len() == 1 && wrong[0]["hint"].as_str().unwrap().contains("chmod"), "{found}");
}

#[test]
fn doctor_without_a_vault_says_how_to_make_one() {
    let room = Room::empty();
    let table = room.good(&["doctor"]).text();
    assert!(table.contains("There is no vault at") && table.contains("strongroom init"), "{table}");
}

#[test]
fn rotate_due_plans_and_applies() {
    let room = layered();
    assert_eq!(room.json(&["rotate", "--due", "--plan"]), serde_json::json!([]));
    assert!(room.good(&["rotate", "--due", "--apply"]).err.contains("Nothing is due."));
    for line in [&["rotate", "--due"][..], &["rotate", "--plan"], &["rotate"], &["rotate", "KEY", "--due", "--plan"]] {
        room.fails(2, line);
    }
    room.fails(2, &["rotate", "--due", "--plan", "--stdin"]);
}

/// Two months ago.
fn long_ago() -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(24 * 60)
}

/// Sets a secret as it would have been set two months ago, with a rotation each month.
fn set_long_ago(room: &Room, address: &str, fields: Fields) {
    let key = UnlockKey::Environment(RawKey::from_text(room.key().as_bytes()).unwrap());
    let locked = LockedVault::open(&room.vault()).unwrap();
    let mut vault = locked.unlock(&key, Actor::default()).map_err(|refused| refused.1).unwrap();
    vault.set_clock(long_ago);
    let address = Address::parse(address, &ScopePath::root()).unwrap();
    let change = MetadataChange { rotation_days: Some(Some(30)), ..MetadataChange::default() };
    vault.set(&address, Some(fields), change, "", Expected::Absent).unwrap();
}

#[test]
fn rotate_due_gives_each_due_secret_in_its_scopes_a_generated_value() {
    let room = layered();
    let value = || Fields::value(SecretText::copied_from(b"old"));
    for address in ["prod/OLD", "prod/pay/OLD", "stage/OLD"] {
        set_long_ago(&room, address, value());
    }
    let mut named = Fields::default();
    named.set("username".parse().unwrap(), SecretText::copied_from(b"ops"));
    set_long_ago(&room, "prod/NAMED", named);
    let plan = room.json(&["rotate", "--due", "--plan", "--scope", "prod"]);
    let versions: Vec<(&str, Value)> = plan
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["next_version"].clone()))
        .collect();
    assert_eq!(versions.len(), 3, "{plan}");
    assert!(versions.contains(&("NAMED", Value::Null)) && versions.contains(&("OLD", 2.into())), "{plan}");
    assert_eq!(room.reveal("prod/OLD"), "old", "a plan changes nothing");
    let table = room.good(&["rotate", "--due", "--plan"]).text();
    assert!(table.contains("1 -> 2") && table.contains("30 days ago") && table.contains("left out"), "{table}");
    room.good(&["rotate", "--due", "--apply", "--scope", "prod", "--hex", "8", "--reason", "monthly"]);
    for address in ["prod/OLD", "prod/pay/OLD"] {
        assert_eq!(room.reveal(address).len(), 16);
        assert_eq!(room.json(&["history", address])[0]["reason"], "monthly");
    }
    assert_eq!(room.reveal("stage/OLD"), "old", "outside the scope");
    assert_eq!(column(&room.json(&["rotate", "--due", "--plan"]), "name").len(), 2, "what is left out stays due");
    assert_eq!(room.run(&["check", "--no-duplicates"]).code, 1);
}
