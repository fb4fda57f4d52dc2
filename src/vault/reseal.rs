//! Everything in the vault sealed anew under another master key: one pass over all that the
//! old one sealed, inside a transaction.
//!
//! Nothing is taken over that was not checked: every row against the root, every history
//! against its chain, every record of the log against its own. What was altered before
//! stays found, since then nothing is replaced at all. Values stay as they are: their
//! associated data name no key epoch, and their data keys are wrapped anew.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::keyring::{Keyring, SealedSlot};
use crate::crypto::seal::{Padding, Place, Purpose, SealKey};
use crate::error::{Error, Result};
use crate::store::{AuditRow, BUCKETS, SecretRow, Tx, VersionRow};

use super::change::{audit_link, audit_place};
use super::integrity::{self, BucketDigest};
use super::record::RawMetadata;
use super::rows_walk::RowsWalk;
use super::unlock::to_row;
use super::view::{View, first_half, metadata_place, name_index, version_place};

/// Where the log ended under the old master key.
pub(super) struct LogBefore {
    pub(super) records: u64,
    pub(super) head: [u8; 32],
}

/// Seals everything anew, and puts `slots` in the place of those that are there. The file
/// is then that of `new`, with the number of changes it had.
///
/// # Errors
/// Damaged, when anything does not match its seal; those of the file.
pub(super) fn everything(tx: &Tx<'_>, old: &Keyring, new: &Keyring, slots: &[SealedSlot]) -> Result<LogBefore> {
    let view = View::new(tx, old)?;
    RowsWalk::default().step(&view, u64::MAX)?;
    let (records, head) = (view.state.audit_seq, view.state.audit_head);
    let mut pass = Pass {
        old_owner: view.owner_key()?,
        new_owner: new.owner(&new.vault_id)?,
        buffer: Zeroizing::new(Vec::with_capacity(4096)),
        sealed: 0,
        view,
        new,
    };
    let digests = pass.secrets()?;
    let audit_head = pass.log()?;
    for slot in tx.slots()? {
        tx.remove_slot(&slot.id)?;
    }
    for slot in slots {
        tx.add_slot(&to_row(slot))?;
    }
    let mut state = pass.view.state;
    state.key_epoch = new.key_epoch;
    state.commitment = new.commitment()?;
    state.root = integrity::root(&digests);
    state.audit_head = audit_head;
    state.sealed = pass.sealed;
    state.tag = integrity::tag(tx, new, &state)?;
    tx.put_state(&state)?;
    Ok(LogBefore { records, head })
}

/// From the old keys to the new ones.
struct Pass<'a> {
    view: View<'a>,
    new: &'a Keyring,
    old_owner: SealKey,
    new_owner: SealKey,
    /// For what is opened, one record at a time.
    buffer: Zeroizing<Vec<u8>>,
    /// Records sealed under keys of the new epoch that are used more than once.
    sealed: u64,
}

