//! The supervisor: a process of our own between us and the program of a step.
//!
//! It reads its [`Order`], starts the program, and at the end says how that ended. While
//! the program runs it waits for four things at once: output, the program's end, the end of
//! its time, and the end of the pipe from us, which means that the step was cancelled or
//! that we are gone. It keeps the output, so that we may be stopped meanwhile.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write, stdin, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, setsid, waitid};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::inject::program::Program;
use crate::inject::session::pid_of;
use crate::secret_text::SecretText;

use super::memory;
use super::starter::starter;
use super::wire::{Order, Outcome, Report};

/// The most that a program may write to one place, in bytes.
const MOST: usize = 1024 * 1024;
/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// Between the signal that a program may answer and the one that it may not.
const PAUSE: Duration = Duration::from_millis(400);
/// When the program has ended and others still hold its output, silence of this length is the end.
const SILENCE: Duration = Duration::from_millis(100);
/// And this is, however much they write.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does all of it.
///
/// # Errors
/// Usage, for anything but what [`super::run()`] starts; Failure, when it cannot answer.
pub(super) fn supervise() -> Result<u8> {
    let order = read_order()?;
    let report = match begin(order) {
        Ok(mut running) => {
            running.told()?;
            running.until_end()
        }
        Err(error) => {
            tell(&0_u64.to_be_bytes())?;
            let why = Outcome::NotStarted(error.message().to_owned());
            Report { how: why, printed: SecretText::new(), said: SecretText::new() }
        }
    };
    tell(report.written().expose()).map(|()| 0)
}

/// The order behind its length; the pipe stays open.
fn read_order() -> Result<Order> {
    let unheard = || Error::usage("This is not a command.");
    let mut length = [0; 8];
    // No buffer of the library's: it would not be wiped.
    let mut input = std::fs::File::from(stdin().as_fd().try_clone_to_owned().map_err(|_| unheard())?);
    input.read_exact(&mut length).map_err(|_| unheard())?;
    let length = usize::try_from(u64::from_be_bytes(length)).ok().filter(|length| *length < 1 << 30);
    let mut order = Zeroizing::new(vec![0; length.ok_or_else(unheard)?]);
    input.read_exact(&mut order).map_err(|_| unheard())?;
    Order::read(&order).ok_or_else(unheard)
}

fn tell(bytes: &[u8]) -> Result<()> {
    let gone = |error| Error::failure(format!("Nobody hears how the step ended: {error}."));
    let mut output = std::fs::File::from(stdout().as_fd().try_clone_to_owned().map_err(gone)?);
    output.write_all(bytes).map_err(gone)
}

/// Starts the program.
fn begin(order: Order) -> Result<Running> {
    // The files come first: they have the lowest numbers then.
    let files = memory::descriptors(&order.fd)?;
    let _ = setsid();
    // Before anything is started: an end that comes at once must not be lost.
    let (news, told) = UnixStream::pair().map_err(|error| unstarted(&error))?;
    signal_hook::low_level::pipe::register(signal_hook::consts::SIGCHLD, told).map_err(|error| unstarted(&error))?;
    news.set_nonblocking(true).map_err(|error| unstarted(&error))?;
    let words: Vec<OsString> = order.words.iter().map(|word| OsStr::from_bytes(word).to_owned()).collect();
    let program = Program::from_words(&words).ok_or_else(|| Error::usage("No program is given."))?;
    let input = match &order.stdin {
        Some(text) => memory::holding(text)?.into(),
        None => Stdio::null(),
    };
    let (printed, said, theirs) = outputs(order.takes_output).map_err(|error| unstarted(&error))?;
    let mut command = starter(&program, order.umask);
    for (name, value) in &order.env {
        command.env(OsStr::from_bytes(name), OsStr::from_bytes(value.expose()));
    }
    command.current_dir("/").stdin(input).stdout(theirs.0).stderr(theirs.1).process_group(0);
    // Its error tells of the starter, which is us: only a full table of processes and too
    // large an environment keep it from being started.
    let child = command.spawn().map_err(|error| program.refused(&error))?;
    drop((command, files));
    let group = pid_of(&child)?;
    Ok(Running { child, group, news, printed, said, until: Instant::now() + order.timeout })
}

/// Our ends of the program's output, and its own.
fn outputs(apart: bool) -> std::io::Result<(Option<Stream>, Stream, (Stdio, Stdio))> {
    let (ours, theirs) = std::io::pipe()?;
    if !apart {
        return Ok((None, Stream::new(ours.into()), (theirs.try_clone()?.into(), theirs.into())));
    }
    let (also_ours, also_theirs) = std::io::pipe()?;
    Ok((Some(Stream::new(ours.into())), Stream::new(also_ours.into()), (theirs.into(), also_theirs.into())))
}

/// What the program writes to one place.
struct Stream {
    /// `None` at its end.
    from: Option<OwnedFd>,
    taken: SecretText,
}

impl Stream {
    fn new(from: OwnedFd) -> Self {
        Self { from: Some(from), taken: SecretText::new() }
    }

