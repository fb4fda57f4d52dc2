//! Reading rows by the whole bucket: every one goes into the bucket's digest, and its
//! opened record to whoever asked.
//!
//! For all of them, half of the work is SQLite's, half is cryptography, so they run side
//! by side: this thread reads rows into batches, a second one checks and opens them in
//! the same order.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zeroize::Zeroizing;

use crate::crypto::keyring::Keyring;
use crate::crypto::seal::Padding;
use crate::error::{Error, Result};
use crate::store::{BUCKETS, SecretRow};

use super::integrity::{self, BucketDigest};
use super::record::RawMetadata;
use super::view::{View, metadata_place};

/// Rows that change threads together.
const BATCH: usize = 512;
/// Batches that wait at most.
const WAITING: usize = 4;

/// Rows with their sealed metadata end to end.
#[derive(Default)]
struct Batch {
    rows: Vec<SecretRow<'static>>,
    /// Where each row's metadata ends.
    ends: Vec<usize>,
    metadata: Vec<u8>,
}

impl Batch {
    fn add(&mut self, row: &SecretRow<'_>) {
        self.metadata.extend_from_slice(&row.metadata);
        self.ends.push(self.metadata.len());
        self.rows.push(SecretRow { metadata: Default::default(), ..*row });
    }
}

/// Hands the record of every secret that can be opened, the deleted ones too, to
/// `visit`. What it was told is complete only when this returns well: by then all rows
/// were checked against the root. After damage it was told of each secret that opens.
///
/// # Errors
/// Damaged, when a row was altered, removed or put back.
pub(super) fn each<V>(view: &View<'_>, visit: V) -> Result<()>
where
    V: FnMut(&SecretRow<'_>, &RawMetadata<'_>) -> Result<()> + Send,
{
    let (sender, batches) = sync_channel(WAITING);
    let opening = Opening { keys: view.keys, visit, buckets: Vec::new(), rows: 0, damage: None };
    let (buckets, rows) = std::thread::scope(|threads| {
        let opener = std::thread::Builder::new()
            .name("listing".into())
            .spawn_scoped(threads, move || opening.run(&batches))
            .map_err(|error| Error::failure(format!("A thread could not be started: {error}.")))?;
        let read = send_all(view, &sender);
        drop(sender);
        // Where the opener has stopped early, its error says why; ours only that it has.
        let opened = opener.join().map_err(|_| stopped())??;
        read.map(|()| opened)
    })?;
    for (number, bucket) in buckets.into_iter().enumerate() {
        if bucket.finish() != integrity::of_bucket(&view.digests, number) {
            return Err(integrity::tampered("The list of secrets"));
        }
    }
    if rows == view.state.secrets { Ok(()) } else { Err(integrity::tampered("The number of secrets")) }
}

fn send_all(view: &View<'_>, sender: &SyncSender<Batch>) -> Result<()> {
    let mut batch = Batch::default();
    view.tx.each_secret(|row| {
        batch.add(&row);
        if batch.rows.len() < BATCH {
            return Ok(());
        }
        sender.send(std::mem::take(&mut batch)).map_err(|_| stopped())
    })?;
    sender.send(batch).map_err(|_| stopped())
}

/// What the rows of one bucket came to.
pub(super) struct Sum {
    pub(super) rows: u64,
    pub(super) digest: [u8; 32],
    /// The first row that does not open.
    damage: Option<Error>,
}

impl Sum {
    /// Checks the rows against the digest under the root.
    pub(super) fn matches(self, view: &View<'_>, bucket: usize) -> Result<()> {
        if self.digest != integrity::of_bucket(&view.digests, bucket) {
            return Err(integrity::tampered("The list of secrets"));
        }
        self.damage.map_or(Ok(()), Err)
    }
}

/// Hands the record of every secret of one bucket that can be opened, the deleted ones
/// too, to `visit`. Nothing is checked yet: that is for [`Sum::matches`].
pub(super) fn each_in(
    view: &View<'_>,
    bucket: usize,
    mut visit: impl FnMut(&SecretRow<'_>, &RawMetadata<'_>),
) -> Result<Sum> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
    let (mut digest, mut rows, mut damage) = (BucketDigest::default(), 0, None);
    view.tx.each_in_bucket(bucket, |row| {
        rows += 1;
        digest.add(&integrity::head(&view.keys.state, &row, &row.metadata));
        if row.current > 0 {
            let opened = open(view.keys, &row, &row.metadata, &mut buffer);
            match opened.and_then(|range| RawMetadata::read(buffer.get(range).unwrap_or_default())) {
                Ok(raw) => visit(&row, &raw),
                Err(error) => damage = damage.take().or(Some(error)),
            }
        }
        Ok(())
    })?;
    Ok(Sum { rows, digest: digest.finish(), damage })
}

/// Opens a row's metadata into `buffer`.
fn open(keys: &Keyring, row: &SecretRow<'_>, metadata: &[u8], buffer: &mut Vec<u8>) -> Result<std::ops::Range<usize>> {
    keys.metadata.open_within(&metadata_place(keys, row), Padding::Blocks, metadata, buffer)
}

pub(super) fn stopped() -> Error {
    Error::failure("The thread that opens the list has stopped.").hint("Try again; report it if it happens twice.")
}

/// The second thread's work: the bucket digests as they grow.
struct Opening<'a, V> {
    keys: &'a Keyring,
    visit: V,
    buckets: Vec<BucketDigest>,
    rows: u64,
    /// The first damage; the rest is opened all the same.
    damage: Option<Error>,
}

impl<V: FnMut(&SecretRow<'_>, &RawMetadata<'_>) -> Result<()>> Opening<'_, V> {
    /// Opens batches until none comes; gives the digests and the number of rows.
    fn run(mut self, batches: &Receiver<Batch>) -> Result<(Vec<BucketDigest>, u64)> {
        self.buckets.resize_with(BUCKETS, BucketDigest::default);
        let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
        for batch in batches {
            let mut start = 0;
            for (row, end) in batch.rows.iter().zip(batch.ends) {
                if let Err(error) = self.open(row, batch.metadata.get(start..end).unwrap_or_default(), &mut buffer) {
                    self.damage.get_or_insert(error);
                }
                start = end;
            }
        }
        match self.damage {
            Some(error) => Err(error),
            None => Ok((self.buckets, self.rows)),
        }
    }

    fn open(&mut self, row: &SecretRow<'_>, metadata: &[u8], buffer: &mut Vec<u8>) -> Result<()> {
        self.rows += 1;
        if let Some(bucket) = self.buckets.get_mut(row.bucket()) {
            bucket.add(&integrity::head(&self.keys.state, row, metadata));
        }
        if row.current == 0 {
            return Ok(());
        }
        let range = open(self.keys, row, metadata, buffer)?;
        (self.visit)(row, &RawMetadata::read(buffer.get(range).unwrap_or_default())?)
    }
}
