//! The vault through its public face, on a real file.

use jiff::{SignedDuration, Timestamp};
use strongroom::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::scope::Context;
use strongroom::vault::secret::Origin;
use strongroom::vault::{Doomed, Expected, LockedVault, MetadataChange, NewVault, Outcome, Release, Vault};

use crate::place::{Place, actor, at, put, reveal, value};

#[test]
fn the_main_job_survives_a_reopen() {
    let (place, mut vault) = Place::new();
    assert_eq!(put(&mut vault, "prod/pay/KEY", "one"), 1);
    let rotated = vault.rotate(&at("prod/pay/KEY"), value("two"), "Scheduled", Expected::Version(1)).unwrap();
    assert_eq!((rotated.secret.version, rotated.outcome), (2, Outcome::NewVersion));
    drop(vault);
    let mut vault = place.open();
    assert_eq!(reveal(&mut vault, "prod/pay/KEY", None), "two");
    assert_eq!(reveal(&mut vault, "prod/pay/KEY", Some(1)), "one");
    let back = vault.roll_back(&at("prod/pay/KEY"), 1, "Broken", Expected::Version(2)).unwrap();
    assert_eq!(back.secret.version, 3);
    assert_eq!(reveal(&mut vault, "prod/pay/KEY", None), "one");
    let history = vault.history(back.secret.id).unwrap();
    let origins: Vec<_> = history.iter().map(|version| (version.number, version.origin)).collect();
    assert_eq!(origins, [(3, Origin::RolledBack { from: 1 }), (2, Origin::Rotated), (1, Origin::Created)]);
    assert_eq!(history[1].reason, "Scheduled");
    let actions: Vec<_> = vault.audit(&AuditQuery::default()).unwrap().iter().map(|record| record.action).collect();
    use AuditAction::{Create, Init, Reveal, Rollback, Rotate};
    assert_eq!(actions, [Reveal, Rollback, Reveal, Reveal, Rotate, Create, Init]);
    assert_eq!(vault.verify_audit().unwrap(), AuditVerdict::Intact { records: 7 });
}

#[test]
fn a_wrong_key_is_told_from_damage_and_counted() {
    let (place, vault) = Place::new();
    drop(vault);
    let wrong = UnlockKey::Environment(RawKey::generate().unwrap());
    let refused = LockedVault::open(&place.path()).unwrap().unlock(&wrong, actor()).err().unwrap();
    assert_eq!(refused.1.kind(), Kind::Locked);
    let passphrase = UnlockKey::Passphrase(SecretText::copied_from(b"x"));
    let refused = refused.0.unlock(&passphrase, actor()).err().unwrap();
    assert_eq!(refused.1.kind(), Kind::Locked);
    let mut vault = refused.0.unlock(&place.key(), actor()).map_err(|refused| refused.1).unwrap();
    assert_eq!(vault.begin_session().unwrap(), 2);
    assert_eq!(vault.begin_session().unwrap(), 0);
    drop(vault);
    // A command that writes takes a failed try into the log as well.
    assert!(LockedVault::open(&place.path()).unwrap().unlock(&passphrase, actor()).is_err());
    let mut vault = place.open();
    put(&mut vault, "A", "1");
    let failed = AuditQuery { failed: true, ..AuditQuery::default() };
    assert_eq!(vault.audit(&failed).unwrap().len(), 3);
}

#[test]
fn every_kind_of_slot_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/vault.db");
    let passphrase = || UnlockKey::Passphrase(SecretText::copied_from(b"correct horse"));
    let recovery = RawKey::generate().unwrap();
    let keys = vec![passphrase(), UnlockKey::Recovery(recovery.duplicate())];
    let vault = Vault::create(&path, NewVault { keys, cost: None }, actor()).unwrap();
    assert_eq!(vault.slot_kinds(), [SlotKind::Passphrase, SlotKind::Recovery]);
    let locked = vault.lock().unwrap();
    let locked = locked.unlock(&passphrase(), actor()).map_err(|r| r.1).unwrap().lock().unwrap();
    // On paper, but offered as a key file: the kind follows the slot.
    locked.unlock(&UnlockKey::KeyFile(recovery), actor()).map_err(|r| r.1).unwrap();
    let again = Vault::create(&path, NewVault { keys: vec![passphrase()], cost: None }, actor());
    assert_eq!(again.err().unwrap().kind(), Kind::Conflict);
}

