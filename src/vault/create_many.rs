//! Many new secrets as one: all of them in one transaction, or none of them.

use crate::error::{Error, Result};

use super::Vault;
use super::audit::AuditAction;
use super::scope::Address;
use super::secret::Fields;
use super::write::MetadataChange;

impl Vault {
    /// Makes every one of these secrets, each with its audit record; gives their number.
    ///
    /// # Errors
    /// Conflict, naming the secret that exists already or stands there twice; Usage, for
    /// values or metadata out of bounds. Nothing is kept then.
    pub fn create_many(
        &mut self,
        secrets: impl IntoIterator<Item = (Address, Fields, MetadataChange)>,
        reason: &str,
    ) -> Result<usize> {
        let (mut made, mut refused) = (0, None);
        let done = self.write(|change| {
            for (address, fields, metadata) in secrets {
                let created = match change.live_or_none(&address) {
                    Ok(None) => change.create(&address, Some(fields), &metadata, reason).map(drop),
                    Ok(Some((_, secret))) => {
                        Err(Error::version_conflict(format!("{address} exists already."), secret.version)
                            .hint("Leave it out, or choose another name."))
                    }
                    Err(error) => Err(error),
                };
                if let Err(error) = created {
                    refused = Some(address);
                    return Err(error);
                }
                made += 1;
            }
            Ok(made)
        });
        if let (Err(error), Some(address)) = (&done, refused) {
            self.note_refusal(AuditAction::Create, (None, Some(&address)), reason, error);
        }
        done
    }
}
