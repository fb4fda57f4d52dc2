//! One field into a new file: the file is made first, then the release is recorded,
//! then the value is written. What fails leaves no file behind.

use crate::error::Result;
use crate::tui::event::Answer;
use crate::tui::files::{NewFile, work_tree};
use crate::vault::secret::SecretId;
use crate::vault::{Release, Vault};

use super::no_such_field;

/// Writes it, or asks about a git work tree.
pub(super) fn write_out(
    vault: &mut Vault,
    id: SecretId,
    version: u64,
    field: &str,
    path: String,
    in_work_tree: bool,
) -> Result<Answer> {
    if let Some(root) = work_tree(&path).filter(|_| !in_work_tree) {
        return Ok(Answer::InWorkTree(root.display().to_string()));
    }
    let secret = vault.secret(id)?;
    if version == secret.version && !secret.fields.iter().any(|known| known.as_str() == field) {
        return Err(no_such_field(&secret, field));
    }
    let file = NewFile::create(&path)?;
    let fields = vault.release(id, Some(version), Release::Export, &format!("To the file {path}"), false)?;
    let value = fields.take(field).ok_or_else(|| no_such_field(&secret, field))?;
    file.write(&value)?;
    Ok(Answer::WroteOut { address: secret.address, field: field.to_owned(), path })
}
