//! The help over whatever has the keyboard, and the terms of the filter.

use strongroom::vault::generate::{Recipe, generate};

use super::*;

/// A form with half a draft in it, the cursor in the middle of a word.
fn half_typed() -> Screen {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("a");
    screen.type_text("NEW_KEY");
    screen.keys("Left Left");
    screen
}

#[test]
fn the_help_lies_over_a_form_and_leaves_it_as_it_was() {
    for leave in ["Esc", "F1", "C-c", "q", "?"] {
        let mut screen = half_typed();
        let before = screen.text();
        screen.keys("F1");
        assert_eq!(screen.state.context(), Some(Context::Help));
        assert!(screen.text().contains("What the keys do · input"), "{}", screen.text());
        screen.keys("Down PgDn");
        screen.keys(leave);
        assert_eq!(screen.text(), before, "{leave}");
        assert!(screen.take_effects().is_empty());
    }
}

#[test]
fn a_question_mark_is_text_where_text_is_typed_and_help_elsewhere() {
    let mut screen = half_typed();
    screen.keys("?");
    assert_eq!(screen.state.context(), Some(Context::Form));
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("k y ?");
    assert!(screen.text().contains("What the keys do · copy question"), "{}", screen.text());
    screen.keys("Esc");
    assert_eq!(screen.state.context(), Some(Context::ConfirmCopy));
}

#[test]
fn the_help_is_in_reach_of_every_place_and_named_there() {
    for context in Context::ALL.iter().filter(|context| **context != Context::Help) {
        assert!(Keymap::default().shown(*context, strongroom::tui::action::Action::Help).is_some(), "{context:?}");
    }
    for (keys, hint) in
        [("/", "F1 help"), (":", "F1 help"), ("f", "F1 help"), ("3 j Enter", "F1 help"), ("k y", "? help")]
    {
        let mut screen = Screen::unlocked(140, 24);
        screen.keys(keys);
        assert!(screen.text().lines().last().unwrap().contains(hint), "{keys}");
    }
}

#[test]
fn the_help_of_a_form_names_the_keys_that_its_foot_names() {
    let here = |screen: &mut Screen, keys: &str| {
        screen.keys(keys);
        let text = screen.text();
        text.split("Elsewhere").next().unwrap_or_default().to_owned()
    };
    let mut screen = Screen::unlocked(140, 45);
    let tags = here(&mut screen, "t F1");
    assert!(tags.contains(" Tab ") && tags.contains("To the next input."), "{tags}");
    let mut screen = Screen::unlocked(140, 45);
    screen.keys("Space j Space");
    let rotate = here(&mut screen, "r F1");
    assert!(rotate.contains(" Left ") && rotate.contains(" Space Right "), "{rotate}");
    let mut screen = Screen::unlocked(140, 45);
    let list = here(&mut screen, "F1 G");
    assert!(list.contains("What the keys do"), "{list}");
}

#[test]
fn two_escs_at_once_leave_the_help_and_not_the_form() {
    let mut screen = half_typed();
    screen.keys("Esc F1");
    for _ in 0..3 {
        screen.event(Event::Key(key_event("Esc")));
    }
    assert_eq!(screen.state.context(), Some(Context::Form), "the form was not on the screen yet");
    assert!(screen.text().contains("NEW_KEY"));
}

#[test]
fn an_answer_reaches_the_form_below_the_help() {
    let mut screen = half_typed();
    screen.keys("F1");
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.keys("Esc x Esc");
    assert!(screen.text().contains("NEW_K"), "{}", screen.text());
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("r C-g F1");
    assert!(screen.take_effects().iter().any(|effect| matches!(effect, Effect::Generate(_))));
    screen.event(Event::Generated(generate(&Recipe::Uuid).unwrap()));
    screen.keys("Esc");
    assert!(screen.text().contains(" bits"), "{}", screen.text());
}

#[test]
fn a_lock_takes_the_help_away_too() {
    let mut screen = half_typed();
    screen.keys("F1 C-l");
    assert!(screen.state.is_locked() && screen.state.context() == Some(Context::Unlock));
    screen.keys("F1");
    assert!(screen.text().contains("What the keys do · unlock"));
    screen.keys("Esc");
    assert_eq!(screen.state.context(), Some(Context::Unlock));
}

#[test]
fn the_help_speaks_of_what_lies_below_it_by_now() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("?");
    assert!(screen.text().contains("What the keys do · list"));
    screen.event(Event::Resize { width: 60, height: 12 });
    screen.keys("PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn");
    assert!(!screen.text().contains("Nothing matches."));
}

#[test]
fn keys_that_mean_two_things_say_where() {
    let mut screen = Screen::unlocked(100, 40);
    screen.keys("?");
    screen.type_text("Space");
    let text = screen.text();
    let line = |words: &str| text.lines().find(|line| line.contains(words)).unwrap_or_default().to_owned();
    assert!(line("Mark the secret for what comes next").contains("Space"), "{text}");
    assert!(line("history: Mark the version to compare with").contains("Space"), "{text}");
}

#[test]
fn tab_on_an_empty_word_offers_every_term_and_the_help_has_them_all() {
    let mut screen = Screen::unlocked(140, 45);
    screen.keys("/ Tab");
    assert!(screen.text().contains("1 of 17"), "{}", screen.text());
    screen.keys("Tab");
    assert!(screen.text().contains("tag:"), "{}", screen.text());
    screen.keys("F1");
    screen.type_text("terms of the filter");
    for term in strongroom::vault::search::TERMS {
        assert!(screen.text().contains(term.example) && screen.text().contains(term.finds), "{}", term.example);
    }
    screen.keys("Esc");
    assert!(screen.text().contains("!tag:"), "the filter is as it was");
}
