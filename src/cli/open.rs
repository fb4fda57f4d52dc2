//! Opens the vault for a command: the key's sources first, then the prompt.

use std::thread;
use std::time::Duration;

use crate::crypto::keyring::{SlotKind, UnlockKey};
use crate::error::{Error, Kind, Result};
use crate::session::{actor, anchors, key_file, key_source, prompt};
use crate::vault::{LockedVault, Vault};

use super::call::Call;

/// How often the passphrase may be typed.
const TRIES: u64 = 3;

impl Call {
    /// The vault, unlocked.
    pub(super) fn open(&self) -> Result<Vault> {
        let vault = self.unlock(self.locked()?)?;
        self.warn_if_stale(&vault);
        Ok(vault)
    }

    /// From here on it is said when a change was saved although the disk reported an error.
    fn attended(&self, mut vault: Vault) -> Vault {
        let output = self.output;
        vault.on_doubt(move |doubt| output.warn(doubt));
        vault
    }

    /// The vault, before any key.
    pub(super) fn locked(&self) -> Result<LockedVault> {
        LockedVault::open(&self.config.vault).map_err(|error| self.explain_missing(error))
    }

    /// Unlocks it with the first source that is there; else asks.
    pub(super) fn unlock(&self, locked: LockedVault) -> Result<Vault> {
        self.warn_of_loose_files();
        match self.keys.find(&self.config.vault, &locked)? {
            Some(key) => {
                let kinds = locked.slot_kinds();
                match locked.open_with(&key, actor::current()) {
                    Ok(vault) => self.anchored(vault),
                    Err(failed) => Err(self.refused(failed.1, &kinds)),
                }
            }
            None => self.ask_for_passphrase(locked).map(|(vault, _)| vault),
        }
    }

    /// The vault, and the key that has just opened it: for what changes its keys. The key
    /// that `unlock` keeps is not enough for that: who finds a terminal unlocked must not
    /// make a key of their own.
    pub(super) fn open_with_key(&self) -> Result<(Vault, UnlockKey)> {
        let locked = self.locked()?;
        self.warn_of_loose_files();
        match self.keys.find_slot_key(&self.config.vault, &locked)? {
            Some(key) => {
                let kinds = locked.slot_kinds();
                match locked.unlock(&key, actor::current()) {
                    Ok(vault) => Ok((self.anchored(vault)?, key)),
                    Err(failed) => Err(self.refused(failed.1, &kinds)),
                }
            }
            None => self.ask_for_passphrase(locked),
        }
    }

    /// Held against what this machine saw of it last.
    pub(super) fn anchored(&self, vault: Vault) -> Result<Vault> {
        self.attended(vault).anchored(&anchors::settled(&self.config))
    }

    fn warn_if_stale(&self, vault: &Vault) {
        if vault.check_freshness().is_err() {
            self.output.warn("This is not the vault that this machine saw last; strongroom anchor tells more.");
        } else if let Some(unkept) = vault.unkept() {
            self.output.warn(&unkept);
        }
    }

    /// A wrong key: told to the system's log, and with the keys that there are as a hint.
    fn refused(&self, error: Error, kinds: &[SlotKind]) -> Error {
        self.tell_refused(&error);
        explain_wrong(error, kinds)
    }

    fn tell_refused(&self, error: &Error) {
        if error.kind() == Kind::Locked {
            anchors::tell_failed_unlock(&anchors::settled(&self.config), &self.config.vault);
        }
    }

    fn warn_of_loose_files(&self) {
        for path in self.keys.key_file.iter().chain(&self.keys.passphrase_file).filter(|path| key_file::is_loose(path))
        {
            self.output.warn(&format!("{0} can be read by other users; run `chmod 600 {0}`.", path.display()));
        }
    }

    fn ask_for_passphrase(&self, locked: LockedVault) -> Result<(Vault, UnlockKey)> {
        let kinds = locked.slot_kinds();
        self.ask(locked, &kinds, &format!("Passphrase for {}: ", self.config.vault.display()))
    }

    /// The vault, opened by what somebody types, whatever other key there would be.
    pub(super) fn open_by_typing(&self, question: &str) -> Result<Vault> {
        let locked = LockedVault::open(&self.config.vault)?;
        let kinds = locked.slot_kinds();
        self.ask(locked, &kinds, question).map(|(vault, _)| vault)
    }

    fn explain_missing(&self, error: Error) -> Error {
        if error.kind() != Kind::NotFound || error.next_step().is_some() {
            return error;
        }
        error.hint("Make one with `strongroom init`, or say with --vault where it is.")
    }

    /// Asks for the passphrase, with a pause after each wrong one.
    fn ask(&self, mut locked: LockedVault, kinds: &[SlotKind], question: &str) -> Result<(Vault, UnlockKey)> {
        let can_be_typed = kinds.iter().any(|kind| matches!(kind, SlotKind::Passphrase | SlotKind::Recovery));
        if !can_be_typed || self.no_input || !prompt::has_terminal() {
            return Err(self.no_key(kinds));
        }
        let mut attempt = 1;
        loop {
            let key = key_source::typed(prompt::hidden(question)?)?;
            let (back, error) = match locked.unlock(&key, actor::current()) {
                Ok(vault) => return Ok((self.anchored(vault)?, key)),
                Err(failed) => *failed,
            };
            self.tell_refused(&error);
            if error.kind() != Kind::Locked || attempt == TRIES {
                return Err(error);
            }
            locked = back;
            self.output.note(error.message());
            thread::sleep(Duration::from_secs(attempt));
            attempt += 1;
        }
    }

    /// Nothing to open the vault with, and nobody to ask.
    fn no_key(&self, kinds: &[SlotKind]) -> Error {
        let missing =
            kinds.contains(&SlotKind::KeyFile).then(|| key_file::own_key_file(&self.config.vault).ok()).flatten();
        let message = match missing {
            Some(path) => format!("The vault is locked, and its key file {} is not there.", path.display()),
            None => "The vault is locked, and there is no key.".to_owned(),
        };
        Error::locked(message).hint(format!("{} No new key is ever made.", key_source::other_ways(kinds)))
    }
}

/// A wrong key's hint also says which keys there are.
fn explain_wrong(error: Error, kinds: &[SlotKind]) -> Error {
    if error.kind() == Kind::Locked { error.hint(key_source::other_ways(kinds)) } else { error }
}
