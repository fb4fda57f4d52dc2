//! [`Undo`]: what takes one thing back, and [`UndoStack`]: the things of this session that
//! can be taken back, one after the other. None of them holds a value.

use std::collections::HashMap;
use std::sync::Arc;

use crate::vault::MetadataChange;
use crate::vault::bulk::{Act, Seen, Step};
use crate::vault::secret::SecretId;

use super::job::{Deed, Job, Stop};

/// So many things can be taken back.
const MOST: usize = 100;
/// Of so many secrets together; the newest thing counts whatever its size.
const MOST_STEPS: usize = 100_000;

/// What takes one thing back.
#[derive(Debug, Clone)]
pub struct Undo {
    deed: Deed,
    steps: Arc<[Step]>,
}

impl Undo {
    /// The plan that a write gave; `None` when it changed nothing.
    #[must_use]
    pub fn new(deed: Deed, steps: Arc<[Step]>) -> Option<Self> {
        (!steps.is_empty()).then_some(Self { deed, steps })
    }

    /// What it takes back.
    #[must_use]
    pub fn deed(&self) -> Deed {
        self.deed
    }

    /// True when it changes this secret, too.
    #[must_use]
    pub fn is_about(&self, id: SecretId) -> bool {
        self.steps.iter().any(|step| step.id == id)
    }

    /// True when it may outlive a lock: it names secrets, but nothing of what they hold.
    #[must_use]
    pub fn survives_lock(&self) -> bool {
        fn bare(metadata: &MetadataChange) -> bool {
            metadata.description.is_none() && metadata.json.is_none()
        }
        self.steps.iter().all(|step| match &step.act {
            Act::Edit(metadata) | Act::RollBack { metadata, .. } => bare(metadata),
            _ => true,
        })
    }

    /// The job that does it.
    #[must_use]
    pub fn job(&self) -> Job {
        let reason = format!("Undo of the {}", self.deed.noun());
        Job { deed: self.deed, undoes: true, steps: Arc::clone(&self.steps), reason, stop: Stop::default() }
    }

    /// From a job that did not come about.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self { deed: job.deed, steps: Arc::clone(&job.steps) }
    }
}

/// What can be taken back, the newest last.
#[derive(Debug, Clone, Default)]
pub struct UndoStack {
    things: Vec<Undo>,
    /// The newest was refused, since somebody changed its secrets.
    is_refused: bool,
}

impl UndoStack {
    /// What the next undo takes back.
    #[must_use]
    pub fn last(&self) -> Option<&Undo> {
        self.things.last()
    }

    /// Remembers what was done; the oldest is forgotten where it becomes too much.
    pub fn push(&mut self, undo: Undo) {
        self.is_refused = false;
        self.things.push(undo);
        let mut steps = 0;
        let kept = self.things.iter().rev().take(MOST).take_while(|undo| {
            let is_newest = steps == 0;
            steps += undo.steps.len();
            is_newest || steps <= MOST_STEPS
        });
        let kept = kept.count();
        self.things.drain(..self.things.len() - kept);
    }

    /// Takes the newest.
    pub fn pop(&mut self) -> Option<Undo> {
        self.things.pop()
    }

    /// The newest could not be taken back. It can be tried again; refused for the second
    /// time, since others changed its secrets, it no longer bars what was done before it.
    pub fn give_back(&mut self, undo: Undo, refused: bool) {
        if !(refused && self.is_refused) {
            self.things.push(undo);
        }
        self.is_refused = refused && !self.is_refused;
    }

    /// Secrets were brought back to what they were, which is another revision of them:
    /// what was done to them before is taken back from there. `now` would do it again.
    pub fn rebase(&mut self, now: &[Step]) {
        self.is_refused = false;
        let seen: HashMap<SecretId, Seen> = now.iter().map(|step| (step.id, step.seen)).collect();
        let renewed = |step: &Step| Step { seen: seen.get(&step.id).copied().unwrap_or(step.seen), ..step.clone() };
        for undo in &mut self.things {
            if undo.steps.iter().any(|step| seen.contains_key(&step.id)) {
                undo.steps = undo.steps.iter().map(renewed).collect();
            }
        }
    }

    /// A secret is gone for good, and with it what was done to it.
    pub fn forget(&mut self, id: SecretId) {
        self.things.retain(|undo| !undo.is_about(id));
    }

    /// What may outlive a lock.
    #[must_use]
    pub fn over_a_lock(&self) -> Self {
        let from = self.things.iter().rposition(|undo| !undo.survives_lock()).map_or(0, |at| at + 1);
        Self { things: self.things.get(from..).unwrap_or_default().to_vec(), is_refused: false }
    }
}
