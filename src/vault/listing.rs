//! The sealed list of each bucket: what the screen shows of its live secrets, in one
//! record, so that a hundred thousand are on the screen after a thousand records.
//!
//! A list is sealed for its bucket *and the digest of it that stands under the root*.
//! So it opens only while it describes exactly the rows that are there: an older one put
//! back, or another bucket's, does not. A list that is missing is no damage: the rows
//! say the same, and the next write seals it again. One that does not open is.

mod bytes;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zeroize::Zeroizing;

use crate::crypto::keyring::Keyring;
use crate::crypto::seal::{Padding, Place, Purpose};
use crate::error::{Error, Result};
use crate::store::BUCKETS;

use super::catalog::Catalog;
use super::view::View;
use super::{integrity, rows};

pub(super) use bytes::Writer;
#[cfg(any(test, fuzzing))]
pub(super) use bytes::read as read_bytes;

/// The format from which on files have lists.
pub(super) const SINCE: i32 = 2;
/// Bytes of lists that change threads together.
const BATCH: usize = 96 * 1024;
/// Batches that wait at most.
const WAITING: usize = 4;

/// The place of the list of `bucket` while its digest is `digest`, which stands where
/// other records have owner and subject.
pub(super) fn place(keys: &Keyring, bucket: usize, digest: &[u8]) -> Place {
    let mut place =
        Place { key_epoch: keys.key_epoch, version: bucket as u64, ..Place::new(Purpose::Listing, keys.vault_id) };
    if let Some((owner, subject)) = digest.split_at_checked(16) {
        place.owner_id.copy_from_slice(owner);
        place.subject_id[..subject.len()].copy_from_slice(subject);
    }
    place
}

/// What reading the lists came to.
#[derive(Default)]
pub(super) struct Read {
    /// The first damage. What opens was read all the same.
    pub(super) damage: Option<Error>,
    /// Buckets whose list is missing.
    pub(super) missing: Vec<usize>,
}

/// Adds every live secret to the catalog, in no order: from the sealed lists, and from
/// the rows of each bucket whose list is missing or does not open.
///
/// # Errors
/// Those of the file; damage is told in what is given.
pub(super) fn read(view: &View<'_>, catalog: &mut Catalog) -> Result<Read> {
    catalog.reserve(usize::try_from(view.state.secrets).unwrap_or(0));
    if view.tx.format()? < SINCE {
        let damage = rows::each(view, |row, raw| {
            if row.buried == 0 {
                catalog.push(row.id, row.current, row.created_at, raw);
            }
            Ok(())
        });
        return Ok(Read { damage: damage.err(), missing: Vec::new() });
    }
    let opened = open_all(view, catalog)?;
    let mut read = Read { damage: opened.damage, missing: Vec::new() };
    for (bucket, found) in opened.found.iter().enumerate() {
        match found {
            Found::Opened => {}
            Found::Missing if integrity::is_empty(&view.digests, bucket) => {}
            Found::Missing => match from_rows(view, bucket, catalog) {
                Ok(()) => read.missing.push(bucket),
                Err(error) => read.damage = read.damage.or(Some(error)),
            },
            Found::Refused => {
                let rows = from_rows(view, bucket, catalog);
                read.damage = read.damage.or(rows.err());
            }
        }
    }
    Ok(read)
}

/// Adds the live secrets of a bucket whose rows must be asked.
fn from_rows(view: &View<'_>, bucket: usize, catalog: &mut Catalog) -> Result<()> {
    let sum = rows::each_in(view, bucket, |row, raw| {
        if row.buried == 0 {
            catalog.push(row.id, row.current, row.created_at, raw);
        }
    })?;
    sum.matches(view, bucket)
}

/// What became of the list of one bucket.
#[derive(Clone, Copy)]
enum Found {
    Missing,
    Opened,
    Refused,
}

/// Lists end to end, with their buckets and where each ends.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    ends: Vec<(usize, usize)>,
}

/// The second thread's work: this one reads, it opens.
struct Opening<'a> {
    format: i32,
    keys: &'a Keyring,
    digests: &'a [u8],
    catalog: &'a mut Catalog,
    found: Vec<Found>,
    damage: Option<Error>,
}

fn open_all<'a>(view: &'a View<'_>, catalog: &'a mut Catalog) -> Result<Opening<'a>> {
    let (sender, batches) = sync_channel(WAITING);
    let found = vec![Found::Missing; BUCKETS];
    let opening =
        Opening { format: view.tx.format()?, keys: view.keys, digests: &view.digests, catalog, found, damage: None };
    std::thread::scope(|threads| {
        let opener = std::thread::Builder::new()
            .name("listing".into())
            .spawn_scoped(threads, move || opening.run(&batches))
            .map_err(|error| Error::failure(format!("A thread could not be started: {error}.")))?;
        let sent = send_all(view, &sender);
        drop(sender);
        let opened = opener.join().map_err(|_| rows::stopped())?;
        sent.map(|()| opened)
    })
}

fn send_all(view: &View<'_>, sender: &SyncSender<Batch>) -> Result<()> {
    let mut batch = Batch::default();
    view.tx.each_listing(|bucket, sealed| {
        batch.bytes.extend_from_slice(sealed);
        batch.ends.push((bucket, batch.bytes.len()));
        if batch.bytes.len() < BATCH {
            return Ok(());
        }
        sender.send(std::mem::take(&mut batch)).map_err(|_| rows::stopped())
    })?;
    sender.send(batch).map_err(|_| rows::stopped())
}

impl Opening<'_> {
    fn run(mut self, batches: &Receiver<Batch>) -> Self {
        let (mut buffer, mut symbols) = (Zeroizing::new(Vec::with_capacity(16 * 1024)), Vec::new());
        for batch in batches {
            let mut start = 0;
            for (bucket, end) in batch.ends {
                let sealed = batch.bytes.get(start..end).unwrap_or_default();
                start = end;
                let opened = open_within(self.keys, bucket, self.digests, sealed, &mut buffer).and_then(|range| {
                    bytes::read(buffer.get(range).unwrap_or_default(), self.format, self.catalog, &mut symbols)
                });
                let found = if opened.is_ok() { Found::Opened } else { Found::Refused };
                if let Some(room) = self.found.get_mut(bucket) {
                    *room = found;
                }
                if opened.is_err() {
                    self.damage.get_or_insert_with(|| integrity::tampered("The list of secrets"));
                }
            }
        }
        self
    }
}

/// Opens the list of `bucket` for the digest that stands under the root.
pub(super) fn open_within(
    keys: &Keyring,
    bucket: usize,
    digests: &[u8],
    sealed: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<std::ops::Range<usize>> {
    let place = place(keys, bucket, integrity::of_bucket(digests, bucket));
    keys.listing.open_within(&place, Padding::Buckets, sealed, buffer)
}
