//! What may not take longer at a hundred thousand secrets: `cargo bench --bench budgets`.
//!
//! Prints each budget with what it came to, beside a yardstick of the same run: as many
//! rows in plain SQLite with the same settings, an echo of the terminal, an empty vault.
//! Nothing is asserted, since a machine that does other things meanwhile proves nothing;
//! the exit code is 1 when a budget is missed. Another number of secrets can be given.

#[expect(dead_code, reason = "the other benches want medians")]
mod support;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rusqlite::Connection;
use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, NewVault, Vault};

use support::addresses;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const STRONGROOM: &str = env!("CARGO_BIN_EXE_strongroom");
/// What is typed into the filter, a key at a time.
const TYPED: &str = "stripe_api prod pay";
/// Rounds of what starts a program, and of what is committed.
const STARTS: usize = 15;
const COMMITS: usize = 300;
/// Bytes that a secret takes in a vault, about: its metadata, its value and its audit record.
const SEALED: usize = 600;
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// One budget.
struct Budget {
    what: &'static str,
    limit: f64,
    unit: &'static str,
    took: f64,
    yardstick: f64,
    beside: &'static str,
}

impl Budget {
    fn print(&self) {
        let Self { what, limit, unit, took, yardstick, beside } = self;
        let verdict = if self.is_kept() { "kept" } else { "MISSED" };
        println!("{what:<44} {took:>8.1} {unit:<3} of {limit:>5.0}  {verdict:<6}  {yardstick:>8.1} {unit:<3} {beside}");
    }

    fn is_kept(&self) -> bool {
        self.took <= self.limit
    }
}

/// A vault of made-up secrets, with its key in a file.
struct Room {
    folder: tempfile::TempDir,
    addresses: Vec<Address>,
}

impl Room {
    fn filled(count: usize) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let texts = addresses(count);
        let addresses =
            texts.iter().map(|text| Address::parse(text, &ScopePath::root())).collect::<Result<Vec<_>, _>>()?;
        let room = Self { folder, addresses };
        let key = RawKey::generate()?;
        private(&room.key(), key.to_text().expose())?;
        let new = NewVault { keys: vec![UnlockKey::KeyFile(key)], cost: None };
        for folder in ["store", "home"] {
            std::fs::create_dir(room.folder.path().join(folder))?;
        }
        let mut vault = Vault::create(&room.vault(), new, actor())?;
        let secrets = room.addresses.iter().enumerate();
        let secrets = secrets.map(|(number, address)| (address.clone(), value(number), MetadataChange::default()));
        vault.create_many(secrets, "Bench")?;
        vault.lock()?;
        Ok(room)
    }

    fn vault(&self) -> PathBuf {
        self.folder.path().join("store/vault.db")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("vault.key")
    }

    /// What keeps the program inside of the folder.
    fn variables(&self) -> [(&'static str, PathBuf); 4] {
        let path = |name: &str| self.folder.path().join(name);
        [
            ("HOME", path("home")),
            ("XDG_CONFIG_HOME", path("config")),
            ("XDG_DATA_HOME", path("data")),
            ("STRONGROOM_VAULT", self.vault()),
        ]
    }

    fn open(&self) -> Outcome<Vault> {
        let key = UnlockKey::KeyFile(RawKey::from_text(&std::fs::read(self.key())?)?);
        Ok(LockedVault::open(&self.vault())?.unlock(&key, actor()).map_err(|refused| refused.1)?)
    }

    fn command(&self, arguments: &[&str]) -> Outcome<Duration> {
        let mut command = Command::new(STRONGROOM);
        command.env_clear().envs(self.variables()).arg("--key-file").arg(self.key()).args(arguments);
        let begun = Instant::now();
        let output = command.stdin(Stdio::null()).output()?;
        if output.status.success() { Ok(begun.elapsed()) } else { Err(String::from_utf8(output.stderr)?.into()) }
    }

    /// The screen, and how long it took to show a secret.
    fn screen(&self) -> Outcome<(Terminal, Duration)> {
        let mut command = CommandBuilder::new(STRONGROOM);
        command.env_clear();
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.arg("--key-file");
        command.arg(self.key());
        let mut terminal = Terminal::start(command)?;
        let first = self.addresses.iter().min().map(|address| address.name.to_string()).unwrap_or_default();
        let took = terminal.wait_for(&first)?;
        Ok((terminal, took))
    }
}

