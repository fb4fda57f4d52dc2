//! [`Server`]: a real SSH server on the loopback address: own host key, own
//! configuration, a high port, nothing of this machine's SSH touched.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use super::display::Display;
use super::{PASSPHRASE, eventually, printed, program, program_path, variables};
use crate::support::pty::{Pty, Setup};
use crate::support::vault::TestVault;

/// One sshd, killed when dropped. Its sessions have the vault's variables.
pub(crate) struct Server<'a> {
    vault: &'a TestVault,
    daemon: Child,
    port: u16,
}

impl<'a> Server<'a> {
    /// Starts sshd and waits until it answers.
    pub(crate) fn start(vault: &'a TestVault) -> Self {
        let file = |name: &str| vault.home().join(name).to_str().unwrap().to_owned();
        for key in ["host_key", "user_key"] {
            printed(program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &file(key)]));
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let set: Vec<String> = variables(vault).iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
             X11Forwarding yes\nSetEnv {} XAUTHORITY=\"{}\"\n",
            file("host_key"),
            file("user_key.pub"),
            set.join(" "),
            file("Xauthority"),
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

    /// The words that connect, with a terminal, and run `line` there.
    pub(crate) fn words(&self, options: &[&str], line: &str) -> Vec<String> {
        let (key, port) = (self.vault.home().join("user_key"), self.port.to_string());
        let ssh = program_path("ssh");
        let mut words = vec![ssh.to_str().unwrap(), "-tt", "-q", "-F", "none", "-i", key.to_str().unwrap()];
        for option in ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"] {
            words.extend(["-o", option]);
        }
        words.extend(options);
        words.extend(["-p", &port, "127.0.0.1", line]);
        words.into_iter().map(str::to_owned).collect()
    }

    /// A connection with a terminal that runs `line`.
    pub(crate) fn connect(&self, line: &str) -> Pty {
        self.client(&[], line).start()
    }

    /// The same with the operator's display forwarded.
    pub(crate) fn connect_from(&self, display: &Display, line: &str) -> Pty {
        let authority = self.vault.home().join("Xauthority.operator");
        self.client(&["-Y"], line).env("DISPLAY", &display.name).env("XAUTHORITY", authority).start()
    }

    /// A connection with the program unlocked by the passphrase, the first secret selected.
    pub(crate) fn unlocked(&self, line: &str) -> Pty {
        let mut connection = self.connect(line);
        connection.wait_for("assphrase");
        connection.settle();
        connection.send(PASSPHRASE);
        connection.settle();
        connection.send("\r");
        connection.wait_for("JWT_SIGNING_KEY");
        connection.settle();
        connection.send("g");
        connection.settle();
        connection
    }

    fn client(&self, options: &[&str], line: &str) -> Setup {
        let words = self.words(options, line);
        let client = Setup::new(&words[0], self.vault.home()).size(100, 30);
        words[1..].iter().fold(client, Setup::arg)
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
