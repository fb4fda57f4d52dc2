//! [`Masker`]: takes the values out of what a program writes, as it streams by.
//!
//! Every byte of every occurrence of every form of a value (see `forms`) is masked; what
//! overlaps or touches is one stretch with one mask, `****...****`, behind the well-known
//! beginning of a long key (`sk-****...****`). What comes out does not depend on how the
//! text was cut into chunks: held back are only the last bytes that could be the beginning
//! of a value, until more comes.
//!
//! Where nothing more comes for a moment, [`Masker::pause`] shows of what is held so much
//! that at most three bytes of any value are seen (besides what says nothing of it, like
//! `https://`): a prompt that ends as some value begins would else wait for ever. A program
//! that writes a value byte by byte with pauses thus shows its first three bytes, no more.
//!
//! A limit: the automaton that looks for the values holds them in memory that is not
//! wiped. It lives in a process whose memory only root can read, and ends with it. What is
//! held back, and the forms themselves, are wiped.

mod forms;
mod needles;
mod public;
mod sieve;
mod stretches;

use aho_corasick::automaton::StateID;
use zeroize::Zeroizing;

use crate::error::Result;
use crate::secret_text::SecretText;

use forms::SHORTEST;
use needles::{HEAD, Needles};
use stretches::Stretches;

/// Bytes that are read at once; few for a fuzzer, so that it is often at their borders.
pub const CHUNK: usize = if cfg!(fuzzing) { 64 } else { 128 * 1024 };
/// So many of a value's first bytes may be seen while its program pauses.
const FREE: usize = SHORTEST - 1;

/// True when a value is too short to be masked: its bytes are everywhere.
#[must_use]
pub fn is_too_short(value: &SecretText) -> bool {
    forms::forms(value.expose()).is_empty()
}

/// What is looked for, to be shared by the streams of one program.
pub struct Secrets(Needles);

impl Secrets {
    /// Makes ready to look for `values`.
    ///
    /// # Errors
    /// Failure, when they are too many.
    pub fn new<'a>(values: impl Iterator<Item = &'a SecretText>) -> Result<Self> {
        Needles::new(values.flat_map(|value| forms::forms(value.expose()))).map(Self)
    }

    /// True when there is nothing to mask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A long needle of which the first bytes were met.
struct Begun {
    needle: usize,
    fitting: usize,
}

/// One stream on its way.
pub struct Masker<'a> {
    needles: &'a Needles,
    /// From the first byte that may still become part of a stretch.
    buffer: Zeroizing<Vec<u8>>,
    /// So many bytes of the buffer are text.
    filled: usize,
    /// So many of them have been given out.
    sent: usize,
    state: StateID,
    /// Where the automaton was last in its root.
    root_at: usize,
    begun: Vec<Begun>,
    stretches: Stretches,
    masked: Vec<u8>,
}

impl<'a> Masker<'a> {
    /// A stream that has not begun.
    #[must_use]
    pub fn new(secrets: &'a Secrets) -> Self {
        Self {
            needles: &secrets.0,
            buffer: Zeroizing::new(Vec::new()),
            filled: 0,
            sent: 0,
            state: secrets.0.root(),
            root_at: 0,
            begun: Vec::new(),
            stretches: Stretches::default(),
            masked: Vec::new(),
        }
    }

    /// Where the next bytes of the stream go; then call [`Self::take`].
    pub fn room(&mut self) -> &mut [u8] {
        if self.buffer.len() - self.filled < CHUNK {
            let mut larger = Zeroizing::new(vec![0; (self.filled + CHUNK).next_power_of_two() + CHUNK]);
            larger[..self.filled].copy_from_slice(&self.buffer[..self.filled]);
            self.buffer = larger;
        }
        &mut self.buffer[self.filled..self.filled + CHUNK]
    }

    /// The first `count` bytes of the room are the stream's next; what may go on goes to `out`.
    pub fn take(&mut self, count: usize, out: &mut impl FnMut(&[u8])) {
        let from = self.filled;
        self.filled += count;
        self.scan(from);
        let held_from = self.held_from();
        self.send(held_from, out);
        self.forget(held_from);
    }

