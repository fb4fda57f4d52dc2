//! Steps of recipes with real small programs: each way to end, what they are given, what is
//! shown of them, and that none lives on.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says so when what it needs is not there")]

#[path = "support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

#[path = "steps/ends.rs"]
mod ends;
#[path = "steps/given.rs"]
mod given;
#[path = "steps/killed.rs"]
mod killed;
#[path = "steps/place.rs"]
mod place;
#[path = "steps/shown.rs"]
mod shown;
