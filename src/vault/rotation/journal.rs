//! The journal of a rotation: every step is on the disk before its program starts, and
//! again when it has ended.
//!
//! [`Vault::begin_step`] gives out the values that the step needs, audited, in the same
//! transaction; [`Vault::finish_step`] takes down how it ended. Between the two nothing is
//! known: should the session die there, the journal says which step it was, with which
//! value, and until when its program may still be running.

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};
use crate::vault::Vault;
use crate::vault::audit::AuditAction;
use crate::vault::change::Change;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Secret, SecretId};
use crate::vault::write::{Expected, existing, merged};

use super::rules::Deed;
use super::stage::{check_withdrawn, new_stage};
use super::words::sentences;
use super::{Busy, Revoke, Rotation, Stage, StageState, StepDone, StepEnd, StepKind, Which};

/// What a driver has seen: who has seen less than there is has been overtaken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The secret.
    pub id: SecretId,
    /// [`Stage::turn`] or [`Revoke::turn`].
    pub number: u64,
}

/// Who runs a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runner {
    /// The process.
    pub pid: u32,
    /// The step is over after so long, whatever becomes of us.
    pub within: SignedDuration,
    /// The pending version is to be promoted when all goes well.
    pub to_promote: bool,
}

/// A step to be run, with the values that it was given.
pub struct Begun {
    /// The secret, as it is now.
    pub secret: Secret,
    /// What to end the step with.
    pub turn: Turn,
    /// The fields that the step is about; none for `make`.
    pub value: Fields,
    /// The fields that the far side takes at this moment, as far as can be known.
    pub login: Fields,
}

impl Vault {
    /// Writes down that a program is asked for a new value of this secret.
    ///
    /// # Errors
    /// As [`Self::stage`].
    pub fn begin_making(
        &mut self,
        address: &Address,
        grace: Option<SignedDuration>,
        runner: Runner,
        reason: &str,
        expected: Expected,
    ) -> Result<Begun> {
        self.attempt(AuditAction::Stage, (None, Some(address)), reason, |change| {
            let ((row, mut secret), _) = existing(change, address, expected)?;
            secret.check_free_for(Deed::Value)?;
            check_withdrawn(&secret)?;
            let login = change.fields(&change.version_row(&secret, secret.version)?)?;
            let mut stage = new_stage(change, StageState::Making, grace, reason);
            stage.busy = Some(change.busy(StepKind::Make, Which::Pending, runner));
            stage.to_promote = runner.to_promote;
            let turn = Turn { id: secret.id, number: stage.turn };
            secret.rotation.stage = Some(stage);
            secret.updated_at = change.now;
            change.put(row, &secret, 0)?;
            let version = secret.number_of_step(StepKind::Make, Which::Pending);
            change.audit(AuditAction::Step, &secret, Some(version), &begins(StepKind::Make, None, reason))?;
            Ok(Begun { secret, turn, value: Fields::default(), login })
        })
    }

    /// Seals what was made as the pending version.
    ///
    /// # Errors
    /// Conflict, when another session has gone on; Usage, for values out of bounds.
    pub fn finish_making(&mut self, turn: Turn, fields: Fields, took: u64) -> Result<Secret> {
        self.attempt_on(turn.id, AuditAction::Stage, "", |change| {
            let (row, mut secret) = change.by_id(turn.id)?;
            let mut stage = taken(&mut secret, turn)?;
            let fields = merged(change, &secret, fields)?;
            stage.steps.push(StepDone { kind: StepKind::Make, of: Which::Pending, end: StepEnd::Exited(0), took });
            (stage.state, stage.busy, stage.turn) = (StageState::Staged, None, stage.turn + 1);
            change.stage((row, secret), &fields, stage)
        })
    }

    /// Writes down that the step which another session began is over, since it must be by
    /// now, or because that session `is_gone`, as whoever asks has seen on its machine.
    ///
    /// # Errors
    /// Busy, while it may still be running; Conflict, when another session has gone on.
    pub fn take_over(&mut self, turn: Turn, is_gone: bool) -> Result<(Secret, Turn)> {
        self.attempt_on(turn.id, AuditAction::StepEnd, "", |change| {
            let (row, mut secret) = change.by_id(turn.id)?;
            let journal = Journal::of(&mut secret, turn)?;
            if let Some(busy) = journal.busy.as_ref().filter(|busy| !is_gone && busy.until > change.now) {
                return Err(Error::busy(format!(
                    "{} runs {}, until {} at most.",
                    busy.by,
                    busy.kind.word(),
                    busy.until
                ))
                .hint("Wait for it, or go on when that time has come."));
            }
            let Some(lost) = journal.busy.take() else { return Ok((secret, turn)) };
            let took = u64::try_from(change.now.duration_since(lost.since).as_millis()).unwrap_or_default();
            journal.steps.push(StepDone { kind: lost.kind, of: lost.of, end: StepEnd::Lost, took });
            *journal.turn += 1;
            let number = *journal.turn;
            let done = format!("{} was cut off.", what(lost.kind, Some(lost.of)));
            let version = secret.number_of_step(lost.kind, lost.of);
            let (id, address) = (Some(secret.id), secret.address.clone());
            secret.updated_at = change.now;
            change.put(row, &secret, 0)?;
            change.audit_body(AuditAction::StepEnd, id, Some(&address), Some(version), "", Some(&done))?;
            Ok((secret, Turn { number, ..turn }))
        })
    }

