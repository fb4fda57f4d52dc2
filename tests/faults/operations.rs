//! What an operator does to a vault, one command each, and what can be seen of a vault: the
//! state before the command or the one after it, never anything else.

use std::path::Path;

use strongroom::crypto::keyring::UnlockKey;
use strongroom::crypto::passphrase::Cost;
use strongroom::session::actor::current;
use strongroom::vault::audit::{AuditAction, AuditQuery};
use strongroom::vault::{LockedVault, Pick, Release, Vault};

use super::support::vault::TestVault;
use super::traced::Kept;

/// One command on a vault that was made ready for it.
pub(crate) struct Operation {
    pub(crate) vault: TestVault,
    pub(crate) arguments: Vec<String>,
    pub(crate) input: &'static str,
    pristine: Kept,
    before: Vec<String>,
    after: Vec<String>,
}

/// The commands, each under its own name: `(name, made ready by, the command, its input)`.
type Row = (&'static str, fn(&TestVault), &'static [&'static str], &'static str);

const OPERATIONS: &[Row] = &[
    ("set", with_two, &["set", "prod/A", "--stdin"], "three"),
    ("create", with_two, &["set", "prod/NEW", "--stdin", "--create", "--tag", "t"], "first"),
    ("rotate", with_two, &["rotate", "prod/A", "--stdin", "--reason", "r"], "three"),
    ("rollback", with_two, &["rollback", "prod/A", "1", "--reason", "r"], ""),
    ("delete", with_two, &["delete", "prod/A"], ""),
    ("restore", with_one_deleted, &["restore", "prod/A"], ""),
    ("purge", with_one_deleted, &["purge", "prod/A", "--yes"], ""),
    ("move", with_two, &["move", "prod/A", "staging/A"], ""),
    ("stage", with_two, &["rotate", "prod/A", "--stage", "--stdin", "--reason", "r"], "next"),
    ("promote", with_one_staged, &["rotate", "prod/A", "--promote", "--reason", "r"], ""),
    ("abort", with_one_staged, &["rotate", "prod/A", "--abort", "--reason", "r"], ""),
    ("key_add", with_two, &["key", "add", "--recovery"], ""),
    ("key_remove", with_a_second_key, &["key", "remove", "ID", "--yes"], ""),
    (
        "key_change",
        with_a_passphrase,
        &["key", "change", "--passphrase-file", "HOME/old", "--new-passphrase-file", "HOME/new"],
        "",
    ),
    ("key_replace", with_one_staged, &["key", "replace", "--yes", "--by-hand"], ""),
    ("reveal", with_two, &["reveal", "prod/A"], ""),
    ("migrate_1", of_format_1, &["set", "prod/NEW", "--stdin"], "first"),
    ("migrate_2", of_format_2, &["set", "prod/NEW", "--stdin"], "first"),
    ("migrate_3", of_format_3, &["set", "prod/NEW", "--stdin"], "first"),
];

fn with_two(vault: &TestVault) {
    vault.set("prod/A", "one");
    vault.set("prod/A", "two");
    vault.set("B", "other");
}

fn with_one_deleted(vault: &TestVault) {
    with_two(vault);
    vault.run(&["delete", "prod/A"], b"");
}

fn with_one_staged(vault: &TestVault) {
    with_two(vault);
    vault.run(&["rotate", "prod/A", "--stage", "--stdin", "--reason", "r"], b"next");
}

fn with_a_second_key(vault: &TestVault) {
    with_two(vault);
    vault.run(&["key", "add", "--recovery"], b"");
}

/// The one that is changed is in the file `old`, the one to come in `new`.
fn with_a_passphrase(vault: &TestVault) {
    with_two(vault);
    for (name, words) in [("old", "an old passphrase of words"), ("new", "another passphrase of words")] {
        write_private(&vault.home().join(name), words.as_bytes());
    }
    vault.open().add_key(&passphrase(&vault.home().join("old")), Some(Cost::FLOOR), "").unwrap();
}

fn passphrase(file: &Path) -> UnlockKey {
    UnlockKey::Passphrase(std::fs::read_to_string(file).unwrap().into())
}

/// The vault as it was, and an empty private folder `made` for what a command makes.
pub(crate) fn reset(vault: &TestVault, pristine: &Kept) {
    pristine.put_back(&folder(vault));
    for name in [".local", "made", "tmp"] {
        let _ = std::fs::remove_dir_all(vault.home().join(name));
    }
    let made = vault.home().join("made");
    std::fs::create_dir(&made).unwrap();
    std::fs::set_permissions(made, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
}

pub(crate) fn write_private(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

fn of_format_1(vault: &TestVault) {
    with_fixture(vault, 1);
}

fn of_format_2(vault: &TestVault) {
    with_fixture(vault, 2);
}

fn of_format_3(vault: &TestVault) {
    with_fixture(vault, 3);
}

pub(crate) fn with_fixture(vault: &TestVault, format: u32) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{format}.db"));
    std::fs::write(vault.path(), std::fs::read(fixture).unwrap()).unwrap();
}

/// The environment key of the kept vaults.
pub(crate) fn key_of_fixtures() -> String {
    let bytes: Vec<u8> = (0x20..0x40).collect();
    data_encoding::HEXLOWER.encode(&bytes)
}

impl Operation {
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        OPERATIONS.iter().map(|(name, ..)| *name)
    }

    pub(crate) fn named(name: &str) -> Self {
        let (_, ready, arguments, input) = OPERATIONS.iter().find(|row| row.0 == name).unwrap();
        let mut vault = TestVault::new();
        if name.starts_with("migrate") {
            vault.key = key_of_fixtures();
        }
        ready(&vault);
        let id = || {
            let slots = vault.open().key_slots().unwrap();
            slots.iter().find(|slot| !slot.opened_this).unwrap().id.to_hex()
        };
        let home = vault.home().to_str().unwrap();
        let argument = |word: &&str| if *word == "ID" { id() } else { word.replace("HOME", home) };
        let arguments: Vec<String> = arguments.iter().map(argument).collect();
        let pristine = Kept::of(&folder(&vault));
        let before = seen(&vault);
        pristine.put_back(&folder(&vault));
        let _ = std::fs::remove_dir_all(vault.home().join(".local"));
        vault.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), input.as_bytes());
        let after = seen(&vault);
        let operation = Self { vault, arguments, input, pristine, before, after };
        assert!(operation.changes() == (name != "reveal"), "{name}: {:?}", operation.after);
        operation.reset();
        operation
    }

    /// False for what only reads.
    pub(crate) fn changes(&self) -> bool {
        self.before != self.after
    }

    /// Puts the vault back as it was before the command, on a machine that never saw it newer.
    pub(crate) fn reset(&self) {
        self.pristine.put_back(&folder(&self.vault));
        let _ = std::fs::remove_dir_all(self.vault.home().join(".local"));
    }

    /// Which of the two states the vault is in; it panics where it is neither or damaged.
    #[track_caller]
    pub(crate) fn state(&self, where_: &str) -> State {
        let seen = seen(&self.vault);
        match (seen == self.before, seen == self.after) {
            (true, true) => State::Same,
            (true, false) => State::Before,
            (false, true) => State::After,
            (false, false) => panic!("{where_}: neither before nor after: {seen:#?}"),
        }
    }
}

