//! Pending versions: sealed beside the current one, promoted or aborted, and never in the
//! place of anything else.

use jiff::SignedDuration;
use strongroom::error::Kind;
use strongroom::vault::audit::AuditQuery;
use strongroom::vault::rotation::{Promotion, Runner, StageState, StepEnd, StepKind, Turn, UnderWay, Which};
use strongroom::vault::secret::{Origin, SecretId};
use strongroom::vault::{Doomed, Expected, MetadataChange, Outcome, Pick, Release, Vault};

use crate::place::{Place, at, put, reveal, value};

const RUNNER: Runner = Runner { pid: 1, within: SignedDuration::from_secs(30), to_promote: false };

fn staged(vault: &mut Vault, address: &str, text: &str) -> SecretId {
    vault.stage(&at(address), value(text), None, "quarterly", Expected::Present).unwrap().id
}

fn picked(vault: &mut Vault, id: SecretId, pick: Pick) -> Result<String, Kind> {
    let fields = vault.release(id, pick, Release::Reveal, "", false).map_err(|error| error.kind())?;
    Ok(fields.get("value").unwrap().expose_str().unwrap().to_owned())
}

fn actions(vault: &mut Vault) -> Vec<String> {
    let records = vault.audit(&AuditQuery::default()).unwrap();
    records.iter().rev().map(|record| record.action.word().to_owned()).collect()
}

/// Runs SQL on the closed file.
fn sql(place: &Place, statement: &str) {
    rusqlite::Connection::open(place.path()).unwrap().execute_batch(statement).unwrap();
}

#[test]
fn a_pending_version_is_nobodys_until_it_is_promoted() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "prod/DB", "old");
    let id = staged(&mut vault, "prod/DB", "new");
    assert_eq!(reveal(&mut vault, "prod/DB", None), "old");
    assert_eq!(picked(&mut vault, id, Pick::Pending).unwrap(), "new");
    assert_eq!(picked(&mut vault, id, Pick::Number(2)), Err(Kind::NotFound));
    assert_eq!(picked(&mut vault, id, Pick::Previous), Err(Kind::NotFound));
    assert_eq!(vault.history(id).unwrap().len(), 1);
    assert_eq!(vault.catalog().unwrap().listed()[0].under_way, UnderWay::Stage(StageState::Staged));
    vault.lock().unwrap();

    let mut vault = place.open();
    let secret = vault.secret(id).unwrap();
    let stage = secret.rotation.stage.unwrap();
    assert_eq!(
        (stage.state, stage.by.as_str(), stage.reason.as_str()),
        (StageState::Staged, "ops@bastion", "quarterly")
    );
    let written = vault.promote(id, &Promotion::default(), "went well").unwrap();
    assert_eq!((written.outcome, written.secret.version), (Outcome::NewVersion, 2));
    assert_eq!(written.secret.rotation.stage, None);
    assert_eq!(reveal(&mut vault, "prod/DB", None), "new");
    assert_eq!(picked(&mut vault, id, Pick::Previous).unwrap(), "old");
    assert_eq!(picked(&mut vault, id, Pick::Pending), Err(Kind::NotFound));
    let newest = vault.history(id).unwrap().remove(0);
    assert_eq!((newest.origin, newest.reason.as_str()), (Origin::Rotated, "quarterly. went well"));
    assert_eq!(vault.catalog().unwrap().listed()[0].under_way, UnderWay::Nothing);
    assert!(vault.verify().unwrap().damage.is_empty());
    let done = actions(&mut vault);
    assert!(done.contains(&"stage".to_owned()) && done.contains(&"promote".to_owned()), "{done:?}");
}

