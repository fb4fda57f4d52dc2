//! The thread on real vaults, asked and answering as it does for the loop.

mod cut;
mod deleted;
mod gate;
mod incident;
mod moved;
mod pasting;
mod trouble;
mod two_sessions;

use crate::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use crate::error::Kind;
use crate::secret_text::SecretText;
use crate::session::key_source::KeySources;
use crate::tui::event::{Answer, Event, Found, Message};
use crate::tui::theirs::Theirs;
use crate::vault::audit::{Actor, AuditAction, AuditVerdict};
use crate::vault::catalog::CatalogChange;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{Fields, Secret, SecretId, VALUE};
use crate::vault::usage::Extent;
use crate::vault::{Anchors, Expected, LockedVault, MetadataChange, Vault};

use super::keeper::LOOK_EVERY;
use super::*;

/// A vault thread on a folder of its own.
struct Bench {
    folder: tempfile::TempDir,
    thread: VaultThread,
    messages: Receiver<Message>,
}

fn actor() -> Actor {
    Actor { user: "ops".into(), host: "bastion".into(), ..Actor::default() }
}

fn place(folder: &tempfile::TempDir) -> Place {
    let (vault, key_file) = (folder.path().join("store/vault.db"), folder.path().join("keys/vault.key"));
    let pins = Some(folder.path().join("state/pins"));
    let key_files = KeySources::default();
    Place { vault, key_files, key_file, pins, anchors: Anchors::default(), actor: actor(), clock: jiff::Timestamp::now }
}

fn start_in(folder: tempfile::TempDir, startup: StartupKey) -> Bench {
    let (sender, messages) = channel();
    let thread = VaultThread::start(place(&folder), startup, Mailbox::new(sender)).unwrap();
    Bench { folder, thread, messages }
}

impl Bench {
    /// A thread that found nothing.
    fn empty() -> Self {
        let bench = start_in(tempfile::tempdir().unwrap(), Box::new(|_| Ok(None)));
        assert!(matches!(bench.next(), Answer::Found(Found::Nothing)));
        bench
    }

    /// A thread with a new vault, unlocked, and the vault's key.
    fn unlocked() -> (Self, RawKey) {
        let (bench, key) = (Self::empty(), RawKey::generate().unwrap());
        bench.ask(Request::Create { keys: vec![UnlockKey::Environment(key.duplicate())], key_file: None });
        assert!(matches!(bench.next(), Answer::Unlocked { .. }));
        (bench, key)
    }

    fn ask(&self, request: Request) {
        self.thread.ask(request);
    }

    /// The next answer but the walk's, which comes whenever it is quiet.
    fn next(&self) -> Answer {
        loop {
            match self.any() {
                Answer::AuditVerified(_)
                | Answer::DeletedCount(_)
                | Answer::Indexed(_)
                | Answer::Used { .. }
                | Answer::ReadOnly(_) => {}
                answer => return answer,
            }
        }
    }

    fn any(&self) -> Answer {
        match self.messages.recv_timeout(Duration::from_secs(20)).ok().and_then(Message::into_event) {
            Some(Event::Vault(answer)) => answer,
            _ => panic!("no answer"),
        }
    }

    fn changed(&self) -> CatalogChange {
        let Answer::Changed(change) = self.next() else { panic!("no change") };
        change
    }

    fn failed(&self) -> Error {
        let Answer::Failed(error) = self.next() else { panic!("no failure") };
        error
    }

    /// Creates a secret; gives its id.
    fn create(&self, name: &str, value: &str) -> SecretId {
        self.ask(set(name, value));
        let change = self.changed();
        let Answer::Written(_, written) = self.next() else { panic!("not written") };
        assert_eq!(change.upserted[0].id, written.secret.id);
        written.secret.id
    }
}

fn set(name: &str, value: &str) -> Request {
    Request::Set {
        address: Address::parse(name, &ScopePath::root()).unwrap(),
        fields: Some(Fields::value(SecretText::copied_from(value.as_bytes()))),
        metadata: MetadataChange::default(),
        reason: String::new(),
        expected: Expected::Any,
    }
}

