//! The list as a tree of scopes.

use super::*;

#[test]
fn the_tree_keeps_the_selection_and_folds_around_it() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("`");
    assert!(selected(&mut screen).contains("STRIPE_KEY "), "{}", screen.text());
    screen.keys("h");
    assert!(selected(&mut screen).starts_with("▸  - payments/"), "{}", screen.text());
    screen.keys("h");
    assert!(selected(&mut screen).starts_with("▸  + payments/"));
    screen.keys("h");
    assert!(selected(&mut screen).starts_with("▸- production/"));
    screen.keys("-");
    let folded = list(&mut screen);
    assert_eq!(folded.len(), 4, "{folded:?}");
    assert!(folded[1].starts_with("▸+ production/") && folded[1].contains(" 7 !!"), "{folded:?}");
    screen.keys("l l");
    assert!(selected(&mut screen).contains("DATABASE_URL"), "the second step goes in: {}", screen.text());
    screen.keys("=");
    assert!(selected(&mut screen).contains("DATABASE_URL") && list(&mut screen).len() > 12);
    screen.keys("`");
    assert!(selected(&mut screen).contains("production/DATABASE_URL"), "flat again: {}", screen.text());
}

#[test]
fn on_a_scope_what_needs_a_secret_says_why_not() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("` h");
    screen.take_effects();
    for key in ["y", "s", "r", "e", "d", "D", "R"] {
        screen.keys(key);
        assert!(screen.text().contains("A scope is selected"), "{key}: {}", screen.text());
        assert!(screen.take_effects().is_empty(), "{key}");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{key}");
    }
    assert!(screen.text().contains("┌ production/payments/ ─"), "the detail tells about the scope: {}", screen.text());
    screen.keys("` -");
    assert!(screen.text().contains("The list is flat; ` shows it as a tree."));
}

#[test]
fn a_filter_shows_its_matches_unfolded_and_the_best_selected() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("` - /");
    screen.type_text("snow");
    assert!(selected(&mut screen).contains("SNOWF"), "{}", screen.text());
    assert!(list(&mut screen)[0].starts_with(" - production/"));
    screen.keys("Esc");
    assert!(selected(&mut screen).contains("SNOWF"), "the way to it is unfolded: {}", screen.text());
    assert!(list(&mut screen).iter().any(|row| row.starts_with(" + staging/")), "the rest stays folded");
}

#[test]
fn the_tree_comes_back_as_it_was_after_a_lock() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("` C-l");
    screen.unlock();
    assert!(selected(&mut screen).contains("STRIPE_KEY ") && list(&mut screen)[1].starts_with(" - production/"));
}

#[test]
fn the_list_says_which_scope_one_is_in_at_every_size() {
    for (width, height) in [(40, 15), (60, 20), (80, 24), (140, 45)] {
        let mut screen = Screen::unlocked(width, height);
        let first = |screen: &mut Screen| screen.text().lines().nth(1).unwrap().to_owned();
        assert!(first(&mut screen).contains("production/payments ─"), "{width}: {}", first(&mut screen));
        screen.keys("g");
        assert!(first(&mut screen).starts_with("┌ Secrets ──"), "the root has no name");
    }
}

#[test]
fn rows_that_differ_only_in_the_middle_do_not_look_alike() {
    let address = |region: &str| format!("production/{region}/payments/STRIPE_WEBHOOK_SECRET");
    let both = ["us-east-1", "us-east-2", "us-west-2"].map(address);
    let secrets = both.iter().zip(1..).map(|(address, number)| secret(number, address, 1, 3)).collect::<Vec<_>>();
    for (width, height) in [(40, 15), (60, 20), (80, 24)] {
        let mut screen = Screen::with(secrets.clone(), width, height);
        let rows: Vec<String> = list(&mut screen).into_iter().map(|row| row.chars().skip(1).collect()).collect();
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert!(rows[0] != rows[1] && rows[1] != rows[2] && rows[0] != rows[2], "{width}: {rows:?}");
    }
}
