//! The lock, by a key, by time and by a signal: what is gone, and what one comes back to.

use super::*;

#[test]
fn the_idle_lock_comes_and_one_returns_to_where_one_was() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("webhook");
    screen.keys("Enter j 2");
    screen.wait(Duration::from_secs(299));
    assert!(screen.text().contains("locks in 0:01"));
    screen.wait(Duration::from_secs(1));
    assert!(matches!(&screen.take_effects()[..], [Effect::ClearClipboard { .. }, Effect::Vault(Request::Lock)]));
    let text = screen.text();
    assert!(text.contains("locked") && !text.contains("STRIPE"), "{text}");
    screen.unlock();
    let text = screen.text();
    assert!(text.contains("/webhook") && text.contains("▸") && text.contains("WEBHOOK_SECRET"), "{text}");
    assert_eq!(screen.state.context(), Some(Context::Detail));
}

#[test]
fn a_key_after_the_idle_time_meets_a_locked_vault() {
    let mut screen = Screen::unlocked(80, 24);
    screen.elapsed = Duration::from_secs(100_000);
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::ClearClipboard { .. }, Effect::Vault(Request::Lock)]));
}

#[test]
fn nothing_wakes_an_idle_screen_before_the_last_minute() {
    let mut screen = Screen::unlocked(80, 24);
    screen.state.take_changed();
    let wake = screen.state.next_deadline().unwrap().duration_since(screen.start);
    assert_eq!(wake, Duration::from_secs(240));
    screen.elapsed = Duration::from_secs(200);
    screen.event(Event::Tick);
    assert!(!screen.state.take_changed());
}

#[test]
fn deadlines_always_lie_ahead() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("s");
    let news = ClipboardNews::Sent {
        address: address(STRIPE),
        route: "X11 clipboard",
        confirmed: true,
        clear_after: Duration::from_millis(29_500),
    };
    screen.event(Event::Clipboard(news));
    for _ in 0..400 {
        let Some(next) = screen.state.next_deadline() else { break };
        let at = next.duration_since(screen.start);
        assert!(at > screen.elapsed, "a deadline in the past would spin the loop");
        screen.elapsed = at;
        screen.event(Event::Tick);
    }
    assert!(screen.state.is_locked());
}

#[test]
fn lock_wipes_half_typed_input_and_the_clipboard() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Clipboard(ClipboardNews::Sent {
        address: address(STRIPE),
        route: "X11 clipboard",
        confirmed: true,
        clear_after: Duration::from_secs(30),
    }));
    screen.keys("D");
    screen.type_text("STRIPE_K");
    screen.take_effects();
    screen.keys("C-l");
    let text = screen.text();
    assert!(text.contains("Clipboard clears in 0:30") && !text.contains("STRIPE_K"), "{text}");
    assert!(matches!(screen.take_effects()[0], Effect::ClearClipboard { typed: true }));
    screen.event(Event::Clipboard(ClipboardNews::Cleared { confirmed: true }));
    assert!(screen.text().contains("The clipboard is cleared."));
}

#[test]
fn a_lock_says_that_what_was_typed_is_wiped() {
    for (keys, is_typed) in
        [("e", true), ("e", false), ("r Right Tab", true), ("D", true), ("3 j Enter", true), ("1", false)]
    {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        if is_typed {
            screen.type_text("half");
        }
        screen.wait(Duration::from_secs(300));
        let told = screen.text().contains("what was typed is wiped: no key");
        assert_eq!(told, is_typed, "{keys}: {}", screen.text());
    }
}

#[test]
fn leaving_locks_first() {
    // The clipboard is cleared behind it, or left to its deadline, as the settings say.
    for (event, code) in [
        (Event::Key(key_event("q")), 0),
        (Event::Signal(Signal::Terminate(15)), 143),
        (Event::Signal(Signal::HangUp), 129),
        (Event::HangUp, 129),
    ] {
        let mut screen = Screen::unlocked(80, 24);
        screen.event(event);
        assert!(
            matches!(&screen.take_effects()[..], [Effect::Vault(Request::Lock), Effect::Quit(found)] if *found == code)
        );
    }
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("C-z");
    assert!(matches!(
        &screen.take_effects()[..],
        [Effect::ClearClipboard { .. }, Effect::Vault(Request::Lock), Effect::Suspend]
    ));
    screen.event(Event::Resumed);
    assert!(matches!(&screen.take_effects()[..], [Effect::Repaint]));
}

#[test]
fn a_vault_found_again_leaves_a_half_typed_passphrase() {
    let mut screen = Screen::locked(80, 24);
    let before = screen.text();
    screen.type_text("half");
    let typed = screen.text();
    assert_ne!(before, typed);
    screen.event(Event::Vault(Answer::Found(Found::Locked(vec![SlotKind::Passphrase, SlotKind::Recovery], None))));
    assert_eq!(screen.text(), typed);
}
