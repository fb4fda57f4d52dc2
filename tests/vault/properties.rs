//! The vault against a simple model: whatever is done, in any order, over any number
//! of reopenings and by two sessions, it answers as a plain map would.

use std::collections::HashMap;
use std::ops::ControlFlow;

use jiff::SignedDuration;
use proptest::prelude::*;
use strongroom::error::{Error, Kind};
use strongroom::vault::audit::AuditVerdict;
use strongroom::vault::bulk::{Act, Seen};
use strongroom::vault::rotation::Promotion;
use strongroom::vault::secret::{Secret, SecretId};
use strongroom::vault::{Doomed, Expected, MetadataChange, Outcome, Pick, Release, Vault, Written};

use crate::place::{Place, at, value};

const NAMES: [&str; 4] = ["A", "prod/A", "prod/pay/KEY", "~ana/x"];

#[derive(Debug, Clone)]
enum Step {
    Set(usize, u8),
    Rotate(usize, u8, bool),
    RollBack(usize, u64),
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Describe(usize, u8),
    Move(usize, usize),
    Stage(usize, u8),
    /// With no grace at all, or to be revoked.
    Promote(usize, bool, bool),
    Abort(usize),
    /// By hand, or only when nothing is to be revoked.
    Retire(usize, bool),
    /// All of the living at once, and taken back or not.
    Bulk(Many, bool),
    /// Everything sealed anew under another master key.
    Replace,
    Lock,
    Crash,
    OtherSession,
}

#[derive(Debug, Clone, Copy)]
enum Many {
    Delete,
    Describe,
    RollBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES.len();
    let step = prop_oneof![
        4 => (name.clone(), any::<u8>()).prop_map(|(name, text)| Step::Set(name, text)),
        3 => (name.clone(), any::<u8>(), any::<bool>()).prop_map(|(name, text, stale)| Step::Rotate(name, text, stale)),
        2 => (name.clone(), 0..5_u64).prop_map(|(name, number)| Step::RollBack(name, number)),
        2 => name.clone().prop_map(Step::Delete),
        2 => name.clone().prop_map(Step::Restore),
        1 => name.clone().prop_map(Step::Purge),
        1 => (name.clone(), any::<u8>()).prop_map(|(name, text)| Step::Describe(name, text)),
        2 => (name.clone(), name.clone()).prop_map(|(from, to)| Step::Move(from, to)),
        4 => (name.clone(), any::<u8>()).prop_map(|(name, text)| Step::Stage(name, text)),
        3 => (name.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(name, graceless, revoke)| Step::Promote(name, graceless, revoke)),
        2 => name.clone().prop_map(Step::Abort),
        2 => (name, any::<bool>()).prop_map(|(name, by_hand)| Step::Retire(name, by_hand)),
        2 => (prop_oneof![Just(Many::Delete), Just(Many::Describe), Just(Many::RollBack)], any::<bool>())
            .prop_map(|(what, undo)| Step::Bulk(what, undo)),
        2 => Just(Step::Replace),
        1 => Just(Step::Lock),
        1 => Just(Step::Crash),
        1 => Just(Step::OtherSession),
    ];
    proptest::collection::vec(step, 1..40)
}

#[derive(Default, Clone, Debug, PartialEq)]
struct Modelled {
    versions: Vec<String>,
    description: String,
    pending: Option<String>,
    /// The previous version is given no more.
    is_retired: bool,
    /// What the far side is still to be told to refuse.
    to_revoke: Option<String>,
}

impl Modelled {
    /// What no promotion brought.
    fn push(&mut self, text: String) -> Result<(), Kind> {
        if self.pending.is_some() || self.to_revoke.as_ref() == Some(&text) {
            return Err(Kind::Conflict);
        }
        self.versions.push(text);
        self.is_retired = false;
        Ok(())
    }
}

#[derive(Default)]
struct Model {
    live: HashMap<usize, Modelled>,
    buried: HashMap<usize, Vec<Modelled>>,
}

