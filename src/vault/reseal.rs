//! Everything in the vault sealed anew under another master key: one pass over all that the
//! old one sealed, inside a transaction.
//!
//! Nothing is taken over that was not checked: every row against the root, every history
//! against its chain, every record of the log against its own. What was altered before
//! stays found, since then nothing is replaced at all. Values stay as they are: their
//! associated data name no key epoch, and their data keys are wrapped anew.

use std::sync::mpsc::sync_channel;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::keyring::{Keyring, SealedSlot};
use crate::crypto::seal::{Padding, Place, Purpose, SealKey};
use crate::error::{Error, Kind, Result};
use crate::store::{AuditRow, BUCKETS, SecretRow, Tx, VersionRow};

use super::change::{audit_link, audit_place};
use super::integrity::{self, BucketDigest};
use super::record::RawMetadata;
use super::rotation::stage::stage_place;
use super::rows;
use super::rows_walk::RowsWalk;
use super::secret::SecretId;
use super::segments;
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
    let owners = (view.owner_key()?, new.owner(&new.vault_id)?);
    let mut work = Work { old, new, owners, buffer: Zeroizing::new(Vec::with_capacity(4096)), sealed: 0, staged: 0 };
    let stages = stages(&view, &mut work)?;
    let digests = secrets(&view, &mut work)?;
    if work.staged != stages {
        return Err(integrity::tampered("The pending version of a secret"));
    }
    let audit_head = log(&view, &mut work)?;
    work.sealed += segments::reseal(&view, new)?;
    for slot in tx.slots()? {
        tx.remove_slot(&slot.id)?;
    }
    for slot in slots {
        tx.add_slot(&to_row(slot))?;
    }
    let mut state = view.state;
    state.key_epoch = new.key_epoch;
    state.commitment = new.commitment()?;
    state.root = integrity::root(&digests);
    state.audit_head = audit_head;
    state.sealed = work.sealed;
    state.tag = integrity::tag(tx, new, &state)?;
    tx.put_state(&state)?;
    Ok(LogBefore { records, head })
}

/// Every secret, the deleted and the purged too; gives the digests of the buckets.
fn secrets(view: &View<'_>, work: &mut Work<'_>) -> Result<Vec<u8>> {
    let tx = view.tx;
    let mut rows = Vec::with_capacity(rows_of(view));
    tx.each_secret(|row| {
        rows.push(row.into_owned());
        Ok(())
    })?;
    // Versions lie in the order of the ids.
    rows.sort_unstable_by_key(|row| row.id);
    let (mut waiting, mut done) = (rows.into_iter(), Vec::with_capacity(rows_of(view)));
    let read = || {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < SECRETS
            && bytes < BYTES
            && let Some(row) = waiting.next()
        {
            let versions = tx.versions(&row.id)?;
            bytes += versions.iter().map(|version| version.value.len()).sum::<usize>();
            batch.push((row, versions));
        }
        Ok(Some(batch).filter(|batch| !batch.is_empty()))
    };
    let reseal = |mut batch: Vec<(SecretRow<'static>, Vec<VersionRow>)>| {
        batch.iter_mut().try_for_each(|(row, versions)| work.secret(row, versions)).map(|()| batch)
    };
    beside(read, reseal, |batch| {
        for (row, versions) in batch {
            versions.iter().try_for_each(|version| tx.reseal_version(version))?;
            done.push(row);
        }
        Ok(())
    })?;
    put_secrets(tx, work.new, done)
}

/// The data key of every pending version; what is known of them stands in the metadata.
/// Gives how many there are.
fn stages(view: &View<'_>, work: &mut Work<'_>) -> Result<u64> {
    let mut stages = 0;
    for mut row in view.tx.stages()? {
        let counts = view.by_id(SecretId(row.secret_id)).and_then(|(_, secret)| view.pending_row(&secret));
        match counts {
            Err(error) if error.kind() == Kind::Damaged => return Err(error),
            Ok(counted) if counted == row => {}
            // No secret counts it: nobody can open it, nor has to.
            _ => {
                view.tx.remove_stage(&row.secret_id)?;
                continue;
            }
        }
        let (place, at) = (stage_place, (row.secret_id, row.revision, row.created_at));
        let from = place(work.old, Purpose::DataKey, at.0, at.1, at.2);
        let to = place(work.new, Purpose::DataKey, at.0, at.1, at.2);
        let keys = ((&work.owners.0, &from), (&work.owners.1, &to));
        let data_key = again(&mut work.buffer, keys.0, keys.1, Padding::Exact, &row.data_key)?;
        row.data_key = data_key.try_into().map_err(|_| Error::failure("A data key has the wrong size."))?;
        work.sealed += 1;
        stages += 1;
        view.tx.put_stage(&row)?;
    }
    Ok(stages)
}

