//! Somebody writes to the vault file: every bit, every swap, every row taken out,
//! doubled or put back from before. Nothing may pass.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use strongroom::error::Kind;
use strongroom::vault::audit::{AuditQuery, AuditVerdict};
use strongroom::vault::catalog::Listed;
use strongroom::vault::secret::SecretId;
use strongroom::vault::{Expected, LockedVault, Pick, Release, RowsWalk, Vault};

use crate::place::{Place, actor, at, put, value};

/// Every table under the root. `audit_pending` is not: nobody without a key could
/// authenticate it.
pub(crate) const TABLES: [&str; 9] =
    ["state", "slot", "secret", "bucket", "listing", "version", "stage", "audit", "segment"];

type Row = Vec<Value>;

/// A small vault with a bit of everything, and the attacker's copy of the file.
pub(crate) struct Attacked {
    pub(crate) place: Place,
    pristine: Vec<u8>,
}

impl Attacked {
    pub(crate) fn new() -> Self {
        let (place, mut vault) = Place::new();
        put(&mut vault, "prod/A", "one");
        put(&mut vault, "prod/A", "two");
        let later = Timestamp::now() + SignedDuration::from_mins(1);
        vault.cut_audit(&place.path().with_extension("segment"), later, "").unwrap().unwrap();
        put(&mut vault, "A", "other");
        vault.move_secret(&at("A"), &at("B"), "").unwrap();
        vault.stage(&at("B"), value("pending"), None, "", Expected::Present).unwrap();
        put(&mut vault, "gone", "buried");
        vault.delete(&at("gone"), "").unwrap();
        drop(vault);
        Self::of(place)
    }

    /// One file without a log beside it, quick to put back.
    pub(crate) fn of(place: Place) -> Self {
        let sql = Connection::open(place.path()).unwrap();
        sql.execute_batch("PRAGMA journal_mode = DELETE").unwrap();
        drop(sql);
        let pristine = std::fs::read(place.path()).unwrap();
        Self { place, pristine }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.place.path()
    }

    pub(crate) fn reset(&self) {
        self.overwrite(&self.pristine);
    }

    /// In place, since a file that is cut and written anew is flushed to the disk each time.
    fn overwrite(&self, bytes: &[u8]) {
        let file = OpenOptions::new().write(true).open(self.path()).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
    }

    pub(crate) fn sql(&self) -> Connection {
        let sql = Connection::open(self.path()).unwrap();
        sql.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;").unwrap();
        sql
    }

    fn table(&self, table: &str) -> (Vec<String>, Vec<Row>) {
        let sql = self.sql();
        let mut statement = sql.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let width = columns.len();
        let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect()).unwrap();
        (columns, rows.map(Result::unwrap).collect())
    }

    /// Replaces one row on a fresh copy; false when SQLite's own constraints refused.
    fn replace(&self, table: &str, columns: &[String], old: &Row, new: &Row) -> bool {
        self.reset();
        let set: Vec<String> = columns.iter().enumerate().map(|(at, name)| format!("{name} = ?{}", at + 1)).collect();
        let found: Vec<String> =
            columns.iter().enumerate().map(|(at, name)| format!("{name} IS ?{}", at + 1 + columns.len())).collect();
        let sql = format!("UPDATE {table} SET {} WHERE {}", set.join(", "), found.join(" AND "));
        let done = self.sql().execute(&sql, params_from_iter(new.iter().chain(old)));
        assert_ne!(done.as_ref().ok(), Some(&0), "no row was found");
        done.is_ok()
    }

    /// Looks at everything that can be looked at; true when something was refused.
    fn is_noticed(&self) -> bool {
        let Ok(locked) = LockedVault::open(&self.path()) else { return true };
        let Ok(mut vault) = locked.unlock(&self.place.key(), actor()) else { return true };
        let Ok(catalog) = vault.catalog() else { return true };
        if vault.verify_rows().is_err() {
            return true;
        }
        let Ok(buried) = vault.deleted() else { return true };
        let ids = catalog.listed().iter().map(|listed| listed.id).chain(buried.iter().map(|secret| secret.id));
        ids.clone().any(|id| vault.history(id).is_err())
            || !matches!(vault.verify_audit(), Ok(AuditVerdict::Intact { .. }))
            || vault.audit(&AuditQuery::default()).is_err()
            || LockedVault::open(&self.path()).and_then(|locked| locked.check_file()).is_err()
            || ids.clone().any(|id| is_stage_noticed(&mut vault, id))
    }

    /// Unused room and the two plain indexes are under no seal: damage there is found by
    /// nobody, and changes nothing that is given out.
    fn is_noticed_or_harmless(&self, what: &str) {
        if !self.is_noticed() {
            let mut vault = self.place.open();
            for (address, expected) in [("B", "other"), ("prod/A", "two")] {
                assert_eq!(crate::place::reveal(&mut vault, address, None), expected, "{what}");
            }
        }
    }
}

