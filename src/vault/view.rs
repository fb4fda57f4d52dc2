//! [`View`]: one snapshot of the vault, every row it gives out verified.

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::crypto::keyring::{DigestKey, Keyring};
use crate::crypto::seal::{Padding, Place, Purpose, SealKey};
use crate::error::{Error, Result};
use crate::store::{SecretRow, StateRow, Tx, VersionRow, bucket_of};

use super::heads::Heads;
use super::integrity;
use super::record::{self, RawMetadata};
use super::scope::Address;
use super::secret::{Fields, Origin, Secret, SecretId, Version};

/// A verified snapshot inside one transaction.
pub(super) struct View<'a> {
    pub(super) tx: &'a Tx<'a>,
    pub(super) keys: &'a Keyring,
    pub(super) state: StateRow,
    pub(super) digests: Vec<u8>,
    pub(super) heads: Heads,
}

impl<'a> View<'a> {
    /// Checks the state's tag and the root.
    pub(super) fn new(tx: &'a Tx<'a>, keys: &'a Keyring) -> Result<Self> {
        let state = integrity::verified_state(tx, keys)?;
        let digests = integrity::verified_digests(tx, &state)?;
        Ok(Self { tx, keys, state, digests, heads: Heads::default() })
    }

    /// The keyed index of a name: case is folded, so that two spellings clash.
    pub(super) fn name_index(&self, address: &Address) -> [u8; 16] {
        name_index(&self.keys.index, address.scope.as_stored(), address.name.as_str())
    }

    /// Checks the bucket that a row of this name index stands in, or would.
    pub(super) fn check_bucket(&self, name_index: &[u8; 16]) -> Result<()> {
        self.heads.check(self.tx, &self.keys.state, &self.digests, bucket_of(name_index))
    }

