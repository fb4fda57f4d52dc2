//! Keys to effects: what each key asks of the outside, and what it does not.
#![expect(clippy::unwrap_used, reason = "made-up data is known to be right")]

#[path = "flows/editing.rs"]
mod editing;
#[path = "flows/facts.rs"]
mod facts;
#[path = "flows/helping.rs"]
mod helping;
#[path = "flows/looking.rs"]
mod looking;
#[path = "support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of screens")]
mod screen;
#[path = "flows/walking.rs"]
mod walking;

use std::time::Duration;

use strongroom::crypto::keyring::SlotKind;
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::action::Context;
use strongroom::tui::effect::{Effect, Request};
use strongroom::tui::event::{Answer, ClipboardNews, Event, Found, Signal};
use strongroom::tui::job::Deed;
use strongroom::tui::keymap::Keymap;
use strongroom::vault::bulk::{Act, Done, Seen, Step};
use strongroom::vault::catalog::CatalogChange;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::{Secret, SecretId};
use strongroom::vault::{Expected, MetadataChange, Outcome, Written};

use screen::{Screen, fields, history, key_event, secret, secrets};

const STRIPE: &str = "production/payments/STRIPE_KEY";

fn address(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

/// The effects of some keys on an unlocked vault, the Stripe key selected.
fn effects(keys: &str) -> Vec<Effect> {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(keys);
    screen.take_effects()
}

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
fn rolling_back_carries_the_reason() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j j Enter");
    screen.type_text("bad deploy, y");
    screen.keys("Enter Enter Tab y");
    assert!(screen.take_effects().is_empty(), "Enter says nothing, Tab goes back to the reason, where y is a letter");
    screen.keys("Enter y");
    assert!(matches!(&screen.take_effects()[..],
        [Effect::Vault(Request::RollBack { number: 5, reason, .. })] if reason == "bad deploy, yy"));
}

#[test]
fn the_current_version_cannot_be_rolled_back_to() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 Enter");
    assert!(screen.text().contains("Version 7 is the current one already."));
    for keys in ["1 R", "g R"] {
        screen.keys(keys);
        assert_eq!(screen.state.context(), Some(Context::History));
        assert!(screen.text().contains("▸  6"), "the version before is offered after {keys}");
    }
}

#[test]
fn a_conflict_leaves_the_question_open_with_its_reason() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j Enter");
    screen.type_text("why");
    screen.keys("Enter y");
    screen.event(Event::Vault(Answer::Failed(Error::version_conflict("Version 8 was written meanwhile.", 8))));
    let text = screen.text();
    assert!(text.contains("Version 8 was written meanwhile.") && text.contains("why"), "{text}");
    screen.take_effects();
    screen.keys("Enter y");
    assert!(matches!(&screen.take_effects()[..],
        [Effect::Vault(Request::RollBack { reason, expected: Expected::This(_, Some(8)), .. })] if reason == "why"));
}

#[test]
fn two_versions_are_compared_by_the_mark_or_with_the_current_one() {
    for (keys, before, after) in [
        ("3 d", 6, 7),
        ("3 j j d", 5, 7),
        ("3 j Space j j j d", 3, 6),
        ("3 j Space d", 6, 7),
        ("3 j Space Space G d", 1, 7),
    ] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        let text = screen.text();
        assert!(text.contains(&format!("v{before} and v{after}")), "{keys}: {text}");
        assert!(text.contains("same as version 4") && !text.contains("hunter2"), "{text}");
        screen.keys("Esc");
        assert_eq!(screen.state.context(), Some(Context::History));
    }
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 ] d");
    assert!(screen.text().contains("Comparing starts from the Versions tab."));
    screen.keys("1 g 3 [ d");
    assert!(screen.text().contains("There is no other version to compare with."), "{}", screen.text());
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
fn another_sessions_version_is_told_in_the_form_and_asked_about_on_saving() {
    for (keys, pasted) in [("e", &b"mine"[..]), ("r", b"mine")] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        screen.event(Event::Paste(SecretText::copied_from(pasted)));
        // The other session writes; the harness answers with its version 8.
        let mut newer = secrets().remove(3);
        newer.version = 8;
        screen.secrets[3] = newer.clone();
        screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: vec![newer], removed: Vec::new() })));
        let text = screen.text();
        assert!(text.contains("wrote version 8"), "{keys}: {text}");
        screen.take_effects();
        screen.keys("Enter");
        assert_eq!(screen.take_effects().len(), 1);
        screen.event(Event::Vault(Answer::Failed(Error::version_conflict("Version 8 is current.", 8))));
        let text = screen.text();
        assert!(text.contains("keep mine") && text.contains("keep theirs") && !text.contains("sk_live"), "{text}");
        screen.keys("Down Enter");
        let effects = screen.take_effects();
        assert!(
            matches!(
                &effects[..],
                [Effect::Vault(
                    Request::Amend { expected: Expected::This(_, Some(8)), .. }
                        | Request::Rotate { expected: Expected::This(_, Some(8)), .. }
                )]
            ),
            "{keys}"
        );
    }
}

