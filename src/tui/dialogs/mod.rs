//! Dialogs: one open at a time, each owning its inputs.
//!
//! `update` hands every key to the open dialog and carries out its [`Step`];
//! `view` draws it over the panes. A dialog is pure: no clock, no vault, no
//! terminal; what it wants of them is an [`Effect`] in its step. Dropping a
//! dialog (lock, Esc) wipes what was typed.

use std::sync::Arc;
use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::crypto::keyring::RawKey;
use crate::error::Error;
use crate::secret_text::SecretText;
use crate::vault::catalog::Catalog;
use crate::vault::compare::ShapeDiff;
use crate::vault::generate::Generated;
use crate::vault::incident::{Incident, Progress};
use crate::vault::scope::Address;
use crate::vault::search::Facts;
use crate::vault::secret::{FieldName, Fields, Secret, SecretId, Version};
use crate::vault::shape::Shape;

use super::action::{Action, Context};
use super::clock::Now;
use super::effect::{Draft, Effect, RawKeyUse};
use super::event::ClipboardNews;
use super::files::Completion;
use super::keymap::{Keymap, Keys};
use super::panes::detail::Known;
use super::press::Press;
use super::rotating::{LastUse, Log};
use super::theirs::Theirs;
use super::theme::Theme;
use super::tmux::TmuxPane;

pub mod bulk;
pub mod clipboard_test;
pub mod cockpit;
pub mod compare;
pub mod confirm;
mod conflict;
pub mod deleted;
mod differences;
pub mod edit;
mod form;
pub mod frame;
pub mod help;
pub mod incident;
pub mod jump;
mod known_tags;
mod page;
pub mod palette;
pub mod paste;
mod path_prompt;
mod recipes;
pub mod rotate;
pub mod setup;
pub mod unlock;
pub mod write_out;
mod writing;

/// What reaches the dialog in focus.
pub enum Input {
    /// A key.
    Press(Press),
    /// A key that means nothing here: what waited for the next key waits no longer.
    Unbound,
    /// Pasted text.
    Paste(SecretText),
    /// A generated secret the dialog asked for.
    Generated(Generated),
    /// A raw key the dialog asked for.
    RawKey(RawKeyUse, RawKey),
    /// How two versions differ, as the dialog asked.
    Compared(Box<ShapeDiff>),
    /// The fields of a version, opened and on record: of the one that is edited, or of
    /// another session's.
    Opened {
        /// Whose fields they are.
        id: SecretId,
        /// Which version.
        version: u64,
        /// Plaintext.
        fields: Fields,
        /// When what is not edited is hidden again.
        until: Instant,
    },
    /// New values that are the current ones already, as the dialog asked.
    Same {
        /// Of which secret.
        id: SecretId,
        /// The fields.
        names: Vec<FieldName>,
        /// As it came with the question.
        ticket: u64,
    },
    /// What another session did to the secret in the dialog, as the dialog asked.
    Theirs(SecretId, Theirs),
    /// How a secret is now that this or another session has just changed.
    Changed(Box<Secret>),
    /// Another session has just written a secret, or taken it away (`None`).
    Elsewhere(SecretId, Option<Box<Version>>),
    /// What a path may go on with, as the dialog asked.
    Completed(Completion),
    /// The operator's editor has ended; `None` where it changed nothing.
    Edited {
        /// What it was opened on.
        draft: Draft,
        /// What it left.
        outcome: Result<Option<SecretText>, Error>,
    },
    /// The file that the dialog asked for, or why it cannot be read.
    FileRead(Result<SecretText, Error>),
    /// The file that the dialog wants to write would lie in this git work tree.
    InWorkTree(String),
    /// More is known beside the list.
    Learnt(Facts),
    /// The deleted secrets that bore a name last, as the dialog asked.
    DeletedOf(Address, Vec<Secret>),
    /// Every deleted secret, and what lives meanwhile.
    Deleted(Vec<Secret>, Arc<Catalog>),
    /// Who deleted them, as the dialog asked.
    DeletedBy(Vec<(SecretId, String)>),
    /// A secret is destroyed, as the dialog asked.
    Purged(SecretId),
    /// What the clipboard did with the word that tests it.
    Clipboard(ClipboardNews),
    /// The panes of the tmux around us, as the dialog asked.
    TmuxPanes(Result<Vec<TmuxPane>, Error>),
    /// What a value is like, as the dialog asked.
    Shaped {
        /// Of which secret.
        id: SecretId,
        /// In which version.
        version: u64,
        /// Told without the value.
        shape: Box<Shape>,
    },
    /// What this session has seen of a rotation, and its secret as it is now.
    Rotation(Box<Log>, Option<Box<Secret>>),
    /// Who used the secret last, as the dialog asked.
    LastUse(Option<LastUse>),
    /// What is known of the secret beside its record.
    Known(Box<Known>),
    /// How far the search for what somebody could have seen is.
    IncidentAt(Progress),
    /// What somebody could have seen, and whether whoever acts here is one of them.
    Incident(Box<Incident>, bool),
    /// What somebody could have seen cannot be told.
    IncidentFailed(Error),
    /// What is built from the secrets of the dialog.
    Built(incident::Built),
    /// The report is in its file.
    ReportWritten,
    /// What the dialog submitted failed; it stays open with its input and shows this.
    Failed(Error),
}

