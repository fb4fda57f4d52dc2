//! `key replace`: another master key, for which everything is sealed anew. What will open the
//! vault afterwards, and what will not, is shown before anybody agrees.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::crypto::keyring::{SlotKind, UnlockKey};
use crate::error::{Error, Result};
use crate::session::{key_file, key_source, prompt};
use crate::vault::{KeySlot, Presented, Replaced, Vault};

use super::super::call::{Call, is_stream};
use super::fresh::Fresh;
use super::{shape, warn_of_dead_key_file, warn_of_one};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom key replace                                  asks before it begins
  strongroom key replace --keep-key-file /mnt/usb/ops.key
  strongroom key replace --passphrase-file pass.txt --keep-env --yes

The key that opens the vault now stays, and those that are shown by --keep-… options.
All others are dropped: a slot can be made again only with its key. Where there was a
recovery key, a new one is made and printed once. A passphrase that has leaked is
changed first, with key change.

Copies and backups made before still open with the old keys. What leaked is known:
rotate those secrets.";

/// The word that agrees.
const WORD: &str = "replace";

/// Which keys stay, besides the one that opens the vault now.
#[derive(Args)]
pub(super) struct ReplaceArgs {
    /// The key in this file stays, too (may be repeated)
    #[arg(long, value_name = "PATH")]
    keep_key_file: Vec<PathBuf>,
    /// The passphrase in this file stays, too, `-` for standard input (may be repeated)
    #[arg(long, value_name = "PATH")]
    keep_passphrase_file: Vec<PathBuf>,
    /// Ask for a passphrase or a recovery key that stays, too
    #[arg(long)]
    keep_passphrase: bool,
    /// The key in STRONGROOM_MASTER_KEY stays, too
    #[arg(long)]
    keep_env: bool,
    /// Also while a secret is in mid-rotation: a session that runs a step cannot write down how it ended
    #[arg(long)]
    by_hand: bool,
    /// Do not ask whether to begin
    #[arg(short, long)]
    yes: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

pub(super) fn run(call: &Call, args: &ReplaceArgs) -> Result<()> {
    let can_ask = !call.no_input && prompt::has_terminal();
    if !can_ask && (!args.yes || args.keep_passphrase) {
        let error =
            Error::usage("Replacing the master key drops every key that is not presented, and nobody can be asked.");
        return Err(error.hint("Add --yes if that is meant, and --keep-passphrase-file for a passphrase that stays."));
    }
    args.check_stdin(call)?;
    let (mut vault, key) = call.open_with_key()?;
    let keys = std::iter::once(Ok(key)).chain(args.kept(call)).collect::<Result<Vec<_>>>()?;
    let presented = vault.present(keys)?.by_hand(args.by_hand);
    // A key for paper is nowhere to be presented from: there will be another.
    let had_recovery = presented.dropped().iter().any(|slot| slot.kind == SlotKind::Recovery);
    let fresh = if had_recovery { Some(Fresh::recovery()?) } else { None };
    if !args.yes {
        confirm(call, &vault, &presented, had_recovery)?;
    }
    let recovery = fresh.as_ref().map(|fresh| &fresh.key).map(std::slice::from_ref).unwrap_or_default();
    let replaced = vault.replace_master_key(&presented, recovery, None, &args.reason)?;
    if let Some(fresh) = &fresh {
        fresh.tell(call)?;
    }
    warn_of_dead_key_file(call, &mut vault);
    for secret in vault.in_mid_rotation()? {
        let told = secret.standing().unwrap_or_default();
        call.output.warn(&format!("{told} Settle it with strongroom rotate {} --resume.", secret.address));
    }
    tell(call, &presented, &replaced)?;
    replaced.left.map_or(Ok(()), Err)
}

impl ReplaceArgs {
    /// Standard input holds one passphrase.
    fn check_stdin(&self, call: &Call) -> Result<()> {
        let readers = self.keep_passphrase_file.iter().filter(|path| is_stream(path)).count();
        if readers + usize::from(call.keys.uses_stdin()) > 1 {
            return Err(Error::usage("Standard input is asked for two passphrases.")
                .hint("Use it for one of them, and a file for the others."));
        }
        Ok(())
    }

    /// The keys that stay, besides the one that opened the vault.
    fn kept<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = Result<UnlockKey>> + 'a {
        let files = self.keep_key_file.iter().map(|path| key_file::read(path).map(UnlockKey::KeyFile));
        let passphrases = self.keep_passphrase_file.iter();
        let passphrases = passphrases.map(|path| key_source::read_passphrase(path).and_then(key_source::typed));
        let asked = self
            .keep_passphrase
            .then(|| prompt::hidden("Another passphrase or recovery key that stays: ").and_then(key_source::typed));
        let environment = self.keep_env.then(|| {
            call.keys.environment()?.ok_or_else(|| {
                Error::usage("There is no key in STRONGROOM_MASTER_KEY that could stay.").hint("Leave --keep-env out.")
            })
        });
        files.chain(passphrases).chain(environment).chain(asked)
    }
}

/// Asks for the word, with all that will open the vault and all that will not before it.
fn confirm(call: &Call, vault: &Vault, presented: &Presented, new_recovery: bool) -> Result<()> {
    let mut text = format!("Everything in {} is sealed anew. From then on it opens with\n", vault.path().display());
    let line = |slot: &KeySlot| format!("  the {}\n", slot.kind.word());
    text.extend(presented.kept().map(line));
    if new_recovery {
        text.push_str("  a new recovery key, which is shown once\n");
    }
    if !presented.dropped().is_empty() {
        text.push_str("and no more with\n");
        text.extend(presented.dropped().iter().map(|slot| format!("  {slot}\n")));
    }
    text.push_str("Sessions that are open must unlock again. Copies made before still open with the old keys.\n");
    call.output.note(&text);
    if prompt::shown(&format!("Type {WORD} to go on: "))?.trim() == WORD {
        return Ok(());
    }
    Err(Error::failure(format!("That is not the word {WORD}")).hint("Nothing was changed."))
}

fn tell(call: &Call, presented: &Presented, replaced: &Replaced) -> Result<()> {
    if call.output.json {
        return call.output.print_json(&json!({
            "outcome": "replaced",
            "key_epoch": replaced.key_epoch,
            "slots": Value::Array(replaced.slots.iter().map(shape).collect()),
            "dropped": Value::Array(presented.dropped().iter().map(shape).collect()),
        }));
    }
    call.output.note(&format!("Replaced the master key; this is number {}.", replaced.key_epoch));
    for slot in presented.dropped() {
        call.output.note(&format!("Dropped the {slot}."));
    }
    call.output.note("Copies and backups made before still open with the old keys.");
    warn_of_one(call, replaced.slots.len());
    Ok(())
}