#[test]
fn theirs_is_kept_without_a_write_and_looked_at_with_a_record() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e");
    screen.type_text("mine");
    screen.keys("Enter");
    screen.secrets[3].version = 8;
    screen.event(Event::Vault(Answer::Failed(Error::version_conflict("Version 8 is current.", 8))));
    screen.take_effects();
    screen.keys("Enter C-t");
    assert!(screen.text().contains("sk_live"), "{}", screen.text());
    screen.wait(Duration::from_secs(10));
    assert!(!screen.text().contains("sk_live"), "{}", screen.text());
    screen.keys("Esc Up Enter");
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    assert!(screen.take_effects().iter().all(|effect| !matches!(effect, Effect::Vault(Request::Amend { .. }))));
}

#[test]
fn a_secret_deleted_elsewhere_while_it_is_edited_costs_nothing_typed() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("e");
    screen.type_text("mine");
    screen.event(without_stripe());
    let text = screen.text();
    assert!(text.contains("Another session deleted this secret."), "{text}");
    screen.type_text("!");
    screen.keys("Enter");
    assert!(
        matches!(&screen.take_effects()[..], [Effect::Vault(Request::Amend { fields, .. })] if fields.set.get("value").unwrap().expose() == b"mine!"),
        "no key was swallowed"
    );
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

#[test]
fn purge_wants_the_name() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("D Enter");
    screen.type_text("stripe_key");
    screen.keys("Enter");
    let asked = screen.take_effects();
    assert!(matches!(&asked[..], [Effect::Vault(Request::DeletedOf(_))]), "only who else bears it");
    screen.keys("C-u");
    screen.type_text("STRIPE_KEY");
    screen.keys("Enter");
    let [Effect::Vault(Request::Purge { address: asked, id: SecretId([4, ..]) })] = &screen.take_effects()[..] else {
        panic!("it was not asked for")
    };
    assert_eq!(*asked, address(STRIPE));
    screen.event(Event::Vault(Answer::Purged(address(STRIPE), SecretId([4; 16]))));
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    assert!(!screen.text().contains("yments/STRIPE_KEY   3d"));
}

#[test]
fn delete_and_undo() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("u");
    assert!(screen.text().contains("There is nothing to undo."));
    screen.keys("d");
    let job = screen.do_job();
    assert_eq!((job.steps[0].address.clone(), &job.steps[0].act), (address(STRIPE), &Act::Delete));
    assert!(screen.text().contains("u brings it back."));
    screen.keys("u u");
    let job = screen.do_job();
    assert_eq!((job.steps[0].address.clone(), &job.steps[0].act), (address(STRIPE), &Act::Restore));
    assert!(screen.take_effects().is_empty(), "a second key does not undo twice");
    let upserted = vec![secrets().remove(3)];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted, removed: Vec::new() })));
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { id: SecretId([4, ..]), .. })]));
}

#[test]
fn another_session_does_not_move_the_selection() {
    let mut screen = Screen::unlocked(80, 24);
    let upserted = vec![secret(99, "AAA_FIRST", 1, 0)];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted, removed: vec![SecretId([1; 16])] })));
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { id: SecretId([4, ..]), .. })]));
}

/// The vault's change without the Stripe key.
fn without_stripe() -> Event {
    Event::Vault(Answer::Changed(CatalogChange { upserted: Vec::new(), removed: vec![SecretId([4; 16])] }))
}

const GONE: &str = "production/payments/STRIPE_KEY was deleted by another session.";

#[test]
fn the_selected_secret_deleted_elsewhere_is_told_before_a_key_meets_its_neighbour() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(without_stripe());
    assert!(screen.text().contains(GONE), "{}", screen.text());
    screen.take_effects();
    screen.wait(Duration::from_secs(60));
    screen.keys("d");
    assert!(screen.take_effects().is_empty(), "the key that was meant for the secret that is gone");
    assert!(!screen.text().contains(GONE));
    screen.keys("d");
    let next = address("production/payments/STRIPE_WEBHOOK_SECRET");
    assert_eq!(screen.do_job().steps[0].address, next);
    // One that is not selected goes in silence.
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("j");
    screen.event(without_stripe());
    assert!(!screen.text().contains("another session"));
}

