//! Bytes in, bytes out: no clock, no file, no SQL, no screen.
//!
//! `vault` calls it; it calls nobody. Every construction is written down in
//! `assets/format.md`, so exactly that a stranger could write a reader from it.

pub mod backup;
mod kept_key;
pub mod keyring;
pub mod passphrase;
pub mod raw_key;
pub mod seal;
mod slot;
pub mod stream;

use crate::error::{Error, Result};

/// What fills bytes with randomness: [`random`], and in tests one that is stuck or fails.
type Source = fn(&mut [u8]) -> Result<()>;

/// Fills `bytes` from the operating system.
///
/// # Errors
/// Failure, when the system gives no randomness: nothing may then be sealed.
pub fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|_| {
        Error::failure("The operating system gave no random bytes.").hint("Nothing was written; try again later.")
    })
}

/// `N` random bytes.
///
/// # Errors
/// As [`random`].
pub fn random_array<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random(&mut bytes)?;
    Ok(bytes)
}

/// C5: keys and nonces never repeat, and without randomness nothing is sealed.
#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::keyring::{Keyring, MasterKey};
    use super::raw_key::RawKey;
    use super::seal::{Padding, Place, Purpose, SealKey};
    use super::*;
    use crate::error::Kind;

    const VAULT: [u8; 16] = [7; 16];

    fn keyring() -> Keyring {
        Keyring::new(MasterKey::generate().unwrap(), VAULT, 1).unwrap()
    }

    /// Seals as the vault does: each value under a key of its own, and what describes it under one key.
    fn no_pair_repeats(encryptions: usize) {
        let (keys, place) = (keyring(), Place::new(Purpose::Value, VAULT));
        let mut pairs = HashSet::with_capacity(encryptions);
        for number in 0..encryptions / 2 {
            // The same secret, version and value again: chance alone tells them apart.
            let data_key = keys.data_key(&[1; 16], 1, b"the same value").unwrap();
            let value = SealKey::new(data_key.bytes()).seal(&place, Padding::Exact, b"the same value").unwrap();
            let metadata = keys.metadata.seal(&place, Padding::Exact, b"the same name").unwrap();
            let nonce = |sealed: &[u8]| <[u8; 12]>::try_from(&sealed[..12]).unwrap();
            assert!(pairs.insert((*data_key.bytes(), nonce(&value))), "value {number}");
            assert!(pairs.insert(([0; 32], nonce(&metadata))), "metadata {number}");
        }
        assert_eq!(pairs.len(), encryptions);
        let keys: HashSet<&[u8; 32]> = pairs.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), encryptions / 2 + 1, "a data key was used twice");
    }

    #[test]
    fn c5_no_pair_of_key_and_nonce_repeats() {
        no_pair_repeats(100_000);
    }

    #[test]
    #[ignore = "the long form: cargo test --lib c5 -- --ignored"]
    fn c5_no_pair_of_key_and_nonce_repeats_in_a_million() {
        no_pair_repeats(1_000_000);
    }

    #[test]
    fn c5_a_source_that_is_stuck_gives_each_content_its_own_key() {
        let stuck: Source = |bytes| {
            bytes.fill(0x5a);
            Ok(())
        };
        let keys = keyring();
        let key = |secret: u8, version, value: &[u8]| {
            *keys.data_key_from(stuck, &[secret; 16], version, value).unwrap().bytes()
        };
        let different: HashSet<[u8; 32]> = (0..1000_u32)
            .map(|number| key(1, 1, &number.to_be_bytes()))
            .chain([key(2, 1, b"v"), key(1, 2, b"v")])
            .collect();
        assert_eq!(different.len(), 1002);
        assert_eq!(key(1, 1, b"v"), key(1, 1, b"v"), "the source is not stuck, so that this proves nothing");
    }

    #[test]
    fn c5_a_source_that_fails_is_refused_before_anything_is_sealed() {
        let failing: Source = |bytes| {
            // Even where some bytes came.
            bytes.iter_mut().take(1).for_each(|byte| *byte = 1);
            Err(Error::failure("No randomness."))
        };
        let (keys, place) = (keyring(), Place::new(Purpose::Value, VAULT));
        assert_eq!(RawKey::generate_from(failing).err().unwrap().kind(), Kind::Failure);
        assert_eq!(keys.data_key_from(failing, &[1; 16], 1, b"v").err().unwrap().kind(), Kind::Failure);
        let refused = keys.metadata.seal_from(failing, &place, Padding::Buckets, b"v");
        assert_eq!(refused.err().unwrap().kind(), Kind::Failure);
    }
}
