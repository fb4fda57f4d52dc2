//! [`ValueWalk`]: the current value of every living secret looked at once, in slices, and
//! again after changes. What is kept of a value is what the caller makes of it in here.

use std::collections::HashMap;

use crate::error::{Kind, Result};
use crate::store::BUCKETS;

use super::catalog::{CatalogChange, QuickHash};
use super::secret::{Fields, Secret, SecretId};
use super::view::View;

/// What a secret costs however small it is, in bytes opened.
pub(super) const LEAST: usize = 4096;

/// How far it has come, and what is known of each.
pub(super) struct ValueWalk<T> {
    /// What is made of a value is made of the metadata too: each change of a secret counts.
    with_metadata: bool,
    /// Of each live secret, the version that was looked at and what was made of it.
    known: HashMap<SecretId, (u64, T), QuickHash>,
    /// The next bucket to take secrets from.
    bucket: usize,
    waiting: Vec<SecretId>,
}

impl<T> Default for ValueWalk<T> {
    fn default() -> Self {
        Self { with_metadata: false, known: HashMap::default(), bucket: 0, waiting: Vec::new() }
    }
}

impl<T> ValueWalk<T> {
    /// One that looks at the metadata as well.
    pub(super) fn with_metadata() -> Self {
        Self { with_metadata: true, ..Self::default() }
    }

    /// What was made of each value.
    pub(super) fn each(&self) -> impl Iterator<Item = (SecretId, &T)> {
        self.known.iter().map(|(id, (_, made))| (*id, made))
    }

    /// What was made of this version, if it is the one that was looked at.
    pub(super) fn of(&self, id: SecretId, version: u64) -> Option<&T> {
        self.known.get(&id).filter(|(known, _)| *known == version).map(|(_, made)| made)
    }

    /// Takes in what was changed meanwhile; true when the walk has to go on for it.
    pub(super) fn note(&mut self, change: &CatalogChange) -> bool {
        let before = (self.waiting.len(), self.known.len());
        for secret in &change.upserted {
            let is_known = self.known.get(&secret.id).is_some_and(|(version, _)| *version == secret.version);
            if self.with_metadata || !is_known {
                self.waiting.push(secret.id);
            }
        }
        for id in &change.removed {
            self.known.remove(id);
        }
        before != (self.waiting.len(), self.known.len())
    }

    /// Opens values until so many bytes were opened or none is left; true for the latter.
    pub(super) fn step(&mut self, view: &View<'_>, most: usize, make: impl Fn(&Secret, &Fields) -> T) -> Result<bool> {
        let mut opened = 0;
        while opened < most {
            if let Some(id) = self.waiting.pop() {
                opened += LEAST + self.look(view, id, &make)?;
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
    fn look(&mut self, view: &View<'_>, id: SecretId, make: impl Fn(&Secret, &Fields) -> T) -> Result<usize> {
        let secret = match view.by_id(id) {
            Ok((_, secret)) if secret.deleted_at.is_none() => secret,
            Err(error) if error.kind() != Kind::NotFound => return Err(error),
            _ => {
                self.known.remove(&id);
                return Ok(0);
            }
        };
        if !self.with_metadata && self.known.get(&id).is_some_and(|(version, _)| *version == secret.version) {
            return Ok(0);
        }
        let fields = view.fields(&view.version_row(&secret, secret.version)?)?;
        self.known.insert(id, (secret.version, make(&secret, &fields)));
        Ok(fields.bytes())
    }
}
