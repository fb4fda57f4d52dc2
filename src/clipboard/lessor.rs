//! The lessor: the thread that gives leases and ends them.
//!
//! A display may answer late and a program never, so all of that happens here. What was
//! asked for meanwhile waits in the inbox; what is outdated by then is taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::config::{ClipboardSettings, OnExit, RouteChoice};
use crate::error::{Error, Kind, Result};
use crate::session::boot_clock;

use super::holder::{self, Ended};
use super::lease::{Lease, SendSequence, Terms};
use super::osc52::Wrap;
use super::surroundings::Surroundings;
use super::{Announce, Copy, News, Route, What, command, nowhere, terminal, tmux_lease};

/// A deadline is looked at this often: the clock of waiting stands still while the machine sleeps.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Text that is no secret is there to be pasted, by whoever comes to it.
const TEXT_STAYS: Duration = Duration::from_secs(60 * 60);

/// What the lessor is told.
pub(super) enum Heard {
    /// Lease this; the number says which wish it is.
    Copy(Copy, u64),
    /// End the lease; whether by a key.
    Clear { typed: bool },
    /// End it without clearing.
    Keep,
    /// The terminal is looked at, or no longer.
    Focus(bool),
    /// A key was typed.
    Typed,
    /// Say when all before is done.
    Settle(Sender<()>),
    /// We are about to end.
    Leave,
    /// A holder has ended; the number says of which copy.
    Ended(u64, Ended),
}

/// See the module.
pub(super) struct Lessor {
    settings: ClipboardSettings,
    announce: Announce,
    terminal: Option<Arc<SendSequence>>,
    myself: Sender<Heard>,
    inbox: Receiver<Heard>,
    wanted: Arc<AtomicU64>,
    held: Option<Held>,
    /// What was asked to clear and may not have listened.
    pending: Option<Held>,
    /// What the terminal said last, if it says so.
    focused: Option<bool>,
    settling: Vec<Sender<()>>,
}

/// A lease that runs.
struct Held {
    number: u64,
    route: Route,
    lease: Box<dyn Lease>,
    /// When to clear it, on the clock that counts sleep; `None` for one that keeps time itself.
    until: Option<Duration>,
    /// It goes on when we end.
    outlives_us: bool,
    is_secret: bool,
    /// It was told to clear and has not answered.
    clearing: bool,
}

impl Lessor {
    pub(super) fn new(
        settings: ClipboardSettings,
        announce: Announce,
        terminal: Option<SendSequence>,
        (myself, inbox): (Sender<Heard>, Receiver<Heard>),
        wanted: Arc<AtomicU64>,
    ) -> Self {
        Self {
            settings,
            announce,
            terminal: terminal.map(Arc::new),
            myself,
            inbox,
            wanted,
            held: None,
            pending: None,
            focused: None,
            settling: Vec::new(),
        }
    }

    /// Starts the thread. Where that fails, a copy is never answered, nor made.
    pub(super) fn start(self) {
        let _ = std::thread::Builder::new().name("clipboard".into()).spawn(move || self.run());
    }