impl Model {
    /// What the step should come to: the new version, or the kind of refusal.
    fn apply(&mut self, step: &Step) -> Result<Option<usize>, Kind> {
        match step {
            Step::Set(name, text) => {
                let secret = self.live.entry(*name).or_default();
                if secret.versions.last() != Some(&format!("v{text}")) {
                    secret.push(format!("v{text}"))?;
                }
                Ok(Some(secret.versions.len()))
            }
            Step::Rotate(name, text, stale) => {
                let secret = self.live.get_mut(name).ok_or(Kind::NotFound)?;
                if *stale {
                    return Err(Kind::Conflict);
                }
                secret.push(format!("v{text}"))?;
                Ok(Some(secret.versions.len()))
            }
            Step::RollBack(name, number) => {
                let secret = self.live.get_mut(name).ok_or(Kind::NotFound)?;
                let number = usize::try_from(*number).unwrap();
                if number == secret.versions.len() {
                    return Err(Kind::Usage);
                }
                let old = number.checked_sub(1).and_then(|at| secret.versions.get(at)).ok_or(Kind::NotFound)?.clone();
                secret.push(old)?;
                Ok(Some(secret.versions.len()))
            }
            Step::Delete(name) => {
                if self.live.get(name).ok_or(Kind::NotFound)?.pending.is_some() {
                    return Err(Kind::Conflict);
                }
                let secret = self.live.remove(name).ok_or(Kind::NotFound)?;
                self.buried.entry(*name).or_default().push(secret);
                Ok(None)
            }
            Step::Restore(name) => {
                if self.live.contains_key(name) {
                    return Err(Kind::Conflict);
                }
                let secret = self.buried.entry(*name).or_default().pop().ok_or(Kind::NotFound)?;
                self.live.insert(*name, secret);
                Ok(None)
            }
            Step::Purge(name) => {
                if self.live.remove(name).is_some() {
                    return Ok(None);
                }
                let buried = self.buried.entry(*name).or_default();
                match buried.len() {
                    0 => return Err(Kind::NotFound),
                    1 => buried.clear(),
                    _ => return Err(Kind::Conflict),
                }
                Ok(None)
            }
            Step::Describe(name, text) => {
                let secret = self.live.get_mut(name).ok_or(Kind::NotFound)?;
                secret.description = format!("d{text}");
                Ok(Some(secret.versions.len()))
            }
            Step::Move(from, to) => {
                if !self.live.contains_key(from) {
                    return Err(Kind::NotFound);
                }
                if from != to && self.live.contains_key(to) {
                    return Err(Kind::Conflict);
                }
                let secret = self.live.remove(from).unwrap_or_default();
                let versions = secret.versions.len();
                self.live.insert(*to, secret);
                Ok(Some(versions))
            }
            Step::Bulk(what, undo) => self.bulk(*what, *undo).map(Some),
            Step::Stage(..) | Step::Promote(..) | Step::Abort(_) | Step::Retire(..) => self.stage(step),
            Step::Replace | Step::Lock | Step::Crash | Step::OtherSession => Ok(None),
        }
    }

    fn stage(&mut self, step: &Step) -> Result<Option<usize>, Kind> {
        let (Step::Stage(name, _) | Step::Promote(name, ..) | Step::Abort(name) | Step::Retire(name, _)) = step else {
            return Ok(None);
        };
        let secret = self.live.get_mut(name).ok_or(Kind::NotFound)?;
        match step {
            Step::Stage(..) if secret.pending.is_some() || secret.to_revoke.is_some() => return Err(Kind::Conflict),
            Step::Stage(_, text) => secret.pending = Some(format!("v{text}")),
            Step::Promote(_, graceless, revoke) => {
                secret.versions.push(secret.pending.take().ok_or(Kind::NotFound)?);
                let old = secret.versions.iter().nth_back(1).filter(|old| Some(*old) != secret.versions.last());
                (secret.is_retired, secret.to_revoke) = (*graceless, old.filter(|_| *revoke).cloned());
            }
            Step::Abort(_) => drop(secret.pending.take().ok_or(Kind::NotFound)?),
            Step::Retire(_, by_hand) => {
                if secret.to_revoke.is_some() && !by_hand {
                    return Err(Kind::Conflict);
                }
                if secret.versions.len() < 2 {
                    return Err(Kind::NotFound);
                }
                if secret.is_retired && secret.to_revoke.is_none() {
                    return Err(Kind::Expired);
                }
                (secret.is_retired, secret.to_revoke) = (true, None);
            }
            _ => {}
        }
        Ok(Some(secret.versions.len()))
    }

