//! Somebody changes what stands around the data: the schema (I3), the key slots and what
//! Argon2id is to cost (I5). Every change is refused.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use strongroom::crypto::keyring::UnlockKey;
use strongroom::crypto::passphrase::Cost;
use strongroom::error::Kind;
use strongroom::vault::Expected::Any;
use strongroom::vault::{LockedVault, MetadataChange, Vault};

use crate::place::{Place, actor, at, put, value};
use crate::tamper::{Attacked, TABLES};

/// Ways to change the schema of a vault; all but those that add a column leave the data alone.
fn schemas() -> Vec<String> {
    let mut schemas: Vec<String> = Vec::new();
    for table in TABLES.into_iter().chain(["audit_pending"]) {
        for when in ["BEFORE INSERT", "AFTER UPDATE", "AFTER DELETE"] {
            schemas.push(format!("CREATE TRIGGER evil {when} ON {table} BEGIN SELECT RAISE(IGNORE); END"));
        }
        schemas.push(format!("ALTER TABLE {table} ADD COLUMN evil INTEGER"));
        schemas.push(format!("CREATE VIEW evil AS SELECT * FROM {table}"));
        // The constraints and the strictness of a table, by the text that SQLite keeps of it.
        schemas.push(format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '        ') WHERE name = '{table}';
             PRAGMA writable_schema = OFF;"
        ));
    }
    let others = [
        "CREATE TABLE evil(x)",
        "CREATE INDEX evil ON version (created_at)",
        "CREATE UNIQUE INDEX evil ON audit (at)",
        "CREATE TABLE sqlite_evil_stat(x)",
        "DROP INDEX secret_modified",
        "DROP INDEX secret_id",
        "ALTER TABLE audit_pending RENAME TO pending; CREATE VIEW audit_pending AS SELECT * FROM pending",
        "ALTER TABLE version RENAME COLUMN note TO remark",
        "ANALYZE",
        "PRAGMA application_id = 0",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 2",
        "PRAGMA user_version = 99",
        "PRAGMA user_version = -1",
    ];
    schemas.extend(others.map(str::to_owned));
    schemas
}

#[test]
fn i3_every_other_schema_is_refused() {
    let attacked = Attacked::new();
    let mut refused = 0;
    for schema in schemas() {
        attacked.reset();
        let mut open = attacked.place.open();
        let sql = attacked.sql();
        // Some SQLite itself does not let through.
        if sql.execute_batch(&schema).is_err() {
            continue;
        }
        drop(sql);
        let later = LockedVault::open(&attacked.path()).err().map(|error| error.kind());
        assert!(matches!(later, Some(Kind::Damaged | Kind::Failure)), "{later:?} after {schema}");
        // Whoever has it open is not overtaken either; a number in the header is read at opening.
        if !schema.starts_with("PRAGMA user") && !schema.starts_with("PRAGMA app") {
            let write = open.set(&at("C"), Some(value("x")), MetadataChange::default(), "", Any);
            assert!(write.is_err(), "written over {schema}");
        }
        refused += 1;
    }
    assert!(refused >= 50, "only {refused} schemas were tried");
}

fn passphrase() -> UnlockKey {
    UnlockKey::Passphrase("a passphrase of the test".to_owned().into())
}

/// A vault with a passphrase and a key.
fn with_both() -> Attacked {
    let (place, mut vault) = Place::new();
    put(&mut vault, "prod/A", "one");
    vault.add_key(&passphrase(), Some(Cost::FLOOR), "").unwrap();
    drop(vault);
    Attacked::of(place)
}

fn opens(attacked: &Attacked, key: &UnlockKey) -> Result<Vault, Kind> {
    let locked = LockedVault::open(&attacked.path()).map_err(|error| error.kind())?;
    locked.unlock(key, actor()).map_err(|refused| refused.1.kind())
}

