//! Rotations against a far side that is only made up, so that every step can fail in every
//! way and the session can die between any two.

use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::secret_text::SecretText;
use crate::vault::audit::Actor;
use crate::vault::scope::ScopePath;
use crate::vault::{Expected, LockedVault, MetadataChange, NewVault, Pick, Release};

/// What goes wrong with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nothing.
    None,
    /// The far side refuses.
    Refuses,
    /// The far side does it, and the answer is lost.
    DropsAfter,
    /// The program is ended, and what it has sent arrives when something else is sent.
    ArrivesLate,
    /// The session dies before the far side hears of it.
    DiesBefore,
    /// The session dies after the far side did it.
    DiesAfter,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        2 => Just(Fault::Refuses),
        2 => Just(Fault::DropsAfter),
        2 => Just(Fault::ArrivesLate),
        1 => Just(Fault::DiesBefore),
        1 => Just(Fault::DiesAfter),
    ]
}

/// A far side: one that has one password, or one that has a list of keys.
struct FarSide {
    accepts: Vec<String>,
    is_list: bool,
    /// A value on its way.
    late: Option<String>,
}

impl FarSide {
    /// What is on its way arrives.
    fn arrive(&mut self) {
        if let Some(value) = self.late.take() {
            self.take(&value);
        }
    }

    fn take(&mut self, value: &str) {
        if !self.is_list {
            self.accepts.clear();
        }
        self.accepts.retain(|accepted| accepted != value);
        self.accepts.push(value.to_owned());
    }

    /// Does a step; true when it went well. Two changes come one after the other.
    fn act(&mut self, kind: StepKind, value: &str, login: &str) -> bool {
        if kind == StepKind::Apply {
            self.arrive();
        }
        let may = self.accepts.iter().any(|accepted| accepted == login);
        match kind {
            StepKind::Make => true,
            StepKind::Verify => self.accepts.iter().any(|accepted| accepted == value),
            StepKind::Apply if may => {
                self.take(value);
                true
            }
            StepKind::Revoke if may => {
                self.accepts.retain(|accepted| accepted != value);
                true
            }
            StepKind::Apply | StepKind::Revoke => false,
        }
    }
}

/// A vault with one secret, and its far side.
struct World {
    folder: TempDir,
    key: RawKey,
    far: FarSide,
    faults: Vec<Fault>,
    deaths: usize,
}

const RECIPE: &str = "what = \"a made-up far side\"\n\
                      [apply]\nrun = [\"true\"]\nstdin = \"{{value}}{{login}}\"\n\
                      [verify]\nrun = [\"true\"]\nstdin = \"{{value}}\"\n";
const LIST: &str = "what = \"a list of keys\"\n\
                    [apply]\nrun = [\"true\"]\nstdin = \"{{value}}{{login}}\"\n\
                    [verify]\nrun = [\"true\"]\nstdin = \"{{value}}\"\n\
                    [revoke]\nrun = [\"true\"]\nstdin = \"{{value}}{{login}}\"\n";

fn address() -> Address {
    Address::parse("prod/DB", &ScopePath::root()).unwrap()
}

fn fields(text: &str) -> Fields {
    Fields::value(SecretText::copied_from(text.as_bytes()))
}

fn actor() -> Actor {
    Actor { user: "ops".into(), host: "bastion".into(), ..Actor::default() }
}

impl World {
    fn new(recipe: &str, faults: Vec<Fault>) -> (Self, Vault) {
        let (folder, key) = (tempfile::tempdir().unwrap(), RawKey::generate().unwrap());
        let far = FarSide { accepts: vec!["old".into()], is_list: recipe == LIST, late: None };
        let new = NewVault { keys: vec![UnlockKey::Environment(key.duplicate())], cost: None };
        let mut vault = Vault::create(&folder.path().join("v.db"), new, actor()).unwrap();
        let metadata = MetadataChange { recipe: Some(Some(recipe.into())), ..MetadataChange::default() };
        vault.set(&address(), Some(fields("old")), metadata, "", Expected::Absent).unwrap();
        (Self { folder, key, far, faults, deaths: 0 }, vault)
    }

    fn open(&self) -> Vault {
        let locked = LockedVault::open(&self.folder.path().join("v.db")).unwrap();
        let key = UnlockKey::Environment(self.key.duplicate());
        locked.unlock(&key, actor()).map_err(|refused| refused.1).unwrap()
    }

