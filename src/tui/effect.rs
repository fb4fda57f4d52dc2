//! [`Effect`]: what `update` may ask of the outside world, a closed list.
//!
//! `update` returns effects, `runtime` carries them out, and the answers come
//! back as events. Secrets inside move; they are never copied.

mod kinds;

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::secret_text::SecretText;
use crate::vault::amend::FieldsChange;
use crate::vault::generate::Recipe;
use crate::vault::incident::Choice;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Metadata, SecretId};
use crate::vault::{Expected, MetadataChange, Pick};

use super::dialogs::clipboard_test::Found;
use super::job::{Job, Stop};
use super::rotating::Order;
use super::tmux::TmuxPane;

/// Something for the runtime to do.
#[expect(clippy::large_enum_variant, reason = "there are a few at a time, and each is moved twice at most")]
pub enum Effect {
    /// Hand a request to the vault thread; it answers with an event.
    Vault(Request),
    /// Generate a secret; answered by `Event::Generated`.
    Generate(Recipe),
    /// Generate a raw key (recovery, environment or key file); answered by `Event::RawKey`.
    GenerateRawKey(RawKeyUse),
    /// Put a value, already audited, on the clipboard and clear it later; answered by `Event::Clipboard`.
    Copy {
        /// What to name in notices.
        address: Address,
        /// The plaintext, moved.
        value: SecretText,
    },
    /// Put text that is no secret on the clipboard, to stay there; answered by `Event::Clipboard`.
    CopyText(String),
    /// List the panes of the tmux around us; answered by `Event::TmuxPanes`.
    ListTmuxPanes,
    /// Paste a value, already audited, into a pane; answered by `Event::Pasted`.
    Paste {
        /// Of which secret.
        id: SecretId,
        /// What to name in notices.
        address: Address,
        /// The plaintext, moved.
        value: SecretText,
        /// Where to.
        pane: Box<TmuxPane>,
    },
    /// Complete a path; answered by `Event::PathCompleted`.
    CompletePath(String),
    /// Read a file into a field; answered by `Event::FileRead`.
    ReadFile(String),
    /// Open the operator's editor on text that is no secret; answered by `Event::Edited`.
    OpenEditor {
        /// What it is.
        draft: Draft,
        /// As it is now.
        text: SecretText,
    },
    /// Put a made-up word on the clipboard; answered by `Event::Clipboard`.
    TestClipboard,
    /// Keep what a test of the clipboard has shown.
    RememberClipboard {
        /// The route, for people.
        route: &'static str,
        /// What it has shown.
        found: Found,
    },
    /// Clear our clipboard lease now; answered by `Event::Clipboard`.
    ClearClipboard {
        /// By a key, which proves that the terminal is looked at.
        typed: bool,
    },
    /// Leave the clipboard as it is, whatever was to be cleared; answered by `Event::Clipboard`.
    KeepClipboard,
    /// The terminal says that it is looked at, or no longer.
    Focus(bool),
    /// Somebody types while a clear is pending: now the terminal listens.
    Typed,
    /// End a job between two of its steps; its answer says what came of it.
    Stop(Stop),
    /// Stop the process group after leaving the terminal (Ctrl-Z); `Event::Resumed` follows.
    Suspend,
    /// Redraw every cell (after a resume, or on request).
    Repaint,
    /// Leave the application with this exit code.
    Quit(u8),
}

/// What the operator's editor is opened on: never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draft {
    /// A description.
    Description,
    /// All metadata, as JSON.
    Metadata,
}

/// What a generated raw key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawKeyUse {
    /// Shown once and typed back.
    Recovery,
    /// Pasted into an environment file.
    Environment,
    /// Written to the vault's own key file by the vault thread.
    KeyFile,
}

