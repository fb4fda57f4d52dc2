//! The form, the operator's editor, and the metadata as JSON.

use strongroom::tui::effect::Draft;

use super::*;

/// From the value to the description of the Stripe key.
const TO_DESCRIPTION: &str = "e Tab Tab Tab Tab";

fn ended(screen: &mut Screen, draft: Draft, text: &[u8]) {
    screen.event(Event::Edited { draft, outcome: Ok(Some(SecretText::copied_from(text))) });
}

/// The editor that was opened: on what, and with which text.
fn opened(screen: &mut Screen) -> Option<(Draft, String)> {
    screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::OpenEditor { draft, text } => Some((draft, text.expose_str().unwrap().to_owned())),
        _ => None,
    })
}

#[test]
fn the_editor_gets_the_description_or_the_metadata_and_never_a_value() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e C-t C-e");
    assert_eq!(opened(&mut screen), None, "a value");
    screen.keys("Esc C-e Esc");
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(TO_DESCRIPTION);
    screen.keys("C-e");
    let (draft, text) = opened(&mut screen).unwrap();
    assert_eq!(draft, Draft::Description);
    assert!(text.starts_with("Stripe production API key"), "{text}");
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e C-t S-Tab S-Tab S-Tab C-e");
    let (draft, text) = opened(&mut screen).unwrap();
    assert_eq!(draft, Draft::Metadata);
    assert!(
        text.contains("acct_1Nv0") && text.contains("\"rotation_days\": 90") && !text.contains("sk_live"),
        "{text}"
    );
    // A rotation's value and a purge's question have no editor either.
    for keys in ["r Right Tab C-e", "D C-e", "w C-e", "/ C-e", "f C-e"] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        assert_eq!(opened(&mut screen), None, "{keys}");
    }
}

#[test]
fn what_the_editor_leaves_is_saved_only_with_the_form() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(TO_DESCRIPTION);
    screen.keys("C-e");
    screen.take_effects();
    // Typed ahead of the editor: for the editor, or for nobody.
    screen.type_text("xyz");
    screen.keys("Enter Esc Esc C-l q");
    assert!(screen.take_effects().is_empty());
    ended(&mut screen, Draft::Description, b"From the editor");
    assert!(screen.text().contains("not saved yet"), "{}", screen.text());
    screen.keys("Enter");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Amend { metadata, .. })]
        if metadata.description.as_deref() == Some("From the editor")));
    for outcome in [Ok(None), Err(Error::failure("The editor ended with code 1; the text stays as it was."))] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(TO_DESCRIPTION);
        screen.keys("C-e");
        let told = if outcome.is_ok() { "Nothing was changed" } else { "ended with code 1" };
        screen.event(Event::Edited { draft: Draft::Description, outcome });
        assert!(screen.text().contains(told) && screen.text().contains("charges and refunds"), "{}", screen.text());
    }
}

#[test]
fn the_vault_locks_under_an_editor_that_nobody_types_into_and_the_text_waits() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e");
    screen.type_text("half");
    screen.keys("Tab Tab Tab Tab C-e");
    screen.take_effects();
    // Somebody types: the idle time begins anew, as far back as that was.
    screen.wait(Duration::from_secs(200));
    screen.event(Event::Typed(Duration::from_secs(20)));
    screen.wait(Duration::from_secs(270));
    assert!(screen.take_effects().is_empty() && !screen.state.is_locked());
    // Nobody does any more.
    screen.wait(Duration::from_secs(15));
    assert!(
        matches!(&screen.take_effects()[..], [Effect::ClearClipboard { .. }, Effect::Vault(Request::Lock)])
            && screen.state.is_locked()
    );
    ended(&mut screen, Draft::Description, b"Typed for a long time");
    let text = screen.text();
    assert!(
        text.contains("the editor's text is kept, the rest of the form is wiped") && !text.contains("Typed for"),
        "{text}"
    );
    screen.unlock();
    let text = screen.text();
    assert!(text.contains("Typed for a long time") && text.contains("not saved yet"), "{text}");
    screen.keys("Enter");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Amend { fields, metadata, .. })]
        if fields.is_empty() && metadata.description.as_deref() == Some("Typed for a long time")));
}

#[test]
fn signals_lock_and_end_under_an_editor_and_a_text_without_its_secret_is_told() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(TO_DESCRIPTION);
    screen.keys("C-e");
    screen.take_effects();
    screen.event(Event::Signal(Signal::Lock));
    assert!(screen.state.is_locked());
    ended(&mut screen, Draft::Description, b"kept");
    screen.secrets.remove(3);
    screen.unlock();
    assert!(screen.text().contains("the text is dropped"), "{}", screen.text());
    // A text of a secret that is being added finds a form as well.
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("a Tab Tab Tab C-e");
    assert!(opened(&mut screen).is_some());
    screen.event(Event::Signal(Signal::Suspend));
    assert!(screen.state.is_locked());
    ended(&mut screen, Draft::Description, b"of a new one");
    screen.unlock();
    assert!(screen.text().contains("of a new one"), "{}", screen.text());
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(TO_DESCRIPTION);
    screen.keys("C-e");
    screen.take_effects();
    screen.event(Event::Signal(Signal::Terminate(15)));
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Lock), Effect::Quit(143)]));
}

