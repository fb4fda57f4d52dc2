//! What was deleted, told and brought back by the thread while another session writes.

use crate::tui::job::{Deed, Job};
use crate::vault::bulk::{Act, Done, Seen, Step};

use super::*;

fn at(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

/// The next answer that tells how many deleted secrets there are.
fn counted(bench: &Bench) -> u64 {
    loop {
        if let Answer::DeletedCount(count) = bench.any() {
            return count;
        }
    }
}

/// Every deleted secret.
fn deleted(bench: &Bench) -> Vec<Secret> {
    bench.ask(Request::Deleted);
    loop {
        if let Answer::Deleted(secrets) = bench.next() {
            return secrets;
        }
    }
}

/// Has a secret brought back; gives what came of it, and how many are left by the last count.
fn restore(bench: &Bench, secret: &Secret) -> (Result<Option<Done>>, Option<u64>) {
    let (address, seen) = (secret.address.clone(), Seen::Version(secret.version));
    let steps = vec![Step { id: secret.id, address, seen, act: Act::Restore }];
    bench.ask(Request::Job(Box::new(Job::new(Deed::Restore, steps, String::new()))));
    let mut left = None;
    loop {
        match bench.any() {
            Answer::DeletedCount(count) => left = Some(count),
            Answer::Job { result, .. } => return (*result, left),
            _ => {}
        }
    }
}

fn other_session(bench: &Bench, key: &RawKey) -> Vault {
    let path = bench.folder.path().join("store/vault.db");
    let locked = LockedVault::open(&path).unwrap();
    let ana = Actor { user: "ana".into(), host: "bastion".into(), ..Actor::default() };
    let opened = locked.unlock(&UnlockKey::Environment(key.duplicate()), ana);
    opened.unwrap_or_else(|refused| panic!("{}", refused.1))
}

#[test]
fn what_another_session_deletes_is_counted_named_and_comes_back() {
    let (bench, key) = Bench::unlocked();
    assert_eq!(counted(&bench), 0, "told at once where the list is empty");
    bench.create("prod/KEY", "one");
    let mut other = other_session(&bench, &key);
    other.delete(&at("prod/KEY"), "").unwrap();
    assert_eq!(counted(&bench), 1);
    let found = deleted(&bench);
    assert_eq!((found.len(), &found[0].address), (1, &at("prod/KEY")));
    bench.ask(Request::DeletedBy(vec![found[0].id, SecretId([7; 16])]));
    let Answer::DeletedBy(by) = bench.next() else { panic!("not told") };
    assert_eq!(by, [(found[0].id, "ana@bastion".to_owned())]);
    let (done, left) = restore(&bench, &found[0]);
    let done = done.unwrap().unwrap();
    assert_eq!((done.changed, &done.undo[0].act, left), (1, &Act::Delete, Some(0)));
    assert_eq!(other.find(&at("prod/KEY")).unwrap().id, found[0].id);
}

#[test]
fn what_was_brought_back_meanwhile_is_not_destroyed_and_a_taken_name_is_refused() {
    let (bench, key) = Bench::unlocked();
    let id = bench.create("KEY", "one");
    let mut other = other_session(&bench, &key);
    other.delete(&at("KEY"), "").unwrap();
    let found = deleted(&bench);
    other.restore(&at("KEY"), None, "").unwrap();
    let failed = || loop {
        match bench.next() {
            Answer::Failed(error) => return error,
            Answer::Changed(_) => {}
            _ => panic!("not refused"),
        }
    };
    bench.ask(Request::Purge { address: at("KEY"), id, deleted: true });
    let error = failed();
    assert_eq!((error.kind(), error.message()), (Kind::Conflict, "KEY was restored meanwhile, and is in use again."));
    assert_eq!(restore(&bench, &found[0]).0.unwrap_err().kind(), Kind::Conflict, "it is alive");
    other.delete(&at("KEY"), "").unwrap();
    let fields = Fields::value(SecretText::copied_from(b"new"));
    other.set(&at("KEY"), Some(fields), MetadataChange::default(), "", Expected::Absent).unwrap();
    let error = restore(&bench, &found[0]).0.unwrap_err();
    assert!(error.message().starts_with("KEY exists again"), "{error}");
    bench.ask(Request::Purge { address: at("KEY"), id, deleted: true });
    loop {
        match bench.next() {
            Answer::Purged(address, gone) => break assert_eq!((address, gone), (at("KEY"), id)),
            Answer::Changed(_) => {}
            _ => panic!("not destroyed"),
        }
    }
    assert!(other.find(&at("KEY")).is_ok_and(|alive| alive.id != id));
    assert!(deleted(&bench).is_empty());
}

#[test]
fn of_an_undo_that_is_refused_the_thread_finds_the_rest() {
    let (bench, key) = Bench::unlocked();
    let ids = ["A", "B", "C"].map(|name| bench.create(name, "one"));
    let mut other = other_session(&bench, &key);
    other.delete(&at("B"), "").unwrap();
    let step =
        |(id, name): (&SecretId, &str)| Step { id: *id, address: at(name), seen: Seen::Version(1), act: Act::Delete };
    let steps: Vec<Step> = ids.iter().zip(["A", "B", "C"]).map(step).collect();
    let answered = |undoes: bool| {
        bench.ask(Request::Job(Box::new(Job { undoes, ..Job::new(Deed::Add, steps.clone(), String::new()) })));
        loop {
            if let Answer::Job { job, result } = bench.next() {
                assert_eq!(result.unwrap_err().kind(), Kind::Conflict);
                return job.rest;
            }
        }
    };
    assert_eq!(answered(false), None, "a plan is made anew instead");
    let rest = answered(true).unwrap();
    assert_eq!((&*rest.steps, rest.may_yet), (&[steps[0].clone(), steps[2].clone()][..], false));
}
