//! Opening a backup: its keys, its chunks, and everything in the database that they make.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::crypto::backup::BackupKeys;
use crate::crypto::keyring::{Keyring, SealedSlot, SlotKind, UnlockKey};
use crate::crypto::stream::{CHUNK, CHUNK_OVERHEAD};
use crate::error::{Error, Kind, Result};
use crate::store::Store;

use super::super::Vault;
use super::super::audit::Actor;
use super::super::freshness::Anchor;
use super::super::unlock::{kinds, with_kind};
use super::header::{Header, Manifest, SEALED_MANIFEST, take};
use super::{About, cut_off, damaged, unreadable, unwritable};

/// A backup of which the header was read; no key is in memory.
pub struct LockedBackup {
    source: Source,
    header: Header,
    /// What the digest is over.
    header_bytes: Vec<u8>,
    digest: [u8; 32],
}

/// Where the bytes come from.
pub(super) struct Source {
    reader: Box<dyn Read>,
    /// What messages call it.
    pub(super) shown: PathBuf,
}

/// A backup whose key is known; dropping it wipes the keys.
pub struct Backup {
    pub(super) source: Source,
    pub(super) header: Header,
    keys: BackupKeys,
    /// The slot that opened it.
    pub(super) slot: SealedSlot,
}

impl LockedBackup {
    /// Opens a backup in a file, or the one that standard input gives for `-`.
    ///
    /// # Errors
    /// `NotFound`, when there is no file; Damaged, when it is no backup; Failure, when its
    /// format is newer.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Self::read(Box::new(std::io::stdin()), PathBuf::from("standard input"));
        }
        let unusable = |error: std::io::Error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                std::io::ErrorKind::PermissionDenied => Kind::Denied,
                _ => Kind::Failure,
            };
            Error::new(kind, format!("The backup {} cannot be opened: {error}.", path.display()))
                .hint("Name a file that strongroom backup create has made.")
        };
        let file = File::open(path).map_err(unusable)?;
        if file.metadata().map_err(unusable)?.is_dir() {
            return Err(unusable(std::io::ErrorKind::IsADirectory.into()));
        }
        Self::read(Box::new(file), path.to_owned())
    }

    pub(super) fn read(from: Box<dyn Read>, shown: PathBuf) -> Result<Self> {
        let mut reader: Box<dyn Read> = Box::new(BufReader::with_capacity(2 * CHUNK, from));
        let (header, header_bytes, digest) = Header::read(&mut reader)?;
        Ok(Self { source: Source { reader, shown }, header, header_bytes, digest })
    }

    /// The kinds of keys that open it, each once.
    #[must_use]
    pub fn slot_kinds(&self) -> Vec<SlotKind> {
        kinds(&self.header.slots)
    }

    /// Tries `key` on every slot it could fit.
    ///
    /// # Errors
    /// Locked, when no slot opens; Damaged, when the header was altered. The locked backup
    /// comes back for another try.
    pub fn unlock(self, key: &UnlockKey) -> std::result::Result<Backup, Box<(Self, Error)>> {
        match self.keys(key) {
            Ok(Some((keys, slot))) => Ok(Backup { source: self.source, header: self.header, keys, slot }),
            Ok(None) => {
                let error = Error::locked(format!("The {} does not open this backup.", key.kind().word()));
                let hint = "A backup opens with the keys it was made with, whatever keys the vault has had since.";
                Err(Box::new((self, error.hint(hint))))
            }
            Err(error) => Err(Box::new((self, error))),
        }
    }

    fn keys(&self, key: &UnlockKey) -> Result<Option<(BackupKeys, SealedSlot)>> {
        let (mut workspace, header) = (None, &self.header);
        let fits = |slot: &&SealedSlot| (slot.kind == SlotKind::Passphrase) == (key.kind() == SlotKind::Passphrase);
        for slot in header.slots.iter().filter(fits) {
            let key = with_kind(key, slot.kind);
            let opened = BackupKeys::from_slot(slot, header.identity, &header.commitment, &key, &mut workspace)?;
            if let Some(keys) = opened {
                if !keys.is_header(&self.header_bytes, &self.digest) {
                    return Err(damaged("its header was altered"));
                }
                return Ok(Some((keys, slot.clone())));
            }
        }
        Ok(None)
    }
}

impl Backup {
    /// Opens everything that is in it, in a private place that nothing is left of: every
    /// chunk, every version of every secret, every record of the log.
    ///
    /// # Errors
    /// Damaged, naming what; Failure, when there is no room for a copy.
    pub fn verify(self, actor: Actor) -> Result<About> {
        let (about, _) = self.opened(actor)?;
        Ok(about)
    }

