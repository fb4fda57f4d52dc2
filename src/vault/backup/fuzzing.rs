//! A backup, let at by a fuzzer: any bytes, and one of ours after any change.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::crypto::backup::{BackupKeys, Identity};
use crate::crypto::keyring::{Keyring, MasterKey, RawKey, UnlockKey};
use crate::crypto::passphrase::Cost;
use crate::crypto::stream::CHUNK;
use crate::error::Result;
use crate::fuzzing::Feed;
use crate::store::Counts;

use super::LockedBackup;
use super::header::{Header, Manifest};

/// The database in ours: a whole chunk and a part of one.
const DATABASE: usize = CHUNK + 300;
/// Most changes at a time.
const CHANGES: usize = 16;

/// What claims to be a backup is refused; ours is too, after any change to it.
pub fn backup(data: &[u8]) {
    let mut feed = Feed(data);
    let Some(ours) = ours() else { return };
    if feed.byte() & 1 == 0 {
        return foreign(feed.0);
    }
    let mut changed = ours.clone();
    for _ in 0..CHANGES {
        if !feed.0.is_empty() {
            change(&mut changed, &mut feed);
        }
    }
    let is_ours = changed == *ours;
    match opened(changed) {
        Ok(database) => {
            assert!(is_ours, "a backup opens that was altered");
            assert!(database == plain(), "a backup holds something else");
        }
        Err(error) => assert!(!is_ours, "a backup does not open: {error}"),
    }
}

/// Bytes of nobody: a header that is read is written as the same, and no key of ours opens it.
fn foreign(bytes: &[u8]) {
    let Ok((header, under_digest, digest)) = Header::read(&mut &bytes[..]) else { return };
    let written = header.write();
    assert_eq!(written.len(), under_digest.len(), "a header takes the room that it took");
    let again = [&written[..], &digest].concat();
    assert!(Header::read(&mut &again[..]).is_ok_and(|(read, ..)| read == header), "a header does not read back");
    assert!(opened(bytes.to_vec()).is_err(), "a foreign backup opens");
}

/// One change of some bytes.
fn change(bytes: &mut Vec<u8>, feed: &mut Feed<'_>) {
    // Near its start are header and slots, at its end is the manifest; else it is anywhere.
    let (what, length) = (feed.byte(), bytes.len());
    let at = match what >> 6 {
        0 => feed.within(length.min(600)),
        1 => length - feed.within(length.min(600)),
        _ => (feed.within(1 << 16) * 2).min(length),
    };
    match what & 0b111 {
        0 => bytes.truncate(at),
        1 => drop(bytes.splice(at..at, feed.part().iter().copied())),
        2 => drop(bytes.drain(at..(at + feed.within(CHUNK + 100)).min(length))),
        3 => {
            let from = feed.within(length);
            let copied = bytes[from..(from + feed.within(CHUNK + 100)).min(length)].to_vec();
            drop(bytes.splice(at..(at + copied.len()).min(length), copied));
        }
        _ => {
            let mask = feed.part();
            for (byte, mask) in bytes[at..].iter_mut().zip(mask) {
                *byte ^= mask;
            }
        }
    }
}

/// The database in a backup that our key opens, when all of it is as it was sealed.
fn opened(bytes: Vec<u8>) -> Result<Vec<u8>> {
    let locked = LockedBackup::read(Box::new(Cursor::new(bytes)), PathBuf::from("backup"))?;
    let mut backup = locked.unlock(&key()).map_err(|refused| refused.1)?;
    let mut database = Vec::new();
    let manifest = backup.write_database(&mut database, "The database")?;
    assert!(manifest.database == <[u8; 32]>::from(Sha256::digest(&database)), "a manifest of another database");
    backup.vault_keys().map(|_| database)
}

/// A key for tests.
fn key() -> UnlockKey {
    let mut key = RawKey::zero();
    key.bytes_mut().fill(7);
    UnlockKey::Recovery(key)
}

fn plain() -> Vec<u8> {
    (0..DATABASE).map(|at| at.to_le_bytes()[0]).collect()
}

/// A backup as it is written, made once.
fn ours() -> Option<&'static Vec<u8>> {
    static OURS: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    OURS.get_or_init(|| made().ok()).as_ref()
}

fn made() -> Result<Vec<u8>> {
    let keyring = Keyring::new(MasterKey::generate()?, [5; 16], 1)?;
    let digest = Sha256::digest(plain()).into();
    let identity = Identity { backup_id: [4; 16], vault_id: [5; 16], key_epoch: 1, created_at: 1_700_000_000_000 };
    let keys = BackupKeys::generate(identity, &keyring, 9, &digest)?;
    let slots = vec![keys.new_slot(&key(), Cost::FLOOR)?];
    let (commitment, master) = (keys.commitment()?, keys.seal_master(&keyring)?);
    let header = Header { identity, lineage: [8; 16], bytes: DATABASE as u64, commitment, slots, master }.write();
    let counts = Counts { living: 6, deleted: 7, versions: 8 };
    let manifest =
        Manifest { seq: 9, root: [2; 32], audit_seq: 3, audit_head: [4; 32], rows: 5, counts, database: digest };
    let mut backup = [&header[..], &keys.header_digest(&header)].concat();
    for (number, chunk) in (0..).zip(plain().chunks(CHUNK)) {
        let mut chunk = chunk.to_vec();
        keys.chunks.seal(number, chunk.len() < CHUNK, &mut chunk)?;
        backup.extend_from_slice(&chunk);
    }
    backup.extend_from_slice(&keys.seal_manifest(&manifest.write())?);
    Ok(backup)
}
