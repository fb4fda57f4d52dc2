//! Copy, reveal and write out: where a value goes, and how long it stays.

use strongroom::tui::dialogs::clipboard_test::Found;

use super::*;

#[test]
fn copy_asks_for_the_value_and_never_shows_it() {
    let copied = effects("y");
    assert!(matches!(&copied[..],
        [Effect::Vault(Request::Copy { id: SecretId([4, ..]), field, version: None, allow_expired: false })] if field == "value"));
    let mut screen = Screen::unlocked(80, 24);
    let value = SecretText::copied_from(b"plain");
    screen.event(Event::Vault(Answer::ReadyToCopy { address: address(STRIPE), version: 7, value }));
    assert!(matches!(&screen.take_effects()[..], [Effect::Copy { value, .. }] if value.expose() == b"plain"));
    assert!(!screen.text().contains("plain"));
}

#[test]
fn copy_takes_the_selected_field_and_the_selected_version() {
    assert!(
        matches!(&effects("2 j y")[..], [Effect::Vault(Request::Copy { field, version: None, .. })] if field == "username")
    );
    assert!(matches!(&effects("3 j y")[..], [Effect::Vault(Request::Copy { version: Some(6), .. })]));
}

#[test]
fn a_value_on_its_way_to_the_clipboard_stops_at_a_locked_vault() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("y C-l");
    screen.take_effects();
    let value = SecretText::copied_from(b"plain");
    screen.event(Event::Vault(Answer::ReadyToCopy { address: address(STRIPE), version: 7, value }));
    assert!(screen.take_effects().is_empty());
}

/// The terminal may not listen while nobody looks at it.
#[test]
fn a_clear_that_may_not_have_been_heard_is_asked_again_at_the_next_key() {
    for (does, wanted) in [("j", 1), ("K", 0), ("C-l", 1), ("x", 1)] {
        let mut screen = Screen::unlocked(80, 24);
        screen.event(Event::Clipboard(sent(20)));
        screen.keys("j");
        screen.event(Event::Focus(true));
        assert!(!screen.take_effects().iter().any(|effect| matches!(effect, Effect::Typed)), "nothing is pending yet");
        screen.event(Event::Clipboard(ClipboardNews::ClearPending));
        assert!(screen.text().contains(" Clear pending: press a key here, or focus this terminal "));
        screen.keys(does);
        let effects = screen.take_effects();
        let again = effects.iter().filter(|effect| matches!(effect, Effect::Typed)).count();
        assert_eq!(again, wanted, "{does}");
        assert_eq!(effects.iter().any(|effect| matches!(effect, Effect::KeepClipboard)), does == "K");
    }
}

#[test]
fn the_terminals_word_of_being_looked_at_goes_on() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Focus(false));
    assert!(matches!(screen.take_effects()[..], [Effect::Focus(false)]));
    screen.event(Event::Focus(true));
    assert!(matches!(screen.take_effects()[..], [Effect::Focus(true)]));
}

#[test]
fn there_is_nothing_to_keep_where_nothing_of_others_is_touched() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Clipboard(ClipboardNews::Sent {
        address: address(STRIPE),
        route: "X11 clipboard",
        confirmed: true,
        clear_after: Duration::from_secs(30),
    }));
    screen.keys("K");
    assert!(screen.take_effects().is_empty() && screen.text().contains("cleared only while"));
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Clipboard(sent(20)));
    screen.keys("K");
    assert!(matches!(screen.take_effects()[..], [Effect::KeepClipboard]));
    screen.event(Event::Clipboard(ClipboardNews::Kept));
    assert!(screen.text().contains("left as it is") && !screen.text().contains("clears in"));
}

fn sent(seconds: u64) -> ClipboardNews {
    ClipboardNews::Sent {
        address: address(STRIPE),
        route: "terminal clipboard (OSC 52)",
        confirmed: false,
        clear_after: Duration::from_secs(seconds),
    }
}

#[test]
fn what_is_certain_about_a_copy_is_never_cut_off() {
    for (width, wanted) in [
        (80, " Sent, unconfirmed · clears in 0:20 · production/payments/STRIPE_KEY"),
        (50, " Sent, unconfirmed · clears in 0:20 · …/STRIPE_KEY"),
        (40, " Sent, unconfirmed · clears in 0:20 · …Y"),
    ] {
        let mut screen = Screen::unlocked(width, 24);
        screen.event(Event::Clipboard(sent(20)));
        let text = screen.text();
        assert_eq!(text.lines().rev().nth(1).unwrap().trim_end(), wanted);
    }
}

#[test]
fn a_copy_is_told_at_once_and_its_countdown_stands_beside_what_comes_later() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("u");
    assert!(screen.text().contains("There is nothing to undo."));
    screen.event(Event::Clipboard(sent(20)));
    let text = screen.text();
    assert!(text.contains("clears in 0:20") && !text.contains("nothing to undo"), "{text}");
    screen.keys("u");
    let text = screen.text();
    assert!(text.contains("There is nothing to undo.   ") && text.contains("Clipboard clears in 0:20"), "{text}");
    let mut screen = Screen::unlocked(44, 24);
    screen.event(Event::Clipboard(sent(20)));
    screen.keys("u");
    let text = screen.text();
    assert!(text.contains("There is nothing to undo.") && !text.contains("clears in"), "no room: {text}");
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.event(Event::Clipboard(sent(20)));
    assert!(screen.text().contains("The vault is in use."), "an error stays: {}", screen.text());
}

