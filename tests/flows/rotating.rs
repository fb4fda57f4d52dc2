//! The cockpit of a rotation: what its keys ask of the vault, and when they ask nothing.

use strongroom::rotation::decide::Goal;
use strongroom::rotation::drive::Source;
use strongroom::rotation::step::{How, StepEnd as Ended};
use strongroom::tui::rotating::{Begun, End, Ended as ProgramEnded, Heard, News, Order, Way, What};
use strongroom::vault::Pick;
use strongroom::vault::rotation::{GivenUp, Revoke, Stage, StageState, StepDone, StepEnd, StepKind, Turn, Which};

use super::*;

const RECIPE: &str = r#"
what = "a password"
[apply]
run = ["true"]
stdin = "{{value}}"
[verify]
run = ["true"]
stdin = "{{value}}"
"#;
const ID: SecretId = SecretId([4; 16]);

/// The Stripe key, selected, with something staged or not, and with a recipe or not.
fn rotating(state: Option<StageState>, recipe: Option<&str>) -> Screen {
    let mut secrets = secrets();
    secrets[3].metadata.recipe = recipe.map(str::to_owned);
    secrets[3].rotation.stage = state.map(|state| {
        let mut stage = Stage::new(state, screen::time(-60), "ops@bastion1".to_owned(), "Scheduled");
        stage.fields.clone_from(&secrets[3].fields);
        stage
    });
    let mut screen = Screen::with(secrets, 80, 24);
    screen.keys("j j j");
    screen.take_effects();
    screen
}

/// As [`rotating`], staged, after the far side did not take the current value.
fn refused() -> Screen {
    let mut screen = rotating(Some(StageState::Staged), Some(RECIPE));
    let tried = StepDone { kind: StepKind::Verify, of: Which::Current, end: StepEnd::Exited(1), took: 4 };
    screen.secrets[3].rotation.stage.as_mut().unwrap().steps = vec![tried];
    let mut screen = Screen::with(screen.secrets, 80, 24);
    screen.keys("j j j r");
    screen.take_effects();
    screen
}

/// The orders among the effects, and nothing else of the vault than what the cockpit opens with.
fn orders(screen: &mut Screen) -> Vec<Order> {
    let order = |effect| match effect {
        Effect::Vault(Request::Rotation(order)) => Some(*order),
        _ => None,
    };
    screen.take_effects().into_iter().filter_map(order).collect()
}

fn news(what: What) -> Event {
    let secret = None;
    Event::Vault(Answer::Rotation(Box::new(News { id: ID, address: address(STRIPE), secret, what })))
}

fn heard(code: i32) -> What {
    let done = StepDone { kind: StepKind::Verify, of: Which::Pending, end: StepEnd::Exited(code), took: 4 };
    What::Heard(Box::new(Heard { done, error: None, shown: String::new(), warning: None, as_meant: code == 0 }))
}

#[test]
fn a_purge_says_what_becomes_of_the_pending_version() {
    for (state, told) in [
        (None, &[][..]),
        (Some(StageState::Staged), &["pending version", "goes too"]),
        (Some(StageState::Unsettled), &["pending version", "is unsettled"]),
    ] {
        let mut screen = rotating(state, None);
        screen.keys("D");
        let text = screen.text();
        assert!(text.contains("Destroy for good?"), "{text}");
        assert!(told.iter().all(|words| text.contains(words)), "{text}");
        assert!(!told.is_empty() || !text.contains("pending version"), "{text}");
    }
}

#[test]
fn without_a_recipe_nothing_is_asked_that_was_not_asked_before() {
    let mut screen = rotating(None, None);
    screen.keys("r");
    screen.event(Event::Paste(SecretText::copied_from(b"new")));
    screen.keys("Enter");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Rotate { .. })]));
}

#[test]
fn the_form_stages_where_that_is_chosen_and_tells_the_far_side_where_there_is_a_recipe() {
    for (recipe, keys, wanted) in [(None, "Tab Tab Right Enter", Goal::Staged), (Some(RECIPE), "Enter", Goal::Promoted)]
    {
        let mut screen = rotating(None, recipe);
        screen.keys("r");
        screen.event(Event::Paste(SecretText::copied_from(b"new")));
        screen.keys(keys);
        let orders = orders(&mut screen);
        assert!(
            matches!(&orders[..], [Order::Begin { goal, source: Source::Given(_), .. }] if *goal == wanted),
            "{recipe:?}: {} orders",
            orders.len()
        );
    }
}

