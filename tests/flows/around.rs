//! What surrounds the panes: notices, help, the palette, reasons why not, and small screens.

use strongroom::vault::audit::AuditVerdict;

use super::*;

#[test]
fn an_error_stays_and_swallows_one_key() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.wait(Duration::from_secs(60));
    assert!(screen.text().contains("The vault is in use."));
    screen.keys("d");
    assert!(screen.take_effects().is_empty());
    assert!(!screen.text().contains("The vault is in use."));
    screen.keys("d");
    assert_eq!(screen.take_effects().len(), 1);
}

#[test]
fn a_tiny_screen_still_locks_and_quits_and_nothing_else() {
    let mut screen = Screen::unlocked(20, 3);
    screen.keys("y d j q");
    assert!(screen.take_effects().is_empty());
    screen.keys("C-l");
    assert!(matches!(&screen.take_effects()[..], [Effect::ClearClipboard { .. }, Effect::Vault(Request::Lock)]));
    screen.keys("C-q");
    assert!(matches!(&screen.take_effects()[..], [Effect::Quit(0)]));
    for (width, height) in [(30, 5), (24, 1), (139, 7)] {
        let text = Screen::unlocked(width, height).text();
        assert!(text.contains("Ctrl-L lock  Ctrl-C quit"), "{width}x{height}: {text}");
    }
}

#[test]
fn the_end_of_the_help_is_reached_at_every_size() {
    for (width, height) in [(40, 8), (40, 15), (60, 10), (80, 24), (140, 45)] {
        let mut screen = Screen::unlocked(width, height);
        screen.keys("?");
        screen.keys(&"PgDn ".repeat(200));
        let text = screen.text();
        assert!(text.contains("hide it.") && !text.contains("Copy the value; "), "{width}x{height}: {text}");
        screen.keys("Up");
        assert!(screen.text() != text, "it scrolls back at once");
    }
}

#[test]
fn a_paste_outside_an_input_does_nothing() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Paste(SecretText::copied_from(b"d\ny\nq")));
    assert!(screen.take_effects().is_empty());
    assert!(screen.text().contains("Nothing takes a paste here"));
}

#[test]
fn a_rotation_asked_for_before_the_detail_came_waits_for_it() {
    let mut screen = Screen::unlocked(80, 24);
    let known = std::mem::take(&mut screen.secrets);
    screen.keys("j r");
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    let next = known[4].clone();
    screen.event(Event::Vault(Answer::Detail { history: history(&next), secret: Box::new(next) }));
    assert_ne!(screen.state.context(), Some(Context::Secrets));
    assert!(screen.text().contains("STRIPE_WEBHOOK_SECRET"));
}

#[test]
fn the_palette_does_what_it_names() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(":");
    screen.type_text("dele");
    screen.keys("Enter");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Job(job))] if job.deed == Deed::Delete));
    screen.keys(":");
    screen.type_text("clear-c");
    screen.keys("Enter");
    assert!(screen.text().contains("Nothing of ours is on the clipboard."), "a disabled action says why");
}

#[test]
fn a_read_only_vault_says_why_it_does_not_write() {
    let mut screen = Screen::locked(80, 24);
    let catalog = std::sync::Arc::new(secrets().into_iter().collect());
    let read_only = Some(ReadOnly::Damaged("the file is damaged.".to_owned()));
    screen.event(Event::Vault(Answer::Unlocked { catalog, failed_unlocks: 0, read_only, unkept: None }));
    assert!(screen.text().contains("READ-ONLY") && screen.text().contains("the file is damaged."));
    screen.keys("Esc");
    screen.take_effects();
    for key in ["a", "d", "r", "D"] {
        screen.keys(key);
        assert!(screen.text().contains("The vault is read-only: the file is damaged."));
        assert!(screen.take_effects().is_empty());
    }
}