/// What a vault can be found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Before,
    After,
    /// The command changes nothing that can be seen.
    Same,
}

pub(crate) fn folder(vault: &TestVault) -> std::path::PathBuf {
    vault.path().parent().unwrap().to_owned()
}

/// Every secret with every value, what is deleted, what is staged, how many keys there are.
/// All of it has to open, and the whole file to match its seals.
#[track_caller]
pub(crate) fn seen(vault: &TestVault) -> Vec<String> {
    let passphrases = ["old", "new"].map(|name| vault.home().join(name)).into_iter().filter(|file| file.exists());
    let opens = passphrases.map(|file| {
        let opened = LockedVault::open(&vault.path()).unwrap().unlock(&passphrase(&file), current());
        format!("the passphrase {} opens it: {}", file.file_name().unwrap().display(), opened.is_ok())
    });
    let opens: Vec<String> = opens.collect();
    let mut vault = vault.open();
    assert_eq!(vault.verify().unwrap().damage, [""; 0]);
    let replaced = AuditQuery { action: Some(AuditAction::KeyReplace), ..AuditQuery::default() };
    let replaced = vault.audit(&replaced).unwrap().len();
    let mut lines = vec![format!("{} keys, replaced {replaced} times", vault.key_slots().unwrap().len())];
    for secret in vault.secrets_in_full().unwrap() {
        let mut values: Vec<String> =
            (1..=secret.version).map(|number| value(&mut vault, secret.id, Pick::Number(number))).collect();
        if secret.rotation.stage.is_some() {
            values.push(format!("pending {}", value(&mut vault, secret.id, Pick::Pending)));
        }
        lines.push(format!("{} {:?} {values:?}", secret.address, secret.metadata.tags));
    }
    lines.extend(opens);
    lines
        .extend(vault.deleted().unwrap().iter().map(|secret| format!("deleted {} {}", secret.address, secret.version)));
    lines.sort();
    lines
}

fn value(vault: &mut Vault, id: strongroom::vault::secret::SecretId, pick: Pick) -> String {
    match vault.release(id, pick, Release::Reveal, "", true) {
        Ok(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value.expose()))).collect()
        }
        Err(error) => format!("{error}"),
    }
}
