//! The rotate dialog, keys to effects.

use std::time::Instant;

use jiff::Timestamp;

use super::*;
use crate::secret_text::SecretText;
use crate::tui::press::Edit;
use crate::tui::theirs::Theirs;
use crate::vault::Expected;
use crate::vault::compare::ShapeDiff;
use crate::vault::generate::{Alphabet, Class, Generated, Must, Recipe};
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{Metadata, Origin, SecretId, Version};

const ID: SecretId = SecretId([1; 16]);

/// Another session wrote this version.
fn newer(number: u64) -> Theirs {
    let version = |number| Version {
        number,
        created_at: Timestamp::UNIX_EPOCH,
        created_by: "ana@host".to_owned(),
        reason: String::new(),
        origin: Origin::Rotated,
        steps: Vec::new(),
    };
    let (before, after) = (version(7), version(number));
    Theirs::Newer { diff: Box::new(ShapeDiff { id: ID, before, after, current: number, fields: Vec::new() }), to: None }
}

fn dialog() -> RotateDialog {
    let time = Timestamp::UNIX_EPOCH;
    RotateDialog::new(&Secret {
        id: ID,
        address: Address::parse("prod/KEY", &ScopePath::root()).unwrap(),
        version: 7,
        fields: Vec::new(),
        metadata: Metadata::default(),
        created_at: time,
        created_by: String::new(),
        updated_at: time,
        value_changed_at: time,
        last_rotated: None,
        deleted_at: None,
        rotation: Default::default(),
    })
}

fn give(dialog: &mut RotateDialog, input: Input) -> Step {
    dialog.update(input, Now { instant: Instant::now(), time: Timestamp::UNIX_EPOCH })
}

fn act(dialog: &mut RotateDialog, actions: &[Action]) -> Step {
    actions.iter().fold(Step::default(), |_, action| give(dialog, Input::Press(Press::Action(*action))))
}

fn type_in(dialog: &mut RotateDialog, text: &str) {
    for character in text.chars() {
        give(dialog, Input::Press(Press::Type(character)));
    }
}

fn paste(dialog: &mut RotateDialog, text: &[u8]) {
    give(dialog, Input::Paste(SecretText::copied_from(text)));
}

fn made(dialog: &mut RotateDialog, text: &[u8]) -> Step {
    let value = SecretText::copied_from(text);
    give(dialog, Input::Generated(Generated { value, entropy_bits: 190.0, recipe: Recipe::Uuid }))
}

/// Value, reason and expectation of the request.
fn sent(mut step: Step) -> (Vec<u8>, String, Expected) {
    let Some(Effect::Vault(Request::Rotate { address, fields, reason, expected, .. })) = step.effects.pop() else {
        panic!("no request")
    };
    assert_eq!(address.to_string(), "prod/KEY");
    (fields.get("value").unwrap().expose().to_vec(), reason, expected)
}

#[test]
fn enter_alone_generates_and_rotates_and_gives_no_reason() {
    let mut dialog = dialog();
    let step = act(&mut dialog, &[Action::Submit]);
    let must = Must::Each(vec![Class::Lower, Class::Upper, Class::Digit]);
    let wanted = Recipe::Password { length: 32, alphabet: Alphabet::Alphanumeric, must };
    assert!(matches!(step.effects.as_slice(), [Effect::Generate(recipe)] if *recipe == wanted));
    let (value, reason, expected) = sent(made(&mut dialog, b"made"));
    assert_eq!((value.as_slice(), reason.as_str(), expected), (b"made".as_slice(), "", Expected::This(ID, Some(7))));
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty(), "it is being saved");
}

#[test]
fn a_value_can_be_looked_at_before_it_is_saved() {
    let mut dialog = dialog();
    assert_eq!(act(&mut dialog, &[Action::Generate]).effects.len(), 1);
    assert!(made(&mut dialog, b"one").effects.is_empty());
    assert_eq!(sent(act(&mut dialog, &[Action::Submit])).0, b"one");
}

