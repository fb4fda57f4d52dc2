//! What somebody could have seen, and what became of it: against a model, and case by case.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::incident::{Choice, Incident, Investigation, Standing};
use strongroom::vault::rotation::Promotion;
use strongroom::vault::secret::{Fields, SecretId};
use strongroom::vault::{Doomed, Expected, LockedVault, MetadataChange, Pick, Release, Vault};

use crate::place::{Place, actor, at, put, reveal};

/// Alice's session, from her laptop.
fn alice(place: &Place) -> Vault {
    let alice = Actor { user: "alice".into(), ip: "10.0.0.7".into(), tty: "pts/3".into(), ..actor() };
    LockedVault::open(&place.path()).unwrap().unlock(&place.key(), alice).map_err(|refused| refused.1).unwrap()
}

fn by(person: &str) -> Choice {
    Choice { people: vec![person.into()], ..Choice::default() }
}

/// Each line: done or not, the name, the word of its standing.
fn lines(incident: &Incident) -> Vec<(bool, String, &'static str)> {
    incident.secrets.iter().map(|secret| (secret.standing.is_done(), secret.name(), secret.standing.word())).collect()
}

fn standing(vault: &mut Vault, name: &str) -> Standing {
    let incident = vault.incident(by("alice")).unwrap();
    incident.secrets.into_iter().find(|secret| secret.name() == name).unwrap().standing
}

#[test]
fn every_way_out_and_every_written_version_is_an_exposure_and_nothing_else_is() {
    let (place, mut vault) = Place::new();
    for name in ["A", "B", "C", "D", "E", "UNSEEN"] {
        put(&mut vault, name, &format!("value of {name}"));
    }
    let mut theirs = alice(&place);
    for (name, how) in [
        ("A", Release::Reveal),
        ("B", Release::Copy),
        ("C", Release::Export),
        ("D", Release::Run),
        ("E", Release::Render),
        ("A", Release::Reveal),
    ] {
        let id = theirs.find(&at(name)).unwrap().id;
        theirs.release(id, None, how, "looked", false).unwrap();
    }
    put(&mut theirs, "WRITTEN", "theirs");
    theirs.begin_session().unwrap();
    let unseen = theirs.find(&at("UNSEEN")).unwrap().id;
    assert!(theirs.release(unseen, Some(9), Release::Reveal, "", false).is_err(), "what was refused showed nothing");
    theirs.shape_diff(unseen, 1, 1).unwrap();
    theirs
        .edit(&at("UNSEEN"), MetadataChange { description: Some("x".into()), ..MetadataChange::default() }, "")
        .unwrap();
    theirs.delete(&at("UNSEEN"), "").unwrap();
    let incident = vault.incident(by("alice")).unwrap();
    let mut names: Vec<String> = incident.secrets.iter().map(|secret| secret.name()).collect();
    names.sort();
    assert_eq!(names, ["A", "B", "C", "D", "E", "WRITTEN"]);
    assert_eq!((incident.open(), incident.exposures(), incident.sessions), (6, 7, 1));
    let a = incident.secrets.iter().find(|secret| secret.name() == "A").unwrap();
    assert_eq!((a.versions(), a.exposures.len()), (vec![1], 2));
    assert_eq!(a.places(), ["alice@bastion pts/3 from 10.0.0.7"]);
    assert_eq!(a.exposures[0].reason, "looked");
    assert!(vault.incident(by("mallory")).unwrap().secrets.is_empty());
    let from_there = Choice { hosts: vec!["10.0.0.7".into()], ..Choice::default() };
    assert_eq!(vault.incident(from_there).unwrap().secrets.len(), 6);
    let ours = vault.incident(by("ops")).unwrap();
    assert_eq!(ours.keys.len(), 1, "who made the vault has its first key");
}

