//! The recipes that the dialogs offer for a generated value.

use crate::vault::generate::{Alphabet, Class, Must, Recipe};

/// What the recipes are called, in the order they are offered.
pub(super) const NAMES: [&str; 6] = ["letters and digits", "with symbols", "words", "hex", "base64", "UUID"];

/// The recipe at `at` of [`NAMES`], of `size` characters, words or bytes.
pub(super) fn recipe(at: usize, size: usize) -> Recipe {
    match at {
        0 => Recipe::Password { length: size, alphabet: Alphabet::Alphanumeric, must: Must::default() },
        1 => Recipe::Password { length: size, alphabet: Alphabet::Symbols, must: Must::default() },
        2 => Recipe::Passphrase { words: size },
        3 => Recipe::Hex { bytes: size },
        4 => Recipe::Base64 { bytes: size },
        _ => Recipe::Uuid,
    }
}

/// The classes that a password of the recipe at `at` has; none where it is no password.
pub(super) fn classes(at: usize) -> Vec<Class> {
    match recipe(at, 1) {
        Recipe::Password { alphabet, .. } => alphabet.classes(),
        _ => Vec::new(),
    }
}

/// The size that suits most uses; `None` where there is nothing to choose.
pub(super) fn usual_size(at: usize) -> Option<usize> {
    match at {
        2 => Some(6),
        0..=4 => Some(32),
        _ => None,
    }
}

/// What the size counts.
pub(super) fn unit(at: usize) -> &'static str {
    match at {
        0 | 1 => "Characters",
        2 => "Words",
        _ => "Bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_can_be_made() {
        for (at, name) in NAMES.iter().enumerate() {
            let bits = recipe(at, usual_size(at).unwrap_or(0)).entropy_bits().unwrap();
            assert!(bits > 64.0, "{name}: {bits}");
        }
    }
}