#[test]
fn an_aborted_one_is_gone_and_its_number_is_free() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "old");
    let id = staged(&mut vault, "DB", "never");
    let kept = vault.abort(id, false, "far side down").unwrap().rotation.given_up.remove(0);
    assert_eq!((kept.version, kept.by.as_str(), kept.reason.as_str()), (1, "ops@bastion", "quarterly. far side down"));
    assert_eq!(picked(&mut vault, id, Pick::Pending), Err(Kind::NotFound));
    assert_eq!(vault.abort(id, false, "").unwrap_err().kind(), Kind::NotFound);
    assert_eq!(put(&mut vault, "DB", "other"), 2);
    assert!(vault.verify().unwrap().damage.is_empty());
    vault.lock().unwrap();
    let left: u64 = rusqlite::Connection::open(place.path())
        .unwrap()
        .query_row("SELECT count(*) FROM stage", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

/// The newest ones stay with the secret, over every change; what does not fit makes room.
#[test]
fn rotations_that_were_given_up_are_kept_as_far_as_there_is_room() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "DB", "old");
    for number in 0..20 {
        let id = staged(&mut vault, "DB", "never");
        vault.abort(id, false, &format!("number {number}")).unwrap();
    }
    put(&mut vault, "DB", "other");
    let kept = |vault: &mut Vault| vault.find(&at("DB")).unwrap().rotation.given_up;
    let newest = kept(&mut vault);
    assert_eq!(
        (newest.len(), newest[0].reason.as_str(), newest[15].reason.as_str()),
        (16, "quarterly. number 19", "quarterly. number 4")
    );
    assert!(vault.verify().unwrap().damage.is_empty());
    // A secret whose metadata are nearly as long as they may be.
    let long = MetadataChange { description: Some("x".repeat(65_000)), ..MetadataChange::default() };
    vault.set(&at("DB"), None, long, "", Expected::Present).unwrap();
    assert!(kept(&mut vault).len() < 16);
    let id = staged(&mut vault, "DB", "never");
    vault.abort(id, false, "the last").unwrap();
    assert_eq!(kept(&mut vault)[0].reason, "quarterly. the last");
}

#[test]
fn while_one_is_pending_no_other_value_comes_between() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    put(&mut vault, "DB", "two");
    let id = staged(&mut vault, "DB", "three");
    let any = Expected::Any;
    let refused = [
        vault.set(&at("DB"), Some(value("x")), Default::default(), "", any).unwrap_err(),
        vault.rotate(&at("DB"), value("x"), "", any).unwrap_err(),
        vault.roll_back(&at("DB"), 1, "", any).unwrap_err(),
        vault.delete(&at("DB"), "").unwrap_err(),
        vault.stage(&at("DB"), value("x"), None, "", any).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), Kind::Conflict);
        assert!(error.message().contains("pending version, staged by ops@bastion"), "{error}");
    }
    // What is no value may change, and the stage goes with it.
    vault.move_secret(&at("DB"), &at("prod/DB"), "").unwrap();
    assert_eq!(picked(&mut vault, id, Pick::Pending).unwrap(), "three");
    vault.promote(id, &Promotion::default(), "").unwrap();
    assert_eq!(reveal(&mut vault, "prod/DB", None), "three");
}

#[test]
fn the_previous_one_is_given_until_its_grace_has_ended() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "two");
    let how = Promotion { grace: Some(SignedDuration::from_hours(1)), ..Promotion::default() };
    vault.promote(id, &how, "").unwrap();
    assert_eq!(picked(&mut vault, id, Pick::Previous).unwrap(), "one");
    vault.set_clock(|| jiff::Timestamp::now() + SignedDuration::from_mins(61));
    assert_eq!(picked(&mut vault, id, Pick::Previous), Err(Kind::Expired));
    assert_eq!(picked(&mut vault, id, Pick::Number(1)).unwrap(), "one");
    vault.set_clock(jiff::Timestamp::now);
    vault.retire(id, false, "nobody uses it").unwrap();
    assert_eq!(picked(&mut vault, id, Pick::Previous), Err(Kind::Expired));
    // Another version that comes without a rotation has given no grace.
    put(&mut vault, "DB", "three");
    assert_eq!(picked(&mut vault, id, Pick::Previous).unwrap(), "two");
}

#[test]
fn what_is_to_be_revoked_is_not_forgotten() {
    let (_place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "two");
    vault.promote(id, &Promotion { revoke: true, ..Promotion::default() }, "").unwrap();
    assert_eq!(vault.catalog().unwrap().listed()[0].under_way, UnderWay::Revoke);
    let again = vault.stage(&at("DB"), value("three"), None, "", Expected::Any).unwrap_err();
    assert_eq!(again.kind(), Kind::Conflict);
    assert_eq!(vault.retire(id, false, "").unwrap_err().kind(), Kind::Conflict);
    vault.retire(id, true, "deleted it in the console").unwrap();
    assert_eq!(vault.catalog().unwrap().listed()[0].under_way, UnderWay::Nothing);
    staged(&mut vault, "DB", "three");
}

