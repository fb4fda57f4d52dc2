//! Writing: set, rotate, roll back, edit, move, delete, restore. Each is one
//! transaction with its audit record inside. `steps` does the work, here and in a bulk.

mod metadata;
mod steps;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::store::SecretRow;

use super::Vault;
use super::amend::Given;
use super::audit::AuditAction;
use super::bulk::Step;
use super::change::Change;
use super::scope::Address;
use super::secret::{Fields, Metadata, Secret, SecretId};

pub use metadata::{MetadataChange, checked_tags};
pub(super) use steps::{Found, check_fields, merged};

/// What a write may assume about the current version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is current, or nothing.
    Any,
    /// The secret does not exist.
    Absent,
    /// The secret exists.
    Present,
    /// This version is current.
    Version(u64),
    /// This secret, and no other that got its name meanwhile; at this version, if one is given.
    This(SecretId, Option<u64>),
    /// This secret is deleted, at this version: it is brought back and written, both or neither.
    Deleted(SecretId, u64),
}

/// What a write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The secret is new.
    Created,
    /// The secret has a new version.
    NewVersion,
    /// Only metadata changed.
    MetadataOnly,
    /// It was all like that already.
    Unchanged,
}

/// A secret after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As it is now.
    pub secret: Secret,
    /// What happened.
    pub outcome: Outcome,
    /// What takes it back; `None` when nothing changed.
    pub undo: Option<Step>,
    /// Where it was brought back first: what buries it again.
    pub revived: Option<Step>,
}

impl Vault {
    /// Creates a secret, or gives it a new version when a field changed, or changes its
    /// metadata. `fields` are the complete new map.
    ///
    /// # Errors
    /// Conflict or `NotFound` against `expected`; Usage, for values or metadata out of bounds.
    pub fn set(
        &mut self,
        address: &Address,
        fields: Option<Fields>,
        metadata: MetadataChange,
        reason: &str,
        expected: Expected,
    ) -> Result<Written> {
        self.save(address, fields.map_or(Given::Nothing, Given::All), (&metadata, None), reason, expected)
    }

    /// As [`Self::set`], but fields that are not given stay as they are.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn merge(
        &mut self,
        address: &Address,
        fields: Option<Fields>,
        metadata: MetadataChange,
        reason: &str,
        expected: Expected,
    ) -> Result<Written> {
        self.save(address, fields.map_or(Given::Nothing, Given::Over), (&metadata, None), reason, expected)
    }

    pub(super) fn save(
        &mut self,
        address: &Address,
        fields: Given<'_>,
        (metadata, seen): (&MetadataChange, Option<&Metadata>),
        reason: &str,
        expected: Expected,
    ) -> Result<Written> {
        self.attempt(AuditAction::Set, (None, Some(address)), reason, |change| {
            let (found, revived) = prepared(change, address, expected)?;
            let written = match found {
                None => change.create(address, fields.complete()?, metadata, reason)?,
                Some(found) => {
                    check_metadata(&found.1, metadata, seen)?;
                    change.update(found, fields, metadata, reason)?
                }
            };
            Ok(Written { revived, ..written })
        })
    }

    /// Gives a secret a new version and says why; fields that are not given stay.
    ///
    /// # Errors
    /// `NotFound`; Conflict against `expected`; Usage, for values out of bounds.
    pub fn rotate(&mut self, address: &Address, fields: Fields, reason: &str, expected: Expected) -> Result<Written> {
        self.attempt(AuditAction::Rotate, (None, Some(address)), reason, |change| {
            let (found, revived) = existing(change, address, expected)?;
            Ok(Written { revived, ..change.rotate(found, fields, reason)? })
        })
    }

    /// Makes version `number`'s fields current again, as a new version; metadata stays.
    ///
    /// # Errors
    /// `NotFound`, for the secret or the version; Conflict against `expected`; Usage, when it
    /// is current already.
    pub fn roll_back(&mut self, address: &Address, number: u64, reason: &str, expected: Expected) -> Result<Written> {
        self.attempt(AuditAction::Rollback, (None, Some(address)), reason, |change| {
            let (found, revived) = existing(change, address, expected)?;
            let written = change.roll_back(found, number, &MetadataChange::default(), reason)?;
            Ok(Written { revived, ..written })
        })
    }

    /// Changes metadata only.
    ///
    /// # Errors
    /// `NotFound`; Usage, for metadata out of bounds.
    pub fn edit(&mut self, address: &Address, metadata: MetadataChange, reason: &str) -> Result<Written> {
        self.save(address, Given::Nothing, (&metadata, None), reason, Expected::Present)
    }

    /// Gives a secret another recipe, or none. `by_hand`, also in mid-rotation: a session that
    /// is at it goes on with the recipe that it has read; whoever resumes takes this one.
    ///
    /// # Errors
    /// `NotFound`; Conflict, in mid-rotation: the way back needs the recipe that it began with.
    pub fn set_recipe(
        &mut self,
        address: &Address,
        recipe: Option<String>,
        by_hand: bool,
        reason: &str,
    ) -> Result<Written> {
        self.attempt(AuditAction::Recipe, (None, Some(address)), reason, |change| {
            let found = change.live(address)?;
            change.give_recipe(found, recipe, by_hand, reason)
        })
    }

    /// Gives a secret another scope or name; its identity and its history stay.
    ///
    /// # Errors
    /// `NotFound`; Conflict, when the name is taken there, even by another case of it.
    pub fn move_secret(&mut self, from: &Address, to: &Address, reason: &str) -> Result<Written> {
        self.attempt(AuditAction::Move, (None, Some(from)), reason, |change| {
            let found = change.live(from)?;
            change.relocate(found, to, reason)
        })
    }

    /// Buries a secret: gone from every list, brought back whole by [`Self::restore`].
    ///
    /// # Errors
    /// `NotFound`.
    pub fn delete(&mut self, address: &Address, reason: &str) -> Result<Secret> {
        self.attempt(AuditAction::Delete, (None, Some(address)), reason, |change| {
            let found = change.live(address)?;
            Ok(change.delete(found, reason)?.secret)
        })
    }

    /// Brings a deleted secret of this address back: the newest, or the one deleted at
    /// `deleted_at`, to the second.
    ///
    /// # Errors
    /// `NotFound`, when none is buried there; Conflict, when the name is taken again.
    pub fn restore(&mut self, address: &Address, deleted_at: Option<Timestamp>, reason: &str) -> Result<Secret> {
        self.attempt(AuditAction::Restore, (None, Some(address)), reason, |change| {
            let mut rows = buried(change, address)?;
            if let Some(at) = deleted_at {
                rows.retain(|row| row.deleted_at.div_euclid(1000) == at.as_second());
            }
            let is_live = change.live_or_none(address)?.is_some();
            let row = rows.pop().ok_or_else(|| match deleted_at {
                None if is_live => Error::conflict(format!("{address} is not deleted.")),
                None => Error::not_found(format!("There is no deleted secret {address}."))
                    .hint("List those that can come back with strongroom list --deleted."),
                Some(at) => Error::not_found(format!("No secret {address} was deleted at {at}."))
                    .hint("List the times with strongroom list --deleted --json."),
            })?;
            change.check_vacant(address)?;
            let secret = change.secret(&row)?;
            Ok(change.restore((row, secret), reason)?.secret)
        })
    }
}

