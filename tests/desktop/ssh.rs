//! A real SSH connection over the loopback address: own host key, own
//! configuration, a high port, nothing of this machine's SSH touched.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::vault::{TestVault, eventually, program};

/// One sshd; killed when dropped.
pub(crate) struct Server {
    daemon: Child,
    port: u16,
}

impl Server {
    /// Starts sshd and waits until it answers.
    pub(crate) fn start(vault: &TestVault) -> Self {
        for key in ["host_key", "user_key"] {
            let made =
                program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(vault.path(key)).output();
            assert!(made.unwrap().status.success(), "ssh-keygen did not make a key.");
        }
        std::fs::copy(vault.path("user_key.pub"), vault.path("authorized_keys")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n",
            vault.path_text("host_key"),
            vault.path_text("authorized_keys"),
        );
        std::fs::write(vault.path("sshd_config"), config).unwrap();
        // As root, sshd wants this folder to be there; elsewhere it is not needed.
        let _ = std::fs::create_dir_all("/run/sshd");
        let daemon = program("sshd")
            .args(["-D", "-e", "-f"])
            .arg(vault.path("sshd_config"))
            .stderr(std::fs::File::create(vault.path("sshd.log")).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { daemon, port };
        eventually("sshd to answer", || TcpStream::connect(("127.0.0.1", port)).ok());
        server
    }

    /// Connects with a terminal and starts the application there.
    pub(crate) fn connect(&self, vault: &TestVault) -> Connection {
        let pty = native_pty_system();
        let pair = pty.openpty(PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program("ssh").get_program());
        command.args([
            "-tt",
            "-q",
            "-F",
            "none",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ]);
        command.args(["-o", "IdentitiesOnly=yes", "-i", &vault.path_text("user_key"), "-p", &self.port.to_string()]);
        command.args(["127.0.0.1", &vault.shell_command()]);
        command.env("TERM", "xterm-256color");
        let client = pair.slave.spawn_command(command).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, into) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&received));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                into.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Connection { client, keyboard, received, _terminal: pair.master }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// The operator's end of a connection.
pub(crate) struct Connection {
    client: Box<dyn portable_pty::Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    received: Arc<Mutex<Vec<u8>>>,
    _terminal: Box<dyn portable_pty::MasterPty + Send>,
}

impl Connection {
    /// Types bytes.
    pub(crate) fn type_bytes(&mut self, bytes: &[u8]) {
        self.keyboard.write_all(bytes).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until `text` came in, somewhere after the first `from` bytes; returns how many there are.
    pub(crate) fn wait_for(&self, text: &str, from: usize) -> usize {
        let seen = super::vault::within(std::time::Duration::from_secs(10), || {
            let received = self.received.lock().unwrap();
            let rest = received.get(from..).unwrap_or_default();
            rest.windows(text.len()).any(|window| window == text.as_bytes()).then_some(received.len())
        });
        seen.unwrap_or_else(|| {
            let received = self.received.lock().unwrap();
            panic!("Waited for {text:?}; received:\n{}", String::from_utf8_lossy(&received).escape_debug())
        })
    }

    /// How many bytes came in.
    pub(crate) fn received(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// Cuts the connection, as a closed laptop does.
    pub(crate) fn drop_connection(&mut self) {
        self.client.kill().unwrap();
        let _ = self.client.wait();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.client.kill();
    }
}
