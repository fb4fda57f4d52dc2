//! What keys do, and what they must not do.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyModifiers};
use strongroom::crypto::keyring::SlotKind;
use strongroom::secret_text::SecretText;
use strongroom::tui::action::{ACTIONS, Action, Context, Group};
use strongroom::tui::effect::{Effect, Request};
use strongroom::tui::event::{ClipboardNews, Event, MouseAction};
use strongroom::tui::hints::hints;
use strongroom::tui::keymap::Keymap;
use strongroom::tui::press::Press;
use strongroom::tui::theme::Theme;

use super::screen::{SIZES, Screen, key_event};
use super::states::{At, State, Steps, states};

/// States in which a question waits for its key, and the key that asked it.
fn questions() -> Vec<(State, &'static str)> {
    let asked_by = |name: &str| match name {
        "roll_back" | "roll_back_recipe" | "roll_back_waiting" | "roll_back_strange" => Some("R"),
        "expired_copy" => Some("y"),
        "expired_show" => Some("s"),
        "cockpit_abort_asked" => Some("d"),
        "cockpit_promote_asked" => Some("p"),
        "cockpit_refused_asked" => Some("v"),
        "write_out_work_tree" => Some("w"),
        "incident_report_work_tree" => Some("C-s"),
        name if name.starts_with("paste_question") => Some("P"),
        "bulk_rotate_plan" | "bulk_rotate_hidden" | "bulk_elsewhere" => Some("r"),
        "bulk_plan" | "bulk_plan_top" | "bulk_move_scopes" => Some("m"),
        "bulk_delete" | "bulk_strange" => Some("d"),
        "setup_recovery_without" | "setup_consent" => Some("Enter"),
        _ => None,
    };
    let found: Vec<_> = states().into_iter().filter_map(|state| Some((state, asked_by(state.0)?))).collect();
    let open = |(_, make): &State| make(At(80, 24)).0.state.context();
    let asks = |state: &State| matches!(open(state), Some(Context::Confirm | Context::ConfirmCopy));
    let settled = ["bulk_work", "bulk_ending", "bulk_writing", "bulk_move_clash", "setup_failed", "roll_back_sent"];
    for state in states().iter().filter(|state| asks(state) && !settled.contains(&state.0)) {
        assert!(found.iter().any(|(known, _)| known.0 == state.0), "{} asks too", state.0);
    }
    found
}

/// Effects by which something is done.
fn deeds(screen: &mut Screen) -> Vec<Effect> {
    let reads = |effect: &Effect| {
        matches!(
            effect,
            Effect::Typed
                | Effect::ClearClipboard { .. }
                | Effect::RememberClipboard { .. }
                | Effect::Vault(
                    Request::Detail(_)
                        | Request::Audit(_)
                        | Request::Compare { .. }
                        | Request::Theirs { .. }
                        | Request::DeletedOf(_)
                        | Request::FindSame { .. }
                )
        )
    };
    screen.take_effects().into_iter().filter(|effect| !reads(effect)).collect()
}

/// lazygit #792 #2291 #3328 #3471 #874, k9s #87 #3506, dua-cli #248: Enter and the key one
/// is on already say nothing; `n`, Esc and `q` say no.
#[test]
fn confirm_defaults_to_no_and_is_not_answered_by_enter_or_the_asking_key() {
    for ((name, make), asking) in questions() {
        let begun = |keys: &str| {
            let mut steps = make(At(80, 24));
            steps.0.take_effects();
            steps.keys(keys)
        };
        for keys in ["Enter", asking, "Space", "Enter Enter Enter", "n", "Esc", "q"] {
            assert!(deeds(&mut begun(keys).0).is_empty(), "{name}: {keys} did something");
        }
        let context = begun("").0.state.context().unwrap();
        let yes = Keymap::default().shown(context, Action::Yes).unwrap().to_string();
        let mut said = begun(&yes);
        let moved_on = said.0.state.context() != Some(context) || name.starts_with("setup");
        assert!(!deeds(&mut said.0).is_empty() || moved_on, "{name}: {yes} does what is asked");
    }
}