#[test]
fn ones_own_delete_and_purge_are_not_blamed_on_another_session() {
    for (keys, name, told) in
        [("d", "", "u brings it back."), ("D", "STRIPE_KEY", "Destroyed production/payments/STRIPE_KEY")]
    {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        screen.type_text(name);
        screen.keys(if name.is_empty() { "" } else { "Enter" });
        // The list changes before the answer comes.
        screen.event(without_stripe());
        assert!(!screen.text().contains("another session"), "{}", screen.text());
        match name {
            "" => drop(screen.do_job()),
            _ => screen.event(Event::Vault(Answer::Purged(address(STRIPE), SecretId([4; 16])))),
        }
        assert!(screen.text().contains(told), "{}", screen.text());
        // It is back and selected, and now another session deletes it.
        if name.is_empty() {
            screen.keys("u");
            screen.do_job();
        }
        let upserted = vec![secrets().remove(3)];
        screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted, removed: Vec::new() })));
        screen.keys(if name.is_empty() { "" } else { "k" });
        screen.event(without_stripe());
        assert!(screen.text().contains(GONE), "{}", screen.text());
    }
}

#[test]
fn a_delete_that_failed_hides_no_later_one() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.keys("Esc");
    screen.event(without_stripe());
    assert!(screen.text().contains(GONE), "{}", screen.text());
    // An unrelated failure while ours is under way: the answer sets it right.
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.event(without_stripe());
    screen.do_job();
    let text = screen.text();
    assert!(text.contains("u brings it back.") && !text.contains("another session"), "{text}");
}

#[test]
fn a_written_secret_is_selected_and_told() {
    let mut screen = Screen::unlocked(80, 24);
    let new = secret(50, "staging/NEW_KEY", 1, 0);
    screen.secrets.push(new.clone());
    screen.event(Event::Vault(Answer::Written(
        Deed::Save,
        Box::new(Written { secret: new, outcome: Outcome::Created, undo: None }),
    )));
    let text = screen.text();
    assert!(text.contains("Added staging/NEW_KEY as version 1."), "{text}");
    assert!(text.contains("▸staging/NEW_KEY"), "{text}");
    screen.wait(Duration::from_secs(4));
    assert!(!screen.text().contains("Added"));
}

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
fn the_idle_lock_comes_and_one_returns_to_where_one_was() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("webhook");
    screen.keys("Enter j 2");
    screen.wait(Duration::from_secs(299));
    assert!(screen.text().contains("locks in 0:01"));
    screen.wait(Duration::from_secs(1));
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Lock)]));
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
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Lock)]));
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
fn lock_wipes_half_typed_input_and_keeps_the_clipboard_time() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Clipboard(ClipboardNews::Sent {
        address: address(STRIPE),
        route: "X11 clipboard",
        confirmed: true,
        clear_after: Duration::from_secs(30),
    }));
    screen.keys("D");
    screen.type_text("STRIPE_K");
    screen.keys("C-l");
    let text = screen.text();
    assert!(text.contains("Clipboard clears in 0:30") && !text.contains("STRIPE_K"), "{text}");
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
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Lock), Effect::Suspend]));
    screen.event(Event::Resumed);
    assert!(matches!(&screen.take_effects()[..], [Effect::Repaint]));
}

#[test]
fn a_tiny_screen_still_locks_and_quits_and_nothing_else() {
    let mut screen = Screen::unlocked(20, 3);
    screen.keys("y d j q");
    assert!(screen.take_effects().is_empty());
    screen.keys("C-l");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Lock)]));
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
        screen.keys(&"PgDn ".repeat(140));
        let text = screen.text();
        assert!(text.contains("hide it.") && !text.contains("Copy the value"), "{width}x{height}: {text}");
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
    let read_only = Some("the file is damaged.".to_owned());
    screen.event(Event::Vault(Answer::Unlocked { catalog, failed_unlocks: 0, read_only }));
    assert!(screen.text().contains("READ-ONLY") && screen.text().contains("the file is damaged."));
    screen.keys("j");
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
    screen.event(Event::Vault(Answer::Damaged(Error::damaged("A row was altered."))));
    assert!(screen.text().contains("A row was altered."));
    screen.keys("j");
    screen.take_effects();
    screen.keys("r");
    assert!(screen.text().contains("The vault is read-only: A row was altered."));
    assert!(screen.take_effects().is_empty());
}

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
fn a_row_of_the_history_that_is_cut_off_is_told_whole() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j j j j");
    let text = screen.text();
    let told = text.lines().rev().nth(1).unwrap().trim_end();
    assert_eq!(told, " rotated  ana@bastion1  Leaked in a build log");
    screen.keys("1");
    assert_eq!(screen.text().lines().rev().nth(1).unwrap().trim(), "");
}

