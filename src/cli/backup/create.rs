//! `backup create`: made, read back, opened, and only then called done.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::crypto::keyring::SlotKind;
use crate::error::{Error, Result};
use crate::vault::backup::{BackedUp, Destination, check_free};

use super::super::call::{Call, is_stream};
use super::super::shapes;
use super::super::times::both;
use super::keys::{NewKeyArgs, NewKeys};
use super::{holdings, shape};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom backup create /mnt/usb/vault.backup
  strongroom backup create /mnt/usb/vault.backup --recovery
  strongroom backup create first.backup --new-key-file /etc/strongroom/backup.key
  strongroom backup create nightly.backup --backup-key-file /etc/strongroom/backup.key --no-input
  strongroom backup create - --backup-passphrase-file pass.txt | ssh elsewhere 'cat > vault.backup'

Several options give the backup several keys, of which one is enough. The vault is opened with a key
of its own, never with one that unlock keeps: who finds a terminal unlocked must not take it all along.
Other sessions may write meanwhile; the backup is of one moment. It is never put over a file.";

/// Where to, and what opens it.
#[derive(Args)]
pub(super) struct CreateArgs {
    /// The new file, `-` for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    keys: NewKeyArgs,
}

pub(super) fn run(call: &Call, args: &CreateArgs) -> Result<()> {
    let to_stream = is_stream(&args.file);
    if to_stream && call.output.json {
        return Err(Error::usage("Standard output is to be the backup, and cannot be JSON besides.")
            .hint("Name a file, or leave --json out."));
    }
    if to_stream && io::stdout().is_terminal() {
        return Err(
            Error::usage("A backup is no text for a terminal.").hint("Send it on through a pipe, or name a file.")
        );
    }
    if !to_stream {
        check_free(&args.file, true)?;
    }
    args.keys.check()?;
    let (mut vault, key) = call.open_with_key()?;
    let keys = args.keys.keys(call)?;
    let is_shared = keys.keys.iter().any(|new| new.is_same_secret(&key));
    if is_shared {
        call.output.warn(
            "The backup opens with a key that opens the vault too: who loses it, or has it stolen, loses both. \
             --new-key-file or --recovery gives it one of its own.",
        );
    }
    let made = if to_stream {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let out = out.map_err(|error| Error::failure(format!("Standard output cannot be written: {error}.")));
        out.and_then(|out| vault.back_up(Destination::Stream(&mut File::from(out)), &keys.keys, None))
    } else {
        vault.back_up(Destination::File(&args.file), &keys.keys, None)
    };
    let made = made.inspect_err(|_| keys.discard())?;
    keys.tell(call)?;
    tell(call, &made, &keys, is_shared)
}

fn tell(call: &Call, made: &BackedUp, keys: &NewKeys, is_shared: bool) -> Result<()> {
    let kinds = keys.kinds();
    if call.output.json {
        let mut value = shape(&made.about, made.file.as_deref().unwrap_or(Path::new("-")));
        value["outcome"] = "created".into();
        value["verified"] = made.file.is_some().into();
        value["opens_with"] = kinds.iter().copied().map(shapes::slot_kind).collect::<Vec<_>>().into();
        value["key_file"] = keys.key_file().map(|path| path.display().to_string()).into();
        return call.output.print_json(&value);
    }
    let what = format!("{}, as of {}", holdings(&made.about), both(made.about.as_of, call.now));
    match &made.file {
        Some(path) => {
            call.output.note(&format!("Backed up {what}, to {}.", path.display()));
            call.output.note("It was read back, and everything in it opens.");
        }
        None => {
            call.output.note(&format!("Backed up {what}, to standard output."));
            call.output.note("What became of it there is not known: try it with `strongroom backup verify FILE`.");
        }
    }
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    let words = words.join(" or ");
    call.output.note(&match is_shared {
        true => format!("It opens with the {words}, whatever becomes of the vault's keys."),
        false => format!("It opens with its own {words}, whatever becomes of the vault's keys."),
    });
    if kinds == [SlotKind::KeyFile] {
        call.output.note("Keep a copy of that key file apart from the vault and from the backup.");
    }
    Ok(())
}
