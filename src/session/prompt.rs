//! Asks on the terminal: hidden for secrets, shown for names to type back.
//!
//! Called by the command line; the screen has inputs of its own. The question
//! goes to `/dev/tty`, so that standard input and output stay free for data. The
//! terminal is taken out of line mode, for three reasons: line mode cuts a pasted
//! value at 4,096 bytes without a word, it keeps the text in the kernel, and only
//! so can a signal be noticed while waiting. [`Asking`] puts the terminal back on
//! every way out; signals that end or stop the process are caught meanwhile and
//! carried out afterwards.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;

use super::line::{Line, Outcome};

/// Signals that must not leave the terminal without its echo.
const CAUGHT: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// True while nobody is asked: then a signal does what it does by default. A
/// signal that was ever registered would otherwise stay without effect.
static BY_DEFAULT: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// A terminal that is being asked on; dropping it puts the terminal back.
pub struct Asking {
    terminal: File,
    before: Termios,
    signals: Vec<SigId>,
    caught: Arc<AtomicUsize>,
}

/// Whether this process has a terminal to ask on.
#[must_use]
pub fn has_terminal() -> bool {
    open_terminal().is_ok()
}

fn open_terminal() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Leaves the signals to somebody else from now on; true when they had been ours. They
/// then no longer do what they do by default, unless that is seen to elsewhere.
#[must_use]
pub fn hand_signals_over() -> bool {
    BY_DEFAULT.get().is_some_and(|switch| switch.swap(false, Ordering::SeqCst))
}

/// Asks once, hidden.
///
/// # Errors
/// Locked without a terminal; Failure when it was cancelled or cannot be read.
pub fn hidden(question: &str) -> Result<SecretText> {
    Asking::start()?.ask_hidden(question)
}

/// Asks for a new secret twice, hidden, until both are alike (three times at most).
///
/// # Errors
/// As [`hidden`]; Usage when the two differ three times or the answer is empty.
pub fn hidden_twice(question: &str, again: &str) -> Result<SecretText> {
    let mut asking = Asking::start()?;
    for _ in 0..3 {
        let first = asking.ask_hidden(question)?;
        if first.is_empty() {
            return Err(Error::usage("Nothing was typed.").hint("Nothing was changed."));
        }
        if asking.ask_hidden(again)? == first {
            return Ok(first);
        }
        asking.say("The two are not alike. Once more, please.\n")?;
    }
    Err(Error::usage("The two were not alike.")
        .hint("Nothing was changed. A value of several lines comes in by --stdin or --file."))
}

/// Asks for a word that may be seen while it is typed.
///
/// # Errors
/// As [`hidden`].
pub fn shown(question: &str) -> Result<String> {
    let answer = Asking::start()?.ask(question, true)?;
    Ok(answer.expose_str().unwrap_or_default().to_owned())
}

impl Asking {
    /// Takes the terminal out of line mode, with the signals caught first.
    ///
    /// # Errors
    /// Locked, when there is no terminal.
    pub fn start() -> Result<Self> {
        let none = |_: io::Error| {
            Error::locked("There is no terminal to ask on.")
                .hint("Give the key with --key-file, --passphrase-file or STRONGROOM_MASTER_KEY.")
        };
        let terminal = open_terminal().map_err(none)?;
        let before = termios::tcgetattr(&terminal).map_err(|error| none(error.into()))?;
        let caught = Arc::new(AtomicUsize::new(0));
        let mut asking = Self { terminal, before, signals: Vec::new(), caught };
        by_default().store(false, Ordering::SeqCst);
        for signal in CAUGHT {
            let number = usize::try_from(signal).unwrap_or(0);
            let id = signal_hook::flag::register_usize(signal, Arc::clone(&asking.caught), number);
            asking.signals.push(id.map_err(none)?);
        }
        asking.hide()?;
        Ok(asking)
    }

