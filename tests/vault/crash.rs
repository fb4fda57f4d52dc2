//! kill -9 at any moment, and many writers at once: nothing that was acknowledged is
//! lost, nothing half-done is seen.
//!
//! `STRONGROOM_KILLS` gives the number of kills of each kind (D1).
//!
//! The workers are this test binary itself, started again with a job in its
//! environment; they write one line to stdout for each thing the vault acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::crypto::passphrase::Cost;
use strongroom::error::Kind;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::backup::{Backup, Destination, LockedBackup};
use strongroom::vault::bulk::Act;
use strongroom::vault::generate::Recipe;
use strongroom::vault::rotation::{Promotion, Runner, StageState, StepEnd, StepKind, Turn, Which};
use strongroom::vault::secret::Secret;
use strongroom::vault::{Doomed, Expected, LockedVault, MetadataChange, NewVault, Pick, Release, Vault};

use crate::place::{actor, at, put, reveal, trials, value};

const KEY: &[u8] = b"0202020202020202020202020202020202020202020202020202020202020202";

fn key() -> UnlockKey {
    UnlockKey::Environment(RawKey::from_text(KEY).unwrap())
}

fn open(path: &Path) -> Vault {
    LockedVault::open(path).unwrap().unlock(&key(), actor()).map_err(|refused| refused.1).unwrap()
}

fn create(path: &Path) -> Vault {
    Vault::create(path, NewVault { keys: vec![key()], cost: None }, actor()).unwrap()
}

fn worker(job: &str, path: &Path) -> Child {
    worker_from(job, path, 0)
}

fn worker_from(job: &str, path: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::a_worker_for_the_other_tests", "--nocapture"])
        .env("STRONGROOM_TEST_JOB", job)
        .env("STRONGROOM_TEST_VAULT", path)
        .env("STRONGROOM_TEST_ROUND", round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn acknowledged(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ack {line}").unwrap();
    out.flush().unwrap();
}

/// The lines that a worker got out before it was killed or done.
fn acks(child: &mut Child) -> Vec<String> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| line.strip_prefix("ack ").map(str::to_owned)).collect()
}

#[test]
fn a_worker_for_the_other_tests() {
    let (Ok(job), Some(path)) = (std::env::var("STRONGROOM_TEST_JOB"), std::env::var_os("STRONGROOM_TEST_VAULT"))
    else {
        return;
    };
    let path = Path::new(&path);
    if job == "init" {
        drop(create(path));
        return acknowledged("init");
    }
    if job == "change" {
        return change_again_and_again(path);
    }
    if job == "migrate" {
        return migrate(path);
    }
    let mut vault = open(path);
    acknowledged("ready");
    match job.as_str() {
        "backup" => back_up_again_and_again(&mut vault, path),
        "restore" => restore_again_and_again(path),
        "create" => {
            if vault.set(&at("GLOBAL"), Some(value("x")), MetadataChange::default(), "", Expected::Absent).is_ok() {
                acknowledged("created");
            }
        }
        "race" => {
            for round in 0..25 {
                race(&mut vault, round);
            }
        }
        job => {
            for round in 0_u64.. {
                step(&mut vault, job, round);
            }
        }
    }
}

/// Rotates once, over whatever version the others have got to.
fn race(vault: &mut Vault, round: u32) {
    loop {
        let seen = vault.find(&at("RACE")).unwrap().version;
        let fields = value(&format!("{} {round}", std::process::id()));
        match vault.rotate(&at("RACE"), fields, "race", Expected::Version(seen)) {
            Ok(written) => return acknowledged(&written.secret.version.to_string()),
            Err(error) => assert!(matches!(error.kind(), Kind::Conflict | Kind::Busy), "{error}"),
        }
    }
}

