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

use crate::error::{Error, Result};

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
