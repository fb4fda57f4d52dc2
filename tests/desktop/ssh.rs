//! Over a real SSH connection: the program ends with it, and in order.

use std::time::Duration;

use rustix::process::Signal;

use super::place::server::Server;
use super::place::{PASSPHRASE, processes, run_with_passphrase, shell_line, with_passphrase, within};

const ONE_SECOND: Duration = Duration::from_secs(1);

/// As the first program of the session, and below a shell that waits for it.
#[test]
fn a_dropped_connection_ends_it_within_a_second() {
    let vault = with_passphrase();
    let server = Server::start(&vault);
    let alone = shell_line(&vault, &[]);
    let below_a_shell = format!("sh -c \"{}; true\"", alone.strip_prefix("exec ").unwrap());
    for line in [alone, below_a_shell] {
        let connection = server.unlocked(&line);
        assert_eq!(processes(&vault).len(), 1);
        connection.signal(Signal::KILL);
        assert!(within(ONE_SECOND, || processes(&vault).is_empty()), "it outlived its connection");
    }
    // The end was orderly: the last commit is the lock of each session.
    let query = run_with_passphrase(&vault, &["audit", "--action", "lock", "--csv"], PASSPHRASE, "");
    let locks = String::from_utf8(query.stdout).unwrap().lines().count() - 1;
    assert!(locks >= 2, "{locks} sessions were locked");
}

#[test]
fn a_dropped_connection_ends_one_that_was_never_unlocked() {
    let vault = with_passphrase();
    let server = Server::start(&vault);
    let connection = server.connect(&shell_line(&vault, &[]));
    connection.wait_for("assphrase");
    assert_eq!(processes(&vault).len(), 1);
    connection.signal(Signal::KILL);
    assert!(within(ONE_SECOND, || processes(&vault).is_empty()), "it outlived its connection");
}
