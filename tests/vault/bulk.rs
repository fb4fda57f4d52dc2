//! Many changes as one, and the one that takes them all back.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use strongroom::error::Kind;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::bulk::{Act, Done, Rest, Seen, Step};
use strongroom::vault::generate::Recipe;
use strongroom::vault::secret::{Metadata, SecretId};
use strongroom::vault::{Doomed, Expected, MetadataChange, Release, Vault};

use crate::place::{Place, at, put, reveal, value};

/// Everything about the living that an undo has to give back.
pub(crate) fn contents(vault: &mut Vault) -> BTreeMap<SecretId, (String, Vec<u8>, Metadata)> {
    let secrets = vault.secrets_in_full().unwrap();
    let of = |vault: &mut Vault, id| {
        let fields = vault.release(id, None, Release::Reveal, "", true).unwrap();
        fields.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.expose()].concat()).collect::<Vec<u8>>()
    };
    secrets
        .into_iter()
        .map(|secret| {
            let bytes = of(vault, secret.id);
            (secret.id, (secret.address.to_string(), bytes, secret.metadata))
        })
        .collect()
}

pub(crate) fn plan(vault: &mut Vault, act: impl Fn(&str) -> Act) -> Vec<Step> {
    let catalog = vault.catalog().unwrap();
    let steps = catalog.listed().iter().map(|listed| {
        let address = catalog.address(listed).unwrap();
        let act = act(&address.to_string());
        Step { id: listed.id, seen: Seen::Version(u64::from(listed.version)), address, act }
    });
    steps.collect()
}

fn go(vault: &mut Vault, steps: &[Step]) -> Done {
    vault.bulk(steps, "bulk", |_, _| ControlFlow::Continue(())).unwrap().unwrap()
}

fn filled(vault: &mut Vault, number: usize) {
    for name in 0..number {
        put(vault, &format!("prod/{}/K{name}", name % 7), &format!("value {name}"));
    }
}

fn tags(add: &[&str], remove: &[&str]) -> Act {
    let owned = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect();
    Act::Tags { add: owned(add), remove: owned(remove) }
}

type Planned = Box<dyn Fn(&str) -> Act>;

fn all_acts() -> Vec<(&'static str, Planned)> {
    let metadata = MetadataChange {
        expires_at: Some(Some("2030-01-01T00:00:00Z".parse().unwrap())),
        rotation_days: Some(Some(90)),
        owner: Some("team".into()),
        ..MetadataChange::default()
    };
    vec![
        ("rotate", Box::new(|_| Act::Rotate(Recipe::Hex { bytes: 8 }))),
        ("edit", Box::new(move |_| Act::Edit(metadata.clone()))),
        ("tags", Box::new(|_| tags(&["db"], &["old"]))),
        ("move", Box::new(|name| Act::Move(at(&format!("moved/{}", name.replace('/', "-")))))),
        ("delete", Box::new(|_| Act::Delete)),
    ]
}

#[test]
fn one_undo_gives_everything_back_and_another_does_it_again() {
    for (what, act) in all_acts() {
        let (place, mut vault) = Place::new();
        filled(&mut vault, 60);
        vault
            .edit(&at("prod/3/K3"), MetadataChange { tags: Some(vec!["old".into()]), ..Default::default() }, "")
            .unwrap();
        let before = contents(&mut vault);
        let steps = plan(&mut vault, act);
        let done = go(&mut vault, &steps);
        assert_eq!((done.changed, done.unchanged, done.undo.len()), (60, 0, 60), "{what}");
        let after = contents(&mut vault);
        assert_ne!(after, before, "{what}");
        let undone = go(&mut vault, &done.undo);
        assert_eq!(contents(&mut vault), before, "{what}");
        assert_eq!(contents(&mut place.open()), before, "{what}, in the file");
        let redone = go(&mut vault, &undone.undo);
        assert_eq!(contents(&mut vault), after, "{what}");
        go(&mut vault, &redone.undo);
        assert_eq!(contents(&mut vault), before, "{what}");
        assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }), "{what}");
        for secret in vault.secrets_in_full().unwrap() {
            assert_eq!(vault.history(secret.id).unwrap().len() as u64, secret.version, "{what}");
        }
    }
}

