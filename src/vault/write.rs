//! Writing: set, rotate, roll back, edit, delete, restore, purge. Each is one
//! transaction with its audit record inside.

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::store::SecretRow;

use super::Vault;
use super::audit::AuditAction;
use super::change::Change;
use super::scope::Address;
use super::secret::{Fields, MAX_VERSION_BYTES, Metadata, Origin, Secret, SecretId, is_identifier};

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
}

/// The metadata that a write changes; `None` leaves a part alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataChange {
    /// One line for people.
    pub description: Option<String>,
    /// Free JSON, or none.
    pub json: Option<Option<serde_json::Value>>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// The expiry, or never.
    pub expires_at: Option<Option<Timestamp>>,
    /// The rotation interval, or none.
    pub rotation_days: Option<Option<u32>>,
    /// Who answers for it.
    pub owner: Option<String>,
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
}

/// How given fields meet the current ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meet {
    /// They are all there is.
    Replace,
    /// Fields not given stay.
    Merge,
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
        self.save(address, fields, Meet::Replace, &metadata, reason, expected)
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
        self.save(address, fields, Meet::Merge, &metadata, reason, expected)
    }

    fn save(
        &mut self,
        address: &Address,
        fields: Option<Fields>,
        meet: Meet,
        metadata: &MetadataChange,
        reason: &str,
        expected: Expected,
    ) -> Result<Written> {
        self.attempt(AuditAction::Set, (None, Some(address)), reason, |change| {
            match checked(change, address, expected)? {
                None => change.create(address, fields, metadata, reason),
                Some(found) => change.update(found, fields, meet, metadata, reason),
            }
        })
    }

    /// Gives a secret a new version and says why; fields that are not given stay.
    ///
    /// # Errors
    /// `NotFound`; Conflict against `expected`; Usage, for values out of bounds.
    pub fn rotate(&mut self, address: &Address, fields: Fields, reason: &str, expected: Expected) -> Result<Written> {
        self.attempt(AuditAction::Rotate, (None, Some(address)), reason, |change| {
            let (row, mut secret) = existing(change, address, expected)?;
            let fields = merged(change, &secret, fields)?;
            secret.last_rotated = Some(change.now);
            change.next_version(row, secret, &fields, Origin::Rotated, reason)
        })
    }

    /// Makes version `number`'s fields current again, as a new version; metadata stays.
    ///
    /// # Errors
    /// `NotFound`, for the secret or the version; Conflict against `expected`; Usage, when it
    /// is current already.
    pub fn roll_back(&mut self, address: &Address, number: u64, reason: &str, expected: Expected) -> Result<Written> {
        self.attempt(AuditAction::Rollback, (None, Some(address)), reason, |change| {
            let (row, secret) = existing(change, address, expected)?;
            if number == secret.version {
                return Err(Error::usage(format!("Version {number} of {address} is the current one.")));
            }
            let fields = change.fields(&change.version_row(&secret, number)?)?;
            change.next_version(row, secret, &fields, Origin::RolledBack { from: number }, reason)
        })
    }

    /// Changes metadata only.
    ///
    /// # Errors
    /// `NotFound`; Usage, for metadata out of bounds.
    pub fn edit(&mut self, address: &Address, metadata: MetadataChange, reason: &str) -> Result<Written> {
        self.save(address, None, Meet::Replace, &metadata, reason, Expected::Present)
    }

    /// Buries a secret: gone from every list, brought back whole by [`Self::restore`].
    ///
    /// # Errors
    /// `NotFound`.
    pub fn delete(&mut self, address: &Address, reason: &str) -> Result<Secret> {
        self.attempt(AuditAction::Delete, (None, Some(address)), reason, |change| {
            let (row, mut secret) = change.live(address)?;
            secret.deleted_at = Some(change.now);
            secret.updated_at = change.now;
            change.put(row, &secret, change.state.seq)?;
            change.audit(AuditAction::Delete, &secret, None, reason)?;
            Ok(secret)
        })
    }

    /// Brings the newest deleted secret of this address back.
    ///
    /// # Errors
    /// `NotFound`, when none is buried there; Conflict, when the name is taken again.
    pub fn restore(&mut self, address: &Address, reason: &str) -> Result<Secret> {
        self.attempt(AuditAction::Restore, (None, Some(address)), reason, |change| {
            if change.live_or_none(address)?.is_some() {
                return Err(Error::conflict(format!(
                    "{address} exists again; the deleted one cannot come back beside it."
                ))
                .hint("Delete the new one first, or leave the old one buried."));
            }
            let buried = buried(change, address)?.pop().ok_or_else(|| {
                Error::not_found(format!("No deleted secret {address} is left."))
                    .hint("A purged secret cannot come back.")
            })?;
            let mut secret = change.secret(&buried)?;
            secret.deleted_at = None;
            secret.updated_at = change.now;
            change.put(buried, &secret, 0)?;
            change.audit(AuditAction::Restore, &secret, None, reason)?;
            Ok(secret)
        })
    }

    /// Destroys the secret at this address with all its versions or, when none lives
    /// there, every deleted one. What was written to other places stays there.
    ///
    /// # Errors
    /// `NotFound`; Busy, when it is purged but another process keeps its sealed bytes in the log.
    pub fn purge(&mut self, address: &Address, reason: &str) -> Result<()> {
        self.attempt(AuditAction::Purge, (None, Some(address)), reason, |change| {
            let rows = match change.live_or_none(address)? {
                Some((row, _)) => vec![row],
                None => buried(change, address)?,
            };
            if rows.is_empty() {
                return Err(change
                    .live(address)
                    .err()
                    .unwrap_or_else(|| Error::not_found("There is nothing to purge.")));
            }
            for row in rows {
                let id = SecretId(row.id);
                change.purge(row)?;
                change.audit_body(AuditAction::Purge, Some(id), Some(address), None, reason, None)?;
            }
            Ok(())
        })?;
        // Else the sealed bytes would stay in the log.
        self.store.checkpoint().map_err(|error| match error.kind() {
            Kind::Busy => Error::busy(format!(
                "{address} is purged, but another process holds the vault's log, where its sealed bytes still are."
            ))
            .hint("They go when the last session ends, or at the next lock; close the other sessions."),
            _ => error,
        })
    }
}

