//! `purge`: all versions destroyed, after the name was typed or `--yes` given.

use clap::Args;
use serde_json::json;

use crate::error::{Error, Result};
use crate::session::prompt;
use crate::vault::Doomed;
use crate::vault::scope::Address;
use crate::vault::secret::Secret;

use super::args::WriteArgs;
use super::call::Call;
use super::restore;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom purge production/LEAKED_KEY                 (asks for the name)
  strongroom purge production/LEAKED_KEY --yes --reason leaked
  strongroom purge production/OLD_KEY --deleted-at 2026-01-31T14:05:09Z
  strongroom list --deleted      (what can still be restored, or purged)";

/// What to destroy.
#[derive(Args)]
pub(super) struct PurgeArgs {
    #[command(flatten)]
    which: WriteArgs,
    /// The one deleted then, as list --deleted --json tells it, even where another one bears the name now
    #[arg(long, value_name = "TIME")]
    deleted_at: Option<String>,
    /// Every deleted one of this name; one that bears it now stays
    #[arg(long, conflicts_with = "deleted_at")]
    all_deleted: bool,
    /// Also while the far side may have the pending version: whichever it has is gone from here
    #[arg(long)]
    by_hand: bool,
    /// Do not ask for the name
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(call: &Call, args: &PurgeArgs) -> Result<()> {
    let address = call.address(&args.which.scope, &args.which.name)?;
    let which = match &args.deleted_at {
        Some(time) => Doomed::DeletedAt(restore::time(time)?),
        None if args.all_deleted => Doomed::EveryDeleted,
        None => Doomed::Single,
    };
    if !args.yes && (call.no_input || !prompt::has_terminal()) {
        return Err(Error::usage("Purging destroys every version for good, and nobody can be asked.")
            .hint("Add --yes if that is meant. Nothing was changed."));
    }
    let mut vault = call.open()?;
    if !args.yes {
        confirm(&address, &vault.doomed(&address, which)?)?;
    }
    let purged = match args.by_hand {
        true => vault.purge_by_hand(&address, which, &args.which.reason)?,
        false => vault.purge(&address, which, &args.which.reason)?,
    };
    for standing in purged.iter().filter(|secret| secret.is_mid_rotation()).filter_map(Secret::standing) {
        call.output.warn(&standing);
    }
    if call.output.json {
        let place = json!({
            "name": address.name.as_str(),
            "scope": address.scope.to_string(),
            "outcome": "purged",
            "secrets": purged.len(),
        });
        return call.output.print_json(&place);
    }
    let all = if purged.len() == 1 { "all its versions are gone" } else { "all their versions are gone" };
    call.output.note(&format!("Purged {}: {all}.{}", told(&address, &purged), and_pending(&purged)));
    Ok(())
}

/// Which of the secrets that bear the name.
fn told(address: &Address, doomed: &[Secret]) -> String {
    match doomed {
        [one] => match one.deleted_at {
            Some(at) => format!("{address}, deleted at {}", at.strftime("%Y-%m-%dT%H:%M:%SZ")),
            None => address.to_string(),
        },
        several => format!("{} deleted secrets named {address}", several.len()),
    }
}

/// What goes beside the versions.
fn and_pending(doomed: &[Secret]) -> &'static str {
    if doomed.iter().any(|secret| secret.pending().is_ok()) { " The pending one too." } else { "" }
}

/// Asks for the name as it stands.
fn confirm(address: &Address, doomed: &[Secret]) -> Result<()> {
    let (what, pending, name) = (told(address, doomed), and_pending(doomed), &address.name);
    let question = format!("This destroys every version of {what} for good.{pending}\nType {name} to go on: ");
    if prompt::shown(&question)?.trim() == address.name.as_str() {
        return Ok(());
    }
    Err(Error::failure("That is not the name.").hint("Nothing was changed."))
}
