//! The query line of `/` and `list QUERY`: bare words match fuzzily on
//! scope/name, terms such as `tag:db` or `due:<7d` narrow.
//!
//! A [`Query`] is read from text once; an [`Index`] answers it for a whole
//! catalog at every key press. Matching ignores case. A word in double quotes is
//! always text, even `"due"`.

mod complete;
mod facts;
mod index;
mod score;
mod terms;
mod vocabulary;

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;
use jiff::Timestamp;

use crate::error::Result;

use super::catalog::{Catalog, Listed};
use score::is_subsequence;
use terms::{Check, Term};

pub use complete::{complete, starts_like, tags};
pub use facts::{Alike, Fact, Facts};
pub use index::{Index, Matches, Survivors};
pub use terms::is_term;
pub use vocabulary::{TERMS, TermRow, readme_terms};

/// A query line that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// In lower case; each must match.
    words: Vec<String>,
    /// Each must hold.
    terms: Vec<Term>,
    /// What terms know beside the catalog.
    facts: Facts,
}

impl Query {
    /// Reads the line.
    ///
    /// # Errors
    /// Usage, for a term that is unknown or malformed, or whose duration cannot
    /// be reckoned from `now`; to be shown beside the input, over the old list.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self> {
        let mut query = Self::default();
        for token in text.split_whitespace() {
            if let Some(quoted) = token.strip_prefix('"') {
                query.add_word(quoted.strip_suffix('"').unwrap_or(quoted));
            } else if let Some(term) = Term::parse(token, now)? {
                query.terms.push(term);
            } else {
                query.add_word(token);
            }
        }
        Ok(query)
    }

    /// Adds a word, if there is anything in it.
    fn add_word(&mut self, word: &str) {
        if !word.is_empty() {
            self.words.push(word.to_ascii_lowercase());
        }
    }

    /// When that is, in Unix seconds, which the first term about a due date or an expiry
    /// asks of a secret; `None` without such a term.
    #[must_use]
    pub fn presses(&self, listed: &Listed) -> Option<i64> {
        self.terms.iter().find_map(Term::presses).map(|moment| moment.of(listed))
    }

    /// The same question, with what is known by now. Without the facts that a term asks
    /// for nothing matches it: whoever shows that says why, see [`Query::lacks`].
    #[must_use]
    pub fn knowing(self, facts: Facts) -> Self {
        Self { facts, ..self }
    }

    /// True when a term asks for `fact`.
    #[must_use]
    pub fn asks_for(&self, fact: Fact) -> bool {
        self.terms.iter().any(|term| term.asks_for() == Some(fact))
    }

    /// What a term asks for that is not among `facts`.
    #[must_use]
    pub fn lacks(&self, facts: &Facts) -> Option<Fact> {
        self.terms.iter().filter_map(Term::asks_for).find(|fact| !facts.have(*fact))
    }

    /// True when words say which match is the best; else they are all as good.
    #[must_use]
    pub fn ranks(&self) -> bool {
        !self.words.is_empty()
    }

    /// True when everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.terms.is_empty()
    }

    /// True when one secret matches; [`Query::select`] is faster for many.
    #[must_use]
    pub fn matches(&self, catalog: &Catalog, listed: &Listed, now: Timestamp) -> bool {
        self.passes(&self.checks(now), catalog, listed)
    }

    /// The positions in the catalog of all that match, in list order, without an index.
    #[must_use]
    pub fn select(&self, catalog: &Catalog, now: Timestamp) -> Vec<usize> {
        let checks = self.checks(now);
        let matching = |(_, listed): &(usize, &Listed)| self.passes(&checks, catalog, listed);
        catalog.listed().iter().enumerate().filter(matching).map(|(position, _)| position).collect()
    }

    /// Which characters of `haystack`, an address as shown, matched the words:
    /// sorted, nothing twice, as positions among its `chars()`.
    #[must_use]
    pub fn marks(&self, haystack: &str) -> Vec<usize> {
        if self.words.is_empty() {
            return Vec::new();
        }
        let matcher = matcher();
        let found = self.words.iter().filter_map(|word| matcher.fuzzy_indices(haystack, word));
        let mut marks: Vec<usize> = found.flat_map(|(_, indices)| indices).collect();
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// The terms as they stand at `now`.
    fn checks(&self, now: Timestamp) -> Vec<Check<'_>> {
        self.terms.iter().map(|term| term.check(now, &self.facts)).collect()
    }

    /// One secret against words and checks.
    fn passes(&self, checks: &[Check<'_>], catalog: &Catalog, listed: &Listed) -> bool {
        let scope = catalog.text(listed.scope);
        checks.iter().all(|check| check.scope_passes(scope) && check.passes(catalog, listed))
            && self.words.iter().all(|word| is_subsequence(word.bytes(), haystack(scope, &listed.name)))
    }
}

/// The address as shown, byte by byte in lower case.
fn haystack<'a>(scope: &'a str, name: &'a str) -> impl Iterator<Item = u8> + 'a {
    let separator = if scope.is_empty() { "" } else { "/" };
    [scope, separator, name].into_iter().flat_map(str::bytes).map(|byte| byte.to_ascii_lowercase())
}

/// The fuzzy matcher that decides ranks and marks.
fn matcher() -> SkimMatcherV2 {
    SkimMatcherV2::default().ignore_case()
}

#[cfg(test)]
mod tests;
