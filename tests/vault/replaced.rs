//! Another master key: everything reads as before, and the old key leads nowhere.

use rusqlite::Connection;
use strongroom::crypto::keyring::{Keyring, MasterKey, RawKey, SealedSlot, SlotKind, UnlockKey};
use strongroom::crypto::passphrase::Cost;
use strongroom::crypto::seal::{Padding, Place as Seal, Purpose};
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::store::Store;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::secret::Secret;
use strongroom::vault::{Doomed, Expected, LockedVault, MetadataChange, Release, Replaced, Vault};

use crate::place::{Place, actor, at, put, reveal, value};

/// A bit of everything: versions, an expired one, deleted ones, husks.
fn filled() -> (Place, Vault) {
    let (place, mut vault) = Place::new();
    for (name, text) in [("A", "one"), ("A", "two"), ("prod/A", "narrow"), ("prod/B", "b1"), ("~ana/x", "hers")] {
        put(&mut vault, name, text);
    }
    vault.rotate(&at("A"), value("three"), "it leaked", Expected::Any).unwrap();
    vault.roll_back(&at("A"), 1, "back", Expected::Any).unwrap();
    let past = MetadataChange { expires_at: Some(Some("2020-02-02T02:02:02Z".parse().unwrap())), ..Default::default() };
    vault.set(&at("EXPIRED"), Some(value("late")), past, "", Expected::Any).unwrap();
    put(&mut vault, "prod/B", "b2");
    vault.delete(&at("prod/B"), "left").unwrap();
    put(&mut vault, "prod/B", "second life");
    put(&mut vault, "GONE", "gone");
    vault.purge(&at("GONE"), Doomed::Single, "for good").unwrap();
    put(&mut vault, "GONE", "gone again");
    vault.purge(&at("GONE"), Doomed::Single, "for good").unwrap();
    (place, vault)
}

fn replace(vault: &mut Vault, place: &Place) -> Replaced {
    let presented = vault.present(vec![place.key()]).unwrap();
    vault.replace_master_key(&presented, &[], None, "leaked").unwrap()
}

/// All that can be read of the vault, but for the codes of the log's chain.
fn told(vault: &mut Vault) -> Vec<String> {
    let mut told = Vec::new();
    let mut secrets: Vec<Secret> = vault.secrets_in_full().unwrap();
    secrets.extend(vault.deleted().unwrap());
    secrets.sort_by_key(|secret| secret.id);
    let mut log = vault.audit(&AuditQuery::default()).unwrap();
    log.reverse();
    for secret in secrets {
        told.push(format!("{secret:?} {:?}", vault.history(secret.id).unwrap()));
        for number in (1..=secret.version).filter(|_| secret.deleted_at.is_none()) {
            let fields = vault.release(secret.id, Some(number), Release::Reveal, "", true).unwrap();
            told.extend(fields.iter().map(|(name, value)| format!("{name} {:?}", value.expose())));
        }
    }
    told.push(format!(
        "{:?}",
        vault.catalog().unwrap().listed().iter().map(|row| (row.id, row.version)).collect::<Vec<_>>()
    ));
    told.extend(
        log.into_iter()
            .map(|record| format!("{:?}", strongroom::vault::audit::AuditRecord { hash: [0; 32], ..record })),
    );
    told
}

fn is_whole(vault: &mut Vault) -> bool {
    vault.verify_rows().is_ok() && matches!(vault.verify_audit(), Ok(AuditVerdict::Intact { .. }))
}

#[test]
fn everything_reads_as_before_under_another_master_key() {
    let (place, mut vault) = filled();
    let before = told(&mut vault);
    let head = vault.audit(&AuditQuery { limit: Some(1), ..AuditQuery::default() }).unwrap().remove(0);
    let replaced = replace(&mut vault, &place);
    assert_eq!((replaced.key_epoch, replaced.slots.len(), replaced.left), (2, 1, None));
    let pin = vault.audit(&AuditQuery { limit: Some(1), ..AuditQuery::default() }).unwrap().remove(0);
    let code = data_encoding::HEXLOWER.encode(&head.hash);
    assert_eq!((pin.action, pin.seq), (AuditAction::KeyReplace, head.seq + 1));
    assert_eq!(pin.reason, format!("After record {}, {code}. leaked", head.seq), "the log before cannot be denied");
    for mut vault in [vault, place.open()] {
        assert!(is_whole(&mut vault));
        let after = told(&mut vault);
        // The log has grown since, by the values that were released for this comparison.
        assert_eq!(
            after[..before.len()].iter().filter(|line| !before.contains(line)).collect::<Vec<_>>(),
            Vec::<&String>::new()
        );
        assert_eq!(vault.key_slots().unwrap().iter().filter(|slot| slot.opened_this).count(), 1);
    }
    // And it goes on as a vault does.
    let mut vault = place.open();
    vault.delete(&at("prod/B"), "").unwrap();
    vault.restore(&at("prod/B"), None, "").unwrap();
    assert_eq!(put(&mut vault, "A", "new"), 5);
    assert_eq!(reveal(&mut vault, "prod/B", None), "second life");
    vault.purge(&at("A"), Doomed::Single, "").unwrap();
    put(&mut vault, "A", "reborn");
    assert_eq!(replace(&mut vault, &place).key_epoch, 3);
    assert!(is_whole(&mut place.open()));
    assert_eq!(reveal(&mut place.open(), "A", None), "reborn");
}

