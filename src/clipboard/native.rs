//! The clipboard of a display: the selection is ours for as long as the lease
//! runs, held by a thread of its own, since a display may answer late or never.
//!
//! On X11 giving the selection up clears it, and cannot touch what someone else
//! copied meanwhile. On Wayland a served value outlives its handle, so there it is
//! cleared, but only while it is still ours: `arboard`'s own `clear` never asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use arboard::SetExtLinux;
use zeroize::Zeroize;

use crate::error::Error;

use super::{Announce, Clipboard, Copy, News, Route};

/// A display that has not taken a value by then is reported as unreachable.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);

/// How often a held selection is asked whether it is still ours.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the holding thread is asked.
enum Order {
    /// Take the selection with this value until the instant; the number says which copy it is.
    Hold(Copy, Instant, u64),
    /// Give it up.
    Release,
}

/// The way to the holding thread.
pub(super) struct Native {
    orders: Option<Sender<Order>>,
    announce: Arc<std::sync::Mutex<Announce>>,
    shared: Arc<Shared>,
    /// Set while a copy is on its way: when it counts as failed.
    answer_by: Option<Instant>,
    finished: Receiver<()>,
}

/// What both threads look at.
#[derive(Default)]
struct Shared {
    /// The newest copy still wanted; an older one that gets through late is dropped.
    wanted: AtomicU64,
    /// True once the display took or refused the newest copy.
    answered: AtomicBool,
    /// True while the selection is held.
    held: AtomicBool,
}

impl Native {
    /// Starts the holding thread; it touches no display before the first copy.
    pub(super) fn new(route: Route, announce: Announce) -> Self {
        let (orders, inbox) = channel();
        let (alive, finished) = channel();
        let announce = Arc::new(std::sync::Mutex::new(announce));
        let shared = Arc::new(Shared::default());
        let mut holder = Holder { route, announce: Arc::clone(&announce), shared: Arc::clone(&shared), held: None };
        let started = std::thread::Builder::new().name("clipboard".into()).spawn(move || {
            holder.run(&inbox);
            drop(alive);
        });
        Self { orders: started.is_ok().then_some(orders), announce, shared, answer_by: None, finished }
    }

    fn order(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }
}

impl Clipboard for Native {
    fn copy(&mut self, copy: Copy, now: Instant) {
        let number = self.shared.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        self.shared.answered.store(false, Ordering::SeqCst);
        let until = now + copy.clear_after;
        if self.order(Order::Hold(copy, until, number)) {
            self.answer_by = Some(now + ANSWER_WITHIN);
        } else {
            say(&self.announce, News::Failed(unreachable("the thread that holds it could not be started")));
        }
    }

    fn clear(&mut self) {
        self.shared.wanted.fetch_add(1, Ordering::SeqCst);
        self.answer_by = None;
        self.order(Order::Release);
    }

    fn poll(&mut self, now: Instant) {
        if self.answer_by.is_none_or(|by| now < by) {
            return;
        }
        self.answer_by = None;
        if !self.shared.answered.load(Ordering::SeqCst) {
            self.shared.wanted.fetch_add(1, Ordering::SeqCst);
            say(&self.announce, News::Failed(unreachable("the display does not answer")));
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.answer_by
    }

    fn is_leased(&self) -> bool {
        self.shared.held.load(Ordering::SeqCst) || self.answer_by.is_some()
    }

    fn close(&mut self, at_most: Duration) {
        let leased = self.is_leased();
        self.clear();
        self.orders = None;
        if leased {
            let _ = self.finished.recv_timeout(at_most);
        }
    }
}

/// The thread that owns the selection.
struct Holder {
    route: Route,
    announce: Arc<std::sync::Mutex<Announce>>,
    shared: Arc<Shared>,
    held: Option<Held>,
}

/// A selection that is ours until the lease ends.
struct Held {
    display: arboard::Clipboard,
    copy: Copy,
    until: Instant,
}

impl Holder {
    fn run(&mut self, inbox: &Receiver<Order>) {
        loop {
            let order = match &self.held {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(held) => inbox.recv_timeout(held.until.saturating_duration_since(Instant::now()).min(LOOK_EVERY)),
            };
            match order {
                Ok(Order::Hold(copy, until, number)) => self.take(copy, until, number),
                Ok(Order::Release) => self.release(),
                Err(RecvTimeoutError::Timeout) => self.look(),
                Err(RecvTimeoutError::Disconnected) => return self.release(),
            }
            self.shared.held.store(self.held.is_some(), Ordering::SeqCst);
        }
    }

