//! [`Traces`]: what the records of the log tell of those who are chosen, collected on the
//! walk that verifies it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::audit::{Actor, AuditAction, AuditRecord};
use super::super::catalog::QuickHash;
use super::super::scope::Address;
use super::super::secret::SecretId;
use super::Choice;
use super::met::Met;

/// One time that somebody could see or copy a value, or made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The number of the record.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which way.
    pub action: AuditAction,
    /// Which version. A record that names none stands for every version.
    pub version: Option<u64>,
    /// Who, where and from where; its `run_id` is that of the first of several in a row.
    pub actor: Arc<Actor>,
    /// What they gave as the reason.
    pub reason: String,
    /// It was a pending version, which was destroyed later; another may have its number.
    pub aborted: bool,
}

/// What was done with the vault itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doing {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: AuditAction,
    /// Who.
    pub actor: Arc<Actor>,
    /// Why.
    pub reason: String,
}

/// What is known of one secret by the log alone.
#[derive(Debug, Clone, Default)]
pub(in crate::vault) struct Trace {
    /// Where it was at the last exposure.
    pub(super) address: Option<Address>,
    pub(super) exposures: Vec<Exposure>,
    /// Its end, by whomever.
    pub(super) purged: Option<Doing>,
}

/// Which versions of a secret there are, as the log tells so far.
#[derive(Debug, Clone, Copy, Default)]
struct Versions {
    current: u64,
    has_pending: bool,
}

/// All that is collected.
#[derive(Debug, Clone, Default)]
pub(in crate::vault) struct Traces {
    pub(super) choice: Choice,
    pub(super) secrets: HashMap<SecretId, Trace, QuickHash>,
    /// Of every secret, by whomever.
    versions: HashMap<SecretId, Versions, QuickHash>,
    /// How many sessions they began, and when the last.
    pub(super) sessions: u64,
    pub(super) last_session: Option<Timestamp>,
    /// What left them with a key.
    pub(super) keys: Vec<Doing>,
    met: Met,
    /// Most records in a row are of one actor.
    last: Arc<Actor>,
}

impl Traces {
    pub(super) fn new(choice: Choice) -> Self {
        Self { choice, ..Self::default() }
    }

    /// Takes the next record in the order of the log. What was refused let nobody see anything.
    pub(in crate::vault) fn add(&mut self, record: AuditRecord) {
        self.met.meet(&self.choice, &record.actor);
        if record.error.is_some() {
            return;
        }
        if let Some(id) = record.secret {
            self.follow(id, &record);
        }
        if !self.choice.takes(record.at, &record.actor) {
            return;
        }
        match (record.action, record.secret) {
            (action, Some(id)) if action.lets_value_out() || action.makes_version() => self.expose(id, record),
            (AuditAction::Unlock, _) => {
                self.sessions += 1;
                self.last_session = self.last_session.max(Some(record.at));
            }
            (action, _) if action.gives_key() => {
                let actor = self.actor(&record.actor);
                self.keys.push(Doing { at: record.at, action, actor, reason: record.reason });
            }
            _ => {}
        }
    }

    /// Who of those chosen is on no record so far: a sentence each.
    pub(super) fn unknown(&self) -> Vec<String> {
        self.met.unknown(&self.choice)
    }

    /// What anybody does to a secret that matters for what was seen of it.
    fn follow(&mut self, id: SecretId, record: &AuditRecord) {
        let versions = self.versions.entry(id).or_default();
        match record.action {
            AuditAction::Stage => versions.has_pending = true,
            AuditAction::Promote => *versions = Versions { current: record.version.unwrap_or(0), has_pending: false },
            action if action.makes_version() => versions.current = record.version.unwrap_or(0),
            AuditAction::Abort => {
                versions.has_pending = false;
                let exposures = self.secrets.get_mut(&id).map(|trace| trace.exposures.as_mut_slice());
                let pending = exposures.unwrap_or_default().iter_mut();
                pending.filter(|seen| record.version.is_some() && seen.version == record.version).for_each(|seen| {
                    seen.aborted = true;
                });
            }
            AuditAction::Purge => {
                self.versions.remove(&id);
                let actor = self.actor(&record.actor);
                if let Some(trace) = self.secrets.get_mut(&id) {
                    let reason = record.reason.clone();
                    trace.purged = Some(Doing { at: record.at, action: record.action, actor, reason });
                }
            }
            _ => {}
        }
    }