/// Looks at what is pending, if anything is.
fn is_stage_noticed(vault: &mut Vault, id: SecretId) -> bool {
    let Ok(secret) = vault.secret(id) else { return true };
    if secret.rotation.stage.is_none() {
        return false;
    }
    let fields = vault.release(id, Pick::Pending, Release::Reveal, "", false);
    !fields.is_ok_and(|fields| fields.get("value").is_some_and(|value| value.expose() == b"pending"))
}

fn flipped(cell: &Value, bit: usize) -> Value {
    match cell {
        Value::Integer(number) => Value::Integer(number ^ (1 << bit)),
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Value::Blob(bytes)
        }
        other => panic!("no column holds {other:?}"),
    }
}

fn bits(cell: &Value) -> usize {
    match cell {
        Value::Integer(_) => 64,
        Value::Blob(bytes) => bytes.len() * 8,
        other => panic!("no column holds {other:?}"),
    }
}

#[test]
fn the_untouched_file_passes() {
    let attacked = Attacked::new();
    assert!(!attacked.is_noticed());
}

/// In halves, which are tried beside each other.
#[test]
fn every_flipped_bit_of_every_column_is_refused() {
    let flips = flip(|table| !is_of_the_other_half(table));
    assert!(flips > 7_000, "only {flips} flips were tried");
}

#[test]
fn every_flipped_bit_of_every_other_column_is_refused() {
    let flips = flip(is_of_the_other_half);
    assert!(flips > 7_000, "only {flips} flips were tried");
}

fn is_of_the_other_half(table: &str) -> bool {
    matches!(table, "secret" | "version" | "listing")
}

/// Flips every bit of these tables; gives how many there were.
fn flip(tables: impl Fn(&str) -> bool) -> usize {
    let attacked = Attacked::new();
    let mut flips = 0;
    // The bucket digests are a test of their own, since they are a quarter of a million bits.
    for table in TABLES.into_iter().filter(|table| *table != "bucket" && tables(table)) {
        let (columns, rows) = attacked.table(table);
        for row in &rows {
            for (column, cell) in row.iter().enumerate() {
                for bit in 0..bits(cell) {
                    let mut altered = row.clone();
                    altered[column] = flipped(cell, bit);
                    if attacked.replace(table, &columns, row, &altered) {
                        flips += 1;
                        assert!(attacked.is_noticed(), "{table}.{}, bit {bit}", columns[column]);
                    }
                }
            }
        }
    }
    flips
}

/// Under the eyes of one open vault, which looks again at each of them.
#[test]
fn every_flipped_bit_of_the_bucket_digests_is_refused() {
    let attacked = Attacked::new();
    let mut vault = attacked.place.open();
    let sql = attacked.sql();
    let mut write = sql.prepare("UPDATE bucket SET digests = ?2 WHERE page = ?1").unwrap();
    for page in 0..32 {
        let stored: Vec<u8> =
            sql.query_row("SELECT digests FROM bucket WHERE page = ?1", [page], |row| row.get(0)).unwrap();
        let mut altered = stored.clone();
        for bit in 0..altered.len() * 8 {
            altered[bit / 8] ^= 1 << (bit % 8);
            write.execute((page, &altered)).unwrap();
            assert_eq!(vault.find(&at("B")).err().map(|error| error.kind()), Some(Kind::Damaged), "{page}, bit {bit}");
            altered[bit / 8] ^= 1 << (bit % 8);
        }
        write.execute((page, &stored)).unwrap();
    }
    assert!(vault.find(&at("B")).is_ok(), "it was the flips that were refused");
}

