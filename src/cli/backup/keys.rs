//! The keys of a backup: those that a new one gets, and the one that opens it.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use clap::Args;

use crate::crypto::keyring::{SlotKind, UnlockKey};
use crate::error::{Error, Kind, Result};
use crate::session::{key_file, key_source, prompt};
use crate::vault::backup::{Backup, LockedBackup};

use super::super::call::{Call, is_stream};
use super::super::init::warn_if_weak;
use super::super::key::fresh::Fresh;

/// How often the passphrase may be typed.
const TRIES: u64 = 3;

/// What opens a new backup; without an option a passphrase, asked for twice.
#[derive(Args)]
pub(super) struct NewKeyArgs {
    /// The backup opens with the passphrase in this file, `-` for standard input
    #[arg(long, value_name = "PATH")]
    backup_passphrase_file: Option<PathBuf>,
    /// The backup opens with the key in this file, which is there
    #[arg(long, value_name = "PATH")]
    backup_key_file: Option<PathBuf>,
    /// The backup opens with a key that is made in this new file, mode 0600; never over another one
    #[arg(long, value_name = "PATH")]
    new_key_file: Option<PathBuf>,
    /// The backup opens with a recovery key, printed once to standard error
    #[arg(long)]
    recovery: bool,
}

/// The keys of a new backup.
pub(super) struct NewKeys {
    pub(super) keys: Vec<UnlockKey>,
    /// Those that were made for it, and how they are told.
    fresh: Vec<Fresh>,
}

impl NewKeyArgs {
    /// Refuses a key file that is missing, or one to be made that is there, before anything is asked.
    pub(super) fn check(&self) -> Result<()> {
        [&self.backup_key_file, &self.backup_passphrase_file]
            .into_iter()
            .flatten()
            .try_for_each(|path| is_there(path))?;
        self.new_key_file.as_ref().map_or(Ok(()), |path| key_file::check_free(path))
    }

    /// Reads, makes or asks for them.
    pub(super) fn keys(&self, call: &Call) -> Result<NewKeys> {
        let from_stdin = self.backup_passphrase_file.as_deref().is_some_and(is_stream);
        if from_stdin && call.keys.uses_stdin() {
            return Err(Error::usage("Standard input is asked for two passphrases.")
                .hint("Use it for one of them, and a file for the other."));
        }
        let mut new = NewKeys { keys: Vec::new(), fresh: Vec::new() };
        if let Some(path) = &self.backup_key_file {
            warn_if_loose(call, path);
            new.keys.push(UnlockKey::KeyFile(key_file::read(path)?));
        }
        if let Some(path) = &self.backup_passphrase_file {
            warn_if_loose(call, path);
            new.keys.push(passphrase(call, key_source::read_passphrase(path)?)?);
        }
        if self.recovery {
            new.fresh.push(Fresh::recovery()?);
        }
        if new.keys.is_empty() && new.fresh.is_empty() && self.new_key_file.is_none() {
            new.keys.push(asked(call)?);
        }
        // Last, since from here on there is a file to be taken away again.
        if let Some(path) = &self.new_key_file {
            new.fresh.push(Fresh::file(path)?);
        }
        new.keys.extend(new.fresh.iter().map(Fresh::duplicate));
        Ok(new)
    }
}

impl NewKeys {
    /// There is no backup: what was made for it opens nothing.
    pub(super) fn discard(&self) {
        self.fresh.iter().for_each(Fresh::discard);
    }

    /// Tells what was made, once.
    pub(super) fn tell(&self, call: &Call) -> Result<()> {
        self.fresh.iter().try_for_each(|fresh| fresh.tell(call))
    }

    /// The file that was made, if one was.
    pub(super) fn key_file(&self) -> Option<&Path> {
        self.fresh.iter().find_map(Fresh::path)
    }

    /// The kinds, each once.
    pub(super) fn kinds(&self) -> Vec<SlotKind> {
        let mut kinds: Vec<SlotKind> = Vec::new();
        for kind in self.keys.iter().map(UnlockKey::kind) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }
}

fn asked(call: &Call) -> Result<UnlockKey> {
    if call.no_input || !prompt::has_terminal() {
        return Err(Error::usage("There is no key for the backup, and nobody to ask.")
            .hint("Give --backup-passphrase-file, --backup-key-file, --new-key-file or --recovery."));
    }
    passphrase(call, prompt::hidden_twice("Passphrase for the new backup: ", "Again: ")?)
}

