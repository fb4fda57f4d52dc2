//! The edit dialog, keys to effects.

use std::time::Instant;

use jiff::Timestamp;

use super::*;
use crate::secret_text::SecretText;
use crate::tui::files::Completion;
use crate::tui::press::Edit;
use crate::tui::theirs::{Taken, Theirs};
use crate::vault::MetadataChange;
use crate::vault::compare::ShapeDiff;
use crate::vault::generate::Recipe;
use crate::vault::scope::Address;
use crate::vault::secret::{Metadata, Origin, SecretId, Version};

const ID: SecretId = SecretId([1; 16]);

/// Another session wrote this version, and moved the secret perhaps.
fn newer(number: u64, to: Option<Address>) -> Theirs {
    let version = |number| Version {
        number,
        created_at: now().time,
        created_by: "ana@host".to_owned(),
        reason: String::new(),
        origin: Origin::Rotated,
    };
    let (before, after) = (version(7), version(number));
    Theirs::Newer { diff: Box::new(ShapeDiff { id: ID, before, after, current: number, fields: Vec::new() }), to }
}

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
        id: ID,
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
    EditDialog::edit(&secret())
}

/// The vault's fields of the secret that is edited.
fn held() -> Fields {
    let mut fields = Fields::default();
    fields.set("username".parse().unwrap(), SecretText::copied_from(b"ops"));
    fields.set("value".parse().unwrap(), SecretText::copied_from(b"old"));
    fields
}

/// The dialog after its fields were opened.
fn opened() -> EditDialog {
    let mut dialog = edited();
    let step = act(&mut dialog, Action::ShowTyped);
    assert!(matches!(&step.effects[..], [Effect::Vault(Request::OpenToEdit { version: 7, .. })]));
    let until = now().instant;
    dialog.update(Input::Opened { id: secret().id, version: 7, fields: held(), until }, now());
    dialog
}

/// The request, taken apart: new values, fields that go, and renamed ones.
#[derive(Debug)]
struct Sent {
    address: String,
    set: Vec<(String, Vec<u8>)>,
    remove: Vec<String>,
    rename: Vec<(String, String)>,
    metadata: MetadataChange,
    reason: String,
    expected: Expected,
}

fn sent(mut step: Step) -> Sent {
    let plain = |fields: Fields| {
        fields.iter().map(|(name, value)| (name.to_string(), value.expose().to_vec())).collect::<Vec<_>>()
    };
    match step.effects.pop() {
        Some(Effect::Vault(Request::Set { address, fields, metadata, reason, expected })) => {
            let (set, address) = (plain(fields.unwrap()), address.to_string());
            Sent { address, set, remove: Vec::new(), rename: Vec::new(), metadata, reason, expected }
        }
        Some(Effect::Vault(Request::Amend { address, fields, metadata, reason, expected })) => Sent {
            address: address.to_string(),
            set: plain(fields.set),
            remove: fields.remove.iter().map(ToString::to_string).collect(),
            rename: fields.rename.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect(),
            metadata,
            reason,
            expected,
        },
        _ => panic!("no request"),
    }
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
    assert_eq!(sent.set, [("value".into(), b"s3cret".to_vec()), ("username".into(), b"ops".to_vec())]);
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
        (Place::Meta(Meta::Json), r#"{"a": oops}"#, "no JSON at character 7: expected value"),
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
fn a_value_is_opened_only_to_be_seen() {
    // Typed over, unseen.
    let mut dialog = edited();
    dialog.focus = Place::Value(1);
    for character in "me".chars() {
        assert!(dialog.update(Input::Press(Press::Type(character)), now()).effects.is_empty());
    }
    let sent = sent(act(&mut dialog, Action::Submit));
    assert_eq!(sent.set, [("username".into(), b"me".to_vec())]);
    // Opened, it is edited where it stands; typed back, nothing changed.
    let mut dialog = opened();
    assert!(dialog.rows.iter().all(FieldRow::is_shown));
    dialog.focus = Place::Value(1);
    dialog.update(Input::Press(Press::Type('!')), now());
    dialog.update(Input::Press(Press::Edit(Edit::Backspace)), now());
    assert!(act(&mut dialog, Action::Submit).effects.is_empty());
    dialog.update(Input::Press(Press::Type('!')), now());
    assert_eq!(self::sent(act(&mut dialog, Action::Submit)).set, [("username".into(), b"ops!".to_vec())]);
    // What was typed before the values came stays typed.
    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(1), "mine");
    act(&mut dialog, Action::ShowTyped);
    let until = now().instant;
    dialog.update(Input::Opened { id: secret().id, version: 7, fields: held(), until }, now());
    assert_eq!(self::sent(act(&mut dialog, Action::Submit)).set, [("username".into(), b"mine".to_vec())]);
    // Another version's values are not taken for these.
    let mut dialog = edited();
    act(&mut dialog, Action::ShowTyped);
    dialog.update(Input::Opened { id: secret().id, version: 8, fields: held(), until }, now());
    assert!(dialog.rows.iter().all(FieldRow::is_unopened));
}

#[test]
fn a_field_gets_another_name_unopened() {
    let mut dialog = edited();
    dialog.focus = Place::Value(1);
    act(&mut dialog, Action::RenameField);
    assert_eq!(dialog.focus, Place::FieldName(1));
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "the same name is no change");
    type_at(&mut dialog, Place::FieldName(1), "login");
    let renamed = sent(act(&mut dialog, Action::Submit));
    assert_eq!((renamed.rename, renamed.set), (vec![("username".into(), "login".into())], Vec::new()));
    let mut dialog = edited();
    dialog.focus = Place::Value(1);
    act(&mut dialog, Action::RenameField);
    type_at(&mut dialog, Place::FieldName(1), "value");
    act(&mut dialog, Action::Submit);
    assert!(dialog.bad.unwrap().1.contains("already"));
    let mut dialog = edited();
    dialog.focus = Place::Value(0);
    act(&mut dialog, Action::RenameField);
    assert_eq!(dialog.focus, Place::Value(0), "the main field keeps its name");
}

