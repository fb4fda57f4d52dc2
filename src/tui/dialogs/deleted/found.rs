//! [`Found`]: every deleted secret, the last deleted first, and those of them that a query leaves.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use crate::vault::catalog::Catalog;
use crate::vault::search::{Index, Query, Survivors};
use crate::vault::secret::{Secret, SecretId};

/// The deleted secrets and a choice of them.
#[derive(Default)]
pub(super) struct Found {
    all: Vec<Secret>,
    /// The same, to be searched.
    catalog: Catalog,
    index: Option<Index>,
    /// Where each one of the catalog stands in `all`.
    places: Vec<usize>,
    survivors: Option<Survivors>,
    /// Those that are shown, by their places.
    shown: Vec<usize>,
}

impl Found {
    /// Takes all there are; none is shown before [`Self::find`].
    pub(super) fn new(mut all: Vec<Secret>) -> Self {
        all.sort_by(|a, b| (Reverse(a.deleted_at), &a.address).cmp(&(Reverse(b.deleted_at), &b.address)));
        let catalog: Catalog = all.iter().cloned().collect();
        let index = Some(Index::build(&catalog));
        let known: HashMap<SecretId, usize> = all.iter().map(|secret| secret.id).zip(0..).collect();
        let places = catalog.listed().iter().filter_map(|listed| known.get(&listed.id).copied()).collect();
        Self { all, catalog, index, places, survivors: None, shown: Vec::new() }
    }

    /// Shows what `query` leaves: the best first where words rank them, else the last deleted.
    pub(super) fn find(&mut self, query: &Query, now: Timestamp) {
        let Some(index) = self.index.as_ref().filter(|_| !query.is_empty()) else {
            self.shown = (0..self.all.len()).collect();
            return;
        };
        let matches = index.filter(&self.catalog, query, self.survivors.as_ref(), now);
        let place = |at: &u32| self.places.get(usize::try_from(*at).ok()?).copied();
        self.shown = matches.order.iter().filter_map(place).collect();
        if !query.ranks() {
            self.shown.sort_unstable();
        }
        self.survivors = Some(matches.survivors);
    }

    /// Takes one out that is there no more.
    pub(super) fn remove(&mut self, id: SecretId, query: &Query, now: Timestamp) {
        let mut all = std::mem::take(&mut self.all);
        all.retain(|secret| secret.id != id);
        *self = Self::new(all);
        self.find(query, now);
    }

    /// How many there are, shown or not.
    pub(super) fn total(&self) -> usize {
        self.all.len()
    }

    /// How many are shown.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// Those that are shown.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Secret> {
        self.shown.iter().filter_map(|place| self.all.get(*place))
    }

    /// The one in a row.
    pub(super) fn at(&self, row: usize) -> Option<&Secret> {
        self.all.get(*self.shown.get(row)?)
    }

    /// The row of one that is shown.
    pub(super) fn row(&self, id: SecretId) -> Option<usize> {
        self.shown().position(|secret| secret.id == id)
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Secret] {
        &self.all
    }

    /// One of them, shown or not.
    pub(super) fn get(&self, id: SecretId) -> Option<&Secret> {
        self.all.iter().find(|secret| secret.id == id)
    }
}
