//! [`Runtime`]: carries effects out. The only part of the screen that acts.
//!
//! Work goes to threads and comes back as events, so nothing here waits, but for
//! the end, where each thing gets its [`patience`].

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ratatui::Frame;
use rustix::process::Pid;
use rustix::termios::Termios;

use crate::clipboard::{self, Clipboard, Copy, News, What};
use crate::config::ClipboardSettings;
use crate::crypto::keyring::RawKey;
use crate::error::Error;
use crate::secret_text::SecretText;
use crate::session::clipboard_tests::{self, Seen, Tested};
use crate::vault::generate::generate;
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::dialogs::clipboard_test::Found;
use super::editor::{self, Desk, Editing};
use super::effect::{Draft, Effect, Request};
use super::event::{Answer, ClipboardNews, Event, Mailbox};
use super::input::Gate;
use super::terminal::{self, Screen};
use super::tmux::{self, TmuxPane};
use super::vault_thread::VaultThread;
use super::{files, patience};

/// The outside world, as the loop reaches it.
pub(super) struct Runtime {
    screen: Screen,
    vault: VaultThread,
    clipboard: Clipboard,
    mailbox: Mailbox,
    gate: Gate,
    /// The editor that has the terminal.
    lent: Option<Lent>,
    /// Ends with the paste that was begun last.
    pasting: Option<Receiver<()>>,
    /// The next frame is due although the state did not change.
    repaint: bool,
}

impl Runtime {
    /// Everything but the clipboard runs already.
    pub(super) fn new(
        screen: Screen,
        vault: VaultThread,
        clipboard: ClipboardSettings,
        mailbox: Mailbox,
        gate: Gate,
    ) -> Self {
        let sequences = screen.sequences();
        let send = move |sequence: SecretText| sequences.send(sequence);
        let clipboard = Clipboard::new(clipboard, announce(mailbox.clone()), Some(Box::new(send)));
        Self { screen, vault, clipboard, mailbox, gate, lent: None, pasting: None, repaint: false }
    }

    /// Carries one effect out; `Effect::Quit` is the loop's.
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Vault(request) => {
                // The cells that showed a secret are painted over, not only compared.
                self.repaint |= matches!(request, Request::Lock);
                self.vault.ask(request);
            }
            Effect::Generate(recipe) => {
                self.send(generate(&recipe).map_or_else(|error| Event::Vault(Answer::Failed(error)), Event::Generated));
            }
            Effect::GenerateRawKey(purpose) => {
                let key = RawKey::generate().map(|key| Event::RawKey(purpose, key));
                self.send(key.unwrap_or_else(|error| Event::Vault(Answer::Failed(error))));
            }
            Effect::CompletePath(typed) => self.aside(move || Event::PathCompleted(files::complete(&typed))),
            Effect::ListTmuxPanes => self.aside(|| Event::TmuxPanes(tmux::list())),
            Effect::Paste { id, address, value, pane } => self.paste(id, address, value, pane),
            Effect::ReadFile(typed) => self.aside(move || Event::FileRead(files::read(&typed))),
            Effect::Copy { address, value } => self.clipboard.copy(Copy { what: What::Secret(address), value }),
            Effect::CopyText(text) => {
                self.clipboard.copy(Copy { what: What::Text, value: SecretText::from(text) });
            }
            Effect::TestClipboard => {
                let word = uuid::Uuid::new_v4().simple().to_string();
                self.clipboard.copy(Copy { what: What::Test(word.clone()), value: SecretText::from(word) });
            }
            Effect::RememberClipboard { route, found } => self.aside_quietly(move || remember(route, found)),
            Effect::ClearClipboard { typed } => self.clipboard.clear(typed),
            Effect::KeepClipboard => self.clipboard.keep(),
            Effect::Focus(focused) => self.clipboard.focus(focused),
            Effect::Typed => self.clipboard.typed(),
            Effect::Stop(stop) => stop.set(),
            Effect::OpenEditor { draft, text } => self.open_editor(draft, &text),
            Effect::Suspend => self.suspend(),
            Effect::Repaint => self.repaint = true,
            Effect::Quit(_) => {}
        }
    }

    fn send(&self, event: Event) {
        self.mailbox.send(event);
    }

    /// Does what a slow disk could hold up on a thread of its own.
    fn aside(&self, work: impl FnOnce() -> Event + Send + 'static) {
        let mailbox = self.mailbox.clone();
        std::thread::spawn(move || mailbox.send(work()));
    }

    /// The same for what has nothing to say but that it failed.
    fn aside_quietly(&self, work: impl FnOnce() -> crate::error::Result<()> + Send + 'static) {
        let mailbox = self.mailbox.clone();
        std::thread::spawn(move || {
            if let Err(error) = work() {
                mailbox.send(Event::Vault(Answer::Failed(error)));
            }
        });
    }

    /// Pastes into a pane on a thread of its own: tmux may be slow, or hang.
    fn paste(&mut self, id: SecretId, address: Address, value: SecretText, pane: Box<TmuxPane>) {
        let (going_on, ended) = channel::<()>();
        self.pasting = Some(ended);
        self.aside(move || {
            let outcome = tmux::paste(&pane, &value);
            drop((value, going_on));
            Event::Pasted { id, address, pane, outcome }
        });
    }

    /// Leaves the terminal and stops; SIGCONT brings `Event::Resumed`. A clipboard
    /// cannot be cleared while stopped, so it is now.
    fn suspend(&mut self) {
        self.clipboard.clear(true);
        self.clipboard.settle(patience::CLIPBOARD);
        if !can_be_continued() {
            self.send(Event::Resumed);
            return;
        }
        // A stopped process keeps its memory: the lock that was asked for comes first.
        self.vault.settle(patience::VAULT);
        self.screen.leave();
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
    }

    /// Opens the operator's editor; what comes of it is an event, whether it starts or not.
    fn open_editor(&mut self, draft: Draft, text: &SecretText) {
        let opened = Desk::lay(draft, text).and_then(|desk| self.lend_to(desk));
        match opened {
            Ok(editing) => self.aside(move || Event::Edited { draft, outcome: editing.finish() }),
            Err(error) => self.send(Event::Edited { draft, outcome: Err(error) }),
        }
    }

    /// Leaves the terminal to an editor: nobody here reads or writes it until it ends.
    fn lend_to(&mut self, desk: Desk) -> crate::error::Result<Editing> {
        if !self.gate.close(patience::INPUT) || !self.screen.lend() {
            self.gate.open();
            editor::sweep();
            return Err(Error::busy("The terminal does not keep up, so no editor was opened.").hint("Try again."));
        }
        let modes = terminal::modes();
        let started = desk.start();
        let pid = started.as_ref().ok().and_then(Editing::pid);
        self.lent = Some(Lent { pid, modes, typed_at: terminal::typed_at() });
        started.inspect_err(|_| self.take_back())
    }

    /// Takes the terminal from an editor that has ended.
    pub(super) fn take_back(&mut self) {
        let Some(lent) = self.lent.take() else { return };
        if let Some(modes) = &lent.modes {
            terminal::set_modes(modes);
        }
        self.screen.enter_again();
        self.gate.open();
    }

    /// How long ago somebody typed into the editor, when that was since the last look.
    pub(super) fn typed_elsewhere(&mut self) -> Option<Duration> {
        let lent = self.lent.as_mut()?;
        let at = terminal::typed_at().filter(|at| Some(*at) != lent.typed_at)?;
        lent.typed_at = Some(at);
        let ago = jiff::Timestamp::now().as_second().saturating_sub(at);
        Some(Duration::from_secs(u64::try_from(ago).unwrap_or(0)))
    }

    /// Takes the terminal again after a stop.
    pub(super) fn enter_again(&mut self) {
        // An editor that was stopped with us goes on with us, and has it still.
        if self.lent.is_none() {
            self.screen.enter_again();
        }
    }

    /// True once after a repaint was asked for.
    pub(super) fn take_repaint(&mut self) -> bool {
        let repaint = std::mem::take(&mut self.repaint);
        if repaint {
            self.screen.repaint();
        }
        repaint
    }

    /// True when a frame may be drawn.
    pub(super) fn is_ready(&self) -> bool {
        self.screen.is_ready()
    }

    /// Draws one frame.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame)) {
        self.screen.draw(draw);
    }

    /// Clears the clipboard, locks the vault and leaves the terminal, in little
    /// time `by_signal`.
    pub(super) fn close(mut self, by_signal: bool) {
        self.clipboard.close(patience::CLIPBOARD);
        if let Some(ended) = self.pasting.take() {
            let _ = ended.recv_timeout(patience::PASTE);
        }
        self.vault.close(if by_signal { patience::VAULT_AFTER_SIGNAL } else { patience::VAULT });
        if let Some(pid) = self.lent.take().and_then(|lent| lent.pid) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        editor::sweep();
        self.screen.leave();
    }
}

