//! From a file to an unlocked vault: making one, opening one, fitting keys to slots.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::crypto::keyring::{Keyring, MasterKey, SealedSlot, SlotKind, UnlockKey};
use crate::crypto::passphrase::{Cost, Wiping, Workspace};
use crate::crypto::random_array;
use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;
use crate::store::{BUCKETS, SlotRow, StateRow, Store, Tx};

use super::audit::{Actor, AuditAction};
use super::change::Change;
use super::freshness::Anchor;
use super::{SlotId, Vault, integrity};

mod kept;

pub use kept::OpeningKey;

/// Most key slots of one vault.
pub(super) const MOST_SLOTS: usize = 16;
/// How long deriving a key from a passphrase may take on the machine that makes the slot.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most memory that deriving may take.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;

/// How a new vault is protected.
pub struct NewVault {
    /// Each gets a slot; at least one.
    pub keys: Vec<UnlockKey>,
    /// The Argon2id cost of passphrase slots; `None` measures this machine.
    pub cost: Option<Cost>,
}

impl NewVault {
    /// At the least cost that is allowed, for vaults that hold nothing of worth.
    #[must_use]
    pub fn at_least_cost(keys: Vec<UnlockKey>) -> Self {
        Self { keys, cost: Some(Cost::FLOOR) }
    }
}

/// A vault file that was checked from outside; no key is in memory.
pub struct LockedVault {
    pub(super) store: Store,
    pub(super) state: StateRow,
    slots: Vec<SealedSlot>,
    workspace: Option<Workspace>,
}