fn private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text)
}

fn actor() -> Actor {
    Actor { user: "ops".into(), host: "bastion1".into(), ..Actor::default() }
}

fn value(number: usize) -> Fields {
    Fields::value(SecretText::from(format!("{number:040}")))
}

/// A program in a terminal; what it writes comes with its time.
struct Terminal {
    written: Receiver<(Instant, Vec<u8>)>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    begun: Instant,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn start(command: CommandBuilder) -> Outcome<Self> {
        let size = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let (mut reader, keys) = (pair.master.try_clone_reader()?, pair.master.take_writer()?);
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        let (sender, written) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        Ok(Self { written, keys, child, begun, _master: pair.master })
    }

    /// Since the start, until it has written `text`.
    fn wait_for(&mut self, text: &str) -> Outcome<Duration> {
        let mut all = Vec::new();
        loop {
            let (at, bytes) = self.written.recv_timeout(PATIENCE)?;
            all.extend_from_slice(&bytes);
            if all.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Ok(at - self.begun);
            }
        }
    }

    /// From a key until something is written; waits until nothing more comes.
    fn key(&mut self, key: u8) -> Outcome<Duration> {
        let begun = Instant::now();
        self.keys.write_all(&[key])?;
        self.keys.flush()?;
        let (at, _) = self.written.recv_timeout(PATIENCE)?;
        self.settle();
        Ok(at - begun)
    }

    fn settle(&mut self) {
        while self.written.recv_timeout(Duration::from_millis(60)).is_ok() {}
    }

    /// The most memory it ever held, in MiB.
    fn memory(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.process_id().unwrap_or(0)))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no memory is told")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As many rows as the vault has secrets, of their size, in plain SQLite: no key, no seal, no log.
struct Plain(Connection);

impl Plain {
    fn filled(path: &Path, count: usize) -> Outcome<Self> {
        let mut db = Connection::open(path)?;
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id BLOB PRIMARY KEY, b BLOB)",
        )?;
        let tx = db.transaction()?;
        for number in 0..count {
            tx.execute("INSERT INTO t VALUES (?, zeroblob(?))", (format!("{number:016}"), SEALED))?;
        }
        tx.commit()?;
        Ok(Self(db))
    }

    fn scan(path: &Path) -> Outcome<Duration> {
        let begun = Instant::now();
        let db = Connection::open(path)?;
        let mut statement = db.prepare("SELECT id, b FROM t")?;
        let mut rows = statement.query([])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(1)?.as_blob()?.len();
        }
        std::hint::black_box(bytes);
        Ok(begun.elapsed())
    }

    fn commit(&self, number: usize) -> Outcome<Duration> {
        let begun = Instant::now();
        let id = format!("{number:016}");
        self.0.execute("UPDATE t SET b = randomblob(?) WHERE id = ?", (SEALED, id))?;
        Ok(begun.elapsed())
    }

    fn rewrite(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        self.0.execute("UPDATE t SET b = randomblob(length(b))", [])?;
        Ok(begun.elapsed())
    }
}

/// So many of a hundred took at most so long.
fn milliseconds(mut times: Vec<Duration>, percent: usize) -> f64 {
    times.sort_unstable();
    times[times.len() * percent / 100].as_secs_f64() * 1e3
}

