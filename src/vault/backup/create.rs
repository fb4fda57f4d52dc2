//! Making a backup.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::crypto::backup::{BackupKeys, Identity};
use crate::crypto::keyring::UnlockKey;
use crate::crypto::passphrase::Cost;
use crate::crypto::random_array;
use crate::crypto::stream::{CHUNK, CHUNK_OVERHEAD};
use crate::error::{Error, Result};
use crate::store::{Draft, Tx};

use super::super::audit::{Actor, AuditAction};
use super::super::unlock::{MOST_SLOTS, cost_of};
use super::super::{Vault, integrity};
use super::dated::Made;
use super::header::{Header, Manifest};
use super::{About, BackedUp, LockedBackup, unreadable, unwritable};

/// Where a backup goes.
pub enum Destination<'a> {
    /// A new file.
    File(&'a Path),
    /// A stream, which cannot be read back.
    Stream(&'a mut dyn Write),
}

/// The copy of one moment and what seals it.
struct Unwritten {
    database: File,
    header: Header,
    manifest: Manifest,
    keys: BackupKeys,
}

impl Vault {
    /// Seals everything that the vault holds at this moment into a backup that `keys` open,
    /// each by itself; other sessions may write meanwhile. `cost` is that of a passphrase,
    /// `None` measures this machine. A file appears under its name when it was read back and
    /// everything in it was opened, and not before its audit record is on the disk; a stream
    /// gets nothing before its record is.
    ///
    /// # Errors
    /// Usage, without a key or with more than 16; Conflict, when the file exists; Damaged,
    /// when anything in the vault does not match its seal; Denied or Failure by what the
    /// system says. No file is kept then.
    pub fn back_up(&mut self, to: Destination<'_>, keys: &[UnlockKey], cost: Option<Cost>) -> Result<BackedUp> {
        if keys.is_empty() || keys.len() > MOST_SLOTS {
            return Err(Error::usage("A backup needs 1 to 16 keys."));
        }
        self.check_writable()?;
        match to {
            Destination::File(path) => self.back_up_to_file(path, keys, cost),
            Destination::Stream(out) => self.back_up_to_stream(out, keys, cost),
        }
    }

    fn back_up_to_file(&mut self, path: &Path, keys: &[UnlockKey], cost: Option<Cost>) -> Result<BackedUp> {
        let draft = Draft::of_backup(path)?;
        let path = draft.path().to_owned();
        let file = draft.create()?;
        let mut made = self.make(keys, cost)?;
        let place = format!("The backup {}", path.display());
        made.write(&file, &place)?;
        file.sync_all().map_err(|error| unwritable(&place, &error))?;
        drop((file, made));
        let about = read_back(&draft, keys, self.actor())?;
        let told = Made::words(&about.told(), &path.display().to_string());
        self.recorded(&told, || draft.publish())?;
        Ok(BackedUp { about, file: Some(path) })
    }

    fn back_up_to_stream(&mut self, out: &mut dyn Write, keys: &[UnlockKey], cost: Option<Cost>) -> Result<BackedUp> {
        // What goes out is not read back; what comes in is opened, record by record.
        let checked = self.open_everything()?;
        if !checked.damage.is_empty() {
            return Err(super::open::does_not_open(checked.damage));
        }
        let mut made = self.make(keys, cost)?;
        let about = About::of(&made.header, &made.manifest)?;
        let told = Made::words(&about.told(), "a stream, where it was not read back");
        self.recorded(&told, || made.write(out, "The backup"))?;
        Ok(BackedUp { about, file: None })
    }

    /// Puts on record what is about to leave, and that it did not, should it not.
    fn recorded(&mut self, told: &str, leave: impl FnOnce() -> Result<()>) -> Result<()> {
        self.write(|change| change.audit_body(AuditAction::Backup, None, None, None, told, None))?;
        leave().inspect_err(|error| {
            // It stands as failed whether or not that can be written down.
            let _ = self
                .write(|change| change.audit_body(AuditAction::Backup, None, None, None, told, Some(error.message())));
        })
    }

    fn make(&mut self, keys: &[UnlockKey], cost: Option<Cost>) -> Result<Unwritten> {
        let cost = cost_of(cost, keys)?;
        let created_at = (self.clock)().as_millisecond();
        let vault_keys = &self.keys;
        let (mut manifest, mut database) = self.store.snapshot(|tx| strip(tx, vault_keys))?;
        let (bytes, digest) = measure(&mut database).map_err(|error| unreadable(&error))?;
        manifest.1.database = digest;
        let (lineage, manifest) = manifest;
        let identity = Identity {
            backup_id: random_array()?,
            vault_id: vault_keys.vault_id,
            key_epoch: vault_keys.key_epoch,
            created_at,
        };
        let backup = BackupKeys::generate(identity, vault_keys, manifest.seq, &digest)?;
        let slots = keys.iter().map(|key| backup.new_slot(key, cost)).collect::<Result<Vec<_>>>()?;
        let (commitment, master) = (backup.commitment()?, backup.seal_master(vault_keys)?);
        let header = Header { identity, lineage, bytes, commitment, slots, master };
        Ok(Unwritten { database, header, manifest, keys: backup })
    }
}

/// Takes the vault's own slots out of a copy of it, whose state has to say so.
fn strip(tx: &Tx<'_>, keys: &crate::crypto::keyring::Keyring) -> Result<([u8; 16], Manifest)> {
    let mut state = integrity::verified_state(tx, keys)?;
    for slot in tx.slots()? {
        tx.remove_slot(&slot.id)?;
    }
    state.tag = integrity::tag(tx, keys, &state)?;
    tx.put_state(&state)?;
    let manifest = Manifest {
        seq: state.seq,
        root: state.root,
        audit_seq: state.audit_seq,
        audit_head: state.audit_head,
        rows: state.secrets,
        counts: tx.counts()?,
        database: [0; 32],
    };
    Ok((state.lineage, manifest))
}

/// Size and SHA-256 of a file, which is at its start then.
fn measure(file: &mut File) -> std::io::Result<(u64, [u8; 32])> {
    file.rewind()?;
    let (mut digest, mut buffer, mut bytes) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        digest.update(buffer.get(..read).unwrap_or_default());
    }
    file.rewind()?;
    Ok((bytes, digest.finalize().into()))
}

