//! [`Mentions`]: which secrets are named within the values of others, so that whoever
//! rotates one knows what is built from it, and within their recipes, which need it to run.
//!
//! How a reference is written is not known in here: the caller gives a function that reads
//! the bytes of one field and gives the names in it. It is a plain function, which can
//! keep nothing, and names are all that it can give back; so no value leaves. That is why it is
//! not audited, as [`super::duplicates`] is not.

use std::collections::HashMap;

use crate::error::Result;

use super::Vault;
use super::catalog::{CatalogChange, QuickHash};
use super::scope::ScopePath;
use super::secret::{SecretId, SecretName};
use super::value_walk::ValueWalk;

/// A secret that a value names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mention {
    /// The scope to look in first, where a full address is written; else the scope of the
    /// secret that holds the value.
    pub scope: Option<ScopePath>,
    /// What it is called.
    pub name: SecretName,
}

/// Gives the secrets that the bytes of one field name.
pub type ReadMentions = fn(&[u8]) -> Vec<Mention>;

/// What the current values of the living secrets name, and what their recipes do: each once
/// for each secret, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    values: Named,
    recipes: Named,
}

type Named = HashMap<SecretId, Vec<Mention>, QuickHash>;

impl Mentions {
    /// Those whose values name any.
    pub fn iter(&self) -> impl Iterator<Item = (SecretId, &[Mention])> {
        self.values.iter().map(|(id, mentions)| (*id, mentions.as_slice()))
    }

    /// What the value of one names.
    #[must_use]
    pub fn of(&self, secret: SecretId) -> &[Mention] {
        self.values.get(&secret).map(Vec::as_slice).unwrap_or_default()
    }

    /// What the recipe of one names.
    #[must_use]
    pub fn in_recipe(&self, secret: SecretId) -> &[Mention] {
        self.recipes.get(&secret).map(Vec::as_slice).unwrap_or_default()
    }

    /// True when neither a value nor a recipe names a secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.recipes.is_empty()
    }
}

/// Of values.
impl FromIterator<(SecretId, Vec<Mention>)> for Mentions {
    fn from_iter<I: IntoIterator<Item = (SecretId, Vec<Mention>)>>(named: I) -> Self {
        Self { values: named.into_iter().collect(), recipes: Named::default() }
    }
}

/// A search that goes on in slices, and again after changes.
pub struct MentionSearch {
    read: ReadMentions,
    read_recipe: ReadMentions,
    walk: ValueWalk<Read>,
}

/// What one secret names.
struct Read {
    in_values: Box<[Mention]>,
    in_recipe: Box<[Mention]>,
}

impl MentionSearch {
    /// A search that has seen nothing.
    #[must_use]
    pub fn new(read: ReadMentions, read_recipe: ReadMentions) -> Self {
        Self { read, read_recipe, walk: ValueWalk::with_metadata() }
    }

    /// Takes in what was changed meanwhile; true when the search has to go on for it.
    pub fn note(&mut self, change: &CatalogChange) -> bool {
        self.walk.note(change)
    }
}

impl Vault {
    /// What the current value and the recipe of every living secret name.
    ///
    /// # Errors
    /// Damaged, when a row or a value was altered, removed or put back.
    pub fn mentions(&mut self, read: ReadMentions, read_recipe: ReadMentions) -> Result<Mentions> {
        let mut search = MentionSearch::new(read, read_recipe);
        loop {
            if let Some(found) = self.find_mentions(&mut search, usize::MAX)? {
                return Ok(found);
            }
        }
    }

    /// Goes on with a search until about `most` bytes of values were opened, so that other
    /// work can come between; what was found comes with the last of them.
    ///
    /// # Errors
    /// As [`Self::mentions`].
    pub fn find_mentions(&mut self, search: &mut MentionSearch, most: usize) -> Result<Option<Mentions>> {
        let MentionSearch { read, read_recipe, walk } = search;
        let done = self.view(|view| {
            walk.step(view, most, |secret, fields| {
                let in_values = fields.iter().flat_map(|(_, value)| read(value.expose())).collect();
                let recipe = secret.metadata.recipe.iter();
                let in_recipe = recipe.flat_map(|text| read_recipe(text.as_bytes())).collect();
                Read { in_values: sorted(in_values), in_recipe: sorted(in_recipe) }
            })
        })?;
        let named = |of: fn(&Read) -> &[Mention]| {
            let found = walk.each().map(|(id, found)| (id, of(found)));
            found.filter(|(_, found)| !found.is_empty()).map(|(id, found)| (id, found.to_vec())).collect()
        };
        Ok(done.then(|| Mentions { values: named(|read| &read.in_values), recipes: named(|read| &read.in_recipe) }))
    }
}

/// Each once.
fn sorted(mut found: Vec<Mention>) -> Box<[Mention]> {
    found.sort_unstable();
    found.dedup();
    found.into_boxed_slice()
}
