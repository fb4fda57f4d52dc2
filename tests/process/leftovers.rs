//! H2: a whole session leaves nothing behind that tells. Values, passphrases and keys are
//! in no file, no argument, no environment, no history of a shell, no line of the system's
//! log, and in no byte of the terminal but while one is shown; names are in no file either.

use std::fs;
use std::num::NonZeroU16;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use rustix::process::Signal;
use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::secret_text::SecretText;
use strongroom::vault::LockedVault;

use super::files::restrict;
use super::place::{copied, eventually};
use super::rounds;
use super::support::pty::{Pty, STRONGROOM};
use super::support::vault::TestVault;

/// Where the program sends what is for the system's log.
const LOG: &str = "/dev/log";
/// The terminal's size, of the harness.
const ROWS: NonZeroU16 = NonZeroU16::new(24).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(80).unwrap();
/// So many characters of a text tell it from all others.
const BEGINNING: usize = 12;
/// Sessions at a time.
const AT_ONCE: usize = 3;

/// What is looked for, in every form that a program gives it by accident.
struct Search {
    names: Vec<String>,
    automaton: AhoCorasick,
}

impl Search {
    fn new<'a>(wanted: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let (mut names, mut forms) = (Vec::new(), Vec::new());
        for (name, bytes) in wanted {
            // By either half, since a screen breaks lines and a buffer ends somewhere.
            let (first, second) = bytes.split_at(bytes.len() / 2);
            for (form, bytes) in [first, second].into_iter().flat_map(forms_of) {
                names.push(format!("{name}, {form}"));
                forms.push(bytes);
            }
        }
        Self { names, automaton: AhoCorasick::new(forms).unwrap() }
    }

    /// What of it is in `hay`.
    fn found(&self, hay: &[u8]) -> Option<&str> {
        self.automaton.find(hay).map(|found| self.names[found.pattern().as_usize()].as_str())
    }

    /// The files below `folder` in which something is, `but` for one of them.
    fn in_files(&self, folder: &Path, but: &[&Path]) -> Vec<(PathBuf, String)> {
        let mut places = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap();
            let told = self.found(path.as_os_str().as_encoded_bytes()).map(str::to_owned);
            places.extend(told.map(|told| (path.clone(), format!("{told}, as the file's name"))));
            if kind.is_dir() {
                places.extend(self.in_files(&path, but));
            } else if kind.is_file() && !but.contains(&path.as_path()) {
                let told = self.found(&fs::read(&path).unwrap_or_default()).map(str::to_owned);
                places.extend(told.map(|told| (path.clone(), told)));
            }
        }
        places
    }

    /// The arguments and the environments of the program's processes in which something is.
    fn in_processes(&self) -> Vec<(PathBuf, String)> {
        let listed = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let ours =
            listed.filter(|process| fs::read_link(process.join("exe")).is_ok_and(|exe| exe == Path::new(STRONGROOM)));
        let files = ours.flat_map(|process| ["cmdline", "environ", "comm"].map(|file| process.join(file)));
        let told = |file: PathBuf| Some((file.clone(), self.found(&fs::read(file).ok()?)?.to_owned()));
        files.filter_map(told).collect()
    }
}

/// As it is; as text in hex and base64, wherever in a longer text it begins; as wide characters.
fn forms_of(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![
        ("as it is", bytes.to_vec()),
        ("in hex", HEXLOWER.encode(bytes).into_bytes()),
        ("in hex", HEXUPPER.encode(bytes).into_bytes()),
        ("wide", bytes.iter().flat_map(|byte| [*byte, 0]).collect()),
    ];
    for (before, first) in [(0, 0), (1, 2), (2, 3)] {
        let encoded = BASE64.encode(&[&vec![0; before], bytes].concat()).into_bytes();
        let last = (before + bytes.len()) * 8 / 6;
        forms.push(("in base64", encoded[first..last].to_vec()));
    }
    forms
}

/// How a vault is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opens {
    Passphrase,
    Environment,
    KeyFile,
}

