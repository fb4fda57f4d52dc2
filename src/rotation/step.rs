//! One step: a program is given values, and ends; nothing of it outlives us.
//!
//! [`prepare`] fills the templates while the vault is open, every value recorded first.
//! [`run`] needs no vault. This crate has no `unsafe`, so nothing can be done between
//! `fork` and `exec`; instead we start ourselves again, twice, under two hidden arguments:
//!
//! ```text
//! strongroom               hands everything over by one pipe, which it then keeps open
//! └ supervisor             a session of its own without a terminal; keeps time, takes the
//!                          output, and ends the program's whole group when its time is
//!                          over, when it writes without end, when it is told to, or when
//!                          the pipe ends because we are gone
//!   └ starter → program    asks to be killed when the supervisor dies, then becomes the
//!                          program, in a group of its own
//! ```
//!
//! The program finds our environment without any variable of ours, the folder `/`, and what
//! the recipe gives it: standard input and descriptors are files in memory that nothing can
//! write to and only their owner can open. All of it is there before the program starts, so
//! none ever reads half a value because we were killed.
//!
//! Out of reach is a program that leaves its group by itself, as a daemon does, or that
//! takes the rights of another account.

mod cancel;
mod end;
mod memory;
mod prepare;
mod run;
mod shown;
mod starter;
mod supervisor;
mod wire;

use std::ffi::OsString;

use crate::error::Result;

pub use cancel::Cancel;
pub use end::{How, StepEnd};
pub use prepare::{Prepared, Values, prepare};
pub use run::{run, run_by};

/// The hidden argument of the supervisor.
pub const SUPERVISE: &str = "--supervise-a-step";
/// And of what becomes the program.
const START: &str = "--start-a-step";

/// Does what a hidden argument asks for, if `line` has one.
pub fn take_part(line: &[OsString]) -> Option<Result<u8>> {
    match line {
        [_, part] if part == SUPERVISE => Some(supervisor::supervise()),
        [_, part, words @ ..] if part == START => Some(Err(starter::start(words))),
        _ => None,
    }
}
