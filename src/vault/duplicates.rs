//! Which secrets have the same value: [`Vault::duplicates`], and the same in slices,
//! [`DuplicateSearch`], for a screen that must not wait.
//!
//! Two secrets are duplicates when their main fields hold the same bytes, whatever their
//! other fields say: one password for two users is one password. Those without a main
//! field are compared by all their fields.
//!
//! Values are compared by keyed fingerprints. The key is random, of this search alone,
//! and lives and dies with it in memory; no fingerprint is ever written, so that no file
//! and no other process can test a guess against one.
//!
//! It is not audited, as comparing versions is not: values are opened in here and none
//! leaves, all that is told is which secrets are alike, and the screen asks again by
//! itself after each change. Whoever would test a guess this way has to write it into
//! the vault as a secret first, and that is on record.

use std::collections::HashMap;

use crate::crypto::keyring::DigestKey;
use crate::error::Result;

use super::Vault;
use super::catalog::{CatalogChange, QuickHash};
use super::secret::{Fields, SecretId, VALUE};
use super::value_walk::ValueWalk;
use super::view::View;

/// The first half of a digest: enough to tell any number of values apart.
pub(super) type Print = [u8; 16];

/// The secrets that have the same value as another one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duplicates {
    /// Those that have one value, for each such value.
    groups: Vec<Vec<SecretId>>,
    /// The number of the group of each.
    group_of: HashMap<SecretId, u32, QuickHash>,
}

impl Duplicates {
    /// Groups of secrets that have one value; a group of one is none.
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = Vec<SecretId>>) -> Self {
        let groups: Vec<Vec<SecretId>> = groups.into_iter().filter(|group| group.len() > 1).collect();
        let numbered = (0..).zip(&groups);
        let group_of = numbered.flat_map(|(number, group)| group.iter().map(move |id| (*id, number))).collect();
        Self { groups, group_of }
    }

    /// True when another secret has the same value.
    #[must_use]
    pub fn contains(&self, secret: SecretId) -> bool {
        self.group_of.contains_key(&secret)
    }

    /// The others that have the same value, in the order of their ids.
    pub fn like(&self, secret: SecretId) -> impl Iterator<Item = SecretId> {
        let number = self.group_of.get(&secret).and_then(|number| usize::try_from(*number).ok());
        let group = number.and_then(|number| self.groups.get(number));
        group.into_iter().flatten().copied().filter(move |other| *other != secret)
    }

    /// How many secrets that are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.group_of.len()
    }

    /// True when every value is there once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.group_of.is_empty()
    }
}

/// A search that goes on in slices, and again after changes.
pub struct DuplicateSearch {
    key: DigestKey,
    walk: ValueWalk<Option<Print>>,
}

impl DuplicateSearch {
    /// A search that has seen nothing, with a key of its own.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn new() -> Result<Self> {
        Ok(Self { key: DigestKey::fresh()?, walk: ValueWalk::default() })
    }

    /// Takes in what was changed meanwhile; true when the search has to go on for it.
    pub fn note(&mut self, change: &CatalogChange) -> bool {
        self.walk.note(change)
    }

    /// Opens values until so many bytes were opened or none is left; true for the latter.
    pub(super) fn step(&mut self, view: &View<'_>, most: usize) -> Result<bool> {
        let Self { key, walk } = self;
        walk.step(view, most, |_, fields| print(key, fields))
    }

    /// The fingerprint of fields under the key of this search; `None` when there is nothing in them.
    pub(super) fn print(&self, fields: &Fields) -> Option<Print> {
        print(&self.key, fields)
    }

    /// The fingerprint of this version, if it is the one that was looked at.
    pub(super) fn known(&self, secret: SecretId, version: u64) -> Option<Option<Print>> {
        self.walk.of(secret, version).copied()
    }

    /// The live secrets that were looked at, each with the fingerprint of its current value.
    pub(super) fn prints(&self) -> impl Iterator<Item = (SecretId, Print)> {
        self.walk.each().filter_map(|(id, print)| Some((id, (*print)?)))
    }

    fn duplicates(&self) -> Duplicates {
        let mut sorted: Vec<(Print, SecretId)> = self.prints().map(|(id, print)| (print, id)).collect();
        sorted.sort_unstable();
        let alike = sorted.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
        Duplicates::new(alike.map(|same| same.iter().map(|(_, id)| *id).collect()))
    }
}

/// The fingerprint of what makes two secrets alike; `None` when there is nothing in it.
fn print(key: &DigestKey, fields: &Fields) -> Option<Print> {
    let digest = match fields.get(VALUE) {
        Some(value) if value.is_empty() => return None,
        Some(value) => key.digest(&[b"value\0", value.expose()]),
        None => {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
            fields.sort_unstable();
            let digests: Vec<[u8; 32]> =
                fields.iter().map(|(name, value)| key.digest(&[name.as_bytes(), b"\0", value])).collect();
            if digests.is_empty() {
                return None;
            }
            let parts = std::iter::once(&b"fields\0"[..]).chain(digests.iter().map(|digest| &digest[..]));
            key.digest(&parts.collect::<Vec<_>>())
        }
    };
    digest.first_chunk().copied()
}

impl Vault {
    /// The secrets that have the same value as another one.
    ///
    /// # Errors
    /// Damaged, when a row or a value was altered, removed or put back.
    pub fn duplicates(&mut self) -> Result<Duplicates> {
        let mut search = DuplicateSearch::new()?;
        loop {
            if let Some(found) = self.find_duplicates(&mut search, usize::MAX)? {
                return Ok(found);
            }
        }
    }

    /// Goes on with a search until about `most` bytes of values were opened, so that other
    /// work can come between; what was found comes with the last of them.
    ///
    /// # Errors
    /// As [`Self::duplicates`].
    pub fn find_duplicates(&mut self, search: &mut DuplicateSearch, most: usize) -> Result<Option<Duplicates>> {
        let done = self.view(|view| search.step(view, most))?;
        Ok(done.then(|| search.duplicates()))
    }
}
