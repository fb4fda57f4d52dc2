//! [`Tree`]: the list as scopes that fold, laid out once per change.
//!
//! A scope's own secrets come first, then the scopes below it, as in the flat
//! list. The numbers of a scope count all that lies below it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::vault::catalog::Catalog;

/// A scope with what lies below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The whole path.
    pub path: Box<str>,
    /// How many scopes it lies in.
    pub depth: usize,
    /// Secrets below it that are shown.
    pub secrets: usize,
    /// Those that have expired.
    pub expired: usize,
    /// Those that are due for rotation.
    pub due: usize,
    /// Scopes right below it.
    pub subscopes: usize,
    /// What is below it has rows.
    pub unfolded: bool,
    parent: Option<usize>,
}

impl Scope {
    /// Its last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// A row of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TreeRow {
    /// The number of a scope.
    Scope(usize),
    /// A position in the catalog.
    Secret(u32),
}

/// The scopes, parents first, and the rows that are unfolded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tree {
    scopes: Vec<Scope>,
    rows: Vec<TreeRow>,
}

/// Secrets of one scope that stand together in the list.
struct Run<'a> {
    path: &'a str,
    positions: Vec<u32>,
}

impl Tree {
    /// The tree of `positions`, which are in list order; `unfolded` names the scopes that
    /// are, `None` stands for all of them.
    pub(super) fn new(
        catalog: &Catalog,
        positions: impl Iterator<Item = u32>,
        unfolded: Option<&BTreeSet<String>>,
        now: Timestamp,
    ) -> Self {
        let mut tree = Self::default();
        let mut rooted: Vec<(Option<usize>, Vec<u32>)> = Vec::new();
        let mut above: Vec<usize> = Vec::new();
        for run in runs(catalog, positions) {
            let scope = tree.enter(run.path, &mut above, unfolded);
            if let Some(scope) = scope.and_then(|scope| tree.scopes.get_mut(scope)) {
                scope.count(catalog, &run.positions, now);
            }
            rooted.push((scope, run.positions));
        }
        tree.add_up();
        tree.lay_out(rooted);
        tree
    }

    /// The scope of a path, made with all above it that is not there yet; `None` for the root.
    fn enter(&mut self, path: &str, above: &mut Vec<usize>, unfolded: Option<&BTreeSet<String>>) -> Option<usize> {
        let holds = |scope: &Scope| path.strip_prefix(&*scope.path).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        while above.last().is_some_and(|last| !self.scopes.get(*last).is_some_and(holds)) {
            above.pop();
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends.skip(above.len()).filter(|end| *end > 0) {
            let parent = above.last().copied();
            if let Some(parent) = parent.and_then(|parent| self.scopes.get_mut(parent)) {
                parent.subscopes += 1;
            }
            let path = &path[..end];
            above.push(self.scopes.len());
            self.scopes.push(Scope {
                path: path.into(),
                depth: above.len() - 1,
                secrets: 0,
                expired: 0,
                due: 0,
                subscopes: 0,
                unfolded: unfolded.is_none_or(|unfolded| unfolded.contains(path)),
                parent,
            });
        }
        above.last().copied()
    }

    /// Adds every scope's numbers to its parent's, the deepest first.
    fn add_up(&mut self) {
        for at in (0..self.scopes.len()).rev() {
            let Some((parents, rest)) = self.scopes.split_at_mut_checked(at) else { return };
            let Some(scope) = rest.first() else { return };
            if let Some(parent) = scope.parent.and_then(|parent| parents.get_mut(parent)) {
                parent.secrets += scope.secrets;
                parent.expired += scope.expired;
                parent.due += scope.due;
            }
        }
    }

    /// Gives a row to each scope and secret with nothing folded above it.
    fn lay_out(&mut self, rooted: Vec<(Option<usize>, Vec<u32>)>) {
        let mut open: Vec<bool> = Vec::with_capacity(self.scopes.len());
        let mut runs = rooted.into_iter().peekable();
        if let Some((_, positions)) = runs.next_if(|(scope, _)| scope.is_none()) {
            self.rows.extend(positions.into_iter().map(TreeRow::Secret));
        }
        for (number, scope) in self.scopes.iter().enumerate() {
            let seen = scope.parent.is_none_or(|parent| open.get(parent).copied().unwrap_or_default());
            open.push(seen && scope.unfolded);
            if seen {
                self.rows.push(TreeRow::Scope(number));
            }
            let own = runs.next_if(|(of, _)| *of == Some(number));
            if let Some((_, positions)) = own.filter(|_| seen && scope.unfolded) {
                self.rows.extend(positions.into_iter().map(TreeRow::Secret));
            }
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A row.
    pub(super) fn at(&self, row: usize) -> Option<TreeRow> {
        self.rows.get(row).copied()
    }

    /// A scope by its number.
    pub(super) fn scope(&self, number: usize) -> Option<&Scope> {
        self.scopes.get(number)
    }

    /// The row of a scope.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        let is = |row: &TreeRow| matches!(row, TreeRow::Scope(at) if self.scope(*at).is_some_and(|s| *s.path == *path));
        self.rows.iter().position(is)
    }

    /// The row of a position of the catalog.
    pub(super) fn find_secret(&self, position: u32) -> Option<usize> {
        self.rows.iter().position(|row| *row == TreeRow::Secret(position))
    }

    /// Every scope.
    pub(super) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
}

impl Scope {
    fn count(&mut self, catalog: &Catalog, positions: &[u32], now: Timestamp) {
        for listed in positions.iter().filter_map(|at| catalog.listed().get(*at as usize)) {
            self.secrets += 1;
            self.expired += usize::from(listed.is_expired(now));
            self.due += usize::from(listed.is_due(now));
        }
    }
}

/// The secrets of each scope, the scopes in the order of their segments: `a/b` before `a-b`,
/// although the list has them the other way round.
fn runs<'a>(catalog: &'a Catalog, positions: impl Iterator<Item = u32>) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    let mut symbol = None;
    for position in positions {
        let Some(listed) = catalog.listed().get(position as usize) else { continue };
        match runs.last_mut().filter(|_| symbol == Some(listed.scope)) {
            Some(run) => run.positions.push(position),
            None => runs.push(Run { path: catalog.text(listed.scope), positions: vec![position] }),
        }
        symbol = Some(listed.scope);
    }
    runs.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vault::scope::{Address, ScopePath};
    use crate::vault::secret::{Metadata, Secret, SecretId};

