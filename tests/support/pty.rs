//! [`Pty`]: the real program in a terminal of its own, seen through `vt100`.
//!
//! A thread reads all that is written, keeps the raw bytes and draws them. The
//! emulator answers no queries, so a program that asks one would hang, and
//! [`Pty::assert_clean`] finds it in the bytes.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything takes on a busy machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program's path.
pub(crate) const STRONGROOM: &str = env!("CARGO_BIN_EXE_strongroom");

/// What to run, and in which terminal.
pub(crate) struct Setup {
    command: CommandBuilder,
    size: (u16, u16),
}

impl Setup {
    /// `program` with an environment of its own: a home folder, a usual terminal,
    /// and no display, as over SSH.
    pub(crate) fn new(program: &str, home: &Path) -> Self {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", home);
        command.env("XDG_CONFIG_HOME", home.join("config"));
        command.env("XDG_DATA_HOME", home.join("data"));
        command.env("TERM", "xterm-256color");
        command.env("TZ", "UTC");
        command.env("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");
        command.cwd(home);
        Self { command, size: (80, 24) }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// Runs it.
    pub(crate) fn start(self) -> Pty {
        Pty::start(self)
    }
}

/// What came out so far.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
}

/// A program that runs in a terminal.
pub(crate) struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    paused: Arc<AtomicBool>,
    cut: Arc<AtomicBool>,
    /// The terminal's modes before the program ran.
    modes_before: String,
}

impl Pty {
    fn start(setup: Setup) -> Self {
        let (columns, rows) = setup.size;
        let pair = native_pty_system().openpty(pty_size(columns, rows)).unwrap();
        let modes_before = modes(&*pair.master);
        let child = pair.slave.spawn_command(setup.command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(nonzero(rows), nonzero(columns), 0);
        let seen = Arc::new(Mutex::new(Seen { parser, raw: Vec::new() }));
        let paused = Arc::new(AtomicBool::new(false));
        let cut = Arc::new(AtomicBool::new(false));
        let reader = pair.master.try_clone_reader().unwrap();
        std::thread::spawn({
            let (seen, paused, cut) = (Arc::clone(&seen), Arc::clone(&paused), Arc::clone(&cut));
            move || read_all(reader, &seen, &paused, &cut)
        });
        let writer = pair.master.take_writer().unwrap();
        Self { master: pair.master, writer, child, seen, paused, cut, modes_before }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// The screen as text.
    pub(crate) fn contents(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Looks at the emulator's screen.
    pub(crate) fn screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen().parser.screen())
    }

    /// All bytes that were ever written.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    /// True when these bytes were ever written.
    pub(crate) fn wrote(&self, bytes: impl AsRef<[u8]>) -> bool {
        contains(&self.seen().raw, bytes.as_ref())
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} to show"), |pty| pty.contents().contains(text));
    }