/// k9s #319 #302 (users could not find OK): what it is about and both keys, at every size.
#[test]
fn a_confirm_names_the_object_and_its_two_keys_at_every_size() {
    for ((name, make), _) in questions() {
        for (width, height) in SIZES {
            let mut screen = make(At(width, height)).0;
            let (text, context) = (screen.text(), screen.state.context().unwrap());
            let yes = Keymap::default().shown(context, Action::Yes).unwrap().label();
            let (bar, above) = text.rsplit_once('\n').map(|(above, bar)| (bar, above)).unwrap();
            for place in [bar, above] {
                assert!(
                    place.contains(&format!(" {yes} ")) && place.contains("Esc "),
                    "{name} {width}x{height}\n{text}"
                );
            }
            let object = match name {
                "setup_recovery_without" => "recovery",
                "setup_consent" => "/srv/ops/vault.db",
                "bulk_rotate_hidden" => "3 secrets",
                name if name.starts_with("bulk") && name != "bulk_strange" => "12 secrets",
                "expired_copy" | "expired_show" | "paste_question_old" => "ADYEN_HMAC_KEY",
                name if name.contains("strange") => "LONGEST_",
                "incident_report_work_tree" => "alice",
                _ => "STRIPE_KEY",
            };
            assert!(above.contains(object), "{name} {width}x{height} does not name {object}\n{text}");
        }
    }
}

/// lazygit #792 (typed into it, thinking it was the editor): a question takes keys only
/// once it was drawn, also the second of two.
#[test]
fn type_ahead_cannot_confirm() {
    let ahead = |steps: Steps, keys: &str| {
        let mut screen = steps.0;
        screen.take_effects();
        for key in keys.split(' ') {
            screen.event(Event::Key(key_event(key)));
        }
        deeds(&mut screen)
    };
    let at = At(80, 24);
    for (name, steps, keys) in [
        ("roll back", at.after("3 j"), "Enter Enter y"),
        ("copy of an expired one", at.after("k"), "y Y"),
        ("show of an expired one", at.after("k"), "s y"),
        ("delete of many", at.after("C-a"), "d y"),
        ("rotation of many", at.after("C-a"), "r Enter y"),
        ("destruction", at.after(""), "D y y Enter"),
    ] {
        assert!(ahead(steps, keys).is_empty(), "{name}");
    }
    // Two questions, one after the other: a key that is held answers the first at most.
    let (name, without) = states().into_iter().find(|(name, _)| *name == "setup_recovery_without").unwrap();
    assert!(ahead(without(at), "y y y y y").is_empty(), "{name}");
}

/// zellij #491, todotxt-tui #42, cmus #1271.
#[test]
fn paste_outside_a_field_is_only_a_notice() {
    for (name, make) in states() {
        let mut screen = make(At(80, 24)).0;
        screen.take_effects();
        let takes_text = screen.state.context().is_some_and(Context::takes_text);
        let before = screen.state.context();
        screen.event(Event::Paste(SecretText::copied_from(b"d\ny\nq\r\x1bD")));
        assert!(deeds(&mut screen).is_empty(), "{name}");
        // A form may offer what is in it; nothing else comes of a paste.
        assert!(takes_text || screen.state.context() == before || screen.state.dialog().is_some(), "{name}");
        if screen.state.dialog().is_none()
            && !takes_text
            && !screen.state.is_locked()
            && name != "failed"
            && name != "damaged"
        {
            assert!(screen.text().contains("Nothing takes a paste here"), "{name}");
        }
    }
}

