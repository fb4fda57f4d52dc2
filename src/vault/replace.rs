//! Another master key: everything sealed anew, all or nothing.
//!
//! A slot can be made again only by whoever has its key: nothing that the old master key
//! opens may lead to the new one, or a thief of the old would have that too. So the keys
//! that are to stay are presented, and the slots of all others are dropped.
//!
//! The log is sealed anew as well, and the first record under the new key says where it
//! ended before, by number and code: with the old key one can neither read nor alter what
//! the file holds now, nor pass off a log made with it as the one that was there.

use crate::crypto::keyring::{Keyring, MasterKey, SealedSlot, UnlockKey};
use crate::crypto::passphrase::Cost;
use crate::error::{Error, Result};
use crate::store::StateRow;

use super::audit::AuditAction;
use super::change::Change;
use super::keys::{slots, told};
use super::reseal::{self, LogBefore};
use super::unlock::{MOST_SLOTS, cost_of, with_kind};
use super::{KeySlot, SlotId, Vault};

/// Keys that are to open the vault after a replacement, each proven to open it now.
pub struct Presented {
    keys: Vec<(KeySlot, UnlockKey)>,
    dropped: Vec<KeySlot>,
    by_hand: bool,
}

impl Presented {
    /// The slots whose keys were presented.
    pub fn kept(&self) -> impl Iterator<Item = &KeySlot> {
        self.keys.iter().map(|(slot, _)| slot)
    }

    /// The others, which a replacement drops.
    #[must_use]
    pub fn dropped(&self) -> &[KeySlot] {
        &self.dropped
    }

    /// For a replacement also while a secret is in mid-rotation.
    #[must_use]
    pub fn by_hand(self, by_hand: bool) -> Self {
        Self { by_hand, ..self }
    }
}

/// What a replacement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The number of the new master key.
    pub key_epoch: u32,
    /// The slots of the new master key.
    pub slots: Vec<KeySlot>,
    /// What still has to be said: the old seals lie in the log, which another process holds.
    pub left: Option<Error>,
}

impl Vault {
    /// Finds the slot of each of these keys.
    ///
    /// # Errors
    /// Locked, when one opens none.
    pub fn present(&mut self, keys: Vec<UnlockKey>) -> Result<Presented> {
        let slots = self.slots_now()?;
        let mut found: Vec<(KeySlot, UnlockKey)> = Vec::new();
        for key in keys {
            let (slot, key) = self.slot_of(&slots, &key)?.ok_or_else(|| {
                Error::locked(format!("The {} that is to stay does not open this vault.", key.kind().word()))
                    .hint("Check it, or leave it out. Nothing was changed.")
            })?;
            if found.iter().all(|(known, _)| known.id != slot.id) {
                found.push((slot, key));
            }
        }
        let is_kept = |id| found.iter().any(|(slot, _)| slot.id == id);
        let others = slots.iter().map(|slot| KeySlot::of(slot, self.opened_by)).filter(|slot| !is_kept(slot.id));
        Ok(Presented { dropped: others.collect(), keys: found, by_hand: false })
    }

    /// The slot that `key` opens, and the key as one of that slot's kind.
    fn slot_of(&self, slots: &[SealedSlot], key: &UnlockKey) -> Result<Option<(KeySlot, UnlockKey)>> {
        for slot in slots {
            let key = with_kind(key, slot.kind);
            if key.kind() == slot.kind && self.keys.is_in(slot, &key)? {
                return Ok(Some((KeySlot::of(slot, self.opened_by), key)));
            }
        }
        Ok(None)
    }

    /// Seals everything anew under a new master key, which the keys that are presented and
    /// the `fresh` ones open. Every other session has to unlock again. Passphrases cost no
    /// less to guess than before; `cost` is as in [`Self::add_key`].
    ///
    /// # Errors
    /// Damaged, when anything does not match its seal; Conflict, when the slots were changed
    /// meanwhile, or a secret is in mid-rotation and that was not agreed to; Usage, without a key or with more than 16. Nothing is changed then.
    pub fn replace_master_key(
        &mut self,
        presented: &Presented,
        fresh: &[UnlockKey],
        cost: Option<Cost>,
        reason: &str,
    ) -> Result<Replaced> {
        let replaced = self.check_writable().and_then(|()| {
            if !presented.by_hand {
                self.check_none_in_mid_rotation()?;
            }
            self.under_new_key(presented, fresh, cost, reason)
        });
        match replaced {
            Ok((new, slots, state)) => {
                self.keys = new;
                self.anchor.advance(&self.keys, &state);
                self.opened_by = slots.iter().find(|slot| slot.opened_this).map(|slot| slot.id);
                self.unlisted.clear();
                self.slots_changed();
                let left = self.cut_log("The master key is replaced").err();
                Ok(Replaced { key_epoch: self.keys.key_epoch, slots, left })
            }
            Err(error) => {
                self.note_refusal(AuditAction::KeyReplace, (None, None), reason, &error);
                self.watch(Err(error))
            }
        }
    }