#[test]
fn an_earlier_version_is_staged_as_it_was_and_refused_where_there_is_none() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    put(&mut vault, "DB", "two");
    let id = vault.find(&at("DB")).unwrap().id;
    let mut back = |pick| vault.stage_earlier(&at("DB"), pick, None, "outage", Expected::Any);
    for (pick, kind) in [
        (Pick::Number(2), Kind::Usage),
        (Pick::Current, Kind::Usage),
        (Pick::Number(3), Kind::NotFound),
        (Pick::Number(0), Kind::NotFound),
        (Pick::Pending, Kind::NotFound),
    ] {
        assert_eq!(back(pick).unwrap_err().kind(), kind, "{pick}");
    }
    let staged = back(Pick::Previous).unwrap().rotation.stage.unwrap();
    assert_eq!((staged.from, staged.state), (Some(1), StageState::Staged));
    assert_eq!(back(Pick::Number(1)).unwrap_err().kind(), Kind::Conflict);
    vault.lock().unwrap();
    let mut vault = place.open();
    assert_eq!(reveal(&mut vault, "DB", None), "two");
    assert_eq!(picked(&mut vault, id, Pick::Pending).unwrap(), "one");
    vault.promote(id, &Promotion::default(), "").unwrap();
    let newest = vault.history(id).unwrap().remove(0);
    assert_eq!((newest.number, newest.origin), (3, Origin::RolledBack { from: 1 }));
    assert_eq!((newest.reason.as_str(), reveal(&mut vault, "DB", None).as_str()), ("outage", "one"));
    let records = vault.audit(&AuditQuery::default()).unwrap();
    let staged = records.iter().find(|record| record.action.word() == "stage" && record.error.is_none()).unwrap();
    assert_eq!((staged.reason.as_str(), staged.version), ("Version 1 again. outage", Some(3)));
    assert!(records.iter().any(|record| record.action.word() == "stage" && record.error.is_some()));
    // Whoever goes back decides: a previous one that is retired is read by its number alone, and comes back.
    vault.retire(id, false, "").unwrap();
    let mut back = |pick| vault.stage_earlier(&at("DB"), pick, None, "", Expected::Any);
    assert_eq!(back(Pick::Previous).unwrap().rotation.stage.unwrap().from, Some(2));
    assert_eq!(picked(&mut vault, id, Pick::Previous), Err(Kind::Expired));
    assert!(vault.verify().unwrap().damage.is_empty());
}

/// Token of a service that takes several at a time: the old one is to be refused soon, and comes
/// back before that. Then it is the other one that is to be refused.
#[test]
fn what_was_to_be_refused_comes_back_and_is_not_refused() {
    let (_place, mut vault) = Place::new();
    let again = Promotion { revoke: true, ..Promotion::default() };
    put(&mut vault, "API", "zero");
    put(&mut vault, "API", "one");
    let id = staged(&mut vault, "API", "two");
    vault.promote(id, &again, "").unwrap();
    // In the vault alone it would be current and still be refused later.
    for refused in [
        vault.roll_back(&at("API"), 2, "", Expected::Any),
        vault.rotate(&at("API"), value("one"), "", Expected::Any),
        vault.set(&at("API"), Some(value("one")), Default::default(), "", Expected::Any),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict);
        assert!(refused.next_step().unwrap().contains("rotate API --to 2"), "{refused}");
    }
    let other = vault.stage_earlier(&at("API"), Pick::Number(1), None, "", Expected::Any);
    assert_eq!(other.unwrap_err().kind(), Kind::Conflict, "version 2 would never be refused");
    vault.stage_earlier(&at("API"), Pick::Previous, None, "", Expected::Any).unwrap();
    // Given up, it is to be refused as before.
    assert_eq!(vault.abort(id, false, "").unwrap().rotation.revoke.unwrap().version, 2);
    vault.stage_earlier(&at("API"), Pick::Previous, None, "", Expected::Any).unwrap();
    let secret = vault.promote(id, &again, "").unwrap().secret;
    assert_eq!((secret.version, secret.rotation.revoke.unwrap().version), (4, 3));
    assert_eq!(reveal(&mut vault, "API", None), "one");
    assert!(vault.verify().unwrap().damage.is_empty());
}

#[test]
fn another_master_key_takes_pending_versions_along() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "two");
    let presented = vault.present(vec![place.key()]).unwrap();
    vault.replace_master_key(&presented, &[], None, "").unwrap();
    assert_eq!(picked(&mut vault, id, Pick::Pending).unwrap(), "two");
    vault.lock().unwrap();
    let mut vault = place.open();
    assert!(vault.verify().unwrap().damage.is_empty());
    vault.promote(id, &Promotion::default(), "").unwrap();
    assert_eq!(reveal(&mut vault, "DB", None), "two");
}