#[test]
fn every_swap_of_two_cells_is_refused() {
    let attacked = Attacked::new();
    let mut swaps = 0;
    for table in TABLES {
        let (columns, rows) = attacked.table(table);
        for column in 0..columns.len() {
            for one in 0..rows.len() {
                for other in 0..one {
                    if rows[one][column] == rows[other][column] {
                        continue;
                    }
                    let (mut first, mut second) = (rows[one].clone(), rows[other].clone());
                    std::mem::swap(&mut first[column], &mut second[column]);
                    // Over a third value, since a key may not stand twice for a moment.
                    attacked.reset();
                    let sql = attacked.sql();
                    let names = columns.join(", ");
                    let marks: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
                    let found: Vec<String> =
                        columns.iter().enumerate().map(|(at, name)| format!("{name} IS ?{}", at + 1)).collect();
                    for old in [&rows[one], &rows[other]] {
                        let delete = format!("DELETE FROM {table} WHERE {}", found.join(" AND "));
                        assert_eq!(sql.execute(&delete, params_from_iter(old)).unwrap(), 1);
                    }
                    let insert = format!("INSERT INTO {table} ({names}) VALUES ({})", marks.join(", "));
                    let written =
                        [&first, &second].iter().all(|row| sql.execute(&insert, params_from_iter(*row)).is_ok());
                    drop(sql);
                    // Two whole bucket pages that change places, or rows that are the same again, are no change.
                    let same = columns.len() == 2 && table == "bucket" && rows[one][1] == rows[other][1];
                    if written && !same {
                        swaps += 1;
                        assert!(attacked.is_noticed(), "{table}.{} of rows {one} and {other}", columns[column]);
                    }
                }
            }
        }
    }
    assert!(swaps > 60, "only {swaps} swaps were tried");
}

#[test]
fn every_row_taken_out_is_refused() {
    let attacked = Attacked::new();
    for table in TABLES {
        let (columns, rows) = attacked.table(table);
        for (number, row) in rows.iter().enumerate() {
            // An empty page of bucket digests reads as zeros all the same.
            if table == "bucket" && row[1] == Value::Blob(vec![0; 1024]) {
                continue;
            }
            // A list that is missing is told by the rows; see the test of that.
            if table == "listing" {
                continue;
            }
            attacked.reset();
            let found: Vec<String> =
                columns.iter().enumerate().map(|(at, name)| format!("{name} IS ?{}", at + 1)).collect();
            let delete = format!("DELETE FROM {table} WHERE {}", found.join(" AND "));
            assert_eq!(attacked.sql().execute(&delete, params_from_iter(row)).unwrap(), 1);
            assert!(attacked.is_noticed(), "{table}, row {number}");
        }
    }
}

/// The rows of an older file, table by table, put back into the newer one.
#[test]
fn old_rows_put_back_are_refused() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "prod/A", "one");
    put(&mut vault, "B", "one");
    let id = vault.stage(&at("B"), value("pending"), None, "", Expected::Present).unwrap().id;
    drop(vault);
    let old = Attacked::of(place);
    let mut vault = old.place.open();
    put(&mut vault, "prod/A", "two");
    vault.abort(id, false, "").unwrap();
    vault.stage(&at("B"), value("pending"), None, "", Expected::Present).unwrap();
    drop(vault);
    let new = Attacked { pristine: std::fs::read(old.path()).unwrap(), place: Place::new().0 };
    let before = new.place.folder.path().join("old.db");
    std::fs::write(&before, &old.pristine).unwrap();
    for table in TABLES {
        std::fs::write(old.path(), &new.pristine).unwrap();
        let sql = old.sql();
        sql.execute("ATTACH ?1 AS old", [before.to_str().unwrap()]).unwrap();
        let same: i64 = sql
            .query_row(
                &format!("SELECT count(*) FROM (SELECT * FROM main.{table} EXCEPT SELECT * FROM old.{table})"),
                [],
                |row| row.get(0),
            )
            .unwrap();
        sql.execute_batch(&format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM old.{table};"))
            .unwrap();
        drop(sql);
        assert!(same == 0 || old.is_noticed(), "{table}");
    }
}

