//! [`Investigation`]: the work of finding an [`Incident`] out, in slices, and again after
//! changes without doing all of it again.

use std::collections::HashMap;

use crate::error::{Error, Result};

use super::super::audit::AuditVerdict;
use super::super::catalog::{CatalogChange, QuickHash};
use super::super::duplicates::{DuplicateSearch, Print};
use super::super::secret::SecretId;
use super::super::usage::broken;
use super::super::value_walk::LEAST;
use super::super::{AuditWalk, Segment, Vault};
use super::judge::Judge;
use super::{Choice, ExposedSecret, Incident, Traces};

/// Work that goes on in slices. After it has given its outcome, going on takes in what was
/// appended to the log since, and judges anew.
pub struct Investigation {
    walk: AuditWalk,
    values: DuplicateSearch,
    /// The fingerprints of versions that were opened; a version never changes.
    prints: HashMap<(SecretId, u64), Option<Print>>,
    /// The values that were seen, and one place where.
    seen: HashMap<Print, (SecretId, u64)>,
    /// The last of what is not in the log any more.
    cut_off: Option<Segment>,
    /// The secrets to be judged, and how many of them are.
    order: Vec<SecretId>,
    judged: Vec<ExposedSecret>,
    stage: Stage,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The log is read and verified.
    Log,
    /// Current values are compared.
    Values,
    /// The values that were seen are opened: so many secrets are behind.
    Seen(usize),
    /// Each secret is judged.
    Judging,
}

/// How far an investigation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The log is read and verified: so many records are behind, of so many.
    Log(u64, u64),
    /// Current values are compared.
    Values,
    /// The values that were seen are opened: so many secrets are behind, of so many.
    Seen(usize, usize),
    /// So many secrets are judged, of so many.
    Judging(usize, usize),
}

impl Investigation {
    /// One that has seen nothing yet.
    ///
    /// # Errors
    /// As [`Choice::check`]; Failure, when the system gives no randomness.
    pub fn new(choice: Choice) -> Result<Self> {
        choice.check()?;
        Ok(Self {
            walk: AuditWalk::tracing(Traces::new(choice)),
            values: DuplicateSearch::new()?,
            prints: HashMap::new(),
            seen: HashMap::new(),
            cut_off: None,
            order: Vec::new(),
            judged: Vec::new(),
            stage: Stage::Log,
        })
    }

    /// Takes in what was changed meanwhile, before it goes on for it.
    pub fn note(&mut self, change: &CatalogChange) {
        self.values.note(change);
    }

    fn traces(&self) -> Result<&Traces> {
        self.walk.traces().ok_or_else(|| Error::damaged("The audit log is broken."))
    }

    /// The log is whole: what it tells is what there is to judge.
    fn begin_values(&mut self) -> Result<()> {
        let mut order: Vec<SecretId> = self.traces()?.secrets.keys().copied().collect();
        order.sort_unstable();
        // Where nothing was seen, there is no value to compare with.
        self.stage = if order.is_empty() { Stage::Judging } else { Stage::Values };
        self.order = order;
        (self.seen, self.judged) = (HashMap::new(), Vec::new());
        Ok(())
    }

    /// Puts the checklist together.
    fn outcome(&mut self) -> Result<Incident> {
        let mut secrets = std::mem::take(&mut self.judged);
        secrets.sort_by_cached_key(|secret| {
            (secret.standing.is_done(), std::cmp::Reverse(secret.last_seen()), secret.name())
        });
        self.stage = Stage::Log;
        let (records, traces) = (self.walk.records(), self.traces()?);
        let asked_for = |segment: &&Segment| traces.choice.since.is_none_or(|since| since <= segment.until);
        let cut_off = self.cut_off.as_ref().filter(asked_for);
        Ok(Incident {
            choice: traces.choice.clone(),
            unknown: traces.unknown(),
            cut_off: cut_off.map(Segment::told),
            records: records - self.cut_off.as_ref().map_or(0, |segment| segment.last),
            secrets,
            sessions: traces.sessions,
            last_session: traces.last_session,
            keys: traces.keys.clone(),
        })
    }
}

