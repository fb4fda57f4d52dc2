//! `restore`: a deleted secret back, whole.

use clap::Args;
use jiff::Timestamp;

use crate::error::{Error, Result};

use super::args::WriteArgs;
use super::call::Call;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom restore production/OLD_KEY
  strongroom restore production/OLD_KEY --deleted-at 2026-01-31T14:05:09Z
  strongroom list --deleted      (what can be restored)";

/// What to bring back.
#[derive(Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    which: WriteArgs,
    /// Of several deleted secrets of this name the one deleted then, as list --deleted --json tells it; else the newest
    #[arg(long, value_name = "TIME")]
    deleted_at: Option<String>,
}

pub(super) fn run(call: &Call, args: &RestoreArgs) -> Result<()> {
    let address = call.address(&args.which.scope, &args.which.name)?;
    let deleted_at = args.deleted_at.as_deref().map(time).transpose()?;
    let mut vault = call.open()?;
    let secret = vault.restore(&address, deleted_at, &args.which.reason)?;
    if call.output.json {
        return call.output.print_json(&shapes::secret(&secret, call.now));
    }
    call.output.note(&format!("Restored {address} at version {}.", secret.version));
    Ok(())
}

/// A moment of deletion, as it is typed.
pub(super) fn time(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| {
        Error::usage(format!("The time {} cannot be read.", text.escape_debug()))
            .hint("Write it as list --deleted --json tells it, for example 2026-01-31T14:05:09Z.")
    })
}
