//! [`Event`]: everything that can happen to the application, and the thread that
//! sends signals; the others (input, vault, clipboard) have rooms of their own.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crossterm::event::KeyEvent;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGWINCH};

use crate::crypto::keyring::{RawKey, SlotKind};
use crate::error::Error;
use crate::secret_text::SecretText;
use crate::vault::audit::{AuditRecord, AuditVerdict};
use crate::vault::backup::Backups;
use crate::vault::bulk::Done;
use crate::vault::catalog::{Catalog, CatalogChange};
use crate::vault::compare::ShapeDiff;
use crate::vault::duplicates::Duplicates;
use crate::vault::generate::Generated;
use crate::vault::incident::{Incident, Progress};
use crate::vault::mentions::Mentions;
use crate::vault::scope::Address;
use crate::vault::search::Index;
use crate::vault::secret::{FieldName, Fields, Secret, SecretId, Version};
use crate::vault::shape::Shape;
use crate::vault::usage::{Extent, Use};
use crate::vault::{Outcome, ReadOnly, Segment, Written};

use super::effect::{Draft, RawKeyUse};
use super::files::Completion;
use super::job::{Deed, Job};
use super::rotating::{Ended, LastUse, News};
use super::theirs::Theirs;
use super::tmux::TmuxPane;
use super::{editor, patience, terminal};

mod news;
mod pressed;

pub use news::ClipboardNews;
pub use pressed::Pressed;

/// One thing that happened.
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted (bracketed paste); wiped when dropped.
    Paste(SecretText),
    /// The mouse did something, where `mouse = true`.
    Mouse(Mouse),
    /// The terminal has this size now, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal got or lost the focus.
    Focus(bool),
    /// A signal arrived that asks for something.
    Signal(Signal),
    /// The process was stopped and goes on.
    Resumed,
    /// No input will come any more: the terminal is gone.
    HangUp,
    /// The vault thread answers.
    Vault(Answer),
    /// A secret was generated.
    Generated(Generated),
    /// A raw key was generated.
    RawKey(RawKeyUse, RawKey),
    /// What a path may go on with.
    PathCompleted(Completion),
    /// A file was read for a field, or could not be.
    FileRead(crate::error::Result<SecretText>),
    /// The operator's editor has ended; `None` where it changed nothing.
    Edited {
        /// What it was opened on.
        draft: Draft,
        /// What it left.
        outcome: crate::error::Result<Option<SecretText>>,
    },
    /// So long ago somebody typed into the editor that has the terminal.
    Typed(std::time::Duration),
    /// The panes of the tmux around us, but for our own and dead ones; the nearest first.
    TmuxPanes(crate::error::Result<Vec<TmuxPane>>),
    /// A value was pasted into a pane, or not.
    Pasted {
        /// Of which secret.
        id: SecretId,
        /// What it is called.
        address: Address,
        /// Where to.
        pane: Box<TmuxPane>,
        /// Why it did not get there.
        outcome: crate::error::Result<()>,
    },
    /// The program of a step of a rotation has ended.
    StepEnded(Box<Ended>),
    /// The clipboard did something.
    Clipboard(ClipboardNews),
    /// Nothing happened until the next deadline.
    Tick,
}

/// What the mouse did, and over which cell. It is never asked where it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What it did.
    pub what: MouseAction,
    /// From the left, from 0.
    pub column: u16,
    /// From the top, from 0.
    pub row: u16,
}

/// What the mouse can do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAction {
    /// The left button was pressed.
    Click,
    /// The wheel went up.
    WheelUp,
    /// The wheel went down.
    WheelDown,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGINT, SIGQUIT: lock, restore the terminal, exit 128 + n.
    Terminate(u8),
    /// SIGHUP: the connection dropped.
    HangUp,
    /// SIGTSTP: lock, restore the terminal, stop.
    Suspend,
    /// SIGUSR1: lock.
    Lock,
}

/// What the vault thread found at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No file: offer to make one.
    Nothing,
    /// A locked vault with these kinds of key slots, and the file that has a key.
    Locked(Vec<SlotKind>, Option<KeyPath>),
}

/// A file that a key can be read from: where it is, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath {
    /// The kind of slot that it opens.
    pub kind: SlotKind,
    /// Its path, as shown.
    pub path: String,
}

