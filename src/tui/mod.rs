//! The screen: [`run`] wires the threads, turns the loop and tears everything down.
//!
//! `main` waits on one channel. Input, signals, vault, clipboard and output have a
//! thread each, so that nothing but time keeps an event from being looked at: not a
//! terminal that takes no bytes, not a passphrase being derived, not a dead display.

pub mod action;
pub mod available;
pub mod clock;
pub mod command_line;
pub mod dialogs;
mod editor;
pub mod effect;
pub mod event;
pub mod files;
mod frame_writer;
pub mod hints;
mod input;
pub mod job;
pub mod json;
pub mod key_table;
pub mod keymap;
pub mod layout;
pub mod notice;
mod output;
pub mod panes;
mod patience;
mod pending;
pub mod press;
pub mod rotating;
mod runtime;
pub mod sequence;
mod sleep;
pub mod state;
mod terminal;
pub mod text;
pub mod theirs;
pub mod theme;
pub mod tmux;
pub mod undo;
pub mod update;
pub mod vault_thread;
pub mod view;
pub mod widgets;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::config::ClipboardSettings;
use crate::error::{Error, Result};
use crate::session::boot_clock;
use crate::session::key_source::KeySources;
use crate::vault::Anchors;
use crate::vault::audit::Actor;

#[cfg(any(test, fuzzing))]
pub(crate) use self::input::fuzzing;

use self::clock::Now;
use self::command_line::Lines;
use self::effect::Effect;
use self::event::{Event, Mailbox, Message, Signal, parting_code};
use self::keymap::Keymap;
use self::output::Progress;
use self::runtime::Runtime;
use self::sleep::{Both, SleepWatch};
use self::state::{State, StateOptions};
use self::terminal::Screen;
use self::theme::Theme;
use self::vault_thread::{Place, StartupKey, VaultThread};

/// How long the loop waits when it has no deadline; then it looks whether the terminal is still there.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What the screen is started with.
pub struct Options {
    /// The vault file, whether or not it exists.
    pub vault_path: PathBuf,
    /// Finds a key that some source has already, to unlock without asking.
    pub startup_key: StartupKey,
    /// The files that have the key, which open the vault again after a lock; no key itself.
    pub key_files: KeySources,
    /// Where a new vault's own key file goes.
    pub key_file_path: PathBuf,
    /// Where this user's pins are kept; `None` for until one leaves.
    pub pins_path: Option<PathBuf>,
    /// Where what was seen of the vault is kept, outside of it.
    pub anchors: Anchors,
    /// Who acts.
    pub actor: Actor,
    /// Colours and frames.
    pub theme: Theme,
    /// What the keys mean.
    pub keymap: Keymap,
    /// Lock after so long without a key; `None` for never.
    pub idle_lock: Option<Duration>,
    /// Hide a shown value after so long.
    pub reveal_for: Duration,
    /// How copies are made and taken away again.
    pub clipboard: ClipboardSettings,
    /// Lock when the process is stopped (Ctrl-Z).
    pub lock_on_suspend: bool,
    /// Take the mouse from the terminal, for its wheel and clicks.
    pub mouse: bool,
    /// What the header says in place of the vault's path.
    pub label: Option<String>,
    /// What stands below the panes when nothing else does, with the keys of actions: `⟨copy⟩ copies`.
    pub tip: Option<String>,
    /// On whose vault the palette's command lines are to work.
    pub lines: Lines,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

impl Options {
    /// The options as shipped.
    #[must_use]
    pub fn new(vault_path: PathBuf, key_file_path: PathBuf, actor: Actor, theme: Theme) -> Self {
        Self {
            vault_path,
            startup_key: Box::new(|_| Ok(None)),
            key_files: KeySources::default(),
            key_file_path,
            pins_path: None,
            anchors: Anchors::default(),
            actor,
            theme,
            keymap: Keymap::default(),
            idle_lock: Some(Duration::from_secs(300)),
            reveal_for: Duration::from_secs(10),
            clipboard: ClipboardSettings::default(),
            lock_on_suspend: true,
            mouse: false,
            label: None,
            tip: None,
            lines: Lines::Usual,
            clock: Timestamp::now,
        }
    }
}

/// Runs the screen until the operator leaves it; gives the exit code.
///
/// # Errors
/// Usage without a terminal; Failure when the terminal or a thread cannot be had, or when
/// a rotation was left halfway.
pub fn run(options: Options) -> Result<u8> {
    let (sender, messages) = channel();
    let mailbox = Mailbox::new(sender);
    let report = {
        let mailbox = mailbox.clone();
        move |progress| match progress {
            Progress::Idle => mailbox.frame_written(),
            Progress::Gone => drop(mailbox.send(Event::HangUp)),
        }
    };
    let screen = Screen::enter(options.mouse, report)?;
    terminal::install_panic_hook();
    let ended = run_on(screen, options, &mailbox, messages);
    terminal::leave();
    terminal::remove_panic_hook();
    ended
}

/// The run while the terminal is ours.
fn run_on(mut screen: Screen, options: Options, mailbox: &Mailbox, messages: Receiver<Message>) -> Result<u8> {
    let Options { vault_path, startup_key, key_files, key_file_path, .. } = options;
    let Options { pins_path, anchors, actor, theme, clock, .. } = options;
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut state = State::new(StateOptions {
        vault: options.label.unwrap_or_else(|| shown_path(&vault_path, home.as_deref())),
        key_file: shown_path(&key_file_path, home.as_deref()),
        who: actor.signature(),
        keymap: options.keymap,
        size: terminal::size().unwrap_or_default(),
        idle_lock: options.idle_lock,
        reveal_for: options.reveal_for,
        lock_on_suspend: options.lock_on_suspend,
        tip: options.tip,
        lines: options.lines,
        in_tmux: tmux::is_around_us(),
        colourless: theme.palette == theme::Palette::Mono,
        now: now(clock),
    });
    // The lock screen stands before the database is touched.
    screen.draw(|frame| view::draw(&state, &theme, frame));
    state.mark_drawn();
    let _ = state.take_changed();

    let no_thread = |error: std::io::Error| Error::failure(format!("A thread could not be started: {error}."));
    event::start_signals(mailbox.clone()).map_err(no_thread)?;
    let gate = input::Gate::new().map_err(no_thread)?;
    input::start(mailbox.clone(), gate.clone()).map_err(no_thread)?;
    let place = Place { vault: vault_path, key_files, key_file: key_file_path, pins: pins_path, anchors, actor, clock };
    let vault = VaultThread::start(place, startup_key, mailbox.clone())?;
    let runtime = Runtime::new(screen, vault, options.clipboard, mailbox.clone(), gate);
    let sleep = SleepWatch::new(both_clocks());
    Loop { state, theme, runtime, messages, changed: false, parting: None, sleep, clock }.run()
}

/// A path as one reads it: whole, but for the home folder.
fn shown_path(path: &Path, home: Option<&Path>) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match home.filter(|home| home.is_absolute()).and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    }
}

