//! Whether the file is the one that this machine saw last, or an older one put back.
//!
//! Within the file nothing can tell: an old copy of the whole file passes every check. So
//! each commit leaves a [`Checkpoint`] in an anchor outside of it, and who opens the
//! vault looks whether its log still leads through that. Who may write to the anchor can
//! take it away, or the file with it; who may only write to the vault cannot go back.
//!
//! The anchor is read before the vault, and moved after a commit: at no moment does an
//! honest anchor say more than the file.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::crypto::keyring::Keyring;
use crate::crypto::random_array;
use crate::error::{Error, Result};
use crate::store::{AnchorFile, Marks, StateRow, Tx};

use super::audit::AuditAction;
use super::change::Change;
use super::keys::told;
use super::segments::log_start;
use super::{LockedVault, Vault, integrity, record};

mod checkpoint;
mod stale;

pub use checkpoint::Checkpoint;
pub use stale::Stale;

/// Where this user keeps what was seen of each vault, and who else is told.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    /// The folder of the anchors, one file a vault; `None` keeps none.
    pub folder: Option<PathBuf>,
    /// Told of each commit after it was made.
    pub tell: Option<fn(&Checkpoint)>,
}

impl Anchors {
    /// How far this machine saw the vault come, as the anchor says without proof.
    ///
    /// # Errors
    /// Failure, when there is an anchor and it cannot be read; Damaged, when it is of no vault.
    pub fn unproven(&self, vault: &LockedVault) -> Result<Option<Checkpoint>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let file = AnchorFile::new(folder, &vault.vault_id());
        let marks = file.read().map_err(|error| {
            Error::failure(format!("The anchor {} cannot be read: {error}.", file.path().display()))
                .hint("It says how far this machine saw the vault come. Look who could write there.")
        })?;
        let Some(marks) = marks.filter(|marks| !is_empty(marks)) else { return Ok(None) };
        let seen = marks.iter().filter_map(|mark| Checkpoint::of_vault(mark, &vault.vault_id()));
        seen.max_by_key(|seen| (seen.key_epoch, seen.seq)).map(Some).ok_or_else(|| {
            Error::damaged(format!("The anchor {} was altered.", file.path().display()))
                .hint("It says how far this machine saw the vault come. Look who could write there.")
        })
    }

    /// That the anchor of a vault could not be kept now, and why, if so, a sentence. Makes
    /// and changes nothing.
    #[must_use]
    pub fn unkept(&self, vault: &LockedVault) -> Option<String> {
        let file = AnchorFile::new(self.folder.as_deref()?, &vault.vault_id());
        file.check_writable().err().map(|error| unkept(file.path(), &error.to_string()))
    }
}

impl LockedVault {
    /// Refuses a file that does not look like the one that `seen` was noted of. What is
    /// compared needs no key, and is not proven: a skilled forger passes.
    ///
    /// # Errors
    /// Damaged, with what was seen and the next step; those of reading the file.
    pub fn check_unproven(&mut self, seen: &Checkpoint) -> Result<()> {
        let path = self.store.path().to_owned();
        let state = &self.state;
        let stale = if (seen.key_epoch, seen.seq) > (state.key_epoch, state.seq) {
            Some(Stale::Older { seen: *seen })
        } else if seen.key_epoch == state.key_epoch {
            self.store.read(|tx| leads_on(tx, state, seen))?
        } else {
            None
        };
        stale.map_or(Ok(()), |stale| Err(stale.refusal(&path)))
    }
}

/// What a session knows of the past.
#[derive(Default)]
pub(super) struct Anchor {
    file: Option<AnchorFile>,
    tell: Option<fn(&Checkpoint)>,
    /// How far the vault had come when this session looked last.
    last: Option<Checkpoint>,
    stale: Option<Stale>,
    /// Why the anchor could not be moved, if so.
    trouble: Option<String>,
}

/// Where vault and anchor stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// How far the file has come.
    pub now: Checkpoint,
    /// Why it is not the one that was seen, if so.
    pub stale: Option<Stale>,
    /// The anchor's file, where one is kept.
    pub anchor: Option<PathBuf>,
    /// Why it could not be moved, if so, the end of a sentence.
    pub trouble: Option<String>,
}

fn unkept(anchor: &Path, cause: &str) -> String {
    let cause = cause.trim_end_matches('.');
    format!("The anchor {} cannot be kept: {cause}. An older vault put back would not be told.", anchor.display())
}

impl Anchor {
    /// Why the file is not the one that was seen last, if so.
    pub(super) fn stale(&self) -> Option<&Stale> {
        self.stale.as_ref()
    }

    /// The next step for whoever cannot write because of it.
    pub(super) fn refusal(&self, path: &Path) -> Option<Error> {
        self.stale.as_ref().map(|stale| stale.refusal(path))
    }

