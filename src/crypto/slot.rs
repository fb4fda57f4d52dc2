//! The slots that hold a master key, or the root of a backup: each opens with one key
//! (`assets/format.md`, §4).

use subtle::ConstantTimeEq;

use crate::error::Result;
use crate::secret_text::SecretText;

use super::keyring::expand;
use super::passphrase::{Cost, Workspace};
use super::random_array;
use super::raw_key::RawKey;
use super::seal::{OVERHEAD, Padding, Place, Purpose, SealKey};

/// What kind of key opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SlotKind {
    /// A passphrase, through Argon2id.
    Passphrase = 1,
    /// 32 bytes in a file.
    KeyFile = 2,
    /// 32 bytes in the environment.
    Environment = 3,
    /// 32 bytes on paper.
    Recovery = 4,
}

impl SlotKind {
    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Passphrase, Self::KeyFile, Self::Environment, Self::Recovery]
            .into_iter()
            .find(|kind| *kind as u8 == code)
    }

    /// In a person's words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::KeyFile => "key file",
            Self::Environment => "environment key",
            Self::Recovery => "recovery key",
        }
    }
}

/// A key that opens a slot, or is to get one.
pub enum UnlockKey {
    /// Normalised to NFC before use.
    Passphrase(SecretText),
    /// From a file.
    KeyFile(RawKey),
    /// From `STRONGROOM_MASTER_KEY`.
    Environment(RawKey),
    /// From paper.
    Recovery(RawKey),
}

impl UnlockKey {
    /// The kind of slot it fits.
    #[must_use]
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase(_) => SlotKind::Passphrase,
            Self::KeyFile(_) => SlotKind::KeyFile,
            Self::Environment(_) => SlotKind::Environment,
            Self::Recovery(_) => SlotKind::Recovery,
        }
    }

    /// Whether both are the same secret, wherever they come from, in constant time.
    #[must_use]
    pub fn is_same_secret(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Passphrase(text), Self::Passphrase(other)) => text == other,
            (
                Self::KeyFile(key) | Self::Environment(key) | Self::Recovery(key),
                Self::KeyFile(other) | Self::Environment(other) | Self::Recovery(other),
            ) => key.bytes().ct_eq(other.bytes()).into(),
            _ => false,
        }
    }
}

/// A slot as it is stored: the master key, sealed under one unlocking key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSlot {
    /// Random identity.
    pub id: [u8; 16],
    /// What opens it.
    pub kind: SlotKind,
    /// The Argon2id cost; `None` for keys that need none.
    pub cost: Option<Cost>,
    /// Salt of the passphrase, and of the derivation.
    pub salt: [u8; 16],
    /// The sealed master key: exactly 12 + 32 + 16 bytes, so that one slot never
    /// opens under two keys (partitioning oracle).
    pub wrapped: [u8; 32 + OVERHEAD],
}

/// What slots belong to: one opens nothing else.
pub(super) struct SlotOwner {
    /// Tells the derivation of their keys from all others.
    pub(super) label: &'static [u8],
    pub(super) purpose: Purpose,
    /// Whose they are; the derivation depends on it.
    pub(super) id: [u8; 16],
    pub(super) vault_id: [u8; 16],
    pub(super) key_epoch: u32,
}

impl SlotOwner {
    pub(super) fn vault(vault_id: [u8; 16], key_epoch: u32) -> Self {
        Self { label: b"slot", purpose: Purpose::Slot, id: vault_id, vault_id, key_epoch }
    }

    /// Puts `kept` into a new slot that `key` opens.
    pub(super) fn seal(&self, kept: &RawKey, key: &UnlockKey, cost: Cost) -> Result<SealedSlot> {
        let mut slot = SealedSlot {
            id: random_array()?,
            kind: key.kind(),
            cost: (key.kind() == SlotKind::Passphrase).then_some(cost),
            salt: random_array()?,
            wrapped: [0; 32 + OVERHEAD],
        };
        let sealing = self.slot_key(&slot, key, &mut None)?;
        let sealed = sealing.seal(&self.place(&slot), Padding::Exact, kept.bytes())?;
        slot.wrapped.copy_from_slice(&sealed);
        Ok(slot)
    }

    /// What `key` finds in `slot`; `None` when it does not fit.
    pub(super) fn open(
        &self,
        slot: &SealedSlot,
        key: &UnlockKey,
        workspace: &mut Option<Workspace>,
    ) -> Result<Option<RawKey>> {
        let opening = self.slot_key(slot, key, workspace)?;
        let Ok(opened) = opening.open(&self.place(slot), Padding::Exact, &slot.wrapped) else {
            return Ok(None);
        };
        let mut kept = RawKey::zero();
        kept.bytes_mut().copy_from_slice(opened.expose());
        Ok(Some(kept))
    }

    /// The key that seals what is in a slot.
    fn slot_key(&self, slot: &SealedSlot, key: &UnlockKey, workspace: &mut Option<Workspace>) -> Result<SealKey> {
        let derived;
        let uniform = match key {
            UnlockKey::Passphrase(passphrase) => {
                let cost = slot.cost.unwrap_or(Cost::FLOOR);
                cost.check()?;
                let room = match workspace {
                    Some(room) => room,
                    None => workspace.insert(Workspace::prepare(cost)?),
                };
                derived = room.derive(passphrase, &slot.salt, cost)?;
                &derived
            }
            UnlockKey::KeyFile(key) | UnlockKey::Environment(key) | UnlockKey::Recovery(key) => key,
        };
        let info: [&[u8]; 6] = [b"strongroom/1\0", self.label, b"\0", &[slot.kind as u8], &self.id, &slot.salt];
        Ok(SealKey::new(expand(uniform.bytes(), &info)?.bytes()))
    }

    /// The place of a slot: its kind and cost stand where a record has its owner, so
    /// that none of them can be edited.
    fn place(&self, slot: &SealedSlot) -> Place {
        let mut owner_id = [0; 16];
        if let Some(cost) = slot.cost {
            owner_id[..4].copy_from_slice(&cost.memory_kib.to_be_bytes());
            owner_id[4..8].copy_from_slice(&cost.passes.to_be_bytes());
            owner_id[8..12].copy_from_slice(&cost.lanes.to_be_bytes());
        }
        owner_id[15] = slot.kind as u8;
        let key_epoch = self.key_epoch;
        Place { key_epoch, owner_id, subject_id: slot.id, ..Place::new(self.purpose, self.vault_id) }
    }
}
