//! D6: many writers at once, readers beside them, and another master key in the middle of it.

use std::io::Write;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::operations::seen;
use super::support::vault::TestVault;
use super::trials;

const WRITERS: u64 = 8;

/// One command, which may be refused.
fn ask(vault: &TestVault, arguments: &[&str], input: &str) -> Output {
    let mut command = vault.command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Asks until it is done. Only a key that was replaced in this very moment, or another writer,
/// is a reason to ask again.
fn insist(vault: &TestVault, arguments: &[&str], input: &str, refused: &AtomicU64) -> Output {
    loop {
        let answer = ask(vault, arguments, input);
        match answer.status.code() {
            Some(0) => return answer,
            Some(5 | 8) => refused.fetch_add(1, Ordering::Relaxed),
            _ => panic!("{arguments:?}: {}", String::from_utf8_lossy(&answer.stderr)),
        };
    }
}

#[test]
fn d6_eight_writers_two_readers_and_another_master_key_lose_nothing() {
    let commits = trials("STRONGROOM_COMMITS", 200);
    let vault = TestVault::new();
    vault.set("READ", "always the same");
    let (refused, reads, writing) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(true));
    let done = AtomicU64::new(0);
    std::thread::scope(|threads| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (vault, refused, done) = (&vault, &refused, &done);
                threads.spawn(move || {
                    for number in 1..=commits {
                        let name = format!("writer-{writer}/K");
                        insist(vault, &["set", &name, "--stdin"], &format!("{writer} {number}"), refused);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            threads.spawn(|| {
                while writing.load(Ordering::Relaxed) {
                    let answer = insist(&vault, &["reveal", "READ"], "", &refused);
                    assert_eq!(answer.stdout, b"always the same");
                    insist(&vault, &["list", "--recursive", "--json"], "", &refused);
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        threads.spawn(|| {
            while done.load(Ordering::Relaxed) < WRITERS * commits / 2 {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            insist(&vault, &["key", "replace", "--yes"], "", &refused);
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        writing.store(false, Ordering::Relaxed);
    });
    let found = seen(&vault);
    for writer in 0..WRITERS {
        let values: Vec<String> = (1..=commits).map(|number| format!("value={writer} {number}")).collect();
        let line = format!("writer-{writer}/K [] {values:?}");
        assert!(found.contains(&line), "a commit of writer {writer} is lost");
    }
    assert!(found.contains(&"1 keys, replaced 1 times".to_owned()), "{:?}", found.first());
    println!(
        "D6: {} commits of {WRITERS} writers, {} reads, asked again {} times",
        WRITERS * commits,
        reads.into_inner(),
        refused.into_inner()
    );
}
