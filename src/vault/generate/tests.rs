//! What is made is what was asked for, evenly drawn, and its entropy is counted rightly.

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