/// The terminal while an editor has it.
struct Lent {
    pid: Option<Pid>,
    /// How its line was set before.
    modes: Option<Termios>,
    /// When somebody typed last, as of the last look.
    typed_at: Option<i64>,
}

/// The clipboard's error, with what can be done instead.
fn with_other_ways(error: &Error) -> Error {
    let why = if error.details().is_empty() { "" } else { " strongroom doctor tells why." };
    Error::new(error.kind(), error.message())
        .hint(format!("Show the value, write it to a file, or hand it to a program with strongroom run.{why}"))
}

/// Keeps what a test of the clipboard has shown, where this terminal's tests are kept.
fn remember(route: &str, found: Found) -> crate::error::Result<()> {
    let Some(file) = clipboard_tests::own_file() else { return Ok(()) };
    let place = clipboard_tests::place(|name| std::env::var(name).ok(), route);
    let seen = match found {
        Found::Cleared => Seen::Cleared,
        Found::NotCleared => Seen::NotCleared,
        Found::NotArrived => Seen::NotArrived,
    };
    clipboard_tests::write(&file, place, Tested { seen, at: jiff::Timestamp::now() })
}

/// Turns the clipboard's news into the loop's events.
fn announce(mailbox: Mailbox) -> clipboard::Announce {
    Box::new(move |news| {
        mailbox.send(Event::Clipboard(match news {
            News::Sent { what: What::Text, route, .. } => {
                ClipboardNews::TextSent { route: route.name(), confirmed: route.confirms() }
            }
            News::Sent { what: What::Test(word), route, .. } => ClipboardNews::TestSent { word, route: route.name() },
            News::Sent { what: What::Secret(address), route, clear_after, .. } => {
                ClipboardNews::Sent { address, route: route.name(), confirmed: route.confirms(), clear_after }
            }
            News::Cleared(route) => ClipboardNews::Cleared { confirmed: route.confirms() },
            News::ClearPending(_) => ClipboardNews::ClearPending,
            News::ClearFailed(error) => ClipboardNews::ClearFailed(error),
            News::Replaced => ClipboardNews::Replaced,
            News::Kept => ClipboardNews::Kept,
            News::Failed(error) => ClipboardNews::Failed(with_other_ways(&error)),
        }));
    })
}

/// True when a shell with job control waits behind us. Run as the first program of
/// a session (`ssh -t host strongroom`, a tmux pane) nobody could continue us.
fn can_be_continued() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpgrp())
}
