//! The tables, as numbered migrations that are never edited once landed, and
//! the fingerprint that shows a schema somebody else has touched.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

use super::{Tx, failure};

/// "SRM1" in the file's header: this is a strongroom vault.
const APPLICATION_ID: i32 = 0x5352_4D31;

/// Migration *n* (from 1) leads to `user_version` *n*.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// The `user_version` this program writes and reads.
fn newest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// Runs every migration after `from` and sets the header, inside the caller's transaction.
pub(super) fn migrate(connection: &Connection, from: i32) -> Result<()> {
    for sql in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(0)) {
        connection.execute_batch(sql).map_err(failure)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failure)?;
    connection.pragma_update(None, "user_version", newest()).map_err(failure)
}

/// SHA-256 over `type NUL name NUL table NUL sql NUL` of every object, in the order
/// of type and name: another trigger, view, table, index or column changes it.
pub(super) fn fingerprint(connection: &Connection) -> Result<[u8; 32]> {
    let mut statement = connection
        .prepare_cached("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")
        .map_err(failure)?;
    let mut rows = statement.query([]).map_err(failure)?;
    let mut digest = Sha256::new();
    while let Some(row) = rows.next().map_err(failure)? {
        for column in 0..4 {
            let text = row.get_ref(column).and_then(|value| Ok(value.as_bytes()?)).map_err(failure)?;
            digest.update(text);
            digest.update([0]);
        }
    }
    Ok(digest.finalize().into())
}

/// The fingerprint of each format's schema, from 1; a test derives them from the migrations.
const FINGERPRINTS: [[u8; 32]; 4] = [
    [
        0xc5, 0x63, 0xd2, 0x04, 0xe6, 0x77, 0xa3, 0x6c, 0x90, 0xfe, 0xc9, 0x6e, 0x88, 0xf0, 0xb5, 0x0a, 0xc4, 0xb5,
        0x0a, 0x79, 0xae, 0x09, 0xdb, 0xce, 0x2a, 0x30, 0xe5, 0x63, 0x91, 0x5c, 0xe4, 0xf5,
    ],
    [
        0x25, 0x05, 0xd1, 0xaf, 0xd5, 0xda, 0x35, 0xe3, 0xf2, 0x22, 0xe9, 0xd1, 0x34, 0xb0, 0x27, 0x7a, 0x85, 0xc1,
        0xe8, 0x8f, 0x3c, 0x7b, 0x72, 0x2f, 0x58, 0xd8, 0xd4, 0xb5, 0xa9, 0xe4, 0x4d, 0xeb,
    ],
    [
        0xa5, 0xf9, 0x50, 0x11, 0xe4, 0x48, 0x97, 0x99, 0xe4, 0x7a, 0xd7, 0x00, 0x53, 0xb3, 0x3d, 0x2d, 0x6b, 0x99,
        0x47, 0xff, 0x8e, 0x60, 0x53, 0xa4, 0xc9, 0x5b, 0x80, 0xe7, 0x0a, 0xae, 0x3d, 0xb5,
    ],
    [
        0x38, 0xae, 0x35, 0x25, 0x1c, 0x8c, 0x70, 0xf8, 0xf2, 0xab, 0xc8, 0x29, 0xf8, 0x56, 0x45, 0x25, 0xc8, 0xc8,
        0x58, 0xba, 0xa0, 0x33, 0x78, 0x70, 0x53, 0x8e, 0x9b, 0x12, 0x35, 0xb9, 0xac, 0x34,
    ],
];

/// The format of an opened file.
pub(super) fn version(connection: &Connection) -> Result<i32> {
    pragma(connection, "user_version")
}

fn pragma(connection: &Connection, name: &str) -> Result<i32> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failure)
}

