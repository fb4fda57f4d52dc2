//! [`Notice`]: what just happened, in a line.
//!
//! Success leaves after four seconds; an error stays until a key and swallows
//! that key, so that a blind keystroke cannot act on what was not read. A key that only
//! moves or types is not swallowed: what follows it would meet another row or field.

use std::time::{Duration, Instant};

use crate::error::Error;

use super::action::Action;
use super::clock::Now;
use super::press::Press;
use super::theme::Role;

/// How long good news stays.
const STAY: Duration = Duration::from_secs(4);

/// What just happened, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    text: String,
    role: Role,
    until: Option<Instant>,
    /// The key that goes on with what was refused, and is not swallowed.
    answer: Option<Action>,
}

impl Notice {
    /// It worked; leaves by itself.
    #[must_use]
    pub fn done(text: impl Into<String>, now: Now) -> Self {
        Self { text: text.into(), role: Role::Ok, until: now.instant.checked_add(STAY), answer: None }
    }

    /// Why a key did nothing; leaves by itself.
    #[must_use]
    pub fn hint(text: impl Into<String>, now: Now) -> Self {
        Self { text: text.into(), role: Role::Warn, until: now.instant.checked_add(STAY), answer: None }
    }

    /// What is waited for; leaves when that comes.
    #[must_use]
    pub fn waiting(text: impl Into<String>, until: Instant) -> Self {
        Self { text: text.into(), role: Role::Warn, until: Some(until), answer: None }
    }

    /// It failed; stays until a key.
    #[must_use]
    pub fn failed(error: &Error) -> Self {
        let text = match error.next_step() {
            Some(step) => format!("{} {step}", error.message()),
            None => error.message().to_owned(),
        };
        Self { text, role: Role::Danger, until: None, answer: None }
    }

    /// It failed, and says which key goes on all the same; stays until a key.
    #[must_use]
    pub fn answered(text: impl Into<String>, by: Action) -> Self {
        Self { text: text.into(), role: Role::Danger, until: None, answer: Some(by) }
    }

    /// What a key does not do at once, and does when it comes again; leaves by itself.
    #[must_use]
    pub fn asking(text: impl Into<String>, by: Action, now: Now) -> Self {
        Self { answer: Some(by), ..Self::hint(text, now) }
    }

    /// True when one key goes on, and any other leaves it at that.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.answer.is_some()
    }

    /// True when this press is what it asks for.
    #[must_use]
    pub fn is_answered_by(&self, press: Press) -> bool {
        self.answer.is_some_and(|action| press == Press::Action(action))
    }

    /// When it leaves by itself.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// True when the next key only takes it away.
    #[must_use]
    pub fn swallows_key(&self) -> bool {
        self.until.is_none()
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How it is to be seen.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_and_good_news_leaves() {
        let now = Now { instant: Instant::now(), time: jiff::Timestamp::UNIX_EPOCH };
        assert!(Notice::done("Saved.", now).until().is_some());
        let failed = Notice::failed(&Error::busy("The vault is in use.").hint("Wait."));
        assert!(failed.swallows_key());
        assert_eq!(failed.text(), "The vault is in use. Wait.");
    }
}