/// Work for the vault thread, the sole owner of keys and database.
pub enum Request {
    /// Make the vault; answered by `Answer::Unlocked` or `Answer::Failed`.
    Create {
        /// Keys that each get a slot.
        keys: Vec<UnlockKey>,
        /// A key file to write first (0600, never overwritten), if one protects the vault.
        key_file: Option<RawKey>,
    },
    /// Unlock with this key; answered by `Answer::Unlocked` or `Answer::UnlockFailed`.
    Unlock(UnlockKey),
    /// Unlock with the key in the file that the vault was found with; answered as `Unlock`.
    UnlockByFile,
    /// Drop the keys; answered by `Answer::Locked`.
    Lock,
    /// Read a secret's metadata and history; answered by `Answer::Detail`.
    Detail(SecretId),
    /// Read a secret's newest audit records; answered by `Answer::Audit`.
    Audit(SecretId),
    /// Open a value for the screen; answered by `Answer::Revealed`.
    Reveal {
        /// Which secret.
        id: SecretId,
        /// Which version; `None` for the current one.
        version: Option<u64>,
        /// Give it out although it has expired.
        allow_expired: bool,
    },
    /// Open one field for the clipboard; answered by `Answer::ReadyToCopy`.
    Copy {
        /// Which secret.
        id: SecretId,
        /// Which field, `value` mostly.
        field: String,
        /// Which version; `None` for the current one.
        version: Option<u64>,
        /// Give it out although it has expired.
        allow_expired: bool,
    },
    /// Open one field of a version of a rotation for the clipboard; answered by `Answer::ReadyToCopy`.
    CopyOf {
        /// Which secret.
        id: SecretId,
        /// Which field.
        field: String,
        /// Which version.
        pick: Pick,
    },
    /// Look who used a secret last; answered by `Answer::LastUse`.
    LastUse(SecretId),
    /// Drive a rotation; answered by `Answer::Rotation`, step by step.
    Rotation(Box<Order>),
    /// Make a one-time code of the field `totp` for the clipboard; answered by `Answer::CodeReady` or `Answer::FreshCodeIn`.
    CopyCode {
        /// Which secret.
        id: SecretId,
        /// Give it out although it has expired.
        allow_expired: bool,
    },
    /// Look what a field's value is like; answered by `Answer::Shaped`.
    Shape {
        /// Of which secret.
        id: SecretId,
        /// Which field.
        field: String,
        /// Which version; `None` for the current one.
        version: Option<u64>,
    },
    /// Open one field for a pane of tmux; answered by `Answer::ReadyToPaste`.
    OpenToPaste {
        /// Which secret.
        id: SecretId,
        /// Which field.
        field: String,
        /// Which version; `None` for the current one, if that is still the one that was seen.
        version: Option<u64>,
        /// The version that was looked at.
        seen: u64,
        /// Give it out although it has expired.
        allow_expired: bool,
        /// Where to; on record.
        pane: Box<TmuxPane>,
    },
    /// Record that a value given out for a pane did not get there; never answered.
    NoteUnpasted {
        /// Of which secret.
        id: SecretId,
        /// Where it was to go.
        pane: Box<TmuxPane>,
        /// Why it did not.
        cause: String,
    },
    /// Open the fields of the version that is edited; audited as a reveal; answered by `Answer::ReadyToEdit`.
    OpenToEdit {
        /// Which secret.
        id: SecretId,
        /// The version that the editor has seen.
        version: u64,
    },
    /// Write a field into a new file, on record; answered by `Answer::WroteOut` or `Answer::InWorkTree`.
    WriteOut {
        /// Which secret.
        id: SecretId,
        /// Which version.
        version: u64,
        /// Which field.
        field: String,
        /// Where to, as it was typed.
        path: String,
        /// Write it although it lies in a git work tree.
        in_work_tree: bool,
    },
    /// Compare two versions by shape; answered by `Answer::Compared`.
    Compare {
        /// Which secret.
        id: SecretId,
        /// The version on the left.
        before: u64,
        /// The version on the right.
        after: u64,
    },
    /// Find out which of these new values are the current ones already; answered by `Answer::Same`.
    FindSame {
        /// Which secret.
        id: SecretId,
        /// The new values.
        fields: Fields,
        /// Handed back with the answer, so that one that comes too late is seen.
        ticket: u64,
    },
    /// Find out what another session did; answered by `Answer::Theirs`.
    Theirs {
        /// To which secret.
        id: SecretId,
        /// The version that was seen here.
        seen: u64,
        /// Where it was seen.
        address: Address,
    },
    /// Change single fields, and metadata, of a secret that exists; answered by `Answer::Written`.
    Amend {
        /// Where.
        address: Address,
        /// What becomes of single fields.
        fields: Box<FieldsChange>,
        /// What else changes.
        metadata: MetadataChange,
        /// The metadata that the writer had seen; what differs from it by now is not written over.
        over: Option<Box<Metadata>>,
        /// Why.
        reason: String,
        /// What the writer had seen.
        expected: Expected,
    },
    /// Create a secret or change it; answered by `Answer::Written`.
    Set {
        /// Where.
        address: Address,
        /// The complete new fields; `None` leaves them alone.
        fields: Option<Fields>,
        /// What else changes.
        metadata: MetadataChange,
        /// Why.
        reason: String,
        /// What the writer had seen.
        expected: Expected,
    },
    /// A new version with a reason; answered by `Answer::Written`, or by `Answer::Same` when it would change nothing.
    Rotate {
        /// Where.
        address: Address,
        /// Merged over the current fields.
        fields: Fields,
        /// Why.
        reason: String,
        /// What the writer had seen.
        expected: Expected,
        /// Write it although it holds the current values again.
        allow_same: bool,
    },
    /// An earlier version's fields as a new version; answered by `Answer::Written`.
    RollBack {
        /// Where.
        address: Address,
        /// Whose fields come back.
        number: u64,
        /// Why.
        reason: String,
        /// What the writer had seen.
        expected: Expected,
    },
    /// Bring a deleted secret back, for an edit of it that goes on; answered by `Answer::Restored`.
    Restore(Address),
    /// Many changes as one; answered by `Answer::Progress` and at last by `Answer::Job`.
    Job(Box<Job>),
    /// Every deleted secret that can be restored; answered by `Answer::Deleted`.
    Deleted,
    /// Who deleted these secrets; answered by `Answer::DeletedBy`.
    DeletedBy(Vec<SecretId>),
    /// The deleted secrets that bore a name last; answered by `Answer::DeletedOf`.
    DeletedOf(Address),
    /// Answered by `Answer::Purged`.
    Purge {
        /// What it is called.
        address: Address,
        /// Which of those that bear the name, alive or deleted.
        id: SecretId,
        /// It was seen deleted, and is left alone if somebody has restored it since.
        deleted: bool,
    },
    /// Find out which secrets have the same value; answered by `Answer::Duplicates`, then and after every change.
    FindDuplicates,
    /// Find out which secrets are built from which; answered by `Answer::Mentions`, then and after every change.
    FindMentions,
    /// Find out what somebody could have seen; answered by `Answer::IncidentAt`, and by
    /// `Answer::Incident` or `Answer::IncidentFailed`, the latter two after every change again.
    Incident(Box<Choice>),
    /// Look no more for what somebody could have seen; never answered.
    EndIncident,
    /// Write a report, which holds no value, into a new file; answered by `Answer::WroteReport` or `Answer::InWorkTree`.
    WriteReport {
        /// The report.
        text: String,
        /// Where to, as it was typed.
        path: String,
        /// Write it although it lies in a git work tree.
        in_work_tree: bool,
    },
    /// Keep this user's pins; answered only when it fails.
    WritePins(Vec<SecretId>),
}
