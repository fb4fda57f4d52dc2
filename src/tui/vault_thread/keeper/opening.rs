//! From a file to an unlocked vault and back: found, made, unlocked, locked.

use std::sync::Arc;
use std::time::Instant;

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::error::{Error, Kind, Result};
use crate::session::key_source::Source;
use crate::session::{anchors, key_file, pins};
use crate::tui::event::{Answer, Found, KeyPath};
use crate::vault::{LockedVault, NewVault, OpeningKey, Vault};

use super::{Behind, Held, Keeper, LOOK_EVERY, StartupKey};

impl Keeper {
    /// Looks at the file, and unlocks it where `startup` finds a key.
    pub fn start(&mut self, startup: StartupKey) {
        self.find();
        self.unlock_at_start(startup);
    }

    /// Looks at the file without touching a key.
    pub(super) fn find(&mut self) {
        self.vault = Held::None;
        match LockedVault::open(&self.place.vault) {
            Ok(locked) => {
                self.answer(Answer::Found(Found::Locked(locked.ways_in(), self.key_path(&locked))));
                self.vault = Held::Locked(Box::new(locked));
            }
            Err(error) if error.kind() == Kind::NotFound => self.answer(Answer::Found(Found::Nothing)),
            Err(error) => self.answer(Answer::UnlockFailed(error)),
        }
    }

    /// Unlocks without asking, where a source has the key; else makes ready for a passphrase.
    fn unlock_at_start(&mut self, startup: StartupKey) {
        let Held::Locked(locked) = &mut self.vault else { return };
        match startup(locked) {
            Ok(Some(key)) => self.unlock(&key),
            Ok(None) => locked.warm_up(),
            Err(error) => self.answer(Answer::UnlockFailed(error)),
        }
    }

    /// The file that would open the vault again.
    fn key_path(&self, locked: &LockedVault) -> Option<KeyPath> {
        let source = self.place.key_files.file(&self.place.vault, locked).ok()??;
        let (kind, path) = source.path()?;
        Some(KeyPath { kind, path: path.display().to_string() })
    }

    /// Unlocks with the key that lies in a file, which is read now.
    pub(super) fn unlock_by_file(&mut self) {
        let Held::Locked(locked) = &self.vault else { return self.find() };
        let source = self.place.key_files.file(&self.place.vault, locked);
        match source.and_then(|source| source.map(Source::into_key).transpose()) {
            Ok(Some(key)) => self.unlock(&key),
            Ok(None) => {
                let error = Error::not_found("The key file is not there any more.");
                self.answer(Answer::UnlockFailed(error.hint("Put it back, or use another key.")));
            }
            Err(error) => self.answer(Answer::UnlockFailed(error)),
        }
    }

    /// Unlocks with this key; what is unlocked already stays so.
    pub(super) fn unlock(&mut self, key: &OpeningKey) {
        let locked = match std::mem::replace(&mut self.vault, Held::None) {
            Held::Locked(locked) if locked.is_in_place() => Ok(*locked),
            Held::Unlocked(vault) => return self.vault = Held::Unlocked(vault),
            // What was put there since is what is meant.
            Held::Locked(_) | Held::None => LockedVault::open(&self.place.vault),
        };
        let unlocked = locked.and_then(|locked| {
            locked.open_with(key, self.place.actor.clone()).map_err(|refused| {
                let (locked, error) = *refused;
                self.vault = Held::Locked(Box::new(locked));
                error
            })
        });
        match unlocked {
            Ok(vault) => self.opened(vault),
            Err(error) => {
                if error.kind() == Kind::Locked {
                    anchors::tell_failed_unlock(&self.place.anchors, &self.place.vault);
                }
                self.answer(Answer::UnlockFailed(error));
                if let Held::Locked(locked) = &mut self.vault {
                    locked.warm_up();
                }
            }
        }
    }

    /// Makes the vault; its own key file first, so that no vault is without its key.
    pub(super) fn create(&self, keys: Vec<UnlockKey>, key: Option<RawKey>) -> Result<Vault> {
        let written = key.map(|key| key_file::write_own(&self.place.key_file, &key)).transpose()?.is_some();
        let made = Vault::create(&self.place.vault, NewVault { keys, cost: None }, self.place.actor.clone());
        if let Err(error) = &made {
            // Only a key file that opens nothing is taken away again.
            if written && (error.kind() == Kind::Conflict || !self.place.vault.exists()) {
                let _ = std::fs::remove_file(&self.place.key_file);
            }
        }
        made
    }

    /// Sends the list, and plans the walk behind it.
    pub(super) fn opened(&mut self, vault: Vault) {
        let mut vault = match vault.anchored(&self.place.anchors) {
            Ok(vault) => vault,
            Err(error) => {
                self.find();
                return self.answer(Answer::UnlockFailed(error));
            }
        };
        vault.set_clock(self.place.clock);
        let doubts = self.doubts.0.clone();
        vault.on_doubt(move |doubt| doubts.send(doubt).unwrap_or_default());
        let (catalog, damage) = vault.catalog_with_damage();
        // One bad row keeps nobody from finding the others; without any there is nothing to show.
        if let Some(error) = damage
            && (error.kind() != Kind::Damaged || catalog.listed().is_empty())
        {
            self.find();
            return self.answer(Answer::UnlockFailed(error));
        }
        // A log that cannot take the unlock makes the vault read-only for us; the list is shown all the same.
        let failed_unlocks = vault.begin_session().unwrap_or(0);
        let catalog = Arc::new(catalog);
        self.unindexed = Some(Arc::clone(&catalog));
        let is_empty = catalog.listed().is_empty();
        let read_only = vault.read_only();
        self.told_read_only = read_only.is_some();
        let unkept = vault.unkept();
        self.answer(Answer::Unlocked { catalog, failed_unlocks, read_only, unkept });
        self.tell_pins();
        self.vault = Held::Unlocked(Box::new(vault));
        self.look_at = Instant::now() + LOOK_EVERY;
        self.behind = Behind::new();
        self.told = None;
        self.deleted = None;
        // A list with nothing in it says at once what could come back.
        if is_empty {
            self.count_deleted();
        }
    }

    /// Sends this user's pins, if there are any.
    fn tell_pins(&self) {
        let (pins, damage) = self.place.pins.as_deref().map(pins::read).unwrap_or_default();
        if !pins.is_empty() || damage.is_some() {
            self.answer(Answer::Pins { pins, damage });
        }
    }

    /// Records the lock and wipes the keys; they are wiped even where it cannot be recorded.
    pub fn lock(&mut self) {
        self.driving.drop_all();
        if let Held::Unlocked(vault) = std::mem::replace(&mut self.vault, Held::None) {
            let _ = vault.lock();
            self.unindexed = None;
            self.behind = Behind::new();
        }
    }
}
