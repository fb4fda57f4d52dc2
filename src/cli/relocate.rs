//! `move`: another scope or another name; history and identity stay.

use clap::Args;

use crate::error::Result;
use crate::vault::scope::Address;
use crate::vault::{Outcome, Written};

use super::args::WriteArgs;
use super::call::Call;
use super::delete::full;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom move production/OLD_NAME production/NEW_NAME --reason renamed
  strongroom move STRIPE_KEY production/payments/STRIPE_KEY
  strongroom move DB_URL staging/DB_URL --env production";

/// What to move, and to where.
#[derive(Args)]
pub(super) struct MoveArgs {
    #[command(flatten)]
    which: WriteArgs,
    /// Its new address, such as production/payments/STRIPE_KEY; a bare name stays in its scope
    #[arg(value_name = "NEW_ADDRESS")]
    to: String,
}

pub(super) fn run(call: &Call, args: &MoveArgs) -> Result<()> {
    let from = call.address(&args.which.scope, &args.which.name)?;
    let to = Address::parse(&args.to, &from.scope)?;
    let mut vault = call.open()?;
    let written = vault.move_secret(&from, &to, &args.which.reason)?;
    if call.output.json {
        return call.output.print_json(&shapes::written(&written, call.now));
    }
    call.output.note(&told(&from, &written));
    Ok(())
}

fn told(from: &Address, written: &Written) -> String {
    let to = &written.secret.address;
    match written.outcome {
        Outcome::Unchanged => format!("{to} is there already."),
        _ => format!(
            "Moved {from} to {to} with its whole history. Move it back with: strongroom move {} {}",
            full(to),
            full(from)
        ),
    }
}