impl Unwritten {
    /// Header, digest, chunks and manifest.
    fn write(&mut self, out: impl Write, place: &str) -> Result<()> {
        let mut out = BufWriter::with_capacity(2 * CHUNK, out);
        let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(|error| unwritable(place, &error));
        let header = self.header.write();
        put(&header)?;
        put(&self.keys.header_digest(&header))?;
        let (mut left, mut number, mut chunk) = (self.header.bytes, 0, Vec::with_capacity(CHUNK + CHUNK_OVERHEAD));
        loop {
            chunk.resize(usize::try_from(left).unwrap_or(CHUNK).min(CHUNK), 0);
            self.database.read_exact(&mut chunk).map_err(|error| unreadable(&error))?;
            left -= chunk.len() as u64;
            self.keys.chunks.seal(number, left == 0, &mut chunk)?;
            put(&chunk)?;
            if left == 0 {
                break;
            }
            number += 1;
        }
        put(&self.keys.seal_manifest(&self.manifest.write())?)?;
        out.flush().map_err(|error| unwritable(place, &error))
    }
}

/// Opens the finished draft with each of its keys, and everything that is in it with the last.
fn read_back(draft: &Draft, keys: &[UnlockKey], actor: &Actor) -> Result<About> {
    let mut opened = None;
    for key in keys {
        let locked = LockedBackup::open(&draft.unfinished())?;
        opened = Some(locked.unlock(key).map_err(|refused| refused.1)?);
    }
    let backup = opened.ok_or_else(|| Error::usage("A backup needs 1 to 16 keys."))?;
    backup.verify(actor.clone())
}

impl About {
    /// For the log: which backup, and of how much.
    pub(super) fn told(&self) -> String {
        let Self { secrets, versions, .. } = self;
        format!("{}: {secrets} secrets with {versions} versions", self.short_id())
    }
}
