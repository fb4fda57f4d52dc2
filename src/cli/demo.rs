//! `demo`: the application on a throw-away vault of made-up secrets with a made-up
//! past, so that anyone can try every key in a minute.
//!
//! It is the real application on a real vault file, in a private folder that is gone
//! afterwards. Copies go to the real clipboard, since only there one sees whether
//! copying works over this connection; the screen says so before anything is copied.

mod place;
mod story;

use std::sync::atomic::{AtomicI64, Ordering};

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::error::Result;
use crate::secret_text::SecretText;
use crate::tui;
use crate::tui::command_line::Lines;
use crate::vault::audit::Actor;
use crate::vault::{LockedVault, NewVault, Vault};

use super::application;
use super::call::Call;

use place::Folder;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom demo              made-up secrets to try every key on; gone when you leave

Nothing of it is kept. Values are made up and worthless. `y` puts one on your real clipboard and clears it again.";

/// Opens the vault again after a lock.
const PASSPHRASE: &str = "demo";

/// How the demonstration runs.
#[derive(Args)]
pub(super) struct DemoArgs {
    /// Believe that it is this time, for pictures that are the same every day
    #[arg(long, value_name = "TIME", hide = true)]
    at: Option<Timestamp>,
}

/// Seconds from the real time to the one that the demonstration believes in.
static OFFSET: AtomicI64 = AtomicI64::new(0);

/// The time as the demonstration has it.
fn clock() -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(SignedDuration::from_secs(OFFSET.load(Ordering::SeqCst))).unwrap_or(now)
}

/// Makes the vault, opens the application on it, and takes both away; gives the exit code.
pub(super) fn run(call: Call, args: &DemoArgs) -> Result<u8> {
    application::check_terminal(&call)?;
    if let Some(at) = args.at {
        OFFSET.store(at.as_second() - Timestamp::now().as_second(), Ordering::SeqCst);
    }
    let folder = Folder::new()?;
    let vault = folder.file("vault.db");
    let key = RawKey::generate()?;
    make(&vault, &key)?;
    let mut options = application::options(&call.config, vault, folder.file("key"), actor("demo", "made-up"))?;
    options.startup_key = Box::new(move |_| Ok(Some(UnlockKey::Environment(key).into())));
    options.label = Some(format!("demonstration, passphrase: {PASSPHRASE}"));
    options.tip = Some("All made up, and gone when you leave. ⟨copy⟩ copies to your real clipboard.".to_owned());
    // In another terminal they would work on the real vault; this one is gone by then.
    options.lines = Lines::Hidden;
    options.clock = clock;
    tui::run(options)
}

/// A vault file with its past; the key opens it without a question, the passphrase after a lock.
fn make(path: &std::path::Path, key: &RawKey) -> Result<()> {
    let again = || RawKey::from_text(key.to_text().expose());
    let passphrase = UnlockKey::Passphrase(SecretText::copied_from(PASSPHRASE.as_bytes()));
    let keys = vec![passphrase, UnlockKey::Environment(again()?)];
    let first = Vault::create(path, NewVault::at_least_cost(keys), actor("ops", "bastion1"))?;
    let mut writers = vec![first];
    for (user, host) in [("ana", "bastion1"), ("ci", "runner3")] {
        let opened = LockedVault::open(path)?.unlock(&UnlockKey::Environment(again()?), actor(user, host));
        writers.push(opened.map_err(|refused| refused.1)?);
    }
    story::tell(&mut writers, clock())?;
    writers.into_iter().try_for_each(|writer| writer.lock().map(drop))
}

fn actor(user: &str, host: &str) -> Actor {
    Actor { user: user.to_owned(), host: host.to_owned(), ..Actor::default() }
}
