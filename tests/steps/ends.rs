//! Each way in which a step ends.

use std::time::{Duration, Instant};

use strongroom::error::Kind;
use strongroom::rotation::step::{Cancel, How};
use strongroom::vault::rotation::StepKind;

use super::place::{Place, is_alive, number, run, shell};

#[test]
fn codes_and_signals_are_told_as_they_are() {
    let place = Place::new();
    for (script, how) in [
        ("exit 0", How::Exited(0)),
        ("exit 3", How::Exited(3)),
        ("exit 255", How::Exited(255)),
        ("kill -9 $$", How::Signalled(9)),
        ("kill -TERM $$", How::Signalled(15)),
        ("kill -SEGV $$", How::Signalled(11)),
        ("nothing-of-this-name", How::Exited(127)),
    ] {
        let end = place.script(script);
        assert_eq!(end.how, how, "{script}: {}", end.shown);
    }
    assert!(How::Exited(0).is_success() && !How::Exited(1).is_success());
    assert_eq!(How::Signalled(9).to_string(), "was killed by SIGKILL");
}

#[test]
fn a_program_that_is_not_there_is_told_before_anything_is_opened() {
    let place = Place::new();
    let lines = "run = [\"/nowhere/program\"]\nstdin = \"{{value}}{{secrets.ADMIN}}\"";
    let error = place.prepared(StepKind::Apply, lines).err().unwrap();
    assert_eq!((error.kind(), error.exit_code()), (Kind::NotFound, 127));
    let audit = String::from_utf8(place.vault.run(&["audit", "--json"], b"").stdout).unwrap();
    assert!(!audit.contains("\"run\""), "{audit}");
}

#[test]
fn one_that_the_system_cannot_start_is_told_by_its_words() {
    let place = Place::new();
    let path = place.path("odd");
    std::fs::write(&path, "#!/nowhere/interpreter\n").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let end = place.apply(&format!("run = [\"{}\"]\nstdin = \"{{{{value}}}}\"", path.display()));
    assert_eq!(end.how, How::Exited(127));
    assert!(end.shown.contains("interpreter"), "{}", end.shown);
}

#[test]
fn one_without_a_first_line_is_read_by_a_shell() {
    let place = Place::new();
    let path = place.path("plain");
    std::fs::write(&path, "exit 6\n").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(place.apply(&format!("run = [\"{}\"]\nstdin = \"{{{{value}}}}\"", path.display())).how, How::Exited(6));
}

#[test]
fn one_that_hangs_is_ended_with_all_of_its_group() {
    let place = Place::new();
    let (first, second) = (place.path("first"), place.path("second"));
    // Both ignore the signal that may be ignored.
    let script = format!(
        "trap '' TERM HUP INT; sh -c 'echo $$ >{}; sleep 60; sleep 60' & echo $$ >{}; echo begun; sleep 60; sleep 60",
        second.display(),
        first.display()
    );
    let end = place.apply(&shell(&script, "stdin = \"{{value}}\"\ntimeout = \"1s\""));
    assert_eq!(end.how, How::TimedOut);
    assert_eq!(end.shown, "begun");
    assert!(end.took >= Duration::from_secs(1) && end.took < Duration::from_secs(8), "{:?}", end.took);
    for pid in [number(&first), number(&second)] {
        assert!(!is_alive(pid), "{pid} lives on");
    }
}

#[test]
fn one_that_may_tidy_up_is_given_the_time() {
    let place = Place::new();
    let trace = place.path("trace");
    let script = format!("trap 'echo tidied >{}; exit 9' TERM; sleep 60 & wait", trace.display());
    let end = place.apply(&shell(&script, "stdin = \"{{value}}\"\ntimeout = \"1s\""));
    assert_eq!(end.how, How::TimedOut, "what it ends with then says nothing");
    assert_eq!(std::fs::read_to_string(trace).unwrap(), "tidied\n");
}

#[test]
fn one_that_stops_itself_is_ended_too() {
    let place = Place::new();
    let end = place.apply(&shell("kill -STOP $$", "stdin = \"{{value}}\"\ntimeout = \"1s\""));
    assert_eq!(end.how, How::TimedOut);
}