impl Vault {
    /// Everything that the actors of a choice could have seen, and what became of it.
    ///
    /// # Errors
    /// As [`Self::investigate`], and [`Choice::check`].
    pub fn incident(&mut self, choice: Choice) -> Result<Incident> {
        let mut investigation = Investigation::new(choice)?;
        loop {
            if let Some(incident) = self.investigate(&mut investigation, 1 << 16)? {
                return Ok(incident);
            }
        }
    }

    /// How far it is; the log may grow meanwhile.
    ///
    /// # Errors
    /// Those of the file.
    pub fn investigated(&mut self, investigation: &Investigation) -> Result<Progress> {
        let all = investigation.order.len();
        Ok(match investigation.stage {
            Stage::Log => {
                let records = self.store.read(|tx| tx.state())?.audit_seq;
                Progress::Log(investigation.walk.records(), records)
            }
            Stage::Values => Progress::Values,
            Stage::Seen(done) => Progress::Seen(done, all),
            Stage::Judging => Progress::Judging(investigation.judged.len().min(all), all),
        })
    }

    /// True when records were appended that an investigation has not come to.
    ///
    /// # Errors
    /// Those of the file.
    pub fn has_more_to_investigate(&mut self, investigation: &Investigation) -> Result<bool> {
        self.has_more_audit(&investigation.walk)
    }

    /// Goes on with an investigation by about `most` records or secrets, so that other work
    /// can come between; the outcome comes with the last of them.
    ///
    /// # Errors
    /// Damaged, when the log is broken, or a secret was altered; those of the file.
    pub fn investigate(&mut self, investigation: &mut Investigation, most: usize) -> Result<Option<Incident>> {
        match investigation.stage {
            Stage::Log => match self.walk_audit(&mut investigation.walk, most as u64)? {
                None => {}
                Some(AuditVerdict::Broken { first_bad, cause }) => return Err(broken(first_bad, &cause)),
                Some(AuditVerdict::Intact { .. }) => {
                    investigation.cut_off = self.segments()?.pop();
                    investigation.begin_values()?;
                }
            },
            Stage::Values => {
                let most = most.saturating_mul(LEAST);
                if self.view(|view| investigation.values.step(view, most))? {
                    self.put_in_order(investigation)?;
                    investigation.stage = Stage::Seen(0);
                }
            }
            Stage::Seen(from) => {
                let until = from.saturating_add(most).min(investigation.order.len());
                self.judge(investigation, |judge, order| {
                    order.get(from..until).unwrap_or_default().iter().try_for_each(|id| judge.open_seen(*id))
                })?;
                let is_last = until == investigation.order.len();
                investigation.stage = if is_last { Stage::Judging } else { Stage::Seen(until) };
            }
            Stage::Judging => {
                let (from, all) = (investigation.judged.len(), investigation.order.len());
                let until = from.saturating_add(most).min(all);
                let mut judged = self.judge(investigation, |judge, order| {
                    order
                        .get(from..until)
                        .unwrap_or_default()
                        .iter()
                        .map(|id| judge.judge(*id))
                        .collect::<Result<Vec<_>>>()
                })?;
                investigation.judged.append(&mut judged);
                if until == all {
                    let mut alike = self.judge(investigation, |judge, _| judge.alike())?;
                    investigation.judged.append(&mut alike);
                    return investigation.outcome().map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Secrets of one bucket are judged one after the other: each snapshot checks every
    /// bucket that it takes one from.
    fn put_in_order(&mut self, investigation: &mut Investigation) -> Result<()> {
        let order = &mut investigation.order;
        self.view(|view| {
            let mut placed = Vec::with_capacity(order.len());
            for id in order.iter() {
                let bucket = view.tx.secret_by_id(&id.0)?.map_or(0, |row| row.bucket());
                placed.push((bucket, *id));
            }
            placed.sort_unstable();
            *order = placed.into_iter().map(|(_, id)| id).collect();
            Ok(())
        })
    }

    /// Runs `work` on a verified snapshot, with what was collected so far.
    fn judge<T>(
        &mut self,
        investigation: &mut Investigation,
        work: impl FnOnce(&mut Judge<'_>, &[SecretId]) -> Result<T>,
    ) -> Result<T> {
        let Investigation { walk, values, prints, seen, order, .. } = investigation;
        let traces: &HashMap<_, _, QuickHash> =
            &walk.traces().ok_or_else(|| Error::damaged("The audit log is broken."))?.secrets;
        self.view(|view| work(&mut Judge { view, traces, values, prints, seen }, order))
    }
}
