//! The recipe for an SSH key pair, against a real SSH server.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use strongroom::rotation::step::How;
use strongroom::vault::rotation::StepKind::{Apply, Revoke};
use strongroom::vault::secret::Fields;

use super::ready::{Bench, text};

/// An SSH server that knows the keys in one file; killed when it is dropped.
struct Server {
    folder: tempfile::TempDir,
    daemon: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &file("host_key")]).status();
        assert!(made.unwrap().success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n",
            file("host_key"),
            file("authorized_keys"),
        );
        std::fs::write(file("sshd_config"), config).unwrap();
        let public = std::fs::read_to_string(file("host_key.pub")).unwrap();
        std::fs::write(file("known_hosts"), format!("[127.0.0.1]:{port} {public}")).unwrap();
        // sshd of root wants this folder to be there; any other needs none.
        let _ = std::fs::create_dir_all("/run/sshd");
        let log = std::fs::File::create(file("log")).unwrap();
        let sshd = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).exists());
        let mut command = Command::new(sshd.unwrap_or_else(|| panic!("sshd is not installed.")));
        command.args(["-D", "-e", "-f", &file("sshd_config")]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let server = Self { folder, daemon: command.spawn().unwrap(), port };
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "sshd does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keys(&self) -> String {
        std::fs::read_to_string(self.file("authorized_keys")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn bench(server: &Server) -> Bench {
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    Bench::new(
        "ssh-key",
        &[
            ("user", String::from_utf8(user).unwrap().trim()),
            ("host", "127.0.0.1"),
            ("port", &server.port.to_string()),
            ("known-hosts", server.file("known_hosts").to_str().unwrap()),
            ("keys", server.file("authorized_keys").to_str().unwrap()),
        ],
    )
}

fn line(key: &Fields) -> String {
    text(key, "public")
}

#[test]
fn a_new_key_is_added_by_the_old_one_which_is_taken_away_by_the_new_one() {
    let server = Server::start();
    let bench = bench(&server);
    let (old, new, other) = (bench.make(None), bench.make(None), bench.make(None));
    // The last line has no end, and the old key stands there with options and a comment.
    let before = format!("# keys\n{} somebody@else\nno-pty {} deploy@old", line(&other), line(&old));
    std::fs::write(server.file("authorized_keys"), &before).unwrap();
    assert!(bench.verifies(&old) && !bench.verifies(&new));

    let end = bench.step(Apply, Some(&new), Some(&old));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert_eq!(server.keys(), format!("{before}\n{}\n", line(&new)));
    assert!(bench.verifies(&new) && bench.verifies(&old), "both are accepted until the old one is revoked");

    // A second time changes nothing.
    let end = bench.step(Apply, Some(&new), Some(&old));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert_eq!(server.keys().matches(&line(&new)).count(), 1);

    let end = bench.step(Revoke, Some(&old), Some(&new));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert_eq!(server.keys(), format!("# keys\n{} somebody@else\n{}\n", line(&other), line(&new)));
    assert!(bench.verifies(&new) && !bench.verifies(&old));
}

#[test]
fn a_key_that_is_not_accepted_changes_nothing() {
    let server = Server::start();
    let bench = bench(&server);
    let (known, unknown, new) = (bench.make(None), bench.make(None), bench.make(None));
    std::fs::write(server.file("authorized_keys"), line(&known)).unwrap();
    for kind in [Apply, Revoke] {
        let end = bench.step(kind, Some(&new), Some(&unknown));
        assert_eq!(end.how, How::Exited(255), "{}", end.shown);
        assert!(end.shown.contains("Permission denied"), "{}", end.shown);
    }
    assert_eq!(server.keys(), line(&known));
}

#[test]
fn a_machine_that_is_not_known_is_given_nothing() {
    let server = Server::start();
    let bench = bench(&server);
    let (known, new) = (bench.make(None), bench.make(None));
    std::fs::write(server.file("authorized_keys"), line(&known)).unwrap();
    std::fs::write(server.file("known_hosts"), "").unwrap();
    let end = bench.step(Apply, Some(&new), Some(&known));
    assert_eq!(end.how, How::Exited(255), "{}", end.shown);
    assert!(end.shown.contains("Host key verification failed"), "{}", end.shown);
    assert_eq!(server.keys(), line(&known));
}

/// The numbers of the agents that run.
fn agents() -> Vec<String> {
    let running = std::fs::read_dir("/proc").unwrap().flatten();
    let is_agent = |pid: &String| {
        let path = format!("/proc/{pid}");
        let name = std::fs::read_to_string(format!("{path}/comm")).unwrap_or_default();
        let state = std::fs::read_to_string(format!("{path}/stat")).unwrap_or_default();
        name.trim() == "ssh-agent" && !state.contains(") Z ")
    };
    running.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_agent).collect()
}

/// It would keep the key in memory for seconds, out of reach of what ends a step.
#[test]
fn no_agent_outlives_a_step_however_that_ends() {
    let server = Server::start();
    let bench = bench(&server);
    let (known, unknown, new) = (bench.make(None), bench.make(None), bench.make(None));
    std::fs::write(server.file("authorized_keys"), format!("{}\n", line(&known))).unwrap();
    // Other tests run theirs meanwhile: those that are there a moment later are this one's or last.
    let before = agents();
    assert!(bench.verifies(&known) && !bench.verifies(&unknown));
    assert_eq!(bench.step(Apply, Some(&new), Some(&known)).how, How::Exited(0));
    assert_eq!(bench.step(Revoke, Some(&known), Some(&new)).how, How::Exited(0));
    let since = Instant::now();
    let left = |pids: &[String]| pids.iter().any(|pid| !before.contains(pid));
    let mut after = agents();
    while left(&after) && since.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(50));
        let now = agents();
        after.retain(|pid| now.contains(pid));
    }
    assert!(!left(&after), "{after:?} were there for two seconds");
}
