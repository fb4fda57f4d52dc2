//! Texts filled from a vault: what is found, released once, recorded, and never scanned again.

use proptest::prelude::*;
use strongroom::error::Kind;
use strongroom::inject::fill::{Filled, Terms, fill};
use strongroom::inject::lookup::survey;
use strongroom::inject::problem::Trouble;
use strongroom::inject::survey::{Survey, Text};
use strongroom::inject::template::Template;
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::{AuditAction, AuditQuery};
use strongroom::vault::scope::Context;
use strongroom::vault::{Expected, MetadataChange, Release, Vault};

use crate::place::{Place, at, put, value};

const TERMS: Terms<'static> = Terms { how: Release::Render, reason: "render t", allow_expired: false };

fn context(scope: &str) -> Context {
    Context::new(vec![scope.parse().unwrap()])
}

fn surveyed(vault: &mut Vault, scope: &str, source: &str) -> Survey {
    let template = Template::parse(source.as_bytes()).unwrap();
    survey(vault, &[Text { file: "t", template: &template }], &context(scope), jiff::Timestamp::now()).unwrap()
}

fn filled(vault: &mut Vault, scope: &str, source: &str) -> strongroom::error::Result<Filled> {
    let template = Template::parse(source.as_bytes()).unwrap();
    let texts = [Text { file: "t", template: &template }];
    let survey = survey(vault, &texts, &context(scope), jiff::Timestamp::now()).unwrap();
    fill(vault, &texts, &survey, &TERMS)
}

fn shown(vault: &mut Vault, scope: &str, source: &str) -> String {
    let filled =
        filled(vault, scope, source).map_err(|error| error.details().join("\n") + error.message()).ok().unwrap();
    filled.texts[0].expose_str().unwrap().to_owned()
}

fn renders(vault: &mut Vault) -> Vec<(String, Option<u64>, bool)> {
    let query = AuditQuery { action: Some(AuditAction::Render), ..AuditQuery::default() };
    let told = |record: &strongroom::vault::audit::AuditRecord| {
        let secret = record.address.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        (secret, record.version, record.error.is_none())
    };
    vault.audit(&query).unwrap().iter().rev().map(told).collect()
}

fn expire(vault: &mut Vault, name: &str) {
    let change = MetadataChange { expires_at: Some(Some(jiff::Timestamp::UNIX_EPOCH)), ..MetadataChange::default() };
    vault.merge(&at(name), None, change, "", Expected::Present).unwrap();
}

#[test]
fn names_resolve_in_the_context_and_addresses_from_their_own_scope_outwards() {
    let (_place, mut vault) = Place::new();
    for (name, value) in [("A", "wide"), ("prod/A", "narrow"), ("B", "global"), ("stage/C", "other")] {
        put(&mut vault, name, value);
    }
    let source =
        "{{secrets.A}} {{secrets.B}} {{secrets.global/A}} {{secrets.stage/pay/C}} {{secrets.stage/B}} $secret.A";
    assert_eq!(shown(&mut vault, "prod/pay", source), "narrow global wide other global narrow");
}

#[test]
fn versions_and_fields_are_found() {
    let (_place, mut vault) = Place::new();
    for value in ["one", "two", "three"] {
        put(&mut vault, "A", value);
    }
    let mut fields = value("pw");
    fields.set("username".parse().unwrap(), SecretText::copied_from(b"ops"));
    vault.set(&at("DB"), Some(fields), MetadataChange::default(), "", Expected::Any).unwrap();
    put(&mut vault, "DB", "pw2");
    let source = "{{secrets.A}} {{secrets.A@previous}} {{secrets.A@1}} {{secrets.A@3}} {{secrets.DB@1#username}}";
    assert_eq!(shown(&mut vault, "global", source), "three two one three ops");
    let recorded = [("A", 3), ("A", 2), ("A", 1), ("DB", 1)].map(|(name, n)| (name.to_owned(), Some(n), true));
    assert_eq!(renders(&mut vault), recorded, "each version once");
}

#[test]
fn all_problems_are_found_and_nothing_is_released() {
    let (_place, mut vault) = Place::new();
    for name in ["GOOD", "OLD", "prod/Case"] {
        put(&mut vault, name, "canary");
    }
    expire(&mut vault, "OLD");
    let source = "{{secrets.GOOD}} {{secrets.NONE}}\n{{secrets.OLD}} {{secrets.GOOD@7}} {{secrets.GOOD@previous}}\n\
                  ä {{secrets.GOOD#user}} $env.STRONGROOM_TEST_UNSET $env.STRONGROOM_MASTER_KEY {{secrets.CASE}}";
    let survey = surveyed(&mut vault, "prod", source);
    let found: Vec<(String, Trouble)> =
        survey.problems().iter().map(|problem| (problem.place.to_string(), problem.trouble)).collect();
    let wanted = [
        ("1:18", Trouble::Missing),
        ("2:1", Trouble::Expired),
        ("2:17", Trouble::NoVersion),
        ("2:36", Trouble::NoVersion),
        ("3:3", Trouble::NoField),
        ("3:25", Trouble::Unset),
        ("3:52", Trouble::Refused),
        ("3:79", Trouble::Missing),
    ];
    assert_eq!(found, wanted.map(|(place, trouble)| (place.to_owned(), trouble)));
    assert_eq!(survey.problems()[1].secret, Some(at("OLD")));
    assert!(renders(&mut vault).is_empty(), "looking records nothing");
    let error = filled(&mut vault, "prod", source).err().unwrap();
    assert_eq!((error.kind(), error.details().len()), (Kind::NotFound, 8));
    assert!(!error.details().join(" ").contains("canary"));
    let told = renders(&mut vault);
    assert!(told.iter().all(|(_, _, is_given)| !is_given), "{told:?}");
    assert_eq!(told.len(), 4, "the expired one, two versions, and once all that is not there: {told:?}");
}

