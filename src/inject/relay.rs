//! [`Relay`]: carries what a program writes to where it belongs, masked on the way. Each
//! stream has a thread of its own that waits for both of its ends, so that a terminal
//! which stalls keeps neither keys nor signals from the program.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread, read, write};

use super::mask::{Masker, Secrets};

/// What could be the beginning of a value waits so long for more.
const PAUSE: Duration = Duration::from_millis(20);
/// When the program has ended and others still hold its output, silence of this length is the end.
const SILENCE: Duration = Duration::from_millis(100);
/// And this is, however much they write.
const PATIENCE: Duration = Duration::from_secs(1);

/// One stream.
pub(super) struct Relay {
    /// What the program writes comes out here.
    pub(super) from: Arc<OwnedFd>,
    /// And goes in here.
    pub(super) to: OwnedFd,
    /// Hangs up when the program has ended.
    pub(super) ended: Arc<OwnedFd>,
    /// How many relays are at work.
    pub(super) working: Arc<AtomicUsize>,
    /// What comes is taken even if nobody wants it, lest a program wait for its terminal.
    pub(super) is_terminal: bool,
}

/// What a stream is waiting for.
#[derive(PartialEq, Eq)]
enum Ready {
    Text,
    Nothing,
    /// The reader behind us went away.
    Unwanted,
    ProgramEnded,
}

/// The time after the program's end.
struct Rest {
    since: Instant,
    /// Bytes that were already written then, and not yet taken.
    left: u64,
}

impl Relay {
    /// Carries until the stream ends, its reader goes away, or the program has ended and
    /// nothing more comes.
    pub(super) fn carry(self, secrets: &Secrets) {
        let mut masker = Masker::new(secrets);
        let mut rest: Option<Rest> = None;
        let mut failed = false;
        let mut has_paused = false;
        loop {
            let timeout = match rest {
                _ if masker.is_holding() && !has_paused => Some(PAUSE),
                Some(_) => Some(SILENCE),
                None => None,
            };
            match self.wait(timeout, rest.is_none()) {
                Ready::Text => {}
                Ready::Nothing if masker.is_holding() && !has_paused => {
                    masker.pause(&mut |text| failed |= self.write(text).is_err());
                    has_paused = true;
                    continue;
                }
                Ready::ProgramEnded => {
                    let left = ioctl_fionread(&*self.from).unwrap_or(0);
                    rest = Some(Rest { since: Instant::now(), left });
                    continue;
                }
                Ready::Unwanted => return,
                Ready::Nothing => break,
            }
            if rest.as_ref().is_some_and(|rest| rest.left == 0 && rest.since.elapsed() > PATIENCE) {
                break;
            }
            self.working.fetch_add(1, Ordering::SeqCst);
            let count = read(&*self.from, masker.room());
            if let Ok(count @ 1..) = count {
                has_paused = false;
                masker.take(count, &mut |text| failed |= !failed && self.write(text).is_err());
                if let Some(rest) = &mut rest {
                    rest.left = rest.left.saturating_sub(count as u64);
                }
            }
            self.working.fetch_sub(1, Ordering::SeqCst);
            match count {
                Ok(0) => break,
                Ok(_) if failed && !self.is_terminal => return,
                Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
                // A terminal whose other end is closed.
                Err(_) => break,
            }
        }
        masker.finish(&mut |text| failed |= !failed && self.write(text).is_err());
    }

    /// Waits for text, or for a reason to do something else.
    fn wait(&self, given: Option<Duration>, is_running: bool) -> Ready {
        let timeout = given.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut places = vec![PollFd::new(&*self.from, PollFlags::IN)];
        if is_running {
            places.push(PollFd::new(&*self.ended, PollFlags::IN));
        }
        // A pipe whose reader went away tells it unasked; so does a terminal that is gone,
        // but its program must not wait for us.
        if !self.is_terminal {
            places.push(PollFd::new(&self.to, PollFlags::empty()));
        }
        match poll(&mut places, timeout.as_ref()) {
            Ok(0) => return Ready::Nothing,
            // Signals mostly come to another thread.
            Err(Errno::INTR) => return self.wait(given, is_running),
            Err(_) => return Ready::Unwanted,
            Ok(_) => {}
        }
        let is_unwanted = !self.is_terminal
            && places.last().is_some_and(|to| to.revents().intersects(PollFlags::ERR | PollFlags::HUP));
        if is_unwanted {
            Ready::Unwanted
        } else if places.first().is_some_and(|from| !from.revents().is_empty()) {
            Ready::Text
        } else {
            Ready::ProgramEnded
        }
    }

    /// Writes all of it, however slowly it is taken.
    fn write(&self, mut text: &[u8]) -> io::Result<()> {
        while !text.is_empty() {
            match write(&self.to, text) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => text = &text[count..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let mut place = [PollFd::from_borrowed_fd(self.to.as_fd(), PollFlags::OUT)];
                    poll(&mut place, None).or_else(|error| if error == Errno::INTR { Ok(0) } else { Err(error) })?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
