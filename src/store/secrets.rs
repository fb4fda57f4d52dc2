//! Secrets, their versions and the bucket digests over them, as rows.

use std::borrow::Cow;

use rusqlite::{OptionalExtension, Row, params};

use crate::error::{Error, Result};

use super::{Tx, failure};

/// Secrets are spread over this many buckets by the first bits of their name index.
pub const BUCKETS: usize = 1024;
/// Bucket digests on one page.
const PAGE: usize = 32;
const DIGEST: usize = 32;

const COLUMNS: &str =
    "SELECT name_index, buried, id, current, revision, created_at, deleted_at, modified, chain, metadata FROM secret";

/// One secret: the head of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow<'a> {
    /// Keyed index of scope and name.
    pub name_index: [u8; 16],
    /// 0 while it lives, else the `seq` of its deletion.
    pub buried: u64,
    /// Lasting identity.
    pub id: [u8; 16],
    /// The current version; 0 when purged.
    pub current: u64,
    /// Revision of the metadata.
    pub revision: u64,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; 0 while it lives.
    pub deleted_at: i64,
    /// The `seq` of its last change.
    pub modified: u64,
    /// The chain over all its versions.
    pub chain: [u8; 32],
    /// The sealed metadata; empty when purged.
    pub metadata: Cow<'a, [u8]>,
}

/// How much a vault holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Living secrets.
    pub living: u64,
    /// Deleted ones that can be restored.
    pub deleted: u64,
    /// Versions of them all.
    pub versions: u64,
}

/// One version, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Whose.
    pub secret_id: [u8; 16],
    /// 1, 2, 3 …
    pub number: u64,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The wrapped data key.
    pub data_key: [u8; 60],
    /// The sealed fields.
    pub value: Vec<u8>,
    /// The sealed note.
    pub note: Vec<u8>,
}

impl SecretRow<'_> {
    /// The bucket that this row's name index falls into.
    #[must_use]
    pub fn bucket(&self) -> usize {
        bucket_of(&self.name_index)
    }

    /// The row with its metadata in memory of its own.
    #[must_use]
    pub fn into_owned(self) -> SecretRow<'static> {
        SecretRow { metadata: Cow::Owned(self.metadata.into_owned()), ..self }
    }
}

/// The first ten bits of a name index.
#[must_use]
pub fn bucket_of(name_index: &[u8; 16]) -> usize {
    usize::from(u16::from_be_bytes([name_index[0], name_index[1]]) >> 6)
}

fn read<'row>(row: &'row Row<'_>) -> rusqlite::Result<SecretRow<'row>> {
    Ok(SecretRow {
        name_index: row.get(0)?,
        buried: row.get(1)?,
        id: row.get(2)?,
        current: row.get(3)?,
        revision: row.get(4)?,
        created_at: row.get(5)?,
        deleted_at: row.get(6)?,
        modified: row.get(7)?,
        chain: row.get(8)?,
        metadata: Cow::Borrowed(row.get_ref(9)?.as_blob()?),
    })
}