impl Pass<'_> {
    /// Every secret, the deleted and the purged too; gives the digests of the buckets.
    fn secrets(&mut self) -> Result<Vec<u8>> {
        let tx = self.view.tx;
        let mut rows = Vec::with_capacity(usize::try_from(self.view.state.secrets).unwrap_or(0));
        tx.each_secret(|row| {
            rows.push(row.into_owned());
            Ok(())
        })?;
        // Versions lie in the order of the ids.
        rows.sort_unstable_by_key(|row| row.id);
        for row in &mut rows {
            self.secret(row)?;
        }
        tx.clear_secrets()?;
        rows.sort_unstable_by_key(|row| (row.name_index, row.buried));
        let mut digests = vec![0; BUCKETS * 32];
        for bucket in rows.chunk_by(|one, next| one.bucket() == next.bucket()) {
            let mut digest = BucketDigest::default();
            for row in bucket {
                tx.put_secret(row)?;
                digest.add(&integrity::head(&self.new.state, row, &row.metadata));
            }
            if let Some(first) = bucket.first() {
                integrity::set_bucket(&mut digests, first.bucket(), &digest.finish());
            }
        }
        for page in (0..BUCKETS).step_by(32) {
            tx.put_bucket_page(page, &digests)?;
        }
        Ok(digests)
    }

    /// One secret's row with all its versions.
    fn secret(&mut self, row: &mut SecretRow<'static>) -> Result<()> {
        row.chain = self.versions(row)?;
        if row.current == 0 {
            // Its name is gone for good. Husks of one name stay together, and nobody who had
            // the old key can try names on them.
            row.name_index = first_half(&self.new.index.digest(&[b"\0\0", &row.name_index]));
            return Ok(());
        }
        let place = metadata_place(self.view.keys, row);
        let metadata = &self.view.keys.metadata;
        let range = metadata.open_within(&place, Padding::Blocks, &row.metadata, &mut self.buffer)?;
        let record = self.buffer.get(range).unwrap_or_default();
        let raw = RawMetadata::read(record)?;
        if name_index(&self.view.keys.index, raw.scope, raw.name) != row.name_index {
            return Err(integrity::tampered("The name of a secret"));
        }
        row.name_index = name_index(&self.new.index, raw.scope, raw.name);
        row.metadata = self.new.metadata.seal(&metadata_place(self.new, row), Padding::Blocks, record)?.into();
        self.sealed += 1;
        Ok(())
    }

    /// The versions of a secret, whose chain is checked; gives the new chain.
    fn versions(&mut self, row: &SecretRow<'_>) -> Result<[u8; 32]> {
        let (mut before, mut after, mut count) = ([0; 32], [0; 32], 0);
        for mut version in self.view.tx.versions(&row.id)? {
            count += 1;
            if version.number != count {
                return Err(integrity::tampered("The history of a secret"));
            }
            before = integrity::link(&self.view.keys.state, &before, &version);
            self.version(&mut version)?;
            after = integrity::link(&self.new.state, &after, &version);
            self.view.tx.reseal_version(&version)?;
        }
        if count != row.current || !bool::from(before.ct_eq(&row.chain)) {
            return Err(integrity::tampered("The history of a secret"));
        }
        Ok(after)
    }

    /// A version's data key and note; its value stays.
    fn version(&mut self, version: &mut VersionRow) -> Result<()> {
        let place = |keys: &Keyring, purpose| {
            version_place(keys, purpose, version.secret_id, version.number, version.created_at)
        };
        let (old, new) = (self.view.keys, self.new);
        let (from, to) = (place(old, Purpose::DataKey), place(new, Purpose::DataKey));
        let data_key = again(
            &mut self.buffer,
            (&self.old_owner, &from),
            (&self.new_owner, &to),
            Padding::Exact,
            &version.data_key,
        )?;
        let (from, to) = (place(old, Purpose::Note), place(new, Purpose::Note));
        version.note =
            again(&mut self.buffer, (&old.metadata, &from), (&new.metadata, &to), Padding::Buckets, &version.note)?;
        version.data_key = data_key.try_into().map_err(|_| Error::failure("A data key has the wrong size."))?;
        self.sealed += 2;
        Ok(())
    }

    /// The log, with its times and in its order, under a chain of the new key.
    fn log(&mut self) -> Result<[u8; 32]> {
        let (old, new, tx) = (self.view.keys, self.new, self.view.tx);
        let (mut before, mut after, mut count) = ([0; 32], [0; 32], 0);
        // In slices, since a table that is being read is not written.
        loop {
            let mut slice: Vec<AuditRow<'static>> = Vec::with_capacity(SLICE);
            tx.each_audit(count + 1, |row| {
                count += 1;
                before = audit_link(old, &before, row.seq, row.at, &row.body);
                if row.seq != count || !bool::from(before.ct_eq(&row.mac)) {
                    return Err(integrity::tampered("The audit log"));
                }
                let (from, to) = (audit_place(old, row.seq, row.at), audit_place(new, row.seq, row.at));
                let keys = ((&old.audit_body, &from), (&new.audit_body, &to));
                let body = again(&mut self.buffer, keys.0, keys.1, Padding::Blocks, &row.body)?;
                after = audit_link(new, &after, row.seq, row.at, &body);
                slice.push(AuditRow { seq: row.seq, at: row.at, body: body.into(), mac: after });
                Ok(slice.len() < SLICE)
            })?;
            for row in &slice {
                tx.reseal_audit(row)?;
            }
            self.sealed += slice.len() as u64;
            if slice.len() < SLICE {
                break;
            }
        }
        if count != self.view.state.audit_seq || !bool::from(before.ct_eq(&self.view.state.audit_head)) {
            return Err(integrity::tampered("The audit log"));
        }
        Ok(after)
    }
}

/// Records of the log that are in memory together.
const SLICE: usize = 4096;

/// Opens a record of one place and seals it for another.
fn again(
    buffer: &mut Vec<u8>,
    (old, from): (&SealKey, &Place),
    (new, to): (&SealKey, &Place),
    padding: Padding,
    sealed: &[u8],
) -> Result<Vec<u8>> {
    let range = old.open_within(from, padding, sealed, buffer)?;
    new.seal(to, padding, buffer.get(range).unwrap_or_default())
}
