//! D8: everything that was in a vault comes back out of its backup; nothing of a backup
//! that was cut, mixed or scribbled over is believed.

use std::fs;
use std::path::Path;

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::crypto::passphrase::Cost;
use strongroom::crypto::random_array;
use strongroom::error::{Error, Kind};
use strongroom::vault::audit::{AuditQuery, AuditRecord};
use strongroom::vault::backup::{Backup, Destination, LockedBackup};
use strongroom::vault::secret::{Secret, Version};
use strongroom::vault::{Expected, LockedVault, Release, Vault};

use crate::place::{Place, actor, at, put};

/// Bytes of a chunk as it stands in the file.
const CHUNK: usize = 65536 + 16;
/// Bytes of the manifest there.
const MANIFEST: usize = 172;

/// All that can be told of a vault.
#[derive(PartialEq, Debug)]
struct Told {
    secrets: Vec<Secret>,
    histories: Vec<Vec<Version>>,
    values: Vec<Vec<u8>>,
    audit: Vec<AuditRecord>,
}

/// Reads it; the log first, which reading adds to, and then its oldest `records`.
fn told(vault: &mut Vault, records: usize) -> Told {
    let mut audit = vault.audit(&AuditQuery::default()).unwrap();
    audit.reverse();
    audit.truncate(records);
    let mut secrets = vault.secrets_in_full().unwrap();
    secrets.extend(vault.deleted().unwrap());
    secrets.sort_by_key(|secret| secret.id);
    let histories = secrets.iter().map(|secret| vault.history(secret.id).unwrap()).collect();
    let mut values = Vec::new();
    for secret in &secrets {
        if secret.deleted_at.is_some() {
            vault.restore(&secret.address, secret.deleted_at, "").unwrap();
        }
        for version in 1..=secret.version {
            let fields = vault.release(secret.id, Some(version), Release::Reveal, "", true).unwrap();
            values.push(fields.get("value").unwrap().expose().to_vec());
        }
    }
    Told { secrets, histories, values, audit }
}

/// A backup key at hand, and the vault's file backed up under it.
struct Kept {
    place: Place,
    key: RawKey,
}

impl Kept {
    fn key(&self) -> UnlockKey {
        UnlockKey::KeyFile(self.key.duplicate())
    }

    fn path(&self) -> std::path::PathBuf {
        self.place.folder.path().join("one.backup")
    }

    fn back_up(&self, vault: &mut Vault) -> Vec<u8> {
        let _ = fs::remove_file(self.path());
        vault.back_up(Destination::File(&self.path()), &[self.key()], Some(Cost::FLOOR)).unwrap();
        fs::read(self.path()).unwrap()
    }

    fn opened(&self, path: &Path) -> Result<Backup, Error> {
        LockedBackup::open(path)?.unlock(&self.key()).map_err(|refused| refused.1)
    }

    /// What these bytes are refused for, both as a backup to look at and to restore.
    fn refused(&self, bytes: &[u8], what: &str) {
        let (path, new) = (self.place.folder.path().join("odd.backup"), self.place.folder.path().join("odd.db"));
        fs::write(&path, bytes).unwrap();
        let verified = self.opened(&path).and_then(|backup| backup.verify(actor()));
        let kind = verified.err().unwrap_or_else(|| panic!("{what} was believed")).kind();
        assert!(matches!(kind, Kind::Damaged | Kind::Locked | Kind::Failure), "{what}: {kind:?}");
        let restored = self.opened(&path).and_then(|backup| backup.restore(&new, &self.key(), None, actor()));
        assert!(restored.is_err() && !new.exists(), "{what}");
    }
}

/// A vault of some chunks, with secrets of many versions, deleted ones and purged ones.
fn filled(seed: u8) -> (Kept, Vault) {
    let (place, mut vault) = Place::new();
    for number in 0..8_u8 {
        let name = format!("scope{}/K{number}", number % 3);
        for version in 0..=(number.wrapping_add(seed) % 4) {
            let filler = data_encoding(&random_array::<32>().unwrap()).repeat(1 + 180 * usize::from(number));
            put(&mut vault, &name, &format!("canary {number} {version} {filler}"));
        }
        if number % 4 == seed % 4 {
            vault.delete(&at(&name), "gone").unwrap();
        }
    }
    vault.rotate(&at("R"), crate::place::value("x"), "", Expected::Any).err();
    (Kept { place, key: RawKey::generate().unwrap() }, vault)
}