/// tmux #3843, xplr #685: Esc comes late or not at all; whatever it leads out of, `C-c`
/// or a plain key does too.
#[test]
fn esc_is_never_the_only_way_out() {
    let out = |mut screen: Screen, keys: [&str; 6]| {
        for key in keys {
            let is_out = screen.state.dialog().is_none() && screen.state.context() == Some(Context::Secrets);
            if is_out
                || screen.state.is_locked()
                || screen.effects.iter().any(|effect| matches!(effect, Effect::Quit(_)))
            {
                return Ok(());
            }
            screen.keys(key);
        }
        Err(screen.text())
    };
    let mut led_out = 0;
    for (name, make) in states() {
        if out(make(At(80, 24)).0, ["Esc"; 6]).is_ok() {
            led_out += 1;
            let stuck = out(make(At(80, 24)).0, ["C-c", "C-c", "C-c", "C-c", "h", "q"]);
            assert_eq!(stuck, Ok(()), "{name} is left by Esc alone");
        }
    }
    assert!(led_out > 80, "{led_out}");
}

/// tmux #3843: an Esc that comes right before another key is Alt and that key.
#[test]
fn no_binding_uses_alt_by_default() {
    for row in ACTIONS {
        for binding in row.bindings {
            for key in binding.keys.split_whitespace() {
                assert!(!key.contains("A-"), "{}: {key}", row.name);
            }
        }
    }
    let alt = |c| KeyEvent::new(crossterm::event::KeyCode::Char(c), KeyModifiers::ALT);
    for context in Context::ALL {
        for c in ' '..='~' {
            // In a line of text words are gone over by Alt too, as in a shell, and by Ctrl-Left.
            let press = Keymap::default().press(*context, alt(c));
            assert!(matches!(press, None | Some(Press::Edit(_))), "{context:?} {c}");
        }
    }
}

/// ratatui #2610, aegis-boot #104: what the screen can do, a screen reader can do without it.
#[test]
fn every_action_is_also_a_command_or_says_why() {
    const BY_THE_SCREEN_ALONE: &[(&str, &str)] = &[
        ("copy-next", "copy has --field and --otp"),
        ("clear-clipboard", "Ctrl-C ends a copy"),
        ("keep-clipboard", "copy clears what it has sent; --clear-after says when"),
        ("test-clipboard", "doctor tells what can be known without a paste"),
        ("mark", "a command takes its names as arguments"),
        ("mark-range", "a command takes its names as arguments"),
        ("mark-all", "a command takes its names as arguments"),
        ("verify", "rotate --promote tries the value before it promotes"),
        ("stop-step", "Ctrl-C stops a step"),
        ("apply", "rotate --promote tells the far side, tries it and promotes"),
        ("tags", "set has --tag"),
        ("expiry", "set has --expires"),
        ("undo", "what undoes it depends on what was done: restore, rollback, move, set"),
        ("overview", "list finds the same with terms of a query"),
        ("palette", "the commands have names already"),
        ("lock", "a command holds no key after its end"),
        ("suspend", "a command ends by itself"),
        ("repaint", "a command draws nothing"),
        ("quit", "a command ends by itself"),
    ];
    let about_the_screen = |group| matches!(group, Group::Movement | Group::Dialogs);
    for row in ACTIONS.iter().filter(|row| row.command.is_none() && !about_the_screen(row.group)) {
        let known = BY_THE_SCREEN_ALONE.iter().any(|(name, _)| *name == row.name);
        assert!(known || row.name == "mark-version", "{} has no command and no reason", row.name);
    }
    for (name, _) in BY_THE_SCREEN_ALONE {
        assert!(ACTIONS.iter().any(|row| row.name == *name && row.command.is_none()), "{name} has a command now");
    }
    // The commands that are named exist.
    for line in ACTIONS.iter().filter_map(|row| row.command) {
        let command = line.split(' ').nth(1).unwrap();
        if command != "--help" {
            let output = std::process::Command::new(super::support::pty::STRONGROOM).args([command, "--help"]).output();
            assert!(output.unwrap().status.success(), "{line}");
        }
    }
}

