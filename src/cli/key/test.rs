//! `key test`: a drill. Does the key in the drawer still open the vault?

use clap::Args;

use crate::error::Result;
use crate::session::prompt;
use crate::vault::Vault;

use super::super::audit::say_what_is_elsewhere;
use super::super::call::Call;
use super::super::times::both;
use super::shape_after;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom key test                                    type a passphrase or the recovery key on paper
  strongroom key test --key-file /mnt/usb/ops.key
  strongroom key test --passphrase-file ~/passphrase

The key that is tested opens the vault itself; what the environment or `unlock` holds is not asked. That it
does is on record, and `strongroom key list` tells when each key was tested last.";

/// Which key is what the flags for all commands say.
#[derive(Args)]
pub(super) struct TestArgs {
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

pub(super) fn run(call: &Call, args: &TestArgs) -> Result<()> {
    let mut vault = open(call)?;
    let (tests, segments) = (vault.key_tests()?, vault.segments()?);
    let slot = vault.note_key_test(&args.reason)?;
    if call.output.json {
        return call.output.print_json(&shape_after(&slot, "opens"));
    }
    let before = tests.iter().find(|(id, _)| *id == slot.id.to_string());
    call.output.note(&match before {
        Some((_, at)) => format!("The {slot} opens the vault. It was last tested {}.", both(*at, call.now)),
        None if segments.is_empty() => format!("The {slot} opens the vault. It was never tested before."),
        None => format!("The {slot} opens the vault. No earlier test of it is in the log."),
    });
    if before.is_none() {
        say_what_is_elsewhere(call, &segments, None);
    }
    Ok(())
}

/// By a file where one is given, else by what is typed.
fn open(call: &Call) -> Result<Vault> {
    let is_given = call.keys.key_file.is_some() || call.keys.passphrase_file.is_some();
    if is_given || call.no_input || !prompt::has_terminal() {
        return call.open_with_key().map(|(vault, _)| vault);
    }
    call.open_by_typing("The passphrase or recovery key to test: ")
}
