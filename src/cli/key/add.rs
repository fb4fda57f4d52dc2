//! `key add`: one more way into the vault.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::{KeySlot, Vault};

use super::super::call::Call;
use super::fresh::Fresh;
use super::shape_after;

/// Which key; without an option a passphrase, asked for twice.
#[derive(Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    how: How,
    /// Read the new passphrase from this file, `-` for standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["keyfile", "env", "recovery"])]
    new_passphrase_file: Option<PathBuf>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Args)]
#[group(multiple = false)]
struct How {
    /// A passphrase, asked for twice (the default)
    #[arg(long)]
    passphrase: bool,
    /// A key in a new file, mode 0600; never over another one
    #[arg(long, value_name = "PATH")]
    keyfile: Option<PathBuf>,
    /// A key for STRONGROOM_MASTER_KEY, printed once to standard output
    #[arg(long)]
    env: bool,
    /// A key to be kept on paper, printed once to standard error
    #[arg(long)]
    recovery: bool,
}

pub(super) fn run(call: &Call, args: &AddArgs) -> Result<()> {
    let (mut vault, _) = call.open_with_key()?;
    let fresh = match &args.how {
        How { keyfile: Some(path), .. } => Fresh::file(path)?,
        How { env: true, .. } => Fresh::environment()?,
        How { recovery: true, .. } => Fresh::recovery()?,
        How { .. } => Fresh::passphrase(call, args.new_passphrase_file.as_deref())?,
    };
    let slot = vault.add_key(&fresh.key, None, &args.reason).inspect_err(|_| fresh.discard())?;
    if let Err(error) = fresh.tell(call) {
        return Err(take_back(&mut vault, &slot, error));
    }
    if call.output.json {
        let mut value = shape_after(&slot, "added");
        value["key_file"] = fresh.path().map(|path| path.display().to_string()).into();
        return call.output.print_json(&value);
    }
    call.output.note(&format!("Added the {slot}."));
    Ok(())
}

/// A key that reached nobody opens nothing.
fn take_back(vault: &mut Vault, slot: &KeySlot, error: Error) -> Error {
    match vault.remove_key(slot.id, "The key reached nobody.") {
        Ok(_) => error.hint("The key reached nobody, so it was removed again. Repeat the command."),
        Err(_) => error
            .hint(format!("The key reached nobody. Remove it with `strongroom key remove {}` and repeat.", slot.id)),
    }
}
