//! Copying with a lease: a value is put on the operator's clipboard and taken
//! away again at its deadline, on lock and on quit.
//!
//! The terminal interface makes one [`Clipboard`] by the [`Route`] it detects and
//! hands it values that are audited already. What happens comes back as [`News`],
//! since a display may answer late or never, and nothing here may block the screen.

pub mod native;
pub mod osc52;
pub mod route;
pub mod tmux;

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::vault::scope::Address;

pub use route::Route;

/// A value on its way to the clipboard.
pub struct Copy {
    /// What to name in notices; `None` for text that is no secret, which the terminal keeps.
    pub address: Option<Address>,
    /// The plaintext.
    pub value: SecretText,
    /// How long until it is taken away.
    pub clear_after: Duration,
}

/// What became of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Handed over; the lease runs.
    Sent {
        /// What was copied, if it was a secret.
        address: Option<Address>,
        /// How long until it is cleared.
        clear_after: Duration,
    },
    /// The lease ended and the value was taken away.
    Cleared,
    /// Something else was copied meanwhile; it was left alone.
    Replaced,
    /// The value never got there.
    Failed(Error),
}

/// Carries news to whoever asked for the copy; called from any thread.
pub type Announce = Box<dyn Fn(News) + Send>;

/// Writes a sequence to the terminal, between frames.
pub type Send52 = Box<dyn Fn(SecretText)>;

/// One way to the operator's clipboard, holding at most one lease.
pub trait Clipboard {
    /// Puts a value there; an earlier lease ends silently.
    fn copy(&mut self, copy: Copy, now: Instant);
    /// Ends the lease now, if there is one.
    fn clear(&mut self);
    /// Ends what has come to its deadline.
    fn poll(&mut self, now: Instant);
    /// When to call `poll` next.
    fn next_deadline(&self) -> Option<Instant>;
    /// True while a value of ours is, or may be, on the clipboard.
    fn is_leased(&self) -> bool;
    /// Ends the lease and waits for it, no longer than `at_most`.
    fn close(&mut self, at_most: Duration);
}

/// The clipboard behind `route`.
#[must_use]
pub fn open(route: Route, announce: Announce, send: Send52) -> Box<dyn Clipboard> {
    match route {
        Route::X11 | Route::ForwardedX11 | Route::Wayland => Box::new(native::Native::new(route, announce)),
        Route::Osc52 { in_tmux } => Box::new(Terminal52 { in_tmux, announce, send, until: None }),
        Route::None => Box::new(Unreachable { announce }),
    }
}

/// The terminal's clipboard, by OSC 52.
struct Terminal52 {
    in_tmux: bool,
    announce: Announce,
    send: Send52,
    until: Option<Instant>,
}

impl Clipboard for Terminal52 {
    fn copy(&mut self, copy: Copy, now: Instant) {
        match osc52::copy(&copy.value) {
            Ok(sequence) => {
                (self.send)(sequence);
                self.until = copy.address.as_ref().and_then(|_| now.checked_add(copy.clear_after));
                (self.announce)(News::Sent { address: copy.address, clear_after: copy.clear_after });
            }
            Err(error) => (self.announce)(News::Failed(error)),
        }
    }

    fn clear(&mut self) {
        if self.until.take().is_some() {
            (self.send)(SecretText::copied_from(osc52::clear(self.in_tmux)));
            (self.announce)(News::Cleared);
        }
    }

    fn poll(&mut self, now: Instant) {
        if self.until.is_some_and(|until| until <= now) {
            self.clear();
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.until
    }

    fn is_leased(&self) -> bool {
        self.until.is_some()
    }

    fn close(&mut self, _at_most: Duration) {
        self.clear();
    }
}

/// Where no clipboard can be reached: every copy says so.
struct Unreachable {
    announce: Announce,
}

impl Clipboard for Unreachable {
    fn copy(&mut self, _copy: Copy, _now: Instant) {
        (self.announce)(News::Failed(
            Error::failure("No clipboard can be reached from this terminal.")
                .hint("Show the value with s, or print it with strongroom reveal."),
        ));
    }

    fn clear(&mut self) {}

    fn poll(&mut self, _now: Instant) {}

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn is_leased(&self) -> bool {
        false
    }

    fn close(&mut self, _at_most: Duration) {}
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::vault::scope::ScopePath;

    type Sent = Rc<RefCell<Vec<Vec<u8>>>>;

    fn terminal() -> (Box<dyn Clipboard>, Receiver<News>, Sent) {
        let (sender, news) = channel();
        let sent = Sent::default();
        let into = Rc::clone(&sent);
        let clipboard = open(
            Route::Osc52 { in_tmux: false },
            Box::new(move |news| sender.send(news).unwrap()),
            Box::new(move |bytes| into.borrow_mut().push(bytes.expose().to_vec())),
        );
        (clipboard, news, sent)
    }

    fn some_copy(value: Vec<u8>) -> Copy {
        Copy {
            address: Address::parse("production/KEY", &ScopePath::root()).ok(),
            value: SecretText::from(value),
            clear_after: Duration::from_secs(20),
        }
    }

    #[test]
    fn a_lease_ends_at_its_deadline_and_only_once() {
        let (mut clipboard, news, sent) = terminal();
        let start = Instant::now();
        clipboard.copy(some_copy(b"v".to_vec()), start);
        assert!(matches!(news.try_recv(), Ok(News::Sent { .. })));
        clipboard.poll(start + Duration::from_secs(19));
        assert!(clipboard.is_leased() && sent.borrow().len() == 1);
        clipboard.poll(start + Duration::from_secs(20));
        assert_eq!(news.try_recv(), Ok(News::Cleared));
        clipboard.clear();
        assert_eq!(sent.borrow().len(), 2);
        assert_eq!(sent.borrow()[1], b"\x1b]52;c;\x1b\\");
        assert!(news.try_recv().is_err() && clipboard.next_deadline().is_none());
    }

    #[test]
    fn text_that_is_no_secret_ends_the_lease_and_stays() {
        let (mut clipboard, news, sent) = terminal();
        let start = Instant::now();
        clipboard.copy(some_copy(b"v".to_vec()), start);
        clipboard.copy(Copy { address: None, ..some_copy(b"strongroom list".to_vec()) }, start);
        assert!(matches!(news.try_iter().last(), Some(News::Sent { address: None, .. })));
        assert!(!clipboard.is_leased());
        clipboard.close(Duration::ZERO);
        assert_eq!(sent.borrow().len(), 2, "nothing clears it");
    }

    #[test]
    fn a_refused_copy_keeps_the_earlier_lease() {
        let (mut clipboard, news, sent) = terminal();
        let start = Instant::now();
        clipboard.copy(some_copy(b"v".to_vec()), start);
        clipboard.copy(some_copy(vec![b'v'; osc52::MAX_BYTES + 1]), start);
        assert!(matches!(news.try_iter().last(), Some(News::Failed(_))));
        assert_eq!(clipboard.next_deadline(), Some(start + Duration::from_secs(20)));
        assert_eq!(sent.borrow().len(), 1);
    }

    #[test]
    fn nowhere_to_copy_is_said() {
        let (sender, news) = channel();
        let mut clipboard =
            open(Route::None, Box::new(move |news| sender.send(news).unwrap()), Box::new(|_| unreachable!()));
        clipboard.copy(some_copy(b"v".to_vec()), Instant::now());
        assert!(matches!(news.try_recv(), Ok(News::Failed(_))));
    }
}
