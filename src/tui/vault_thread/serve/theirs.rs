//! What another session did to a secret that is being edited or rotated here.

use crate::error::{Error, Kind, Result};
use crate::tui::theirs::Theirs;
use crate::vault::Vault;
use crate::vault::audit::{AuditAction, AuditQuery, AuditRecord};
use crate::vault::secret::SecretId;

/// Looks it up: a newer version or another address, else who took the secret away, and when.
pub(super) fn find(vault: &mut Vault, id: SecretId, seen: u64) -> Result<Theirs> {
    let found = match vault.secret(id) {
        Ok(secret) => Some(secret),
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error),
    };
    match found {
        Some(secret) if secret.deleted_at.is_none() && secret.version == seen => {
            Ok(Theirs::Moved { to: secret.address, version: seen })
        }
        Some(secret) if secret.deleted_at.is_none() => {
            Ok(Theirs::Newer(Box::new(vault.shape_diff(id, seen, secret.version)?)))
        }
        Some(_) => {
            let record = last(vault, id, AuditAction::Delete)?;
            Ok(Theirs::Deleted { by: record.actor.signature(), at: record.at })
        }
        None => {
            let record = last(vault, id, AuditAction::Purge)?;
            Ok(Theirs::Destroyed { by: record.actor.signature(), at: record.at })
        }
    }
}

/// The newest record of something that was done to the secret.
fn last(vault: &mut Vault, id: SecretId, action: AuditAction) -> Result<AuditRecord> {
    let query = AuditQuery { secret: Some(id), action: Some(action), ..AuditQuery::default() };
    let done = vault.audit(&query)?.into_iter().find(|record| record.error.is_none());
    done.ok_or_else(|| Error::not_found("The secret is gone, and the audit log does not say who took it away."))
}
