//! Prompts, on a terminal of their own.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::Room;

/// The binary on a terminal.
pub(crate) struct Typed {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Typed {
    pub(crate) fn start(room: &Room, line: &[&str]) -> Self {
        Self::start_with(room, line, &[])
    }

    /// With these variables, too.
    pub(crate) fn start_with(room: &Room, line: &[&str], more: &[(&str, &str)]) -> Self {
        Self::start_program(room, assert_cmd::cargo::cargo_bin("strongroom"), line, more)
    }

    /// Another program.
    pub(crate) fn start_program(
        room: &Room,
        program: impl AsRef<std::ffi::OsStr>,
        line: &[&str],
        more: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(line);
        command.cwd(room.path(""));
        command.env_clear();
        for (name, value) in room.variables() {
            command.env(name, value);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, keys, screen, seen: String::new() }
    }

    /// Waits until `text` is on the terminal, once more than before.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.seen.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            let bytes = self.screen.recv_timeout(left).unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        let end = self.seen.find(text).unwrap() + text.len();
        self.seen.drain(..end);
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end; gives the exit code and what was on the terminal since.
    pub(crate) fn end(mut self) -> (u32, String) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(300)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        (status.exit_code(), self.seen)
    }

    /// Sends the program a signal, such as `-TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Whether typed text would be shown.
    fn echoes(&self) -> bool {
        let terminal = self.master.get_termios().unwrap();
        let flags = format!("{:?}", terminal.local_flags);
        flags.split(|c: char| !c.is_ascii_alphanumeric()).any(|flag| flag == "ECHO")
    }
}

#[test]
fn a_vault_is_made_and_opened_with_a_typed_passphrase() {
    let room = Room::empty();
    let mut typed = Typed::start(&room, &["init"]);
    typed.wait_for("Passphrase for the new vault: ");
    typed.type_keys("corect\u{7f}\u{7f}\u{7f}rect horse\r");
    typed.wait_for("Again: ");
    typed.type_keys("correct horse\r");
    let (code, seen) = typed.end();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains("horse"), "{seen}");

    let mut typed = Typed::start(&room, &["list"]);
    typed.wait_for("Passphrase for ");
    typed.type_keys("wrong\r");
    typed.wait_for("does not open");
    typed.wait_for("Passphrase for ");
    typed.type_keys("correct horse\r");
    let (code, seen) = typed.end();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains("horse"), "{seen}");
}

#[test]
fn a_typed_value_must_be_typed_twice_alike() {
    let room = Room::new();
    let mut typed = Typed::start(&room, &["set", "KEY"]);
    typed.wait_for("Value for KEY: ");
    typed.type_keys("one\r");
    typed.wait_for("Again: ");
    typed.type_keys("two\r");
    typed.wait_for("not alike");
    typed.wait_for("Value for KEY: ");
    typed.type_keys("one\r");
    typed.wait_for("Again: ");
    typed.type_keys("one\r");
    let (code, seen) = typed.end();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(room.reveal("KEY"), "one");
}

#[test]
fn a_long_pasted_value_is_kept_whole() {
    let room = Room::new();
    let value = "x".repeat(10_000);
    let mut typed = Typed::start(&room, &["set", "KEY"]);
    typed.wait_for("Value for KEY: ");
    typed.type_keys(&format!("{value}\r"));
    typed.wait_for("Again: ");
    typed.type_keys(&format!("{value}\r"));
    assert_eq!(typed.end().0, 0);
    assert_eq!(room.reveal("KEY"), value);
}

#[test]
fn an_interrupted_prompt_gives_the_terminal_back() {
    let room = Room::new();
    let mut typed = Typed::start(&room, &["set", "KEY"]);
    typed.wait_for("Value for KEY: ");
    assert!(!typed.echoes());
    typed.type_keys("half\u{3}");
    let status = typed.child.wait().unwrap();
    assert!(!status.success());
    assert!(typed.echoes());
    room.fails(3, &["get", "KEY"]);
}

