//! Keys to effects: what each key asks of the outside, and what it does not.
#![expect(clippy::unwrap_used, reason = "made-up data is known to be right")]

mod around;
mod deleted;
mod editing;
mod facts;
mod finding;
mod helping;
mod history;
mod incident;
mod locking;
mod looking;
mod many;
mod noticing;
mod overview;
mod pasting;
mod removing;
mod rotating;
#[path = "../support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of screens")]
mod screen;
mod sequence;
mod sessions;
mod tree;
mod values;
mod walking;

use std::time::Duration;

use strongroom::crypto::keyring::SlotKind;
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::action::Context;
use strongroom::tui::effect::{Effect, Request};
use strongroom::tui::event::{Answer, ClipboardNews, Event, Found, Signal};
use strongroom::tui::job::Deed;
use strongroom::tui::keymap::Keymap;
use strongroom::vault::bulk::{Act, Done, Rest, Seen, Step};
use strongroom::vault::catalog::CatalogChange;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::{Secret, SecretId};
use strongroom::vault::{Expected, MetadataChange, Outcome, ReadOnly, Written};

use screen::{Screen, fields, history, key_event, secret, secrets};

const STRIPE: &str = "production/payments/STRIPE_KEY";

fn address(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

/// The effects of some keys on an unlocked vault, the Stripe key selected.
fn effects(keys: &str) -> Vec<Effect> {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys(keys);
    screen.take_effects()
}

/// What the filter line of the list holds, as the screen shows it.
fn filter_shown(screen: &mut Screen) -> String {
    let text = screen.text();
    let line = text.lines().nth(2).unwrap_or_default();
    line.trim_start_matches('│').split("  ").next().unwrap_or_default().trim().to_owned()
}

/// The rows of the list, without its frame and filter line.
fn list(screen: &mut Screen) -> Vec<String> {
    let text = screen.text();
    let row = |line: &str| line.strip_prefix('│').map(|rest| rest.split('│').next().unwrap_or("").to_owned());
    text.lines().skip(3).filter_map(row).map(|row| row.trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
}

/// The row with the marker.
fn selected(screen: &mut Screen) -> String {
    list(screen).into_iter().find(|row| row.starts_with('▸')).unwrap_or_default()
}

/// The vault's change without the Stripe key.
fn without_stripe() -> Event {
    Event::Vault(Answer::Changed(CatalogChange { upserted: Vec::new(), removed: vec![SecretId([4; 16])] }))
}
