//! Rotation: a pending version beside the current one, and what is done with it.
//!
//! `stage` seals it, `promote` makes it current, `abort` destroys it; the far side hears
//! of it by steps, whose programs run elsewhere ([`crate::rotation`]). What stands here
//! outlives every crash: a step is written down before its program starts
//! ([`Vault::begin_step`]) and when it has ended ([`Vault::finish_step`]), so that whoever
//! comes next knows how far the last one came and what nobody can know.
//!
//! [`Vault::begin_step`]: super::Vault::begin_step
//! [`Vault::finish_step`]: super::Vault::finish_step

mod journal;
mod past;
pub(super) mod rules;
pub(super) mod stage;
pub mod words;

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};

use super::secret::{FieldName, Secret};

pub use journal::{Begun, Runner, Turn};
pub use past::Past;
pub use stage::Promotion;

/// What is under way about the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rotation {
    /// The pending version, or the making of one.
    pub stage: Option<Stage>,
    /// When the version before the current one stops, or stopped, being given as the
    /// previous one; `None`: it does not.
    pub previous_until: Option<Timestamp>,
    /// The version that the far side is still to be told to refuse.
    pub revoke: Option<Revoke>,
    /// The newest of the rotations that came to no version, the newest first.
    pub given_up: Vec<GivenUp>,
}

/// How far a pending version has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StageState {
    /// A program was asked for a value; none is sealed yet.
    Making = 1,
    /// Sealed; the far side was told nothing.
    Staged = 2,
    /// The far side is being told, or was when the last session ended.
    Applying = 3,
    /// The far side took it.
    Applied = 4,
    /// It works.
    Verified = 5,
    /// The current value is being put back, or has to be.
    Reverting = 6,
    /// Putting the current value back failed: which value works, nobody knows.
    Unsettled = 7,
}

/// A pending version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// How far it has come.
    pub state: StageState,
    /// When it was staged.
    pub since: Timestamp,
    /// Who staged it, `user@host`.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The earlier version whose fields it has again; `None`, where they are new.
    pub from: Option<u64>,
    /// Its fields' names, in order; none while it is being made.
    pub fields: Vec<FieldName>,
    /// How long the previous version stays reachable once this one is current.
    pub grace: Option<SignedDuration>,
    /// What was done so far.
    pub steps: Vec<StepDone>,
    /// The step that was begun and not yet heard of again.
    pub busy: Option<Busy>,
    /// Whoever ran the last step meant to promote it: so may whoever goes on after a crash.
    pub to_promote: bool,
    /// Counts what is written down here: who has seen an older number has been overtaken.
    pub turn: u64,
    /// The revision of the metadata that sealed the fields; 0 while there are none.
    pub(super) revision: u64,
    /// SHA-256 of the sealed fields, as long as there are any: two copies of one vault
    /// that were both written to have stages of one revision.
    pub(super) digest: [u8; 32],
}

/// A version that the far side is still to be told to refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Which.
    pub version: u64,
    /// What was done so far.
    pub steps: Vec<StepDone>,
    /// The step that was begun and not yet heard of again.
    pub busy: Option<Busy>,
    /// As [`Stage::turn`].
    pub turn: u64,
}

/// A rotation that came to no version: its pending one was destroyed, or never made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// When.
    pub at: Timestamp,
    /// By whom, `user@host`.
    pub by: String,
    /// The version that stayed current.
    pub version: u64,
    /// Why.
    pub reason: String,
    /// What was done.
    pub steps: Vec<StepDone>,
}

impl GivenUp {
    /// So many are kept with a secret; the audit log has all.
    pub(super) const MOST: usize = 16;
}

/// One of a recipe's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StepKind {
    /// Asks for a new value.
    Make = 1,
    /// Tells the far side a value.
    Apply = 2,
    /// Tries a value.
    Verify = 3,
    /// Has the far side refuse a value.
    Revoke = 4,
}

/// Which of a secret's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Which {
    /// The current one.
    Current = 1,
    /// The pending one.
    Pending = 2,
    /// The one that [`Revoke`] names.
    Previous = 3,
}

/// A step that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepDone {
    /// Which step.
    pub kind: StepKind,
    /// With which value.
    pub of: Which,
    /// How it ended.
    pub end: StepEnd,
    /// How long it took, in milliseconds.
    pub took: u64,
}

/// How the program of a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepEnd {
    /// With this exit code; 0 is success.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It took too long and was ended.
    TimedOut,
    /// It wrote without end and was ended.
    WroteTooMuch,
    /// Somebody ended it.
    Cancelled,
    /// It could not be started.
    NotStarted,
    /// It exited well, but what it printed is no value.
    NoValue,
    /// The session that began it ended first: nobody knows.
    Lost,
}

impl Stage {
    /// One that begins: nothing is sealed, and nothing was done.
    #[must_use]
    pub fn new(state: StageState, since: Timestamp, by: String, reason: &str) -> Self {
        Self {
            state,
            since,
            by,
            reason: reason.to_owned(),
            from: None,
            fields: Vec::new(),
            grace: None,
            steps: Vec::new(),
            busy: None,
            to_promote: false,
            turn: 1,
            revision: 0,
            digest: [0; 32],
        }
    }
}