    /// No echo, no line mode, no keys that send signals; reads wait a tenth of a second.
    fn hide(&self) -> Result<()> {
        let mut hidden = self.before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        hidden.local_modes.remove(LocalModes::IEXTEN);
        hidden.special_codes[SpecialCodeIndex::VMIN] = 0;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 1;
        termios::tcsetattr(&self.terminal, OptionalActions::Drain, &hidden).map_err(|error| unreadable(error.into()))
    }

    /// As it was before; what is left of a paste is dropped, lest the shell run it.
    fn restore(&self) {
        let _ = termios::tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }

    /// Asks once, hidden, on the terminal already taken.
    ///
    /// # Errors
    /// Failure when it was cancelled or cannot be read.
    pub fn ask_hidden(&mut self, question: &str) -> Result<SecretText> {
        self.ask(question, false)
    }

    /// Writes `text` to the terminal.
    ///
    /// # Errors
    /// Failure, when the terminal is gone.
    pub fn say(&mut self, text: &str) -> Result<()> {
        self.terminal.write_all(text.as_bytes()).map_err(unreadable)
    }

    fn ask(&mut self, question: &str, echo: bool) -> Result<SecretText> {
        self.say(question)?;
        let mut line = Line::new();
        let mut buffer = Zeroizing::new([0_u8; 1024]);
        loop {
            self.carry_out_signal(question)?;
            let count = match self.terminal.read(&mut buffer[..]) {
                Ok(0) if termios::tcgetattr(&self.terminal).is_err() => return Err(cancelled()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error)),
            };
            for &byte in &buffer[..count] {
                match line.take(byte) {
                    Outcome::Grown if echo => self.terminal.write_all(&[byte]).map_err(unreadable)?,
                    Outcome::Shrunk(cells) if echo => self.say(&"\u{8} \u{8}".repeat(cells))?,
                    Outcome::Grown | Outcome::Shrunk(_) | Outcome::Ignored => {}
                    Outcome::Done => {
                        self.say("\n")?;
                        return Ok(line.into_text());
                    }
                    Outcome::TooLong => return Err(too_long()),
                    Outcome::Signal(signal) => {
                        self.caught.store(usize::try_from(signal).unwrap_or(0), Ordering::SeqCst);
                        line.clear();
                        break;
                    }
                    Outcome::Cancelled => {
                        self.say("\n")?;
                        return Err(cancelled());
                    }
                }
            }
        }
    }

    /// Puts the terminal back, lets the caught signal do what it does by
    /// default, and asks again if the process is still, or again, there.
    fn carry_out_signal(&mut self, question: &str) -> Result<()> {
        let signal = i32::try_from(self.caught.swap(0, Ordering::SeqCst)).unwrap_or(0);
        if signal == 0 {
            return Ok(());
        }
        let _ = self.say("\n");
        self.restore();
        signal_hook::low_level::emulate_default_handler(signal).map_err(unreadable)?;
        self.hide()?;
        self.say(question)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.restore();
        for id in self.signals.drain(..) {
            signal_hook::low_level::unregister(id);
        }
        by_default().store(true, Ordering::SeqCst);
        let signal = i32::try_from(self.caught.swap(0, Ordering::SeqCst)).unwrap_or(0);
        if signal != 0 {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

/// The switch between a signal's default and our flag, wired at first use.
fn by_default() -> &'static AtomicBool {
    BY_DEFAULT.get_or_init(|| {
        let switch = Arc::new(AtomicBool::new(true));
        for signal in CAUGHT {
            // Where this fails the signal stays as it was.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&switch));
        }
        switch
    })
}

fn unreadable(error: io::Error) -> Error {
    Error::failure(format!("The terminal cannot be read: {error}."))
}

fn cancelled() -> Error {
    Error::new(Kind::Failure, "Cancelled at the prompt.").hint("Nothing was changed.")
}

fn too_long() -> Error {
    Error::usage("The answer is too long for a prompt.").hint("Nothing was changed. Use --stdin or --file.")
}
