//! I6: random damage to the file and its log, and files cut anywhere: an error or the right
//! data, never a wrong value, a panic or a wait without end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::vault::{LockedVault, Pick, Release};

use super::operations::folder;
use super::support::vault::TestVault;
use super::trials;

/// Every version there ever was.
const RIGHT: [(&str, u64, &str); 5] =
    [("prod/A", 1, "one"), ("prod/A", 2, "two"), ("prod/A", 3, "three"), ("B", 1, "other"), ("B", 2, "another")];

/// The file and a log that holds its newest commits.
fn hot() -> (TestVault, Vec<u8>, Vec<u8>) {
    let vault = TestVault::new();
    for (address, _, value) in [RIGHT[0], RIGHT[1], RIGHT[3]] {
        vault.set(address, value);
    }
    let open = vault.open();
    for (address, _, value) in [RIGHT[2], RIGHT[4]] {
        vault.set(address, value);
    }
    let log = vault.path().with_extension("db-wal");
    let bytes = (std::fs::read(vault.path()).unwrap(), std::fs::read(log).unwrap());
    drop(open);
    assert!(bytes.1.len() > 8_000, "the log is cold");
    (vault, bytes.0, bytes.1)
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end.max(1)
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) -> String {
        let length = bytes.len();
        let at = self.below(length);
        match self.below(6) {
            0 => {
                bytes[at] ^= 1 << self.below(8);
                format!("a bit at {at}")
            }
            1 => {
                let end = length.min(at + 1 + self.below(64));
                bytes[at..end].fill_with(|| u8::try_from(self.below(256)).unwrap());
                format!("bytes from {at} to {end}")
            }
            2 => {
                bytes.truncate(at);
                format!("cut to {at}")
            }
            3 => {
                let start = at / 4096 * 4096;
                bytes[start..length.min(start + 4096)].fill(0);
                format!("zeros from {start}")
            }
            4 => {
                let (one, other) = (at / 4096 * 4096, self.below(length) / 4096 * 4096);
                for offset in 0..4096.min(length - one).min(length - other) {
                    bytes.swap(one + offset, other + offset);
                }
                format!("pages at {one} and {other} swapped")
            }
            _ => {
                let more = bytes[at..length.min(at + 5000)].to_vec();
                bytes.extend(more);
                format!("what is at {at} once more at the end")
            }
        }
    }
}

/// Looks at every value; gives how many opened.
fn values_that_open(vault: &TestVault, what: &str) -> usize {
    let key = UnlockKey::Environment(RawKey::from_text(vault.key.as_bytes()).unwrap());
    let Ok(locked) = LockedVault::open(&vault.path()) else { return 0 };
    let Ok(mut open) = locked.unlock(&key, strongroom::session::actor::current()) else { return 0 };
    let Ok(secrets) = open.secrets_in_full() else { return 0 };
    let mut opened = 0;
    for secret in secrets {
        for number in 1..=secret.version {
            let Ok(fields) = open.release(secret.id, Pick::Number(number), Release::Reveal, "", true) else { continue };
            let value = fields.get("value").unwrap().expose_str().unwrap();
            let address = secret.address.to_string();
            assert!(RIGHT.contains(&(&*address, number, value)), "{what}: {address}, version {number} is wrong");
            opened += 1;
        }
    }
    let _ = open.verify_audit();
    opened
}

fn scribbled(times: u64) {
    let (vault, file, log) = hot();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut all, mut none) = (0, 0);
    for trial in 0..times {
        let (mut damaged, mut damaged_log) = (file.clone(), log.clone());
        let mut what = String::new();
        for _ in 0..=random.below(3) {
            let is_log = random.below(2) == 0;
            what += &if is_log { random.damage(&mut damaged_log) } else { random.damage(&mut damaged) };
            what += if is_log { " of the log; " } else { "; " };
            if damaged.is_empty() || damaged_log.is_empty() {
                break;
            }
        }
        super::traced::Kept::of(&vault.home().join("nothing")).put_back(&folder(&vault));
        for (path, bytes) in [(vault.path(), &damaged), (vault.path().with_extension("db-wal"), &damaged_log)] {
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        let begun = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| values_that_open(&vault, &what))) {
            Ok(0) => none += 1,
            Ok(opened) => all += u64::from(opened == RIGHT.len()),
            Err(panic) => std::panic::resume_unwind(Box::new(format!("trial {trial}, {what}: {panic:?}"))),
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "trial {trial} took too long: {what}");
    }
    println!("I6: {times} damaged files: in {all} all values open, in {none} none, in the others some; none is wrong");
    assert!(none > times / 50 && all > times / 50, "the damage does not reach anything: {all} whole, {none} closed");
}

#[test]
fn i6_random_damage_gives_an_error_or_the_right_value() {
    scribbled(trials("STRONGROOM_SCRIBBLES", 2_000));
}

#[test]
#[ignore = "the long form: 50,000 damaged files"]
fn i6_random_damage_gives_an_error_or_the_right_value_at_length() {
    scribbled(50_000);
}
