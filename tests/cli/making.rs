//! `init`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::Room;

#[test]
fn an_environment_key_is_printed_once_and_opens_the_vault() {
    let room = Room::empty();
    let made = room.good(&["init", "--protect", "env", "--no-input"]);
    let text = made.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    let (name, key) = text.trim_end().split_once('=').unwrap();
    assert_eq!(name, "STRONGROOM_MASTER_KEY");
    assert!(!made.err.contains(key));
    let listed =
        room.command(&["list", "--json"]).env("STRONGROOM_MASTER_KEY", format!(" \"{key}\" ")).output().unwrap();
    assert_eq!((listed.status.code(), &listed.stdout[..]), (Some(0), &b"[]\n"[..]));
}

#[test]
fn an_existing_vault_is_never_overwritten() {
    let room = Room::new();
    let before = fs::read(room.vault()).unwrap();
    for how in ["passphrase", "keyfile", "env"] {
        let said = room.fails(4, &["init", "--protect", how, "--no-input"]);
        assert!(said.contains("never overwritten"), "{said}");
    }
    assert_eq!(fs::read(room.vault()).unwrap(), before);
    assert!(!room.path("config/strongroom/keys").exists(), "no key file is left behind");
}

#[test]
fn a_key_file_is_private_and_found_again() {
    let room = Room::empty();
    let made = room.good(&["init", "--protect", "keyfile", "--no-input"]);
    let folder = room.path("config/strongroom/keys");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert!(made.err.contains(files[0].to_str().unwrap()), "{}", made.err);
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    room.set("KEY", "v");
    assert_eq!(room.reveal("KEY"), "v");
}

#[test]
fn a_named_key_file_is_written_there_and_never_over_another() {
    let room = Room::empty();
    let path = room.path("my.key").display().to_string();
    room.good(&["init", "--protect", "keyfile", "--key-file", &path, "--no-input"]);
    room.good(&["list", "--key-file", &path]);
    let other = room.path("other.db").display().to_string();
    let before = fs::read(&path).unwrap();
    room.fails(4, &["init", "--vault", &other, "--protect", "keyfile", "--key-file", &path]);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!room.path("other.db").exists());
}

#[test]
fn a_passphrase_file_protects_and_opens() {
    let room = Room::empty();
    let pass = room.file("pass", b"correct horse battery\n");
    room.good(&["init", "--passphrase-file", &pass, "--no-input"]);
    room.good(&["list", "--passphrase-file", &pass, "--no-input"]);
    let ran = room.run_with(&["list", "--passphrase-file", "-", "--no-input"], b"correct horse battery\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let listed = room.command(&["list", "--no-input"]).env("STRONGROOM_PASSPHRASE_FILE", &pass).output().unwrap();
    assert_eq!(listed.status.code(), Some(0));
}

#[test]
fn a_recovery_key_opens_what_the_first_key_opens() {
    let room = Room::empty();
    let made = room.good(&["init", "--protect", "keyfile", "--recovery", "--no-input"]);
    let recovery = made.err.lines().map(str::trim).find(|line| line.starts_with("SR1-")).unwrap().to_owned();
    fs::remove_dir_all(room.path("config")).unwrap();
    room.fails(5, &["list", "--no-input"]);
    let path = room.file("recovery", recovery.as_bytes());
    room.good(&["list", "--key-file", &path, "--no-input"]);
    room.good(&["list", "--passphrase-file", &path, "--no-input"]);
}

#[test]
fn without_anybody_to_ask_a_passphrase_must_come_from_a_file() {
    let room = Room::empty();
    assert!(room.fails(2, &["init", "--no-input"]).contains("--passphrase-file"));
    assert!(!room.vault().exists());
}

#[test]
fn json_tells_what_was_made() {
    let room = Room::empty();
    let made = room.json(&["init", "--protect", "env", "--recovery", "--no-input"]);
    assert_eq!(made["protect"], "env");
    assert!(made["master_key"].as_str().unwrap().starts_with("SR1-"));
    assert!(made["recovery_key"].as_str().unwrap().starts_with("SR1-"));
    assert_eq!(made["vault"], room.vault().display().to_string());
}

#[test]
fn a_vault_whose_key_reaches_nobody_is_taken_away_again() {
    let room = Room::empty();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = std::process::Command::new(assert_cmd::cargo::cargo_bin("strongroom"))
        .args(["init", "--protect", "env", "--no-input"])
        .env_clear()
        .envs(room.variables())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(!room.vault().exists());
    room.good(&["init", "--protect", "env", "--no-input"]);
}
