//! What an attacker on the same machine gets of the running program: from its memory, as
//! another process of the same account, from the files it makes, and from the terminal it
//! leaves behind. The numbers H1 to H5 are those of the table in assets/trust.md.
//!
//! Needs root, setpriv and gdb; `.ci/run` installs the programs.
//!
//! `cargo test --features desktop-tests --test process`

#[path = "../support/place/mod.rs"]
#[expect(dead_code, reason = "the places serve tests/clipboard, too")]
mod place;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

mod endings;
mod files;
mod leftovers;
mod memory;
mod reader;
mod scanner;

/// How often each situation is tried: once, or as often as the long form has it.
fn rounds(short: usize) -> usize {
    let asked = std::env::var("STRONGROOM_TEST_ROUNDS").ok();
    asked.map_or(short, |rounds| rounds.parse().unwrap())
}