fn copy_field(id: SecretId, field: &str) -> Request {
    Request::Copy { id, field: field.into(), version: None, allow_expired: false }
}

#[test]
fn a_written_secret_is_listed_before_it_is_told_and_opens_again() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("production/KEY", "hunter2");
    bench.ask(Request::Reveal { id, version: None, allow_expired: false });
    let Answer::Revealed { version: 1, fields, .. } = bench.next() else { panic!("not revealed") };
    assert_eq!(fields.get(VALUE).unwrap().expose(), b"hunter2");
    bench.ask(copy_field(id, VALUE));
    let Answer::ReadyToCopy { value, .. } = bench.next() else { panic!("not copied") };
    assert_eq!(value.expose(), b"hunter2");
    bench.ask(Request::Detail(id));
    assert!(matches!(bench.next(), Answer::Detail { history, .. } if history.len() == 1));
    bench.ask(Request::Audit(id));
    assert!(matches!(bench.next(), Answer::Audit { records, .. } if records.len() == 3));
}

#[test]
fn a_field_that_is_not_there_is_neither_given_nor_on_record() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("KEY", "v");
    bench.ask(copy_field(id, "totp"));
    assert_eq!(bench.failed().kind(), Kind::NotFound);
    bench.ask(Request::Audit(id));
    assert!(matches!(bench.next(), Answer::Audit { records, .. } if records.len() == 1));
}

#[test]
fn a_code_is_made_for_the_clipboard_and_waiting_for_one_is_not_on_record() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("KEY", "v");
    bench.ask(Request::CopyCode { id, allow_expired: false });
    assert_eq!(bench.failed().kind(), Kind::NotFound);
    let mut fields = Fields::value(SecretText::copied_from(b"v"));
    // The longest period there is: it ends within this test once in seven hundred runs, and then it is waited for.
    let seed = b"otpauth://totp/ops?secret=JBSWY3DPEHPK3PXP&period=3600&digits=8";
    fields.set("totp".parse().unwrap(), SecretText::copied_from(seed));
    let Request::Set { address, metadata, reason, expected, .. } = set("KEY", "v") else { panic!("no set") };
    bench.ask(Request::Set { address, fields: Some(fields), metadata, reason, expected });
    bench.changed();
    assert!(matches!(bench.next(), Answer::Written(..)));
    let (code, good_for) = loop {
        bench.ask(Request::CopyCode { id, allow_expired: false });
        match bench.next() {
            Answer::CodeReady { id: of, code, good_for, .. } if of == id => break (code, good_for),
            Answer::FreshCodeIn { wait, .. } => std::thread::sleep(wait),
            _ => panic!("no code"),
        }
    };
    assert!(code.len() == 8 && good_for >= Duration::from_secs(5));
    bench.ask(Request::Audit(id));
    let Answer::Audit { records, .. } = bench.next() else { panic!("no records") };
    let copies: Vec<(&str, bool)> = records
        .iter()
        .filter(|record| record.action == AuditAction::Copy)
        .map(|record| (record.reason.as_str(), record.error.is_none()))
        .collect();
    assert_eq!(copies, [("one-time code", true), ("one-time code", false)]);
}

