//! What was deleted beside [`Vault::deleted`]: how many there are, and who deleted them.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::error::Result;

use super::Vault;
use super::audit_log::body_of;
use super::record::AuditBody;
use super::secret::SecretId;

impl Vault {
    /// How many deleted secrets can be restored, as the file says; its rows are checked by
    /// [`Self::deleted`] and by the walk behind the list.
    ///
    /// # Errors
    /// Those of the file.
    pub fn count_deleted(&mut self) -> Result<u64> {
        self.store.read(|tx| tx.count_buried())
    }

    /// Who deleted these secrets last, `user@host`, as the audit log tells; one that no
    /// record tells about is not among them.
    ///
    /// # Errors
    /// Damaged, when a record does not open.
    pub fn deleted_by(&mut self, ids: &[SecretId]) -> Result<Vec<(SecretId, String)>> {
        let mut wanted: HashSet<SecretId> = ids.iter().copied().collect();
        self.view(|view| {
            let mut found = Vec::with_capacity(wanted.len());
            if wanted.is_empty() {
                return Ok(found);
            }
            let mut buffer = Zeroizing::new(Vec::with_capacity(1024));
            view.tx.each_audit_newest_first(u64::MAX, |row| {
                let body = body_of(view, &row, &mut buffer)?;
                if let Some(id) = AuditBody::deletion(body)?.filter(|id| wanted.remove(id)) {
                    found.push((id, AuditBody::read(body)?.actor.signature()));
                }
                Ok(!wanted.is_empty())
            })?;
            Ok(found)
        })
    }
}
