//! The file format, pinned: a small vault of each released format that opens,
//! verifies and gives its known values for ever, and the numbers of
//! `assets/format.md` §18, recomputed here from the words of that document.
//!
//! `tests/spec_reader.py`, written from the document alone, gives the same numbers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use strongroom::crypto::keyring::{Keyring, MasterKey, RawKey, SealedSlot, SlotKind, UnlockKey};
use strongroom::crypto::passphrase::Cost;
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::store::Store;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, NewVault, Release, Vault};
use tempfile::TempDir;

use crate::place::{actor, at, put, reveal, value};

const FIXTURE: &str = "tests/fixtures/format-1.db";
const NUMBERS: &str = "tests/fixtures/format-1.json";
/// As it was given when the vault was made: with a combining diaeresis.
const PASSPHRASE: &str = "fixtu\u{308}re passphrase";

fn raw(first: u8) -> RawKey {
    let bytes: Vec<u8> = (first..first + 32).collect();
    RawKey::from_text(data_encoding::HEXLOWER.encode(&bytes).as_bytes()).unwrap()
}

fn passphrase(text: &str) -> UnlockKey {
    UnlockKey::Passphrase(SecretText::copied_from(text.as_bytes()))
}

fn keys() -> Vec<UnlockKey> {
    vec![
        passphrase(PASSPHRASE),
        UnlockKey::KeyFile(raw(0)),
        UnlockKey::Environment(raw(0x20)),
        UnlockKey::Recovery(raw(0x40)),
    ]
}

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The fixture in a folder of its own, private as a vault must be.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        fs::copy(in_project(FIXTURE), copy.path()).unwrap();
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o600)).unwrap();
        copy
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("format-1.db")
    }

    fn unlock(&self, key: &UnlockKey) -> Vault {
        LockedVault::open(&self.path()).unwrap().unlock(key, actor()).map_err(|refused| refused.1).unwrap()
    }
}

fn numbers() -> Json {
    serde_json::from_slice(&fs::read(in_project(NUMBERS)).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn fields(parts: &[(&str, &[u8])]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in parts {
        fields.set(name.parse().unwrap(), SecretText::copied_from(value));
    }
    fields
}

/// Makes the fixture of the newest format, once for each format that is released. An
/// existing one is never overwritten: it is what old vaults are.
#[test]
#[ignore = "makes tests/fixtures/format-1.db, which is committed"]
fn make_the_fixture() {
    let path = in_project(FIXTURE);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("format-1.db");
    let mut vault = Vault::create(&made, NewVault { keys: keys(), cost: Some(Cost::FLOOR) }, actor()).unwrap();
    vault.begin_session().unwrap();
    let none = MetadataChange::default;

    let stripe = at("production/payments/STRIPE_KEY");
    let kept = MetadataChange {
        description: Some("Zahlungen, nur lesen".into()),
        json: Some(Some(serde_json::json!({"team": "payments", "oncall": ["ada", "grace"]}))),
        tags: Some(vec!["payments".into(), "eu".into()]),
        rotation_days: Some(Some(90)),
        owner: Some("team-payments".into()),
        ..none()
    };
    vault.set(&stripe, Some(value("sk_made_up_1")), kept, "first", Expected::Absent).unwrap();
    vault.rotate(&stripe, value("sk_made_up_2"), "INC-7: it was in a log", Expected::Version(1)).unwrap();
    vault.roll_back(&stripe, 1, "2 is refused", Expected::Any).unwrap();
    let edit = MetadataChange { description: Some("Zahlungen".into()), ..none() };
    vault.edit(&stripe, edit, "shorter").unwrap();

    let three = fields(&[("value", b"postgres://db.invalid/app"), ("username", b"app"), ("password", b"made up")]);
    vault.set(&at("DB_URL"), Some(three), none(), "", Expected::Any).unwrap();
    let cut = fields(&[("value", b"postgres://db2.invalid/app"), ("password", b"made up 2")]);
    vault.set(&at("DB_URL"), Some(cut), none(), "moved", Expected::Any).unwrap();

    let pair = fields(&[("certificate", b"-----BEGIN MADE UP-----\n"), ("key", &[0, 0xff, 0xfe, 10])]);
    vault.set(&at("staging/TLS"), Some(pair), none(), "", Expected::Any).unwrap();
    vault.set(&at("staging/LONG"), Some(value(&"0123456789".repeat(500))), none(), "", Expected::Any).unwrap();

    put(&mut vault, "~alice/Mixed-Case.Token", "first life");
    vault.delete(&at("~alice/Mixed-Case.Token"), "left").unwrap();
    put(&mut vault, "~alice/Mixed-Case.Token", "second life");

    put(&mut vault, "staging/OLD", "one");
    put(&mut vault, "staging/OLD", "two");
    vault.purge(&at("staging/OLD"), "for good").unwrap();

    let ended = MetadataChange { expires_at: Some(Some("2020-02-02T02:02:02.020Z".parse().unwrap())), ..none() };
    vault.set(&at("EXPIRED"), Some(value("too late")), ended, "", Expected::Any).unwrap();
    let expired = vault.find(&at("EXPIRED")).unwrap().id;
    assert!(vault.release(expired, None, Release::Reveal, "just looking", false).is_err());
    reveal(&mut vault, "DB_URL", Some(1));
    let locked = vault.lock().unwrap();

    let Err(refused) = locked.unlock(&passphrase("wrong"), actor()) else { panic!("it opened") };
    let mut vault = refused.0.unlock(&UnlockKey::Recovery(raw(0x40)), actor()).map_err(|refused| refused.1).unwrap();
    vault.begin_session().unwrap();
    let locked = vault.lock().unwrap();
    // One that waits to be folded.
    assert!(locked.unlock(&passphrase("wrong again"), actor()).is_err());

    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the log is back in the file");
    assert!(!path.exists(), "{} exists already.", path.display());
    fs::copy(&made, &path).unwrap();
}
