//! Generated secrets: passwords, passphrases, hex, base64 and UUIDs, with the
//! entropy that the recipe really gives.
//!
//! Called by the rotate and edit dialogs (through the runtime) and by `generate`
//! and `--generate` on the command line. Randomness comes from the operating
//! system and nowhere else; draws are even by rejection, never by remainder, and
//! every buffer that held plaintext is wiped.

use data_encoding::{BASE64, HEXLOWER};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

/// The BIP-39 English list: 2048 words, told apart by their first four letters.
const WORDS: &str = include_str!("../../assets/words.txt");
/// Most characters, or bytes, of one generated secret.
const MOST: usize = 4096;
/// Most words of one passphrase.
const MOST_WORDS: usize = 64;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// Needs no quoting trouble in most shells, URLs and configuration files.
const PUNCTUATION: &str = "!#%*+,-./:=?@^_~";
/// Without `i l o I O 0 1`, which look alike in many fonts.
const READABLE: [&str; 3] = ["abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"];

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// Characters drawn evenly from an alphabet.
    Password {
        /// How many characters.
        length: usize,
        /// From which; each of its classes occurs at least once where the length allows.
        alphabet: Alphabet,
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
    /// The classes, each to occur at least once where the length allows.
    fn classes(&self) -> Vec<&str> {
        match self {
            Self::Alphanumeric => vec![LOWER, UPPER, DIGITS],
            Self::Symbols => vec![LOWER, UPPER, DIGITS, PUNCTUATION],
            Self::Readable => READABLE.to_vec(),
            Self::Digits => vec![DIGITS],
            Self::Custom(characters) => vec![characters],
        }
    }

    /// Every character once, sorted.
    fn characters(&self) -> Vec<char> {
        let mut characters: Vec<char> = self.classes().concat().chars().collect();
        characters.sort_unstable();
        characters.dedup();
        characters
    }
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
            Self::Password { length, alphabet } => password_bits(*length, alphabet),
            Self::Passphrase { words } => float(*words) * float(WORDS.lines().count()).log2(),
            Self::Hex { bytes } | Self::Base64 { bytes } => float(*bytes) * 8.0,
            Self::Uuid => 122.0,
        })
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
        let Self::Password { alphabet, .. } = self else { return Ok(()) };
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
        Ok(())
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
        Recipe::Password { length, alphabet } => password(*length, alphabet)?,
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
fn password(length: usize, alphabet: &Alphabet) -> Result<SecretText> {
    let characters = alphabet.characters();
    let classes = required_classes(length, alphabet);
    let mut dice = Dice::new();
    // Room for every character at its longest, so that nothing is left behind by growth.
    let mut text = Zeroizing::new(String::with_capacity(length * char::MAX.len_utf8()));
    loop {
        text.clear();
        for _ in 0..length {
            text.push(characters[dice.below(characters.len())?]);
        }
        if classes.iter().all(|class| text.contains(|character| class.contains(character))) {
            return Ok(SecretText::from(std::mem::take(&mut *text)));
        }
    }
}

/// The classes that must occur: all of them, or none where they do not fit.
fn required_classes(length: usize, alphabet: &Alphabet) -> Vec<&str> {
    let classes = alphabet.classes();
    if classes.len() > 1 && classes.len() <= length { classes } else { Vec::new() }
}

/// Counts the passwords that have every required class, by inclusion and
/// exclusion of the classes left out, relative to all passwords.
fn password_bits(length: usize, alphabet: &Alphabet) -> f64 {
    let all = alphabet.characters().len();
    let classes = required_classes(length, alphabet);
    let exponent = i32::try_from(length).unwrap_or(i32::MAX);
    let share: f64 = (0..1_usize << classes.len())
        .map(|subset| {
            let left_out = classes.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1);
            let missing: usize = left_out.map(|(_, class)| class.len()).sum();
            let sign = if subset.count_ones() % 2 == 0 { 1.0 } else { -1.0 };
            sign * (float(all - missing) / float(all)).powi(exponent)
        })
        .sum();
    float(length) * float(all).log2() + share.log2()
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

/// Bytes from the operating system.
fn random_bytes(count: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; count]);
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Fills `bytes` with randomness, or refuses.
fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::failure(format!("The operating system gave no randomness: {error}."))
            .hint("Nothing was generated; try again.")
    })
}

/// Even draws from a pool of random bytes that is wiped when dropped.
struct Dice {
    pool: Zeroizing<[u8; 256]>,
    used: usize,
}

impl Dice {
    /// An empty pool, filled at the first draw.
    fn new() -> Self {
        Self { pool: Zeroizing::new([0; 256]), used: 256 }
    }

    /// An even draw from `0..sides`. Sixteen random bits are a draw when they
    /// lie below the greatest multiple of `sides`; otherwise they are thrown away.
    fn below(&mut self, sides: usize) -> Result<usize> {
        const RANGE: usize = 1 << 16;
        let limit = RANGE - RANGE % sides;
        loop {
            if self.used + 2 > self.pool.len() {
                fill(&mut *self.pool)?;
                self.used = 0;
            }
            let drawn = usize::from(u16::from_be_bytes([self.pool[self.used], self.pool[self.used + 1]]));
            self.used += 2;
            if drawn < limit {
                return Ok(drawn % sides);
            }
        }
    }
}

