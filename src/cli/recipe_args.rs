//! [`RecipeArgs`]: what to generate, for `generate` and `--generate`.

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::generate::{Alphabet, Must, Recipe};

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
        let alphabet = self.alphabet.as_deref().map_or(Ok(Alphabet::Alphanumeric), str::parse)?;
        let must = self.must_contain.as_deref().map_or(Ok(Must::default()), str::parse)?;
        Ok(Recipe::Password { length: self.length.unwrap_or(LENGTH), alphabet, must })
    }

    fn bytes(&self, own: Option<usize>) -> Result<usize> {
        match (own, self.length) {
            (Some(_), Some(_)) => Err(Error::usage("The number of bytes is given twice.").hint("Leave --length away.")),
            (own, length) => Ok(own.or(length).unwrap_or(BYTES)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::generate::Class;

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
        assert_eq!("digit,upper".parse::<Must>().unwrap(), Must::Each(vec![Class::Digit, Class::Upper]));
        assert_eq!("none".parse::<Must>().unwrap(), Must::Each(Vec::new()));
        assert!("digits".parse::<Must>().unwrap_err().message().contains("no kind of characters digits"));
        assert!("digit,".parse::<Must>().is_err() && "".parse::<Must>().is_err());
    }

    #[test]
    fn alphabets_have_names() {
        assert_eq!("custom:01".parse::<Alphabet>().unwrap(), Alphabet::Custom("01".to_owned()));
        assert!("alphanumerc".parse::<Alphabet>().unwrap_err().next_step().unwrap().contains("alphanumeric"));
    }
}
