//! [`Heads`]: the keyed heads of the rows in the buckets that one snapshot has checked.
//!
//! A bucket is checked whole, once, before anything in it is trusted; from then on each
//! row of it is compared with its head. A write keeps its own rows' heads here too, so
//! that thousands of changes in one transaction check each bucket once, and what is
//! sealed at the end is what was checked and written, never what the file holds by then.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use subtle::ConstantTimeEq;

use crate::crypto::keyring::DigestKey;
use crate::error::Result;
use crate::store::{SecretRow, Tx};

use super::integrity::{self, BucketDigest};

/// Where a row stands: its name index, and when it was buried.
type Key = ([u8; 16], u64);

/// The checked buckets.
#[derive(Default)]
pub(super) struct Heads(RefCell<HashMap<usize, BTreeMap<Key, [u8; 32]>>>);

fn key(row: &SecretRow<'_>) -> Key {
    (row.name_index, row.buried)
}

impl Heads {
    /// Checks a whole bucket against its digest, the first time it is asked for.
    ///
    /// # Errors
    /// Damaged, when a row was altered, removed or put back.
    pub(super) fn check(&self, tx: &Tx<'_>, keyed: &DigestKey, digests: &[u8], bucket: usize) -> Result<()> {
        if self.0.borrow().contains_key(&bucket) {
            return Ok(());
        }
        let (mut digest, mut heads) = (BucketDigest::default(), BTreeMap::new());
        tx.each_in_bucket(bucket, |row| {
            let head = integrity::head(keyed, &row, &row.metadata);
            digest.add(&head);
            heads.insert(key(&row), head);
            Ok(())
        })?;
        if !bool::from(digest.finish().ct_eq(integrity::of_bucket(digests, bucket))) {
            return Err(integrity::tampered("A list of secrets"));
        }
        self.0.borrow_mut().insert(bucket, heads);
        Ok(())
    }

    /// True when `row` is what its checked bucket holds.
    pub(super) fn have(&self, keyed: &DigestKey, row: &SecretRow<'_>) -> bool {
        let head = integrity::head(keyed, row, &row.metadata);
        let known = self.0.borrow().get(&row.bucket()).and_then(|bucket| bucket.get(&key(row)).copied());
        known.is_some_and(|known| known.ct_eq(&head).into())
    }

    /// How many rows of this name index a checked bucket holds.
    pub(super) fn count(&self, bucket: usize, name_index: [u8; 16]) -> usize {
        let heads = self.0.borrow();
        heads.get(&bucket).map_or(0, |bucket| bucket.range((name_index, 0)..=(name_index, u64::MAX)).count())
    }

    /// Takes a row in as it was written.
    pub(super) fn put(&self, keyed: &DigestKey, row: &SecretRow<'_>) {
        let head = integrity::head(keyed, row, &row.metadata);
        self.0.borrow_mut().entry(row.bucket()).or_default().insert(key(row), head);
    }

    /// Takes a row out, which goes to another key.
    pub(super) fn remove(&self, row: &SecretRow<'_>) {
        if let Some(bucket) = self.0.borrow_mut().get_mut(&row.bucket()) {
            bucket.remove(&key(row));
        }
    }

    /// The digest of a bucket as it is now.
    pub(super) fn digest(&self, bucket: usize) -> [u8; 32] {
        let mut digest = BucketDigest::default();
        if let Some(heads) = self.0.borrow().get(&bucket) {
            heads.values().for_each(|head| digest.add(head));
        }
        digest.finish()
    }
}