fn unlock(room: &Room, plain: &Path) -> Outcome<Budget> {
    let (mut ours, mut scans) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        ours.push(room.screen()?.1);
        scans.push(Plain::scan(plain)?);
    }
    let (took, yardstick) = (milliseconds(ours, 50), milliseconds(scans, 50));
    let beside = "to read as many rows of plain SQLite";
    Ok(Budget { what: "from the start to the list, key file", limit: 400.0, unit: "ms", took, yardstick, beside })
}

/// The keys of [`TYPED`] and the ones that take them away, in the program and in `cat`, which echoes.
fn keys_and_memory(room: &Room, empty: &Room) -> Outcome<[Budget; 2]> {
    let typed = |terminal: &mut Terminal| -> Outcome<Vec<Duration>> {
        let mut times = Vec::new();
        for _ in 0..5 {
            for key in TYPED.bytes() {
                times.push(terminal.key(key)?);
            }
            for _ in TYPED.bytes() {
                times.push(terminal.key(0x7f)?);
            }
        }
        Ok(times)
    };
    let mut screen = room.screen()?.0;
    screen.settle();
    screen.key(b'/')?;
    let ours = typed(&mut screen)?;
    let mut echo = Terminal::start(CommandBuilder::new("cat"))?;
    let echoes = typed(&mut echo)?;
    let memory = screen.memory()?;
    let mut small = empty.screen()?.0;
    small.settle();
    let (took, yardstick) = (milliseconds(ours, 95), milliseconds(echoes, 95));
    let beside = "for the terminal to echo a key (95th)";
    let keys =
        Budget { what: "a key in the filter, to the screen (95th)", limit: 16.0, unit: "ms", took, yardstick, beside };
    let yardstick = small.memory()?;
    let beside = "with ten secrets";
    let memory = Budget { what: "memory, after all that", limit: 64.0, unit: "MiB", took: memory, yardstick, beside };
    Ok([keys, memory])
}

fn commits(room: &Room, plain: &Plain) -> Outcome<Budget> {
    let (mut vault, mut ours, mut theirs) = (room.open()?, Vec::new(), Vec::new());
    for round in 0..COMMITS {
        let address = &room.addresses[round * 7919 % room.addresses.len()];
        let begun = Instant::now();
        vault.rotate(address, value(round + 1_000_000), "Bench", Expected::Any)?;
        ours.push(begun.elapsed());
        theirs.push(plain.commit(round)?);
    }
    let (took, yardstick) = (milliseconds(ours, 95), milliseconds(theirs, 95));
    let beside = "for a row of plain SQLite, durable (95th)";
    Ok(Budget { what: "a rotation, durable and on record (95th)", limit: 25.0, unit: "ms", took, yardstick, beside })
}

fn replace(room: &Room, plain: &Plain) -> Outcome<Budget> {
    let took = room.command(&["key", "replace", "--yes", "--reason", "bench", "--no-input"])?.as_secs_f64();
    let yardstick = plain.rewrite()?.as_secs_f64();
    let beside = "to rewrite as many rows of plain SQLite";
    Ok(Budget { what: "another master key, everything sealed anew", limit: 6.0, unit: "s", took, yardstick, beside })
}

fn measured(count: usize) -> Outcome<Vec<Budget>> {
    let (room, empty) = (Room::filled(count)?, Room::filled(10)?);
    let path = room.folder.path().join("plain.db");
    let plain = Plain::filled(&path, count)?;
    println!("{count} secrets, {:.1} MiB", std::fs::metadata(room.vault())?.len() as f64 / f64::from(1 << 20));
    let mut budgets = vec![unlock(&room, &path)?];
    budgets.extend(keys_and_memory(&room, &empty)?);
    budgets.push(commits(&room, &plain)?);
    budgets.push(replace(&room, &plain)?);
    Ok(budgets)
}

fn main() -> Outcome<ExitCode> {
    let count = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let budgets = measured(count)?;
    budgets.iter().for_each(Budget::print);
    Ok(if budgets.iter().all(Budget::is_kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
