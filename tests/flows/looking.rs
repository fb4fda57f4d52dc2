//! Blind reveal, the palette's command lines, the mouse and other keys for every action.

use ratatui::style::{Color, Modifier};
use strongroom::tui::action::{ACTIONS, Action};
use strongroom::tui::event::{Mouse, MouseAction};
use strongroom::tui::hints::hints;
use strongroom::tui::layout::Pane;
use strongroom::tui::press::Press;
use strongroom::tui::theme::{Borders, Palette, Theme};

use super::*;

#[test]
fn a_blind_value_stands_between_brackets_in_the_colour_of_its_ground() {
    for palette in [Palette::Default, Palette::Dark, Palette::Light] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("S");
        let (buffer, _) = screen.drawn(Theme::new(palette, Borders::Line), None);
        let drawn = screen::rows(&buffer);
        let (y, row) = drawn.iter().enumerate().find(|(_, row)| row.contains("[sk_live")).unwrap();
        let at = row.split("[sk_live").next().unwrap().chars().count();
        assert!(row.contains("example]"), "{row}");
        for x in at + 1..at + 1 + "sk_live_51Nv0QkLmZ7example".len() {
            let cell = &buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())];
            assert_eq!(cell.fg, cell.bg, "{palette:?} {x}");
            assert_ne!(cell.fg, Color::Reset, "{palette:?} {x}");
            assert!(!cell.modifier.contains(Modifier::REVERSED));
        }
        screen.wait(Duration::from_secs(10));
        assert!(!screen.text().contains("sk_live"), "the deadline is that of a reveal");
    }
}

#[test]
fn a_blind_reveal_is_a_reveal_and_not_without_colours() {
    assert!(matches!(
        &effects_unanswered("S")[..],
        [Effect::Vault(Request::Reveal { id: SecretId([4, ..]), version: None, allow_expired: false })]
    ));
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("S s");
    assert!(!screen.text().contains("sk_live"), "the second key hides it");
    let mut screen = Screen::colourless(80, 24);
    screen.keys("S");
    assert!(screen.text().contains("This screen has no colours to hide a value by; s shows it."));
    assert!(!screen.text().contains("sk_live"));
}

/// The effects of some keys, before the vault has answered them.
fn effects_unanswered(keys: &str) -> Vec<Effect> {
    let mut screen = Screen::unlocked(80, 24);
    screen.secrets.clear();
    screen.keys(keys);
    screen.take_effects()
}

#[test]
fn the_palette_copies_the_equal_command_line_and_says_how() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(":");
    screen.type_text("rotate");
    screen.keys("C-y");
    let copied = screen.take_effects();
    assert!(
        matches!(&copied[..], [Effect::CopyText(line)] if line == "strongroom rotate production/payments/STRIPE_KEY")
    );
    let route = "terminal clipboard (OSC 52)";
    screen.event(Event::Clipboard(ClipboardNews::TextSent { route, confirmed: false }));
    assert!(screen.text().contains("Sent the command line to the terminal clipboard (OSC 52), unconfirmed."));
    for (name, wanted) in
        [("roll-back", "strongroom rollback production/payments/STRIPE_KEY 6"), ("filter", "strongroom list")]
    {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys(":");
        screen.type_text(name);
        screen.keys("C-y");
        assert!(matches!(&screen.take_effects()[..], [Effect::CopyText(line)] if line == wanted), "{name}");
    }
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(":");
    screen.type_text("zoom");
    screen.keys("C-y");
    assert!(screen.take_effects().is_empty(), "no command does the same");
}

fn mouse(screen: &mut Screen, what: MouseAction, (column, row): (u16, u16)) {
    screen.state.mark_drawn();
    screen.event(Event::Mouse(Mouse { what, column, row }));
    screen.state.mark_drawn();
}

/// Clicks on the first cell of a text on the screen.
fn click_on(screen: &mut Screen, words: &str) {
    let text = screen.text();
    let (y, line) = text.lines().enumerate().find(|(_, line)| line.contains(words)).unwrap();
    let x = line.split(words).next().unwrap().chars().count();
    mouse(screen, MouseAction::Click, (u16::try_from(x).unwrap(), u16::try_from(y).unwrap()));
}

#[test]
fn a_click_focuses_and_selects_and_a_second_one_opens() {
    let mut screen = Screen::unlocked(80, 24);
    click_on(&mut screen, "STATUSPAGE_TOKEN");
    assert!(screen.text().contains("┌ STATUSPAGE_TOKEN "), "{}", screen.text());
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    click_on(&mut screen, "STATUSPAGE_TOKEN");
    assert_eq!(screen.state.context(), Some(Context::Detail));
    assert!(screen.take_effects().is_empty());

    let mut screen = Screen::unlocked(80, 24);
    click_on(&mut screen, "username");
    assert_eq!(screen.state.context(), Some(Context::Detail));
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { field, .. })] if field == "username"));
    click_on(&mut screen, " Audit ");
    assert_eq!(screen.state.context(), Some(Context::History));
    assert!(screen.text().contains("[Audit]") && screen.text().contains("copy v7"));
    click_on(&mut screen, " Versions ");
    click_on(&mut screen, "  6 ");
    click_on(&mut screen, "  6 ");
    assert!(screen.text().contains("Roll back?"), "{}", screen.text());
}

