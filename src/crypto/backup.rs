//! The keys of one backup: its own slots, and what is sealed under them.
//!
//! A backup key is made for one backup and opens nothing else; its slots are apart from
//! the vault's. From it come a key each for the header's digest, for the master key in
//! the backup, for the chunks of the database and for the manifest.

use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

use super::keyring::{DigestKey, Keyring, MasterKey, RawKey, SealedSlot, UnlockKey, expand};
use super::passphrase::{Cost, Workspace};
use super::seal::{OVERHEAD, Padding, Place, Purpose, SealKey};
use super::slot::SlotOwner;
use super::stream::Stream;

/// Bytes of the sealed master key.
pub const SEALED_MASTER: usize = 32 + OVERHEAD;

/// What a backup is a backup of; each of its seals is bound to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Random identity of the backup.
    pub backup_id: [u8; 16],
    /// The vault.
    pub vault_id: [u8; 16],
    /// Which master key of that vault.
    pub key_epoch: u32,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// The keys of one backup; wiped on drop.
pub struct BackupKeys {
    identity: Identity,
    root: RawKey,
    header: DigestKey,
    master: SealKey,
    /// What seals the database.
    pub chunks: Stream,
    manifest: SealKey,
}

impl BackupKeys {
    /// New keys for a backup of `database`, which is the digest of what will be sealed: a
    /// random generator that repeats itself gives other keys for other data all the same.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn generate(identity: Identity, keys: &Keyring, seq: u64, database: &[u8; 32]) -> Result<Self> {
        Self::of(identity, keys.data_key(&identity.backup_id, seq, database)?)
    }

    fn of(identity: Identity, root: RawKey) -> Result<Self> {
        let expand = |purpose: &[u8]| {
            let info: [&[u8]; 4] = [b"strongroom/1\0backup-", purpose, b"\0", &identity.backup_id];
            expand(root.bytes(), &info)
        };
        Ok(Self {
            identity,
            header: DigestKey::new(&expand(b"header")?),
            master: SealKey::new(expand(b"master")?.bytes()),
            chunks: Stream::new(&expand(b"chunk")?, place(&identity, Purpose::BackupChunk)),
            manifest: SealKey::new(expand(b"manifest")?.bytes()),
            root,
        })
    }

    /// What the header says of the backup key, so that it opens under one key alone.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn commitment(&self) -> Result<[u8; 32]> {
        let info: [&[u8]; 2] = [b"strongroom/1\0backup-commitment\0", &self.identity.backup_id];
        Ok(*expand(self.root.bytes(), &info)?.bytes())
    }

    /// A slot of the backup that `key` opens; opened again to see that it does.
    ///
    /// # Errors
    /// Failure, without randomness or memory, or when the slot does not open.
    pub fn new_slot(&self, key: &UnlockKey, cost: Cost) -> Result<SealedSlot> {
        let owner = owner(&self.identity);
        let slot = owner.seal(&self.root, key, cost)?;
        let opened = owner.open(&slot, key, &mut None)?;
        if opened.is_some_and(|opened| opened.bytes().ct_eq(self.root.bytes()).into()) {
            return Ok(slot);
        }
        Err(Error::failure("The backup's key does not open the slot that was just made for it.")
            .hint("No backup was made. The memory of this machine may be faulty."))
    }

    /// The keys in `slot`; `None` when `key` does not open it, or what it opens is not what
    /// the header committed to.
    ///
    /// # Errors
    /// Failure without memory; Damaged when the slot's cost is out of bounds.
    pub fn from_slot(
        slot: &SealedSlot,
        identity: Identity,
        commitment: &[u8; 32],
        key: &UnlockKey,
        workspace: &mut Option<Workspace>,
    ) -> Result<Option<Self>> {
        let Some(root) = owner(&identity).open(slot, key, workspace)? else { return Ok(None) };
        let keys = Self::of(identity, root)?;
        let fits: bool = keys.commitment()?.ct_eq(commitment).into();
        Ok(Some(keys).filter(|_| fits))
    }

    /// The keyed digest of the header.
    #[must_use]
    pub fn header_digest(&self, header: &[u8]) -> [u8; 32] {
        self.header.digest(&[b"header\0", header])
    }

    /// Whether `digest` is that of `header`, in constant time.
    #[must_use]
    pub fn is_header(&self, header: &[u8], digest: &[u8; 32]) -> bool {
        self.header_digest(header).ct_eq(digest).into()
    }

    /// Seals the master key of the vault for the backup.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn seal_master(&self, keys: &Keyring) -> Result<[u8; SEALED_MASTER]> {
        let sealed = self.master.seal(&self.place(Purpose::BackupMaster), Padding::Exact, keys.master.0.bytes())?;
        sealed.try_into().map_err(|_| Error::failure("A sealed key has the wrong size."))
    }

    /// The keys of the vault, by the master key in the backup.
    ///
    /// # Errors
    /// Damaged, when it was altered or belongs elsewhere.
    pub fn open_master(&self, sealed: &[u8; SEALED_MASTER]) -> Result<Keyring> {
        let opened = self.master.open(&self.place(Purpose::BackupMaster), Padding::Exact, sealed)?;
        let mut master = RawKey::zero();
        master.bytes_mut().copy_from_slice(opened.expose());
        Keyring::new(MasterKey(master), self.identity.vault_id, self.identity.key_epoch)
    }

    /// Seals what the backup says of its database.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn seal_manifest(&self, manifest: &[u8]) -> Result<Vec<u8>> {
        self.manifest.seal(&self.place(Purpose::BackupManifest), Padding::Exact, manifest)
    }

    /// Opens it again.
    ///
    /// # Errors
    /// Damaged, when it was altered or belongs elsewhere.
    pub fn open_manifest(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let opened = self.manifest.open(&self.place(Purpose::BackupManifest), Padding::Exact, sealed)?;
        Ok(opened.expose().to_vec())
    }

    fn place(&self, purpose: Purpose) -> Place {
        place(&self.identity, purpose)
    }
}

