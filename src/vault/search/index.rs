//! [`Index`]: answers a query for a whole catalog while one types.
//!
//! At 100,000 names the fuzzy matcher alone takes 15 to 50 ms a key. So, in
//! order: what the last query left ([`Survivors`]), a 64-bit mask of the
//! characters of each name, one greedy pass that scores roughly, and the fuzzy
//! matcher only for the few hundred that can reach the screen. The order depends
//! on the query alone, never on what was typed before.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU64, Ordering};

use fuzzy_matcher::FuzzyMatcher;
use jiff::Timestamp;

use super::super::catalog::{Catalog, Symbol};
use super::score::{BEST, InScope, Name, Word, heads, is_subsequence, mask};
use super::{Query, matcher};

/// How many of the best the fuzzy matcher ranks.
const RANKED: usize = 256;
/// Scores of several words are added up to this.
const TOP_SCORE: u8 = BEST * 8;

/// Masks and lower-case names of one catalog. It belongs to the catalog as it
/// was: build it after the first frame, and anew after each [`Catalog::apply`].
pub struct Index {
    /// Tells one index from another.
    stamp: u64,
    /// Every name in lower case, end to end.
    names: Vec<u8>,
    /// Where each name ends.
    ends: Vec<u32>,
    /// The characters of each name.
    masks: Vec<u64>,
    /// The characters that start a part of each name.
    heads: Vec<u64>,
    /// The secrets of one scope stand together.
    runs: Vec<Run>,
}

/// The neighbours in the list that share a scope.
struct Run {
    /// The scope in lower case with a final slash; empty for the root.
    scope: Box<[u8]>,
    /// The scope as stored.
    symbol: Symbol,
    mask: u64,
    /// One past the last position.
    end: usize,
}

/// What a query found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matches {
    /// Positions in [`Catalog::listed`], best first. Without words what presses most comes
    /// first, where a term asks about a due date or an expiry; else it is the list's order.
    pub order: Vec<u32>,
    /// For the next key.
    pub survivors: Survivors,
}

/// What passed the words of a query; terms are asked anew each time, since
/// their answers change with the clock. Given to the next [`Index::filter`],
/// which ignores it when it does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survivors {
    stamp: u64,
    words: Vec<String>,
    positions: Vec<u32>,
}

impl Index {
    /// Reads a catalog.
    #[must_use]
    pub fn build(catalog: &Catalog) -> Self {
        static BUILT: AtomicU64 = AtomicU64::new(1);
        let listed = catalog.listed();
        let mut index = Self {
            stamp: BUILT.fetch_add(1, Ordering::Relaxed),
            names: Vec::with_capacity(listed.iter().map(|listed| listed.name.len()).sum()),
            ends: Vec::with_capacity(listed.len()),
            masks: Vec::with_capacity(listed.len()),
            heads: Vec::with_capacity(listed.len()),
            runs: Vec::new(),
        };
        for (position, secret) in listed.iter().enumerate() {
            let start = index.names.len();
            index.names.extend(secret.name.bytes().map(|byte| byte.to_ascii_lowercase()));
            let name = &index.names[start..];
            index.masks.push(mask(name));
            index.heads.push(heads(name));
            index.ends.push(narrow(index.names.len()));
            match index.runs.last_mut() {
                Some(run) if run.symbol == secret.scope => run.end = position + 1,
                _ => index.runs.push(Run::new(catalog, secret.scope, position + 1)),
            }
        }
        index
    }

    /// Number of secrets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when there are no secrets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every secret that matches `query` at `now`. `previous` is what the last
    /// query left, if any; it makes the answer quicker, never different.
    #[must_use]
    pub fn filter(&self, catalog: &Catalog, query: &Query, previous: Option<&Survivors>, now: Timestamp) -> Matches {
        let checks = query.checks(now);
        let words: Vec<Word<'_>> = query.words.iter().map(|word| Word::new(word)).collect();
        let previous = previous.filter(|previous| self.narrows(previous, query));
        let most = previous.map_or(self.len(), |previous| previous.positions.len());
        let mut pass =
            Pass { index: self, words: &words, found: Vec::with_capacity(most), scores: Vec::with_capacity(most) };
        match previous {
            Some(previous) => pass.walk(previous.positions.iter().map(|&position| position as usize)),
            None if words.is_empty() => pass.found = (0..narrow(self.len())).collect(),
            None => pass.walk(0..self.len()),
        }
        let Pass { found, scores, .. } = pass;
        let keep = self.keep(catalog, &checks, &found);
        let order = if words.is_empty() {
            pressing_first(
                catalog,
                query,
                found.iter().zip(keep).filter(|(_, kept)| *kept).map(|(at, _)| *at).collect(),
            )
        } else {
            rank(catalog, query, by_score(&found, &scores, &keep))
        };
        let survivors = if words.is_empty() {
            Survivors::default()
        } else {
            Survivors { stamp: self.stamp, words: query.words.clone(), positions: found }
        };
        Matches { order, survivors }
    }

    /// True when all that matches `query` is among the survivors: each old word
    /// is spelled out, in order, within a new one.
    fn narrows(&self, previous: &Survivors, query: &Query) -> bool {
        let spelled = |old: &String| query.words.iter().any(|new| is_subsequence(old.bytes(), new.bytes()));
        previous.stamp == self.stamp && !previous.words.is_empty() && previous.words.iter().all(spelled)
    }

