//! `rotate --due`: all that has to be done by now, as a plan or done.
//!
//! A secret with a recipe is rotated by it, one after the other; one without gets a
//! generated value in the vault, all of those in one transaction. What an earlier run was
//! cut off in is gone on with first, so that a run which died is repeated by running it
//! again: whatever was done is due no more, and no step is done twice.

mod plan;
mod show;

use std::ops::ControlFlow;

use clap::Args;

use crate::error::{Error, Kind, Result};
use crate::rotation::decide::Goal;
use crate::rotation::drive::{Drive, Outcome, Source, Start};
use crate::vault::bulk::Step;
use crate::vault::generate::{Recipe, generate};
use crate::vault::secret::Fields;
use crate::vault::{Expected, Vault};

use super::args::VersionArgs;
use super::call::Call;
use super::rotate::driving::{self, Driven, Interrupts};
use super::scope_args::ScopeArgs;
use plan::{Planned, Work};

/// All that is due rather than one secret.
#[derive(Args)]
pub(super) struct DueArgs {
    /// All that is due in the scopes given and below them: by their recipes; without one, a generated value
    #[arg(help_heading = "What is due", long, requires = "what_to_do", conflicts_with_all = ["name", "value", "stdin", "file", "fields", "if_version"])]
    pub(super) due: bool,
    /// Show what would be done; nothing is changed
    #[arg(help_heading = "What is due", long, group = "what_to_do", requires = "due")]
    plan: bool,
    /// Do it; run it again after a crash to go on
    #[arg(help_heading = "What is due", long, group = "what_to_do", requires = "due")]
    apply: bool,
    /// Go on with the others when one fails; it stops there otherwise
    #[arg(help_heading = "What is due", long, requires = "apply")]
    keep_going: bool,
}

/// How often is planned anew when other runs do the same.
const TRIES: usize = 3;

/// What became of one secret.
pub(super) enum Fate {
    /// It was done.
    Done(String),
    /// It was not, and why.
    Failed(Error),
    /// It was left alone, and why: it is somebody else's.
    LeftOut(Error),
    /// It was not tried: an earlier one failed, or somebody had enough.
    NotTried,
}

pub(super) fn run(call: &Call, due: &DueArgs, version: &VersionArgs, scope: &ScopeArgs) -> Result<()> {
    let recipe = version.source.recipe()?;
    let bits = recipe.entropy_bits()?;
    let scopes = match scope.is_given() || call.config.scope_is_set {
        true => scope.scopes(&call.config.scope)?,
        false => Vec::new(),
    };
    let mut vault = call.open()?;
    if due.plan {
        let planned = plan::plan(&mut vault, &scopes, &recipe, call.now)?;
        let built = plan::built_from(&mut vault, &planned)?;
        return show::plan(call, &planned, &built, bits);
    }
    let interrupts = Interrupts::catch()?;
    let mut tries = 0;
    let (planned, fates) = loop {
        let planned = plan::plan(&mut vault, &scopes, &recipe, call.now)?;
        let keep_going = due.keep_going;
        let applying = Applying { call, vault: &mut vault, recipe: &recipe, reason: &version.reason, keep_going };
        match applying.all(&planned, &interrupts) {
            // Another run was there first: what it has done is due no more.
            Err(error) if error.kind() == Kind::Conflict && tries < TRIES => tries += 1,
            fates => break (planned, fates?),
        }
    };
    show::done(call, &planned, &fates, (bits, due.keep_going), interrupts.signal())
}

/// A run over all that is planned.
struct Applying<'a> {
    call: &'a Call,
    vault: &'a mut Vault,
    recipe: &'a Recipe,
    reason: &'a str,
    keep_going: bool,
}

