//! What a tired operator reads, and what the keys do that were typed before it was read.

use strongroom::tui::hints::hints;

use super::*;

/// An error on the screen, the cursor on the Stripe key.
fn with_an_error() -> Screen {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.state.mark_drawn();
    screen
}

fn at_once(screen: &mut Screen, keys: &str) {
    keys.split(' ').for_each(|key| screen.event(Event::Key(key_event(key))));
}

#[test]
fn a_key_that_moves_is_not_swallowed_so_what_follows_meets_its_row() {
    let mut screen = with_an_error();
    at_once(&mut screen, "j j");
    assert!(selected(&mut screen).contains("KAFKA"), "{}", screen.text());
    assert!(screen.text().contains("The vault is in use."), "nobody has read it yet");
    screen.elapse(Duration::from_secs(1));
    screen.keys("k");
    assert!(!screen.text().contains("The vault is in use."));
    assert!(selected(&mut screen).contains("STRIPE_WEBHOOK"), "{}", screen.text());
}

#[test]
fn what_is_typed_with_a_swallowed_key_goes_the_same_way() {
    for keys in ["d j d", "/ p r o d", "d d", "y F7 D"] {
        let mut screen = with_an_error();
        let before = selected(&mut screen);
        at_once(&mut screen, keys);
        assert!(screen.take_effects().is_empty(), "{keys}");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{keys}");
        assert!(!screen.text().contains("The vault is in use."), "{keys}");
        assert_eq!(selected(&mut screen), before, "{keys}");
        screen.keys("j");
        assert_ne!(selected(&mut screen), before, "{keys}: the next key works again");
    }
}

#[test]
fn good_news_does_not_stand_below_a_dialog_nor_after_a_jump() {
    let told = "There is nothing to undo.";
    for keys in ["a", "e", "D", "t", "f", ":", "m", "Space d", "?", "f Enter"] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("u");
        assert!(screen.text().contains(told));
        screen.keys(keys);
        assert!(!screen.text().contains(told), "{keys}: {}", screen.text());
    }
    // An error stays until it is read, whatever opens.
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.elapse(Duration::from_secs(1));
    screen.event(Event::Vault(Answer::Progress { done: 0, total: 1 }));
    assert!(screen.text().contains("The vault is in use."), "{}", screen.text());
}

#[test]
fn no_character_of_a_value_is_lost_to_an_error() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("a Tab C-t");
    screen.event(Event::Clipboard(ClipboardNews::Failed(Error::failure("The clipboard is gone."))));
    screen.type_text("hunter2");
    assert!(screen.text().contains("hunter2"), "{}", screen.text());
}

#[test]
fn a_lock_says_that_a_draft_for_many_is_gone() {
    let untouched = |keys: &str| {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        screen
    };
    for (keys, text) in [("t", "+db"), ("E", "30d"), ("C-a r S-Tab", "because"), ("m", "x"), ("w", "~/k")] {
        let mut screen = untouched(keys);
        screen.keys("C-l");
        assert!(!screen.text().contains("what was typed is wiped"), "{keys}: {}", screen.text());
        let mut screen = untouched(keys);
        screen.type_text(text);
        screen.keys("C-l");
        assert!(screen.text().contains("Locked, what was typed is wiped"), "{keys}: {}", screen.text());
    }
}

#[test]
fn another_key_than_esc_takes_the_warning_of_esc_back() {
    for (other, leaves) in [("F7", false), ("x", false), ("j", false), ("Esc", true)] {
        let mut screen = Screen::started(80, 24);
        screen.event(Event::Vault(Answer::Found(Found::Nothing)));
        screen.keys("Esc");
        assert!(screen.text().contains("Press Esc again"), "{}", screen.text());
        screen.keys(other);
        assert!(leaves || !screen.text().contains("Press Esc again"), "{other}: {}", screen.text());
        if !leaves {
            screen.keys("Esc");
        }
        let left = screen.take_effects().iter().any(|effect| matches!(effect, Effect::Quit(_)));
        assert_eq!(left, leaves, "{other}");
    }
}

#[test]
fn a_tag_that_is_not_allowed_is_told_where_it_stands() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e Tab Tab Tab Tab Tab");
    assert!(screen.text().contains("▸ Tags"), "{}", screen.text());
    screen.type_text(" a/b");
    screen.keys("Tab Tab Enter");
    let text = screen.text();
    let at = text.lines().position(|line| line.contains("▸ Tags")).unwrap();
    assert!(text.lines().nth(at + 1).unwrap().contains("The tag a/b is not allowed."), "{text}");
    assert!(screen.take_effects().is_empty());
}

#[test]
fn what_is_wrong_with_a_new_field_goes_once_it_has_a_value() {
    let mut screen = Screen::unlocked(80, 30);
    screen.keys("e Tab Tab Tab Enter");
    screen.type_text("totp");
    screen.keys("Tab Enter");
    assert!(screen.text().contains("Give the field a value"), "{}", screen.text());
    screen.keys("C-o");
    screen.type_text("~/totp");
    screen.keys("Enter");
    screen.event(Event::FileRead(Ok(SecretText::copied_from(b"JBSWY3DP"))));
    assert!(screen.text().contains("Read from the file"), "{}", screen.text());
    assert!(!screen.text().contains("Give the field a value"), "{}", screen.text());
}

#[test]
fn the_bar_keeps_what_can_be_done_with_many_marked_and_drops_their_number() {
    let many: Vec<Secret> = (0..1200)
        .map(|number| {
            let mut one = secret(1, &format!("many/KEY_{number:04}"), 1, 3);
            let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
            one.id = SecretId([high, low, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
            one
        })
        .collect();
    let mut screen = Screen::with(many, 80, 24);
    screen.keys("C-a");
    let words: Vec<String> = hints(&screen.state, 80).into_iter().map(|hint| hint.word).collect();
    assert_eq!(words, ["rotate", "delete", "tags", "expiry", "move", "unmark", "help"]);
    assert!(screen.text().contains("1 200"), "the list tells how many: {}", screen.text());
    let words: Vec<String> = hints(&screen.state, 140).into_iter().map(|hint| hint.word).collect();
    assert!(words.contains(&"expiry 1 200".to_owned()), "{words:?}");
}

#[test]
fn what_presses_most_comes_first_and_its_row_tells_when() {
    for (filter, whens) in [
        ("expired", &["-9d", "-2d"][..]),
        ("expires:<300d", &["-9d", "-2d", "+200d"]),
        ("due", &["-61d", "-1d"]),
        ("due:<1y", &["-61d", "-1d", "+87d"]),
        ("age:>100d", &["200d", "700d"]),
    ] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("/");
        screen.type_text(filter);
        screen.keys("Enter");
        let rows = list(&mut screen);
        let rows = rows.iter().filter(|row| row.contains("d")).map(|row| row.trim_end_matches(['!', ' ']));
        let told: Vec<&str> =
            rows.filter_map(|row| row.split(' ').next_back()).filter(|when| when.ends_with('d')).collect();
        assert_eq!(told, whens, "{filter}: {}", screen.text());
    }
}
