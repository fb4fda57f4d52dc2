//! What comes after the list: the use of secrets and equal values, in the filter, the jump
//! and the overview.

use strongroom::vault::duplicates::Duplicates;
use strongroom::vault::usage::{Extent, Use};

use super::screen::{DAY, used, uses};
use super::*;

const READING: &str = "Reading the audit log…";
const LOOKING: &str = "Looking for duplicates…";

fn tell(screen: &mut Screen, uses: &[Use], extent: Extent) {
    screen.event(Event::Vault(Answer::Used {
        uses: uses.to_vec(),
        extent,
        backups: Default::default(),
        cut_off: None,
    }));
}

fn duplicates(screen: &mut Screen, groups: &[&[u8]]) {
    let ids = |group: &&[u8]| group.iter().map(|number| SecretId([*number; 16])).collect();
    let found = Duplicates::new(groups.iter().map(ids));
    screen.event(Event::Vault(Answer::Duplicates(Some(found))));
}

/// What stands at the right of the list's title.
fn count(screen: &mut Screen) -> String {
    let text = screen.text();
    let title = text.lines().nth(1).unwrap();
    title.split(['┐', '┌']).find(|part| part.contains("Secrets")).unwrap().rsplit('─').next().unwrap().trim().to_owned()
}

fn filtered(filter: &str) -> Screen {
    let mut screen = Screen::unlocked(100, 24);
    screen.keys("/");
    screen.type_text(filter);
    screen
}

#[test]
fn a_filter_on_use_says_that_the_log_is_being_read_and_fills_when_it_is() {
    let mut screen = filtered("used:never");
    assert!(screen.text().contains(READING), "{}", screen.text());
    assert_eq!(count(&mut screen), "… of 12", "nothing is counted yet");
    let all = uses();
    tell(&mut screen, &all[..40], Extent::Reading);
    assert!(screen.text().contains(READING));
    tell(&mut screen, &all[40..], Extent::Whole);
    let text = screen.text();
    assert!(!text.contains(READING) && text.contains("STATUSPAGE_TOKEN") && text.contains("NOTES"), "{text}");
    assert_eq!(count(&mut screen), "3 of 12");
    assert!(text.contains("┌ STATUSPAGE_TOKEN "), "the detail follows: {text}");
    screen.keys("Esc /");
    screen.type_text("used:>60d");
    assert_eq!(count(&mut screen), "1 of 12", "at once, now that it is known");
}

#[test]
fn an_unfinished_term_about_use_waits_for_nothing() {
    let mut screen = filtered("used:");
    assert!(!screen.text().contains(READING), "{}", screen.text());
    assert_eq!(count(&mut screen), "12");
}

#[test]
fn nothing_is_marked_by_a_filter_that_waits() {
    let mut screen = filtered("used:never");
    screen.keys("Enter C-a");
    assert!(!screen.text().contains("marked"), "{}", screen.text());
    screen.read_log();
    screen.keys("C-a");
    assert!(screen.text().contains("3 marked"), "{}", screen.text());
}

#[test]
fn a_broken_log_is_no_empty_list() {
    let mut screen = filtered("used:never");
    tell(&mut screen, &uses(), Extent::Whole);
    assert_eq!(count(&mut screen), "3 of 12");
    tell(&mut screen, &[], Extent::Unknown);
    let text = screen.text();
    assert!(text.contains("nobody can tell what was") && !text.contains("STATUSPAGE"), "{text}");
    assert_eq!(count(&mut screen), "… of 12");
    screen.keys("Esc o");
    assert!(screen.text().contains("!! unknown: the log is damaged"), "{}", screen.text());
}

#[test]
fn what_is_used_stays_in_the_list_until_the_filter_is_asked_again() {
    let mut screen = filtered("used:never");
    screen.read_log();
    screen.keys("Enter");
    tell(&mut screen, &[used(1, 0, true)], Extent::Whole);
    assert_eq!(count(&mut screen), "3 of 12");
    assert!(screen.text().contains("▸STATUSPAGE_TOKEN"), "not from under the cursor: {}", screen.text());
    screen.keys("/");
    screen.type_text(" ");
    assert_eq!(count(&mut screen), "2 of 12");
}

#[test]
fn duplicates_are_asked_for_once_and_shown_when_they_come() {
    let mut screen = filtered("du");
    assert!(screen.take_effects().is_empty());
    screen.type_text("p");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::FindDuplicates)]));
    assert!(screen.text().contains(LOOKING), "{}", screen.text());
    assert_eq!(count(&mut screen), "… of 12");
    screen.type_text(" stripe");
    assert!(screen.take_effects().is_empty(), "not with every key");
    duplicates(&mut screen, &[&[4, 10], &[2, 9], &[7]]);
    assert_eq!(count(&mut screen), "2 of 12");
    assert!(!screen.text().contains(LOOKING));
    duplicates(&mut screen, &[]);
    assert!(screen.text().contains("Nothing matches."), "after a change: {}", screen.text());
    screen.keys("Esc /");
    screen.type_text("\"dup\"");
    screen.keys("Esc /");
    screen.type_text("dup");
    assert!(screen.take_effects().is_empty(), "the vault tells by itself what changes");
}

#[test]
fn values_that_cannot_be_compared_are_no_empty_list() {
    let mut screen = filtered("dup");
    screen.take_effects();
    screen.event(Event::Vault(Answer::Duplicates(None)));
    assert!(screen.text().contains("The values could not be compared."), "{}", screen.text());
    duplicates(&mut screen, &[&[4, 10]]);
    assert_eq!(count(&mut screen), "2 of 12");
}

