//! [`Drive`]: one rotation from where it stands to where it is to go.
//!
//! The vault belongs to one thread and programs take long, so the two never meet:
//! [`Drive::advance`] has the vault write down what begins and gives a [`Running`] whose
//! program is ready; whoever drives runs it wherever it likes and brings back how it ended
//! to [`Drive::ended`]. The command line does both in turn, the screen on two threads.

mod open;
mod outcome;

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::vault::Vault;
use crate::vault::rotation::words::sentences;
use crate::vault::rotation::{Begun, Promotion, Stage, StageState, StepDone, StepEnd, StepKind, Turn, Which};
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Secret, SecretId};

use super::decide::{self, Goal, Has, Next};
use super::fit;
use super::make;
use super::recipe::{Make, Recipe};
use super::step::{How, Prepared, StepEnd as Ended, Values, prepare};

use open::runner;
pub use open::{Source, Start, is_at_work};
pub use outcome::{Outcome, Told};

/// A rotation under way.
pub struct Drive {
    id: SecretId,
    address: Address,
    recipe: Option<Recipe>,
    goal: Goal,
    by_hand: bool,
    reason: String,
    turn: u64,
    /// What the far side has was not known when this session came.
    resumed: bool,
    /// The far side is told also where it does not take the current value.
    unlooked: bool,
    /// How many steps were done when this session came, or turned back.
    way_from: usize,
    /// It has turned back.
    is_back: bool,
    /// A value is being made: the step that was begun.
    making: Option<Begun>,
    /// The step that was to make a value failed.
    unmade: bool,
}

/// What comes next.
pub enum Advance {
    /// Run this, and tell [`Drive::ended`].
    Step(Box<Running>),
    /// It has come to its end.
    Done(Box<Outcome>),
}

/// A step that was begun: its program is to be run.
pub struct Running {
    /// Which step.
    pub kind: StepKind,
    /// With which value.
    pub of: Which,
    /// With which value the far side is logged in to.
    pub login: Which,
    turn: Turn,
    /// What to run, or why it cannot be.
    pub program: Result<Prepared>,
}

/// The recipe of a secret, if it has one.
///
/// # Errors
/// Usage, for one that a newer program wrote.
pub fn recipe_of(secret: &Secret) -> Result<Option<Recipe>> {
    secret.metadata.recipe.as_deref().map(Recipe::parse).transpose()
}

impl Drive {
    /// The secret's address, as it was when this began.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// True when it was not known what the far side has, or the way is to lead back: to
    /// leave nothing open is then all that is asked.
    #[must_use]
    pub fn settles(&self) -> bool {
        self.resumed || self.goal == Goal::Aborted
    }

    /// The recipe, if the secret has one.
    #[must_use]
    pub fn recipe(&self) -> Option<&Recipe> {
        self.recipe.as_ref()
    }

    /// From here on the way leads elsewhere.
    pub fn turn_to(&mut self, goal: Goal) {
        self.goal = goal;
    }

    /// Which steps the far side can be told with.
    fn has(&self) -> Has {
        let recipe = self.recipe.as_ref();
        Has {
            apply: recipe.is_some_and(|recipe| recipe.apply.is_some()),
            verify: recipe.is_some_and(|recipe| recipe.verify.is_some()),
            revoke: recipe.is_some_and(|recipe| recipe.revoke.is_some()),
            unlooked: self.unlooked,
        }
    }

