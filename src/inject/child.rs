//! Runs a program beside us, its output masked.
//!
//! Where standard output is a terminal, the program gets one too (see [`super::session`]):
//! colour, size, full-screen programs and job control are as without us. Else it gets pipes,
//! standard output and standard error apart (one pipe, in the order of writing, where both
//! go to the same place), and stays in our group and session, so that the keys of the
//! terminal reach it as they reach us; for standard error alone that is a terminal it gets
//! a terminal to write to.
//!
//! When the program has ended and something it left behind still holds its output, what was
//! written until then is shown, and what follows within a short time; then we end too, as a
//! shell would. What is left behind then has nobody to write to: a program that is meant to
//! live on takes a file for its output, or `--no-mask`.

mod streams;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read, write};
use rustix::process::{Pid, Signal, getpid, getppid, getsid, kill_current_process_group, kill_process};
use rustix::termios::{tcgetwinsize, tcsetwinsize};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::session::{process, prompt};

use super::environment::Variables;
use super::mask::Secrets;
use super::program::{Program, is_for_a_shell};
use super::session::{self, Ended, News, news_of, pid_of};
use super::signals::{Came, PASSED_ON, Signals};
use super::terminal::Terminal;
use streams::Streams;

/// In the background nobody tells us that we have come to the foreground: so we look.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Before we stop with the program, what it wrote is shown: after so long all the same.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Keys that are taken at once.
const KEYS: usize = 4096;

/// Runs `program` with `variables`; what it writes is masked by `secrets`.
///
/// # Errors
/// Why it could not be started.
pub fn run(program: &Program, variables: &Variables, secrets: Secrets) -> Result<Ended> {
    // Before anything is started: a signal that comes now must not be lost.
    let signals = Signals::catch(PASSED_ON.into_iter().chain([Signal::CHILD, Signal::CONT, Signal::WINCH]))?;
    let stops_by_itself = !prompt::hand_signals_over();
    let mut streams = Streams::open()?;
    let in_session = streams.session.is_some();
    let child = {
        let mut command = if in_session { session::leader(program) } else { program.command() };
        variables.give_to(&mut command);
        streams.give_to(&mut command);
        let mut started = process::as_before(|| command.spawn());
        if !in_session && started.as_ref().is_err_and(is_for_a_shell) {
            command = program.shell_command();
            variables.give_to(&mut command);
            streams.give_to(&mut command);
            started = process::as_before(|| command.spawn());
        }
        pid_of(&started.map_err(|error| program.refused(&error))?)?
    };
    let working = Arc::new(AtomicUsize::new(0));
    let (ended, done) = streams.carry(secrets, &working)?;
    let (terminal, screens) = (streams.session.take(), std::mem::take(&mut streams.screens));
    drop(streams);
    let mut watch =
        Watch { signals, child, terminal, screens, working, keys: Zeroizing::new(Vec::new()), stops_by_itself };
    let how = watch.until_end();
    drop(ended);
    watch.until_shown(&done);
    // Only now: what was shown is made for a terminal that changes nothing of it.
    drop(watch);
    Ok(how)
}

/// What we do while the program runs.
struct Watch {
    signals: Signals,
    /// The program, or the leader of its session.
    child: Pid,
    /// The user's terminal, where the program has one of our making.
    terminal: Option<Terminal>,
    /// Our ends of the terminals that the program has; the first is the session's.
    screens: Vec<Arc<OwnedFd>>,
    working: Arc<AtomicUsize>,
    /// False after a prompt: its way of being stopped cannot be undone, only left without effect.
    stops_by_itself: bool,
    /// Keys that the program's terminal has no room for yet.
    keys: Zeroizing<Vec<u8>>,
}

impl Watch {
    /// Until the program has ended.
    fn until_end(&mut self) -> Ended {
        self.go_on();
        loop {
            while let Some(came) = self.signals.next() {
                self.pass_on(came);
            }
            match news_of(self.child) {
                Some(News::Ended(ended)) => return ended,
                Some(News::Stopped) if self.in_session() => self.stop(),
                _ => self.wait(),
            }
        }
    }

    /// Until all that it wrote is shown, or somebody has had enough of waiting.
    fn until_shown(&mut self, done: &OwnedFd) {
        loop {
            let mut places =
                [PollFd::new(done, PollFlags::IN), PollFd::from_borrowed_fd(self.signals.readable(), PollFlags::IN)];
            match poll(&mut places, None) {
                Err(Errno::INTR) => continue,
                Err(_) => return,
                Ok(_) if !places[0].revents().is_empty() => return,
                Ok(_) => {}
            }
            while let Some(came) = self.signals.next() {
                if matches!(came.signal, Signal::INT | Signal::TERM | Signal::HUP | Signal::QUIT) {
                    return;
                }
            }
        }
    }

