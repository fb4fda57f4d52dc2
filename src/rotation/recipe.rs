//! [`Recipe`]: what changes a credential at its far side, as its owner wrote it.
//!
//! ```toml
//! what = "the password of a PostgreSQL role"
//! grace = "1d"
//!
//! [with]
//! role = "app"
//!
//! [apply]
//! run = ["psql", "--username={{with.role}}", "-c", '\password']
//! stdin = "{{login}}\n{{value}}\n{{value}}\n"
//! timeout = "30s"
//! ```
//!
//! A step is a program with its arguments; no shell, unless the recipe names one. Values
//! reach it on standard input (`stdin`), on inherited descriptors (`fd`), or in variables
//! (`env`) where nothing else will do; never in an argument, which every user of the
//! machine can read.

mod command_line;
mod parameters;
mod read;
mod template;
mod written;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Result;
use crate::inject::dependents;
use crate::vault::generate;
use crate::vault::mentions::Mention;
use crate::vault::rotation::StepKind;
use crate::vault::secret::FieldName;

pub use command_line::{CommandLine, command_line};
pub use parameters::fill;
pub use template::{Piece, Template, Whose};

/// The longest text of a recipe, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// How long a step may take when the recipe does not say.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// The most that a recipe may say.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// What changes a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Of what, for people.
    pub what: String,
    /// Plain parameters; none of them is secret.
    pub with: BTreeMap<String, String>,
    /// How long the version before the current one stays usable; `None`: what the caller thinks right.
    pub grace: Option<Duration>,
    /// Where a new value comes from; `None`: from the operator.
    pub make: Option<Make>,
    /// Makes the far side accept the new value.
    pub apply: Option<Step>,
    /// Ends with 0 if the far side accepts the value.
    pub verify: Option<Step>,
    /// Makes the far side refuse a value.
    pub revoke: Option<Step>,
}

/// Where a new value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Make {
    /// From our own generator.
    Generate(Generate),
    /// From what a program prints.
    Run(Step, Printed),
}

/// What our own generator makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generate {
    /// A value.
    Value(generate::Recipe),
    /// An SSH key pair: the private key as the value, other parts as fields.
    SshEd25519(Vec<(FieldName, SshPart)>),
}

/// What else there is of an SSH key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SshPart {
    /// The line for `authorized_keys`, without a comment.
    Public,
    /// `SHA256:…`
    Fingerprint,
}

/// What of a program's standard output is the new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Printed {
    /// All of it, without the line end.
    Whole,
    /// It is JSON, and these pointers lead to the fields; the first is the value.
    Json(Vec<(FieldName, String)>),
}

/// A program and what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// It is ended after so long.
    pub timeout: Duration,
    /// What it reads; `None`: nothing.
    pub stdin: Option<Template>,
    /// What it finds on descriptors 3 to 9.
    pub fd: BTreeMap<u8, Template>,
    /// What it finds in variables.
    pub env: BTreeMap<String, Template>,
}

impl Recipe {
    /// Reads a recipe's text.
    ///
    /// # Errors
    /// Usage, with the line and what to do there.
    pub fn parse(text: &str) -> Result<Self> {
        read::recipe(text)
    }

    /// The program of a step, if it has one.
    #[must_use]
    pub fn step(&self, kind: StepKind) -> Option<&Step> {
        match kind {
            StepKind::Make => match &self.make {
                Some(Make::Run(step, _)) => Some(step),
                Some(Make::Generate(_)) | None => None,
            },
            StepKind::Apply => self.apply.as_ref(),
            StepKind::Verify => self.verify.as_ref(),
            StepKind::Revoke => self.revoke.as_ref(),
        }
    }
}

/// The secrets that a recipe's text names; one that cannot be read names none.
#[must_use]
pub fn mentioned(text: &[u8]) -> Vec<Mention> {
    let recipe = std::str::from_utf8(text).ok().and_then(|text| Recipe::parse(text).ok());
    let kinds = [StepKind::Make, StepKind::Apply, StepKind::Verify, StepKind::Revoke];
    let steps = kinds.into_iter().filter_map(|kind| recipe.as_ref()?.step(kind));
    let references = steps.flat_map(Step::templates).flat_map(Template::pieces).filter_map(|piece| match piece {
        Piece::Secret(reference) => Some(reference.as_bytes()),
        _ => None,
    });
    references.flat_map(dependents::mentioned).collect()
}

impl Step {
    /// Every template, in the order: standard input, descriptors, variables.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.stdin.iter().chain(self.fd.values()).chain(self.env.values())
    }
}
