//! The keys of a vault: which slots there are, another one, one less, a new passphrase.
//!
//! Each is one transaction with its audit record inside, and the digest over all slots
//! goes under the state's tag with it. Deriving a key from a passphrase takes its time, so
//! that is done before the transaction begins; what the transaction wrote is read back and
//! must be the very slot that was opened before.

use std::fmt;

use jiff::Timestamp;

use crate::crypto::keyring::{SealedSlot, SlotKind, UnlockKey};
use crate::crypto::passphrase::Cost;
use crate::error::{Error, Kind, Result};

use super::Vault;
use super::audit::{AuditAction, AuditQuery};
use super::change::Change;
use super::unlock::{MOST_SLOTS, cost_of, from_row, kinds, to_row};
use super::view::View;

/// The random identity of a key slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotId(pub [u8; 16]);

impl SlotId {
    /// All of it, in hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

/// The first eight hexadecimal digits: enough to tell sixteen slots apart.
impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

/// A key slot, as far as it is known without its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySlot {
    /// Which.
    pub id: SlotId,
    /// What opens it.
    pub kind: SlotKind,
    /// What one guess costs; `None` for keys that cannot be guessed.
    pub cost: Option<Cost>,
    /// True when its key opened this session.
    pub opened_this: bool,
}

impl KeySlot {
    pub(super) fn of(slot: &SealedSlot, opened_by: Option<SlotId>) -> Self {
        let id = SlotId(slot.id);
        Self { id, kind: slot.kind, cost: slot.cost, opened_this: opened_by == Some(id) }
    }
}

impl fmt::Display for KeySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.id)
    }
}

impl Vault {
    /// The key slots, in the order of their ids.
    ///
    /// # Errors
    /// Damaged, when a slot was altered, added or removed by somebody without a key.
    pub fn key_slots(&mut self) -> Result<Vec<KeySlot>> {
        let slots = self.slots_now()?;
        Ok(slots.iter().map(|slot| KeySlot::of(slot, self.opened_by)).collect())
    }

    /// Has `key` open the vault as well. `cost` is that of a passphrase; `None` measures
    /// this machine.
    ///
    /// # Errors
    /// Conflict, when that key opens it already; Denied, when there are 16 slots.
    pub fn add_key(&mut self, key: &UnlockKey, cost: Option<Cost>, reason: &str) -> Result<KeySlot> {
        let slot = match self.fits_no_slot(key) {
            Ok(()) => self.keys.new_slot(key, cost_of(cost, [key])?)?,
            Err(error) => return self.refuse(AuditAction::KeyAdd, reason, error),
        };
        let added = KeySlot::of(&slot, None);
        self.attempt(AuditAction::KeyAdd, (None, None), reason, |change| {
            if slots(change)?.len() >= MOST_SLOTS {
                return Err(Error::denied("The vault has 16 key slots already, which is the most.")
                    .hint("Remove one that is not used any more."));
            }
            put(change, &slot)?;
            change.audit_body(AuditAction::KeyAdd, None, None, None, &told(&added.to_string(), reason), None)
        })?;
        self.slots_changed();
        Ok(added)
    }

    /// Has the key of slot `id` open the vault no more. The key of this session stays: so one of
    /// those that are left is known to be at hand.
    ///
    /// # Errors
    /// `NotFound`; Denied, for the last slot, the one that opened this session, and when
    /// that is not known; Busy, when it is removed but still lies in the log.
    pub fn remove_key(&mut self, id: SlotId, reason: &str) -> Result<KeySlot> {
        let opened_by = self.opened_by;
        let removed = self.attempt(AuditAction::KeyRemove, (None, None), reason, |change| {
            let slots = slots(change)?;
            let slot = slots.iter().find(|slot| slot.id == id.0).ok_or_else(|| unknown(id))?;
            let slot = KeySlot::of(slot, opened_by);
            if slots.len() == 1 {
                return Err(Error::denied(format!("The {slot} is the only way into the vault."))
                    .hint("Add another key first. Nothing was changed."));
            }
            if slot.opened_this || opened_by.is_none() {
                let has = if slot.opened_this { "has" } else { "may have" };
                let words = format!("The {slot} {has} opened this session itself, which therefore keeps it.");
                return Err(Error::denied(words).hint(
                    "Open the vault with a key that stays (--key-file, --passphrase-file): so one is known to be at hand.",
                ));
            }
            take(change, id)?;
            change.audit_body(AuditAction::KeyRemove, None, None, None, &told(&slot.to_string(), reason), None)?;
            Ok(slot)
        })?;
        self.slots_changed();
        self.cut_log(&format!("The {removed} is removed"))?;
        Ok(removed)
    }

