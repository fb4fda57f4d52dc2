//! Which secrets have the same value, in slices and while others write.

use strongroom::secret_text::SecretText;
use strongroom::vault::duplicates::{DuplicateSearch, Duplicates};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Doomed, Expected, MetadataChange, Vault};

use crate::place::{Place, at, put};

fn fields(of: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in of {
        fields.set(name.parse().unwrap(), SecretText::copied_from(value.as_bytes()));
    }
    fields
}

fn put_fields(vault: &mut Vault, name: &str, of: &[(&str, &str)]) {
    vault.set(&at(name), Some(fields(of)), MetadataChange::default(), "", Expected::Any).unwrap();
}

/// The names of those that are not alone, in list order.
fn names(vault: &mut Vault, found: &Duplicates) -> Vec<String> {
    let catalog = vault.catalog().unwrap();
    let alike = catalog.listed().iter().filter(|listed| found.contains(listed.id));
    alike.map(|listed| listed.name.to_string()).collect()
}

fn duplicates(vault: &mut Vault) -> Vec<String> {
    let found = vault.duplicates().unwrap();
    assert_eq!(found.len(), names(vault, &found).len(), "only what is live");
    names(vault, &found)
}

#[test]
fn the_main_field_makes_two_alike_whatever_the_others_say() {
    let (_place, mut vault) = Place::new();
    put_fields(&mut vault, "A", &[("value", "one password"), ("username", "ana")]);
    put_fields(&mut vault, "B", &[("username", "ben"), ("value", "one password")]);
    put_fields(&mut vault, "C", &[("value", "another"), ("username", "ana")]);
    put_fields(&mut vault, "D", &[("value", "a third"), ("note", "one password")]);
    put(&mut vault, "E", "One password");
    assert_eq!(duplicates(&mut vault), ["A", "B"]);
    let found = vault.duplicates().unwrap();
    let [a, b, c] = ["A", "B", "C"].map(|name| vault.find(&at(name)).unwrap().id);
    assert_eq!(found.like(a).collect::<Vec<_>>(), [b]);
    assert_eq!(found.like(c).next(), None);
}

#[test]
fn without_a_main_field_all_fields_count_in_any_order() {
    let (_place, mut vault) = Place::new();
    put_fields(&mut vault, "A", &[("user", "x"), ("token", "y")]);
    put_fields(&mut vault, "B", &[("token", "y"), ("user", "x")]);
    put_fields(&mut vault, "C", &[("token", "x"), ("user", "y")]);
    put_fields(&mut vault, "D", &[("token", "y")]);
    put_fields(&mut vault, "E", &[("value", "y")]);
    assert_eq!(duplicates(&mut vault), ["A", "B"]);
}

#[test]
fn only_the_current_values_of_live_secrets_count() {
    let (_place, mut vault) = Place::new();
    for name in ["A", "B", "C", "D"] {
        put(&mut vault, name, "same");
    }
    put(&mut vault, "A", "new");
    vault.delete(&at("B"), "").unwrap();
    assert_eq!(duplicates(&mut vault), ["C", "D"]);
    vault.purge(&at("B"), Doomed::Single, "").unwrap();
    put(&mut vault, "D", "other");
    assert_eq!(duplicates(&mut vault), Vec::<String>::new());
}

/// Goes on to the end.
fn finish(vault: &mut Vault, search: &mut DuplicateSearch, most: usize) -> (Vec<String>, usize) {
    let mut slices = 0;
    loop {
        slices += 1;
        if let Some(found) = vault.find_duplicates(search, most).unwrap() {
            return (names(vault, &found), slices);
        }
    }
}

#[test]
fn slices_find_what_one_look_finds_and_each_is_short() {
    let (_place, mut vault) = Place::new();
    for number in 0..40 {
        put(&mut vault, &format!("scope/KEY_{number}"), &format!("value {}", number % 30));
    }
    let whole = duplicates(&mut vault);
    assert_eq!(whole.len(), 20);
    let (found, slices) = finish(&mut vault, &mut DuplicateSearch::new().unwrap(), 1);
    assert_eq!(found, whole);
    assert!(slices > 40, "one value at a time: {slices}");
}

#[test]
fn a_value_changed_here_or_elsewhere_counts_as_it_is_now() {
    let (place, mut vault) = Place::new();
    for (name, value) in [("A", "same"), ("B", "same"), ("C", "own")] {
        put(&mut vault, name, value);
    }
    vault.catalog().unwrap();
    let mut search = DuplicateSearch::new().unwrap();
    assert_eq!(finish(&mut vault, &mut search, usize::MAX).0, ["A", "B"]);
    let mut theirs = place.open();
    put(&mut theirs, "B", "own");
    let change = vault.changes().unwrap().unwrap();
    assert!(search.note(&change), "there is something to look at");
    assert_eq!(finish(&mut vault, &mut search, usize::MAX).0, ["B", "C"]);
    theirs.delete(&at("C"), "").unwrap();
    assert!(search.note(&vault.changes().unwrap().unwrap()));
    assert_eq!(finish(&mut vault, &mut search, usize::MAX).0, Vec::<String>::new());
    theirs.restore(&at("C"), None, "").unwrap();
    assert!(search.note(&vault.changes().unwrap().unwrap()));
    assert_eq!(finish(&mut vault, &mut search, usize::MAX).0, ["B", "C"]);
    let tags = MetadataChange { tags: Some(vec!["db".into()]), ..MetadataChange::default() };
    theirs.edit(&at("A"), tags, "").unwrap();
    assert!(!search.note(&vault.changes().unwrap().unwrap()), "no value changed");
}

#[test]
fn what_is_taken_away_before_it_is_looked_at_is_left_out() {
    for purged in [false, true] {
        let (place, mut vault) = Place::new();
        for name in ["A", "B", "C"] {
            put(&mut vault, name, "same");
        }
        vault.catalog().unwrap();
        let mut search = DuplicateSearch::new().unwrap();
        assert_eq!(finish(&mut vault, &mut search, 1).0, ["A", "B", "C"]);
        let mut theirs = place.open();
        put(&mut theirs, "A", "another");
        assert!(search.note(&vault.changes().unwrap().unwrap()), "A waits to be looked at");
        theirs.delete(&at("A"), "").unwrap();
        if purged {
            theirs.purge(&at("A"), Doomed::Single, "").unwrap();
        }
        assert_eq!(finish(&mut vault, &mut search, 1).0, ["B", "C"], "purged: {purged}");
    }
}

#[test]
fn looking_is_not_on_record_and_the_fingerprints_are_nowhere() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "A", "same");
    put(&mut vault, "B", "same");
    let before = std::fs::read(place.path()).unwrap();
    let log = vault.audit(&Default::default()).unwrap().len();
    vault.duplicates().unwrap();
    assert_eq!(vault.audit(&Default::default()).unwrap().len(), log);
    assert_eq!(std::fs::read(place.path()).unwrap(), before, "nothing was written");
}
