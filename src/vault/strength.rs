//! How hard a typed passphrase is to guess, estimated low on purpose.
//!
//! The set-up wizard shows it while a passphrase is typed, `init` and `key
//! change` warn with it. It works on the bytes where they lie: nothing is
//! copied, lower-cased or split into new strings. What a generator made has a
//! known entropy and needs no estimate: [`Strength::of_bits`].

/// Guesses a second that someone with the stolen file and a rack of graphics
/// cards may try against our Argon2id floor, as a power of two.
const GUESSES_PER_SECOND: f64 = 20.0;
/// Bytes that are looked at; what is longer is strong enough.
const LOOKED_AT: usize = 256;
/// What is tried first by everyone, in lower case.
const COMMON: [&str; 36] = [
    "password",
    "passwort",
    "passphrase",
    "letmein",
    "welcome",
    "iloveyou",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "trustno",
    "master",
    "shadow",
    "michael",
    "jordan",
    "hunter",
    "changeme",
    "default",
    "secret",
    "admin",
    "root",
    "login",
    "test",
    "guest",
    "strongroom",
    "vault",
    "qwerty",
    "azerty",
    "qazwsx",
    "zaq",
    "abc",
    "starwars",
];
/// Rows of keys that fingers run along.
const ROWS: [&str; 4] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop"];

/// How hard something is to guess.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    bits: f64,
}

/// A [`Strength`] in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Guessed within days by someone who has the file.
    Weak,
    /// Guessed within years.
    Fair,
    /// Not worth the guessing.
    Good,
    /// Out of reach.
    Strong,
}

impl Level {
    /// The word that a person sees.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Good => "good",
            Self::Strong => "strong",
        }
    }
}

impl Strength {
    /// A strength that is known, of something generated.
    #[must_use]
    pub fn of_bits(bits: f64) -> Self {
        Self { bits: bits.max(0.0) }
    }

    /// The estimate for something a person thought up.
    #[must_use]
    pub fn estimate(secret: &[u8]) -> Self {
        let secret = &secret[..secret.len().min(LOOKED_AT)];
        let period = period(secret);
        let repeats = secret.len().checked_div(period).unwrap_or(1);
        let again = f64::from(u32::try_from(repeats).unwrap_or(u32::MAX)).log2();
        Self::of_bits(runs(&secret[..period]) + again)
    }

    /// Its bits.
    #[must_use]
    pub fn bits(self) -> f64 {
        self.bits
    }

    /// Its word.
    #[must_use]
    pub fn level(self) -> Level {
        match self.bits {
            bits if bits < 40.0 => Level::Weak,
            bits if bits < 52.0 => Level::Fair,
            bits if bits < 65.0 => Level::Good,
            _ => Level::Strong,
        }
    }

    /// What it means: `weak: guessed in minutes`.
    #[must_use]
    pub fn words(self) -> String {
        let seconds = self.bits - 1.0 - GUESSES_PER_SECOND;
        let time = match seconds {
            s if s < 0.0 => "guessed at once",
            s if s < 6.0 => "guessed in seconds",
            s if s < 12.0 => "guessed in minutes",
            s if s < 17.0 => "guessed in hours",
            s if s < 21.0 => "guessed in days",
            s if s < 25.0 => "guessed in months",
            s if s < 32.0 => "holds for years",
            s if s < 44.0 => "holds for centuries",
            _ => "out of reach of guessing",
        };
        format!("{}: {time}", self.level().word())
    }

    /// How much of a bar of `cells` cells it fills; full from 80 bits on.
    #[must_use]
    pub fn filled(self, cells: u16) -> u16 {
        let part = (self.bits / 80.0).clamp(0.0, 1.0);
        (0..cells).filter(|cell| f64::from(*cell) + 0.5 < part * f64::from(cells)).count().try_into().unwrap_or(cells)
    }
}

/// The length of the shortest block that the whole secret repeats; all of it when it does not.
fn period(secret: &[u8]) -> usize {
    let repeats = |length: &usize| secret.iter().zip(&secret[*length..]).all(|(a, b)| a == b);
    (1..=secret.len() / 2).find(repeats).unwrap_or(secret.len())
}

/// The bits of a secret that repeats nothing: run by run.
fn runs(secret: &[u8]) -> f64 {
    let mut bits = 0.0;
    let mut rest = secret;
    while let Some(first) = rest.first() {
        let length = run(rest);
        let (head, tail) = rest.split_at(length);
        bits += if known(head).is_some() || is_sequence(head) {
            // One of a short list, or where it starts and how far it goes.
            6.0 + 0.3 * count(length)
        } else if letter(*first) {
            letters(head)
        } else if first.is_ascii_digit() {
            digits(head)
        } else {
            others(head)
        };
        rest = tail;
    }
    bits
}

/// How many bytes at the start belong together: letters, digits, or one kind of other; a common word or a sequence
/// before all.
fn run(secret: &[u8]) -> usize {
    if let Some(length) = known(secret) {
        return length;
    }
    let sequence = (3..=secret.len()).take_while(|length| is_sequence(&secret[..*length])).last();
    if let Some(length) = sequence {
        return length;
    }
    let alike = |byte: &u8| kind(*byte) == kind(secret[0]);
    let most = secret.iter().take_while(|byte| alike(byte)).count();
    // Up to where a common word or a sequence begins.
    let breaks = |at: &usize| known(&secret[*at..]).is_some() || secret.get(*at..at + 4).is_some_and(is_sequence);
    (1..most).find(breaks).unwrap_or(most)
}

/// Letters, with what stands for letters, are one kind; digits; the rest.
fn kind(byte: u8) -> u8 {
    match byte {
        byte if letter(byte) => 0,
        b'0'..=b'9' => 1,
        _ => 2,
    }
}