    /// Gives the passphrase that opened this session a successor, at no lower cost. Copies
    /// of the file made before still open with the old one.
    ///
    /// # Errors
    /// Denied, when no passphrase opened this session; Conflict, when the new one opens the
    /// vault already; Busy, when it is changed but the old slot still lies in the log.
    pub fn change_passphrase(&mut self, new: &UnlockKey, cost: Option<Cost>, reason: &str) -> Result<KeySlot> {
        let (slot, old) = match self.successor(new, cost) {
            Ok(made) => made,
            Err(error) => return self.refuse(AuditAction::KeyChange, reason, error),
        };
        let changed = KeySlot::of(&slot, Some(SlotId(slot.id)));
        self.attempt(AuditAction::KeyChange, (None, None), reason, |change| {
            put(change, &slot)?;
            take(change, old)?;
            let what = format!("{changed}, was {old}");
            change.audit_body(AuditAction::KeyChange, None, None, None, &told(&what, reason), None)
        })?;
        self.opened_by = Some(changed.id);
        self.slots_changed();
        self.cut_log("The passphrase is changed")?;
        Ok(changed)
    }

    /// Puts on record that the key which opened this session does so.
    ///
    /// # Errors
    /// Denied, when that is not known; as every write.
    pub fn note_key_test(&mut self, reason: &str) -> Result<KeySlot> {
        let slots = self.key_slots()?;
        let slot = slots.into_iter().find(|slot| slot.opened_this).ok_or_else(|| {
            Error::denied("No key of the vault opened this session itself.").hint("Type it, or give its file.")
        })?;
        let words = told(&slot.to_string(), reason);
        self.write(|change| change.audit_body(AuditAction::KeyTest, None, None, None, &words, None))?;
        Ok(slot)
    }

    /// When each key was tested last, by the start of its slot's id as people see it.
    ///
    /// # Errors
    /// As [`Self::audit`].
    pub fn key_tests(&mut self) -> Result<Vec<(String, Timestamp)>> {
        let mut newest: Vec<(String, Timestamp)> = Vec::new();
        let query = AuditQuery { action: Some(AuditAction::KeyTest), ..AuditQuery::default() };
        for record in self.audit(&query)?.into_iter().filter(|record| record.error.is_none()) {
            // `recovery key 3fa9c1d2`, then perhaps a full stop and why.
            let slot = record.reason.split(". ").next().and_then(|words| words.rsplit(' ').next()).unwrap_or_default();
            if newest.iter().all(|(known, _)| known != slot) {
                newest.push((slot.to_owned(), record.at));
            }
        }
        Ok(newest)
    }

    /// Whether [`Self::change_passphrase`] has a passphrase to change, before a new one is asked for.
    ///
    /// # Errors
    /// As its own.
    pub fn check_changeable(&mut self) -> Result<()> {
        match self.opened_by_passphrase() {
            Ok(_) => Ok(()),
            Err(error) => self.refuse(AuditAction::KeyChange, "", error),
        }
    }

