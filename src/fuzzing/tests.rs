//! The kept inputs, run through the functions that a fuzzer calls.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::TARGETS;

/// Most bytes of all kept inputs.
const MOST: u64 = 300 * 1024;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// The files in a folder, or the folders.
fn names(of: &Path) -> BTreeSet<String> {
    let listed = std::fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    listed.map(|child| child.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_target_is_a_program_and_has_kept_inputs() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("seeds")), targets);
    let programs = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&folder("fuzz_targets")), programs);
}

#[test]
fn what_the_fuzzer_kept_still_holds() {
    let mut bytes = 0;
    for (name, target) in TARGETS {
        let seeds = folder("seeds").join(name);
        let kept = names(&seeds);
        assert!(kept.len() >= 3, "{name} has {} kept inputs", kept.len());
        target(&[]);
        for file in kept {
            let input = std::fs::read(seeds.join(&file)).unwrap();
            bytes += input.len() as u64;
            if std::panic::catch_unwind(|| target(&input)).is_err() {
                panic!("{name} fails at fuzz/seeds/{name}/{file}");
            }
        }
    }
    assert!(bytes <= MOST, "the kept inputs take {bytes} bytes");
}
