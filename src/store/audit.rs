//! The audit log as rows, and the failed unlocks that wait to be folded into it.

use std::borrow::Cow;

use rusqlite::{OptionalExtension, params};

use crate::error::Result;

use super::{Tx, failure};

/// Most failed unlocks kept apart; more only raise the count of the last one.
const MOST_PENDING: u64 = 1000;

/// One audit record, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow<'a> {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// Unix milliseconds.
    pub at: i64,
    /// The sealed body.
    pub body: Cow<'a, [u8]>,
    /// The chain's code after this record.
    pub mac: [u8; 32],
}

/// Failed unlocks that nobody could authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingRow {
    /// Unix milliseconds.
    pub at: i64,
    /// Who tried.
    pub uid: u32,
    /// How often.
    pub count: u64,
}

impl Tx<'_> {
    /// Appends a record; its number must be new.
    ///
    /// # Errors
    /// Damaged, when the number is taken; else those of the file.
    pub fn append_audit(&self, row: &AuditRow<'_>) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| statement.execute(params![row.seq, row.at, &row.body[..], row.mac]))
            .map_err(failure)?;
        Ok(())
    }

    /// Gives a record another seal and another code of the chain.
    ///
    /// # Errors
    /// Those of the file.
    pub fn reseal_audit(&self, row: &AuditRow<'_>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE audit SET body = ?2, mac = ?3 WHERE seq = ?1")
            .and_then(|mut statement| statement.execute(params![row.seq, &row.body[..], row.mac]))
            .map_err(failure)?;
        Ok(())
    }

    /// When record `seq` was written, and the chain's code after it; `None` when it is not there.
    ///
    /// # Errors
    /// Those of the file.
    pub fn audit_link(&self, seq: u64) -> Result<Option<(i64, [u8; 32])>> {
        self.connection
            .prepare_cached("SELECT at, mac FROM audit WHERE seq = ?1")
            .and_then(|mut statement| statement.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .map_err(failure)
    }

    /// Walks the records from number `from` on, oldest first, until `visit` says stop (false).
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_audit(&self, from: u64, visit: impl FnMut(AuditRow<'_>) -> Result<bool>) -> Result<()> {
        self.walk_audit("SELECT seq, at, body, mac FROM audit WHERE seq >= ?1 ORDER BY seq", from, visit)
    }

    /// Walks the records before number `before`, newest first, until `visit` says stop (false).
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_audit_newest_first(&self, before: u64, visit: impl FnMut(AuditRow<'_>) -> Result<bool>) -> Result<()> {
        self.walk_audit("SELECT seq, at, body, mac FROM audit WHERE seq < ?1 ORDER BY seq DESC", before, visit)
    }

    fn walk_audit(&self, sql: &str, bound: u64, mut visit: impl FnMut(AuditRow<'_>) -> Result<bool>) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        let bound = i64::try_from(bound).unwrap_or(i64::MAX);
        let mut rows = statement.query([bound]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            if !visit(read(row).map_err(failure)?)? {
                break;
            }
        }
        Ok(())
    }

    /// Notes one failed unlock.
    ///
    /// # Errors
    /// Those of the file.
    pub fn add_pending(&self, at: i64, uid: u32) -> Result<()> {
        let waiting: u64 =
            self.connection.query_row("SELECT count(*) FROM audit_pending", [], |row| row.get(0)).map_err(failure)?;
        let done = if waiting < MOST_PENDING {
            self.connection.execute("INSERT INTO audit_pending(at, uid, count) VALUES (?1, ?2, 1)", params![at, uid])
        } else {
            self.connection.execute(
                "UPDATE audit_pending SET count = count + 1, at = ?1 WHERE id = (SELECT max(id) FROM audit_pending)",
                [at],
            )
        };
        done.map_err(failure)?;
        Ok(())
    }

    /// The failed unlocks since the last write, oldest first, at most 1,000 rows:
    /// nobody authenticates them, so anybody may have written more.
    ///
    /// # Errors
    /// Those of the file.
    pub fn pending(&self) -> Result<Vec<PendingRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT at, uid, count FROM audit_pending ORDER BY id LIMIT 1000")
            .map_err(failure)?;
        let rows = statement
            .query_map([], |row| Ok(PendingRow { at: row.get(0)?, uid: row.get(1)?, count: row.get(2)? }))
            .map_err(failure)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failure)
    }

    /// Forgets them, once they are in the chain.
    ///
    /// # Errors
    /// Those of the file.
    pub fn clear_pending(&self) -> Result<()> {
        self.connection.execute("DELETE FROM audit_pending", []).map_err(failure)?;
        Ok(())
    }
}

/// A row as it lies in the file, nothing copied but the numbers.
fn read<'a>(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<AuditRow<'a>> {
    let body = Cow::Borrowed(row.get_ref(2)?.as_blob()?);
    Ok(AuditRow { seq: row.get(0)?, at: row.get(1)?, body, mac: row.get(3)? })
}
