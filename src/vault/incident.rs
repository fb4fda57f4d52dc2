//! [`Incident`]: every secret that somebody could have seen or copied, and what has
//! become of each since: a checklist.
//!
//! Whoever asks names people, places and a time, a [`Choice`]. The walk that verifies the
//! log collects on its way each record by which one of them took a value out of the vault
//! or made a version; nothing is said where the log is broken. Then each of those secrets
//! is judged by what the vault holds now.
//!
//! Nothing of it is stored. A secret is done when its current version is none that they
//! saw and holds no value that they saw, under whatever name, or when it was destroyed;
//! so a checklist cannot be lost, and going back to an old value opens its line again.
//!
//! Values are compared by the keyed fingerprints of [`super::duplicates`], in memory and
//! under a key of this investigation alone. That is not audited for the reasons told there:
//! values are opened in here, and none leaves.

mod choice;
mod investigation;
mod judge;
mod met;
mod report;
mod standing;
mod traces;

use jiff::Timestamp;

pub use choice::Choice;
pub use investigation::{Investigation, Progress};
pub use standing::{ExposedSecret, Standing};
pub use traces::{Doing, Exposure};

pub(super) use traces::Traces;

/// What those who were chosen could have seen, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Incident {
    /// Whose doings were looked at.
    pub choice: Choice,
    /// Who of those chosen is on no record of the whole log, and who is: a sentence each. It says
    /// nothing of what such a name could have seen.
    pub unknown: Vec<String>,
    /// What of the time that was asked for is not in the log any more, a sentence.
    pub cut_off: Option<String>,
    /// How many records the log has, each of them verified.
    pub records: u64,
    /// What they could have seen: what is to do first, then what was seen last first.
    pub secrets: Vec<ExposedSecret>,
    /// How many sessions they began, on the screen or by keeping a key.
    pub sessions: u64,
    /// When the last of those began.
    pub last_session: Option<Timestamp>,
    /// What left them with a key to the vault.
    pub keys: Vec<Doing>,
}

impl Incident {
    /// What makes the answer less than it seems, a sentence each.
    pub fn caveats(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().chain(&self.cut_off).map(String::as_str)
    }

    /// How many secrets are still to do.
    #[must_use]
    pub fn open(&self) -> usize {
        self.secrets.iter().filter(|secret| !secret.standing.is_done()).count()
    }

    /// How many times a value could have been seen.
    #[must_use]
    pub fn exposures(&self) -> usize {
        self.secrets.iter().map(|secret| secret.exposures.len()).sum()
    }
}

#[cfg(test)]
mod tests;