/// How a session ends.
#[derive(Clone, Copy)]
enum Ends {
    Quits,
    Locks,
    By(Signal),
}

/// One session's vault, and what must be seen nowhere of it.
struct Session {
    vault: TestVault,
    opens: Opens,
    /// Where the passphrase or the key lies, which the operator has put there.
    key_file: PathBuf,
    old: String,
    new: String,
    half: String,
    passphrase: String,
    backup_passphrase: String,
    name: String,
    scope: String,
    described: [String; 4],
}

impl Session {
    fn new(number: usize, opens: Opens) -> Self {
        let text = |what: &str| format!("~{what}-{number}-8TmW2pLq-of-nobody");
        let passphrase = format!("~wQ7 canary passphrase Zx81 of {number}");
        let vault = match opens {
            Opens::Passphrase => TestVault::with_passphrase(&passphrase),
            Opens::Environment => TestVault::new(),
            Opens::KeyFile => TestVault::with_passphrase(&passphrase),
        };
        let home = vault.home().to_owned();
        for folder in ["tmp", "run", "config/strongroom"] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        fs::write(home.join("config/strongroom/config.toml"), "syslog = true\n").unwrap();
        let session = Self {
            key_file: home.join("key-of-the-operator"),
            opens,
            old: text("old-canary-value"),
            new: text("new-canary-value"),
            half: text("half-typed-canary"),
            backup_passphrase: format!("~bP9 canary passphrase Vn36 of {number}"),
            name: format!("CANARY_NAME_{number}_XZQ"),
            scope: format!("canaryscope{number}xzq"),
            described: ["description", "tag", "owner", "reason"].map(|what| format!("canary-{what}-{number}-xzq")),
            passphrase,
            vault,
        };
        fs::write(&session.key_file, &session.passphrase).unwrap();
        restrict(&session.key_file);
        if opens == Opens::KeyFile {
            let (passphrase, key) = (home.join("passphrase"), home.join("key-in-a-file"));
            fs::rename(&session.key_file, &passphrase).unwrap();
            let with = ["--passphrase-file", passphrase.to_str().unwrap(), "--no-input"];
            session.vault.run(&[&["key", "add", "--keyfile", key.to_str().unwrap()], &with[..]].concat(), b"");
            fs::remove_file(passphrase).unwrap();
            fs::rename(key, &session.key_file).unwrap();
        }
        session
    }

    fn address(&self) -> String {
        format!("{}/{}", self.scope, self.name)
    }

    /// What nobody may read anywhere: values and passphrases, and the keys in their forms.
    fn secrets(&self) -> Search {
        let texts = [&self.old, &self.new, &self.half, &self.passphrase, &self.backup_passphrase];
        let mut wanted: Vec<(&str, Vec<u8>)> =
            ["old value", "new value", "half a value", "passphrase", "passphrase of the backup"]
                .into_iter()
                .zip(texts.map(|text| text.as_bytes().to_vec()))
                .collect();
        let (raw, key) = match self.opens {
            Opens::Passphrase => (None, UnlockKey::Passphrase(SecretText::copied_from(self.passphrase.as_bytes()))),
            Opens::Environment => {
                let raw = RawKey::from_text(self.vault.key.as_bytes()).unwrap();
                (Some(raw.duplicate()), UnlockKey::Environment(raw))
            }
            Opens::KeyFile => {
                let raw = RawKey::from_text(&fs::read(&self.key_file).unwrap()).unwrap();
                (Some(raw.duplicate()), UnlockKey::KeyFile(raw))
            }
        };
        if let Some(raw) = raw {
            let text = raw.to_text();
            wanted.push(("the key's text", text.expose().to_vec()));
            wanted.push(("the key", raw.bytes().to_vec()));
        }
        let opened = LockedVault::open(&self.vault.path()).unwrap();
        let opened = opened.unlock(&key, strongroom::session::actor::current());
        let mut opened = opened.unwrap_or_else(|refused| panic!("{}", refused.1));
        wanted.push(("the master key", opened.master_key_for_keeping("a test").unwrap().to_bytes()[20..].to_vec()));
        Search::new(wanted.iter().map(|(name, bytes)| (*name, &bytes[..])))
    }