#[test]
fn what_is_pointed_out_is_mended_by_a_key() {
    let mut dialog = EditDialog::add(ScopePath::root());
    type_at(&mut dialog, Place::Name, "KEY");
    dialog.focus = Place::Value(0);
    dialog.update(Input::Paste(SecretText::copied_from(b"\xef\xbb\xbfa\r\nb\r\n")), now());
    for _ in 0..4 {
        act(&mut dialog, Action::Mend);
    }
    assert_eq!(sent(act(&mut dialog, Action::Submit)).set, [("value".into(), b"a\nb".to_vec())]);
}

#[test]
fn a_file_is_read_into_the_field_in_focus() {
    let mut dialog = edited();
    dialog.focus = Place::Value(1);
    act(&mut dialog, Action::ReadFile);
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "no path yet");
    for character in "/etc/k".chars() {
        dialog.update(Input::Press(Press::Type(character)), now());
    }
    let step = act(&mut dialog, Action::NextField);
    assert!(matches!(&step.effects[..], [Effect::CompletePath(typed)] if typed == "/etc/k"));
    let completion = |typed: &str| Completion { typed: typed.into(), completed: "/etc/key".into(), names: Vec::new() };
    dialog.update(Input::Completed(completion("/et")), now());
    dialog.update(Input::Completed(completion("/etc/k")), now());
    let step = act(&mut dialog, Action::Submit);
    assert!(matches!(&step.effects[..], [Effect::ReadFile(path)] if path == "/etc/key"));
    // What cannot be read is said, and the path can be mended.
    dialog.update(Input::FileRead(Err(Error::denied("It cannot be read."))), now());
    assert!(dialog.reading.as_ref().unwrap().1.problem.as_ref().unwrap().contains("cannot be read"));
    act(&mut dialog, Action::Submit);
    dialog.update(Input::FileRead(Ok(SecretText::copied_from(&[0xff, 0, b'\n']))), now());
    assert_eq!(dialog.context(), Context::Lines);
    assert_eq!(sent(act(&mut dialog, Action::Submit)).set, [("username".into(), vec![0xff, 0, b'\n'])]);
    // Leaving it changes nothing.
    let mut dialog = edited();
    act(&mut dialog, Action::ReadFile);
    assert!(!act(&mut dialog, Action::Cancel).close);
    assert!(act(&mut dialog, Action::Submit).effects.is_empty());
}