#[test]
fn going_back_to_an_older_version_may_tell_the_far_side() {
    for (recipe, staged) in [(Some(RECIPE), true), (None, false)] {
        let mut screen = rotating(None, recipe);
        screen.keys("3 j j Enter");
        screen.type_text("outage, t");
        screen.keys("Enter");
        assert_eq!(screen.text().contains("The far side is not told"), staged, "{}", screen.text());
        screen.keys("t t");
        let orders = orders(&mut screen);
        let is_meant = |order: &Order| {
            matches!(order,
                Order::Begin { source: Source::Earlier(Pick::Number(5)), goal: Goal::Staged, reason, expected, .. }
                    if reason == "outage, t" && *expected == Expected::This(ID, Some(7)))
        };
        assert_eq!((orders.len(), orders.iter().all(is_meant)), (usize::from(staged), true));
    }
    // Then the cockpit is there.
    let mut screen = rotating(None, Some(RECIPE));
    screen.keys("3 j j Enter Enter t");
    let mut secret = rotating(Some(StageState::Staged), Some(RECIPE)).secrets.remove(3);
    secret.rotation.stage.as_mut().unwrap().from = Some(5);
    let news = News { id: ID, address: address(STRIPE), secret: Some(Box::new(secret)), what: What::Opened };
    screen.event(Event::Vault(Answer::Rotation(Box::new(news))));
    assert_eq!(screen.state.context(), Some(Context::Cockpit));
    assert!(screen.text().contains("version 5 again: Scheduled"), "{}", screen.text());
}

#[test]
fn where_the_current_value_is_refused_nothing_more_is_told_unasked() {
    let first = "Try the current value again";
    assert!(refused().text().contains("could not be verified") && refused().text().contains(first));
    for (keys, wanted, by, all_the_same) in [
        ("Enter", Goal::Verified, Way::Steps, false),
        ("g", Goal::Verified, Way::Steps, false),
        ("v y", Goal::Verified, Way::Steps, true),
        ("a y", Goal::Verified, Way::OneStep, true),
        ("p y", Goal::Promoted, Way::Steps, true),
    ] {
        let mut screen = refused();
        screen.keys(keys);
        let asked = orders(&mut screen);
        let is_meant = |order: &Order| matches!(order, Order::GoOn { goal, way, unlooked, .. } if (*goal, *way, *unlooked) == (wanted, by, all_the_same));
        assert!(matches!(&asked[..], [order] if is_meant(order)), "{keys}");
        if all_the_same {
            for leaves in ["Esc", "Enter", "n"] {
                let mut screen = refused();
                screen.keys(keys.trim_end_matches(" y"));
                assert!(screen.text().contains("all the same?"));
                screen.keys(leaves);
                assert!(orders(&mut screen).is_empty(), "{keys} {leaves}");
            }
        }
    }
}

#[test]
fn what_the_form_began_goes_on_in_the_cockpit() {
    let mut screen = rotating(None, Some(RECIPE));
    screen.keys("r");
    screen.event(Event::Paste(SecretText::copied_from(b"canary-new")));
    screen.keys("Enter");
    let secret = rotating(Some(StageState::Staged), Some(RECIPE)).secrets.remove(3);
    let what = What::Opened;
    let opened = News { id: ID, address: address(STRIPE), secret: Some(Box::new(secret)), what };
    screen.event(Event::Vault(Answer::Rotation(Box::new(opened))));
    assert_eq!(screen.state.context(), Some(Context::Cockpit));
    assert!(!screen.text().contains("canary-new"));
}

#[test]
fn each_key_asks_for_its_goal() {
    for (state, keys, wanted, by) in [
        (StageState::Staged, "a", Goal::Verified, Way::OneStep),
        (StageState::Staged, "v", Goal::Verified, Way::Steps),
        (StageState::Staged, "Enter", Goal::Verified, Way::Steps),
        (StageState::Verified, "p", Goal::Promoted, Way::Steps),
        (StageState::Verified, "Enter", Goal::Promoted, Way::Steps),
        (StageState::Verified, "d Enter y", Goal::Aborted, Way::Steps),
        (StageState::Unsettled, "g", Goal::Verified, Way::Steps),
        (StageState::Unsettled, "P Enter y", Goal::Promoted, Way::ByHand),
        (StageState::Unsettled, "D Enter y", Goal::Aborted, Way::ByHand),
    ] {
        let mut screen = rotating(Some(state), Some(RECIPE));
        screen.keys("r");
        screen.keys(keys);
        let orders = orders(&mut screen);
        assert!(
            matches!(&orders[..], [Order::GoOn { id: ID, goal, way, .. }] if *goal == wanted && *way == by),
            "{state:?} {keys}"
        );
    }
}