#[test]
fn damage_found_behind_the_list_is_told_and_ends_the_writing() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::ReadOnly(ReadOnly::Damaged("A row was altered.".to_owned()))));
    screen.event(Event::Vault(Answer::Damaged(Error::damaged("A row was altered."))));
    assert!(screen.text().contains("A row was altered."));
    screen.keys("Esc");
    screen.take_effects();
    screen.keys("r");
    assert!(screen.text().contains("The vault is read-only: A row was altered. strongroom verify tells"));
    assert!(screen.take_effects().is_empty());
}

/// What is wrong with a file that is not the one seen last is not that nothing can be recorded.
#[test]
fn an_older_file_gives_no_value_out_and_takes_no_write_and_both_say_that_it_is_older() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::ReadOnly(screen::older())));
    for (key, first) in [
        ("y", "No value is given out: This"),
        ("s", "No value is"),
        ("r", "The vault is read-only"),
        ("e", "The vault is read-only"),
    ] {
        screen.keys(key);
        let told = screen.text().lines().skip(20).map(str::trim).collect::<Vec<_>>().join(" ");
        assert!(told.contains(first) && told.contains("This vault is older than the one that"), "{key}: {told}");
        assert!(told.contains("strongroom anchor tells more.") && !told.contains("recorded"), "{key}: {told}");
        assert!(screen.take_effects().is_empty(), "{key}");
        screen.keys("Esc");
    }
}

/// Nothing of the row before may stand beside one that cannot be read.
#[test]
fn a_damaged_secret_says_so_in_its_details_and_nothing_of_another_stands_there() {
    let mut screen = Screen::unlocked(80, 24);
    assert!(screen.text().contains("Stripe production API"));
    let (id, error) = (SecretId([5; 16]), Error::damaged("Its record was altered.").hint("Restore a backup."));
    screen.damaged = vec![(id, error)];
    screen.keys("j");
    screen.wait(Duration::from_secs(1));
    let text = screen.text();
    for told in [
        "n/payments/STRIPE_WEBHOOK_SECRET ─",
        "!! DAMAGED",
        "Its record was altered.",
        "Restore a backup.",
        "strongroom verify",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(!text.contains("Stripe production API") && !text.contains("webhook_url") && !text.contains("v7"), "{text}");
    // A key that waits for the details waits no longer, and the next row is as it always was.
    screen.keys("Esc r");
    assert!(screen.state.dialog().is_none());
    screen.keys("k");
    screen.wait(Duration::from_secs(1));
    assert!(screen.text().contains("Stripe production API") && !screen.text().contains("DAMAGED"));
    screen.event(Event::Vault(Answer::AuditVerified(AuditVerdict::Intact { records: 4_711 })));
    screen.keys("o");
    let text = screen.text();
    assert!(text.contains("!!     1 damaged: production/payments/STRIPE_WEBHOOK_SECRET"), "{text}");
    assert!(text.contains("!! DAMAGED; log") && !text.contains("verified 02:14"), "the log alone is whole: {text}");
    screen.keys("Enter");
    assert!(screen.text().contains("!! DAMAGED"), "{}", screen.text());
}

#[test]
fn hints_and_texts_name_the_keys_that_are_set() {
    let mut screen = Screen::unlocked(80, 24);
    let overrides = [("cancel", "F4"), ("submit", "F2"), ("filter", ","), ("back", "b"), ("generate", "C-j")];
    let overrides = overrides.map(|(name, keys)| (name.to_owned(), keys.to_owned()));
    screen.state = screen.with_keymap(Keymap::with_overrides(&overrides).unwrap());
    screen.unlock();
    assert!(screen.text().contains(", to filter"));
    screen.keys(",");
    screen.type_text("zzz");
    screen.keys("Enter");
    assert!(screen.text().contains("b clears the filter."), "{}", screen.text());
    screen.keys("b r");
    let text = screen.text();
    assert!(text.contains("└ F2 rotate · F4 cancel · Tab next") && text.contains("Ctrl-J makes it now"), "{text}");
    assert!(text.contains(" F2 rotate  F4 cancel  Tab next") && !text.contains("Esc"), "{text}");
}