#[test]
fn recipe_and_size_are_chosen() {
    let mut dialog = dialog();
    act(&mut dialog, &[Action::NextField, Action::NextChoice, Action::NextChoice, Action::NextField]);
    act(&mut dialog, &[Action::PreviousChoice]);
    type_in(&mut dialog, "+x-+");
    let step = act(&mut dialog, &[Action::Generate]);
    assert!(matches!(step.effects.as_slice(), [Effect::Generate(Recipe::Passphrase { words: 8 })]));
    made(&mut dialog, b"eight");
    act(&mut dialog, &[Action::NextChoice]);
    assert!(dialog.value.is_empty(), "made by another size");
    // A size that cannot be made is said, not sent.
    give(&mut dialog, Input::Press(Press::Edit(Edit::DeleteToStart)));
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty());
    type_in(&mut dialog, "9999");
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty());
    // A UUID has no size.
    act(&mut dialog, &[Action::PreviousField, Action::NextChoice, Action::NextChoice, Action::NextChoice]);
    assert_eq!(dialog.places(), [Place::Source, Place::Recipe, Place::Reason, Place::Then]);
    assert!(matches!(act(&mut dialog, &[Action::Generate]).effects.as_slice(), [Effect::Generate(Recipe::Uuid)]));
}

#[test]
fn what_must_be_in_it_is_chosen() {
    let mut dialog = dialog();
    act(&mut dialog, &[Action::NextField, Action::NextChoice, Action::NextField, Action::NextField]);
    assert_eq!((dialog.focus, dialog.context()), (Place::Classes, Context::Form));
    // From the first to the second and the fourth: upper and symbol are not asked for.
    for press in [Press::Edit(Edit::Right), Press::Type(' '), Press::Edit(Edit::End), Press::Type(' ')] {
        give(&mut dialog, Input::Press(press));
    }
    let step = act(&mut dialog, &[Action::Generate]);
    let [Effect::Generate(Recipe::Password { length: 32, alphabet: Alphabet::Symbols, must })] = &step.effects[..]
    else {
        panic!("no password")
    };
    assert_eq!(*must, Must::Each(vec![Class::Lower, Class::Digit]));
    made(&mut dialog, b"made");
    give(&mut dialog, Input::Press(Press::Type(' ')));
    assert!(dialog.value.is_empty(), "made by another rule");
    // What cannot be had is said, not sent.
    act(&mut dialog, &[Action::PreviousField]);
    give(&mut dialog, Input::Press(Press::Edit(Edit::DeleteToStart)));
    type_in(&mut dialog, "2");
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty());
}

#[test]
fn a_typed_value_is_typed_twice() {
    let mut dialog = dialog();
    act(&mut dialog, &[Action::NextChoice, Action::NextField]);
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty());
    type_in(&mut dialog, "new");
    act(&mut dialog, &[Action::Submit]);
    assert_eq!(dialog.focus, Place::Again);
    type_in(&mut dialog, "nex");
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty());
    type_in(&mut dialog, "new");
    assert_eq!(sent(act(&mut dialog, &[Action::Submit])).0, b"new");
}

#[test]
fn a_paste_finds_its_way() {
    let mut dialog = dialog();
    paste(&mut dialog, b"-----BEGIN\nEND-----\n");
    assert_eq!((dialog.source, dialog.context()), (Source::Paste, Context::Lines));
    assert_eq!(sent(act(&mut dialog, &[Action::Submit])).0, b"-----BEGIN\nEND-----\n");
}

