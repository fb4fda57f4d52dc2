//! `audit` and `audit verify`.

use crate::support::Room;

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

#[test]
fn the_chain_is_verified() {
    let room = busy();
    assert!(room.good(&["audit", "verify"]).text().contains("5 records"));
    assert_eq!(room.json(&["audit", "verify"]), serde_json::json!({ "intact": true, "records": 5 }));
}
