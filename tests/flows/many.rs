//! Marks, and what is done to all that are marked.

use super::*;

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
fn the_bar_tells_what_works_on_the_marked() {
    for (width, told) in [
        (40, "r rotate  d delete  m move  ? help"),
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
fn a_plan_says_what_the_filter_does_not_show() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space /");
    screen.type_text("kafka");
    screen.keys("Enter Space d");
    assert!(screen.text().contains("2 of them are not shown by the filter."), "{}", screen.text());
    assert!(screen.text().contains("Delete these 3 secrets?"), "{}", screen.text());
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
fn a_lock_ends_the_job_that_is_under_way() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d C-l");
    let effects = screen.take_effects();
    let [
        Effect::Vault(Request::Job(job)),
        Effect::ClearClipboard { .. },
        Effect::Stop(stop),
        Effect::Vault(Request::Lock),
    ] = &effects[..]
    else {
        panic!("the lock waits for the job")
    };
    stop.set();
    assert!(job.stop.is_set(), "it is this job's");
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
