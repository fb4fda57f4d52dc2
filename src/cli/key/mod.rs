//! `key`: what opens the vault. All that changes it asks for a real key, never for one that
//! is only kept for a while.

mod add;
mod change;
pub(super) mod fresh;
mod list;
mod remove;
mod replace;
mod test;

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::crypto::keyring::UnlockKey;
use crate::error::{Kind, Result};
use crate::session::key_file;
use crate::vault::{KeySlot, Vault};

use super::call::Call;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom key list                         what opens the vault
  strongroom key add --recovery               a key for paper, printed once
  strongroom key add --keyfile /mnt/usb/ops.key
  strongroom key remove 3fa9c1d2              asks for the id again
  strongroom key change                       another passphrase
  strongroom key test                         is the key on paper the right one?
  strongroom key replace                      after a leak: another master key

Copies and backups made before go on opening with the keys they had.
Whoever loses every key loses every secret: keep two, in two places.";

/// What to do with the keys.
#[derive(Args)]
pub(super) struct KeyArgs {
    #[command(subcommand)]
    command: Option<KeyCommand>,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Show the keys that open the vault
    #[command(visible_alias = "ls")]
    List,
    /// Add a passphrase, a key file, an environment key or a recovery key
    Add(add::AddArgs),
    /// Remove a key; sessions that are open go on until they lock
    #[command(visible_alias = "rm")]
    Remove(remove::RemoveArgs),
    /// Give the passphrase that opens this session a successor
    Change(change::ChangeArgs),
    /// Show that a key at hand, or on paper, still opens the vault; nothing is changed
    #[command(after_help = test::EXAMPLES)]
    Test(test::TestArgs),
    /// Seal everything anew under another master key, all or nothing
    #[command(after_help = replace::EXAMPLES)]
    Replace(Box<replace::ReplaceArgs>),
}

pub(super) fn run(call: &Call, args: &KeyArgs) -> Result<()> {
    match &args.command {
        None | Some(KeyCommand::List) => list::run(call),
        Some(KeyCommand::Add(args)) => add::run(call, args),
        Some(KeyCommand::Remove(args)) => remove::run(call, args),
        Some(KeyCommand::Change(args)) => change::run(call, args),
        Some(KeyCommand::Test(args)) => test::run(call, args),
        Some(KeyCommand::Replace(args)) => replace::run(call, args),
    }
}

/// A key slot: `{id, kind, cost, opened_this}`.
fn shape(slot: &KeySlot) -> Value {
    json!({
        "id": slot.id.to_hex(),
        "kind": shapes::slot_kind(slot.kind),
        "cost": slot.cost.map(|cost| json!({
            "memory_kib": cost.memory_kib,
            "passes": cost.passes,
            "lanes": cost.lanes,
        })),
        "opened_this": slot.opened_this,
    })
}

/// A key slot after something was done with it.
fn shape_after(slot: &KeySlot, outcome: &str) -> Value {
    let mut value = shape(slot);
    value["outcome"] = outcome.into();
    value
}

/// A vault with one key is one accident away from being lost.
pub(super) fn warn_of_one(call: &Call, slots: usize) {
    if slots == 1 {
        call.output.note("There is only this one way in: whoever loses it loses every secret.");
        call.output.note("Add a second with `strongroom key add --recovery` and keep it elsewhere.");
    }
}

/// The vault's own key file would be tried first from now on, and be wrong.
fn warn_of_dead_key_file(call: &Call, vault: &mut Vault) {
    let Ok(path) = key_file::own_key_file(&call.config.vault) else { return };
    let mut opens = |path: &Path| key_file::read(path).and_then(|key| vault.present(vec![UnlockKey::KeyFile(key)]));
    if path.exists() && opens(&path).is_err_and(|error| error.kind() == Kind::Locked) {
        call.output.warn(&format!("The key file {} opens this vault no more. Remove it.", path.display()));
    }
}
