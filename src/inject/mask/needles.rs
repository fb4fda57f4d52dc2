//! [`Needles`]: everything that is looked for, made ready to be found in one walk.
//!
//! What is short is found by Aho-Corasick whole. Of what is long the automaton knows the
//! first bytes only, lest it grow to many times the values; where these turn up, the rest
//! is compared by Knuth-Morris-Pratt, which needs no memory until then.

use std::sync::OnceLock;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

use super::forms::{Form, SHORTEST};
use super::sieve::Sieve;

/// The longest that the automaton knows whole.
const WHOLE: usize = 192;
/// So many first bytes of what is longer it knows.
pub(super) const HEAD: usize = 32;
/// The sieves go on together, so many bytes at a time: where one is stopped by every byte, the
/// others must not look through all of the text each time.
const TOGETHER: usize = 512;
/// From these lengths on, needles get a sieve of their own: a longer one clears more at once.
const CLASSES: [usize; 3] = [16, 8, SHORTEST];

/// What the automaton knows.
struct Key {
    bytes: Zeroizing<Vec<u8>>,
    /// Bytes to mask when it is found; 0 for a mere head.
    length: usize,
    shown: usize,
    harmless: usize,
    /// The long ones that begin so.
    long: Vec<usize>,
}

/// A needle that the automaton does not know whole.
pub(super) struct Long {
    pub(super) form: Form,
    /// For each length, how much of an end is a beginning too.
    borders: OnceLock<Vec<u32>>,
}

/// Everything that is looked for.
pub(super) struct Needles {
    nfa: NFA,
    root: StateID,
    keys: Vec<Key>,
    long: Vec<Long>,
    sieves: Vec<Sieve>,
}

impl Needles {
    /// Makes `forms` ready.
    ///
    /// # Errors
    /// Failure, when they are too many for an automaton.
    pub(super) fn new(forms: impl Iterator<Item = Form>) -> Result<Self> {
        let (keys, long) = sorted(forms);
        let unbuilt = |_| Error::failure("The values are too many and too long to be masked.").hint("Use --no-mask.");
        let mut builder = NFA::builder();
        let builder = builder.match_kind(MatchKind::Standard).prefilter(false);
        let nfa = builder.build(keys.iter().map(|key| key.bytes.as_slice())).map_err(unbuilt)?;
        let root = nfa.start_state(Anchored::No).map_err(|_| Error::failure("The masking automaton has no start."))?;
        let mut sieves = Vec::new();
        for (class, &least) in CLASSES.iter().enumerate() {
            let most = class.checked_sub(1).map_or(usize::MAX, |above| CLASSES[above]);
            let of_class = keys.iter().map(|key| key.bytes.as_slice()).filter(|key| (least..most).contains(&key.len()));
            if let Some(length) = of_class.clone().map(<[u8]>::len).min() {
                sieves.push(Sieve::new(of_class, length.min(2 * CLASSES[0])));
            }
        }
        Ok(Self { nfa, root, keys, long, sieves })
    }

    /// True when there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The state in which nothing has begun.
    pub(super) fn root(&self) -> StateID {
        self.root
    }

    /// The state after one more byte.
    pub(super) fn step(&self, state: StateID, byte: u8) -> StateID {
        self.nfa.next_state(Anchored::No, state, byte)
    }

    /// What ends in `state`: calls `found` with the length and the shown beginning of the
    /// longest, and `begun` with each long one whose head is complete.
    pub(super) fn ended(&self, state: StateID, found: impl FnOnce(usize, usize), mut begun: impl FnMut(usize)) {
        if !self.nfa.is_special(state) || !self.nfa.is_match(state) {
            return;
        }
        let keys = (0..self.nfa.match_len(state)).map(|at| &self.keys[self.nfa.match_pattern(state, at).as_usize()]);
        let mut longest: Option<&Key> = None;
        for key in keys {
            key.long.iter().copied().for_each(&mut begun);
            if key.length > longest.map_or(0, |longest| longest.length) {
                longest = Some(key);
            }
        }
        if let Some(key) = longest {
            found(key.length, key.shown);
        }
    }

