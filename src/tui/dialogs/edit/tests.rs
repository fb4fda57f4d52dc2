//! The edit dialog, keys to effects.

use std::time::Instant;

use jiff::Timestamp;

use super::*;
use crate::secret_text::SecretText;
use crate::tui::press::Edit;
use crate::vault::MetadataChange;
use crate::vault::generate::Recipe;
use crate::vault::scope::Address;
use crate::vault::secret::{Metadata, SecretId};

fn now() -> Now {
    Now { instant: Instant::now(), time: Timestamp::from_second(1_800_000_000).unwrap() }
}

fn act(dialog: &mut EditDialog, action: Action) -> Step {
    dialog.update(Input::Press(Press::Action(action)), now())
}

fn type_at(dialog: &mut EditDialog, place: Place, text: &str) {
    dialog.focus = place;
    dialog.update(Input::Press(Press::Edit(Edit::DeleteToStart)), now());
    for character in text.chars() {
        dialog.update(Input::Press(Press::Type(character)), now());
    }
}

fn added() -> EditDialog {
    let mut dialog = EditDialog::add("prod".parse().unwrap());
    type_at(&mut dialog, Place::Name, "KEY");
    type_at(&mut dialog, Place::Value(0), "s3cret");
    dialog
}

fn secret() -> Secret {
    let time = Timestamp::from_second(1_700_000_000).unwrap();
    Secret {
        id: SecretId([1; 16]),
        address: Address::parse("prod/KEY", &ScopePath::root()).unwrap(),
        version: 7,
        fields: vec!["username".parse().unwrap(), "value".parse().unwrap()],
        metadata: Metadata {
            description: "Old".into(),
            tags: vec!["a".into()],
            expires_at: Some(time),
            ..Metadata::default()
        },
        created_at: time,
        created_by: "ops@host".into(),
        updated_at: time,
        value_changed_at: time,
        last_rotated: None,
        deleted_at: None,
    }
}

fn edited() -> EditDialog {
    let mut fields = Fields::default();
    fields.set("username".parse().unwrap(), SecretText::copied_from(b"ops"));
    fields.set("value".parse().unwrap(), SecretText::copied_from(b"old"));
    EditDialog::edit(secret(), fields)
}

/// The request, taken apart.
struct Sent {
    address: String,
    fields: Option<Vec<(String, Vec<u8>)>>,
    metadata: MetadataChange,
    reason: String,
    expected: Expected,
}

fn sent(mut step: Step) -> Sent {
    let Some(Effect::Vault(Request::Set { address, fields, metadata, reason, expected })) = step.effects.pop() else {
        panic!("no request")
    };
    let plain = |fields: Fields| {
        fields.iter().map(|(name, value)| (name.to_string(), value.expose().to_vec())).collect::<Vec<_>>()
    };
    Sent { address: address.to_string(), fields: fields.map(plain), metadata, reason, expected }
}

#[test]
fn a_new_secret_with_everything() {
    let mut dialog = added();
    dialog.focus = Place::AddField;
    assert_eq!(dialog.context(), Context::Choice);
    act(&mut dialog, Action::Submit);
    type_at(&mut dialog, Place::FieldName(1), "username");
    type_at(&mut dialog, Place::Value(1), "ops");
    for (meta, text) in [
        (Meta::Description, "Stripe"),
        (Meta::Tags, "pay, db pay"),
        (Meta::Expires, "30d"),
        (Meta::Rotation, "90"),
        (Meta::Owner, "ana"),
        (Meta::Json, r#"{"account": "acct_1"}"#),
        (Meta::Reason, "first one"),
    ] {
        type_at(&mut dialog, Place::Meta(meta), text);
    }
    let sent = sent(act(&mut dialog, Action::Submit));
    assert_eq!(sent.address, "prod/KEY");
    assert_eq!(sent.fields.unwrap(), [("value".into(), b"s3cret".to_vec()), ("username".into(), b"ops".to_vec())]);
    let expires = Timestamp::from_second(1_800_000_000 + 30 * 86_400).unwrap();
    let wanted = MetadataChange {
        description: Some("Stripe".into()),
        tags: Some(vec!["db".into(), "pay".into()]),
        expires_at: Some(Some(expires)),
        rotation_days: Some(Some(90)),
        owner: Some("ana".into()),
        json: Some(Some(serde_json::json!({"account": "acct_1"}))),
    };
    assert_eq!((sent.metadata, sent.reason.as_str(), sent.expected), (wanted, "first one", Expected::Absent));
    // A second Enter while it is saved does nothing.
    assert!(act(&mut dialog, Action::Submit).effects.is_empty());
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let cases: [(Place, &str, &str); 9] = [
        (Place::Scope, "a//b", "scope segment"),
        (Place::Name, "", "Give the secret a name"),
        (Place::Name, "a b", "not allowed"),
        (Place::Name, "a\u{202e}b", "control or invisible"),
        (Place::Value(0), "", "needs a value"),
        (Place::Meta(Meta::Expires), "soon", ""),
        (Place::Meta(Meta::Rotation), "0", "whole number of days"),
        (Place::Meta(Meta::Json), r#"{"a": oops}"#, "goes wrong at character 7"),
        (Place::Meta(Meta::Description), "a\u{200b}", "control or invisible"),
    ];
    for (place, text, wanted) in cases {
        let mut dialog = added();
        type_at(&mut dialog, place, text);
        dialog.focus = Place::Meta(Meta::Owner);
        assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "{place:?}");
        let (at, why) = dialog.bad.clone().unwrap();
        assert_eq!((at, dialog.focus), (place, place));
        assert!(why.contains(wanted) && !why.contains('\u{202e}'), "{why}");
    }
}

#[test]
fn an_edit_sends_what_changed_only() {
    let mut dialog = edited();
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "nothing changed");
    type_at(&mut dialog, Place::Meta(Meta::Description), "New");
    let only_metadata = sent(act(&mut dialog, Action::Submit));
    assert!(only_metadata.fields.is_none());
    assert_eq!(only_metadata.metadata, MetadataChange { description: Some("New".into()), ..Default::default() });
    assert_eq!(only_metadata.expected, Expected::Version(7));

    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(0), "new");
    type_at(&mut dialog, Place::Meta(Meta::Expires), "never");
    let sent = sent(act(&mut dialog, Action::Submit));
    assert_eq!(sent.fields.unwrap(), [("username".into(), b"ops".to_vec()), ("value".into(), b"new".to_vec())]);
    assert_eq!(sent.metadata, MetadataChange { expires_at: Some(None), ..Default::default() });
}

