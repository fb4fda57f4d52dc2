//! The file is moved away, removed or replaced while a session has it open: nothing more is
//! acknowledged, since it would be lost to everybody who looks where the vault should be.

use std::fs;
use std::path::PathBuf;

use strongroom::error::{Error, Kind};
use strongroom::vault::audit::{AuditQuery, AuditVerdict};
use strongroom::vault::{Expected, MetadataChange, Release, Vault};

use super::place::{Place, at, put, reveal, value};

/// Everything that needs a record, tried.
fn tried(vault: &mut Vault) -> Vec<Error> {
    let id = vault.find(&at("prod/KEY")).unwrap().id;
    let set = vault.set(&at("prod/NEW"), Some(value("lost")), MetadataChange::default(), "", Expected::Any);
    let rotated = vault.rotate(&at("prod/KEY"), value("lost"), "", Expected::Any);
    let edited = vault.edit(&at("prod/KEY"), MetadataChange::default(), "");
    let released = [Release::Reveal, Release::Copy].map(|way| vault.release(id, None, way, "", false).map(|_| ()));
    let refused =
        [set.map(|_| ()), rotated.map(|_| ()), edited.map(|_| ()), vault.delete(&at("prod/KEY"), "").map(|_| ())];
    let looked = vault.changes().map(|_| ());
    refused.into_iter().chain(released).chain([looked]).map(Result::unwrap_err).collect()
}

fn all_refused(place: &Place, vault: &mut Vault) {
    let path = place.path().canonicalize().unwrap_or_else(|_| place.path());
    for error in tried(vault) {
        assert_eq!(error.kind(), Kind::Failure, "{error}");
        assert!(error.message().contains(&format!("{} was removed or replaced", path.display())), "{error}");
        assert!(error.next_step().unwrap().contains("unlock to open what is there"), "{error}");
    }
    assert_eq!(vault.read_only_reason(), None, "putting it back is enough");
}

fn with_one() -> (Place, Vault, PathBuf) {
    let (place, mut vault) = Place::new();
    put(&mut vault, "prod/KEY", "kept");
    let away = place.folder.path().join("two.db");
    (place, vault, away)
}

#[test]
fn a_file_that_was_moved_away_takes_no_write_and_gives_no_value_until_it_is_back() {
    let (place, mut vault, away) = with_one();
    vault.catalog().unwrap();
    let records = vault.audit(&AuditQuery::default()).unwrap().len();
    fs::rename(place.path(), &away).unwrap();
    all_refused(&place, &mut vault);
    assert_eq!(vault.audit(&AuditQuery::default()).unwrap().len(), records);
    fs::rename(&away, place.path()).unwrap();
    assert_eq!(vault.changes().unwrap(), None);
    assert_eq!(put(&mut vault, "prod/KEY", "second"), 2);
    drop(vault);
    let mut vault = place.open();
    assert_eq!(reveal(&mut vault, "prod/KEY", None), "second");
    assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

#[test]
fn a_removed_file_takes_no_write_and_is_not_made_anew() {
    let (place, mut vault, _) = with_one();
    fs::remove_file(place.path()).unwrap();
    all_refused(&place, &mut vault);
    assert!(!place.path().exists());
}

#[test]
fn a_file_in_its_place_is_not_taken_for_it() {
    let (place, mut vault, _) = with_one();
    let (other, theirs) = Place::new();
    drop(theirs);
    fs::rename(other.path(), place.path()).unwrap();
    let before = fs::read(place.path()).unwrap();
    all_refused(&place, &mut vault);
    assert_eq!(fs::read(place.path()).unwrap(), before);
}