fn step(vault: &mut Vault, job: &str, round: u64) {
    let version = match job {
        "set" => put(vault, "A", &format!("{} {round}", std::process::id())),
        "rotate" => vault.rotate(&at("A"), value("next"), "crash", Expected::Any).unwrap().secret.version,
        "rollback" => vault.roll_back(&at("A"), 1, "crash", Expected::Any).unwrap().secret.version,
        "delete" => {
            vault.delete(&at("A"), "").unwrap();
            acknowledged("deleted");
            vault.restore(&at("A"), None, "").unwrap();
            0
        }
        "purge" => {
            put(vault, &format!("P{round}"), "doomed");
            vault.purge(&at(&format!("P{round}")), Doomed::Single, "").unwrap();
            0
        }
        "move" => {
            vault.move_secret(&at("A"), &at("elsewhere/B"), "").unwrap();
            vault.move_secret(&at("elsewhere/B"), &at("A"), "").unwrap().secret.version
        }
        "keys" => {
            let key = vault.add_key(&UnlockKey::KeyFile(RawKey::generate().unwrap()), None, "").unwrap();
            vault.remove_key(key.id, "").unwrap();
            0
        }
        "replace" => {
            let presented = vault.present(vec![key()]).unwrap();
            u64::from(vault.replace_master_key(&presented, &[], None, "").unwrap().key_epoch)
        }
        "bulk" => bulk(vault, round),
        "rotation" => rotation(vault, round),
        other => panic!("no job {other}"),
    };
    acknowledged(&version.to_string());
}

/// The words of a round, as a passphrase that costs the least there may be.
fn words(round: u64) -> UnlockKey {
    UnlockKey::Passphrase(format!("round {round}").into())
}

fn change_again_and_again(path: &Path) {
    let locked = LockedVault::open(path).unwrap();
    let round = std::env::var("STRONGROOM_TEST_ROUND").unwrap().parse::<u64>().unwrap();
    let mut vault = locked.unlock(&words(round), actor()).map_err(|refused| refused.1).unwrap();
    acknowledged("ready");
    for round in round + 1.. {
        vault.change_passphrase(&words(round), Some(Cost::FLOOR), "crash").unwrap();
        acknowledged(&round.to_string());
    }
}

/// Backups `0.backup`, `1.backup`… beside the vault, from the round on.
fn back_up_again_and_again(vault: &mut Vault, path: &Path) {
    let first = std::env::var("STRONGROOM_TEST_ROUND").unwrap().parse::<u64>().unwrap();
    for round in first.. {
        let to = path.with_file_name(format!("{round}.backup"));
        vault.back_up(Destination::File(&to), &[backup_key()], None).unwrap();
        acknowledged(&round.to_string());
    }
}

/// Vaults `restored-0.db`… of the one backup beside the vault, from the round on.
fn restore_again_and_again(path: &Path) {
    let first = std::env::var("STRONGROOM_TEST_ROUND").unwrap().parse::<u64>().unwrap();
    for round in first.. {
        let to = path.with_file_name(format!("restored-{round}.db"));
        opened(&path.with_file_name("one.backup")).restore(&to, &backup_key(), None, actor()).unwrap();
        acknowledged(&round.to_string());
    }
}

/// One write, which brings a vault of format 2 to the newest.
fn migrate(path: &Path) {
    acknowledged("ready");
    let mut vault = open_kept(path);
    put(&mut vault, "NEW", "first");
    acknowledged("1");
}

fn backup_key() -> UnlockKey {
    UnlockKey::KeyFile(RawKey::from_text(KEY).unwrap())
}

fn opened(backup: &Path) -> Backup {
    LockedBackup::open(backup).unwrap().unlock(&backup_key()).map_err(|refused| refused.1).unwrap()
}

/// A copy of the kept vault of format 2, with its key.
fn open_kept(path: &Path) -> Vault {
    let bytes: Vec<u8> = (0x20..0x40).collect();
    let key = RawKey::from_text(data_encoding::HEXLOWER.encode(&bytes).as_bytes()).unwrap();
    let unlocked = LockedVault::open(path).unwrap().unlock(&UnlockKey::Environment(key), actor());
    unlocked.map_err(|refused| refused.1).unwrap()
}

/// All 200 at once: tagged with the round, given a new version, or moved and back.
fn bulk(vault: &mut Vault, round: u64) -> u64 {
    let steps = crate::bulk::plan(vault, |name| match round % 3 {
        0 => Act::Tags { add: vec![format!("t{round}")], remove: vec![] },
        1 => Act::Rotate(Recipe::Hex { bytes: 4 }),
        _ if name.starts_with("b/") => Act::Move(at(&name.replacen("b/", "a/", 1))),
        _ => Act::Move(at(&name.replacen("a/", "b/", 1))),
    });
    vault.bulk(&steps, "crash", |_, _| ControlFlow::Continue(())).unwrap().unwrap().changed as u64
}