#[test]
fn a_click_on_a_hint_does_it_and_one_beside_it_nothing() {
    let mut screen = Screen::unlocked(80, 24);
    click_on(&mut screen, "y copy");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { .. })]));
    click_on(&mut screen, "? help");
    assert_eq!(screen.state.context(), Some(Context::Help));
    click_on(&mut screen, "Esc close · ");
    assert_eq!(screen.state.context(), Some(Context::Help), "the dialog's own foot is a text");
    let bottom = screen.state.areas().hints.y;
    mouse(&mut screen, MouseAction::Click, (1, bottom));
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    for (column, row) in [(0, bottom), (79, bottom), (5, 0), (0, 5)] {
        mouse(&mut screen, MouseAction::Click, (column, row));
        assert!(screen.take_effects().is_empty(), "{column},{row}");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{column},{row}");
    }
}

#[test]
fn a_click_takes_an_error_away_and_does_nothing_else() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::Failed(Error::busy("The vault is in use."))));
    click_on(&mut screen, "STATUSPAGE_TOKEN");
    assert!(!screen.text().contains("in use") && !screen.text().contains("┌ STATUSPAGE_TOKEN "));
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_moves_no_focus() {
    let many = (0..60_u8).map(|number| secret(number, &format!("scope/KEY_{number:02}"), 40, 1)).collect();
    let mut screen = Screen::with(many, 80, 24);
    mouse(&mut screen, MouseAction::WheelDown, (5, 5));
    assert!(!screen.text().contains("KEY_02") && screen.text().contains("▸scope/KEY_03"), "{}", screen.text());
    mouse(&mut screen, MouseAction::WheelUp, (5, 5));
    assert!(screen.text().contains("▸scope/KEY_03"));
    let history = screen.state.areas().pane(Pane::History).unwrap();
    mouse(&mut screen, MouseAction::WheelDown, (history.x + 2, history.y + 2));
    assert!(!screen.text().contains(" 39 ") && screen.text().contains(" 36 "), "{}", screen.text());
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    screen.keys("o");
    mouse(&mut screen, MouseAction::WheelDown, (5, 5));
    // The wheel has put the cursor there already, so that one click opens it.
    click_on(&mut screen, "under 7d");
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    assert_eq!(filter_shown(&mut screen), "/age:<7d");
}

#[test]
fn every_action_can_have_another_key_and_bar_help_palette_and_feet_show_it() {
    let wide = |keymap: Keymap, keys: &str| {
        let mut screen = Screen::unlocked_with(keymap, 240, 45);
        screen.keys(keys);
        screen
    };
    for row in ACTIONS {
        let keymap = Keymap::with_overrides(&[(row.name.to_owned(), "F9".to_owned())]).unwrap();
        let places = Context::ALL.iter().filter(|context| !Keymap::default().keys(**context, row.action).is_empty());
        for context in places.clone() {
            assert_eq!(keymap.press(*context, key_event("F9")), Some(Press::Action(row.action)), "{}", row.name);
            for old in Keymap::default().keys(*context, row.action) {
                assert!(!keymap.keys(*context, row.action).contains(&old), "{}", row.name);
            }
        }
        let in_panes = places.clone().any(|context| *context == Context::Secrets);
        let usual = |action: Action, key: &'static str| if row.action == action { "F9" } else { key };
        // The bar of the list, and the feet of dialogs, name the same actions with another key.
        for keys in ["", "a", "r", "?", ":", "o", "/"] {
            let own = places.clone().any(|context| keymap.press(*context, key_event("F9")).is_some());
            let opened = match keys {
                "a" => usual(Action::Add, "a"),
                "r" => usual(Action::Rotate, "r"),
                "?" => usual(Action::Help, "?"),
                ":" => usual(Action::Palette, ":"),
                "o" => usual(Action::Overview, "o"),
                "/" => usual(Action::Filter, "/"),
                other => other,
            };
            let before = hints(&wide(Keymap::default(), keys).state, 400);
            let after = hints(&wide(keymap.clone(), opened).state, 400);
            for hint in before.iter().filter(|hint| hint.action == Some(row.action)) {
                let now = after.iter().find(|now| now.action == hint.action && now.word == hint.word);
                assert!(own && now.is_some_and(|now| now.key == "F9"), "{} after {keys:?}: {after:?}", row.name);
            }
        }
        let mut help = wide(keymap.clone(), usual(Action::Help, "?"));
        help.type_text(row.help);
        let text = help.text();
        assert!(text.lines().any(|line| line.contains("F9") && line.contains(row.help)), "{}\n{text}", row.name);
        if in_panes && row.action != Action::Palette {
            let mut palette = wide(keymap, usual(Action::Palette, ":"));
            palette.type_text(row.name);
            let text = palette.text();
            assert!(text.lines().any(|line| line.contains(row.name) && line.contains("F9")), "{}\n{text}", row.name);
        }
    }
}