    /// Has the vault do what comes next, up to the next program or the end.
    ///
    /// # Errors
    /// Conflict, when another session has gone on; those of the vault.
    pub fn advance(&mut self, vault: &mut Vault) -> Result<Advance> {
        if let Some(begun) = self.making.take() {
            return Ok(self.running(vault, (StepKind::Make, Which::Pending, Which::Current), begun));
        }
        let secret = vault.secret(self.id)?;
        if self.unmade {
            return Ok(Advance::done(Outcome::NotMade(secret)));
        }
        let Some(stage) = &secret.rotation.stage else { return self.retire(vault, secret) };
        if stage.turn != self.turn {
            return Err(Error::conflict(format!("Another session has gone on with the rotation of {}.", self.address))
                .hint("Look at where it stands, then decide again."));
        }
        if self.by_hand {
            return self.at_once(vault).map(Advance::done);
        }
        if decide::goes_back(stage, self.goal) && !self.is_back {
            (self.is_back, self.way_from) = (true, stage.steps.len());
        }
        let way = stage.steps.get(self.way_from..).unwrap_or_default();
        let done = match decide::next(stage, self.has(), self.goal, way) {
            Next::Run { kind, of, login } => return self.step(vault, kind, of, login),
            Next::Ready => Outcome::Ready(secret),
            Next::Refused => Outcome::Refused(secret),
            Next::Promote => Outcome::Promoted(vault.promote(self.id, &self.promotion(false), &self.reason)?.secret),
            Next::PromoteWorking => {
                let why = "Going back failed, and this value works.";
                let reason = sentences(&self.reason, why);
                Outcome::PromotedWorking(vault.promote(self.id, &self.promotion(true), &reason)?.secret)
            }
            Next::Abort => {
                let has_to = stage.state != StageState::Reverting;
                Outcome::Aborted(vault.abort(self.id, has_to, &why_aborted(stage, &self.reason))?)
            }
            Next::Unsettle if stage.state == StageState::Unsettled => Outcome::Unsettled(secret),
            Next::Unsettle => {
                let secret = vault.unsettle(Turn { id: self.id, number: self.turn })?;
                self.turn += 1;
                Outcome::Unsettled(secret)
            }
        };
        Ok(Advance::done(done))
    }

    /// What the operator has decided, without a word to the far side.
    fn at_once(&self, vault: &mut Vault) -> Result<Outcome> {
        match self.goal {
            Goal::Aborted => vault.abort(self.id, true, &self.reason).map(Outcome::Aborted),
            _ => {
                let reason = sentences(&self.reason, "Promoted by hand.");
                Ok(Outcome::Promoted(vault.promote(self.id, &self.promotion(true), &reason)?.secret))
            }
        }
    }

    fn promotion(&self, by_hand: bool) -> Promotion {
        Promotion { grace: None, revoke: self.has().revoke, by_hand }
    }

    /// The step that has the far side refuse the previous version, or what came of it.
    fn retire(&mut self, vault: &mut Vault, secret: Secret) -> Result<Advance> {
        let Some(revoke) = &secret.rotation.revoke else {
            return Err(Error::not_found(format!("No rotation of {} is under way.", secret.address)));
        };
        if self.by_hand {
            return Ok(Advance::done(Outcome::Retired(vault.retire(self.id, true, &self.reason)?)));
        }
        match revoke.steps.get(self.way_from..).and_then(<[StepDone]>::last) {
            None => self.step(vault, StepKind::Revoke, Which::Previous, Which::Current),
            Some(step) if step.end.is_good() => {
                Ok(Advance::done(Outcome::Retired(vault.retire(self.id, false, &self.reason)?)))
            }
            Some(_) => Ok(Advance::done(Outcome::NotRetired(secret))),
        }
    }

    fn step(&mut self, vault: &mut Vault, kind: StepKind, of: Which, login: Which) -> Result<Advance> {
        let timeout = self.recipe.as_ref().and_then(|recipe| recipe.step(kind)).map(|step| step.timeout);
        let turn = Turn { id: self.id, number: self.turn };
        let begun = vault.begin_step(turn, (kind, of), login, runner(timeout, self.goal), &self.reason)?;
        self.turn = begun.turn.number;
        Ok(self.running(vault, (kind, of, login), begun))
    }

    fn running(&self, vault: &mut Vault, (kind, of, login): (StepKind, Which, Which), begun: Begun) -> Advance {
        let Begun { turn, value, login: accepted, secret } = begun;
        let values = Values { value: Some(&value).filter(|_| kind != StepKind::Make), login: Some(&accepted) };
        let program = match &self.recipe {
            Some(recipe) => prepare(vault, recipe, kind, values, &secret.address, Timestamp::now()),
            None => Err(Error::usage(format!("{} has no recipe.", secret.address))),
        };
        Advance::Step(Box::new(Running { kind, of, login, turn, program }))
    }

