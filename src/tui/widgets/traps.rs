//! [`Trap`]: what is often pasted by accident and makes a value that does not work.
//!
//! Pointed out beside the input while it is typed, in words without the value, and
//! mended by one key. Nothing is mended unasked: every byte is kept.

use crate::secret_text::SecretText;
use crate::tui::text;

/// One thing that may be wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// Bytes that are no text.
    Binary,
    /// U+FEFF at the start.
    ByteOrderMark,
    /// Lines that end with CR LF.
    Crlf,
    /// Blanks that are not the usual one, and characters without width.
    Invisible,
    /// Control characters, bidi overrides.
    Control,
    /// A line break at the end.
    FinalNewline,
    /// A blank at the end.
    FinalBlank,
    /// A blank at the start.
    FirstBlank,
}

impl Trap {
    /// The first trap in `bytes`, the one that hides others before those.
    #[must_use]
    pub fn find(bytes: &[u8]) -> Option<Self> {
        let Ok(value) = std::str::from_utf8(bytes) else { return Some(Self::Binary) };
        let control = |c: char| text::is_deceptive(c) && !matches!(c, '\n' | '\t');
        if value.starts_with('\u{feff}') {
            Some(Self::ByteOrderMark)
        } else if value.contains("\r\n") {
            Some(Self::Crlf)
        } else if value.chars().any(is_invisible) {
            Some(Self::Invisible)
        } else if value.chars().any(control) {
            Some(Self::Control)
        } else if value.ends_with('\n') {
            Some(Self::FinalNewline)
        } else if value.ends_with(char::is_whitespace) {
            Some(Self::FinalBlank)
        } else if value.starts_with(char::is_whitespace) {
            Some(Self::FirstBlank)
        } else {
            None
        }
    }

    /// What is so, a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Binary => "Bytes that are no text: kept as they are; typing replaces them.",
            Self::ByteOrderMark => "Begins with a byte order mark.",
            Self::Crlf => "Has CRLF line ends.",
            Self::Invisible => "Has no-break or zero-width characters.",
            Self::Control => "Has control characters.",
            Self::FinalNewline => "Ends with a line break.",
            Self::FinalBlank => "Ends with a blank.",
            Self::FirstBlank => "Begins with a blank.",
        }
    }

    /// What mending does, to stand behind a key; `None` where nothing can be mended.
    #[must_use]
    pub fn cure(self) -> Option<&'static str> {
        match self {
            Self::Binary => None,
            Self::Crlf => Some("makes them LF"),
            Self::Invisible => Some("makes them blanks, or removes them"),
            Self::Control => Some("removes them"),
            Self::ByteOrderMark | Self::FinalNewline | Self::FinalBlank | Self::FirstBlank => Some("removes it"),
        }
    }

    /// The value without the trap, nothing else of it changed.
    #[must_use]
    pub fn mended(self, value: &SecretText) -> Option<SecretText> {
        let text = value.expose_str()?;
        let mut mended = SecretText::with_capacity(value.len());
        match self {
            Self::Binary => return None,
            Self::ByteOrderMark => mended.push(text.trim_start_matches('\u{feff}').as_bytes()),
            Self::Crlf => text.split("\r\n").enumerate().for_each(|(at, part)| {
                mended.push(if at > 0 { b"\n" } else { b"" });
                mended.push(part.as_bytes());
            }),
            Self::Invisible => push_filtered(text, &mut mended, |c| match c {
                '\u{a0}' | '\u{202f}' | '\u{2007}' => Some(' '),
                c if is_invisible(c) => None,
                c => Some(c),
            }),
            Self::Control => {
                push_filtered(text, &mut mended, |c| (!text::is_deceptive(c) || matches!(c, '\n' | '\t')).then_some(c));
            }
            Self::FinalNewline => mended.push(text.trim_end_matches('\n').as_bytes()),
            Self::FinalBlank => mended.push(text.trim_end().as_bytes()),
            Self::FirstBlank => mended.push(text.trim_start().as_bytes()),
        }
        Some(mended)
    }
}

fn push_filtered(text: &str, mended: &mut SecretText, keep: impl Fn(char) -> Option<char>) {
    for character in text.chars().filter_map(keep) {
        mended.push(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Blanks that do not break, and what has no width at all; joiners within words of
/// scripts that need them are rare in secrets, and pasted ones break them.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CASES: [(&str, Trap, &str); 10] = [
        ("\u{feff}a", Trap::ByteOrderMark, "a"),
        ("a\r\nb\r\n", Trap::Crlf, "a\nb\n"),
        ("a\u{a0}b", Trap::Invisible, "a b"),
        ("a\u{200b}b", Trap::Invisible, "ab"),
        ("a\u{1b}[0m", Trap::Control, "a[0m"),
        ("a\u{202e}b", Trap::Control, "ab"),
        ("a\n", Trap::FinalNewline, "a"),
        ("a ", Trap::FinalBlank, "a"),
        (" a", Trap::FirstBlank, "a"),
        ("\ta", Trap::FirstBlank, "a"),
    ];

    #[test]
    fn each_is_found_and_mended() {
        for (text, trap, wanted) in CASES {
            assert_eq!(Trap::find(text.as_bytes()), Some(trap), "{text:?}");
            let mended = trap.mended(&SecretText::copied_from(text.as_bytes())).unwrap();
            assert_eq!(mended.expose_str(), Some(wanted), "{text:?}");
            assert!(trap.cure().is_some());
        }
    }

    #[test]
    fn what_is_usual_is_no_trap() {
        for text in ["", "a", "a b", "a\nb", "a\tb", "秘密", "pässwörd"] {
            assert_eq!(Trap::find(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(Trap::find(&[0xff]), Some(Trap::Binary));
        assert!(Trap::Binary.mended(&SecretText::copied_from(&[0xff])).is_none() && Trap::Binary.cure().is_none());
    }

    proptest! {
        #[test]
        fn mending_comes_to_an_end(text in "[ab \\t\\r\\n\u{a0}\u{200b}\u{feff}\u{1b}\u{202e}]{0,20}") {
            let mut value = SecretText::copied_from(text.as_bytes());
            for _ in 0..20 {
                let Some(trap) = Trap::find(value.expose()) else { return Ok(()) };
                value = trap.mended(&value).unwrap();
            }
            prop_assert!(Trap::find(value.expose()).is_none());
        }
    }
}