#[test]
fn what_cannot_be_taken_back_is_asked_first_and_no_other_key_says_yes() {
    for (state, recipe, keys) in [
        (StageState::Verified, Some(RECIPE), "d"),
        (StageState::Verified, Some(RECIPE), "d Enter"),
        (StageState::Verified, Some(RECIPE), "d Enter Enter"),
        (StageState::Verified, Some(RECIPE), "d Enter d"),
        (StageState::Verified, Some(RECIPE), "d Enter n"),
        (StageState::Unsettled, Some(RECIPE), "P Enter P"),
        (StageState::Staged, None, "p"),
        (StageState::Staged, None, "p p Enter"),
        (StageState::Staged, None, "p Esc"),
    ] {
        let mut screen = rotating(Some(state), recipe);
        screen.keys("r");
        screen.keys(keys);
        assert!(orders(&mut screen).is_empty(), "{state:?} {keys}");
    }
    let mut screen = rotating(Some(StageState::Staged), None);
    screen.keys("r p y");
    assert!(matches!(&orders(&mut screen)[..], [Order::GoOn { goal: Goal::Promoted, .. }]));
}

#[test]
fn the_reason_of_an_abort_goes_with_it() {
    let mut screen = rotating(Some(StageState::Verified), Some(RECIPE));
    screen.keys("r d");
    screen.type_text("wrong window");
    screen.keys("Enter y");
    assert!(matches!(&orders(&mut screen)[..], [Order::GoOn { reason, .. }] if reason == "wrong window"));
}

#[test]
fn old_and_new_and_username_are_copied_and_never_shown() {
    for (key, wanted, of) in
        [("y", "value", Pick::Pending), ("o", "value", Pick::Current), ("u", "username", Pick::Current)]
    {
        let mut screen = rotating(Some(StageState::Staged), None);
        screen.keys("r");
        screen.take_effects();
        screen.keys(key);
        let effects = screen.take_effects();
        assert!(
            matches!(&effects[..], [Effect::Vault(Request::CopyOf { id: ID, field, pick })] if field == wanted && *pick == of),
            "{key}"
        );
        let value = SecretText::copied_from(b"plain");
        screen.event(Event::Vault(Answer::ReadyToCopy { address: address(STRIPE), version: 7, value }));
        assert!(matches!(&screen.take_effects()[..], [Effect::Copy { .. }]));
        assert_eq!(screen.state.context(), Some(Context::Cockpit));
        assert!(!screen.text().contains("plain"));
    }
}

#[test]
fn a_second_order_waits_for_the_answer_to_the_first() {
    let mut screen = rotating(Some(StageState::Staged), Some(RECIPE));
    screen.keys("r v v p");
    assert_eq!(orders(&mut screen).len(), 1);
    screen.event(Event::Vault(Answer::Failed(Error::busy("Ana is at it."))));
    assert!(screen.text().contains("Ana is at it."));
    screen.keys("v");
    assert_eq!(orders(&mut screen).len(), 1);
}

/// The row under the cursor changes when a step ends.
#[test]
fn a_key_for_what_stood_there_before_does_not_meet_what_stands_there_now() {
    let mut screen = rotating(Some(StageState::Staged), Some(RECIPE));
    screen.keys("r v");
    screen.event(news(What::Opened));
    screen.event(news(What::Began(Begun { kind: StepKind::Verify, of: Which::Pending, since: screen::time(0) })));
    screen.state.mark_drawn();
    let mut secret = screen.secrets[3].clone();
    secret.rotation.stage.as_mut().unwrap().state = StageState::Verified;
    let what = What::Done { told: String::new(), end: End::Waits };
    let news = News { id: ID, address: address(STRIPE), secret: Some(Box::new(secret)), what };
    orders(&mut screen);
    screen.event(Event::Vault(Answer::Rotation(Box::new(news))));
    // Before it is drawn, Enter would promote what nobody has seen.
    screen.event(Event::Key(key_event("Enter")));
    assert!(orders(&mut screen).is_empty());
    screen.keys("Enter");
    assert!(matches!(&orders(&mut screen)[..], [Order::GoOn { goal: Goal::Promoted, .. }]));
}