impl Tx<'_> {
    /// The number of the file's format.
    ///
    /// # Errors
    /// Those of the file.
    pub fn format(&self) -> Result<i32> {
        version(self.connection)
    }

    /// Whether no write would migrate the file first.
    ///
    /// # Errors
    /// Those of the file.
    pub fn is_of_this_format(&self) -> Result<bool> {
        Ok(self.format()? == newest())
    }

    /// Brings the file to the newest format, in this transaction; true when it was older.
    /// The caller has checked what is there, and makes the tag anew over the new schema.
    ///
    /// # Errors
    /// Those of the file.
    pub fn migrate(&self) -> Result<bool> {
        let from = version(self.connection)?;
        if from >= newest() {
            return Ok(false);
        }
        migrate(self.connection, from).map(|()| true)
    }
}

/// Checks header and schema of an opened file.
pub(super) fn check(connection: &Connection) -> Result<()> {
    if pragma(connection, "application_id")? != APPLICATION_ID {
        return Err(Error::damaged("The file is no strongroom vault.")
            .hint("Name the vault with --vault, or restore it from a backup if it was one."));
    }
    let version = version(connection)?;
    if version > newest() {
        return Err(Error::failure(format!(
            "The vault has format {version}; this program knows formats up to {}.",
            newest()
        ))
        .hint("Use a newer strongroom; this one does not touch the file."));
    }
    let known = usize::try_from(version).ok().and_then(|version| FINGERPRINTS.get(version.checked_sub(1)?));
    if known != Some(&fingerprint(connection)?) {
        return Err(Error::damaged("The vault's schema was changed by somebody else.")
            .hint("A trigger or view may swallow writes; restore the file from a backup."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of format `version`, by its migrations.
    fn of_format(version: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for sql in &MIGRATIONS[..version] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.pragma_update(None, "user_version", i32::try_from(version).unwrap()).unwrap();
        connection
    }

    #[test]
    fn every_format_has_its_fingerprint_and_leads_to_the_newest() {
        assert_eq!(MIGRATIONS.len(), FINGERPRINTS.len());
        for (number, known) in FINGERPRINTS.iter().enumerate() {
            let connection = of_format(number + 1);
            assert_eq!(fingerprint(&connection).unwrap(), *known, "{:#04x?}", fingerprint(&connection).unwrap());
            check(&connection).unwrap();
            migrate(&connection, version(&connection).unwrap()).unwrap();
            check(&connection).unwrap();
            assert_eq!(version(&connection).unwrap(), newest());
        }
    }

    /// The schema of one format under the number of another is somebody's doing.
    #[test]
    fn a_schema_counts_for_its_own_format_only() {
        for (format, claimed) in [(1, 2), (2, 1), (3, 2), (2, 3), (3, 4), (4, 3), (1, 0), (3, -1)] {
            let connection = of_format(format);
            connection.pragma_update(None, "user_version", claimed).unwrap();
            assert_eq!(check(&connection).unwrap_err().kind(), crate::error::Kind::Damaged, "{format} as {claimed}");
        }
    }

    #[test]
    fn every_foreign_object_changes_the_fingerprint() {
        let hostile = [
            "CREATE TRIGGER t AFTER INSERT ON version BEGIN DELETE FROM version WHERE number = NEW.number; END",
            "CREATE VIEW v AS SELECT * FROM secret",
            "CREATE TABLE extra(x)",
            "CREATE INDEX i ON secret(revision)",
            "ALTER TABLE audit ADD COLUMN x TEXT",
            "DROP INDEX secret_modified",
        ];
        for sql in hostile {
            for format in 1..=MIGRATIONS.len() {
                let connection = of_format(format);
                connection.execute_batch(sql).unwrap();
                assert_eq!(check(&connection).unwrap_err().kind(), crate::error::Kind::Damaged, "{sql}");
            }
        }
    }

    #[test]
    fn a_newer_format_is_refused_without_calling_it_damaged() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, 0).unwrap();
        connection.pragma_update(None, "user_version", newest() + 1).unwrap();
        assert_eq!(check(&connection).unwrap_err().kind(), crate::error::Kind::Failure);
    }
}