#[test]
fn a_purge_destroys_the_pending_version_too() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    staged(&mut vault, "DB", "two");
    vault.purge(&at("DB"), Doomed::Single, "").unwrap();
    vault.lock().unwrap();
    let left: u64 = rusqlite::Connection::open(place.path())
        .unwrap()
        .query_row("SELECT count(*) FROM stage", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

/// Somebody who can write the file, but has no key.
#[test]
fn no_other_row_stands_in_for_a_pending_version() {
    let attacks: [(&str, &[&str]); 4] = [
        ("taken away", &["DELETE FROM stage"]),
        (
            "an aborted one put back",
            &["UPDATE stage SET data_key = (SELECT data_key FROM kept), value = (SELECT value FROM kept), \
               created_at = (SELECT created_at FROM kept)"],
        ),
        ("an aborted one with its revision put back", &["DELETE FROM stage", "INSERT INTO stage SELECT * FROM kept"]),
        (
            "another secret's",
            &["UPDATE stage SET (data_key, value, created_at) = (SELECT data_key, value, created_at FROM stage AS o \
               WHERE o.secret_id <> stage.secret_id) WHERE revision = (SELECT max(revision) FROM stage)"],
        ),
    ];
    for (name, statements) in attacks {
        let (place, mut vault) = Place::new();
        put(&mut vault, "DB", "one");
        let id = staged(&mut vault, "DB", "leaked");
        vault.lock().unwrap();
        // The schema must stay as it is, so what is kept is kept elsewhere.
        let kept = place.folder.path().join("kept.db");
        sql(&place, &format!("ATTACH '{}' AS k; CREATE TABLE k.kept AS SELECT * FROM stage;", kept.display()));
        let mut vault = place.open();
        vault.abort(id, false, "leaked").unwrap();
        staged(&mut vault, "DB", "good");
        put(&mut vault, "OTHER", "one");
        staged(&mut vault, "OTHER", "two");
        vault.lock().unwrap();
        sql(&place, &format!("ATTACH '{}' AS k; {};", kept.display(), statements.join("; ")));
        let mut vault = place.open();
        assert_eq!(picked(&mut vault, id, Pick::Pending), Err(Kind::Damaged), "{name}");
        let promoted = vault.promote(id, &Promotion::default(), "").unwrap_err();
        assert!(matches!(promoted.kind(), Kind::Damaged | Kind::Denied), "{name}: {promoted}");
        assert!(!place.open().verify().unwrap().damage.is_empty(), "{name}");
    }
}

/// The row of another file, as it stands there.
fn put_row_of(place: &Place, other: &std::path::Path) {
    sql(
        place,
        &format!(
            "ATTACH '{}' AS o; DELETE FROM main.stage; INSERT INTO main.stage SELECT * FROM o.stage;",
            other.display()
        ),
    );
}

fn assert_refused(place: &Place, id: SecretId) {
    let mut vault = place.open();
    assert_eq!(picked(&mut vault, id, Pick::Pending), Err(Kind::Damaged));
    assert_eq!(place.open().promote(id, &Promotion::default(), "").unwrap_err().kind(), Kind::Damaged);
    assert_eq!(place.open().verify().unwrap().damage.len(), 1);
    let mut vault = place.open();
    let presented = vault.present(vec![place.key()]).unwrap();
    let replaced = vault.replace_master_key(&presented, &[], None, "").err().map(|error| error.kind());
    assert_eq!(replaced, Some(Kind::Damaged), "another master key would seal it as if it were sound");
}

/// Two machines have a copy each, and both stage at the same revision. Each copy is sound;
/// with the pending row of the other one it is not.
#[test]
fn the_pending_version_of_another_copy_is_refused() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    vault.lock().unwrap();
    let before = std::fs::read(place.path()).unwrap();
    // The same moment too, so that nothing but the value differs.
    let moment = || "2026-11-22T20:00:00Z".parse().unwrap();
    let mut vault = place.open();
    vault.set_clock(moment);
    staged(&mut vault, "DB", "leaked");
    vault.lock().unwrap();
    let other = place.folder.path().join("other.db");
    std::fs::rename(place.path(), &other).unwrap();
    std::fs::write(place.path(), before).unwrap();
    std::fs::set_permissions(place.path(), std::fs::metadata(&other).unwrap().permissions()).unwrap();
    let mut vault = place.open();
    vault.set_clock(moment);
    let id = staged(&mut vault, "DB", "good");
    vault.lock().unwrap();
    let of = |path: &std::path::Path| -> (u64, i64) {
        let sql = rusqlite::Connection::open(path).unwrap();
        sql.query_row("SELECT revision, created_at FROM stage", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(of(&other), of(&place.path()), "secret, revision and time are the same");
    put_row_of(&place, &other);
    assert_refused(&place, id);
}

#[test]
fn the_pending_version_of_another_vault_is_refused() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "good");
    vault.lock().unwrap();
    let (other, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    staged(&mut vault, "DB", "leaked");
    vault.lock().unwrap();
    put_row_of(&place, &other.path());
    sql(&place, &format!("UPDATE stage SET secret_id = x'{}'", data_encoding::HEXLOWER.encode(&id.0)));
    assert_refused(&place, id);
}

/// Whoever has the old master key could open its data key.
#[test]
fn the_pending_version_of_the_epoch_before_is_refused() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "two");
    vault.lock().unwrap();
    let before = place.folder.path().join("before.db");
    std::fs::copy(place.path(), &before).unwrap();
    let mut vault = place.open();
    let presented = vault.present(vec![place.key()]).unwrap();
    vault.replace_master_key(&presented, &[], None, "").unwrap();
    vault.lock().unwrap();
    put_row_of(&place, &before);
    assert_refused(&place, id);
}