/// The number of rows, for the room they take.
fn rows_of(view: &View<'_>) -> usize {
    usize::try_from(view.state.secrets).unwrap_or(0)
}

/// Puts the rows in the place of those that are there; gives the digests of the buckets.
fn put_secrets(tx: &Tx<'_>, new: &Keyring, mut rows: Vec<SecretRow<'static>>) -> Result<Vec<u8>> {
    tx.clear_secrets()?;
    rows.sort_unstable_by_key(|row| (row.name_index, row.buried));
    let mut digests = vec![0; BUCKETS * 32];
    for bucket in rows.chunk_by(|one, next| one.bucket() == next.bucket()) {
        let mut digest = BucketDigest::default();
        for row in bucket {
            tx.put_secret(row)?;
            digest.add(&integrity::head(&new.state, row, &row.metadata));
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

/// The log, with its times and in its order, under a chain of the new key; gives its end.
fn log(view: &View<'_>, work: &mut Work<'_>) -> Result<[u8; 32]> {
    let (tx, state) = (view.tx, &view.state);
    // It goes on from the same code under either key, which says nothing by itself.
    let (gone, start) = segments::log_start(tx)?;
    let (mut before, mut after, mut count, mut read_to) = (start, start, gone, gone);
    // In slices, since a table that is being read is not written.
    let read = || {
        let mut slice: Vec<AuditRow<'static>> = Vec::with_capacity(RECORDS);
        tx.each_audit(read_to + 1, |row| {
            read_to = row.seq;
            slice.push(AuditRow { body: row.body.into_owned().into(), ..row });
            Ok(slice.len() < RECORDS)
        })?;
        Ok(Some(slice).filter(|slice| !slice.is_empty()))
    };
    let reseal = |mut slice: Vec<AuditRow<'static>>| {
        for row in &mut slice {
            count += 1;
            work.record(row, count, &mut before, &mut after)?;
        }
        Ok(slice)
    };
    beside(read, reseal, |slice| slice.iter().try_for_each(|row| tx.reseal_audit(row)))?;
    if count != state.audit_seq || !bool::from(before.ct_eq(&state.audit_head)) {
        return Err(integrity::tampered("The audit log"));
    }
    Ok(after)
}

/// Has `work` done on a second thread, in order, while this one reads and writes: half of
/// it all is SQLite's, half is cryptography.
fn beside<T: Send>(
    mut read: impl FnMut() -> Result<Option<T>>,
    mut work: impl FnMut(T) -> Result<T> + Send,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let (to_work, given) = sync_channel(AHEAD);
    let (to_write, made) = sync_channel(AHEAD);
    std::thread::scope(|threads| {
        let working = move || {
            let mut failed = false;
            for item in given {
                // After a failure the rest is only taken off, until the other thread has heard of it.
                if !failed {
                    let item = work(item);
                    failed = item.is_err();
                    failed |= to_write.send(item).is_err();
                }
            }
        };
        std::thread::Builder::new()
            .name("reseal".into())
            .spawn_scoped(threads, working)
            .map_err(|error| Error::failure(format!("A thread could not be started: {error}.")))?;
        // Never more on the way than there is room for, so that neither waits for the other for ever.
        let mut on_the_way = 0;
        while let Some(item) = read()? {
            if on_the_way == AHEAD {
                write(made.recv().map_err(|_| rows::stopped())??)?;
                on_the_way -= 1;
            }
            to_work.send(item).map_err(|_| rows::stopped())?;
            on_the_way += 1;
        }
        drop(to_work);
        made.iter().try_for_each(|item| write(item?))
    })
}

/// Secrets that change threads together, until their values are so many bytes; and records of the log.
const SECRETS: usize = 256;
const BYTES: usize = 1024 * 1024;
const RECORDS: usize = 1024;
/// Batches on the way at most.
const AHEAD: usize = 4;

/// From the old keys to the new ones, without the file.
struct Work<'a> {
    old: &'a Keyring,
    new: &'a Keyring,
    /// What wraps the data keys: the old one and the new one.
    owners: (SealKey, SealKey),
    /// For what is opened, one record at a time.
    buffer: Zeroizing<Vec<u8>>,
    /// Records sealed under keys of the new epoch that are used more than once.
    sealed: u64,
    /// Secrets that count a pending version.
    staged: u64,
}

impl Work<'_> {
    /// One secret's row with all its versions.
    fn secret(&mut self, row: &mut SecretRow<'static>, versions: &mut [VersionRow]) -> Result<()> {
        row.chain = self.versions(row, versions)?;
        if row.current == 0 {
            // Its name is gone for good. Husks of one name stay together, and nobody who had
            // the old key can try names on them.
            row.name_index = first_half(&self.new.index.digest(&[b"\0\0", &row.name_index]));
            return Ok(());
        }
        let place = metadata_place(self.old, row);
        let range = self.old.metadata.open_within(&place, Padding::Blocks, &row.metadata, &mut self.buffer)?;
        let record = self.buffer.get(range).unwrap_or_default();
        let raw = RawMetadata::read(record)?;
        if name_index(&self.old.index, raw.scope, raw.name) != row.name_index {
            return Err(integrity::tampered("The name of a secret"));
        }
        self.staged += u64::from(raw.is_staged()?);
        row.name_index = name_index(&self.new.index, raw.scope, raw.name);
        row.metadata = self.new.metadata.seal(&metadata_place(self.new, row), Padding::Blocks, record)?.into();
        self.sealed += 1;
        Ok(())
    }

    /// The versions of a secret, whose chain is checked; gives the new chain.
    fn versions(&mut self, row: &SecretRow<'_>, versions: &mut [VersionRow]) -> Result<[u8; 32]> {
        let (mut before, mut after, mut count) = ([0; 32], [0; 32], 0);
        for version in versions {
            count += 1;
            if version.number != count {
                return Err(integrity::tampered("The history of a secret"));
            }
            before = integrity::link(&self.old.state, &before, version);
            self.version(version)?;
            after = integrity::link(&self.new.state, &after, version);
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
        let (old, new) = (self.old, self.new);
        let (from, to) = (place(old, Purpose::DataKey), place(new, Purpose::DataKey));
        let owners = ((&self.owners.0, &from), (&self.owners.1, &to));
        let data_key = again(&mut self.buffer, owners.0, owners.1, Padding::Exact, &version.data_key)?;
        let (from, to) = (place(old, Purpose::Note), place(new, Purpose::Note));
        let keys = ((&old.metadata, &from), (&new.metadata, &to));
        version.note = again(&mut self.buffer, keys.0, keys.1, Padding::Buckets, &version.note)?;
        version.data_key = data_key.try_into().map_err(|_| Error::failure("A data key has the wrong size."))?;
        self.sealed += 2;
        Ok(())
    }

    /// The record with this number, which is checked to follow the one before.
    fn record(
        &mut self,
        row: &mut AuditRow<'static>,
        number: u64,
        before: &mut [u8; 32],
        after: &mut [u8; 32],
    ) -> Result<()> {
        let (old, new) = (self.old, self.new);
        *before = audit_link(old, before, row.seq, row.at, &row.body);
        if row.seq != number || !bool::from(before.ct_eq(&row.mac)) {
            return Err(integrity::tampered("The audit log"));
        }
        let (from, to) = (audit_place(old, row.seq, row.at), audit_place(new, row.seq, row.at));
        let keys = ((&old.audit_body, &from), (&new.audit_body, &to));
        let body = again(&mut self.buffer, keys.0, keys.1, Padding::Blocks, &row.body)?;
        *after = audit_link(new, after, row.seq, row.at, &body);
        (row.body, row.mac) = (body.into(), *after);
        self.sealed += 1;
        Ok(())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_beside_comes_in_order_and_a_failure_of_any_side_is_its_own() {
        let failing = |reading: u32, working: u32, writing: u32| {
            let (mut next, mut written) = (0, Vec::new());
            let fail = |item: u32, at: u32, side: &str| {
                if item == at { Err(Error::damaged(format!("{side} {item}"))) } else { Ok(item) }
            };
            let read = || {
                next += 1;
                if next > 40 { Ok(None) } else { fail(next, reading, "read").map(Some) }
            };
            let write = |item| {
                written.push(fail(item, writing, "write")?);
                Ok(())
            };
            let done = beside(read, |item| fail(item, working, "work"), write);
            (written, done.map_err(|error| error.message().to_owned()))
        };
        assert_eq!(failing(0, 0, 0), ((1..=40).collect(), Ok(())));
        for at in [1, 3, 20, 37, 40] {
            assert_eq!(failing(at, 0, 0).1, Err(format!("read {at}")));
            assert_eq!(failing(0, at, 0), ((1..at).collect(), Err(format!("work {at}"))));
            assert_eq!(failing(0, 0, at), ((1..at).collect(), Err(format!("write {at}"))));
        }
    }
}