#[test]
fn a_terminated_prompt_gives_the_terminal_back() {
    let room = Room::new();
    let mut typed = Typed::start(&room, &["set", "KEY"]);
    typed.wait_for("Value for KEY: ");
    typed.signal("-TERM");
    assert!(!typed.child.wait().unwrap().success());
    assert!(typed.echoes());
}

#[test]
fn purge_wants_the_name_typed() {
    let room = Room::new();
    room.set("prod/KEY", "v");
    let mut typed = Typed::start(&room, &["purge", "prod/KEY"]);
    typed.wait_for("Type KEY to go on: ");
    typed.type_keys("yes\r");
    assert_eq!(typed.end().0, 1);
    let mut typed = Typed::start(&room, &["purge", "prod/KEY"]);
    typed.wait_for("Type KEY to go on: ");
    typed.type_keys("KEY\r");
    assert_eq!(typed.end().0, 0);
    room.fails(3, &["get", "prod/KEY"]);
}

#[test]
fn key_change_asks_for_the_old_passphrase_and_twice_for_the_new() {
    let room = Room::empty();
    let pass = room.file("pass", b"correct horse");
    room.good(&["init", "--passphrase-file", &pass, "--no-input"]);
    let mut typed = Typed::start(&room, &["key", "change"]);
    typed.wait_for("Passphrase for ");
    typed.type_keys("correct horse\r");
    typed.wait_for("New passphrase: ");
    typed.type_keys("battery\r");
    typed.wait_for("Again: ");
    typed.type_keys("battery\r");
    let (code, seen) = typed.end();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("is weak") && seen.contains("key replace") && !seen.contains("battery"), "{seen}");
    room.fails(5, &["list", "--passphrase-file", &pass, "--no-input"]);
    let pass = room.file("pass", b"battery");
    room.good(&["list", "--passphrase-file", &pass, "--no-input"]);
}

#[test]
fn key_remove_of_the_key_in_use_wants_another_one_typed() {
    let room = Room::new();
    let pass = room.file("pass", b"correct horse");
    room.good(&["key", "add", "--new-passphrase-file", &pass]);
    let slots = room.json(&["key", "list"]);
    let slot = slots.as_array().unwrap().iter().find(|slot| slot["opened_this"] == true).unwrap();
    let id = slot["id"].as_str().unwrap()[..8].to_owned();
    let mut typed = Typed::start(&room, &["key", "remove", &id]);
    typed.wait_for("A passphrase or recovery key that stays: ");
    typed.type_keys("correct horse\r");
    typed.wait_for(&format!("Type {id} to go on: "));
    typed.type_keys(&format!("{id}\r"));
    let (code, seen) = typed.end();
    assert_eq!(code, 0, "{seen}");
    room.fails(5, &["list", "--no-input"]);
    room.good(&["list", "--passphrase-file", &pass]);
}

#[test]
fn key_replace_shows_what_will_open_the_vault_before_anybody_agrees() {
    let room = Room::new();
    room.set("KEY", "v");
    room.good(&["key", "add", "--recovery"]);
    for (answer, code) in [("no", 1), ("replace", 0)] {
        let mut typed = Typed::start(&room, &["key", "replace"]);
        for text in ["it opens with", "the environment key", "a new recovery key", "and no more with", "recovery key"] {
            typed.wait_for(text);
        }
        typed.wait_for("Type replace to go on: ");
        typed.type_keys(&format!("{answer}\r"));
        let (ended, seen) = typed.end();
        assert_eq!((ended, seen.contains("SR1-")), (code, code == 0), "{seen}");
    }
    assert_eq!(room.reveal("KEY"), "v");
}

#[test]
fn a_value_on_a_terminal_ends_its_line() {
    let room = Room::new();
    room.set("KEY", "shown");
    let (code, seen) = Typed::start(&room, &["reveal", "KEY"]).end();
    assert_eq!((code, seen.as_str()), (0, "shown\r\n"));
}
