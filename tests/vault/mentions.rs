//! Which secrets are built from which, against what the vault itself resolves.

use std::collections::BTreeSet;

use proptest::prelude::*;
use strongroom::inject::dependents::{Dependent, Dependents, dependents, mentioned};
use strongroom::rotation::recipe::mentioned as in_recipe;
use strongroom::secret_text::SecretText;
use strongroom::vault::mentions::{MentionSearch, Mentions};
use strongroom::vault::scope::Context;
use strongroom::vault::secret::{Fields, SecretId};
use strongroom::vault::{Expected, MetadataChange, Vault};

use crate::place::{Place, at, put};

fn id(vault: &mut Vault, name: &str) -> SecretId {
    vault.find(&at(name)).unwrap().id
}

fn found(vault: &mut Vault) -> Dependents {
    let catalog = vault.catalog().unwrap();
    dependents(vault, &catalog, in_recipe).unwrap()
}

/// The names of what is built from `name`, and through what.
fn built(vault: &mut Vault, name: &str) -> Vec<(String, Option<String>)> {
    let source = id(vault, name);
    let told = |vault: &mut Vault, id: SecretId| vault.secret(id).unwrap().address.to_string();
    let each: Vec<Dependent> = found(vault).of(source);
    each.into_iter().map(|one| (told(vault, one.secret), one.through.map(|through| told(vault, through)))).collect()
}

fn direct(name: &str) -> (String, Option<String>) {
    (name.to_owned(), None)
}

#[test]
fn a_reference_means_what_the_scope_of_its_holder_sees() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "DB", "wide");
    put(&mut vault, "prod/DB", "narrow");
    put(&mut vault, "URL", "x://{{secrets.DB}}");
    put(&mut vault, "prod/pay/URL", "x://{{secrets.DB | url}}");
    put(&mut vault, "stage/URL", "x://$secret.DB");
    put(&mut vault, "stage/FULL", "{{secrets.prod/pay/DB}} {{secrets.prod/DB@1#value}}");
    put(&mut vault, "stage/LOST", "{{secrets.NONE}} {{secrets.prod/db}} {{secrets.stage/URL}} $env.DB");
    assert_eq!(
        built(&mut vault, "DB"),
        [direct("URL"), direct("stage/URL"), ("stage/LOST".to_owned(), Some("stage/URL".to_owned())),]
    );
    assert_eq!(built(&mut vault, "prod/DB"), [direct("prod/pay/URL"), direct("stage/FULL")]);
    let found = found(&mut vault);
    let lost = id(&mut vault, "stage/LOST");
    assert_eq!(found.missing(lost).collect::<Vec<_>>(), ["NONE", "prod/db"]);
    assert_eq!(found.sources(lost), [id(&mut vault, "stage/URL")]);
}

#[test]
fn any_field_counts_old_versions_do_not_and_a_circle_ends() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "one {{secrets.C}}");
    put(&mut vault, "B", "{{secrets.A}} {{secrets.A}} {{secrets.B}}");
    put(&mut vault, "C", "$secret.B");
    assert_eq!(built(&mut vault, "A"), [direct("B"), ("C".to_owned(), Some("B".to_owned())),]);
    put(&mut vault, "B", "nothing any more");
    assert_eq!(built(&mut vault, "A"), []);
    let mut fields = Fields::value(SecretText::copied_from(b"x"));
    fields.set("note".parse().unwrap(), SecretText::copied_from(b"see {{secrets.A}}"));
    vault.set(&at("D"), Some(fields), MetadataChange::default(), "", Expected::Any).unwrap();
    assert_eq!(built(&mut vault, "A"), [direct("D")]);
    vault.delete(&at("D"), "").unwrap();
    assert_eq!(built(&mut vault, "A"), [], "what is deleted is built from nothing");
    vault.delete(&at("A"), "").unwrap();
    put(&mut vault, "E", "{{secrets.A}}");
    let e = id(&mut vault, "E");
    assert_eq!(found(&mut vault).missing(e).collect::<Vec<_>>(), ["A"]);
}