#[test]
fn metadata_is_edited_as_json_and_goes_back_into_the_form() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e S-Tab S-Tab Enter");
    assert_eq!(screen.state.context(), Some(Context::Document));
    assert!(screen.text().contains("\"rotation_days\": 90"), "{}", screen.text());
    // What is wrong is said where it is, and is not taken over.
    screen.type_text("x");
    assert!(screen.text().contains("Line 1, character 1: a value should stand here"), "{}", screen.text());
    screen.keys("C-s");
    assert_eq!(screen.state.context(), Some(Context::Document));
    screen.keys("Backspace C-e");
    assert!(opened(&mut screen).is_some_and(|(draft, _)| draft == Draft::Metadata));
    ended(&mut screen, Draft::Metadata, b"{\n  \"tags\": [\"new\"],\n  \"colour\": 1\n}");
    assert!(screen.text().contains("Line 3, character 10: unknown field `colour`"), "{}", screen.text());
    ended(&mut screen, Draft::Metadata, b"late and for nobody");
    screen.keys("C-u C-u");
    screen.keys("Esc Esc");
    assert_eq!(screen.state.context(), Some(Context::Choice), "back in the form, nothing taken over");
    screen.keys("Enter C-e");
    ended(&mut screen, Draft::Metadata, b"{\"tags\": [\"new\"], \"description\": \"Other\"}");
    screen.keys("C-s");
    let text = screen.text();
    assert!(text.contains("not saved yet: description, tags, expires") && text.contains("owner, metadata."), "{text}");
    screen.take_effects();
    screen.keys("Tab Enter");
    let effects = screen.take_effects();
    let [Effect::Vault(Request::Amend { metadata, .. })] = &effects[..] else { panic!("nothing is saved") };
    assert_eq!(metadata.tags, Some(vec!["new".to_owned()]));
    assert_eq!((metadata.expires_at, metadata.rotation_days, &metadata.json), (Some(None), Some(None), &Some(None)));
    assert_eq!((metadata.owner.as_deref(), metadata.description.as_deref()), (Some(""), Some("Other")));
}

#[test]
fn an_edit_opens_no_value_before_it_is_shown() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e");
    assert_eq!(screen.state.context(), Some(Context::Form));
    assert!(screen.take_effects().is_empty(), "opening the form asks the vault for nothing");
    screen.keys("Tab Tab Tab Tab");
    screen.type_text("new words");
    screen.keys("Enter");
    assert!(matches!(&screen.take_effects()[..],
        [Effect::Vault(Request::Amend { fields, expected: Expected::This(SecretId([4, ..]), None), .. })] if fields.is_empty()));
}

#[test]
fn a_written_secret_is_selected_and_told() {
    let mut screen = Screen::unlocked(80, 24);
    let new = secret(50, "staging/NEW_KEY", 1, 0);
    screen.secrets.push(new.clone());
    screen.event(Event::Vault(Answer::Written(
        Deed::Save,
        Box::new(Written { secret: new, outcome: Outcome::Created, undo: None, revived: None }),
    )));
    let text = screen.text();
    assert!(text.contains("Added staging/NEW_KEY as version 1."), "{text}");
    assert!(text.contains("▸staging/NEW_KEY"), "{text}");
    screen.wait(Duration::from_secs(4));
    assert!(!screen.text().contains("Added"));
}

#[test]
fn an_added_secret_that_the_filter_hides_is_told_so() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("stripe");
    screen.keys("Enter");
    let new = secret(50, "staging/NEW_KEY", 1, 0);
    let written = Written { secret: new, outcome: Outcome::Created, undo: None, revived: None };
    screen.event(Event::Vault(Answer::Written(Deed::Save, Box::new(written))));
    assert!(screen.text().contains("Added staging/NEW_KEY as version 1; the filter hides it."), "{}", screen.text());
}

#[test]
fn two_escs_at_once_do_not_discard_what_was_typed() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("a");
    screen.type_text("KEY");
    screen.keys_without_rest("Tab");
    let esc = || Event::Key(key_event("Esc"));
    for _ in 0..5 {
        screen.event(esc());
    }
    assert!(screen.text().contains("Not saved yet."), "{}", screen.text());
    screen.keys("Esc");
    assert!(!screen.text().contains("Not saved yet."), "seen, it may be answered");
}