#[test]
fn the_keys_that_are_shown_stay_and_the_others_are_dropped() {
    let (place, mut vault) = filled();
    let raw = || RawKey::generate().unwrap();
    let (kept, lost, fresh) = (raw(), raw(), raw());
    let words = || UnlockKey::Passphrase(SecretText::copied_from(b"words"));
    let dear = Cost { memory_kib: 128 * 1024, ..Cost::FLOOR };
    vault.add_key(&UnlockKey::KeyFile(kept.duplicate()), None, "").unwrap();
    let dropped = vault.add_key(&UnlockKey::Recovery(lost.duplicate()), None, "").unwrap();
    vault.add_key(&words(), Some(dear), "").unwrap();
    // A key counts for the slot that it opens, whatever way it comes, and once.
    let shown = vec![place.key(), UnlockKey::Recovery(kept.duplicate()), UnlockKey::KeyFile(kept.duplicate()), words()];
    let presented = vault.present(shown).unwrap();
    assert_eq!((presented.kept().count(), presented.dropped()), (3, &[dropped][..]));
    let new = [UnlockKey::Recovery(fresh.duplicate())];
    let replaced = vault.replace_master_key(&presented, &new, Some(Cost::FLOOR), "").unwrap();
    let mut kinds: Vec<u8> = replaced.slots.iter().map(|slot| slot.kind as u8).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [1, 2, 3, 4]);
    assert_eq!(replaced.slots, vault.key_slots().unwrap());
    let passphrase = replaced.slots.iter().find(|slot| slot.kind == SlotKind::Passphrase).unwrap();
    assert_eq!(passphrase.cost, Some(dear), "never weaker than before");
    let opens = |key: &UnlockKey| LockedVault::open(&place.path()).unwrap().unlock(key, actor()).is_ok();
    assert!(
        opens(&place.key())
            && opens(&UnlockKey::KeyFile(kept))
            && opens(&UnlockKey::Recovery(fresh))
            && opens(&words())
    );
    assert!(!opens(&UnlockKey::Recovery(lost)));
    let log = vault.audit(&AuditQuery { action: Some(AuditAction::KeyReplace), ..AuditQuery::default() }).unwrap();
    assert!(log[0].reason.ends_with(&format!(". Dropped: {dropped}")), "{}", log[0].reason);
}

#[test]
fn a_key_that_opens_nothing_cannot_be_kept() {
    let (place, mut vault) = filled();
    let before = std::fs::read(place.path()).unwrap();
    let strange = UnlockKey::KeyFile(RawKey::generate().unwrap());
    assert_eq!(vault.present(vec![place.key(), strange]).err().unwrap().kind(), Kind::Locked);
    let none = vault.present(Vec::new()).unwrap();
    assert_eq!(vault.replace_master_key(&none, &[], None, "").unwrap_err().kind(), Kind::Usage);
    assert_eq!(std::fs::read(place.path()).unwrap(), before);
}

/// What was agreed to is what is done.
#[test]
fn keys_that_changed_since_they_were_shown_stop_it() {
    let (place, mut vault) = filled();
    let presented = vault.present(vec![place.key()]).unwrap();
    place.open().add_key(&UnlockKey::Recovery(RawKey::generate().unwrap()), None, "").unwrap();
    let error = vault.replace_master_key(&presented, &[], None, "").unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let log = vault.audit(&AuditQuery { action: Some(AuditAction::KeyReplace), ..AuditQuery::default() }).unwrap();
    assert_eq!(log[0].error.as_deref(), Some(error.message()), "refused, and recorded");
    assert_eq!(replace(&mut vault, &place).key_epoch, 2);
}

/// The master key in a slot of the file as it is now.
fn master(place: &Place) -> (Keyring, [u8; 32]) {
    let (state, slots) = Store::open(&place.path()).unwrap().read(|tx| Ok((tx.state()?, tx.slots()?))).unwrap();
    let row = &slots[0];
    let slot = SealedSlot { id: row.id, kind: SlotKind::Environment, cost: None, salt: row.salt, wrapped: row.wrapped };
    let key = MasterKey::from_slot(&slot, state.vault_id, state.key_epoch, &place.key(), &mut None).unwrap().unwrap();
    (Keyring::new(key, state.vault_id, state.key_epoch).unwrap(), state.commitment)
}