#[test]
fn what_was_seen_must_be_gone_under_every_name() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "KEY", "one");
    reveal(&mut alice(&place), "KEY", None);
    assert_eq!(standing(&mut vault, "KEY"), Standing::Current { version: 1 });
    put(&mut vault, "KEY", "two");
    assert!(matches!(standing(&mut vault, "KEY"), Standing::Replaced { by, .. } if by.number == 2));
    // Back to what was seen, by the way of the history or by hand.
    vault.roll_back(&at("KEY"), 1, "", Expected::Any).unwrap();
    assert_eq!(standing(&mut vault, "KEY"), Standing::CameBack { version: 3, like: 1 });
    put(&mut vault, "KEY", "two");
    put(&mut vault, "KEY", "one");
    assert_eq!(standing(&mut vault, "KEY"), Standing::CameBack { version: 5, like: 1 });
    put(&mut vault, "KEY", "three");
    assert!(standing(&mut vault, "KEY").is_done());
    // The same password elsewhere.
    put(&mut vault, "OTHER", "one");
    assert_eq!(standing(&mut vault, "OTHER"), Standing::SameValue { version: 1, of: Some(at("KEY")), like: 1 });
    put(&mut vault, "OTHER", "another");
    assert_eq!(lines(&vault.incident(by("alice")).unwrap()), [(true, "KEY".to_owned(), "replaced")]);
    // An old version that is looked at later says nothing of the current one; the current one does.
    reveal(&mut alice(&place), "KEY", Some(2));
    assert!(standing(&mut vault, "KEY").is_done());
    reveal(&mut alice(&place), "KEY", None);
    assert_eq!(standing(&mut vault, "KEY"), Standing::Current { version: 6 });
    // A new value of their own is no way out.
    put(&mut alice(&place), "KEY", "four");
    assert_eq!(standing(&mut vault, "KEY"), Standing::Current { version: 7 });
}

#[test]
fn deleted_is_not_done_but_destroyed_is() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "KEY", "one");
    reveal(&mut alice(&place), "KEY", None);
    vault.delete(&at("KEY"), "away").unwrap();
    assert!(matches!(standing(&mut vault, "KEY"), Standing::Deleted { .. }));
    vault.restore(&at("KEY"), None, "").unwrap();
    vault.move_secret(&at("KEY"), &at("prod/NEW"), "").unwrap();
    assert_eq!(standing(&mut vault, "prod/NEW"), Standing::Current { version: 1 });
    vault.purge(&at("prod/NEW"), Doomed::Single, "withdrawn").unwrap();
    let incident = vault.incident(by("alice")).unwrap();
    assert_eq!(lines(&incident), [(true, "KEY".to_owned(), "destroyed")], "by the name it was seen under");
    let Standing::Destroyed { by: Some(doing) } = &incident.secrets[0].standing else { panic!("who destroyed it") };
    assert_eq!((doing.actor.user.as_str(), doing.reason.as_str()), ("ops", "withdrawn"));
    // Another one of that name was never seen.
    put(&mut vault, "KEY", "new");
    assert_eq!(vault.incident(by("alice")).unwrap().open(), 0);
}

#[test]
fn only_the_main_field_counts_and_what_stays_beside_it_is_told() {
    let (place, mut vault) = Place::new();
    let write = |vault: &mut Vault, of: &[(&str, &str)]| {
        let mut fields = Fields::default();
        for (name, value) in of {
            fields.set(name.parse().unwrap(), SecretText::copied_from(value.as_bytes()));
        }
        vault.set(&at("KEY"), Some(fields), MetadataChange::default(), "", Expected::Any).unwrap();
    };
    write(&mut vault, &[("value", "one"), ("username", "ops"), ("totp", "seed")]);
    reveal(&mut alice(&place), "KEY", None);
    write(&mut vault, &[("value", "one"), ("username", "new"), ("totp", "fresh")]);
    assert_eq!(standing(&mut vault, "KEY"), Standing::CameBack { version: 2, like: 1 }, "the password is the same");
    write(&mut vault, &[("value", "two"), ("username", "new"), ("totp", "seed")]);
    let Standing::Replaced { unchanged, .. } = standing(&mut vault, "KEY") else { panic!("it is replaced") };
    assert_eq!(unchanged.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["totp"]);
}

