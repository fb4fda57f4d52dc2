//! Over a real SSH connection on the loopback address: own host key, own
//! configuration, a high port, nothing of this machine's SSH touched.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::display::Display;
use super::place::{
    CLEAR, PASSPHRASE, SECRETS, copied, eventually, printed, processes, program, program_path, shell_line,
    with_passphrase, within,
};
use super::support::pty::{Pty, Setup};
use super::support::vault::TestVault;

const VALUE: &str = SECRETS[0].1;
const NAME: &str = "JWT_SIGNING_KEY";
const ONE_SECOND: Duration = Duration::from_secs(1);

/// One sshd, killed when dropped.
struct Server<'a> {
    vault: &'a TestVault,
    daemon: Child,
    port: u16,
}

impl<'a> Server<'a> {
    /// Starts sshd and waits until it answers.
    fn start(vault: &'a TestVault) -> Self {
        let file = |name: &str| vault.home().join(name).to_str().unwrap().to_owned();
        for key in ["host_key", "user_key"] {
            printed(program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &file(key)]));
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n",
            file("host_key"),
            file("user_key.pub"),
        );
        std::fs::write(file("sshd_config"), config).unwrap();
        // sshd of root wants this folder to be there; any other needs none.
        let _ = std::fs::create_dir_all("/run/sshd");
        let log = std::fs::File::create(file("sshd.log")).unwrap();
        let mut command = program("sshd");
        command.args(["-D", "-e", "-f", &file("sshd_config")]).stdout(Stdio::null()).stderr(log);
        let server = Self { vault, daemon: command.spawn().unwrap(), port };
        eventually("sshd to answer", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        server
    }

    /// A connection with a terminal that runs `line`.
    fn connect(&self, line: &str) -> Pty {
        let port = self.port.to_string();
        let key = self.vault.home().join("user_key");
        let mut client = Setup::new(program_path("ssh").to_str().unwrap(), self.vault.home()).size(100, 30);
        for option in ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"] {
            client = client.arg("-o").arg(option);
        }
        for word in ["-tt", "-q", "-F", "none", "-i", key.to_str().unwrap(), "-p", &port, "127.0.0.1", line] {
            client = client.arg(word);
        }
        client.start()
    }

    /// The same with the program unlocked, the first secret selected.
    fn unlocked(&self, line: &str) -> Pty {
        let mut connection = self.connect(line);
        connection.wait_for("assphrase");
        connection.settle();
        connection.send(PASSPHRASE);
        connection.settle();
        connection.send("\r");
        connection.wait_for(NAME);
        connection.settle();
        connection.send("g");
        connection.settle();
        connection
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

#[test]
fn a_copy_goes_to_the_operators_terminal_unconfirmed_and_is_cleared_by_key() {
    let (display, vault) = (Display::start(), with_passphrase());
    let server = Server::start(&vault);
    // The display of the machine is not the operator's.
    let mut connection = server.unlocked(&shell_line(&vault, &[("DISPLAY", &display.name)]));
    connection.send("y");
    connection.wait_wrote(copied(VALUE));
    connection.wait_for("Sent, unconfirmed");
    connection.wait_for("OSC 52");
    assert!(!connection.contents().contains("Copied"), "nobody can know that");
    assert!(!connection.wrote(CLEAR));
    assert_eq!(display.clipboard(), None);
    connection.send("x");
    connection.wait_wrote(CLEAR);
    connection.send("q");
    assert_eq!(connection.wait_exit(Duration::from_secs(10)), 0);
    connection.assert_clean(&[VALUE, PASSPHRASE]);
    connection.assert_restored();
    assert!(processes(&vault).is_empty());
}

#[test]
fn leaving_clears_the_operators_clipboard() {
    let vault = with_passphrase();
    let server = Server::start(&vault);
    let mut connection = server.unlocked(&shell_line(&vault, &[]));
    connection.send("y");
    connection.wait_wrote(copied(VALUE));
    connection.send("q");
    assert_eq!(connection.wait_exit(Duration::from_secs(10)), 0);
    assert!(connection.wrote(CLEAR));
    connection.assert_restored();
}

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
    let query = super::place::run_with_passphrase(&vault, &["audit", "--action", "lock", "--csv"], PASSPHRASE, "");
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
