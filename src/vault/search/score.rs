//! [`Word`]: one word of a query against one name, in a few nanoseconds.
//!
//! Called by the index for every secret that a character mask lets through. The
//! score is rough on purpose: it only sorts out which few hundred secrets the
//! fuzzy matcher shall rank. What a scope contributes is reckoned once for all
//! its secrets ([`InScope`]).

/// Best score of one word.
pub(super) const BEST: u8 = 16;

/// One bit a character, by which most names are ruled out unread.
pub(super) fn mask(text: &[u8]) -> u64 {
    text.iter().fold(0, |mask, &byte| mask | bit(byte))
}

/// The bit of a lower-case byte; everything that no name contains shares one.
pub(super) fn bit(byte: u8) -> u64 {
    let position = match byte {
        b'a'..=b'z' => byte - b'a',
        b'0'..=b'9' => byte - b'0' + 26,
        b'_' => 36,
        b'-' => 37,
        b'.' => 38,
        b'/' => 39,
        b'~' => 40,
        _ => 63,
    };
    1 << position
}

/// The bits of the characters that start a part of `text`.
pub(super) fn heads(text: &[u8]) -> u64 {
    (0..text.len()).filter(|&at| is_head(text, at)).fold(0, |mask, at| mask | bit(text[at]))
}

/// True at the start and behind a separator.
fn is_head(text: &[u8], at: usize) -> bool {
    at == 0 || matches!(text[at - 1], b'/' | b'_' | b'-' | b'.' | b'~')
}

/// True when the bytes of `word` occur in `text` in their order.
pub(super) fn is_subsequence(word: impl Iterator<Item = u8>, text: impl Iterator<Item = u8>) -> bool {
    let mut text = text;
    let mut word = word;
    word.all(|wanted| text.any(|byte| byte == wanted))
}

/// `starts_with` for a few bytes, without the call that comparing slices makes.
#[inline]
fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.len() >= start.len() && start.iter().zip(text).all(|(left, right)| left == right)
}

/// A name and the masks of its characters.
pub(super) struct Name<'a> {
    pub(super) text: &'a [u8],
    pub(super) mask: u64,
    pub(super) heads: u64,
}

/// A word of the query, in lower case and not empty.
pub(super) struct Word<'a> {
    text: &'a [u8],
    pub(super) mask: u64,
}

/// What a scope and its slash contribute to a word.
#[derive(Default, Clone, Copy)]
pub(super) struct InScope {
    /// How much of the word's start occurs in order.
    consumed: usize,
    /// How much of the word's start the scope ends with, up to a slash.
    tail: usize,
    /// The score when the whole word stands in the scope, else 0.
    whole: u8,
}

impl<'a> Word<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), mask: mask(text.as_bytes()) }
    }

    /// Looks at a scope, given in lower case with its final slash, or empty.
    pub(super) fn in_scope(&self, scope: &[u8]) -> InScope {
        let mut consumed = 0;
        for byte in scope {
            consumed += usize::from(self.text.get(consumed) == Some(byte));
        }
        let slashes = (0..self.text.len()).filter(|&at| self.text[at] == b'/');
        let tail = slashes.map(|at| at + 1).filter(|&end| scope.ends_with(&self.text[..end])).max().unwrap_or(0);
        let whole = match self.stands_in(scope) {
            Some(true) => 8,
            Some(false) => 6,
            None => 0,
        };
        InScope { consumed, tail, whole }
    }

    /// How well the word fits `scope` and `name` together; `None` when it does not.
    pub(super) fn score(&self, scope: InScope, name: &Name<'_>) -> Option<u8> {
        let [first] = *self.text else { return self.score_many(scope, name) };
        Some(match bit(first) {
            _ if name.text.first() == Some(&first) => BEST,
            bit if name.heads & bit != 0 => 13,
            bit if name.mask & bit != 0 => 10,
            _ if scope.whole > 0 => scope.whole,
            _ => return None,
        })
    }

    /// [`Word::score`] for two characters and more.
    fn score_many(&self, scope: InScope, name: &Name<'_>) -> Option<u8> {
        if scope.tail > 0 && starts_with(name.text, &self.text[scope.tail..]) {
            return Some(BEST);
        }
        let in_name = if name.mask & self.mask == self.mask { self.stands_in(name.text) } else { None };
        match in_name {
            Some(_) if starts_with(name.text, self.text) => Some(BEST),
            Some(true) => Some(13),
            Some(false) => Some(10),
            None if scope.whole > 0 => Some(scope.whole),
            None => {
                let rest = &self.text[scope.consumed..];
                is_subsequence(rest.iter().copied(), name.text.iter().copied())
                    .then_some(if starts_with(name.text, rest) { 5 } else { 3 })
            }
        }
    }

    /// Where the whole word stands in `text`: at the start of a part, inside
    /// one, or nowhere.
    fn stands_in(&self, text: &[u8]) -> Option<bool> {
        let (&first, rest) = self.text.split_first()?;
        let mut inside = None;
        for at in 0..(text.len() + 1).saturating_sub(self.text.len()) {
            if text[at] == first && starts_with(&text[at + 1..], rest) {
                if is_head(text, at) {
                    return Some(true);
                }
                inside = Some(false);
            }
        }
        inside
    }
}
