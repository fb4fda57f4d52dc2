//! What a vault reads, let at by a fuzzer: sealed bytes, what is in them, and what people type.

mod opened;
mod sealed;
mod words;

pub use opened::{listing, records};
pub use sealed::{anchor, sealed};
pub use words::{query, typed};
