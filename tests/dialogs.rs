//! Every dialog in every state: snapshots at three sizes, a sweep over all sizes,
//! and a search for what must not be seen.
#![expect(clippy::unwrap_used, reason = "made-up data is known to be right")]

#[path = "support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of flows")]
mod screen;
#[path = "support/states.rs"]
#[expect(dead_code, reason = "shared with the tests of screens")]
mod states;

use std::collections::BTreeSet;

use strongroom::crypto::keyring::SlotKind;
use strongroom::error::Error;
use strongroom::tui::event::Event;
use strongroom::tui::theme::{Borders, Palette, Theme};

use screen::{KINDS, kind, snapshot};
use states::{At, Steps, dialogs};

/// A value that must never be seen while it is masked.
const VALUE: &str = "sk_live_51Nv0QkLmZ7example";

#[test]
fn every_dialog_looks_as_it_should() {
    for (name, make) in dialogs() {
        snapshot(name, |width, height| make(At(width, height)).0);
    }
}

#[test]
fn every_kind_of_dialog_has_its_states_in_the_table() {
    let open = |(_, make): states::State| make(At(80, 24)).0.state.dialog().map(kind);
    let found: BTreeSet<&str> = dialogs().into_iter().filter_map(open).collect();
    assert_eq!(found, KINDS.iter().copied().collect());
}

#[test]
fn every_state_of_the_table_is_one_of_its_own() {
    let mut seen = std::collections::BTreeMap::new();
    let mut twins = Vec::new();
    for (name, make) in states::states() {
        // Colours are part of it: what is read or marked may differ in nothing else.
        let (buffer, cursor) = make(At(80, 24)).0.drawn(Theme::default(), None);
        twins.extend(seen.insert(format!("{buffer:?} {cursor:?}"), name).map(|twin| (twin, name)));
    }
    // What another session did looks the same wherever it is met.
    assert_eq!(twins, [("edit_conflict_told", "rotate_conflict")]);
}

#[test]
fn no_size_is_too_small() {
    let themes = [(Palette::Default, Borders::Line), (Palette::Mono, Borders::None), (Palette::Dark, Borders::Ascii)];
    for (number, (_, make)) in dialogs().into_iter().enumerate() {
        let (palette, borders) = themes[number % themes.len()];
        let mut screen = make(At(80, 24)).0;
        for (width, height) in (0..=140).flat_map(|width| (0..=45).map(move |height| (width, height))) {
            // Every small size, and every larger one with some of the dialogs.
            let is_small = width < 24 && height < 10;
            let turn = usize::from(width) + 7 * usize::from(height) + number;
            if (is_small && turn % 4 == 0) || turn % 48 == 0 {
                screen.event(Event::Resize { width, height });
                screen.drawn(Theme::new(palette, borders), Some((width, height)));
            }
        }
    }
}

#[test]
fn the_focus_is_on_the_screen_however_small_it_is() {
    for open in ["a", "e", "r"] {
        for tabs in 0..16 {
            let mut steps = At(40, 10).after(open).keys(&"Tab ".repeat(tabs));
            let text = steps.0.text();
            assert!(text.contains('▸'), "{open} and {tabs} times Tab\n{text}");
        }
    }
}

#[test]
fn masked_values_are_not_on_the_screen() {
    let at = At(120, 40);
    let conflict = |steps: Steps| {
        let taken = Error::version_conflict("production/payments/STRIPE_KEY has version 8 meanwhile.", 8);
        steps.keys("Enter").failed(taken).keys("Enter")
    };
    let masked = [
        at.after("e"),
        at.after("e C-t C-t"),
        conflict(at.after("e").typed(VALUE)),
        conflict(at.after("e").typed("x")).keys("C-t C-t"),
        at.after("r").pasted(VALUE.as_bytes()),
        at.after("r Right Tab").typed(VALUE),
        at.unlock(&[SlotKind::Passphrase]).pasted(VALUE.as_bytes()),
        at.setup().keys("Enter").pasted(VALUE.as_bytes()),
        at.after("a Tab").pasted(VALUE.as_bytes()).failed(Error::failure("The disk is full.")),
    ];
    for (number, mut steps) in masked.into_iter().enumerate() {
        let text = steps.0.text();
        let shown = text.contains("sk_live") || text.contains("billing@");
        assert!(text.contains("••••••••") && !shown, "{number}: {text}");
    }
    for mut shown in [at.after("e C-t"), conflict(at.after("e").typed("x")).keys("C-t")] {
        assert!(shown.0.text().contains("sk_live"), "shown when asked for");
    }
}

#[test]
fn the_unlock_countdown_runs_down_on_the_screen() {
    let mut steps = At(80, 24).unlock(&[SlotKind::Passphrase]);
    for _ in 0..4 {
        steps = steps.typed("x").keys("Enter").refused(Error::locked("No.")).waited(60);
    }
    steps = steps.typed("x").keys("Enter").refused(Error::locked("No.")).waited(1);
    let text = steps.0.text();
    assert!(text.contains("Next try in 0:"), "{text}");
    let before = text;
    steps = steps.waited(1);
    assert_ne!(steps.0.text(), before);
}