impl LockedVault {
    /// Opens a file and reads what needs no key.
    ///
    /// # Errors
    /// `NotFound`, when there is no file; Denied, when it is open to others or a symlink;
    /// Damaged, when it is no vault; Failure, when its format is newer.
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_store(Store::open(path)?)
    }

    fn from_store(mut store: Store) -> Result<Self> {
        let (state, slots) = state_and_slots(&mut store)?;
        Ok(Self { store, state, slots, workspace: None })
    }

    /// The file, canonical.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// True while the path leads to the file that was opened: not once it was removed or replaced.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.store.check_place().is_ok()
    }

    /// Why the file cannot be written, if so: then nothing that needs an audit record is given out.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<&str> {
        self.store.read_only_reason()
    }

    /// The kinds of key slots the vault has, each once.
    #[must_use]
    pub fn slot_kinds(&self) -> Vec<SlotKind> {
        kinds(&self.slots)
    }

    /// The kind of every key slot, those of a kind together: as many as there are ways in.
    #[must_use]
    pub fn ways_in(&self) -> Vec<SlotKind> {
        let mut ways: Vec<SlotKind> = self.slots.iter().map(|slot| slot.kind).collect();
        ways.sort_unstable_by_key(|kind| *kind as u8);
        ways
    }

    /// SQLite's own check of the file: pages that are cut off or scribbled over, those of
    /// the two plain indexes included, which no seal covers; whether an index agrees with
    /// its table is not looked at. Needs no key; takes a second at 100,000 secrets.
    ///
    /// # Errors
    /// Damaged, when it finds anything.
    pub fn check_file(&self) -> Result<()> {
        self.store.quick_check()
    }

    /// Allocates and touches the memory for a passphrase while it is being typed.
    /// Without it, unlocking does so later.
    pub fn warm_up(&mut self) {
        let cost = self.slots.iter().find_map(|slot| slot.cost).filter(|cost| cost.check().is_ok());
        if let (Some(cost), None) = (cost, &self.workspace) {
            self.workspace = Workspace::prepare(cost).ok();
        }
    }

    /// Tries `key` on every slot it could fit. A failed try is noted in the file.
    ///
    /// # Errors
    /// Locked, when no slot opens; Damaged, when the file was altered. The locked vault
    /// comes back for another try.
    pub fn unlock(mut self, key: &UnlockKey, actor: Actor) -> std::result::Result<Vault, Box<(Self, Error)>> {
        // A key that was removed while somebody looked at the locked vault opens it no more.
        match state_and_slots(&mut self.store) {
            Ok((state, slots)) => (self.state, self.slots) = (state, slots),
            Err(error) => return Err(Box::new((self, error))),
        }
        let mut workspace = self.workspace.take();
        let keys = self.keys(key, &mut workspace);
        let wiping = workspace.map(Workspace::wipe_aside);
        match keys {
            Ok(Some((keys, slot))) => match self.store.read(|tx| integrity::verified_state(tx, &keys).map(|_| ())) {
                Ok(()) => Ok(Vault { opened_by: Some(slot), ..self.into_vault(keys, actor, wiping) }),
                Err(error) => Err(Box::new((self, error))),
            },
            Ok(None) => {
                self.note_failure();
                let error = Error::locked(format!("The {} does not open this vault.", key.kind().word()));
                Err(Box::new((self, error.hint("Check for another layout or caps lock, then try again."))))
            }
            Err(error) => Err(Box::new((self, error))),
        }
    }

    /// The keys, and the slot that held them.
    fn keys(&self, key: &UnlockKey, workspace: &mut Option<Workspace>) -> Result<Option<(Keyring, SlotId)>> {
        let (vault_id, key_epoch) = (self.state.vault_id, self.state.key_epoch);
        // A recovery key is often tried where a key file or an environment key is asked for.
        let fits = |slot: &&SealedSlot| (slot.kind == SlotKind::Passphrase) == (key.kind() == SlotKind::Passphrase);
        for slot in self.slots.iter().filter(fits) {
            let key = &with_kind(key, slot.kind);
            if let Some(master) = MasterKey::from_slot(slot, vault_id, key_epoch, key, workspace)? {
                let keys = Keyring::new(master, vault_id, key_epoch)?;
                if keys.fits(&self.state.commitment)? {
                    return Ok(Some((keys, SlotId(slot.id))));
                }
            }
        }
        Ok(None)
    }

    /// A failed try cannot be authenticated; the next write takes it into the log.
    fn note_failure(&mut self) {
        let uid = rustix::process::getuid().as_raw();
        if self.store.read_only_reason().is_none() {
            // A full disk must not hide that the key was wrong.
            let _ = self.store.write(|tx| tx.add_pending(Timestamp::now().as_millisecond(), uid));
        }
    }

    fn into_vault(self, keys: Keyring, actor: Actor, wiping: Option<Wiping>) -> Vault {
        let read_only = self.store.read_only_reason().map(|because| {
            let path = self.store.path().display();
            format!("{path} cannot be written: {because}. Nothing that needs an audit record is given out.")
        });
        let (store, slots) = (self.store, self.slots);
        Vault {
            store,
            keys,
            actor,
            slots,
            opened_by: None,
            seen: 0,
            unlisted: Vec::new(),
            read_only,
            anchor: Anchor::default(),
            clock: Timestamp::now,
            doubts: None,
            _wiping: wiping,
        }
    }
}

impl Vault {
    /// Makes a vault file in one transaction and leaves it unlocked.
    ///
    /// # Errors
    /// Conflict, when the file exists; Usage, without a key; Denied, when the folder is
    /// open to others.
    pub fn create(path: &Path, new: NewVault, actor: Actor) -> Result<Self> {
        if new.keys.is_empty() || new.keys.len() > MOST_SLOTS {
            return Err(Error::usage("A vault needs 1 to 16 keys."));
        }
        let cost = cost_of(new.cost, &new.keys)?;
        let (vault_id, key_epoch) = (random_array()?, 1);
        let master = MasterKey::generate()?;
        let slots =
            new.keys.iter().map(|key| master.into_slot(vault_id, key_epoch, key, cost)).collect::<Result<Vec<_>>>()?;
        let keys = Keyring::new(master, vault_id, key_epoch)?;
        let now = Timestamp::now();
        let store = Store::create(path, |tx| fill(tx, &keys, &slots, &actor, now))?;
        let opened_by = slots.first().map(|slot| SlotId(slot.id));
        Ok(Self { opened_by, ..LockedVault::from_store(store)?.into_vault(keys, actor, None) })
    }