#[test]
fn after_a_rollback_the_new_version_is_selected() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j j Enter Enter y");
    screen.secrets[3].version = 8;
    let written = Written { secret: screen.secrets[3].clone(), outcome: Outcome::NewVersion, undo: None };
    screen.event(Event::Vault(Answer::Written(Deed::RollBack, Box::new(written))));
    screen.take_effects();
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { version: Some(8), .. })]));
}

#[test]
fn what_is_certain_about_a_copy_is_never_cut_off() {
    for (width, wanted) in [
        (80, " Sent, unconfirmed · clears in 0:20 · production/payments/STRIPE_KEY"),
        (50, " Sent, unconfirmed · clears in 0:20 · …/STRIPE_KEY"),
        (40, " Sent, unconfirmed · clears in 0:20 · …Y"),
    ] {
        let mut screen = Screen::unlocked(width, 24);
        screen.event(Event::Clipboard(ClipboardNews::Sent {
            address: address(STRIPE),
            route: "terminal clipboard (OSC 52)",
            confirmed: false,
            clear_after: Duration::from_secs(20),
        }));
        let text = screen.text();
        assert_eq!(text.lines().rev().nth(1).unwrap().trim_end(), wanted);
    }
}

#[test]
fn hints_and_texts_name_the_keys_that_are_set() {
    let mut screen = Screen::unlocked(80, 24);
    let overrides = [("cancel", "C-x"), ("submit", "F2"), ("filter", ","), ("back", "b"), ("generate", "C-j")];
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
    assert!(text.contains("└ F2 rotate · Ctrl-X cancel · Tab next") && text.contains("Ctrl-J makes it now"), "{text}");
    assert!(text.contains(" F2 rotate  Ctrl-X cancel  Tab next") && !text.contains("Esc"), "{text}");
}

#[test]
fn a_vault_found_again_leaves_a_half_typed_passphrase() {
    let mut screen = Screen::locked(80, 24);
    let before = screen.text();
    screen.type_text("half");
    let typed = screen.text();
    assert_ne!(before, typed);
    screen.event(Event::Vault(Answer::Found(Found::Locked(vec![SlotKind::Passphrase, SlotKind::Recovery]))));
    assert_eq!(screen.text(), typed);
}

/// What the filter line of the list holds, as the screen shows it.
fn filter_shown(screen: &mut Screen) -> String {
    let text = screen.text();
    let line = text.lines().nth(2).unwrap_or_default();
    line.trim_start_matches('│').split("  ").next().unwrap_or_default().trim().to_owned()
}

#[test]
fn every_row_of_the_overview_leads_to_the_secrets_behind_it() {
    for (keys, filter, selected) in [
        ("o Enter", "/expired", "production/payments/ADYEN_HMAC_KEY"),
        ("o j Enter", "/due", "staging/payments/STRIPE_WEBHOOK_SECRET"),
        ("o j j Enter", "/rotated:never age:>1y", "production/platform/TLS_PRIVATE_KEY"),
        ("o Tab Enter", "/age:<7d", ""),
        ("o Tab G k k Enter", "/due", ""),
        ("o G k Enter", "/expired", ""),
        ("o S-Tab S-Tab l l l l l l l l l l l l l Enter", "/due:>84d due:<91d", STRIPE),
    ] {
        let mut screen = Screen::unlocked(140, 45);
        screen.keys(keys);
        assert_eq!(filter_shown(&mut screen), filter, "{keys}");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{keys}");
        assert!(selected.is_empty() || screen.text().contains(&format!("┌ {selected} ")), "{keys}\n{}", screen.text());
        assert!(screen.take_effects().is_empty());
    }
}

#[test]
fn the_overview_is_left_by_its_own_key_and_a_row_without_secrets_says_so() {
    for leave in ["o", "Esc", "q"] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("o");
        assert_eq!(screen.state.context(), Some(Context::Overview));
        screen.keys("Tab Tab Enter");
        assert!(screen.text().contains("No secret stands behind this."));
        screen.keys(leave);
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{leave}");
        assert!(screen.take_effects().is_empty());
    }
}

