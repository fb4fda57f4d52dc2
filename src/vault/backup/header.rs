//! The bytes of a backup's header, and of its manifest. `assets/format.md` §20 has them
//! in words.

use std::io::Read;

use crate::crypto::backup::{Identity, SEALED_MASTER};
use crate::crypto::keyring::SealedSlot;
use crate::error::{Error, Result};
use crate::store::{Counts, SlotRow};

use super::super::unlock::{MOST_SLOTS, from_row, to_row};
use super::{cut_off, damaged, unreadable};

/// How a backup begins.
const MAGIC: &[u8; 16] = b"strongroombackup";
/// The number of the format that is written, and the only one so far.
const FORMAT: u32 = 1;
/// Bytes before the slots.
const FIXED: usize = 124;
/// Bytes of one slot.
const SLOT: usize = 108;
/// Bytes of the digest.
const DIGEST: usize = 32;
/// Bytes of a manifest.
const MANIFEST: usize = 6 * 8 + 3 * 32;
/// Bytes of a sealed one.
pub(super) const SEALED_MANIFEST: usize = MANIFEST + 28;

/// What stands before the chunks, in clear but under a keyed digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) identity: Identity,
    pub(super) lineage: [u8; 16],
    /// Size of the database, and so the number of chunks.
    pub(super) bytes: u64,
    /// Of the backup key.
    pub(super) commitment: [u8; 32],
    pub(super) slots: Vec<SealedSlot>,
    pub(super) master: [u8; SEALED_MASTER],
}

impl Header {
    /// All but the digest, which is over these bytes.
    pub(super) fn write(&self) -> Vec<u8> {
        let Identity { backup_id, vault_id, key_epoch, created_at } = self.identity;
        let mut header = Vec::with_capacity(FIXED + self.slots.len() * SLOT + SEALED_MASTER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&FORMAT.to_be_bytes());
        header.extend_from_slice(&u32::try_from(self.slots.len()).unwrap_or(u32::MAX).to_be_bytes());
        header.extend_from_slice(&backup_id);
        header.extend_from_slice(&vault_id);
        header.extend_from_slice(&key_epoch.to_be_bytes());
        header.extend_from_slice(&self.lineage);
        header.extend_from_slice(&created_at.to_be_bytes());
        header.extend_from_slice(&self.bytes.to_be_bytes());
        header.extend_from_slice(&self.commitment);
        for slot in &self.slots {
            let row = to_row(slot);
            header.extend_from_slice(&row.id);
            for number in [u32::from(row.kind), row.memory_kib, row.passes, row.lanes] {
                header.extend_from_slice(&number.to_be_bytes());
            }
            header.extend_from_slice(&row.salt);
            header.extend_from_slice(&row.wrapped);
        }
        header.extend_from_slice(&self.master);
        header
    }

    /// Reads a header, with the bytes that the digest behind them is over.
    ///
    /// # Errors
    /// Damaged, when it is none; Failure, when its format is newer.
    pub(super) fn read(from: &mut dyn Read) -> Result<(Self, Vec<u8>, [u8; DIGEST])> {
        let mut bytes = vec![0; FIXED];
        take(from, &mut bytes)?;
        let mut parts = Parts(&bytes);
        if &parts.array::<16>()? != MAGIC {
            return Err(Error::damaged("The file is no backup of a strongroom vault.").hint(
                "Name the backup. A vault file itself is opened with --vault, and checked with strongroom verify.",
            ));
        }
        let format = parts.u32()?;
        if format != FORMAT {
            return Err(Error::failure(format!(
                "The backup has format {format}; this program knows format {FORMAT} alone."
            ))
            .hint("Use a newer strongroom."));
        }
        let count = parts.u32()? as usize;
        if !(1..=MOST_SLOTS).contains(&count) {
            return Err(damaged(&format!("it claims {count} key slots")));
        }
        let (backup_id, vault_id, key_epoch) = (parts.array()?, parts.array()?, parts.u32()?);
        let (lineage, created_at, length) = (parts.array()?, i64::from_be_bytes(parts.array()?), parts.u64()?);
        let commitment = parts.array()?;
        let start = bytes.len();
        bytes.resize(start + count * SLOT + SEALED_MASTER, 0);
        take(from, bytes.get_mut(start..).unwrap_or_default())?;
        let mut parts = Parts(bytes.get(start..).unwrap_or_default());
        let slots = (0..count).map(|_| slot(&mut parts)).collect::<Result<Vec<_>>>()?;
        let identity = Identity { backup_id, vault_id, key_epoch, created_at };
        let header = Self { identity, lineage, bytes: length, commitment, slots, master: parts.array()? };
        let mut digest = [0; DIGEST];
        take(from, &mut digest)?;
        Ok((header, bytes, digest))
    }
}

