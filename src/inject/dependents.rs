//! [`Dependents`]: which secrets are built from which: a value may name others by
//! `{{secrets.NAME}}` or `$secret.NAME`, as a text to be rendered does. A recipe may name others
//! too: nothing is built from those, but its steps need them.
//!
//! A bare name is looked for in the scope of the secret that holds it, then outwards; a full
//! address from its own scope outwards. The scanner of [`super::template`] reads the values
//! within the vault, which gives out names alone.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::error::Result;
use crate::vault::Vault;
use crate::vault::catalog::Catalog;
use crate::vault::mentions::{Mention, Mentions, ReadMentions};
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::SecretId;

use super::reference::Subject;
use super::template::Template;

/// The secrets that the bytes of a field name; a reference that cannot be read names none.
#[must_use]
pub fn mentioned(value: &[u8]) -> Vec<Mention> {
    let subjects = Template::references_in(value).into_iter().map(|reference| reference.subject);
    subjects
        .filter_map(|subject| match subject {
            Subject::Secret { scope, name, .. } => Some(Mention { scope, name }),
            Subject::Variable(_) => None,
        })
        .collect()
}

/// What the current values of the living secrets refer to, and where that leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependents {
    /// What each is built from.
    sources: HashMap<SecretId, Vec<SecretId>>,
    /// What is built from each.
    built: HashMap<SecretId, Vec<SecretId>>,
    /// Whose recipes name each.
    recipes: HashMap<SecretId, Vec<SecretId>>,
    /// What each refers to that is not there.
    missing: HashMap<SecretId, Vec<Mention>>,
}

/// A secret that is built from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependent {
    /// Which one.
    pub secret: SecretId,
    /// The one whose value names the other, when that is not it itself.
    pub through: Option<SecretId>,
}

impl Dependents {
    /// Looks up what the values name.
    #[must_use]
    pub fn new(catalog: &Catalog, mentions: &Mentions) -> Self {
        let mut dependents = Self::default();
        if mentions.is_empty() {
            return dependents;
        }
        let known: HashMap<(&str, &str), SecretId> =
            catalog.listed().iter().map(|listed| ((catalog.text(listed.scope), &*listed.name), listed.id)).collect();
        // In list order, so that what is found is in it too.
        for listed in catalog.listed() {
            let find = |mention: &Mention| {
                let scope = match &mention.scope {
                    Some(scope) => Some(scope.clone()),
                    None => catalog.text(listed.scope).parse::<ScopePath>().ok(),
                };
                let named = |scope: ScopePath| known.get(&(scope.as_stored(), mention.name.as_str())).copied();
                scope.and_then(|scope| scope.chain().find_map(named))
            };
            for mention in mentions.of(listed.id) {
                dependents.add(listed.id, mention, find(mention));
            }
            for source in mentions.in_recipe(listed.id).iter().filter_map(find) {
                let holders = dependents.recipes.entry(source).or_default();
                if source != listed.id && !holders.contains(&listed.id) {
                    holders.push(listed.id);
                }
            }
        }
        dependents
    }

    fn add(&mut self, holder: SecretId, mention: &Mention, found: Option<SecretId>) {
        let Some(source) = found else { return self.missing.entry(holder).or_default().push(mention.clone()) };
        let sources = self.sources.entry(holder).or_default();
        if source != holder && !sources.contains(&source) {
            sources.push(source);
            self.built.entry(source).or_default().push(holder);
        }
    }

    /// What is built from a secret: what names it first, then what names that, each once.
    #[must_use]
    pub fn of(&self, secret: SecretId) -> Vec<Dependent> {
        let (mut seen, mut waiting) = (HashSet::from([secret]), VecDeque::from([secret]));
        let mut found = Vec::new();
        while let Some(source) = waiting.pop_front() {
            for holder in self.built.get(&source).map(Vec::as_slice).unwrap_or_default() {
                if seen.insert(*holder) {
                    found.push(Dependent { secret: *holder, through: Some(source).filter(|source| *source != secret) });
                    waiting.push_back(*holder);
                }
            }
        }
        found
    }

    /// The secrets whose recipes name one: their steps are given its value.
    #[must_use]
    pub fn recipes(&self, secret: SecretId) -> &[SecretId] {
        self.recipes.get(&secret).map(Vec::as_slice).unwrap_or_default()
    }

    /// The secrets that the value of one names.
    #[must_use]
    pub fn sources(&self, secret: SecretId) -> &[SecretId] {
        self.sources.get(&secret).map(Vec::as_slice).unwrap_or_default()
    }

    /// What the value of one names that is not there, as a full address or a bare name.
    pub fn missing(&self, secret: SecretId) -> impl Iterator<Item = String> {
        let missing = self.missing.get(&secret).map(Vec::as_slice).unwrap_or_default();
        missing.iter().map(|mention| match &mention.scope {
            Some(scope) => Address { scope: scope.clone(), name: mention.name.clone() }.to_string(),
            None => mention.name.to_string(),
        })
    }
}

/// Opens every current value within the vault and tells which is built from which, and whose
/// recipes, read by `read_recipe`, name which.
///
/// # Errors
/// Damaged, when a row or a value was altered, removed or put back.
pub fn dependents(vault: &mut Vault, catalog: &Catalog, read_recipe: ReadMentions) -> Result<Dependents> {
    Ok(Dependents::new(catalog, &vault.mentions(mentioned, read_recipe)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &str) -> Vec<String> {
        let told = |mention: Mention| match mention.scope {
            Some(scope) => format!("{scope}:{}", mention.name),
            None => mention.name.to_string(),
        };
        mentioned(value.as_bytes()).into_iter().map(told).collect()
    }

    #[test]
    fn every_way_to_write_a_reference_is_read() {
        for (value, found) in [
            ("hunter2", &[][..]),
            ("postgres://app:{{secrets.DB_PASSWORD | url}}@db/app", &["DB_PASSWORD"]),
            ("{{ secrets.prod/pay/KEY@3#user }} and $secret.OTHER.", &["prod/pay:KEY", "OTHER"]),
            ("$env.HOME {{ .Values.secret }} ${{ secrets.GITHUB }} \\{{secrets.X}} $$secret.Y", &[]),
            ("{{secrets.A B}} {{secrets.C|nofilter}} {{secrets.D}}", &["D"]),
            ("{{secrets.", &[]),
            ("{{secrets.A}} {{secrets.B", &["A"]),
        ] {
            assert_eq!(names(value), found, "{value}");
        }
        assert_eq!(mentioned(b"\xff\0{{secrets.A}}\xfe").len(), 1, "bytes that are no text");
    }

    #[test]
    fn a_value_of_unclosed_references_takes_no_time() {
        let value = "{{secrets.".repeat(100_000);
        let begun = std::time::Instant::now();
        assert_eq!(mentioned(value.as_bytes()), []);
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}