#[test]
fn the_reason_is_chosen_typed_or_empty() {
    let mut dialog = dialog();
    dialog.focus = Place::Reason;
    for (action, reason) in [
        (Action::NextChoice, "Scheduled rotation"),
        (Action::NextChoice, "Suspected leak"),
        (Action::PreviousChoice, "Scheduled rotation"),
        (Action::PreviousChoice, "Asked for by the provider"),
    ] {
        act(&mut dialog, &[action]);
        assert_eq!(dialog.reason.text(), reason);
    }
    type_in(&mut dialog, "My own");
    assert_eq!(dialog.reason.text(), "My own");
    give(&mut dialog, Input::Press(Press::Edit(Edit::DeleteToStart)));
    assert_eq!(dialog.reason.text(), "");
    act(&mut dialog, &[Action::PreviousChoice]);
    assert_eq!(dialog.reason.text(), "Asked for by the provider", "from nothing, up gives the last");
    paste(&mut dialog, "a\u{202e}b".as_bytes());
    assert!(act(&mut dialog, &[Action::Submit]).effects.is_empty());
    assert_eq!(dialog.focus, Place::Reason);
    give(&mut dialog, Input::Press(Press::Edit(Edit::DeleteToStart)));
    act(&mut dialog, &[Action::NextChoice, Action::Submit]);
    assert_eq!(sent(made(&mut dialog, b"made")).1, "Scheduled rotation");
}

#[test]
fn another_session_was_faster() {
    let mut dialog = dialog();
    paste(&mut dialog, b"mine");
    act(&mut dialog, &[Action::Submit]);
    give(&mut dialog, Input::Failed(Error::version_conflict("Version 8 is current.", 8)));
    assert_eq!(dialog.context(), Context::Choice);
    let step = act(&mut dialog, &[Action::NextChoice, Action::Submit]);
    assert!(step.effects.is_empty(), "nothing is decided before it is known what happened");
    give(&mut dialog, Input::Theirs(ID, newer(8)));
    act(&mut dialog, &[Action::PreviousChoice]);
    let (value, _, expected) = sent(act(&mut dialog, &[Action::NextChoice, Action::Submit]));
    assert_eq!((value.as_slice(), expected), (b"mine".as_slice(), Expected::This(ID, Some(8))));
    // Back in the form, nothing is lost.
    give(&mut dialog, Input::Failed(Error::version_conflict("Version 9 is current.", 9)));
    assert!(!act(&mut dialog, &[Action::Cancel]).close);
    assert_eq!(dialog.value.secret().expose(), b"mine");
    assert_eq!(sent(act(&mut dialog, &[Action::Submit])).2, Expected::This(ID, Some(8)), "asks again");
}

#[test]
fn another_source_wipes_what_was_there() {
    let mut dialog = dialog();
    act(&mut dialog, &[Action::Generate]);
    made(&mut dialog, b"made");
    act(&mut dialog, &[Action::NextChoice]);
    assert!(dialog.value.is_empty());
    // What was asked for before comes too late.
    made(&mut dialog, b"late");
    assert!(dialog.value.is_empty());
    assert!(act(&mut dialog, &[Action::Cancel]).close);
}

#[test]
fn the_current_value_again_is_rotated_only_when_it_is_meant() {
    let meant = |step: &Step| match &step.effects[..] {
        [Effect::Vault(Request::Rotate { allow_same, .. })] => *allow_same,
        _ => panic!("no request"),
    };
    let same = || Input::Same { id: ID, names: vec!["value".parse().unwrap()], ticket: 0 };
    let mut dialog = dialog();
    paste(&mut dialog, b"old");
    assert!(!meant(&act(&mut dialog, &[Action::Submit])));
    give(&mut dialog, same());
    assert!(meant(&act(&mut dialog, &[Action::Submit])), "asked once, meant");
    // Another value is another question; another reason is not.
    for (key, is_meant) in [(Press::Type('x'), false), (Press::Action(Action::NextField), true)] {
        let mut dialog = self::dialog();
        paste(&mut dialog, b"old");
        act(&mut dialog, &[Action::Submit]);
        give(&mut dialog, same());
        give(&mut dialog, Input::Press(key));
        type_in(&mut dialog, "y");
        assert_eq!(meant(&act(&mut dialog, &[Action::Submit])), is_meant);
    }
}
