//! The vault against a simple model: whatever is done, in any order, over any number
//! of reopenings and by two sessions, it answers as a plain map would.

use std::collections::HashMap;
use std::ops::ControlFlow;

use proptest::prelude::*;
use strongroom::error::{Error, Kind};
use strongroom::vault::audit::AuditVerdict;
use strongroom::vault::bulk::{Act, Seen};
use strongroom::vault::{Doomed, Expected, MetadataChange, Outcome, Release, Vault};

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
        2 => (name.clone(), name).prop_map(|(from, to)| Step::Move(from, to)),
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
                    secret.versions.push(format!("v{text}"));
                }
                Ok(Some(secret.versions.len()))
            }
            Step::Rotate(name, text, stale) => {
                let secret = self.live.get_mut(name).ok_or(Kind::NotFound)?;
                if *stale {
                    return Err(Kind::Conflict);
                }
                secret.versions.push(format!("v{text}"));
                Ok(Some(secret.versions.len()))
            }
            Step::RollBack(name, number) => {
                let secret = self.live.get_mut(name).ok_or(Kind::NotFound)?;
                let number = usize::try_from(*number).unwrap();
                if number == secret.versions.len() {
                    return Err(Kind::Usage);
                }
                let old = number.checked_sub(1).and_then(|at| secret.versions.get(at)).ok_or(Kind::NotFound)?.clone();
                secret.versions.push(old);
                Ok(Some(secret.versions.len()))
            }
            Step::Delete(name) => {
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
            Step::Bulk(what, undo) => Ok(Some(self.bulk(*what, *undo))),
            Step::Replace | Step::Lock | Step::Crash | Step::OtherSession => Ok(None),
        }
    }

    /// How many secrets are changed.
    fn bulk(&mut self, what: Many, undo: bool) -> usize {
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
                    changed += 1;
                }
            }
        }
        changed
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
    let version = |written: strongroom::vault::Written| Some(usize::try_from(written.secret.version).unwrap());
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
        Step::Replace | Step::Lock | Step::Crash | Step::OtherSession => Ok(None),
    }
    .map_err(|error| error.kind())
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
    }
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
