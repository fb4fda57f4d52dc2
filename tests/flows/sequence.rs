//! Username, value, one-time code: one key copies the next one at each press.

use super::*;

/// A dozen secrets, the selected one with a username and a seed.
fn with_seed() -> Screen {
    let mut secrets = secrets();
    secrets[3].fields = ["value", "username", "totp"].map(|name| name.parse().unwrap()).to_vec();
    let mut screen = Screen::with(secrets, 80, 24);
    screen.keys("j j j");
    screen.take_effects();
    screen
}

/// What the last keys asked the vault to copy.
fn asked(screen: &mut Screen) -> Vec<String> {
    let named = |effect| match effect {
        Effect::Vault(Request::Copy { id: SecretId([4, ..]), field, version: None, allow_expired: false }) => {
            Some(field)
        }
        Effect::Vault(Request::CopyCode { id: SecretId([4, ..]), allow_expired: false }) => Some("code".to_owned()),
        Effect::Vault(Request::Copy { .. } | Request::CopyCode { .. }) => Some("another copy".to_owned()),
        _ => None,
    };
    screen.take_effects().into_iter().filter_map(named).collect()
}

/// The vault gives what it was asked for, and the clipboard takes it.
fn arrives(screen: &mut Screen, confirmed: bool) {
    let value = SecretText::copied_from(b"plain");
    screen.event(Event::Vault(Answer::ReadyToCopy { address: address(STRIPE), version: 7, value }));
    taken(screen, confirmed);
}

fn code_arrives(screen: &mut Screen, good_for: u64) {
    let (id, code) = (SecretId([4; 16]), SecretText::copied_from(b"282760"));
    let good_for = Duration::from_secs(good_for);
    screen.event(Event::Vault(Answer::CodeReady { id, address: address(STRIPE), code, good_for }));
    taken(screen, true);
}

fn taken(screen: &mut Screen, confirmed: bool) {
    assert!(matches!(&screen.take_effects()[..], [.., Effect::Copy { .. }]));
    sent(screen, STRIPE, confirmed);
}

fn sent(screen: &mut Screen, to: &str, confirmed: bool) {
    screen.event(Event::Clipboard(ClipboardNews::Sent {
        address: address(to),
        route: "clipboard",
        confirmed,
        clear_after: Duration::from_secs(30),
    }));
}

fn soon(screen: &mut Screen, millis: u64) {
    let wait = Duration::from_millis(millis);
    screen.event(Event::Vault(Answer::FreshCodeIn { id: SecretId([4; 16]), wait }));
}

/// The lines at the foot of the screen.
fn foot(screen: &mut Screen) -> String {
    let text = screen.text();
    text.lines().rev().take(4).collect::<Vec<_>>().into_iter().rev().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_press_copies_the_next_and_says_what_comes_after() {
    let mut screen = with_seed();
    for _ in 0..2 {
        screen.keys("Y");
        assert_eq!(asked(&mut screen), ["username"]);
        arrives(&mut screen, true);
        let told = foot(&mut screen);
        assert!(told.contains("Copied: username of STRIPE_KEY · Y copies the value"), "{told}");
        screen.keys("Y");
        assert_eq!(asked(&mut screen), ["value"]);
        arrives(&mut screen, false);
        let told = foot(&mut screen);
        assert!(told.contains("Sent, unconfirmed: value of") && told.contains("Y copies the one-time code"), "{told}");
        screen.keys("Y");
        assert_eq!(asked(&mut screen), ["code"]);
        code_arrives(&mut screen, 23);
        let told = foot(&mut screen);
        assert!(told.contains("one-time code of") && told.contains("good for 23 s · Y copies the username"), "{told}");
        assert!(!screen.text().contains("282760"));
    }
}

#[test]
fn what_a_secret_has_not_is_skipped() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["username"]);
    arrives(&mut screen, true);
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["value"]);
    arrives(&mut screen, true);
    assert!(foot(&mut screen).contains("Y copies the username"));
    // A secret with nothing but a value has nothing to say beside what every copy says.
    screen.keys("j Y");
    assert!(matches!(&screen.take_effects()[..],
        [.., Effect::Vault(Request::Copy { id: SecretId([5, ..]), field, .. })] if field == "value"));
    let other = "production/payments/STRIPE_WEBHOOK_SECRET";
    let value = SecretText::copied_from(b"plain");
    screen.event(Event::Vault(Answer::ReadyToCopy { address: address(other), version: 2, value }));
    sent(&mut screen, other, true);
    let told = foot(&mut screen);
    assert!(told.contains("clears in 0:30") && !told.contains("Y copies"), "{told}");
}

