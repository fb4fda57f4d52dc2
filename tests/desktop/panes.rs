//! Pasting into other panes of a real tmux: what arrives, what is refused, and that no
//! buffer is left behind.

use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::clipboard::tmux::{Pane, Tmux};
use strongroom::error::{Error, Kind};
use strongroom::secret_text::SecretText;

use super::place::{eventually, printed, program};

/// A tmux of its own, with a first pane in which nothing happens.
pub(crate) struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let server = Self { folder: tempfile::tempdir().unwrap() };
        // More than one pane wants room.
        printed(&mut server.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-s",
            "ops",
            "-x",
            "160",
            "-y",
            "60",
            "exec sleep 600",
        ]));
        server
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("socket")
    }

    pub(crate) fn tmux(&self, arguments: &[&str]) -> Command {
        let mut command = program("tmux");
        command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        command.env("SHELL", "/bin/sh").env("HOME", self.folder.path());
        command.arg("-u").arg("-S").arg(self.socket()).args(arguments);
        command
    }

    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        printed(&mut self.tmux(arguments)).trim_end().to_owned()
    }

    /// A window with a program; its pane's number, once the pane shows `ready`.
    pub(crate) fn pane(&self, line: &str, ready: &str) -> String {
        let id = self.says(&["new-window", "-d", "-P", "-F", "#{pane_id}", "-t", "ops:", line]);
        eventually(ready, || self.screen(&id).contains(ready));
        id
    }

    pub(crate) fn screen(&self, pane: &str) -> String {
        self.says(&["capture-pane", "-p", "-t", pane])
    }

    /// A pane that reads so many bytes as they are, into a file; which one, and where.
    pub(crate) fn reader(&self, bytes: usize) -> (String, PathBuf) {
        let into = self.path(&format!("read-{bytes}"));
        let line = format!("stty raw -echo; echo READY; head -c {bytes} > '{}'; sleep 600", into.display());
        (self.pane(&line, "READY"), into)
    }

    /// The server as the library sees it from the first pane.
    pub(crate) fn library(&self) -> Tmux {
        self.library_in(Some("%0"))
    }

    fn library_in(&self, pane: Option<&str>) -> Tmux {
        let socket = self.socket().display().to_string();
        let variable = move |name: &str| match name {
            "TMUX" => Some(format!("{socket},1,0")),
            "TMUX_PANE" => pane.map(str::to_owned),
            _ => None,
        };
        Tmux::around_us(variable).unwrap()
    }

    fn seen(&self, id: &str) -> Pane {
        self.library().panes().unwrap().into_iter().find(|pane| pane.id == id).unwrap()
    }

    #[track_caller]
    pub(crate) fn has_no_buffer(&self) {
        assert_eq!(self.says(&["list-buffers"]), "", "a buffer is left");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]).output();
    }
}

#[track_caller]
fn arrives(file: &Path, value: &[u8]) {
    let length = || std::fs::metadata(file).map_or(0, |found| found.len());
    eventually("all bytes to arrive", || length() == value.len() as u64);
    assert!(std::fs::read(file).unwrap() == value, "other bytes arrived");
}

#[test]
fn every_byte_arrives_and_no_enter_follows() {
    let server = Server::start();
    let binary: Vec<u8> = (1..=255).collect();
    let long: Vec<u8> = b"0123456789abcde\n".iter().copied().cycle().take(1024 * 1024).collect();
    let values: [&[u8]; 6] =
        [b"-n", b"--help\n-- x", b"first\nsecond\r\n\n\tthird\n", "pa\u{df}wort \u{1f511}".as_bytes(), &binary, &long];
    for value in values {
        // One byte more is waited for: it must not come.
        let (pane, file) = server.reader(value.len() + 1);
        server.library().paste(&server.seen(&pane).target(), &SecretText::copied_from(value)).unwrap();
        server.has_no_buffer();
        // head keeps what it reads until it has enough.
        server.says(&["send-keys", "-t", &pane, "-l", "!"]);
        arrives(&file, &[value, b"!"].concat());
    }
}

#[test]
fn a_shell_that_knows_pastes_takes_lines_as_text() {
    let server = Server::start();
    let pane = server.pane("PS1=ready: exec bash --norc --noprofile -i", "ready:");
    let value = b"-e first\n$(touch pwned)\nexit";
    server.library().paste(&server.seen(&pane).target(), &SecretText::copied_from(value)).unwrap();
    eventually("the paste to be shown", || server.screen(&pane).contains("exit"));
    assert!(server.screen(&pane).contains("-e first"));
    assert_eq!(server.seen(&pane).command, "bash", "no line was run");
    // One that ended the paste by itself would have its rest run.
    let attack = b"x\x1b[201~\nexit\n";
    let error = server.library().paste(&server.seen(&pane).target(), &SecretText::copied_from(attack)).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    server.has_no_buffer();
}

/// What pasting into this pane is refused with, having left no trace.
#[track_caller]
fn refused(server: &Server, pane: &Pane) -> Error {
    let before = server.screen("%0");
    let error = server.library().paste(&pane.target(), &SecretText::copied_from(b"never-seen")).unwrap_err();
    assert!(error.message().contains("othing was pasted"), "{}", error.message());
    server.has_no_buffer();
    assert_eq!(server.screen("%0"), before);
    assert!(!server.says(&["list-panes", "-a"]).is_empty(), "the server lives on");
    error
}

