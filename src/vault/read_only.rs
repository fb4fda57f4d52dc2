//! [`ReadOnly`]: why nothing is written to an open vault, and what tells more.

use super::Vault;
use super::freshness::Stale;

/// Why nothing can be written. No value is given out either, since that is on record first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOnly {
    /// It is not the file that this machine saw last.
    Stale(Stale),
    /// Damage was found: what, a sentence.
    Damaged(String),
    /// The file cannot be written to, or is never: why, a sentence.
    Unwritable(String),
}

impl ReadOnly {
    /// The cause, a sentence.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Stale(stale) => stale.told(),
            Self::Damaged(cause) | Self::Unwritable(cause) => cause.clone(),
        }
    }

    /// The command that tells more, where one does.
    #[must_use]
    pub fn command(&self) -> Option<&'static str> {
        match self {
            Self::Stale(_) => Some("strongroom anchor"),
            Self::Damaged(_) => Some("strongroom verify"),
            Self::Unwritable(_) => None,
        }
    }

    /// Why nothing is written, and the next step: sentences.
    #[must_use]
    pub fn told(&self) -> String {
        format!("The vault is read-only: {}", self.with_next_step())
    }

    /// Why no value is given out, and the next step: sentences.
    #[must_use]
    pub fn told_of_values(&self) -> String {
        let because = match self {
            Self::Stale(_) => "No value is given out:",
            Self::Damaged(_) | Self::Unwritable(_) => "No value is given out, since that could not be recorded:",
        };
        format!("{because} {}", self.with_next_step())
    }

    fn with_next_step(&self) -> String {
        match self.command() {
            Some(command) => format!("{} {command} tells more.", self.cause()),
            None => format!("{} Make it writable, then open it again.", self.cause()),
        }
    }
}

impl Vault {
    /// Why nothing can be written now, if so.
    #[must_use]
    pub fn read_only(&self) -> Option<ReadOnly> {
        let cause = self.read_only.as_ref()?;
        Some(match (self.anchor.stale(), self.store.read_only_reason()) {
            (Some(stale), _) => ReadOnly::Stale(stale.clone()),
            (None, Some(_)) => ReadOnly::Unwritable(cause.clone()),
            (None, None) => ReadOnly::Damaged(cause.clone()),
        })
    }
}
