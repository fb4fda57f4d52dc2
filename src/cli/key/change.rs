//! `key change`: a new passphrase in the place of the one that opened the session.

use std::path::PathBuf;

use clap::Args;

use crate::error::Result;

use super::super::call::Call;
use super::fresh::Fresh;
use super::shape_after;

/// Where the new passphrase comes from.
#[derive(Args)]
pub(super) struct ChangeArgs {
    /// Read the new passphrase from this file, `-` for standard input
    #[arg(long, value_name = "PATH")]
    new_passphrase_file: Option<PathBuf>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

pub(super) fn run(call: &Call, args: &ChangeArgs) -> Result<()> {
    let (mut vault, _) = call.open_with_key()?;
    vault.check_changeable()?;
    let fresh = Fresh::passphrase(call, args.new_passphrase_file.as_deref())?;
    let slot = vault.change_passphrase(&fresh.key, None, &args.reason)?;
    // Whoever does not read what is told keeps us waiting: without keys.
    drop((fresh, vault));
    if call.output.json {
        return call.output.print_json(&shape_after(&slot, "changed"));
    }
    call.output.note(&format!("Changed the passphrase; its slot is {} now.", slot.id));
    call.output.note("Copies and backups made before still open with the old one. If it may be in other hands,");
    call.output.note("replace the master key as well: strongroom key replace");
    Ok(())
}
