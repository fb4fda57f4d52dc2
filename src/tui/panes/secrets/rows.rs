//! [`Rows`]: which rows the list has: every secret, or those that pass a query, flat
//! or as a tree.
//!
//! They are found once per change, never per frame; a row is looked up by its
//! number, so that 100,000 secrets draw like ten.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::vault::catalog::{Catalog, CatalogChange, Listed};
use crate::vault::scope::Address;
use crate::vault::search::{Index, Query, Survivors};
use crate::vault::secret::SecretId;

use super::folding::Folds;
use super::tree::{Scope, Tree, TreeRow};

/// A row of the list.
#[derive(Clone, Copy)]
pub(super) enum ListRow<'a> {
    /// A secret.
    Secret(&'a Listed),
    /// A scope of the tree.
    Scope(&'a Scope),
}

/// The catalog, and the positions in it that are shown.
pub(super) struct Rows {
    catalog: Arc<Catalog>,
    /// Built when the first filter needs it, and again after a change.
    index: Option<Arc<Index>>,
    survivors: Option<Survivors>,
    /// The positions that pass the filter, the best first; `None` for all of them.
    order: Option<Vec<u32>>,
    /// The same as a tree, while that is what is shown.
    tree: Option<Tree>,
}

impl Rows {
    /// Every secret.
    pub(super) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, index: None, survivors: None, order: None, tree: None }
    }

    /// All that there is to show.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The same, to be kept.
    pub(super) fn shared(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog)
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.tree.as_ref().map_or(self.matching(), Tree::len)
    }

    /// Secrets that pass the filter.
    pub(super) fn matching(&self) -> usize {
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

    /// A row.
    pub(super) fn at(&self, row: usize) -> Option<ListRow<'_>> {
        let position = match (&self.tree, &self.order) {
            (Some(tree), _) => match tree.at(row)? {
                TreeRow::Scope(number) => return tree.scope(number).map(ListRow::Scope),
                TreeRow::Secret(position) => usize::try_from(position).ok()?,
            },
            (None, Some(order)) => usize::try_from(*order.get(row)?).ok()?,
            (None, None) => row,
        };
        self.catalog.listed().get(position).map(ListRow::Secret)
    }

    /// The secret in a row; `None` where there is a scope.
    pub(super) fn secret_at(&self, row: usize) -> Option<&Listed> {
        match self.at(row)? {
            ListRow::Secret(listed) => Some(listed),
            ListRow::Scope(_) => None,
        }
    }

    /// The row of a secret.
    pub(super) fn find(&self, id: SecretId) -> Option<usize> {
        (0..self.len()).find(|row| self.secret_at(*row).is_some_and(|listed| listed.id == id))
    }

    /// The row of a scope.
    pub(super) fn find_scope(&self, path: &str) -> Option<usize> {
        self.tree.as_ref()?.find(path)
    }

    /// The row of the best match of the filter.
    pub(super) fn best(&self) -> usize {
        let best = self.order.as_ref().and_then(|order| order.first().copied());
        best.zip(self.tree.as_ref()).and_then(|(best, tree)| tree.find_secret(best)).unwrap_or(0)
    }

    /// The first secret in or below a scope.
    pub(super) fn first_in(&self, path: &str) -> Option<SecretId> {
        let within = |listed: &&Listed| lies_in(self.catalog.text(listed.scope), path);
        match &self.order {
            Some(order) => order.iter().filter_map(|at| self.catalog.listed().get(*at as usize)).find(within),
            None => self.catalog.listed().iter().find(within),
        }
        .map(|listed| listed.id)
    }

    /// The secrets in or below a scope that pass the filter; all of them for the root.
    pub(super) fn ids_in(&self, path: &str) -> Vec<SecretId> {
        let within = |listed: &&Listed| path.is_empty() || lies_in(self.catalog.text(listed.scope), path);
        let listed = self.catalog.listed();
        match &self.order {
            Some(order) => {
                order.iter().filter_map(|at| listed.get(*at as usize)).filter(within).map(|l| l.id).collect()
            }
            None => listed.iter().filter(within).map(|listed| listed.id).collect(),
        }
    }

    /// The secret of a row, or all those that a folded scope hides.
    pub(super) fn ids_at(&self, row: usize) -> Vec<SecretId> {
        match self.at(row) {
            Some(ListRow::Secret(listed)) => vec![listed.id],
            Some(ListRow::Scope(scope)) if !scope.unfolded => self.ids_in(&scope.path),
            _ => Vec::new(),
        }
    }

    /// The scope of any secret, as stored.
    pub(super) fn scope_of(&self, id: SecretId) -> Option<&str> {
        let listed = self.catalog.listed().get(self.catalog.position(id)?)?;
        Some(self.catalog.text(listed.scope))
    }

    /// Every scope of the tree.
    pub(super) fn scope_paths(&self) -> BTreeSet<String> {
        let scopes = self.tree.as_ref().map(Tree::scopes).unwrap_or_default();
        scopes.iter().map(|scope| scope.path.to_string()).collect()
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
        self.index.get_or_insert_with(|| Arc::new(index));
    }

    /// Makes the index, if it is not there yet.
    pub(super) fn index(&mut self) -> Arc<Index> {
        Arc::clone(self.index.get_or_insert_with(|| Arc::new(Index::build(&self.catalog))))
    }

    /// The whole vault, to be searched by somebody else.
    pub(super) fn whole(&mut self) -> (Arc<Catalog>, Arc<Index>) {
        (Arc::clone(&self.catalog), self.index())
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

    /// Lays the tree out, if there is to be one; what passes a filter is shown unfolded.
    pub(super) fn lay_out(&mut self, folds: &Folds, now: Timestamp) {
        self.tree = folds.tree.then(|| match &self.order {
            Some(order) => {
                let mut positions = order.clone();
                positions.sort_unstable();
                Tree::new(&self.catalog, positions.into_iter(), None, now)
            }
            None => {
                let all = 0..u32::try_from(self.total()).unwrap_or(u32::MAX);
                Tree::new(&self.catalog, all, Some(&folds.unfolded), now)
            }
        });
    }
}

/// True for a scope, as stored, that is `path` or lies below it.
pub(super) fn lies_in(scope: &str, path: &str) -> bool {
    scope.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