#[test]
fn delete_restore_purge() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "1");
    put(&mut vault, "A", "2");
    vault.delete(&at("A"), "").unwrap();
    assert_eq!(vault.find(&at("A")).unwrap_err().kind(), Kind::NotFound);
    assert!(vault.catalog().unwrap().listed().is_empty());
    // Re-created: starts at 1, shows nothing of the old one.
    assert_eq!(put(&mut vault, "A", "new"), 1);
    assert_eq!(vault.restore(&at("A"), None, "").unwrap_err().kind(), Kind::Conflict);
    vault.delete(&at("A"), "").unwrap();
    // The newest comes back.
    vault.restore(&at("A"), None, "").unwrap();
    assert_eq!(reveal(&mut vault, "A", None), "new");
    vault.purge(&at("A"), Doomed::Single, "").unwrap();
    assert_eq!(vault.deleted().unwrap().len(), 1);
    vault.restore(&at("A"), None, "").unwrap();
    assert_eq!(reveal(&mut vault, "A", Some(1)), "1");
    vault.delete(&at("A"), "").unwrap();
    vault.purge(&at("A"), Doomed::Single, "").unwrap();
    assert_eq!(vault.restore(&at("A"), None, "").unwrap_err().kind(), Kind::NotFound);
    assert_eq!(vault.purge(&at("A"), Doomed::Single, "").unwrap_err().kind(), Kind::NotFound);
    assert!(vault.catalog().unwrap().listed().is_empty());
    assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

