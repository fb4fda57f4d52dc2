//! A field's value on its way to a pane of tmux, and the record of one that did not get there.

use crate::error::{Error, Result};
use crate::tui::event::Answer;
use crate::tui::tmux::TmuxPane;
use crate::vault::audit::AuditAction;
use crate::vault::secret::SecretId;
use crate::vault::{Release, Vault};

use super::no_such_field;

/// Opens one field, on record with where it goes; the others are wiped here.
pub(super) fn open(
    vault: &mut Vault,
    (id, field): (SecretId, &str),
    (version, seen): (Option<u64>, u64),
    allow_expired: bool,
    pane: Box<TmuxPane>,
) -> Result<Answer> {
    let secret = vault.secret(id)?;
    // What was warned of, or not, was the value of the version that was looked at.
    if version.is_none() && secret.version != seen {
        let words = format!("Nothing was pasted: {} has version {} meanwhile.", secret.address, secret.version);
        return Err(Error::version_conflict(words, secret.version).hint("Look at it, then paste that one."));
    }
    let fields = vault.release(id, Some(seen), Release::Copy, &pane.reason(), allow_expired)?;
    let value = fields.take(field).ok_or_else(|| no_such_field(&secret, field))?;
    Ok(Answer::ReadyToPaste { id, address: secret.address, value, pane })
}

/// The record says that it was pasted; this one, that it did not arrive. That it did not
/// is on the screen already, whether or not it can be written down.
pub(super) fn note(vault: &mut Vault, id: SecretId, pane: &TmuxPane, cause: &str) {
    let _ = vault.note(AuditAction::Copy, Some(id), &pane.reason(), Some(cause));
}
