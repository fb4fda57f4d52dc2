//! Many values at once: all of them recorded and given, or none.

use strongroom::error::Kind;
use strongroom::vault::audit::{AuditAction, AuditQuery};
use strongroom::vault::{MetadataChange, Release, Vault, Wanted};

use crate::place::{Place, at, put};

fn wanted(vault: &mut Vault, name: &str, version: Option<u64>) -> Wanted {
    let secret = vault.find(&at(name)).unwrap();
    Wanted { id: secret.id, address: secret.address, pick: version.into() }
}

fn expire(vault: &mut Vault, name: &str) {
    let past = Some(jiff::Timestamp::UNIX_EPOCH);
    let change = MetadataChange { expires_at: Some(past), ..MetadataChange::default() };
    vault.merge(&at(name), None, change, "", strongroom::vault::Expected::Present).unwrap();
}

fn runs(vault: &mut Vault) -> Vec<(String, bool)> {
    let query = AuditQuery { action: Some(AuditAction::Run), ..AuditQuery::default() };
    let records = vault.audit(&query).unwrap();
    records.iter().rev().map(|record| (record.address.as_ref().unwrap().to_string(), record.error.is_none())).collect()
}

#[test]
fn all_are_recorded_and_come_in_the_order_wanted() {
    let (_place, mut vault) = Place::new();
    for (name, value) in [("A", "one"), ("prod/B", "two"), ("A", "three")] {
        put(&mut vault, name, value);
    }
    let asked = [wanted(&mut vault, "prod/B", None), wanted(&mut vault, "A", Some(1)), wanted(&mut vault, "A", None)];
    let fields = vault.release_all(&asked, Release::Run, "psql", false).unwrap();
    let values: Vec<&[u8]> = fields.iter().map(|fields| fields.get("value").unwrap().expose()).collect();
    assert_eq!(values, [&b"two"[..], b"one", b"three"]);
    assert_eq!(runs(&mut vault), [("prod/B".into(), true), ("A".into(), true), ("A".into(), true)]);
    assert!(vault.release_all(&[], Release::Run, "", false).unwrap().is_empty());
    assert_eq!(runs(&mut vault).len(), 3, "nothing wanted, nothing recorded");
}

#[test]
fn one_that_is_refused_keeps_all_and_each_refusal_is_told_and_recorded() {
    let (_place, mut vault) = Place::new();
    for name in ["A", "B", "C", "D"] {
        put(&mut vault, name, "value");
    }
    let asked: Vec<Wanted> =
        [("A", None), ("B", None), ("C", Some(9)), ("D", None)].map(|(name, n)| wanted(&mut vault, name, n)).into();
    expire(&mut vault, "B");
    vault.delete(&at("D"), "").unwrap();
    let refused = vault.release_all(&asked, Release::Run, "psql", false).err().unwrap();
    let kinds: Vec<(usize, Kind)> = refused.each.iter().map(|(at, error)| (*at, error.kind())).collect();
    assert_eq!(kinds, [(1, Kind::Expired), (2, Kind::NotFound), (3, Kind::NotFound)]);
    assert_eq!(refused.all, None);
    assert_eq!(runs(&mut vault), [("B".into(), false), ("C".into(), false), ("D".into(), false)]);
    assert_eq!(vault.usage().unwrap().accesses(), 0);
}