fn data_encoding(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the chunks begin, and how many there are.
fn layout(bytes: &[u8]) -> (usize, usize) {
    let number = |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    (216 + 108 * number(20..24), number(84..92).div_ceil(65536))
}

fn trials(usual: usize) -> usize {
    std::env::var("STRONGROOM_TRIALS").ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// Backed up, wiped, restored: every plaintext and every record of the log is as it was.
fn comes_back(trial: usize) {
    let (kept, mut vault) = filled(u8::try_from(trial % 251).unwrap());
    let records = vault.audit(&AuditQuery::default()).unwrap().len();
    kept.back_up(&mut vault);
    let before = told(&mut vault, records);
    drop(vault);
    fs::remove_file(kept.place.path()).unwrap();
    let new = kept.place.folder.path().join("new.db");
    let backup = kept.opened(&kept.path()).unwrap();
    backup.restore(&new, &kept.key(), None, actor()).unwrap();
    let locked = LockedVault::open(&new).unwrap();
    let mut restored = locked.unlock(&kept.key(), actor()).map_err(|refused| refused.1).unwrap();
    assert!(restored.verify().unwrap().damage.is_empty());
    let after = told(&mut restored, records);
    assert!(before == after, "trial {trial}");
    assert!(before.values.len() > 8 && before.audit.len() > 8);
    let old = LockedVault::open(&new).unwrap().unlock(&kept.place.key(), actor());
    assert_eq!(old.err().unwrap().1.kind(), Kind::Locked, "the vault's own key opens the restored one");
}

/// One backup with one thing wrong, chosen at random.
fn one_thing_wrong(kept: &Kept, whole: &[u8]) {
    let (start, chunks) = layout(whole);
    let random = |below: usize| usize::try_from(u64::from_be_bytes(random_array().unwrap()) % below as u64).unwrap();
    let mut bytes = whole.to_vec();
    let what = match random(4) {
        0 => {
            let at = random(bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
            format!("bit {at}")
        }
        1 => {
            bytes.truncate(random(bytes.len()));
            format!("cut to {}", bytes.len())
        }
        2 => {
            let (from, to) = (random(chunks), random(chunks));
            let chunk = whole[start + from * CHUNK..(start + (from + 1) * CHUNK).min(whole.len())].to_vec();
            bytes.splice(start + to * CHUNK..start + to * CHUNK, chunk);
            format!("chunk {from} once more before {to}")
        }
        _ => {
            let drop = random(chunks);
            bytes.drain(start + drop * CHUNK..(start + (drop + 1) * CHUNK).min(whole.len()));
            format!("without chunk {drop}")
        }
    };
    kept.refused(&bytes, &what);
}

#[test]
fn d8_everything_comes_back_from_a_backup() {
    for trial in 0..trials(5) {
        comes_back(trial);
    }
}

#[test]
fn d8_nothing_of_a_damaged_backup_is_believed() {
    let (kept, mut vault) = filled(1);
    let whole = kept.back_up(&mut vault);
    for _ in 0..trials(50) {
        one_thing_wrong(&kept, &whole);
    }
}

#[test]
#[ignore = "the long form of d8: a thousand of each"]
fn d8_a_thousand_times() {
    let (kept, mut vault) = filled(1);
    let whole = kept.back_up(&mut vault);
    for trial in 0..trials(1000) {
        comes_back(trial);
        one_thing_wrong(&kept, &whole);
    }
}

#[test]
fn d8_every_border_every_swap_and_every_foreign_part_is_refused() {
    let (kept, mut vault) = filled(2);
    let other = kept.back_up(&mut vault);
    put(&mut vault, "scope0/K0", "one more");
    let whole = kept.back_up(&mut vault);
    let (start, chunks) = layout(&whole);
    assert!(chunks > 3 && layout(&other).0 == start, "{chunks} chunks");
    let borders = (0..=chunks).map(|chunk| (start + chunk * CHUNK).min(whole.len() - MANIFEST));
    for border in borders.chain([0, 16, 124, 232, start - 32, whole.len() - 1]) {
        kept.refused(&whole[..border], &format!("cut at {border}"));
        if border != whole.len() - MANIFEST {
            kept.refused(&[&whole[..border], &whole[whole.len() - MANIFEST..]].concat(), &format!("ended at {border}"));
        }
    }
    let chunk = |bytes: &[u8], number: usize| bytes[start + number * CHUNK..start + (number + 1) * CHUNK].to_vec();
    for first in 0..chunks - 1 {
        for second in first + 1..chunks - 1 {
            let mut bytes = whole.clone();
            bytes[start + first * CHUNK..start + (first + 1) * CHUNK].copy_from_slice(&chunk(&whole, second));
            kept.refused(&bytes, &format!("chunk {second} in the place of {first}"));
            bytes[start + second * CHUNK..start + (second + 1) * CHUNK].copy_from_slice(&chunk(&whole, first));
            kept.refused(&bytes, &format!("chunks {first} and {second} swapped"));
        }
        let mut bytes = whole.clone();
        bytes[start + first * CHUNK..start + (first + 1) * CHUNK].copy_from_slice(&chunk(&other, first));
        kept.refused(&bytes, &format!("chunk {first} of another backup"));
    }
    let end = whole.len() - MANIFEST;
    kept.refused(&[&whole[..end], &other[other.len() - MANIFEST..]].concat(), "the manifest of another backup");
    kept.refused(&[&other[..start], &whole[start..]].concat(), "the header of another backup");
    for range in [124..232, 232..292, 92..124, 24..40, 60..76, 76..84] {
        let mut bytes = whole.clone();
        bytes[range.clone()].copy_from_slice(&other[range.clone()]);
        // Of one vault, so that its lineage is the same.
        if bytes != whole {
            kept.refused(&bytes, &format!("{range:?} of another backup"));
        }
    }
    kept.refused(&[&whole[..], &whole[end..]].concat(), "two manifests");
    kept.refused(&[&whole[..], &[0]].concat(), "a byte more");
    for byte in 0..start {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1 << (byte % 8);
        kept.refused(&bytes, &format!("byte {byte} of the header"));
    }
    // And it was whole all the time.
    fs::write(kept.path(), &whole).unwrap();
    kept.opened(&kept.path()).unwrap().verify(actor()).unwrap();
}

#[test]
fn a_backup_is_of_one_moment_while_another_session_writes() {
    let (kept, mut vault) = filled(3);
    let mut writer = kept.place.open();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut round = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                round += 1;
                put(&mut writer, "scope0/BUSY", &format!("round {round}"));
                // Else the history grows faster than a backup of it can be compared.
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        });
        let _stops = Stops(&stop);
        for _ in 0..10 {
            kept.back_up(&mut vault);
            let drill = kept.opened(&kept.path()).unwrap().compare(&mut vault).unwrap();
            assert!(drill.since.purged == 0, "{drill:?}");
        }
    });
}

