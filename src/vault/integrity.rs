//! Nothing missing, nothing old, nothing moved: the keyed digests over all rows.
//!
//! Sealing alone cannot show a deleted row or an old row put back. So every secret's
//! row has a keyed digest; the digests of one bucket (1,024 of them, by name index)
//! are hashed together; the bucket digests under one root; the root, the slots, the
//! schema and the audit head under the state row's tag. One read checks its own
//! bucket only, absence included: a row that is missing is missed.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::crypto::keyring::{DigestKey, Keyring};
use crate::error::{Error, Result};
use crate::store::{SecretRow, SlotRow, StateRow, Tx, VersionRow};

const DIGEST: usize = 32;

/// The digest of one secret's row: all columns, and the sealed metadata, which a list
/// in the making keeps beside its rows.
pub(super) fn head(key: &DigestKey, row: &SecretRow<'_>, metadata: &[u8]) -> [u8; 32] {
    key.digest(&[
        b"head\0",
        &row.name_index,
        &row.buried.to_be_bytes(),
        &row.id,
        &row.current.to_be_bytes(),
        &row.revision.to_be_bytes(),
        &row.created_at.to_be_bytes(),
        &row.deleted_at.to_be_bytes(),
        &row.modified.to_be_bytes(),
        &row.chain,
        metadata,
    ])
}

/// Hashes the heads of one bucket in the order of their keys.
#[derive(Default)]
pub(super) struct BucketDigest(Option<Sha256>);

impl BucketDigest {
    pub(super) fn add(&mut self, head: &[u8; 32]) {
        self.0.get_or_insert_with(Sha256::new).update(head);
    }

    /// Zeros for an empty bucket.
    pub(super) fn finish(self) -> [u8; 32] {
        self.0.map_or([0; DIGEST], |digest| digest.finalize().into())
    }
}

/// The root over all bucket digests.
pub(super) fn root(digests: &[u8]) -> [u8; 32] {
    Sha256::digest(digests).into()
}

/// The digest of `bucket` among all of them.
pub(super) fn of_bucket(digests: &[u8], bucket: usize) -> &[u8] {
    digests.get(bucket * DIGEST..(bucket + 1) * DIGEST).unwrap_or_default()
}

/// True when `bucket` has no row.
pub(super) fn is_empty(digests: &[u8], bucket: usize) -> bool {
    of_bucket(digests, bucket) == [0; DIGEST]
}

/// Replaces the digest of `bucket`.
pub(super) fn set_bucket(digests: &mut [u8], bucket: usize, digest: &[u8; 32]) {
    if let Some(room) = digests.get_mut(bucket * DIGEST..(bucket + 1) * DIGEST) {
        room.copy_from_slice(digest);
    }
}

/// The chain over a secret's versions, after `row`.
pub(super) fn link(key: &DigestKey, before: &[u8; 32], row: &VersionRow) -> [u8; 32] {
    key.digest(&[
        b"version\0",
        before,
        &row.secret_id,
        &row.number.to_be_bytes(),
        &row.created_at.to_be_bytes(),
        &Sha256::digest(row.data_key),
        &Sha256::digest(&row.value),
        &Sha256::digest(&row.note),
    ])
}

fn slots(key: &DigestKey, slots: &[SlotRow]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(slots.len() * 105);
    for slot in slots {
        bytes.extend_from_slice(&slot.id);
        bytes.push(slot.kind);
        for number in [slot.memory_kib, slot.passes, slot.lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&slot.salt);
        bytes.extend_from_slice(&slot.wrapped);
    }
    key.digest(&[b"slots\0", &bytes])
}

/// The digest of what was cut off the log; nothing in a file that has no room for it.
fn segments(key: &DigestKey, tx: &Tx<'_>) -> Result<Option<[u8; 32]>> {
    if !tx.has_segments()? {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for row in tx.segments()? {
        bytes.extend_from_slice(&row.last.to_be_bytes());
        bytes.extend_from_slice(&row.mac);
        bytes.extend_from_slice(&Sha256::digest(&row.body));
    }
    Ok(Some(key.digest(&[b"segments\0", &bytes])))
}

/// The tag that the state row should have in this file.
pub(super) fn tag(tx: &Tx<'_>, keys: &Keyring, state: &StateRow) -> Result<[u8; 32]> {
    Ok(keys.state.digest(&[
        b"state\0",
        &state.vault_id,
        &state.key_epoch.to_be_bytes(),
        &state.lineage,
        &state.created_at.to_be_bytes(),
        &state.commitment,
        &state.seq.to_be_bytes(),
        &state.secrets.to_be_bytes(),
        &state.root,
        &state.audit_seq.to_be_bytes(),
        &state.audit_head,
        &state.sealed.to_be_bytes(),
        &slots(&keys.state, &tx.slots()?),
        &tx.schema_fingerprint()?,
        segments(&keys.state, tx)?.as_ref().map_or(&[], |digest| digest.as_slice()),
    ]))
}

/// The state row, its tag checked.
pub(super) fn verified_state(tx: &Tx<'_>, keys: &Keyring) -> Result<StateRow> {
    let state = tx.state()?;
    if state.vault_id != keys.vault_id || state.key_epoch != keys.key_epoch {
        return Err(Error::locked("The vault's master key was replaced since it was unlocked here.")
            .hint("Unlock it again, with a key that it has now."));
    }
    if bool::from(tag(tx, keys, &state)?.ct_eq(&state.tag)) { Ok(state) } else { Err(tampered("The vault's state")) }
}

/// The bucket digests, checked against the root.
pub(super) fn verified_digests(tx: &Tx<'_>, state: &StateRow) -> Result<Vec<u8>> {
    let digests = tx.bucket_digests()?;
    if root(&digests) == state.root { Ok(digests) } else { Err(tampered("The list of secrets")) }
}

/// Something was altered, removed or put back.
pub(super) fn tampered(what: &str) -> Error {
    Error::damaged(format!(
        "{what} does not match its seal: a row was altered, removed, or put back from an older file."
    ))
    .hint("Restore the file from a backup before anything else is written to it, and keep this one for inspection.")
}
