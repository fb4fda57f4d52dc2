//! What the cockpit asks of the vault thread, and what it is told: orders and news of a
//! rotation. None of it holds a value but what is staged by hand, which only moves.

use jiff::Timestamp;

use crate::error::Error;
use crate::rotation::decide::Goal;
use crate::rotation::drive::Source;
use crate::rotation::step::StepEnd;
use crate::vault::Expected;
use crate::vault::audit::{AuditAction, AuditRecord};
use crate::vault::rotation::{StepDone, StepKind, Turn, Which};
use crate::vault::scope::Address;
use crate::vault::secret::{Secret, SecretId};

/// What is to be done about a rotation.
pub enum Order {
    /// Begin one; answered by news, or by `Answer::Same` when its value would change nothing.
    Begin {
        /// Of which secret.
        address: Address,
        /// Where its value comes from.
        source: Source,
        /// Where it is to go.
        goal: Goal,
        /// Why.
        reason: String,
        /// What the writer had seen.
        expected: Expected,
        /// Stage it although it holds the current values again.
        allow_same: bool,
    },
    /// Go on with one that is under way.
    GoOn {
        /// Of which secret.
        id: SecretId,
        /// Where it is to go.
        goal: Goal,
        /// How.
        way: Way,
        /// The far side is told also where it does not take the current value.
        unlooked: bool,
        /// Why.
        reason: String,
    },
    /// Have the far side refuse the previous version, and give it out no more.
    Retire {
        /// Of which secret.
        id: SecretId,
        /// Without a word to the far side.
        by_hand: bool,
        /// Why.
        reason: String,
    },
    /// End the step that runs; the way goes back from there.
    Stop,
    /// The program of a step has ended.
    Ended(Ended),
}

impl Order {
    /// True for what opens a rotation, and is refused to the dialog that asked.
    #[must_use]
    pub fn opens(&self) -> bool {
        matches!(self, Self::Begin { .. } | Self::GoOn { .. } | Self::Retire { .. })
    }
}

/// How a rotation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the steps of its recipe, up to the goal.
    Steps,
    /// By one step; where that fails, all the way back.
    OneStep,
    /// In the vault alone: the far side is told nothing, or has been.
    ByHand,
}

/// A program that has ended, on its way back to the vault.
pub struct Ended {
    /// Which run it was: what is over hears nothing of it.
    pub run: u64,
    /// Which step.
    pub kind: StepKind,
    /// What to end it with.
    pub turn: Turn,
    /// How it ended.
    pub end: StepEnd,
}

/// News of a rotation.
pub struct News {
    /// Of which secret.
    pub id: SecretId,
    /// What it is called.
    pub address: Address,
    /// As it is now; `None` where it could not be read.
    pub secret: Option<Box<Secret>>,
    /// What happened.
    pub what: What,
}

/// What happened in a rotation.
pub enum What {
    /// It was begun, or is gone on with.
    Opened,
    /// A step begins.
    Began(Begun),
    /// A step has ended.
    Heard(Box<Heard>),
    /// The one step that was asked for is done.
    Rests,
    /// It has come to its end.
    Done {
        /// Where things stand.
        told: String,
        /// To which.
        end: End,
    },
    /// It could not be gone on with; how far it came is in its journal.
    Failed(Error),
}

/// Where a rotation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The pending version waits for a decision.
    Waits,
    /// It is the current one.
    Promoted,
    /// It is destroyed.
    Aborted,
    /// The previous one is not taken any more.
    Retired,
    /// Not where it was to go; what is known is in the secret's journal.
    Open,
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Which step.
    pub kind: StepKind,
    /// With which value.
    pub of: Which,
    /// Since when.
    pub since: Timestamp,
}

/// A step that has ended, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What is kept of it.
    pub done: StepDone,
    /// Why it could not be started.
    pub error: Option<String>,
    /// The last lines that it wrote, masked.
    pub shown: String,
    /// What is to be thought about, though nothing failed.
    pub warning: Option<&'static str>,
    /// It went as it was meant to: also a value that is refused because it is the old one.
    pub as_meant: bool,
}

/// What this session has seen of a rotation; the rest is in the secret's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Of which secret.
    pub id: SecretId,
    /// The steps that have ended.
    pub steps: Vec<Heard>,
    /// The one that runs.
    pub running: Option<Begun>,
    /// It is being driven.
    pub is_open: bool,
    /// Where it came to, in words.
    pub end: Option<(String, End)>,
}

impl Log {
    /// Of a rotation that begins, or is gone on with.
    #[must_use]
    pub fn new(id: SecretId) -> Self {
        Self { id, steps: Vec::new(), running: None, is_open: true, end: None }
    }

    /// Takes what happened.
    pub fn take(&mut self, what: &What) {
        match what {
            What::Opened => {}
            What::Began(begun) => self.running = Some(begun.clone()),
            What::Heard(heard) => {
                self.running = None;
                self.steps.push(Heard::clone(heard));
            }
            What::Rests => self.close(None),
            What::Done { told, end } => self.close(Some((told.clone(), *end))),
            What::Failed(error) => self.close(Some((error.in_full(), End::Open))),
        }
    }

    fn close(&mut self, end: Option<(String, End)>) {
        (self.running, self.is_open, self.end) = (None, false, end);
    }
}

/// What the log tells about the last use of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// `copy`
    pub action: &'static str,
    /// `user@host`, and from where.
    pub who: String,
}

impl LastUse {
    /// The newest of these records that let a value out for somebody to use; the steps of
    /// its own rotations are no use.
    #[must_use]
    pub fn among(records: &[AuditRecord]) -> Option<Self> {
        let record = records.iter().find(|record| {
            let is_own_step = record.action == AuditAction::Step;
            record.error.is_none() && record.action.lets_value_out() && !is_own_step
        })?;
        let actor = &record.actor;
        let from = if actor.ip.is_empty() { String::new() } else { format!(" from {}", actor.ip) };
        Some(Self { at: record.at, action: record.action.word(), who: format!("{}{from}", actor.signature()) })
    }
}