    /// Records that an interactive session begins, and takes the failed unlocks since
    /// the last one into the log. Gives their number.
    ///
    /// # Errors
    /// As every write.
    pub fn begin_session(&mut self) -> Result<u64> {
        if self.read_only.is_some() {
            return Ok(0);
        }
        self.write(|change| {
            change.audit_body(AuditAction::Unlock, None, None, None, "", None)?;
            Ok(change.failed_unlocks)
        })
    }

    /// Takes the failed unlocks since the last write into the log, for whoever is about to
    /// read it. A vault that cannot be written, or is of an older format, stays as it is.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn note_failed_unlocks(&mut self) -> Result<()> {
        let is_wanted = self.store.read(|tx| Ok(tx.is_of_this_format()? && !tx.pending()?.is_empty()))?;
        if is_wanted && self.read_only.is_none() {
            // The next write does it, if this one cannot.
            let _ = self.write(|_| Ok(()));
        }
        Ok(())
    }

    /// Records the end of the session, writes the log back into the file and wipes the
    /// keys. The locked vault stays open for the next key.
    ///
    /// # Errors
    /// Those of reading the file again; the keys are gone all the same.
    pub fn lock(mut self) -> Result<LockedVault> {
        if self.read_only.is_none() {
            // Locking never waits on a log that cannot be written.
            let _ = self.write(|change| change.audit_body(AuditAction::Lock, None, None, None, "", None));
            let _ = self.store.checkpoint();
        }
        LockedVault::from_store(self.store)
    }
}

impl Change<'_> {
    /// Takes the failed unlocks into the chain, as seen, not as proven. Every write does so first.
    pub(super) fn fold_pending(&mut self) -> Result<()> {
        let pending = self.tx.pending()?;
        for row in &pending {
            let at = super::record::timestamp(row.at).unwrap_or(self.now);
            let reason = format!("{} failed at {at} by uid {}, as the file says without proof", row.count, row.uid);
            self.audit_body(AuditAction::UnlockFailed, None, None, None, &reason, Some("The key did not fit."))?;
        }
        if !pending.is_empty() {
            self.tx.clear_pending()?;
        }
        self.failed_unlocks = pending.iter().fold(0, |sum: u64, row| sum.saturating_add(row.count));
        Ok(())
    }
}

/// What a file says of its keys, as far as it can be read without one.
fn state_and_slots(store: &mut Store) -> Result<(StateRow, Vec<SealedSlot>)> {
    let (state, rows) = store.read(|tx| Ok((tx.state()?, tx.slots()?)))?;
    let slots = rows.iter().map(from_row).collect::<Result<Vec<_>>>()?;
    if slots.is_empty() || slots.len() > MOST_SLOTS {
        return Err(Error::damaged(format!("The vault has {} key slots.", slots.len()))
            .hint("A vault has 1 to 16; restore the file from a backup."));
    }
    Ok((state, slots))
}

/// The Argon2id cost of new slots: the one asked for, or what this machine can bear.
pub(super) fn cost_of<'a>(asked: Option<Cost>, keys: impl IntoIterator<Item = &'a UnlockKey>) -> Result<Cost> {
    match asked {
        Some(cost) => cost.check().map(|()| cost),
        None if keys.into_iter().any(|key| key.kind() == SlotKind::Passphrase) => Ok(calibrated()),
        None => Ok(Cost::FLOOR),
    }
}

