//! The query line, by table and by property.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::error::Kind;
use crate::vault::scope::Address;
use crate::vault::secret::{Metadata, Secret, SecretId};

const DAY: i64 = 86_400;

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn at(days_ago: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - days_ago * DAY).unwrap()
}

/// A secret of a given address, ten days old and without metadata.
fn secret(number: u64, address: &str) -> Secret {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Secret {
        id: SecretId(id),
        address: Address::parse(address, &crate::vault::scope::ScopePath::root()).unwrap(),
        version: 1,
        fields: vec!["value".parse().unwrap()],
        metadata: Metadata::default(),
        created_at: at(10),
        created_by: "ops@bastion".to_owned(),
        updated_at: at(10),
        value_changed_at: at(10),
        last_rotated: None,
        deleted_at: None,
        rotation: Default::default(),
    }
}

fn catalog(addresses: &[&str]) -> Catalog {
    addresses.iter().zip(0..).map(|(address, number)| secret(number, address)).collect()
}

fn query(text: &str) -> Query {
    Query::parse(text, now()).unwrap()
}

/// The addresses that a fresh index finds, in its order.
fn found(catalog: &Catalog, text: &str) -> Vec<String> {
    let matches = Index::build(catalog).filter(catalog, &query(text), None, now());
    let address = |&position: &u32| catalog.address(&catalog.listed()[position as usize]).unwrap().to_string();
    matches.order.iter().map(address).collect()
}

#[test]
fn words_find_and_rank() {
    let catalog = catalog(&[
        "production/payments/STRIPE_KEY",
        "production/payments/STRIPE_WEBHOOK",
        "production/auth/JWT_KEY",
        "staging/payments/STRIPE_KEY",
        "ROOT_KEY",
        "production/dist/rapid_pool",
    ]);
    for (text, expected) in [
        ("jwt", vec!["production/auth/JWT_KEY"]),
        ("STRIPE pay web", vec!["production/payments/STRIPE_WEBHOOK"]),
        ("production/payments/stripe_key", vec!["production/payments/STRIPE_KEY"]),
        ("staging/str", vec!["staging/payments/STRIPE_KEY"]),
        ("nothing-like-it", vec![]),
        ("é", vec![]),
        ("\"webhook\"", vec!["production/payments/STRIPE_WEBHOOK"]),
    ] {
        assert_eq!(found(&catalog, text), expected, "{text}");
    }
    assert_eq!(found(&catalog, "root")[0], "ROOT_KEY");
    let ranked = found(&catalog, "strk");
    assert_eq!(ranked[0], "staging/payments/STRIPE_KEY", "{ranked:?}");
    let ranked = found(&catalog, "stri");
    assert_eq!(ranked.last().unwrap(), "production/dist/rapid_pool", "{ranked:?}");
}

#[test]
fn an_empty_query_keeps_the_list_order() {
    let catalog = catalog(&["b/B", "b/A", "a/C", "Z"]);
    assert_eq!(found(&catalog, "  "), ["Z", "a/C", "b/A", "b/B"]);
    assert!(query("").is_empty() && query("\"\"").is_empty() && !query("a").is_empty() && !query("due").is_empty());
}

/// Eight secrets, each with something to be found by; named for it.
fn varied() -> Catalog {
    let edit = |number, address: &str, change: fn(&mut Secret)| {
        let mut secret = secret(number, address);
        change(&mut secret);
        secret
    };
    Catalog::from_iter([
        edit(0, "prod/tagged", |secret| secret.metadata.tags = vec!["db".into(), "pci".into()]),
        edit(1, "production/eu/gone", |secret| secret.metadata.expires_at = Some(at(1))),
        edit(2, "staging/prod/due", |secret| secret.metadata.rotation_days = Some(7)),
        edit(3, "soon", |secret| secret.metadata.rotation_days = Some(15)),
        edit(4, "later", |secret| secret.metadata.rotation_days = Some(90)),
        edit(5, "old", |secret| secret.value_changed_at = at(100)),
        edit(6, "fresh", |secret| {
            secret.updated_at = now();
            secret.created_by = "alice@laptop".to_owned();
            secret.fields.push("totp".parse().unwrap());
        }),
        edit(7, "~bob/owned", |secret| secret.metadata.owner = "Platform Team".to_owned()),
    ])
}