/// One whole rotation, its step included; every third one is aborted. What the last worker
/// left is ended first.
fn rotation(vault: &mut Vault, round: u64) -> u64 {
    let secret = vault.find(&at("A")).unwrap();
    if secret.rotation.stage.is_some() {
        vault.abort(secret.id, true, "crash").unwrap();
    }
    if secret.rotation.revoke.is_some() {
        vault.retire(secret.id, true, "crash").unwrap();
    }
    let next = format!("v{}", secret.version + 1);
    let staged = vault.stage(&at("A"), value(&next), None, "crash", Expected::Present).unwrap();
    acknowledged("staged");
    let turn = Turn { id: secret.id, number: staged.rotation.stage.unwrap().turn };
    let within = jiff::SignedDuration::from_secs(1);
    let runner = Runner { pid: std::process::id(), within, to_promote: true };
    let begun = vault.begin_step(turn, (StepKind::Apply, Which::Pending), Which::Current, runner, "crash").unwrap();
    acknowledged("begun");
    vault.finish_step(begun.turn, StepEnd::Exited(0), 1, "crash").unwrap();
    if round % 3 == 2 {
        return vault.abort(secret.id, true, "crash").unwrap().version;
    }
    let how = Promotion { revoke: true, ..Promotion::default() };
    let promoted = vault.promote(secret.id, &how, "crash").unwrap().secret.version;
    acknowledged(&promoted.to_string());
    vault.retire(secret.id, true, "crash").unwrap().version
}

/// A pseudo-random pause, so that kills fall anywhere.
fn pause(trial: u64) -> Duration {
    let mixed = trial.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    Duration::from_micros(mixed % 6_000)
}

/// Kills a worker somewhere in its work and gives what it had acknowledged.
fn killed(job: &str, path: &Path, trial: u64) -> Vec<String> {
    let mut child = worker(job, path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Only from here on is there anything to interrupt.
    let ready = lines.by_ref().map_while(Result::ok).any(|line| line == "ack ready");
    assert!(ready, "{job} did not start");
    // These are that much longer than a single write.
    let longer = match job {
        "bulk" | "replace" => 25,
        "migrate" => 4,
        _ => 1,
    };
    std::thread::sleep(pause(trial) * longer);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("ack ").map(str::to_owned)).collect()
}

/// So many kills of each kind.
fn kills() -> u64 {
    trials("STRONGROOM_KILLS", 60)
}

fn survives(job: &str, trials: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    put(&mut vault, "A", "one");
    put(&mut vault, "A", "two");
    drop(vault);
    for trial in 0..trials {
        let last = killed(job, &path, trial).iter().filter_map(|ack| ack.parse::<u64>().ok()).max().unwrap_or(0);
        let mut vault = open(&path);
        vault.catalog().unwrap();
        vault.verify_rows().unwrap();
        if job == "delete" && vault.find(&at("A")).is_err() {
            vault.restore(&at("A"), None, "").unwrap();
        }
        let secret = vault.find(&at("A")).unwrap();
        assert!(secret.version >= last, "{job}: version {last} was acknowledged, {} is there", secret.version);
        assert_eq!(vault.history(secret.id).unwrap().len() as u64, secret.version);
        assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }), "{job}");
        if secret.version > 400 {
            // Long histories only slow the test down.
            vault.purge(&at("A"), Doomed::Single, "").unwrap();
            put(&mut vault, "A", "one");
            put(&mut vault, "A", "two");
        }
    }
}

#[test]
fn kill_during_set() {
    survives("set", kills());
}

#[test]
fn kill_during_rotate() {
    survives("rotate", kills());
}

#[test]
fn kill_during_rollback() {
    survives("rollback", kills());
}

#[test]
fn kill_during_delete_and_restore() {
    survives("delete", kills());
}

#[test]
fn kill_during_purge() {
    survives("purge", kills());
}

