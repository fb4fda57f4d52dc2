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
/// So few of the passwords drawn may be thrown away for what they lack that a draw ends soon.
const RAREST: f64 = 1e-4;
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
    fn characters(&self) -> Vec<char> {
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
    fn of_class(&self, class: Class) -> Vec<char> {
        self.characters().into_iter().filter(|character| Class::of(*character) == class).collect()
    }

    /// The classes that it has.
    #[must_use]
    pub fn classes(&self) -> Vec<Class> {
        Class::ALL.iter().copied().filter(|class| !self.of_class(*class).is_empty()).collect()
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
    fn of(character: char) -> Self {
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

/// What a password must contain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Must {
    /// One of each class that the alphabet has, where the length allows; of characters that
    /// somebody gave, nothing.
    #[default]
    WhatFits,
    /// One of each of these; what cannot have them is refused.
    Each(Vec<Class>),
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
        check_policy(*length, alphabet, must)
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

/// Refuses what cannot be had, and what would be drawn for in vain nearly every time.
fn check_policy(length: usize, alphabet: &Alphabet, must: &Must) -> Result<()> {
    let Must::Each(classes) = must else { return Ok(()) };
    if let Some(class) = classes.iter().find(|class| alphabet.of_class(**class).is_empty()) {
        return Err(Error::usage(format!("The alphabet has no {}, so none can be asked for.", class.word()))
            .hint("Choose another alphabet, or ask for less."));
    }
    let required = required(length, alphabet, must);
    if required.len() > length {
        let (room, kinds) = (length, required.len());
        return Err(Error::usage(format!("{room} characters cannot have one of each of {kinds} kinds."))
            .hint("Make it longer, or ask for less."));
    }
    if share(length, alphabet.characters().len(), &required) < RAREST {
        return Err(Error::usage("Hardly any password of this alphabet has all that it must contain.")
            .hint("Make it longer, or give fewer characters of the other kinds."));
    }
    Ok(())
}

/// The characters of each class that must occur.
fn required(length: usize, alphabet: &Alphabet, must: &Must) -> Vec<Vec<char>> {
    let classes = match (must, alphabet) {
        (Must::Each(classes), _) => Class::ALL.iter().copied().filter(|class| classes.contains(class)).collect(),
        (Must::WhatFits, Alphabet::Custom(_)) => Vec::new(),
        (Must::WhatFits, alphabet) => {
            let classes = alphabet.classes();
            if classes.len() > 1 && classes.len() <= length { classes } else { Vec::new() }
        }
    };
    classes.into_iter().map(|class| alphabet.of_class(class)).collect()
}

/// The share of all passwords that has every required class. They are counted by inclusion and
/// exclusion of the classes left out, a set S of them at a time (R. P. Stanley, Enumerative
/// Combinatorics, volume 1, section 2.1): the sum over S of (-1)^|S| (1 - |S's characters| / |all|)^length.
fn share(length: usize, all: usize, required: &[Vec<char>]) -> f64 {
    let exponent = i32::try_from(length).unwrap_or(i32::MAX);
    (0..1_usize << required.len())
        .map(|subset| {
            let left_out = required.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1);
            let missing: usize = left_out.map(|(_, class)| class.len()).sum();
            let sign = if subset.count_ones() % 2 == 0 { 1.0 } else { -1.0 };
            sign * (float(all - missing) / float(all)).powi(exponent)
        })
        .sum()
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
                    text(Recipe::Password { length: 400, alphabet: alphabet.clone(), must: Must::WhatFits })
                        .chars()
                        .collect::<Vec<_>>()
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
        assert!(near(
            bits(Recipe::Password { length: 6, alphabet: Alphabet::Digits, must: Must::WhatFits }),
            6.0 * 10_f64.log2()
        ));
        assert!(near(
            bits(Recipe::Password { length: 8, alphabet: Alphabet::Custom("ffaa".to_owned()), must: Must::WhatFits }),
            8.0
        ));
        // One of each class, in any order: 3! · 26 · 26 · 10.
        let three = Recipe::Password { length: 3, alphabet: Alphabet::Alphanumeric, must: Must::WhatFits };
        assert!(near(bits(three), (6.0 * 26.0 * 26.0 * 10.0_f64).log2()));
        // Too short for one of each class: nothing is required, nothing is lost.
        let two = Recipe::Password { length: 2, alphabet: Alphabet::Alphanumeric, must: Must::WhatFits };
        assert!(near(bits(two), 2.0 * 62_f64.log2()));
        // Long ones lose next to nothing by the requirement.
        let long = bits(Recipe::Password { length: 64, alphabet: Alphabet::Alphanumeric, must: Must::WhatFits });
        assert!(long < 64.0 * 62_f64.log2() && long > 64.0 * 62_f64.log2() - 0.001);
    }

    fn policy(characters: &str, length: usize, classes: &[Class]) -> Recipe {
        let alphabet = Alphabet::Custom(characters.to_owned());
        Recipe::Password { length, alphabet, must: Must::Each(classes.to_vec()) }
    }

    /// Every subset of the classes.
    fn subsets() -> impl Iterator<Item = Vec<Class>> {
        (0..16).map(|set| (0..4).filter(|bit| set >> bit & 1 == 1).map(|bit| Class::ALL[bit]).collect())
    }

    #[test]
    fn entropy_after_a_policy_is_that_of_the_passwords_which_have_it() {
        let characters: Vec<char> = "abC12#".chars().collect();
        for (length, classes) in (1..=5).flat_map(|length| subsets().map(move |classes| (length, classes))) {
            let has = |password: &usize| {
                let drawn: Vec<char> =
                    (0..length).map(|at| characters[password / characters.len().pow(at) % characters.len()]).collect();
                classes.iter().all(|class| drawn.iter().any(|character| Class::of(*character) == *class))
            };
            let count = (0..characters.len().pow(length)).filter(has).count();
            let recipe = policy("abC12#", usize::try_from(length).unwrap(), &classes);
            match recipe.entropy_bits() {
                Ok(bits) => assert!((bits - float(count).log2()).abs() < 1e-6, "{recipe:?}: {bits} for {count}"),
                Err(_) => assert_eq!(count, 0, "{recipe:?}"),
            }
        }
    }

    #[test]
    fn passwords_after_a_policy_are_all_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6 * 500 {
            *counts.entry(text(policy("aB1", 3, &[Class::Lower, Class::Upper, Class::Digit]))).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(is_even(&counts.into_values().collect::<Vec<_>>()));
    }

    #[test]
    fn a_policy_costs_what_it_forbids() {
        assert!(policy("abAB", 8, &[]).bits_lost().abs() < 1e-12);
        assert!(Recipe::Uuid.bits_lost() < 1e-12);
        // Half of the passwords of one character are capitals.
        assert!((policy("aA", 1, &[Class::Upper]).bits_lost() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_policy_that_cannot_be_met_is_refused() {
        let rare: String = ('\u{4e00}'..='\u{4eff}').chain("a7#A".chars()).collect();
        for (recipe, cause) in [
            (policy("ab", 4, &[Class::Digit]), "no digit"),
            (policy("aB1", 2, &[Class::Lower, Class::Upper, Class::Digit]), "each of 3 kinds"),
            (policy(&rare, 4, Class::ALL), "Hardly any"),
        ] {
            let error = generate(&recipe).err().unwrap();
            assert!(error.kind() == Kind::Usage && error.message().contains(cause), "{error}");
        }
        assert_eq!(Alphabet::Symbols.classes(), Class::ALL);
        assert_eq!(Alphabet::Readable.classes(), Class::ALL[..3]);
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
        let custom = |characters: &str| Recipe::Password {
            length: 8,
            alphabet: Alphabet::Custom(characters.to_owned()),
            must: Must::WhatFits,
        };
        for recipe in [
            Recipe::Password { length: 0, alphabet: Alphabet::Symbols, must: Must::WhatFits },
            Recipe::Password { length: MOST + 1, alphabet: Alphabet::Symbols, must: Must::WhatFits },
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
                let made = text(Recipe::Password { length, alphabet: alphabet.clone(), must: Must::WhatFits });
                prop_assert_eq!(made.chars().count(), length);
                for class in required(length, &alphabet, &Must::WhatFits) {
                    prop_assert!(made.contains(|character| class.contains(&character)));
                }
            }
        }

        #[test]
        fn two_are_never_the_same(bytes in 16_usize..64) {
            prop_assert_ne!(text(Recipe::Hex { bytes }), text(Recipe::Hex { bytes }));
        }
    }
}