#[test]
fn an_expired_value_is_given_only_where_that_is_allowed() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "OLD", "old");
    expire(&mut vault, "OLD");
    assert_eq!(filled(&mut vault, "global", "{{secrets.OLD}}").err().unwrap().kind(), Kind::Expired);
    let template = Template::parse(b"{{secrets.OLD}}").unwrap();
    let texts = [Text { file: "t", template: &template }];
    let survey = survey(&mut vault, &texts, &context("global"), jiff::Timestamp::now()).unwrap();
    let given = fill(&mut vault, &texts, &survey, &Terms { allow_expired: true, ..TERMS }).ok().unwrap();
    assert_eq!(given.texts[0].expose(), b"old");
    let told: Vec<bool> = renders(&mut vault).into_iter().map(|(.., is_given)| is_given).collect();
    assert_eq!(told, [false, true]);
}

#[test]
fn what_changed_since_the_survey_is_told_with_its_places() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "a");
    put(&mut vault, "B", "b");
    let template = Template::parse(b"{{secrets.A}} {{secrets.B}}\n{{secrets.A | json}}").unwrap();
    let texts = [Text { file: "t", template: &template }];
    let survey = survey(&mut vault, &texts, &context("global"), jiff::Timestamp::now()).unwrap();
    expire(&mut vault, "A");
    let error = fill(&mut vault, &texts, &survey, &TERMS).err().unwrap();
    assert_eq!(error.kind(), Kind::Expired);
    assert!(error.details()[0].starts_with("t:1:1: A expired") && error.details()[1].starts_with("t:2:1: A expired"));
}

#[test]
fn a_filter_that_cannot_write_a_value_is_told_with_every_place() {
    let (_place, mut vault) = Place::new();
    let fields = strongroom::vault::secret::Fields::value(SecretText::copied_from(b"\xff\0canary"));
    vault.set(&at("BIN"), Some(fields), MetadataChange::default(), "", Expected::Any).unwrap();
    let source = "{{secrets.BIN | shell}} {{secrets.BIN|json}}\n{{secrets.BIN|yaml}} {{secrets.BIN|base64|json}}";
    let error = filled(&mut vault, "global", source).err().unwrap();
    assert_eq!(error.kind(), Kind::Usage);
    let starts = ["t:1:1: BIN cannot be written with shell", "t:1:25: BIN cannot be written with json", "t:2:1: BIN"];
    assert_eq!(error.details().len(), starts.len());
    for (told, start) in error.details().iter().zip(starts) {
        assert!(told.starts_with(start) && !told.contains("canary"), "{told}");
    }
}

#[test]
fn a_mask_gets_every_value_and_what_hides_it() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "it's");
    put(&mut vault, "B", "plain");
    let source = "{{secrets.A}} {{secrets.A | shell}} {{secrets.B | json}} {{secrets.B | base64}} $env.PATH";
    let filled = filled(&mut vault, "global", source).ok().unwrap();
    let masked: Vec<(String, &str)> =
        filled.released.iter().map(|one| (one.address.to_string(), one.value.expose_str().unwrap())).collect();
    let wanted = [("A", "it's"), ("B", "plain"), ("A", "'it'\\''s'"), ("B", "cGxhaW4=")];
    assert_eq!(masked, wanted.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn several_texts_share_what_they_release() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "A", "a");
    let (first, second) = (Template::parse(b"1 $secret.A").unwrap(), Template::parse(b"$secret.A 2").unwrap());
    let texts = [Text { file: "x", template: &first }, Text { file: "y", template: &second }];
    let survey = survey(&mut vault, &texts, &context("global"), jiff::Timestamp::now()).unwrap();
    let filled = fill(&mut vault, &texts, &survey, &TERMS).ok().unwrap();
    let shown: Vec<&[u8]> = filled.texts.iter().map(SecretText::expose).collect();
    assert_eq!(shown, [&b"1 a"[..], b"a 2"]);
    assert_eq!((renders(&mut vault).len(), filled.released.len()), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn values_are_never_scanned_again(parts in prop::collection::vec(prop::sample::select(vec![
        "{{secrets.A}}", "{{", "}}", "$secret.A", "$$secret.A", "\\{{secrets.A}}", "\\", "$", "{", "$env.PATH", "secrets.", "x",
    ]), 1..12)) {
        let (_place, mut vault) = Place::new();
        let value = parts.concat();
        put(&mut vault, "A", &value);
        for (before, after) in [("", ""), ("{{", "}}"), ("\\", ""), ("{", "secrets.A}}"), ("$", ".A")] {
            let reference = if before.is_empty() || before == "\\" { "$secret.A" } else { "{{ secrets.A }}" };
            let source = format!("{before}.{reference}.{after}");
            prop_assert_eq!(shown(&mut vault, "global", &source), format!("{before}.{value}.{after}"));
        }
    }
}
