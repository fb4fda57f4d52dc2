//! [`Shape`]: what the bytes of a field are like, told without the bytes.
//!
//! The history compares versions by it, the roll-back question and the conflict
//! dialog say with it what is at stake. It tells sizes, kinds of characters and
//! formats, never a part of the value.

use std::fmt;

use crate::secret_text::SecretText;

/// What a value is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// How many bytes.
    pub bytes: usize,
    /// How many characters; `None` for bytes that are no text.
    pub characters: Option<usize>,
    /// How many lines; one that ends with a line break has no empty line after it.
    pub lines: usize,
    /// Which kinds of characters occur, in the order of [`Class::ALL`].
    pub alphabet: Vec<Class>,
    /// What it looks like, where that is plain.
    pub looks: Option<Looks>,
    /// It ends with a line break.
    pub final_newline: bool,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$each])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that people and `--json` see.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// A kind of characters.
    Class {
        /// `a` to `z`.
        Lower = "lower",
        /// `A` to `Z`.
        Upper = "upper",
        /// `0` to `9`.
        Digits = "digits",
        /// What else ASCII has to see.
        Punctuation = "punctuation",
        /// Blanks, tabs and line ends.
        Blanks = "blanks",
        /// Characters beyond ASCII.
        NonAscii = "non-ASCII",
        /// ASCII control characters, or bytes that are no text.
        Binary = "binary",
    }
}

words! {
    /// A format that a value plainly has.
    Looks {
        /// `-----BEGIN …-----`
        Pem = "PEM",
        /// An object or an array.
        Json = "JSON",
        /// `scheme://…`
        Url = "URL",
        /// Hexadecimal digits in pairs.
        Hex = "hex",
        /// Base64, with or without padding.
        Base64 = "base64",
    }
}

impl Shape {
    /// The shape of `value`.
    #[must_use]
    pub fn of(value: &SecretText) -> Self {
        let bytes = value.expose();
        let text = value.expose_str();
        let breaks = bytes.iter().filter(|byte| **byte == b'\n').count();
        let final_newline = bytes.ends_with(b"\n");
        Self {
            bytes: bytes.len(),
            characters: text.map(|text| text.chars().count()),
            lines: if bytes.is_empty() { 0 } else { breaks + usize::from(!final_newline) },
            alphabet: Class::ALL.iter().copied().filter(|class| class.occurs(bytes, text)).collect(),
            looks: text.and_then(looks_like),
            final_newline,
        }
    }
}

/// `40 characters, lower, digits, 3 lines, PEM, ends with a line break`
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.characters {
            Some(0) => return f.write_str("empty"),
            Some(characters) => counted(f, characters, "character")?,
            None => counted(f, self.bytes, "byte")?,
        }
        if self.characters.is_some_and(|characters| characters != self.bytes) {
            write!(f, " ({} bytes)", self.bytes)?;
        }
        for class in &self.alphabet {
            write!(f, ", {class}")?;
        }
        if self.lines > 1 {
            write!(f, ", {} lines", self.lines)?;
        }
        if let Some(looks) = self.looks {
            write!(f, ", {looks}")?;
        }
        if self.final_newline { f.write_str(", ends with a line break") } else { Ok(()) }
    }
}

fn counted(f: &mut fmt::Formatter<'_>, count: usize, thing: &str) -> fmt::Result {
    write!(f, "{count} {thing}{}", if count == 1 { "" } else { "s" })
}

impl Class {
    fn occurs(self, bytes: &[u8], text: Option<&str>) -> bool {
        let any = |is: fn(&u8) -> bool| bytes.iter().any(is);
        match self {
            Self::Binary => text.is_none() || any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()),
            // Of bytes that are no text, letters are chance.
            _ if text.is_none() => false,
            Self::Lower => any(u8::is_ascii_lowercase),
            Self::Upper => any(u8::is_ascii_uppercase),
            Self::Digits => any(u8::is_ascii_digit),
            Self::Punctuation => any(u8::is_ascii_punctuation),
            Self::Blanks => any(u8::is_ascii_whitespace),
            Self::NonAscii => any(|byte| !byte.is_ascii()),
        }
    }
}

