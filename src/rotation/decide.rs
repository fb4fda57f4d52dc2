//! What comes next in a rotation: a pure function of what is on the disk.
//!
//! ```text
//! staged ── does the current value work? ── no ──▶ nothing: it stays staged
//!    │        │ yes
//!    │      apply ──▶ applied ── verify ──▶ verified ──▶ promote
//!    │        │ fails     │ fails              (the old value is tried, for a warning)
//!    │        ▼           ▼
//!    │      reverting: does the current value work? ── yes ─────────────────────▶ abort
//!    │        │ no                                                                 ▲
//!    │        ├─ apply the current value, logged in with the pending one ─ works ──┤
//!    │        ├─ the same, logged in with the current one ──────────────── works ──┘
//!    │        ├─ does the pending one work? ── yes ──▶ promote: it is the one that works
//!    ▼        ▼
//!  abort   unsettled: the stage stays, both values are kept, and it is said
//! ```
//!
//! Where the recipe has a `revoke`, the far side takes several values at a time: going back
//! is having it refuse the pending one.
//!
//! The current value is tried before anything is applied: a far side that does not take it
//! is not what it is taken for, and going back to it would prove nothing. Who knows better
//! has it applied all the same.
//!
//! After a crash the same function is asked again. What was cut off counts as unknown, so
//! that the next thing done is to look.

use crate::vault::rotation::{Stage, StageState, StepDone, StepEnd, StepKind, Which};

/// Which steps a recipe has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Has {
    /// Tells the far side a value.
    pub apply: bool,
    /// Tries a value.
    pub verify: bool,
    /// Has the far side refuse a value.
    pub revoke: bool,
    /// The current value may be such that the far side does not take it: it is not tried
    /// before the pending one is applied.
    pub unlooked: bool,
}

/// Where a rotation is to go, as long as nothing stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// To a pending version, and not a step further.
    Staged,
    /// To a pending version that works; whoever looks on decides then.
    Verified,
    /// To a new current version.
    Promoted,
    /// Back to the current version.
    Aborted,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This step, with this value, logged in with that one.
    Run {
        /// Which step.
        kind: StepKind,
        /// What it is about.
        of: Which,
        /// What the far side is taken to accept.
        login: Which,
    },
    /// The pending version has gone as far as it was to go.
    Ready,
    /// It stays as it is: the far side does not take the current value, and was told nothing.
    Refused,
    /// It becomes the current one.
    Promote,
    /// It becomes the current one, because it is the one that works: going back failed.
    PromoteWorking,
    /// It is destroyed; the far side has the current one.
    Abort,
    /// Nobody knows which value works.
    Unsettle,
}

impl Next {
    fn apply(of: Which, login: Which) -> Self {
        Self::Run { kind: StepKind::Apply, of, login }
    }

    fn verify(of: Which) -> Self {
        Self::Run { kind: StepKind::Verify, of, login: of }
    }
}

/// Whether `stage` can only go back.
#[must_use]
pub fn goes_back(stage: &Stage, goal: Goal) -> bool {
    goal == Goal::Aborted || matches!(stage.state, StageState::Reverting | StageState::Unsettled)
}

/// What comes next for `stage`. `way` are the steps that this session has done since it
/// came, or turned back: what an earlier one saw on its way may be so no more.
#[must_use]
pub fn next(stage: &Stage, has: Has, goal: Goal, way: &[StepDone]) -> Next {
    match stage.state {
        StageState::Making => Next::Abort,
        _ if goes_back(stage, goal) => back(stage, has, way),
        StageState::Staged if goal == Goal::Staged => Next::Ready,
        // Cut off: nobody knows whether the far side took the value, so it is looked at.
        StageState::Applying if has.verify => Next::verify(Which::Pending),
        StageState::Staged if has.apply && has.verify && !has.unlooked => {
            match way.last().filter(|step| step.tries_current()) {
                None => Next::verify(Which::Current),
                Some(look) if look.end.is_good() => Next::apply(Which::Pending, Which::Current),
                Some(_) => Next::Refused,
            }
        }
        StageState::Staged if has.apply => Next::apply(Which::Pending, Which::Current),
        StageState::Staged | StageState::Applied if has.verify => Next::verify(Which::Pending),
        StageState::Verified if is_old_to_be_tried(stage, has) => Next::verify(Which::Current),
        StageState::Applying => Next::Unsettle,
        _ if goal != Goal::Promoted => Next::Ready,
        _ => Next::Promote,
    }
}