/// Somebody has the old master key, and gets hold of the file after the replacement.
#[test]
fn the_old_master_key_opens_nothing_of_the_new_file() {
    let (place, mut vault) = filled();
    let (old, _) = master(&place);
    let bytes_before = sealed(&place);
    replace(&mut vault, &place);
    drop(vault);
    let (new, commitment) = master(&place);
    assert!(!old.fits(&commitment).unwrap() && new.fits(&commitment).unwrap());
    // Under its own epoch, and under the new one, were the old key passed off as that.
    let mut tried = (0, 0);
    Store::open(&place.path())
        .unwrap()
        .read(|tx| {
            let mut places = Vec::new();
            tx.each_secret(|row| {
                let seal = Seal {
                    subject_id: row.id,
                    revision: row.revision,
                    created_at: row.created_at,
                    ..Seal::new(Purpose::Metadata, old.vault_id)
                };
                places.push((seal, Padding::Blocks, row.metadata.to_vec()));
                for version in tx.versions(&row.id)? {
                    let seal = |purpose| Seal {
                        owner_id: old.vault_id,
                        subject_id: row.id,
                        version: version.number,
                        created_at: version.created_at,
                        ..Seal::new(purpose, old.vault_id)
                    };
                    places.push((seal(Purpose::DataKey), Padding::Exact, version.data_key.to_vec()));
                    places.push((seal(Purpose::Note), Padding::Buckets, version.note.clone()));
                }
                Ok(())
            })?;
            tx.each_audit(1, |row| {
                let seal = Seal { version: row.seq, created_at: row.at, ..Seal::new(Purpose::Audit, old.vault_id) };
                places.push((seal, Padding::Blocks, row.body.to_vec()));
                Ok(true)
            })?;
            for (seal, padding, sealed) in &places {
                let owner = |keys: &Keyring| keys.owner(&keys.vault_id).unwrap();
                let opens = |keys: &Keyring, key_epoch| {
                    let seal = Seal { key_epoch, ..*seal };
                    let key = |key: &strongroom::crypto::seal::SealKey| key.open(&seal, *padding, sealed).is_ok();
                    key(&keys.metadata) || key(&keys.audit_body) || key(&keys.listing) || key(&owner(keys))
                };
                tried.0 += usize::from(!sealed.is_empty() && (opens(&old, 1) || opens(&old, 2)));
                tried.1 += usize::from(opens(&new, 2));
            }
            assert!(places.len() > 40, "{}", places.len());
            assert_eq!(tried.1, places.len() - 2, "all but the husks, with the new key");
            Ok(())
        })
        .unwrap();
    assert_eq!(tried.0, 0);
    let file = std::fs::read(place.path()).unwrap();
    assert!(!place.folder.path().join("vault.db-wal").exists(), "the log is back in the file");
    let left = bytes_before.iter().filter(|old| file.windows(old.len()).any(|window| window == &old[..])).count();
    assert_eq!((left, bytes_before.len() > 40), (0, true), "what the old key sealed is gone from the file");
}

/// Everything that the master key seals, as it lies in the file.
fn sealed(place: &Place) -> Vec<Vec<u8>> {
    let sql = Connection::open(place.path()).unwrap();
    let sources = [
        "SELECT wrapped FROM slot",
        "SELECT metadata FROM secret WHERE current > 0",
        "SELECT data_key FROM version",
        "SELECT note FROM version",
        "SELECT body FROM audit",
        "SELECT sealed FROM listing",
        "SELECT name_index FROM secret",
    ];
    let mut found = Vec::new();
    for source in sources {
        let mut statement = sql.prepare(source).unwrap();
        found.extend(statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap));
    }
    found
}

/// What the command says of copies is so: with an old copy, the old key opens all of it.
#[test]
fn an_old_copy_still_opens_with_the_old_keys() {
    let (place, mut vault) = filled();
    let lost = RawKey::generate().unwrap();
    vault.add_key(&UnlockKey::Recovery(lost.duplicate()), None, "").unwrap();
    vault.lock().unwrap();
    let copy = std::fs::read(place.path()).unwrap();
    replace(&mut place.open(), &place);
    std::fs::write(place.path(), copy).unwrap();
    let vault = LockedVault::open(&place.path()).unwrap().unlock(&UnlockKey::Recovery(lost), actor());
    assert_eq!(reveal(&mut vault.ok().unwrap(), "A", None), "one");
}