#[test]
fn several_fields_are_offered_and_nothing_is_taken_apart_unasked() {
    let paste = SecretText::copied_from(b"A=1\nB=2\n");
    let mut dialog = EditDialog::add(ScopePath::root());
    type_at(&mut dialog, Place::Name, "KEY");
    dialog.update(Input::Paste(paste.duplicate()), now());
    assert_eq!(dialog.context(), Context::Choice);
    act(&mut dialog, Action::Submit);
    let set = sent(act(&mut dialog, Action::Submit)).set;
    assert_eq!(set, [("A".into(), b"1".to_vec()), ("B".into(), b"2".to_vec())]);
    let mut dialog = EditDialog::add(ScopePath::root());
    type_at(&mut dialog, Place::Name, "KEY");
    dialog.update(Input::Paste(paste.duplicate()), now());
    act(&mut dialog, Action::Cancel);
    dialog.focus = Place::Name;
    assert_eq!(sent(act(&mut dialog, Action::Submit)).set, [("value".into(), b"A=1\nB=2\n".to_vec())]);
    // Where a value stands already it goes where the cursor is.
    let mut dialog = added();
    dialog.update(Input::Paste(paste), now());
    assert!(dialog.offer.is_none());
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

/// The dialog after its save met version 9 of another session.
fn in_conflict(mut dialog: EditDialog) -> EditDialog {
    type_at(&mut dialog, Place::Value(0), "mine");
    act(&mut dialog, Action::Submit);
    let step = dialog.update(Input::Failed(Error::version_conflict("Version 9 is current.", 9)), now());
    assert!(matches!(&step.effects[..], [Effect::Vault(Request::Theirs { seen: 7, .. })]));
    act(&mut dialog, Action::NextChoice);
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "it is not known yet what happened");
    act(&mut dialog, Action::PreviousChoice);
    dialog.update(Input::Theirs(ID, newer(9, None)), now());
    dialog
}

#[test]
fn another_session_was_faster() {
    let mut dialog = in_conflict(edited());
    assert_eq!(dialog.context(), Context::Choice);
    // Mine over theirs.
    act(&mut dialog, Action::NextChoice);
    let again = sent(act(&mut dialog, Action::Submit));
    assert_eq!((again.expected, again.set), (Expected::This(ID, Some(9)), vec![("value".into(), b"mine".to_vec())]));
    // Theirs: the form closes.
    let mut dialog = in_conflict(edited());
    act(&mut dialog, Action::PreviousChoice);
    assert!(act(&mut dialog, Action::Submit).close);
    // Back to the form, with everything that was typed.
    let mut dialog = in_conflict(edited());
    assert!(!act(&mut dialog, Action::Cancel).close);
    assert_eq!(dialog.context(), Context::Form);
    let once_more = sent(act(&mut dialog, Action::Submit));
    assert_eq!(
        (once_more.expected, once_more.set),
        (Expected::This(ID, Some(7)), vec![("value".into(), b"mine".to_vec())])
    );
    // An Enter typed ahead decides nothing.
    let mut dialog = in_conflict(edited());
    let step = act(&mut dialog, Action::Submit);
    assert!(step.effects.is_empty() && !step.close);

    // A taken name is no reason to write over it.
    let mut dialog = added();
    act(&mut dialog, Action::Submit);
    dialog.update(Input::Failed(Error::version_conflict("prod/KEY exists.", 2)), now());
    assert_eq!(dialog.focus, Place::Name);
    assert_eq!(sent(act(&mut dialog, Action::Submit)).expected, Expected::Absent);
}

#[test]
fn theirs_is_opened_only_when_asked_and_hidden_again() {
    let mut dialog = in_conflict(edited());
    act(&mut dialog, Action::Submit);
    let step = act(&mut dialog, Action::ShowTyped);
    assert!(matches!(&step.effects[..], [Effect::Vault(Request::Reveal { version: Some(9), .. })]));
    let start = now();
    let until = start.instant + std::time::Duration::from_secs(10);
    dialog.update(Input::Opened { id: secret().id, version: 9, fields: held(), until }, start);
    assert_eq!(dialog.next_deadline(), Some(until));
    dialog.tick(Now { instant: until, ..start });
    assert_eq!(dialog.next_deadline(), None);
    assert!(!dialog.rows.iter().any(FieldRow::is_shown));
    assert!(dialog.rows[1].is_unopened(), "theirs never gets into the form");
}