#[test]
fn a_pending_value_that_was_seen_is_to_be_aborted_and_its_number_is_free_again() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "KEY", "one");
    let mut theirs = alice(&place);
    let id = theirs.stage(&at("KEY"), crate::place::value("theirs"), None, "", Expected::Present).unwrap().id;
    assert_eq!(standing(&mut vault, "KEY"), Standing::Pending { version: 2 });
    vault.abort(id, false, "").unwrap();
    assert!(standing(&mut vault, "KEY").is_done(), "nobody can get it any more");
    vault.stage(&at("KEY"), crate::place::value("ours"), None, "", Expected::Present).unwrap();
    vault.promote(id, &Promotion::default(), "").unwrap();
    assert!(matches!(standing(&mut vault, "KEY"), Standing::Replaced { by, .. } if by.number == 2));
    // What they staged and somebody else promoted, they know.
    theirs.stage(&at("KEY"), crate::place::value("theirs"), None, "", Expected::Present).unwrap();
    vault.promote(id, &Promotion { revoke: true, ..Promotion::default() }, "").unwrap();
    assert_eq!(standing(&mut vault, "KEY"), Standing::Current { version: 3 });
    // And what the far side was not yet told to refuse is not gone.
    vault.retire(id, true, "").unwrap();
    vault.stage(&at("KEY"), crate::place::value("fresh"), None, "", Expected::Present).unwrap();
    vault.promote(id, &Promotion { revoke: true, ..Promotion::default() }, "").unwrap();
    assert_eq!(standing(&mut vault, "KEY"), Standing::StillTaken { version: 3 });
    vault.retire(id, true, "").unwrap();
    assert!(standing(&mut vault, "KEY").is_done());
}

#[test]
fn what_they_did_after_the_end_of_the_time_is_as_good_as_anybodys() {
    fn early() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }
    let (place, mut vault) = Place::new();
    put(&mut vault, "KEY", "one");
    let mut theirs = alice(&place);
    theirs.set_clock(early);
    reveal(&mut theirs, "KEY", None);
    theirs.set_clock(Timestamp::now);
    put(&mut theirs, "KEY", "two");
    let until = |until: i64| Choice { until: Some(Timestamp::from_second(until).unwrap()), ..by("alice") };
    assert_eq!(vault.incident(by("alice")).unwrap().open(), 1);
    assert_eq!(lines(&vault.incident(until(1_700_000_000)).unwrap()), [(true, "KEY".to_owned(), "replaced")]);
    assert!(vault.incident(until(1_699_999_999)).unwrap().secrets.is_empty());
}

#[test]
fn it_goes_on_in_slices_and_takes_in_what_is_done_meanwhile() {
    let (place, mut vault) = Place::new();
    for number in 0..40 {
        put(&mut vault, &format!("KEY_{number}"), &format!("value {number}"));
    }
    let mut theirs = alice(&place);
    for number in 0..20 {
        reveal(&mut theirs, &format!("KEY_{number}"), None);
    }
    vault.catalog().unwrap();
    let mut investigation = Investigation::new(by("alice")).unwrap();
    let mut finish = |vault: &mut Vault, most: usize| {
        if let Some(change) = vault.changes().unwrap() {
            investigation.note(&change);
        }
        for slices in 1.. {
            if let Some(incident) = vault.investigate(&mut investigation, most).unwrap() {
                return (slices, incident);
            }
        }
        unreachable!()
    };
    let (slices, incident) = finish(&mut vault, 3);
    assert!(slices > 30, "{slices}");
    assert_eq!(incident, vault.incident(by("alice")).unwrap());
    // One is rotated, one is seen anew, one that nobody saw gets a value that was.
    put(&mut vault, "KEY_0", "fresh");
    reveal(&mut theirs, "KEY_30", None);
    put(&mut vault, "KEY_35", "value 0");
    for most in [1, 7, 1000] {
        let (_, again) = finish(&mut vault, most);
        assert_eq!(again, vault.incident(by("alice")).unwrap());
        assert_eq!((again.open(), again.secrets.len()), (21, 22));
    }
}

#[test]
fn of_a_broken_log_nothing_is_told() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "KEY", "one");
    reveal(&mut alice(&place), "KEY", None);
    vault.lock().unwrap();
    let sql = rusqlite::Connection::open(place.path()).unwrap();
    sql.execute_batch("UPDATE audit SET body = (SELECT body FROM audit WHERE seq = 2) WHERE seq = 3").unwrap();
    drop(sql);
    let mut vault = place.open();
    let mut investigation = Investigation::new(by("alice")).unwrap();
    for _ in 0..2 {
        let error = vault.investigate(&mut investigation, 100).unwrap_err();
        assert_eq!(error.kind(), Kind::Damaged, "{error}");
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Set(usize, u8),
    Reveal(usize, u64),
    RollBack(usize, u64),
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Stage(usize, u8),
    RevealPending(usize),
    Promote(usize),
    Abort(usize),
}