#[test]
fn nothing_is_done_to_a_secret_that_the_overview_covers() {
    let mut screen = Screen::unlocked(80, 24);
    for key in ["y", "s", "d", "r", "e", "D", "u", "R", "z", "2"] {
        screen.keys("o");
        screen.keys(key);
        assert!(screen.take_effects().is_empty(), "{key}");
        assert_eq!(screen.state.context(), Some(Context::Overview), "{key}");
        screen.keys("Esc");
    }
    screen.keys("o :");
    screen.type_text("delete");
    assert!(screen.text().contains("Leave the overview first: Esc"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.take_effects().is_empty());
}

#[test]
fn the_overview_counts_again_and_is_there_after_an_idle_lock() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("o");
    assert!(screen.text().contains("12 secrets"));
    screen.event(Event::Vault(Answer::Changed(CatalogChange {
        upserted: vec![secret(99, "production/NEW", 1, 0)],
        removed: Vec::new(),
    })));
    assert!(screen.text().contains("13 secrets"));
    screen.keys("C-l");
    assert!(screen.state.is_locked());
    screen.unlock();
    assert_eq!(screen.state.context(), Some(Context::Overview));
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
    assert!(screen.text().contains("nothing here to complete"), "{}", screen.text());
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

/// The rows of the list, without its frame and filter line.
fn list(screen: &mut Screen) -> Vec<String> {
    let text = screen.text();
    let row = |line: &str| line.strip_prefix('│').map(|rest| rest.split('│').next().unwrap_or("").to_owned());
    text.lines().skip(3).filter_map(row).map(|row| row.trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
}

/// The row with the marker.
fn selected(screen: &mut Screen) -> String {
    list(screen).into_iter().find(|row| row.starts_with('▸')).unwrap_or_default()
}

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
fn another_session_does_not_move_the_selection_of_the_tree() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("`");
    let moved = secret(4, "staging/edge/STRIPE_KEY", 8, 0);
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: vec![moved], removed: Vec::new() })));
    assert!(selected(&mut screen).contains("STRIPE_KEY"), "{}", screen.text());
    assert!(screen.text().contains("Secrets ─ staging/edge ─"), "it moved, and one sees where to: {}", screen.text());
    screen.keys("h");
    let removed = vec![SecretId([1; 16]), SecretId([2; 16])];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: Vec::new(), removed })));
    assert!(selected(&mut screen).starts_with("▸  - edge/"), "a scope keeps it too: {}", screen.text());
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
fn a_secret_that_leaves_the_filter_is_told_and_the_next_key_waits() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("payments/STRIPE_KEY due:<300d");
    screen.keys("Enter");
    let mut changed = secrets().remove(3);
    changed.metadata.rotation_days = None;
    screen.take_effects();
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: vec![changed], removed: Vec::new() })));
    assert!(screen.text().contains("has left the filter."), "{}", screen.text());
    screen.keys("d");
    assert!(screen.take_effects().is_empty(), "the key was not meant for the neighbour");
    assert!(!screen.text().contains("has left"));
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

#[test]
fn marks_outlive_filters_and_other_sessions() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space");
    assert!(screen.text().contains("2 marked · 12"), "{}", screen.text());
    screen.keys("/");
    screen.type_text("kafka");
    screen.keys("Enter C-a");
    assert!(screen.text().contains("3 marked · 1 of 12"), "{}", screen.text());
    screen.keys("C-a");
    assert!(screen.text().contains("2 marked · 1 of 12"), "what is hidden stays marked");
    screen.keys("C-a");
    screen.event(without_stripe());
    assert!(screen.text().contains("2 marked"), "a secret that is gone is not marked");
    screen.keys("Esc");
    assert!(!screen.text().contains("marked") && screen.text().contains("kafka"), "marks go before the filter");
    screen.keys("Esc");
    assert!(!screen.text().contains("kafka"));
}

#[test]
fn all_that_the_filter_shows_are_its_matches_folded_or_not() {
    for tree in ["", "` -", "` ="] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(tree);
        screen.keys("C-a");
        assert!(screen.text().contains("12 marked · 12"), "{tree}: {}", screen.text());
        screen.keys("C-a");
        assert!(!screen.text().contains("marked"), "{tree}: {}", screen.text());
        screen.keys("/");
        screen.type_text("scope:production stripe");
        screen.keys("Enter C-a");
        assert!(screen.text().contains("2 marked · 2 of 12"), "{tree}: {}", screen.text());
        screen.keys("d");
        let text = screen.text();
        assert!(text.contains("production/payments/STRIPE_KEY") && text.contains("STRIPE_WEBHOOK"), "{tree}: {text}");
        assert!(text.contains("Delete these 2 secrets?"), "{tree}: {text}");
    }
}

#[test]
fn what_this_session_takes_out_of_the_filter_is_nobody_elses_doing() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("tag:pci");
    screen.keys("Enter Space t");
    screen.type_text("-pci");
    screen.keys("Enter y");
    let effects = screen.take_effects();
    let [Effect::Vault(Request::Job(job))] = &effects[..] else { panic!("no job") };
    let mut changed = secrets().remove(3);
    changed.metadata.tags.retain(|tag| tag != "pci");
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: vec![changed], removed: Vec::new() })));
    assert!(!screen.text().contains("has left"), "{}", screen.text());
    let done = Done { changed: 1, ..Done::default() };
    screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(Ok(Some(done))) }));
    assert!(!screen.text().contains("has left"), "{}", screen.text());
}

