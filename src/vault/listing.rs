//! Reading the whole list: every row goes into its bucket's digest, and its opened
//! record to whoever asked.
//!
//! Half of the work is SQLite's, half is cryptography, so they run side by side: this
//! thread reads rows into batches, a second one checks and opens them, and this one
//! lists what comes back, in the same order.

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
/// Batches under way at most.
const UNDER_WAY: usize = 4;

/// Rows with their metadata end to end.
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

/// A batch after its rows were digested and opened.
struct Opened {
    rows: Vec<SecretRow<'static>>,
    heads: Vec<[u8; 32]>,
    /// Where each row's record lies; empty for a purged one.
    records: Vec<std::ops::Range<usize>>,
    plaintext: Zeroizing<Vec<u8>>,
}

/// Hands the record of every secret that can be opened, the deleted ones too, to
/// `visit`. What it was told counts only when this returns well: by then all rows were
/// checked against the root.
pub(super) fn each(view: &View<'_>, visit: impl FnMut(&SecretRow<'_>, &RawMetadata<'_>) -> Result<()>) -> Result<()> {
    let (to_open, batches) = sync_channel::<Batch>(UNDER_WAY);
    let (to_list, opened) = sync_channel::<Result<Opened>>(UNDER_WAY);
    let keys = view.keys;
    std::thread::scope(|threads| {
        std::thread::Builder::new()
            .name("listing".into())
            .spawn_scoped(threads, move || open_all(keys, &batches, &to_list))
            .map_err(|error| Error::failure(format!("A thread could not be started: {error}.")))?;
        Listing::new(visit).run(view, to_open, &opened)
    })
}

/// Opens batches until none comes or nobody lists them.
fn open_all(keys: &Keyring, batches: &Receiver<Batch>, to_list: &SyncSender<Result<Opened>>) {
    for batch in batches {
        if to_list.send(open(keys, batch)).is_err() {
            return;
        }
    }
}

fn open(keys: &Keyring, batch: Batch) -> Result<Opened> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
    let mut heads = Vec::with_capacity(batch.rows.len());
    let mut records = Vec::with_capacity(batch.rows.len());
    // An opened record is shorter than its sealed one, so that this never grows.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(batch.metadata.len()));
    let mut start = 0;
    for (row, end) in batch.rows.iter().zip(batch.ends) {
        let metadata = batch.metadata.get(start..end).unwrap_or_default();
        start = end;
        heads.push(integrity::head(&keys.state, row, metadata));
        let begun = plaintext.len();
        if row.current != 0 {
            let range =
                keys.metadata.open_within(&metadata_place(keys, row), Padding::Blocks, metadata, &mut buffer)?;
            plaintext.extend_from_slice(&buffer[range]);
        }
        records.push(begun..plaintext.len());
    }
    Ok(Opened { rows: batch.rows, heads, records, plaintext })
}

/// The bucket digests as they grow.
struct Listing<V> {
    visit: V,
    buckets: Vec<BucketDigest>,
    rows: u64,
}

impl<V: FnMut(&SecretRow<'_>, &RawMetadata<'_>) -> Result<()>> Listing<V> {
    fn new(visit: V) -> Self {
        let buckets = (0..BUCKETS).map(|_| BucketDigest::default()).collect();
        Self { visit, buckets, rows: 0 }
    }

    fn run(mut self, view: &View<'_>, to_open: SyncSender<Batch>, opened: &Receiver<Result<Opened>>) -> Result<()> {
        let stopped = || Error::failure("The thread that opens the list has stopped.");
        let (mut batch, mut under_way) = (Batch::default(), 0);
        view.tx.each_secret(|row| {
            batch.add(&row);
            if batch.rows.len() < BATCH {
                return Ok(());
            }
            // Never more than the channels hold, so that neither side waits for the other for ever.
            if under_way == UNDER_WAY {
                self.list(opened.recv().map_err(|_| stopped())??)?;
                under_way -= 1;
            }
            under_way += 1;
            to_open.send(std::mem::take(&mut batch)).map_err(|_| stopped())
        })?;
        to_open.send(batch).map_err(|_| stopped())?;
        drop(to_open);
        for opened in opened {
            self.list(opened?)?;
        }
        self.finish(view)
    }

    fn list(&mut self, opened: Opened) -> Result<()> {
        for ((row, head), record) in opened.rows.iter().zip(&opened.heads).zip(opened.records) {
            self.rows += 1;
            if let Some(bucket) = self.buckets.get_mut(row.bucket()) {
                bucket.add(head);
            }
            if row.current != 0 {
                (self.visit)(row, &RawMetadata::read(opened.plaintext.get(record).unwrap_or_default())?)?;
            }
        }
        Ok(())
    }

    fn finish(self, view: &View<'_>) -> Result<()> {
        for (number, bucket) in self.buckets.into_iter().enumerate() {
            if bucket.finish() != integrity::of_bucket(&view.digests, number) {
                return Err(integrity::tampered("The list of secrets"));
            }
        }
        if self.rows != view.state.secrets {
            return Err(integrity::tampered("The number of secrets"));
        }
        Ok(())
    }
}