/// Letters, and the bytes of letters beyond ASCII.
fn letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// The length of the common word that `secret` begins with, with the usual digits for letters.
fn known(secret: &[u8]) -> Option<usize> {
    let same = |typed: &u8, known: u8| plain(*typed) == known;
    let begins = |word: &&&str| secret.len() >= word.len() && secret.iter().zip(word.bytes()).all(|(t, k)| same(t, k));
    COMMON.iter().filter(begins).map(|word| word.len()).max()
}

/// A letter in lower case, with the usual signs for letters undone.
fn plain(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        byte => byte.to_ascii_lowercase(),
    }
}

/// True for `aaaa`, `1234`, `fedc` and `asdf`.
fn is_sequence(run: &[u8]) -> bool {
    if run.len() < 3 {
        return false;
    }
    let step = |pair: &[u8]| i16::from(pair[1].to_ascii_lowercase()) - i16::from(pair[0].to_ascii_lowercase());
    let first = step(&run[..2]);
    if first.abs() <= 1 && run.windows(2).all(|pair| step(pair) == first) {
        return true;
    }
    let along = |row: &&str| {
        let starts = row.len().checked_sub(run.len()).map_or(0..0, |last| 0..last + 1);
        let same = |at: usize| run.iter().zip(row[at..].bytes()).all(|(typed, key)| typed.to_ascii_lowercase() == key);
        starts.into_iter().any(same)
    };
    run.len() >= 4 && ROWS.iter().any(along)
}

/// Letters: as a word when they read like one, else as letters drawn at random.
fn letters(run: &[u8]) -> f64 {
    let length = count(run.len());
    let vowels = count(run.iter().filter(|byte| b"aeiouyAEIOUY".contains(byte)).count());
    let mixed = run.iter().skip(1).any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase);
    let drawn = if mixed { 5.0 } else { 4.0 } * length;
    // A word of a large dictionary; a long run is several words.
    let word = 7.0 + 1.3 * (length - 3.0).max(0.0) + if mixed { 2.0 } else { 0.0 };
    let reads_like_words = (0.2..=0.7).contains(&(vowels / length)) && !mixed || length < 4.0;
    if reads_like_words { drawn.min(word) } else { drawn.min(word * 1.8) }
}

/// Digits: years and dates are few.
fn digits(run: &[u8]) -> f64 {
    let year = run.len() == 4 && (run.starts_with(b"19") || run.starts_with(b"20"));
    match run.len() {
        4 if year => 6.0,
        6 | 8 => 2.4 * count(run.len()),
        length => 3.0 * count(length),
    }
}

/// Signs: the first is worth most, since the same few stand between words and at the end.
fn others(run: &[u8]) -> f64 {
    1.0 + 3.5 * (count(run.len()) - 1.0)
}

/// A length as a number to reckon with.
fn count(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> f64 {
        Strength::estimate(text.as_bytes()).bits()
    }

    #[test]
    fn what_everyone_tries_is_weak() {
        let weak = [
            "",
            "a",
            "password",
            "P@ssw0rd",
            "Password123!",
            "123456789012",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiop",
            "letmein2024",
            "abcabcabcabcabcabc",
            "Summer2024!",
            "correct horse",
            "trustno1",
            "admin:admin:admin:admin",
            "strongroom-vault-2025",
            "hunter2",
            "jennifer1987",
        ];
        for text in weak {
            assert_eq!(Strength::estimate(text.as_bytes()).level(), Level::Weak, "{text}: {}", bits(text));
        }
    }

    #[test]
    fn what_is_long_and_chosen_by_chance_is_not() {
        let strong = [
            "velvet-orbit-canyon-mustard-lantern-pilot",
            "abandon-ability-able-about-above-absent",
            "x7Kq-9vWm-Tz3R-bN5p-Lc8Y",
            "kT9#vQ2!mZ7$xW4%pL6^",
        ];
        for text in strong {
            assert!(Strength::estimate(text.as_bytes()).level() >= Level::Good, "{text}: {}", bits(text));
        }
        assert!(bits("correct horse battery staple") > 35.0 && bits("correct horse battery staple") < 52.0);
    }

    #[test]
    fn the_estimate_stays_below_what_a_generator_gives() {
        // 20 letters and digits have 119 bits; 6 words of 2048 have 66.
        assert!(bits("Ab3xK9mQ2wZ7pL5nR8tY") < 119.0);
        assert!(bits("zoo-wrap-youth-zebra-wrist-year") < 66.0);
    }

    #[test]
    fn typing_on_never_costs_much() {
        for text in ["velvet orbit canyon 1987 !!", "pa55word and more of it", "秘密の鍵 はここ"] {
            for at in (1..text.len()).filter(|at| text.is_char_boundary(*at)) {
                assert!(bits(text) + 12.0 > bits(&text[..at]), "{} of {text}", &text[..at]);
            }
        }
    }

    #[test]
    fn words_and_bars() {
        assert_eq!(Strength::of_bits(5.0).words(), "weak: guessed at once");
        assert_eq!(Strength::of_bits(30.0).words(), "weak: guessed in minutes");
        assert_eq!(Strength::of_bits(66.0).words(), "strong: out of reach of guessing");
        assert_eq!(Strength::of_bits(0.0).filled(20), 0);
        assert_eq!(Strength::of_bits(40.0).filled(20), 10);
        assert_eq!(Strength::of_bits(200.0).filled(20), 20);
    }

    #[test]
    fn any_bytes_can_be_measured() {
        for byte in 0..=255_u8 {
            assert!(Strength::estimate(&[byte; 3]).bits() < 40.0);
        }
        let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        assert!(Strength::estimate(&all).bits().is_finite());
    }
}
