//! The keys of a vault: added, removed, changed, and what somebody without one cannot do to them.

use rusqlite::Connection;
use strongroom::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use strongroom::crypto::passphrase::Cost;
use strongroom::error::{Error, Kind};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::{LockedVault, NewVault, SlotId, Vault};

use crate::place::{Place, actor, put, reveal};

const FLOOR: Option<Cost> = Some(Cost::FLOOR);

fn passphrase(text: &str) -> UnlockKey {
    UnlockKey::Passphrase(SecretText::copied_from(text.as_bytes()))
}

fn recovery() -> (UnlockKey, UnlockKey) {
    let key = RawKey::generate().unwrap();
    (UnlockKey::Recovery(key.duplicate()), UnlockKey::Recovery(key))
}

fn unlock(place: &Place, key: &UnlockKey) -> Result<Vault, Error> {
    LockedVault::open(&place.path()).unwrap().unlock(key, actor()).map_err(|refused| refused.1)
}

/// A vault with a secret, opened by a passphrase.
fn with_passphrase(text: &str) -> (Place, Vault) {
    let (place, mut vault) = Place::new();
    put(&mut vault, "A", "one");
    vault.add_key(&passphrase(text), FLOOR, "").unwrap();
    drop(vault);
    let vault = unlock(&place, &passphrase(text)).unwrap();
    (place, vault)
}

/// What the log has of an action, oldest first: the reason, and whether it was done.
fn log(vault: &mut Vault, action: AuditAction) -> Vec<(String, bool)> {
    let records = vault.audit(&AuditQuery { action: Some(action), ..AuditQuery::default() }).unwrap();
    records.into_iter().rev().map(|record| (record.reason, record.error.is_none())).collect()
}

fn is_whole(vault: &mut Vault) -> bool {
    vault.verify_rows().is_ok() && matches!(vault.verify_audit(), Ok(AuditVerdict::Intact { .. }))
}

#[test]
fn an_added_key_opens_the_vault_beside_the_others() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "A", "one");
    let (given, kept) = recovery();
    let added = vault.add_key(&given, None, "for the safe").unwrap();
    assert_eq!((added.kind, added.cost, added.opened_this), (SlotKind::Recovery, None, false));
    let word = vault.add_key(&passphrase("correct horse"), FLOOR, "").unwrap();
    assert_eq!(word.cost, FLOOR);
    let slots = vault.key_slots().unwrap();
    assert_eq!((slots.len(), slots.iter().filter(|slot| slot.opened_this).count()), (3, 1));
    assert_eq!(vault.slot_kinds(), [SlotKind::Passphrase, SlotKind::Environment, SlotKind::Recovery]);
    let reasons =
        [(format!("recovery key {}. for the safe", added.id), true), (format!("passphrase {}", word.id), true)];
    assert_eq!(log(&mut vault, AuditAction::KeyAdd), reasons);
    drop(vault);
    for (key, slot) in [(kept, added.id), (passphrase("correct horse"), word.id)] {
        let mut vault = unlock(&place, &key).unwrap();
        assert_eq!(reveal(&mut vault, "A", None), "one");
        let opened: Vec<SlotId> =
            vault.key_slots().unwrap().iter().filter(|slot| slot.opened_this).map(|slot| slot.id).collect();
        assert_eq!(opened, [slot]);
        assert!(is_whole(&mut vault));
    }
}