    fn expose(&mut self, id: SecretId, record: AuditRecord) {
        let actor = self.actor(&record.actor);
        let versions = self.seen(id, &record);
        let trace = self.secrets.entry(id).or_default();
        trace.address = record.address.or(trace.address.take());
        trace.exposures.extend(versions.into_iter().map(|version| Exposure {
            seq: record.seq,
            at: record.at,
            action: record.action,
            version,
            actor: Arc::clone(&actor),
            reason: record.reason.clone(),
            aborted: false,
        }));
    }

    /// Which versions a record let them see. It names one; but a step of a rotation is given
    /// another besides, to log in with: the current one, or the pending one.
    fn seen(&self, id: SecretId, record: &AuditRecord) -> Vec<Option<u64>> {
        let mut seen = vec![record.version];
        if record.action == AuditAction::Step
            && let Some(Versions { current, has_pending }) = self.versions.get(&id)
        {
            seen.push(Some(*current));
            seen.extend(has_pending.then_some(Some(current + 1)));
            seen.sort_unstable();
            seen.dedup();
        }
        seen
    }

    fn actor(&mut self, actor: &Actor) -> Arc<Actor> {
        let last = &self.last;
        let is_last =
            (&last.user, &last.host, &last.ip, &last.tty) == (&actor.user, &actor.host, &actor.ip, &actor.tty);
        if !is_last {
            self.last = Arc::new(actor.clone());
        }
        Arc::clone(&self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(traces: &mut Traces, user: &str, action: AuditAction, version: Option<u64>) {
        let actor = Actor { user: user.into(), ..Actor::default() };
        let (at, secret, reason) = (Timestamp::UNIX_EPOCH, Some(SecretId([1; 16])), String::new());
        traces.add(AuditRecord {
            seq: 1,
            at,
            action,
            secret,
            address: None,
            version,
            actor,
            reason,
            error: None,
            hash: [0; 32],
        });
    }

    fn seen(traces: &Traces) -> Vec<(Option<u64>, bool)> {
        traces.secrets[&SecretId([1; 16])].exposures.iter().map(|seen| (seen.version, seen.aborted)).collect()
    }

    #[test]
    fn a_step_is_given_what_it_logs_in_with_too() {
        let choice = Choice { people: vec!["alice".into()], ..Choice::default() };
        let mut traces = Traces::new(choice.clone());
        told(&mut traces, "bob", AuditAction::Create, Some(1));
        told(&mut traces, "bob", AuditAction::Rotate, Some(2));
        told(&mut traces, "bob", AuditAction::Stage, Some(3));
        told(&mut traces, "alice", AuditAction::Step, Some(3));
        assert_eq!(seen(&traces), [(Some(2), false), (Some(3), false)]);
        told(&mut traces, "bob", AuditAction::Abort, Some(3));
        assert_eq!(seen(&traces), [(Some(2), false), (Some(3), true)]);
        // The old value withdrawn, with the new one to log in.
        let mut traces = Traces::new(choice);
        told(&mut traces, "bob", AuditAction::Create, Some(1));
        told(&mut traces, "bob", AuditAction::Stage, Some(2));
        told(&mut traces, "bob", AuditAction::Promote, Some(2));
        told(&mut traces, "alice", AuditAction::Step, Some(1));
        assert_eq!(seen(&traces), [(Some(1), false), (Some(2), false)]);
    }
}