    fn run(mut self) {
        loop {
            let left = self.held.as_ref().and_then(|held| held.until).map(boot_clock::left);
            let heard = match left {
                Some(left) => self.inbox.recv_timeout(left.min(LOOK_EVERY)),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match heard {
                Ok(Heard::Leave) => return self.leave(),
                Ok(heard) => self.hear(heard),
                Err(RecvTimeoutError::Timeout) if left.is_some_and(|left| left <= LOOK_EVERY) => self.clear(false),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Copy(copy, number) => self.copy(copy, number),
            Heard::Clear { typed } => self.clear(typed),
            Heard::Keep => self.keep(),
            Heard::Focus(focused) => {
                self.focused = Some(focused);
                if focused {
                    self.clear_again();
                }
            }
            Heard::Typed => self.clear_again(),
            Heard::Settle(done) => self.settling.push(done),
            Heard::Ended(number, ended) => self.ended(number, ended),
            Heard::Leave => {}
        }
        if self.held.as_ref().is_none_or(|held| !held.clearing) {
            self.settling.clear();
        }
    }

    fn say(&self, news: News) {
        (self.announce)(news);
    }

    fn is_outdated(&self, number: u64) -> bool {
        self.wanted.load(Ordering::SeqCst) != number
    }

    /// Tries each way in turn.
    fn copy(&mut self, copy: Copy, number: u64) {
        let at = Surroundings::now(self.terminal.is_some());
        let mut failed = Vec::new();
        for route in at.routes(&self.settings) {
            if self.is_outdated(number) {
                return;
            }
            let terms = self.terms(route, &copy);
            match self.lend(route, &copy, terms, number, &at) {
                Ok(lease) => return self.lent(Held::new(lease, route, terms, number), copy, terms, failed),
                // The fault is the value's, and no way is as good as another for that.
                Err(error) if error.kind() == Kind::Usage => return self.say(News::Failed(error)),
                Err(error) => failed.push(format!("{}: {}", route.name(), error.message())),
            }
        }
        failed.extend(at.passed_over(&self.settings));
        self.say(News::Failed(nowhere(failed)));
    }

    fn terms(&self, route: Route, copy: &Copy) -> Terms {
        let is_secret = copy.what != What::Text;
        let usual = self.settings.clear_after.unwrap_or(route.usual_lease());
        Terms {
            clear_after: if is_secret { usual } else { TEXT_STAYS },
            outlives_us: route.outlives_us() && (!is_secret || self.settings.on_exit == OnExit::Keep),
            is_secret,
        }
    }

    fn lend(&self, route: Route, copy: &Copy, terms: Terms, number: u64, at: &Surroundings) -> Result<Box<dyn Lease>> {
        let clear = self.settings.osc52_clear;
        let send = || self.terminal.as_ref().ok_or_else(|| Error::busy("There is no terminal."));
        match route {
            Route::Wayland | Route::X11 | Route::ForwardedX11 | Route::MacOs => {
                let myself = self.myself.clone();
                let ended = move |ended| drop(myself.send(Heard::Ended(number, ended)));
                holder::hold(route, &copy.value, terms, self.settings.primary, at, ended)
            }
            Route::Tmux => tmux_lease::send(&copy.value, clear, self.terminal.as_ref()),
            Route::Osc52 { in_screen: true } => terminal::send(&copy.value, Wrap::Screen, clear, send()?),
            Route::Osc52 { in_screen: false } if at.is_vte() && self.settings.route == RouteChoice::Auto => {
                Err(Error::busy("This terminal (VTE) takes nothing over OSC 52."))
            }
            Route::Osc52 { in_screen: false } => terminal::send(&copy.value, Wrap::Plain, clear, send()?),
            Route::Command => command::set(&copy.value, &self.settings, at),
        }
    }

    /// The value is there: so the one before is not, or goes.
    fn lent(&mut self, mut held: Held, copy: Copy, terms: Terms, failed: Vec<String>) {
        if self.is_outdated(held.number) {
            let _ = held.lease.clear();
            return;
        }
        for mut earlier in self.held.take().into_iter().chain(self.pending.take()) {
            if earlier.route == held.route {
                earlier.lease.forget();
            } else {
                let _ = earlier.lease.clear();
            }
        }
        let news = News::Sent { what: copy.what, route: held.route, clear_after: terms.clear_after, failed };
        if terms.is_secret || held.lease.keeps_time() {
            self.held = Some(held);
        } else {
            held.lease.forget();
        }
        self.say(news);
    }

    /// Ends the lease. Of a terminal it is known only by a key, or by its own word, that it listens.
    fn clear(&mut self, typed: bool) {
        let Some(mut held) = self.held.take_if(|held| held.is_secret) else { return self.clear_again_if(typed) };
        let asked = held.lease.clear();
        if held.lease.keeps_time() {
            held.clearing = true;
            self.held = Some(held);
        } else if let (Err(error), Route::Command) = (&asked, held.route) {
            self.say(News::ClearFailed(error.clone()));
            self.pending = Some(held);
        } else if asked.is_ok() && (typed || self.focused == Some(true) || held.route == Route::Command) {
            self.say(News::Cleared(held.route));
        } else {
            self.say(News::ClearPending(held.route));
            self.pending = Some(held);
        }
    }

    fn clear_again_if(&mut self, typed: bool) {
        if typed {
            self.clear_again();
        }
    }

    /// The terminal is looked at: now it listens.
    fn clear_again(&mut self) {
        let Some(mut pending) = self.pending.take() else { return };
        if pending.lease.clear().is_ok() {
            self.say(News::Cleared(pending.route));
        } else {
            self.pending = Some(pending);
        }
    }

    /// What a holder holds needs no leaving alone: it never touches what is not ours.
    fn keep(&mut self) {
        let is_held = self.held.as_ref().is_some_and(|held| held.lease.keeps_time());
        let kept = if is_held { None } else { self.held.take() };
        for mut kept in kept.into_iter().chain(self.pending.take()) {
            kept.lease.forget();
            self.say(News::Kept);
        }
    }

    fn ended(&mut self, number: u64, ended: Ended) {
        if let Some(held) = self.held.take_if(|held| held.number == number) {
            self.say(match ended {
                Ended::Cleared | Ended::Gone => News::Cleared(held.route),
                Ended::Replaced => News::Replaced,
            });
        }
    }

    /// Clears what must not outlive us, and sees to it that it is done. What is pending was
    /// asked for once; after us the terminal is the shell's.
    fn leave(mut self) {
        self.held.take_if(|held| held.outlives_us || !held.is_secret);
        if self.held.is_some() {
            self.clear(true);
        }
        while self.held.is_some() || !self.settling.is_empty() {
            match self.inbox.recv() {
                Ok(heard) => self.hear(heard),
                Err(_) => return,
            }
        }
    }
}

impl Held {
    fn new(lease: Box<dyn Lease>, route: Route, terms: Terms, number: u64) -> Self {
        let until = (!lease.keeps_time()).then(|| boot_clock::now().saturating_add(terms.clear_after));
        Self {
            number,
            route,
            lease,
            until,
            outlives_us: terms.outlives_us,
            is_secret: terms.is_secret,
            clearing: false,
        }
    }
}
