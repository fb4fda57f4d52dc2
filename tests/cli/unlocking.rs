//! `unlock`, `lock` and `status`: the key in the kernel keyring.

use std::time::Duration;

use jiff::Timestamp;
use strongroom::crypto::keyring::{KeptKey, Keyring, MasterKey};
use strongroom::session::kernel_keyring;
use strongroom::vault::LockedVault;

use crate::support::{Ran, Room};

/// A vault whose key is given to `unlock` alone; what is kept of it is dropped at the end.
pub(crate) struct Kept {
    pub(crate) room: Room,
    vault_id: [u8; 16],
}

impl Kept {
    /// `None` on a machine that keeps no keys, with a note in the test's output.
    pub(crate) fn new() -> Option<Self> {
        if let Err(error) = kernel_keyring::check() {
            eprintln!("SKIPPED: {error}");
            return None;
        }
        let room = Room::new();
        let vault_id = LockedVault::open(&room.vault()).unwrap().vault_id();
        Some(Self { room, vault_id })
    }

    /// A run without the key in its environment.
    fn keyless(&self, line: &[&str]) -> Ran {
        Ran::from(self.room.command(line).env_remove("STRONGROOM_MASTER_KEY").output().unwrap())
    }

    fn found(&self) -> Option<KeptKey> {
        kernel_keyring::find(self.vault_id, 1, Timestamp::now()).map(|kept| kept.key)
    }

    pub(crate) fn records(&self, action: &str) -> Vec<serde_json::Value> {
        let records = self.room.json(&["audit", "--action", action]);
        records.as_array().unwrap().clone()
    }

    /// Keeps a key that somebody made up.
    fn plant(&self, key_epoch: u32) {
        let made_up = Keyring::new(MasterKey::generate().unwrap(), self.vault_id, key_epoch).unwrap().to_kept();
        kernel_keyring::keep(&made_up, Duration::from_secs(60), Timestamp::now()).unwrap();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = kernel_keyring::drop_key(self.vault_id);
    }
}

#[test]
fn unlock_lets_commands_open_the_vault() {
    let Some(kept) = Kept::new() else { return };
    kept.room.set("KEY", "hunter2");
    assert_eq!(kept.keyless(&["reveal", "KEY"]).code, 5);

    let unlocked = kept.room.good(&["unlock", "--for", "5m", "--json"]).json();
    assert_eq!(unlocked["unlocked"], true);
    let until: Timestamp = unlocked["until"].as_str().unwrap().parse().unwrap();
    assert!((290..=300).contains(&until.duration_since(Timestamp::now()).as_secs()));
    let shown = kept.keyless(&["reveal", "KEY"]);
    assert_eq!((shown.code, shown.text().as_str()), (0, "hunter2"));
    assert_eq!(kept.keyless(&["set", "KEY", "--generate"]).code, 0);
    assert_eq!(kept.records("unlock")[0]["reason"], "for 5m");
}

#[test]
fn lock_drops_the_key_at_once_and_is_recorded_once() {
    let Some(kept) = Kept::new() else { return };
    kept.room.set("KEY", "hunter2");
    kept.room.good(&["unlock"]);
    assert_eq!(kept.keyless(&["reveal", "KEY"]).text(), "hunter2");
    let locked = kept.keyless(&["lock"]);
    assert_eq!((locked.code, locked.err.as_str()), (0, "Locked.\n"));
    assert_eq!(kept.keyless(&["reveal", "KEY"]).code, 5);
    assert_eq!(kept.records("lock").len(), 1);
    let again = kept.keyless(&["lock", "--json"]);
    assert_eq!((again.code, &again.json()["was_unlocked"]), (0, &false.into()));
    assert_eq!(kept.records("lock").len(), 1, "nothing was locked the second time");
}