#[test]
fn a_session_of_the_old_key_is_told_so_and_unlocks_again() {
    let (place, mut mine) = filled();
    let mut theirs = place.open();
    let waiting = LockedVault::open(&place.path()).unwrap();
    theirs.catalog().unwrap();
    let id = theirs.find(&at("A")).unwrap().id;
    replace(&mut mine, &place);
    let refusals = [
        theirs.changes().map(drop).unwrap_err(),
        theirs.find(&at("A")).map(drop).unwrap_err(),
        theirs.release(id, None, Release::Reveal, "", false).map(drop).err().unwrap(),
        theirs.catalog().map(drop).unwrap_err(),
        theirs.set(&at("A"), Some(value("x")), MetadataChange::default(), "", Expected::Any).map(drop).unwrap_err(),
        theirs.key_slots().map(drop).unwrap_err(),
        theirs.begin_session().map(drop).unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.kind(), Kind::Locked, "{refused}");
        assert!(refused.message().contains("master key was replaced"), "{refused}");
    }
    assert_eq!(theirs.read_only_reason(), None, "it is no damage");
    let locked = theirs.lock().unwrap();
    for locked in [locked, waiting] {
        let mut vault = locked.unlock(&place.key(), actor()).map_err(|refused| refused.1).unwrap();
        assert_eq!(reveal(&mut vault, "A", None), "one");
        assert!(is_whole(&mut vault));
    }
}

#[test]
fn a_key_that_was_kept_between_commands_is_dropped_with_the_old_master_key() {
    let (place, mut vault) = filled();
    let kept = vault.master_key_for_keeping("").unwrap();
    let locked = || LockedVault::open(&place.path()).unwrap();
    assert!(locked().unlock_kept(&kept, actor()).is_ok());
    let waiting = locked();
    replace(&mut vault, &place);
    for locked in [locked(), waiting] {
        assert_eq!(locked.unlock_kept(&kept, actor()).err().unwrap().1.kind(), Kind::Locked);
    }
}

/// Alterations are never sealed over: then nothing is replaced.
#[test]
fn nothing_is_replaced_while_anything_is_damaged() {
    let (place, vault) = filled();
    vault.lock().unwrap();
    let sound = std::fs::read(place.path()).unwrap();
    let attacks = [
        "UPDATE secret SET metadata = zeroblob(length(metadata)) WHERE current = 4",
        "UPDATE secret SET modified = modified + 1 WHERE current = 0",
        "DELETE FROM secret WHERE current = 0",
        "DELETE FROM version WHERE number = 2 AND secret_id = (SELECT id FROM secret WHERE current = 4)",
        "UPDATE version SET value = zeroblob(length(value)) WHERE number = 1",
        "UPDATE version SET note = zeroblob(length(note)) WHERE number = 4",
        "UPDATE version SET data_key = zeroblob(60) WHERE number = 4",
        "UPDATE audit SET body = zeroblob(length(body)) WHERE seq = 3",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "DELETE FROM audit WHERE seq = 2",
        "UPDATE audit SET at = at + 1 WHERE seq = 5",
        "UPDATE listing SET sealed = zeroblob(length(sealed))",
        "UPDATE bucket SET digests = zeroblob(1024)",
        "INSERT INTO version SELECT id, 1, 0, zeroblob(60), x'', x'' FROM secret WHERE current = 0 LIMIT 1",
    ];
    for sql in attacks {
        std::fs::write(place.path(), &sound).unwrap();
        let mut vault = place.open();
        let connection = Connection::open(place.path()).unwrap();
        assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
        let dump = dump(&connection);
        drop(connection);
        let presented = vault.present(vec![place.key()]);
        let replaced = presented.and_then(|presented| vault.replace_master_key(&presented, &[], None, ""));
        assert_eq!(replaced.err().map(|error| error.kind()), Some(Kind::Damaged), "{sql}");
        assert!(vault.read_only_reason().is_some(), "{sql}");
        drop(vault);
        assert!(dump == self::dump(&Connection::open(place.path()).unwrap()), "{sql}");
    }
}

/// Every row of every table.
fn dump(sql: &Connection) -> Vec<Vec<rusqlite::types::Value>> {
    let mut rows = Vec::new();
    for table in ["state", "slot", "secret", "bucket", "listing", "version", "audit"] {
        let mut statement = sql.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let width = statement.column_count();
        let found = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect()).unwrap();
        rows.extend(found.map(Result::unwrap));
    }
    rows
}

/// Failed unlocks that wait are in the log of the new key.
#[test]
fn failed_unlocks_that_wait_are_not_lost() {
    let (place, mut vault) = filled();
    let wrong = UnlockKey::Recovery(RawKey::generate().unwrap());
    assert!(LockedVault::open(&place.path()).unwrap().unlock(&wrong, actor()).is_err());
    replace(&mut vault, &place);
    let failed = AuditQuery { action: Some(AuditAction::UnlockFailed), ..AuditQuery::default() };
    assert_eq!(place.open().audit(&failed).unwrap().len(), 1);
}
