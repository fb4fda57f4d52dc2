//! [`Signals`]: what this process is told while a program runs, as something to wait for
//! beside everything else.
//!
//! What was ignored when we began (`nohup`) is left alone, so that the program finds it
//! ignored too. For each signal it is known whether the kernel sent it, as it does for the
//! keys of a terminal: those reach every process of the group, and must not be passed on
//! to one that has got them already.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::process::Signal;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;

use crate::error::{Error, Result};

/// Passed on to the program.
pub(super) const PASSED_ON: [Signal; 7] =
    [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM, Signal::USR1, Signal::USR2, Signal::ALARM];
/// The kernel itself, in `si_code`.
#[cfg(target_os = "linux")]
const BY_KERNEL: i32 = 0x80;

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) signal: Signal,
    /// By a key of the terminal, or its end: the whole group got it.
    pub(super) to_all: bool,
}

/// Signals that are caught from its making on.
pub(super) struct Signals {
    delivery: SignalDelivery<UnixStream, WithRawSiginfo>,
    waiting: VecDeque<Came>,
}

impl Signals {
    /// Catches `signals`, but those that are ignored.
    pub(super) fn catch(signals: impl IntoIterator<Item = Signal>) -> Result<Self> {
        let ignored = ignored();
        let caught = signals.into_iter().map(Signal::as_raw);
        // A child's end is always waited for.
        let caught = caught.filter(|&signal| signal == Signal::CHILD.as_raw() || ignored >> (signal - 1) & 1 == 0);
        let (read, write) = UnixStream::pair().map_err(uncaught)?;
        let delivery =
            SignalDelivery::with_pipe(read, write, WithRawSiginfo, caught.collect::<Vec<_>>()).map_err(uncaught)?;
        Ok(Self { delivery, waiting: VecDeque::new() })
    }

    /// Becomes readable when one has come.
    pub(super) fn readable(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }

    /// The next that has come, if any.
    pub(super) fn next(&mut self) -> Option<Came> {
        if self.waiting.is_empty() {
            let came = self.delivery.pending().filter_map(|info| {
                let signal = Signal::from_named_raw(info.si_signo)?;
                Some(Came { signal, to_all: is_by_kernel(info.si_code) })
            });
            self.waiting.extend(came);
        }
        self.waiting.pop_front()
    }
}

#[cfg(target_os = "linux")]
fn is_by_kernel(code: i32) -> bool {
    code == BY_KERNEL
}

/// Elsewhere the code does not tell; that a key was pressed is by far the likeliest.
#[cfg(not(target_os = "linux"))]
fn is_by_kernel(_: i32) -> bool {
    true
}

/// A bit for each signal that this process ignores.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

fn uncaught(error: io::Error) -> Error {
    Error::failure(format!("Signals cannot be caught, so no program is started: {error}."))
}