/// One that is counted and missing is not forgotten by another master key either.
#[test]
fn a_missing_one_stops_another_master_key() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "two");
    vault.lock().unwrap();
    sql(&place, "DELETE FROM stage");
    assert_refused(&place, id);
    assert_eq!(reveal(&mut place.open(), "DB", None), "one", "and the current one is there all the same");
}

/// Rows that nobody counts: of secrets that have nothing pending, are deleted, purged, or
/// never were. They are never read, and another master key leaves them behind.
#[test]
fn rows_that_no_secret_counts_are_never_read() {
    let (place, mut vault) = Place::new();
    let mut ids = vec![SecretId([9; 16])];
    for name in ["LIVING", "BURIED", "PURGED", "MAKING"] {
        put(&mut vault, name, "one");
        ids.push(vault.find(&at(name)).unwrap().id);
    }
    vault.delete(&at("BURIED"), "").unwrap();
    vault.purge(&at("PURGED"), Doomed::Single, "").unwrap();
    let making = vault.begin_making(&at("MAKING"), None, RUNNER, "", Expected::Any);
    let making = making.unwrap().turn;
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "two");
    vault.lock().unwrap();
    let mut planted = String::new();
    for id in &ids {
        let id = data_encoding::HEXLOWER.encode(&id.0);
        planted +=
            &format!("INSERT INTO stage SELECT x'{id}', revision, created_at, data_key, value FROM stage LIMIT 1;");
    }
    sql(&place, &planted);
    let rows = || -> u64 {
        let sql = rusqlite::Connection::open(place.path()).unwrap();
        sql.query_row("SELECT count(*) FROM stage", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows(), 6);

    let mut vault = place.open();
    assert_eq!(vault.verify().unwrap().damage, [""; 0]);
    for id in &ids[..3] {
        assert_eq!(picked(&mut vault, *id, Pick::Pending), Err(Kind::NotFound));
        assert_eq!(vault.promote(*id, &Promotion::default(), "").unwrap_err().kind(), Kind::NotFound);
    }
    assert_eq!(picked(&mut vault, making.id, Pick::Pending), Err(Kind::NotFound), "nothing is sealed yet");
    vault.finish_making(making, value("made"), 7).unwrap();
    assert_eq!(picked(&mut vault, making.id, Pick::Pending).unwrap(), "made", "over the row that was planted");
    staged(&mut vault, "LIVING", "mine");
    assert_eq!(picked(&mut vault, ids[1], Pick::Pending).unwrap(), "mine");

    let presented = vault.present(vec![place.key()]).unwrap();
    vault.replace_master_key(&presented, &[], None, "").unwrap();
    assert_eq!(vault.verify().unwrap().damage, [""; 0]);
    assert_eq!(picked(&mut vault, id, Pick::Pending).unwrap(), "two");
    vault.lock().unwrap();
    assert_eq!(rows(), 3, "DB, LIVING and MAKING");
}

