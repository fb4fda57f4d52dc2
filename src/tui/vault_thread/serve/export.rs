//! One field into a new file: the file is made first, then the release is recorded,
//! then the value is written. What fails leaves no file behind. A report goes the same way;
//! it holds no value, so that nothing is to be recorded.

use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;
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
    let reason = format!("To the file {path}");
    let fields = vault.release(id, Some(version), Release::Export, &reason, false).map_err(on_the_screen)?;
    let value = fields.take(field).ok_or_else(|| no_such_field(&secret, field))?;
    file.write(&value)?;
    Ok(Answer::WroteOut { address: secret.address, field: field.to_owned(), path })
}

/// Writes a text that holds no value, or asks about a git work tree.
pub(super) fn write_report(text: String, path: String, in_work_tree: bool) -> Result<Answer> {
    if let Some(root) = work_tree(&path).filter(|_| !in_work_tree) {
        return Ok(Answer::InWorkTree(root.display().to_string()));
    }
    NewFile::create(&path)?.write(&SecretText::from(text))?;
    Ok(Answer::WroteReport(path))
}

/// What one can do about it here: the vault speaks of an option of the command line.
fn on_the_screen(error: Error) -> Error {
    match error.kind() {
        Kind::Expired => error.hint("Give it a new value or a new expiry first; showing it asks, and goes on."),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_expired_is_told_in_words_of_the_screen() {
        let error = on_the_screen(Error::expired("A expired.").hint("Use --allow-expired."));
        assert!(error.next_step().is_some_and(|step| step.contains("new expiry") && !step.contains("--")));
        assert_eq!(on_the_screen(Error::failure("No.").hint("x")).next_step(), Some("x"));
    }
}
