//! t13 and t14: where no clipboard can be reached, where one does not answer, and
//! where the one that is there is somebody else's.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::place::display::Display;
use super::place::sway::Sway;
use super::place::{configure, copied, program, stays, with_key};
use super::support::pty::STRONGROOM;
use super::walk::{A_WHILE, ADDRESS, TEN_SECONDS, VALUE, at_display, copy_at_display, here, unlocked};

/// In a session of its own there is no terminal, whoever runs the tests.
#[test]
fn t13_copy_without_a_display_and_a_terminal_says_so_and_fails() {
    let vault = with_key();
    for via in ["auto", "x11", "wayland", "tmux", "osc52"] {
        let mut command = program("setsid");
        command.arg("--wait").arg(STRONGROOM).args(["copy", ADDRESS, "--via", via]).env_clear();
        let output = command.envs(vault.command().get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = output.env("TERM", "xterm-256color").stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code().is_some_and(|code| code != 0), "{via}: {said}");
        assert!(said.contains("clipboard") && said.contains("strongroom reveal"), "{via}: {said}");
        assert!(output.stdout.is_empty() && !said.contains(VALUE) && !said.contains("Copied"), "{via}: {said}");
    }
}

#[test]
fn t13_a_terminal_without_a_clipboard_is_said_on_the_screen_too() {
    for terminal in ["linux", "dumb"] {
        let vault = with_key();
        let mut pty = unlocked(here(vault.screen()).env("TERM", terminal));
        pty.send("y");
        pty.wait_for("No clipboard");
        assert!(!pty.contents().contains("Copied") && !pty.contents().contains("Sent"));
        assert!(!pty.wrote("\x1b]52;"));
        let mut pty = here(vault.screen()).env("TERM", terminal).arg("copy").arg(ADDRESS).start();
        assert_ne!(pty.wait_exit(TEN_SECONDS), 0, "{terminal}");
        assert!(pty.contents().contains("clipboard") && !pty.wrote("\x1b]52;"), "{}", pty.contents());
    }
}

/// A port on which nobody ever answers, as a display's name.
fn mute_display() -> (TcpListener, String) {
    let listener = (6100..6900).find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).unwrap();
    let number = listener.local_addr().unwrap().port() - 6000;
    (listener, format!("127.0.0.1:{number}"))
}

#[test]
fn t13_a_display_that_is_dead_or_mute_gives_way_to_the_terminal() {
    let (_listener, mute) = mute_display();
    for display in [":987", &mute] {
        let vault = with_key();
        configure(&vault, "clear_after = \"1h\"");
        let mut pty = unlocked(at_display(&vault, display));
        let start = Instant::now();
        pty.send("y");
        pty.wait_wrote(copied(VALUE));
        assert!(start.elapsed() < Duration::from_secs(5), "{display}: after {:?}", start.elapsed());
        pty.wait_for("Sent");
        assert!(!pty.contents().contains("Copied"), "nobody can know that");
        pty.send("q");
        assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
        assert!(pty.wrote(super::place::CLEAR));
        pty.assert_clean(&[VALUE]);
        let mut pty = copy_at_display(&vault, display, "1s").start();
        assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
        assert!(pty.wrote(copied(VALUE)) && pty.wrote(super::place::CLEAR), "{}", pty.contents());
    }
}

/// Who insists on a display that cannot be reached hears that it failed.
#[test]
fn t13_a_dead_display_that_was_asked_for_is_an_error() {
    let vault = with_key();
    let mut pty = copy_at_display(&vault, ":987", "1s").arg("--via").arg("x11").start();
    assert_ne!(pty.wait_exit(TEN_SECONDS), 0);
    assert!(!pty.wrote("\x1b]52;") && !pty.contents().contains("Copied"), "{}", pty.contents());
    configure(&vault, "route = \"x11\"");
    let mut pty = unlocked(at_display(&vault, ":987"));
    pty.send("y");
    pty.wait_for("No clipboard can be reached");
    assert!(!pty.wrote("\x1b]52;") && !pty.contents().contains("Copied"));
    pty.send(" q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
}

#[test]
fn t13_doctor_lists_the_ways_that_do_not_work() {
    let vault = with_key();
    let mut pty = here(vault.screen().size(120, 40)).env("DISPLAY", ":987").arg("doctor").start();
    pty.wait_exit(TEN_SECONDS);
    let report = pty.contents();
    let dead = report.lines().find(|line| line.contains("X11 clipboard")).unwrap_or_else(|| panic!("{report}"));
    assert!(!dead.contains("Copies go to"), "{report}");
    assert!(report.contains("Copies go to: terminal clipboard (OSC 52)"), "{report}");
    assert!(!pty.wrote("\x1b]52;"));
}

#[test]
fn t14_a_remote_session_never_touches_the_displays_of_its_machine() {
    let (display, sway) = (Display::start(), Sway::start());
    let remote = [
        ("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22"),
        ("SSH_TTY", "/dev/pts/3"),
        ("SSH_CLIENT", "192.0.2.7 50000 22"),
    ];
    for (name, value) in remote {
        let vault = with_key();
        let there = |setup| {
            let setup = here(setup).env(name, value).env("DISPLAY", &display.name);
            setup.env("WAYLAND_DISPLAY", &sway.name).env("XDG_RUNTIME_DIR", sway.folder())
        };
        let untouched = || display.clipboard().is_none() && display.primary().is_none() && sway.clipboard().is_none();
        let mut pty = unlocked(there(vault.screen()));
        pty.send("y");
        pty.wait_wrote(copied(VALUE));
        pty.wait_for("Sent");
        stays("untouched by the screen", A_WHILE, untouched);
        pty.send("q");
        pty.wait_exit(TEN_SECONDS);
        let mut pty = there(vault.screen()).arg("copy").arg(ADDRESS).arg("--clear-after").arg("2s").start();
        pty.wait_wrote(copied(VALUE));
        while !pty.wrote(super::place::CLEAR) {
            assert!(untouched(), "{name}: touched by the command");
        }
        assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    }
}
