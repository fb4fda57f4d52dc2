//! A system without a kernel keyring: nothing can be kept, and nothing is found.

use std::time::Duration;

use zeroize::Zeroizing;

const WHY: &str = "only Linux has a kernel keyring";

pub(super) fn check() -> Result<(), String> {
    Err(WHY.to_owned())
}

pub(super) fn put(_: &str, _: &[u8], _: Duration) -> Result<(), String> {
    Err(WHY.to_owned())
}

pub(super) fn get(_: &str) -> Option<Zeroizing<Vec<u8>>> {
    None
}

pub(super) fn remove(_: &str) -> Result<bool, String> {
    Ok(false)
}