fn passphrase(call: &Call, text: crate::secret_text::SecretText) -> Result<UnlockKey> {
    warn_if_weak(call, &text);
    match key_source::typed(text) {
        Ok(key @ UnlockKey::Passphrase(_)) => Ok(key),
        _ => Err(Error::usage("A passphrase that begins as a printed key does would be taken for one.")
            .hint("Choose another one, or give the key in a file with --backup-key-file. No backup was made.")),
    }
}

/// What opens a backup that is there; without an option it is asked for.
#[derive(Args)]
pub(super) struct KeyArgs {
    /// Open the backup with the passphrase in this file, `-` for standard input
    #[arg(long, value_name = "PATH", conflicts_with = "backup_key_file")]
    backup_passphrase_file: Option<PathBuf>,
    /// Open the backup with the key in this file
    #[arg(long, value_name = "PATH")]
    backup_key_file: Option<PathBuf>,
}

impl KeyArgs {
    /// Opens the backup at `path`, and gives the key that did.
    pub(super) fn open(&self, call: &Call, path: &Path) -> Result<(Backup, UnlockKey)> {
        self.check_stdin(call, path)?;
        [&self.backup_key_file, &self.backup_passphrase_file]
            .into_iter()
            .flatten()
            .try_for_each(|path| is_there(path))?;
        let locked = LockedBackup::open(path)?;
        let kinds = locked.slot_kinds();
        let key = match (&self.backup_key_file, &self.backup_passphrase_file) {
            (Some(path), _) => {
                warn_if_loose(call, path);
                UnlockKey::KeyFile(key_file::read(path)?)
            }
            (None, Some(path)) => {
                warn_if_loose(call, path);
                key_source::typed(key_source::read_passphrase(path)?)?
            }
            (None, None) => return ask(call, locked, &kinds, path),
        };
        match locked.unlock(&key) {
            Ok(backup) => Ok((backup, key)),
            Err(refused) if refused.1.kind() == Kind::Locked => Err(refused.1.hint(other_ways(&kinds))),
            Err(refused) => Err(refused.1),
        }
    }

    /// Standard input is the backup, or one passphrase.
    fn check_stdin(&self, call: &Call, path: &Path) -> Result<()> {
        let own = self.backup_passphrase_file.as_deref().is_some_and(is_stream);
        let readers = [is_stream(path), own, call.keys.uses_stdin()];
        if readers.into_iter().filter(|reads| *reads).count() > 1 {
            return Err(Error::usage("Standard input is asked for two things.")
                .hint("Use it for one of them, and a file for the other."));
        }
        Ok(())
    }
}

fn ask(call: &Call, mut locked: LockedBackup, kinds: &[SlotKind], path: &Path) -> Result<(Backup, UnlockKey)> {
    let can_be_typed = kinds.iter().any(|kind| matches!(kind, SlotKind::Passphrase | SlotKind::Recovery));
    if !can_be_typed || call.no_input || !prompt::has_terminal() {
        return Err(Error::locked("The backup is locked, and there is no key.").hint(other_ways(kinds)));
    }
    let question = format!("Passphrase for the backup {}: ", path.display());
    let mut attempt = 1;
    loop {
        let key = key_source::typed(prompt::hidden(&question)?)?;
        let (back, error) = match locked.unlock(&key) {
            Ok(backup) => return Ok((backup, key)),
            Err(refused) => *refused,
        };
        if error.kind() != Kind::Locked || attempt == TRIES {
            return Err(error);
        }
        locked = back;
        call.output.note(error.message());
        thread::sleep(Duration::from_secs(attempt));
        attempt += 1;
    }
}

/// Of a backup's key it is told that it is not there; no secret is meant here, as elsewhere by that.
fn is_there(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_stream(path) => {
            Err(Error::new(Kind::NotFound, format!("There is no file {} with a key for the backup.", path.display()))
                .hint("Give the path of one that is there; --new-key-file makes one with the backup."))
        }
        _ => Ok(()),
    }
}

fn warn_if_loose(call: &Call, path: &Path) {
    if key_file::is_loose(path) {
        call.output.warn(&format!("{0} can be read by other users; run `chmod 600 {0}`.", path.display()));
    }
}

/// Which keys the backup does take, a sentence.
pub(super) fn other_ways(kinds: &[SlotKind]) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for kind in kinds {
        ways.push(match kind {
            SlotKind::Passphrase => "its passphrase (typed, or --backup-passphrase-file)",
            SlotKind::Recovery => "its recovery key (typed, or --backup-key-file)",
            SlotKind::KeyFile | SlotKind::Environment => "its key file (--backup-key-file)",
        });
    }
    format!("It opens with {}; the vault's keys open the vault alone.", ways.join(" or "))
}