#[test]
fn terms_by_table() {
    let catalog = varied();
    for (text, expected) in [
        ("scope:prod", "gone tagged due"),
        ("scope:prod/", "tagged due"),
        ("scope:=prod", "tagged"),
        ("scope:production/eu", "gone"),
        ("scope:eu", "gone"),
        ("scope:rod", ""),
        ("scope:~bob", "owned"),
        ("scope:global", "fresh later old soon"),
        ("tag:db", "tagged"),
        ("tag:P", "tagged"),
        ("tag:=p", ""),
        ("tag:=pci", "tagged"),
        ("expired", "gone"),
        ("due", "due"),
        ("due:<7d", "soon due"),
        ("due:<1d", "due"),
        ("due:>7d", "later"),
        ("age:>90d", "old"),
        ("age:<1d", ""),
        ("age:<11d tag:db", "tagged"),
        ("changed:today", "fresh"),
        ("changed:<1h", "fresh"),
        ("changed:yesterday", ""),
        ("changed:>1d scope:prod/ due", "due"),
        ("by:alice", "fresh"),
        ("by:=alice", "fresh"),
        ("by:alice@laptop", "fresh"),
        ("owner:team", "owned"),
        ("owner:plat", "owned"),
        ("has:totp", "fresh"),
        ("has:value old", "old"),
        ("\"due\" scope:staging", "due"),
        ("\"expired\"", ""),
    ] {
        let names: Vec<String> =
            found(&catalog, text).iter().map(|address| address.rsplit('/').next().unwrap().to_owned()).collect();
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "{text}");
        let plain = query(text).select(&catalog, now());
        assert_eq!(plain.len(), expected.len(), "{text}");
    }
}

