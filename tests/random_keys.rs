//! A hundred thousand random keys on a real vault: nothing panics, nobody is stuck in
//! a dialog, and no value is drawn that was not asked for.
//!
//! The state, its update and its view are the real ones, and so are the vault and its
//! keeper; only the thread is missing, so that answers come late by a fixed seed, and between
//! keys. Another session writes meanwhile. A run that fails names its seed and its step.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "random_keys/keys.rs"]
mod keys;
#[path = "random_keys/place.rs"]
mod place;
#[path = "random_keys/run.rs"]
mod run;
#[path = "support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of flows")]
mod screen;

use run::{Met, Run};
use screen::KINDS;
use strongroom::tui::action::Context;

/// Keys of one run; then it starts anew, so that a step that fails is soon found again.
const RUN: usize = 5_000;

/// Presses so many runs of keys; what they met, and how often.
fn press(seeds: std::ops::Range<u64>) -> Met {
    let mut met = Met::new();
    for seed in seeds {
        add(&mut met, Run::new(seed).press(RUN));
    }
    met
}

fn add(met: &mut Met, more: Met) {
    for (name, times) in more {
        *met.entry(name).or_default() += times;
    }
}

/// What the vault must have answered.
const DEEDS: &[&str] = &[
    "unlocked",
    "not unlocked",
    "revealed",
    "copied",
    "copied a code",
    "opened to edit",
    "opened to paste",
    "told a shape",
    "compared",
    "told of another session",
    "told which values are the current ones",
    "told of deleted ones",
    "told the pins",
    "told of duplicates",
    "indexed",
    "told what is used",
    "audit verified",
    "written: Add",
    "written: Save",
    "written: Rotate",
    "written: RollBack",
    "destroyed",
    "wrote out",
    "told of an incident",
    "told of a rotation",
    "in a work tree",
    "job done",
    "job ended",
    "job refused",
    "failed",
];

#[test]
fn a_hundred_thousand_keys_break_nothing() {
    let mut met = std::thread::scope(|scope| {
        let others = scope.spawn(|| press(101..111));
        let mut met = press(1..11);
        add(&mut met, others.join().unwrap());
        met
    });
    assert_eq!(met.remove("key"), Some(100_000));
    // They have been everywhere, and have done everything.
    let contexts = Context::ALL.iter().map(|context| format!("{context:?}"));
    for name in contexts.chain(KINDS.iter().chain(DEEDS).map(|name| (*name).to_owned())) {
        assert!(met.get(&name).is_some_and(|times| *times > 1), "{name} was hardly ever met: {met:?}");
    }
}