/// What is done to the slot of the passphrase, and to its place among the others.
fn slots() -> Vec<String> {
    let column = |column: &str, numbers: &[i64]| {
        numbers.iter().map(|number| format!("UPDATE slot SET {column} = {number} WHERE kind = 1")).collect::<Vec<_>>()
    };
    let floor = i64::from(Cost::FLOOR.memory_kib);
    let memory = [0, 1, 8, 1023, 19 * 1024, 46 * 1024, floor - 1, floor + 1, 2 * 1024 * 1024 + 1, u32::MAX.into()];
    let wide = [-1, i64::from(u32::MAX) + 1, i64::MAX];
    let mut slots = [column("memory_kib", &memory), column("memory_kib", &wide), column("passes", &wide)].concat();
    slots.extend(column("passes", &[0, 1, 2, 4, 65, 1_000, u32::MAX.into()]));
    slots.extend(column("lanes", &[0, 1, 2, 3, 5, 17, 255, 1 << 24, u32::MAX.into()]));
    slots.extend(column("lanes", &wide));
    slots.extend(column("kind", &[0, 2, 3, 4, 5, 6, 127, 255, -1]));
    slots.extend(
        [
            // The work as before, and less of what it costs the guesser.
            "UPDATE slot SET memory_kib = 32768, passes = 6 WHERE kind = 1",
            "UPDATE slot SET memory_kib = 19456, passes = 2, lanes = 1 WHERE kind = 1",
            "UPDATE slot SET memory_kib = 47104, passes = 1, lanes = 1 WHERE kind = 1",
            "UPDATE slot SET salt = zeroblob(16) WHERE kind = 1",
            "UPDATE slot SET salt = randomblob(16) WHERE kind = 3",
            "UPDATE slot SET wrapped = zeroblob(60) WHERE kind = 1",
            "UPDATE slot SET wrapped = randomblob(60)",
            "UPDATE slot SET id = randomblob(16) WHERE kind = 1",
            "UPDATE slot SET kind = 4 - kind",
            "DELETE FROM slot WHERE kind = 1",
            "DELETE FROM slot WHERE kind = 3",
            "DELETE FROM slot",
            "INSERT INTO slot SELECT randomblob(16), kind, memory_kib, passes, lanes, salt, wrapped FROM slot",
            "INSERT INTO slot SELECT randomblob(16), 1, 65536, 3, 4, randomblob(16), randomblob(60) FROM slot",
            "UPDATE slot SET salt = (SELECT salt FROM slot other WHERE other.kind <> slot.kind)",
            "UPDATE slot SET wrapped = (SELECT wrapped FROM slot other WHERE other.kind <> slot.kind)",
        ]
        .map(str::to_owned),
    );
    slots.push(
        "INSERT INTO slot WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
                SELECT randomblob(16), 3, 0, 0, 0, randomblob(16), randomblob(60) FROM n"
            .into(),
    );
    slots
}

#[test]
fn i5_every_other_slot_and_every_other_cost_is_refused() {
    let attacked = with_both();
    assert!(opens(&attacked, &passphrase()).is_ok() && opens(&attacked, &attacked.place.key()).is_ok());
    let mut refused = 0;
    for change in slots() {
        attacked.reset();
        let sql = attacked.sql();
        sql.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        let changed = sql.execute(&change, []);
        drop(sql);
        assert!(changed.is_ok_and(|rows| rows > 0), "nothing was changed by {change}");
        let begun = Instant::now();
        for key in [passphrase(), attacked.place.key()] {
            let refusal = opens(&attacked, &key).err();
            assert!(matches!(refusal, Some(Kind::Damaged | Kind::Locked)), "{refusal:?} after {change}");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{change} made it work");
        refused += 1;
    }
    assert!(refused >= 60, "only {refused} changes were tried");
}

/// A slot of another vault, with the passphrase that is known there.
#[test]
fn i5_a_slot_of_another_vault_is_refused() {
    let (attacked, other) = (with_both(), with_both());
    let sql: Connection = attacked.sql();
    sql.execute("ATTACH ?1 AS other", [other.path().to_str().unwrap()]).unwrap();
    sql.execute("INSERT INTO slot SELECT * FROM other.slot", []).unwrap();
    drop(sql);
    for key in [other.place.key(), attacked.place.key()] {
        let refusal = opens(&attacked, &key).err();
        assert!(matches!(refusal, Some(Kind::Damaged | Kind::Locked)), "{refusal:?}");
    }
}