    /// What is in no file.
    fn names(&self) -> Search {
        let described = self.described.iter().map(|text| ("what describes it", text.as_bytes()));
        Search::new([("name", self.name.as_bytes()), ("scope", self.scope.as_bytes())].into_iter().chain(described))
    }

    /// A command that must succeed, with its key and its folders.
    fn command(&self, arguments: &[&str], input: &str) -> Vec<u8> {
        use std::io::Write;
        let mut command = self.vault.command();
        command.env("TMPDIR", self.vault.home().join("tmp")).env("XDG_RUNTIME_DIR", self.vault.home().join("run"));
        match self.opens {
            Opens::Passphrase => drop(command.arg("--passphrase-file").arg(&self.key_file)),
            Opens::KeyFile => drop(command.arg("--key-file").arg(&self.key_file)),
            Opens::Environment => {}
        }
        use std::process::Stdio;
        command.arg("--no-input").args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// What the operator does at a prompt, by commands.
    fn by_commands(&self) {
        let (address, [description, tag, owner, reason]) = (self.address(), self.described.each_ref());
        let field = ["--field", "username=@@operator", "--metadata", "{\"a\":1}"];
        let words = ["--description", description, "--tag", tag, "--owner", owner, "--reason", reason];
        self.command(&[&["set", &address, "--stdin", "--raw"], &words[..], &field].concat(), &self.old);
        self.command(&["list"], "");
        assert_eq!(self.command(&["reveal", &address], ""), self.old.as_bytes());
        self.command(&["rotate", &address, "--stdin", "--raw", "--reason", reason], &self.new);
        assert!(!self.command(&["run", "--only", &address, "--", "cat", "/dev/null"], "").contains(&b'~'));
        self.command(&["delete", &address], "");
        self.command(&["restore", &address], "");
        let home = self.vault.home();
        let (passphrase, backup) = (home.join("backup-passphrase"), home.join("kept.backup"));
        fs::write(&passphrase, &self.backup_passphrase).unwrap();
        restrict(&passphrase);
        let with = ["--backup-passphrase-file", passphrase.to_str().unwrap()];
        self.command(&[&["backup", "create", backup.to_str().unwrap()], &with[..]].concat(), "");
        self.command(&[&["backup", "verify", "--compare", backup.to_str().unwrap()], &with[..]].concat(), "");
        fs::remove_file(passphrase).unwrap();
        self.command(&["audit"], "");
        self.command(&["verify"], "");
    }

    /// A shell with a history, in which the screen is started.
    fn shell(&self) -> Pty {
        let home = self.vault.home();
        let mut setup = self.vault.shell("exec bash --norc --noprofile -i").env("PS1", "ready> ");
        for (name, file) in [("HISTFILE", "history"), ("TMPDIR", "tmp"), ("XDG_RUNTIME_DIR", "run")] {
            setup = setup.env(name, home.join(file));
        }
        let mut pty = setup.start();
        pty.wait_for("ready> ");
        let key_file = if self.opens == Opens::KeyFile { " --key-file ~/key-of-the-operator" } else { "" };
        pty.send(format!("\"$STRONGROOM\"{key_file}\r"));
        pty
    }

    /// What the operator does on the screen; gives what came out while no value was to be seen.
    fn on_the_screen(&self, secrets: &Search, ends: Ends) -> Vec<u8> {
        let mut pty = self.shell();
        if self.opens == Opens::Passphrase {
            pty.wait_for("assphrase");
            pty.settle();
            for part in self.passphrase.split_inclusive(' ') {
                pty.send(part);
                pty.settle_briefly();
            }
            pty.send("\r");
        }
        pty.wait_for(&self.name);
        pty.settle();
        pty.send("/canary\r");
        pty.settle();
        // The key in the environment was taken out of it by now.
        assert_eq!(secrets.in_processes(), []);
        let shown_from = pty.raw().len();
        pty.send("s");
        pty.wait_for(&self.new[..20]);
        pty.settle();
        pty.send("s");
        pty.wait_gone(&self.new[..20]);
        pty.settle();
        let raw = pty.raw();
        assert!(is_shown(&raw, &self.new), "the search is blind: a value was on the screen");
        let mut quiet = raw[..shown_from].to_vec();
        let hidden_at = raw.len();
        pty.send("y");
        pty.wait_wrote(copied(&self.new));
        pty.send("a");
        pty.settle();
        pty.send("HALF_TYPED\t");
        pty.settle_briefly();
        pty.send(&self.half);
        pty.settle();
        assert_eq!(secrets.in_processes(), []);
        self.end(&mut pty, ends);
        pty.wait_until("the shell", |pty| pty.contents().contains("ready> ") && pty.children().is_empty());
        pty.send("history -a; exit\r");
        pty.wait_exit(Duration::from_secs(20));
        let raw = pty.raw();
        // What the clipboard was given is meant to be there.
        let mut rest = &raw[hidden_at..];
        let given = copied(&self.new);
        while let Some(at) = super::support::pty::position(rest, given.as_bytes()) {
            quiet.extend_from_slice(&rest[..at]);
            rest = &rest[at + given.len()..];
        }
        quiet.extend_from_slice(rest);
        quiet
    }

    fn end(&self, pty: &mut Pty, ends: Ends) {
        let ours = pty.children()[0];
        match ends {
            Ends::Quits => pty.signal_children(Signal::TERM),
            Ends::Locks => {
                pty.send("\x0c");
                pty.wait_gone(&self.name);
                pty.settle();
                pty.signal_children(Signal::INT);
            }
            Ends::By(signal) => drop(rustix::process::kill_process(ours, signal)),
        }
    }
}

/// Whether the beginning of a text was ever on the screen that these bytes draw; what is drawn
/// over something like it does not come in one piece.
fn is_shown(raw: &[u8], text: &str) -> bool {
    let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
    raw.chunks(256).any(|piece| {
        parser.process(piece);
        parser.screen().contents().contains(&text[..BEGINNING])
    })
}

/// What stands in the arguments and environments of the program, looked at again and again
/// for as long as it is wanted.
fn watched<T>(search: &Search, work: impl FnOnce() -> T) -> (T, Vec<(PathBuf, String)>) {
    /// Also when the work fails.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let watch = threads.spawn(|| {
            let mut found = Vec::new();
            while !is_over.load(Ordering::SeqCst) {
                found.extend(search.in_processes());
                std::thread::sleep(Duration::from_millis(20));
            }
            found
        });
        let over = Over(&is_over);
        let done = work();
        drop(over);
        (done, watch.join().unwrap())
    })
}