fn slot(parts: &mut Parts<'_>) -> Result<SealedSlot> {
    let id = parts.array()?;
    let kind = u8::try_from(parts.u32()?).map_err(|_| damaged("a key slot is of an unknown kind"))?;
    let (memory_kib, passes, lanes) = (parts.u32()?, parts.u32()?, parts.u32()?);
    from_row(&SlotRow { id, kind, memory_kib, passes, lanes, salt: parts.array()?, wrapped: parts.array()? })
}

/// What the database must turn out to be, sealed at the end of the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) seq: u64,
    pub(super) root: [u8; 32],
    pub(super) audit_seq: u64,
    pub(super) audit_head: [u8; 32],
    /// Rows of secrets, the purged ones too.
    pub(super) rows: u64,
    pub(super) counts: Counts,
    /// SHA-256 of the database.
    pub(super) database: [u8; 32],
}

impl Manifest {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MANIFEST);
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.root);
        bytes.extend_from_slice(&self.audit_seq.to_be_bytes());
        bytes.extend_from_slice(&self.audit_head);
        for count in [self.rows, self.counts.living, self.counts.deleted, self.counts.versions] {
            bytes.extend_from_slice(&count.to_be_bytes());
        }
        bytes.extend_from_slice(&self.database);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut parts = Parts(bytes);
        Ok(Self {
            seq: parts.u64()?,
            root: parts.array()?,
            audit_seq: parts.u64()?,
            audit_head: parts.array()?,
            rows: parts.u64()?,
            counts: Counts { living: parts.u64()?, deleted: parts.u64()?, versions: parts.u64()? },
            database: parts.array()?,
        })
    }
}

/// Fills `bytes`, or says that the backup ends too early.
pub(super) fn take(from: &mut dyn Read, bytes: &mut [u8]) -> Result<()> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => cut_off(),
        _ => unreadable(&error),
    })
}

/// Bytes, from which parts are taken off.
struct Parts<'a>(&'a [u8]);

impl Parts<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(*first)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keyring::SlotKind;
    use crate::crypto::passphrase::Cost;
    use crate::error::Kind;

    fn header(slots: usize) -> Header {
        let slot = |cost: Option<Cost>, kind| SealedSlot { id: [1; 16], kind, cost, salt: [2; 16], wrapped: [3; 60] };
        let both = [slot(Some(Cost::FLOOR), SlotKind::Passphrase), slot(None, SlotKind::Recovery)];
        Header {
            identity: Identity { backup_id: [4; 16], vault_id: [5; 16], key_epoch: 6, created_at: -7 },
            lineage: [8; 16],
            bytes: 1 << 40,
            commitment: [9; 32],
            slots: both.into_iter().cycle().take(slots).collect(),
            master: [10; SEALED_MASTER],
        }
    }

    #[test]
    fn a_header_reads_back_and_a_shorter_one_does_not() {
        for slots in [1, 2, 16] {
            let written = header(slots);
            let mut bytes = written.write();
            assert_eq!(bytes.len(), FIXED + slots * SLOT + SEALED_MASTER);
            bytes.extend_from_slice(&[11; DIGEST]);
            let (read, under_digest, digest) = Header::read(&mut &bytes[..]).unwrap();
            assert_eq!((read, &under_digest[..], digest), (written, &bytes[..bytes.len() - DIGEST], [11; DIGEST]));
            for length in 0..bytes.len() {
                assert_eq!(Header::read(&mut &bytes[..length]).unwrap_err().kind(), Kind::Damaged, "{length}");
            }
        }
    }

    #[test]
    fn other_files_newer_formats_and_odd_slots_are_refused() {
        let refused = |at: usize, byte: u8| {
            let mut bytes = header(2).write();
            bytes.extend_from_slice(&[0; DIGEST]);
            bytes[at] = byte;
            Header::read(&mut &bytes[..]).unwrap_err().kind()
        };
        assert_eq!(refused(0, b'S'), Kind::Damaged);
        assert_eq!(refused(19, 2), Kind::Failure);
        assert_eq!((refused(23, 0), refused(23, 17), refused(20, 1)), (Kind::Damaged, Kind::Damaged, Kind::Damaged));
        assert_eq!((refused(FIXED + 19, 9), refused(FIXED + 16, 1)), (Kind::Damaged, Kind::Damaged));
    }

    #[test]
    fn a_manifest_reads_back() {
        let manifest = Manifest {
            seq: 1,
            root: [2; 32],
            audit_seq: 3,
            audit_head: [4; 32],
            rows: 5,
            counts: Counts { living: 6, deleted: 7, versions: 8 },
            database: [9; 32],
        };
        assert_eq!(manifest.write().len(), MANIFEST);
        assert_eq!(Manifest::read(&manifest.write()).unwrap(), manifest);
    }
}
