//! [`Job`]: a plan on its way to the vault. It holds no value.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::vault::bulk::{Act, Done, Rest, Step};

use super::text;

/// What kind of thing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A new secret.
    Add,
    /// Edited fields or metadata.
    Save,
    /// New values.
    Rotate,
    /// An earlier version again.
    RollBack,
    /// Tags that come and go.
    Tag,
    /// Another expiry.
    Expire,
    /// Another scope or name.
    Move,
    /// Buried.
    Delete,
    /// Back from there.
    Restore,
}

impl Deed {
    /// As in `undo: delete of 3 secrets`; also the word in the hint bar.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Add => "adding",
            Self::Save => "edit",
            Self::Rotate => "rotation",
            Self::RollBack => "rollback",
            Self::Tag => "tags",
            Self::Expire => "expiry",
            Self::Move => "move",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }

    /// The word behind `undo` in the hint bar.
    #[must_use]
    pub fn undo_hint(self) -> &'static str {
        match self {
            Self::Add => "undo add",
            Self::Save => "undo edit",
            Self::Rotate => "undo rotate",
            Self::RollBack => "undo roll back",
            Self::Tag => "undo tags",
            Self::Expire => "undo expiry",
            Self::Move => "undo move",
            Self::Delete => "undo delete",
            Self::Restore => "undo restore",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Add => "Added",
            Self::Save => "Saved",
            Self::Rotate => "Rotated",
            Self::RollBack => "Rolled back",
            Self::Tag => "Changed the tags of",
            Self::Expire => "Changed the expiry of",
            Self::Move => "Moved",
            Self::Delete => "Deleted",
            Self::Restore => "Restored",
        }
    }
}

/// Ends a job between two of its steps; shared with the vault thread.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the job to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once it was asked.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A plan for the vault thread.
#[derive(Debug, Clone)]
pub struct Job {
    /// What is done, or taken back.
    pub deed: Deed,
    /// It takes that back.
    pub undoes: bool,
    /// The plan.
    pub steps: Arc<[Step]>,
    /// So many secrets of what it takes back stay as they are.
    pub stay: usize,
    /// What could be done of it, where it takes something back and was refused.
    pub rest: Option<Rest>,
    /// Why, for every step.
    pub reason: String,
    /// Ends it.
    pub stop: Stop,
}

impl Job {
    /// A job that does something.
    #[must_use]
    pub fn new(deed: Deed, steps: Vec<Step>, reason: String) -> Self {
        Self { deed, undoes: false, steps: steps.into(), stay: 0, rest: None, reason, stop: Stop::default() }
    }

    /// What it does, as a title.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}: {}", if self.undoes { "Undo" } else { "At work" }, self.words())
    }

    /// What was done, and which key takes it back.
    #[must_use]
    pub fn told(&self, done: &Done, undo_key: &str) -> String {
        if self.undoes {
            return self.undone(done);
        }
        let subject = moved(self.deed, &self.steps, &subject(&self.steps, done.changed));
        let same = match done.unchanged {
            0 => String::new(),
            1 => "; 1 was like that already".to_owned(),
            same => format!("; {} were like that already", text::grouped(same as u64)),
        };
        let back = match (self.deed, done.changed) {
            (_, 0) => return "Nothing was different; nothing was written.".to_owned(),
            (Deed::Delete, 1) => "brings it back",
            (Deed::Delete, _) => "brings them back",
            (Deed::Restore, 1) => "deletes it again",
            (Deed::Restore, _) => "deletes them again",
            _ => "undoes it",
        };
        format!("{} {subject}{same}. {undo_key} {back}.", self.deed.done())
    }

    /// What came of taking it back: versions are never taken away.
    fn undone(&self, done: &Done) -> String {
        let subject = subject(&self.steps, done.changed);
        let is_new_version = |step: &Step| matches!(step.act, Act::RollBack { .. });
        let versions = match done.undo.iter().filter(|step| is_new_version(step)).count() {
            0 => "",
            1 => "; its old fields are back as a new version",
            _ => "; their old fields are back as new versions",
        };
        let stay = match self.stay {
            0 => String::new(),
            1 => "; 1 stays as it is".to_owned(),
            stay => format!("; {} stay as they are", text::grouped(stay as u64)),
        };
        match self.deed {
            Deed::Delete if done.changed == 1 => format!("{subject} is back with all its versions{stay}."),
            Deed::Delete => format!("{subject} are back with all their versions{stay}."),
            Deed::Add => format!("Undone: adding of {subject}, which is deleted again."),
            Deed::Restore if done.changed == 1 => format!("{subject} is deleted again{stay}."),
            Deed::Restore => format!("{subject} are deleted again{stay}."),
            deed => format!("Undone: {} of {subject}{versions}{stay}.", deed.noun()),
        }
    }

    /// As in `delete of 3 secrets`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} of {}", self.deed.noun(), subject(&self.steps, self.steps.len()))
    }
}

/// A single move names both ends.
fn moved(deed: Deed, steps: &[Step], subject: &str) -> String {
    match (deed, steps) {
        (Deed::Move, [Step { act: Act::Move(to), .. }]) => format!("{subject} to {to}"),
        _ => subject.to_owned(),
    }
}

/// `prod/KEY` or `12 secrets`.
fn subject(steps: &[Step], count: usize) -> String {
    match steps {
        [one] => one.address.to_string(),
        _ => text::counted(count as u64, "secret"),
    }
}
