//! A terminal of our own making, for a program that would else see a pipe.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, unlockpt};
use rustix::termios::{OptionalActions, OutputModes, Termios, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

use crate::error::{Error, Result};

#[cfg(target_os = "linux")]
const FLAGS: OpenptFlags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY).union(OpenptFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FLAGS: OpenptFlags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY);

/// Both ends of it.
pub(super) struct Pty {
    /// What we hold. Reading and writing it never waits.
    pub(super) ours: OwnedFd,
    /// What the program gets.
    pub(super) theirs: OwnedFd,
}

impl Pty {
    /// One that is like the user's: its modes, if given, and its size.
    pub(super) fn like(modes: Option<&Termios>, size: Option<Winsize>) -> Result<Self> {
        let pty = Self::open().map_err(none)?;
        if let Some(modes) = modes {
            tcsetattr(&pty.theirs, OptionalActions::Now, modes).map_err(none)?;
        }
        if let Some(size) = size {
            tcsetwinsize(&pty.ours, size).map_err(none)?;
        }
        Ok(pty)
    }

    /// One that changes nothing of what is written to it, for output beside the user's
    /// own terminal, which does that.
    pub(super) fn for_output(size: Option<Winsize>) -> Result<Self> {
        let pty = Self::like(None, size)?;
        let mut modes = tcgetattr(&pty.theirs).map_err(none)?;
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&pty.theirs, OptionalActions::Now, &modes).map_err(none)?;
        Ok(pty)
    }

    fn open() -> rustix::io::Result<Self> {
        let ours = openpt(FLAGS)?;
        // Not every system takes the flag for this.
        fcntl_setfd(&ours, FdFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = other_end(ours.as_fd())?;
        fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
        Ok(Self { ours, theirs })
    }
}

/// Without a path, which in a container may lead to another terminal.
#[cfg(target_os = "linux")]
fn other_end(ours: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    rustix::pty::ioctl_tiocgptpeer(ours, FLAGS)
}

#[cfg(not(target_os = "linux"))]
fn other_end(ours: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    let path = rustix::pty::ptsname(ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, rustix::fs::Mode::empty())
}

fn none(error: rustix::io::Errno) -> Error {
    Error::failure(format!("There is no terminal to be had for the program: {error}."))
        .hint("Nothing was started. With --no-mask it gets yours.")
}
