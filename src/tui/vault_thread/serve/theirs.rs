//! What another session did to a secret that is being edited or rotated here.

use crate::error::{Error, Kind, Result};
use crate::tui::theirs::{Taken, Theirs};
use crate::vault::Vault;
use crate::vault::audit::{AuditAction, AuditQuery, AuditRecord};
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

/// Looks it up: a newer version, another address or both, else who took the secret away, and when.
/// The editor knows it as version `seen` at `address`.
pub(super) fn find(vault: &mut Vault, id: SecretId, seen: u64, address: &Address) -> Result<Theirs> {
    let secret = match vault.secret(id) {
        Ok(secret) => secret,
        Err(error) if error.kind() == Kind::NotFound => {
            let record = last(vault, id, AuditAction::Purge)?;
            let taken = taken(vault, address)?;
            return Ok(Theirs::Destroyed { by: record.actor.signature(), at: record.at, taken });
        }
        Err(error) => return Err(error),
    };
    if let Some(at) = secret.deleted_at {
        let record = last(vault, id, AuditAction::Delete)?;
        let taken = taken(vault, &secret.address)?;
        let (by, metadata) = (record.actor.signature(), Box::new(secret.metadata));
        return Ok(Theirs::Deleted { by, at, from: secret.address, version: secret.version, metadata, taken });
    }
    let to = Some(secret.address).filter(|to| to != address);
    Ok(match to {
        Some(to) if secret.version == seen => Theirs::Moved { to, version: seen },
        None if secret.version == seen => Theirs::Nothing { version: seen },
        to => Theirs::Newer { diff: Box::new(vault.shape_diff(id, seen, secret.version)?), to },
    })
}

/// What lives at an address that the secret lost.
fn taken(vault: &mut Vault, address: &Address) -> Result<Option<Taken>> {
    match vault.find(address) {
        Ok(secret) => Ok(Some(Taken { id: secret.id, version: secret.version })),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The newest record of something that was done to the secret.
fn last(vault: &mut Vault, id: SecretId, action: AuditAction) -> Result<AuditRecord> {
    let query = AuditQuery { secret: Some(id), action: Some(action), ..AuditQuery::default() };
    let done = vault.audit(&query)?.into_iter().find(|record| record.error.is_none());
    done.ok_or_else(|| Error::not_found("The secret is gone, and the audit log does not say who took it away."))
}
