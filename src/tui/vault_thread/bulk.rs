//! A job on the vault thread: told about as it goes on, and ended when asked.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::error::Kind;
use crate::tui::event::{Answer, Event, Mailbox};
use crate::tui::job::Job;
use crate::vault::Vault;

/// The shortest time between two answers about how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Does a job, whole or not at all. Of what cannot be taken back whole, the rest is found.
pub(super) fn run(vault: &mut Vault, mut job: Box<Job>, mailbox: &Mailbox) -> Answer {
    let started = Instant::now();
    let (mut told, stop) = (started, job.stop.clone());
    let mut progress = |done: usize, total: usize| {
        if stop.is_set() {
            return ControlFlow::Break(());
        }
        // That the steps are done is always told, since from then on nothing ends it.
        let is_due = if done == total { started.elapsed() } else { told.elapsed() } >= TELL_EVERY;
        if is_due {
            told = Instant::now();
            mailbox.send(Event::Vault(Answer::Progress { done, total }));
        }
        ControlFlow::Continue(())
    };
    let result = vault.bulk(&job.steps, &job.reason, &mut progress);
    if job.undoes && matches!(&result, Err(error) if error.kind() == Kind::Conflict) {
        // What cannot be tried now is refused as a whole, as it was.
        job.rest = vault.rest(&job.steps, &mut progress).ok().flatten();
    }
    Answer::Job { job, result: Box::new(result) }
}
