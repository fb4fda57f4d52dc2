//! `backup`: made, tried and restored, through the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Ran, Room};

/// A room with secrets of every kind, and the passphrase file of its backups.
fn room() -> (Room, String) {
    let room = Room::new();
    room.set("KEY", "canary-first");
    room.set("KEY", "canary-second");
    room.set("production/OTHER", "canary-other");
    room.set("GONE", "canary-gone");
    room.good(&["delete", "GONE"]);
    let passphrase = room.file("backup.pass", b"canary of five unrelated words\n");
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    (room, passphrase)
}

fn create(room: &Room, passphrase: &str) -> String {
    let path = room.path("one.backup").display().to_string();
    room.good(&["backup", "create", &path, "--backup-passphrase-file", passphrase]);
    path
}

/// A run on the restored vault, which the backup's passphrase opens.
fn run_on(room: &Room, vault: &str, passphrase: &str, line: &[&str]) -> Ran {
    let opening = ["--vault", vault, "--passphrase-file", passphrase, "--no-input"];
    room.command(&[line, &opening].concat()).env_remove("STRONGROOM_MASTER_KEY").output().unwrap().into()
}

fn accept(room: &Room, vault: &str, passphrase: &str) {
    let accepted = run_on(room, vault, passphrase, &["anchor", "accept", "--reason", "restored", "--yes"]);
    assert_eq!(accepted.code, 0, "{}", accepted.err);
}

#[test]
fn backup_create_verify_and_restore_bring_everything_back() {
    let (room, passphrase) = room();
    let path = room.path("one.backup").display().to_string();
    let made = room.good(&["backup", "create", &path, "--backup-passphrase-file", &passphrase, "--json"]).json();
    assert_eq!((&made["outcome"], &made["verified"]), (&"created".into(), &true.into()));
    assert_eq!((&made["secrets"], &made["deleted"], &made["versions"]), (&2.into(), &1.into(), &4.into()));
    assert_eq!(made["opens_with"], serde_json::json!(["passphrase"]));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let verified = room.json(&["backup", "verify", &path, "--backup-passphrase-file", &passphrase]);
    assert_eq!((&verified["intact"], &verified["id"]), (&true.into(), &made["id"]));
    fs::remove_file(room.vault()).unwrap();

    let new = room.path("new.db").display().to_string();
    let line = ["backup", "restore", &path, "--to", &new, "--backup-passphrase-file", &passphrase];
    let restored = room.json(&line);
    assert_eq!((&restored["outcome"], &restored["opens_with"]), (&"restored".into(), &"passphrase".into()));
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    // Both files lead on from the backup, in ways of their own: which one counts is for somebody to say.
    assert_eq!(restored["to_accept"], true);
    assert_eq!(run_on(&room, &new, &passphrase, &["reveal", "KEY"]).code, 9);
    accept(&room, &new, &passphrase);
    for (name, value) in [("KEY", "canary-second"), ("KEY@1", "canary-first"), ("production/OTHER", "canary-other")] {
        let shown = run_on(&room, &new, &passphrase, &["reveal", name]);
        assert_eq!((shown.code, shown.text()), (0, value.to_owned()), "{}", shown.err);
    }
    assert_eq!(run_on(&room, &new, &passphrase, &["restore", "GONE"]).code, 0);
    assert_eq!(run_on(&room, &new, &passphrase, &["verify"]).code, 0);
    let log = run_on(&room, &new, &passphrase, &["audit", "--json"]).json();
    let actions: Vec<&str> = log.as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"restore_accepted") && actions.contains(&"delete"), "{actions:?}");
    assert!(room.fails(4, &line).contains("exists already"));
}