/// An attacker removes the narrow secret so that the wider one is resolved instead.
#[test]
fn a_removed_narrow_secret_never_yields_the_wider_one() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "KEY", "wide");
    put(&mut vault, "prod/KEY", "narrow");
    let narrow = vault.find(&at("prod/KEY")).unwrap().id;
    drop(vault);
    let attacked = Attacked::of(place);
    assert_eq!(attacked.sql().execute("DELETE FROM secret WHERE id = ?1", [narrow.0]).unwrap(), 1);
    let mut vault = attacked.place.open();
    let context = strongroom::vault::scope::Context::new(vec!["prod".parse().unwrap()]);
    assert_eq!(vault.resolve(&context, &"KEY".parse().unwrap()).unwrap_err().kind(), Kind::Damaged);
}

/// Damage that is found stops every later write of the session, and nothing is released.
#[test]
fn found_damage_stops_writes_and_releases() {
    let attacked = Attacked::new();
    let mut vault = attacked.place.open();
    let id = vault.find(&at("B")).unwrap().id;
    drop(vault);
    attacked.reset();
    attacked.sql().execute("UPDATE version SET value = zeroblob(length(value)) WHERE secret_id = ?1", [id.0]).unwrap();
    let mut vault = attacked.place.open();
    assert_eq!(vault.release(id, None, Release::Reveal, "", false).err().unwrap().kind(), Kind::Damaged);
    assert!(vault.read_only_reason().is_some());
    let write = vault.set(&at("C"), Some(value("x")), Default::default(), "", Expected::Any);
    assert!(write.is_err());
    let other = vault.find(&at("prod/A")).unwrap().id;
    assert!(vault.release(other, None, Release::Reveal, "", false).is_err());
}

#[test]
fn cut_and_scribbled_files_give_errors_and_no_panic() {
    let attacked = Attacked::new();
    let length = attacked.pristine.len();
    for cut in (0..length).step_by(length / 60).chain([1, 99, 100, 4095]) {
        attacked.overwrite(&attacked.pristine[..cut]);
        attacked.is_noticed_or_harmless(&format!("cut to {cut}"));
    }
    let mut random = 0x2545_f491_u64;
    for _ in 0..400 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut bytes = attacked.pristine.clone();
        let start = usize::try_from(random).unwrap() % (length - 64);
        bytes[start..start + 64].fill(u8::try_from(random % 256).unwrap());
        attacked.overwrite(&bytes);
        attacked.is_noticed_or_harmless(&format!("scribbled at {start}"));
    }
}

#[test]
fn a_hostile_trigger_that_swallows_writes_is_refused() {
    let attacked = Attacked::new();
    let mut vault = attacked.place.open();
    attacked
        .sql()
        .execute_batch(
            "CREATE TRIGGER evil AFTER INSERT ON version BEGIN DELETE FROM version WHERE number = NEW.number; END",
        )
        .unwrap();
    let write = vault.set(&at("C"), Some(value("x")), Default::default(), "", Expected::Any);
    assert_eq!(write.unwrap_err().kind(), Kind::Damaged, "planted while the vault is open");
    assert_eq!(LockedVault::open(&attacked.path()).err().unwrap().kind(), Kind::Damaged, "and at the next opening");
}

/// Nobody can authenticate failed unlocks, so anybody may write nonsense there; it must
/// not keep the owner out.
#[test]
fn nonsense_among_the_failed_unlocks_keeps_nobody_out() {
    let attacked = Attacked::new();
    let sql = attacked.sql();
    for id in 0..2000 {
        sql.execute("INSERT INTO audit_pending VALUES (?1, ?1, 0, ?2)", (id, i64::MAX)).unwrap();
    }
    drop(sql);
    let mut vault = attacked.place.open();
    assert_eq!(vault.begin_session().unwrap(), u64::MAX);
    assert_eq!(vault.begin_session().unwrap(), 0);
    assert_eq!(put(&mut vault, "C", "x"), 1);
}