/// The live secret at `address`, if `expected` allows what is found.
fn checked(change: &Change<'_>, address: &Address, expected: Expected) -> Result<Option<Found>> {
    match (change.live_or_none(address)?, expected) {
        (Some((_, secret)), Expected::Absent) => {
            Err(Error::version_conflict(format!("{address} exists already."), secret.version)
                .hint("Rotate it, or choose another name."))
        }
        (Some((_, secret)), Expected::This(id, _)) if secret.id != id => Err(Error::version_conflict(
            format!("{address} is another secret now: the one that was seen here is gone from there."),
            secret.version,
        )
        .hint("Look at what is there, then decide again.")),
        (Some((_, secret)), Expected::Version(seen) | Expected::This(_, Some(seen))) if secret.version != seen => {
            let because = if secret.version > seen { ": another session wrote it" } else { "" };
            Err(Error::version_conflict(
                format!("{address} is at version {} now, not {seen}{because}.", secret.version),
                secret.version,
            )
            .hint("Look at the new version, then decide again."))
        }
        (None, Expected::Present | Expected::Version(_) | Expected::This(..) | Expected::Deleted(..)) => Err(change
            .live(address)
            .err()
            .unwrap_or_else(|| Error::not_found(format!("There is no secret {address}.")))),
        (found, _) => Ok(found),
    }
}

/// As [`checked`]; a deleted secret is brought back first, and what buries it again is told.
fn prepared(change: &mut Change<'_>, address: &Address, expected: Expected) -> Result<(Option<Found>, Option<Step>)> {
    let Expected::Deleted(id, seen) = expected else { return Ok((checked(change, address, expected)?, None)) };
    let overtaken = |what: &str, version| {
        Error::version_conflict(format!("{address} {what}."), version).hint("Look at what is there, then decide again.")
    };
    if let Some((_, live)) = change.live_or_none(address)? {
        let what = if live.id == id { "was restored meanwhile" } else { "is another secret now" };
        return Err(overtaken(what, live.version));
    }
    let (row, secret) = change.by_id(id)?;
    if secret.deleted_at.is_none() || secret.version != seen || secret.address != *address {
        return Err(overtaken("was changed meanwhile", secret.version));
    }
    let restored = change.restore((row, secret), "")?;
    Ok((Some(change.by_id(id)?), restored.undo))
}

pub(super) fn existing(
    change: &mut Change<'_>,
    address: &Address,
    expected: Expected,
) -> Result<(Found, Option<Step>)> {
    match prepared(change, address, expected)? {
        (Some(found), revived) => Ok((found, revived)),
        (None, _) => Ok((change.live(address)?, None)),
    }
}

/// Refuses to write over metadata that another session changed since it was `seen`.
fn check_metadata(secret: &Secret, change: &MetadataChange, seen: Option<&Metadata>) -> Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let lost = change.overwrites(seen, &secret.metadata)?;
    if lost.is_empty() {
        return Ok(());
    }
    Err(Error::conflict(format!("Another session changed {} of {} meanwhile.", lost.join(" and "), secret.address))
        .hint("Look at what it wrote, then save again."))
}

/// The restorable rows of `address`, oldest first.
fn buried(change: &Change<'_>, address: &Address) -> Result<Vec<SecretRow<'static>>> {
    let mut rows = change.rows(address)?;
    rows.retain(|row| row.buried != 0 && row.current != 0);
    Ok(rows)
}
