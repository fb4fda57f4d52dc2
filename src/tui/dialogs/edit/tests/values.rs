//! Values in the form: opened, generated, compared, mended, and where they come from.

use super::*;

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

/// The recipe that a key asks for.
fn asked(mut step: Step) -> Recipe {
    let Some(Effect::Generate(recipe)) = step.effects.pop() else { panic!("no recipe") };
    recipe
}

#[test]
fn a_generated_value_is_generated_again_by_a_recipe_of_ones_own() {
    let mut dialog = EditDialog::add(ScopePath::root());
    let usual = asked(act(&mut dialog, Action::Generate));
    assert!(matches!(usual, Recipe::Password { length: 32, .. }));
    dialog.update(generated(b"made"), now());
    assert!(!dialog.rows[0].is_shown() && dialog.rows[0].has_value());
    assert!(act(&mut dialog, Action::Generate).effects.is_empty());
    assert_eq!(dialog.context(), Context::Choice);
    act(&mut dialog, Action::NextField);
    dialog.update(Input::Press(Press::Type('+')), now());
    let longer = asked(act(&mut dialog, Action::Submit));
    assert!(matches!(longer, Recipe::Password { length: 33, .. }));
    dialog.update(generated(b"made"), now());
    // It stays chosen for the next field, and Esc goes back to the form as it was.
    act(&mut dialog, Action::Generate);
    act(&mut dialog, Action::NextChoice);
    act(&mut dialog, Action::NextChoice);
    act(&mut dialog, Action::Cancel);
    assert_eq!(dialog.context(), Context::Form);
    dialog.rows.push(FieldRow::named());
    dialog.focus = Place::Value(1);
    assert!(matches!(asked(act(&mut dialog, Action::Generate)), Recipe::Passphrase { words: 6 }));
}

#[test]
fn a_size_that_cannot_be_generates_nothing() {
    let mut dialog = EditDialog::add(ScopePath::root());
    act(&mut dialog, Action::Generate);
    dialog.update(generated(b"made"), now());
    act(&mut dialog, Action::Generate);
    act(&mut dialog, Action::NextField);
    dialog.update(Input::Press(Press::Edit(Edit::DeleteToStart)), now());
    assert!(act(&mut dialog, Action::Submit).effects.is_empty());
    assert!(dialog.choosing.is_some(), "the page says what is wrong");
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
    assert!(act(&mut dialog, Action::Generate).effects.is_empty() && dialog.choosing.is_some(), "another kind");
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
fn lines_come_with_a_paste() {
    let mut dialog = EditDialog::add(ScopePath::root());
    dialog.focus = Place::Value(0);
    assert_eq!(dialog.context(), Context::Form);
    dialog.update(Input::Paste(SecretText::copied_from(b"a\nb")), now());
    assert_eq!(dialog.context(), Context::Lines);
}
