//! Comparing versions by shape.

use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::AuditQuery;
use strongroom::vault::compare::Fate;
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, MetadataChange, Vault};

use crate::place::{Place, at};

fn set(vault: &mut Vault, fields: &[(&str, &str)]) {
    let mut all = Fields::default();
    for (name, value) in fields {
        all.set(name.parse().unwrap(), SecretText::copied_from(value.as_bytes()));
    }
    vault.set(&at("KEY"), Some(all), MetadataChange::default(), "", Expected::Any).unwrap();
}

#[test]
fn fields_come_go_change_and_return() {
    let (_place, mut vault) = Place::new();
    set(&mut vault, &[("value", "one"), ("old", "x")]);
    set(&mut vault, &[("value", "two!"), ("old", "x")]);
    set(&mut vault, &[("value", "one"), ("new", "x")]);
    let id = vault.find(&at("KEY")).unwrap().id;
    let records = |vault: &mut Vault| vault.audit(&AuditQuery::default()).unwrap().len();
    let before = records(&mut vault);
    let diff = vault.shape_diff(id, 2, 3).unwrap();
    let fates: Vec<_> = diff.fields.iter().map(|field| (field.name.as_str(), field.fate())).collect();
    assert_eq!(fates, [("value", Fate::Changed), ("new", Fate::Added), ("old", Fate::Removed)]);
    let value = &diff.fields[0];
    assert_eq!(value.after.as_ref().unwrap().same_as, Some(1));
    assert_eq!(value.before.as_ref().unwrap().same_as, None, "only older ones count, and 1 holds other bytes");
    assert_eq!(diff.fields[2].before.as_ref().unwrap().same_as, Some(1));
    assert_eq!((diff.before.number, diff.after.number, diff.current), (2, 3, 3));
    let same = vault.shape_diff(id, 1, 3).unwrap();
    assert_eq!(same.fields[0].fate(), Fate::Same);
    assert_eq!(records(&mut vault), before, "nothing left the vault, so nothing is on record");
}

#[test]
fn what_is_not_there_is_not_compared() {
    let (_place, mut vault) = Place::new();
    set(&mut vault, &[("value", "one")]);
    let id = vault.find(&at("KEY")).unwrap().id;
    for (a, b) in [(0, 1), (1, 2), (2, 1)] {
        assert_eq!(vault.shape_diff(id, a, b).unwrap_err().kind(), Kind::NotFound);
    }
    vault.delete(&at("KEY"), "").unwrap();
    assert_eq!(vault.shape_diff(id, 1, 1).unwrap_err().kind(), Kind::NotFound);
}