    /// The vault in it, to be read, when all of it was opened.
    pub(super) fn opened(mut self, actor: Actor) -> Result<(About, Vault)> {
        let mut manifest = None;
        let shown = self.source.shown.clone();
        let place = format!("A private copy in {}", std::env::temp_dir().display());
        let store = Store::of_copy(&shown, |file| {
            manifest = Some(self.write_database(file, &place)?);
            Ok(())
        })?;
        let manifest = manifest.ok_or_else(cut_off)?;
        let mut vault = self.vault(store, actor)?;
        vault.read_only = Some(format!("{} is a backup, and never written to.", shown.display()));
        self.check(&mut vault, &manifest)?;
        Ok((About::of(&self.header, &manifest)?, vault))
    }

    /// Writes the database that the chunks make to what errors call `place`; nothing is to be
    /// made of it unless this returns well.
    pub(super) fn write_database(&mut self, to: &mut dyn Write, place: &str) -> Result<Manifest> {
        let mut to = BufWriter::with_capacity(2 * CHUNK, to);
        let (mut left, mut number, mut digest) = (self.header.bytes, 0, Sha256::new());
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK_OVERHEAD);
        loop {
            let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            chunk.resize(length + CHUNK_OVERHEAD, 0);
            take(&mut self.source.reader, &mut chunk)?;
            left -= length as u64;
            let opened = self.keys.chunks.open(number, left == 0, &mut chunk);
            opened.map_err(|_| damaged(&format!("stretch {} of its database was altered or moved", number + 1)))?;
            digest.update(&chunk);
            to.write_all(&chunk).map_err(|error| unwritable(place, &error))?;
            if left == 0 {
                break;
            }
            number += 1;
        }
        to.flush().map_err(|error| unwritable(place, &error))?;
        let mut sealed = [0; SEALED_MANIFEST];
        take(&mut self.source.reader, &mut sealed)?;
        let manifest = self.keys.open_manifest(&sealed).map_err(|_| damaged("its manifest was altered"))?;
        let manifest = Manifest::read(&manifest)?;
        match self.source.reader.read(&mut [0]) {
            Ok(0) => {}
            Ok(_) => return Err(damaged("something follows its end")),
            Err(error) => return Err(unreadable(&error)),
        }
        let digest: [u8; 32] = digest.finalize().into();
        if digest == manifest.database { Ok(manifest) } else { Err(damaged("its database is not the one it lists")) }
    }

    /// The vault that a store of its database is.
    pub(super) fn vault(&self, store: Store, actor: Actor) -> Result<Vault> {
        let keys = self.vault_keys()?;
        Ok(Vault {
            store,
            keys,
            actor,
            slots: Vec::new(),
            opened_by: None,
            seen: 0,
            unlisted: Vec::new(),
            read_only: None,
            anchor: Anchor::default(),
            clock: Timestamp::now,
            doubts: None,
            _wiping: None,
        })
    }

    pub(super) fn vault_keys(&self) -> Result<Keyring> {
        self.keys.open_master(&self.header.master).map_err(|_| damaged("the master key in it was altered"))
    }

    /// Holds the vault that was in the backup against what the backup says, and opens
    /// everything.
    pub(super) fn check(&self, vault: &mut Vault, manifest: &Manifest) -> Result<()> {
        let (state, slots) = vault.view(|view| Ok((view.state.clone(), view.tx.slots()?.len())))?;
        let is_it = state.lineage == self.header.lineage
            && slots == 0
            && (state.seq, state.root) == (manifest.seq, manifest.root)
            && state.audit_seq == manifest.audit_seq
            && bool::from(state.audit_head.ct_eq(&manifest.audit_head))
            && state.secrets == manifest.rows
            && vault.keys.fits(&state.commitment)?;
        if !is_it {
            return Err(damaged("the vault in it is not the one it lists"));
        }
        let opened = vault.open_everything()?;
        if !opened.damage.is_empty() {
            return Err(does_not_open(opened.damage));
        }
        let cut_off = vault.segments()?.last().map_or(0, |segment| segment.last);
        let counts = &manifest.counts;
        let as_listed = (opened.secrets, opened.deleted, opened.versions, opened.audit_records + cut_off)
            == (counts.living, counts.deleted, counts.versions, manifest.audit_seq);
        if as_listed { Ok(()) } else { Err(damaged("it does not hold as many secrets as it lists")) }
    }
}

/// What was backed up was damaged before.
pub(super) fn does_not_open(damage: Vec<String>) -> Error {
    Error::damaged("What is to be in the backup does not all open.")
        .detailed(damage)
        .hint("Look at the vault with strongroom verify. Keep its file as it is, and the backups made before.")
}
