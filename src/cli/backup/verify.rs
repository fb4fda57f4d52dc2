//! `backup verify`: everything in a backup opens.

use std::path::PathBuf;

use clap::Args;

use crate::error::Result;
use crate::session::actor;

use super::super::call::Call;
use super::super::times::both;
use super::keys::KeyArgs;
use super::{holdings, shape};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom backup verify /mnt/usb/vault.backup
  strongroom backup verify /mnt/usb/vault.backup --backup-key-file backup.key --json
  ssh elsewhere cat vault.backup | strongroom backup verify - --backup-passphrase-file pass.txt

It needs no vault. Nothing is left of what was unpacked. Damage is exit 9, a wrong key exit 5.";

/// Which backup.
#[derive(Args)]
pub(super) struct VerifyArgs {
    /// The backup, `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(super) fn run(call: &Call, args: &VerifyArgs) -> Result<()> {
    let (backup, _) = args.keys.open(call, &args.file)?;
    let about = backup.verify(actor::current())?;
    if call.output.json {
        let mut value = shape(&about, &args.file);
        value["intact"] = true.into();
        return call.output.print_json(&value);
    }
    let as_of = both(about.as_of, call.now);
    call.output.print(&format!("All is well: {}, as of {as_of}, open and match their seals.\n", holdings(&about)))
}