#[test]
fn several_deleted_ones_of_a_name_are_purged_one_by_one_or_all_but_never_by_guess() {
    let (place, mut vault) = Place::new();
    let _ = place;
    let mut deleted = Vec::new();
    for text in ["1", "2", "3"] {
        put(&mut vault, "A", text);
        vault.delete(&at("A"), "").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    put(&mut vault, "B", "other");
    vault.delete(&at("B"), "").unwrap();
    for secret in vault.deleted_of(&at("A")).unwrap() {
        deleted.push((secret.id, secret.deleted_at.unwrap()));
    }
    assert!(deleted.is_sorted_by(|(_, newer), (_, older)| newer > older) && deleted.len() == 3);
    let error = vault.purge(&at("A"), Doomed::Single, "").unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let told = deleted[0].1.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    assert!(error.message().starts_with("3 deleted secrets bore the name A") && error.message().contains(&told));
    assert_eq!(vault.deleted_of(&at("A")).unwrap().len(), 3, "nothing was changed");
    // One that lives is meant by its name alone; the deleted ones by their time or identity.
    put(&mut vault, "A", "alive");
    let gone = vault.purge(&at("A"), Doomed::DeletedAt(deleted[1].1), "").unwrap();
    assert_eq!((gone.len(), gone[0].id), (1, deleted[1].0));
    assert_eq!(reveal(&mut vault, "A", None), "alive");
    assert_eq!(vault.purge(&at("A"), Doomed::DeletedAt(deleted[1].1), "").unwrap_err().kind(), Kind::NotFound);
    let gone = vault.purge(&at("A"), Doomed::Id(deleted[0].0), "").unwrap();
    assert_eq!(gone[0].id, deleted[0].0);
    assert_eq!(vault.purge(&at("B"), Doomed::Id(deleted[2].0), "").unwrap_err().kind(), Kind::Conflict, "another name");
    assert_eq!(vault.purge(&at("A"), Doomed::EveryDeleted, "").unwrap().len(), 1);
    assert_eq!(reveal(&mut vault, "A", None), "alive");
    assert_eq!(vault.purge(&at("A"), Doomed::EveryDeleted, "").unwrap_err().kind(), Kind::NotFound);
    assert_eq!(vault.purge(&at("A"), Doomed::Single, "").unwrap().len(), 1);
    assert_eq!(vault.deleted().unwrap().len(), 1, "B is still there");
    assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

#[test]
fn two_deleted_within_a_second_are_told_apart_by_the_fraction() {
    let (_place, mut vault) = Place::new();
    let second = Timestamp::from_second(1_773_108_840).unwrap();
    for milliseconds in [100, 900] {
        vault.set_clock(if milliseconds == 100 { first_part } else { second_part });
        put(&mut vault, "A", "x");
        vault.delete(&at("A"), "").unwrap();
    }
    let error = vault.purge(&at("A"), Doomed::DeletedAt(second), "").unwrap_err();
    assert!(error.message().contains("2026-03-10T02:14:00.100Z, 2026-03-10T02:14:00.900Z"), "{error}");
    let exact = second + SignedDuration::from_millis(900);
    assert_eq!(vault.purge(&at("A"), Doomed::DeletedAt(exact), "").unwrap().len(), 1);
    assert_eq!(vault.purge(&at("A"), Doomed::DeletedAt(second), "").unwrap().len(), 1, "it is the only one now");
}

fn first_part() -> Timestamp {
    Timestamp::from_millisecond(1_773_108_840_100).unwrap()
}

fn second_part() -> Timestamp {
    Timestamp::from_millisecond(1_773_108_840_900).unwrap()
}

#[test]
fn writes_check_what_they_expect() {
    let (_place, mut vault) = Place::new();
    let mut set = |address: &str, text: &str, expected| {
        vault.set(&at(address), Some(value(text)), MetadataChange::default(), "", expected).map(|w| w.outcome)
    };
    assert_eq!(set("A", "1", Expected::Present).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(set("A", "1", Expected::Absent).unwrap(), Outcome::Created);
    assert_eq!(set("A", "1", Expected::Absent).unwrap_err().kind(), Kind::Conflict);
    assert_eq!(set("A", "1", Expected::Any).unwrap(), Outcome::Unchanged);
    assert_eq!(set("A", "2", Expected::Version(1)).unwrap(), Outcome::NewVersion);
    let stale = set("A", "3", Expected::Version(1)).unwrap_err();
    assert_eq!((stale.kind(), stale.current_version()), (Kind::Conflict, Some(2)));
    assert_eq!(set("a", "3", Expected::Any).unwrap_err().kind(), Kind::Conflict, "differs in case only");
    assert_eq!(set("A", "", Expected::Any).unwrap_err().kind(), Kind::Usage);
    assert_eq!(set("B", &"x".repeat(1024 * 1024 + 1), Expected::Any).unwrap_err().kind(), Kind::Usage);
    assert_eq!(set("B", &"x".repeat(1024 * 1024), Expected::Any).unwrap(), Outcome::Created);
    let failed = AuditQuery { failed: true, ..AuditQuery::default() };
    assert_eq!(vault.audit(&failed).unwrap().len(), 4, "refusals are in the log");
}

#[test]
fn resolution_takes_the_narrowest_even_if_expired() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "KEY", "wide");
    put(&mut vault, "prod/KEY", "narrow");
    let context = |scopes: &[&str]| Context::new(scopes.iter().map(|scope| scope.parse().unwrap()).collect());
    let name = "KEY".parse().unwrap();
    let found = vault.resolve(&context(&["prod/pay"]), &name).unwrap();
    assert_eq!((found.secret.address.clone(), found.shadowed.len()), (at("prod/KEY"), 1));
    assert_eq!(vault.resolve(&context(&["dev"]), &name).unwrap().secret.address, at("KEY"));
    let past = MetadataChange {
        expires_at: Some(Some(Timestamp::now() - SignedDuration::from_secs(5))),
        ..MetadataChange::default()
    };
    vault.edit(&at("prod/KEY"), past, "").unwrap();
    let found = vault.resolve(&context(&["prod"]), &name).unwrap().secret;
    assert_eq!(found.address, at("prod/KEY"));
    assert_eq!(vault.release(found.id, None, Release::Reveal, "", false).err().unwrap().kind(), Kind::Expired);
    assert!(vault.release(found.id, None, Release::Reveal, "", true).is_ok());
    let inherited = vault.find(&at("prod/pay/KEY")).unwrap_err();
    assert_eq!(inherited.kind(), Kind::NotFound);
    assert!(inherited.message().contains("inherited from prod"), "{inherited}");
}

#[test]
fn sessions_see_each_other() {
    let (place, mut mine) = Place::new();
    put(&mut mine, "A", "1");
    mine.catalog().unwrap();
    assert_eq!(mine.changes().unwrap(), None);
    let mut theirs = place.open();
    put(&mut theirs, "B", "1");
    put(&mut theirs, "A", "2");
    let mut catalog = mine.catalog().unwrap();
    theirs.delete(&at("A"), "").unwrap();
    put(&mut theirs, "C", "1");
    catalog.apply(mine.changes().unwrap().unwrap());
    let names: Vec<&str> = catalog.listed().iter().map(|listed| &*listed.name).collect();
    assert_eq!(names, ["B", "C"]);
    let stale = mine.rotate(&at("B"), value("x"), "", Expected::Version(7)).unwrap_err();
    assert_eq!(stale.current_version(), Some(1));
    theirs.purge(&at("C"), Doomed::Single, "").unwrap();
    catalog.apply(mine.changes().unwrap().unwrap());
    assert_eq!(catalog.listed().len(), 1);
    assert_eq!(catalog, mine.catalog().unwrap().listed().iter().map(|l| mine.secret(l.id).unwrap()).collect());
}

#[test]
fn nothing_readable_is_in_the_file() {
    let (place, mut vault) = Place::new();
    let change = MetadataChange { description: Some("CANARY-description".into()), ..MetadataChange::default() };
    vault
        .set(&at("CANARY-scope/CANARY-name"), Some(value("CANARY-value")), change, "CANARY-reason", Expected::Any)
        .unwrap();
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"CANARY"), "{}", path.display());
    }
}

