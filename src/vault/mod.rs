//! The domain, in operators' words; the only place where sealed bytes become plaintext.
//!
//! [`LockedVault`] → [`LockedVault::unlock`] → [`Vault`] → [`Vault::lock`]. Front ends
//! call nothing below this. Every write goes through one `change::Change`, every read
//! through one `view::View`; both check the keyed digests before they trust a row.

pub mod amend;
pub mod audit;
mod audit_log;
pub mod backup;
pub mod bulk;
pub mod catalog;
mod change;
pub mod compare;
mod create_many;
mod deleted;
pub mod duplicates;
mod freshness;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub mod generate;
mod heads;
pub mod incident;
mod integrity;
mod keys;
mod listing;
pub mod mentions;
pub mod one_time_code;
pub mod overview;
mod pick;
mod purge;
mod read;
mod read_only;
mod record;
mod release;
pub mod reminders;
mod replace;
mod reseal;
pub mod rotation;
mod rows;
mod rows_walk;
pub mod scope;
pub mod search;
pub mod secret;
mod segments;
pub mod shape;
pub mod strength;
mod unlock;
pub mod usage;
mod value_walk;
mod verify;
mod view;
mod visible;
pub mod when;
mod write;

use std::path::Path;

use jiff::Timestamp;

use crate::crypto::keyring::{Keyring, SealedSlot};
use crate::crypto::passphrase::Wiping;
use crate::error::{Error, Kind, Result};
use crate::store::{Store, Tx};

use audit::{Actor, AuditAction};
use change::Change;
use freshness::Anchor;
use scope::Address;
use secret::SecretId;
use view::View;

pub use crate::store::allow_network_file_systems;
pub use audit_log::AuditWalk;
pub use freshness::{Anchors, Checkpoint, Freshness, Passage, Stale};
pub use keys::{KeySlot, SlotId};
pub use pick::{Pick, Picked};
pub use purge::Doomed;
pub use read::Resolved;
pub use read_only::ReadOnly;
pub use release::{Refused, Release, Wanted};
pub use replace::{Presented, Replaced};
pub use rows_walk::RowsWalk;
pub use segments::{Cut, Segment};
pub use unlock::{LockedVault, NewVault, OpeningKey};
pub use verify::Verified;
pub use write::{Expected, MetadataChange, Outcome, Written, checked_tags};

/// An unlocked vault; dropping it wipes the keys.
pub struct Vault {
    store: Store,
    keys: Keyring,
    actor: Actor,
    slots: Vec<SealedSlot>,
    /// The slot whose key opened this session, where it is known.
    opened_by: Option<SlotId>,
    /// The `seq` up to which the caller has seen changes.
    seen: u64,
    /// Buckets whose sealed list was found missing; the next write makes them.
    unlisted: Vec<usize>,
    read_only: Option<String>,
    anchor: Anchor,
    clock: fn() -> Timestamp,
    /// Is told of what was saved although the disk reported an error.
    doubts: Option<Box<dyn FnMut(&'static str) + Send>>,
    /// The memory in which the passphrase was checked; gone before the vault is.
    _wiping: Option<Wiping>,
}

impl Vault {
    /// Writes with the times that `clock` tells, for made-up vaults that have a past.
    #[doc(hidden)]
    pub fn set_clock(&mut self, clock: fn() -> Timestamp) {
        self.clock = clock;
    }

    /// The file, canonical.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Why nothing can be written, if so: the file cannot be, or damage was found.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Runs `work` on a verified snapshot.
    fn view<T>(&mut self, work: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        let keys = &self.keys;
        let done = self.store.read(|tx| work(&View::new(tx, keys)?));
        self.watch(done)
    }

    /// Refuses what would write where nothing can be written, or damage was found.
    fn check_writable(&self) -> Result<()> {
        let Some(reason) = &self.read_only else { return Ok(()) };
        if let Some(stale) = self.anchor.refusal(self.store.path()) {
            return Err(stale);
        }
        let hint = match self.store.read_only_reason() {
            Some(_) => "Make it writable, then open it again.",
            None => "Restore the file from a backup.",
        };
        Err(Error::denied(reason.clone()).hint(hint))
    }

    /// Runs `work` as a write that is committed, audited and sealed, or not at all.
    fn write<T>(&mut self, work: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
        self.check_writable()?;
        let (keys, actor, now, unlisted) = (&self.keys, &self.actor, (self.clock)(), &self.unlisted);
        let (anchor, path) = (&self.anchor, self.store.path().to_owned());
        let written = self.store.write(|tx: &Tx<'_>| {
            anchor.check(tx, &tx.state()?, &path)?;
            let mut change = Change::begin(tx, keys, actor, now)?;
            change.list_again(unlisted.iter().copied());
            change.fold_pending()?;
            let done = work(&mut change)?;
            Ok((done, change.finish()?))
        });
        self.tell_doubt();
        let done = written.map(|(done, state)| {
            if let Some(state) = state {
                self.unlisted.clear();
                self.anchor.advance(&self.keys, &state);
            }
            done
        });
        self.watch(done)
    }

    /// Has `tell` called with a sentence about each change that was saved although the disk
    /// reported an error.
    pub fn on_doubt(&mut self, tell: impl FnMut(&'static str) + Send + 'static) {
        self.doubts = Some(Box::new(tell));
    }

    /// Tells what the store has to say of the last write.
    fn tell_doubt(&mut self) {
        if let (Some(doubt), Some(tell)) = (self.store.take_doubt(), &mut self.doubts) {
            tell(doubt);
        }
    }

    /// Runs a write and records in the log that it was refused, when it was.
    fn attempt<T>(
        &mut self,
        action: AuditAction,
        subject: (Option<SecretId>, Option<&Address>),
        reason: &str,
        work: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let done = self.write(work);
        if let Err(error) = &done {
            self.note_refusal(action, subject, reason, error);
        }
        done
    }

    /// Records in the log what was refused, and why.
    fn note_refusal(
        &mut self,
        action: AuditAction,
        subject: (Option<SecretId>, Option<&Address>),
        reason: &str,
        error: &Error,
    ) {
        if is_noted(error.kind()) && self.read_only.is_none() {
            // The refusal stands whether or not it could be written down.
            let _ = self
                .write(|change| change.audit_body(action, subject.0, subject.1, None, reason, Some(error.message())));
        }
    }

    /// Remembers damage: from then on nothing is written.
    fn watch<T>(&mut self, done: Result<T>) -> Result<T> {
        if let Err(error) = &done
            && error.kind() == Kind::Damaged
        {
            self.read_only.get_or_insert_with(|| error.message().to_owned());
        }
        done
    }

    /// One audit record about something that is no operation of the vault: a refusal
    /// upstream, a clipboard that was cleared.
    ///
    /// # Errors
    /// As every write.
    pub fn note(
        &mut self,
        action: AuditAction,
        secret: Option<SecretId>,
        reason: &str,
        error: Option<&str>,
    ) -> Result<()> {
        self.write(|change| {
            let named = secret.and_then(|id| change.by_id(id).ok()).map(|(_, secret)| secret.address);
            change.audit_body(action, secret, named.as_ref(), None, reason, error)
        })
    }
}

/// True for what is a refusal, not a failure of the machine.
fn is_noted(kind: Kind) -> bool {
    matches!(kind, Kind::NotFound | Kind::Conflict | Kind::Expired | Kind::Denied)
}
