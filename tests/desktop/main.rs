//! The real program where operators run it: in tmux, at a desktop with a
//! clipboard, over SSH, and on disks that are full or cannot be written.
//!
//! Needs tmux, Xvfb, xclip, sshd, ssh, strace, and the right to mount; `.ci/run`
//! installs the programs. Where one is missing the test fails with its name.
//!
//! `cargo test --features desktop-tests --test desktop`

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

mod canary;
mod disk;
mod display;
mod panes;
mod place;
mod ssh;
mod tmux;
mod x11;
