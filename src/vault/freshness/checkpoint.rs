//! How far a vault had come at a moment: what an anchor keeps, and what fits on paper.

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::crypto::keyring::Keyring;
use crate::error::{Error, Result};
use crate::store::{MARK, StateRow};
use crate::vault::record;

/// How a mark begins.
const MAGIC: &[u8; 4] = b"SRA1";
/// The part of a mark under its code.
const BODY: usize = MARK - 32;
/// How much of the log's code stands in a checkpoint's own: 48 bits, which nobody meets by chance.
const SHOWN: usize = 6;

/// How far a vault had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which vault.
    pub vault_id: [u8; 16],
    /// Number of its master key.
    pub key_epoch: u32,
    /// Its line of history; an accepted restore begins another.
    pub lineage: [u8; 16],
    /// Number of committed changes.
    pub seq: u64,
    /// Number of audit records.
    pub audit_seq: u64,
    /// The log's code after the last of them.
    pub audit_head: [u8; 32],
    /// When that was seen.
    pub at: Timestamp,
}

impl Checkpoint {
    pub(super) fn of(state: &StateRow, at: Timestamp) -> Self {
        Self {
            vault_id: state.vault_id,
            key_epoch: state.key_epoch,
            lineage: state.lineage,
            seq: state.seq,
            audit_seq: state.audit_seq,
            audit_head: state.audit_head,
            at,
        }
    }

    /// Its code, to be printed or told: the number of the last record, and the start of the
    /// log's code after it.
    #[must_use]
    pub fn code(&self) -> String {
        let start = self.audit_head.get(..SHOWN).unwrap_or_default();
        format!("{}-{}", self.audit_seq, data_encoding::HEXLOWER.encode(start))
    }

    /// The parts of a code.
    pub(in crate::vault) fn read_code(code: &str) -> Result<(u64, Vec<u8>)> {
        let parts = code.trim().split_once('-').and_then(|(number, start)| {
            let start = data_encoding::HEXLOWER_PERMISSIVE.decode(start.as_bytes()).ok()?;
            Some((number.parse().ok()?, start)).filter(|(_, start)| start.len() == SHOWN)
        });
        parts.ok_or_else(|| {
            Error::usage("That is no checkpoint.").hint("One looks like 233-3f9ac2d17e20; strongroom anchor prints it.")
        })
    }

    /// In a person's words.
    #[must_use]
    pub fn words(&self) -> String {
        format!("change {}, seen {},", self.seq, self.at.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }

    /// The mark of it, under the vault's keys (`assets/format.md`, "The anchor").
    pub(in crate::vault) fn sealed(&self, keys: &Keyring) -> [u8; MARK] {
        let mut mark = [0; MARK];
        let (body, code) = mark.split_at_mut(BODY);
        let parts: [&[u8]; 8] = [
            MAGIC,
            &self.key_epoch.to_be_bytes(),
            &self.vault_id,
            &self.lineage,
            &self.seq.to_be_bytes(),
            &self.audit_seq.to_be_bytes(),
            &self.audit_head,
            &self.at.as_millisecond().to_be_bytes(),
        ];
        body.copy_from_slice(&parts.concat());
        code.copy_from_slice(&code_of(body, keys));
        mark
    }

    /// What a mark says, if it is of these keys and unaltered.
    pub(in crate::vault) fn open(mark: &[u8; MARK], keys: &Keyring) -> Option<Self> {
        let (body, code) = mark.split_at(BODY);
        let seen = Self::of_vault(mark, &keys.vault_id)?;
        (seen.key_epoch == keys.key_epoch && bool::from(code_of(body, keys).ct_eq(code))).then_some(seen)
    }

    /// What a mark of this vault says, proven or not.
    pub(in crate::vault) fn of_vault(mark: &[u8; MARK], vault_id: &[u8; 16]) -> Option<Self> {
        fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
            let (part, left) = rest.split_first_chunk()?;
            *rest = left;
            Some(*part)
        }
        let rest = &mut &mark[..BODY];
        if &take::<4>(rest)? != MAGIC {
            return None;
        }
        let seen = Self {
            key_epoch: u32::from_be_bytes(take(rest)?),
            vault_id: take(rest)?,
            lineage: take(rest)?,
            seq: u64::from_be_bytes(take(rest)?),
            audit_seq: u64::from_be_bytes(take(rest)?),
            audit_head: take(rest)?,
            at: record::timestamp(i64::from_be_bytes(take(rest)?)).ok()?,
        };
        (seen.vault_id == *vault_id).then_some(seen)
    }
}

fn code_of(body: &[u8], keys: &Keyring) -> [u8; 32] {
    keys.anchor.digest(&[b"anchor\0", body])
}
