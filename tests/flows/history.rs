//! Versions: compared, and gone back to.

use super::*;

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
fn after_a_rollback_the_new_version_is_selected() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("3 j j Enter Enter y");
    screen.secrets[3].version = 8;
    let written =
        Written { secret: screen.secrets[3].clone(), outcome: Outcome::NewVersion, undo: None, revived: None };
    screen.event(Event::Vault(Answer::Written(Deed::RollBack, Box::new(written))));
    screen.take_effects();
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { version: Some(8), .. })]));
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
