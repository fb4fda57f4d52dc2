//! The output of a program on its way through the mask: `cargo bench --bench mask [-- SECRETS...]`.
//!
//! One gigabyte from a program through the real binary, beside the same through `cat`, which
//! copies it as well and masks nothing. Nothing is asserted: only ratios within one run count.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::error::Result;
use strongroom::inject::mask::{CHUNK, Masker, Secrets};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, NewVault, Vault};

/// A key for made-up data only.
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const GIGABYTE: usize = 1 << 30;
const ROUNDS: usize = 5;

/// Values as keys mostly are, the same in every run: 40 letters and digits.
fn values(count: usize) -> Vec<String> {
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[(state >> 33) as usize % 62] as char
    };
    (0..count).map(|_| (0..40).map(|_| letter()).collect()).collect()
}

/// Lines as servers write them, with no secret in them.
fn log(bytes: usize) -> Vec<u8> {
    let mut log = Vec::with_capacity(bytes + 256);
    let mut line = 0_u64;
    while log.len() < bytes {
        line += 1;
        let id = line.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let _ = writeln!(
            log,
            "2026-03-01T12:{:02}:{:02}.{:03}Z INFO request{{method=GET path=/api/v1/orders/{} id={id:016x}}} status=200 \
             bytes={} latency_ms={} agent=\"Mozilla/5.0 (X11; Linux x86_64)\"",
            line / 60 % 60,
            line % 60,
            line % 1000,
            line % 99_991,
            line % 40_961,
            line % 250
        );
    }
    log.truncate(bytes);
    log
}

fn megabytes(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The masker alone, on text in memory.
fn alone(what: &str, text: &[u8], secrets: &Secrets) {
    let times = (0..ROUNDS).map(|_| {
        let mut masker = Masker::new(secrets);
        let mut shown = 0;
        let begun = Instant::now();
        for part in text.chunks(CHUNK) {
            masker.room()[..part.len()].copy_from_slice(part);
            masker.take(part.len(), &mut |bytes| shown += bytes.len());
        }
        masker.finish(&mut |bytes| shown += bytes.len());
        let time = begun.elapsed();
        assert_eq!(shown, text.len(), "something was masked");
        time
    });
    println!(
        "  {what:<10} masker alone, its copy included {:>8.0} MB/s",
        megabytes(text.len(), median(times.collect()))
    );
}

/// A vault of these secrets.
fn vault(path: &Path, values: &[String]) -> Result<()> {
    let key = || Ok::<_, strongroom::error::Error>(UnlockKey::Environment(RawKey::from_text(KEY.as_bytes())?));
    let mut vault = Vault::create(path, NewVault { keys: vec![key()?], cost: None }, Actor::default())?;
    for (number, value) in values.iter().enumerate() {
        let address = Address::parse(&format!("KEY_{number}"), &ScopePath::root())?;
        let fields = Fields::value(SecretText::from(value.clone()));
        vault.set(&address, Some(fields), MetadataChange::default(), "", Expected::Absent)?;
    }
    vault.lock()?;
    LockedVault::open(path).map(drop)
}

/// How long it takes until all that `command` writes was read.
fn drained(mut command: Command) -> std::io::Result<(usize, Duration)> {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut buffer = vec![0; 256 * 1024];
    let mut read = 0;
    if let Some(output) = &mut child.stdout {
        loop {
            match output.read(&mut buffer)? {
                0 => break,
                count => read += count,
            }
        }
    }
    child.wait()?;
    Ok((read, begun.elapsed()))
}

fn through_pipes(what: &str, script: &str, vault: &Path) -> std::io::Result<()> {
    let masked = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        command
            .args(["run", "--", "sh", "-c", script])
            .env("STRONGROOM_MASTER_KEY", KEY)
            .env("STRONGROOM_VAULT", vault);
        command
    };
    let plain = || {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{{ {script}; }} | cat"));
        command
    };
    // By turns, so that both meet the same machine.
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (command, times) in [(masked(), &mut with), (plain(), &mut without)] {
            let (read, time) = drained(command)?;
            if read != GIGABYTE {
                return Err(std::io::Error::other(format!("{read} bytes came instead of {GIGABYTE}")));
            }
            times.push(time);
        }
    }
    let (with, without) = (megabytes(GIGABYTE, median(with)), megabytes(GIGABYTE, median(without)));
    println!("  {what:<10} run {with:>8.0} MB/s   | cat {without:>8.0} MB/s   {:>4.0} %", with / without * 100.0);
    Ok(())
}

fn measure(
    folder: &Path,
    count: usize,
    text: &[u8],
    text_path: &Path,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    println!("{count} secrets of 40 bytes");
    let values = values(count);
    let held: Vec<SecretText> = values.iter().map(|value| SecretText::from(value.clone())).collect();
    let begun = Instant::now();
    let secrets = Secrets::new(held.iter())?;
    println!("  made ready in {:.2} ms", begun.elapsed().as_secs_f64() * 1e3);
    alone("zeros", &vec![0; text.len()], &secrets);
    alone("log", text, &secrets);
    let path: PathBuf = folder.join(format!("vault-{count}.db"));
    vault(&path, &values)?;
    through_pipes("zeros", &format!("head -c {GIGABYTE} /dev/zero"), &path)?;
    let times = GIGABYTE / text.len();
    let files = vec![text_path.display().to_string(); times].join(" ");
    through_pipes("log", &format!("cat {files}"), &path)?;
    Ok(())
}

fn main() -> ExitCode {
    let counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let counts = if counts.is_empty() { vec![1, 10, 100] } else { counts };
    let Ok(folder) = tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" }) else {
        eprintln!("there is no folder to work in");
        return ExitCode::FAILURE;
    };
    let text = log(64 << 20);
    let text_path = folder.path().join("log");
    let done = std::fs::write(&text_path, &text).map_err(Into::into);
    let done = counts
        .into_iter()
        .fold(done, |done, count| done.and_then(|()| measure(folder.path(), count, &text, &text_path)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
