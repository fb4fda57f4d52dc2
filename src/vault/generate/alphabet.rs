//! [`Alphabet`]: what a password is drawn from, and the [`Class`]es of its characters.

use std::str::FromStr;

use crate::error::{Error, Result};

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// Needs no quoting trouble in most shells, URLs and configuration files.
const PUNCTUATION: &str = "!#%*+,-./:=?@^_~";
/// Without `i l o I O 0 1`, which look alike in many fonts.
const READABLE: [&str; 3] = ["abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"];

/// The characters of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alphabet {
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits and punctuation.
    Symbols,
    /// Letters and digits without look-alikes.
    Readable,
    /// Digits.
    Digits,
    /// These characters; one given twice counts once.
    Custom(String),
}

impl Alphabet {
    /// Every character once, sorted.
    pub(super) fn characters(&self) -> Vec<char> {
        let given = match self {
            Self::Alphanumeric => [LOWER, UPPER, DIGITS].concat(),
            Self::Symbols => [LOWER, UPPER, DIGITS, PUNCTUATION].concat(),
            Self::Readable => READABLE.concat(),
            Self::Digits => DIGITS.to_owned(),
            Self::Custom(characters) => characters.clone(),
        };
        let mut characters: Vec<char> = given.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        characters
    }

    /// The characters of one class.
    pub(super) fn of_class(&self, class: Class) -> Vec<char> {
        self.characters().into_iter().filter(|character| Class::of(*character) == class).collect()
    }

    /// The classes that it has.
    #[must_use]
    pub fn classes(&self) -> Vec<Class> {
        Class::ALL.iter().copied().filter(|class| !self.of_class(*class).is_empty()).collect()
    }
}

/// Read as `--alphabet` has it.
impl FromStr for Alphabet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "alphanumeric" => Ok(Self::Alphanumeric),
            "symbols" => Ok(Self::Symbols),
            "readable" => Ok(Self::Readable),
            "digits" => Ok(Self::Digits),
            _ => match text.strip_prefix("custom:") {
                Some(characters) => Ok(Self::Custom(characters.to_owned())),
                None => Err(Error::usage(match text {
                    "" => "No alphabet is named.".to_owned(),
                    _ => format!("There is no alphabet {}.", text.escape_debug()),
                })
                .hint("Use alphanumeric, symbols, readable, digits, or custom:CHARACTERS.")),
            },
        }
    }
}

/// Kinds of characters that a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Small letters, and letters that have no case.
    Lower,
    /// Capital letters.
    Upper,
    /// Digits.
    Digit,
    /// All else.
    Symbol,
}

impl Class {
    /// Every class, in the order they are named.
    pub const ALL: &'static [Self] = &[Self::Lower, Self::Upper, Self::Digit, Self::Symbol];

    /// The class of a character.
    pub(super) fn of(character: char) -> Self {
        match character {
            c if c.is_numeric() => Self::Digit,
            c if c.is_uppercase() => Self::Upper,
            c if c.is_alphabetic() => Self::Lower,
            _ => Self::Symbol,
        }
    }

    /// What it is called, on the screen and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Digit => "digit",
            Self::Symbol => "symbol",
        }
    }
}
