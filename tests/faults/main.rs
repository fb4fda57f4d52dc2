//! The real program when the machine fails it: killed at every system call that matters,
//! refused at every one, cut off from power at any moment, on a network's disk, beside many
//! others. What was acknowledged is there; what the program said of the rest is true.
//!
//! Needs strace, and for the network's disks the right to mount and bindfs; `.ci/run`
//! installs the programs. Where one is missing the test fails with its name.
//!
//! `cargo test --features desktop-tests --test faults`, and with `-- --ignored` the long form.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

mod backups;
mod cut;
mod killed;
mod network;
mod operations;
mod power;
mod refused;
mod scribbled;
mod together;
mod traced;

/// A number of trials: the long form's where the environment asks for it.
fn trials(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}
