//! [`Output`]: a thread that writes finished frames to the terminal.
//!
//! A terminal over a stalled connection takes no bytes, for minutes. Writing from
//! a thread of its own keeps the loop awake, so that the vault still locks itself;
//! and while a frame is on its way none is made, so slow links get fewer frames,
//! not later ones. Used by `terminal` only.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::pending::Pending;

/// What the thread reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everything handed over is written.
    Idle,
    /// The terminal is gone.
    Gone,
}

/// The way to the writing thread.
pub(super) struct Output(Sequences);

/// A way to the same thread for what is no frame.
#[derive(Clone)]
pub(super) struct Sequences {
    to: Sender<SecretText>,
    pending: Arc<Pending>,
}

impl Sequences {
    /// Writes `piece` after all before it, then wipes it.
    pub(super) fn send(&self, piece: SecretText) {
        self.pending.add();
        if self.to.send(piece).is_err() {
            self.pending.remove();
        }
    }
}

impl Output {
    /// Starts the thread on `file`.
    pub(super) fn start(file: File, report: impl Fn(Progress) + Send + 'static) -> Result<Self> {
        let (to, pieces) = channel();
        let pending = Arc::new(Pending::default());
        let shared = Arc::clone(&pending);
        std::thread::Builder::new()
            .name("output".into())
            .spawn(move || write_pieces(file, &pieces, &shared, report))
            .map_err(|error| Error::failure(format!("No thread could be started for the screen: {error}.")))?;
        Ok(Self(Sequences { to, pending }))
    }

    /// Writes `piece` after all before it, then wipes it.
    pub(super) fn send(&self, piece: SecretText) {
        self.0.send(piece);
    }

    /// For what is sent between frames.
    pub(super) fn sequences(&self) -> Sequences {
        self.0.clone()
    }

    /// True when everything handed over is written.
    pub(super) fn is_idle(&self) -> bool {
        self.0.pending.is_none()
    }

    /// Waits until everything is written, no longer than `at_most`.
    pub(super) fn wait(&self, at_most: Duration) {
        self.0.pending.wait(at_most);
    }
}

fn write_pieces(mut file: File, pieces: &Receiver<SecretText>, pending: &Pending, report: impl Fn(Progress)) {
    for piece in pieces {
        let written = write_whole(&mut file, piece.expose());
        drop(piece);
        let idle = pending.remove();
        if written.is_err() {
            report(Progress::Gone);
        } else if idle {
            report(Progress::Idle);
        }
    }
}

/// Writes everything, also where another program made the terminal non-blocking.
pub(super) fn write_whole(to: &mut impl Write, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn pieces_arrive_in_order_and_idleness_is_told() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let (sender, progress) = channel();
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let output = Output::start(file, move |news| sender.send(news).unwrap()).unwrap();
        output.send(SecretText::copied_from(b"one "));
        output.send(SecretText::copied_from(b"two"));
        output.wait(Duration::from_secs(5));
        assert!(output.is_idle());
        let mut bytes = [0; 7];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"one two");
        assert_eq!(progress.recv(), Ok(Progress::Idle));
    }

    #[test]
    fn a_terminal_that_is_gone_is_told_and_does_not_block() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (sender, progress) = channel();
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let output = Output::start(file, move |news| sender.send(news).unwrap()).unwrap();
        output.send(SecretText::copied_from(b"x"));
        assert_eq!(progress.recv(), Ok(Progress::Gone));
        output.wait(Duration::from_secs(5));
        assert!(output.is_idle());
    }

    #[test]
    fn a_full_pipe_keeps_the_sender_free() {
        let (_reader, writer) = std::io::pipe().unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let output = Output::start(file, |_| ()).unwrap();
        output.send(SecretText::from(vec![0; 1 << 20]));
        output.wait(Duration::from_millis(20));
        assert!(!output.is_idle());
    }
}
