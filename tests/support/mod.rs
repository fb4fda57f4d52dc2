//! What tests of the real program share: a terminal to run it in, and vaults.

pub(crate) mod pty;
pub(crate) mod vault;