/// Current is a value that was promoted, whatever is pending opens and is the next one, and
/// nothing else is left behind.
#[test]
fn kill_during_a_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    put(&mut vault, "A", "v1");
    let id = vault.find(&at("A")).unwrap().id;
    drop(vault);
    let mut seen = std::collections::HashSet::new();
    for trial in 0..kills() {
        // A rotation is five changes.
        let acknowledged = killed("rotation", &path, trial * 3);
        let last = acknowledged.iter().filter_map(|ack| ack.parse::<u64>().ok()).max().unwrap_or(0);
        let mut vault = open(&path);
        let secret = vault.secret(id).unwrap();
        let (version, rotation) = (secret.version, secret.rotation);
        assert!(version >= last, "version {last} was acknowledged, {version} is there");
        assert_eq!(reveal(&mut vault, "A", None), format!("v{version}"));
        assert_eq!(vault.history(id).unwrap().len() as u64, version);
        let under_way = rotation.under_way();
        let rows: u64 = rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM stage", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, u64::from(rotation.stage.is_some()), "{under_way:?}");
        if let Some(stage) = rotation.stage {
            let fields = vault.release(id, Pick::Pending, Release::Reveal, "", false).unwrap();
            assert_eq!(fields.get("value").unwrap().expose(), format!("v{}", version + 1).as_bytes());
            assert_eq!(stage.busy.is_some(), stage.state == StageState::Applying, "{under_way:?}");
        }
        if let Some(revoke) = rotation.revoke {
            assert_eq!(revoke.version, version - 1);
        }
        assert_eq!(vault.catalog().unwrap().listed()[0].under_way, under_way);
        assert_eq!(vault.verify().unwrap().damage, [""; 0]);
        seen.insert(under_way);
    }
    assert!(seen.len() > 2, "the kills fell too early to tell anything: {seen:?}");
}

#[test]
fn kill_during_key_add_and_remove() {
    survives("keys", kills());
}

#[test]
fn kill_during_move() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    put(&mut vault, "A", "one");
    let id = vault.find(&at("A")).unwrap().id;
    drop(vault);
    for trial in 0..kills() {
        killed("move", &path, trial);
        let mut vault = open(&path);
        assert_eq!(vault.catalog().unwrap().listed().len(), 1);
        let address = vault.secret(id).unwrap().address;
        assert_eq!(reveal(&mut vault, &address.to_string(), None), "one");
        if address != at("A") {
            vault.move_secret(&address, &at("A"), "").unwrap();
        }
        assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
    }
}

/// The old vault or the new one, whenever the kill fell: never half of each.
#[test]
fn kill_during_key_replace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    for name in 0..100 {
        put(&mut vault, &format!("a/K{name}"), "one");
        put(&mut vault, &format!("a/K{name}"), "two");
    }
    vault.delete(&at("a/K7"), "").unwrap();
    vault.purge(&at("a/K8"), Doomed::Single, "").unwrap();
    let before = vault.secrets_in_full().unwrap();
    drop(vault);
    let mut epochs = std::collections::HashSet::new();
    for trial in 0..kills() {
        let acknowledged = killed("replace", &path, trial);
        let last = acknowledged.iter().filter_map(|ack| ack.parse::<u64>().ok()).max().unwrap_or(0);
        let mut vault = open(&path);
        vault.verify_rows().unwrap();
        let log = vault.audit(&AuditQuery::default()).unwrap();
        let epoch = 1 + log.iter().filter(|record| record.action == AuditAction::KeyReplace).count() as u64;
        assert!(epoch >= last, "{last} was acknowledged, {epoch} is there");
        epochs.insert(epoch);
        assert_eq!(vault.verify_audit().unwrap(), AuditVerdict::Intact { records: log.len() as u64 });
        assert_eq!(sorted(vault.secrets_in_full().unwrap()), sorted(before.clone()));
        for name in [0, 50, 99] {
            let values = [1, 2].map(|version| reveal(&mut vault, &format!("a/K{name}"), Some(version)));
            assert_eq!(values, ["one", "two"]);
        }
        assert_eq!(vault.deleted().unwrap().len(), 1);
    }
    assert!(epochs.len() > 10, "the kills fell too early to tell anything: {epochs:?}");
}

fn sorted(mut secrets: Vec<Secret>) -> Vec<Secret> {
    secrets.sort_by_key(|secret| secret.id);
    secrets
}