#[test]
fn metadata_that_is_json_can_be_changed_and_emptied() {
    let mut secret = secret();
    secret.metadata.json = Some(serde_json::json!({"mode": "live", "account": "acct_1"}));
    let edited = || EditDialog::edit(secret.clone(), Fields::value(SecretText::copied_from(b"old")));
    let mut dialog = edited();
    assert_eq!(dialog.metadata.input(Meta::Json).text(), r#"{"mode":"live","account":"acct_1"}"#);
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "nothing changed");
    type_at(&mut dialog, Place::Meta(Meta::Json), "");
    let change = sent(act(&mut dialog, Action::Submit)).metadata;
    assert_eq!(change, MetadataChange { json: Some(None), ..MetadataChange::default() });
    let mut dialog = edited();
    type_at(&mut dialog, Place::Meta(Meta::Json), "[1, 2]");
    assert_eq!(sent(act(&mut dialog, Action::Submit)).metadata.json, Some(Some(serde_json::json!([1, 2]))));
}

#[test]
fn an_emptied_field_goes() {
    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(1), "");
    assert_eq!(sent(act(&mut dialog, Action::Submit)).fields.unwrap().len(), 1);
}

#[test]
fn another_session_was_faster() {
    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(0), "mine");
    act(&mut dialog, Action::Submit);
    dialog.update(Input::Failed(Error::version_conflict("Version 9 is current.", 9)), now());
    assert_eq!(dialog.context(), Context::Form, "where Enter saves");
    let again = sent(act(&mut dialog, Action::Submit));
    assert_eq!(again.expected, Expected::Version(9));
    assert!(again.fields.unwrap().contains(&("value".into(), b"mine".to_vec())));

    // A taken name is no reason to write over it.
    let mut dialog = added();
    act(&mut dialog, Action::Submit);
    dialog.update(Input::Failed(Error::version_conflict("prod/KEY exists.", 2)), now());
    assert_eq!(dialog.focus, Place::Name);
    assert_eq!(sent(act(&mut dialog, Action::Submit)).expected, Expected::Absent);
}

#[test]
fn generating_goes_through_the_recipes() {
    let mut dialog = EditDialog::add(ScopePath::root());
    let mut asked = Vec::new();
    for _ in 0..7 {
        let mut step = act(&mut dialog, Action::Generate);
        let Some(Effect::Generate(recipe)) = step.effects.pop() else { panic!("no recipe") };
        let value = SecretText::copied_from(b"made");
        dialog.update(Input::Generated(Generated { value, entropy_bits: 190.0, recipe: recipe.clone() }), now());
        asked.push(recipe);
    }
    assert_eq!(asked[0], asked[6]);
    assert_eq!(asked[5], Recipe::Uuid);
    assert!(!dialog.rows[0].is_shown() && !dialog.rows[0].is_empty());
}

#[test]
fn lines_come_with_a_paste() {
    let mut dialog = EditDialog::add(ScopePath::root());
    dialog.focus = Place::Value(0);
    assert_eq!(dialog.context(), Context::Form);
    dialog.update(Input::Paste(SecretText::copied_from(b"a\nb")), now());
    assert_eq!(dialog.context(), Context::Lines);
}

#[test]
fn esc_asks_once_when_something_would_be_lost() {
    assert!(act(&mut EditDialog::add(ScopePath::root()), Action::Cancel).close);
    assert!(act(&mut edited(), Action::Cancel).close);
    let mut dialog = added();
    assert!(!act(&mut dialog, Action::Cancel).close);
    act(&mut dialog, Action::NextField);
    assert!(!act(&mut dialog, Action::Cancel).close);
    assert!(act(&mut dialog, Action::Cancel).close);
}

#[test]
fn tab_visits_every_place_and_comes_back() {
    for mut dialog in [added(), edited()] {
        let start = dialog.focus;
        let places = dialog.places().len();
        for _ in 0..places {
            act(&mut dialog, Action::NextField);
        }
        assert_eq!(dialog.focus, start);
    }
}
