//! The master key kept between commands: the one road out of an open vault, and the
//! way back in without a slot.

use crate::crypto::keyring::{KeptKey, Keyring, UnlockKey};
use crate::error::{Error, Result};
use crate::vault::audit::{Actor, AuditAction};
use crate::vault::{Vault, integrity};

use super::{LockedVault, state_and_slots};

/// What opens a locked vault.
pub enum OpeningKey {
    /// A key that fits one of its slots.
    Slot(UnlockKey),
    /// The master key itself, kept since an earlier unlock.
    Kept(KeptKey),
}

impl From<UnlockKey> for OpeningKey {
    fn from(key: UnlockKey) -> Self {
        Self::Slot(key)
    }
}

impl LockedVault {
    /// Which vault it is, as the file says without proof.
    #[must_use]
    pub fn vault_id(&self) -> [u8; 16] {
        self.state.vault_id
    }

    /// Which master key of that vault the file is sealed under, as it says without proof.
    #[must_use]
    pub fn key_epoch(&self) -> u32 {
        self.state.key_epoch
    }

    /// Number of committed changes, as it says without proof.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.state.seq
    }

    /// [`Self::unlock`] or [`Self::unlock_kept`], by what the key is.
    ///
    /// # Errors
    /// As these.
    pub fn open_with(self, key: &OpeningKey, actor: Actor) -> std::result::Result<Vault, Box<(Self, Error)>> {
        match key {
            OpeningKey::Slot(key) => self.unlock(key, actor),
            OpeningKey::Kept(kept) => self.unlock_kept(kept, actor),
        }
    }

    /// Opens the vault with a kept master key. Nothing is derived from a passphrase, and
    /// no slot is asked: the commitment in the file says whether it is the right key.
    ///
    /// # Errors
    /// Locked, when the key is another vault's or of another epoch; Damaged, when it
    /// claims to fit and does not, or the file was altered. The locked vault comes back.
    pub fn unlock_kept(mut self, kept: &KeptKey, actor: Actor) -> std::result::Result<Vault, Box<(Self, Error)>> {
        match self.kept_keys(kept) {
            Ok(keys) => Ok(self.into_vault(keys, actor, None)),
            Err(error) => Err(Box::new((self, error))),
        }
    }

    fn kept_keys(&mut self, kept: &KeptKey) -> Result<Keyring> {
        (self.state, self.slots) = state_and_slots(&mut self.store)?;
        if (kept.vault_id, kept.key_epoch) != (self.state.vault_id, self.state.key_epoch) {
            return Err(Error::locked("The kept key belongs to another vault, or was replaced since."));
        }
        let keys = Keyring::from_kept(kept)?;
        if !keys.fits(&self.state.commitment)? {
            return Err(Error::damaged("The kept key claims to be this vault's and does not open it.").hint(
                "Drop it with `strongroom lock`. If the vault does not open with its passphrase or key file \
                 either, the file was altered; restore it from a backup.",
            ));
        }
        self.store.read(|tx| integrity::verified_state(tx, &keys).map(|_| ()))?;
        Ok(keys)
    }
}

impl Vault {
    /// The master key, to be kept outside of this process until somebody's time is up. It
    /// is the only road on which it leaves the vault, and `unlock` alone takes it: the
    /// audit record is on the disk before the key is given.
    ///
    /// # Errors
    /// As every write; without its record no key is given.
    pub fn master_key_for_keeping(&mut self, reason: &str) -> Result<KeptKey> {
        self.write(|change| change.audit_body(AuditAction::Unlock, None, None, None, reason, None))?;
        Ok(self.keys.to_kept())
    }
}