const NAMES: [&str; 3] = ["A", "B", "C"];

/// What the model knows of one secret: its values by version, which were seen by alice, and
/// whether it is deleted.
#[derive(Debug, Clone, Default)]
struct Model {
    values: Vec<String>,
    seen: BTreeSet<u64>,
    is_deleted: bool,
    is_destroyed: bool,
    pending: Option<String>,
    /// Alice has left some record of it.
    is_traced: bool,
}

fn deeds() -> impl Strategy<Value = Vec<(bool, Deed)>> {
    let deed = prop_oneof![
        4 => (0..3_usize, 0..4_u8).prop_map(|(name, value)| Deed::Set(name, value)),
        4 => (0..3_usize, 0..3_u64).prop_map(|(name, version)| Deed::Reveal(name, version)),
        2 => (0..3_usize, 1..3_u64).prop_map(|(name, version)| Deed::RollBack(name, version)),
        1 => (0..3_usize).prop_map(Deed::Delete),
        1 => (0..3_usize).prop_map(Deed::Restore),
        1 => (0..3_usize).prop_map(Deed::Purge),
        3 => (0..3_usize, 0..4_u8).prop_map(|(name, value)| Deed::Stage(name, value)),
        2 => (0..3_usize).prop_map(Deed::RevealPending),
        2 => (0..3_usize).prop_map(Deed::Promote),
        2 => (0..3_usize).prop_map(Deed::Abort),
    ];
    proptest::collection::vec((any::<bool>(), deed), 1..24)
}

/// Does it, and tells the model what came of it.
fn act(vault: &mut Vault, is_alice: bool, deed: &Deed, model: &mut BTreeMap<SecretId, Model>) {
    let (Deed::Set(name, _)
    | Deed::Reveal(name, _)
    | Deed::RollBack(name, _)
    | Deed::Delete(name)
    | Deed::Restore(name)
    | Deed::Stage(name, _)
    | Deed::RevealPending(name)
    | Deed::Promote(name)
    | Deed::Abort(name)
    | Deed::Purge(name)) = deed;
    let address = at(NAMES[*name]);
    let written = match deed {
        Deed::Set(_, value) => {
            let fields = crate::place::value(&format!("value {value}"));
            vault
                .set(&address, Some(fields), MetadataChange::default(), "", Expected::Any)
                .ok()
                .map(|written| written.secret)
        }
        Deed::RollBack(_, version) => {
            vault.roll_back(&address, *version, "", Expected::Any).ok().map(|written| written.secret)
        }
        Deed::Reveal(_, version) => {
            let Ok(found) = vault.find(&address) else { return };
            let version = Some(*version).filter(|version| *version > 0);
            if vault.release(found.id, version, Release::Reveal, "", false).is_ok() && is_alice {
                let known = model.get_mut(&found.id).unwrap();
                known.seen.insert(version.unwrap_or(found.version));
                known.is_traced = true;
            }
            None
        }
        Deed::Stage(_, value) => {
            let text = format!("value {value}");
            if let Ok(secret) = vault.stage(&address, crate::place::value(&text), None, "", Expected::Present) {
                let known = model.get_mut(&secret.id).unwrap();
                known.pending = Some(text);
                if is_alice {
                    known.seen.insert(secret.version + 1);
                    known.is_traced = true;
                }
            }
            None
        }
        Deed::RevealPending(_) => {
            let Ok(found) = vault.find(&address) else { return };
            if vault.release(found.id, Pick::Pending, Release::Reveal, "", false).is_ok() && is_alice {
                let known = model.get_mut(&found.id).unwrap();
                known.seen.insert(found.version + 1);
                known.is_traced = true;
            }
            None
        }
        Deed::Promote(_) => {
            let Ok(found) = vault.find(&address) else { return };
            if vault.promote(found.id, &Promotion::default(), "").is_ok() {
                let known = model.get_mut(&found.id).unwrap();
                let value = known.pending.take().unwrap();
                known.values.push(value);
            }
            None
        }
        Deed::Abort(_) => {
            let Ok(found) = vault.find(&address) else { return };
            if vault.abort(found.id, false, "").is_ok() {
                let known = model.get_mut(&found.id).unwrap();
                known.pending = None;
                known.seen.remove(&(found.version + 1));
            }
            None
        }
        Deed::Delete(_) => {
            if let Ok(secret) = vault.delete(&address, "") {
                model.get_mut(&secret.id).unwrap().is_deleted = true;
            }
            None
        }
        Deed::Restore(_) => {
            if let Ok(secret) = vault.restore(&address, None, "") {
                model.get_mut(&secret.id).unwrap().is_deleted = false;
            }
            None
        }
        Deed::Purge(_) => {
            for secret in vault.purge(&address, Doomed::Single, "").unwrap_or_default() {
                model.get_mut(&secret.id).unwrap().is_destroyed = true;
            }
            None
        }
    };
    let Some(secret) = written else { return };
    let known = model.entry(secret.id).or_default();
    known.is_traced |= is_alice && secret.version > known.values.len() as u64;
    if secret.version > known.values.len() as u64 {
        let value = match deed {
            Deed::Set(_, value) => format!("value {value}"),
            Deed::RollBack(_, version) => known.values[*version as usize - 1].clone(),
            _ => unreachable!(),
        };
        known.values.push(value);
        if is_alice {
            known.seen.insert(secret.version);
        }
    }
}