/// Tells the other session to stop, whatever becomes of this one.
struct Stops<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A backup of the first format will open for ever; `assets/format.md` and its reader say
/// what is in it.
#[test]
fn the_kept_backup_opens() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/backup-1.backup");
    let passphrase = strongroom::secret_text::SecretText::copied_from("fixt\u{fc}re passphrase".as_bytes());
    let locked = LockedBackup::open(&path).unwrap();
    let backup = locked.unlock(&UnlockKey::Passphrase(passphrase)).map_err(|refused| refused.1).unwrap();
    let about = backup.verify(actor()).unwrap();
    assert_eq!((about.secrets, about.deleted, about.versions, about.audit_records), (11, 1, 16, 41));
}

/// What takes nothing.
struct Shut;

impl std::io::Write for Shut {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_walk_and_a_look_from_the_end_tell_the_same_of_backups_and_drills() {
    let (place, mut vault) = Place::new();
    let kept = Kept { place, key: RawKey::generate().unwrap() };
    let told = |vault: &mut Vault| {
        let (usage, (last, begins)) = (vault.usage().unwrap(), vault.last_backups(usize::MAX).unwrap());
        assert_eq!((usage.backups().made(), usage.backups().tried()), (last.made(), last.tried()));
        assert_eq!(begins, None);
        (last.made().map(|made| made.place().to_owned()), last.tried().map(|tried| tried.passed))
    };
    put(&mut vault, "A", "one");
    assert_eq!(told(&mut vault), (None, None));
    let bytes = kept.back_up(&mut vault);
    let place = kept.path().canonicalize().unwrap().display().to_string();
    assert_eq!(told(&mut vault), (Some(place.clone()), None));
    kept.opened(&kept.path()).unwrap().compare(&mut vault).unwrap();
    put(&mut vault, "A", "two");
    assert_eq!(told(&mut vault), (Some(place.clone()), Some(true)));
    // One that came to nothing is none.
    vault.back_up(Destination::Stream(&mut Shut), &[kept.key()], None).unwrap_err();
    assert_eq!(told(&mut vault), (Some(place.clone()), Some(true)));
    fs::write(kept.path(), &bytes[..bytes.len() - 1]).unwrap();
    kept.opened(&kept.path()).unwrap().compare(&mut vault).err().unwrap();
    assert_eq!(told(&mut vault), (Some(place), Some(false)));
    // What is further back than one looks is not said to be missing.
    for round in 0..3 {
        put(&mut vault, "A", &format!("{round}"));
    }
    let (last, begins) = vault.last_backups(3).unwrap();
    assert!(last.made().is_none() && begins.is_some());
}