/// The last passphrase that was acknowledged opens the vault, or the one after it; there is
/// always exactly one, and the other key opens it too.
#[test]
fn kill_during_change_of_a_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    put(&mut vault, "A", "one");
    vault.add_key(&words(0), Some(Cost::FLOOR), "").unwrap();
    drop(vault);
    let mut round = 0;
    // A trial takes a second and more, nearly all of it in Argon2id: a fifth of the others' number. Each
    // system call of a change is cut off by itself in `tests/faults` (D2).
    for trial in 0..kills() / 5 {
        let mut child = worker_from("change", &path, round);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "ack ready"), "it did not start");
        // Most of the time goes to Argon2id, so every other one is let through first.
        let acknowledged = |line: String| line.strip_prefix("ack ").and_then(|ack| ack.parse::<u64>().ok());
        let first = if trial % 2 == 0 { None } else { lines.by_ref().find_map(acknowledged) };
        std::thread::sleep(pause(trial) * 100);
        child.kill().unwrap();
        child.wait().unwrap();
        let last = lines.filter_map(acknowledged).max().or(first).unwrap_or(round);
        let opens = |round| LockedVault::open(&path).unwrap().unlock(&words(round), actor()).ok();
        let (mut vault, opened) = match opens(last) {
            Some(vault) => (vault, last),
            None => (opens(last + 1).unwrap(), last + 1),
        };
        assert!(opened == 0 || opens(opened - 1).is_none(), "the passphrase before is dead");
        assert_eq!((vault.key_slots().unwrap().len(), reveal(&mut vault, "A", None)), (2, "one".to_owned()));
        assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
        assert_eq!(reveal(&mut open(&path), "A", None), "one");
        round = opened;
    }
    assert!(round >= kills() / 10, "{round}");
}

/// Numbers of the files in `folder` whose names are `prefix`, a number, and `suffix`.
fn numbered(folder: &Path, prefix: &str, suffix: &str) -> Vec<u64> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok()).collect()
}

/// What has the name of a backup, or of a restored vault, is whole; what was acknowledged is there;
/// the vault is as it was.
fn kill_while_it_makes(job: &str, prefix: &str, suffix: &str, is_whole: impl Fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    put(&mut vault, "A", "one");
    put(&mut vault, "A", "two");
    vault.back_up(Destination::File(&path.with_file_name("one.backup")), &[backup_key()], None).unwrap();
    drop(vault);
    let mut round = 0;
    for trial in 0..kills() {
        let mut child = worker_from(job, &path, round);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "ack ready"), "{job} did not start");
        std::thread::sleep(pause(trial) * 15);
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged: Vec<u64> = lines.filter_map(|line| line.strip_prefix("ack ")?.parse().ok()).collect();
        let there = numbered(folder.path(), prefix, suffix);
        for made in &acknowledged {
            assert!(there.contains(made), "{job}: {made} was acknowledged and is not there");
        }
        for made in there {
            let file = path.with_file_name(format!("{prefix}{made}{suffix}"));
            is_whole(&file);
            std::fs::remove_file(file).unwrap();
            round = round.max(made + 1);
        }
        let mut vault = open(&path);
        assert_eq!(vault.verify().unwrap().damage, [""; 0], "{job}");
        assert_eq!(reveal(&mut vault, "A", None), "two");
    }
    println!("{job}: {} kills, {round} made", kills());
    assert!(round > kills() / 4, "the kills fell too early to tell anything: {round}");
}

#[test]
fn kill_during_backup() {
    kill_while_it_makes("backup", "", ".backup", |file| {
        assert_eq!(opened(file).verify(actor()).unwrap().versions, 2);
    });
}

#[test]
fn kill_during_restore() {
    kill_while_it_makes("restore", "restored-", ".db", |file| {
        let mut vault =
            LockedVault::open(file).unwrap().unlock(&backup_key(), actor()).map_err(|refused| refused.1).unwrap();
        assert_eq!(vault.verify().unwrap().damage, [""; 0]);
        assert_eq!(reveal(&mut vault, "A", None), "two");
        drop(vault);
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
    });
}

