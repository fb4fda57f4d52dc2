//! [`CopySequence`]: what one key copies of a secret, one thing after the other.
//!
//! It knows which step comes next and what it waits for, never a value. `update::sequence`
//! moves it on; it lives in the open vault's state, so a lock drops it.

use std::time::{Duration, Instant};

use crate::vault::one_time_code::TOTP;
use crate::vault::secret::{SecretId, VALUE};

use super::effect::Request;

/// Fields that say who logs in; the first one that is there is copied.
const NAMES: [&str; 3] = ["username", "user", "login"];
/// So long without a press, and it starts at the first step again.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// One thing to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Who logs in: the field of this name.
    Name(&'static str),
    /// The value.
    Value,
    /// A one-time code.
    Code,
}

impl Step {
    /// The steps of a secret with these fields, in their order.
    #[must_use]
    pub fn of(fields: &[&str]) -> Vec<Self> {
        let name = NAMES.into_iter().find(|name| fields.contains(name)).map(Self::Name);
        let value = fields.contains(&VALUE).then_some(Self::Value);
        let code = fields.contains(&TOTP).then_some(Self::Code);
        [name, value, code].into_iter().flatten().collect()
    }

    /// What it copies, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Name(field) => field,
            Self::Value => "value",
            Self::Code => "one-time code",
        }
    }

    /// What to ask the vault for.
    #[must_use]
    pub fn request(self, id: SecretId, allow_expired: bool) -> Request {
        let field = match self {
            Self::Code => return Request::CopyCode { id, allow_expired },
            Self::Name(field) => field,
            Self::Value => VALUE,
        };
        Request::Copy { id, field: field.to_owned(), version: None, allow_expired }
    }
}

/// How far the copying of one secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySequence {
    id: SecretId,
    steps: Vec<Step>,
    /// The last one that went to the clipboard.
    copied: Option<Step>,
    /// What the last press is about, until the vault is asked for it: an expired secret is a question first.
    meant: Option<Step>,
    /// What the vault was asked for and has not come yet.
    asked: Option<Step>,
    /// The operator wants it although it has expired.
    allow_expired: bool,
    /// When a fresh code is asked for by itself.
    fresh_at: Option<Instant>,
    /// Until when the code is good that was given last.
    good_until: Option<Instant>,
    /// When it is forgotten.
    until: Option<Instant>,
}

impl CopySequence {
    /// At its beginning.
    #[must_use]
    pub fn new(id: SecretId) -> Self {
        Self {
            id,
            steps: Vec::new(),
            copied: None,
            meant: None,
            asked: None,
            allow_expired: false,
            fresh_at: None,
            good_until: None,
            until: None,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn id(&self) -> SecretId {
        self.id
    }

    /// True when the last press was too long ago.
    #[must_use]
    pub fn is_forgotten(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// What is still on its way.
    #[must_use]
    pub fn on_its_way(&self) -> Option<Step> {
        self.asked
    }

    /// A press: what it is about, after what was copied last; the secret has these steps by now.
    pub fn press(&mut self, steps: Vec<Step>, now: Instant) -> Option<Step> {
        self.steps = steps;
        self.until = now.checked_add(FORGOTTEN);
        self.meant = self.after_copied();
        self.meant
    }

    /// What comes after the last one that was copied: at first, and after the last, the first.
    fn after_copied(&self) -> Option<Step> {
        let at = self.copied.and_then(|copied| self.steps.iter().position(|step| *step == copied));
        let next = at.map_or(0, |at| at + 1);
        self.steps.get(next).or_else(|| self.steps.first()).copied()
    }

    /// The vault is asked for what the press was about.
    pub fn note_asked(&mut self, allow_expired: bool) {
        if let Some(step) = self.meant.take() {
            self.asked = Some(step);
            self.allow_expired = allow_expired;
        }
    }

    /// Nothing comes of it: the next press is about the same again.
    pub fn note_failed(&mut self) {
        (self.meant, self.asked) = (None, None);
    }

    /// It has come to the clipboard; gives what it was.
    pub fn note_copied(&mut self) -> Option<Step> {
        let step = self.asked.take()?;
        self.copied = Some(step);
        Some(step)
    }

    /// What the next press copies, where that is something else than the last one did.
    #[must_use]
    pub fn next(&self) -> Option<Step> {
        self.after_copied().filter(|next| Some(*next) != self.copied)
    }

    /// The code that is on its way is good until then.
    pub fn note_good(&mut self, until: Option<Instant>) {
        self.good_until = until;
    }

    /// Until when the code is good that was given last.
    #[must_use]
    pub fn good_until(&self) -> Option<Instant> {
        self.good_until
    }

    /// No code yet: a fresh one is to be asked for at this time. False where none was asked for.
    pub fn wait(&mut self, fresh_at: Option<Instant>) -> bool {
        let waits = self.asked.take_if(|step| *step == Step::Code).is_some();
        self.fresh_at = fresh_at.filter(|_| waits);
        waits
    }

    /// When a fresh code is asked for by itself.
    #[must_use]
    pub fn fresh_at(&self) -> Option<Instant> {
        self.fresh_at
    }

    /// What to ask for now that a fresh code is due.
    pub fn due(&mut self, now: Instant) -> Option<Request> {
        self.fresh_at.take_if(|at| *at <= now)?;
        self.meant = Some(Step::Code);
        Some(Step::Code.request(self.id, self.allow_expired))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: SecretId = SecretId([4; 16]);

    #[test]
    fn the_steps_are_what_the_secret_has() {
        let words = |fields: &[&str]| -> Vec<&str> { Step::of(fields).into_iter().map(Step::words).collect() };
        assert_eq!(words(&["value", "totp", "username"]), ["username", "value", "one-time code"]);
        assert_eq!(words(&["login", "value", "user"]), ["user", "value"]);
        assert_eq!(words(&["totp", "login", "note"]), ["login", "one-time code"]);
        assert_eq!(words(&["value"]), ["value"]);
        assert!(words(&["note", "TOTP"]).is_empty());
    }

    #[test]
    fn a_step_counts_once_it_was_copied() {
        let (now, steps) = (Instant::now(), || Step::of(&["username", "value"]));
        let mut sequence = CopySequence::new(ID);
        assert!(sequence.is_forgotten(now));
        assert_eq!(sequence.press(steps(), now), Some(Step::Name("username")));
        assert_eq!(sequence.note_copied(), None, "nobody was asked yet");
        sequence.note_asked(false);
        assert_eq!(sequence.on_its_way(), Some(Step::Name("username")));
        sequence.note_failed();
        assert_eq!(sequence.press(steps(), now), Some(Step::Name("username")));
        sequence.note_asked(false);
        assert_eq!((sequence.note_copied(), sequence.next()), (Some(Step::Name("username")), Some(Step::Value)));
        // The value was taken away meanwhile, and a code was added.
        assert_eq!(sequence.press(Step::of(&["username", "totp"]), now), Some(Step::Code));
        sequence.note_asked(true);
        assert!(sequence.wait(Some(now)) && sequence.on_its_way().is_none());
        assert!(sequence.due(now - Duration::from_millis(1)).is_none());
        assert!(matches!(sequence.due(now), Some(Request::CopyCode { id: ID, allow_expired: true })));
        assert!(sequence.fresh_at().is_none());
        sequence.note_asked(true);
        assert_eq!((sequence.note_copied(), sequence.next()), (Some(Step::Code), Some(Step::Name("username"))));
        assert!(!sequence.is_forgotten(now) && sequence.is_forgotten(now + FORGOTTEN));
    }
}
