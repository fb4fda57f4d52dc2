//! Pasting into a pane of tmux: what is asked before, what leaves, and what is told after.

use strongroom::error::Kind;
use strongroom::tui::tmux::TmuxPane;
use strongroom::vault::shape::Shape;

use super::*;
use screen::tmux_panes;

fn shaped(value: &[u8]) -> Event {
    let shape = Box::new(Shape::of(&SecretText::copied_from(value)));
    Event::Vault(Answer::Shaped { id: SecretId([4; 16]), version: 7, shape })
}

/// In tmux, with the panes listed; the value is like this one.
fn listed(value: &[u8]) -> Screen {
    let mut screen = Screen::in_tmux(80, 24);
    screen.keys("P");
    screen.event(Event::TmuxPanes(Ok(tmux_panes())));
    screen.event(shaped(value));
    screen.state.mark_drawn();
    screen.take_effects();
    screen
}

fn pane() -> Box<TmuxPane> {
    Box::new(tmux_panes().remove(0))
}

#[test]
fn the_panes_and_the_shape_are_asked_for_and_nothing_is_opened() {
    let mut screen = Screen::in_tmux(80, 24);
    screen.keys("P");
    let effects = screen.take_effects();
    let [Effect::ListTmuxPanes, Effect::Vault(Request::Shape { id: SecretId([4, ..]), field, version: None })] =
        &effects[..]
    else {
        panic!("{} effects", effects.len())
    };
    assert_eq!(field, "value");
    // Before both are there, Enter chooses nothing.
    screen.event(Event::TmuxPanes(Ok(tmux_panes())));
    screen.keys("Enter");
    assert_eq!(screen.state.context(), Some(Context::TmuxPanes));
    screen.event(shaped(b"v"));
    screen.keys("Enter");
    assert_eq!(screen.state.context(), Some(Context::Confirm));
    assert!(screen.take_effects().is_empty());
    assert!(screen.text().contains("into pane %3"), "{}", screen.text());
}

#[test]
fn the_field_and_the_version_in_view_are_meant() {
    let asked = |keys: &str| {
        let mut screen = Screen::in_tmux(80, 24);
        screen.keys(keys);
        let effects = screen.take_effects();
        let Some(Effect::Vault(Request::Shape { field, version, .. })) = effects.into_iter().next_back() else {
            panic!("no shape was asked for")
        };
        (field, version)
    };
    assert_eq!(asked("2 j P"), ("username".to_owned(), None));
    assert_eq!(asked("3 j P"), ("value".to_owned(), Some(6)));
}

#[test]
fn outside_tmux_the_key_says_why_not() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("P");
    assert!(screen.take_effects().is_empty() && screen.state.dialog().is_none());
    assert!(screen.text().contains("no tmux around this"), "{}", screen.text());
}

#[test]
fn only_the_key_for_yes_pastes_and_only_once_the_question_was_drawn() {
    for keys in ["Enter", "P", "Enter Enter", "Enter P", "Enter n", "Enter q", "Enter Esc y"] {
        let mut screen = listed(b"v");
        screen.keys(keys);
        assert!(screen.take_effects().is_empty(), "{keys}");
    }
    let mut screen = listed(b"v");
    for key in ["Enter", "y"] {
        screen.event(Event::Key(key_event(key)));
    }
    assert!(screen.take_effects().is_empty(), "typed ahead");
    screen.state.mark_drawn();
    screen.event(Event::Key(key_event("y")));
    let effects = screen.take_effects();
    let [
        Effect::Vault(Request::OpenToPaste {
            id: SecretId([4, ..]),
            field,
            version: None,
            seen: 7,
            allow_expired: false,
            pane,
        }),
    ] = &effects[..]
    else {
        panic!("{} effects", effects.len())
    };
    assert!(field == "value" && pane.id == "%3");
    assert!(screen.state.dialog().is_none());
}

#[test]
fn no_goes_back_to_the_list_and_esc_leaves_it() {
    let mut screen = listed(b"v");
    screen.keys("Enter n");
    assert_eq!(screen.state.context(), Some(Context::TmuxPanes));
    screen.keys("Esc");
    assert!(screen.state.dialog().is_none());
}

#[test]
fn the_filter_finds_panes_by_all_that_is_told_of_them() {
    for (typed, found) in [("psql", "%3"), ("db1", "%3"), ("%12", "%12"), ("INCIDENT vim", "%13")] {
        let mut screen = listed(b"v");
        screen.type_text(typed);
        screen.keys("Enter y");
        let effects = screen.take_effects();
        let chosen = effects.iter().find_map(|effect| match effect {
            Effect::Vault(Request::OpenToPaste { pane, .. }) => Some(pane.id.as_str()),
            _ => None,
        });
        assert_eq!(chosen, Some(found), "{typed}");
    }
    let mut screen = listed(b"v");
    screen.type_text("nothing like it");
    screen.keys("Enter");
    assert_eq!(screen.state.context(), Some(Context::TmuxPanes));
}