#[test]
fn a_new_passphrase_costs_what_this_machine_can_bear_and_never_less_than_the_floor() {
    let (_place, mut vault) = Place::new();
    let cost = vault.add_key(&passphrase("x"), None, "").unwrap().cost.unwrap();
    assert!(cost.check().is_ok() && cost.memory_kib >= Cost::FLOOR.memory_kib && cost.passes >= 3, "{cost:?}");
    let weak = Cost { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    assert!(vault.add_key(&passphrase("y"), Some(weak), "").is_err());
}

#[test]
fn the_seventeenth_key_and_one_that_opens_the_vault_already_are_refused_and_recorded() {
    let (place, mut vault) = Place::new();
    let twice = vault.add_key(&place.key(), None, "twice").unwrap_err();
    assert_eq!(twice.kind(), Kind::Conflict);
    for _ in 1..16 {
        vault.add_key(&recovery().0, None, "").unwrap();
    }
    assert_eq!(vault.add_key(&recovery().0, None, "one more").unwrap_err().kind(), Kind::Denied);
    assert_eq!(vault.key_slots().unwrap().len(), 16);
    let log = log(&mut vault, AuditAction::KeyAdd);
    let refused: Vec<&str> = log.iter().filter(|(_, done)| !done).map(|(why, _)| why.as_str()).collect();
    assert_eq!((log.len(), refused), (17, vec!["twice", "one more"]));
    assert!(is_whole(&mut place.open()));
}

#[test]
fn a_removed_key_opens_nothing_and_its_bytes_are_gone() {
    let (place, mut vault) = Place::new();
    let (given, kept) = recovery();
    let added = vault.add_key(&given, None, "").unwrap();
    let wrapped: Vec<u8> = Connection::open(place.path())
        .unwrap()
        .query_row("SELECT wrapped FROM slot WHERE id = ?1", [added.id.0], |row| row.get(0))
        .unwrap();
    assert!(is_in_file(&place, &wrapped));
    let removed = vault.remove_key(added.id, "lost").unwrap();
    assert_eq!(removed.id, added.id);
    assert!(!is_in_file(&place, &wrapped), "neither in the file nor in its log");
    assert_eq!(unlock(&place, &kept).err().unwrap().kind(), Kind::Locked);
    assert_eq!(log(&mut vault, AuditAction::KeyRemove), [(format!("recovery key {}. lost", added.id), true)]);
    assert_eq!(vault.remove_key(added.id, "").unwrap_err().kind(), Kind::NotFound);
    assert!(is_whole(&mut place.open()));
}

/// Whether file or log hold these bytes.
fn is_in_file(place: &Place, bytes: &[u8]) -> bool {
    let log = place.folder.path().join("vault.db-wal");
    [place.path(), log]
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .any(|file| file.windows(bytes.len()).any(|window| window == bytes))
}

#[test]
fn neither_the_last_key_nor_the_one_in_use_can_be_removed() {
    let (place, mut vault) = Place::new();
    let only = vault.key_slots().unwrap()[0].id;
    let error = vault.remove_key(only, "").unwrap_err();
    assert!(error.kind() == Kind::Denied && error.message().contains("only way"), "{error}");
    let (given, kept) = recovery();
    let other = vault.add_key(&given, None, "").unwrap().id;
    let error = vault.remove_key(only, "").unwrap_err();
    assert!(error.kind() == Kind::Denied && error.message().contains("session"), "{error}");
    assert_eq!(log(&mut vault, AuditAction::KeyRemove), [(String::new(), false), (String::new(), false)]);
    drop(vault);
    // With the one that stays, it goes; from then on that is the last one.
    let mut vault = unlock(&place, &kept).unwrap();
    vault.remove_key(only, "").unwrap();
    assert_eq!(unlock(&place, &place.key()).err().unwrap().kind(), Kind::Locked);
    assert_eq!(vault.remove_key(other, "").unwrap_err().kind(), Kind::Denied);
}

/// A kept key opened the session: it is not known whose way in that would be.
#[test]
fn a_session_of_a_kept_key_removes_and_changes_nothing() {
    let (place, mut vault) = with_passphrase("words");
    let kept = vault.master_key_for_keeping("").unwrap();
    let locked = LockedVault::open(&place.path()).unwrap();
    let mut vault = locked.unlock_kept(&kept, actor()).map_err(|refused| refused.1).unwrap();
    let slots = vault.key_slots().unwrap();
    assert!(slots.len() == 2 && slots.iter().all(|slot| !slot.opened_this));
    for slot in slots {
        let error = vault.remove_key(slot.id, "").unwrap_err();
        assert!(error.kind() == Kind::Denied && error.message().contains("may have opened"), "{error}");
    }
    assert_eq!(vault.change_passphrase(&passphrase("other"), FLOOR, "").unwrap_err().kind(), Kind::Denied);
}

/// Two sessions, each opened by its own key, remove each other's at once: one is left.
#[test]
fn two_sessions_cannot_remove_the_last_two_keys() {
    let (place, mut mine) = Place::new();
    let (given, kept) = recovery();
    let my_slot = mine.key_slots().unwrap()[0].id;
    let their_slot = mine.add_key(&given, None, "").unwrap().id;
    let mut theirs = unlock(&place, &kept).unwrap();
    mine.remove_key(their_slot, "").unwrap();
    assert_eq!(theirs.remove_key(my_slot, "").unwrap_err().kind(), Kind::Denied);
    assert_eq!(reveal_after(&mut theirs), "one", "a session that is open goes on");
}

fn reveal_after(vault: &mut Vault) -> String {
    put(vault, "A", "one");
    reveal(vault, "A", None)
}

#[test]
fn a_changed_passphrase_opens_the_vault_and_the_old_one_no_more() {
    let (place, mut vault) = with_passphrase("old words");
    let copy = std::fs::read(place.path()).unwrap();
    let old = vault.key_slots().unwrap().into_iter().find(|slot| slot.opened_this).unwrap();
    let new = vault.change_passphrase(&passphrase("new words"), FLOOR, "yearly").unwrap();
    assert!(new.id != old.id && new.opened_this);
    assert_eq!(
        log(&mut vault, AuditAction::KeyChange),
        [(format!("passphrase {}, was {}. yearly", new.id, old.id), true)]
    );
    assert_eq!(vault.key_slots().unwrap().len(), 2);
    // Once more from the same session: it is opened by the new one now.
    vault.change_passphrase(&passphrase("newer words"), FLOOR, "").unwrap();
    assert!(is_whole(&mut vault));
    drop(vault);
    for dead in ["old words", "new words"] {
        assert_eq!(unlock(&place, &passphrase(dead)).err().unwrap().kind(), Kind::Locked, "{dead}");
    }
    assert_eq!(reveal(&mut unlock(&place, &passphrase("newer words")).unwrap(), "A", None), "one");
    assert_eq!(reveal(&mut place.open(), "A", None), "one", "the other key is as it was");
    // What the command says of copies is so.
    std::fs::write(place.path(), copy).unwrap();
    assert_eq!(reveal(&mut unlock(&place, &passphrase("old words")).unwrap(), "A", None), "one");
}

#[test]
fn a_changed_passphrase_never_costs_less_than_before() {
    let (place, mut vault) = Place::new();
    let dear = Cost { memory_kib: 128 * 1024, ..Cost::FLOOR };
    vault.add_key(&passphrase("dear"), Some(dear), "").unwrap();
    drop(vault);
    let mut vault = unlock(&place, &passphrase("dear")).unwrap();
    assert_eq!(vault.change_passphrase(&passphrase("dearer"), FLOOR, "").unwrap().cost, Some(dear));
}

#[test]
fn only_the_passphrase_that_opened_the_session_can_be_changed_and_only_for_another_one() {
    let (place, mut vault) = with_passphrase("words");
    assert_eq!(vault.change_passphrase(&passphrase("words"), FLOOR, "").unwrap_err().kind(), Kind::Conflict);
    assert_eq!(vault.change_passphrase(&recovery().0, FLOOR, "").unwrap_err().kind(), Kind::Usage);
    drop(vault);
    let mut vault = place.open();
    assert_eq!(vault.check_changeable().unwrap_err().kind(), Kind::Denied);
    assert_eq!(vault.change_passphrase(&passphrase("other"), FLOOR, "").unwrap_err().kind(), Kind::Denied);
    assert!(log(&mut vault, AuditAction::KeyChange).iter().all(|(_, done)| !done));
}

/// The passphrase that was shown to a locked screen before it was changed is dead there, too.
#[test]
fn a_screen_that_was_locked_before_a_change_takes_the_new_passphrase_only() {
    let (place, mut vault) = with_passphrase("old words");
    let before = LockedVault::open(&place.path()).unwrap();
    vault.change_passphrase(&passphrase("new words"), FLOOR, "").unwrap();
    let Err(refused) = before.unlock(&passphrase("old words"), actor()) else { panic!("it opened") };
    assert_eq!(refused.1.kind(), Kind::Locked);
    assert!(refused.0.unlock(&passphrase("new words"), actor()).is_ok());
}

/// Opens with the key, and whether anything was found wrong.
fn is_refused(place: &Place) -> bool {
    match unlock(place, &place.key()) {
        Ok(mut vault) => vault.key_slots().is_err(),
        Err(error) => matches!(error.kind(), Kind::Damaged | Kind::Locked),
    }
}

/// What somebody without a key can write into the file: never another way in, never a weaker one.
#[test]
fn slots_that_were_tampered_with_are_refused() {
    let (place, mut vault) = with_passphrase("words");
    let (given, kept) = recovery();
    let removed = vault.add_key(&given, None, "").unwrap().id;
    vault.lock().unwrap();
    let with_removed = std::fs::read(place.path()).unwrap();
    let before = place.folder.path().join("before.db");
    std::fs::write(&before, with_removed).unwrap();
    let mut vault = unlock(&place, &passphrase("words")).unwrap();
    vault.remove_key(removed, "").unwrap();
    vault.lock().unwrap();
    let sound = std::fs::read(place.path()).unwrap();
    assert!(!is_refused(&place));
    // A slot of a vault of their own, made with a key that they have.
    let other = Place::new();
    drop(other.1);
    let attacks = [
        ("ATTACH 'BEFORE' AS x; INSERT INTO slot SELECT * FROM x.slot WHERE kind = 4", "a removed slot put back"),
        ("ATTACH 'OTHER' AS x; INSERT INTO slot SELECT * FROM x.slot", "a slot of another vault"),
        ("DELETE FROM slot WHERE kind = 1", "a slot taken out"),
        ("UPDATE slot SET passes = 4 WHERE kind = 1", "a cost edited"),
        ("UPDATE slot SET memory_kib = memory_kib * 2 WHERE kind = 1", "a cost edited"),
        ("UPDATE slot SET kind = 4 WHERE kind = 3", "a kind edited"),
        ("UPDATE slot SET wrapped = (SELECT wrapped FROM slot ORDER BY kind DESC LIMIT 1)", "seals swapped"),
        (
            "CREATE TEMP TABLE t AS SELECT * FROM slot; DELETE FROM slot; INSERT INTO slot SELECT
             (SELECT id FROM t AS o WHERE o.id <> t.id), kind, memory_kib, passes, lanes, salt, wrapped FROM t",
            "ids swapped",
        ),
    ];
    for (sql, what) in attacks {
        std::fs::write(place.path(), &sound).unwrap();
        let sql = sql.replace("BEFORE", before.to_str().unwrap());
        let sql = sql.replace("OTHER", other.0.path().to_str().unwrap());
        let connection = Connection::open(place.path()).unwrap();
        connection.execute_batch(&sql).unwrap();
        drop(connection);
        assert!(is_refused(&place), "{what}");
        assert!(unlock(&place, &kept).is_err(), "{what}: and a removed key opens nothing");
    }
}

/// Damage among the slots stops what would seal it.
#[test]
fn nothing_is_added_beside_a_slot_that_was_tampered_with() {
    let (place, mut vault) = with_passphrase("words");
    Connection::open(place.path()).unwrap().execute("DELETE FROM slot WHERE kind = 1", []).unwrap();
    assert_eq!(vault.add_key(&recovery().0, None, "").unwrap_err().kind(), Kind::Damaged);
    assert!(vault.read_only_reason().is_some());
}

/// A vault that is made with several keys was opened by the first of them.
#[test]
fn a_new_vault_was_opened_by_its_first_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = vec![recovery().0, UnlockKey::KeyFile(RawKey::generate().unwrap())];
    let mut vault = Vault::create(&folder.path().join("v.db"), NewVault::at_least_cost(keys), actor()).unwrap();
    let slots = vault.key_slots().unwrap();
    let opened: Vec<SlotKind> = slots.iter().filter(|slot| slot.opened_this).map(|slot| slot.kind).collect();
    assert_eq!(opened, [SlotKind::Recovery]);
}