    /// Takes the selection; an earlier one of ours is replaced silently.
    fn take(&mut self, copy: Copy, until: Instant, number: u64) {
        let earlier = self.held.take();
        let taken = own(&copy);
        if self.shared.wanted.load(Ordering::SeqCst) != number {
            // Given up on meanwhile, and said so: what was taken is dropped again.
            if let Ok(display) = taken {
                self.held = Some(Held { display, copy, until });
                self.give_up();
            }
            return;
        }
        self.shared.answered.store(true, Ordering::SeqCst);
        match taken {
            Ok(display) => {
                let news = News::Sent { address: copy.address.clone(), clear_after: copy.clear_after };
                self.held = Some(Held { display, copy, until });
                self.shared.held.store(true, Ordering::SeqCst);
                drop(earlier);
                say(&self.announce, news);
            }
            Err(error) => {
                self.held = earlier;
                say(&self.announce, News::Failed(error));
            }
        }
    }

    /// Asks whether the lease has ended or was lost.
    fn look(&mut self) {
        let Some(held) = &mut self.held else { return };
        if held.until <= Instant::now() {
            self.release();
        } else if held.is_lost() {
            self.held = None;
            say(&self.announce, News::Replaced);
        }
    }

    fn release(&mut self) {
        if let Some(replaced) = self.give_up() {
            say(&self.announce, if replaced { News::Replaced } else { News::Cleared });
        }
    }

    /// Gives the selection up; true when it was lost already.
    fn give_up(&mut self) -> Option<bool> {
        let mut held = self.held.take()?;
        let lost = held.is_lost();
        if !lost && self.route == Route::Wayland {
            let _ = held.display.clear();
        }
        Some(lost)
    }
}

impl Held {
    /// True when the selection holds something else now. A display that cannot
    /// say counts as still ours, so that the lease runs to its end.
    fn is_lost(&mut self) -> bool {
        match self.display.get_text() {
            Ok(mut text) => {
                let lost = text.as_bytes() != self.copy.value.expose();
                text.zeroize();
                lost
            }
            Err(arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure) => true,
            Err(_) => false,
        }
    }
}

/// Owns the selection with this value, kept out of clipboard histories that ask.
fn own(copy: &Copy) -> Result<arboard::Clipboard, Error> {
    let Some(text) = copy.value.expose_str() else {
        return Err(Error::usage("The value is not text, so a clipboard cannot hold it.")
            .hint("Write it to a file with strongroom reveal."));
    };
    let mut display = arboard::Clipboard::new().map_err(|error| unreachable(&cause(&error)))?;
    let set = display.set().exclude_from_history().text(text);
    set.map_err(|error| unreachable(&cause(&error))).map(|()| display)
}

/// The cause in words; never the text of `ConversionFailure`'s like, which holds no value either.
fn cause(error: &arboard::Error) -> String {
    match error {
        arboard::Error::ClipboardNotSupported => "the display has no clipboard that programs may own".to_owned(),
        arboard::Error::ClipboardOccupied => "another program holds it".to_owned(),
        _ => "the display cannot be reached".to_owned(),
    }
}

fn unreachable(cause: &str) -> Error {
    Error::failure(format!("The clipboard was not set: {cause}."))
        .hint("Show the value with s, or print it with strongroom reveal.")
}

fn say(announce: &std::sync::Mutex<Announce>, news: News) {
    announce.lock().unwrap_or_else(std::sync::PoisonError::into_inner)(news);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_text::SecretText;
    use crate::vault::scope::{Address, ScopePath};

    fn copy_of(value: &[u8]) -> Copy {
        Copy {
            address: Address::parse("production/KEY", &ScopePath::root()).ok(),
            value: SecretText::copied_from(value),
            clear_after: Duration::from_secs(30),
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_before_a_display_is_touched() {
        let error = own(&copy_of(&[0xff, 0xfe])).err().unwrap();
        assert!(error.message().contains("not text"));
    }

    #[test]
    fn a_copy_that_fails_is_said_once_and_nothing_is_leased() {
        let (sender, news) = channel();
        let mut native = Native::new(Route::X11, Box::new(move |news| sender.send(news).unwrap()));
        native.copy(copy_of(&[0xff]), Instant::now());
        assert!(matches!(news.recv_timeout(Duration::from_secs(5)), Ok(News::Failed(_))));
        native.poll(Instant::now() + ANSWER_WITHIN);
        assert!(!native.is_leased());
        native.close(Duration::from_secs(5));
        assert!(news.try_recv().is_err());
    }
}
