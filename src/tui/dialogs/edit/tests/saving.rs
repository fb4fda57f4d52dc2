//! What the form sends, and what it says is wrong.

use super::*;

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
    assert_eq!(sent.set, [("value".into(), b"s3cret".to_vec()), ("username".into(), b"ops".to_vec())]);
    let expires = Timestamp::from_second(1_800_000_000 + 30 * 86_400).unwrap();
    let wanted = MetadataChange {
        description: Some("Stripe".into()),
        tags: Some(vec!["db".into(), "pay".into()]),
        expires_at: Some(Some(expires)),
        rotation_days: Some(Some(90)),
        owner: Some("ana".into()),
        json: Some(Some(serde_json::json!({"account": "acct_1"}))),
        recipe: None,
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
        (Place::Meta(Meta::Json), r#"{"a": oops}"#, "no JSON at character 7: a value should stand here"),
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
    assert!(only_metadata.set.is_empty() && only_metadata.remove.is_empty());
    assert_eq!(only_metadata.metadata, MetadataChange { description: Some("New".into()), ..Default::default() });
    assert_eq!(only_metadata.expected, Expected::This(ID, None), "no version is overwritten");

    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(0), "new");
    type_at(&mut dialog, Place::Meta(Meta::Expires), "never");
    let sent = sent(act(&mut dialog, Action::Submit));
    assert_eq!((sent.set, sent.expected), (vec![("value".into(), b"new".to_vec())], Expected::This(ID, Some(7))));
    assert_eq!(sent.metadata, MetadataChange { expires_at: Some(None), ..Default::default() });
}

#[test]
fn metadata_that_is_json_can_be_changed_and_emptied() {
    let mut secret = secret();
    secret.metadata.json = Some(serde_json::json!({"mode": "live", "account": "acct_1"}));
    let edited = || EditDialog::edit(&secret);
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
fn an_emptied_field_goes_and_backspace_brings_it_back() {
    for mut dialog in [edited(), opened()] {
        type_at(&mut dialog, Place::Value(1), "");
        assert_eq!(sent(act(&mut dialog, Action::Submit)).remove, ["username"]);
    }
    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(1), "");
    dialog.update(Input::Press(Press::Edit(Edit::Backspace)), now());
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "nothing changed");
}

#[test]
fn an_expiry_is_readable_and_a_past_one_is_asked_about_once() {
    let mut dialog = edited();
    let shown = dialog.metadata.input(Meta::Expires).text().to_owned();
    assert!(shown.starts_with("2023-11-1") && !shown.ends_with('Z'), "{shown}");
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "nothing changed");
    type_at(&mut dialog, Place::Meta(Meta::Expires), "2020-01-01");
    assert!(dialog.metadata.remark(Meta::Expires).unwrap().contains("is past"));
    assert!(act(&mut dialog, Action::Submit).effects.is_empty());
    assert!(dialog.bad.as_ref().unwrap().1.contains("This is past"));
    assert!(sent(act(&mut dialog, Action::Submit)).metadata.expires_at.unwrap().is_some());
    let mut dialog = edited();
    type_at(&mut dialog, Place::Meta(Meta::Expires), "30d");
    assert!(dialog.metadata.remark(Meta::Expires).unwrap().contains("in 30 days"));
    act(&mut dialog, Action::Submit);
    assert!(dialog.writing.is_saving);
}