/// The system's log, for as long as it is looked at. Where the machine has one, that one stays,
/// and what it is told is not looked at.
struct Log {
    lines: Arc<Mutex<Vec<u8>>>,
    over: Arc<AtomicBool>,
    listens: bool,
}

impl Log {
    fn new() -> Self {
        let (lines, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        // Where nobody listens any more, a run before this one was killed.
        let refused = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
        if UnixDatagram::unbound().unwrap().connect(LOG).is_err_and(|error| refused(&error)) {
            fs::remove_file(LOG).unwrap();
        }
        let socket = UnixDatagram::bind(LOG).ok();
        let listens = socket.is_some();
        if let Some(socket) = socket {
            socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let (lines, over) = (Arc::clone(&lines), Arc::clone(&over));
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while !over.load(Ordering::SeqCst) {
                    let Ok(count) = socket.recv(&mut buffer) else { continue };
                    lines.lock().unwrap().extend_from_slice(&[&buffer[..count], b"\n"].concat());
                }
            });
        }
        Self { lines, over, listens }
    }

    /// All that it was told so far.
    fn lines(&self) -> Vec<u8> {
        self.lines.lock().unwrap().clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if self.listens {
            let _ = fs::remove_file(LOG);
        }
    }
}

fn session(number: usize, log: &Log) {
    let opens = [Opens::Passphrase, Opens::Environment, Opens::KeyFile][number % 3];
    let ends =
        [Ends::Quits, Ends::By(Signal::HUP), Ends::Locks, Ends::By(Signal::KILL), Ends::By(Signal::QUIT)][number % 5];
    let session = Session::new(number, opens);
    let (secrets, names, home) = (session.secrets(), session.names(), session.vault.home().to_owned());
    // A key in the environment stands in the arguments of no process, but in what starts it.
    let texts = [&session.old, &session.new, &session.half, &session.passphrase, &session.backup_passphrase];
    let typed = Search::new(texts.map(|text| ("a value or passphrase", text.as_bytes())));
    let (quiet, seen) = watched(&typed, || {
        session.by_commands();
        session.on_the_screen(&secrets, ends)
    });
    assert_eq!(seen, [], "{number}: of arguments and environments");
    assert_eq!(secrets.found(&quiet), None, "{number}: on the terminal");
    for text in texts {
        assert!(!is_shown(&quiet, text), "{number}: on the screen");
    }
    let lines = log.lines();
    assert!(!log.listens || !lines.is_empty(), "{number}: the system's log was told nothing");
    assert_eq!((secrets.found(&lines), names.found(&lines)), (None, None), "{number}: in the system's log");
    assert!(fs::read_to_string(home.join("history")).unwrap().contains("STRONGROOM"), "{number}: there is no history");
    let put_there = [session.key_file.as_path()];
    assert_eq!(secrets.in_files(&home, &put_there), [], "{number}: of files");
    assert_eq!(names.in_files(&home, &[]), [], "{number}: names in files");
    for folder in ["tmp", "run"] {
        eventually("what is temporary to go", || fs::read_dir(home.join(folder)).unwrap().count() == 0);
    }
    for looked_at in ["store/vault.db", "kept.backup", ".local/state/strongroom/anchors"] {
        assert!(home.join(looked_at).exists(), "{number}: there is no {looked_at} to look into");
    }
    // What is there is found: the search is not blind to files.
    let planted = home.join("tmp/planted");
    fs::write(&planted, HEXLOWER.encode(session.new.as_bytes())).unwrap();
    assert_eq!(secrets.in_files(&home, &put_there), [(planted, "new value, in hex".to_owned())]);
}

