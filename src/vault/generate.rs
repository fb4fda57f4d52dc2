//! Generated secrets: passwords, passphrases, hex, base64 and UUIDs, with the
//! entropy that the recipe really gives.
//!
//! Called by the rotate and edit dialogs (through the runtime) and by `generate`
//! and `--generate` on the command line. Randomness comes from the operating
//! system and nowhere else; draws are even by rejection, never by remainder, and
//! every buffer that held plaintext is wiped.

mod alphabet;
mod dice;
mod policy;

use data_encoding::{BASE64, HEXLOWER};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use dice::{Dice, random_bytes};
use policy::{required, share};

pub use alphabet::{Alphabet, Class};
pub use policy::Must;

/// The BIP-39 English list: 2048 words, told apart by their first four letters.
const WORDS: &str = include_str!("../../assets/words.txt");
/// Most characters, or bytes, of one generated secret.
const MOST: usize = 4096;
/// Most words of one passphrase.
const MOST_WORDS: usize = 64;

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// Characters drawn evenly from an alphabet.
    Password {
        /// How many characters.
        length: usize,
        /// From which.
        alphabet: Alphabet,
        /// What of it must occur.
        must: Must,
    },
    /// Words drawn evenly from the word list, joined by `-`.
    Passphrase {
        /// How many words.
        words: usize,
    },
    /// Random bytes in lower-case hexadecimal.
    Hex {
        /// How many bytes.
        bytes: usize,
    },
    /// Random bytes in base64 with padding.
    Base64 {
        /// How many bytes.
        bytes: usize,
    },
    /// A random UUID (version 4).
    Uuid,
}

impl Recipe {
    /// The entropy of what this recipe makes, in bits: the logarithm of the
    /// number of equally likely results.
    ///
    /// # Errors
    /// Usage, when the recipe cannot be made: see [`generate`].
    pub fn entropy_bits(&self) -> Result<f64> {
        self.check()?;
        Ok(match self {
            Self::Password { length, alphabet, must } => {
                let all = alphabet.characters().len();
                float(*length) * float(all).log2() + share(*length, all, &required(*length, alphabet, must)).log2()
            }
            Self::Passphrase { words } => float(*words) * float(WORDS.lines().count()).log2(),
            Self::Hex { bytes } | Self::Base64 { bytes } => float(*bytes) * 8.0,
            Self::Uuid => 122.0,
        })
    }

    /// The bits of [`Self::entropy_bits`] that are lost by what the password must contain.
    #[must_use]
    pub fn bits_lost(&self) -> f64 {
        let Self::Password { length, alphabet, must } = self else { return 0.0 };
        -share(*length, alphabet.characters().len(), &required(*length, alphabet, must)).log2()
    }

    /// Refuses sizes that are none and alphabets that leave nothing to chance.
    fn check(&self) -> Result<()> {
        let (size, most, what) = match self {
            Self::Password { length, .. } => (*length, MOST, "characters"),
            Self::Passphrase { words } => (*words, MOST_WORDS, "words"),
            Self::Hex { bytes } | Self::Base64 { bytes } => (*bytes, MOST, "bytes"),
            Self::Uuid => return Ok(()),
        };
        if size == 0 || size > most {
            return Err(Error::usage(format!("Cannot generate {size} {what}."))
                .hint(format!("Choose a number from 1 to {most}.")));
        }
        let Self::Password { length, alphabet, must } = self else { return Ok(()) };
        let characters = alphabet.characters();
        if characters.len() < 2 {
            return Err(Error::usage("The alphabet has fewer than two different characters.")
                .hint("Give the characters to draw from, for example 0123456789abcdef."));
        }
        if characters.iter().any(|character| character.is_control()) {
            return Err(
                Error::usage("The alphabet contains a control character.").hint("Use characters that can be typed.")
            );
        }
        policy::check(*length, alphabet, must)
    }
}

/// A generated secret and how hard it is to guess.
pub struct Generated {
    /// The secret.
    pub value: SecretText,
    /// Its entropy in bits, as [`Recipe::entropy_bits`] counts it.
    pub entropy_bits: f64,
    /// How it was made.
    pub recipe: Recipe,
}

/// Makes a secret by `recipe`.
///
/// # Errors
/// Usage, for a size of 0 or past the limit, and for an alphabet of fewer than
/// two different characters or with control characters. Failure, when the
/// operating system gives no randomness.
pub fn generate(recipe: &Recipe) -> Result<Generated> {
    let entropy_bits = recipe.entropy_bits()?;
    let value = match recipe {
        Recipe::Password { length, alphabet, must } => password(*length, alphabet, must)?,
        Recipe::Passphrase { words } => passphrase(*words)?,
        Recipe::Hex { bytes } => {
            let random = random_bytes(*bytes)?;
            let mut text = vec![0; HEXLOWER.encode_len(random.len())];
            HEXLOWER.encode_mut(&random, &mut text);
            SecretText::from(text)
        }
        Recipe::Base64 { bytes } => {
            let random = random_bytes(*bytes)?;
            let mut text = vec![0; BASE64.encode_len(random.len())];
            BASE64.encode_mut(&random, &mut text);
            SecretText::from(text)
        }
        Recipe::Uuid => uuid()?,
    };
    Ok(Generated { value, entropy_bits, recipe: recipe.clone() })
}

/// Draws whole passwords until one has a character of each class, so that all
/// passwords which do are equally likely.
fn password(length: usize, alphabet: &Alphabet, must: &Must) -> Result<SecretText> {
    let characters = alphabet.characters();
    let classes = required(length, alphabet, must);
    let mut dice = Dice::new();
    // Room for every character at its longest, so that nothing is left behind by growth.
    let mut text = Zeroizing::new(String::with_capacity(length * char::MAX.len_utf8()));
    loop {
        text.clear();
        for _ in 0..length {
            text.push(characters[dice.below(characters.len())?]);
        }
        if classes.iter().all(|class| text.contains(|character| class.contains(&character))) {
            return Ok(SecretText::from(std::mem::take(&mut *text)));
        }
    }
}

/// Words joined by `-`.
fn passphrase(count: usize) -> Result<SecretText> {
    let words: Vec<&str> = WORDS.lines().collect();
    let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
    let mut dice = Dice::new();
    let mut text = Zeroizing::new(String::with_capacity(count * (longest + 1)));
    for position in 0..count {
        if position > 0 {
            text.push('-');
        }
        text.push_str(words[dice.below(words.len())?]);
    }
    Ok(SecretText::from(std::mem::take(&mut *text)))
}

/// A random UUID as text, with the bits that RFC 9562 sets for version 4; done
/// here because a `Uuid` on the stack would not be wiped.
fn uuid() -> Result<SecretText> {
    let mut bytes = random_bytes(16)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut digits = Zeroizing::new([0; 32]);
    HEXLOWER.encode_mut(&bytes, &mut *digits);
    let mut text = SecretText::with_capacity(36);
    for (position, group) in [0..8, 8..12, 12..16, 16..20, 20..32].into_iter().enumerate() {
        text.push(if position > 0 { b"-" } else { b"" });
        text.push(&digits[group]);
    }
    Ok(text)
}

/// A small count as a float.
fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests;
