//! `reveal`: a value on standard output, byte for byte. The vault writes the audit
//! record before it gives the value out.

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::Release;
use crate::vault::secret::VALUE;

use super::args::NameArgs;
use super::call::{Call, check_field, missing_field};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom reveal STRIPE_KEY --env production
  strongroom reveal production/DB --field username
  strongroom reveal production/DB --version 3 --reason audit";

/// Which value to print.
#[derive(Args)]
pub(super) struct RevealArgs {
    #[command(flatten)]
    which: NameArgs,
    /// Which field
    #[arg(long, value_name = "FIELD", default_value = VALUE)]
    field: String,
    /// Which version; the current one if left away
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    version: Option<u64>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Print it although it has expired
    #[arg(long)]
    allow_expired: bool,
}

pub(super) fn run(call: &Call, args: &RevealArgs) -> Result<()> {
    if call.output.json {
        return Err(Error::usage("A value is never written as JSON.")
            .hint("Use `reveal` without --json for the bytes, or `get --json` for what is known about the secret."));
    }
    let mut vault = call.open()?;
    let secret = call.resolve_for(&mut vault, &args.which, Release::Reveal, &args.reason)?;
    check_field(&secret, args.version, &args.field)
        .inspect_err(|error| vault.note_missing(Some(&secret.address), Release::Reveal, &args.reason, error))?;
    let fields = vault.release(secret.id, args.version, Release::Reveal, &args.reason, args.allow_expired)?;
    match fields.get(&args.field) {
        Some(value) => call.output.print_value(value),
        None => Err(missing_field(&secret, &args.field, fields.names())),
    }
}
