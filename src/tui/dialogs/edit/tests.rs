//! The edit dialog, keys to effects.

mod overtaken;
mod saving;
mod values;

use std::time::Instant;

use jiff::Timestamp;

use super::*;
use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::effect::{Effect, Request};
use crate::tui::files::Completion;
use crate::tui::keymap::Keys;
use crate::tui::press::Edit;
use crate::tui::theirs::{Taken, Theirs};
use crate::tui::theme::Theme;
use crate::vault::compare::ShapeDiff;
use crate::vault::generate::{Generated, Recipe};
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Metadata, Origin, SecretId, Version};
use crate::vault::{Expected, MetadataChange};

const ID: SecretId = SecretId([1; 16]);

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
        rotation: Default::default(),
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
        Some(Effect::Vault(Request::Amend { address, fields, metadata, reason, expected, .. })) => Sent {
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

fn generated(text: &[u8]) -> Input {
    let value = SecretText::copied_from(text);
    Input::Generated(Generated { value, entropy_bits: 1.0, recipe: Recipe::Uuid })
}