    /// How many secrets are changed; all of them or none.
    fn bulk(&mut self, what: Many, undo: bool) -> Result<usize, Kind> {
        let stands =
            |secret: &Modelled| secret.pending.is_some() && (secret.versions.len() > 1 || matches!(what, Many::Delete));
        let withdrawn =
            |secret: &Modelled| secret.versions.len() > 1 && secret.versions.first() == secret.to_revoke.as_ref();
        if matches!(what, Many::RollBack) && self.live.values().any(withdrawn) {
            return Err(Kind::Conflict);
        }
        if !matches!(what, Many::Describe) && self.live.values().any(stands) {
            return Err(Kind::Conflict);
        }
        let mut changed = self.live.len();
        match what {
            Many::Delete if undo => {}
            Many::Delete => {
                for (name, secret) in self.live.drain() {
                    self.buried.entry(name).or_default().push(secret);
                }
            }
            Many::Describe => {
                changed -= self.live.values().filter(|secret| secret.description == "bulk").count();
                if !undo {
                    self.live.values_mut().for_each(|secret| secret.description = "bulk".to_owned());
                }
            }
            Many::RollBack => {
                changed = 0;
                for secret in self.live.values_mut().filter(|secret| secret.versions.len() > 1) {
                    let (first, last) =
                        (secret.versions[0].clone(), secret.versions[secret.versions.len() - 1].clone());
                    secret.versions.push(first);
                    secret.versions.extend(undo.then_some(last));
                    secret.is_retired = false;
                    changed += 1;
                }
            }
        }
        Ok(changed)
    }
}

fn bulk(vault: &mut Vault, what: Many, undo: bool) -> Result<usize, Error> {
    let act = |_: &str| match what {
        Many::Delete => Act::Delete,
        Many::Describe => {
            Act::Edit(MetadataChange { description: Some("bulk".to_owned()), ..MetadataChange::default() })
        }
        Many::RollBack => Act::RollBack { number: 1, metadata: MetadataChange::default() },
    };
    let mut steps = crate::bulk::plan(vault, act);
    if matches!(what, Many::RollBack) {
        steps.retain(|step| step.seen != Seen::Version(1));
    }
    let go_on = |_: usize, _: usize| ControlFlow::Continue(());
    let done = vault.bulk(&steps, "bulk", go_on)?.unwrap();
    if undo {
        assert_eq!(vault.bulk(&done.undo, "undo", go_on)?.unwrap().changed, done.changed);
    }
    Ok(done.changed)
}