    /// Whether what a write begins with leads on from what this session saw last.
    pub(super) fn check(&self, tx: &Tx<'_>, state: &StateRow, path: &Path) -> Result<()> {
        // Another master key has given every record another code; who has the one before is told that.
        let last = self.last.as_ref().filter(|last| last.key_epoch == state.key_epoch);
        match last.map(|last| leads_on(tx, state, last)).transpose()?.flatten() {
            Some(stale) => Err(Error::damaged(stale.words(path))
                .hint("Another file was written over this one while it was open. Lock, and look at it again.")),
            None => Ok(()),
        }
    }

    /// Remembers a commit, here and in the anchor.
    pub(super) fn advance(&mut self, keys: &Keyring, state: &StateRow) {
        let point = Checkpoint::of(state, Timestamp::now());
        self.last = Some(point);
        if let Some(tell) = self.tell {
            tell(&point);
        }
        self.move_to(keys, &point, false);
    }

    /// Only ever forward, unless what was seen is given up.
    fn move_to(&mut self, keys: &Keyring, point: &Checkpoint, gives_up: bool) {
        let Some(file) = &self.file else { return };
        let mark = point.sealed(keys);
        let moved = file.write(|marks| match newest(marks, keys) {
            _ if gives_up => [mark; 2],
            Some((_, seen)) if seen.seq >= point.seq => *marks,
            newest => {
                let mut next = *marks;
                let other = newest.map_or(0, |(place, _)| 1 - place);
                if let Some(place) = next.get_mut(other) {
                    *place = mark;
                }
                next
            }
        });
        self.trouble = moved.err().map(|error| error.to_string());
    }
}

impl Vault {
    /// Holds the vault against its anchor, and keeps it from now on. Where the file is not
    /// the one that was seen last, nothing can be written and no value given out until
    /// [`Self::accept_restore`].
    ///
    /// # Errors
    /// Those of reading the vault.
    pub fn anchored(mut self, anchors: &Anchors) -> Result<Self> {
        let file = anchors.folder.as_deref().map(|folder| AnchorFile::new(folder, &self.keys.vault_id));
        let marks = file.as_ref().map(AnchorFile::read).transpose();
        let keys = &self.keys;
        let (state, stale) = self.store.read(|tx| {
            let state = integrity::verified_state(tx, keys)?;
            let stale = match marks {
                Ok(marks) => judge(tx, keys, &state, marks.flatten().as_ref())?,
                Err(error) => Some(Stale::Unreadable { cause: error.to_string() }),
            };
            Ok((state, stale))
        })?;
        self.anchor = Anchor { file, tell: anchors.tell, stale, ..Anchor::default() };
        match &self.anchor.stale {
            Some(stale) => {
                let words = stale.words(self.store.path());
                self.read_only.get_or_insert(words);
            }
            None => {
                let point = Checkpoint::of(&state, Timestamp::now());
                self.anchor.last = Some(point);
                self.anchor.move_to(&self.keys, &point, false);
            }
        }
        Ok(self)
    }

    /// Refuses a file that is not the one that was seen last.
    ///
    /// # Errors
    /// Damaged, with what was seen and the next step.
    pub fn check_freshness(&self) -> Result<()> {
        self.anchor.refusal(self.store.path()).map_or(Ok(()), Err)
    }

    /// That the anchor cannot be kept, and why, if so, a sentence.
    #[must_use]
    pub fn unkept(&self) -> Option<String> {
        let (file, trouble) = self.anchor.file.as_ref().zip(self.anchor.trouble.as_ref())?;
        Some(unkept(file.path(), trouble))
    }

    /// Where vault and anchor stand.
    ///
    /// # Errors
    /// Those of reading the vault.
    pub fn freshness(&mut self) -> Result<Freshness> {
        let keys = &self.keys;
        let now = self.store.read(|tx| {
            let state = integrity::verified_state(tx, keys)?;
            let at = tx.audit_link(state.audit_seq)?.map_or(state.created_at, |(at, _)| at);
            Ok(Checkpoint::of(&state, record::timestamp(at)?))
        })?;
        let Anchor { file, stale, trouble, .. } = &self.anchor;
        let anchor = file.as_ref().map(|file| file.path().to_owned());
        Ok(Freshness { now, stale: stale.clone(), anchor, trouble: trouble.clone() })
    }

    /// Whether the log leads through the record that a checkpoint's code names.
    ///
    /// # Errors
    /// Usage, when it is no such code; those of reading the vault.
    pub fn leads_through(&mut self, code: &str) -> Result<Passage> {
        let (audit_seq, start) = Checkpoint::read_code(code)?;
        self.view(|view| passage(view.tx, audit_seq, |mac| mac.starts_with(&start)))
    }

