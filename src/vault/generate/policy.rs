//! [`Must`]: what a password must contain, whether it can, and what that costs.

use std::str::FromStr;

use crate::error::{Error, Result};

use super::alphabet::{Alphabet, Class};
use super::float;

/// So few of the passwords drawn may be thrown away for what they lack that a draw ends soon.
const RAREST: f64 = 1e-4;

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

/// Read as `--must-contain` has it.
impl FromStr for Must {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
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
            "none" => Ok(Self::Each(Vec::new())),
            text => text.split(',').map(class).collect::<Result<_>>().map(Self::Each),
        }
    }
}

/// Refuses what cannot be had, and what would be drawn for in vain nearly every time.
pub(super) fn check(length: usize, alphabet: &Alphabet, must: &Must) -> Result<()> {
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
pub(super) fn required(length: usize, alphabet: &Alphabet, must: &Must) -> Vec<Vec<char>> {
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
pub(super) fn share(length: usize, all: usize, required: &[Vec<char>]) -> f64 {
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