#[test]
fn a_lock_forgets_the_facts_and_the_same_filter_asks_anew() {
    let mut screen = filtered("used:never");
    screen.read_log();
    screen.keys("Esc /");
    screen.type_text("dup");
    screen.keys("Enter");
    duplicates(&mut screen, &[&[4, 10]]);
    screen.keys("C-l");
    screen.take_effects();
    screen.unlock();
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::FindDuplicates)]));
    assert!(screen.text().contains(LOOKING), "{}", screen.text());
    screen.keys("Esc /");
    screen.type_text("used:<1d");
    assert!(screen.text().contains(READING), "{}", screen.text());
}

#[test]
fn the_jump_offers_what_this_user_used_last_behind_what_was_opened_here() {
    let mut screen = Screen::unlocked(100, 24);
    screen.read_log();
    screen.keys("k p k Enter Tab Tab f");
    let text = screen.text();
    let row = |name: &str, about: &str| {
        let is_it = |line: &str| line.contains(&format!("{name} ")) && line.contains(about);
        text.lines().position(is_it)
    };
    let opened = row("production/DATABASE_URL", "  opened");
    let used = row("staging/DATABASE_URL", "  used");
    assert!(row("production/payments/ADYEN_HMAC_KEY", "^ pinned").is_some(), "used too, but offered once: {text}");
    assert!(opened.is_some() && used.is_some() && opened < used, "{text}");
    assert_eq!(row("production/payments/STRIPE_KEY", "used"), None, "others used it, not this user: {text}");
}

#[test]
fn the_jump_waits_for_facts_as_the_filter_does() {
    let mut screen = Screen::unlocked(100, 24);
    screen.keys("f");
    screen.type_text("dup");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::FindDuplicates)]));
    assert!(screen.text().contains(LOOKING), "{}", screen.text());
    duplicates(&mut screen, &[&[1, 12]]);
    let text = screen.text();
    assert!(!text.contains(LOOKING) && text.contains("~ana/NOTES"), "{text}");
    screen.keys("Down Enter");
    assert!(screen.text().contains("┌ ~ana/NOTES "), "{}", screen.text());
}

#[test]
fn the_rows_of_the_overview_about_use_lead_to_the_secrets_behind_them() {
    for (keys, filter, shown) in [
        ("o Enter", "/expired used:<30d", "1 of 12"),
        ("o Tab Tab k Enter", "/age:>1y", "1 of 12"),
        ("o Tab Tab Tab k Enter", "/used:never", "3 of 12"),
        ("o G Enter", "/used:<90d", "9 of 12"),
    ] {
        let mut screen = Screen::unlocked(140, 45);
        screen.read_log();
        screen.keys(keys);
        assert_eq!(filter_shown(&mut screen), filter, "{keys}");
        assert_eq!(count(&mut screen), shown, "{keys}");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{keys}");
    }
}

#[test]
fn the_overview_counts_uses_as_they_are_told() {
    let mut screen = Screen::unlocked(100, 40);
    screen.keys("o");
    assert!(screen.text().contains("reading the audit log…"), "{}", screen.text());
    screen.read_log();
    assert!(screen.text().contains("never used   3 of 12 secrets"), "{}", screen.text());
    tell(&mut screen, &[used(1, 5, true)], Extent::Whole);
    assert!(screen.text().contains("never used   2 of 12 secrets"), "{}", screen.text());
    let days = |screen: &mut Screen| {
        screen.keys("G");
        screen.text().lines().find(|line| line.contains(" accesses · ")).unwrap().trim().to_owned()
    };
    let before = days(&mut screen);
    assert!(before.contains(" · most, 7, on Mar 5"), "{before}");
    tell(&mut screen, &[used(1, 89 * DAY, false), used(1, 91 * DAY, false)], Extent::Whole);
    let number = |told: &str| told.split_whitespace().next().unwrap().parse::<u32>().unwrap();
    assert_eq!(number(&days(&mut screen)), number(&before) + 1, "what is older than the chart is not in it");
}

#[test]
fn the_countdown_of_the_clipboard_leaves_the_overviews_words_where_they_are() {
    let mut screen = Screen::unlocked(100, 24);
    screen.event(Event::Clipboard(ClipboardNews::Sent {
        address: Address::parse("production/payments/STRIPE_KEY", &strongroom::vault::scope::ScopePath::root())
            .unwrap(),
        route: "X11 clipboard",
        confirmed: true,
        clear_after: Duration::from_secs(30),
    }));
    screen.keys("o");
    let text = screen.text();
    assert!(text.contains("Clipboard clears in 0:30 · 2 expired · first production/payments/ADYEN_HMAC_KEY"), "{text}");
    screen.keys("Esc");
    assert!(screen.text().contains("Copied · clears in 0:30 · production/payments/STRIPE_KEY"));
}

#[test]
fn the_detail_tells_when_a_secret_was_used_and_what_has_the_same_value() {
    let mut screen = Screen::unlocked(140, 45);
    assert!(!screen.text().contains(" used "), "nothing is claimed before the log is read: {}", screen.text());
    screen.read_log();
    assert!(screen.text().contains(" used         "), "{}", screen.text());
    screen.keys("g");
    assert!(screen.text().contains(" used         never"), "{}", screen.text());
    tell(&mut screen, &[used(1, 0, true)], Extent::Whole);
    assert!(screen.text().contains(" used         just now"), "{}", screen.text());
    duplicates(&mut screen, &[&[1, 2, 4, 10, 12]]);
    let text = screen.text();
    for words in ["! DUPLICATE  of production/DATABASE_URL ", "of production/payments/STRIPE_KEY ", "and 1 more"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    duplicates(&mut screen, &[]);
    assert!(!screen.text().contains("DUPLICATE"), "{}", screen.text());
    tell(&mut screen, &[], Extent::Unknown);
    assert!(!screen.text().contains(" used "), "nor after it broke: {}", screen.text());
}