/// Writes the first state of a vault.
fn fill(tx: &Tx<'_>, keys: &Keyring, slots: &[SealedSlot], actor: &Actor, now: Timestamp) -> Result<()> {
    for slot in slots {
        tx.add_slot(&to_row(slot))?;
    }
    let empty = vec![0; BUCKETS * 32];
    for bucket in (0..BUCKETS).step_by(32) {
        tx.put_bucket_page(bucket, &empty)?;
    }
    let mut state = StateRow {
        vault_id: keys.vault_id,
        key_epoch: keys.key_epoch,
        lineage: random_array()?,
        created_at: now.as_millisecond(),
        commitment: keys.commitment()?,
        seq: 0,
        secrets: 0,
        root: integrity::root(&empty),
        audit_seq: 0,
        audit_head: [0; 32],
        sealed: 0,
        tag: [0; 32],
    };
    state.tag = integrity::tag(tx, keys, &state)?;
    tx.put_state(&state)?;
    let mut change = Change::begin(tx, keys, actor, now)?;
    change.audit_body(AuditAction::Init, None, None, None, "", None)?;
    change.finish().map(|_| ())
}

/// The largest memory, in powers of two from the floor, that stays within
/// [`PATIENCE`] and a quarter of what is free.
fn calibrated() -> Cost {
    let mut cost = Cost::FLOOR;
    loop {
        let begun = Instant::now();
        let probe = Workspace::prepare(cost)
            .and_then(|mut room| room.derive(&SecretText::copied_from(b"probe"), &[0; 16], cost));
        let next = Cost { memory_kib: cost.memory_kib * 2, ..cost };
        // Twice the memory takes a little over twice the time.
        let fits = probe.is_ok() && begun.elapsed() * 9 / 4 <= PATIENCE;
        if !fits || next.memory_kib > MOST_MEMORY_KIB.min(available_memory_kib() / 4) {
            return cost;
        }
        cost = next;
    }
}

/// What Linux calls `MemAvailable`; the floor's memory times four where nobody says.
fn available_memory_kib() -> u32 {
    let read = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    read().unwrap_or(Cost::FLOOR.memory_kib * 4)
}

/// The same key, offered to a slot of another kind.
pub(super) fn with_kind(key: &UnlockKey, kind: SlotKind) -> UnlockKey {
    let raw = match key {
        UnlockKey::Passphrase(passphrase) => return UnlockKey::Passphrase(passphrase.duplicate()),
        UnlockKey::KeyFile(raw) | UnlockKey::Environment(raw) | UnlockKey::Recovery(raw) => raw.duplicate(),
    };
    match kind {
        SlotKind::Environment => UnlockKey::Environment(raw),
        SlotKind::Recovery => UnlockKey::Recovery(raw),
        SlotKind::KeyFile | SlotKind::Passphrase => UnlockKey::KeyFile(raw),
    }
}

pub(super) fn kinds(slots: &[SealedSlot]) -> Vec<SlotKind> {
    let all = [SlotKind::Passphrase, SlotKind::KeyFile, SlotKind::Environment, SlotKind::Recovery];
    all.into_iter().filter(|kind| slots.iter().any(|slot| slot.kind == *kind)).collect()
}

pub(super) fn to_row(slot: &SealedSlot) -> SlotRow {
    let cost = slot.cost.unwrap_or(Cost { memory_kib: 0, passes: 0, lanes: 0 });
    SlotRow {
        id: slot.id,
        kind: slot.kind as u8,
        memory_kib: cost.memory_kib,
        passes: cost.passes,
        lanes: cost.lanes,
        salt: slot.salt,
        wrapped: slot.wrapped,
    }
}

pub(super) fn from_row(row: &SlotRow) -> Result<SealedSlot> {
    let kind = SlotKind::from_code(row.kind)
        .ok_or_else(|| Error::new(Kind::Damaged, format!("A key slot is of unknown kind {}.", row.kind)))?;
    let cost = Cost { memory_kib: row.memory_kib, passes: row.passes, lanes: row.lanes };
    Ok(SealedSlot {
        id: row.id,
        kind,
        cost: (kind == SlotKind::Passphrase).then_some(cost),
        salt: row.salt,
        wrapped: row.wrapped,
    })
}