impl Applying<'_> {
    fn all(mut self, planned: &[Planned], interrupts: &Interrupts) -> Result<Vec<Fate>> {
        let in_vault: Vec<Step> = planned.iter().filter_map(|planned| planned.step()).collect();
        // These can fail for no far side: all of them, or none.
        self.vault.bulk(&in_vault, self.reason, |_, _| ControlFlow::Continue(()))?;
        let (all, mut fates, mut goes_on) = (planned.len(), Vec::with_capacity(planned.len()), true);
        for (at, planned) in planned.iter().enumerate() {
            let tell = |what: &str| self.call.output.note(&format!("[{}/{all}] {}{what}", at + 1, planned.address));
            match &planned.work {
                Work::Generate(_) => tell(": a new value, in the vault alone"),
                Work::LeftOut(_) => tell(": left out"),
                _ if !goes_on => {}
                Work::Stuck(_) => tell(": fails"),
                _ => tell(""),
            }
            let fate = match &planned.work {
                Work::Generate(_) => Fate::Done(format!("version {}", planned.version + 1)),
                Work::LeftOut(error) => Fate::LeftOut(error.clone()),
                _ if !goes_on => Fate::NotTried,
                Work::Stuck(error) => Fate::Failed(error.clone()),
                _ => match self.one(planned, interrupts) {
                    Ok(told) => Fate::Done(told),
                    Err(error) => self.left_or_failed(planned, error),
                },
            };
            let has_failed = matches!(fate, Fate::Failed(_));
            goes_on &= !interrupts.have_come() && (self.keep_going || !has_failed);
            fates.push(fate);
        }
        Ok(fates)
    }

    /// What another session is at, or was at first, has not failed.
    fn left_or_failed(&mut self, planned: &Planned, error: Error) -> Fate {
        let secret = self.vault.secret(planned.id).ok();
        match secret.and_then(|secret| plan::at_work(self.vault, &secret, self.call.now)) {
            Some(theirs) => Fate::LeftOut(theirs),
            None if error.kind() == Kind::Conflict => Fate::LeftOut(error),
            None => Fate::Failed(error),
        }
    }

    fn one(&mut self, planned: &Planned, interrupts: &Interrupts) -> Result<String> {
        let mut drive = match &planned.work {
            Work::Resume(_) => {
                let mut drive = Drive::resume(self.vault, planned.id, Goal::Promoted, self.reason)?;
                let driven = driving::drive_with(self.call, self.vault, &mut drive, interrupts)?;
                // Put back, it is as due as it was.
                return match (&driven.outcome, plan::again(driven.outcome.secret(), self.recipe, self.call.now)) {
                    (Outcome::Aborted(_), Some(again)) => self.one(&again, interrupts),
                    _ => told(&driven),
                };
            }
            Work::Recipe { version, makes } => {
                let source = match makes {
                    true => Source::Recipe,
                    false => Source::Given(Fields::value(generate(self.recipe)?.value)),
                };
                let expected = Expected::This(planned.id, Some(*version));
                let (grace, goal, by_hand, reason) = (None, Goal::Promoted, false, self.reason);
                Drive::begin(self.vault, &planned.address, Start { source, grace, goal, by_hand, reason, expected })?
            }
            _ => Drive::resume(self.vault, planned.id, Goal::Promoted, self.reason)?,
        };
        let driven = driving::drive_with(self.call, self.vault, &mut drive, interrupts)?;
        told(&driven)
    }
}

/// What was done, in a word or two.
fn told(driven: &Driven) -> Result<String> {
    match &driven.outcome {
        Outcome::Promoted(secret) | Outcome::PromotedWorking(secret) => Ok(format!("version {}", secret.version)),
        Outcome::Retired(_) => Ok("retired".to_owned()),
        Outcome::Aborted(_) if driven.settles => Ok("put back".to_owned()),
        _ => Err(driven.failure().unwrap_or_else(|| Error::failure(driven.outcome.told()))),
    }
}

/// A name and `--due`, or neither.
pub(super) fn nameless() -> Error {
    Error::usage("The name of the secret is missing.").hint("Name it, or rotate all that is due with --due --plan.")
}