/// An answer of the vault thread.
pub enum Answer {
    /// The file was looked at, at start or after a lock.
    Found(Found),
    /// The vault is open; the list follows.
    Unlocked {
        /// Every live secret.
        catalog: Arc<Catalog>,
        /// Failed tries since the last entry in the log.
        failed_unlocks: u64,
        /// Why nothing can be written, if so.
        read_only: Option<ReadOnly>,
        /// That an older file put back could not be told, and why, if so.
        unkept: Option<String>,
    },
    /// The index for the filter, made while nothing else was to do.
    Indexed(Box<Index>),
    /// This user's pins, and what is wrong with their file; comes after the list.
    Pins {
        /// What is pinned.
        pins: Vec<SecretId>,
        /// Why not all of them could be read.
        damage: Option<Error>,
    },
    /// The key did not fit (kind `Locked`), or the file refuses (other kinds).
    UnlockFailed(Error),
    /// The keys are gone from memory.
    Locked,
    /// This or another session changed something.
    Changed(CatalogChange),
    /// A secret with its versions, newest first.
    Detail {
        /// The secret.
        secret: Box<Secret>,
        /// Its versions.
        history: Vec<Version>,
    },
    /// Why a secret with its versions cannot be shown.
    DetailFailed(SecretId, Error),
    /// A secret's newest audit records, newest first.
    Audit {
        /// Which secret.
        id: SecretId,
        /// Its records.
        records: Vec<AuditRecord>,
        /// What was cut off the log before the oldest of them, if that is where it begins.
        cut_off: Option<Segment>,
    },
    /// A version's fields, for the screen, until a deadline.
    Revealed {
        /// Which secret.
        id: SecretId,
        /// Which version.
        version: u64,
        /// Plaintext.
        fields: Fields,
    },
    /// A field's plaintext on its way to the clipboard; goes into `Effect::Copy` at once.
    ReadyToCopy {
        /// What to name in notices.
        address: Address,
        /// The version.
        version: u64,
        /// Plaintext.
        value: SecretText,
    },
    /// Who used a secret last, as the log tells.
    LastUse(SecretId, Option<LastUse>),
    /// News of a rotation.
    Rotation(Box<News>),
    /// A one-time code on its way to the clipboard, as `ReadyToCopy`.
    CodeReady {
        /// Of which secret.
        id: SecretId,
        /// What to name in notices.
        address: Address,
        /// The code.
        code: SecretText,
        /// How long it is good.
        good_for: std::time::Duration,
    },
    /// The present code is nearly over: nothing was given out, and a fresh one is to be asked for after `wait`.
    FreshCodeIn {
        /// Of which secret.
        id: SecretId,
        /// How long that takes.
        wait: std::time::Duration,
    },
    /// What a field's value is like.
    Shaped {
        /// Of which secret.
        id: SecretId,
        /// In which version.
        version: u64,
        /// Told without the value.
        shape: Box<Shape>,
    },
    /// A field's plaintext on its way to a pane of tmux; goes into `Effect::Paste` at once.
    ReadyToPaste {
        /// Of which secret.
        id: SecretId,
        /// What to name in notices.
        address: Address,
        /// Plaintext.
        value: SecretText,
        /// Where to.
        pane: Box<TmuxPane>,
    },
    /// A field was written into a new file.
    WroteOut {
        /// Of which secret.
        address: Address,
        /// Which field.
        field: String,
        /// Where it is.
        path: String,
    },
    /// The file would lie in this git work tree; nothing was written.
    InWorkTree(String),
    /// How two versions differ, by shape.
    Compared(Box<ShapeDiff>),
    /// Which of the new values are the current ones already.
    Same {
        /// Of which secret.
        id: SecretId,
        /// The fields.
        names: Vec<FieldName>,
        /// As it came with the question; 0 for a rotation, which was not done.
        ticket: u64,
    },
    /// What another session did to a secret that is being written here.
    Theirs(SecretId, Theirs),
    /// A version's plaintext for the edit dialog.
    ReadyToEdit {
        /// Which secret.
        id: SecretId,
        /// Which version.
        version: u64,
        /// Plaintext.
        fields: Fields,
    },
    /// A write was acknowledged by the disk.
    Written(Deed, Box<Written>),
    /// A deleted secret is back.
    Restored(Address),
    /// How far a job is.
    Progress {
        /// Steps done.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// A job came to its end: what was done, `None` when it was ended before that, or why it failed.
    Job {
        /// What was to be done.
        job: Box<Job>,
        /// What came of it; nothing is half-done.
        result: Box<Result<Option<Done>, Error>>,
    },
    /// A secret is destroyed.
    Purged(Address, SecretId),
    /// So many deleted secrets can be restored.
    DeletedCount(u64),
    /// The deleted secrets that can be restored, in no order.
    Deleted(Vec<Secret>),
    /// Who deleted secrets, `user@host`, as far as the audit log tells.
    DeletedBy(Vec<(SecretId, String)>),
    /// The deleted secrets that bore a name last, the newest first.
    DeletedOf(Address, Vec<Secret>),
    /// The rows behind the list do not match their seal.
    Damaged(Error),
    /// From now on nothing is written.
    ReadOnly(ReadOnly),
    /// The audit chain was walked, behind the list.
    AuditVerified(AuditVerdict),
    /// What the next part of the audit log tells about the use of secrets.
    Used {
        /// In the order of the log.
        uses: Vec<Use>,
        /// How far it was read with them.
        extent: Extent,
        /// What all of it tells of backups; nothing until then.
        backups: Backups,
        /// What was cut off its beginning; nothing until then.
        cut_off: Option<Segment>,
    },
    /// Which secrets have the same value; `None` when it could not be found out.
    Duplicates(Option<Duplicates>),
    /// Which secrets the values of others name.
    Mentions(Mentions),
    /// How far the search is for what somebody could have seen.
    IncidentAt(Progress),
    /// What somebody could have seen, and whether whoever acts here is one of them.
    Incident(Box<Incident>, bool),
    /// What somebody could have seen cannot be told.
    IncidentFailed(Error),
    /// The report is in this file.
    WroteReport(String),
    /// A request failed; nothing was changed.
    Failed(Error),
}

/// The outcome of a write in one word, for notices.
#[must_use]
pub fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::NewVersion => "saved",
        Outcome::MetadataOnly => "metadata saved",
        Outcome::Unchanged => "unchanged",
    }
}

