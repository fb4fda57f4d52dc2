//! [`SecretText`]: bytes that are wiped when dropped and that nothing prints.
//!
//! It has no `Debug`, `Display`, `Clone` or `Serialize`, so that a secret can
//! reach a log, an error or a copy only through a visible [`SecretText::expose`].

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Secret bytes, of any content; wiped on drop and on every growth.
#[derive(Default)]
pub struct SecretText(Vec<u8>);

impl SecretText {
    /// An empty secret.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty secret with room for `bytes` before it must grow.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A secret holding a copy of `bytes`; the caller wipes its own.
    #[must_use]
    pub fn copied_from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes, for as long as the borrow lasts.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, when they are UTF-8.
    #[must_use]
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// A second copy, on purpose.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::copied_from(&self.0)
    }

    /// Appends `bytes`; growth copies into a new buffer and wipes the old one. The new one
    /// has room for as much again: what comes a byte at a time is not copied for each.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut next = Vec::with_capacity((self.0.len() + bytes.len()).max(2 * self.0.capacity()));
            next.extend_from_slice(&self.0);
            std::mem::replace(&mut self.0, next).zeroize();
        }
        self.0.extend_from_slice(bytes);
    }

    /// Replaces the bytes in `range` (clamped to the length) with `bytes`,
    /// leaving nothing behind in memory that was outgrown or cut off.
    pub fn replace_range(&mut self, range: std::ops::Range<usize>, bytes: &[u8]) {
        let start = range.start.min(self.0.len());
        let end = range.end.clamp(start, self.0.len());
        let length = self.0.len() - (end - start) + bytes.len();
        let mut next = Vec::with_capacity(length.max(self.0.capacity()));
        next.extend_from_slice(&self.0[..start]);
        next.extend_from_slice(bytes);
        next.extend_from_slice(&self.0[end..]);
        std::mem::replace(&mut self.0, next).zeroize();
    }

    /// Shortens to `length` bytes and wipes the rest.
    pub fn truncate(&mut self, length: usize) {
        if let Some(tail) = self.0.get_mut(length..) {
            tail.zeroize();
            self.0.truncate(length);
        }
    }

    /// Wipes and empties.
    pub fn clear(&mut self) {
        self.0.zeroize();
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes the buffer over without copying it.
impl From<Vec<u8>> for SecretText {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Takes the buffer over without copying it.
impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

/// Compares in constant time for equal lengths.
impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretText {}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keeps_the_other_bytes() {
        let mut text = SecretText::copied_from(b"hello world");
        text.replace_range(0..5, b"bye");
        assert_eq!(text.expose(), b"bye world");
        text.push(b"!");
        text.replace_range(3..4, b"");
        assert_eq!(text.expose(), b"byeworld!");
        text.truncate(3);
        assert_eq!(text.expose_str(), Some("bye"));
        text.truncate(9);
        assert_eq!(text.len(), 3);
        text.clear();
        assert!(text.is_empty());
    }

    #[test]
    fn what_comes_byte_by_byte_is_copied_a_few_times_and_not_for_each() {
        let (mut text, mut copies) = (SecretText::new(), 0);
        for _ in 0..65_536 {
            let before = text.0.capacity();
            text.push(b"x");
            copies += usize::from(text.0.capacity() != before);
        }
        assert!(text.len() == 65_536 && copies < 20, "{copies} copies");
    }

    #[test]
    fn ranges_past_the_end_are_clamped() {
        let mut text = SecretText::copied_from(b"ab");
        text.replace_range(5..9, b"c");
        assert_eq!(text.expose(), b"abc");
    }

    #[test]
    fn equality_is_by_content() {
        assert!(SecretText::copied_from(b"a") == SecretText::from(vec![b'a']));
        assert!(SecretText::copied_from(b"a") != SecretText::from(String::from("b")));
        assert!(SecretText::copied_from(b"a") != SecretText::new());
    }
}