fn run(vault: &mut Vault, step: &Step) -> Result<Option<usize>, Kind> {
    let number = |secret: Secret| Some(usize::try_from(secret.version).unwrap());
    let version = |written: Written| number(written.secret);
    match step {
        Step::Set(name, text) => vault
            .set(&at(NAMES[*name]), Some(value(&format!("v{text}"))), MetadataChange::default(), "set", Expected::Any)
            .map(version),
        Step::Rotate(name, text, stale) => {
            let expected = if *stale { Expected::Version(1000) } else { Expected::Present };
            vault.rotate(&at(NAMES[*name]), value(&format!("v{text}")), "rotate", expected).map(version)
        }
        Step::RollBack(name, number) => {
            vault.roll_back(&at(NAMES[*name]), *number, "back", Expected::Present).map(version)
        }
        Step::Delete(name) => vault.delete(&at(NAMES[*name]), "").map(|_| None),
        Step::Restore(name) => vault.restore(&at(NAMES[*name]), None, "").map(|_| None),
        Step::Purge(name) => vault.purge(&at(NAMES[*name]), Doomed::Single, "").map(|_| None),
        Step::Describe(name, text) => {
            let change = MetadataChange { description: Some(format!("d{text}")), ..MetadataChange::default() };
            vault.edit(&at(NAMES[*name]), change, "").map(|written| {
                assert!(matches!(written.outcome, Outcome::MetadataOnly | Outcome::Unchanged));
                version(written)
            })
        }
        Step::Move(from, to) => vault.move_secret(&at(NAMES[*from]), &at(NAMES[*to]), "").map(version),
        Step::Bulk(what, undo) => bulk(vault, *what, *undo).map(Some),
        Step::Stage(name, text) => {
            let staged = vault.stage(&at(NAMES[*name]), value(&format!("v{text}")), None, "stage", Expected::Present);
            staged.map(number)
        }
        Step::Promote(name, graceless, revoke) => {
            let grace = graceless.then_some(SignedDuration::ZERO);
            let how = Promotion { grace, revoke: *revoke, by_hand: false };
            vault.find(&at(NAMES[*name])).and_then(|secret| vault.promote(secret.id, &how, "promote")).map(version)
        }
        Step::Abort(name) => {
            vault.find(&at(NAMES[*name])).and_then(|secret| vault.abort(secret.id, false, "abort")).map(number)
        }
        Step::Retire(name, by_hand) => {
            vault.find(&at(NAMES[*name])).and_then(|secret| vault.retire(secret.id, *by_hand, "retire")).map(number)
        }
        Step::Replace | Step::Lock | Step::Crash | Step::OtherSession => Ok(None),
    }
    .map_err(|error| error.kind())
}

fn picked(vault: &mut Vault, id: SecretId, pick: Pick) -> Result<String, Kind> {
    let fields = vault.release(id, pick, Release::Reveal, "", false).map_err(|error| error.kind())?;
    Ok(fields.get("value").unwrap().expose_str().unwrap().to_owned())
}

fn compare(vault: &mut Vault, model: &Model) {
    let catalog = vault.catalog().unwrap();
    assert_eq!(catalog.listed().len(), model.live.len());
    for (name, expected) in &model.live {
        let secret = vault.find(&at(NAMES[*name])).unwrap();
        assert_eq!(secret.metadata.description, expected.description);
        assert_eq!(vault.history(secret.id).unwrap().len(), expected.versions.len());
        for (position, text) in expected.versions.iter().enumerate() {
            let fields = vault.release(secret.id, Some(position as u64 + 1), Release::Reveal, "", false).unwrap();
            assert_eq!(fields.get("value").unwrap().expose(), text.as_bytes());
        }
        let pending = expected.pending.clone().ok_or(Kind::NotFound);
        assert_eq!(picked(vault, secret.id, Pick::Pending), pending);
        let previous = match expected.versions.iter().rev().nth(1) {
            None => Err(Kind::NotFound),
            Some(_) if expected.is_retired => Err(Kind::Expired),
            Some(text) => Ok(text.clone()),
        };
        assert_eq!(picked(vault, secret.id, Pick::Previous), previous);
        assert_eq!(secret.rotation.revoke.is_some(), expected.to_revoke.is_some());
    }
    assert_eq!(vault.verify().unwrap().damage, [""; 0]);
    assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
    vault.verify_rows().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_vault_does_what_a_plain_map_would(steps in steps()) {
        let (place, mut vault) = Place::new();
        let mut model = Model::default();
        for step in &steps {
            match step {
                Step::Lock => {
                    drop(vault.lock().unwrap());
                    vault = place.open();
                }
                Step::Replace => {
                    let presented = vault.present(vec![place.key()]).unwrap();
                    vault.replace_master_key(&presented, &[], None, "").unwrap();
                }
                Step::Crash => {
                    drop(vault);
                    vault = place.open();
                }
                Step::OtherSession => {
                    let other = place.open();
                    vault = other;
                }
                step => prop_assert_eq!(run(&mut vault, step), model.apply(step), "{:?}", step),
            }
        }
        compare(&mut vault, &model);
        compare(&mut place.open(), &model);
    }
}