#[test]
fn unknown_and_malformed_terms_are_errors_that_say_what_is_known() {
    for text in [
        "foo:bar",
        "used:",
        "used:today",
        "used:1d",
        "dup:",
        "Tag:db",
        "tag:",
        "tag:=",
        "due:7d",
        "due:<",
        "due:<x",
        "due:<-5d",
        "age:>3.5d",
        "age:>9000y",
        "changed:now",
        "a :b",
        "\u{202e}:x",
        "::",
    ] {
        let error = Query::parse(text, now()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{text}");
        assert!(error.next_step().is_some() && !error.message().contains('\u{202e}'), "{text}: {error}");
    }
    let error = Query::parse("foo:bar", now()).unwrap_err();
    for term in ["scope:", "tag:", "expired", "due:<", "age:", "changed:", "by:", "has:", "owner:"] {
        assert!(error.next_step().unwrap().contains(term), "{term}");
    }
}

#[test]
fn an_index_ignores_survivors_of_another() {
    let (before, after) = (catalog(&["A", "B"]), catalog(&["AB", "B", "C"]));
    let survivors = Index::build(&before).filter(&before, &query("a"), None, now()).survivors;
    let matches = Index::build(&after).filter(&after, &query("b"), Some(&survivors), now());
    assert_eq!(matches.order.len(), 2);
}

#[test]
fn marks_show_what_matched() {
    assert_eq!(query("skey").marks("prod/STRIPE_KEY"), [5, 12, 13, 14]);
    assert_eq!(query("pro key").marks("prod/KEY"), [0, 1, 2, 5, 6, 7]);
    assert_eq!(query("tag:db").marks("prod/KEY"), [0_usize; 0]);
}

/// Addresses of few letters, so that much matches and much does not.
fn address() -> impl Strategy<Value = String> {
    "([a-c][a-cX_-]{0,3}/){0,2}[a-cX_][a-cX_.-]{0,6}"
}

fn words() -> impl Strategy<Value = String> {
    "[a-cx_/.-]{1,4}( [a-cX/]{1,2}){0,2}"
}

fn any_catalog() -> impl Strategy<Value = Catalog> {
    proptest::collection::btree_set(address(), 0..60)
        .prop_map(|addresses| catalog(&addresses.iter().map(String::as_str).collect::<Vec<_>>()))
}

proptest! {
    #[test]
    fn the_index_finds_what_the_fuzzy_matcher_matches(catalog in any_catalog(), text in words()) {
        let query = query(&text);
        let (matcher, index) = (matcher(), Index::build(&catalog));
        let mut found = index.filter(&catalog, &query, None, now()).order;
        found.sort_unstable();
        let expected: Vec<u32> = (0_u32..).zip(catalog.listed()).filter(|(_, listed)| {
            let address = catalog.address(listed).unwrap().to_string();
            query.words.iter().all(|word| matcher.fuzzy_match(&address, word).is_some())
        }).map(|(position, _)| position).collect();
        prop_assert_eq!(&found, &expected);
        let plain: Vec<u32> = query.select(&catalog, now()).into_iter().map(|position| position as u32).collect();
        prop_assert_eq!(plain, expected);
    }

    #[test]
    fn narrowing_equals_a_full_pass(catalog in any_catalog(), text in words(), cut in 0_usize..8) {
        let index = Index::build(&catalog);
        let text = format!("{text} due:>1d").replace(" due:>1d", if cut % 2 == 0 { "" } else { " scope:a" });
        let mut previous = None;
        for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
            let Ok(query) = Query::parse(&text[..end], now()) else { continue };
            let full = index.filter(&catalog, &query, None, now());
            let narrowed = index.filter(&catalog, &query, previous.as_ref(), now());
            prop_assert_eq!(&narrowed, &full);
            previous = Some(narrowed.survivors);
        }
        // And back again, as by Backspace: survivors of a longer query do not apply.
        for end in (0..=text.len()).rev() {
            let Ok(query) = Query::parse(&text[..end], now()) else { continue };
            let full = index.filter(&catalog, &query, None, now());
            let after = index.filter(&catalog, &query, previous.as_ref(), now());
            prop_assert_eq!(&after, &full);
            previous = Some(after.survivors);
        }
    }

    #[test]
    fn marks_are_the_words_in_order(address in address(), text in words()) {
        let query = query(&text);
        let marks = query.marks(&address);
        prop_assert!(marks.is_sorted() && marks.iter().all(|&mark| mark < address.chars().count()));
        let marked: Vec<u8> = marks.iter().map(|&mark| address.as_bytes()[mark].to_ascii_lowercase()).collect();
        for word in &query.words {
            if is_subsequence(word.bytes(), address.to_ascii_lowercase().bytes()) {
                prop_assert!(is_subsequence(word.bytes(), marked.iter().copied()));
            }
        }
    }

    #[test]
    fn any_line_gives_an_answer(text in "\\PC{0,40}") {
        if let Ok(query) = Query::parse(&text, now()) {
            let _ = query.marks("prod/KEY");
            let _ = query.select(&varied(), now());
        }
    }
}

#[test]
fn a_term_is_completed_from_what_the_vault_holds() {
    let mut secrets: Vec<Secret> = ["production/payments/A", "production/edge/eu/B", "staging/payments/C", "D"]
        .iter()
        .zip(0..)
        .map(|(address, number)| secret(number, address))
        .collect();
    secrets[0].metadata.tags = vec!["db".to_owned(), "tier1".to_owned()];
    secrets[1].metadata.owner = "Edge team".to_owned();
    secrets[2].fields.push("totp".parse().unwrap());
    let catalog: Catalog = secrets.into_iter().collect();
    let cases: [(&str, &[&str]); 19] = [
        ("sc", &["scope:"]),
        ("du", &["due", "due:", "dup"]),
        ("us", &["used:"]),
        ("used:n", &["used:never"]),
        ("due", &["due:"]),
        ("stripe", &[]),
        ("\"sc", &[]),
        ("scope:", &["scope:global", "scope:production/", "scope:staging/"]),
        ("scope:pro", &["scope:production/"]),
        ("scope:PRO", &["scope:production/"]),
        ("scope:production/", &["scope:production/edge/", "scope:production/payments/"]),
        ("scope:production/edge/", &["scope:production/edge/eu/"]),
        ("scope:production/edge/eu/", &[]),
        ("scope:pay", &["scope:payments/"]),
        ("tag:", &["tag:db", "tag:tier1"]),
        ("tag:=d", &["tag:=db"]),
        ("owner:t", &["owner:team"]),
        ("has:t", &["has:totp"]),
        ("changed:y", &["changed:yesterday"]),
    ];
    for (token, expected) in cases {
        assert_eq!(complete(token, &catalog), expected, "{token}");
    }
    assert!(complete("", &catalog).iter().all(|term| !term.is_empty()) && complete("nosuch:", &catalog).is_empty());
}

