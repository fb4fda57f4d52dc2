//! Walking through the list: the list moves with each key, the rest where the cursor stops.

use std::collections::BTreeSet;

use strongroom::tui::theme::Theme;

use super::*;

/// A screen whose vault has not answered yet.
fn silent() -> Screen {
    let mut screen = Screen::unlocked(80, 24);
    screen.secrets.clear();
    screen
}

#[test]
fn a_cursor_that_walks_asks_for_the_detail_once_where_it_stops() {
    let mut screen = silent();
    screen.keys_without_rest("k k j k");
    assert!(screen.take_effects().is_empty(), "nothing while it walks");
    screen.wait(Duration::from_millis(49));
    assert!(screen.take_effects().is_empty());
    screen.wait(Duration::from_millis(1));
    let effects = screen.take_effects();
    assert!(matches!(&effects[..], [Effect::Vault(Request::Detail(_))]));
    screen.wait(Duration::from_secs(1));
    assert!(screen.take_effects().is_empty());
}

#[test]
fn a_cursor_that_comes_back_asks_for_nothing() {
    let mut screen = silent();
    screen.keys_without_rest("k j");
    screen.wait(Duration::from_secs(1));
    assert!(screen.take_effects().is_empty());
}

#[test]
fn a_key_about_the_secret_does_not_wait_for_the_rest() {
    let mut screen = silent();
    screen.keys_without_rest("k k y");
    let effects = screen.take_effects();
    let [Effect::Vault(Request::Detail(shown)), Effect::Vault(Request::Copy { id, .. })] = &effects[..] else {
        panic!("{} effects", effects.len())
    };
    assert_eq!(shown, id);
    assert_ne!(*id, SecretId([4; 16]), "not the one that was selected before");
}

#[test]
fn a_shown_value_is_hidden_by_the_first_step_away() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("s");
    assert!(screen.text().contains("sk_live"));
    screen.keys_without_rest("k");
    assert!(!screen.text().contains("sk_live"));
}

#[test]
fn a_held_key_sends_little_more_than_the_rows_it_touches() {
    let mut screen = Screen::unlocked(80, 24);
    let (before, _) = screen.drawn(Theme::default(), None);
    screen.keys_without_rest("k");
    let (after, _) = screen.drawn(Theme::default(), None);
    let rows: BTreeSet<u16> = (0..24).filter(|&y| (0..80).any(|x| before[(x, y)] != after[(x, y)])).collect();
    assert!(rows.len() <= 2, "only the row it left and the row it stands on: {rows:?}");
    let outside = (32..80).filter(|&x| (0..24).any(|y| before[(x, y)] != after[(x, y)])).count();
    assert_eq!(outside, 0, "the other panes stay as they are");
}
