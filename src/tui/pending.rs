//! [`Pending`]: how much a thread was handed and has not done yet, so that the
//! loop can wait for it, but never for long.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A count shared by who hands work over and who does it.
#[derive(Default)]
pub(super) struct Pending {
    count: Mutex<usize>,
    fewer: Condvar,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more was handed over.
    pub(super) fn add(&self) {
        *self.lock() += 1;
    }

    /// One was done; true when none is left.
    pub(super) fn remove(&self) -> bool {
        let mut count = self.lock();
        *count = count.saturating_sub(1);
        self.fewer.notify_all();
        *count == 0
    }

    /// True when none is left.
    pub(super) fn is_none(&self) -> bool {
        *self.lock() == 0
    }

    /// Waits until none is left, no longer than `at_most`.
    pub(super) fn wait(&self, at_most: Duration) {
        drop(self.fewer.wait_timeout_while(self.lock(), at_most, |count| *count > 0));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn waiting_ends_with_the_work_or_with_the_time() {
        let pending = Arc::new(Pending::default());
        pending.add();
        pending.add();
        pending.wait(Duration::from_millis(1));
        assert!(!pending.remove() && !pending.is_none());
        let worker = Arc::clone(&pending);
        let thread = std::thread::spawn(move || worker.remove());
        pending.wait(Duration::from_secs(10));
        assert!(pending.is_none() && thread.join().unwrap());
    }
}
