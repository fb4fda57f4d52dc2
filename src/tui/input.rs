//! The input thread: bytes of the terminal → [`Event`]s.
//!
//! The bytes are read and taken apart here, and not by crossterm, whose parser types
//! what it cannot read: the late answer to another program's question (`0;276;0c`, or
//! a colour, where `d` would delete). It also waits forever once the terminal is gone,
//! and holds a pasted secret in memory that nobody wipes. Started by `tui::run`.

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use zeroize::Zeroize;

use super::event::{Event, Mailbox};

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod gate;
mod keys;
mod parser;

use parser::Parser;

pub(super) use gate::Gate;

/// Starts the thread, which stops reading at a closed gate. It is never waited for.
pub(super) fn start(mailbox: Mailbox, gate: Gate) -> std::io::Result<()> {
    std::thread::Builder::new().name("input".into()).spawn(move || read_all(&mailbox, &gate)).map(drop)
}

/// Reads until the terminal is gone or nobody listens.
fn read_all(mailbox: &Mailbox, gate: &Gate) {
    let stdin = std::io::stdin();
    let mut parser = Parser::default();
    let mut buffer = [0; 4096];
    loop {
        let mut is_heard = true;
        let mut tell = |event| is_heard = is_heard && mailbox.send(event);
        match wait(stdin.as_fd(), gate, parser.patience()) {
            // What was typed ahead of another program is for nobody.
            Waited::Gate => {
                gate.wait();
                parser = Parser::default();
            }
            Waited::Silence => parser.silence().into_iter().for_each(tell),
            Waited::Bytes => match rustix::io::read(stdin.as_fd(), &mut buffer) {
                Ok(count) if count > 0 => {
                    parser.take_each(buffer.get(..count).unwrap_or_default(), &mut tell);
                    buffer.zeroize();
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                _ => {
                    tell(Event::HangUp);
                    return;
                }
            },
        }
        if !is_heard {
            return;
        }
    }
}

/// What waiting ended with.
enum Waited {
    Bytes,
    Silence,
    Gate,
}

/// Waits for bytes, `at_most` so long. An error shows in the read that follows.
fn wait(fd: impl AsFd, gate: &Gate, at_most: Option<Duration>) -> Waited {
    let at_most = at_most.and_then(|time| Timespec::try_from(time).ok());
    let bell = gate.bell();
    let mut both = [PollFd::new(&fd, PollFlags::IN), PollFd::new(&bell, PollFlags::IN)];
    match poll(&mut both, at_most.as_ref()) {
        Ok(0) => Waited::Silence,
        Ok(_) if !both[1].revents().is_empty() => Waited::Gate,
        _ => Waited::Bytes,
    }
}
