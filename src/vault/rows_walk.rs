//! [`RowsWalk`]: every row of every bucket against the root, behind the list.

use zeroize::Zeroizing;

use crate::error::Result;
use crate::store::BUCKETS;

use super::view::View;
use super::{Vault, integrity, listing, rows};

/// How far a walk along the buckets has come. What was walked once is only ever changed
/// by writers that check it again.
#[derive(Debug, Default)]
pub struct RowsWalk {
    bucket: usize,
    rows: u64,
    /// The state that the first rows were counted in.
    seq: u64,
}

impl RowsWalk {
    /// True once the first rows are behind it.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.bucket > 0
    }

    /// Goes on until `most` rows are behind it or none is left; true for the latter.
    pub(super) fn step(&mut self, view: &View<'_>, most: u64) -> Result<bool> {
        if !self.has_begun() {
            self.seq = view.state.seq;
        }
        let until = self.rows.saturating_add(most);
        while self.bucket < BUCKETS && self.rows < until {
            let empty = (self.bucket..BUCKETS).take_while(|bucket| integrity::is_empty(&view.digests, *bucket)).count();
            if empty > 0 {
                check_empty(view, self.bucket..self.bucket + empty)?;
                self.bucket += empty;
            } else {
                self.rows += check(view, self.bucket)?;
                self.bucket += 1;
            }
        }
        if self.bucket < BUCKETS {
            return Ok(false);
        }
        // Written to meanwhile, what was counted is of several moments.
        let rows = if self.seq == view.state.seq { self.rows } else { view.tx.count_secrets()? };
        if rows == view.state.secrets { Ok(true) } else { Err(integrity::tampered("The number of secrets")) }
    }
}

/// Checks that buckets which have no row under the root have none in the file.
fn check_empty(view: &View<'_>, buckets: std::ops::Range<usize>) -> Result<()> {
    view.tx.each_in_buckets(buckets, |_| Err(integrity::tampered("The list of secrets")))
}

/// Checks the rows of one bucket against the root and its list against the rows; gives
/// their number.
fn check(view: &View<'_>, bucket: usize) -> Result<u64> {
    let format = view.tx.format()?;
    let mut list = listing::Writer::new(format);
    let sum = rows::each_in(view, bucket, |row, raw| {
        if row.buried == 0 {
            list.add(row, raw);
        }
    })?;
    let rows = sum.rows;
    sum.matches(view, bucket)?;
    if let Some(sealed) = if format >= listing::SINCE { view.tx.listing(bucket)? } else { None } {
        let mut buffer = Zeroizing::new(Vec::with_capacity(sealed.len()));
        let range = listing::open_within(view.keys, bucket, &view.digests, &sealed, &mut buffer)?;
        if buffer.get(range) != Some(&list.finish()[..]) {
            return Err(integrity::tampered("The list of secrets"));
        }
    }
    Ok(rows)
}

impl Vault {
    /// Checks every row of every secret, the deleted ones too, and that the sealed lists
    /// say what the rows say.
    ///
    /// # Errors
    /// Damaged, when a row or a list was altered, removed or put back.
    pub fn verify_rows(&mut self) -> Result<()> {
        let mut walk = RowsWalk::default();
        while !self.walk_rows(&mut walk, u64::MAX)? {}
        Ok(())
    }

    /// Goes on with a walk by at most `most` rows, and those that share their last one's
    /// bucket, so that other work can come between; true at the end.
    ///
    /// # Errors
    /// As [`Self::verify_rows`].
    pub fn walk_rows(&mut self, walk: &mut RowsWalk, most: u64) -> Result<bool> {
        self.view(|view| walk.step(view, most))
    }
}
