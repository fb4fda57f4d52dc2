//! What strangers stumbled over, each once.

use crate::support::Room;

fn failed(room: &Room) -> Vec<(String, String)> {
    let records = room.json(&["audit", "--failed"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    records.as_array().unwrap().iter().rev().map(|record| (text(&record["action"]), text(&record["error"]))).collect()
}

#[test]
fn whoever_guesses_names_is_on_record() {
    let room = Room::new();
    room.set("KEY", "v");
    room.fails(3, &["reveal", "NOPE", "--scope", "prod"]);
    room.fails(3, &["reveal", "KEY", "--field", "zz"]);
    room.fails(3, &["run", "--only", "NOPE2", "--", "true"]);
    let template = room.file("t", b"{{secrets.NOPE3}} {{secrets.NOPE4}}");
    room.fails(3, &["render", &template]);
    let failed = failed(&room);
    let expected = [("reveal", "NOPE"), ("reveal", "zz"), ("run", "NOPE2"), ("render", "NOPE3")];
    assert_eq!(failed.len(), expected.len(), "{failed:?}");
    for ((action, error), (wanted, name)) in failed.iter().zip(expected) {
        assert!(action == wanted && error.contains(name), "{failed:?}");
    }
    assert!(failed[3].1.contains("NOPE4"), "{failed:?}");
    assert_eq!(room.json(&["audit", "--failed", "--secret", "prod/NOPE"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_name_in_another_case_is_not_there_for_readers() {
    let room = Room::new();
    room.set("KEY", "v");
    for line in [&["get", "key"][..], &["reveal", "key"], &["run", "--only", "key", "--", "true"]] {
        assert!(room.fails(3, line).contains("differs only in case from KEY"), "{line:?}");
    }
}

#[test]
fn a_full_address_says_where_by_itself_beside_an_environment() {
    let room = Room::new();
    room.set("prod/A", "one-value");
    room.set("billing/B", "two-value");
    let ran =
        room.good(&["run", "--no-mask", "--env", "prod", "--only", "A,billing/B", "--", "sh", "-c", "echo $A $B"]);
    assert_eq!(ran.text(), "one-value two-value\n");
}

#[test]
fn a_field_that_holds_a_secret_is_warned_of_on_the_command_line() {
    let room = Room::new();
    let warned = |line: &[&str]| room.good(line).err.contains("other users of this machine could see it");
    assert!(warned(&["set", "A", "--field", "value=x"]));
    assert!(warned(&["set", "B", "--generate", "--field", "password=x"]));
    assert!(!warned(&["set", "C", "--generate", "--field", "username=ops"]));
    let file = room.file("f", b"x");
    assert!(!warned(&["set", "D", "--generate", "--field", &format!("password=@{file}")]));
    assert!(room.fails(2, &["set", "E", "--field", "a=1", "--field", "a=2"]).contains("given twice"));
}

#[test]
fn a_weak_passphrase_and_one_that_is_not_used_are_warned_of() {
    let room = Room::empty();
    let path = room.file("weak", b"1\n");
    assert!(room.good(&["init", "--passphrase-file", &path, "--no-input"]).err.contains("weak"));
    let room = Room::empty();
    let path = room.file("unused", b"a good one it may be\n");
    let ran = room.good(&["init", "--protect", "env", "--passphrase-file", &path, "--no-input"]);
    assert!(ran.err.contains("The passphrase file is not used"), "{}", ran.err);
}

#[test]
fn key_alone_lists_the_keys() {
    let room = Room::new();
    assert_eq!(room.good(&["key"]).out, room.good(&["key", "list"]).out);
}

#[test]
fn doctor_tells_of_a_vault_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        return; // root writes anywhere; .ci/run's desktop tests have a read-only mount
    }
    let room = Room::new();
    std::fs::set_permissions(room.vault(), std::fs::Permissions::from_mode(0o400)).unwrap();
    let ran = room.run(&["doctor"]);
    assert!(ran.code == 1 && ran.text().contains("cannot be written"), "{}", ran.text());
}

#[test]
fn encoded_text_is_masked_in_whole_lines_when_it_is_broken() {
    let room = Room::new();
    let value = "Zk3vQm9xT7pLr2WcY8nHd5sJb4gFa6uE1iOoKqVtXyMzSwDe-CANARY0TAILEND9";
    room.set("KEY", value);
    let said = |line: &str| room.good(&["run", "--only", "KEY", "--", "sh", "-c", line]).text();
    for line in ["printf %s \"$KEY\" | base64", "echo \"$KEY\" | base64", "printf %s \"$KEY\" | base64 -w64"] {
        let said = said(line);
        assert!(said.lines().all(|line| line == "****...****"), "{line}: {said}");
    }
    assert!(said("printf user:%s \"$KEY\" | base64 -w0").contains("****...****"));
}