/// The list as another session left it: the secret of that number is in version 9.
fn rotated_elsewhere(number: usize) -> Event {
    let mut changed = secrets().remove(number);
    changed.version = 9;
    Event::Vault(Answer::Changed(CatalogChange { upserted: vec![changed], removed: Vec::new() }))
}

#[test]
fn a_plan_that_another_session_made_old_is_made_anew_before_it_is_answered() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("C-a r Tab Tab Tab");
    screen.type_text("Suspected leak");
    screen.keys("Enter");
    assert!(screen.text().contains("v7 -> v8"), "{}", screen.text());
    screen.event(rotated_elsewhere(3));
    screen.event(Event::Key(key_event("y")));
    assert!(screen.take_effects().is_empty(), "the new plan was not on the screen yet");
    screen.state.mark_drawn();
    let text = screen.text();
    assert!(text.contains("! production/payments/STRIPE_KEY was changed by another session"), "{text}");
    assert!(text.contains("v9 -> v10"), "{text}");
    // What changes nothing about the plan does not disturb it.
    screen.event(rotated_elsewhere(3));
    screen.keys("y");
    let job = screen.do_job();
    assert_eq!((job.steps.len(), job.reason.as_str()), (12, "Suspected leak"));
    assert!(job.steps.iter().any(|step| step.seen == Seen::Version(9)));
}

#[test]
fn what_another_session_deletes_leaves_the_plan() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("G k k k k Space Space t");
    screen.type_text("+db");
    let removed = vec![SecretId([8; 16])];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: Vec::new(), removed })));
    screen.keys("Enter");
    assert!(screen.text().contains("1 secret changes tags: +db."), "the typed tag stays: {}", screen.text());
    let removed = vec![SecretId([9; 16])];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: Vec::new(), removed })));
    assert!(screen.text().contains("were deleted by another session."), "{}", screen.text());
    assert_eq!(screen.state.context(), Some(Context::Secrets));
}

#[test]
fn a_plan_changed_by_keys_typed_ahead_is_not_confirmed_by_them() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space t");
    screen.type_text("+db");
    screen.keys("Enter");
    for key in ["Tab", "x", "Enter", "y"] {
        screen.event(Event::Key(key_event(key)));
    }
    assert!(screen.take_effects().is_empty());
    screen.state.mark_drawn();
    assert!(screen.text().contains(": +dbx?"), "{}", screen.text());
}

#[test]
fn a_plan_says_what_the_filter_does_not_show() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space /");
    screen.type_text("kafka");
    screen.keys("Enter Space d");
    assert!(screen.text().contains("2 of them are not shown by the filter."), "{}", screen.text());
    assert!(screen.text().contains("Delete these 3 secrets?"), "{}", screen.text());
}

#[test]
fn the_bar_tells_what_works_on_the_marked() {
    for (width, told) in [
        (40, "r rotate 2  d delete 2  ? help"),
        (80, "r rotate 2  d delete 2  t tags 2  E expiry 2  m move 2  Esc unmark  ? help"),
    ] {
        let mut screen = Screen::unlocked(width, 24);
        screen.keys("Space Space");
        let text = screen.text();
        assert!(text.contains(told), "{text}");
        screen.keys("Esc");
        assert!(screen.text().contains(" y copy  s show "), "{}", screen.text());
    }
}

#[test]
fn the_cursor_stays_among_its_neighbours_when_many_go() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("g Space Space Space Space k k d y");
    assert!(selected(&mut screen).contains("ADYEN"), "{}", screen.text());
    let removed = (1..=4).map(|number| SecretId([number; 16])).collect();
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: Vec::new(), removed })));
    screen.do_job();
    assert!(selected(&mut screen).contains("STRIPE_WEBHOOK"), "{}", screen.text());
    assert!(selected(&mut screen).contains("91d"), "the production one: {}", screen.text());
}

#[test]
fn what_came_of_a_job_is_told_after_a_lock_without_a_name() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d C-l");
    let effects = screen.take_effects();
    let Effect::Vault(Request::Job(job)) = &effects[0] else { panic!("no job") };
    screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(Ok(None)) }));
    assert!(screen.text().contains("Ended by the lock: nothing of the delete was done."), "{}", screen.text());
    let back = Step { act: Act::Restore, ..job.steps[0].clone() };
    let done = Done { changed: 1, unchanged: 0, undo: [back].into() };
    screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(Ok(Some(done))) }));
    let text = screen.text();
    assert!(text.contains("Before the lock: delete of 1 secret.") && !text.contains("STRIPE"), "{text}");
    screen.unlock();
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].act, Act::Restore);
}

