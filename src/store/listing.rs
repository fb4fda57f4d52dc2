//! The sealed list of each bucket, as rows. Format 1 has none.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;

use super::{Tx, failure};

impl Tx<'_> {
    /// Visits every sealed list with the number of its bucket, in that order.
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_listing(&self, mut visit: impl FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let mut statement =
            self.connection.prepare_cached("SELECT bucket, sealed FROM listing ORDER BY bucket").map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let bucket = row.get(0).map_err(failure)?;
            visit(bucket, row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(failure)?)?;
        }
        Ok(())
    }

    /// The sealed list of one bucket.
    ///
    /// # Errors
    /// Those of the file.
    pub fn listing(&self, bucket: usize) -> Result<Option<Vec<u8>>> {
        self.connection
            .prepare_cached("SELECT sealed FROM listing WHERE bucket = ?1")
            .and_then(|mut statement| statement.query_row([bucket], |row| row.get(0)).optional())
            .map_err(failure)
    }

    /// Replaces the sealed list of one bucket.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_listing(&self, bucket: usize, sealed: &[u8]) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO listing VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![bucket, sealed]))
            .map_err(failure)?;
        Ok(())
    }

    /// Removes the list of a bucket whose last row has moved to another one.
    ///
    /// # Errors
    /// Those of the file.
    pub fn remove_listing(&self, bucket: usize) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM listing WHERE bucket = ?1")
            .and_then(|mut statement| statement.execute([bucket]))
            .map_err(failure)?;
        Ok(())
    }

    /// The number of rows in `secret`, counted in the table itself.
    ///
    /// # Errors
    /// Those of the file.
    pub fn count_secrets(&self) -> Result<u64> {
        self.connection
            .prepare_cached("SELECT count(*) FROM secret NOT INDEXED")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(failure)
    }
}