    /// Which of `found` pass the terms; the scope is asked once a run.
    fn keep(&self, catalog: &Catalog, checks: &[super::Check<'_>], found: &[u32]) -> Vec<bool> {
        if checks.is_empty() {
            return vec![true; found.len()];
        }
        let mut runs = self.runs.iter();
        let (mut end, mut scope_passes) = (0, false);
        let passes = |&position: &u32| {
            let position = position as usize;
            while position >= end {
                let Some(run) = runs.next() else { return false };
                end = run.end;
                scope_passes = checks.iter().all(|check| check.scope_passes(catalog.text(run.symbol)));
            }
            let listed = catalog.listed().get(position).filter(|_| scope_passes);
            listed.is_some_and(|listed| checks.iter().all(|check| check.passes(catalog, listed)))
        };
        found.iter().map(passes).collect()
    }

    /// A name and its masks.
    fn name(&self, position: usize) -> Name<'_> {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let text = &self.names[start..self.ends[position] as usize];
        Name { text, mask: self.masks[position], heads: self.heads[position] }
    }
}

impl Run {
    /// A run that ends, so far, at `end`.
    fn new(catalog: &Catalog, symbol: Symbol, end: usize) -> Self {
        let mut scope = catalog.text(symbol).to_ascii_lowercase().into_bytes();
        if !scope.is_empty() {
            scope.push(b'/');
        }
        Self { mask: mask(&scope), scope: scope.into(), symbol, end }
    }
}

/// One greedy pass over names, in list order.
struct Pass<'a> {
    index: &'a Index,
    words: &'a [Word<'a>],
    found: Vec<u32>,
    scores: Vec<u8>,
}

impl Pass<'_> {
    /// Keeps the positions that match every word, with their scores.
    fn walk(&mut self, positions: impl Iterator<Item = usize>) {
        let wanted = self.words.iter().fold(0, |mask, word| mask | word.mask);
        let mut in_scope = vec![InScope::default(); self.words.len()];
        let mut runs = self.index.runs.iter();
        let (mut end, mut scope_mask) = (0, 0);
        for position in positions {
            while position >= end {
                let Some(run) = runs.next() else { return };
                (end, scope_mask) = (run.end, run.mask);
                if position < end {
                    for (scope, word) in in_scope.iter_mut().zip(self.words) {
                        *scope = word.in_scope(&run.scope);
                    }
                }
            }
            if (self.index.masks[position] | scope_mask) & wanted != wanted {
                continue;
            }
            let name = self.index.name(position);
            let mut scores = self.words.iter().zip(&in_scope).map(|(word, scope)| word.score(*scope, &name));
            if let Some(score) = scores.try_fold(0_u8, |sum, score| Some(sum.saturating_add(score?).min(TOP_SCORE))) {
                self.found.push(narrow(position));
                self.scores.push(score);
            }
        }
    }
}

/// The earliest date first, where the query is about one; in list order within a second.
fn pressing_first(catalog: &Catalog, query: &Query, order: Vec<u32>) -> Vec<u32> {
    let at = |&position: &u32| query.presses(catalog.listed().get(position as usize)?).map(|at| (at, position));
    let mut dated: Vec<(i64, u32)> = order.iter().map_while(at).collect();
    if dated.is_empty() {
        return order;
    }
    dated.sort_unstable();
    dated.into_iter().map(|(_, position)| position).collect()
}

/// The positions kept, best score first, in list order within a score.
fn by_score(found: &[u32], scores: &[u8], keep: &[bool]) -> Vec<u32> {
    let mut starts = [0_usize; TOP_SCORE as usize + 1];
    let kept = || found.iter().zip(scores).zip(keep).filter(|(_, keep)| **keep).map(|(pair, _)| pair);
    for (_, &score) in kept() {
        starts[usize::from(TOP_SCORE - score)] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += std::mem::replace(start, sum);
    }
    let mut order = vec![0; sum];
    for (&position, &score) in kept() {
        let slot = &mut starts[usize::from(TOP_SCORE - score)];
        order[*slot] = position;
        *slot += 1;
    }
    order
}

/// Puts the first few hundred in the fuzzy matcher's order; of two that are
/// alike the shorter address comes first.
fn rank(catalog: &Catalog, query: &Query, mut order: Vec<u32>) -> Vec<u32> {
    let matcher = matcher();
    let mut haystack = String::new();
    let best = order.len().min(RANKED);
    let mut ranked: Vec<(Reverse<i64>, usize, u32)> = order[..best]
        .iter()
        .filter_map(|&position| {
            let listed = catalog.listed().get(position as usize)?;
            haystack.clear();
            haystack.push_str(catalog.text(listed.scope));
            if !haystack.is_empty() {
                haystack.push('/');
            }
            haystack.push_str(&listed.name);
            let scores = query.words.iter().map(|word| matcher.fuzzy_match(&haystack, word).unwrap_or(0));
            Some((Reverse(scores.sum()), haystack.len(), position))
        })
        .collect();
    ranked.sort_unstable();
    for (slot, (_, _, position)) in order.iter_mut().zip(ranked) {
        *slot = position;
    }
    order
}

/// A position as the catalog counts them; it holds far fewer than 2^32.
fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