#[test]
fn a_running_step_is_stopped_by_its_key_and_left_by_esc_twice() {
    let mut screen = rotating(Some(StageState::Staged), Some(RECIPE));
    screen.keys("r v");
    screen.event(news(What::Opened));
    screen.event(news(What::Began(Begun { kind: StepKind::Apply, of: Which::Pending, since: screen::time(0) })));
    orders(&mut screen);
    screen.keys("s");
    assert!(matches!(&orders(&mut screen)[..], [Order::Stop]));
    screen.keys("Esc");
    assert_eq!(screen.state.context(), Some(Context::Cockpit));
    screen.keys("Esc");
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    screen.event(news(heard(1)));
    assert!(screen.text().contains("STRIPE_KEY: verify of the pending value failed"));
    screen.keys("r");
    assert_eq!(screen.state.context(), Some(Context::Cockpit));
}

#[test]
fn the_end_of_a_program_goes_to_the_vault_and_nowhere_after_a_lock() {
    let ended = || {
        let printed = SecretText::copied_from(b"plain");
        let end = Ended { how: How::Exited(0), took: Duration::ZERO, shown: String::new(), printed };
        let turn = Turn { id: ID, number: 1 };
        Event::StepEnded(Box::new(ProgramEnded { run: 1, kind: StepKind::Make, turn, end }))
    };
    let mut screen = rotating(Some(StageState::Staged), Some(RECIPE));
    screen.event(ended());
    assert!(matches!(&orders(&mut screen)[..], [Order::Ended(_)]));
    screen.keys("r C-l");
    screen.take_effects();
    screen.event(ended());
    assert!(screen.take_effects().is_empty());
}

#[test]
fn leaving_keeps_the_stage_on_the_list_and_on_the_overview() {
    let mut screen = rotating(Some(StageState::Staged), Some(RECIPE));
    screen.keys("r Esc");
    assert!(orders(&mut screen).is_empty());
    assert!(selected(&mut screen).ends_with('>'), "{}", selected(&mut screen));
    assert!(screen.text().contains("> STAGED"));
    screen.keys("o");
    assert!(screen.text().contains("1 staged beside the current"), "{}", screen.text());
}

#[test]
fn what_is_unsettled_stands_in_the_header_and_comes_first() {
    let mut screen = rotating(Some(StageState::Unsettled), Some(RECIPE));
    assert!(screen.text().contains("1 unsettled"));
    screen.keys("o");
    let text = screen.text();
    let first = text.lines().find(|line| line.contains("??")).unwrap_or_default();
    assert!(first.contains("1 unsettled: which value works?"), "{text}");
}

/// What came to no version stands in the history, and nothing can be done with a value that
/// it never was: not with that of another row either.
#[test]
fn a_rotation_that_was_given_up_has_no_value_to_give() {
    let mut secrets = secrets();
    let (at, steps) = (screen::time(-60), Vec::new());
    let (by, reason) = ("ops@bastion1".to_owned(), "It never worked".to_owned());
    secrets[3].rotation.given_up = vec![GivenUp { at, by, version: secrets[3].version, reason, steps }];
    let mut screen = Screen::with(secrets, 80, 24);
    screen.keys("j j j 3");
    assert!(screen.text().contains("It never worked"));
    screen.take_effects();
    for key in ["y", "s", "R", "c", "Space", "Enter"] {
        screen.keys(key);
        assert!(screen.text().contains("This rotation came to no version."), "{key}\n{}", screen.text());
        assert!(screen.take_effects().iter().all(|effect| !matches!(effect, Effect::Vault(_))), "{key}");
        assert!(screen.state.dialog().is_none(), "{key}");
    }
    screen.keys("j y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { .. })]), "the version below it is one");
}

/// A step of the Stripe key's rotation runs, and its cockpit was left.
fn driven() -> Screen {
    let mut screen = rotating(Some(StageState::Applying), Some(RECIPE));
    screen.event(news(What::Opened));
    screen.event(news(What::Began(Begun { kind: StepKind::Apply, of: Which::Pending, since: screen::time(0) })));
    screen.take_effects();
    screen
}

fn quits(screen: &mut Screen) -> bool {
    screen.take_effects().iter().any(|effect| matches!(effect, Effect::Quit(0)))
}

fn last_words(screen: &Screen) -> String {
    let told = |error: &Error| format!("{} {} {}", error.exit_code(), error.message(), error.next_step().unwrap());
    screen.state.halfway().map(told).unwrap_or_default()
}

#[test]
fn a_quit_while_a_step_runs_is_asked_for_twice_and_has_last_words() {
    for quit in ["q", "C-c", ": q u i t Enter"] {
        let mut screen = driven();
        screen.keys(quit);
        assert!(!quits(&mut screen), "{quit}");
        let text = screen.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("STRIPE_KEY is running.") && text.contains("q again leaves it halfway"), "{text}");
        screen.keys("q");
        assert!(quits(&mut screen), "{quit}");
        let told = "was left halfway. Go on with strongroom rotate production/payments/STRIPE_KEY --resume.";
        assert!(last_words(&screen).starts_with("1 The rotation of production/payments/STRIPE_KEY"));
        assert!(last_words(&screen).ends_with(told), "{}", last_words(&screen));
    }
    // Not drawn yet is not read, and what is said no more is asked again.
    let mut screen = driven();
    screen.event(Event::Key(key_event("q")));
    screen.event(Event::Key(key_event("q")));
    assert!(!quits(&mut screen));
    screen.wait(Duration::from_secs(5));
    screen.keys("q");
    assert!(!quits(&mut screen));
    screen.keys("r");
    assert_eq!(screen.state.context(), Some(Context::Cockpit));
    // What has ended is left without a word.
    let mut screen = driven();
    screen.event(news(What::Rests));
    screen.keys("q");
    assert!(quits(&mut screen) && screen.state.halfway().is_none());
}

