//! Pending versions as rows, at most one a secret. Formats 1 and 2 have none.

use rusqlite::{OptionalExtension, Row, params};

use crate::error::Result;

use super::{Tx, failure};

/// A pending version, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRow {
    /// Whose.
    pub secret_id: [u8; 16],
    /// The revision of the secret's metadata that staged it; no other ever has it.
    pub revision: u64,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The wrapped data key.
    pub data_key: [u8; 60],
    /// The sealed fields.
    pub value: Vec<u8>,
}

impl Tx<'_> {
    /// The pending version of a secret.
    ///
    /// # Errors
    /// Those of the file.
    pub fn stage(&self, secret_id: &[u8; 16]) -> Result<Option<StageRow>> {
        self.connection
            .prepare_cached("SELECT secret_id, revision, created_at, data_key, value FROM stage WHERE secret_id = ?1")
            .and_then(|mut statement| statement.query_row([secret_id], read).optional())
            .map_err(failure)
    }

    /// Every pending version, in the order of the secrets' ids.
    ///
    /// # Errors
    /// Those of the file.
    pub fn stages(&self) -> Result<Vec<StageRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT secret_id, revision, created_at, data_key, value FROM stage ORDER BY secret_id")
            .map_err(failure)?;
        let rows = statement.query_map([], read).map_err(failure)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failure)
    }

    /// Writes a pending version, over the secret's own if it has one.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_stage(&self, row: &StageRow) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO stage VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut statement| {
                statement.execute(params![row.secret_id, row.revision, row.created_at, row.data_key, row.value])
            })
            .map_err(failure)?;
        Ok(())
    }

    /// Destroys the pending version of a secret, if it has one.
    ///
    /// # Errors
    /// Those of the file.
    pub fn remove_stage(&self, secret_id: &[u8; 16]) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM stage WHERE secret_id = ?1")
            .and_then(|mut statement| statement.execute([secret_id]))
            .map_err(failure)?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<StageRow> {
    Ok(StageRow {
        secret_id: row.get(0)?,
        revision: row.get(1)?,
        created_at: row.get(2)?,
        data_key: row.get(3)?,
        value: row.get(4)?,
    })
}