/// What the lists say of the secrets, whatever order their texts were met in.
fn shown(vault: &mut Vault) -> (Vec<String>, Option<Kind>) {
    let (catalog, damage) = vault.catalog_with_damage();
    let row = |listed: &Listed| {
        let texts = [listed.scope, listed.tags, listed.fields, listed.created_by, listed.owner];
        let rest = (listed.id, listed.version, listed.rotation_days, listed.created_at, listed.updated_at);
        let times = (listed.value_changed_at, listed.last_rotated, listed.expires_at);
        format!("{} {:?} {rest:?} {times:?}", listed.name, texts.map(|text| catalog.text(text)))
    };
    (catalog.listed().iter().map(row).collect(), damage.map(|error| error.kind()))
}

/// A list taken out costs time and nothing else, and the next write seals it again.
#[test]
fn a_list_taken_out_is_read_from_the_rows_and_made_again() {
    let attacked = Attacked::new();
    let whole = shown(&mut attacked.place.open());
    assert_eq!((whole.0.len(), whole.1), (2, None));
    let (_, lists) = attacked.table("listing");
    assert_eq!(lists.len(), 3, "one for each bucket with a row, the buried one's too");
    for taken in ["bucket = (SELECT min(bucket) FROM listing)", "true"] {
        attacked.reset();
        attacked.sql().execute(&format!("DELETE FROM listing WHERE {taken}"), []).unwrap();
        let mut vault = attacked.place.open();
        assert_eq!(shown(&mut vault), whole, "{taken}");
        vault.verify_rows().unwrap();
        vault.begin_session().unwrap();
        drop(vault);
        assert_eq!(attacked.table("listing").1.len(), lists.len(), "{taken}");
        assert!(!attacked.is_noticed(), "{taken}");
        assert_eq!(shown(&mut attacked.place.open()), whole, "{taken}");
    }
}

/// Rows that were altered stay found even where their list is taken out with them: it is
/// neither made anew from them nor is the alteration listed.
#[test]
fn a_list_taken_out_hides_no_altered_row() {
    let attacked = Attacked::new();
    let sql = attacked.sql();
    sql.execute_batch("DELETE FROM listing; UPDATE secret SET current = 1 WHERE current = 2;").unwrap();
    drop(sql);
    let mut vault = attacked.place.open();
    assert_eq!(shown(&mut vault).1, Some(Kind::Damaged));
    assert!(vault.begin_session().is_ok_and(|failed| failed == 0), "a session begins without a write");
    drop(vault);
    // Another session, which has not looked at the list, writes elsewhere.
    let mut vault = attacked.place.open();
    put(&mut vault, "C", "x");
    drop(vault);
    assert_eq!(attacked.table("listing").1.len(), 1, "of the bucket that was written to");
    let mut vault = attacked.place.open();
    assert_eq!(shown(&mut vault).1, Some(Kind::Damaged));
    assert!(vault.verify_rows().is_err());
}

/// A list that does not open is damage; its secrets are listed all the same.
#[test]
fn a_list_that_was_altered_is_damage_and_hides_nothing() {
    let attacked = Attacked::new();
    let whole = shown(&mut attacked.place.open()).0;
    for damage in [
        "UPDATE listing SET sealed = zeroblob(length(sealed))",
        "UPDATE listing SET sealed = x''",
        "INSERT INTO listing SELECT bucket + 1, sealed FROM listing LIMIT 1",
        "UPDATE listing SET bucket = (bucket + 512) % 1024",
    ] {
        attacked.reset();
        attacked.sql().execute_batch(damage).unwrap();
        let mut vault = attacked.place.open();
        assert_eq!(shown(&mut vault), (whole.clone(), Some(Kind::Damaged)), "{damage}");
        assert!(vault.read_only_reason().is_some(), "{damage}");
        assert!(attacked.is_noticed(), "{damage}");
    }
}