    /// True when something is held back that [`Self::pause`] may give out.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.sent < self.filled
    }

    /// Nothing has come for a while: gives out what is harmless of what is held.
    pub fn pause(&mut self, out: &mut impl FnMut(&[u8])) {
        let text = &self.buffer[..self.filled];
        let mut showable = self.needles.showable(text, FREE);
        for begun in &self.begun {
            let harmless = self.needles.long(begun.needle).form.harmless;
            showable = showable.min((self.filled - begun.fitting.min(self.filled)).saturating_add(FREE + harmless));
        }
        self.send(showable, out);
    }

    /// The stream has ended: gives out the rest.
    pub fn finish(&mut self, out: &mut impl FnMut(&[u8])) {
        self.send(self.filled, out);
        self.forget(self.filled);
    }

    /// Finds what ends in the buffer from `at` on.
    fn scan(&mut self, mut at: usize) {
        while at < self.filled {
            if self.state == self.needles.root() && self.begun.is_empty() {
                at = self.needles.next(&self.buffer[..self.filled], at);
                self.root_at = at;
            }
            at = self.walk(at);
        }
    }

    /// Goes byte by byte until nothing is begun any more; gives the place.
    fn walk(&mut self, mut at: usize) -> usize {
        while at < self.filled {
            let byte = self.buffer[at];
            at += 1;
            self.state = self.needles.step(self.state, byte);
            if !self.begun.is_empty() {
                self.walk_long(byte, at);
            }
            let (stretches, begun) = (&mut self.stretches, &mut self.begun);
            self.needles.ended(
                self.state,
                |length, shown| stretches.add(at - length.min(at), at, shown),
                |needle| {
                    if !begun.iter().any(|begun| begun.needle == needle) {
                        begun.push(Begun { needle, fitting: HEAD });
                    }
                },
            );
            if self.state == self.needles.root() {
                self.root_at = at;
                if self.begun.is_empty() {
                    break;
                }
            }
        }
        at
    }

    /// One more byte for every long needle that has begun.
    fn walk_long(&mut self, byte: u8, at: usize) {
        let (needles, stretches) = (self.needles, &mut self.stretches);
        self.begun.retain_mut(|begun| {
            let long = needles.long(begun.needle);
            begun.fitting = long.step(begun.fitting, byte);
            let length = long.form.bytes.len();
            if begun.fitting == length {
                stretches.add(at - length.min(at), at, long.form.shown);
            }
            begun.fitting >= HEAD
        });
    }

    /// The first place from which the text may still become part of a stretch.
    fn held_from(&self) -> usize {
        let text = &self.buffer[..self.filled];
        let short = (self.root_at..self.filled).find(|&start| self.needles.is_beginning(&text[start..]));
        let long = self.begun.iter().map(|begun| self.filled - begun.fitting.min(self.filled)).min();
        short.unwrap_or(self.filled).min(long.unwrap_or(self.filled))
    }

    /// Gives out the text before `to`, masked.
    fn send(&mut self, to: usize, out: &mut impl FnMut(&[u8])) {
        if to <= self.sent {
            return;
        }
        if self.stretches.is_empty() {
            out(&self.buffer[self.sent..to]);
        } else {
            self.masked.clear();
            self.stretches.write(&self.buffer, self.sent, to, &mut self.masked);
            if !self.masked.is_empty() {
                out(&self.masked);
            }
        }
        self.sent = to;
    }

    /// Lets go of the text before `to`, which has been given out.
    fn forget(&mut self, to: usize) {
        self.buffer.copy_within(to..self.filled, 0);
        self.stretches.shift(to);
        self.filled -= to;
        self.sent = self.sent.saturating_sub(to);
        self.root_at = self.root_at.saturating_sub(to);
    }
}

#[cfg(test)]
#[path = "mask/tests.rs"]
mod tests;
