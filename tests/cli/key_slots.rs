//! `key`: what opens the vault, through the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Ran, Room};

/// The printed key in what a run said on standard error.
fn printed(ran: &Ran) -> String {
    ran.err.lines().map(str::trim).find(|line| line.starts_with("SR1-")).unwrap().to_owned()
}

/// A run with another key than the room's.
fn run_with_key(room: &Room, key: &str, line: &[&str]) -> Ran {
    room.command(line).env("STRONGROOM_MASTER_KEY", key).output().unwrap().into()
}

fn id_of(room: &Room, kind: &str) -> String {
    let slots = room.json(&["key", "list"]);
    let slot = slots.as_array().unwrap().iter().find(|slot| slot["kind"] == kind).unwrap();
    slot["id"].as_str().unwrap().to_owned()
}

#[test]
fn key_list_shows_what_opens_the_vault_and_misses_a_second_way_in() {
    let room = Room::new();
    let listed = room.good(&["key", "list"]);
    assert!(listed.text().starts_with("ID") && listed.text().contains("environment key"), "{}", listed.text());
    assert!(listed.text().contains("opened this"), "{}", listed.text());
    assert!(listed.err.contains("only this one way in") && listed.err.contains("key add --recovery"), "{}", listed.err);
    room.good(&["key", "add", "--recovery"]);
    assert_eq!(room.good(&["key", "list"]).err, "");
    let slots = room.json(&["key", "list"]);
    let shapes: Vec<Vec<&String>> =
        slots.as_array().unwrap().iter().map(|slot| slot.as_object().unwrap().keys().collect()).collect();
    assert_eq!(shapes, vec![vec!["id", "kind", "cost", "opened_this", "tested_at"]; 2]);
    assert_eq!(slots.as_array().unwrap().iter().filter(|slot| slot["opened_this"] == true).count(), 1);
    assert!(slots.as_array().unwrap().iter().all(|slot| slot["cost"].is_null()));
}

#[test]
fn key_add_recovery_prints_it_once_and_it_opens_the_vault() {
    let room = Room::new();
    room.set("KEY", "canary");
    let added = room.good(&["key", "add", "--recovery", "--reason", "for the safe"]);
    assert_eq!(added.text(), "", "a key for paper goes to nobody's pipe");
    let key = printed(&added);
    let path = room.file("recovery", key.as_bytes());
    assert_eq!(room.good(&["reveal", "KEY", "--key-file", &path]).text(), "canary");
    let log = room.json(&["audit", "--action", "key_add"]);
    let id = id_of(&room, "recovery_key");
    assert_eq!(log[0]["reason"], format!("recovery key {}. for the safe", &id[..8]));
    assert!(!room.good(&["audit", "--json"]).text().contains(&key));
}

#[test]
fn key_add_env_prints_the_line_alone_and_never_into_json() {
    let room = Room::new();
    let added = room.good(&["key", "add", "--env"]);
    let key = added.text().trim().strip_prefix("STRONGROOM_MASTER_KEY=").unwrap().to_owned();
    assert!(key != room.key() && !added.err.contains(&key));
    assert_eq!(run_with_key(&room, &key, &["list"]).code, 0);
    for option in ["--env", "--recovery"] {
        let added = room.good(&["key", "add", option, "--json"]);
        assert!(!added.text().contains("SR1-"), "{}", added.text());
        assert_eq!((&added.json()["outcome"], &added.json()["opened_this"]), (&"added".into(), &false.into()));
        let key = added.err.split_whitespace().find_map(|word| word.find("SR1-").map(|at| &word[at..])).unwrap();
        assert_eq!(run_with_key(&room, key, &["list"]).code, 0);
    }
}

