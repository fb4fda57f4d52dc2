//! What a fuzzer is let at: one function for each kind of bytes that come from outside.
//!
//! Compiled for tests and for `cargo fuzz` alone, so that nothing that ships can lean on
//! it. Each function makes something of any bytes and fails where more than a panic went
//! wrong: what was read and is written reads the same, bytes in other pieces mean the
//! same, nothing opens that was altered. Where the bytes belong to what is private the
//! function stands in that room; here they have their names ([`TARGETS`]), and the kept
//! inputs of `fuzz/seeds` are run through them by `cargo test`.

mod feed;
mod texts;

pub(crate) use feed::Feed;

pub use crate::tui::fuzzing::terminal;
pub use crate::vault::backup::fuzzing::backup;
pub use crate::vault::fuzzing::{anchor, listing, query, records, sealed, typed};
pub use texts::{mask, references};

/// A function, by the name of its folder in `fuzz/seeds` and of its file in `fuzz/fuzz_targets`.
pub type Target = (&'static str, fn(&[u8]));

/// All there are.
pub const TARGETS: &[Target] = &[
    ("anchor", anchor),
    ("backup", backup),
    ("listing", listing),
    ("mask", mask),
    ("query", query),
    ("records", records),
    ("references", references),
    ("sealed", sealed),
    ("terminal", terminal),
    ("typed", typed),
];

#[cfg(test)]
mod tests;
