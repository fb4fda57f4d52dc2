//! The single steps of a write on [`Change`], which [`Vault`](crate::vault::Vault)'s own
//! writes and a bulk share: each is audited, and each says how it is undone.

use crate::error::{Error, Result};
use crate::store::SecretRow;
use crate::vault::amend::Given;
use crate::vault::audit::AuditAction;
use crate::vault::bulk::{Act, Seen, Step};
use crate::vault::change::Change;
use crate::vault::generate::{Recipe, generate};
use crate::vault::rotation::Rotation;
use crate::vault::rotation::rules::Deed;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, MAX_VERSION_BYTES, Metadata, Origin, Secret, SecretId, VALUE};

use super::metadata::{MetadataChange, checked_tags};
use super::{Outcome, Written};

/// A secret as found: its row and its opened metadata.
pub(in crate::vault) type Found = (SecretRow<'static>, Secret);

/// The current fields with `fields` over them.
pub(in crate::vault) fn merged(change: &Change<'_>, secret: &Secret, fields: Fields) -> Result<Fields> {
    let mut all = change.fields(&change.version_row(secret, secret.version)?)?;
    for (name, value) in fields.iter() {
        all.set(name.clone(), value.duplicate());
    }
    Ok(all)
}

/// How a secret gets back to the version and the metadata that it had before.
fn back(secret: &Secret, version: u64, metadata: MetadataChange) -> Option<Step> {
    let act = Act::RollBack { number: version, metadata };
    Some(Step { id: secret.id, address: secret.address.clone(), seen: Seen::Version(secret.version), act })
}

/// What undoes a change that left `secret` at `revision`.
fn undo(secret: &Secret, revision: u64, act: Act) -> Option<Step> {
    Some(Step { id: secret.id, address: secret.address.clone(), seen: Seen::Revision(revision), act })
}

impl Change<'_> {
    pub(in crate::vault) fn create(
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
        self.add_version(&mut row, &fields, Origin::Created, reason, &[])?;
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
            rotation: Rotation::default(),
        };
        metadata.apply(&mut secret.metadata)?;
        let revision = self.put(row, &secret, 0)?;
        self.audit(AuditAction::Create, &secret, Some(1), reason)?;
        let undo = undo(&secret, revision, Act::Delete);
        Ok(Written { secret, outcome: Outcome::Created, undo, revived: None })
    }

    pub(in crate::vault) fn update(
        &mut self,
        (row, mut secret): Found,
        fields: Given<'_>,
        metadata: &MetadataChange,
        reason: &str,
    ) -> Result<Written> {
        let current = || self.fields(&self.version_row(&secret, secret.version)?);
        if let Some((fields, _)) = fields.over(current)?.filter(|(next, current)| next != current) {
            let before = secret.metadata.clone();
            metadata.apply(&mut secret.metadata)?;
            secret.value_changed_at = self.now;
            return self.next_version(row, secret, &before, &fields, Origin::Set, reason);
        }
        self.edit((row, secret), reason, |found| metadata.apply(found))
    }

    /// Changes metadata alone.
    pub(in crate::vault) fn edit(
        &mut self,
        (row, mut secret): Found,
        reason: &str,
        apply: impl FnOnce(&mut Metadata) -> Result<()>,
    ) -> Result<Written> {
        let before = secret.metadata.clone();
        apply(&mut secret.metadata)?;
        if secret.metadata.recipe != before.recipe {
            secret.check_free_for(Deed::Recipe)?;
        }
        self.put_metadata(row, secret, &before, reason)
    }

    /// Changes the recipe alone; `by_hand`, whatever its rotation has come to.
    pub(in crate::vault) fn give_recipe(
        &mut self,
        (row, mut secret): Found,
        recipe: Option<String>,
        by_hand: bool,
        reason: &str,
    ) -> Result<Written> {
        if !by_hand && secret.metadata.recipe != recipe {
            secret.check_free_for(Deed::Recipe)?;
        }
        let before = secret.metadata.clone();
        secret.metadata.recipe = recipe;
        self.put_metadata(row, secret, &before, reason)
    }

    fn put_metadata(
        &mut self,
        row: SecretRow<'static>,
        mut secret: Secret,
        before: &Metadata,
        reason: &str,
    ) -> Result<Written> {
        if secret.metadata == *before {
            return Ok(Written { secret, outcome: Outcome::Unchanged, undo: None, revived: None });
        }
        secret.updated_at = self.now;
        let revision = self.put(row, &secret, 0)?;
        let but_recipe = Metadata { recipe: before.recipe.clone(), ..secret.metadata.clone() };
        let action = if but_recipe == *before { AuditAction::Recipe } else { AuditAction::Edit };
        self.audit(action, &secret, None, reason)?;
        let undo = undo(&secret, revision, Act::Edit(MetadataChange::back(&secret.metadata, before)));
        Ok(Written { secret, outcome: Outcome::MetadataOnly, undo, revived: None })
    }

    /// Adds tags and takes others away.
    pub(in crate::vault) fn tag(
        &mut self,
        found: Found,
        add: &[String],
        remove: &[String],
        reason: &str,
    ) -> Result<Written> {
        self.edit(found, reason, |metadata| {
            let mut tags: Vec<String> = metadata.tags.iter().chain(add).cloned().collect();
            tags.retain(|tag| !remove.contains(tag));
            metadata.tags = checked_tags(tags)?;
            Ok(())
        })
    }

    /// A new version with a reason; fields that are not given stay.
    pub(in crate::vault) fn rotate(
        &mut self,
        (row, mut secret): Found,
        fields: Fields,
        reason: &str,
    ) -> Result<Written> {
        let fields = merged(self, &secret, fields)?;
        secret.value_changed_at = self.now;
        secret.last_rotated = Some(self.now);
        let metadata = secret.metadata.clone();
        self.next_version(row, secret, &metadata, &fields, Origin::Rotated, reason)
    }

    /// A new version whose main field is made by `recipe`.
    pub(in crate::vault) fn regenerate(&mut self, found: Found, recipe: &Recipe, reason: &str) -> Result<Written> {
        let secret = &found.1;
        if secret.fields.iter().all(|field| field.as_str() != VALUE) {
            return Err(Error::usage(format!("{} has no field value that could be generated.", secret.address))
                .hint("Rotate it by itself, field by field."));
        }
        let value = generate(recipe)?.value;
        self.rotate(found, Fields::value(value), reason)
    }

    /// The fields of an earlier version again, as a new version. They are as old as they were:
    /// what is due, or old, does not become fresh by coming back.
    pub(in crate::vault) fn roll_back(
        &mut self,
        (row, mut secret): Found,
        number: u64,
        metadata: &MetadataChange,
        reason: &str,
    ) -> Result<Written> {
        if number == secret.version {
            return Err(Error::usage(format!("Version {number} of {} is the current one.", secret.address)));
        }
        let fields = self.fields(&self.version_row(&secret, number)?)?;
        (secret.value_changed_at, secret.last_rotated) = self.times_of(&secret, number)?;
        let before = secret.metadata.clone();
        metadata.apply(&mut secret.metadata)?;
        self.next_version(row, secret, &before, &fields, Origin::RolledBack { from: number }, reason)
    }

    /// Another scope or name; identity and history stay.
    pub(in crate::vault) fn relocate(
        &mut self,
        (row, mut secret): Found,
        to: &Address,
        reason: &str,
    ) -> Result<Written> {
        if secret.address == *to {
            return Ok(Written { secret, outcome: Outcome::Unchanged, undo: None, revived: None });
        }
        // A name may change its own case; anybody else's name is taken.
        let taken = self.rows(to)?.into_iter().find(|other| other.buried == 0 && other.id != row.id);
        if let Some(taken) = taken {
            let taken = self.secret(&taken)?.address;
            return Err(Error::conflict(format!("{} cannot be moved: {taken} exists already.", secret.address))
                .hint("Choose another name, or move the other one first."));
        }
        let from = std::mem::replace(&mut secret.address, to.clone());
        secret.updated_at = self.now;
        let revision = self.put(row, &secret, 0)?;
        self.audit(AuditAction::Move, &secret, None, format!("From {from}. {reason}").trim_end())?;
        let undo = undo(&secret, revision, Act::Move(from));
        Ok(Written { secret, outcome: Outcome::MetadataOnly, undo, revived: None })
    }

    /// Buries a secret.
    pub(in crate::vault) fn delete(&mut self, (row, mut secret): Found, reason: &str) -> Result<Written> {
        secret.check_free_for(Deed::Delete)?;
        secret.deleted_at = Some(self.now);
        secret.updated_at = self.now;
        let revision = self.put(row, &secret, self.state.seq)?;
        self.audit(AuditAction::Delete, &secret, None, reason)?;
        let undo = undo(&secret, revision, Act::Restore);
        Ok(Written { secret, outcome: Outcome::MetadataOnly, undo, revived: None })
    }

    /// Brings a buried secret back.
    pub(in crate::vault) fn restore(&mut self, (row, mut secret): Found, reason: &str) -> Result<Written> {
        self.check_vacant(&secret.address)?;
        secret.deleted_at = None;
        secret.updated_at = self.now;
        let revision = self.put(row, &secret, 0)?;
        self.audit(AuditAction::Restore, &secret, None, reason)?;
        let undo = undo(&secret, revision, Act::Delete);
        Ok(Written { secret, outcome: Outcome::MetadataOnly, undo, revived: None })
    }

    /// Refuses to restore to where a secret lives again.
    pub(in crate::vault) fn check_vacant(&self, address: &Address) -> Result<()> {
        if self.live_or_none(address)?.is_none() {
            return Ok(());
        }
        Err(Error::conflict(format!("{address} exists again; the deleted one cannot come back beside it."))
            .hint("Delete the new one first, or leave the old one buried."))
    }

    fn next_version(
        &mut self,
        mut row: SecretRow<'static>,
        mut secret: Secret,
        before: &Metadata,
        fields: &Fields,
        origin: Origin,
        reason: &str,
    ) -> Result<Written> {
        check_fields(&secret.address, fields)?;
        secret.check_free_for(Deed::Value)?;
        self.check_not_withdrawn(&secret, fields)?;
        let last = row.current;
        self.add_version(&mut row, fields, origin, reason, &[])?;
        secret.version = row.current;
        secret.fields = fields.names().cloned().collect();
        secret.updated_at = self.now;
        // What a grace was given to is not the version before this one.
        secret.rotation.previous_until = None;
        self.put(row, &secret, 0)?;
        let action = match origin {
            Origin::Rotated => AuditAction::Rotate,
            Origin::RolledBack { .. } => AuditAction::Rollback,
            Origin::Created | Origin::Set | Origin::Imported => AuditAction::Set,
        };
        self.audit(action, &secret, Some(secret.version), reason)?;
        let undo = back(&secret, last, MetadataChange::back(&secret.metadata, before));
        Ok(Written { secret, outcome: Outcome::NewVersion, undo, revived: None })
    }
}

pub(in crate::vault) fn check_fields(address: &Address, fields: &Fields) -> Result<()> {
    if fields.iter().all(|(_, value)| value.is_empty()) {
        return Err(Error::usage(format!("The value for {address} is empty.")).hint("A secret has at least one byte."));
    }
    if fields.bytes() > MAX_VERSION_BYTES {
        return Err(Error::usage(format!("The fields of {address} take {} bytes, more than 1 MiB.", fields.bytes()))
            .hint("Keep large files elsewhere, and their key here."));
    }
    Ok(())
}
