//! D2, D9: kill -9 before every write, sync, truncation, removal and renaming of every command.

use std::os::unix::process::ExitStatusExt;

use super::operations::{Operation, State, folder};
use super::support::pty::STRONGROOM;
use super::support::vault::TestVault;
use super::traced::{Fault, WRITING, points, with_fault};

/// Kills the command at each of its points; gives how many there were.
fn killed_everywhere(name: &str) -> usize {
    let operation = Operation::named(name);
    let (points, answer) = points(&operation.vault, WRITING, &operation.arguments, operation.input);
    assert!(answer.status.success());
    let mut found = std::collections::HashMap::new();
    for point in &points {
        operation.reset();
        let answer = with_fault(&operation.vault, point, Fault::Kill, &operation.arguments, operation.input);
        assert_eq!(answer.status.signal(), Some(9), "{name}: nothing was killed at {point:?}");
        let state = operation.state(&format!("{name}, {point:?}"));
        if !answer.stdout.is_empty() || !answer.stderr.is_empty() {
            assert_ne!(state, State::Before, "{name}: acknowledged and lost at {point:?}");
        }
        *found.entry(format!("{state:?}")).or_insert(0) += 1;
    }
    println!("{name}: killed at {} points, found {found:?}", points.len());
    if operation.changes() {
        assert_eq!(found.len(), 2, "{name}: the kills saw one state only: {found:?}");
    }
    points.len()
}

#[test]
fn d2_every_command_killed_at_every_point_leaves_the_old_state_or_the_new_one() {
    let total: usize = Operation::names().filter(|name| !name.starts_with("migrate")).map(killed_everywhere).sum();
    println!("D2: {total} points");
    assert!(total > 300, "only {total} points");
}

#[test]
fn d9_a_migration_killed_at_every_point_leaves_the_old_format_or_the_new_one() {
    let total: usize = Operation::names().filter(|name| name.starts_with("migrate")).map(killed_everywhere).sum();
    println!("D9: {total} points");
    assert!(total > 60, "only {total} points");
}

/// A new vault is there whole or not at all, its key before it.
#[test]
fn d2_a_new_vault_killed_at_every_point_is_whole_or_not_there() {
    let place = TestVault::new();
    let key = folder(&place).join("key");
    let arguments: Vec<String> =
        ["init", "--protect", "keyfile", "--key-file", key.to_str().unwrap(), "--no-input"].map(str::to_owned).into();
    let clear = || super::traced::Kept::of(&place.home().join("nothing")).put_back(&folder(&place));
    clear();
    let (points, answer) = points(&place, WRITING, &arguments, "");
    assert!(answer.status.success());
    let mut whole = 0;
    for point in &points {
        clear();
        let answer = with_fault(&place, point, Fault::Kill, &arguments, "");
        assert_eq!(answer.status.signal(), Some(9), "nothing was killed at {point:?}");
        assert!(place.path().exists() || answer.stderr.is_empty(), "acknowledged and lost at {point:?}");
        if place.path().exists() {
            whole += 1;
            let verify = std::process::Command::new(STRONGROOM)
                .args(["verify", "--no-input", "--key-file", key.to_str().unwrap(), "--vault"])
                .arg(place.path())
                .output()
                .unwrap();
            assert!(verify.status.success(), "{point:?}: {}", String::from_utf8_lossy(&verify.stderr));
        }
    }
    println!("init: killed at {} points, {whole} whole vaults", points.len());
    assert!(points.len() > 30 && whole > 0 && whole < points.len(), "{whole} of {}", points.len());
}
