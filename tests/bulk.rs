//! Many secrets at once on a real vault, by keys: marks, the plan, the job, its end
//! in the middle, and the one undo. No terminal: the vault answers in this thread.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of screens")]
mod screen;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use screen::Screen;
use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::tui::effect::{Effect, Request};
use strongroom::tui::event::{Answer, Event};
use strongroom::vault::audit::{Actor, AuditVerdict};
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::{Fields, Metadata, SecretId};
use strongroom::vault::{Doomed, Expected, MetadataChange, NewVault, Release, Vault};

struct Bench {
    _folder: tempfile::TempDir,
    vault: Vault,
    screen: Screen,
}

/// Address, version and metadata of everything alive.
type Listed = BTreeMap<SecretId, (String, u64, Metadata)>;

impl Bench {
    fn new(names: impl IntoIterator<Item = String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = vec![UnlockKey::Environment(RawKey::generate().unwrap())];
        let path = folder.path().join("vault.db");
        let mut vault = Vault::create(&path, NewVault { keys, cost: None }, Actor::default()).unwrap();
        for name in names {
            let fields = Fields::value(SecretText::from(format!("value of {name}")));
            let address = Address::parse(&name, &ScopePath::root()).unwrap();
            vault.set(&address, Some(fields), MetadataChange::default(), "", Expected::Absent).unwrap();
        }
        let mut screen = Screen::locked(80, 24);
        let catalog = Arc::new(vault.catalog().unwrap());
        screen.event(Event::Vault(Answer::Unlocked { catalog, failed_unlocks: 0, read_only: None, unkept: None }));
        Self { _folder: folder, vault, screen }
    }

    fn listed(&mut self) -> Listed {
        let secrets = self.vault.secrets_in_full().unwrap();
        secrets.into_iter().map(|s| (s.id, (s.address.to_string(), s.version, s.metadata))).collect()
    }

    fn values(&mut self) -> BTreeMap<String, String> {
        let secrets = self.vault.secrets_in_full().unwrap();
        let of = |secret: strongroom::vault::secret::Secret| {
            let fields = self.vault.release(secret.id, None, Release::Reveal, "", true).unwrap();
            (secret.address.to_string(), fields.get("value").unwrap().expose_str().unwrap().to_owned())
        };
        secrets.into_iter().map(of).collect()
    }