#[test]
fn reveal_ends_with_time_focus_secret_and_lock() {
    let shown = "sk_live_51Nv0QkLmZ7example";
    for (keys, wait) in [("", 10), ("s", 0), ("Tab", 0), ("j", 0), ("C-l", 0), ("Esc", 0)] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("s");
        assert!(screen.text().contains(shown));
        screen.keys(keys);
        screen.wait(Duration::from_secs(wait));
        assert!(!screen.text().contains(shown), "still shown after {keys} and {wait} s");
    }
}

#[test]
fn a_late_answer_about_another_secret_is_dropped() {
    let mut screen = Screen::unlocked(80, 24);
    let other = secrets().remove(0);
    screen.event(Event::Vault(Answer::Revealed { id: other.id, version: 1, fields: fields(&other) }));
    screen.event(Event::Vault(Answer::Detail { history: history(&other), secret: Box::new(other.clone()) }));
    let text = screen.text();
    assert!(!text.contains("sk_live") && text.contains(&format!("┌ {STRIPE} ")), "{text}");
}

#[test]
fn an_old_version_is_shown_until_its_deadline_and_says_which_it_is() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j j s");
    let text = screen.text();
    assert!(text.contains("sk_live") && text.contains("(v5, not current)"), "{text}");
    assert!(text.contains("hides in 0:10"), "{text}");
    screen.wait(Duration::from_secs(10));
    assert!(!screen.text().contains("sk_live"));
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { version: Some(5), .. })]));
}

#[test]
fn an_expired_secret_is_given_only_after_a_question() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("k y");
    assert!(screen.take_effects().is_empty());
    screen.keys("y Enter");
    assert!(screen.take_effects().is_empty(), "neither the asking key nor Enter says yes");
    screen.keys("Y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { allow_expired: true, .. })]));
    screen.keys("s y");
    assert!(screen.text().contains("sk_live"));
}

#[test]
fn keys_typed_ahead_do_not_answer_a_question() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j Enter");
    screen.event(Event::Key(key_event("Enter")));
    screen.event(Event::Key(key_event("y")));
    assert!(screen.take_effects().is_empty(), "the question was not on the screen yet");
    screen.state.mark_drawn();
    screen.event(Event::Key(key_event("y")));
    assert!(matches!(
        &screen.take_effects()[..],
        [Effect::Vault(Request::RollBack { number: 6, expected: Expected::This(_, Some(7)), .. })]
    ));
}

#[test]
fn a_field_is_written_out_and_a_work_tree_is_asked_about() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("2 j w Enter");
    assert!(screen.text().contains("Give the path of a new file."));
    screen.type_text("key");
    screen.keys("Enter Enter");
    let effects = screen.take_effects();
    assert!(matches!(&effects[..],
        [Effect::Vault(Request::WriteOut { field, path, version: 7, in_work_tree: false, .. })] if field == "username" && path == "key"));
    screen.event(Event::Vault(Answer::InWorkTree("/srv/infra".to_owned())));
    screen.keys("Enter");
    assert!(screen.take_effects().is_empty(), "Enter does not say yes");
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::WriteOut { in_work_tree: true, .. })]));
    screen.event(Event::Vault(Answer::Failed(Error::conflict("key exists already."))));
    assert!(screen.text().contains("key exists already."));
    screen.keys("Enter");
    let (field, path) = ("username".to_owned(), "key".to_owned());
    screen.event(Event::Vault(Answer::WroteOut { address: address(STRIPE), field, path }));
    assert_eq!(screen.state.context(), Some(Context::Detail));
    assert!(screen.text().contains("Wrote username of production/payments/STRIPE_KEY to key"), "{}", screen.text());
}

/// What nobody can ask a terminal, its operator can see.
#[test]
fn a_test_of_the_clipboard_believes_the_pastes_and_nothing_else() {
    let word = || SecretText::copied_from(b"word\n");
    let sent = || Event::Clipboard(ClipboardNews::TestSent { word: "word".to_owned(), route: "somewhere" });
    let begun = || {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("T");
        assert!(matches!(screen.take_effects()[..], [Effect::TestClipboard]));
        screen.event(sent());
        assert!(screen.text().contains("1 of 2: paste here now"));
        screen
    };
    let found = |screen: &mut Screen| match &screen.take_effects()[..] {
        [Effect::RememberClipboard { route: "somewhere", found }, ..] => *found,
        _ => panic!("nothing was found"),
    };
    let cleared = |news| {
        let mut screen = begun();
        screen.event(Event::Paste(word()));
        assert!(matches!(screen.take_effects()[..], [Effect::ClearClipboard { typed: true }]));
        screen.event(Event::Clipboard(news));
        assert!(screen.text().contains("2 of 2: paste here once more"));
        screen
    };
    for news in [ClipboardNews::Cleared { confirmed: false }, ClipboardNews::ClearPending] {
        let mut screen = cleared(news.clone());
        screen.keys("Enter");
        assert_eq!(found(&mut screen), Found::Cleared);
        let mut screen = cleared(news.clone());
        screen.event(Event::Paste(SecretText::copied_from(b" ")));
        assert_eq!(found(&mut screen), Found::Cleared);
        let mut screen = cleared(news);
        screen.event(Event::Paste(word()));
        assert_eq!(found(&mut screen), Found::NotCleared);
    }
    let mut screen = begun();
    screen.event(Event::Paste(SecretText::copied_from(b"of yesterday")));
    assert_eq!(found(&mut screen), Found::NotArrived);
    let mut screen = begun();
    screen.keys("Esc");
    assert!(matches!(screen.take_effects()[..], [Effect::ClearClipboard { typed: true }]));
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("T");
    screen.event(Event::Clipboard(ClipboardNews::Failed(Error::busy("No clipboard can be reached from here."))));
    assert!(screen.text().contains("No clipboard can be reached"));
}
