//! Key slots as rows.

use rusqlite::params;

use crate::error::Result;

use super::{Tx, failure};

/// One key slot; the cost is zero for kinds that need none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRow {
    /// Random identity.
    pub id: [u8; 16],
    /// Code of the kind.
    pub kind: u8,
    /// Argon2id memory in KiB.
    pub memory_kib: u32,
    /// Argon2id passes.
    pub passes: u32,
    /// Argon2id lanes.
    pub lanes: u32,
    /// Salt.
    pub salt: [u8; 16],
    /// The sealed master key.
    pub wrapped: [u8; 60],
}

impl Tx<'_> {
    /// All slots, by id.
    ///
    /// # Errors
    /// Damaged, when a row is malformed.
    pub fn slots(&self) -> Result<Vec<SlotRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, kind, memory_kib, passes, lanes, salt, wrapped FROM slot ORDER BY id")
            .map_err(failure)?;
        let rows = statement
            .query_map([], |row| {
                Ok(SlotRow {
                    id: row.get(0)?,
                    kind: row.get(1)?,
                    memory_kib: row.get(2)?,
                    passes: row.get(3)?,
                    lanes: row.get(4)?,
                    salt: row.get(5)?,
                    wrapped: row.get(6)?,
                })
            })
            .map_err(failure)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failure)
    }

    /// Adds a slot.
    ///
    /// # Errors
    /// Those of the file.
    pub fn add_slot(&self, slot: &SlotRow) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO slot VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .and_then(|mut statement| {
                statement.execute(params![
                    slot.id,
                    slot.kind,
                    slot.memory_kib,
                    slot.passes,
                    slot.lanes,
                    slot.salt,
                    slot.wrapped
                ])
            })
            .map_err(failure)?;
        Ok(())
    }

    /// Removes the slot with this id; false when there is none.
    ///
    /// # Errors
    /// Those of the file.
    pub fn remove_slot(&self, id: &[u8; 16]) -> Result<bool> {
        self.connection
            .prepare_cached("DELETE FROM slot WHERE id = ?1")
            .and_then(|mut statement| statement.execute([id]))
            .map(|removed| removed == 1)
            .map_err(failure)
    }
}