#[test]
fn mine_survives_a_deleted_and_a_destroyed_secret() {
    let gone = |theirs: Theirs| {
        let mut dialog = edited();
        type_at(&mut dialog, Place::Value(0), "mine");
        act(&mut dialog, Action::Submit);
        dialog.update(Input::Failed(Error::not_found("There is no secret prod/KEY.")), now());
        dialog.update(Input::Theirs(secret().id, theirs), now());
        act(&mut dialog, Action::NextChoice);
        act(&mut dialog, Action::Submit)
    };
    let (by, at) = ("ana@host".to_owned(), now().time);
    let place = |text: &str| Address::parse(text, &ScopePath::root()).unwrap();
    let from = place("prod/db/KEY");
    let mut step = gone(Theirs::Deleted { by: by.clone(), at, from: from.clone(), taken: None });
    let Some(Effect::Vault(Request::RestoreThen { address, deleted_at, write })) = step.effects.pop() else {
        panic!("nothing is restored")
    };
    assert_eq!((address, deleted_at), (from.clone(), at));
    let again = sent(Step { effects: vec![Effect::Vault(*write)], ..Step::default() });
    let mine = vec![("value".to_owned(), b"mine".to_vec())];
    assert_eq!((again.address.as_str(), again.expected), ("prod/db/KEY", Expected::This(ID, Some(7))));
    assert_eq!(again.set, mine);
    let moved = sent(gone(Theirs::Moved { to: from.clone(), version: 7 }));
    assert_eq!((moved.address.as_str(), moved.expected), ("prod/db/KEY", Expected::This(ID, Some(7))));
    let moved = sent(gone(newer(9, Some(from.clone()))));
    assert_eq!((moved.address.as_str(), moved.expected), ("prod/db/KEY", Expected::This(ID, Some(9))));
    let anew = sent(gone(Theirs::Destroyed { by: by.clone(), at, taken: None }));
    assert_eq!((anew.expected, anew.set), (Expected::Absent, mine));
    let other = Taken { id: SecretId([2; 16]), version: 3 };
    let over = sent(gone(Theirs::Destroyed { by: by.clone(), at, taken: Some(other) }));
    assert_eq!((over.address.as_str(), over.expected), ("prod/KEY", Expected::This(other.id, Some(3))));
    let over = sent(gone(Theirs::Deleted { by, at, from, taken: Some(other) }));
    assert_eq!((over.address.as_str(), over.expected), ("prod/db/KEY", Expected::This(other.id, Some(3))));
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
    assert!(!dialog.rows[0].is_shown() && dialog.rows[0].has_value());
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

#[test]
fn a_value_that_is_the_current_one_is_said_to_be_before_it_is_saved() {
    let told = |dialog: &EditDialog| {
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(100, 40)).unwrap();
        let (keymap, theme) = (crate::tui::keymap::Keymap::default(), Theme::default());
        let keys = Keys::new(&keymap, dialog.context());
        terminal.draw(|frame| dialog.draw(keys, &theme, frame.area(), frame)).unwrap();
        terminal.backend().to_string().contains("same as the current value")
    };
    let mut dialog = edited();
    type_at(&mut dialog, Place::Value(0), "old");
    let step = act(&mut dialog, Action::NextField);
    let [Effect::Vault(Request::FindSame { fields, ticket, .. })] = &step.effects[..] else { panic!("not asked") };
    assert_eq!((fields.len(), fields.get("value").unwrap().expose()), (1, &b"old"[..]));
    let (ticket, names) = (*ticket, vec!["value".parse().unwrap()]);
    dialog.update(Input::Same { id: ID, names: names.clone(), ticket }, now());
    assert!(told(&dialog));
    // What is typed after it is not the same any more, and a late answer about it changes nothing.
    dialog.focus = Place::Value(0);
    dialog.update(Input::Press(Press::Type('x')), now());
    assert!(!told(&dialog));
    dialog.update(Input::Same { id: ID, names: names.clone(), ticket }, now());
    assert!(!told(&dialog));
    // A paste and a generated value are compared at once; a new secret has nothing to compare with.
    for input in [Input::Paste(SecretText::copied_from(b"old")), generated(b"old")] {
        let mut dialog = edited();
        act(&mut dialog, Action::Generate);
        assert!(matches!(&dialog.update(input, now()).effects[..], [Effect::Vault(Request::FindSame { .. })]));
    }
    assert!(added().update(Input::Paste(SecretText::copied_from(b"old")), now()).effects.is_empty());
}

#[test]
fn what_is_typed_is_replaced_by_a_generated_value_only_on_a_second_key() {
    let mut dialog = added();
    dialog.focus = Place::Value(0);
    dialog.update(Input::Press(Press::Type('x')), now());
    dialog.focus = Place::Name;
    assert!(act(&mut dialog, Action::Generate).effects.is_empty(), "also from another place");
    assert!(matches!(&act(&mut dialog, Action::Generate).effects[..], [Effect::Generate(_)]));
    dialog.update(generated(b"made"), now());
    assert!(matches!(&act(&mut dialog, Action::Generate).effects[..], [Effect::Generate(_)]), "another kind at once");
}

fn generated(text: &[u8]) -> Input {
    let value = SecretText::copied_from(text);
    Input::Generated(Generated { value, entropy_bits: 1.0, recipe: Recipe::Uuid })
}