    /// Takes the file as it is: what was seen of another past is given up. That is on
    /// record, and begins another line of history where nobody else has begun one.
    ///
    /// # Errors
    /// Usage, when the file is the one that was seen last, or no reason is given; Failure, when
    /// the anchor cannot be written, so that the next look would say the same; as every write.
    pub fn accept_restore(&mut self, reason: &str) -> Result<()> {
        if reason.trim().is_empty() {
            return Err(Error::usage("To take another file for the vault wants a reason, which goes on record.")
                .hint("Say where the file comes from: --reason 'restored the backup of Monday'."));
        }
        let cannot_keep = |unkept: String| {
            Error::failure(unkept).hint("Make it, and its folder, yours to write; until then no file is taken for it.")
        };
        if let Some(file) = &self.anchor.file {
            file.check_writable().map_err(|error| cannot_keep(unkept(file.path(), &error.to_string())))?;
        }
        let Some(stale) = self.anchor.stale.take() else {
            return Err(Error::usage("This is the vault that this machine saw last; there is nothing to accept."));
        };
        let was_read_only = self.read_only.take();
        let path = self.store.path().to_owned();
        let accepted = self.write(|change| change.accept(&stale, &path, reason));
        match &accepted {
            Ok(()) => {
                if let Some(point) = self.anchor.last {
                    self.anchor.move_to(&self.keys, &point, true);
                }
            }
            Err(_) => (self.anchor.stale, self.read_only) = (Some(stale), was_read_only),
        }
        accepted.and_then(|()| self.unkept().map_or(Ok(()), |unkept| Err(cannot_keep(unkept))))
    }
}

impl Change<'_> {
    fn accept(&mut self, stale: &Stale, path: &Path, reason: &str) -> Result<()> {
        if stale.seen().is_none_or(|seen| seen.lineage == self.state.lineage) {
            self.begin_lineage(random_array()?);
        }
        let words = told(stale.words(path).trim_end_matches('.'), reason);
        self.audit_body(AuditAction::RestoreAccepted, None, None, None, &words, None)
    }
}

/// Why the file that `state` is of is not the one that was seen, if so.
fn judge(tx: &Tx<'_>, keys: &Keyring, state: &StateRow, marks: Option<&Marks>) -> Result<Option<Stale>> {
    let Some(marks) = marks else { return Ok(None) };
    if let Some((_, seen)) = newest(marks, keys) {
        return leads_on(tx, state, &seen);
    }
    let untold: Vec<Checkpoint> = marks.iter().filter_map(|mark| Checkpoint::of_vault(mark, &keys.vault_id)).collect();
    match untold.into_iter().max_by_key(|seen| (seen.key_epoch, seen.seq)) {
        // Another master key since, by whoever had the one before. Its code cannot be checked.
        Some(seen) if seen.key_epoch < keys.key_epoch => Ok((state.seq < seen.seq).then_some(Stale::Older { seen })),
        Some(seen) if seen.key_epoch > keys.key_epoch => Ok(Some(Stale::Older { seen })),
        None if is_empty(marks) => Ok(None),
        _ => Ok(Some(Stale::Unreadable { cause: "the anchor was altered".to_owned() })),
    }
}

/// Nothing was seen so far.
fn is_empty(marks: &Marks) -> bool {
    marks.iter().flatten().all(|byte| *byte == 0)
}

/// Where a record that was seen is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// The log leads through it.
    Leads,
    /// It would be in what was cut off.
    CutOff,
    /// It does not: the record is missing, or another one.
    Elsewhere,
}

/// Whether the log leads through record `seq`, whose code `is_it` knows.
fn passage(tx: &Tx<'_>, seq: u64, is_it: impl Fn(&[u8; 32]) -> bool) -> Result<Passage> {
    let (gone, code) = log_start(tx)?;
    let found = match seq {
        seq if seq < gone => return Ok(Passage::CutOff),
        seq if seq == gone => Some(code),
        _ => tx.audit_link(seq)?.map(|(_, mac)| mac),
    };
    Ok(if found.is_some_and(|mac| is_it(&mac)) { Passage::Leads } else { Passage::Elsewhere })
}

/// Whether the log leads through what was seen.
fn leads_on(tx: &Tx<'_>, state: &StateRow, seen: &Checkpoint) -> Result<Option<Stale>> {
    if state.seq < seen.seq {
        return Ok(Some(Stale::Older { seen: *seen }));
    }
    let leads = match passage(tx, seen.audit_seq, |mac| *mac == seen.audit_head)? {
        Passage::Leads => true,
        // Only who has the key can have cut it off; what was put back since is another line.
        Passage::CutOff => state.lineage == seen.lineage,
        Passage::Elsewhere => false,
    };
    Ok((!leads).then_some(Stale::Forked { seen: *seen }))
}

/// The mark under these keys that has come furthest, and its place.
fn newest(marks: &Marks, keys: &Keyring) -> Option<(usize, Checkpoint)> {
    let opened = marks.iter().enumerate().filter_map(|(place, mark)| Some((place, Checkpoint::open(mark, keys)?)));
    opened.max_by_key(|(_, seen)| seen.seq)
}

#[cfg(test)]
mod tests;
