//! What was cut off the beginning of the log, as rows. Formats 1 to 3 have none.

use rusqlite::params;

use crate::error::Result;

use super::{Tx, failure};

/// The first format with a table of them.
const SINCE: i32 = 4;

/// A stretch of the log that went to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// The number of the last record in it.
    pub last: u64,
    /// The chain's code after that record, from which the log goes on.
    pub mac: [u8; 32],
    /// The sealed body: which file it is, and its key.
    pub body: Vec<u8>,
}

impl Tx<'_> {
    /// Whether the file is of a format that has a table of them.
    ///
    /// # Errors
    /// Those of the file.
    pub fn has_segments(&self) -> Result<bool> {
        Ok(self.format()? >= SINCE)
    }

    /// Every segment, the oldest first.
    ///
    /// # Errors
    /// Those of the file.
    pub fn segments(&self) -> Result<Vec<SegmentRow>> {
        if !self.has_segments()? {
            return Ok(Vec::new());
        }
        let mut statement =
            self.connection.prepare_cached("SELECT last, mac, body FROM segment ORDER BY last").map_err(failure)?;
        let rows = statement
            .query_map([], |row| Ok(SegmentRow { last: row.get(0)?, mac: row.get(1)?, body: row.get(2)? }))
            .map_err(failure)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failure)
    }

    /// Writes a segment, in the place of one that ends at the same record.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_segment(&self, row: &SegmentRow) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO segment VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute(params![row.last, row.mac, row.body]))
            .map_err(failure)?;
        Ok(())
    }

    /// Removes the records up to number `last`.
    ///
    /// # Errors
    /// Those of the file.
    pub fn remove_audit(&self, last: u64) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM audit WHERE seq <= ?1")
            .and_then(|mut statement| statement.execute([last]))
            .map_err(failure)?;
        Ok(())
    }
}
