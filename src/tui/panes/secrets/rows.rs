//! [`Rows`]: which rows the list has: every secret, or those that pass a query.
//!
//! They are found once per change, never per frame; a row is looked up by its
//! number, so that 100,000 secrets draw like ten.

use std::sync::Arc;

use jiff::Timestamp;

use crate::vault::catalog::{Catalog, CatalogChange, Listed};
use crate::vault::scope::Address;
use crate::vault::search::{Index, Query, Survivors};
use crate::vault::secret::SecretId;

/// The catalog, and the positions in it that are shown.
pub(super) struct Rows {
    catalog: Arc<Catalog>,
    /// Built when the first filter needs it, and again after a change.
    index: Option<Index>,
    survivors: Option<Survivors>,
    /// The positions that pass the filter; `None` for all of them.
    order: Option<Vec<u32>>,
}

impl Rows {
    /// Every secret.
    pub(super) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, index: None, survivors: None, order: None }
    }

    /// All that there is to show.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.order.as_ref().map_or(self.total(), Vec::len)
    }

    /// All secrets.
    pub(super) fn total(&self) -> usize {
        self.catalog.listed().len()
    }

    /// True when a query chose the rows.
    pub(super) fn are_filtered(&self) -> bool {
        self.order.is_some()
    }

    /// The secret in a row.
    pub(super) fn at(&self, row: usize) -> Option<&Listed> {
        let position = match &self.order {
            Some(order) => usize::try_from(*order.get(row)?).ok()?,
            None => row,
        };
        self.catalog.listed().get(position)
    }

    /// The row of a secret.
    pub(super) fn find(&self, id: SecretId) -> Option<usize> {
        (0..self.len()).find(|row| self.at(*row).is_some_and(|listed| listed.id == id))
    }

    /// The secret at an address, shown or not.
    pub(super) fn named(&self, address: &Address) -> Option<SecretId> {
        let is_at = |listed: &&Listed| {
            *listed.name == *address.name.as_str() && self.catalog.text(listed.scope) == address.scope.as_stored()
        };
        self.catalog.listed().iter().find(is_at).map(|listed| listed.id)
    }

    /// Takes the index that was made for this catalog.
    pub(super) fn take_index(&mut self, index: Index) {
        self.index.get_or_insert(index);
    }

    /// Makes the index, if it is not there yet.
    pub(super) fn index(&mut self) -> &Index {
        self.index.get_or_insert_with(|| Index::build(&self.catalog))
    }

    /// Applies what was changed; the rows are found anew by [`Self::run`].
    pub(super) fn apply(&mut self, change: CatalogChange) {
        Arc::make_mut(&mut self.catalog).apply(change);
        self.index = None;
        self.survivors = None;
    }

    /// Shows what passes the query.
    pub(super) fn run(&mut self, query: &Query, now: Timestamp) {
        if query.is_empty() {
            self.order = None;
            self.survivors = None;
            return;
        }
        let before = self.survivors.take();
        let catalog = Arc::clone(&self.catalog);
        let matches = self.index().filter(&catalog, query, before.as_ref(), now);
        self.order = Some(matches.order);
        self.survivors = Some(matches.survivors);
    }
}