    fn under_new_key(
        &mut self,
        presented: &Presented,
        fresh: &[UnlockKey],
        cost: Option<Cost>,
        reason: &str,
    ) -> Result<(Keyring, Vec<KeySlot>, StateRow)> {
        if presented.keys.is_empty() || presented.keys.len() + fresh.len() > MOST_SLOTS {
            return Err(Error::usage("A vault needs 1 to 16 keys."));
        }
        let key_epoch = self.keys.key_epoch.checked_add(1).ok_or_else(|| Error::failure("No key epoch is left."))?;
        let new = Keyring::new(MasterKey::generate()?, self.keys.vault_id, key_epoch)?;
        let made = new_slots(&new, presented, fresh, cost)?;
        let before: Vec<SlotId> = presented.kept().chain(presented.dropped()).map(|slot| slot.id).collect();
        let (old, actor, now) = (&self.keys, &self.actor, (self.clock)());
        let (anchor, path) = (&self.anchor, self.store.path().to_owned());
        let committed = self.store.write(|tx| {
            anchor.check(tx, &tx.state()?, &path)?;
            let change = Change::begin(tx, old, actor, now)?; // which brings an old file to the newest format
            check_unchanged(&slots(&change)?, &before)?;
            change.finish()?;
            let log =
                reseal::everything(tx, old, &new, &made.iter().map(|(slot, _)| slot.clone()).collect::<Vec<_>>())?;
            let mut change = Change::begin(tx, &new, actor, now)?;
            change.list_all()?;
            change.fold_pending()?;
            let words = words(&log, presented.dropped(), reason);
            change.audit_body(AuditAction::KeyReplace, None, None, None, &words, None)?;
            change.finish()
        });
        self.tell_doubt();
        let state = committed?.ok_or_else(|| Error::failure("The log does not say that the key was replaced."))?;
        let slot = |(slot, opened_this): &(SealedSlot, bool)| KeySlot::of(slot, opened_this.then_some(SlotId(slot.id)));
        let mut slots: Vec<KeySlot> = made.iter().map(slot).collect();
        slots.sort_unstable_by_key(|slot| slot.id.0);
        Ok((new, slots, state))
    }
}

/// A slot for each key, and whether that key opened this session.
fn new_slots(
    new: &Keyring,
    presented: &Presented,
    fresh: &[UnlockKey],
    cost: Option<Cost>,
) -> Result<Vec<(SealedSlot, bool)>> {
    let cost = cost_of(cost, presented.keys.iter().map(|(_, key)| key).chain(fresh))?;
    let mut made = Vec::new();
    for (slot, key) in &presented.keys {
        let cost = slot.cost.map_or(cost, |before| cost.or_more(before));
        made.push((new.new_slot(key, cost)?, slot.opened_this));
    }
    for key in fresh {
        made.push((new.new_slot(key, cost)?, false));
    }
    Ok(made)
}

/// What the operator agreed to drop must be what there is.
fn check_unchanged(slots: &[SealedSlot], known: &[SlotId]) -> Result<()> {
    if slots.len() == known.len() && slots.iter().all(|slot| known.contains(&SlotId(slot.id))) {
        return Ok(());
    }
    Err(Error::conflict("Another session changed the keys meanwhile.").hint("Look at them again. Nothing was changed."))
}

/// `After record N, CODE. Dropped: …. Why`
fn words(log: &LogBefore, dropped: &[KeySlot], reason: &str) -> String {
    let mut words = format!("After record {}, {}", log.records, data_encoding::HEXLOWER.encode(&log.head));
    if !dropped.is_empty() {
        let dropped: Vec<String> = dropped.iter().map(ToString::to_string).collect();
        words = format!("{words}. Dropped: {}", dropped.join(", "));
    }
    told(&words, reason)
}
