//! [`RecipeArgs`]: what to generate, for `generate` and `--generate`.

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::generate::{Alphabet, Class, Must, Recipe};

/// Characters of a password when nothing is said.
const LENGTH: usize = 24;
/// Words of a passphrase when nothing is said.
const WORDS: usize = 6;
/// Bytes of a key when nothing is said.
const BYTES: usize = 32;

/// What to generate; a password of 24 letters and digits when nothing is said.
#[derive(Args, Default)]
pub(super) struct RecipeArgs {
    /// Characters of the password (24), or bytes of --hex and --base64 (32)
    #[arg(help_heading = "What to generate", long, value_name = "N")]
    length: Option<usize>,
    /// alphanumeric (default), symbols, readable, digits, or custom:CHARACTERS
    #[arg(help_heading = "What to generate", long, value_name = "ALPHABET")]
    alphabet: Option<String>,
    /// What the password must contain at least once: lower, upper, digit, symbol (with commas), or none
    #[arg(help_heading = "What to generate", long, value_name = "KINDS", conflicts_with_all = ["words", "hex", "base64", "uuid"])]
    must_contain: Option<String>,
    /// A passphrase of N words (6)
    #[arg(help_heading = "What to generate", long, value_name = "N", num_args = 0..=1, conflicts_with_all = ["length", "alphabet", "hex", "base64", "uuid"])]
    words: Option<Option<usize>>,
    /// N random bytes in hexadecimal
    #[arg(help_heading = "What to generate", long, value_name = "N", num_args = 0..=1, conflicts_with_all = ["alphabet", "base64", "uuid"])]
    hex: Option<Option<usize>>,
    /// N random bytes in base64
    #[arg(help_heading = "What to generate", long, value_name = "N", num_args = 0..=1, conflicts_with_all = ["alphabet", "uuid"])]
    base64: Option<Option<usize>>,
    /// A random UUID
    #[arg(help_heading = "What to generate", long, conflicts_with_all = ["length", "alphabet"])]
    uuid: bool,
}

impl RecipeArgs {
    /// True when anything is said.
    pub(super) fn is_given(&self) -> bool {
        let sizes = self.length.is_some() || self.words.is_some() || self.hex.is_some() || self.base64.is_some();
        sizes || self.alphabet.is_some() || self.must_contain.is_some() || self.uuid
    }

    /// The recipe that is meant.
    pub(super) fn recipe(&self) -> Result<Recipe> {
        if let Some(words) = self.words {
            return Ok(Recipe::Passphrase { words: words.unwrap_or(WORDS) });
        }
        if let Some(bytes) = self.hex {
            return Ok(Recipe::Hex { bytes: self.bytes(bytes)? });
        }
        if let Some(bytes) = self.base64 {
            return Ok(Recipe::Base64 { bytes: self.bytes(bytes)? });
        }
        if self.uuid {
            return Ok(Recipe::Uuid);
        }
        let alphabet = self.alphabet.as_deref().map_or(Ok(Alphabet::Alphanumeric), alphabet)?;
        let must = self.must_contain.as_deref().map_or(Ok(Must::default()), must)?;
        Ok(Recipe::Password { length: self.length.unwrap_or(LENGTH), alphabet, must })
    }

    fn bytes(&self, own: Option<usize>) -> Result<usize> {
        match (own, self.length) {
            (Some(_), Some(_)) => Err(Error::usage("The number of bytes is given twice.").hint("Leave --length away.")),
            (own, length) => Ok(own.or(length).unwrap_or(BYTES)),
        }
    }
}

fn must(text: &str) -> Result<Must> {
    let class = |word: &str| {
        Class::ALL.iter().copied().find(|class| class.word() == word).ok_or_else(|| {
            Error::usage(match word {
                "" => "A kind of characters is missing.".to_owned(),
                _ => format!("There is no kind of characters {}.", word.escape_debug()),
            })
            .hint("Use lower, upper, digit and symbol with commas, or none.")
        })
    };
    match text {
        "none" => Ok(Must::Each(Vec::new())),
        text => text.split(',').map(class).collect::<Result<_>>().map(Must::Each),
    }
}

fn alphabet(text: &str) -> Result<Alphabet> {
    match text {
        "alphanumeric" => Ok(Alphabet::Alphanumeric),
        "symbols" => Ok(Alphabet::Symbols),
        "readable" => Ok(Alphabet::Readable),
        "digits" => Ok(Alphabet::Digits),
        _ => match text.strip_prefix("custom:") {
            Some(characters) => Ok(Alphabet::Custom(characters.to_owned())),
            None => Err(Error::usage(match text {
                "" => "No alphabet is named.".to_owned(),
                _ => format!("There is no alphabet {}.", text.escape_debug()),
            })
            .hint("Use alphanumeric, symbols, readable, digits, or custom:CHARACTERS.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_a_password() {
        let recipe = RecipeArgs::default().recipe().unwrap();
        assert_eq!(recipe, Recipe::Password { length: 24, alphabet: Alphabet::Alphanumeric, must: Must::WhatFits });
        assert!(!RecipeArgs::default().is_given());
    }

    #[test]
    fn sizes_are_taken_from_either_place_but_not_both() {
        let hex = |hex, length| RecipeArgs { hex, length, ..RecipeArgs::default() }.recipe();
        assert_eq!(hex(Some(None), None).unwrap(), Recipe::Hex { bytes: 32 });
        assert_eq!(hex(Some(Some(16)), None).unwrap(), Recipe::Hex { bytes: 16 });
        assert_eq!(hex(Some(None), Some(8)).unwrap(), Recipe::Hex { bytes: 8 });
        assert!(hex(Some(Some(16)), Some(8)).is_err());
    }

    #[test]
    fn kinds_have_names() {
        assert_eq!(must("digit,upper").unwrap(), Must::Each(vec![Class::Digit, Class::Upper]));
        assert_eq!(must("none").unwrap(), Must::Each(Vec::new()));
        assert!(must("digits").unwrap_err().message().contains("no kind of characters digits"));
        assert!(must("digit,").is_err() && must("").is_err());
    }

    #[test]
    fn alphabets_have_names() {
        assert_eq!(alphabet("custom:01").unwrap(), Alphabet::Custom("01".to_owned()));
        assert!(alphabet("alphanumerc").unwrap_err().next_step().unwrap().contains("alphanumeric"));
    }
}