    fn catalog(addresses: &[&str]) -> Catalog {
        let at = Timestamp::UNIX_EPOCH;
        let secret = |(number, address): (u8, &&str)| Secret {
            id: SecretId([number; 16]),
            address: Address::parse(address, &ScopePath::root()).unwrap(),
            version: 1,
            fields: vec!["value".parse().unwrap()],
            metadata: Metadata {
                expires_at: address.contains("OLD").then_some(at),
                rotation_days: address.contains("DUE").then_some(1),
                ..Metadata::default()
            },
            created_at: at,
            created_by: String::new(),
            updated_at: at,
            value_changed_at: at,
            last_rotated: None,
            deleted_at: None,
            rotation: Default::default(),
        };
        (0..).zip(addresses).map(secret).collect()
    }

    fn tree(catalog: &Catalog, unfolded: Option<&[&str]>) -> Tree {
        let unfolded = unfolded.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect());
        let now = Timestamp::from_second(200_000).unwrap();
        Tree::new(catalog, 0..u32::try_from(catalog.listed().len()).unwrap(), unfolded.as_ref(), now)
    }

    fn shown(catalog: &Catalog, tree: &Tree) -> Vec<String> {
        let row = |at| match tree.at(at).unwrap() {
            TreeRow::Scope(number) => {
                let scope = tree.scope(number).unwrap();
                format!("{}{}/ {}", "  ".repeat(scope.depth), scope.name(), scope.secrets)
            }
            TreeRow::Secret(position) => catalog.listed()[position as usize].name.to_string(),
        };
        (0..tree.len()).map(row).collect()
    }

    #[test]
    fn own_secrets_come_before_the_scopes_below() {
        let catalog = catalog(&["ROOT", "a/b/TWO", "a/ONE", "a-b/DASH", "a/b/c/DEEP", "x/y/z/FAR"]);
        let expected = [
            "ROOT", "a/ 3", "ONE", "  b/ 2", "TWO", "    c/ 1", "DEEP", "a-b/ 1", "DASH", "x/ 1", "  y/ 1", "    z/ 1",
            "FAR",
        ];
        assert_eq!(shown(&catalog, &tree(&catalog, None)), expected);
        assert_eq!(shown(&catalog, &tree(&catalog, Some(&[]))), ["ROOT", "a/ 3", "a-b/ 1", "x/ 1"]);
        let some = shown(&catalog, &tree(&catalog, Some(&["a", "x/y"])));
        assert_eq!(some, ["ROOT", "a/ 3", "ONE", "  b/ 2", "a-b/ 1", "x/ 1"], "x is folded, so x/y has no row");
    }

    #[test]
    fn a_scope_knows_what_is_wrong_below_it() {
        let catalog = catalog(&["a/b/OLD_KEY", "a/b/c/DUE_KEY", "a/FINE", "q/FINE"]);
        let tree = tree(&catalog, Some(&[]));
        let a = tree.scopes().iter().find(|scope| &*scope.path == "a").unwrap();
        assert_eq!((a.secrets, a.expired, a.due, a.subscopes), (3, 1, 1, 1));
        let q = tree.scopes().iter().find(|scope| &*scope.path == "q").unwrap();
        assert_eq!((q.secrets, q.expired, q.due, q.subscopes), (1, 0, 0, 0));
    }

    proptest! {
        #[test]
        fn every_secret_has_one_row_when_all_is_unfolded(
            names in proptest::collection::btree_set("([ab][-b]?/){0,4}[A-D]{1,2}", 0..60),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let catalog = catalog(&names);
            let tree = tree(&catalog, None);
            let mut seen: Vec<u32> = (0..tree.len())
                .filter_map(|row| match tree.at(row)? { TreeRow::Secret(at) => Some(at), TreeRow::Scope(_) => None })
                .collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..u32::try_from(catalog.listed().len()).unwrap()).collect::<Vec<u32>>());
            let top: usize = tree.scopes().iter().filter(|scope| scope.depth == 0).map(|scope| scope.secrets).sum();
            let in_root = catalog.listed().iter().filter(|listed| catalog.text(listed.scope).is_empty()).count();
            prop_assert_eq!(top + in_root, catalog.listed().len());
            let paths: BTreeSet<&str> = tree.scopes().iter().map(|scope| &*scope.path).collect();
            prop_assert_eq!(paths.len(), tree.scopes().len(), "no scope twice");
        }
    }
}