#[test]
fn a_field_is_written_out_once_on_record_and_never_over_a_file() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("KEY", "canary\n");
    let path = |name: &str| bench.folder.path().join(name).display().to_string();
    let write_out = |field: &str, path: String, in_work_tree| {
        bench.ask(Request::WriteOut { id, version: 1, field: field.into(), path, in_work_tree });
    };
    write_out(VALUE, path("key"), false);
    assert!(matches!(bench.next(), Answer::WroteOut { .. }));
    assert_eq!(std::fs::read(path("key")).unwrap(), b"canary\n");
    write_out(VALUE, path("key"), false);
    assert_eq!(bench.failed().kind(), Kind::Conflict);
    write_out("none", path("other"), false);
    assert_eq!(bench.failed().kind(), Kind::NotFound);
    assert!(!std::path::Path::new(&path("other")).exists());
    std::fs::create_dir(path(".git")).unwrap();
    write_out(VALUE, path("third"), false);
    assert!(matches!(bench.next(), Answer::InWorkTree(_)));
    assert!(!std::path::Path::new(&path("third")).exists());
    write_out(VALUE, path("third"), true);
    assert!(matches!(bench.next(), Answer::WroteOut { .. }));
    bench.ask(Request::Audit(id));
    let Answer::Audit { records, .. } = bench.next() else { panic!("no records") };
    let exports = records.iter().filter(|record| record.action == AuditAction::Export).count();
    assert_eq!((exports, records.len()), (2, 3), "what was refused gave nothing out");
}

#[test]
fn what_another_session_did_is_found_out() {
    let (bench, key) = Bench::unlocked();
    let id = bench.create("KEY", "one");
    let locked = LockedVault::open(&place(&bench.folder).vault).unwrap();
    let ana = Actor { user: "ana".into(), host: "bastion".into(), ..Actor::default() };
    let mut other = locked.unlock(&UnlockKey::Environment(key), ana).map_err(|refused| refused.1).unwrap();
    let at = |name: &str| Address::parse(name, &ScopePath::root()).unwrap();
    let theirs = || {
        bench.ask(Request::Theirs { id, seen: 1, address: at("KEY") });
        loop {
            match bench.next() {
                Answer::Theirs(found, theirs) if found == id => return theirs,
                Answer::Changed(_) => {}
                _ => panic!("no answer about theirs"),
            }
        }
    };
    other.move_secret(&at("KEY"), &at("prod/KEY"), "").unwrap();
    assert!(matches!(theirs(), Theirs::Moved { to, version: 1 } if to == at("prod/KEY")));
    let two = Fields::value(SecretText::copied_from(b"two"));
    other.rotate(&at("prod/KEY"), two, "Leaked", Expected::Any).unwrap();
    let Theirs::Newer { diff, to } = theirs() else { panic!("not newer") };
    assert_eq!(to, Some(at("prod/KEY")));
    assert_eq!(
        (diff.after.number, diff.after.created_by.as_str(), diff.after.reason.as_str()),
        (2, "ana@bastion", "Leaked")
    );
    other.delete(&at("prod/KEY"), "").unwrap();
    assert!(matches!(theirs(), Theirs::Deleted { by, .. } if by == "ana@bastion"));
    other.purge(&at("prod/KEY"), crate::vault::Doomed::Single, "").unwrap();
    assert!(matches!(theirs(), Theirs::Destroyed { by, .. } if by == "ana@bastion"));
}

#[test]
fn the_chain_is_walked_once_it_is_quiet() {
    let (bench, _) = Bench::unlocked();
    assert!(matches!(bench.any(), Answer::DeletedCount(0)), "nothing else is in an empty list");
    assert!(matches!(bench.any(), Answer::Indexed(_)), "the filter's index comes first");
    assert!(matches!(bench.any(), Answer::Used { uses, extent: Extent::Whole, .. } if uses.is_empty()));
    assert!(matches!(bench.any(), Answer::AuditVerified(AuditVerdict::Intact { .. })));
}

#[test]
fn a_lock_drops_the_keys_and_a_wrong_key_does_not_open() {
    let (bench, key) = Bench::unlocked();
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked));
    let found = bench.next();
    assert!(matches!(found, Answer::Found(Found::Locked(kinds, None)) if kinds == [SlotKind::Environment]));
    bench.ask(set("KEY", "v"));
    assert_eq!(bench.failed().kind(), Kind::Locked);
    bench.ask(Request::Unlock(UnlockKey::Environment(RawKey::generate().unwrap())));
    assert!(matches!(bench.next(), Answer::UnlockFailed(error) if error.kind() == Kind::Locked));
    bench.ask(Request::Unlock(UnlockKey::Environment(key)));
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));
}