    /// Every row of this name, the live one first, then tombstones from the oldest.
    pub(super) fn rows(&self, address: &Address) -> Result<Vec<SecretRow<'static>>> {
        let index = self.name_index(address);
        self.check_bucket(&index)?;
        let rows = self.tx.secrets_of_name(&index)?;
        let whole = rows.len() == self.heads.count(bucket_of(&index), index);
        if whole && rows.iter().all(|row| self.heads.have(&self.keys.state, row)) {
            return Ok(rows);
        }
        Err(integrity::tampered("A list of secrets"))
    }

    /// The live row of exactly this address.
    ///
    /// # Errors
    /// `NotFound`, with the place an inherited one lives at; Damaged.
    pub(super) fn live(&self, address: &Address) -> Result<(SecretRow<'static>, Secret)> {
        match self.live_or_none(address)? {
            Some(found) => Ok(found),
            None => Err(self.missing(address)?),
        }
    }

    /// As [`Self::live`], `None` when it is not there. A name that differs in case only
    /// is a conflict, with the clash named.
    pub(super) fn live_or_none(&self, address: &Address) -> Result<Option<(SecretRow<'static>, Secret)>> {
        let Some(row) = self.rows(address)?.into_iter().find(|row| row.buried == 0) else { return Ok(None) };
        let secret = self.secret(&row)?;
        if secret.address == *address {
            return Ok(Some((row, secret)));
        }
        Err(Error::conflict(format!("{address} differs only in case from {}.", secret.address))
            .hint("Use that spelling, or another name."))
    }

    /// The error for an address with no secret: says where an inherited one lives.
    pub(super) fn missing(&self, address: &Address) -> Result<Error> {
        for scope in address.scope.chain().skip(1) {
            let wider = Address { scope, name: address.name.clone() };
            if self.rows(&wider)?.iter().any(|row| row.buried == 0) {
                return Ok(Error::not_found(format!(
                    "{address} does not exist; the secret is inherited from {}.",
                    wider.scope
                ))
                .hint(format!("Name it there, {wider}, or make one of its own here.")));
            }
        }
        Ok(Error::not_found(format!("There is no secret {address}."))
            .hint("List what there is with strongroom list, or find it with /."))
    }

    /// The row with this id.
    pub(super) fn by_id(&self, id: SecretId) -> Result<(SecretRow<'static>, Secret)> {
        let gone = || Error::not_found("The secret is gone.").hint("Another session may have purged it.");
        let row = self.tx.secret_by_id(&id.0)?.ok_or_else(gone)?;
        self.check_bucket(&row.name_index)?;
        if !self.heads.have(&self.keys.state, &row) {
            return Err(integrity::tampered("A list of secrets"));
        }
        if row.current == 0 {
            return Err(gone());
        }
        let secret = self.secret(&row)?;
        Ok((row, secret))
    }

    /// Opens a row's metadata.
    pub(super) fn secret(&self, row: &SecretRow<'_>) -> Result<Secret> {
        let opened = self.keys.metadata.open(&metadata_place(self.keys, row), Padding::Blocks, &row.metadata)?;
        RawMetadata::read(opened.expose())?.into_secret(row.id, row.current, row.created_at, row.deleted_at)
    }

    /// The place of one version's record. The vault itself owns every secret: its id
    /// stands where a group's will.
    pub(super) fn version_place(&self, purpose: Purpose, secret_id: [u8; 16], number: u64, created_at: i64) -> Place {
        version_place(self.keys, purpose, secret_id, number, created_at)
    }

    /// The key that wraps the data keys of every secret of this vault.
    pub(super) fn owner_key(&self) -> Result<SealKey> {
        self.keys.owner(&self.keys.vault_id)
    }

    /// One version's row.
    ///
    /// # Errors
    /// `NotFound`, when there is no such version; Damaged, when a version is missing that
    /// should be there.
    pub(super) fn version_row(&self, secret: &Secret, number: u64) -> Result<VersionRow> {
        if number == 0 || number > secret.version {
            return Err(Error::not_found(format!("{} has no version {number}.", secret.address))
                .hint(format!("Its newest version is {}.", secret.version)));
        }
        self.tx.version(&secret.id.0, number)?.ok_or_else(|| integrity::tampered("The history of a secret"))
    }

    /// Opens one version's fields.
    pub(super) fn fields(&self, row: &VersionRow) -> Result<Fields> {
        let place = |purpose| self.version_place(purpose, row.secret_id, row.number, row.created_at);
        let data_key = self.owner_key()?.open(&place(Purpose::DataKey), Padding::Exact, &row.data_key)?;
        let data_key: &[u8; 32] = data_key.expose().try_into().map_err(|_| integrity::tampered("A data key"))?;
        let opened = SealKey::new(data_key).open(&place(Purpose::Value), Padding::Buckets, &row.value)?;
        record::read_fields(opened.expose())
    }

    /// Opens what one version says of itself.
    fn note(&self, row: &VersionRow) -> Result<Version> {
        let place = self.version_place(Purpose::Note, row.secret_id, row.number, row.created_at);
        let note = self.keys.metadata.open(&place, Padding::Buckets, &row.note)?;
        record::read_note(note.expose(), row.number, row.created_at)
    }

    /// When the value of version `number` was made, and when the secret had last been rotated
    /// then, if ever. A version that was rolled back to has the times of the one it came from.
    pub(super) fn times_of(&self, secret: &Secret, mut number: u64) -> Result<(Timestamp, Option<Timestamp>)> {
        let mut made = None;
        loop {
            let version = self.note(&self.version_row(secret, number)?)?;
            number = match version.origin {
                Origin::RolledBack { from } => from,
                _ => {
                    let made = *made.get_or_insert(version.created_at);
                    match version.origin {
                        Origin::Rotated => return Ok((made, Some(version.created_at))),
                        _ if version.number == 1 => return Ok((made, None)),
                        _ => version.number - 1,
                    }
                }
            };
            if number == 0 || number >= version.number {
                return Err(integrity::tampered("The history of a secret"));
            }
        }
    }

    /// A secret's versions, newest first, their chain checked from the first to the head.
    pub(super) fn history(&self, row: &SecretRow<'_>) -> Result<Vec<Version>> {
        let rows = self.tx.versions(&row.id)?;
        let mut chain = [0; 32];
        let mut versions = Vec::with_capacity(rows.len());
        for (position, version) in rows.iter().enumerate() {
            if version.number != position as u64 + 1 {
                return Err(integrity::tampered("The history of a secret"));
            }
            chain = integrity::link(&self.keys.state, &chain, version);
            versions.push(self.note(version)?);
        }
        if rows.len() as u64 != row.current || !bool::from(chain.ct_eq(&row.chain)) {
            return Err(integrity::tampered("The history of a secret"));
        }
        versions.reverse();
        Ok(versions)
    }
}

/// The keyed index of a name in a scope as stored; its case is folded.
pub(super) fn name_index(key: &DigestKey, scope: &str, name: &str) -> [u8; 16] {
    first_half(&key.digest(&[scope.as_bytes(), b"\0", name.to_ascii_lowercase().as_bytes()]))
}

/// The first 16 bytes of a digest.
pub(super) fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

/// See [`View::version_place`].
pub(super) fn version_place(
    keys: &Keyring,
    purpose: Purpose,
    secret_id: [u8; 16],
    number: u64,
    created_at: i64,
) -> Place {
    Place {
        key_epoch: if purpose == Purpose::Value { 0 } else { keys.key_epoch },
        owner_id: keys.vault_id,
        subject_id: secret_id,
        version: number,
        created_at,
        ..Place::new(purpose, keys.vault_id)
    }
}

/// The place of a row's sealed metadata.
pub(super) fn metadata_place(keys: &Keyring, row: &SecretRow<'_>) -> Place {
    Place {
        key_epoch: keys.key_epoch,
        subject_id: row.id,
        revision: row.revision,
        created_at: row.created_at,
        ..Place::new(Purpose::Metadata, keys.vault_id)
    }
}
