//! The filter, the jump and the pins.

use super::*;

#[test]
fn typing_the_filter_asks_the_vault_for_nothing_until_it_is_kept() {
    let mut screen = Screen::unlocked(80, 24);
    let known = std::mem::take(&mut screen.secrets);
    screen.keys("/");
    screen.type_text("kafka");
    assert!(screen.take_effects().is_empty());
    screen.keys("Enter");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Detail(SecretId([6, ..])))]));
    screen.secrets = known;
    screen.keys("Esc");
    assert!(screen.text().contains("─ 12 ┐"), "Esc shows the whole list again");
}

#[test]
fn the_detail_follows_a_filter_when_the_typing_rests() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("kafka");
    assert!(screen.text().contains(&format!("┌ {STRIPE} ")), "a key redraws the list only");
    screen.wait(Duration::from_millis(249));
    assert!(screen.text().contains(&format!("┌ {STRIPE} ")));
    screen.wait(Duration::from_millis(1));
    assert!(screen.text().contains("/platform/KAFKA_SASL_PASSWORD ─"), "{}", screen.text());
    assert_eq!(screen.state.context(), Some(Context::Filter), "the typing goes on");
}

#[test]
fn a_filter_that_cannot_be_read_says_so_typed_and_kept() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("stripe due:<7");
    for key in ["C-p", "Enter"] {
        screen.keys(key);
        let text = screen.text();
        assert!(text.contains("│!stripe due:<7"), "{text}");
        assert!(
            text.contains("has no unit") && text.contains("for example 90s, 30d or 1y."),
            "the next step is not cut off: {text}"
        );
        assert!(text.contains("STRIPE_KEY"), "the part that can be read filters: {text}");
    }
    screen.keys("Esc");
    assert!(!screen.text().contains("has no unit"));
}

#[test]
fn a_wrong_term_is_told_under_the_filter_and_an_unfinished_one_is_not() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("stripe tag:");
    assert!(screen.text().contains("│/stripe tag:") || screen.text().contains("│!stripe tag:"));
    assert!(
        screen.text().lines().nth(3).is_some_and(|line| line.contains("│▸")),
        "the list stays where it is: {}",
        screen.text()
    );
    assert!(screen.text().contains("names nothing yet"));
    screen.keys("C-u");
    screen.type_text("stripe colour:red");
    let text = screen.text();
    let line = |words: &str| text.lines().position(|line| line.contains(words));
    let input = line("│!stripe colour:red").unwrap();
    assert_eq!(line("There is no term \"colour:\" here."), Some(input + 1), "{text}");
    assert!(
        text.lines().position(|line| line.starts_with("│▸")) == Some(input + 2)
            && line("Terms are scope:prod").is_some(),
        "{text}"
    );
}

#[test]
fn a_filter_that_finds_nothing_shows_nothing() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("zzz");
    screen.state.take_changed();
    screen.wait(Duration::from_millis(250));
    assert!(screen.state.take_changed(), "it is drawn");
    assert!(!screen.text().contains("STRIPE"), "{}", screen.text());
}

#[test]
fn one_esc_while_typing_clears_the_filter_and_leaves_it() {
    let mut screen = Screen::unlocked(80, 24);
    for typed in ["kafka", "tag:", "nosuch:x"] {
        screen.keys("/");
        screen.type_text(typed);
        screen.keys("Esc");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{typed}");
        let text = screen.text();
        assert!(text.contains("─ 12 ┐") && !text.contains(&format!("/{typed}")), "{text}");
    }
}

#[test]
fn the_arrows_walk_through_earlier_filters_also_after_a_lock() {
    let mut screen = Screen::unlocked(80, 24);
    for filter in ["kafka", "stripe"] {
        screen.keys("/");
        screen.type_text(filter);
        screen.keys("Enter Esc");
    }
    screen.keys("C-l");
    screen.unlock();
    screen.keys("/");
    screen.type_text("snow");
    for (key, shown) in [("Up", "stripe"), ("Up", "kafka"), ("Up", "kafka"), ("Down", "stripe"), ("Down", "snow")] {
        screen.keys(key);
        let text = screen.text();
        assert!(text.contains(&format!("│/{shown} ")), "{key} shows {shown}: {text}");
    }
    assert!(screen.text().contains("─ 1 of 12 ┐"), "what was typed filters again");
    screen.keys("Esc / C-p C-n");
    assert!(screen.text().contains("│/ "), "rows are moved without touching the line");
}

#[test]
fn tab_completes_the_term_and_goes_round() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("key sc");
    for expected in ["key scope:", "key scope:global", "key scope:production/", "key scope:staging/", "key scope:~ana/"]
    {
        screen.keys("Tab");
        let text = screen.text();
        assert!(text.contains(&format!("│/{expected} ")) || expected.ends_with(':'), "{text}");
        if expected.ends_with("production/") {
            assert!(text.contains(" 2 of 4  global production/ staging/ ~ana/"), "{text}");
        }
    }
    screen.keys("Tab");
    assert!(screen.text().contains("│/key scope:global "), "round and round");
    screen.keys("Esc / z z Tab");
    assert!(screen.text().contains("No term begins so; due: tag:"), "{}", screen.text());
    screen.keys("Enter");
    assert!(!screen.text().contains("No term begins so"), "it was about the line that was typed");
}

#[test]
fn a_jump_reaches_any_secret_and_clears_only_a_filter_that_hides_it() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("staging");
    screen.keys("Enter f");
    screen.type_text("staging hook");
    screen.keys("Enter");
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    assert!(selected(&mut screen).contains("WEBHOOK"), "{}", screen.text());
    assert!(screen.text().contains("│/staging "), "the filter that shows it stays");
    screen.keys("3 f");
    screen.type_text("snow");
    screen.keys("Enter");
    let text = screen.text();
    assert!(text.contains("/ to filter") && text.contains("The filter is cleared"), "{text}");
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { id: SecretId([8, ..]), .. })]));
    screen.keys("o f");
    screen.type_text("kafka");
    screen.keys("Enter");
    assert!(selected(&mut screen).contains("KAFKA"), "from the overview too: {}", screen.text());
}

#[test]
fn a_jump_in_the_tree_unfolds_the_way() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("` - f");
    screen.type_text("snow");
    screen.keys("Enter");
    assert!(selected(&mut screen).contains("SNOWF"), "{}", screen.text());
}

#[test]
fn pins_come_first_and_are_kept_by_identity() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("p");
    assert!(matches!(&screen.take_effects()[..],
        [Effect::Vault(Request::WritePins(pins))] if pins == &[SecretId([4; 16])]));
    assert!(screen.text().contains("is pinned; f offers it first."), "{}", screen.text());
    assert!(selected(&mut screen).contains("STRIPE_KEY^"), "the list shows it: {}", screen.text());
    screen.keys("j y");
    screen.take_effects();
    screen.keys("f");
    let text = screen.text();
    let line = |words: &str| text.lines().position(|line| line.contains(words));
    assert!(line("^ pinned").unwrap() < line("  opened").unwrap(), "{text}");
    screen.keys("Enter p");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::WritePins(pins))] if pins.is_empty()));
    let damage = Some(Error::damaged("The pins in /state/pins are damaged; 1 of them cannot be read."));
    screen.event(Event::Vault(Answer::Pins { pins: vec![SecretId([9; 16])], damage }));
    assert!(screen.text().contains("The pins in"), "a damaged file is told");
    screen.keys("f Enter y");
    assert!(
        matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { id: SecretId([9, ..]), .. })]),
        "and blocks nothing"
    );
}