/// The time on both clocks.
fn now(clock: fn() -> Timestamp) -> Now {
    Now { instant: Instant::now(), time: clock() }
}

/// Both clocks that tell sleep.
fn both_clocks() -> Both {
    Both { awake: Instant::now(), since_start: boot_clock::now() }
}

/// Everything the loop turns over.
struct Loop {
    state: State,
    theme: Theme,
    runtime: Runtime,
    messages: Receiver<Message>,
    /// The state differs from the screen.
    changed: bool,
    /// The exit code, once nothing can go on.
    parting: Option<u8>,
    sleep: SleepWatch,
    clock: fn() -> Timestamp,
}

impl Loop {
    /// Turns until the end; gives the exit code, or what is to be said with it.
    fn run(mut self) -> Result<u8> {
        loop {
            let mut message = self.wait();
            if let Some(ago) = self.runtime.typed_elsewhere() {
                self.take(Event::Typed(ago).into());
            }
            if self.sleep.slept(both_clocks()) {
                self.take(Event::Signal(Signal::Lock).into());
            }
            // Everything that waits is looked at before anything is drawn.
            while let Some(current) = message {
                if let Some(code) = self.take(current) {
                    self.runtime.close(self.parting.is_some());
                    return match self.state.halfway().cloned() {
                        None => Ok(code),
                        Some(halfway) if code == 0 => Err(halfway),
                        Some(halfway) => Err(halfway.exits(code)),
                    };
                }
                message = self.messages.try_recv().ok();
            }
            self.draw();
        }
    }

    /// The next message, or what its absence means.
    fn wait(&mut self) -> Option<Message> {
        let left = self.state.next_deadline().map_or(LONGEST_WAIT, |at| at.saturating_duration_since(Instant::now()));
        let message = match self.messages.recv_timeout(left.min(LONGEST_WAIT)) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) if terminal::is_there() => None,
            Err(_) => Some(Event::HangUp.into()),
        };
        message.or_else(|| self.overdue().map(Message::from))
    }

    /// A deadline of the state that has passed.
    fn overdue(&self) -> Option<Event> {
        self.state.next_deadline().is_some_and(|at| at <= Instant::now()).then_some(Event::Tick)
    }

    /// Hands one message to the state; gives the exit code when that was the last.
    fn take(&mut self, message: Message) -> Option<u8> {
        let event = message.into_event()?;
        self.parting = parting_code(&event).or(self.parting);
        match event {
            Event::Resumed => self.runtime.enter_again(),
            Event::Edited { .. } => self.runtime.take_back(),
            _ => {}
        }
        self.changed |= matches!(event, Event::Resumed | Event::Edited { .. });
        let mut code = self.parting;
        for effect in update::update(&mut self.state, event, now(self.clock)) {
            match effect {
                Effect::Quit(asked) => code = code.or(Some(asked)),
                effect => self.runtime.carry_out(effect),
            }
        }
        self.changed |= self.state.take_changed();
        code
    }

    /// Draws once, when something changed and the terminal has taken the frame before.
    fn draw(&mut self) {
        self.changed |= self.runtime.take_repaint();
        if self.changed && self.runtime.is_ready() {
            self.changed = false;
            self.runtime.draw(|frame| view::draw(&self.state, &self.theme, frame));
            self.state.mark_drawn();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_whole_but_for_the_home_folder() {
        let home = Some(Path::new("/home/ops"));
        assert_eq!(shown_path(Path::new("/home/ops/a/v.db"), home), "~/a/v.db");
        assert_eq!(shown_path(Path::new("/home/opsy/v.db"), home), "/home/opsy/v.db");
        assert_eq!(shown_path(Path::new("/srv/v.db"), None), "/srv/v.db");
        assert!(Path::new(&shown_path(Path::new("v.db"), None)).is_absolute());
    }
}
