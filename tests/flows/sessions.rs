//! Another session writes meanwhile: what it does is told, and moves nothing here.

use super::*;

const GONE: &str = "production/payments/STRIPE_KEY was deleted by another session.";

/// The list as another session left it: the secret of that number is in version 9.
fn rotated_elsewhere(number: usize) -> Event {
    let mut changed = secrets().remove(number);
    changed.version = 9;
    Event::Vault(Answer::Changed(CatalogChange { upserted: vec![changed], removed: Vec::new() }))
}

#[test]
fn another_session_does_not_move_the_selection() {
    let mut screen = Screen::unlocked(80, 24);
    let upserted = vec![secret(99, "AAA_FIRST", 1, 0)];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted, removed: vec![SecretId([1; 16])] })));
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { id: SecretId([4, ..]), .. })]));
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
    assert!(screen.text().contains("staging/DATABASE_URL was deleted by another session;"), "{}", screen.text());
    assert_eq!(screen.state.context(), Some(Context::Form), "what was typed stays");
}

#[test]
fn a_form_about_a_secret_that_another_session_deletes_stays_and_says_so() {
    for (keys, text) in [("t", "+db"), ("E", "30d"), ("m", "x"), ("t + x Enter", "")] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(keys);
        screen.type_text(text);
        let before = screen.state.context();
        screen.event(without_stripe());
        screen.take_effects();
        for key in ["Enter", "y", "Enter", "y"] {
            screen.keys(key);
            let text = screen.text();
            assert!(text.contains("STRIPE_KEY was deleted by another session; nothing"), "{keys} {key}: {text}");
        }
        assert!(before == Some(Context::Confirm) || before == screen.state.context(), "{keys}");
        assert!(screen.take_effects().is_empty(), "{keys}: no key met a neighbour");
        screen.event(Event::Vault(Answer::Changed(CatalogChange {
            upserted: vec![secrets().remove(3)],
            removed: Vec::new(),
        })));
        assert!(!screen.text().contains("was deleted by"), "{keys}: it is there again: {}", screen.text());
        screen.event(without_stripe());
        screen.keys("Esc");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{keys}");
    }
    // Where nothing is typed there is nothing to keep: the next key is taken up.
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space k d");
    screen.event(without_stripe());
    screen.take_effects();
    screen.keys("y");
    assert!(screen.take_effects().is_empty());
}