#[test]
fn one_that_writes_without_end_is_ended() {
    let place = Place::new();
    for script in ["yes", "yes >&2", "cat /dev/zero", "yes & sleep 60"] {
        let start = Instant::now();
        let end = place.script(script);
        assert_eq!(end.how, How::WroteTooMuch, "{script}");
        assert!(end.shown.len() <= 4096 && start.elapsed() < Duration::from_secs(15), "{script}");
    }
    // A little less is taken; a little more is too much even if the program has ended by itself.
    assert_eq!(place.script("head -c 1048576 /dev/zero").how, How::Exited(0));
    assert_eq!(place.script("head -c 1048577 /dev/zero").how, How::WroteTooMuch);
}

#[test]
fn one_that_leaves_a_child_with_its_output_is_not_waited_for() {
    let place = Place::new();
    let pid = place.path("pid");
    let end = place.script(&format!("sleep 60 & echo $! >{}; echo done; exit 4", pid.display()));
    assert_eq!((end.how, end.shown.as_str()), (How::Exited(4), "done"));
    assert!(end.took < Duration::from_secs(10), "{:?}", end.took);
    // A service that was started is left alone.
    let left = number(&pid);
    assert!(is_alive(left));
    let left = rustix::process::Pid::from_raw(i32::try_from(left).unwrap()).unwrap();
    rustix::process::kill_process(left, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_chattering_child_is_not_waited_for_either() {
    let place = Place::new();
    let end = place.script("(for n in $(seq 40); do echo noise; sleep 0.05; done) & exit 0");
    assert_eq!(end.how, How::Exited(0));
    assert!(end.took < Duration::from_secs(10), "{:?}", end.took);
}

#[test]
fn one_is_cancelled_while_it_runs_and_before_it_begins() {
    let place = Place::new();
    let pid = place.path("pid");
    let script = format!("trap '' TERM; echo $$ >{}; sleep 60; sleep 60", pid.display());
    let prepared = place.prepared(StepKind::Apply, &shell(&script, "stdin = \"{{value}}\"\ntimeout = \"1h\"")).unwrap();
    let cancel = Cancel::new();
    let from_outside = cancel.clone();
    let running = std::thread::spawn(move || run(prepared, &cancel));
    let program = number(&pid);
    from_outside.cancel();
    let end = running.join().unwrap();
    assert_eq!(end.how, How::Cancelled);
    assert!(!is_alive(program));

    std::fs::remove_file(&pid).unwrap();
    let prepared = place.prepared(StepKind::Apply, &shell(&script, "stdin = \"{{value}}\"")).unwrap();
    assert_eq!(run(prepared, &from_outside).how, How::Cancelled);
    assert!(!pid.exists(), "it was begun");
}

#[test]
fn what_make_printed_is_whole_or_it_is_none() {
    let place = Place::new();
    let make = |script: &str| {
        let prepared = place.prepared(StepKind::Make, &shell(script, "stdin = \"{{login}}\"")).unwrap();
        run(prepared, &Cancel::new())
    };
    let end = make("cat; echo made-by-it; echo said >&2");
    assert_eq!(end.printed.expose_str().unwrap(), "0ld-Value of itmade-by-it\n");
    assert_eq!((end.how, end.shown.as_str()), (How::Exited(0), "said"));
    assert_eq!(make("head -c 1048576 /dev/zero").printed.len(), 1024 * 1024);
    assert_eq!(make("head -c 1048577 /dev/zero").how, How::WroteTooMuch);
    assert_eq!(make("yes >&2").how, How::WroteTooMuch);
    // What it printed is never shown, even where it says it itself.
    let end = make("echo hunter2-made; echo 'it is hunter2-made' >&2; exit 1");
    assert_eq!((end.how, end.shown.as_str()), (How::Exited(1), "it is ****...****"));
    let prepared = place.prepared(
        StepKind::Make,
        &shell(
            "echo '{\"token\": \"hunter2-made\", \"id\": \"i-17-made\"}'; echo 'hunter2-made i-17-made' >&2",
            "json = \"/token\"\nfields = { id = \"/id\" }",
        ),
    );
    let end = run(prepared.unwrap(), &Cancel::new());
    assert_eq!((end.how, end.shown.as_str()), (How::Exited(0), "****...**** ****...****"));
}
