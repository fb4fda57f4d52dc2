//! What the dialogs that write have in common: the version they had seen, the
//! wait for the disk, and what is said when another session was faster.

use crate::error::Error;
use crate::tui::theme::Role;
use crate::vault::Expected;

use super::form::told;
use super::page::Page;

/// The state of a write: not begun, under way, or refused.
pub(super) struct Writing {
    /// What the writer had seen.
    pub(super) expected: Expected,
    /// The request is on its way; keys wait.
    pub(super) is_saving: bool,
    message: Option<(String, Role)>,
    /// Esc was pressed over unsaved input; the next one discards it.
    may_discard: bool,
}

impl Writing {
    /// Before the first try.
    pub(super) fn new(expected: Expected) -> Self {
        Self { expected, is_saving: false, message: None, may_discard: false }
    }

    /// Says something about the whole.
    pub(super) fn say(&mut self, text: impl Into<String>, role: Role) {
        self.message = Some((text.into(), role));
    }

    /// A key was pressed: what was said is old.
    pub(super) fn hush(&mut self) {
        self.message = None;
        self.may_discard = false;
    }

    /// The request goes out.
    pub(super) fn begin(&mut self) -> Expected {
        self.hush();
        self.is_saving = true;
        self.expected
    }

    /// The request failed. True when another session had written: the next try goes on top of that.
    pub(super) fn failed(&mut self, error: &Error) -> bool {
        self.is_saving = false;
        self.may_discard = false;
        let (Expected::Version(_), Some(current)) = (self.expected, error.current_version()) else {
            self.say(told(error), Role::Danger);
            return false;
        };
        self.expected = Expected::Version(current);
        let text = format!(
            "Version {current} was written by another session meanwhile. ⟨submit⟩ saves yours as the next version."
        );
        self.say(text, Role::Warn);
        true
    }

    /// Esc: true when the dialog may close; over unsaved input only the second time.
    pub(super) fn may_close(&mut self, is_unsaved: bool) -> bool {
        if !is_unsaved || self.may_discard {
            return true;
        }
        self.say("Not saved yet. ⟨cancel⟩ again discards it.", Role::Warn);
        self.may_discard = true;
        false
    }

    /// Describes it at the end of a page.
    pub(super) fn show(&self, page: &mut Page<'_>) {
        match &self.message {
            _ if self.is_saving => page.tell("Saving…", Role::Accent),
            Some((message, role)) => page.tell(message.as_str(), *role),
            None => {}
        }
    }
}
