//! `purge`: all versions destroyed, after the name was typed or `--yes` given.

use clap::Args;
use serde_json::json;

use crate::error::{Error, Result};
use crate::session::prompt;
use crate::vault::scope::Address;

use super::args::WriteArgs;
use super::call::Call;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom purge production/LEAKED_KEY                 (asks for the name)
  strongroom purge production/LEAKED_KEY --yes --reason leaked";

/// What to destroy.
#[derive(Args)]
pub(super) struct PurgeArgs {
    #[command(flatten)]
    which: WriteArgs,
    /// Do not ask for the name
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(call: &Call, args: &PurgeArgs) -> Result<()> {
    let address = call.address(&args.which.scope, &args.which.name)?;
    if !args.yes && (call.no_input || !prompt::has_terminal()) {
        return Err(Error::usage("Purging destroys every version for good, and nobody can be asked.")
            .hint("Add --yes if that is meant. Nothing was changed."));
    }
    let mut vault = call.open()?;
    if !args.yes {
        confirm(&address)?;
    }
    vault.purge(&address, &args.which.reason)?;
    if call.output.json {
        let place = json!({ "name": address.name.as_str(), "scope": address.scope.to_string(), "outcome": "purged" });
        return call.output.print_json(&place);
    }
    call.output.note(&format!("Purged {address}: all its versions are gone."));
    Ok(())
}

/// Asks for the name as it stands.
fn confirm(address: &Address) -> Result<()> {
    let question = format!("This destroys every version of {address} for good.\nType {} to go on: ", address.name);
    if prompt::shown(&question)?.trim() == address.name.as_str() {
        return Ok(());
    }
    Err(Error::failure("That is not the name.").hint("Nothing was changed."))
}
