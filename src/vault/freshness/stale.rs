//! [`Stale`]: what is wrong with a file that is not the one that was seen last.

use std::path::Path;

use crate::error::Error;

use super::Checkpoint;

/// Why a file is not the one that this machine saw last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// It has not come as far.
    Older {
        /// What was seen.
        seen: Checkpoint,
    },
    /// Its log does not lead through what was seen: two copies of one vault went their ways.
    Forked {
        /// What was seen.
        seen: Checkpoint,
    },
    /// What was seen cannot be read any more.
    Unreadable {
        /// Why, the end of a sentence.
        cause: String,
    },
}

impl Stale {
    /// What was seen, as far as it can be told.
    #[must_use]
    pub fn seen(&self) -> Option<&Checkpoint> {
        match self {
            Self::Older { seen } | Self::Forked { seen } => Some(seen),
            Self::Unreadable { .. } => None,
        }
    }

    /// A word for scripts.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Older { .. } => "older",
            Self::Forked { .. } => "forked",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// What is wrong with the file at `path`, and the next step.
    pub(super) fn refusal(&self, path: &Path) -> Error {
        Error::damaged(self.words(path)).hint(match self {
            Self::Older { .. } | Self::Forked { .. } => {
                "If you put another file there yourself, say so with strongroom anchor accept; else keep it for \
                 inspection, and restore a backup."
            }
            Self::Unreadable { .. } => {
                "Look who could write there, and mend it. Whether the vault went back is not known: hold it against a \
                 checkpoint that was noted (strongroom anchor check) or a backup, then strongroom anchor accept."
            }
        })
    }

    /// What is wrong, a sentence for where the vault's path stands already.
    #[must_use]
    pub fn told(&self) -> String {
        self.sentence("This vault", "this vault")
    }

    /// What is wrong with the file at `path`, a sentence.
    pub(super) fn words(&self, path: &Path) -> String {
        let path = path.display();
        self.sentence(&format!("The vault {path}"), &format!("the vault {path}"))
    }

    /// What is wrong with the vault, as it is called at the beginning of a sentence and within.
    fn sentence(&self, first: &str, within: &str) -> String {
        match self {
            Self::Older { seen } => {
                format!("{first} is older than the one that this machine saw: {} is not in it.", seen.words())
            }
            Self::Forked { seen } => {
                format!("{first} has another past than the one that this machine saw: {} is not in it.", seen.words())
            }
            Self::Unreadable { cause } => {
                let cause = cause.trim_end_matches('.');
                format!("How far this machine saw {within} come cannot be read: {cause}.")
            }
        }
    }
}
