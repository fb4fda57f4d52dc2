//! Rotation against what it is for: a PostgreSQL server, an SSH server, an HTTP API, a file.
//!
//! Needs postgresql (the server and psql), sshd, ssh, ssh-agent and curl; `.ci/run` installs
//! them. Where one is missing the test fails with its name.
//!
//! `cargo test --features desktop-tests --test rotation`
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says so when what it needs is not there")]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

mod file;
mod http_api;
mod killed;
mod password;
mod postgresql;
mod ready;
mod ssh_key;
mod walk;
