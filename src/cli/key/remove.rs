//! `key remove`: one way less into the vault, after its id was typed or `--yes` given.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::prompt;
use crate::vault::{KeySlot, Vault};

use super::super::call::Call;
use super::{shape_after, warn_of_dead_key_file, warn_of_one};

/// Fewest digits of an id.
const FEWEST: usize = 4;

/// Which key.
#[derive(Args)]
pub(super) struct RemoveArgs {
    /// The id of the key, or how it begins, as `key list` shows it
    id: String,
    /// Do not ask for the id
    #[arg(short, long)]
    yes: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

pub(super) fn run(call: &Call, args: &RemoveArgs) -> Result<()> {
    let can_ask = !call.no_input && prompt::has_terminal();
    if !args.yes && !can_ask {
        return Err(Error::usage("Nobody can be asked whether the key shall go.")
            .hint("Add --yes if that is meant. Nothing was changed."));
    }
    let (mut vault, _) = call.open_with_key()?;
    let mut slot = found(&vault.key_slots()?, &args.id)?;
    if slot.opened_this && can_ask && vault.key_slots()?.len() > 1 {
        vault = with_another(call, vault, &slot)?;
        slot = found(&vault.key_slots()?, &slot.id.to_hex())?;
    }
    if !args.yes {
        confirm(&slot)?;
    }
    let removed = vault.remove_key(slot.id, &args.reason)?;
    warn_of_dead_key_file(call, &mut vault);
    if call.output.json {
        return call.output.print_json(&shape_after(&removed, "removed"));
    }
    call.output.note(&format!("Removed the {removed}. Copies of the file made before still open with it."));
    call.output.note("If it may be in other hands, replace the master key: strongroom key replace");
    warn_of_one(call, vault.key_slots()?.len());
    Ok(())
}

/// The slot whose id begins so.
fn found(slots: &[KeySlot], id: &str) -> Result<KeySlot> {
    let wanted = id.trim().to_ascii_lowercase();
    let mut fitting = slots.iter().filter(|slot| slot.id.to_hex().starts_with(&wanted));
    match (fitting.next(), fitting.next()) {
        _ if wanted.len() < FEWEST => {
            Err(Error::usage(format!("An id has at least {FEWEST} digits."))
                .hint("Take it from `strongroom key list`."))
        }
        (Some(slot), None) => Ok(*slot),
        (Some(_), Some(_)) => Err(Error::conflict("Several keys have an id that begins so.")
            .hint("Give more of its digits; `strongroom key list --json` has all of them.")),
        (None, _) => Err(Error::not_found(format!("There is no key {} in this vault.", wanted.escape_debug()))
            .hint("List them with `strongroom key list`.")),
    }
}

/// The vault once more, opened by what stays.
fn with_another(call: &Call, vault: Vault, doomed: &KeySlot) -> Result<Vault> {
    drop(vault);
    call.output.note(&format!("The {doomed} is what has just opened the vault. Show that another one is at hand."));
    call.open_by_typing("A passphrase or recovery key that stays: ")
}

/// Asks for the id as it stands.
fn confirm(slot: &KeySlot) -> Result<()> {
    let question = format!("The {slot} will open the vault no more.\nType {} to go on: ", slot.id);
    if prompt::shown(&question)?.trim() == slot.id.to_string() {
        return Ok(());
    }
    Err(Error::failure("That is not the id.").hint("Nothing was changed."))
}
