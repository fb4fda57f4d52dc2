//! Many changes as one: all of them in one transaction, or none of them, and what undoes
//! them all.
//!
//! A plan names each secret as the planner saw it. A secret that is another one by now
//! refuses the whole plan, by name: nobody decides about what they have not seen.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};

use super::Vault;
use super::audit::AuditAction;
use super::change::Change;
use super::generate::Recipe;
use super::scope::Address;
use super::secret::SecretId;
use super::write::{Found, MetadataChange, Outcome, Written};

/// What the planner saw of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// This version of its fields; metadata may have changed since.
    Version(u64),
    /// This revision of its metadata: nothing at all may have changed since.
    Revision(u64),
}

/// What is done to one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Its main field is made anew; other fields stay.
    Rotate(Recipe),
    /// Metadata is changed.
    Edit(MetadataChange),
    /// Tags come and go; the others stay.
    Tags {
        /// To be there.
        add: Vec<String>,
        /// Not to be there.
        remove: Vec<String>,
    },
    /// It goes to another scope or name.
    Move(Address),
    /// It is buried.
    Delete,
    /// It is alive again.
    Restore,
    /// The fields of an earlier version again, as a new version.
    RollBack {
        /// Which version.
        number: u64,
        /// What changes about the metadata with it.
        metadata: MetadataChange,
    },
}

impl Act {
    /// What the audit log calls it.
    #[must_use]
    pub fn action(&self) -> AuditAction {
        match self {
            Self::Rotate(_) => AuditAction::Rotate,
            Self::Edit(_) | Self::Tags { .. } => AuditAction::Edit,
            Self::Move(_) => AuditAction::Move,
            Self::Delete => AuditAction::Delete,
            Self::Restore => AuditAction::Restore,
            Self::RollBack { .. } => AuditAction::Rollback,
        }
    }
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// To which secret.
    pub id: SecretId,
    /// Its address, as the planner saw it.
    pub address: Address,
    /// Its state, as the planner saw it.
    pub seen: Seen,
    /// What is done.
    pub act: Act,
}

/// What a plan came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// How many secrets were changed.
    pub changed: usize,
    /// How many were like that already.
    pub unchanged: usize,
    /// The plan that takes it all back.
    pub undo: Arc<[Step]>,
}

/// What could be done of a plan that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest {
    /// The steps that nothing stands against once the others are left out.
    pub steps: Arc<[Step]>,
    /// What stands against one of the others may go away again, as a name that is taken.
    pub may_yet: bool,
}

impl Vault {
    /// Does every step in one transaction, each with its audit record. `progress` is told
    /// before each step, and once after the last, how many are done, of how many, and may
    /// end it: then, as after any error, nothing is changed. `None` when it was ended.
    /// Once it was told that all are done they are written as one, and nothing ends that.
    ///
    /// # Errors
    /// Conflict, naming the secret that changed since the plan was made or whose new name
    /// is taken; Usage, for a plan that names a secret twice or a value out of bounds.
    pub fn bulk(
        &mut self,
        steps: &[Step],
        reason: &str,
        mut progress: impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Option<Done>> {
        check_once_each(steps)?;
        let (mut ended, mut at) = (false, 0);
        let done = self.write(|change| {
            let (mut done, mut undo) = (Done::default(), Vec::new());
            for number in 0..=steps.len() {
                if progress(number, steps.len()).is_break() {
                    ended = true;
                    return Err(Error::failure("The work was ended; nothing was changed."));
                }
                let Some(step) = steps.get(number) else { break };
                at = number;
                undo.extend(done.count(change.step(step, reason)?));
            }
            undo.reverse();
            Ok(Done { undo: undo.into(), ..done })
        });
        match done {
            Err(_) if ended => Ok(None),
            Err(error) => {
                if let Some(step) = steps.get(at) {
                    let subject = (Some(step.id), Some(&step.address));
                    self.note_refusal(step.act.action(), subject, reason, &error);
                }
                Err(error)
            }
            Ok(done) => Ok(Some(done)),
        }
    }

    /// What could be done of a plan that was refused: every step is tried, and nothing is
    /// changed. `progress` is told before each step. `None` when it was ended.
    ///
    /// # Errors
    /// What no plan could get past: a damaged file, a disk that is full.
    pub fn rest(
        &mut self,
        steps: &[Step],
        mut progress: impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Option<Rest>> {
        let (mut ended, mut tried) = (false, None);
        let never_done: Result<()> = self.write(|change| {
            let (mut able, mut may_yet) = (Vec::new(), false);
            for (number, step) in steps.iter().enumerate() {
                if progress(number, steps.len()).is_break() {
                    ended = true;
                    break;
                }
                match change.step(step, "") {
                    Ok(_) => able.push(step.clone()),
                    Err(error) if error.kind() == Kind::Conflict => may_yet |= change.as_planned(step).is_ok(),
                    Err(error) => return Err(error),
                }
            }
            tried = Some(Rest { steps: able.into(), may_yet });
            // An error, so that all that was tried is taken back.
            Err(Error::failure("It was only tried."))
        });
        match (tried, never_done) {
            (None, Err(error)) => Err(error),
            (tried, _) => Ok(tried.filter(|_| !ended)),
        }
    }
}

impl Done {
    /// Counts a step that was done; gives what takes it back.
    fn count(&mut self, written: Written) -> Option<Step> {
        match written.outcome {
            Outcome::Unchanged => self.unchanged += 1,
            _ => self.changed += 1,
        }
        written.undo
    }
}

fn check_once_each(steps: &[Step]) -> Result<()> {
    let mut known = HashSet::with_capacity(steps.len());
    match steps.iter().find(|step| !known.insert(step.id)) {
        None => Ok(()),
        Some(twice) => {
            Err(Error::usage(format!("The plan names {} twice.", twice.address))
                .hint("Plan one change for each secret."))
        }
    }
}

impl Change<'_> {
    fn step(&mut self, step: &Step, reason: &str) -> Result<Written> {
        let found = self.as_planned(step)?;
        match &step.act {
            Act::Rotate(recipe) => self.regenerate(found, recipe, reason),
            Act::Edit(metadata) => self.edit(found, reason, |current| metadata.apply(current)),
            Act::Tags { add, remove } => self.tag(found, add, remove, reason),
            Act::Move(to) => self.relocate(found, to, reason),
            Act::Delete => self.delete(found, reason),
            Act::Restore => self.restore(found, reason),
            Act::RollBack { number, metadata } => self.roll_back(found, *number, metadata, reason),
        }
    }

    /// The secret of a step, if it still is what the planner saw.
    fn as_planned(&self, step: &Step) -> Result<Found> {
        let changed = |what: String| {
            Error::conflict(format!("{} {what} meanwhile.", step.address))
                .hint("Nothing was changed; look at it, then try again.")
        };
        let (row, secret) = self.by_id(step.id).map_err(|error| match error.kind() {
            Kind::NotFound => changed("was purged".into()),
            _ => error,
        })?;
        let wants_deleted = step.act == Act::Restore;
        let now = match step.seen {
            _ if secret.deleted_at.is_some() != wants_deleted => {
                Some(if wants_deleted { "was restored".to_owned() } else { "was deleted".to_owned() })
            }
            _ if secret.address != step.address => Some(format!("was moved to {}", secret.address)),
            Seen::Version(seen) if seen != secret.version => Some(format!("got version {}", secret.version)),
            Seen::Revision(seen) if seen != row.revision => Some("was changed".to_owned()),
            _ => None,
        };
        match now {
            Some(now) => Err(changed(now)),
            None => Ok((row, secret)),
        }
    }
}