/// Whether the current value is still to be tried: a far side that takes it has not
/// changed. Where old values are revoked later, it is meant to.
fn is_old_to_be_tried(stage: &Stage, has: Has) -> bool {
    let since = stage.steps.iter().rposition(StepDone::applies_pending);
    let tried = |at: usize| stage.steps.iter().skip(at).any(StepDone::tries_current);
    has.verify && !has.revoke && since.is_some_and(|at| !tried(at))
}

/// The way back.
fn back(stage: &Stage, has: Has, way: &[StepDone]) -> Next {
    // What could not even be started has told the far side nothing.
    let may_have_told = |step: &StepDone| step.applies_pending() && step.end != StepEnd::NotStarted;
    let was_applied = stage.steps.iter().any(may_have_told);
    let was_made = stage.steps.iter().any(|step| step.kind == StepKind::Make);
    match has {
        Has { revoke: true, .. } if was_applied || was_made => withdraw(has, way),
        _ if !was_applied => Next::Abort,
        Has { verify: true, .. } => put_back_and_look(stage, has, way),
        // The recipe that told the far side is gone: it can be told by hand alone.
        _ => Next::Unsettle,
    }
}

/// Has a far side that takes several values refuse the pending one.
fn withdraw(has: Has, way: &[StepDone]) -> Next {
    match way.last() {
        None => Next::Run { kind: StepKind::Revoke, of: Which::Pending, login: Which::Current },
        Some(step) if !step.end.is_good() => Next::Unsettle,
        Some(step) if step.kind == StepKind::Revoke && has.verify => Next::verify(Which::Current),
        Some(_) => Next::Abort,
    }
}

/// Puts the current value back where it does not work, and looks each time. What was
/// applied last and ended nobody knows how may still arrive: then the current value is
/// applied behind it, whatever works at this moment, and nothing is given up before that
/// has come to an end of its own.
fn put_back_and_look(stage: &Stage, has: Has, way: &[StepDone]) -> Next {
    let began_open = is_open(stage.steps.get(..stage.steps.len() - way.len()).unwrap_or_default());
    let logins: &[Which] = match began_open {
        true => &[Which::Current, Which::Pending, Which::Current],
        false => &[Which::Pending, Which::Current],
    };
    let again = logins.get(applied_back(way)).filter(|_| has.apply).map(|login| Next::apply(Which::Current, *login));
    let Some(last) = way.last() else {
        // What went well is taken back without a look: a far side may take both values for a while.
        let went_well = matches!(stage.state, StageState::Applied | StageState::Verified);
        return again.filter(|_| went_well || began_open).unwrap_or(Next::verify(Which::Current));
    };
    match (last.kind, last.of, last.end.is_good()) {
        (StepKind::Verify, Which::Current, true) if is_open(&stage.steps) => again.unwrap_or(Next::Unsettle),
        (StepKind::Verify, Which::Current, true) => Next::Abort,
        (StepKind::Verify, Which::Current, false) => again.unwrap_or(Next::verify(Which::Pending)),
        (StepKind::Verify, Which::Pending, true) if !is_open(&stage.steps) => Next::PromoteWorking,
        (StepKind::Verify, Which::Pending, _) => Next::Unsettle,
        _ => Next::verify(Which::Current),
    }
}

/// Whether something that was applied may still be on its way: its program did not end by
/// itself, and nothing was applied well behind it. What was refused has passed nothing.
fn is_open(steps: &[StepDone]) -> bool {
    let ended = |step: &StepDone| matches!(step.end, StepEnd::Exited(_) | StepEnd::NotStarted);
    let applied = steps.iter().filter(|step| step.kind == StepKind::Apply);
    applied.rev().find(|step| step.end.is_good() || !ended(step)).is_some_and(|step| !ended(step))
}

/// How often the current value was put back.
fn applied_back(way: &[StepDone]) -> usize {
    way.iter().filter(|step| (step.kind, step.of) == (StepKind::Apply, Which::Current)).count()
}