#[test]
fn tags_that_are_there_are_completed_wherever_tags_are_typed() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("t");
    screen.type_text("+ti");
    assert!(screen.text().contains("Tab complete"), "{}", screen.text());
    screen.keys("Tab");
    assert!(screen.text().contains("Tags    +tier1"), "{}", screen.text());
    assert!(screen.text().contains("Tab next"), "{}", screen.text());
    screen.keys("Tab");
    screen.type_text("why");
    assert!(screen.text().contains("Reason  why"), "a tag that is whole is left: {}", screen.text());
    // Only what one of the marked has can be taken away.
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space t");
    screen.type_text("-p");
    for tag in ["-payments", "-pci", "-payments"] {
        screen.keys("Tab");
        assert!(screen.text().contains(&format!("Tags    {tag} ")), "{tag}: {}", screen.text());
    }
    screen.keys("Down");
    assert!(!screen.text().contains("1 of 2"), "left: {}", screen.text());
    screen.keys("Esc Esc g t");
    screen.type_text("-p");
    assert!(screen.text().contains("Tab next"), "it has no tag: {}", screen.text());
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("a Tab Tab Tab Tab");
    screen.type_text("pay");
    screen.keys("Tab");
    assert!(screen.text().contains("Tags          payments"), "in a new secret: {}", screen.text());
}

#[test]
fn of_several_that_bear_a_name_the_chosen_one_is_purged() {
    let purged = |screen: &mut Screen| match &screen.take_effects()[..] {
        [Effect::Vault(Request::Purge { address: asked, id })] if *asked == address(STRIPE) => Some(id.0[0]),
        _ => None,
    };
    let deleted =
        [31_u8, 32].map(|number| Secret { deleted_at: Some(screen::time(-5)), ..secret(number, STRIPE, 2, 9) });
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("D");
    assert!(
        matches!(&screen.take_effects()[..], [Effect::Vault(Request::DeletedOf(asked))] if *asked == address(STRIPE))
    );
    screen.type_text("STRIPE_KEY");
    screen.event(Event::Vault(Answer::DeletedOf(address("OTHER"), deleted.to_vec())));
    assert!(!screen.text().contains("bear this name"), "that is about another name");
    screen.event(Event::Vault(Answer::DeletedOf(address(STRIPE), deleted.to_vec())));
    let text = screen.text();
    assert!(text.contains("3 secrets bear this name") && text.contains("STRIPE_KEY with 7 versions"), "{text}");
    screen.keys("Down Down");
    assert!(screen.text().contains("STRIPE_KEY, deleted 2026-03-10 02:13:55,"), "{}", screen.text());
    screen.keys("Enter");
    assert_eq!(purged(&mut screen), None, "the name was typed for another one");
    screen.type_text("STRIPE_KEY");
    screen.keys("Enter");
    assert_eq!(purged(&mut screen), Some(32));
    screen.event(Event::Vault(Answer::Purged(address(STRIPE), SecretId([32; 16]))));
    assert!(screen.text().contains("Destroyed a deleted secret named"), "{}", screen.text());
    assert!(selected(&mut screen).contains("STRIPE_KEY"), "the one in use stays: {}", screen.text());
}

#[test]
fn a_range_follows_the_cursor_until_it_ends() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("v j j");
    assert!(screen.text().contains("3 marked"), "{}", screen.text());
    screen.keys("k");
    assert!(screen.text().contains("2 marked"));
    screen.keys("v j j");
    assert!(screen.text().contains("2 marked"), "it has ended");
    screen.keys("v G Esc");
    assert!(screen.text().contains("2 marked"), "left, it marks nothing");
    screen.keys("g v j Space");
    assert!(screen.text().contains("4 marked"), "Space ends it");
}

#[test]
fn undo_survives_an_idle_lock_but_not_what_a_secret_says() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.do_job();
    screen.keys("C-l");
    screen.unlock();
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].act, Act::Restore);
    // A description is no value, but it is the vault's.
    let described = MetadataChange { description: Some("old words".into()), ..MetadataChange::default() };
    let step =
        Step { id: SecretId([4; 16]), address: address(STRIPE), seen: Seen::Revision(3), act: Act::Edit(described) };
    let written = Written { secret: secrets().remove(3), outcome: Outcome::MetadataOnly, undo: Some(step) };
    screen.event(Event::Vault(Answer::Written(Deed::Save, Box::new(written.clone()))));
    screen.keys("C-l");
    screen.unlock();
    screen.take_effects();
    screen.keys("u");
    assert!(screen.take_effects().is_empty() && screen.text().contains("There is nothing to undo."));
    screen.event(Event::Vault(Answer::Written(Deed::Save, Box::new(written))));
    screen.keys("u");
    assert!(matches!(&screen.do_job().steps[0].act, Act::Edit(_)));
}