    /// The passphrase slot that opened this session, and its cost.
    fn opened_by_passphrase(&mut self) -> Result<(SlotId, Cost)> {
        let slots = self.slots_now()?;
        let opened_by = slots.into_iter().find(|slot| self.opened_by == Some(SlotId(slot.id)));
        opened_by.and_then(|slot| slot.cost.map(|cost| (SlotId(slot.id), cost))).ok_or_else(|| {
            Error::denied("No passphrase of the vault opened this session.").hint(
                "Open it with the passphrase that is to be changed; where that is lost, add another and remove the old one.",
            )
        })
    }

    /// The slot for a new passphrase, and the one that it takes the place of.
    fn successor(&mut self, new: &UnlockKey, cost: Option<Cost>) -> Result<(SealedSlot, SlotId)> {
        let (old, old_cost) = self.opened_by_passphrase()?;
        if new.kind() != SlotKind::Passphrase {
            return Err(Error::usage("A passphrase can be changed for a passphrase only.").hint("Add the key instead."));
        }
        self.fits_no_slot(new)?;
        let cost = cost_of(cost, [new])?.or_more(old_cost);
        Ok((self.keys.new_slot(new, cost)?, old))
    }

    /// Refuses a key that opens the vault already: removed once, it would still open it.
    fn fits_no_slot(&mut self, key: &UnlockKey) -> Result<()> {
        for slot in self.slots_now()?.iter().filter(|slot| slot.kind == key.kind()) {
            if self.keys.is_in(slot, key)? {
                let slot = KeySlot::of(slot, None);
                return Err(Error::conflict(format!("That key opens the vault already: it is the {slot}."))
                    .hint("Give another one. Nothing was changed."));
            }
        }
        Ok(())
    }

    /// The slots as they are in the file now, their digest checked.
    pub(super) fn slots_now(&mut self) -> Result<Vec<SealedSlot>> {
        self.slots = self.view(slots)?;
        Ok(self.slots.clone())
    }

    /// Looks at them again after a write, which stands whether or not that can be done.
    pub(super) fn slots_changed(&mut self) {
        let _ = self.slots_now();
    }

    /// Records and gives what was refused before the write began.
    fn refuse<T>(&mut self, action: AuditAction, reason: &str, error: Error) -> Result<T> {
        self.note_refusal(action, (None, None), reason, &error);
        Err(error)
    }

    /// What was sealed for a key that is gone would stay in the log.
    pub(super) fn cut_log(&self, done: &str) -> Result<()> {
        self.store.checkpoint().map_err(|error| match error.kind() {
            Kind::Busy => Error::busy(format!(
                "{done}, but another process holds the vault's log, where what the old key opens still is."
            ))
            .hint("It goes when the last session ends, or at the next lock; close the other sessions."),
            _ => Error::new(
                error.kind(),
                format!(
                    "{done}, but the vault's log could not be cut, where what the old key opens still is: {}",
                    error.message()
                ),
            )
            .hint("Check the disk; the next lock cuts the log."),
        })
    }

    /// The kinds of key slots the vault has, each once.
    #[must_use]
    pub fn slot_kinds(&self) -> Vec<SlotKind> {
        kinds(&self.slots)
    }
}

pub(super) fn slots(view: &View<'_>) -> Result<Vec<SealedSlot>> {
    view.tx.slots()?.iter().map(from_row).collect()
}

/// Writes a slot, and reads it back before anything relies on it.
pub(super) fn put(change: &Change<'_>, slot: &SealedSlot) -> Result<()> {
    change.tx.add_slot(&to_row(slot))?;
    if slots(change)?.contains(slot) {
        return Ok(());
    }
    Err(Error::failure("The new key slot does not read back as it was written.").hint("Nothing was changed."))
}

fn take(change: &Change<'_>, id: SlotId) -> Result<()> {
    if change.tx.remove_slot(&id.0)? { Ok(()) } else { Err(unknown(id)) }
}

fn unknown(id: SlotId) -> Error {
    Error::not_found(format!("The vault has no key slot {id} any more.")).hint("Another session may have removed it.")
}

/// What the log says: the slot first, then why.
pub(super) fn told(what: &str, reason: &str) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}. {reason}") }
}