impl Tx<'_> {
    /// Visits every secret, in the order of its key.
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_secret(&self, visit: impl FnMut(SecretRow<'_>) -> Result<()>) -> Result<()> {
        self.visit(&format!("{COLUMNS} ORDER BY name_index, buried"), [], visit)
    }

    /// Visits the secrets of one bucket, in the order of their key.
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_in_bucket(&self, bucket: usize, visit: impl FnMut(SecretRow<'_>) -> Result<()>) -> Result<()> {
        self.each_in_buckets(bucket..bucket + 1, visit)
    }

    /// Visits the secrets of neighbouring buckets, in the order of their key.
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_in_buckets(
        &self,
        buckets: std::ops::Range<usize>,
        visit: impl FnMut(SecretRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let bound = |bucket: usize| u16::try_from(bucket << 6).unwrap_or(u16::MAX).to_be_bytes();
        if buckets.end < BUCKETS {
            let sql = format!("{COLUMNS} WHERE name_index >= ?1 AND name_index < ?2 ORDER BY name_index, buried");
            self.visit(&sql, params![bound(buckets.start), bound(buckets.end)], visit)
        } else {
            let sql = format!("{COLUMNS} WHERE name_index >= ?1 ORDER BY name_index, buried");
            self.visit(&sql, [bound(buckets.start)], visit)
        }
    }

    /// Visits the secrets changed after `seq`.
    ///
    /// # Errors
    /// Those of `visit` and of the file.
    pub fn each_modified_after(&self, seq: u64, visit: impl FnMut(SecretRow<'_>) -> Result<()>) -> Result<()> {
        self.visit(&format!("{COLUMNS} WHERE modified > ?1 ORDER BY modified"), [seq], visit)
    }

    /// How many buried secrets were not purged. Which ones are buried stands in an index,
    /// so that the living, who are many, are not read.
    ///
    /// # Errors
    /// Those of the file.
    pub fn count_buried(&self) -> Result<u64> {
        self.connection
            .prepare_cached(
                "SELECT count(*) FROM (SELECT id FROM secret INDEXED BY secret_modified WHERE buried > 0) AS buried
                 CROSS JOIN secret ON secret.id = buried.id WHERE current > 0",
            )
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(failure)
    }

    /// How many secrets there are, and versions of them, as the rows say.
    ///
    /// # Errors
    /// Those of the file.
    pub fn counts(&self) -> Result<Counts> {
        self.connection
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE buried = 0), count(*) FILTER (WHERE buried > 0 AND current > 0),
                        coalesce(sum(current), 0) FROM secret",
            )
            .and_then(|mut statement| {
                statement.query_row([], |row| {
                    Ok(Counts { living: row.get(0)?, deleted: row.get(1)?, versions: row.get(2)? })
                })
            })
            .map_err(failure)
    }

    fn visit(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        mut visit: impl FnMut(SecretRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        let mut rows = statement.query(values).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            visit(read(row).map_err(failure)?)?;
        }
        Ok(())
    }

    /// The secret with this id.
    ///
    /// # Errors
    /// Those of the file.
    pub fn secret_by_id(&self, id: &[u8; 16]) -> Result<Option<SecretRow<'static>>> {
        self.connection
            .prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))
            .and_then(|mut statement| statement.query_row([id], |row| read(row).map(SecretRow::into_owned)).optional())
            .map_err(failure)
    }

    /// Every secret of this name index: the live one first, then the buried from the oldest.
    ///
    /// # Errors
    /// Those of the file.
    pub fn secrets_of_name(&self, name_index: &[u8; 16]) -> Result<Vec<SecretRow<'static>>> {
        let mut rows = Vec::new();
        self.visit(&format!("{COLUMNS} WHERE name_index = ?1 ORDER BY buried"), [name_index], |row| {
            rows.push(row.into_owned());
            Ok(())
        })?;
        Ok(rows)
    }

    /// Writes a secret, over its own row with the same key if there is one.
    ///
    /// # Errors
    /// Failure, when another secret has that key; those of the file.
    pub fn put_secret(&self, row: &SecretRow<'_>) -> Result<()> {
        let written = self
            .connection
            .prepare_cached(
                "INSERT INTO secret VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (name_index, buried) DO UPDATE SET current = ?4, revision = ?5,
                 deleted_at = ?7, modified = ?8, chain = ?9, metadata = ?10 WHERE id = ?3",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    row.name_index,
                    row.buried,
                    row.id,
                    row.current,
                    row.revision,
                    row.created_at,
                    row.deleted_at,
                    row.modified,
                    row.chain,
                    row.metadata
                ])
            })
            .map_err(failure)?;
        one_row(written)
    }

    /// Gives a secret's row another key: another name, buried, or alive again.
    ///
    /// # Errors
    /// Failure, when the row is not there; those of the file.
    pub fn place_secret(&self, row: &SecretRow<'_>, name_index: &[u8; 16], buried: u64) -> Result<()> {
        let moved = self
            .connection
            .prepare_cached("UPDATE secret SET name_index = ?3, buried = ?4 WHERE name_index = ?1 AND buried = ?2")
            .and_then(|mut statement| statement.execute(params![row.name_index, row.buried, name_index, buried]))
            .map_err(failure)?;
        one_row(moved)
    }

    /// The digests of all buckets, 32 KiB in order; zeros for an empty bucket.
    ///
    /// # Errors
    /// Those of the file.
    pub fn bucket_digests(&self) -> Result<Vec<u8>> {
        let mut digests = vec![0; BUCKETS * DIGEST];
        let mut statement =
            self.connection.prepare_cached("SELECT page, digests FROM bucket ORDER BY page").map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let page: usize = row.get(0).map_err(failure)?;
            let bytes = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(failure)?;
            let start = page * PAGE * DIGEST;
            if let Some(room) = digests.get_mut(start..start + PAGE * DIGEST).filter(|room| room.len() == bytes.len()) {
                room.copy_from_slice(bytes);
            }
        }
        Ok(digests)
    }

    /// Writes the page of `digests` that holds `bucket`.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_bucket_page(&self, bucket: usize, digests: &[u8]) -> Result<()> {
        let page = bucket / PAGE;
        let bytes = digests.get(page * PAGE * DIGEST..(page + 1) * PAGE * DIGEST).unwrap_or_default();
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO bucket VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![page, bytes]))
            .map_err(failure)?;
        Ok(())
    }

    /// One version of a secret.
    ///
    /// # Errors
    /// Those of the file.
    pub fn version(&self, secret_id: &[u8; 16], number: u64) -> Result<Option<VersionRow>> {
        self.connection
            .prepare_cached(
                "SELECT secret_id, number, created_at, data_key, value, note FROM version
                 WHERE secret_id = ?1 AND number = ?2",
            )
            .and_then(|mut statement| statement.query_row(params![secret_id, number], read_version).optional())
            .map_err(failure)
    }

    /// All versions of a secret, oldest first.
    ///
    /// # Errors
    /// Those of the file.
    pub fn versions(&self, secret_id: &[u8; 16]) -> Result<Vec<VersionRow>> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT secret_id, number, created_at, data_key, value, note FROM version
                 WHERE secret_id = ?1 ORDER BY number",
            )
            .map_err(failure)?;
        let rows = statement.query_map([secret_id], read_version).map_err(failure)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failure)
    }

    /// Adds a version; it is never written twice.
    ///
    /// # Errors
    /// Damaged, when the number is taken; else those of the file.
    pub fn add_version(&self, row: &VersionRow) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO version VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .and_then(|mut statement| {
                statement.execute(params![row.secret_id, row.number, row.created_at, row.data_key, row.value, row.note])
            })
            .map_err(failure)?;
        Ok(())
    }

    /// Gives a version another seal of its data key and of its note; its value stays.
    ///
    /// # Errors
    /// Failure, when the version is not there; those of the file.
    pub fn reseal_version(&self, row: &VersionRow) -> Result<()> {
        let written = self
            .connection
            .prepare_cached("UPDATE version SET data_key = ?3, note = ?4 WHERE secret_id = ?1 AND number = ?2")
            .and_then(|mut statement| statement.execute(params![row.secret_id, row.number, row.data_key, row.note]))
            .map_err(failure)?;
        one_row(written)
    }

    /// Takes out every secret's row, and every list made of them; versions stay.
    ///
    /// # Errors
    /// Those of the file.
    pub fn clear_secrets(&self) -> Result<()> {
        self.connection.execute_batch("DELETE FROM secret; DELETE FROM listing;").map_err(failure)
    }

    /// Destroys every version of a secret.
    ///
    /// # Errors
    /// Those of the file.
    pub fn remove_versions(&self, secret_id: &[u8; 16]) -> Result<()> {
        self.connection.execute("DELETE FROM version WHERE secret_id = ?1", [secret_id]).map_err(failure)?;
        Ok(())
    }
}

/// A write to one secret's row wrote exactly that.
fn one_row(written: usize) -> Result<()> {
    if written == 1 { Ok(()) } else { Err(Error::failure("A secret's row could not be written: its place is taken.")) }
}

fn read_version(row: &Row<'_>) -> rusqlite::Result<VersionRow> {
    Ok(VersionRow {
        secret_id: row.get(0)?,
        number: row.get(1)?,
        created_at: row.get(2)?,
        data_key: row.get(3)?,
        value: row.get(4)?,
        note: row.get(5)?,
    })
}