#[test]
fn it_goes_on_in_slices_and_after_changes_and_is_not_on_record() {
    let (place, mut vault) = Place::new();
    for number in 0..30 {
        put(&mut vault, &format!("KEY_{number}"), &format!("{{{{secrets.KEY_{}}}}}", number / 2));
    }
    vault.catalog().unwrap();
    let log = vault.audit(&Default::default()).unwrap().len();
    let mut search = MentionSearch::new(mentioned, in_recipe);
    let finish = |vault: &mut Vault, search: &mut MentionSearch, most: usize| -> (usize, Mentions) {
        (1..).find_map(|slices| Some((slices, vault.find_mentions(search, most).unwrap()?))).unwrap()
    };
    let (slices, found) = finish(&mut vault, &mut search, 1);
    assert!(slices > 30, "{slices}");
    assert_eq!(found, vault.mentions(mentioned, in_recipe).unwrap());
    assert_eq!(vault.audit(&Default::default()).unwrap().len(), log);
    let mut theirs = place.open();
    put(&mut theirs, "KEY_9", "plain");
    theirs.delete(&at("KEY_8"), "").unwrap();
    theirs.edit(&at("KEY_3"), recipe("{{secrets.{{with.admin}}}} {{secrets.KEY_1#user}} {{value}}"), "").unwrap();
    assert!(search.note(&vault.changes().unwrap().unwrap()));
    let (_, again) = finish(&mut vault, &mut search, 4096);
    assert_eq!(again, vault.mentions(mentioned, in_recipe).unwrap());
    assert_ne!(again, found);
    // A recipe that comes or goes is no new version of the value.
    let catalog = vault.catalog().unwrap();
    let (one, three, five) = (id(&mut vault, "KEY_1"), id(&mut vault, "KEY_3"), id(&mut vault, "KEY_5"));
    let named = Dependents::new(&catalog, &again);
    assert_eq!((named.recipes(one), named.recipes(five)), (&[three][..], &[three][..]));
    assert!(named.of(five).iter().all(|built| built.secret != three), "nothing is built from it");
    for text in ["{{value}}", "{{secrets.KEY_3}} {{value}}"] {
        vault.edit(&at("KEY_3"), recipe(text), "").unwrap();
        assert!(search.note(&vault.changes().unwrap().unwrap()));
        let (_, last) = finish(&mut vault, &mut search, 4096);
        let named = Dependents::new(&catalog, &last);
        assert!([one, three, five].into_iter().all(|id| named.recipes(id).is_empty()), "{text}");
    }
}

/// A recipe whose step is given this.
fn recipe(given: &str) -> MetadataChange {
    let text = format!("what = \"x\"\n[with]\nadmin = \"KEY_5\"\n[verify]\nrun = [\"true\"]\nstdin = \"{given}\"\n");
    MetadataChange { recipe: Some(Some(text)), ..MetadataChange::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_refers_to_whatever_is_found_as_the_vault_resolves_it(
        secrets in proptest::collection::btree_map(
            "(a/|a/b/|c/)?[X-Z]",
            proptest::collection::vec("(a/|a/b/|c/|global/)?[W-Z]", 0..4),
            1..9,
        )
    ) {
        let (_place, mut vault) = Place::new();
        for (name, references) in &secrets {
            let value: String = references.iter().map(|to| format!("{{{{secrets.{to}}}}} ")).collect();
            put(&mut vault, name, &format!("x {value}"));
        }
        let mut expected = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for (name, references) in &secrets {
            let holder = id(&mut vault, name);
            for to in references {
                let (context, to_name) = if to.contains('/') {
                    let address = at(to);
                    (address.scope, address.name)
                } else {
                    (at(name).scope, to.parse().unwrap())
                };
                match vault.resolve(&Context::new(vec![context]), &to_name) {
                    Ok(resolved) if resolved.secret.id == holder => {}
                    Ok(resolved) => { expected.insert((resolved.secret.id, holder)); }
                    Err(_) => { missing.insert((holder, to.strip_prefix("global/").unwrap_or(to).to_owned())); }
                }
            }
        }
        let dependents = found(&mut vault);
        let mut got = BTreeSet::new();
        let mut lost = BTreeSet::new();
        for name in secrets.keys() {
            let one = id(&mut vault, name);
            got.extend(dependents.of(one).iter().filter(|dependent| dependent.through.is_none()).map(|dependent| (one, dependent.secret)));
            lost.extend(dependents.missing(one).map(|name| (one, name)));
            for source in dependents.sources(one) {
                prop_assert!(expected.contains(&(*source, one)));
            }
        }
        prop_assert_eq!(got, expected);
        prop_assert_eq!(lost, missing);
    }
}
