//! The list as a tree: what is unfolded, and where folding leaves the selection.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::vault::secret::SecretId;

use super::SecretsPane;
use super::rows::ListRow;
use super::tree::Scope;

/// Whether the list is a tree, and which of its scopes are unfolded; kept over an idle lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folds {
    pub(super) tree: bool,
    pub(super) unfolded: BTreeSet<String>,
}

impl Folds {
    /// Unfolds all that lies above and at a path.
    fn unfold_to(&mut self, path: &str) {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        self.unfolded.extend(ends.filter(|end| *end > 0).map(|end| path[..end].to_owned()));
    }
}

/// What the selection stands on.
pub(super) enum Spot {
    Secret(SecretId),
    Scope(Box<str>),
}

impl SecretsPane {
    /// True while the list is a tree.
    #[must_use]
    pub fn is_tree(&self) -> bool {
        self.folds.tree
    }

    /// What is unfolded.
    #[must_use]
    pub fn folds(&self) -> &Folds {
        &self.folds
    }

    /// Folds as before a lock.
    pub fn set_folds(&mut self, folds: Folds, now: Timestamp) {
        self.folds = folds;
        self.lay_out(now);
    }

    /// The selected scope of the tree; `None` while a secret is selected.
    #[must_use]
    pub fn selected_scope(&self) -> Option<&Scope> {
        match self.rows.at(self.cursor.row)? {
            ListRow::Scope(scope) => Some(scope),
            ListRow::Secret(_) => None,
        }
    }

    /// The scope that one is in: the selected one, or that of the selected secret, as stored.
    #[must_use]
    pub fn scope_in_view(&self) -> &str {
        match self.rows.at(self.cursor.row) {
            Some(ListRow::Scope(scope)) => &scope.path,
            Some(ListRow::Secret(listed)) => self.rows.catalog().text(listed.scope),
            None => "",
        }
    }

    /// From the flat list to the tree or back; the selection stays on its secret.
    pub fn toggle_tree(&mut self, now: Timestamp) {
        let spot = self.spot();
        self.folds.tree = !self.folds.tree;
        let first = match &spot {
            Some(Spot::Scope(path)) => self.rows.first_in(path),
            _ => None,
        };
        self.lay_out(now);
        match (spot, first) {
            (Some(Spot::Secret(id)), _) | (_, Some(id)) => {
                self.select(id, now);
            }
            _ => {}
        }
    }

    /// Unfolds the selected scope; goes into it when it is unfolded already.
    pub fn unfold(&mut self, now: Timestamp) {
        let Some(scope) = self.selected_scope() else { return };
        if scope.unfolded {
            self.cursor.row += 1;
        } else {
            self.folds.unfolded.insert(scope.path.to_string());
            self.lay_out(now);
        }
    }

    /// Folds the selected scope, or goes to the one above.
    pub fn fold(&mut self, now: Timestamp) {
        let filtered = self.rows.are_filtered();
        let path = self.scope_in_view().to_owned();
        let to = match self.selected_scope() {
            Some(scope) if scope.unfolded && !filtered => {
                self.folds.unfolded.remove(&path);
                return self.lay_out(now);
            }
            Some(_) => path.rsplit_once('/').map_or("", |(parent, _)| parent),
            None => &path,
        };
        self.cursor.row = self.rows.find_scope(to).unwrap_or(self.cursor.row);
    }

    /// Folds every scope; the selection goes to the topmost one above it.
    pub fn fold_all(&mut self, now: Timestamp) {
        let top = self.scope_in_view().split('/').next().unwrap_or_default().to_owned();
        let spot = self.spot();
        self.folds.unfolded.clear();
        self.lay_out(now);
        let row = self.rows.find_scope(&top);
        match (row, spot) {
            (Some(row), _) => self.cursor.row = row,
            (None, Some(spot)) => self.stand_on(&spot),
            _ => {}
        }
    }

    /// Unfolds every scope; the selection stays.
    pub fn unfold_all(&mut self, now: Timestamp) {
        let spot = self.spot();
        self.folds.unfolded = self.rows.scope_paths();
        self.lay_out(now);
        if let Some(spot) = spot {
            self.stand_on(&spot);
        }
    }

    /// Lays the rows out as folded.
    pub(super) fn lay_out(&mut self, now: Timestamp) {
        self.rows.lay_out(&self.folds, now);
    }

    /// What is selected.
    pub(super) fn spot(&self) -> Option<Spot> {
        Some(match self.rows.at(self.cursor.row)? {
            ListRow::Scope(scope) => Spot::Scope(scope.path.clone()),
            ListRow::Secret(listed) => Spot::Secret(listed.id),
        })
    }

    /// Selects it again where it has a row.
    pub(super) fn stand_on(&mut self, spot: &Spot) {
        let row = match spot {
            Spot::Secret(id) => self.rows.find(*id),
            Spot::Scope(path) => self.rows.find_scope(path),
        };
        self.cursor.row = row.unwrap_or(self.cursor.row);
    }

    /// Unfolds the way to a secret, so that it has a row; false when it does not pass the filter.
    pub(super) fn uncover(&mut self, id: SecretId, now: Timestamp) -> bool {
        if !self.folds.tree || self.rows.find(id).is_some() {
            return self.rows.find(id).is_some();
        }
        let Some(path) = self.rows.scope_of(id).map(str::to_owned) else { return false };
        if !self.rows.are_filtered() {
            self.folds.unfold_to(&path);
            self.lay_out(now);
        }
        self.rows.find(id).is_some()
    }
}
