//! The one row that the whole vault hangs from.

use rusqlite::params;

use crate::error::Result;

use super::{Tx, failure};

/// The state row: under its tag stand the root of all secrets, the slots, the
/// schema and the head of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// Random identity of the vault.
    pub vault_id: [u8; 16],
    /// Number of the master key, from 1.
    pub key_epoch: u32,
    /// Random identity of this line of history; a restored backup starts another.
    pub lineage: [u8; 16],
    /// Unix milliseconds.
    pub created_at: i64,
    /// Commitment to the master key.
    pub commitment: [u8; 32],
    /// Number of committed changes.
    pub seq: u64,
    /// Number of rows in `secret`.
    pub secrets: u64,
    /// Digest over all bucket digests.
    pub root: [u8; 32],
    /// Number of audit records.
    pub audit_seq: u64,
    /// The chain's code after the last of them.
    pub audit_head: [u8; 32],
    /// Records sealed under multi-use keys of this epoch.
    pub sealed: u64,
    /// The keyed digest of all the above, the slots and the schema.
    pub tag: [u8; 32],
}

impl Tx<'_> {
    /// Reads the state row.
    ///
    /// # Errors
    /// Damaged, when it is missing or malformed.
    pub fn state(&self) -> Result<StateRow> {
        self.connection
            .prepare_cached(
                "SELECT vault_id, key_epoch, lineage, created_at, commitment, seq, secrets, root,
                        audit_seq, audit_head, sealed, tag FROM state WHERE id = 1",
            )
            .and_then(|mut statement| {
                statement.query_row([], |row| {
                    Ok(StateRow {
                        vault_id: row.get(0)?,
                        key_epoch: row.get(1)?,
                        lineage: row.get(2)?,
                        created_at: row.get(3)?,
                        commitment: row.get(4)?,
                        seq: row.get(5)?,
                        secrets: row.get(6)?,
                        root: row.get(7)?,
                        audit_seq: row.get(8)?,
                        audit_head: row.get(9)?,
                        sealed: row.get(10)?,
                        tag: row.get(11)?,
                    })
                })
            })
            .map_err(failure)
    }

    /// Replaces the state row.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_state(&self, state: &StateRow) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO state VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    state.vault_id,
                    state.key_epoch,
                    state.lineage,
                    state.created_at,
                    state.commitment,
                    state.seq,
                    state.secrets,
                    state.root,
                    state.audit_seq,
                    state.audit_head,
                    state.sealed,
                    state.tag
                ])
            })
            .map_err(failure)?;
        Ok(())
    }

    /// The fingerprint of the schema as it is in the file.
    ///
    /// # Errors
    /// Those of the file.
    pub fn schema_fingerprint(&self) -> Result<[u8; 32]> {
        super::schema::fingerprint(self.connection)
    }
}