#[test]
fn another_secret_or_two_minutes_start_it_again() {
    let mut screen = with_seed();
    screen.keys("Y");
    arrives(&mut screen, true);
    screen.wait(Duration::from_secs(119));
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["value"], "the time counts from the last press");
    arrives(&mut screen, true);
    screen.wait(Duration::from_secs(121));
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["username"]);
    arrives(&mut screen, true);
    screen.keys("j k");
    asked(&mut screen);
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["username"]);
    // A copy of its own ends it, too.
    arrives(&mut screen, true);
    screen.keys("y");
    assert_eq!(asked(&mut screen), ["value"]);
    arrives(&mut screen, true);
    assert!(!foot(&mut screen).contains("Y copies"), "{}", foot(&mut screen));
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["username"]);
}

#[test]
fn a_step_that_failed_comes_again_and_one_on_its_way_is_not_asked_for_twice() {
    let mut screen = with_seed();
    screen.keys("Y Y");
    assert_eq!(asked(&mut screen), ["username"]);
    assert!(foot(&mut screen).contains("The username is still on its way."));
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    screen.keys("Esc Y");
    assert_eq!(asked(&mut screen), ["username"], "the vault gave nothing");
    let value = SecretText::copied_from(b"plain");
    screen.event(Event::Vault(Answer::ReadyToCopy { address: address(STRIPE), version: 7, value }));
    screen.take_effects();
    screen.event(Event::Clipboard(ClipboardNews::Failed(Error::busy("No clipboard."))));
    screen.keys("Esc Y");
    assert_eq!(asked(&mut screen), ["username"], "nor did it arrive");
}

/// At the code: the username and the value were copied.
fn at_the_code() -> Screen {
    let mut screen = with_seed();
    for _ in 0..2 {
        screen.keys("Y");
        arrives(&mut screen, true);
    }
    screen.keys("Y");
    assert_eq!(asked(&mut screen), ["code"]);
    screen
}

#[test]
fn a_fresh_code_is_waited_for_and_copied_by_itself() {
    let mut screen = at_the_code();
    soon(&mut screen, 3_200);
    let told = foot(&mut screen);
    assert!(told.contains("The code is nearly over; a fresh one is copied in 4 s · Esc leaves it"), "{told}");
    screen.keys("Y");
    screen.wait(Duration::from_millis(3_100));
    assert!(asked(&mut screen).is_empty(), "not yet");
    screen.wait(Duration::from_millis(100));
    assert_eq!(asked(&mut screen), ["code"]);
    // The clock of the vault may be a moment behind.
    soon(&mut screen, 2);
    screen.wait(Duration::from_millis(2));
    assert_eq!(asked(&mut screen), ["code"]);
    code_arrives(&mut screen, 30);
    assert!(foot(&mut screen).contains("good for 30 s · Y copies the username"), "{}", foot(&mut screen));
}

#[test]
fn leaving_esc_a_lock_and_another_copy_end_the_waiting() {
    for keys in ["Esc", "j", "C-l", "y", "/ x", "T"] {
        let mut screen = at_the_code();
        soon(&mut screen, 4_000);
        screen.keys(keys);
        let plain = if keys == "y" { vec!["value"] } else { Vec::new() };
        assert_eq!(asked(&mut screen), plain, "{keys}");
        if keys == "Esc" || keys == "j" {
            assert!(foot(&mut screen).contains("not waited for any more"), "{keys}: {}", foot(&mut screen));
        }
        screen.wait(Duration::from_secs(10));
        assert!(asked(&mut screen).is_empty(), "{keys}");
        // An answer that comes later starts no waiting again.
        soon(&mut screen, 1_000);
        screen.wait(Duration::from_secs(10));
        assert!(asked(&mut screen).is_empty(), "{keys}");
    }
}

#[test]
fn each_step_of_an_expired_secret_is_a_question_that_the_asking_key_does_not_answer() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("k Y");
    assert!(screen.text().contains("Copy the value all the same?"), "{}", screen.text());
    screen.take_effects();
    screen.keys("Y Enter");
    assert!(screen.take_effects().is_empty());
    screen.keys("Esc Y y");
    assert!(matches!(
        &screen.take_effects()[..],
        [Effect::Vault(Request::Copy { id: SecretId([3, ..]), allow_expired: true, .. })]
    ));
}

#[test]
fn without_anything_to_copy_the_key_says_so() {
    let mut screen = Screen::with(Vec::new(), 80, 24);
    screen.keys("Y");
    assert!(foot(&mut screen).contains("There is no secret yet"), "{}", foot(&mut screen));
    let mut bare = secrets();
    bare[0].fields = vec!["note".parse().unwrap()];
    let mut screen = Screen::with(bare, 80, 24);
    screen.take_effects();
    screen.keys("Y");
    assert!(screen.take_effects().is_empty());
    assert!(foot(&mut screen).contains("no username, no value and no seed"), "{}", foot(&mut screen));
}
