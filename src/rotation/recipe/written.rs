//! A recipe as it is written: the tables and keys of its TOML, and no others.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result};
use crate::vault::generate::{self, Alphabet, Must};

/// As in `generate`, where nothing is said.
const LENGTH: usize = 24;

/// The text as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) what: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) with: BTreeMap<String, Spanned<String>>,
    pub(super) grace: Option<Spanned<String>>,
    pub(super) make: Option<Spanned<WrittenMake>>,
    pub(super) apply: Option<Spanned<WrittenStep>>,
    pub(super) verify: Option<Spanned<WrittenStep>>,
    pub(super) revoke: Option<Spanned<WrittenStep>>,
}

/// A step as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    pub(super) run: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) stdin: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) fd: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Spanned<String>>,
}

/// `[make]` as written: a step and more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenMake {
    pub(super) generate: Option<Spanned<WrittenGenerate>>,
    pub(super) json: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Spanned<String>>,
    pub(super) run: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) stdin: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) fd: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Spanned<String>>,
}

/// `generate = { … }` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenGenerate {
    pub(super) length: Option<usize>,
    pub(super) alphabet: Option<String>,
    pub(super) must_contain: Option<String>,
    pub(super) words: Option<usize>,
    pub(super) hex: Option<usize>,
    pub(super) base64: Option<usize>,
    pub(super) uuid: Option<bool>,
    pub(super) ssh: Option<String>,
}

impl WrittenGenerate {
    /// What it asks the generator for.
    pub(super) fn recipe(&self) -> Result<generate::Recipe> {
        let is_password = self.length.is_some() || self.alphabet.is_some() || self.must_contain.is_some();
        let kinds = [is_password, self.words.is_some(), self.hex.is_some(), self.base64.is_some(), self.uuid.is_some()];
        if kinds.iter().filter(|kind| **kind).count() > 1 {
            return Err(Error::usage("One thing is generated, not several").hint(
                "Write for example { length = 32, alphabet = \"symbols\" }, { words = 6 }, { hex = 32 } or { uuid = true }.",
            ));
        }
        Ok(match self {
            Self { words: Some(words), .. } => generate::Recipe::Passphrase { words: *words },
            Self { hex: Some(bytes), .. } => generate::Recipe::Hex { bytes: *bytes },
            Self { base64: Some(bytes), .. } => generate::Recipe::Base64 { bytes: *bytes },
            Self { uuid: Some(true), .. } => generate::Recipe::Uuid,
            _ => generate::Recipe::Password {
                length: self.length.unwrap_or(LENGTH),
                alphabet: self.alphabet.as_deref().map_or(Ok(Alphabet::Alphanumeric), str::parse)?,
                must: self.must_contain.as_deref().map_or(Ok(Must::default()), str::parse)?,
            },
        })
    }
}