fn place(identity: &Identity, purpose: Purpose) -> Place {
    let Identity { backup_id, vault_id, key_epoch, created_at } = *identity;
    Place { key_epoch, owner_id: backup_id, created_at, ..Place::new(purpose, vault_id) }
}

/// A slot of a backup opens neither a vault nor another backup.
fn owner(identity: &Identity) -> SlotOwner {
    SlotOwner {
        label: b"backup-slot",
        purpose: Purpose::BackupSlot,
        id: identity.backup_id,
        vault_id: identity.vault_id,
        key_epoch: identity.key_epoch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::stream::CHUNK_OVERHEAD;

    const HERE: Identity = Identity { backup_id: [7; 16], vault_id: [8; 16], key_epoch: 3, created_at: 5 };

    fn keyring() -> Keyring {
        Keyring::new(MasterKey::generate().unwrap(), HERE.vault_id, HERE.key_epoch).unwrap()
    }

    fn keys() -> BackupKeys {
        BackupKeys::of(HERE, RawKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_chunk_opens_at_its_number_and_end_in_its_backup_alone() {
        let keys = keys();
        let mut sealed = b"page".to_vec();
        keys.chunks.seal(2, false, &mut sealed).unwrap();
        assert_eq!(sealed.len(), 4 + CHUNK_OVERHEAD);
        let opens = |keys: &BackupKeys, number, is_last| keys.chunks.open(number, is_last, &mut sealed.clone()).is_ok();
        assert!(opens(&keys, 2, false));
        assert!(!opens(&keys, 2, true) && !opens(&keys, 1, false) && !opens(&keys, 3, false));
        let elsewhere = [
            Identity { backup_id: [9; 16], ..HERE },
            Identity { vault_id: [9; 16], ..HERE },
            Identity { key_epoch: 4, ..HERE },
            Identity { created_at: 6, ..HERE },
        ];
        for identity in elsewhere {
            assert!(!opens(&BackupKeys::of(identity, keys.root.duplicate()).unwrap(), 2, false), "{identity:?}");
        }
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.chunks.open(2, false, &mut altered).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_slot_opens_its_own_backup_and_no_vault() {
        let (keys, raw) = (keys(), RawKey::generate().unwrap());
        let key = UnlockKey::KeyFile(raw.duplicate());
        let slot = keys.new_slot(&key, Cost::FLOOR).unwrap();
        let commitment = keys.commitment().unwrap();
        let opened = |identity, commitment| BackupKeys::from_slot(&slot, identity, commitment, &key, &mut None);
        assert!(opened(HERE, &commitment).unwrap().is_some());
        assert!(opened(HERE, &[0; 32]).unwrap().is_none(), "another commitment");
        assert!(opened(Identity { backup_id: [9; 16], ..HERE }, &commitment).unwrap().is_none(), "another backup");
        assert!(opened(Identity { vault_id: [9; 16], ..HERE }, &commitment).unwrap().is_none(), "another vault");
        for vault_id in [HERE.vault_id, HERE.backup_id] {
            assert!(MasterKey::from_slot(&slot, vault_id, HERE.key_epoch, &key, &mut None).unwrap().is_none());
        }
    }

    #[test]
    fn the_master_key_comes_back_and_a_manifest_is_no_master_key() {
        let (keys, vault) = (keys(), keyring());
        let sealed = keys.seal_master(&vault).unwrap();
        let opened = keys.open_master(&sealed).unwrap();
        assert_eq!(opened.commitment().unwrap(), vault.commitment().unwrap());
        assert!(keys.open_manifest(&sealed).is_err());
        assert_eq!(keys.open_manifest(&keys.seal_manifest(b"rows").unwrap()).unwrap(), b"rows");
    }

    #[test]
    fn every_purpose_has_its_own_key_and_every_database_its_own_backup_key() {
        let (keys, vault) = (keys(), keyring());
        let mut body = vec![1; 40];
        keys.chunks.seal(0, true, &mut body).unwrap();
        assert!(keys.open_manifest(&body).is_err());
        let one = BackupKeys::generate(HERE, &vault, 1, &[1; 32]).unwrap();
        let two = BackupKeys::generate(HERE, &vault, 1, &[1; 32]).unwrap();
        assert_ne!(one.commitment().unwrap(), two.commitment().unwrap());
    }
}