/// The key goes all the same; that it went is not written into another file than the one seen last.
#[test]
fn lock_writes_nothing_into_an_older_file_that_was_put_back() {
    let Some(kept) = Kept::new() else { return };
    kept.room.set("KEY", "old");
    kept.room.good(&["unlock"]);
    let before = std::fs::read(kept.room.vault()).unwrap();
    kept.room.set("KEY", "new");
    std::fs::write(kept.room.vault(), &before).unwrap();
    for suffix in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(kept.room.vault().with_extension(suffix));
    }
    let locked = kept.keyless(&["lock"]);
    assert_eq!(locked.code, 0, "{}", locked.err);
    assert!(
        locked.err.contains("The lock could not be recorded.") && locked.err.ends_with("Locked.\n"),
        "{}",
        locked.err
    );
    assert!(kept.found().is_none(), "the key is still kept");
    assert!(std::fs::read(kept.room.vault()).unwrap() == before, "something was written");
}

#[test]
fn unlock_asks_for_nothing_while_the_key_is_kept_and_renews_the_time() {
    let Some(kept) = Kept::new() else { return };
    assert_eq!(kept.keyless(&["unlock", "--no-input"]).code, 5);
    assert!(kept.found().is_none());
    kept.room.good(&["unlock", "--for", "2m"]);
    assert_eq!(kept.keyless(&["unlock", "--for", "1h", "--no-input"]).code, 0);
    let until: Timestamp = kept.keyless(&["status", "--json"]).json()["until"].as_str().unwrap().parse().unwrap();
    assert!(until.duration_since(Timestamp::now()).as_mins() > 30, "{until}");
}

#[test]
fn unlock_ends_when_the_time_is_up() {
    let Some(kept) = Kept::new() else { return };
    kept.room.good(&["unlock", "--for", "1s"]);
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(kept.keyless(&["list"]).code, 5);
    assert_eq!(kept.keyless(&["status", "--json"]).json()["unlocked"], false);
}

#[test]
fn unlock_refuses_other_times_before_it_asks() {
    let room = Room::new();
    for wrong in ["0s", "8d", "15", "-5m", "1.5h", "soon"] {
        let said = room.fails(2, &["unlock", &format!("--for={wrong}")]);
        assert!(said.lines().count() >= 2, "{said}");
    }
}

#[test]
fn unlock_of_one_vault_opens_no_other() {
    let (Some(one), Some(other)) = (Kept::new(), Kept::new()) else { return };
    one.room.good(&["unlock"]);
    assert_eq!(other.keyless(&["list"]).code, 5);
    assert!(other.found().is_none());
    assert_eq!(other.keyless(&["lock"]).err, "No key was kept for it.\n");
    assert_eq!(one.keyless(&["list"]).code, 0);
}

#[test]
fn unlock_is_used_after_what_the_call_gives_and_before_the_own_key_file() {
    let Some(kept) = Kept::new() else { return };
    kept.room.good(&["unlock"]);
    let source = |ran: Ran| ran.json()["source"].as_str().unwrap().to_owned();
    let key = kept.room.file("key", kept.room.key().as_bytes());
    assert_eq!(source(kept.room.run(&["status", "--json"])), "environment");
    assert_eq!(source(kept.keyless(&["status", "--json", "--key-file", &key])), "key_file");
    assert_eq!(source(kept.keyless(&["status", "--json"])), "kernel_keyring");
    // A wrong key that is given is an error, however well the kept one fits.
    let wrong = kept.room.file("wrong", &[b'0'; 64]);
    assert_eq!(kept.keyless(&["list", "--key-file", &wrong]).code, 5);
}

#[test]
fn unlock_says_when_the_own_key_file_opens_the_vault_anyway() {
    if kernel_keyring::check().is_err() {
        return eprintln!("SKIPPED: no kernel keyring");
    }
    let room = Room::empty();
    room.good(&["init", "--protect", "keyfile", "--no-input"]);
    let said = room.good(&["unlock", "--for", "1m"]).err;
    assert!(said.contains("of little use") && said.contains("without asking"), "{said}");
    assert_eq!(room.json(&["status"])["source"], "kernel_keyring");
    let said = room.good(&["lock"]).err;
    assert!(said.contains("still open it without asking"), "{said}");
    assert_eq!(room.json(&["status"])["source"], "own_key_file");
}

