//! `backup`: everything that the vault holds, in one sealed file with keys of its own.

mod create;
mod keys;
mod restore;
mod verify;

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::error::Result;
use crate::vault::backup::About;

use super::call::Call;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom backup create /mnt/usb/vault.backup             a passphrase of its own, asked for twice
  strongroom backup create nightly.backup --backup-key-file /etc/strongroom/backup.key --no-input
  strongroom backup verify /mnt/usb/vault.backup             everything in it opens
  strongroom backup verify /mnt/usb/vault.backup --compare   and is what the vault has
  strongroom backup restore /mnt/usb/vault.backup --to new.db

A backup opens with the keys it was made with, not with the vault's: keep one of them apart from both.";

/// What to do with a backup.
#[derive(Args)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

#[derive(Subcommand)]
enum BackupCommand {
    /// Seal everything into a new file, read it back and open all of it
    #[command(after_help = create::EXAMPLES)]
    Create(create::CreateArgs),
    /// Open everything that is in a backup; with --compare, hold it against the vault
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArgs),
    /// Make a new vault file of a backup; it opens with the backup's key
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::RestoreArgs),
}

pub(super) fn run(call: &Call, args: &BackupArgs) -> Result<()> {
    match &args.command {
        BackupCommand::Create(args) => create::run(call, args),
        BackupCommand::Verify(args) => verify::run(call, args),
        BackupCommand::Restore(args) => restore::run(call, args),
    }
}

/// What a backup is of: `{file, id, as_of, vault_id, secrets, deleted, versions, audit_records, bytes}`.
fn shape(about: &About, file: &Path) -> Value {
    json!({
        "file": file.display().to_string(),
        "id": data_encoding::HEXLOWER.encode(&about.id),
        "as_of": shapes::time(about.as_of),
        "vault_id": data_encoding::HEXLOWER.encode(&about.vault_id),
        "secrets": about.secrets,
        "deleted": about.deleted,
        "versions": about.versions,
        "audit_records": about.audit_records,
        "bytes": about.bytes,
    })
}

/// `12 and 1 deleted secrets with 31 versions, and 204 audit records`
fn holdings(about: &About) -> String {
    let deleted = if about.deleted == 0 { String::new() } else { format!(" and {} deleted", about.deleted) };
    let secrets = if about.secrets + about.deleted == 1 { "secret" } else { "secrets" };
    let versions = if about.versions == 1 { "version" } else { "versions" };
    format!(
        "{}{deleted} {secrets} with {} {versions}, and {} audit records",
        about.secrets, about.versions, about.audit_records
    )
}
