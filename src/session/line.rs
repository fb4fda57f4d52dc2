//! [`Line`]: what the keys typed at a prompt make of the answer. Pure, so that
//! editing is tested without a terminal; [`super::prompt`] reads the keys.

use signal_hook::consts::{SIGINT, SIGQUIT, SIGTSTP};

use crate::secret_text::SecretText;

/// Longest answer, in bytes.
const LIMIT: usize = 64 * 1024;

/// The answer so far; wiped when dropped.
pub(super) struct Line {
    text: SecretText,
}

/// What one byte did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was added.
    Grown,
    /// So many characters were taken away.
    Shrunk(usize),
    /// Nothing changed.
    Ignored,
    /// The answer is complete.
    Done,
    /// The answer would be too long.
    TooLong,
    /// The key stands for this signal.
    Signal(i32),
    /// The operator gave up.
    Cancelled,
}

impl Line {
    /// An empty answer, with room enough that hardly one outgrows it.
    pub(super) fn new() -> Self {
        Self { text: SecretText::with_capacity(256) }
    }

    /// Takes one byte.
    pub(super) fn take(&mut self, byte: u8) -> Outcome {
        match byte {
            b'\n' | b'\r' => Outcome::Done,
            0x03 => Outcome::Signal(SIGINT),
            0x1c => Outcome::Signal(SIGQUIT),
            0x1a => Outcome::Signal(SIGTSTP),
            0x04 if self.text.is_empty() => Outcome::Cancelled,
            0x04 => Outcome::Done,
            0x08 | 0x7f => self.erase(1),
            0x15 => self.erase(usize::MAX),
            0x1b | 0x00 => Outcome::Ignored,
            _ if self.text.len() >= LIMIT => Outcome::TooLong,
            _ => {
                self.text.push(&[byte]);
                Outcome::Grown
            }
        }
    }

    /// Takes up to `characters` characters away from the end.
    fn erase(&mut self, characters: usize) -> Outcome {
        let mut erased = 0;
        while erased < characters && !self.text.is_empty() {
            let start = self.text.expose().iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
            self.text.truncate(start);
            erased += 1;
        }
        if erased == 0 { Outcome::Ignored } else { Outcome::Shrunk(erased) }
    }

    /// Forgets what was typed.
    pub(super) fn clear(&mut self) {
        self.text = SecretText::with_capacity(256);
    }

    /// The answer.
    pub(super) fn into_text(self) -> SecretText {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> (Vec<u8>, Outcome) {
        let mut line = Line::new();
        let mut last = Outcome::Ignored;
        for &key in keys {
            last = line.take(key);
        }
        (line.into_text().expose().to_vec(), last)
    }

    #[test]
    fn enter_ends_the_answer() {
        assert_eq!(typed(b"abc\n"), (b"abc".to_vec(), Outcome::Done));
        assert_eq!(typed(b"abc\x04"), (b"abc".to_vec(), Outcome::Done));
        assert_eq!(typed(b"\x04").1, Outcome::Cancelled);
    }

    #[test]
    fn backspace_takes_a_whole_character() {
        assert_eq!(typed("aé\u{7f}".as_bytes()), (b"a".to_vec(), Outcome::Shrunk(1)));
        assert_eq!(typed("aé\u{15}".as_bytes()), (Vec::new(), Outcome::Shrunk(2)));
        assert_eq!(typed(b"\x7f").1, Outcome::Ignored);
    }

    #[test]
    fn keys_for_signals_are_passed_on() {
        assert_eq!(typed(b"ab\x03").1, Outcome::Signal(SIGINT));
        assert_eq!(typed(b"ab\x1a").1, Outcome::Signal(SIGTSTP));
    }

    #[test]
    fn tabs_and_other_bytes_are_kept() {
        assert_eq!(typed(b"a\tb\xff").0, b"a\tb\xff");
    }

    #[test]
    fn a_longer_answer_is_refused() {
        let mut line = Line::new();
        line.text = SecretText::from(vec![b'a'; LIMIT]);
        assert_eq!(line.take(b'a'), Outcome::TooLong);
    }
}