/// A pending version is no version: put into the history under its number it does not open.
#[test]
fn a_pending_version_opens_as_no_version() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let id = staged(&mut vault, "DB", "leaked");
    vault.lock().unwrap();
    let kept = place.folder.path().join("kept.db");
    sql(&place, &format!("ATTACH '{}' AS k; CREATE TABLE k.kept AS SELECT * FROM stage;", kept.display()));
    let mut vault = place.open();
    vault.abort(id, false, "").unwrap();
    put(&mut vault, "DB", "two");
    vault.lock().unwrap();
    sql(
        &place,
        &format!(
            "ATTACH '{}' AS k; UPDATE version SET data_key = (SELECT data_key FROM k.kept), \
             value = (SELECT value FROM k.kept), created_at = (SELECT created_at FROM k.kept) WHERE number = 2;",
            kept.display()
        ),
    );
    assert_eq!(picked(&mut place.open(), id, Pick::Current), Err(Kind::Damaged));
}

/// Once the far side may have been told something, the recipe and both values stay, and no
/// other master key comes between a step and the record of its end.
#[test]
fn in_mid_rotation_only_a_hand_changes_what_the_way_back_needs() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "DB", "one");
    let recipe = |text: &str| Some(text.to_owned());
    vault.set_recipe(&at("DB"), recipe("first"), false, "").unwrap();
    let id = staged(&mut vault, "DB", "two");
    vault.set_recipe(&at("DB"), recipe("second"), false, "staged only").unwrap();
    let turn = |vault: &mut Vault| {
        let rotation = vault.secret(id).unwrap().rotation;
        Turn { id, number: rotation.stage.map_or_else(|| rotation.revoke.unwrap().turn, |stage| stage.turn) }
    };
    let refused = |vault: &mut Vault, told: &str| {
        let presented = vault.present(vec![place.key()]).unwrap();
        let metadata = strongroom::vault::MetadataChange { recipe: Some(None), ..Default::default() };
        for error in [
            vault.set_recipe(&at("DB"), None, false, "").unwrap_err(),
            vault.edit(&at("DB"), metadata, "").unwrap_err(),
            vault.purge(&at("DB"), Doomed::Single, "").unwrap_err(),
            vault.delete(&at("DB"), "").unwrap_err(),
            vault.replace_master_key(&presented, &[], None, "").unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::Conflict, "{told}: {error}");
        }
        let error = vault.set_recipe(&at("DB"), None, false, "").unwrap_err();
        assert!(error.message().contains(told), "{error}");
        let unchanged = vault.set_recipe(&at("DB"), recipe("second"), false, "").unwrap();
        assert_eq!(unchanged.outcome, Outcome::Unchanged, "the same one again changes nothing");
    };
    let now = turn(&mut vault);
    // Staged still, but a step runs: nobody may take away what it is judged by.
    let begun = vault.begin_step(now, (StepKind::Verify, Which::Pending), Which::Pending, RUNNER, "").unwrap();
    refused(&mut vault, "ops@bastion began verify, a step of the rotation of DB, at");
    vault.finish_step(begun.turn, StepEnd::Exited(1), 1, "").unwrap();
    refused(&mut vault, "is reverting: the far side may have it, or not");
    let now = turn(&mut vault);
    vault.unsettle(now).unwrap();
    refused(&mut vault, "is unsettled: the far side may have it, or not");
    vault.set_recipe(&at("DB"), recipe("third"), true, "it was broken").unwrap();
    let presented = vault.present(vec![place.key()]).unwrap().by_hand(true);
    vault.replace_master_key(&presented, &[], None, "leaked").unwrap();
    assert_eq!(picked(&mut vault, id, Pick::Pending).unwrap(), "two");

    // Afterwards: while the far side is being told to refuse the previous one.
    vault.promote(id, &Promotion { revoke: true, by_hand: true, ..Promotion::default() }, "").unwrap();
    vault.set_recipe(&at("DB"), recipe("second"), false, "").unwrap();
    let now = turn(&mut vault);
    vault.begin_step(now, (StepKind::Revoke, Which::Previous), Which::Current, RUNNER, "").unwrap();
    refused(&mut vault, "ops@bastion began revoke");
    vault.purge_by_hand(&at("DB"), Doomed::Single, "").unwrap();
    assert!(vault.verify().unwrap().damage.is_empty());
}
