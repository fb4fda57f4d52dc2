//! [`Terminal`]: the user's own, while a program runs in one of our making.
//!
//! Keys go through as they are, so that it is the program's terminal which makes a signal
//! of Ctrl-C. Only in the foreground is anything read or changed: a background process
//! that does is stopped. Dropping it puts the terminal back.

use std::fs::{File, OpenOptions};
use std::io::stdin;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetpgrp, tcsetattr};

/// The terminal that keys come from.
pub(super) struct Terminal {
    /// `None` where there is none, or it is gone.
    keys: Option<File>,
    /// Its modes, while they are not its own.
    before: Option<Termios>,
}

impl Terminal {
    /// Standard input, if it is one, else the one that the session has.
    pub(super) fn open() -> Self {
        let keys = if isatty(stdin()) {
            stdin().as_fd().try_clone_to_owned().map(File::from)
        } else {
            OpenOptions::new().read(true).write(true).open("/dev/tty")
        };
        Self { keys: keys.ok(), before: None }
    }

    /// True while it may yet come to us.
    pub(super) fn is_awaited(&self) -> bool {
        self.keys.is_some() && !self.is_through()
    }

    /// Lets go of it: it is gone.
    pub(super) fn forget(&mut self) {
        self.keys = None;
        self.before = None;
    }

    /// Its modes.
    pub(super) fn modes(&self) -> Option<Termios> {
        tcgetattr(self.keys.as_ref()?).ok()
    }

    /// Where the keys come from, while they go through.
    pub(super) fn keys(&self) -> Option<BorrowedFd<'_>> {
        self.keys.as_ref().filter(|_| self.is_through()).map(AsFd::as_fd)
    }

    /// True while the keys go through.
    pub(super) fn is_through(&self) -> bool {
        self.before.is_some()
    }

    fn is_ours(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| tcgetpgrp(keys).is_ok_and(|group| group == getpgrp()))
    }

    /// Lets the keys through, if it is ours to say; true when it now does.
    pub(super) fn let_through(&mut self) -> bool {
        if self.is_through() || !self.is_ours() {
            return false;
        }
        let (Some(before), Some(keys)) = (self.modes(), &self.keys) else { return false };
        let mut raw = before.clone();
        raw.make_raw();
        // What was written before is shown by the modes of then.
        if tcsetattr(keys, OptionalActions::Drain, &raw).is_ok() {
            self.before = Some(before);
        }
        self.is_through()
    }

    /// Puts it back.
    pub(super) fn put_back(&mut self) {
        let Some(before) = self.before.take().filter(|_| self.is_ours()) else { return };
        if let Some(keys) = &self.keys {
            let _ = tcsetattr(keys, OptionalActions::Drain, &before);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.put_back();
    }
}
