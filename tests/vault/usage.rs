//! What the log tells about the use of secrets, while it grows, from several sessions,
//! and when it was tampered with.

use jiff::Timestamp;
use strongroom::error::Kind;
use strongroom::vault::audit::{Actor, AuditVerdict};
use strongroom::vault::secret::SecretId;
use strongroom::vault::usage::{Extent, Usage};
use strongroom::vault::{AuditWalk, LockedVault, Release, Vault};

use crate::place::{Place, actor, at, put, reveal};

fn id(vault: &mut Vault, name: &str) -> SecretId {
    vault.find(&at(name)).unwrap().id
}

fn copy(vault: &mut Vault, name: &str) {
    let id = id(vault, name);
    vault.release(id, None, Release::Copy, "", false).unwrap();
}

/// Another person's session.
fn other(place: &Place) -> Vault {
    let ana = Actor { user: "ana".into(), ..actor() };
    LockedVault::open(&place.path()).unwrap().unlock(&place.key(), ana).map_err(|refused| refused.1).unwrap()
}

/// Three secrets: `A` revealed by us, `B` copied by another, `C` touched but never used.
fn used() -> (Place, Vault) {
    let (place, mut vault) = Place::new();
    for name in ["A", "B", "C"] {
        put(&mut vault, name, "value");
    }
    reveal(&mut vault, "A", None);
    copy(&mut other(&place), "B");
    put(&mut vault, "C", "another");
    let c = id(&mut vault, "C");
    assert!(vault.release(c, Some(9), Release::Reveal, "", false).is_err(), "what was refused is no use");
    vault.shape_diff(c, 1, 2).unwrap();
    (place, vault)
}

#[test]
fn what_left_the_vault_is_a_use_and_nothing_else() {
    let (_place, mut vault) = used();
    let usage = vault.usage().unwrap();
    let [a, b, c] = ["A", "B", "C"].map(|name| id(&mut vault, name));
    assert_eq!((usage.extent(), usage.accesses()), (Extent::Whole, 2));
    let now = Timestamp::now().as_second();
    assert!(usage.last_used(a).is_some_and(|at| (now - 60..=now).contains(&at)));
    assert!(usage.last_used(b).is_some());
    assert_eq!(usage.last_used(c), None);
    assert_eq!(usage.recent(), [a], "only what this actor used");
}

#[test]
fn every_way_out_is_a_use() {
    let (_place, mut vault) = used();
    let c = id(&mut vault, "C");
    for (number, how) in (3..).zip([Release::Reveal, Release::Copy, Release::Export, Release::Run, Release::Render]) {
        vault.release(c, None, how, "", false).unwrap();
        assert_eq!(vault.usage().unwrap().accesses(), number, "{how:?}");
    }
}

#[test]
fn mine_is_what_my_account_used_on_this_machine_in_any_session() {
    let (place, mut vault) = used();
    copy(&mut place.open(), "C");
    let mut elsewhere = {
        let actor = Actor { host: "laptop".into(), ..actor() };
        LockedVault::open(&place.path()).unwrap().unlock(&place.key(), actor).map_err(|refused| refused.1).unwrap()
    };
    copy(&mut elsewhere, "B");
    let [a, b, c] = ["A", "B", "C"].map(|name| id(&mut vault, name));
    assert_eq!(vault.usage().unwrap().recent(), [c, a]);
    assert_eq!(elsewhere.usage().unwrap().recent(), [b]);
}

#[test]
fn a_walk_in_slices_tells_what_one_at_once_tells() {
    let (_place, mut vault) = used();
    let whole = vault.usage().unwrap();
    for most in 1..12 {
        let (mut walk, mut usage) = (AuditWalk::telling_uses(), Usage::default());
        loop {
            let verdict = vault.walk_audit(&mut walk, most).unwrap();
            usage.add(&walk.take_uses(), if verdict.is_some() { Extent::Whole } else { Extent::Reading });
            if verdict.is_some() {
                break;
            }
        }
        assert_eq!(usage, whole, "{most} at a time");
    }
}

#[test]
fn the_walk_goes_on_after_its_verdict_with_records_of_ours_and_of_others() {
    let (place, mut vault) = used();
    let mut walk = AuditWalk::telling_uses();
    let Some(AuditVerdict::Intact { records }) = vault.walk_audit(&mut walk, u64::MAX).unwrap() else {
        panic!("not intact")
    };
    assert_eq!(walk.take_uses().len(), 2);
    assert!(!vault.has_more_audit(&walk).unwrap());
    reveal(&mut vault, "C", None);
    copy(&mut other(&place), "A");
    assert!(vault.has_more_audit(&walk).unwrap());
    let verdict = vault.walk_audit(&mut walk, u64::MAX).unwrap();
    assert_eq!(verdict, Some(AuditVerdict::Intact { records: records + 2 }));
    let uses = walk.take_uses();
    let (a, c) = (id(&mut vault, "A"), id(&mut vault, "C"));
    assert_eq!(uses.iter().map(|used| (used.secret, used.mine)).collect::<Vec<_>>(), [(c, true), (a, false)]);
    assert!(walk.take_uses().is_empty(), "told once");
}

#[test]
fn a_broken_log_makes_no_claim() {
    for (sql, name) in [
        ("DELETE FROM audit WHERE seq = 5", "a record is missing"),
        ("UPDATE audit SET at = at + 1 WHERE seq = 5", "a record was altered"),
        ("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", "the end is cut off"),
    ] {
        let (place, mut vault) = used();
        rusqlite::Connection::open(place.path()).unwrap().execute_batch(sql).unwrap();
        let error = vault.usage().err().unwrap();
        assert_eq!(error.kind(), Kind::Damaged, "{name}");
        assert!(error.message().contains("Nobody can tell what was used."), "{error}");
        assert!(vault.read_only_reason().is_some(), "{name}");
    }
}

#[test]
fn a_log_that_is_broken_later_is_found_by_the_walk_that_goes_on() {
    let (place, mut vault) = used();
    let mut walk = AuditWalk::telling_uses();
    vault.walk_audit(&mut walk, u64::MAX).unwrap();
    assert_eq!(walk.take_uses().len(), 2);
    copy(&mut other(&place), "A");
    let sql = rusqlite::Connection::open(place.path()).unwrap();
    sql.execute_batch("UPDATE audit SET mac = zeroblob(32) WHERE seq = (SELECT max(seq) FROM audit)").unwrap();
    let verdict = vault.walk_audit(&mut walk, u64::MAX).unwrap();
    assert!(matches!(verdict, Some(AuditVerdict::Broken { .. })), "{verdict:?}");
    assert!(walk.take_uses().is_empty(), "what cannot be trusted is not told");
}