#[test]
fn an_undo_that_fails_can_be_tried_again() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.do_job();
    for result in [Ok(None), Err(Error::conflict("The name is taken."))] {
        screen.keys("u");
        let effects = screen.take_effects();
        let [Effect::Vault(Request::Job(job))] = &effects[..] else { panic!("no job") };
        screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(result) }));
        screen.keys("Esc");
    }
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].act, Act::Restore);
}

#[test]
fn a_lock_ends_the_job_that_is_under_way() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d C-l");
    let effects = screen.take_effects();
    let [Effect::Vault(Request::Job(job)), Effect::Stop(stop), Effect::Vault(Request::Lock)] = &effects[..] else {
        panic!("the lock waits for the job")
    };
    stop.set();
    assert!(job.stop.is_set(), "it is this job's");
}

#[test]
fn keys_typed_ahead_do_not_confirm_a_plan() {
    let typed = |screen: &mut Screen, keys: &str| {
        for key in keys.split_whitespace() {
            screen.event(Event::Key(key_event(key)));
        }
    };
    let is_job = |effect: &Effect| matches!(effect, Effect::Vault(Request::Job(_)));
    for keys in ["d y y", "t + x Enter y Enter y", "E 3 0 d Enter y", "m a Enter y", "r Enter y y"] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("Space Space");
        typed(&mut screen, keys);
        assert!(!screen.take_effects().iter().any(is_job), "{keys}: the plan was not on the screen yet");
        assert_eq!(screen.state.context(), Some(Context::Confirm), "{keys}");
        screen.state.mark_drawn();
        typed(&mut screen, "y");
        assert_eq!(screen.do_job().steps.len(), 2, "{keys}");
        assert!(screen.text().contains("u undoes it.") || screen.text().contains("u brings them back."), "{keys}");
        assert!(!screen.text().contains("marked"), "the marks have done their work");
    }
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

#[test]
fn a_long_undo_shows_how_far_it_is_and_can_be_ended() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("C-a d y");
    screen.do_job();
    screen.keys("u");
    assert_eq!(screen.state.context(), Some(Context::Secrets), "a short one shows no dialog");
    screen.elapse(Duration::from_secs(1));
    screen.event(Event::Vault(Answer::Progress { done: 3, total: 12 }));
    screen.state.mark_drawn();
    assert!(
        screen.text().contains("Undo: delete of 12 secrets") && screen.text().contains("about 0:03 left"),
        "{}",
        screen.text()
    );
    screen.keys("Esc Esc");
    let effects = screen.take_effects();
    let [Effect::Vault(Request::Job(job)), Effect::Stop(_)] = &effects[..] else { panic!("not ended once") };
    screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(Ok(None)) }));
    assert!(screen.text().contains("Ended; nothing was changed."), "{}", screen.text());
    screen.keys("u");
    assert_eq!(screen.do_job().steps.len(), 12, "it can be undone still");
}

#[test]
fn a_filter_that_cannot_be_read_marks_nothing() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("/");
    screen.type_text("age:90d");
    screen.keys("Enter");
    screen.keys("C-a");
    let text = screen.text();
    assert!(text.contains("The filter cannot be read") && !text.contains("marked"), "{text}");
}

#[test]
fn what_was_added_is_taken_back_by_its_name() {
    let mut screen = Screen::unlocked(80, 24);
    let new = secrets().remove(3);
    let step = Step { id: new.id, address: new.address.clone(), seen: Seen::Revision(1), act: Act::Delete };
    let written = Written { secret: new, outcome: Outcome::Created, undo: Some(step.clone()) };
    screen.event(Event::Vault(Answer::Written(Deed::Add, Box::new(written))));
    screen.keys("u");
    screen.do_job();
    assert!(screen.text().contains(&format!("Undone: adding of {STRIPE}, which is deleted")), "{}", screen.text());
}

#[test]
fn an_undo_refused_twice_no_longer_bars_the_one_before() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.do_job();
    screen.wait(Duration::from_secs(1));
    screen.keys("d");
    screen.do_job();
    for _ in 0..2 {
        screen.keys("u");
        let effects = screen.take_effects();
        let [Effect::Vault(Request::Job(job))] = &effects[..] else { panic!("no job") };
        let refused = Err(Error::conflict("Somebody changed it."));
        screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(refused) }));
        screen.keys("Esc");
    }
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].address, address(STRIPE));
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
