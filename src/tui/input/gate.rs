//! [`Gate`]: keeps the input thread from the terminal while another program has it.
//!
//! Two readers of one terminal would share the keys at random. The loop closes the
//! gate and knows that the thread stands at it before the other program starts.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Both sides hold one.
#[derive(Clone)]
pub(in crate::tui) struct Gate(Arc<Shared>);

struct Shared {
    stand: Mutex<Stand>,
    moved: Condvar,
    wake: PipeWriter,
    woken: PipeReader,
}

/// Where the thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// It reads.
    Reads,
    /// It reads, and is asked to stand.
    Asked,
    /// It reads nothing.
    Stands,
}

impl Gate {
    /// An open gate.
    pub(in crate::tui) fn new() -> std::io::Result<Self> {
        let (woken, wake) = std::io::pipe()?;
        Ok(Self(Arc::new(Shared { stand: Mutex::new(Stand::Reads), moved: Condvar::new(), wake, woken })))
    }

    fn stand(&self) -> MutexGuard<'_, Stand> {
        self.0.stand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the thread from reading; false when it does not stand after so long.
    pub(in crate::tui) fn close(&self, at_most: Duration) -> bool {
        *self.stand() = Stand::Asked;
        let woken = (&self.0.wake).write_all(b"!").is_ok();
        let reads = |stand: &mut Stand| *stand != Stand::Stands;
        let waited = self.0.moved.wait_timeout_while(self.stand(), at_most, reads);
        let stand = *waited.unwrap_or_else(PoisonError::into_inner).0;
        woken && stand == Stand::Stands
    }

    /// Lets the thread read again.
    pub(in crate::tui) fn open(&self) {
        *self.stand() = Stand::Reads;
        self.0.moved.notify_all();
    }

    /// What is readable when the thread is asked to stand.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.0.woken.as_fd()
    }

    /// The thread stands until it may read again.
    pub(super) fn wait(&self) {
        let _ = (&self.0.woken).read(&mut [0]);
        let mut stand = self.stand();
        if *stand == Stand::Asked {
            *stand = Stand::Stands;
            self.0.moved.notify_all();
        }
        let stands = |stand: &mut Stand| *stand == Stand::Stands;
        drop(self.0.moved.wait_while(stand, stands));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_gate_is_known_to_be_closed_and_opens_again() {
        let gate = Gate::new().unwrap();
        assert!(!gate.close(Duration::from_millis(10)), "nobody stands at it");
        gate.open();
        // The bell that rang in vain keeps nobody waiting.
        gate.wait();
        let (other, (done, ended)) = (gate.clone(), std::sync::mpsc::channel());
        let thread = std::thread::spawn(move || {
            other.wait();
            done.send(()).unwrap();
        });
        assert!(gate.close(Duration::from_secs(20)));
        assert!(ended.recv_timeout(Duration::from_millis(20)).is_err(), "it stands");
        gate.open();
        ended.recv_timeout(Duration::from_secs(20)).unwrap();
        thread.join().unwrap();
    }
}
