//! Who acts, where the vault's key comes from, and what the process must not leak.
//!
//! `main` hardens the process first; `cli` asks for the key in the order that the
//! README gives; the screen gets it from its unlock dialog or from here at start.

pub mod actor;
pub mod anchors;
pub mod boot_clock;
pub mod clipboard_tests;
pub mod kernel_keyring;
pub mod key_file;
pub mod key_source;
mod line;
pub mod ourselves;
pub mod pins;
pub mod process;
pub mod prompt;
pub mod read_secret;
mod state_file;