    /// The needle that the automaton does not know whole.
    pub(super) fn long(&self, at: usize) -> &Long {
        &self.long[at]
    }

    /// The first place from `from` on at which something may begin.
    pub(super) fn next(&self, hay: &[u8], from: usize) -> usize {
        let mut at = from;
        loop {
            let until = at + TOGETHER;
            let cleared = self.sieves.iter().map(|sieve| sieve.next(hay, at, until)).min().unwrap_or(hay.len());
            if cleared < until {
                return cleared.min(hay.len());
            }
            at = cleared;
        }
    }

    /// True when `end` is the beginning of something the automaton knows, but not all of it.
    pub(super) fn is_beginning(&self, end: &[u8]) -> bool {
        let Ok(mut state) = self.nfa.start_state(Anchored::Yes) else { return false };
        for &byte in end {
            state = self.nfa.next_state(Anchored::Yes, state, byte);
            if self.nfa.is_dead(state) {
                return false;
            }
        }
        true
    }

    /// How far `text`, of which nothing more comes for now, may be shown without giving
    /// away more than `free` bytes of something that has begun in it.
    pub(super) fn showable(&self, text: &[u8], free: usize) -> usize {
        let mut showable = text.len();
        for key in &self.keys {
            for length in 1..key.bytes.len().min(text.len() + 1) {
                if text.ends_with(&key.bytes[..length]) {
                    showable = showable.min(text.len() - length + free + key.harmless);
                }
            }
        }
        showable
    }
}

/// The keys for the automaton, none twice, and the long ones.
fn sorted(forms: impl Iterator<Item = Form>) -> (Vec<Key>, Vec<Long>) {
    fn key(form: &Form) -> &[u8] {
        if form.bytes.len() > WHOLE { &form.bytes[..HEAD] } else { &form.bytes }
    }
    let mut forms: Vec<Form> = forms.collect();
    forms.sort_unstable_by(|a, b| key(a).cmp(key(b)).then_with(|| a.bytes.cmp(&b.bytes)));
    let (mut keys, mut long): (Vec<Key>, Vec<Long>) = (Vec::new(), Vec::new());
    for form in forms {
        if keys.last().is_none_or(|last| last.bytes.as_slice() != key(&form)) {
            let bytes = Zeroizing::new(key(&form).to_vec());
            keys.push(Key { bytes, length: 0, shown: 0, harmless: form.harmless, long: Vec::new() });
        }
        let Some(last) = keys.last_mut() else { continue };
        last.harmless = last.harmless.min(form.harmless);
        if form.bytes.len() <= WHOLE {
            last.length = form.bytes.len();
            last.shown = last.shown.max(form.shown);
        } else if last.long.last().is_none_or(|&before| long[before].form.bytes != form.bytes) {
            last.long.push(long.len());
            long.push(Long { form, borders: OnceLock::new() });
        }
    }
    (keys, long)
}

impl Long {
    /// How many bytes fit after `byte`, when `fitting` did before.
    pub(super) fn step(&self, mut fitting: usize, byte: u8) -> usize {
        let bytes = self.form.bytes.as_slice();
        let borders = self.borders.get_or_init(|| borders(bytes));
        while fitting > 0 && bytes.get(fitting) != Some(&byte) {
            fitting = borders[fitting - 1] as usize;
        }
        if bytes.get(fitting) == Some(&byte) { fitting + 1 } else { 0 }
    }
}

/// For each length of a beginning, the longest shorter beginning with which it ends.
fn borders(bytes: &[u8]) -> Vec<u32> {
    let mut borders = vec![0_u32; bytes.len()];
    let mut fitting = 0;
    for at in 1..bytes.len() {
        while fitting > 0 && bytes[fitting] != bytes[at] {
            fitting = borders[fitting - 1] as usize;
        }
        if bytes[fitting] == bytes[at] {
            fitting += 1;
        }
        borders[at] = u32::try_from(fitting).unwrap_or(0);
    }
    borders
}
