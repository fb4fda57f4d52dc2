//! Copying with a lease: a value is put on the operator's clipboard and taken away again
//! at its deadline, on lock and on quit, over SSH too.
//!
//! ```text
//! the screen, `copy` ─→ Clipboard ─→ lessor, a thread ─┬→ holder, a process    displays
//!          ↑                            │              ├→ terminal, tmux ⇢ watchdog, a process
//!          └──────── News ──────────────┘              └→ command
//! ```
//!
//! Nothing here may block the screen, so what is asked goes to the `lessor`, which tries the
//! [`Route`]s that the [surroundings] offer, one after the other, and what happens comes back
//! as [`News`]. On a desktop the value lives in a process that clears it by leaving. A terminal
//! is told to clear, and may not listen while nobody looks at it: then that is said again.

use std::cell::RefCell;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crate::config::ClipboardSettings;
use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::vault::scope::Address;

mod command;
mod holder;
mod lease;
mod lessor;
pub mod osc52;
mod probe;
pub mod route;
pub mod surroundings;
mod terminal;
pub mod tmux;
mod tmux_lease;
mod watchdog;

pub use lease::SendSequence;
pub use probe::{Probed, probe};
pub use route::Route;
pub use surroundings::Surroundings;

use lessor::{Heard, Lessor};

/// A value on its way to the clipboard.
pub struct Copy {
    /// What it is.
    pub what: What,
    /// The plaintext.
    pub value: SecretText,
}

/// What a value is, to those who hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A secret's, by its address.
    Secret(Address),
    /// A word that was made up to see what becomes of it: treated as a secret.
    Test(String),
    /// Text that is no secret, which nobody clears.
    Text,
}

/// What became of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Handed over; the lease runs.
    Sent {
        /// What was copied.
        what: What,
        /// The way it went.
        route: Route,
        /// How long until it is cleared.
        clear_after: Duration,
        /// The ways that did not work, tried before, each a sentence.
        failed: Vec<String>,
    },
    /// The lease ended and the value was taken away; or that was asked for, where it cannot be known.
    Cleared(Route),
    /// Clearing was asked for, of a terminal that may not have listened: it is asked again
    /// when the terminal is looked at.
    ClearPending(Route),
    /// Clearing failed, and is tried again at the next key.
    ClearFailed(Error),
    /// Something else was copied meanwhile; it was left alone.
    Replaced,
    /// The operator had it left as it is.
    Kept,
    /// The value never got there.
    Failed(Error),
}

/// Carries news to whoever asked for the copy; called from any thread.
pub type Announce = Box<dyn Fn(News) + Send>;

/// The operator's clipboard, with at most one lease.
pub struct Clipboard {
    /// What the lessor is started with, at the first copy.
    ready: RefCell<Option<Lessor>>,
    orders: Sender<Heard>,
    /// Counts what was asked: an older copy that gets through late is taken back.
    wanted: Arc<AtomicU64>,
}

impl Clipboard {
    /// A clipboard that nothing was put on yet; no display is touched and no thread started.
    /// Without a `terminal` to send sequences to, only displays and programs are tried.
    #[must_use]
    pub fn new(settings: ClipboardSettings, announce: Announce, terminal: Option<SendSequence>) -> Self {
        let (orders, inbox) = channel();
        let wanted = Arc::new(AtomicU64::new(0));
        let lessor = Lessor::new(settings, announce, terminal, (orders.clone(), inbox), Arc::clone(&wanted));
        Self { ready: RefCell::new(Some(lessor)), orders, wanted }
    }

    /// Puts a value there; an earlier lease ends silently. Answered by [`News`].
    pub fn copy(&self, copy: Copy) {
        if let Some(lessor) = self.ready.take() {
            lessor.start();
        }
        let number = self.want();
        self.order(Heard::Copy(copy, number));
    }

    /// Ends the lease now, if there is one. A key that was `typed` proves that the terminal is
    /// looked at.
    pub fn clear(&self, typed: bool) {
        self.want();
        self.order(Heard::Clear { typed });
    }

    /// Leaves what is there as it is, where clearing could hit what the operator has copied since.
    pub fn keep(&self) {
        self.order(Heard::Keep);
    }

    /// The terminal is looked at, or no longer.
    pub fn focus(&self, focused: bool) {
        self.order(Heard::Focus(focused));
    }

    /// Somebody types: the terminal is looked at now.
    pub fn typed(&self) {
        self.order(Heard::Typed);
    }

    /// Waits until all that was asked is done, no longer than `at_most`.
    pub fn settle(&self, at_most: Duration) {
        if self.ready.borrow().is_none() {
            let (done, waiting) = channel();
            self.order(Heard::Settle(done));
            let _ = waiting.recv_timeout(at_most);
        }
    }

    /// Ends the lease, unless the settings leave it to its deadline, and waits for that, no
    /// longer than `at_most`.
    pub fn close(self, at_most: Duration) {
        self.want();
        self.order(Heard::Leave);
        self.settle(at_most);
    }

    /// A newer wish than all before.
    fn want(&self) -> u64 {
        self.wanted.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn order(&self, order: Heard) {
        if self.ready.borrow().is_none() {
            let _ = self.orders.send(order);
        }
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        self.order(Heard::Leave);
    }
}

/// No way works, or there is none; why, a sentence each.
#[must_use]
pub fn nowhere(why: Vec<String>) -> Error {
    Error::busy("No clipboard can be reached from here.").detailed(why)
}

/// Does what a hidden argument asks for, if `line` has one: to hold a value, or to watch
/// over one, for another process of ours.
#[must_use]
pub fn take_part(line: &[OsString]) -> Option<Result<u8>> {
    let [_, part, words @ ..] = line else { return None };
    let serve = match part.to_str()? {
        holder::PART => holder::serve,
        watchdog::PART => watchdog::serve,
        _ => return None,
    };
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Some(serve(&words))
}