#[test]
fn a_lock_while_a_step_runs_is_immediate_and_names_nothing() {
    for event in [Event::Key(key_event("C-l")), Event::Signal(Signal::Lock)] {
        let mut screen = driven();
        screen.event(event);
        assert!(screen.state.is_locked());
        let text = screen.text();
        assert!(text.contains("A rotation was left halfway; unlock to go on with it."), "{text}");
        assert!(!text.contains("STRIPE"), "{text}");
        assert_eq!(last_words(&screen), "1 A rotation was left halfway. Unlock the vault to go on with it.");
        screen.take_effects();
        screen.keys("C-c");
        assert!(quits(&mut screen));
    }
    let mut screen = driven();
    screen.keys("C-l");
    screen.unlock();
    assert!(screen.state.halfway().is_none());
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("C-l");
    assert!(screen.state.halfway().is_none() && !screen.text().contains("halfway"));
}

#[test]
fn what_stops_and_what_goes_on_is_told_as_it_is() {
    for (state, kind, of, stop, leave) in [
        (StageState::Applying, StepKind::Apply, Which::Pending, "step, go back", "Leave; it goes on by itself"),
        (StageState::Staged, StepKind::Verify, Which::Current, "it stays staged", "Leave; it goes on by itself"),
        (StageState::Verified, StepKind::Verify, Which::Current, "go on without it", "Leave; it goes on by itself"),
        (StageState::Reverting, StepKind::Apply, Which::Current, "go on going back", "Leave; it goes on going back"),
        (StageState::Reverting, StepKind::Verify, Which::Pending, "it stays halfway", "Leave; it goes on going back"),
    ] {
        let mut screen = rotating(Some(state), Some(RECIPE));
        screen.event(news(What::Opened));
        screen.event(news(What::Began(Begun { kind, of, since: screen::time(0) })));
        screen.keys("r");
        let text = screen.text();
        assert!(text.contains(stop) && text.contains(leave), "{state:?} {kind:?}: {text}");
    }
    // Without a pending version the short word is about the current one too.
    let mut secrets = rotating(None, Some(RECIPE)).secrets;
    secrets[3].rotation.revoke = Some(Revoke { version: 6, busy: None, turn: 0, steps: Vec::new() });
    let mut screen = Screen::with(secrets, 120, 30);
    screen.keys("j j j r");
    let text = screen.text();
    assert!(text.contains("y copy current") && text.contains("o copy previous"), "{text}");
    assert!(!text.contains("copy new"), "{text}");
}

#[test]
fn a_long_row_of_the_history_is_read_whole_where_it_is_zoomed() {
    let mut secrets = secrets();
    let by = "ops@bastion1".to_owned();
    let done = StepDone { kind: StepKind::Verify, of: Which::Pending, end: StepEnd::Exited(1), took: 4 };
    let reason = "Scheduled with the team.".to_owned();
    let (at, version) = (screen::time(-60), secrets[3].version);
    secrets[3].rotation.given_up = vec![GivenUp { at, by, version, reason, steps: vec![done, done, done] }];
    let mut screen = Screen::with(secrets, 80, 24);
    screen.keys("j j j 3 z");
    let text = screen.text().split_whitespace().collect::<Vec<_>>().join(" ");
    let last = format!("{done}, {done}, {done}");
    assert!(text.contains(&last), "{text}");
}