    /// What the vault has under a name, if it has it.
    fn value(vault: &mut Vault, id: SecretId, which: Which) -> Option<String> {
        let pick = match which {
            Which::Current => Pick::Current,
            Which::Pending => Pick::Pending,
            Which::Previous => Pick::Previous,
        };
        let fields = vault.release(id, pick, Release::Reveal, "", true).ok()?;
        Some(fields.get("value").unwrap().expose_str().unwrap().to_owned())
    }

    /// Drives until the end, dying on the way where the faults say so; then somebody goes on.
    fn drive(&mut self, mut vault: Vault, mut drive: Drive, goal: Goal) -> (Vault, Outcome) {
        for _ in 0..200 {
            self.check(&mut vault, drive.id);
            let running = match drive.advance(&mut vault).unwrap() {
                Advance::Done(outcome) => return (vault, *outcome),
                Advance::Step(running) => running,
            };
            assert!(running.program.is_ok());
            let fault = if self.faults.is_empty() { Fault::None } else { self.faults.remove(0) };
            let value = Self::value(&mut vault, drive.id, running.of).unwrap();
            let login = Self::value(&mut vault, drive.id, running.login).unwrap();
            let is_late = fault == Fault::ArrivesLate && running.kind == StepKind::Apply;
            if is_late && self.far.accepts.contains(&login) {
                self.far.late = Some(value.clone());
            }
            let is_heard = !is_late && !matches!(fault, Fault::Refuses | Fault::DiesBefore);
            let did = is_heard && self.far.act(running.kind, &value, &login);
            if matches!(fault, Fault::DiesBefore | Fault::DiesAfter) {
                let id = drive.id;
                drop((vault, drive));
                self.deaths += 1;
                vault = self.open();
                drive = Drive::resume(&mut vault, id, goal, "").unwrap();
                continue;
            }
            let how = match is_late {
                true => How::TimedOut,
                false => How::Exited(u8::from(!did || fault == Fault::DropsAfter)),
            };
            let ended = Ended { how, took: Duration::from_millis(3), shown: String::new(), printed: SecretText::new() };
            drive.ended(&mut vault, running.kind, running.turn, ended).unwrap();
        }
        panic!("it never came to an end");
    }

    /// What the far side takes is never lost: it is the current value or the pending one.
    fn check(&self, vault: &mut Vault, id: SecretId) {
        let held = [Which::Current, Which::Pending].map(|which| Self::value(vault, id, which));
        assert!(
            self.far.accepts.iter().any(|accepted| held.contains(&Some(accepted.clone()))),
            "{held:?} {:?}",
            self.far.accepts
        );
    }
}

fn rotate(recipe: &str, goal: Goal, faults: Vec<Fault>) -> (World, Vault, Outcome) {
    let (mut world, mut vault) = World::new(recipe, faults);
    let start = Start {
        source: Source::Given(fields("new")),
        grace: None,
        goal,
        by_hand: false,
        reason: "quarterly",
        expected: Expected::Present,
    };
    let drive = Drive::begin(&mut vault, &address(), start).unwrap();
    let (vault, outcome) = world.drive(vault, drive, goal);
    (world, vault, outcome)
}

fn steps(secret: &Secret) -> Vec<String> {
    let stage = secret.rotation.stage.as_ref();
    stage
        .map(|stage| stage.steps.iter().map(|step| format!("{} {}", step.kind.word(), step.of.word())).collect())
        .unwrap_or_default()
}

#[test]
fn without_a_fault_the_new_value_becomes_current() {
    for recipe in [RECIPE, LIST] {
        let (world, mut vault, outcome) = rotate(recipe, Goal::Promoted, Vec::new());
        assert!(matches!(outcome, Outcome::Promoted(_)), "{outcome:?}");
        let secret = vault.find(&address()).unwrap();
        assert_eq!(World::value(&mut vault, secret.id, Which::Current).as_deref(), Some("new"));
        assert!(world.far.accepts.contains(&"new".to_owned()));
        let newest = vault.history(secret.id).unwrap().remove(0);
        assert!(newest.steps.iter().any(|step| step.kind == StepKind::Apply && step.end.is_good()));
        // A list goes on taking the old one until it is told not to.
        assert_eq!(secret.rotation.revoke.is_some(), recipe == LIST);
    }
}

