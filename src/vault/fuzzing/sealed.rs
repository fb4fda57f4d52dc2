//! Sealed bytes: what was sealed opens in its place, and nothing else opens.

use std::sync::OnceLock;

use crate::crypto::keyring::{Keyring, MasterKey, RawKey, UnlockKey};
use crate::crypto::passphrase::Cost;
use crate::crypto::seal::{OVERHEAD, Padding, Place, Purpose, SealKey};
use crate::error::Result;
use crate::fuzzing::Feed;
use crate::store::{MARK, SlotRow};
use crate::vault::freshness::Checkpoint;
use crate::vault::record::timestamp;
use crate::vault::unlock::{from_row, to_row};

const VAULT: [u8; 16] = [7; 16];
/// What a record may be.
const PURPOSES: [Purpose; 12] = [
    Purpose::Slot,
    Purpose::Metadata,
    Purpose::DataKey,
    Purpose::Value,
    Purpose::Note,
    Purpose::Audit,
    Purpose::BackupChunk,
    Purpose::Listing,
    Purpose::Pending,
    Purpose::BackupSlot,
    Purpose::BackupMaster,
    Purpose::BackupManifest,
];

/// A sealed record or a key slot: whatever is changed about it, or about the place it
/// stands in, it does not open.
pub fn sealed(data: &[u8]) {
    let mut feed = Feed(data);
    match feed.byte() & 1 {
        0 => record(&mut feed),
        _ => slot(&mut feed),
    }
}

fn record(feed: &mut Feed<'_>) {
    let (place, elsewhere) = (place(feed), place(feed));
    let padding = [Padding::Exact, Padding::Buckets, Padding::Blocks][usize::from(feed.byte() % 3)];
    let (changes, plain) = (feed.part(), feed.0);
    let (key, other) = (SealKey::new(&[9; 32]), SealKey::new(&[8; 32]));
    assert!(key.open(&place, padding, plain).is_err(), "what nobody sealed opens");
    let Ok(sealed) = key.seal(&place, padding, plain) else { return };
    assert!(sealed.len() <= OVERHEAD + (2 * plain.len()).max(128) + 8, "a record takes more room than it should");
    assert!(key.open(&place, padding, &sealed).is_ok_and(|opened| opened.expose() == plain), "a record is lost");
    assert!(other.open(&place, padding, &sealed).is_err(), "a record opens under another key");
    assert!(elsewhere == place || key.open(&elsewhere, padding, &sealed).is_err(), "a record opens elsewhere");
    let altered = changed(&sealed, changes);
    assert!(altered == sealed || key.open(&place, padding, &altered).is_err(), "an altered record opens");
}

fn place(feed: &mut Feed<'_>) -> Place {
    Place {
        purpose: PURPOSES[usize::from(feed.byte()) % PURPOSES.len()],
        key_epoch: u32::from_be_bytes(feed.array()),
        vault_id: [feed.byte(); 16],
        owner_id: [feed.byte(); 16],
        subject_id: [feed.byte(); 16],
        version: feed.byte().into(),
        revision: feed.byte().into(),
        created_at: i64::from_be_bytes(feed.array()),
    }
}

/// `bytes` with some of them changed by `changes`, from the place on that these begin with:
/// longer, shorter, or as long as before.
fn changed(bytes: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut feed = Feed(changes);
    let (what, at) = (feed.byte(), feed.within(bytes.len() + 1));
    let mut bytes = bytes.to_vec();
    match what % 3 {
        0 => bytes.iter_mut().skip(at).zip(feed.0).for_each(|(byte, mask)| *byte ^= mask),
        1 => bytes.truncate(at),
        _ => drop(bytes.splice(at..at, feed.0.iter().copied())),
    }
    bytes
}

