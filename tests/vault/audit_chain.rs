//! A1: each record of a log edited, taken out, moved or cut off. All is noticed, and the
//! first bad record is named. `STRONGROOM_RECORDS` gives a longer log.

use rusqlite::{Connection, params};
use strongroom::vault::Vault;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};

use crate::place::{Place, at, put, trials};
use crate::tamper::Attacked;

/// What is done to record `?1`, and how it is taken back from the copy.
const ATTACKS: [(&[&str], &[&str]); 4] = [
    (
        &["UPDATE audit SET body = replaced FROM kept WHERE audit.seq = ?1 AND kept.seq = ?1"],
        &["UPDATE audit SET body = kept.body FROM kept WHERE audit.seq = ?1 AND kept.seq = ?1"],
    ),
    (&["DELETE FROM audit WHERE seq = ?1"], &["INSERT INTO audit SELECT seq, at, body, mac FROM kept WHERE seq = ?1"]),
    (
        &["DELETE FROM audit WHERE seq >= ?1"],
        &["INSERT INTO audit SELECT seq, at, body, mac FROM kept WHERE seq >= ?1"],
    ),
    (
        // It changes places with the next one.
        &[
            "UPDATE audit SET seq = -1 WHERE seq = ?1",
            "UPDATE audit SET seq = ?1 WHERE seq = ?1 + 1",
            "UPDATE audit SET seq = ?1 + 1 WHERE seq = -1",
        ],
        &[
            "UPDATE audit SET seq = -1 WHERE seq = ?1",
            "UPDATE audit SET seq = ?1 WHERE seq = ?1 + 1",
            "UPDATE audit SET seq = ?1 + 1 WHERE seq = -1",
        ],
    ),
];

fn execute(sql: &mut Connection, changes: &[&str], seq: u64) {
    let transaction = sql.transaction().unwrap();
    for change in changes {
        assert!(transaction.execute(change, params![seq]).unwrap() > 0, "nothing was changed by {change} at {seq}");
    }
    transaction.commit().unwrap();
}

fn first_bad(vault: &mut Vault) -> Option<u64> {
    match vault.verify_audit().unwrap() {
        AuditVerdict::Broken { first_bad, .. } => Some(first_bad),
        AuditVerdict::Intact { .. } => None,
    }
}

#[test]
fn a1_every_record_that_is_edited_removed_moved_or_cut_off_is_named() {
    let records = trials("STRONGROOM_RECORDS", 100);
    let (place, mut vault) = Place::new();
    put(&mut vault, "A", "one");
    let id = vault.find(&at("A")).unwrap().id;
    for number in vault.audit(&AuditQuery::default()).unwrap().len() as u64..records {
        vault.note(AuditAction::ClipboardCleared, Some(id), &number.to_string(), None).unwrap();
    }
    drop(vault);
    let attacked = Attacked::of(place);
    let mut vault = attacked.place.open();
    assert_eq!(vault.verify_audit().unwrap(), AuditVerdict::Intact { records });
    let mut sql = attacked.sql();
    // One bit of the sealed body is another one: the last, by its last hexadecimal digit.
    sql.execute_batch(
        "CREATE TEMP TABLE kept AS SELECT *, substr(body, 1, length(body) - 1)
         || iif(substr(body, -1) = x'00', x'01', x'00') AS replaced FROM audit;
         UPDATE kept SET replaced = CAST(replaced AS BLOB); CREATE UNIQUE INDEX temp.kept_seq ON kept (seq);",
    )
    .unwrap();
    let mut noticed = 0;
    for seq in 1..=records {
        for (attack, undo) in &ATTACKS[..if seq < records { 4 } else { 3 }] {
            execute(&mut sql, attack, seq);
            assert_eq!(first_bad(&mut vault), Some(seq), "{attack:?}");
            execute(&mut sql, undo, seq);
            noticed += 1;
        }
    }
    assert_eq!(vault.verify_audit().unwrap(), AuditVerdict::Intact { records }, "it was the attacks that were noticed");
    println!("A1: {noticed} attacks on {records} records, each named");
}