    /// Takes down how a step ended.
    ///
    /// # Errors
    /// Conflict, when another session has gone on; those of the vault.
    pub fn ended(&mut self, vault: &mut Vault, kind: StepKind, turn: Turn, ended: Ended) -> Result<Told> {
        let took = u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX);
        let mut error = match &ended.how {
            How::NotStarted(error) => Some(error.clone()),
            _ => None,
        };
        let mut end = kept(&ended.how);
        if kind == StepKind::Make && end.is_good() {
            match self.made(vault, &ended).and_then(|fields| vault.finish_making(turn, fields, took)) {
                Ok(secret) => return Ok(self.heard(&secret, ended.shown, None)),
                Err(refused) if refused.kind() == Kind::Conflict => return Err(refused),
                Err(refused) => (end, error) = (StepEnd::NoValue, Some(refused)),
            }
        }
        let (secret, turn) = vault.finish_step(turn, end, took, &self.reason)?;
        self.turn = turn.number;
        if secret.rotation.stage.is_none() && secret.rotation.revoke.is_none() {
            // There is no journal any more.
            self.unmade = true;
            let done = StepDone { kind, of: Which::Pending, end, took };
            return Ok(Told::new(done, &[], error, ended.shown));
        }
        Ok(self.heard(&secret, ended.shown, error))
    }

    /// What was made. The current value once more would pass for a rotation that was none.
    fn made(&self, vault: &mut Vault, ended: &Ended) -> Result<Fields> {
        let fields = match self.recipe.as_ref().and_then(|recipe| recipe.make.as_ref()) {
            Some(Make::Run(_, printed)) => make::printed(printed, &ended.printed)?,
            _ => return Err(Error::usage(format!("The recipe of {} makes no value.", self.address))),
        };
        if vault.same_fields(self.id, &fields)?.len() == fields.len() {
            return Err(Error::failure("What it printed is the current value."));
        }
        self.recipe.as_ref().map_or(Ok(()), |recipe| fit::check_values(recipe, &fields, &self.address))?;
        Ok(fields)
    }

    /// The last step of the journal, for people.
    fn heard(&mut self, secret: &Secret, shown: String, error: Option<Error>) -> Told {
        let rotation = &secret.rotation;
        let turn =
            rotation.stage.as_ref().map(|stage| stage.turn).or(rotation.revoke.as_ref().map(|revoke| revoke.turn));
        self.turn = turn.unwrap_or(self.turn);
        let steps = rotation.steps();
        let lost = StepDone { kind: StepKind::Make, of: Which::Pending, end: StepEnd::Lost, took: 0 };
        let done = steps.last().copied().unwrap_or(lost);
        let before = if self.is_back { &[] } else { steps };
        Told::new(done, before, error, shown)
    }
}

impl Advance {
    fn done(outcome: Outcome) -> Self {
        Self::Done(Box::new(outcome))
    }
}

impl Running {
    /// What [`Drive::ended`] wants to know of it.
    #[must_use]
    pub fn turn(&self) -> Turn {
        self.turn
    }
}

/// Why a pending version goes: what failed, before what the operator said.
fn why_aborted(stage: &Stage, reason: &str) -> String {
    let failed = stage.steps.iter().find(|step| !step.end.is_good() && step.of == Which::Pending);
    failed.map_or_else(|| reason.to_owned(), |step| sentences(reason, &format!("The {step}.")))
}

fn kept(how: &How) -> StepEnd {
    match how {
        How::Exited(code) => StepEnd::Exited(i32::from(*code)),
        How::Signalled(signal) => StepEnd::Signalled(*signal),
        How::TimedOut => StepEnd::TimedOut,
        How::WroteTooMuch => StepEnd::WroteTooMuch,
        How::Cancelled => StepEnd::Cancelled,
        How::NotStarted(_) => StepEnd::NotStarted,
        How::Lost => StepEnd::Lost,
    }
}

#[cfg(test)]
mod tests;