/// A vault of format 2 is that, or one of the newest format; every value is there either way.
#[test]
fn kill_during_a_migration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let kept = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format-2.db")).unwrap();
    let format = || {
        let sql = rusqlite::Connection::open(&path).unwrap();
        sql.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).unwrap()
    };
    let put_back = || {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        options.open(&path).unwrap().write_all(&kept).unwrap();
    };
    put_back();
    let secrets = open_kept(&path).verify().unwrap().secrets;
    let mut formats = std::collections::BTreeMap::new();
    for trial in 0..kills() {
        put_back();
        let acknowledged = killed("migrate", &path, trial);
        *formats.entry(format()).or_insert(0) += 1;
        let found = open_kept(&path).verify().unwrap();
        assert_eq!(found.damage, [""; 0]);
        assert!(found.secrets == secrets || found.secrets == secrets + 1, "{}", found.secrets);
        assert!(acknowledged.is_empty() || found.secrets == secrets + 1, "an acknowledged value is gone");
    }
    println!("migrate: formats found after {} kills: {formats:?}", kills());
    assert!(formats.len() == 2, "the kills fell on one side only: {formats:?}");
}

/// All 200 secrets are in the same state, whenever the kill fell.
#[test]
fn kill_during_a_bulk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let mut vault = create(&path);
    for name in 0..200 {
        put(&mut vault, &format!("a/K{name}"), "one");
    }
    drop(vault);
    let mut versions = std::collections::HashSet::new();
    for trial in 0..kills() {
        killed("bulk", &path, trial);
        let mut vault = open(&path);
        let secrets = vault.secrets_in_full().unwrap();
        assert_eq!(secrets.len(), 200);
        let first = &secrets[0];
        for secret in &secrets {
            assert_eq!(secret.version, first.version);
            assert_eq!(secret.metadata.tags, first.metadata.tags);
            assert_eq!(secret.scope(), first.scope());
        }
        versions.insert((first.version, first.metadata.tags.len()));
        assert_eq!(vault.history(first.id).unwrap().len() as u64, first.version);
        assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
    }
    assert!(versions.len() > 3, "the kills fell too early to tell anything: {versions:?}");
}

/// After a kill there is a whole vault or none, and the next try works.
#[test]
fn kill_during_init() {
    let folder = tempfile::tempdir().unwrap();
    for trial in 0..kills() {
        let path = folder.path().join(format!("{trial}.db"));
        let mut child = worker("init", &path);
        std::thread::sleep(Duration::from_millis(1) + pause(trial) * 2);
        child.kill().unwrap();
        child.wait().unwrap();
        let was_acknowledged = !acks(&mut child).is_empty();
        assert!(path.exists() || !was_acknowledged, "an acknowledged vault is gone");
        let mut vault = if path.exists() { open(&path) } else { create(&path) };
        assert_eq!(put(&mut vault, "A", "one"), 1);
    }
}

/// Four processes rotate one secret: every acknowledged version is another one, and all
/// of them are there.
#[test]
fn racing_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    put(&mut create(&path), "RACE", "start");
    let mut children: Vec<Child> = (0..4).map(|_| worker("race", &path)).collect();
    let mut versions: Vec<u64> = Vec::new();
    for child in &mut children {
        versions.extend(acks(child).iter().filter_map(|ack| ack.parse::<u64>().ok()));
        assert!(child.wait().unwrap().success());
    }
    versions.sort_unstable();
    assert_eq!(versions, (2..=101).collect::<Vec<u64>>());
    let mut vault = open(&path);
    let secret = vault.find(&at("RACE")).unwrap();
    assert_eq!((secret.version, vault.history(secret.id).unwrap().len()), (101, 101));
}

/// Two globals of one name are impossible, however many create it at once.
#[test]
fn concurrent_creates_make_one_secret() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.db");
        drop(create(&path));
        let mut children: Vec<Child> = (0..4).map(|_| worker("create", &path)).collect();
        let created: usize =
            children.iter_mut().map(|child| acks(child).iter().filter(|ack| *ack == "created").count()).sum();
        for mut child in children {
            child.wait().unwrap();
        }
        assert_eq!(created, 1);
        assert_eq!(open(&path).catalog().unwrap().listed().len(), 1);
    }
}