    /// Waits until the screen no longer shows `text`.
    #[track_caller]
    pub(crate) fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("{text:?} to be gone"), |pty| !pty.contents().contains(text));
    }

    /// Waits until these bytes were written.
    #[track_caller]
    pub(crate) fn wait_wrote(&self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        let what = format!("{:?} to be written", String::from_utf8_lossy(bytes));
        self.wait_until(&what, |pty| pty.wrote(bytes));
    }

    /// Waits until `condition` holds.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !condition(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}; the screen:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Lets the program work off what it was sent.
    pub(crate) fn settle(&self) {
        let mut before = usize::MAX;
        loop {
            std::thread::sleep(Duration::from_millis(150));
            let now = self.seen().raw.len();
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// The same where the next key may come at once.
    pub(crate) fn settle_briefly(&self) {
        let before = self.seen().raw.len();
        let start = Instant::now();
        while self.seen().raw.len() == before && start.elapsed() < Duration::from_millis(100) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types.
    pub(crate) fn send(&mut self, keys: impl AsRef<[u8]>) {
        self.writer.write_all(keys.as_ref()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Pastes, between brackets as a terminal does when it was asked to.
    pub(crate) fn paste(&mut self, text: &str) {
        assert!(self.screen(vt100::Screen::bracketed_paste), "bracketed paste is off");
        self.send(format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Changes the terminal's size; the program gets SIGWINCH.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        if columns > 0 && rows > 0 {
            self.seen().parser.screen_mut().set_size(nonzero(rows), nonzero(columns));
        }
        self.master.resize(pty_size(columns, rows)).unwrap();
    }

    /// Stops or goes on taking what is written, like a connection that stalls.
    pub(crate) fn stall(&self, stalled: bool) {
        self.paused.store(stalled, Ordering::SeqCst);
    }

    /// The connection drops: nobody holds the terminal's other end any more, and what
    /// ran first in it is killed.
    pub(crate) fn cut(mut self) {
        self.stall(true);
        // The reader leaves its read with the next frame, and the terminal with the cut.
        self.resize(79, 23);
        std::thread::sleep(Duration::from_millis(100));
        self.cut.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
    }

    /// The program's process id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// The processes that the program started.
    pub(crate) fn children(&self) -> Vec<Pid> {
        let pid = self.pid().as_raw_nonzero();
        let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        listed.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)).collect()
    }

    /// Sends a signal to the processes that the program started.
    pub(crate) fn signal_children(&self, signal: Signal) {
        for child in self.children() {
            kill_process(child, signal).unwrap();
        }
    }

    /// The terminal's modes now, as `stty` would tell them.
    pub(crate) fn modes(&self) -> String {
        modes(&*self.master)
    }

    /// Waits for the end, at most `within`; gives the exit code.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self, within: Duration) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What was written last is still on its way through the reader.
                std::thread::sleep(Duration::from_millis(50));
                return status.exit_code();
            }
            assert!(start.elapsed() < within, "still running after {within:?}; the screen:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asserts that the terminal is as it was before the program ran.
    #[track_caller]
    pub(crate) fn assert_restored(&self) {
        self.screen(|screen| {
            assert!(!screen.alternate_screen(), "the alternate screen was not left");
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still taken");
        });
        assert_eq!(self.modes(), self.modes_before, "the line modes differ");
    }

    /// Asserts that nothing was ever asked of the terminal, and that none of
    /// `secrets` was ever written to it.
    #[track_caller]
    pub(crate) fn assert_clean(&self, secrets: &[&str]) {
        let raw = self.raw();
        assert_no_query(&raw);
        for secret in secrets {
            assert!(!contains(&raw, secret.as_bytes()), "a secret was written to the terminal");
        }
    }
}

/// A test that fails must not leave a program behind.
impl Drop for Pty {
    fn drop(&mut self) {
        self.stall(false);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What programs ask terminals: cursor, status, attributes, colours, keyboard, names, the clipboard.
const QUERIES: &[&[u8]] = &[
    b"\x1b[6n",
    b"\x1b[?6n",
    b"\x1b[5n",
    b"\x1b[c",
    b"\x1b[0c",
    b"\x1b[>c",
    b"\x1b[>0c",
    b"\x1b[=c",
    b"\x1b[?u",
    b"\x1b[>q",
    b"\x1b[14t",
    b"\x1b[18t",
    b"\x1b]10;?",
    b"\x1b]11;?",
    b"\x1b]52;c;?",
    b"\x1bP+q",
    b"\x1b[?2026$p",
];

fn read_all(mut reader: Box<dyn Read + Send>, seen: &Mutex<Seen>, paused: &AtomicBool, cut: &AtomicBool) {
    let mut buffer = [0; 4096];
    loop {
        while paused.load(Ordering::SeqCst) {
            if cut.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let Ok(count) = reader.read(&mut buffer) else { return };
        if count == 0 {
            return;
        }
        let mut seen = seen.lock().unwrap();
        seen.parser.process(&buffer[..count]);
        seen.raw.extend_from_slice(&buffer[..count]);
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Asserts that nothing in `raw` asks the terminal anything.
#[track_caller]
pub(crate) fn assert_no_query(raw: &[u8]) {
    for query in QUERIES {
        assert!(!contains(raw, query), "the terminal was asked {:?}", String::from_utf8_lossy(query));
    }
}

/// True when a process has ended and nobody has asked how.
pub(crate) fn is_zombie(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// True when `needle` is in `hay`.
pub(crate) fn contains(hay: &[u8], needle: &[u8]) -> bool {
    position(hay, needle).is_some()
}

/// Where `needle` first is in `hay`.
pub(crate) fn position(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len().max(1)).position(|window| window == needle)
}

/// How often `needle` is in `hay`.
pub(crate) fn count(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len().max(1)).filter(|window| *window == needle).count()
}
