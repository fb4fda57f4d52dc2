//! The vault's master key in the Linux kernel's keyring, between commands.
//!
//! `unlock` puts it there; the key's sources look there; `lock` drops it. It is a key
//! of type `user` in the keyring of the user (`@u`), so that every login of this user
//! finds it, tmux servers and cron too; its rights let the user search and read it,
//! never a group or anybody else, and nobody may lengthen its time. The kernel keeps
//! the time, holds the bytes out of swap and forgets them. Whatever runs as this user
//! can read it until then: that is what `unlock` asks for.

use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::crypto::keyring::KeptKey;
use crate::error::{Error, Result};

#[cfg(target_os = "linux")]
#[path = "kernel_keyring/linux.rs"]
mod kernel;
#[cfg(not(target_os = "linux"))]
#[path = "kernel_keyring/elsewhere.rs"]
mod kernel;

/// Before the key in the payload, so that another form may come later.
const FORM: u8 = 1;

/// What was found.
pub struct Kept {
    /// The key.
    pub key: KeptKey,
    /// When the kernel forgets it.
    pub until: Timestamp,
}

/// Says whether keys can be kept here.
///
/// # Errors
/// Busy, with what the kernel says.
pub fn check() -> Result<()> {
    kernel::check().map_err(|why| unavailable(&why))
}

/// Keeps `key` for so long, in the place of one that was kept before; gives its end.
///
/// # Errors
/// Busy, where the kernel has no keyring or no room; nothing is kept then.
pub fn keep(key: &KeptKey, period: Duration, now: Timestamp) -> Result<Timestamp> {
    let until = now.checked_add(period).map_err(|_| Error::usage("The time is too long."))?;
    let mut payload = Zeroizing::new(Vec::with_capacity(128));
    payload.push(FORM);
    payload.extend_from_slice(&until.as_second().to_be_bytes());
    payload.extend_from_slice(&key.to_bytes()[..]);
    kernel::put(&name(key.vault_id), &payload, period).map_err(|why| unavailable(&why))?;
    Ok(until)
}

/// The key kept for the vault, if there is one. A key of another epoch belongs to a
/// master key that was replaced since: it is dropped, as what cannot be read.
#[must_use]
pub fn find(vault_id: [u8; 16], key_epoch: u32, now: Timestamp) -> Option<Kept> {
    let payload = kernel::get(&name(vault_id))?;
    let kept = read(&payload).filter(|kept| (kept.key.vault_id, kept.key.key_epoch) == (vault_id, key_epoch));
    if kept.is_none() {
        // It fits nothing any more; that it stays until its time is up harms nobody.
        let _ = kernel::remove(&name(vault_id));
    }
    kept.filter(|kept| kept.until > now)
}

/// Drops whatever is kept for the vault, at once; true when there was something.
///
/// # Errors
/// Failure, when it is there and the kernel keeps it.
pub fn drop_key(vault_id: [u8; 16]) -> Result<bool> {
    kernel::remove(&name(vault_id)).map_err(|why| {
        Error::failure(format!("The key is still in the kernel keyring: {why}."))
            .hint("`keyctl clear @u` drops every key that the kernel keeps for you.")
    })
}

/// What the key is called among the user's keys; the identifier is in the vault file in the clear.
fn name(vault_id: [u8; 16]) -> String {
    format!("strongroom:{}", data_encoding::HEXLOWER.encode(&vault_id))
}

fn read(payload: &[u8]) -> Option<Kept> {
    let (form, rest) = payload.split_first()?;
    let (until, rest) = rest.split_first_chunk::<8>()?;
    let until = Timestamp::from_second(i64::from_be_bytes(*until)).ok()?;
    let key = KeptKey::from_bytes(rest).filter(|_| *form == FORM)?;
    Some(Kept { key, until })
}

fn unavailable(why: &str) -> Error {
    Error::busy(format!("No key can be kept here: {why}."))
        .hint("Every command asks instead. Where nobody can answer, give --key-file or --passphrase-file.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keyring::{Keyring, MasterKey};

    /// A key of a vault that nobody has; dropped at the end.
    struct Made(KeptKey);

    impl Made {
        fn new(key_epoch: u32) -> Self {
            let vault_id = crate::crypto::random_array().unwrap();
            Self(Keyring::new(MasterKey::generate().unwrap(), vault_id, key_epoch).unwrap().to_kept())
        }

        fn kept(&self, period: Duration) -> bool {
            let kept = keep(&self.0, period, Timestamp::now());
            if let Err(error) = &kept {
                eprintln!("skipped: {error}");
            }
            kept.is_ok()
        }
    }

    impl Drop for Made {
        fn drop(&mut self) {
            let _ = drop_key(self.0.vault_id);
        }
    }

    #[test]
    fn a_key_is_found_until_it_is_dropped() {
        let (one, other) = (Made::new(1), Made::new(1));
        if !one.kept(Duration::from_secs(60)) {
            return;
        }
        let now = Timestamp::now();
        let found = find(one.0.vault_id, 1, now).unwrap();
        assert_eq!(found.key.to_bytes()[..], one.0.to_bytes()[..]);
        assert!(found.until.duration_since(now).as_secs() >= 58);
        assert!(find(other.0.vault_id, 1, now).is_none(), "vaults share no key");
        assert!(drop_key(one.0.vault_id).unwrap());
        assert!(find(one.0.vault_id, 1, now).is_none() && !drop_key(one.0.vault_id).unwrap());
    }

    #[test]
    fn a_key_of_another_epoch_is_dropped() {
        let made = Made::new(1);
        if !made.kept(Duration::from_secs(60)) {
            return;
        }
        assert!(find(made.0.vault_id, 2, Timestamp::now()).is_none());
        assert!(!drop_key(made.0.vault_id).unwrap(), "it was dropped when it was seen");
    }

    #[test]
    fn keeping_again_renews_the_time() {
        let made = Made::new(1);
        if !made.kept(Duration::from_secs(1)) || !made.kept(Duration::from_secs(60)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2500));
        assert!(find(made.0.vault_id, 1, Timestamp::now()).is_some());
    }

    #[test]
    fn a_payload_that_is_cut_off_or_of_another_form_is_nothing() {
        let key = Made::new(3).0.to_bytes();
        let payload = [&[FORM][..], &1_800_000_000_i64.to_be_bytes(), &key[..]].concat();
        assert!(read(&payload).is_some());
        assert!((0..payload.len()).all(|end| read(&payload[..end]).is_none()));
        assert!(read(&[&[2][..], &payload[1..]].concat()).is_none());
    }
}
