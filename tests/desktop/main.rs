//! The real program where operators run it: in tmux, over SSH, and on disks that
//! are full or cannot be written. What it copies is tested in `tests/clipboard`.
//!
//! Needs tmux, sshd, ssh, strace, and the right to mount; `.ci/run` installs the
//! programs. Where one is missing the test fails with its name.
//!
//! `cargo test --features desktop-tests --test desktop`

#[path = "../support/place/mod.rs"]
#[expect(dead_code, reason = "the places serve tests/clipboard, too")]
mod place;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

mod canary;
mod disk;
mod panes;
mod paste;
mod ssh;
mod tmux;
mod units;