/// A slot of the table as anybody may have written it, and one of ours with any change.
fn slot(feed: &mut Feed<'_>) {
    let foreign = row(feed);
    if let Ok(slot) = from_row(&foreign) {
        let again = to_row(&slot);
        assert!(from_row(&again).is_ok_and(|again| again == slot), "a slot does not read back");
        if let Some(cost) = slot.cost.filter(|cost| cost.check().is_ok()) {
            let work = u64::from(cost.memory_kib) * u64::from(cost.passes);
            assert!(work >= u64::from(Cost::FLOOR.memory_kib) * u64::from(Cost::FLOOR.passes), "a slot is too cheap");
            assert!(cost.memory_kib <= 1 << 21 && cost.passes <= 64 && cost.lanes <= 16, "a slot takes the machine");
        }
        assert!(slot.cost.is_some() || !opens(&slot, 7), "a foreign slot opens");
    }
    let Some(keyring) = keyring() else { return };
    let Ok(master) = MasterKey::generate() else { return };
    let Ok(ours) = master.into_slot(VAULT, keyring.key_epoch, &raw(7), Cost::FLOOR) else { return };
    assert!(opens(&ours, 7) && !opens(&ours, 8), "a slot opens with its key and no other");
    let mut altered = to_row(&ours);
    for (byte, mask) in altered.id.iter_mut().chain(&mut altered.salt).chain(&mut altered.wrapped).zip(feed.part()) {
        *byte ^= mask;
    }
    altered.kind = (altered.kind - 1 + feed.byte() % 4) % 4 + 1;
    let Ok(altered) = from_row(&altered) else { return };
    assert!(altered == ours || altered.cost.is_some() || !opens(&altered, 7), "an altered slot opens");
}

fn row(feed: &mut Feed<'_>) -> SlotRow {
    SlotRow {
        kind: feed.byte(),
        memory_kib: u32::from_be_bytes(feed.array()),
        passes: u32::from_be_bytes(feed.array()),
        lanes: u32::from_be_bytes(feed.array()),
        id: feed.array(),
        salt: feed.array(),
        wrapped: feed.array(),
    }
}

/// Whether a key of these bytes opens a slot, which needs no passphrase.
fn opens(slot: &crate::crypto::keyring::SealedSlot, byte: u8) -> bool {
    MasterKey::from_slot(slot, VAULT, 1, &raw(byte), &mut None).is_ok_and(|master| master.is_some())
}

/// A key for tests.
fn raw(byte: u8) -> UnlockKey {
    let mut key = RawKey::zero();
    key.bytes_mut().fill(byte);
    UnlockKey::Recovery(key)
}

/// The keys of a vault, made once.
fn keyring() -> Option<&'static Keyring> {
    static KEYS: OnceLock<Option<Keyring>> = OnceLock::new();
    let made = || -> Result<Keyring> { Keyring::new(MasterKey::generate()?, VAULT, 1) };
    KEYS.get_or_init(|| made().ok()).as_ref()
}

/// A mark of the anchor file: any bytes, and one of ours with any change.
pub fn anchor(data: &[u8]) {
    let mut feed = Feed(data);
    let Some(keys) = keyring() else { return };
    let mark: [u8; MARK] = feed.array();
    assert!(Checkpoint::open(&mark, keys).is_none(), "a mark that nobody made is believed");
    let Some(seen) = Checkpoint::of_vault(&mark, &VAULT).or_else(|| point(&mut feed)) else { return };
    let sealed = Checkpoint { key_epoch: keys.key_epoch, ..seen }.sealed(keys);
    let opened = Checkpoint::open(&sealed, keys);
    assert_eq!(opened, Some(Checkpoint { key_epoch: keys.key_epoch, ..seen }), "a mark does not read back");
    let altered = changed(&sealed, feed.0);
    let altered: Option<[u8; MARK]> = altered.try_into().ok().filter(|altered| *altered != sealed);
    assert!(altered.is_none_or(|mark| Checkpoint::open(&mark, keys).is_none()), "an altered mark is believed");
}

fn point(feed: &mut Feed<'_>) -> Option<Checkpoint> {
    Some(Checkpoint {
        vault_id: VAULT,
        key_epoch: 1,
        lineage: feed.array(),
        seq: u64::from_be_bytes(feed.array()),
        audit_seq: u64::from_be_bytes(feed.array()),
        audit_head: feed.array(),
        at: timestamp(i64::from_be_bytes(feed.array())).ok()?,
    })
}