/// The format of `text`. A short word may be hex or base64 by chance, so those have a least length.
fn looks_like(text: &str) -> Option<Looks> {
    const LEAST_HEX: usize = 16;
    const LEAST_BASE64: usize = 20;
    let text = text.trim();
    let scheme =
        |text: &str| text.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty());
    if text.starts_with("-----BEGIN ") && text.contains("-----END ") {
        Some(Looks::Pem)
    } else if text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        Some(Looks::Json)
    } else if scheme(text) && !text.contains(char::is_whitespace) {
        Some(Looks::Url)
    } else if text.len() >= LEAST_HEX && text.len().is_multiple_of(2) && text.bytes().all(|c| c.is_ascii_hexdigit()) {
        Some(Looks::Hex)
    } else if text.len() >= LEAST_BASE64 && is_base64(text) {
        Some(Looks::Base64)
    } else {
        None
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Base64 that chance alone does not explain: padding, or both cases with digits or signs, in a length that fits.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    if padding > 2 || !digits.bytes().all(is_digit) {
        return false;
    }
    let has = |is: fn(&u8) -> bool| digits.as_bytes().iter().any(is);
    let signs = has(|byte| b"+/".contains(byte));
    text.len().is_multiple_of(4) && (padding > 0 || signs) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(bytes: &[u8]) -> Shape {
        Shape::of(&SecretText::copied_from(bytes))
    }

    #[test]
    fn sizes_lines_and_ends() {
        for (text, characters, lines, end) in [
            ("", 0, 0, false),
            ("a", 1, 1, false),
            ("a\n", 2, 1, true),
            ("a\nb", 3, 2, false),
            ("a\n\n", 3, 2, true),
            ("ü秘", 2, 1, false),
        ] {
            let shape = shape(text.as_bytes());
            assert_eq!(
                (shape.characters, shape.lines, shape.final_newline),
                (Some(characters), lines, end),
                "{text:?}"
            );
            assert_eq!(shape.bytes, text.len());
        }
        assert_eq!(shape(&[0xff, b'a']).characters, None);
    }

    #[test]
    fn alphabets() {
        use Class::{Binary, Blanks, Digits, Lower, NonAscii, Punctuation, Upper};
        for (bytes, wanted) in [
            (&b"abc"[..], vec![Lower]),
            (b"aB3-", vec![Lower, Upper, Digits, Punctuation]),
            (b"a b\n", vec![Lower, Blanks]),
            ("ü".as_bytes(), vec![NonAscii]),
            (b"a\x1b", vec![Lower, Binary]),
            (&[0xff, b'a'], vec![Binary]),
            (b"", vec![]),
        ] {
            assert_eq!(shape(bytes).alphabet, wanted, "{bytes:?}");
        }
    }

    #[test]
    fn in_words() {
        for (bytes, words) in [
            (&b""[..], "empty"),
            (b"a", "1 character, lower"),
            ("\u{fc}B".as_bytes(), "2 characters (3 bytes), upper, non-ASCII"),
            (&[0xff, 0], "2 bytes, binary"),
            (b"ab\n12\n", "6 characters, lower, digits, blanks, 2 lines, ends with a line break"),
            (b"https://example.com", "19 characters, lower, punctuation, URL"),
        ] {
            assert_eq!(shape(bytes).to_string(), words);
        }
    }

    #[test]
    fn formats() {
        for (text, wanted) in [
            ("-----BEGIN KEY-----\nAA\n-----END KEY-----\n", Some(Looks::Pem)),
            ("{\"a\": [1]}\n", Some(Looks::Json)),
            ("{not json}", None),
            ("postgres://ops:pw@db:5432/app", Some(Looks::Url)),
            ("://x", None),
            ("two words://x", None),
            ("00112233445566778899aabbccddeeff", Some(Looks::Hex)),
            ("deadbeef", None),
            ("c2VjcmV0IGJ5dGVzIQ==", Some(Looks::Base64)),
            ("SGVsbG8sIHNlY3JldCB3b3JsZCE=", Some(Looks::Base64)),
            ("correcthorsebatterystaple", None),
            ("sk_live_51Nv0QkLmZ7example", None),
            ("", None),
        ] {
            assert_eq!(shape(text.as_bytes()).looks, wanted, "{text}");
        }
    }

    proptest! {
        /// Everything that a shape says is a number or one of our own words.
        #[test]
        fn no_part_of_a_value_is_told(value in "canary[a-z]{12}") {
            let told = format!("{:?} {}", shape(value.as_bytes()), shape(value.as_bytes()));
            prop_assert!(!told.contains("canary"));
        }

        #[test]
        fn any_bytes_have_a_shape(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let shape = shape(&bytes);
            prop_assert_eq!(shape.bytes, bytes.len());
            prop_assert_eq!(shape.characters.is_none(), std::str::from_utf8(&bytes).is_err());
            prop_assert!(shape.lines <= bytes.len());
        }
    }
}