#[test]
fn the_previous_one_is_revoked_at_last() {
    let (mut world, mut vault, outcome) = rotate(LIST, Goal::Promoted, Vec::new());
    let id = outcome.secret().id;
    for (fault, is_revoked) in [(Fault::Refuses, false), (Fault::None, true)] {
        world.faults = vec![fault];
        let drive = Drive::resume(&mut vault, id, Goal::Promoted, "").unwrap();
        let (again, outcome) = world.drive(vault, drive, Goal::Promoted);
        vault = again;
        assert_eq!(matches!(outcome, Outcome::Retired(_)), is_revoked);
        assert_eq!(world.far.accepts == ["new"], is_revoked);
    }
    assert_eq!(World::value(&mut vault, id, Which::Previous), None);
}

#[test]
fn a_far_side_that_refuses_keeps_the_old_value_and_is_asked_nothing_more() {
    let (world, mut vault, outcome) = rotate(RECIPE, Goal::Promoted, vec![Fault::None, Fault::Refuses]);
    assert!(matches!(outcome, Outcome::Aborted(_)));
    assert_eq!(world.far.accepts, ["old"]);
    let records = vault.audit(&crate::vault::audit::AuditQuery::default()).unwrap();
    let aborted = records.iter().find(|record| record.action.word() == "abort").unwrap();
    assert_eq!(aborted.reason, "quarterly. The apply of the pending value failed with exit code 1 (0.0 s).");
}

/// A far side that somebody else has changed meanwhile: nothing is told it, nothing is lost.
#[test]
fn a_far_side_that_does_not_take_the_current_value_is_told_nothing() {
    for goal in [Goal::Verified, Goal::Promoted] {
        let (mut world, mut vault) = World::new(RECIPE, Vec::new());
        world.far.accepts = vec!["changed by somebody".into()];
        let source = Source::Given(fields("new"));
        let start =
            Start { source, grace: None, goal, by_hand: false, reason: "quarterly", expected: Expected::Present };
        let mut drive = Drive::begin(&mut vault, &address(), start).unwrap();
        for _ in 0..2 {
            let Advance::Step(running) = drive.advance(&mut vault).unwrap() else { panic!("a step") };
            assert_eq!((running.kind, running.of), (StepKind::Verify, Which::Current));
            let (how, printed) = (How::Exited(1), SecretText::new());
            let ended = Ended { how, took: Duration::ZERO, shown: String::new(), printed };
            let told = drive.ended(&mut vault, running.kind, running.turn, ended).unwrap();
            assert!(!told.as_meant && told.warning.is_none(), "it was not meant to be refused yet");
            let Advance::Done(outcome) = drive.advance(&mut vault).unwrap() else { panic!("an end") };
            let Outcome::Refused(secret) = *outcome else { panic!("{outcome:?}") };
            assert!(secret.rotation.stage.as_ref().unwrap().is_refused());
            // Whoever goes on tries it again.
            drive = Drive::resume(&mut vault, secret.id, goal, "").unwrap();
        }
        assert_eq!(world.far.accepts, ["changed by somebody"]);
        // An administrator's recipe needs no current value.
        world.far.accepts = vec!["old".into()];
        world.faults = vec![Fault::None, Fault::None, Fault::None];
        let (_, outcome) = world.drive(vault, drive.unlooked(true), goal);
        assert_eq!(matches!(outcome, Outcome::Promoted(_)), goal == Goal::Promoted);
        assert_eq!(world.faults.len(), 0, "apply, verify, and verify of the old one: nothing before them");
        assert_eq!(world.far.accepts, ["new"]);
    }
}

#[test]
fn a_verify_that_fails_puts_the_old_value_back() {
    let (world, _, outcome) = rotate(RECIPE, Goal::Promoted, vec![Fault::None, Fault::None, Fault::Refuses]);
    assert!(matches!(outcome, Outcome::Aborted(_)), "{outcome:?}");
    assert_eq!(world.far.accepts, ["old"]);
}

#[test]
fn an_operator_who_turns_back_gets_the_old_value_back() {
    for recipe in [RECIPE, LIST] {
        let (mut world, mut vault, outcome) = rotate(recipe, Goal::Verified, Vec::new());
        assert!(matches!(outcome, Outcome::Ready(_)));
        assert!(steps(outcome.secret()).contains(&"apply pending".to_owned()));
        let drive = Drive::resume(&mut vault, outcome.secret().id, Goal::Aborted, "").unwrap();
        let (_, outcome) = world.drive(vault, drive, Goal::Aborted);
        assert!(matches!(outcome, Outcome::Aborted(_)), "{outcome:?}");
        assert_eq!(world.far.accepts, ["old"]);
    }
}