#[test]
fn a_pane_that_takes_nothing_is_refused_and_told() {
    let server = Server::start();
    let says = |words: &[&str]| server.says(words);
    let (reader, file) = server.reader(4);
    let pane = server.seen(&reader);

    says(&["copy-mode", "-t", &reader]);
    let error = refused(&server, &pane);
    assert!(error.kind() == Kind::Conflict && error.message().contains("copy-mode"), "{}", error.message());
    assert_eq!(server.seen(&reader).obstacle.as_deref(), Some("it is in copy-mode"));
    says(&["send-keys", "-t", &reader, "-X", "cancel"]);

    says(&["select-pane", "-t", &reader, "-d"]);
    assert!(refused(&server, &pane).message().contains("its input is switched off"));
    says(&["select-pane", "-t", &reader, "-e"]);

    says(&["respawn-pane", "-k", "-t", &reader, "exec sleep 600"]);
    let error = refused(&server, &pane);
    assert!(error.message().contains("sleep runs in it now"), "{}", error.message());

    says(&["set-option", "-w", "-t", &reader, "remain-on-exit", "on"]);
    says(&["respawn-pane", "-k", "-t", &reader, "true"]);
    eventually("it to end", || server.seen(&reader).is_dead);
    assert!(refused(&server, &pane).message().contains("its program has ended"));

    says(&["kill-pane", "-t", &reader]);
    let error = refused(&server, &pane);
    assert!(error.kind() == Kind::NotFound && error.message().contains("is gone"), "{}", error.message());
    assert!(std::fs::read(file).unwrap().is_empty());

    let ours = server.seen("%0");
    assert!(ours.is_ours && refused(&server, &ours).message().contains("strongroom runs in it"));
}

/// What stands between looking and pasting is looked at once more by the server itself.
#[test]
fn another_server_with_the_same_numbers_is_not_taken_for_it() {
    let (first, second) = (Server::start(), Server::start());
    let ((pane, _), (same, _)) = (first.reader(4), second.reader(4));
    assert_eq!(pane, same);
    let error = second.library().paste(&first.seen(&pane).target(), &SecretText::copied_from(b"x")).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    second.has_no_buffer();
}

#[test]
fn panes_are_listed_the_nearest_first_whatever_they_are_called() {
    let server = Server::start();
    let far = server.pane("exec sleep 600", "");
    let neighbour = server.says(&["split-window", "-P", "-F", "#{pane_id}", "-t", "%0", "exec sleep 600"]);
    let beside = server.says(&["split-window", "-P", "-F", "#{pane_id}", "-t", "%0", "exec sleep 600"]);
    for pane in [&neighbour, "%0"] {
        server.says(&["select-pane", "-t", pane]);
    }
    // A program that calls itself so as to break the list.
    let line = "exec bash -c 'exec -a \"a\n%9 |\tb\" sleep 600'";
    let strange = server.says(&["new-session", "-d", "-P", "-F", "#{pane_id}", "-s", "x|y z", line]);
    server.says(&["select-pane", "-t", &strange, "-T", "t|%7\u{202e}"]);
    // The same window in a second session is no second pane.
    server.says(&["new-session", "-d", "-s", "twin", "-t", "ops"]);
    let panes = server.library().panes().unwrap();
    let ids: Vec<&str> = panes.iter().map(|pane| pane.id.as_str()).collect();
    assert_eq!(ids[0], neighbour);
    assert_eq!(ids[1..3].iter().collect::<std::collections::BTreeSet<_>>(), ["%0", &beside].iter().collect());
    assert_eq!(ids[3..], [far.as_str(), strange.as_str()]);
    let last = panes.last().unwrap();
    assert!(last.place.starts_with("x|y z:") && last.title == "t|%7\u{fffd}", "{last:?}");
    // In a popup: what it lies over comes first.
    assert_eq!(server.library_in(None).panes().unwrap()[0].id, "%0");
}

#[test]
fn targets_are_what_tmux_takes_them_for_or_nothing() {
    let server = Server::start();
    let other = server.says(&["split-window", "-d", "-P", "-F", "#{pane_id}", "-t", "%0", "exec sleep 600"]);
    let tmux = server.library();
    for (named, found) in [("%0", "%0"), (other.as_str(), other.as_str()), ("ops:0.0", "%0"), ("ops:0.1", &other)] {
        assert_eq!(tmux.find(named).unwrap().id, found, "{named}");
    }
    server.says(&["select-pane", "-t", &other]);
    server.says(&["select-pane", "-t", "%0"]);
    assert_eq!(tmux.find("{last}").unwrap().id, other);
    for missing in ["%77", "ops:0.9", "nobody:1", "ops:9", "{right-of}", "{mouse}", ""] {
        let error = tmux.find(missing).unwrap_err();
        assert!(error.kind() == Kind::NotFound && error.message().contains(missing), "{}", error.message());
    }
    assert!(tmux.version().unwrap().starts_with(|c: char| c.is_ascii_alphanumeric()));
    server.has_no_buffer();
}

#[test]
fn a_server_that_hangs_holds_nobody_up() {
    use rustix::process::{Pid, Signal, kill_process};
    let server = Server::start();
    let (pane, file) = server.reader(5);
    let target = server.seen(&pane).target();
    let pid = Pid::from_raw(server.says(&["display-message", "-p", "#{pid}"]).parse().unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    let start = std::time::Instant::now();
    let listed = server.library().panes();
    let pasted = server.library().paste(&target, &SecretText::copied_from(b"late!"));
    let took = start.elapsed();
    kill_process(pid, Signal::CONT).unwrap();
    assert_eq!(listed.unwrap_err().kind(), Kind::Busy);
    assert!(pasted.unwrap_err().message().starts_with("Nothing was pasted"));
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
    server.has_no_buffer();
    assert!(std::fs::read(file).unwrap().is_empty(), "nothing comes late");
    // Without a server at all.
    printed(&mut server.tmux(&["kill-server"]));
    assert_eq!(server.library().panes().unwrap_err().kind(), Kind::Failure);
}