/// States that say why what they are for was not done.
const REFUSED: &[&str] = &[
    "setup_passphrase_differs",
    "setup_recovery_asked",
    "unlock_wrong",
    "unlock_pause",
    "add_bad_name",
    "edit_bad_json",
    "rotate_type",
    "purge_wrong_name",
    "deleted_purge_wrong_name",
    "bulk_tags_wrong",
    "bulk_expiry",
    "incident_nobody",
    "incident_wrong_time",
];

/// zellij #4119 #4822 #3968 #2391: a key in the bar that does nothing is a lie. Each is
/// pressed in every state; something must come of it.
#[test]
fn every_hint_does_what_it_says() {
    let mut lies = Vec::new();
    for (name, make) in states() {
        let before = make(At(140, 45));
        for hint in hints(&before.0.state, 140) {
            let Some(action) = hint.action else { continue };
            let mut screen = make(At(140, 45)).0;
            screen.take_effects();
            let context = screen.state.context().unwrap();
            let key = Keymap::default().shown(context, action).unwrap();
            let pair = format!("{}/", key.label());
            assert!(hint.key == key.label() || hint.key.starts_with(&pair), "{name}: {} is {}", hint.key, key.label());
            assert_eq!(Keymap::default().press(context, key_event(&key.to_string())), Some(Press::Action(action)));
            // A key that comes at once after the one before may be the same, held down.
            screen.wait(Duration::from_millis(500));
            let shown = screen.drawn(Theme::default(), None);
            screen.keys(&key.to_string());
            let unavailable = screen.text().contains("nothing for it");
            let same = screen.drawn(Theme::default(), None) == shown && screen.take_effects().is_empty();
            // What was refused is refused again, in the words that stand there.
            let refused = REFUSED.contains(&name) && action == Action::Submit;
            if (same && !refused) || unavailable {
                lies.push(format!("{name}: {} {}", hint.key, hint.word));
            }
        }
    }
    assert!(lies.is_empty(), "{lies:#?}");
}

/// keepassxc #10634 #12875 #13566, QtPass #348, CopyQ #2495: what stays where we cannot reach it.
#[test]
fn what_cannot_be_cleared_for_certain_is_said() {
    let told = |news: ClipboardNews| {
        let mut screen = Screen::unlocked(80, 24);
        screen.event(Event::Clipboard(news));
        screen.text()
    };
    assert!(told(ClipboardNews::Cleared { confirmed: false }).contains("it cannot confirm that"));
    assert!(told(ClipboardNews::Cleared { confirmed: true }).contains("The clipboard is cleared."));
    assert!(told(ClipboardNews::Replaced).contains("it was left alone"));
}

/// A drag, or a click where the mouse was not asked for, never reaches the state: see
/// `the_mouse_clicks_and_wheels_and_nothing_else`. One that does must not say yes.
#[test]
fn a_click_never_answers_a_question() {
    use strongroom::tui::event::Mouse;
    for ((name, make), _) in questions() {
        let mut screen = make(At(80, 24)).0;
        screen.take_effects();
        for (column, row) in (0..80).flat_map(|column| (0..23).map(move |row| (column, row))).step_by(7) {
            screen.event(Event::Mouse(Mouse { what: MouseAction::Click, column, row }));
        }
        assert!(deeds(&mut screen).is_empty(), "{name}");
    }
}

/// A reveal that nobody ends ends by itself, in every state it can be in.
#[test]
fn a_shown_value_goes_by_itself() {
    for (name, steps) in [
        ("detail", At(80, 24).after("s")),
        ("blind", At(80, 24).after("S")),
        ("edit", At(80, 24).after("e C-t")),
        ("unlock", At(80, 24).unlock(&[SlotKind::Passphrase])),
    ] {
        let mut screen = steps.0;
        screen.wait(Duration::from_secs(11));
        assert!(!screen.text().contains("sk_live"), "{name}");
    }
}
