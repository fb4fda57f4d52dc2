//! [`Cancel`]: a step that runs can be ended from another thread.

use std::process::ChildStdin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Ends a step, once; to be shared with the thread that may want to.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Mutex<Line>>);

/// The line to the supervisor.
#[derive(Default)]
struct Line {
    since: Option<Instant>,
    /// Its end is what ends the program.
    supervisor: Option<ChildStdin>,
}

impl Cancel {
    /// One that has not been used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the step that runs, or that is to begin.
    pub fn cancel(&self) {
        let mut line = self.line();
        line.since.get_or_insert_with(Instant::now);
        line.supervisor = None;
    }

    /// True when somebody has had enough.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.since().is_some()
    }

    /// Since when.
    pub(super) fn since(&self) -> Option<Instant> {
        self.line().since
    }

    /// Keeps the line for as long as the step may run.
    pub(super) fn hold(&self, supervisor: ChildStdin) {
        let mut line = self.line();
        if line.since.is_none() {
            line.supervisor = Some(supervisor);
        }
    }

    /// The step has ended.
    pub(super) fn let_go(&self) {
        self.line().supervisor = None;
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