#[test]
fn a_pane_in_a_mode_is_refused_and_looked_at_anew() {
    let mut screen = listed(b"v");
    screen.keys("Down Down Enter");
    assert!(matches!(&screen.take_effects()[..], [Effect::ListTmuxPanes]));
    assert!(screen.text().contains("Nothing can be pasted into pane %9 now: it is in copy-mode."), "{}", screen.text());
    screen.event(Event::TmuxPanes(Ok(tmux_panes())));
    assert!(screen.text().contains("Nothing can be pasted"), "it is so still");
    let mut panes = tmux_panes();
    panes[2].obstacle = None;
    screen.event(Event::TmuxPanes(Ok(panes)));
    assert!(!screen.text().contains("Nothing can be pasted"));
    screen.keys("Enter");
    assert!(screen.text().contains("into pane %9"), "the cursor stayed: {}", screen.text());
}

#[test]
fn several_lines_are_told_in_the_list_and_in_the_question() {
    let mut screen = listed(b"one\ntwo\nthree\n");
    assert!(screen.text().contains("It has 3 lines;"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.text().contains("It has 3 lines;"), "{}", screen.text());
    let mut screen = listed(b"one line");
    assert!(!screen.text().contains("lines"));
    screen.keys("Enter");
    assert!(!screen.text().contains("lines"));
    assert!(listed(b"one\n").text().contains("ends with a line break"));
}

#[test]
fn an_expired_secret_is_pasted_only_with_the_word_said() {
    let mut screen = Screen::in_tmux(80, 24);
    screen.keys("k P");
    screen.event(Event::TmuxPanes(Ok(tmux_panes())));
    let shape = Box::new(Shape::of(&SecretText::copied_from(b"v")));
    screen.event(Event::Vault(Answer::Shaped { id: SecretId([3; 16]), version: 2, shape }));
    screen.keys("Enter");
    assert!(screen.text().contains("It expired"), "{}", screen.text());
    screen.take_effects();
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::OpenToPaste { allow_expired: true, .. })]));
}

#[test]
fn the_value_goes_to_the_pane_and_to_no_clipboard() {
    let mut screen = listed(b"v");
    let ready = |value: &[u8]| {
        let value = SecretText::copied_from(value);
        Event::Vault(Answer::ReadyToPaste { id: SecretId([4; 16]), address: address(STRIPE), value, pane: pane() })
    };
    screen.keys("Enter y");
    screen.take_effects();
    screen.event(ready(b"plain"));
    let effects = screen.take_effects();
    let [Effect::Paste { value, pane: into, .. }] = &effects[..] else { panic!("{} effects", effects.len()) };
    assert!(value.expose() == b"plain" && *into == pane());
    // After a lock it goes nowhere.
    screen.event(Event::Signal(Signal::Lock));
    screen.take_effects();
    screen.event(ready(b"plain"));
    assert!(screen.take_effects().is_empty());
}

#[test]
fn what_became_of_it_is_told_and_a_failure_is_put_on_record() {
    let mut screen = listed(b"v");
    screen.keys("Enter y");
    screen.take_effects();
    let pasted = |outcome| Event::Pasted { id: SecretId([4; 16]), address: address(STRIPE), pane: pane(), outcome };
    screen.event(pasted(Ok(())));
    assert!(screen.take_effects().is_empty());
    assert!(screen.text().contains(&format!("Pasted {STRIPE} into pane %3 (psql).")), "{}", screen.text());
    screen.event(pasted(Err(Error::not_found("Nothing was pasted: pane %3 is gone."))));
    assert!(screen.text().contains("pane %3 is gone"), "{}", screen.text());
    let effects = screen.take_effects();
    let [Effect::Vault(Request::NoteUnpasted { id: SecretId([4, ..]), pane: to, cause })] = &effects[..] else {
        panic!("{} effects", effects.len())
    };
    assert!(*to == pane() && cause.contains("is gone"));
    screen.keys("Esc");
    screen.event(Event::Signal(Signal::Lock));
    screen.take_effects();
    screen.event(pasted(Err(Error::new(Kind::Busy, "tmux did not answer."))));
    assert!(screen.take_effects().is_empty(), "a locked vault records nothing");
}

#[test]
fn what_cannot_be_looked_at_or_listed_is_told_in_the_dialog() {
    let mut screen = Screen::in_tmux(80, 24);
    screen.keys("P");
    screen.event(Event::TmuxPanes(Err(Error::busy("tmux did not answer within 1.5 s."))));
    assert!(screen.text().contains("did not answer"), "{}", screen.text());
    let mut screen = Screen::in_tmux(80, 24);
    screen.keys("P");
    screen.event(Event::TmuxPanes(Ok(tmux_panes())));
    screen.event(Event::Vault(Answer::Failed(Error::damaged("The value does not match its seal."))));
    assert!(screen.text().contains("does not match its seal"), "{}", screen.text());
    screen.keys("Enter");
    assert_eq!(screen.state.context(), Some(Context::TmuxPanes), "nothing is asked about a value nobody has seen");
}