#[test]
fn backup_create_is_on_record_and_never_over_a_file() {
    let (room, passphrase) = room();
    let path = create(&room, &passphrase);
    let log = room.json(&["audit", "--action", "backup"]);
    let reason = log[0]["reason"].as_str().unwrap();
    assert!(reason.contains("2 secrets with 4 versions") && reason.ends_with("one.backup"), "{reason}");
    let before = fs::read(&path).unwrap();
    let said = room.fails(4, &["backup", "create", &path, "--backup-passphrase-file", &passphrase]);
    assert!(said.contains("never put over a file"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(room.json(&["audit", "--action", "backup"]).as_array().unwrap().len(), 1);
    room.fails(3, &["backup", "create", "/nowhere/one.backup", "--backup-passphrase-file", &passphrase]);
    for canary in [&b"canary"[..], b"SQLite format"] {
        assert!(!before.windows(canary.len()).any(|window| window == canary), "a canary in the backup");
    }
}

#[test]
fn backup_keys_are_its_own_and_wrong_ones_are_exit_5() {
    let (room, passphrase) = room();
    let path = create(&room, &passphrase);
    let wrong = room.file("wrong", b"another passphrase\n");
    let said = room.fails(5, &["backup", "verify", &path, "--backup-passphrase-file", &wrong]);
    assert!(said.contains("does not open this backup") && !said.contains("another passphrase"), "{said}");
    let vault_key = room.file("vault.key", room.key().as_bytes());
    room.fails(5, &["backup", "verify", &path, "--backup-key-file", &vault_key]);
    let said = room.fails(5, &["backup", "verify", &path, "--no-input"]);
    assert!(said.contains("--backup-passphrase-file"), "{said}");
    let said = room.fails(2, &["backup", "create", &room.path("x").display().to_string(), "--no-input"]);
    assert!(said.contains("--backup-passphrase-file") && !room.path("x").exists(), "{said}");
    room.fails(3, &["backup", "verify", "/nowhere", "--backup-passphrase-file", &passphrase]);
}

#[test]
fn backup_verify_says_9_of_what_is_damaged_and_restore_leaves_nothing() {
    let (room, passphrase) = room();
    let path = create(&room, &passphrase);
    let whole = fs::read(&path).unwrap();
    let new = room.path("new.db").display().to_string();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let cases = [flipped, whole[..whole.len() - 1].to_vec(), [&whole[..], b"x"].concat()];
    for damaged in cases {
        fs::write(&path, damaged).unwrap();
        room.fails(9, &["backup", "verify", &path, "--backup-passphrase-file", &passphrase]);
        room.fails(9, &["backup", "restore", &path, "--to", &new, "--backup-passphrase-file", &passphrase]);
        assert!(!room.path("new.db").exists());
    }
    let vault = room.vault().display().to_string();
    room.fails(9, &["backup", "verify", &vault, "--backup-passphrase-file", &passphrase]);
}

#[test]
fn backup_create_with_several_keys_opens_with_each() {
    let (room, passphrase) = room();
    let (path, key) = (room.path("b").display().to_string(), room.path("backup.key").display().to_string());
    let made = room.good(&[
        "backup",
        "create",
        &path,
        "--backup-passphrase-file",
        &passphrase,
        "--new-key-file",
        &key,
        "--recovery",
        "--json",
    ]);
    assert_eq!(made.json()["opens_with"].as_array().unwrap().len(), 3);
    assert!(!made.text().contains("SR1-"));
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let recovery = made.err.lines().map(str::trim).find(|line| line.starts_with("SR1-")).unwrap();
    let recovery = room.file("recovery", recovery.as_bytes());
    for opening in
        [["--backup-passphrase-file", &passphrase], ["--backup-key-file", &key], ["--backup-key-file", &recovery]]
    {
        room.good(&[&["backup", "verify", &path][..], &opening].concat());
    }
    // The next one takes the same key; a new one is never put over it.
    let second = room.path("c").display().to_string();
    let warning = "opens with a key that opens the vault too";
    assert!(!room.good(&["backup", "create", &second, "--backup-key-file", &key]).err.contains(warning));
    // Nor is one of the vault's own taken without a word, wherever it comes from.
    let own = room.path("own").display().to_string();
    room.good(&["key", "add", "--keyfile", &own]);
    let third = room.path("e").display().to_string();
    let line = ["--key-file", &own, "backup", "create", &third, "--backup-key-file", &own];
    assert!(room.good(&line).err.contains(warning));
    room.fails(4, &["backup", "create", &room.path("d").display().to_string(), "--new-key-file", &key]);
    room.fails(3, &["backup", "create", &room.path("d").display().to_string(), "--backup-key-file", "/nowhere"]);
    assert!(!room.path("d").exists());
    // A new key file of a backup that came to nothing opens nothing, and goes.
    room.fails(4, &["backup", "create", &path, "--new-key-file", &room.path("e.key").display().to_string()]);
    assert!(!room.path("e.key").exists());
}

#[test]
fn backup_through_a_pipe_is_verified_at_the_other_end() {
    let (room, passphrase) = room();
    let made = room.good(&["backup", "create", "-", "--backup-passphrase-file", &passphrase]);
    assert!(made.err.contains("not known") && made.err.contains("backup verify"), "{}", made.err);
    let verified =
        room.run_with(&["backup", "verify", "-", "--backup-passphrase-file", &passphrase, "--json"], &made.out);
    assert_eq!((verified.code, &verified.json()["intact"]), (0, &true.into()), "{}", verified.err);
    let new = room.path("new.db").display().to_string();
    let restored =
        room.run_with(&["backup", "restore", "-", "--to", &new, "--backup-passphrase-file", &passphrase], &made.out);
    assert_eq!(restored.code, 0, "{}", restored.err);
    accept(&room, &new, &passphrase);
    assert_eq!(run_on(&room, &new, &passphrase, &["reveal", "KEY"]).text(), "canary-second");
    let both = room.run(&["backup", "create", "-", "--backup-passphrase-file", &passphrase, "--json"]);
    assert!(both.code == 2 && both.out.is_empty() && both.err.contains("usage"), "{}", both.err);
    let twice = room.run_with(&["backup", "verify", "-", "--backup-passphrase-file", "-"], &made.out);
    assert_eq!(twice.code, 2, "{}", twice.err);
}

#[test]
fn backup_leaves_nothing_beside_itself() {
    let (room, passphrase) = room();
    let folder = room.path("place");
    fs::create_dir_all(folder.join("tmp")).unwrap();
    let path = folder.join("one.backup").display().to_string();
    let new = folder.join("new.db").display().to_string();
    let lines = [
        vec!["backup", "create", &path, "--backup-passphrase-file", &passphrase],
        vec!["backup", "verify", &path, "--backup-passphrase-file", &passphrase],
        vec!["backup", "restore", &path, "--to", &new, "--backup-passphrase-file", &passphrase],
    ];
    for line in lines {
        let ran = room.command(&line).env("TMPDIR", folder.join("tmp")).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    let names = |folder: &std::path::Path| -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&folder), ["new.db", "one.backup", "tmp"]);
    assert_eq!(names(&folder.join("tmp")), [""; 0]);
}

#[test]
fn backup_verify_compare_holds_everything_against_the_vault_and_is_on_record() {
    let (room, passphrase) = room();
    let path = create(&room, &passphrase);
    let line = ["backup", "verify", &path, "--compare", "--backup-passphrase-file", &passphrase];
    assert!(room.good(&line).text().contains("what the vault has of them is identical"));
    room.set("KEY", "canary-third");
    room.set("NEW", "canary-new");
    room.good(&["key", "replace", "--yes", "--reason", "test"]);
    let drill = room.json(&line);
    let since = &drill["since"];
    assert_eq!(
        (&since["secrets_made"], &since["secrets_changed"], &since["versions"]),
        (&1.into(), &1.into(), &1.into())
    );
    let log = room.json(&["audit", "--action", "backup_test"]);
    assert_eq!((log.as_array().unwrap().len(), &log[0]["error"]), (2, &serde_json::Value::Null));
    // A backup of another vault, and one that is not whole.
    let other = Room::new();
    let said = other.fails(2, &line);
    assert!(said.contains("another vault"), "{said}");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    room.fails(9, &line);
    assert!(room.json(&["audit", "--action", "backup_test"])[0]["error"].as_str().unwrap().contains("cut off"));
}

/// Who is told no is not asked for a passphrase first: here nobody has a key, which would be exit 5.
#[test]
fn backup_create_and_restore_refuse_what_cannot_be_before_they_want_a_key() {
    let (room, passphrase) = room();
    let path = create(&room, &passphrase);
    let keyless = |line: &[&str]| -> Ran {
        let line = [line, &["--no-input"]].concat();
        room.command(&line).env_remove("STRONGROOM_MASTER_KEY").output().unwrap().into()
    };
    let (free, taken) = (room.path("free").display().to_string(), room.vault().display().to_string());
    let before = fs::read(&path).unwrap();
    for (code, line, words) in [
        (4, &["backup", "create", &path][..], "never put over a file"),
        (3, &["backup", "create", "/nowhere/one.backup"], "/nowhere"),
        (4, &["backup", "create", &free, "--new-key-file", &passphrase], "exists already"),
        (3, &["backup", "create", &free, "--backup-key-file", "/nowhere"], "There is no file /nowhere"),
        (3, &["backup", "create", &free, "--backup-passphrase-file", "/nowhere"], "There is no file /nowhere"),
        (5, &["backup", "create", &free], "key"),
        (4, &["backup", "restore", &path, "--to", &taken], "never put over a file"),
        (3, &["backup", "restore", &path, "--to", &free, "--backup-key-file", "/nowhere"], "There is no file /nowhere"),
        (3, &["backup", "verify", &path, "--backup-key-file", "/nowhere"], "There is no file /nowhere"),
        (3, &["backup", "verify", &path, "--backup-passphrase-file", "/nowhere"], "There is no file /nowhere"),
    ] {
        let ran = keyless(line);
        assert_eq!(ran.code, code, "{line:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{line:?}: {}", ran.err);
    }
    assert!(fs::read(&path).unwrap() == before && !room.path("free").exists());
}

#[test]
fn status_and_check_tell_when_the_last_backup_was_made_and_tried() {
    let (room, passphrase) = room();
    room.good(&["key", "add", "--recovery"]);
    let status = room.json(&["status"]);
    assert_eq!((&status["last_backup"], &status["backups_known"]), (&serde_json::Value::Null, &true.into()));
    let checked = room.good(&["check"]);
    assert!(
        checked.err.contains("No backup was ever made") && checked.err.contains("backup create"),
        "{}",
        checked.err
    );
    assert!(!room.good(&["check", "--env", "production"]).err.contains("backup"), "a part of the vault only");
    assert!(room.fails(1, &["check", "--backup-within", "7d"]).contains("1 backup"));

    let path = create(&room, &passphrase);
    let status = room.json(&["status"]);
    assert_eq!((&status["last_backup_to"], &status["last_drill"]), (&path.as_str().into(), &serde_json::Value::Null));
    assert!(room.good(&["status"]).text().contains(&format!("to {path}\n")));
    assert!(room.good(&["check"]).err.contains("No backup was ever tried. strongroom backup verify FILE --compare"));
    room.good(&["check", "--backup-within", "7d"]);
    room.fails(1, &["check", "--backup-within", "0s"]);

    let drill = ["backup", "verify", &path, "--compare", "--backup-passphrase-file", &passphrase];
    room.good(&drill);
    assert_eq!(room.json(&["status"])["last_drill_passed"], true);
    assert!(!room.good(&["check"]).err.contains("warning"));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    room.fails(9, &drill);
    assert_eq!(room.json(&["status"])["last_drill_passed"], false);
    assert!(room.good(&["status"]).text().contains("it did NOT pass"));
    assert!(room.good(&["check"]).err.contains("did not pass. strongroom audit --action backup_test"));
}