#[test]
fn two_sessions_never_drive_one_rotation() {
    let (mut world, mut vault, outcome) = rotate(RECIPE, Goal::Verified, Vec::new());
    let id = outcome.secret().id;
    let mut other = world.open();
    let mut one = Drive::resume(&mut vault, id, Goal::Promoted, "").unwrap();
    let mut two = Drive::resume(&mut other, id, Goal::Aborted, "").unwrap();
    let Advance::Step(running) = two.advance(&mut other).unwrap() else { panic!("a step") };
    assert_eq!(one.advance(&mut vault).err().unwrap().kind(), Kind::Conflict);
    // While it runs nobody else goes on, unless it cannot be running any more.
    let stage = vault.secret(id).unwrap().rotation.stage.unwrap();
    let seen = Turn { id, number: stage.turn };
    assert_eq!(vault.take_over(seen, false).unwrap_err().kind(), Kind::Busy);
    assert_eq!(vault.promote(id, &Promotion::default(), "").unwrap_err().kind(), Kind::Conflict);
    let ended = Ended { how: How::Exited(0), took: Duration::ZERO, shown: String::new(), printed: SecretText::new() };
    world.far.act(running.kind, "old", "new");
    two.ended(&mut other, running.kind, running.turn, ended).unwrap();
    let (_, outcome) = world.drive(other, two, Goal::Aborted);
    assert!(matches!(outcome, Outcome::Aborted(_)));
}

/// The program of an apply is ended, and what it has sent waits for a lock: nothing is
/// given up on the word of a look that came before it.
#[test]
fn what_arrives_late_never_is_a_value_that_nobody_has() {
    let (mut world, mut vault, outcome) = rotate(RECIPE, Goal::Promoted, vec![Fault::None, Fault::ArrivesLate]);
    assert!(matches!(outcome, Outcome::Aborted(_)), "{outcome:?}");
    world.far.arrive();
    assert_eq!(world.far.accepts, ["old"], "what was put back came behind it");
    let id = outcome.secret().id;
    assert_eq!(World::value(&mut vault, id, Which::Current).as_deref(), Some("old"));

    let (late, well) = (Fault::ArrivesLate, Fault::None);
    let (mut world, mut vault, outcome) =
        rotate(RECIPE, Goal::Promoted, vec![well, late, late, well, late, well, late]);
    assert!(matches!(outcome, Outcome::Unsettled(_)), "{outcome:?}");
    world.far.arrive();
    world.check(&mut vault, outcome.secret().id);
    let drive = Drive::resume(&mut vault, outcome.secret().id, Goal::Promoted, "").unwrap();
    let (mut vault, outcome) = world.drive(vault, drive, Goal::Promoted);
    let current = World::value(&mut vault, outcome.secret().id, Which::Current).unwrap();
    assert!(world.far.accepts.contains(&current) && outcome.secret().rotation.stage.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whatever goes wrong, and wherever the session dies: what the far side takes is never
    /// lost, and once nothing goes wrong any more the current value works and nothing is pending.
    #[test]
    fn every_rotation_ends_with_a_current_value_that_works(
        faults in proptest::collection::vec(fault(), 0..14),
        recipe in 0_usize..2,
        goal in prop_oneof![Just(Goal::Promoted), Just(Goal::Aborted)],
    ) {
        let recipe = [RECIPE, LIST][recipe];
        let (mut world, mut vault, outcome) = rotate(recipe, Goal::Verified, faults);
        let id = outcome.secret().id;
        world.check(&mut vault, id);
        world.faults.clear();
        if vault.secret(id).unwrap().rotation.stage.is_some() {
            let drive = Drive::resume(&mut vault, id, goal, "").unwrap();
            let (again, outcome) = world.drive(vault, drive, goal);
            vault = again;
            prop_assert!(!matches!(outcome, Outcome::Unsettled(_) | Outcome::Ready(_)), "{outcome:?}");
        }
        let secret = vault.secret(id).unwrap();
        prop_assert_eq!(secret.rotation.stage, None);
        world.far.arrive();
        let current = World::value(&mut vault, id, Which::Current).unwrap();
        prop_assert!(world.far.accepts.contains(&current), "{} {:?}", current, world.far.accepts);
        prop_assert!(vault.verify().unwrap().damage.is_empty());
    }
}
