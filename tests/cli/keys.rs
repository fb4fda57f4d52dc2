//! Where the key comes from, and what happens when it does not.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::Room;

#[test]
fn no_key_is_exit_5_and_says_which_would_do() {
    let room = Room::new();
    let ran = room.command(&["list", "--no-input"]).env_remove("STRONGROOM_MASTER_KEY").output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(5), "{said}");
    assert!(said.contains("STRONGROOM_MASTER_KEY"), "{said}");
}

#[test]
fn a_wrong_or_damaged_key_is_exit_5_and_changes_nothing() {
    let room = Room::new();
    let other = Room::new();
    for key in [other.key(), "hunter2 hunter2", &room.key()[..20], &room.key().replace("SR1-", "SR1-A")] {
        let ran = room.command(&["list", "--no-input"]).env("STRONGROOM_MASTER_KEY", key).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(5), "{said}");
        assert!(!said.contains(key) && !said.contains("hunter2"), "{said}");
    }
    room.good(&["list"]);
}

#[test]
fn a_missing_key_file_is_never_replaced() {
    let room = Room::empty();
    room.good(&["init", "--protect", "keyfile", "--no-input"]);
    let keys = room.path("config/strongroom/keys");
    let key = fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    fs::rename(&key, room.path("away")).unwrap();
    let said = room.fails(5, &["list", "--no-input"]);
    assert!(said.contains(key.to_str().unwrap()), "{said}");
    assert!(!key.exists());
    fs::write(&key, "garbage").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    room.fails(5, &["list", "--no-input"]);
}

#[test]
fn a_loose_key_file_is_refused() {
    let room = Room::empty();
    room.good(&["init", "--protect", "keyfile", "--no-input"]);
    let key = fs::read_dir(room.path("config/strongroom/keys")).unwrap().next().unwrap().unwrap().path();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(room.fails(7, &["list", "--no-input"]).contains("chmod 600"));
}

#[test]
fn a_flag_comes_before_the_environment() {
    let room = Room::new();
    let other = Room::new();
    let path = room.file("key", other.key().as_bytes());
    room.fails(5, &["list", "--key-file", &path, "--no-input"]);
    let path = room.file("key", room.key().as_bytes());
    let ran = room
        .command(&["list", "--key-file", &path])
        .env("STRONGROOM_MASTER_KEY", "nonsense")
        .env("STRONGROOM_PASSPHRASE_FILE", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_missing_vault_is_exit_3_and_says_how_to_make_one() {
    let room = Room::empty();
    assert!(room.fails(3, &["list", "--no-input"]).contains("strongroom init"));
}

#[test]
fn a_file_that_is_no_vault_is_exit_9() {
    let room = Room::empty();
    fs::create_dir_all(room.vault().parent().unwrap()).unwrap();
    fs::set_permissions(room.vault().parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(room.vault(), vec![b'x'; 8192]).unwrap();
    fs::set_permissions(room.vault(), fs::Permissions::from_mode(0o600)).unwrap();
    room.fails(9, &["list", "--no-input"]);
}

#[test]
fn a_vault_that_others_may_read_is_exit_7() {
    let room = Room::new();
    fs::set_permissions(room.vault(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(room.fails(7, &["list"]).contains("chmod"));
}