/// A small count as a float.
fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use proptest::prelude::*;

    fn text(recipe: Recipe) -> String {
        generate(&recipe).unwrap().value.expose_str().unwrap().to_owned()
    }

    fn bits(recipe: Recipe) -> f64 {
        recipe.entropy_bits().unwrap()
    }

    /// Twice the chi-square's standard deviations are common, eight never happen.
    fn is_even(counts: &[u32]) -> bool {
        let total: u32 = counts.iter().sum();
        let expected = f64::from(total) / float(counts.len());
        let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
        let freedom = float(counts.len() - 1);
        (chi_square - freedom).abs() < 8.0 * (2.0 * freedom).sqrt()
    }

    #[test]
    fn draws_are_even_for_sides_that_divide_nothing() {
        for sides in [2, 3, 7, 10, 62, 78, 100, 251, 1000] {
            let mut dice = Dice::new();
            let mut counts = vec![0_u32; sides];
            for _ in 0..sides * 200 {
                counts[dice.below(sides).unwrap()] += 1;
            }
            assert!(is_even(&counts), "{sides} sides: {counts:?}");
        }
    }

    #[test]
    fn a_remainder_would_have_been_noticed() {
        let mut counts = vec![0_u32; 200];
        for byte in random_bytes(200_000).unwrap().iter() {
            counts[usize::from(*byte) % 200] += 1;
        }
        assert!(!is_even(&counts));
    }

    #[test]
    fn every_character_occurs_and_no_other() {
        for alphabet in [
            Alphabet::Alphanumeric,
            Alphabet::Symbols,
            Alphabet::Readable,
            Alphabet::Digits,
            Alphabet::Custom("aäöü€🦀aa".to_owned()),
        ] {
            let mut seen: Vec<char> = (0..10)
                .flat_map(|_| {
                    text(Recipe::Password { length: 400, alphabet: alphabet.clone() }).chars().collect::<Vec<_>>()
                })
                .collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen, alphabet.characters(), "{alphabet:?}");
        }
    }

    #[test]
    fn a_readable_password_has_no_look_alikes() {
        let characters: String = Alphabet::Readable.characters().iter().collect();
        assert!(!characters.contains(['0', 'O', 'o', '1', 'l', 'I', 'i']));
    }

    #[test]
    fn the_word_list_is_whole() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert_eq!(words.len(), 2048);
        assert!(words.is_sorted() && words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
        let mut starts: Vec<&str> = words.iter().map(|word| &word[..word.len().min(4)]).collect();
        starts.dedup();
        assert_eq!(starts.len(), 2048);
    }

    #[test]
    fn entropy_is_what_can_be_counted_by_hand() {
        let near = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(near(bits(Recipe::Passphrase { words: 6 }), 66.0));
        assert!(near(bits(Recipe::Hex { bytes: 32 }), 256.0));
        assert!(near(bits(Recipe::Base64 { bytes: 24 }), 192.0));
        assert!(near(bits(Recipe::Uuid), 122.0));
        assert!(near(bits(Recipe::Password { length: 6, alphabet: Alphabet::Digits }), 6.0 * 10_f64.log2()));
        assert!(near(bits(Recipe::Password { length: 8, alphabet: Alphabet::Custom("ffaa".to_owned()) }), 8.0));
        // One of each class, in any order: 3! · 26 · 26 · 10.
        let three = Recipe::Password { length: 3, alphabet: Alphabet::Alphanumeric };
        assert!(near(bits(three), (6.0 * 26.0 * 26.0 * 10.0_f64).log2()));
        // Too short for one of each class: nothing is required, nothing is lost.
        let two = Recipe::Password { length: 2, alphabet: Alphabet::Alphanumeric };
        assert!(near(bits(two), 2.0 * 62_f64.log2()));
        // Long ones lose next to nothing by the requirement.
        let long = bits(Recipe::Password { length: 64, alphabet: Alphabet::Alphanumeric });
        assert!(long < 64.0 * 62_f64.log2() && long > 64.0 * 62_f64.log2() - 0.001);
    }

    #[test]
    fn forms_are_as_promised() {
        let hex = text(Recipe::Hex { bytes: 16 });
        assert!(hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(BASE64.decode(text(Recipe::Base64 { bytes: 33 }).as_bytes()).unwrap().len(), 33);
        let id: uuid::Uuid = text(Recipe::Uuid).parse().unwrap();
        assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
        assert!(text(Recipe::Passphrase { words: 5 }).split('-').all(|word| WORDS.lines().any(|known| known == word)));
    }

    #[test]
    fn what_cannot_be_made_is_refused() {
        let custom =
            |characters: &str| Recipe::Password { length: 8, alphabet: Alphabet::Custom(characters.to_owned()) };
        for recipe in [
            Recipe::Password { length: 0, alphabet: Alphabet::Symbols },
            Recipe::Password { length: MOST + 1, alphabet: Alphabet::Symbols },
            Recipe::Passphrase { words: 0 },
            Recipe::Passphrase { words: MOST_WORDS + 1 },
            Recipe::Hex { bytes: 0 },
            Recipe::Base64 { bytes: usize::MAX },
            custom(""),
            custom("aaaa"),
            custom("a\nb"),
        ] {
            let error = generate(&recipe).err().unwrap();
            assert_eq!(error.kind(), Kind::Usage, "{recipe:?}");
            assert!(error.next_step().is_some(), "{recipe:?}");
        }
    }

    proptest! {
        #[test]
        fn passwords_have_their_length_and_each_class(length in 1_usize..100) {
            for alphabet in [Alphabet::Alphanumeric, Alphabet::Symbols, Alphabet::Readable, Alphabet::Digits] {
                let made = text(Recipe::Password { length, alphabet: alphabet.clone() });
                prop_assert_eq!(made.chars().count(), length);
                for class in required_classes(length, &alphabet) {
                    prop_assert!(made.contains(|character| class.contains(character)));
                }
            }
        }

        #[test]
        fn two_are_never_the_same(bytes in 16_usize..64) {
            prop_assert_ne!(text(Recipe::Hex { bytes }), text(Recipe::Hex { bytes }));
        }
    }
}