#[test]
fn every_completed_term_can_be_read() {
    let catalog = catalog(&["production/payments/A", "~ana/B", "C"]);
    for begun in complete("", &catalog) {
        for term in std::iter::once(begun.clone()).chain(complete(&begun, &catalog)).filter(|term| !term.ends_with(':'))
        {
            assert!(Query::parse(&term, now()).is_ok(), "{term}");
            if term.starts_with("scope:") || term.starts_with("by:") {
                assert!(!found(&catalog, &term).is_empty(), "{term} finds what it was made from");
            }
        }
    }
}

/// Three secrets: used a day ago, used a hundred days ago, never used.
fn with_facts() -> (Catalog, Facts) {
    use crate::vault::usage::{Extent, Usage, Use};
    let catalog = catalog(&["A", "B", "C"]);
    let used =
        |number: u64, days_ago: i64| Use { secret: secret(number, "A").id, at: at(days_ago).as_second(), mine: false };
    let mut usage = Usage::default();
    usage.add(&[used(1, 100), used(0, 90), used(0, 1)], Extent::Whole);
    (catalog, Facts { usage: Arc::new(usage), duplicates: Alike::Unsearched })
}

fn found_knowing(catalog: &Catalog, text: &str, facts: &Facts) -> Vec<String> {
    let query = query(text).knowing(facts.clone());
    let name = |position: usize| catalog.listed()[position].name.to_string();
    let indexed = Index::build(catalog).filter(catalog, &query, None, now()).order;
    let selected: Vec<String> = query.select(catalog, now()).into_iter().map(name).collect();
    let indexed: Vec<String> = indexed.into_iter().map(|position| name(position as usize)).collect();
    assert_eq!(indexed, selected, "{text}");
    selected
}

#[test]
fn terms_about_use_by_table() {
    let (catalog, facts) = with_facts();
    for (text, expected) in [
        ("used:never", &["C"][..]),
        ("used:<1d", &[]),
        ("used:<25h", &["A"]),
        ("used:>1d", &["B"]),
        ("used:<1y", &["A", "B"]),
        ("used:>90d", &["B"]),
        ("used:>1y", &[]),
        ("used:never a", &[]),
        ("used:never c", &["C"]),
        ("used:<1y used:>2d", &["B"]),
    ] {
        assert_eq!(found_knowing(&catalog, text, &facts), expected, "{text}");
    }
}

#[test]
fn a_term_whose_facts_are_not_there_matches_nothing_and_says_so() {
    use crate::vault::usage::{Extent, Usage};
    let (catalog, facts) = with_facts();
    for extent in [Extent::Reading, Extent::Unknown] {
        let mut usage = Usage::clone(&facts.usage);
        usage.add(&[], extent);
        let part = Facts { usage: Arc::new(usage), duplicates: Alike::Unsearched };
        for text in ["used:never", "used:<1y"] {
            assert_eq!(query(text).lacks(&part), Some(Fact::Usage), "{text}");
            assert!(found_knowing(&catalog, text, &part).is_empty(), "{text}: a guess would be a lie");
        }
    }
    assert_eq!(query("used:never").lacks(&facts), None);
    assert_eq!(query("dup").lacks(&facts), Some(Fact::Duplicates));
    assert!(found_knowing(&catalog, "dup", &facts).is_empty());
    assert_eq!(query("due tag:a \"dup\"").lacks(&Facts::default()), None, "nothing else is asked for");
    assert!(query("used:<1d").asks_for(Fact::Usage) && !query("used:<1d").asks_for(Fact::Duplicates));
}
