//! `rollback`: an earlier version's fields as a new version; nothing is undone. The far side of a
//! live credential hears of it by `rotate --to`.

use clap::Args;

use crate::error::Result;
use crate::vault::Expected;

use super::args::WriteArgs;
use super::call::Call;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom rollback production/STRIPE_KEY 4 --reason incident
  strongroom rollback STRIPE_KEY 4 --env production --if-version 7

This changes the vault alone. With a recipe the far side is told as well by
  strongroom rotate production/STRIPE_KEY --to 4";

/// What to roll back, and to where.
#[derive(Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    which: WriteArgs,
    /// The version whose fields come back
    #[arg(value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,
    /// Write only if this is the current version, else exit 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    if_version: Option<u64>,
}

pub(super) fn run(call: &Call, args: &RollbackArgs) -> Result<()> {
    let address = call.address(&args.which.scope, &args.which.name)?;
    let expected = args.if_version.map_or(Expected::Present, Expected::Version);
    let mut vault = call.open()?;
    let written = vault.roll_back(&address, args.number, &args.which.reason, expected)?;
    if written.secret.metadata.recipe.is_some() {
        call.output.warn(&format!(
            "The far side of {address} was not told. Tell it by hand; strongroom rotate {address} --to N does it by the recipe."
        ));
    }
    if call.output.json {
        return call.output.print_json(&shapes::written(&written, call.now));
    }
    call.output.note(&format!(
        "{address} is at version {} now, with the fields of version {}.",
        written.secret.version, args.number
    ));
    Ok(())
}