#[test]
fn key_add_keyfile_writes_a_private_file_and_never_over_another() {
    let room = Room::new();
    let path = room.path("usb/ops.key").display().to_string();
    // What is not mounted is not made on the disk that is.
    assert!(room.fails(3, &["key", "add", "--keyfile", &path]).contains("Mount what it is on"));
    assert!(!room.path("usb").exists());
    fs::create_dir(room.path("usb")).unwrap();
    let added = room.json(&["key", "add", "--keyfile", &path]);
    assert_eq!((&added["kind"], &added["key_file"]), (&"key_file".into(), &path.as_str().into()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    room.good(&["list", "--key-file", &path]);
    let before = fs::read(&path).unwrap();
    room.fails(4, &["key", "add", "--keyfile", &path]);
    assert_eq!((fs::read(&path).unwrap(), room.json(&["key", "list"]).as_array().unwrap().len()), (before, 2));
}

#[test]
fn key_add_that_is_refused_leaves_no_key_file_behind() {
    let room = Room::new();
    for number in 1..16 {
        room.good(&["key", "add", "--keyfile", &room.path(&format!("{number}.key")).display().to_string()]);
    }
    let path = room.path("17.key");
    let said = room.fails(7, &["key", "add", "--keyfile", &path.display().to_string()]);
    assert!(said.contains("16 key slots") && !path.exists(), "{said}");
}

#[test]
fn key_add_whose_key_reaches_nobody_is_taken_back() {
    let room = Room::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = std::process::Command::new(assert_cmd::cargo::cargo_bin("strongroom"))
        .args(["key", "add", "--env"])
        .env_clear()
        .envs(room.variables())
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("removed again"), "{said}");
    assert_eq!(room.json(&["key", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn key_change_and_passphrases_from_files() {
    let room = Room::new();
    let old = room.file("old", b"canary old words\n");
    let added = room.run_with(&["key", "add", "--new-passphrase-file", "-", "--no-input"], b"canary old words\n");
    assert_eq!(added.code, 0, "{}", added.err);
    let new = room.file("new", b"canary seven new words\n");
    // The environment key opens the vault unless another source is named.
    assert!(room.fails(7, &["key", "change", "--new-passphrase-file", &new]).contains("No passphrase"));
    let before = id_of(&room, "passphrase");
    let changed = room.good(&["key", "change", "--passphrase-file", &old, "--new-passphrase-file", &new]);
    assert!(changed.err.contains("Copies and backups made before still open with the old one"), "{}", changed.err);
    assert!(!changed.err.contains("canary"), "{}", changed.err);
    assert_ne!(id_of(&room, "passphrase"), before);
    room.fails(5, &["list", "--passphrase-file", &old, "--no-input"]);
    room.good(&["list", "--passphrase-file", &new, "--no-input"]);
    let same = room.fails(4, &["key", "change", "--passphrase-file", &new, "--new-passphrase-file", &new]);
    assert!(same.contains("opens the vault already"), "{same}");
    let twice = ["key", "change", "--passphrase-file", "-", "--new-passphrase-file", "-"];
    assert_eq!(room.run_with(&twice, b"canary seven new words\n").code, 2);
    let log = room.good(&["audit", "--json"]).text();
    assert!(log.contains("key_change") && !log.contains("canary"), "{log}");
}

#[test]
fn key_change_and_add_without_anybody_to_ask_say_how() {
    let room = Room::new();
    let said = room.fails(2, &["key", "add", "--no-input"]);
    assert!(said.contains("--new-passphrase-file"), "{said}");
    let key = room.file("printed", b"SR1-this is mine\n");
    assert!(room.fails(2, &["key", "add", "--new-passphrase-file", &key]).contains("printed key"));
    assert_eq!(room.json(&["key", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn key_remove_wants_the_id_and_another_key_at_hand() {
    let room = Room::new();
    let only = id_of(&room, "environment_key");
    assert!(room.fails(7, &["key", "remove", &only[..8], "--yes"]).contains("only way"));
    let key = printed(&room.good(&["key", "add", "--recovery"]));
    let path = room.file("recovery", key.as_bytes());
    assert!(room.fails(7, &["key", "remove", &only, "--yes"]).contains("--key-file"));
    assert!(room.fails(2, &["key", "remove", &only, "--key-file", &path, "--no-input"]).contains("--yes"));
    room.fails(3, &["key", "remove", "ffff0000", "--yes"]);
    room.fails(2, &["key", "remove", "f", "--yes"]);
    let removed = room.good(&["key", "remove", &only[..8], "--yes", "--key-file", &path, "--reason", "rotated"]);
    assert!(removed.err.contains("Copies of the file made before") && removed.err.contains("only this one way in"));
    room.fails(5, &["list", "--no-input"]);
    assert_eq!(room.good(&["list", "--key-file", &path, "--json"]).text(), "[]\n");
}

#[test]
fn key_remove_in_json_tells_what_went() {
    let room = Room::new();
    room.good(&["key", "add", "--recovery"]);
    let id = id_of(&room, "recovery_key");
    let removed = room.json(&["key", "remove", &id, "--yes"]);
    assert_eq!((&removed["id"], &removed["outcome"]), (&id.into(), &"removed".into()));
    let verdict = room.good(&["audit", "verify"]);
    assert_eq!(verdict.code, 0);
}

#[test]
fn key_replace_keeps_every_secret_and_drops_what_is_not_shown() {
    let room = Room::new();
    room.set("KEY", "canary one");
    room.set("KEY", "canary two");
    room.set("staging/OLD", "canary old");
    room.good(&["delete", "staging/OLD"]);
    let recovery = printed(&room.good(&["key", "add", "--recovery"]));
    let (kept, lost) = (room.path("kept.key").display().to_string(), room.path("lost.key").display().to_string());
    room.good(&["key", "add", "--keyfile", &kept]);
    room.good(&["key", "add", "--keyfile", &lost]);
    let replaced = room.good(&["key", "replace", "--keep-key-file", &kept, "--yes", "--reason", "a laptop was lost"]);
    assert_eq!(replaced.text(), "");
    for word in ["number 2", "Dropped the key file", "Dropped the recovery key", "still open with the old keys"] {
        assert!(replaced.err.contains(word), "{word}: {}", replaced.err);
    }
    assert!(!replaced.err.contains("canary") && !replaced.err.contains(&recovery));
    let new_recovery = room.file("paper", printed(&replaced).as_bytes());
    for key in [&kept, &new_recovery] {
        assert_eq!(room.good(&["reveal", "KEY", "--key-file", key]).text(), "canary two");
    }
    let old_recovery = room.file("old paper", recovery.as_bytes());
    for key in [&lost, &old_recovery] {
        room.fails(5, &["list", "--key-file", key, "--no-input"]);
    }
    assert_eq!(room.good(&["reveal", "KEY", "--version", "1"]).text(), "canary one");
    room.good(&["restore", "staging/OLD"]);
    assert_eq!(room.reveal("staging/OLD"), "canary old");
    assert!(room.good(&["audit", "verify"]).text().contains("intact"));
    let log = room.json(&["audit", "--action", "key_replace"]);
    let why = log[0]["reason"].as_str().unwrap();
    assert!(why.starts_with("After record ") && why.ends_with("a laptop was lost"), "{why}");
}

#[test]
fn key_replace_in_json_has_no_key_in_it() {
    let room = Room::new();
    room.good(&["key", "add", "--recovery"]);
    let ran = room.good(&["key", "replace", "--yes", "--json"]);
    let told = ran.json();
    assert_eq!((&told["outcome"], &told["key_epoch"]), (&"replaced".into(), &2.into()));
    assert_eq!((told["slots"].as_array().unwrap().len(), told["dropped"].as_array().unwrap().len()), (2, 1));
    assert!(!ran.text().contains("SR1-"), "{}", ran.text());
    assert_eq!(run_with_key(&room, &printed(&ran), &["list"]).code, 0);
}

#[test]
fn key_replace_without_agreement_changes_nothing() {
    let room = Room::new();
    assert!(room.fails(2, &["key", "replace", "--no-input"]).contains("--yes"));
    let other = Room::new();
    let strange = room.file("strange", other.key().as_bytes());
    let said = room.fails(5, &["key", "replace", "--yes", "--keep-key-file", &strange]);
    assert!(said.contains("does not open this vault") && !said.contains(other.key()), "{said}");
    let twice = ["key", "replace", "--yes", "--keep-passphrase-file", "-", "--keep-passphrase-file", "-"];
    assert_eq!(room.run_with(&twice, b"x").code, 2);
    assert_eq!(room.json(&["audit", "--action", "key_replace"]), serde_json::json!([]));
    room.good(&["list"]);
}

#[test]
fn key_replace_keeps_the_environment_key_beside_a_passphrase() {
    let room = Room::new();
    let pass = room.file("pass", b"canary words of mine\n");
    room.good(&["key", "add", "--new-passphrase-file", &pass]);
    let replaced = room.good(&["key", "replace", "--yes", "--passphrase-file", &pass, "--keep-env"]);
    assert!(!replaced.err.contains("Dropped") && !replaced.err.contains("canary"), "{}", replaced.err);
    room.good(&["list"]);
    room.good(&["list", "--passphrase-file", &pass]);
    let said = room.good(&["key", "replace", "--yes", "--passphrase-file", &pass]).err;
    assert!(said.contains("Dropped the environment key") && said.contains("only this one way in"), "{said}");
    room.fails(5, &["list", "--no-input"]);
}

#[test]
fn key_remove_and_replace_name_a_key_file_that_opens_nothing_any_more() {
    let room = Room::empty();
    room.good(&["init", "--protect", "keyfile", "--no-input"]);
    let own = fs::read_dir(room.path("config/strongroom/keys")).unwrap().next().unwrap().unwrap().path();
    let (usb, lost) = (room.path("usb.key").display().to_string(), room.path("lost.key").display().to_string());
    room.good(&["key", "add", "--keyfile", &usb]);
    assert!(!room.good(&["key", "replace", "--yes", "--keep-key-file", &usb]).err.contains("no more"));
    room.good(&["key", "add", "--keyfile", &lost]);
    let slots = room.json(&["key", "list"]);
    let slot = slots.as_array().unwrap().iter().find(|slot| slot["opened_this"] == true).unwrap();
    let removed = room.good(&["key", "remove", slot["id"].as_str().unwrap(), "--yes", "--key-file", &usb]);
    assert!(removed.err.contains(&format!("{} opens this vault no more", own.display())), "{}", removed.err);
    fs::remove_file(own).unwrap();
    room.good(&["list", "--key-file", &usb]);
}

#[test]
fn key_test_tells_which_slot_a_key_opens_and_when_it_was_tested_before() {
    let room = Room::new();
    let paper = printed(&room.good(&["key", "add", "--recovery"]));
    let file = room.file("paper", paper.as_bytes());
    let tested = |room: &Room| -> Vec<bool> {
        let slots = room.json(&["key", "list"]);
        slots.as_array().unwrap().iter().map(|slot| slot["tested_at"].is_string()).collect()
    };
    assert_eq!(tested(&room), [false, false]);
    let ran = room.good(&["key", "test", "--key-file", &file, "--reason", "yearly drill"]);
    assert!(ran.err.contains("The recovery key") && ran.err.contains("never tested before"), "{}", ran.err);
    assert_eq!(tested(&room).iter().filter(|tested| **tested).count(), 1);
    let again = room.good(&["key", "test", "--key-file", &file]);
    assert!(again.err.contains("It was last tested"), "{}", again.err);
    let record = &room.json(&["audit", "--action", "key_test"])[1];
    assert!(record["reason"].as_str().unwrap().ends_with(". yearly drill"), "{record}");
    assert_eq!(room.json(&["key", "test", "--key-file", &file])["kind"], "recovery_key");
    let other = strongroom::crypto::keyring::RawKey::generate().unwrap().to_text();
    let wrong = room.file("wrong", other.expose());
    room.fails(5, &["key", "test", "--key-file", &wrong]);
    assert!(!room.good(&["audit", "--action", "key_test", "--json"]).text().contains(&paper));
}

#[test]
fn one_key_alone_is_told_wherever_the_vault_is_looked_at_and_two_of_a_kind_are_two() {
    let room = Room::empty();
    let made = room.good(&["init", "--protect", "keyfile", "--no-input"]);
    assert!(made.err.contains("only this one way in") && made.err.contains("key add --recovery"), "{}", made.err);
    room.set("KEY", "v");
    let told = || {
        let doctor: Ran = room.command(&["doctor"]).output().unwrap().into();
        [doctor.text(), room.good(&["status"]).text(), room.good(&["check"]).err]
            .map(|text| text.contains("strongroom key add --recovery"))
    };
    assert_eq!(told(), [true; 3]);
    room.good(&["key", "add", "--keyfile", &room.path("second.key").display().to_string()]);
    assert_eq!(told(), [false; 3], "two key files are two ways in");
    let with_two = Room::empty().good(&["init", "--protect", "env", "--recovery", "--no-input"]);
    assert!(!with_two.err.contains("only this one way in"), "{}", with_two.err);
}