#[test]
fn h2_thirty_sessions_leave_nothing_that_tells() {
    let (log, next) = (Log::new(), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                let mut numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::SeqCst));
                while let Some(number) = numbers.next().filter(|number| *number < rounds(30)) {
                    session(number, &log);
                }
            });
        }
    });
}

#[test]
fn h2_the_search_finds_every_form() {
    let search = Search::new([("it", &b"~canary-of-the-search-5Qx"[..])]);
    for (form, bytes) in forms_of(b"~canary-of-the-search-5Qx") {
        let hay = [b"x\0y".as_slice(), &bytes, b"z"].concat();
        assert_eq!(search.found(&hay), Some(&*format!("it, {form}")));
    }
    for before in 0..7 {
        let hay = BASE64.encode(&[&vec![b'.'; before], &b"~canary-of-the-search-5Qx"[..], b"..."].concat());
        assert_eq!(search.found(hay.as_bytes()), Some("it, in base64"), "{before}");
    }
    assert_eq!(search.found(b"~canary-of-of-the-search-5Q"), None);
}

#[test]
#[ignore = "the long form, half an hour: STRONGROOM_TEST_ROUNDS=300 cargo test … --test process h2 -- --ignored"]
fn h2_long_form() {
    assert!(rounds(0) >= 300, "set STRONGROOM_TEST_ROUNDS=300");
    h2_thirty_sessions_leave_nothing_that_tells();
}
