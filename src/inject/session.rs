//! A program in a terminal of our making needs a session with that terminal. This crate
//! has no `unsafe` but for the memory of keys, so nothing can be done between `fork` and `exec`; instead we start
//! ourselves again, twice, under two hidden commands:
//!
//! ```text
//! strongroom run       the user's session: keys, sizes and signals to and fro
//! └ lead               begins the new session and stays its leader
//!   └ start → program  waits until the terminal is its own, then becomes the program
//! ```
//!
//! The leader has to stay: a program can be stopped by Ctrl-Z only where someone in its own
//! session, but not in its group, could start it again. It does what the program does: it
//! stops when the program stops, and ends as it ends; and hands on the signals it gets.
//! Both have the program's environment, in memory that only root can read.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpgrp, getpid, ioctl_tiocsctty, kill_process, kill_process_group, setsid, wait,
};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use crate::error::{Error, Result};
use crate::session::ourselves::ourselves;
use crate::session::process;

use super::program::{Program, is_for_a_shell};
use super::signals::{PASSED_ON, Signals};

/// The hidden commands.
const LEAD: &str = "--lead-the-session-of";
const START: &str = "--start-in-its-turn";
/// How often a program looks whether the terminal is its own yet.
const LOOK_EVERY: Duration = Duration::from_micros(200);
/// And how often at most: then it starts all the same.
const LOOKS: usize = 10_000;

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this code.
    Exited(u8),
    /// By this signal.
    Killed(i32),
}

impl Ended {
    /// Ends this process in the same way. Where a signal does not end it (the first
    /// process of a container), gives the code that shells have for it.
    #[must_use]
    pub fn end_likewise(self) -> u8 {
        match self {
            Self::Exited(code) => code,
            Self::Killed(signal) => {
                if getpid() != Pid::INIT {
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                u8::try_from(128 + signal).unwrap_or(u8::MAX)
            }
        }
    }
}

/// What waiting for a process told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Ended(Ended),
    Stopped,
}

/// What has become of `child` since the last time. Ends of others are taken note of too:
/// in a container we may be the process that all orphans come to.
pub(super) fn news_of(child: Pid) -> Option<News> {
    let mut news = None;
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG | WaitOptions::UNTRACED) {
        if pid != child {
            continue;
        }
        let ended = status.exit_status().map(|code| Ended::Exited(u8::try_from(code).unwrap_or(u8::MAX)));
        let ended = ended.or_else(|| status.terminating_signal().map(Ended::Killed));
        news = ended.map(News::Ended).or_else(|| status.stopped().then_some(News::Stopped)).or(news);
    }
    news
}

/// The command that leads a session for `program`.
pub(super) fn leader(program: &Program) -> Command {
    ourselves(LEAD, program.words())
}

/// Does what a hidden command asks for, if `line` is one.
pub fn take_part(line: &[OsString]) -> Option<Result<u8>> {
    let [_, part, words @ ..] = line else { return None };
    if part != LEAD && part != START {
        return None;
    }
    let program = Program::from_words(words).ok_or_else(|| Error::usage("No program is given."));
    Some(program.and_then(|program| if part == LEAD { lead(&program) } else { Err(start(&program)) }))
}

/// Begins a session in the terminal that is standard output, starts the program there, and
/// ends as it ends.
fn lead(program: &Program) -> Result<u8> {
    setsid().map_err(no_session)?;
    ioctl_tiocsctty(std::io::stdout()).map_err(no_session)?;
    let mut signals = Signals::catch(PASSED_ON.into_iter().chain([Signal::CHILD, Signal::TSTP]))?;
    let mut command = ourselves(START, program.words());
    command.process_group(0);
    let child = process::as_before(|| command.spawn()).map_err(|error| program.refused(&error))?;
    let child = pid_of(&child)?;
    tcsetpgrp(std::io::stdout(), child).map_err(no_session)?;
    loop {
        while let Some(came) = signals.next() {
            if came.signal != Signal::CHILD {
                let _ = kill_process_group(child, came.signal);
            }
        }
        match news_of(child) {
            Some(News::Ended(ended)) => return Ok(ended.end_likewise()),
            Some(News::Stopped) => {
                // Comes back when we are started again.
                let _ = kill_process(getpid(), Signal::STOP);
                let _ = kill_process_group(child, Signal::CONT);
            }
            None => {
                let mut place = [PollFd::from_borrowed_fd(signals.readable(), PollFlags::IN)];
                if poll(&mut place, None).is_err_and(|error| error != Errno::INTR) {
                    return Err(Error::failure("The program cannot be watched."));
                }
            }
        }
    }
}

/// Becomes the program as soon as the terminal is its own; else it would be stopped as
/// soon as it touched it.
fn start(program: &Program) -> Error {
    let is_foreground = || tcgetpgrp(std::io::stdout()).is_ok_and(|group| group == getpgrp());
    for _ in 0..LOOKS {
        if is_foreground() {
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    process::give_back();
    let mut refused = program.command().exec();
    if is_for_a_shell(&refused) {
        refused = program.shell_command().exec();
    }
    program.refused(&refused)
}

/// The child's number.
pub(crate) fn pid_of(child: &std::process::Child) -> Result<Pid> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    pid.ok_or_else(|| Error::failure("The program has no number."))
}

fn no_session(error: Errno) -> Error {
    Error::failure(format!("There is no session to be had for the program: {error}."))
        .hint("Nothing was started. With --no-mask it gets yours.")
}
