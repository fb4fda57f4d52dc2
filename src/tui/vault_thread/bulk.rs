//! A job on the vault thread: told about as it goes on, and ended when asked.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::tui::event::{Answer, Event, Mailbox};
use crate::tui::job::Job;
use crate::vault::Vault;

/// The shortest time between two answers about how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Does a job, whole or not at all.
pub(super) fn run(vault: &mut Vault, job: Box<Job>, mailbox: &Mailbox) -> Answer {
    let mut told = Instant::now();
    let result = vault.bulk(&job.steps, &job.reason, |done, total| {
        if job.stop.is_set() {
            return ControlFlow::Break(());
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            mailbox.send(Event::Vault(Answer::Progress { done, total }));
        }
        ControlFlow::Continue(())
    });
    Answer::Job { job, result: Box::new(result) }
}