#[test]
fn the_log_answers_questions() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "1");
    put(&mut vault, "prod/B", "1");
    put(&mut vault, "A", "2");
    let id = vault.find(&at("A")).unwrap().id;
    let _ = vault.release(id, Some(9), Release::Reveal, "curious", false).err().unwrap();
    let mut ask =
        |query: AuditQuery| -> Vec<u64> { vault.audit(&query).unwrap().iter().map(|record| record.seq).collect() };
    let all = AuditQuery::default;
    assert_eq!(ask(all()), [5, 4, 3, 2, 1]);
    assert_eq!(ask(AuditQuery { secret: Some(id), ..all() }), [5, 4, 2]);
    assert_eq!(ask(AuditQuery { address: Some(at("prod/B")), ..all() }), [3]);
    assert_eq!(ask(AuditQuery { action: Some(AuditAction::Create), ..all() }), [3, 2]);
    assert_eq!(ask(AuditQuery { failed: true, ..all() }), [5]);
    assert_eq!(ask(AuditQuery { limit: Some(2), ..all() }), [5, 4]);
    assert_eq!(ask(AuditQuery { limit: Some(0), ..all() }), [] as [u64; 0]);
    assert_eq!(ask(AuditQuery { actor: Some("nobody".into()), ..all() }), [] as [u64; 0]);
    assert_eq!(
        ask(AuditQuery { since: Some(Timestamp::now() + SignedDuration::from_secs(60)), ..all() }),
        [] as [u64; 0]
    );
}

/// A reader elsewhere holds the log: the purge stands, and is honest about what is left.
#[test]
fn a_purge_says_when_the_log_could_not_be_cut() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "GONE", "value");
    let reader = rusqlite::Connection::open(place.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM version").unwrap();
    let error = vault.purge(&at("GONE"), Doomed::Single, "").unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    assert!(error.message().starts_with("GONE is purged, but"), "{error}");
    assert_eq!(vault.find(&at("GONE")).unwrap_err().kind(), Kind::NotFound);
    let log = place.path().with_extension("db-wal");
    assert_ne!(std::fs::metadata(&log).unwrap().len(), 0);
    drop(reader);
    drop(vault.lock().unwrap());
    assert!(!log.exists() || std::fs::metadata(&log).unwrap().len() == 0);
}

#[test]
fn many_are_made_at_once_or_none() {
    let (place, mut vault) = Place::new();
    let new = |names: &[&str]| {
        names.iter().map(|name| (at(name), value(name), MetadataChange::default())).collect::<Vec<_>>()
    };
    let records = |vault: &mut Vault| vault.audit(&AuditQuery::default()).unwrap().len();
    assert_eq!(vault.create_many(new(&["prod/A", "prod/B", "C"]), "Import").unwrap(), 3);
    assert_eq!(records(&mut vault), 4);
    for (names, taken) in [(&["D", "prod/B"][..], "prod/B"), (&["D", "E", "D"], "D"), (&["D", "prod/b"], "prod/b")] {
        let refused = vault.create_many(new(names), "Import").unwrap_err();
        assert_eq!((refused.kind(), refused.message().starts_with(taken)), (Kind::Conflict, true), "{refused}");
    }
    assert_eq!(records(&mut vault), 7, "each refusal, and nothing of what was before it");
    assert_eq!(vault.catalog().unwrap().listed().len(), 3);
    vault.verify_rows().unwrap();
    assert_eq!(reveal(&mut place.open(), "prod/B", None), "prod/B");
}
