//! [`Undo`]: what takes one thing back, and [`UndoStack`]: the things of this session that
//! can be taken back, one after the other. None of them holds a value.

use std::collections::HashMap;
use std::sync::Arc;

use crate::vault::MetadataChange;
use crate::vault::bulk::{Act, Rest, Seen, Step};
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
    /// So many secrets more stay as they are, since they cannot be taken back.
    stay: usize,
}

impl Undo {
    /// The plan that a write gave; `None` when it changed nothing.
    #[must_use]
    pub fn new(deed: Deed, steps: Arc<[Step]>) -> Option<Self> {
        (!steps.is_empty()).then_some(Self { deed, steps, stay: 0 })
    }

    /// What it takes back.
    #[must_use]
    pub fn deed(&self) -> Deed {
        self.deed
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
        let (steps, stop) = (Arc::clone(&self.steps), Stop::default());
        Job { deed: self.deed, undoes: true, steps, stay: self.stay, rest: None, reason, stop }
    }

    /// From a job that did not come about.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self { deed: job.deed, steps: Arc::clone(&job.steps), stay: job.stay }
    }
}

/// What can be taken back, the newest last.
#[derive(Debug, Clone, Default)]
pub struct UndoStack {
    things: Vec<Undo>,
    /// The newest was refused, since somebody changed its secrets.
    is_refused: bool,
    /// What can be taken back of the newest, offered when it was refused.
    offered: Option<Arc<[Step]>>,
}

/// What becomes of something that was to be taken back, and was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// So many of its secrets can be taken back; the next undo does that.
    Offered(usize),
    /// It is tried once more, since what stands against it may go away.
    Kept,
    /// It steps aside for what was done before it.
    Dropped,
}

impl UndoStack {
    /// What the next undo takes back.
    #[must_use]
    pub fn last(&self) -> Option<&Undo> {
        self.things.last()
    }

    /// Remembers what was done; the oldest is forgotten where it becomes too much.
    pub fn push(&mut self, undo: Undo) {
        self.forgive();
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

    /// What was refused before is tried whole again: something else was done since.
    fn forgive(&mut self) {
        (self.is_refused, self.offered) = (false, None);
    }

    /// Takes the newest; where a part of it was offered, that part.
    pub fn pop(&mut self) -> Option<Undo> {
        let undo = self.things.pop()?;
        Some(match self.offered.take() {
            Some(rest) => Undo { stay: undo.stay + undo.steps.len() - rest.len(), steps: rest, ..undo },
            None => undo,
        })
    }

    /// The newest could not be taken back, and can be tried again.
    pub fn give_back(&mut self, undo: Undo) {
        self.forgive();
        self.things.push(undo);
    }

    /// The newest was refused, since others changed its secrets: what can be taken back of
    /// it is offered. Where that is nothing it no longer bars what was done before it, at
    /// once or, where what stands against it may go away, at its second refusal.
    pub fn refuse(&mut self, undo: Undo, rest: Option<&Rest>) -> Refused {
        let refused_before = std::mem::take(&mut self.is_refused);
        let able = rest.map_or(0, |rest| rest.steps.len());
        if let Some(rest) = rest.filter(|_| able > 0) {
            self.things.push(undo);
            self.offered = Some(Arc::clone(&rest.steps));
            return Refused::Offered(able);
        }
        if refused_before || rest.is_some_and(|rest| !rest.may_yet) {
            return Refused::Dropped;
        }
        self.is_refused = true;
        self.things.push(undo);
        Refused::Kept
    }

    /// Secrets were brought back to what they were, which is another revision of them:
    /// what was done to them before is taken back from there. `now` would do it again.
    pub fn rebase(&mut self, now: &[Step]) {
        self.forgive();
        let seen: HashMap<SecretId, Seen> = now.iter().map(|step| (step.id, step.seen)).collect();
        let renewed = |step: &Step| Step { seen: seen.get(&step.id).copied().unwrap_or(step.seen), ..step.clone() };
        for undo in &mut self.things {
            if undo.steps.iter().any(|step| seen.contains_key(&step.id)) {
                undo.steps = undo.steps.iter().map(renewed).collect();
            }
        }
    }

    /// A secret is gone for good, and with it what was done to it; the others stay.
    pub fn forget(&mut self, id: SecretId) {
        self.forgive();
        for undo in self.things.iter_mut().filter(|undo| undo.steps.iter().any(|step| step.id == id)) {
            undo.steps = undo.steps.iter().filter(|step| step.id != id).cloned().collect();
        }
        self.things.retain(|undo| !undo.steps.is_empty());
    }

    /// What may outlive a lock.
    #[must_use]
    pub fn over_a_lock(&self) -> Self {
        let from = self.things.iter().rposition(|undo| !undo.survives_lock()).map_or(0, |at| at + 1);
        Self { things: self.things.get(from..).unwrap_or_default().to_vec(), ..Self::default() }
    }
}
