//! The vault without a screen: `cargo bench --bench vault [-- 100 100000]`.
//!
//! Fills a vault (kept under `target/bench`, since that takes minutes at 100,000) with
//! three versions a secret (one beyond 100,000), then prints medians. Nothing is asserted: only ratios
//! within one run count.

mod support;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::error::{Error, Result};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::catalog::Catalog;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, NewVault, Release, Vault};

use support::{addresses, percentiles};

/// A key for made-up data only, so that a kept vault opens again; the shell uses it too.
const KEY: &[u8] = b"0101010101010101010101010101010101010101010101010101010101010101";

fn key() -> Result<UnlockKey> {
    Ok(UnlockKey::Environment(RawKey::from_text(KEY)?))
}

fn actor() -> Actor {
    Actor { user: "ops".into(), host: "bastion1".into(), ..Actor::default() }
}

fn value(number: usize, version: usize) -> Fields {
    Fields::value(SecretText::from(format!("{number:020}{version:020}")))
}

fn open(path: &std::path::Path) -> Result<Vault> {
    LockedVault::open(path)?.unlock(&key()?, actor()).map_err(|refused| refused.1)
}

fn filled(count: usize) -> Result<PathBuf> {
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from).join("bench");
    let path = folder.join(format!("vault-{count}.db"));
    if path.exists() {
        return Ok(path);
    }
    let begun = Instant::now();
    let draft = folder.join(format!("vault-{count}.draft.db"));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("vault-{count}.draft.db{suffix}")));
    }
    let mut vault = Vault::create(&draft, NewVault { keys: vec![key()?], cost: None }, actor())?;
    let addresses = addresses(count)
        .iter()
        .map(|address| Address::parse(address, &ScopePath::root()))
        .collect::<Result<Vec<_>>>()?;
    // The first versions many at a time; the others one by one, which a million would take hours for.
    let mut numbered = addresses.iter().enumerate().peekable();
    while numbered.peek().is_some() {
        let part = numbered.by_ref().take(200_000);
        let new = part.map(|(number, address)| (address.clone(), value(number, 1), MetadataChange::default()));
        vault.create_many(new, "Bench")?;
    }
    for version in (2..=3).take(if count > 100_000 { 0 } else { 2 }) {
        for (number, address) in addresses.iter().enumerate() {
            vault.set(
                address,
                Some(value(number, version)),
                MetadataChange::default(),
                "Scheduled rotation",
                Expected::Any,
            )?;
        }
    }
    vault.lock()?;
    std::fs::rename(&draft, &path).map_err(|error| Error::failure(error.to_string()))?;
    println!("{count} secrets written in {:?}", begun.elapsed());
    Ok(path)
}

fn time(what: &str, rounds: usize, mut work: impl FnMut(usize) -> Result<()>) -> Result<()> {
    let mut times: Vec<Duration> = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let begun = Instant::now();
        work(round)?;
        times.push(begun.elapsed());
    }
    let (median, last) = percentiles(times);
    println!("  {what:<44} {:>9.3} ms  99th {:>9.3} ms", median.as_secs_f64() * 1e3, last.as_secs_f64() * 1e3);
    Ok(())
}

fn measure(count: usize) -> Result<()> {
    let path = filled(count)?;
    let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    println!("{count} secrets, {size} bytes, {} a secret with its versions and their audit", size / count as u64);
    let addresses: Vec<Address> =
        addresses(count).iter().filter_map(|address| Address::parse(address, &ScopePath::root()).ok()).collect();
    let pick = |round: usize| &addresses[round * 7919 % addresses.len()];
    time("open and unlock with a raw key", 50, |_| open(&path).map(|vault| drop(black_box(vault))))?;
    let mut vault = open(&path)?;
    time("whole list, from the sealed lists", 9, |_| vault.catalog().map(|catalog| drop(black_box(catalog))))?;
    time("whole list, as it was: from all rows", 9, |_| {
        vault.secrets_in_full().map(|secrets| drop(black_box(secrets.into_iter().collect::<Catalog>())))
    })?;
    time("every row against root and list, one thread", 5, |_| vault.verify_rows())?;
    time("changes, nothing changed", 200, |_| vault.changes().map(|change| drop(black_box(change))))?;
    time("find one", 200, |round| vault.find(pick(round)).map(|secret| drop(black_box(secret))))?;
    let ids = (0..200).map(|round| Ok(vault.find(pick(round))?.id)).collect::<Result<Vec<_>>>()?;
    time("history of one", 200, |round| vault.history(ids[round]).map(|history| drop(black_box(history))))?;
    time("reveal one, with its durable audit record", 200, |round| {
        vault.release(ids[round], None, Release::Reveal, "", true).map(|fields| drop(black_box(fields)))
    })?;
    time("rotate one, durable", 200, |round| {
        vault.rotate(pick(round), value(round, 4), "Bench", Expected::Any).map(|written| drop(black_box(written)))
    })?;
    time("walk the audit chain", 9, |_| vault.verify_audit().map(|verdict| drop(black_box(verdict))))?;
    time("the same, and tell the use of every secret", 9, |_| vault.usage().map(|usage| drop(black_box(usage))))?;
    time("find every value that is there twice", 3, |_| vault.duplicates().map(|found| drop(black_box(found))))
}

fn main() -> std::process::ExitCode {
    let counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let counts = if counts.is_empty() { vec![100, 10_000] } else { counts };
    for count in counts {
        if let Err(error) = measure(count) {
            eprintln!("{error}");
            return std::process::ExitCode::FAILURE;
        }
    }
    std::process::ExitCode::SUCCESS
}