/// The live secret at `address`, if `expected` allows what is found.
fn checked(change: &Change<'_>, address: &Address, expected: Expected) -> Result<Option<(SecretRow<'static>, Secret)>> {
    match (change.live_or_none(address)?, expected) {
        (Some((_, secret)), Expected::Absent) => {
            Err(Error::version_conflict(format!("{address} exists already."), secret.version)
                .hint("Rotate it, or choose another name."))
        }
        (Some((_, secret)), Expected::Version(seen)) if secret.version != seen => Err(Error::version_conflict(
            format!("{address} is at version {} now, not {seen}: another session wrote it.", secret.version),
            secret.version,
        )
        .hint("Look at the new version, then decide again.")),
        (None, Expected::Present | Expected::Version(_)) => Err(change
            .live(address)
            .err()
            .unwrap_or_else(|| Error::not_found(format!("There is no secret {address}.")))),
        (found, _) => Ok(found),
    }
}

fn existing(change: &Change<'_>, address: &Address, expected: Expected) -> Result<(SecretRow<'static>, Secret)> {
    match checked(change, address, expected)? {
        Some(found) => Ok(found),
        None => change.live(address),
    }
}

/// The restorable rows of `address`, oldest first.
fn buried(change: &Change<'_>, address: &Address) -> Result<Vec<SecretRow<'static>>> {
    let mut rows = change.rows(address)?;
    rows.retain(|row| row.buried != 0 && row.current != 0);
    Ok(rows)
}

/// The current fields with `fields` over them.
fn merged(change: &Change<'_>, secret: &Secret, fields: Fields) -> Result<Fields> {
    let mut all = change.fields(&change.version_row(secret, secret.version)?)?;
    for (name, value) in fields.iter() {
        all.set(name.clone(), value.duplicate());
    }
    Ok(all)
}

impl Change<'_> {
    fn create(
        &mut self,
        address: &Address,
        fields: Option<Fields>,
        metadata: &MetadataChange,
        reason: &str,
    ) -> Result<Written> {
        let fields = fields.ok_or_else(|| {
            Error::usage(format!("{address} does not exist yet, so it needs a value."))
                .hint("Give it one, or check the name.")
        })?;
        check_fields(address, &fields)?;
        let mut row = self.new_row(address)?;
        self.add_version(&mut row, &fields, Origin::Created, reason)?;
        let mut secret = Secret {
            id: SecretId(row.id),
            address: address.clone(),
            version: 1,
            fields: fields.names().cloned().collect(),
            metadata: Metadata::default(),
            created_at: self.now,
            created_by: self.signature(),
            updated_at: self.now,
            value_changed_at: self.now,
            last_rotated: None,
            deleted_at: None,
        };
        metadata.apply(&mut secret.metadata)?;
        self.put(row, &secret, 0)?;
        self.audit(AuditAction::Create, &secret, Some(1), reason)?;
        Ok(Written { secret, outcome: Outcome::Created })
    }

    fn update(
        &mut self,
        (row, mut secret): (SecretRow<'static>, Secret),
        fields: Option<Fields>,
        meet: Meet,
        metadata: &MetadataChange,
        reason: &str,
    ) -> Result<Written> {
        let before = secret.metadata.clone();
        metadata.apply(&mut secret.metadata)?;
        if let Some(given) = fields {
            let current = self.fields(&self.version_row(&secret, secret.version)?)?;
            let fields = if meet == Meet::Merge { merged(self, &secret, given)? } else { given };
            if fields != current {
                return self.next_version(row, secret, &fields, Origin::Set, reason);
            }
        }
        if secret.metadata == before {
            return Ok(Written { secret, outcome: Outcome::Unchanged });
        }
        secret.updated_at = self.now;
        self.put(row, &secret, 0)?;
        self.audit(AuditAction::Edit, &secret, None, reason)?;
        Ok(Written { secret, outcome: Outcome::MetadataOnly })
    }

    fn next_version(
        &mut self,
        mut row: SecretRow<'static>,
        mut secret: Secret,
        fields: &Fields,
        origin: Origin,
        reason: &str,
    ) -> Result<Written> {
        check_fields(&secret.address, fields)?;
        self.add_version(&mut row, fields, origin, reason)?;
        secret.version = row.current;
        secret.fields = fields.names().cloned().collect();
        secret.updated_at = self.now;
        secret.value_changed_at = self.now;
        self.put(row, &secret, 0)?;
        let action = match origin {
            Origin::Rotated => AuditAction::Rotate,
            Origin::RolledBack { .. } => AuditAction::Rollback,
            Origin::Created | Origin::Set | Origin::Imported => AuditAction::Set,
        };
        self.audit(action, &secret, Some(secret.version), reason)?;
        Ok(Written { secret, outcome: Outcome::NewVersion })
    }
}

fn check_fields(address: &Address, fields: &Fields) -> Result<()> {
    if fields.iter().all(|(_, value)| value.is_empty()) {
        return Err(Error::usage(format!("The value for {address} is empty.")).hint("A secret has at least one byte."));
    }
    if fields.bytes() > MAX_VERSION_BYTES {
        return Err(Error::usage(format!("The fields of {address} take {} bytes, more than 1 MiB.", fields.bytes()))
            .hint("Keep large files elsewhere, and their key here."));
    }
    Ok(())
}

impl MetadataChange {
    /// Applies what is given.
    ///
    /// # Errors
    /// Usage, for a malformed tag or an interval of no days.
    fn apply(&self, metadata: &mut Metadata) -> Result<()> {
        if let Some(description) = &self.description {
            metadata.description.clone_from(description);
        }
        if let Some(json) = &self.json {
            metadata.json.clone_from(json);
        }
        if let Some(tags) = &self.tags {
            let mut tags = tags.clone();
            tags.sort_unstable();
            tags.dedup();
            if let Some(bad) = tags.iter().find(|tag| !is_identifier(tag, 64)) {
                return Err(Error::usage(format!("The tag {} is not allowed.", bad.escape_debug()))
                    .hint("Use letters, digits, _ . - and at most 64 bytes, not starting with . or -."));
            }
            metadata.tags = tags;
        }
        if let Some(expires_at) = self.expires_at {
            metadata.expires_at = expires_at;
        }
        if let Some(days) = self.rotation_days {
            if days == Some(0) {
                return Err(Error::usage("A rotation interval has at least one day.").hint("Use none for no interval."));
            }
            metadata.rotation_days = days;
        }
        if let Some(owner) = &self.owner {
            metadata.owner.clone_from(owner);
        }
        Ok(())
    }
}
