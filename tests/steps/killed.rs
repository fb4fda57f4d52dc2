//! Nothing outlives us: whichever of our processes is killed, the program ends.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use strongroom::rotation::step::{Cancel, How};
use strongroom::vault::rotation::StepKind;

use super::place::{Place, is_alive, number, run, shell, until};

/// A script that cannot be ended kindly, with a child of the same kind; both say who they are.
fn stubborn(place: &Place) -> (String, [PathBuf; 2]) {
    let paths = [place.path("first"), place.path("second")];
    let script = format!(
        "trap '' TERM HUP INT; sh -c 'echo $$ >{}; sleep 60; sleep 60' & echo $$ >{}; sleep 60; sleep 60",
        paths[1].display(),
        paths[0].display(),
    );
    (script, paths)
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
}

fn parent_of(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ").next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The one that is killed by the next test: a session that runs a step.
#[test]
#[ignore = "started by the test that kills it"]
fn a_session_that_runs_a_step() {
    let place = Place::new();
    let (script, paths) = stubborn(&place);
    let prepared = place.prepared(StepKind::Apply, &shell(&script, "stdin = \"{{value}}\"\ntimeout = \"1h\"")).unwrap();
    println!("paths {} {}", paths[0].display(), paths[1].display());
    let _ = run(prepared, &Cancel::new());
}

#[test]
fn a_program_ends_within_a_second_when_we_are_killed() {
    let mut session = Command::new(std::env::current_exe().unwrap())
        .env("STRONGROOM_MASTER_KEY", "the-key-of-the-vault")
        .args(["--exact", "killed::a_session_that_runs_a_step", "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(session.stdout.take().unwrap()).lines();
    let paths =
        lines.map_while(Result::ok).find_map(|line| line.split_once("paths ").map(|(_, paths)| paths.to_owned()));
    let paths = paths.unwrap();
    let pids: Vec<u32> = paths.split(' ').map(|path| number(path.as_ref())).collect();
    let supervisor = parent_of(pids[0]);
    assert_eq!(parent_of(supervisor), session.id());
    for pid in [pids[0], pids[1], supervisor] {
        let environment = String::from_utf8(std::fs::read(format!("/proc/{pid}/environ")).unwrap()).unwrap();
        assert!(environment.contains("PATH=") && !environment.contains("STRONGROOM"), "{pid} has our key");
    }
    session.kill().unwrap();
    let killed = Instant::now();
    session.wait().unwrap();
    until("the end of all", || [pids[0], pids[1], supervisor].into_iter().all(|pid| !is_alive(pid)).then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
    // The folder of the session that was killed.
    let folder = std::path::Path::new(paths.split(' ').next().unwrap()).parent().unwrap().to_owned();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_program_ends_when_its_supervisor_is_killed_and_the_step_is_known_as_lost() {
    let place = Place::new();
    let (script, paths) = stubborn(&place);
    let prepared = place.prepared(StepKind::Apply, &shell(&script, "stdin = \"{{value}}\"\ntimeout = \"1h\"")).unwrap();
    let running = std::thread::spawn(move || run(prepared, &Cancel::new()));
    let pids = paths.map(|path| number(&path));
    kill(parent_of(pids[0]));
    let killed = Instant::now();
    assert_eq!(running.join().unwrap().how, How::Lost);
    until("the end of both", || pids.into_iter().all(|pid| !is_alive(pid)).then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
}

#[test]
fn a_supervisor_that_is_stopped_does_not_hold_a_cancelled_step() {
    let place = Place::new();
    let (script, paths) = stubborn(&place);
    let prepared = place.prepared(StepKind::Apply, &shell(&script, "stdin = \"{{value}}\"\ntimeout = \"1h\"")).unwrap();
    let cancel = Cancel::new();
    let outside = cancel.clone();
    let running = std::thread::spawn(move || run(prepared, &cancel));
    let pids = paths.map(|path| number(&path));
    let supervisor = Pid::from_raw(i32::try_from(parent_of(pids[0])).unwrap()).unwrap();
    kill_process(supervisor, Signal::STOP).unwrap();
    outside.cancel();
    assert_eq!(running.join().unwrap().how, How::Cancelled);
    until("the end of both", || pids.into_iter().all(|pid| !is_alive(pid)).then_some(()));
}

#[test]
fn a_hidden_argument_without_its_order_does_nothing() {
    for words in
        [vec!["--supervise-a-step"], vec!["--start-a-step"], vec!["--start-a-step", "1", "63", "true", "/bin/true"]]
    {
        let mut command = Command::new(crate::support::pty::STRONGROOM);
        let output = command.args(&words).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{words:?}");
    }
}
