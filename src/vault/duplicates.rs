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
use crate::error::{Kind, Result};
use crate::store::BUCKETS;

use super::Vault;
use super::catalog::{CatalogChange, QuickHash};
use super::secret::{Fields, SecretId, VALUE};
use super::view::View;

/// The first half of a digest: enough to tell any number of values apart.
type Print = [u8; 16];

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
    /// Of each live secret, the version that was looked at and its fingerprint.
    prints: HashMap<SecretId, (u64, Option<Print>), QuickHash>,
    /// The next bucket to take secrets from.
    bucket: usize,
    waiting: Vec<SecretId>,
}

impl DuplicateSearch {
    /// A search that has seen nothing, with a key of its own.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn new() -> Result<Self> {
        Ok(Self { key: DigestKey::fresh()?, prints: HashMap::default(), bucket: 0, waiting: Vec::new() })
    }

    /// Takes in what was changed meanwhile; true when the search has to go on for it.
    pub fn note(&mut self, change: &CatalogChange) -> bool {
        let before = (self.waiting.len(), self.prints.len());
        for secret in &change.upserted {
            if self.prints.get(&secret.id).is_none_or(|(version, _)| *version != secret.version) {
                self.waiting.push(secret.id);
            }
        }
        for id in &change.removed {
            self.prints.remove(id);
        }
        before != (self.waiting.len(), self.prints.len())
    }

    /// Opens values until so many bytes were opened or none is left; true for the latter.
    fn step(&mut self, view: &View<'_>, most: usize) -> Result<bool> {
        let mut opened = 0;
        while opened < most {
            if let Some(id) = self.waiting.pop() {
                opened += LEAST + self.look(view, id)?;
            } else if self.bucket < BUCKETS {
                view.heads.check(view.tx, &view.keys.state, &view.digests, self.bucket)?;
                view.tx.each_in_bucket(self.bucket, |row| {
                    self.waiting.extend((row.buried == 0).then_some(SecretId(row.id)));
                    Ok(())
                })?;
                self.bucket += 1;
                opened += LEAST;
            } else {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Opens one secret's current value; gives its size.
    fn look(&mut self, view: &View<'_>, id: SecretId) -> Result<usize> {
        let secret = match view.by_id(id) {
            Ok((_, secret)) if secret.deleted_at.is_none() => secret,
            Err(error) if error.kind() != Kind::NotFound => return Err(error),
            _ => {
                self.prints.remove(&id);
                return Ok(0);
            }
        };
        if self.prints.get(&id).is_some_and(|(version, _)| *version == secret.version) {
            return Ok(0);
        }
        let fields = view.fields(&view.version_row(&secret, secret.version)?)?;
        self.prints.insert(id, (secret.version, print(&self.key, &fields)));
        Ok(fields.bytes())
    }

    fn duplicates(&self) -> Duplicates {
        let mut sorted: Vec<(Print, SecretId)> =
            self.prints.iter().filter_map(|(id, (_, print))| Some(((*print)?, *id))).collect();
        sorted.sort_unstable();
        let alike = sorted.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
        Duplicates::new(alike.map(|same| same.iter().map(|(_, id)| *id).collect()))
    }
}

/// What a secret costs however small it is, in bytes opened.
const LEAST: usize = 4096;

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
