//! [`Streams`]: what the program reads and writes, and where that goes.

use std::io::{IsTerminal, stderr, stdin, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use rustix::fs::fstat;
use rustix::termios::tcgetwinsize;

use crate::error::Result;

use super::super::mask::Secrets;
use super::super::pty::Pty;
use super::super::relay::Relay;
use super::super::terminal::Terminal;
use super::no_streams;

/// Bytes that a pipe holds, where the system allows it: fewer changes from one to the other.
#[cfg(target_os = "linux")]
const PIPE: usize = 1024 * 1024;

/// Both sides of the program's streams.
pub(super) struct Streams {
    /// The user's terminal, where the program gets a session with one of our making.
    pub(super) session: Option<Terminal>,
    /// Our ends of the terminals that were made.
    pub(super) screens: Vec<Arc<OwnedFd>>,
    /// What the program gets; `None` is what we have.
    theirs: [Option<Arc<OwnedFd>>; 3],
    /// From the program, and to where.
    ways: Vec<Way>,
}

struct Way {
    from: Arc<OwnedFd>,
    to: OwnedFd,
    is_terminal: bool,
}

impl Streams {
    /// Opens what the program needs, by what we have ourselves.
    pub(super) fn open() -> Result<Self> {
        let mut streams = Self { session: None, screens: Vec::new(), theirs: [None, None, None], ways: Vec::new() };
        let (out, err) = (stdout(), stderr());
        if out.is_terminal() {
            let terminal = Terminal::open();
            let modes = terminal.modes();
            let theirs = streams.terminal(Pty::like(modes.as_ref(), tcgetwinsize(&out).ok())?, out.as_fd())?;
            streams.theirs[0] = stdin().is_terminal().then(|| Arc::clone(&theirs));
            streams.theirs[2] = err.is_terminal().then(|| Arc::clone(&theirs));
            streams.theirs[1] = Some(theirs);
            streams.session = Some(terminal);
        } else {
            let theirs = streams.pipe(out.as_fd())?;
            streams.theirs[2] = is_same_place(out.as_fd(), err.as_fd()).then(|| Arc::clone(&theirs));
            streams.theirs[1] = Some(theirs);
        }
        if streams.theirs[2].is_none() {
            let theirs = if err.is_terminal() {
                streams.terminal(Pty::for_output(tcgetwinsize(&err).ok())?, err.as_fd())?
            } else {
                streams.pipe(err.as_fd())?
            };
            streams.theirs[2] = Some(theirs);
        }
        Ok(streams)
    }

    fn terminal(&mut self, pty: Pty, to: impl AsFd) -> Result<Arc<OwnedFd>> {
        let ours = Arc::new(pty.ours);
        self.screens.push(Arc::clone(&ours));
        let to = to.as_fd().try_clone_to_owned().map_err(no_streams)?;
        self.ways.push(Way { from: ours, to, is_terminal: true });
        Ok(Arc::new(pty.theirs))
    }

    fn pipe(&mut self, to: impl AsFd) -> Result<Arc<OwnedFd>> {
        let (ours, theirs) = std::io::pipe().map_err(no_streams)?;
        #[cfg(target_os = "linux")]
        let _ = rustix::pipe::fcntl_setpipe_size(&ours, PIPE);
        let to = to.as_fd().try_clone_to_owned().map_err(no_streams)?;
        self.ways.push(Way { from: Arc::new(ours.into()), to, is_terminal: false });
        Ok(Arc::new(theirs.into()))
    }

    /// Makes them the program's.
    pub(super) fn give_to(&self, command: &mut Command) {
        let stdio = |held: &Option<Arc<OwnedFd>>| match held.as_ref().map(|held| held.try_clone()) {
            Some(Ok(theirs)) => Stdio::from(theirs),
            // Never ours: what goes there is not masked.
            Some(Err(_)) => Stdio::null(),
            None => Stdio::inherit(),
        };
        let [input, output, errors] = &self.theirs;
        command.stdin(stdio(input)).stdout(stdio(output)).stderr(stdio(errors));
    }

    /// Begins to carry. To drop the first that is given is to say that the program has
    /// ended; the second hangs up when all is carried.
    pub(super) fn carry(&mut self, secrets: Secrets, working: &Arc<AtomicUsize>) -> Result<(OwnedFd, OwnedFd)> {
        self.theirs = [None, None, None];
        let secrets = Arc::new(secrets);
        let (ended, has_ended) = std::io::pipe().map_err(no_streams)?;
        let (done, until_done) = std::io::pipe().map_err(no_streams)?;
        let ended = Arc::new(OwnedFd::from(ended));
        for Way { from, to, is_terminal } in self.ways.drain(..) {
            let (secrets, until_done) = (Arc::clone(&secrets), until_done.try_clone().map_err(no_streams)?);
            let relay = Relay { from, to, ended: Arc::clone(&ended), working: Arc::clone(working), is_terminal };
            std::thread::Builder::new()
                .spawn(move || {
                    relay.carry(&secrets);
                    drop(until_done);
                })
                .map_err(no_streams)?;
        }
        Ok((has_ended.into(), done.into()))
    }
}

/// True when both are one file, pipe or socket: then the order of what is written matters.
fn is_same_place(a: impl AsFd, b: impl AsFd) -> bool {
    match (fstat(a), fstat(b)) {
        (Ok(a), Ok(b)) => (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino),
        _ => false,
    }
}