#[test]
fn a_key_that_is_there_at_the_start_unlocks_and_another_sessions_write_shows() {
    let (bench, key) = Bench::unlocked();
    let Bench { folder, mut thread, .. } = bench;
    thread.close(Duration::from_secs(20));
    let second = key.duplicate();
    let bench = start_in(folder, Box::new(move |_| Ok(Some(UnlockKey::Environment(key).into()))));
    assert!(matches!(bench.next(), Answer::Found(Found::Locked(..))));
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));

    let locked = LockedVault::open(&bench.folder.path().join("store/vault.db")).unwrap();
    let opened = locked.unlock(&UnlockKey::Environment(second), actor());
    let Ok(mut other) = opened else { panic!("not opened") };
    let address = Address::parse("ELSEWHERE", &ScopePath::root()).unwrap();
    let fields = Fields::value(SecretText::copied_from(b"v"));
    other.set(&address, Some(fields), MetadataChange::default(), "", Expected::Absent).unwrap();
    assert_eq!(bench.changed().upserted[0].address, address);
}

#[test]
fn a_key_file_is_written_for_a_new_vault_and_never_over_another() {
    let bench = Bench::empty();
    let key = RawKey::generate().unwrap();
    let request =
        || Request::Create { keys: vec![UnlockKey::KeyFile(key.duplicate())], key_file: Some(key.duplicate()) };
    let path = bench.folder.path().join("keys/vault.key");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "another key").unwrap();
    bench.ask(request());
    assert_eq!(bench.failed().kind(), Kind::Conflict);
    assert!(!bench.folder.path().join("store/vault.db").exists());
    assert_eq!(std::fs::read(&path).unwrap(), b"another key");

    std::fs::remove_file(&path).unwrap();
    bench.ask(request());
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));
    assert!(RawKey::from_text(&std::fs::read(&path).unwrap()).is_ok());
}

#[test]
fn a_key_file_that_opens_nothing_is_taken_away_again() {
    let (bench, _) = Bench::unlocked();
    let key = RawKey::generate().unwrap();
    bench.ask(Request::Create { keys: vec![UnlockKey::KeyFile(key.duplicate())], key_file: Some(key) });
    assert_eq!(bench.failed().kind(), Kind::Conflict);
    assert!(!bench.folder.path().join("keys/vault.key").exists());
}

/// What the list does not show, since it is read from the sealed lists, is told from behind it.
#[test]
fn rows_that_were_altered_are_told_behind_the_list() {
    let (bench, key) = Bench::unlocked();
    bench.create("KEY", "v");
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked));
    assert!(matches!(bench.next(), Answer::Found(_)));
    let mut store = crate::store::Store::open(&bench.folder.path().join("store/vault.db")).unwrap();
    store
        .write(|tx| {
            let mut found = None;
            tx.each_secret(|row| {
                found = Some(row.into_owned());
                Ok(())
            })?;
            tx.put_secret(&crate::store::SecretRow { revision: 7, ..found.unwrap() })
        })
        .unwrap();
    bench.ask(Request::Unlock(UnlockKey::Environment(key)));
    let Answer::Unlocked { catalog, read_only, .. } = bench.next() else { panic!("not unlocked") };
    assert_eq!((catalog.listed().len(), read_only), (1, None));
    assert!(matches!(bench.next(), Answer::Damaged(error) if error.kind() == Kind::Damaged));
    bench.ask(set("KEY", "w"));
    assert_eq!(bench.failed().kind(), Kind::Denied, "nothing is written after damage");
}