#[test]
fn every_step_has_its_audit_record() {
    let (_place, mut vault) = Place::new();
    filled(&mut vault, 9);
    for (what, act) in all_acts() {
        let steps = plan(&mut vault, act);
        let action = steps[0].act.action();
        go(&mut vault, &steps);
        let records = vault.audit(&AuditQuery { limit: Some(9), ..AuditQuery::default() }).unwrap();
        let ids: std::collections::HashSet<_> = records.iter().filter_map(|record| record.secret).collect();
        assert_eq!(ids.len(), 9, "{what}");
        assert!(records.iter().all(|record| record.action == action && record.reason.ends_with("bulk")), "{what}");
    }
}

/// A restored secret, a rolled-back one and single writes say how they are undone, too.
#[test]
fn single_writes_say_how_they_are_undone() {
    let (_place, mut vault) = Place::new();
    let any = Expected::Any;
    let created = vault.set(&at("A"), Some(value("1")), MetadataChange::default(), "", any).unwrap();
    let described = MetadataChange { description: Some("two".into()), ..MetadataChange::default() };
    let set = vault.set(&at("A"), Some(value("2")), described.clone(), "", any).unwrap();
    assert_eq!(vault.set(&at("A"), Some(value("2")), described, "", any).unwrap().undo, None, "nothing changed");
    go(&mut vault, &[set.undo.unwrap()]);
    let back = vault.find(&at("A")).unwrap();
    assert_eq!((back.version, back.metadata.description.as_str()), (3, ""));
    assert_eq!(reveal(&mut vault, "A", None), "1");
    let stale = vault.bulk(&[created.undo.unwrap()], "", |_, _| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(stale.kind(), Kind::Conflict, "it was written since, so it is not taken off the list");
    let rolled = vault.roll_back(&at("A"), 2, "", any).unwrap();
    go(&mut vault, &[rolled.undo.unwrap()]);
    assert_eq!(reveal(&mut vault, "A", None), "1");
}

#[test]
fn a_cancelled_bulk_changes_nothing() {
    let (place, mut vault) = Place::new();
    filled(&mut vault, 40);
    drop(vault.lock().unwrap());
    let before = std::fs::read(place.path()).unwrap();
    for (what, act) in all_acts() {
        let mut vault = place.open();
        let steps = plan(&mut vault, act);
        let mut told = Vec::new();
        let ended = vault.bulk(&steps, "", |done, total| {
            told.push((done, total));
            if done == 33 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(ended.unwrap(), None, "{what}");
        assert_eq!(told, (0..=33).map(|done| (done, 40)).collect::<Vec<_>>());
        drop(vault);
        assert_eq!(std::fs::read(place.path()).unwrap(), before, "{what}");
    }
}

/// One stale step refuses all of them, by name, and only the refusal is written down.
#[test]
fn what_changed_since_the_plan_refuses_it() {
    type Meanwhile = fn(&mut Vault);
    let meanwhile: [(&str, Meanwhile, &str); 4] = [
        ("rotated", |vault| assert_eq!(put(vault, "prod/4/K4", "x"), 2), "prod/4/K4 got version 2 meanwhile"),
        ("deleted", |vault| drop(vault.delete(&at("prod/4/K4"), "")), "prod/4/K4 was deleted meanwhile"),
        ("purged", |vault| drop(vault.purge(&at("prod/4/K4"), Doomed::Single, "")), "prod/4/K4 was purged meanwhile"),
        (
            "moved",
            |vault| drop(vault.move_secret(&at("prod/4/K4"), &at("X"), "")),
            "prod/4/K4 was moved to X meanwhile",
        ),
    ];
    for (what, other, message) in meanwhile {
        for (kind, act) in all_acts() {
            let (place, mut vault) = Place::new();
            filled(&mut vault, 9);
            let steps = plan(&mut vault, act);
            other(&mut place.open());
            let before = contents(&mut vault);
            let error = vault.bulk(&steps, "", |_, _| ControlFlow::Continue(())).unwrap_err();
            assert_eq!(error.kind(), Kind::Conflict, "{what}, {kind}");
            assert!(error.message().starts_with(message), "{what}, {kind}: {error}");
            assert_eq!(contents(&mut vault), before, "{what}, {kind}");
            let refused = vault.audit(&AuditQuery { failed: true, ..AuditQuery::default() }).unwrap();
            assert_eq!((refused.len(), refused[0].action), (1, steps[0].act.action()), "{what}, {kind}");
        }
    }
}

#[test]
fn an_undo_refuses_over_what_others_did_since() {
    let (place, mut vault) = Place::new();
    filled(&mut vault, 3);
    let steps = plan(&mut vault, |_| tags(&["db"], &[]));
    let done = go(&mut vault, &steps);
    let owner = MetadataChange { owner: Some("ana".into()), ..MetadataChange::default() };
    place.open().edit(&at("prod/1/K1"), owner, "").unwrap();
    let before = contents(&mut vault);
    let error = vault.bulk(&done.undo, "", |_, _| ControlFlow::Continue(())).unwrap_err();
    assert!(error.message().starts_with("prod/1/K1 was changed meanwhile"), "{error}");
    assert_eq!(contents(&mut vault), before);
}

/// Of a refused plan the rest is found by trying, and trying changes nothing.
#[test]
fn what_is_left_of_a_refused_plan_can_be_done() {
    let (place, mut vault) = Place::new();
    filled(&mut vault, 5);
    let steps = plan(&mut vault, |_| Act::Delete);
    let undo = go(&mut vault, &steps).undo;
    let mut other = place.open();
    assert_eq!(put(&mut other, "prod/1/K1", "x"), 1);
    let rest = |vault: &mut Vault| vault.rest(&undo, |_, _| ControlFlow::Continue(())).unwrap().unwrap();
    let left = |gone: &[&str]| -> Arc<[Step]> {
        undo.iter().filter(|step| gone.iter().all(|gone| step.address != at(gone))).cloned().collect()
    };
    let before = std::fs::read(place.path()).unwrap();
    assert_eq!(rest(&mut vault), Rest { steps: left(&["prod/1/K1"]), may_yet: true }, "the name may become free");
    assert_eq!(std::fs::read(place.path()).unwrap(), before);
    assert_eq!(vault.rest(&undo, |_, _| ControlFlow::Break(())).unwrap(), None);
    drop(other.delete(&at("prod/1/K1"), "").unwrap());
    drop(other.purge(&at("prod/2/K2"), Doomed::Single, "").unwrap());
    let found = rest(&mut vault);
    assert_eq!(found, Rest { steps: left(&["prod/2/K2"]), may_yet: false });
    assert_eq!(go(&mut vault, &found.steps).changed, 4);
}

#[test]
fn taken_names_wrong_recipes_and_doubled_steps_change_nothing() {
    let (_place, mut vault) = Place::new();
    filled(&mut vault, 4);
    put(&mut vault, "there/K2", "taken");
    let before = contents(&mut vault);
    let refusal = |vault: &mut Vault, steps: &[Step]| {
        let error = vault.bulk(steps, "", |_, _| ControlFlow::Continue(())).unwrap_err();
        (error.kind(), error.message().to_owned())
    };
    let into =
        plan(&mut vault, |name| Act::Move(at(&format!("there/{}", name.rsplit('/').next().unwrap().to_lowercase()))));
    let (kind, message) = refusal(&mut vault, &into[..4]);
    assert_eq!((kind, message.as_str()), (Kind::Conflict, "prod/2/K2 cannot be moved: there/K2 exists already."));
    let bad = plan(&mut vault, |_| Act::Rotate(Recipe::Hex { bytes: 0 }));
    assert_eq!(refusal(&mut vault, &bad).0, Kind::Usage);
    let bad = plan(&mut vault, |_| tags(&["not a tag"], &[]));
    assert_eq!(refusal(&mut vault, &bad).0, Kind::Usage);
    let mut twice = plan(&mut vault, |_| Act::Delete);
    twice.push(twice[0].clone());
    assert_eq!(refusal(&mut vault, &twice).0, Kind::Usage);
    assert_eq!(contents(&mut vault), before);
    assert_eq!(go(&mut vault, &[]), Done::default());
}

/// Names follow one another within one plan, and the undo goes the other way round.
#[test]
fn a_chain_of_moves_goes_there_and_back() {
    let (_place, mut vault) = Place::new();
    for name in ["A", "B", "C"] {
        put(&mut vault, name, name);
    }
    let before = contents(&mut vault);
    let mut steps = plan(&mut vault, |name| {
        Act::Move(at(match name {
            "A" => "NEW",
            "B" => "A",
            _ => "B",
        }))
    });
    let done = go(&mut vault, &steps);
    assert_eq!(["NEW", "A", "B"].map(|name| reveal(&mut vault, name, None)), ["A", "B", "C"]);
    go(&mut vault, &done.undo);
    assert_eq!(contents(&mut vault), before);
    steps.reverse();
    assert!(vault.bulk(&steps, "", |_, _| ControlFlow::Continue(())).is_err(), "in this order the names are taken");
}

#[test]
fn a_moved_secret_keeps_identity_history_and_tombstones() {
    let (place, mut vault) = Place::new();
    put(&mut vault, "prod/KEY", "one");
    vault.delete(&at("prod/KEY"), "").unwrap();
    put(&mut vault, "prod/KEY", "two");
    put(&mut vault, "prod/KEY", "three");
    let id = vault.find(&at("prod/KEY")).unwrap().id;
    assert_eq!(vault.move_secret(&at("prod/KEY"), &at("prod/key"), "").unwrap().secret.id, id, "its own case");
    vault.move_secret(&at("prod/key"), &at("stage/KEY"), "").unwrap();
    let mut vault = place.open();
    assert_eq!(vault.find(&at("stage/KEY")).unwrap().id, id);
    assert_eq!(vault.history(id).unwrap().len(), 2);
    assert_eq!(reveal(&mut vault, "stage/KEY", Some(1)), "two");
    // Its old name is free again, for the tombstone that was there before.
    vault.restore(&at("prod/KEY"), None, "").unwrap();
    assert_eq!(reveal(&mut vault, "prod/KEY", None), "one");
    assert_eq!(vault.move_secret(&at("prod/KEY"), &at("STAGE/KEY"), "").unwrap().secret.scope().to_string(), "STAGE");
    let taken = vault.move_secret(&at("STAGE/KEY"), &at("stage/key"), "").unwrap_err();
    assert_eq!(
        (taken.kind(), taken.message()),
        (Kind::Conflict, "STAGE/KEY cannot be moved: stage/KEY exists already.")
    );
    let moves = vault.audit(&AuditQuery { secret: Some(id), action: Some(AuditAction::Move), ..AuditQuery::default() });
    let reasons: Vec<String> = moves.unwrap().into_iter().map(|record| record.reason).collect();
    assert_eq!(reasons, ["From prod/key.", "From prod/KEY."]);
}

/// Another session sees a bulk whole.
#[test]
fn another_session_follows() {
    let (place, mut mine) = Place::new();
    filled(&mut mine, 30);
    let mut theirs = place.open();
    let mut catalog = theirs.catalog().unwrap();
    for (what, act) in all_acts() {
        let steps = plan(&mut mine, act);
        go(&mut mine, &steps);
        catalog.apply(theirs.changes().unwrap().unwrap());
        let fresh = mine.catalog().unwrap();
        let shown = |catalog: &strongroom::vault::catalog::Catalog| -> Vec<_> {
            let of = |listed| (catalog.address(listed), listed.version, catalog.text(listed.tags).to_owned());
            catalog.listed().iter().map(of).collect()
        };
        assert_eq!(shown(&catalog), shown(&fresh), "{what}");
    }
}
