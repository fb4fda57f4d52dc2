//! D3: every write, sync and opening of every command fails once, and from then on. What the
//! program says is held against what is in the file afterwards.

use std::process::Output;

use super::operations::{Operation, State};
use super::traced::{Fault, Point, points, with_fault};

/// What the answer says became of the change.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Saved,
    NotSaved,
    Unknown,
}

/// Success is saved; a failure is not saved unless its words say otherwise.
pub(crate) fn said(answer: &Output) -> Said {
    let words = String::from_utf8_lossy(&answer.stderr);
    match answer.status.code() {
        Some(0) => Said::Saved,
        Some(_) if words.contains("whether it was saved is unknown") => Said::Unknown,
        // Done, and the log still holds what was destroyed.
        Some(_) if words.contains("the vault's log could not be cut") => Said::Saved,
        Some(_) => Said::NotSaved,
        None => panic!("it was killed: {words}"),
    }
}

/// The faults for a call on one of the vault's files, or on anything where `openat` fails.
pub(crate) fn faults(point: &Point) -> Vec<Fault> {
    let both = |error| [Fault::Error(error), Fault::ErrorsFrom(error)];
    match point.call.as_str() {
        // What SQLite shares in memory is not kept; there is another way without it.
        "pwrite64" | "ftruncate" if point.arguments.contains("-shm") => vec![Fault::Error("ENOSPC")],
        "fsync" | "fdatasync" => [&both("EIO")[..], &[Fault::Error("EINTR")]].concat(),
        "pwrite64" | "ftruncate" => {
            [&both("ENOSPC")[..], &both("EIO"), &[Fault::Error("EDQUOT"), Fault::Error("EINTR")]].concat()
        }
        "openat" => vec![Fault::Error("EMFILE"), Fault::Error("EINTR")],
        _ => vec![Fault::Error("EIO")],
    }
}

pub(crate) const FAILING: &[&str] = &["pwrite64", "fsync", "fdatasync", "ftruncate", "openat", "unlink", "unlinkat"];

/// Has each call of the command fail; gives how often that was done.
fn refused_everywhere(name: &str) -> usize {
    let operation = Operation::named(name);
    let (points, answer) = points(&operation.vault, FAILING, &operation.arguments, operation.input);
    assert!(answer.status.success());
    let home = operation.vault.home().to_str().unwrap().to_owned();
    let ours = points.iter().filter(|point| point.arguments.contains(&home));
    let (mut trials, mut seen) = (0, Vec::new());
    for (point, fault) in ours.flat_map(|point| faults(point).into_iter().map(move |fault| (point, fault))) {
        operation.reset();
        let answer = with_fault(&operation.vault, point, fault, &operation.arguments, operation.input);
        let place = format!("{name}, {fault:?} at {point:?}: {}", String::from_utf8_lossy(&answer.stderr));
        let (said, state) = (said(&answer), operation.state(&place));
        match (&said, state) {
            (Said::Saved, State::After) | (Said::NotSaved, State::Before) | (Said::Unknown, _) => {}
            (_, State::Same) => {
                // What cannot be put on record is not given out.
                assert_eq!(answer.stdout.is_empty(), said != Said::Saved, "{place}");
            }
            _ => panic!("it said {said:?}, and the file says {state:?}: {place}"),
        }
        let tells = !answer.stderr.is_empty();
        assert!(tells || said == Said::Saved, "it failed without a word: {place}");
        seen.push(format!("{said:?} {state:?}"));
        trials += 1;
    }
    seen.sort();
    let counts: Vec<(String, usize)> =
        seen.chunk_by(|one, next| one == next).map(|same| (same[0].clone(), same.len())).collect();
    println!("{name}: {trials} failing calls, {counts:?}");
    trials
}

fn all(of: impl Fn(&str) -> bool) -> usize {
    Operation::names().filter(|name| of(name)).map(refused_everywhere).sum()
}

#[test]
fn d3_what_is_said_of_a_failing_disk_is_true_for_every_command_on_secrets() {
    let total = all(|name| !name.starts_with("migrate") && !name.starts_with("key"));
    println!("D3: {total} failing calls");
    assert!(total > 1_000, "only {total}");
}

#[test]
fn d3_what_is_said_of_a_failing_disk_is_true_for_every_command_on_keys_and_formats() {
    let total = all(|name| name.starts_with("migrate") || name.starts_with("key"));
    println!("D3: {total} failing calls");
    assert!(total > 500, "only {total}");
}
