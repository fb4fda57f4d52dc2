//! `backup restore`: a new vault file, never over another one.

use std::path::PathBuf;

use clap::Args;

use crate::error::Result;
use crate::session::{actor, anchors};
use crate::vault::LockedVault;
use crate::vault::backup::check_free;

use super::super::call::Call;
use super::super::shapes;
use super::super::times::both;
use super::keys::KeyArgs;
use super::{holdings, shape};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom backup restore /mnt/usb/vault.backup --to ~/.local/share/strongroom/vault.db
  strongroom backup restore vault.backup --to new.db --backup-key-file backup.key

The file appears when everything in it was opened, and never over another one. It opens with the
backup's key; give it others with strongroom key add. What was changed after the backup is not in it.";

/// Which backup, and where to.
#[derive(Args)]
pub(super) struct RestoreArgs {
    /// The backup, `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The new vault file
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(super) fn run(call: &Call, args: &RestoreArgs) -> Result<()> {
    check_free(&args.to, false)?;
    let (backup, key) = args.keys.open(call, &args.file)?;
    let restored = backup.restore(&args.to, &key, None, actor::current())?;
    let path = restored.path.display();
    // What this machine saw of the vault is more than the backup holds, or of another branch by now.
    let seen = LockedVault::open(&restored.path).and_then(|vault| anchors::settled(&call.config).unproven(&vault));
    // The new vault is there, whatever cannot be read besides.
    let was_seen = seen.unwrap_or_else(|error| {
        let next = "See strongroom anchor before you use the new vault.";
        call.output.warn(&format!("What this machine saw of the vault cannot be told. {} {next}", error.message()));
        None
    });
    let was_seen = was_seen.is_some();
    if call.output.json {
        let mut value = shape(&restored.about, &args.file);
        value["outcome"] = "restored".into();
        value["vault"] = path.to_string().into();
        value["opens_with"] = shapes::slot_kind(restored.kind).into();
        value["to_accept"] = was_seen.into();
        return call.output.print_json(&value);
    }
    let as_of = both(restored.about.as_of, call.now);
    call.output.note(&format!("Restored {}, as of {as_of}, to {path}.", holdings(&restored.about)));
    call.output.note(&format!("It opens with the {} of the backup alone.", restored.kind.word()));
    call.output.note(&format!("Give it others: strongroom key add --vault {path}"));
    if was_seen {
        call.output.note("This machine saw the vault come further. When the new file is to take its place, say so:");
        call.output.note(&format!("strongroom anchor accept --vault {path} --reason restored"));
    }
    Ok(())
}
