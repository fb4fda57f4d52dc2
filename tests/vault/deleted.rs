//! What was deleted: counted, named, and destroyed only while it is.

use strongroom::error::Kind;
use strongroom::vault::amend::FieldsChange;
use strongroom::vault::audit::Actor;
use strongroom::vault::secret::SecretId;
use strongroom::vault::{Doomed, Expected, LockedVault, MetadataChange};

use crate::place::{Place, actor, at, put, reveal, value};

#[test]
fn the_deleted_are_counted_without_the_living_and_the_purged_and_named_by_who_deleted_them() {
    let (place, mut vault) = Place::new();
    for name in ["A", "B", "C", "D"] {
        put(&mut vault, name, "x");
    }
    assert_eq!(vault.count_deleted().unwrap(), 0);
    let (a, b) = (vault.delete(&at("A"), "").unwrap().id, vault.delete(&at("B"), "").unwrap().id);
    vault.delete(&at("C"), "").unwrap();
    vault.purge(&at("C"), Doomed::Single, "").unwrap();
    assert_eq!(vault.count_deleted().unwrap(), 2);
    vault.restore(&at("A"), None, "").unwrap();
    assert_eq!(vault.count_deleted().unwrap(), 1);
    let ana = Actor { user: "ana".into(), ..actor() };
    let opened = LockedVault::open(&place.path()).unwrap().unlock(&place.key(), ana);
    let mut theirs = opened.map_err(|refused| refused.1).unwrap();
    theirs.delete(&at("A"), "").unwrap();
    assert!(theirs.delete(&at("A"), "").is_err(), "a refusal is on record, too");
    let mut by = vault.deleted_by(&[a, b, SecretId([9; 16])]).unwrap();
    by.sort_by_key(|(id, _)| *id != a);
    let who: Vec<&str> = by.iter().map(|(_, who)| who.split('@').next().unwrap()).collect();
    assert_eq!((by[0].0, by[1].0, who), (a, b, vec!["ana", "ops"]), "the last one to delete it");
    assert!(vault.deleted_by(&[]).unwrap().is_empty());
    // Only while it is deleted.
    theirs.restore(&at("A"), None, "").unwrap();
    assert_eq!(vault.purge(&at("A"), Doomed::Deleted(a), "").unwrap_err().kind(), Kind::Conflict);
    assert_eq!(reveal(&mut vault, "A", None), "x");
    assert_eq!(vault.purge(&at("B"), Doomed::Deleted(b), "").unwrap()[0].id, b);
    assert_eq!(vault.count_deleted().unwrap(), 0);
}

#[test]
fn what_is_deleted_is_brought_back_and_written_both_or_neither() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "one");
    put(&mut vault, "A", "two");
    let deleted = vault.delete(&at("A"), "").unwrap();
    let rename = |from: &str, to: &str| {
        let rename = vec![(from.parse().unwrap(), to.parse().unwrap())];
        FieldsChange { rename, ..FieldsChange::default() }
    };
    let none = MetadataChange::default();
    let (here, id) = (at("A"), deleted.id);
    for (fields, expected) in [
        (rename("none", "other"), Expected::Deleted(id, 2)),
        (rename("value", "key"), Expected::Deleted(id, 1)),
        (rename("value", "key"), Expected::This(id, Some(2))),
    ] {
        assert!(vault.amend(&here, &fields, &none, None, "", expected).is_err());
        assert_eq!(vault.count_deleted().unwrap(), 1, "{expected:?}");
    }
    // Nor over a description that its writer has not seen.
    let described = MetadataChange { description: Some("mine".into()), ..none.clone() };
    let (kept, seen) = (
        FieldsChange::default(),
        strongroom::vault::secret::Metadata { description: "seen".into(), ..deleted.metadata.clone() },
    );
    let refused = vault.amend(&here, &kept, &described, Some(&seen), "", Expected::Deleted(id, 2)).unwrap_err();
    assert_eq!(
        (refused.kind(), refused.message()),
        (Kind::Conflict, "Another session changed the description of A meanwhile.")
    );
    assert_eq!(vault.count_deleted().unwrap(), 1);
    let written =
        vault.amend(&here, &rename("value", "key"), &described, Some(&deleted.metadata), "", Expected::Deleted(id, 2));
    let written = written.unwrap();
    assert_eq!((written.secret.version, written.secret.metadata.description.as_str()), (3, "mine"));
    assert!(written.undo.is_some() && written.revived.is_some());
    assert_eq!(vault.count_deleted().unwrap(), 0);
    let again = vault.rotate(&here, value("x"), "", Expected::Deleted(id, 3)).unwrap_err();
    assert_eq!(again.current_version(), Some(3), "it is there");
}
