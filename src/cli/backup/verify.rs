//! `backup verify`: everything in a backup opens; with `--compare` it is also what the vault has.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::actor;
use crate::vault::backup::Drill;

use super::super::call::Call;
use super::super::times::both;
use super::keys::KeyArgs;
use super::{holdings, shape};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom backup verify /mnt/usb/vault.backup
  strongroom backup verify /mnt/usb/vault.backup --backup-key-file backup.key --json
  strongroom backup verify /mnt/usb/vault.backup --compare
  ssh elsewhere cat vault.backup | strongroom backup verify - --backup-passphrase-file pass.txt

Without --compare it needs no vault. Nothing is left of what was unpacked. Damage is exit 9, a wrong key exit 5.";

/// Which backup.
#[derive(Args)]
pub(super) struct VerifyArgs {
    /// The backup, `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also compare everything in it with the vault, and put that on record
    #[arg(long)]
    compare: bool,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(super) fn run(call: &Call, args: &VerifyArgs) -> Result<()> {
    let (backup, _) = args.keys.open(call, &args.file)?;
    if args.compare {
        let drill = backup.compare(&mut call.open()?)?;
        return tell_drill(call, args, &drill);
    }
    let about = backup.verify(actor::current())?;
    if call.output.json {
        let mut value = shape(&about, &args.file);
        value["intact"] = true.into();
        return call.output.print_json(&value);
    }
    let as_of = both(about.as_of, call.now);
    call.output.print(&format!("All is well: {}, as of {as_of}, open and match their seals.\n", holdings(&about)))
}

fn tell_drill(call: &Call, args: &VerifyArgs, drill: &Drill) -> Result<()> {
    let (about, since) = (&drill.about, &drill.since);
    if call.output.json {
        let mut value = shape(about, &args.file);
        value["intact"] = true.into();
        value["since"] = json!({
            "changes": since.changes,
            "secrets_made": since.made,
            "secrets_changed": since.changed,
            "secrets_purged": since.purged,
            "versions": since.versions,
            "audit_records": since.audit_records,
        });
        return call.output.print_json(&value);
    }
    let as_of = both(about.as_of, call.now);
    call.output.print(&format!(
        "As of {as_of}, {} in the backup; what the vault has of them is identical.\nSince then {} secrets were made, {} \
         changed, {} purged; they have {} more versions, and the log {} more records.\n",
        holdings(about),
        since.made,
        since.changed,
        since.purged,
        since.versions,
        since.audit_records
    ))
}