/// What travels to the loop; small, since the places of the channel keep what lay in them,
/// the unused bytes of what is moved too.
pub enum Message {
    /// A key was pressed.
    Pressed(Box<Pressed>),
    /// Something else happened.
    Event(Box<Event>),
    /// The terminal has taken all frames so far, so the next may be drawn.
    FrameWritten,
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        match event {
            Event::Key(key) => Self::Pressed(Box::new(key.into())),
            event => Self::Event(Box::new(event)),
        }
    }
}

impl Message {
    /// What happened, if this says so.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Pressed(key) => Some(Event::Key((*key).into())),
            Self::Event(event) => Some(*event),
            Self::FrameWritten => None,
        }
    }
}

/// The way to the loop, for any thread. A loop that has ended takes nothing more,
/// which is no error.
#[derive(Clone)]
pub struct Mailbox(Sender<Message>);

impl Mailbox {
    /// What is sent comes out at the other end of this channel.
    #[must_use]
    pub fn new(sender: Sender<Message>) -> Self {
        Self(sender)
    }

    /// Sends an event; false when the loop has ended.
    pub(super) fn send(&self, event: Event) -> bool {
        self.0.send(event.into()).is_ok()
    }

    /// Tells the loop that it may draw.
    pub(super) fn frame_written(&self) {
        let _ = self.0.send(Message::FrameWritten);
    }
}

/// Starts the thread that turns signals into events. After one that ends us it
/// stays to see that it does: a terminal that takes no bytes must not keep keys
/// in memory.
pub(super) fn start_signals(mailbox: Mailbox) -> std::io::Result<()> {
    let mut signals =
        signal_hook::iterator::Signals::new([SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1, SIGWINCH])?;
    let watch = move || {
        for number in signals.forever() {
            // Ctrl-C in an editor goes to every program of the terminal; it is the editor's.
            if terminal::is_lent() && matches!(number, SIGINT | SIGQUIT) {
                continue;
            }
            let Some(event) = from_signal(number) else { continue };
            let code = parting_code(&event);
            mailbox.send(event);
            if let Some(code) = code {
                std::thread::sleep(patience::SIGNAL);
                terminal::restore_modes();
                editor::sweep();
                std::process::exit(i32::from(code));
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

/// What a signal means here.
fn from_signal(number: i32) -> Option<Event> {
    match number {
        SIGHUP => Some(Event::Signal(Signal::HangUp)),
        SIGTERM | SIGINT | SIGQUIT => Some(Event::Signal(Signal::Terminate(u8::try_from(number).ok()?))),
        SIGTSTP => Some(Event::Signal(Signal::Suspend)),
        SIGCONT => Some(Event::Resumed),
        SIGUSR1 => Some(Event::Signal(Signal::Lock)),
        SIGWINCH => terminal::size().map(|(width, height)| Event::Resize { width, height }),
        _ => None,
    }
}

/// The exit code of an event after which nothing can go on.
pub(super) fn parting_code(event: &Event) -> Option<u8> {
    match event {
        Event::HangUp | Event::Signal(Signal::HangUp) => Some(128 + 1),
        Event::Signal(Signal::Terminate(number)) => Some(128_u8.saturating_add(*number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_end_us_give_the_shells_exit_codes() {
        let code = |number| from_signal(number).as_ref().and_then(parting_code);
        assert_eq!(code(SIGHUP), Some(129));
        assert_eq!(code(SIGINT), Some(130));
        assert_eq!(code(SIGTERM), Some(143));
        assert_eq!(code(SIGUSR1), None);
        assert_eq!(parting_code(&Event::HangUp), Some(129));
        assert!(matches!(from_signal(SIGCONT), Some(Event::Resumed)));
    }
}