    /// Writes down that a step begins, and gives out what it needs.
    ///
    /// # Errors
    /// Conflict, when another session has gone on or runs a step; `NotFound`.
    pub fn begin_step(
        &mut self,
        turn: Turn,
        (kind, of): (StepKind, Which),
        login: Which,
        runner: Runner,
        reason: &str,
    ) -> Result<Begun> {
        self.attempt_on(turn.id, AuditAction::Step, reason, |change| {
            let (row, mut secret) = change.by_id(turn.id)?;
            let busy = change.busy(kind, of, runner);
            let number = Journal::of(&mut secret, turn)?.begin(busy)?;
            if let Some(stage) = &mut secret.rotation.stage {
                stage.to_promote = runner.to_promote;
            }
            let value = change.values_of(&secret, of)?;
            let login = change.values_of(&secret, login)?;
            secret.updated_at = change.now;
            change.put(row, &secret, 0)?;
            let version = secret.number_of(of);
            change.audit(AuditAction::Step, &secret, Some(version), &begins(kind, Some(of), reason))?;
            Ok(Begun { turn: Turn { number, ..turn }, secret, value, login })
        })
    }

    /// Writes down how a step ended.
    ///
    /// # Errors
    /// Conflict, when another session has gone on meanwhile.
    pub fn finish_step(&mut self, turn: Turn, end: StepEnd, took: u64, reason: &str) -> Result<(Secret, Turn)> {
        self.attempt_on(turn.id, AuditAction::StepEnd, reason, |change| {
            let (row, mut secret) = change.by_id(turn.id)?;
            let (done, number) = Journal::of(&mut secret, turn)?.finish(end, took)?;
            secret.updated_at = change.now;
            if secret.rotation.stage.as_ref().is_some_and(|stage| stage.state == StageState::Making) {
                // Nothing was made, and nothing is sealed.
                secret.rotation.stage = None;
                let why = sentences(reason, &format!("The {done}."));
                secret.rotation.give_up(change.given_up(secret.version, vec![done], why));
            }
            change.put(row, &secret, 0)?;
            let (told, is_meant) = (format!("{done}."), end.is_good() || secret.is_refused_as_meant(done));
            let (told, error) = if is_meant { (told, None) } else { (what(done.kind, Some(done.of)), Some(told)) };
            let version = Some(secret.number_of_step(done.kind, done.of));
            let (id, address) = (Some(secret.id), Some(&secret.address));
            let told = sentences(&told, reason);
            change.audit_body(AuditAction::StepEnd, id, address, version, &told, error.as_deref())?;
            Ok((secret, Turn { number, ..turn }))
        })
    }

    /// Writes down that going back failed: nobody knows which value works.
    ///
    /// # Errors
    /// Conflict, when another session has gone on meanwhile.
    pub fn unsettle(&mut self, turn: Turn) -> Result<Secret> {
        self.attempt_on(turn.id, AuditAction::StepEnd, "", |change| {
            let (row, mut secret) = change.by_id(turn.id)?;
            let mut stage = taken(&mut secret, turn)?;
            (stage.state, stage.turn) = (StageState::Unsettled, stage.turn + 1);
            secret.rotation.stage = Some(stage);
            secret.updated_at = change.now;
            change.put(row, &secret, 0)?;
            let (id, address, version) = (Some(secret.id), Some(&secret.address), Some(secret.version));
            let error = "Whether the far side takes the current value or the pending one is not known.";
            change.audit_body(AuditAction::StepEnd, id, address, version, "going back", Some(error))?;
            Ok(secret)
        })
    }
}

/// What stands on record before the reason.
fn begins(kind: StepKind, of: Option<Which>, reason: &str) -> String {
    let what = what(kind, of);
    if reason.is_empty() { format!("{what} begins") } else { format!("{what} begins: {reason}") }
}

fn what(kind: StepKind, of: Option<Which>) -> String {
    match of {
        Some(of) if kind != StepKind::Make => format!("{} of the {} value", kind.word(), of.word()),
        _ => format!("{} step", kind.word()),
    }
}