impl Stage {
    /// True when the far side was told nothing, since it did not take the current value
    /// when that was tried.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let is_failed_look = |step: &StepDone| step.tries_current() && !step.end.is_good();
        self.state == StageState::Staged && self.steps.last().is_some_and(is_failed_look)
    }
}

impl StepEnd {
    /// True for success.
    #[must_use]
    pub fn is_good(self) -> bool {
        self == Self::Exited(0)
    }
}

/// A step that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// Which step.
    pub kind: StepKind,
    /// With which value.
    pub of: Which,
    /// When it was begun.
    pub since: Timestamp,
    /// By when its program has ended, one way or the other.
    pub until: Timestamp,
    /// Who began it, `user@host`.
    pub by: String,
    /// The process on that host.
    pub pid: u32,
}

/// What the list says of a secret's rotation, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UnderWay {
    /// Nothing.
    #[default]
    Nothing,
    /// There is a pending version.
    Stage(StageState),
    /// The far side is still to be told to refuse the previous version.
    Revoke,
}

impl UnderWay {
    /// True when it is not known which value the far side takes: it is being told, or was
    /// when a session ended, or going back failed.
    #[must_use]
    pub fn is_unsettled(self) -> bool {
        matches!(self, Self::Stage(StageState::Applying | StageState::Reverting | StageState::Unsettled))
    }

    /// True when there is a pending version, or one is being made, and what works is known.
    #[must_use]
    pub fn is_staged(self) -> bool {
        matches!(self, Self::Stage(_)) && !self.is_unsettled()
    }

    /// The number that stands in the list.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Stage(state) => state as u8,
            Self::Revoke => 8,
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn of_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(Self::Nothing),
            8 => Some(Self::Revoke),
            _ => StageState::of_code(code).map(Self::Stage),
        }
    }
}

impl StepDone {
    /// True for a step that tries the current value.
    #[must_use]
    pub fn tries_current(&self) -> bool {
        (self.kind, self.of) == (StepKind::Verify, Which::Current)
    }

    /// True for a step that tells the far side the pending value.
    #[must_use]
    pub fn applies_pending(&self) -> bool {
        (self.kind, self.of) == (StepKind::Apply, Which::Pending)
    }
}

impl Rotation {
    /// Keeps a rotation that came to no version, and forgets the oldest one for it.
    pub(super) fn give_up(&mut self, given_up: GivenUp) {
        self.given_up.insert(0, given_up);
        self.given_up.truncate(GivenUp::MOST);
    }

    /// What was done so far about what is under way.
    #[must_use]
    pub fn steps(&self) -> &[StepDone] {
        match (&self.stage, &self.revoke) {
            (Some(stage), _) => &stage.steps,
            (None, Some(revoke)) => &revoke.steps,
            (None, None) => &[],
        }
    }

    /// What the list says of it.
    #[must_use]
    pub fn under_way(&self) -> UnderWay {
        match (&self.stage, &self.revoke) {
            (Some(stage), _) => UnderWay::Stage(stage.state),
            (None, Some(_)) => UnderWay::Revoke,
            (None, None) => UnderWay::Nothing,
        }
    }
}

impl Secret {
    /// The number of the version before the current one, as long as it is given at `now`.
    ///
    /// # Errors
    /// `NotFound`, when there is none; Expired, when its grace has ended.
    pub fn previous(&self, now: Timestamp) -> Result<u64> {
        if self.version < 2 {
            return Err(Error::not_found(format!("{} has no previous version.", self.address))
                .hint("Its current version is its first one."));
        }
        let previous = self.version - 1;
        match self.rotation.previous_until {
            Some(until) if until <= now => {
                Err(Error::expired(format!("The previous version of {} was retired at {until}.", self.address))
                    .hint(format!("Name it by its number, @{previous}, if you must have it.")))
            }
            _ => Ok(previous),
        }
    }

    /// The pending version.
    ///
    /// # Errors
    /// `NotFound`, when none is sealed.
    pub fn pending(&self) -> Result<&Stage> {
        self.rotation.stage.as_ref().filter(|stage| stage.revision > 0).ok_or_else(|| {
            Error::not_found(format!("{} has no pending version.", self.address))
                .hint("Stage one with strongroom rotate --stage.")
        })
    }

    /// True while the far side may have taken the pending version rather than the current one.
    #[must_use]
    pub fn may_not_work(&self) -> bool {
        let states = [
            StageState::Applying,
            StageState::Applied,
            StageState::Verified,
            StageState::Reverting,
            StageState::Unsettled,
        ];
        self.rotation.stage.as_ref().is_some_and(|stage| states.contains(&stage.state))
    }

    /// True when the far side has taken the pending version, and it works.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.rotation.stage.as_ref().is_some_and(|stage| stage.state == StageState::Verified)
    }
}
