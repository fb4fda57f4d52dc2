//! What the dialogs that write have in common: the version they had seen, the
//! wait for the disk, and what happens when another session was faster.

use std::time::Instant;

use crate::error::{Error, Kind};
use crate::tui::clock::Now;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::Expected;
use crate::vault::scope::Address;
use crate::vault::secret::{Secret, SecretId, Version};

use super::conflict::Conflict;
use super::form::told;
use super::page::Page;
use super::{Input, Step, form};

/// How mine is written after a conflict.
pub(super) enum Way {
    /// Over this version of this secret.
    Over {
        /// Which secret.
        id: SecretId,
        /// Its version.
        version: u64,
        /// Where it is.
        address: Address,
    },
    /// Onto the secret, which is deleted and brought back with it.
    Restored {
        /// Which secret.
        id: SecretId,
        /// Its version.
        version: u64,
        /// To where.
        address: Address,
    },
    /// As a new secret.
    Anew,
}

/// The state of a write: not begun, under way, refused, or in conflict.
pub(super) struct Writing {
    /// What is written over, if it is there already.
    subject: Option<(SecretId, Address)>,
    /// What the writer had seen.
    pub(super) expected: Expected,
    /// The version that was there when the dialog opened.
    began: u64,
    /// The request is on its way; keys wait.
    pub(super) is_saving: bool,
    /// Another session was faster; this is to be decided before anything else.
    pub(super) conflict: Option<Box<Conflict>>,
    /// What another session has done since the dialog opened.
    news: Option<String>,
    /// The last of it is that the secret was deleted.
    is_gone: bool,
    /// What it has changed of the metadata.
    details: Option<String>,
    message: Option<(String, Role)>,
    /// Esc was pressed over unsaved input; the next one discards it.
    may_discard: bool,
}

impl Writing {
    /// For a secret that does not exist yet.
    pub(super) fn new() -> Self {
        Self {
            subject: None,
            expected: Expected::Absent,
            began: 0,
            is_saving: false,
            conflict: None,
            news: None,
            is_gone: false,
            details: None,
            message: None,
            may_discard: false,
        }
    }

    /// Over the current version of a secret.
    pub(super) fn over(secret: &Secret) -> Self {
        let subject = Some((secret.id, secret.address.clone()));
        let (expected, began) = (Expected::This(secret.id, Some(secret.version)), secret.version);
        Self { subject, expected, began, ..Self::new() }
    }

    /// Which secret is written, and where it is as far as is known.
    pub(super) fn subject(&self) -> Option<(SecretId, &Address)> {
        self.subject.as_ref().map(|(id, address)| (*id, address))
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

    /// The version that was seen at first, or chosen to be written over since.
    pub(super) fn seen(&self) -> Option<u64> {
        match self.expected {
            Expected::Version(version) | Expected::This(_, Some(version)) | Expected::Deleted(_, version) => {
                Some(version)
            }
            Expected::Any | Expected::Absent | Expected::Present | Expected::This(_, None) => None,
        }
    }

    /// The request failed. Where another session was faster, a conflict begins.
    pub(super) fn failed(&mut self, error: &Error) -> Step {
        self.is_saving = false;
        self.may_discard = false;
        let current = error.current_version();
        let (Some((id, address)), Some(seen)) = (&self.subject, self.seen()) else {
            self.say(told(error), Role::Danger);
            return Step::default();
        };
        if current.is_none() && error.kind() != Kind::NotFound {
            self.say(told(error), Role::Danger);
            return Step::default();
        }
        let conflict = Conflict::new(*id, address.clone(), (self.began, seen), current);
        let step = form::ask(conflict.question());
        self.conflict = Some(Box::new(conflict));
        step
    }

    /// Takes what the vault tells about another session; `None` when it was taken.
    pub(super) fn hear(&mut self, input: Input, now: Now) -> Option<Input> {
        let subject = self.subject.as_ref().map(|(id, _)| *id);
        match (input, &mut self.conflict) {
            (Input::Theirs(id, theirs), conflict) => {
                if let Some(conflict) = conflict.as_mut().filter(|_| subject == Some(id)) {
                    conflict.told(theirs, now.time);
                }
            }
            (Input::Opened { id, version, fields, until }, Some(conflict)) => {
                if subject == Some(id) {
                    conflict.reveal(version, fields, until);
                }
            }
            (Input::Changed(secret), _) => {
                if subject == Some(secret.id) {
                    self.take_back(&secret);
                }
            }
            (Input::Elsewhere(id, version), _) => {
                if subject == Some(id) {
                    self.learn(version.as_deref(), now);
                }
            }
            (other, _) => return Some(other),
        }
        None
    }

    /// Another session wrote the secret, or took it away.
    fn learn(&mut self, version: Option<&Version>, now: Now) {
        if self.is_saving {
            return;
        }
        let seen = self.seen();
        self.is_gone = version.is_none();
        self.news = match version {
            Some(version) if Some(version.number) <= seen => return,
            Some(version) => {
                let when = text::age(version.created_at, now.time);
                let who = text::printable(&version.created_by).into_owned();
                Some(format!("{who} wrote version {} {when}. Saving asks what is to become of it.", version.number))
            }
            None => Some("Another session deleted this secret. Saving asks what is to become of it.".to_owned()),
        };
    }

    /// The secret is there: that it was deleted is told no longer.
    fn take_back(&mut self, secret: &Secret) {
        if std::mem::take(&mut self.is_gone) {
            let version = secret.version;
            let is_newer = Some(version) > self.seen();
            let words = || format!("Another session wrote version {version}. Saving asks what is to become of it.");
            self.news = is_newer.then(words);
        }
    }

    /// Another session changed parts of the metadata.
    pub(super) fn tell_details(&mut self, parts: &[&str]) {
        let parts = parts.join(" and ").to_lowercase();
        self.details = Some(format!("Another session changed the {parts}. Saving asks before yours replaces theirs."));
    }

    /// Mine is to be kept: says how, and knows from now on what it is written over.
    pub(super) fn resolve(&mut self) -> Option<Way> {
        let conflict = self.conflict.take()?;
        let (id, address) = self.subject.as_mut()?;
        (self.news, self.is_gone) = (None, false);
        let way = conflict.way(address)?;
        match &way {
            Way::Over { id: other, version, address: now } => {
                (*id, *address) = (*other, now.clone());
                self.expected = Expected::This(*other, Some(*version));
            }
            Way::Restored { id: gone, version, address: from } => {
                *address = from.clone();
                self.expected = Expected::Deleted(*gone, *version);
            }
            Way::Anew => {}
        }
        Some(way)
    }

    /// When something on the screen is to be hidden.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.conflict.as_ref().and_then(|conflict| conflict.until())
    }

    /// The time went on.
    pub(super) fn tick(&mut self, now: Now) {
        if let Some(conflict) = self.conflict.as_mut().filter(|held| held.until().is_some_and(|at| at <= now.instant)) {
            conflict.mask();
        }
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

    /// Names on a page what is written, and the version that was seen.
    pub(super) fn name_on(&self, page: &mut Page<'_>) {
        if let (Some((_, address)), Some(version)) = (self.subject(), self.seen()) {
            page.about(address, version);
        }
    }

    /// Describes it at the end of a page.
    pub(super) fn show(&self, page: &mut Page<'_>) {
        match (&self.message, self.news.as_ref().or(self.details.as_ref())) {
            _ if self.is_saving => page.tell("Saving…", Role::Accent),
            (Some((message, role)), _) => page.tell(message.as_str(), *role),
            (None, Some(news)) => page.tell(news.as_str(), Role::Warn),
            (None, None) => {}
        }
    }
}