#[test]
fn unlock_keeps_a_key_that_no_group_and_nobody_else_may_read_or_prolong() {
    let Some(kept) = Kept::new() else { return };
    kept.room.good(&["unlock"]);
    let name = format!("strongroom:{}", data_encoding::HEXLOWER.encode(&kept.vault_id));
    let keys = std::fs::read_to_string("/proc/keys").unwrap();
    let line = keys.lines().find(|line| line.contains(&name)).unwrap();
    // View, read, search, and for the process that made it link; no write and no set attributes.
    assert!(line.contains(" 1b0b0000 "), "{line}");
    assert!(line.contains(" 14m ") || line.contains(" 15m "), "{line}");
}

/// The key is in the kernel and nowhere else: not in what is said, nor in any file.
#[test]
fn unlock_shows_the_key_nowhere() {
    let Some(kept) = Kept::new() else { return };
    kept.room.set("KEY", "v");
    let said = [
        kept.room.good(&["unlock"]),
        kept.keyless(&["status"]),
        kept.keyless(&["status", "--json"]),
        kept.keyless(&["get", "KEY"]),
    ];
    let key = kept.found().unwrap().to_bytes()[20..].to_vec();
    let forms = [
        key.clone(),
        data_encoding::HEXLOWER.encode(&key).into_bytes(),
        data_encoding::BASE64.encode(&key).into_bytes(),
        data_encoding::BASE32_NOPAD.encode(&key).into_bytes(),
    ];
    let has = |bytes: &[u8]| forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form));
    for ran in said {
        assert!(!has(&ran.out) && !has(ran.err.as_bytes()), "{}", ran.err);
    }
    let mut folders = vec![kept.room.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => assert!(!has(&std::fs::read(entry.path()).unwrap()), "{:?}", entry.path()),
            }
        }
    }
    kept.keyless(&["lock"]);
}

/// After the master key was replaced, the old one is no reason to stop.
#[test]
fn unlock_that_is_older_than_the_master_key_is_passed_over_and_dropped() {
    let Some(kept) = Kept::new() else { return };
    kept.plant(2);
    assert_eq!(kept.keyless(&["list"]).code, 5, "the next source: nobody to ask");
    assert!(!kernel_keyring::drop_key(kept.vault_id).unwrap(), "it is still there");
}

#[test]
fn unlock_before_key_replace_is_over_with_it() {
    let Some(kept) = Kept::new() else { return };
    kept.room.set("KEY", "v");
    kept.room.good(&["unlock"]);
    kept.room.good(&["key", "replace", "--yes"]);
    assert_eq!(kept.keyless(&["reveal", "KEY"]).code, 5);
    assert!(kept.found().is_none());
    kept.room.good(&["unlock"]);
    assert_eq!(kept.keyless(&["reveal", "KEY"]).text(), "v");
}

/// Somebody who runs as this user puts a key there: it opens nothing, and one is told.
#[test]
fn unlock_with_a_key_that_was_put_there_is_a_loud_error_until_lock() {
    let Some(kept) = Kept::new() else { return };
    kept.plant(1);
    let ran = kept.keyless(&["list"]);
    assert_eq!(ran.code, 9, "{}", ran.err);
    assert!(ran.err.contains("strongroom lock"), "{}", ran.err);
    let ran = kept.keyless(&["lock"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("could not be recorded") && ran.err.contains("Locked."), "{}", ran.err);
    assert!(kept.found().is_none());
}

/// What containers do: the three calls of the kernel's keyring are forbidden.
#[test]
fn unlock_says_so_where_there_is_no_keyring_and_other_commands_go_on() {
    const WITHOUT: &str = r#"
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def step(code, jt, jf, k): return struct.pack("HBBI", code, jt, jf, k)
first = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
error = 0x00050000 | int(sys.argv[1])
steps = [step(0x20, 0, 0, 0)] + [step(0x15, 3 - n, 0, first + n) for n in range(3)]
steps += [step(0x06, 0, 0, 0x7FFF0000), step(0x06, 0, 0, error)]
code = b"".join(steps)
kept = ctypes.create_string_buffer(code, len(code))
program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(kept))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.create_string_buffer(program, len(program)), 0, 0) == 0
os.execv(sys.argv[2], sys.argv[2:])
"#;
    let room = Room::new();
    room.set("KEY", "v");
    let without = |errno: &str, line: &[&str]| {
        let mut command = std::process::Command::new("python3");
        command.args(["-c", WITHOUT, errno]).arg(assert_cmd::cargo::cargo_bin("strongroom")).args(line);
        Ran::from(command.env_clear().envs(room.variables()).env("PATH", "/usr/bin:/bin").output().unwrap())
    };
    let is_here = std::process::Command::new("python3").arg("-V").output().is_ok();
    if !is_here || !cfg!(target_os = "linux") {
        return eprintln!("SKIPPED: python3 on Linux forbids the calls");
    }
    for (errno, words) in [("1", "forbidden"), ("38", "no keyring")] {
        let said = without(errno, &["unlock"]);
        assert_eq!(said.code, 8, "{}", said.err);
        assert!(said.err.contains(words) && said.err.contains("--passphrase-file"), "{}", said.err);
        assert_eq!(without(errno, &["reveal", "KEY"]).text(), "v");
        assert_eq!(without(errno, &["lock"]).code, 0);
        let status = without(errno, &["status", "--json"]).json();
        assert!(status["keyring"].as_str().unwrap().contains(words), "{status}");
        assert_eq!(status["secrets"], 1);
    }
}

