//! t15: the operator's display forwarded by `ssh -Y`. The value is cleared with the
//! connection, and what holds it never keeps the connection open.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::place::display::Display;
use super::place::holder::Holder;
use super::place::server::Server;
use super::place::{configure, eventually, processes, stays, with_key, within};
use super::secrecy::assert_nowhere_else;
use super::support::pty::Pty;
use super::support::vault::TestVault;
use super::walk::{A_WHILE, ADDRESS, VALUE, line, select};

/// A logout that takes longer hangs.
const PROMPTLY: Duration = Duration::from_secs(5);
/// At once, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

/// The program at the other end, with the first secret's value on the operator's clipboard.
fn copied(vault: &TestVault, server: &Server, display: &Display, line: &str) -> Pty {
    let mut connection = server.connect_from(display, line);
    select(&mut connection);
    connection.send("y");
    display.wait_for(Some(VALUE));
    connection.wait_for("forwarded");
    assert_nowhere_else(vault, VALUE);
    connection
}

#[test]
fn t15_a_copy_is_hidden_from_histories_and_what_was_copied_meanwhile_is_left_alone() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let server = Server::start(&vault);
    let mut connection = copied(&vault, &server, &display, &format!("exec {}", line(&vault, "")));
    assert_eq!((display.hint().as_deref(), display.primary()), (Some("secret"), None));
    let theirs = || display.clipboard().as_deref() == Some("an address");
    display.copy("an address");
    connection.wait_gone("clears in");
    stays("theirs at the deadline", Duration::from_secs(4), theirs);
    connection.send("q");
    assert_eq!(connection.wait_exit(PROMPTLY), 0);
    stays("theirs after leaving", A_WHILE, theirs);
}

/// The processes of the program at the other end, those that hold the clipboard included.
fn are_left(vault: &TestVault) -> bool {
    let authority = vault.home().join("Xauthority");
    !processes(vault).is_empty() || !Holder::all("XAUTHORITY", authority.to_str().unwrap()).is_empty()
}

#[track_caller]
fn assert_gone(display: &Display, vault: &TestVault, connection: &Pty) {
    display.wait_for(None);
    eventually("nothing to stay at the other end", || !are_left(vault));
    connection.assert_clean(&[VALUE]);
    assert!(!connection.wrote("\x1b]52;"), "it was sent to the terminal as well");
}

/// Even where a copy is to be kept: who holds it would keep the connection open.
#[test]
fn t15_leaving_clears_and_logs_out_at_once() {
    for on_exit in ["clear", "keep"] {
        let (display, vault) = (Display::start(), with_key());
        configure(&vault, &format!("clear_after = \"1h\"\non_exit = \"{on_exit}\""));
        let server = Server::start(&vault);
        let mut connection = copied(&vault, &server, &display, &format!("exec {}", line(&vault, "")));
        connection.send("q");
        assert_eq!(connection.wait_exit(PROMPTLY), 0);
        assert_gone(&display, &vault, &connection);
    }
}

#[test]
fn t15_logging_out_of_the_shell_afterwards_does_not_hang() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let server = Server::start(&vault);
    let mut connection =
        copied(&vault, &server, &display, &format!("{}; echo left; read -r line; exit 7", line(&vault, "")));
    connection.send("q");
    connection.wait_for("left");
    connection.send("\r");
    assert_eq!(connection.wait_exit(PROMPTLY), 7);
    assert_gone(&display, &vault, &connection);
}

#[test]
fn t15_a_screen_that_is_killed_clears_and_logs_out_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"\non_exit = \"keep\"");
    let server = Server::start(&vault);
    let mut connection = copied(&vault, &server, &display, &format!("exec {}", line(&vault, "")));
    let screen = processes(&vault)[0];
    rustix::process::kill_process(screen, Signal::KILL).unwrap();
    connection.wait_exit(PROMPTLY);
    assert_gone(&display, &vault, &connection);
}

#[test]
fn t15_the_command_logs_out_when_its_copy_is_cleared_and_on_ctrl_c() {
    let (display, vault) = (Display::start(), with_key());
    let server = Server::start(&vault);
    for (clear_after, keys) in [("3s", ""), ("1h", "\x03")] {
        let copy = line(&vault, &format!("copy {ADDRESS} --clear-after {clear_after}"));
        let start = Instant::now();
        let mut connection = server.connect_from(&display, &format!("exec {copy}"));
        display.wait_for(Some(VALUE));
        connection.wait_for("Copied");
        connection.send(keys);
        assert_eq!(connection.wait_exit(PROMPTLY + Duration::from_secs(3)), 0);
        assert!(!keys.is_empty() || start.elapsed() >= Duration::from_secs(3), "it did not stay");
        assert_gone(&display, &vault, &connection);
    }
}

#[test]
fn t15_a_connection_that_drops_clears_at_once() {
    for arguments in [String::new(), format!("copy {ADDRESS} --clear-after 1h")] {
        let (display, vault) = (Display::start(), with_key());
        configure(&vault, "clear_after = \"1h\"");
        let server = Server::start(&vault);
        let far = format!("exec {}", line(&vault, &arguments));
        let mut connection = if arguments.is_empty() {
            copied(&vault, &server, &display, &far)
        } else {
            let connection = server.connect_from(&display, &far);
            display.wait_for(Some(VALUE));
            connection
        };
        connection.signal(Signal::KILL);
        assert!(within(AT_ONCE, || display.clipboard().is_none()), "the value outlived the connection");
        connection.wait_exit(PROMPTLY);
        assert_gone(&display, &vault, &connection);
    }
}