/// What a dialog wants after an input.
#[derive(Default)]
pub struct Step {
    /// To be carried out.
    pub effects: Vec<Effect>,
    /// Close the dialog.
    pub close: bool,
    /// Then do this (the palette's choice).
    pub then: Option<Action>,
    /// Then go to this secret.
    pub jump: Option<SecretId>,
    /// Then go to this secret, and to its rotation.
    pub rotate: Option<SecretId>,
    /// Leave the screen to what comes then, and come back after it.
    pub leaves: bool,
}

/// The open dialog.
pub enum Dialog {
    /// No vault yet: make one.
    Setup(Box<setup::SetupDialog>),
    /// The vault is locked.
    Unlock(Box<unlock::UnlockDialog>),
    /// Add a secret or edit one.
    Edit(Box<edit::EditDialog>),
    /// A new value with a reason.
    Rotate(Box<rotate::RotateDialog>),
    /// Two versions by shape.
    Compare(Box<compare::CompareDialog>),
    /// A field into a new file.
    WriteOut(Box<write_out::WriteOutDialog>),
    /// One thing done to many secrets.
    Bulk(Box<bulk::BulkDialog>),
    /// Roll back or purge?
    Confirm(Box<confirm::ConfirmDialog>),
    /// What the keys do.
    Help(Box<help::HelpDialog>),
    /// Every action by name.
    Palette(Box<palette::PaletteDialog>),
    /// To any secret.
    Jump(Box<jump::JumpDialog>),
    /// What was deleted.
    Deleted(Box<deleted::DeletedDialog>),
    /// Does the clipboard take a value, and let go of it?
    ClipboardTest(Box<clipboard_test::ClipboardTestDialog>),
    /// What somebody could have seen.
    Incident(Box<incident::IncidentDialog>),
    /// A rotation that is under way.
    Cockpit(Box<cockpit::CockpitDialog>),
    /// A value into a pane of tmux.
    Paste(Box<paste::PasteDialog>),
}

/// Calls the same method of whichever dialog is open.
macro_rules! each {
    ($self:expr, $dialog:ident => $call:expr) => {
        match $self {
            Dialog::Setup($dialog) => $call,
            Dialog::Unlock($dialog) => $call,
            Dialog::Edit($dialog) => $call,
            Dialog::Rotate($dialog) => $call,
            Dialog::Compare($dialog) => $call,
            Dialog::WriteOut($dialog) => $call,
            Dialog::Bulk($dialog) => $call,
            Dialog::Confirm($dialog) => $call,
            Dialog::Help($dialog) => $call,
            Dialog::Palette($dialog) => $call,
            Dialog::Jump($dialog) => $call,
            Dialog::Deleted($dialog) => $call,
            Dialog::ClipboardTest($dialog) => $call,
            Dialog::Paste($dialog) => $call,
            Dialog::Cockpit($dialog) => $call,
            Dialog::Incident($dialog) => $call,
        }
    };
}

impl Dialog {
    /// Hands an input to the dialog.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        each!(self, dialog => dialog.update(input, now))
    }

    /// Draws the dialog over `area`, the whole body; it centres itself and clears what it covers.
    pub fn draw(&self, keymap: &Keymap, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let keys = Keys::new(keymap, self.context());
        each!(self, dialog => dialog.draw(keys, theme, area, frame));
    }

    /// What its keys do now, as its foot names them: `⟨submit⟩ save · ⟨cancel⟩ cancel`.
    #[must_use]
    pub fn foot(&self) -> String {
        each!(self, dialog => dialog.foot())
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        each!(self, dialog => dialog.context())
    }

    /// When it wants to be updated without a key (the back-off of the unlock dialog).
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Unlock(dialog) => dialog.next_deadline(),
            Self::Edit(dialog) => dialog.next_deadline(),
            Self::Rotate(dialog) => dialog.next_deadline(),
            _ => None,
        }
    }

    /// The time went on: lets a countdown run, and does what waited for its end.
    pub fn tick(&mut self, now: Now) -> Step {
        match self {
            Self::Unlock(dialog) => return dialog.tick(now),
            Self::Edit(dialog) => dialog.tick(now),
            Self::Rotate(dialog) => dialog.tick(now),
            _ => {}
        }
        Step::default()
    }

    /// Which secret it changes, of those that are there already.
    #[must_use]
    pub fn writes(&self) -> Option<SecretId> {
        match self {
            Self::Edit(dialog) => dialog.subject(),
            Self::Rotate(dialog) => dialog.subject(),
            Self::Cockpit(dialog) => Some(dialog.subject()),
            _ => None,
        }
    }

    /// True when something typed would be lost with it.
    #[must_use]
    pub fn holds_input(&self) -> bool {
        match self {
            Self::Edit(dialog) => dialog.is_changed(),
            Self::Rotate(dialog) => dialog.is_changed(),
            Self::Confirm(dialog) => dialog.is_changed(),
            Self::Cockpit(dialog) => dialog.is_changed(),
            Self::Bulk(dialog) => dialog.is_changed(),
            Self::WriteOut(dialog) => dialog.is_changed(),
            Self::Deleted(dialog) => dialog.is_changed(),
            _ => false,
        }
    }

    /// True while a choice stands in the place of the inputs.
    #[must_use]
    pub fn is_choosing(&self) -> bool {
        match self {
            Self::Edit(dialog) => dialog.is_choosing(),
            Self::Rotate(dialog) => dialog.is_choosing(),
            _ => false,
        }
    }

    /// True for the dialogs a locked vault shows.
    #[must_use]
    pub fn is_gate(&self) -> bool {
        matches!(self, Self::Setup(_) | Self::Unlock(_))
    }
}
