//! The vault thread: the sole owner of keys and database.
//!
//! `runtime` hands it [`Request`]s and returns at once; it sends answers. What it does
//! is the [`Keeper`]'s; here is when. Between requests, while unlocked, it looks twice a
//! second for what other sessions wrote, and in quiet moments it does what is done behind the
//! list: it walks the rows of all secrets and the audit chain, and looks for duplicates.

mod behind;
mod bulk;
mod driving;
mod keeper;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::error::{Error, Result};

use super::effect::Request;
use super::event::Mailbox;
use super::pending::Pending;

pub use keeper::{Keeper, Place, StartupKey};

/// The way to the thread.
pub(super) struct VaultThread {
    requests: Option<Sender<Request>>,
    pending: Arc<Pending>,
    finished: Receiver<()>,
}

impl VaultThread {
    /// Starts it; it looks at the file, and unlocks it where `startup` finds a key.
    pub(super) fn start(place: Place, startup: StartupKey, mailbox: Mailbox) -> Result<Self> {
        let (requests, inbox) = channel();
        let (alive, finished) = channel();
        let pending = Arc::new(Pending::default());
        let done = Arc::clone(&pending);
        let work = move || {
            turn(&mut Keeper::new(place, mailbox), startup, &inbox, &done);
            drop(alive);
        };
        std::thread::Builder::new()
            .name("vault".into())
            .spawn(work)
            .map_err(|error| Error::failure(format!("No thread could be started for the vault: {error}.")))?;
        Ok(Self { requests: Some(requests), pending, finished })
    }

    /// Hands a request over.
    pub(super) fn ask(&self, request: Request) {
        let Some(requests) = &self.requests else { return };
        self.pending.add();
        if requests.send(request).is_err() {
            self.pending.remove();
        }
    }

    /// Waits until every request is served, no longer than `at_most`.
    pub(super) fn settle(&self, at_most: Duration) {
        self.pending.wait(at_most);
    }

    /// Locks, and waits for it no longer than `at_most`.
    pub(super) fn close(&mut self, at_most: Duration) {
        self.requests = None;
        let _ = self.finished.recv_timeout(at_most);
    }
}

/// Turns the keeper until nobody can ask any more; then it locks.
fn turn(keeper: &mut Keeper, startup: StartupKey, inbox: &Receiver<Request>, done: &Pending) {
    keeper.start(startup);
    loop {
        let request = match keeper.wait() {
            Some(wait) => inbox.recv_timeout(wait),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match request {
            Ok(request) => serve_all(keeper, request, inbox, done),
            Err(RecvTimeoutError::Timeout) => keeper.go_on(),
            Err(RecvTimeoutError::Disconnected) => return keeper.lock(),
        }
        keeper.look_if_due();
    }
}

/// Serves what has come in. A look at one secret is left out when another look
/// waits behind it: somebody is holding the cursor key down.
fn serve_all(keeper: &mut Keeper, first: Request, inbox: &Receiver<Request>, done: &Pending) {
    let mut waiting = VecDeque::from([first]);
    while let Some(request) = waiting.pop_front() {
        waiting.extend(inbox.try_iter());
        if !waiting.iter().any(|later| later.outdates(&request)) {
            keeper.serve(request);
        }
        done.remove();
    }
}