#[test]
fn pins_outlive_a_lock_and_a_damaged_file_blocks_nothing() {
    let (bench, key) = Bench::unlocked();
    let pinned = vec![SecretId([3; 16])];
    bench.ask(Request::WritePins(pinned.clone()));
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked));
    assert!(matches!(bench.next(), Answer::Found(_)));
    bench.ask(Request::Unlock(UnlockKey::Environment(key.duplicate())));
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));
    assert!(matches!(bench.next(), Answer::Pins { pins, damage: None } if pins == pinned));
    std::fs::write(bench.folder.path().join("state/pins"), "nonsense").unwrap();
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked));
    assert!(matches!(bench.next(), Answer::Found(_)));
    bench.ask(Request::Unlock(UnlockKey::Environment(key)));
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));
    assert!(matches!(bench.next(), Answer::Pins { damage: Some(_), .. }));
}

impl Bench {
    /// The next part of the log that tells of uses: whose they are, whether mine, and how far it was read.
    fn used(&self) -> (Vec<(SecretId, bool)>, Extent) {
        loop {
            if let Answer::Used { uses, extent, .. } = self.any()
                && (!uses.is_empty() || extent == Extent::Unknown)
            {
                return (uses.iter().map(|used| (used.secret, used.mine)).collect(), extent);
            }
        }
    }

    fn used_after(&self, act: impl FnOnce()) -> (Vec<(SecretId, bool)>, Extent) {
        act();
        self.used()
    }

    /// Another session of somebody else on the same vault.
    fn other(&self, key: &RawKey) -> Vault {
        let locked = LockedVault::open(&self.folder.path().join("store/vault.db")).unwrap();
        let ana = Actor { user: "ana".into(), ..actor() };
        locked.unlock(&UnlockKey::Environment(key.duplicate()), ana).map_err(|refused| refused.1).unwrap()
    }
}

#[test]
fn uses_of_this_and_of_other_sessions_are_told_as_they_happen() {
    let (bench, key) = Bench::unlocked();
    let id = bench.create("KEY", "v");
    bench.ask(Request::Reveal { id, version: None, allow_expired: false });
    assert_eq!(bench.used(), (vec![(id, true)], Extent::Whole));
    let mut other = bench.other(&key);
    other.release(id, None, crate::vault::Release::Copy, "", false).unwrap();
    assert_eq!(bench.used(), (vec![(id, false)], Extent::Whole));
    bench.ask(copy_field(id, VALUE));
    assert_eq!(bench.used(), (vec![(id, true)], Extent::Whole));
}

#[test]
fn a_log_that_breaks_later_ends_what_is_known_about_use() {
    let (bench, key) = Bench::unlocked();
    let id = bench.create("KEY", "v");
    bench.ask(Request::Reveal { id, version: None, allow_expired: false });
    assert_eq!(bench.used().1, Extent::Whole);
    let mut other = bench.other(&key);
    let sql = rusqlite::Connection::open(bench.folder.path().join("store/vault.db")).unwrap();
    // Where the thread was quicker than the cut, another record is cut off.
    while bench.used_after(|| {
        other.release(id, None, crate::vault::Release::Copy, "", false).unwrap();
        assert_eq!(sql.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", []), Ok(1));
    }) != (Vec::new(), Extent::Unknown)
    {}
}

#[test]
fn duplicates_are_told_when_asked_for_and_after_every_change() {
    let (bench, key) = Bench::unlocked();
    let (a, b, c) = (bench.create("A", "same"), bench.create("B", "same"), bench.create("C", "own"));
    let alike = |found: Option<crate::vault::duplicates::Duplicates>| {
        let found = found.unwrap();
        [a, b, c].map(|id| found.contains(id))
    };
    let next = || loop {
        if let Answer::Duplicates(found) = bench.any() {
            return alike(found);
        }
    };
    bench.ask(Request::FindDuplicates);
    assert_eq!(next(), [true, true, false]);
    let mut other = bench.other(&key);
    let own = Fields::value(SecretText::copied_from(b"own"));
    let b_at = Address::parse("B", &ScopePath::root()).unwrap();
    other.set(&b_at, Some(own), MetadataChange::default(), "", Expected::Any).unwrap();
    assert_eq!(next(), [false, true, true], "another session's write");
    bench.ask(set("C", "changed"));
    assert_eq!(next(), [false, false, false], "a write of our own");
}