/// The list of an older state does not open, not even beside the rows it was made of.
#[test]
fn an_old_list_put_back_does_not_open() {
    let attacked = Attacked::new();
    let before = attacked.path().with_file_name("before.db");
    std::fs::copy(attacked.path(), &before).unwrap();
    let mut vault = attacked.place.open();
    put(&mut vault, "prod/A", "three");
    drop(vault);
    for tables in [&["listing"][..], &["listing", "secret", "version"], &["listing", "secret", "bucket"]] {
        let later = std::fs::read(attacked.path()).unwrap();
        let sql = attacked.sql();
        sql.execute("ATTACH ?1 AS before", [before.to_str().unwrap()]).unwrap();
        for table in tables {
            let put_back = format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM before.{table}");
            sql.execute_batch(&put_back).unwrap();
        }
        drop(sql);
        assert_eq!(shown(&mut attacked.place.open()).1, Some(Kind::Damaged), "{tables:?}");
        attacked.overwrite(&later);
    }
    assert_eq!(shown(&mut attacked.place.open()).1, None);
}

/// A list of another vault with the same secrets is another vault's.
#[test]
fn a_list_of_another_vault_does_not_open() {
    let (one, other) = (Attacked::new(), Attacked::new());
    let lists = other.table("listing").1;
    let sql = one.sql();
    sql.execute("DELETE FROM listing", []).unwrap();
    for list in &lists {
        sql.execute("INSERT INTO listing VALUES (?1, ?2)", params_from_iter(list)).unwrap();
    }
    drop(sql);
    assert_eq!(shown(&mut one.place.open()).1, Some(Kind::Damaged));
}

/// One bad row whose list is gone is damage, and the others can still be found. With
/// its list it is listed, and the walk behind the list finds it.
#[test]
fn what_still_opens_is_listed_beside_the_damage() {
    let attacked = Attacked::new();
    let mut vault = attacked.place.open();
    let bad = vault.find(&at("B")).unwrap().id;
    drop(vault);
    attacked.reset();
    attacked.sql().execute("UPDATE secret SET metadata = zeroblob(156) WHERE id = ?1", [bad.0]).unwrap();
    let mut vault = attacked.place.open();
    assert_eq!(vault.catalog().unwrap().listed().len(), 2);
    assert!(vault.read_only_reason().is_none());
    assert_eq!(vault.verify_rows().unwrap_err().kind(), Kind::Damaged);
    assert!(vault.set(&at("C"), Some(value("x")), Default::default(), "", Expected::Any).is_err());

    attacked.sql().execute("DELETE FROM listing", []).unwrap();
    let mut vault = attacked.place.open();
    let (catalog, damage) = vault.catalog_with_damage();
    assert_eq!(damage.unwrap().kind(), Kind::Damaged);
    let names: Vec<&str> = catalog.listed().iter().map(|listed| &*listed.name).collect();
    assert_eq!(names, ["A"]);
    assert!(vault.read_only_reason().is_some());
    assert!(vault.set(&at("C"), Some(value("x")), Default::default(), "", Expected::Any).is_err());
}

/// Walked in slices, with writes of others between them, a sound vault stays sound and
/// damage is met in its slice.
#[test]
fn the_rows_are_walked_in_slices() {
    let (place, mut vault) = Place::new();
    for number in 0..40 {
        put(&mut vault, &format!("S{number}"), "x");
    }
    let mut walk = RowsWalk::default();
    let mut slices = 0;
    while !vault.walk_rows(&mut walk, 5).unwrap() {
        slices += 1;
        put(&mut place.open(), &format!("other{slices}"), "y");
    }
    assert!(slices > 6, "{slices}");
    drop(vault);
    let attacked = Attacked::of(place);
    attacked.sql().execute("DELETE FROM secret WHERE name_index = (SELECT max(name_index) FROM secret)", []).unwrap();
    let (mut vault, mut walk) = (attacked.place.open(), RowsWalk::default());
    let found = std::iter::from_fn(|| Some(vault.walk_rows(&mut walk, 5))).take_while(|step| *step != Ok(true));
    let steps: Vec<_> = found.take(30).collect();
    assert_eq!((steps[0].clone(), steps[1].clone()), (Ok(false), Ok(false)));
    assert!(steps.iter().any(|step| step.as_ref().is_err_and(|error| error.kind() == Kind::Damaged)));
}