    /// Takes what is there; false when that is too much.
    fn take(&mut self) -> bool {
        let Some(from) = &self.from else { return true };
        let mut chunk = Zeroizing::new([0; CHUNK]);
        match read(from, &mut chunk[..]) {
            Ok(count @ 1..) => {
                let fitting = count.min(MOST - self.taken.len());
                self.taken.push(&chunk[..fitting]);
                return fitting == count;
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(_) | Err(_) => self.from = None,
        }
        true
    }
}

/// A program that runs.
struct Running {
    child: Child,
    /// The program's number, and its group's.
    group: Pid,
    /// Has something to read when a process of ours has ended.
    news: UnixStream,
    /// Its standard output, where that is for us alone.
    printed: Option<Stream>,
    /// All else that it writes.
    said: Stream,
    until: Instant,
}

/// What there is to do.
#[derive(PartialEq, Eq)]
enum Next {
    Ended,
    End(Outcome),
}

impl Running {
    /// Says which group to kill should we be killed.
    fn told(&mut self) -> Result<()> {
        let group = u64::from(self.group.as_raw_nonzero().get().unsigned_abs());
        tell(&group.to_be_bytes()).inspect_err(|_| self.kill())
    }

    /// Until the program has ended, or has been ended.
    fn until_end(mut self) -> Report {
        let how = match self.wait() {
            Next::End(how) => {
                self.kill();
                let _ = self.child.wait();
                how
            }
            Next::Ended => {
                let cut_short = self.drain();
                let ended = self.end();
                cut_short.unwrap_or(ended)
            }
        };
        let printed = self.printed.take().map(|stream| stream.taken).unwrap_or_default();
        Report { how, printed, said: std::mem::take(&mut self.said.taken) }
    }

    fn wait(&mut self) -> Next {
        loop {
            if self.has_ended() {
                return Next::Ended;
            }
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::End(Outcome::TimedOut);
            }
            match self.poll(left) {
                Polled::Gone => return Next::End(Outcome::Cancelled),
                Polled::TooMuch => return Next::End(Outcome::WroteTooMuch),
                Polled::Something | Polled::Nothing => {}
            }
        }
    }

    /// Waits for anything, and takes what was written.
    fn poll(&mut self, most: Duration) -> Polled {
        let input = stdin();
        let mut places =
            vec![PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN), PollFd::new(&self.news, PollFlags::IN)];
        let streams = self.printed.iter().chain(std::iter::once(&self.said));
        places.extend(streams.filter_map(|stream| stream.from.as_ref()).map(|from| PollFd::new(from, PollFlags::IN)));
        let ready = poll(&mut places, Timespec::try_from(most).ok().as_ref());
        if ready == Ok(0) {
            return Polled::Nothing;
        }
        if ready.is_err_and(|error| error != Errno::INTR) || !places[0].revents().is_empty() {
            return Polled::Gone;
        }
        let mut is_ready = places[2..].iter().map(|place| !place.revents().is_empty()).collect::<Vec<_>>().into_iter();
        let has_news = !places[1].revents().is_empty();
        drop(places);
        if has_news {
            let _ = (&self.news).read(&mut [0; 64]);
        }
        let mut fits = true;
        for stream in self.printed.iter_mut().chain(std::iter::once(&mut self.said)) {
            if stream.from.is_some() && is_ready.next() == Some(true) {
                fits &= stream.take();
            }
        }
        if fits { Polled::Something } else { Polled::TooMuch }
    }

    /// What was written before the end, and what something left behind writes right after;
    /// tells why that is not all of it.
    fn drain(&mut self) -> Option<Outcome> {
        let since = Instant::now();
        while (self.said.from.is_some() || self.printed.as_ref().is_some_and(|stream| stream.from.is_some()))
            && since.elapsed() < PATIENCE
        {
            match self.poll(SILENCE) {
                Polled::Something => {}
                Polled::Nothing => break,
                Polled::Gone => return Some(Outcome::Cancelled),
                Polled::TooMuch => return Some(Outcome::WroteTooMuch),
            }
        }
        None
    }

    /// True when the program has ended. Its number stays its own until it is waited for.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.group), options), Ok(None))
    }

    fn end(&mut self) -> Outcome {
        use std::os::unix::process::ExitStatusExt;
        match self.child.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Outcome::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
                (None, signal) => Outcome::Signalled(signal.unwrap_or(0)),
            },
            Err(_) => Outcome::Signalled(0),
        }
    }

    /// Ends the whole group: kindly first.
    fn kill(&self) {
        let _ = kill_process_group(self.group, Signal::TERM);
        // Whether all of the group have answered cannot be seen, only whether the first has.
        std::thread::sleep(PAUSE);
        // The group still has its number: nobody has waited for its first process yet.
        let _ = kill_process_group(self.group, Signal::KILL);
    }
}

/// What waiting told.
#[derive(PartialEq, Eq)]
enum Polled {
    /// Output, or an end.
    Something,
    /// Nothing for so long.
    Nothing,
    /// The step is cancelled, or we are gone.
    Gone,
    TooMuch,
}

fn unstarted(error: &std::io::Error) -> Error {
    Error::failure(format!("The program of the step cannot be started: {error}."))
}