    /// The vault does the job on its way; Esc is pressed after `esc_after` steps.
    fn work(&mut self, esc_after: Option<usize>) {
        let job = self.screen.take_effects().into_iter().find_map(|effect| match effect {
            Effect::Vault(Request::Job(job)) => Some(job),
            _ => None,
        });
        let job = job.unwrap_or_else(|| panic!("no job was asked for:\n{}", self.screen.text()));
        let Self { vault, screen, .. } = self;
        let result = vault.bulk(&job.steps, &job.reason, |done, total| {
            if done % 500 == 0 {
                screen.event(Event::Vault(Answer::Progress { done, total }));
            }
            if esc_after == Some(done) {
                screen.keys("Esc");
                for effect in screen.take_effects() {
                    if let Effect::Stop(stop) = effect {
                        stop.set();
                    }
                }
            }
            if job.stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let mut job = job;
        if job.undoes && matches!(&result, Err(error) if error.kind() == Kind::Conflict) {
            job.rest = self.vault.rest(&job.steps, |_, _| ControlFlow::Continue(())).unwrap();
        }
        if let Some(change) = self.vault.changes().unwrap() {
            self.screen.event(Event::Vault(Answer::Changed(change)));
        }
        self.screen.event(Event::Vault(Answer::Job { job, result: Box::new(result) }));
        self.screen.keys("");
    }

    fn told(&mut self, text: &str) {
        let shown = self.screen.text();
        assert!(shown.contains(text), "{text} is not told:\n{shown}");
    }
}

#[test]
fn five_thousand_are_ended_done_and_undone() {
    let mut bench = Bench::new((0..5_000).map(|at| format!("scope{}/KEY_{at}", at % 40)));
    let before = bench.listed();
    bench.screen.keys("C-a");
    bench.told("5 000 marked");
    for (keys, text) in [("t", "+db"), ("E", "30d"), ("m", "moved"), ("d", "")] {
        bench.screen.keys(keys);
        bench.screen.type_text(text);
        bench.screen.keys(if text.is_empty() { "" } else { "Enter" });
        bench.told("5 000 secrets");
        bench.screen.keys(&format!("Enter {keys} Enter"));
        assert!(!bench.screen.take_effects().iter().any(is_job), "neither Enter nor {keys} says yes");
        bench.screen.keys("y");
        bench.work(Some(2_600));
        bench.told("Ended; nothing was changed.");
        assert_eq!(bench.listed(), before, "{keys}");
        bench.told("5 000 marked");
    }
    bench.screen.keys("m");
    bench.screen.type_text("moved");
    bench.screen.keys("Enter y");
    bench.work(None);
    bench.told("Moved 5 000 secrets. u undoes it.");
    let after = bench.listed();
    assert!(after.values().all(|(address, ..)| address.starts_with("moved/")), "all are moved");
    bench.screen.keys("u");
    bench.work(None);
    assert_eq!(bench.listed(), before);
    bench.screen.keys("u");
    assert!(!bench.screen.take_effects().iter().any(is_job), "there is one undo");
    assert!(matches!(bench.vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

fn is_job(effect: &Effect) -> bool {
    matches!(effect, Effect::Vault(Request::Job(_)))
}

#[test]
fn rotated_values_are_never_shown_and_one_undo_brings_the_old_ones_back() {
    let mut bench = Bench::new((0..30).map(|at| format!("prod/KEY_{at:02}")));
    let before = bench.values();
    bench.screen.keys("v j j j j v r");
    bench.told("Rotate 5 secrets");
    bench.screen.keys("S-Tab");
    bench.screen.type_text("Suspected leak");
    bench.screen.keys("Enter");
    bench.told("5 secrets get a new generated value: 32 characters, letters and");
    bench.screen.keys("y");
    bench.work(None);
    bench.told("Rotated 5 secrets. u undoes it.");
    let after = bench.values();
    let changed: Vec<&String> = after.iter().filter(|(name, value)| before[*name] != **value).map(|(_, v)| v).collect();
    assert_eq!(changed.len(), 5);
    let shown = bench.screen.text();
    assert!(changed.iter().all(|value| !shown.contains(value.as_str())));
    let first = bench.vault.find(&Address::parse("prod/KEY_00", &ScopePath::root()).unwrap()).unwrap();
    assert_eq!(bench.vault.history(first.id).unwrap()[0].reason, "Suspected leak");
    bench.screen.keys("u");
    bench.work(None);
    bench.told("as new versions");
    assert_eq!(bench.values(), before);
}

#[test]
fn what_cannot_be_moved_is_named_and_left() {
    let names = ["a/KEY", "b/key", "c/OTHER", "there/OTHER"];
    let mut bench = Bench::new(names.map(str::to_owned));
    bench.screen.keys("C-a G Space m");
    bench.screen.type_text("there");
    bench.screen.keys("Tab Right Enter");
    for told in [
        "! b/key stays: another of these takes the name",
        "! c/OTHER stays: the name is taken in there",
        "2 cannot be done and stay as they are.",
        "a/KEY  -> there/KEY",
    ] {
        bench.told(told);
    }
    bench.screen.keys("y");
    bench.work(None);
    let listed: Vec<String> = bench.listed().into_values().map(|(address, ..)| address).collect();
    assert!(listed.contains(&"there/KEY".to_owned()) && listed.contains(&"b/key".to_owned()), "{listed:?}");
}

#[test]
fn deleted_ones_come_back_by_one_key() {
    let mut bench = Bench::new((0..12).map(|at| format!("{}/KEY_{at:02}", if at < 10 { "prod" } else { "test" })));
    let before = bench.listed();
    bench.screen.keys("/");
    bench.screen.type_text("scope:prod");
    bench.screen.keys("Enter C-a Esc");
    assert!(!bench.screen.text().contains("marked"), "Esc takes the marks first");
    bench.screen.keys("C-a d y");
    bench.work(None);
    bench.told("Deleted 10 secrets. u brings them back.");
    assert_eq!(bench.listed().len(), 2);
    bench.screen.keys("u");
    bench.work(None);
    bench.told("10 secrets are back with all their versions.");
    assert_eq!(bench.listed(), before);
}

#[test]
fn an_end_that_comes_too_late_is_told_as_such() {
    let mut bench = Bench::new((0..3).map(|at| format!("prod/KEY_{at}")));
    bench.screen.keys("C-a d y");
    let job = bench.screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Vault(Request::Job(job)) => Some(job),
        _ => None,
    });
    let job = job.unwrap();
    bench.screen.event(Event::Vault(Answer::Progress { done: 3, total: 3 }));
    bench.told("writing all of them as one…");
    bench.screen.keys("Esc");
    assert!(bench.screen.take_effects().is_empty(), "it cannot be ended any more, and does not say so");
    assert!(!bench.screen.text().contains("end it"));
    // Pressed before that was known.
    job.stop.set();
    let done = bench.vault.bulk(&job.steps, "", |_, _| ControlFlow::Continue(())).unwrap();
    bench.screen.event(Event::Vault(Answer::Job { job, result: Box::new(Ok(done)) }));
    bench.told("Too late to end it. Deleted 3 secrets. u brings them back.");
    bench.screen.keys("u");
    bench.work(None);
    assert_eq!(bench.listed().len(), 3);
}

#[test]
fn after_the_last_step_it_can_be_ended_once_more() {
    let mut bench = Bench::new((0..3).map(|at| format!("prod/KEY_{at}")));
    let before = bench.listed();
    bench.screen.keys("C-a d y");
    bench.work(Some(3));
    bench.told("Ended; nothing was changed.");
    assert_eq!(bench.listed(), before);
}

#[test]
fn another_session_in_between_is_told_by_name() {
    let mut bench = Bench::new((0..4).map(|at| format!("prod/KEY_{at}")));
    bench.screen.keys("C-a r Enter");
    bench.screen.keys("S-Tab S-Tab");
    bench.screen.type_text("Suspected leak");
    bench.screen.keys("Enter");
    let meddled = Address::parse("prod/KEY_2", &ScopePath::root()).unwrap();
    bench
        .vault
        .set(&meddled, Some(Fields::value(SecretText::copied_from(b"x"))), MetadataChange::default(), "", Expected::Any)
        .unwrap();
    let before = bench.listed();
    bench.screen.keys("y");
    bench.work(None);
    bench.told("! prod/KEY_2 got version 2 meanwhile. Nothing was changed;");
    bench.told("prod/KEY_2  v2 -> v3");
    assert_eq!(bench.listed(), before);
    bench.screen.keys("y");
    bench.work(None);
    bench.told("Rotated 4 secrets.");
    let first = bench.vault.find(&Address::parse("prod/KEY_0", &ScopePath::root()).unwrap()).unwrap();
    assert_eq!(bench.vault.history(first.id).unwrap()[0].reason, "Suspected leak", "what was typed stays");
}

#[test]
fn everything_of_the_session_is_taken_back_one_thing_after_the_other() {
    let mut bench = Bench::new((0..8).map(|number| format!("app/KEY_{number}")));
    let (before, values) = (bench.listed(), bench.values());
    let deeds: &[&[&str]] = &[
        &["Space", "Space", "r", "Enter", "y"],
        &["d"],
        &["g", "Space", "r", "Enter", "y"],
        &["g", "t", "+", "d", "b", "Enter", "y"],
        &["g", "Space", "Space", "r", "Enter", "y"],
        &["g", "m", "C-u", "x", "Enter", "y"],
        &["g", "Space", "v", "j", "d", "y"],
        &["g", "d"],
    ];
    for keys in deeds {
        bench.screen.wait(std::time::Duration::from_secs(1));
        for key in *keys {
            bench.screen.keys(key);
        }
        bench.work(None);
    }
    assert_eq!(bench.listed().len(), 3, "{}", bench.screen.text());
    for _ in deeds {
        bench.screen.keys("u");
        bench.work(None);
    }
    let after = bench.listed();
    assert_eq!(bench.values(), values);
    let bare = |listed: &Listed| -> Vec<_> {
        listed.iter().map(|(id, one)| (*id, one.0.clone(), one.2.tags.clone())).collect()
    };
    assert_eq!(bare(&after), bare(&before));
    bench.screen.keys("u");
    bench.told("There is nothing to undo.");
}

#[test]
fn one_obstacle_does_not_keep_the_others_from_being_undone() {
    let at = |number: usize| Address::parse(&format!("app/KEY_{number:02}"), &ScopePath::root()).unwrap();
    let mut bench = Bench::new((0..40).map(|number| at(number).to_string()));
    let before = bench.listed();
    bench.screen.keys("C-a t + d b Enter y");
    bench.work(None);
    bench.vault.delete(&at(7), "").unwrap();
    bench.screen.keys("u");
    bench.work(None);
    bench.told("app/KEY_07 was deleted meanwhile. Nothing was undone. u again undoes the");
    bench.screen.elapse(std::time::Duration::from_secs(1));
    bench.screen.keys("u");
    bench.work(None);
    bench.told("Undone: tags of 39 secrets; 1 stays as it is.");
    let left: Listed =
        before.iter().filter(|(_, one)| one.0 != "app/KEY_07").map(|(id, one)| (*id, one.clone())).collect();
    assert_eq!(bench.listed(), left);
    // A name that is taken, and a secret that is destroyed, of three.
    bench.screen.wait(std::time::Duration::from_secs(1));
    bench.screen.keys("g Space Space Space d y");
    bench.work(None);
    let again = (Some(Fields::value(SecretText::copied_from(b"x"))), MetadataChange::default());
    bench.vault.set(&at(0), again.0, again.1, "", Expected::Absent).unwrap();
    let doomed = bench.vault.deleted_of(&at(1)).unwrap()[0].id;
    bench.vault.purge(&at(1), Doomed::Deleted(doomed), "").unwrap();
    bench.screen.keys("u");
    bench.work(None);
    bench.told("1 more cannot be undone either.");
    bench.screen.elapse(std::time::Duration::from_secs(1));
    bench.screen.keys("u");
    bench.work(None);
    bench.told("app/KEY_02 is back with all its versions; 2 stay as they are.");
    assert!(matches!(bench.vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

#[test]
fn a_held_key_deletes_one_secret() {
    let mut bench = Bench::new((0..8).map(|number| format!("app/KEY_{number}")));
    bench.screen.keys("d");
    bench.work(None);
    for _ in 0..30 {
        bench.screen.wait(std::time::Duration::from_millis(40));
        bench.screen.keys("d");
        assert!(!bench.screen.take_effects().iter().any(is_job));
    }
    bench.screen.wait(std::time::Duration::from_millis(400));
    bench.screen.keys("d");
    bench.work(None);
    assert_eq!(bench.listed().len(), 6, "another press is another one");
}
