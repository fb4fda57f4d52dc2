//! [`Server`]: a real PostgreSQL server of a test's own: in a temporary folder, on a port of
//! the loopback address, asking everybody for a password (SCRAM), logging every statement.
//!
//! PostgreSQL does not run as root, so it runs as `nobody` where the test does.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getuid, kill_process};

/// The administrator, and its password.
pub(crate) const ADMIN: (&str, &str) = ("postgres", "the-administrators-password");

/// Longer than a server takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Another program may take the port before the server does.
const TRIES: usize = 5;
/// The account on which the server runs where the test runs as root.
const NOBODY: u32 = 65_534;

/// A server, stopped and gone when it is dropped.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    daemon: Child,
    port: u16,
}

impl Server {
    /// Makes one and waits until it answers.
    pub(crate) fn start() -> Self {
        let mut folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, ADMIN.1).unwrap();
        if getuid().is_root() {
            for path in [folder.path(), &password] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let data = folder.path().join("data");
        let mut make = as_nobody("initdb");
        make.arg("--pgdata").arg(&data).arg("--pwfile").arg(&password);
        make.args(["--username", ADMIN.0, "--auth=scram-sha-256", "--no-sync", "--no-locale", "--encoding=UTF8"]);
        done(make);
        for _ in 0..TRIES {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
            let mut command = as_nobody("postgres");
            command.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-p", &port.to_string()]);
            for setting in [
                "listen_addresses=127.0.0.1",
                "log_statement=all",
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "shared_buffers=16MB",
                "max_connections=20",
            ] {
                command.args(["-c", setting]);
            }
            let daemon = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
            let mut server = Self { folder, daemon, port };
            if server.answers() {
                return server;
            }
            // Its port was taken. The folder goes on to the next.
            folder = std::mem::replace(&mut server.folder, tempfile::tempdir().unwrap());
        }
        panic!("The PostgreSQL server does not start: {}", std::fs::read_to_string(folder.path().join("log")).unwrap());
    }

    /// Waits until it takes connections; false when it ended instead.
    fn answers(&mut self) -> bool {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.accepts(ADMIN.0, ADMIN.1) {
                return true;
            }
            if self.daemon.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Makes a role that may log in, and change its own password.
    pub(crate) fn create_role(&self, role: &str, password: &str) {
        assert!(!password.contains('\''));
        self.sql(&format!("CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'"));
    }

    /// True when the role can log in with the password. Anything but a refused password fails the test.
    pub(crate) fn accepts(&self, role: &str, password: &str) -> bool {
        let output = self.psql(role, password, "SELECT 1");
        let said = String::from_utf8_lossy(&output.stderr);
        let is_refused =
            ["password authentication failed", "Connection refused", "starting up", "no password supplied"];
        assert!(output.status.success() || is_refused.iter().any(|words| said.contains(words)), "{said}");
        output.status.success()
    }

    /// What the administrator is answered, one row a line.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let output = self.psql(ADMIN.0, ADMIN.1, statement);
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// All that it has logged: every statement that it was sent.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join("log")).unwrap()).into_owned()
    }

    fn psql(&self, role: &str, password: &str, statement: &str) -> Output {
        let port = self.port.to_string();
        let mut psql = Command::new(program("psql"));
        psql.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--quiet", "-h", "127.0.0.1"]);
        psql.args(["-p", &port, "-U", role, "-d", "postgres", "-c", statement]);
        psql.env_clear().env("PGPASSWORD", password).env("LC_ALL", "C").stdin(Stdio::null()).output().unwrap()
    }
}

/// At once: nobody needs its data any more.
impl Drop for Server {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.daemon.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let since = Instant::now();
        while matches!(self.daemon.try_wait(), Ok(None)) {
            if since.elapsed() > PATIENCE {
                let _ = self.daemon.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A program of the newest PostgreSQL that is installed: not all of them are in `PATH`.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path()).filter(|path| number(path).is_some()).collect();
    versions.sort_by_key(number);
    let installed = versions.into_iter().rev().map(|version| version.join("bin"));
    let searched = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = installed.chain(std::env::split_paths(&searched).collect::<Vec<_>>());
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.exists()));
    found.unwrap_or_else(|| panic!("{name} is not installed; it belongs to the package postgresql."))
}

/// A program on an account that PostgreSQL runs on.
fn as_nobody(name: &str) -> Command {
    let program = program(name);
    let mut command = if getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The folder of the test may not be open to that account.
    command.env("LC_ALL", "C").env_remove("PGDATA").current_dir("/");
    // Keys of the terminal that end a test must not end the server first.
    command.process_group(0);
    command
}

fn done(mut command: Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