fn overtaken(address: &Address) -> Error {
    Error::conflict(format!("Another session has gone on with the rotation of {address}."))
        .hint("Look at where it stands, then decide again.")
}

/// The stage, for whoever has seen all of it.
fn taken(secret: &mut Secret, turn: Turn) -> Result<Stage> {
    let stage = secret.rotation.stage.take();
    stage.filter(|stage| stage.turn == turn.number).ok_or_else(|| overtaken(&secret.address))
}

/// What is written down of a rotation, of either half: until the promotion, and after it.
struct Journal<'a> {
    state: Option<&'a mut StageState>,
    busy: &'a mut Option<Busy>,
    steps: &'a mut Vec<StepDone>,
    turn: &'a mut u64,
}

impl<'a> Journal<'a> {
    /// For whoever has seen all of it.
    fn of(secret: &'a mut Secret, seen: Turn) -> Result<Self> {
        let address = &secret.address;
        let journal = match &mut secret.rotation {
            Rotation { stage: Some(Stage { state, busy, steps, turn, .. }), .. } => {
                Some(Self { state: Some(state), busy, steps, turn })
            }
            Rotation { revoke: Some(Revoke { busy, steps, turn, .. }), .. } => {
                Some(Self { state: None, busy, steps, turn })
            }
            _ => None,
        };
        journal.filter(|journal| *journal.turn == seen.number).ok_or_else(|| overtaken(address))
    }

    /// Where the far side may be once a step has begun.
    fn begin(self, busy: Busy) -> Result<u64> {
        if let Some(other) = self.busy {
            return Err(Error::busy(format!("{} runs {}, since {}.", other.by, other.kind.word(), other.since))
                .hint("Wait for it, or go on when it must be over."));
        }
        match (self.state, busy.kind, busy.of) {
            (Some(state), StepKind::Apply, Which::Pending) => *state = StageState::Applying,
            // Whatever else the far side is told is a way back.
            (Some(state), StepKind::Apply | StepKind::Revoke, _) => *state = StageState::Reverting,
            _ => {}
        }
        *self.busy = Some(busy);
        *self.turn += 1;
        Ok(*self.turn)
    }

    /// Where the far side is once it has ended.
    fn finish(self, end: StepEnd, took: u64) -> Result<(StepDone, u64)> {
        let Some(Busy { kind, of, .. }) = self.busy.take() else {
            return Err(Error::failure("A step ended that was not begun."));
        };
        let done = StepDone { kind, of, end, took };
        self.steps.push(done);
        *self.turn += 1;
        if let Some(state) = self.state {
            *state = after(*state, done);
        }
        Ok((done, *self.turn))
    }
}

/// What is known of the far side after a step.
fn after(state: StageState, done: StepDone) -> StageState {
    match (state, done.kind, done.of, done.end.is_good()) {
        (_, StepKind::Apply, Which::Pending, true) => StageState::Applied,
        (_, StepKind::Apply, Which::Pending, false) => StageState::Reverting,
        // On the way back a step that tries a value changes nothing.
        (StageState::Reverting | StageState::Unsettled, StepKind::Verify, _, _) => state,
        (_, StepKind::Verify, Which::Pending, true) => StageState::Verified,
        (_, StepKind::Verify, Which::Pending, false) => StageState::Reverting,
        _ => state,
    }
}

impl Secret {
    /// True for a far side that took the pending value and now refuses the current one.
    fn is_refused_as_meant(&self, done: StepDone) -> bool {
        done.tries_current() && matches!(done.end, StepEnd::Exited(_)) && self.is_verified()
    }

    /// The number of the version that a step is on record with: one that makes a value is
    /// given the current one.
    fn number_of_step(&self, kind: StepKind, of: Which) -> u64 {
        if kind == StepKind::Make { self.version } else { self.number_of(of) }
    }

    /// The number that one of its values has, or will have.
    fn number_of(&self, which: Which) -> u64 {
        match which {
            Which::Current => self.version,
            Which::Pending => self.version + 1,
            Which::Previous => self.rotation.revoke.as_ref().map_or(self.version, |revoke| revoke.version),
        }
    }
}

impl Change<'_> {
    fn busy(&self, kind: StepKind, of: Which, Runner { pid, within, .. }: Runner) -> Busy {
        let until = self.now.checked_add(within).unwrap_or(Timestamp::MAX);
        Busy { kind, of, since: self.now, until, by: self.signature(), pid }
    }

    fn values_of(&self, secret: &Secret, which: Which) -> Result<Fields> {
        match which {
            Which::Pending => self.pending_fields(secret),
            _ => self.fields(&self.version_row(secret, secret.number_of(which))?),
        }
    }
}