    /// True when the program has a session of its own.
    fn in_session(&self) -> bool {
        self.terminal.is_some()
    }

    fn pass_on(&mut self, came: Came) {
        match came.signal {
            Signal::CHILD => {}
            Signal::WINCH => self.pass_size_on(),
            // We were stopped without having been asked.
            Signal::CONT => self.go_on(),
            // A key, in our own terminal: the program has got it as we have.
            Signal::INT | Signal::QUIT if came.to_all && !self.in_session() => {}
            signal => {
                let _ = kill_process(self.child, signal);
            }
        }
    }

    fn pass_size_on(&self) {
        let size = tcgetwinsize(std::io::stdout()).or_else(|_| tcgetwinsize(std::io::stderr()));
        if let Ok(size) = size {
            for screen in &self.screens {
                let _ = tcsetwinsize(screen, size);
            }
        }
    }

    /// The terminal is the program's, as far as it is ours.
    fn go_on(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.let_through();
            self.pass_size_on();
        }
    }

    /// The program has stopped: so do we, with all of our group, until a shell says otherwise.
    fn stop(&mut self) {
        let since = Instant::now();
        while !self.is_all_shown() && since.elapsed() < LAST_WORDS {
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(terminal) = &mut self.terminal {
            terminal.put_back();
        }
        // Where no shell is there to start us again, the kernel does not stop us.
        let _ = kill_current_process_group(Signal::TSTP);
        if !self.stops_by_itself && getsid(getppid()).ok() == getsid(None).ok() {
            let _ = kill_process(getpid(), Signal::STOP);
        }
        self.go_on();
        let _ = kill_process(self.child, Signal::CONT);
    }

    fn is_all_shown(&self) -> bool {
        let mut places: Vec<PollFd<'_>> =
            self.screens.iter().map(|screen| PollFd::new(&**screen, PollFlags::IN)).collect();
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut places, Some(&at_once)).is_ok_and(|ready| ready == 0) && self.working.load(Ordering::SeqCst) == 0
    }

    /// Until a signal comes, or a key that finds its way.
    fn wait(&mut self) {
        let in_background = self.terminal.as_ref().is_some_and(Terminal::is_awaited);
        let timeout = in_background.then(|| Timespec::try_from(LOOK_EVERY).ok()).flatten();
        let keys = self.terminal.as_ref().and_then(Terminal::keys);
        let screen = self.screens.first().map(|screen| screen.as_fd());
        let mut places = vec![PollFd::from_borrowed_fd(self.signals.readable(), PollFlags::IN)];
        match (keys, screen) {
            (Some(keys), _) if self.keys.is_empty() => places.push(PollFd::from_borrowed_fd(keys, PollFlags::IN)),
            (_, Some(screen)) if !self.keys.is_empty() => {
                places.push(PollFd::from_borrowed_fd(screen, PollFlags::OUT));
            }
            _ => {}
        }
        let _ = poll(&mut places, timeout.as_ref());
        let is_ready = places.get(1).is_some_and(|place| !place.revents().is_empty());
        if in_background {
            self.go_on();
        }
        if is_ready {
            self.pass_keys_on();
        }
    }

    fn pass_keys_on(&mut self) {
        if self.keys.is_empty() {
            let Some(keys) = self.terminal.as_ref().and_then(Terminal::keys) else { return };
            let mut taken = Zeroizing::new(vec![0; KEYS]);
            match read(keys, &mut taken[..]) {
                Ok(count @ 1..) => {
                    taken.truncate(count);
                    self.keys = taken;
                }
                Err(Errno::INTR | Errno::AGAIN) => return,
                // The terminal is gone.
                Ok(_) | Err(_) => {
                    self.terminal.iter_mut().for_each(Terminal::forget);
                    let _ = kill_process(self.child, Signal::HUP);
                    return;
                }
            }
        }
        let Some(screen) = self.screens.first() else { return };
        match write(screen, &self.keys) {
            Ok(count) => self.keys = Zeroizing::new(self.keys[count..].to_vec()),
            Err(Errno::AGAIN | Errno::INTR) => {}
            // The program's terminal is gone, and the program with it.
            Err(_) => self.keys.clear(),
        }
    }
}

/// Why the program could not be given its streams.
fn no_streams(error: impl std::fmt::Display) -> Error {
    Error::failure(format!("The program cannot be given its input and output: {error}.")).hint("Nothing was started.")
}
