//! Ctrl-C while a step runs: the way back is gone first; twice means now.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::rotating::{APPLY, FarSide, VERIFY};

fn started(far: &FarSide, line: &[&str]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    child.env_clear().envs(far.room.variables()).args(line);
    child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until the far side has said so much.
fn until(far: &FarSide, lines: usize) {
    let path = far.room.path("far.steps");
    let since = Instant::now();
    while std::fs::read_to_string(&path).unwrap_or_default().lines().count() < lines {
        assert!(since.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

const NOTED: &str = "echo x >> \"$1.steps\"; ";

#[test]
fn one_interrupt_ends_the_step_goes_back_and_is_told_by_the_exit_code() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let far = FarSide::with(
            &format!("v=$(cat); [ \"$v\" = old ] || {{ {NOTED} sleep 60; }}; printf %s \"$v\" > \"$1\""),
            VERIFY,
            "",
        );
        let child = started(&far, &["rotate", "prod/DB", "new"]);
        until(&far, 1);
        signal(&child, name);
        let (ended, said) = ended(child);
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains("apply of the pending value was cancelled"), "{said}");
        assert!(said.contains("version 1 stays current") && said.contains("rotate again when you like"), "{said}");
        assert!(!said.contains("Mend the cause"), "{said}");
        far.is_settled_at("old", 1);
    }
}

/// Before anything was told there is nothing to go back to.
#[test]
fn an_interrupt_before_anything_was_told_leaves_it_staged() {
    let far = FarSide::with(APPLY, &format!("{NOTED} sleep 60; {VERIFY}"), "");
    let child = started(&far, &["rotate", "prod/DB", "new"]);
    until(&far, 1);
    signal(&child, "INT");
    let (ended, said) = ended(child);
    assert_eq!(ended, Some(130), "{said}");
    assert!(said.contains("The far side was told nothing. The pending version of prod/DB stays staged"), "{said}");
    assert!(!said.contains("does not take"), "nobody knows that: {said}");
    assert_eq!(far.holds(), "old");
    assert_eq!(far.room.json(&["get", "prod/DB"])["pending"]["state"], "staged");
}

#[test]
fn a_second_interrupt_leaves_at_once_and_says_how_to_go_on() {
    // Tried before, applied, and tried on the way back.
    let verify = format!("{NOTED} [ $(wc -l < \"$1.steps\") -lt 3 ] || sleep 60; {VERIFY}");
    let far = FarSide::with(&format!("{APPLY}; {NOTED} sleep 60"), &verify, "");
    let child = started(&far, &["rotate", "prod/DB", "new"]);
    until(&far, 2);
    signal(&child, "INT");
    // The way back begins: by putting the old value back, which takes as long.
    until(&far, 3);
    signal(&child, "INT");
    let since = Instant::now();
    let (ended, said) = ended(child);
    assert!(since.elapsed() < Duration::from_secs(3), "at once");
    assert_eq!(ended, Some(130), "{said}");
    assert!(
        said.ends_with("strongroom: Going back was cut off. strongroom rotate prod/DB --resume goes on with it.\n"),
        "{said}"
    );
    far.recipe(APPLY, VERIFY, "");
    far.room.good(&["rotate", "prod/DB", "--resume"]);
    assert_eq!(far.holds(), far.room.reveal("prod/DB"));
}