/// By the words of the promise: which secrets are listed, and which of them are done.
fn expected(model: &BTreeMap<SecretId, Model>) -> BTreeMap<SecretId, bool> {
    let values = |known: &Model| {
        known.seen.iter().filter_map(|version| known.values.get(*version as usize - 1).cloned()).collect::<Vec<_>>()
    };
    let seen: BTreeSet<String> = model.values().filter(|known| !known.is_destroyed).flat_map(values).collect();
    let mut expected = BTreeMap::new();
    for (id, known) in model {
        let (current, version) = (known.values.last().unwrap(), known.values.len() as u64);
        let is_seen = known.seen.contains(&version) || seen.contains(current);
        let is_seen = is_seen || (known.pending.is_some() && known.seen.contains(&(version + 1)));
        if known.is_traced {
            expected.insert(*id, known.is_destroyed || !is_seen);
        } else if is_seen && !known.is_destroyed && !known.is_deleted {
            expected.insert(*id, false);
        }
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_checklist_is_what_the_promise_says(deeds in deeds(), most in 1..30_usize) {
        let (place, mut bob) = Place::new();
        let (mut theirs, mut model) = (alice(&place), BTreeMap::new());
        bob.catalog().unwrap();
        let mut investigation = Investigation::new(by("alice")).unwrap();
        for (is_alice, deed) in &deeds {
            act(if *is_alice { &mut theirs } else { &mut bob }, *is_alice, deed, &mut model);
        }
        for round in 0..2 {
            if let Some(change) = bob.changes().unwrap() {
                investigation.note(&change);
            }
            let incident = loop {
                if let Some(incident) = bob.investigate(&mut investigation, most).unwrap() {
                    break incident;
                }
            };
            let found: BTreeMap<SecretId, bool> =
                incident.secrets.iter().map(|secret| (secret.id, secret.standing.is_done())).collect();
            if round == 0 {
                prop_assert_eq!(&found, &expected(&model));
                for (id, known) in &model {
                    let versions = incident.secrets.iter().find(|secret| secret.id == *id).map(|secret| secret.versions());
                    prop_assert_eq!(versions.unwrap_or_default(), known.seen.iter().copied().collect::<Vec<_>>());
                }
                // Everything gets a new value from somebody else, or goes.
                for (number, name) in NAMES.iter().enumerate() {
                    if let Ok(found) = bob.find(&at(name)) {
                        let _ = bob.abort(found.id, true, "");
                    }
                    let _ = bob.restore(&at(name), None, "");
                    if bob.find(&at(name)).is_ok() {
                        put(&mut bob, name, &format!("fresh {number}"));
                    }
                    let _ = bob.purge(&at(name), Doomed::EveryDeleted, "");
                }
            } else {
                prop_assert_eq!(incident.open(), 0, "{:?}", lines(&incident));
            }
        }
    }
}
