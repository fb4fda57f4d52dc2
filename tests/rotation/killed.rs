//! Whole rotations against a real PostgreSQL server, through the program: with success, with a
//! verify that fails, and 200 of them killed at random moments.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::postgresql::Server;
use crate::support::vault::TestVault;

const ROLE: &str = "app";
const SECRET: &str = "prod/app/DB";

/// A server with a role, and a vault that knows how to change its password.
struct Bench {
    server: Server,
    vault: TestVault,
}

impl Bench {
    fn new() -> Self {
        let (server, vault) = (Server::start(), TestVault::new());
        server.create_role(ROLE, "0ld-password");
        vault.set(SECRET, "0ld-password");
        let port = format!("port={}", server.port());
        let with = ["--with", "role=app", "--with", "database=postgres", "--with", "host=127.0.0.1", "--with", &port];
        vault.run(&[&["recipe", "set", SECRET, "postgresql"][..], &with].concat(), b"");
        Self { server, vault }
    }

    fn json(&self, line: &[&str]) -> Value {
        serde_json::from_slice(&self.vault.run(&[line, &["--json"]].concat(), b"").stdout).unwrap()
    }

    fn current(&self) -> String {
        String::from_utf8(self.vault.run(&["reveal", SECRET], b"").stdout).unwrap()
    }

    /// Runs a command to its end, or kills it after so long; true when it ended by itself.
    fn killed_after(&self, line: &[&str], after: Duration) -> bool {
        let mut child = self.vault.command();
        let mut child =
            child.args(line).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while since.elapsed() < after {
            if child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        false
    }
}

#[test]
fn a_rotation_reaches_the_server_and_the_history() {
    let bench = Bench::new();
    bench.vault.run(&["rotate", SECRET, "--reason", "quarterly"], b"");
    let current = bench.current();
    assert!(current != "0ld-password" && bench.server.accepts(ROLE, &current));
    assert!(!bench.server.accepts(ROLE, "0ld-password"));
    let newest = &bench.json(&["history", SECRET])[0];
    assert_eq!((&newest["version"], &newest["reason"]), (&2.into(), &"quarterly".into()));
    let ends: Vec<&str> =
        newest["steps"].as_array().unwrap().iter().map(|step| step["end"].as_str().unwrap()).collect();
    assert_eq!(ends, ["exit-0", "exit-0", "exit-0", "exit-2"]);
    assert!(!bench.server.log().contains(&current), "the server's log has the password");
}

/// A check that could never go well is found out before the server is told anything.
#[test]
fn a_verify_that_cannot_work_changes_nothing_at_the_server() {
    let bench = Bench::new();
    let text = String::from_utf8(bench.vault.run(&["recipe", "show", SECRET, "--json"], b"").stdout).unwrap();
    let text: Value = serde_json::from_str(&text).unwrap();
    // A database that is not there: the password is right, and still nothing works.
    let text = text["text"].as_str().unwrap();
    let (before, verify) = text.split_once("[verify]").unwrap();
    let broken = format!("{before}[verify]{}", verify.replace("{{with.database}}", "not-there"));
    let path = bench.vault.home().join("broken.toml");
    std::fs::write(&path, broken).unwrap();
    bench.vault.run(&["recipe", "set", SECRET, "--file", path.to_str().unwrap()], b"");
    let ran = bench.vault.command().args(["rotate", SECRET, "--reason", "quarterly"]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("verify of the current value failed with exit code 2"), "{said}");
    assert!(said.contains("was told nothing") && said.contains("not-there\" does not exist"), "{said}");
    assert!(bench.server.accepts(ROLE, "0ld-password"), "{said}");
    let path = bench.vault.home().join("good.toml");
    std::fs::write(&path, text).unwrap();
    bench.vault.run(&["recipe", "set", SECRET, "--file", path.to_str().unwrap()], b"");
    bench.vault.run(&["rotate", SECRET, "--resume", "--reason", "recipe mended"], b"");
    let current = bench.current();
    assert!(current != "0ld-password" && bench.server.accepts(ROLE, &current));
    let newest = &bench.json(&["history", SECRET])[0];
    assert_eq!(newest["reason"], "quarterly. recipe mended");
    assert_eq!(newest["steps"][0]["end"], "exit-2", "what failed before stands with the version: {newest}");
}

/// Killed anywhere, however often: once somebody goes on, logging in with the current value
/// works, nothing is pending, and no version is lost.
#[test]
fn two_hundred_rotations_with_random_kills_leave_a_current_value_that_works() {
    let bench = Bench::new();
    // One without a kill says how long one takes here and now.
    let since = Instant::now();
    bench.vault.run(&["rotate", SECRET], b"");
    let whole = since.elapsed();
    let mut states = std::collections::BTreeMap::new();
    let (mut finished, mut killed_going_on) = (0, 0);
    // A fixed seed: each run kills at the same parts of a rotation, whatever the machine.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |most: Duration| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        most.mul_f64(f64::from(u32::try_from(random >> 32).unwrap()) / f64::from(u32::MAX))
    };
    for round in 0..200 {
        let done = bench.killed_after(&["rotate", SECRET, "--reason", "killed"], next(whole.mul_f64(1.1)));
        finished += u32::from(done);
        let secret = bench.json(&["get", SECRET]);
        let state = secret["pending"]["state"].as_str().unwrap_or("settled").to_owned();
        *states.entry(state.clone()).or_insert(0) += 1;
        // Each third time whoever goes on is killed as well.
        if state != "settled" && round % 3 == 0 {
            killed_going_on += 1;
            bench.killed_after(&["rotate", SECRET, "--resume"], next(whole));
        }
        if bench.json(&["get", SECRET])["pending"].is_object() {
            bench.vault.run(&["rotate", SECRET, "--resume", "--reason", "gone on"], b"");
        }
        assert!(bench.json(&["get", SECRET])["pending"].is_null(), "round {round}, {state}");
        assert!(bench.server.accepts(ROLE, &bench.current()), "round {round}, killed while {state}");
    }
    let history = bench.json(&["history", SECRET]);
    let versions: Vec<u64> =
        history.as_array().unwrap().iter().map(|version| version["version"].as_u64().unwrap()).collect();
    let whole_history: Vec<u64> = (1..=versions[0]).rev().collect();
    assert_eq!(versions, whole_history);
    bench.vault.run(&["verify"], b"");
    println!(
        "whole {whole:?}; finished {finished}; killed again {killed_going_on}; states {states:?}; {} versions",
        versions[0]
    );
    assert!(states.len() >= 4, "the kills came at few places: {states:?}");
}