#[test]
fn status_tells_what_would_open_the_vault_and_never_asks() {
    let empty = Room::empty();
    let status = empty.json(&["status"]);
    assert_eq!(
        (&status["exists"], &status["unlocked"], &status["slots"]),
        (&false.into(), &false.into(), &[0; 0].into())
    );
    let room = Room::new();
    room.set("KEY", "v");
    room.good(&["set", "OLD", "--generate", "--rotation-days", "30"]);
    let keys: Vec<String> = room.json(&["status"]).as_object().unwrap().keys().cloned().collect();
    let promised = "vault exists unlocked until source problem slots keyring secrets due expired \
                    due_within_7_days expires_within_7_days under_way unsettled \
                    last_backup last_backup_to last_drill last_drill_passed backups_known";
    assert_eq!(keys, promised.split(' ').collect::<Vec<_>>());
    let status = room.json(&["status"]);
    assert_eq!((&status["source"], &status["secrets"], &status["due"]), (&"environment".into(), &2.into(), &0.into()));
    assert_eq!(status["slots"], serde_json::json!(["environment_key"]));
    room.good(&["set", "SOON", "--generate", "--rotation-days", "5", "--expires", "6d"]);
    let status = room.json(&["status"]);
    assert_eq!(
        ["secrets", "due", "due_within_7_days", "expired", "expires_within_7_days", "under_way"]
            .map(|key| status[key].clone()),
        [3, 0, 1, 0, 1, 0].map(serde_json::Value::from)
    );
    let sheet = room.good(&["status"]).text();
    assert!(sheet.contains("3, 0 due, 1 more within 7 days, 0 expired, 1 more within 7 days\n"), "{sheet}");
    let ran = Ran::from(room.command(&["status"]).env_remove("STRONGROOM_MASTER_KEY").output().unwrap());
    assert_eq!(ran.code, 0);
    assert!(ran.text().contains("locked") && !ran.text().contains("due"), "{}", ran.text());
    let wrong = "0".repeat(64);
    let ran = Ran::from(room.command(&["status"]).env("STRONGROOM_MASTER_KEY", wrong).output().unwrap());
    assert_eq!(ran.code, 0);
    assert!(ran.text().contains("problem") && ran.text().contains("does not open"), "{}", ran.text());
}

/// Who finds a terminal unlocked reads secrets until the time is up, and makes no key of their own.
#[test]
fn unlock_is_not_enough_to_change_who_opens_the_vault() {
    let Some(kept) = Kept::new() else { return };
    kept.room.good(&["unlock"]);
    assert_eq!(kept.keyless(&["key", "list"]).code, 0);
    let ran = kept.keyless(&["key", "add", "--recovery", "--no-input"]);
    assert_eq!((ran.code, ran.text().as_str()), (5, ""), "{}", ran.err);
    kept.room.good(&["key", "add", "--recovery", "--no-input"]);
}
