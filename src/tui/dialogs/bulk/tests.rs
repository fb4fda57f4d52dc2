//! The dialog by itself: what each deed plans for which secret.

use std::time::Instant;

use super::*;
use crate::tui::press::Press;
use crate::vault::bulk::Act;
use crate::vault::scope::ScopePath;
use crate::vault::secret::{Metadata, Secret, SecretId};

const NOW: i64 = 1_773_108_840;

fn now() -> Now {
    Now { instant: Instant::now(), time: Timestamp::from_second(NOW).unwrap() }
}

fn secret(number: u8, address: &str, fields: &[&str], tags: &[&str], expires_in: Option<i64>) -> Secret {
    let at = Timestamp::from_second(NOW - 1000).unwrap();
    Secret {
        id: SecretId([number; 16]),
        address: crate::vault::scope::Address::parse(address, &ScopePath::root()).unwrap(),
        version: u64::from(number),
        fields: fields.iter().map(|name| name.parse().unwrap()).collect(),
        metadata: Metadata {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            expires_at: expires_in.map(|seconds| Timestamp::from_second(NOW + seconds).unwrap()),
            ..Metadata::default()
        },
        created_at: at,
        created_by: "ops@host".into(),
        updated_at: at,
        value_changed_at: at,
        last_rotated: None,
        deleted_at: None,
        rotation: Default::default(),
    }
}

/// A dialog on four secrets of five; the fifth only has its name.
fn dialog(deed: Deed) -> BulkDialog {
    let secrets = [
        secret(1, "a/ONE", &["value"], &["db", "old"], Some(-60)),
        secret(2, "a/TWO", &["value", "username"], &["db"], None),
        secret(3, "b/PAIR", &["user", "password"], &[], Some(86_400)),
        secret(4, "b/four", &["value"], &[], None),
        secret(5, "c/FOUR", &["value"], &[], None),
    ];
    let catalog: Catalog = secrets.iter().cloned().collect();
    let targets: Vec<Target> = catalog.listed()[..4].iter().filter_map(|listed| Target::of(&catalog, listed)).collect();
    assert_eq!(targets.len(), 4);
    BulkDialog::new(deed, targets, Arc::new(catalog), now())
}

fn typed(mut dialog: BulkDialog, text: &str) -> BulkDialog {
    for character in text.chars() {
        dialog.update(Input::Press(Press::Type(character)), now());
    }
    dialog
}

fn press(dialog: &mut BulkDialog, action: Action) -> Step {
    dialog.update(Input::Press(Press::Action(action)), now())
}

/// The plan's facts, its rows and its steps.
fn planned(mut dialog: BulkDialog) -> (Vec<String>, Vec<String>, Vec<(u8, Act)>) {
    press(&mut dialog, Action::Submit);
    let Stage::Ask { plan, .. } = dialog.stage else { panic!("no plan") };
    let texts = |texts: Vec<(String, Role)>| texts.into_iter().map(|(text, _)| text).collect();
    let steps = plan.steps.iter().map(|step| (step.id.0[0], step.act.clone())).collect();
    (texts(plan.facts), texts(plan.rows), steps)
}

#[test]
fn a_rotation_tells_what_it_leaves() {
    let (facts, rows, steps) = planned(dialog(Deed::Rotate));
    assert_eq!(facts[0], "3 secrets get a new generated value: 32 characters, letters and digits.");
    for fact in ["1 cannot be done", "1 has more fields, which stay.", "1 is expired already"] {
        assert!(facts.iter().any(|told| told.starts_with(fact)), "{fact}: {facts:?}");
    }
    assert!(rows[0].starts_with("! b/PAIR stays: it has no field named value"), "{rows:?}");
    assert_eq!(rows[1], "a/ONE  v1 -> v2");
    assert_eq!(steps.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2, 4]);
}

#[test]
fn tags_tell_what_really_changes() {
    let (facts, rows, steps) = planned(typed(dialog(Deed::Tag), "+db -old"));
    assert_eq!(facts[0], "3 secrets change tags: +db -old.");
    assert!(facts.contains(&"1 is like that already.".to_owned()), "{facts:?}");
    assert_eq!(rows, ["a/ONE  -old", "b/PAIR  +db", "b/four  +db", "a/TWO  is like that already"]);
    assert_eq!(steps.len(), 3);
}

#[test]
fn a_tag_that_does_nothing_is_told_and_not_asked_about() {
    let mut asked = typed(dialog(Deed::Tag), "+zed -ware");
    press(&mut asked, Action::Submit);
    let Stage::Ask { plan, .. } = &asked.stage else { panic!("no plan") };
    assert!(plan.question.ends_with(": +zed") || plan.question.ends_with(": +zed?"), "{}", plan.question);
    let (facts, _, steps) = planned(typed(dialog(Deed::Tag), "+zed -ware"));
    assert_eq!(facts[0], "4 secrets change tags: +zed.");
    assert!(facts.contains(&"ware: none has it.".to_owned()), "{facts:?}");
    assert_eq!(steps[0].1, Act::Tags { add: vec!["zed".into()], remove: Vec::new() });
    let (facts, _, steps) = planned(typed(dialog(Deed::Tag), "-ware"));
    assert!(steps.is_empty() && facts.contains(&"ware: none has it.".to_owned()), "{facts:?}");
}

#[test]
fn a_form_says_where_they_go_as_the_plan_does() {
    let said = |to: &str| dialog(Deed::Move).inputs.spread.as_ref().and_then(|spread| spread.told(to));
    assert_eq!(said("global").as_deref(), Some("a/ONE is there already."));
    assert_eq!(planned(typed(dialog(Deed::Move), "global")).2, []);
    assert_eq!(said("c").as_deref(), Some("a/ONE goes to c/a/ONE"));
    assert_eq!(said(""), None);
}

#[test]
fn an_expiry_tells_who_is_given_out_again() {
    let (facts, _, steps) = planned(typed(dialog(Deed::Expire), "30d"));
    assert_eq!(facts[0], "4 secrets expire in 30 days (2026-04-09).");
    assert!(facts.contains(&"1 is expired already; the value is given out again.".to_owned()), "{facts:?}");
    assert_eq!(steps.len(), 4);
    let (facts, rows, steps) = planned(typed(dialog(Deed::Expire), "never"));
    assert_eq!((facts[0].as_str(), steps.len()), ("2 secrets never expire from now on.", 2));
    assert!(rows.contains(&"a/TWO  is like that already".to_owned()));
    let (facts, ..) = planned(typed(dialog(Deed::Expire), "2020-01-01"));
    assert_eq!(facts[0], "4 secrets count as expired since 2020-01-01 (6 years ago).");
    assert!(facts.iter().any(|fact| fact.starts_with("That moment is past")), "{facts:?}");
}

#[test]
fn a_taken_name_is_left_out_by_name() {
    let flat = |mut dialog: BulkDialog| {
        press(&mut dialog, Action::NextField);
        press(&mut dialog, Action::NextChoice);
        dialog
    };
    let (facts, rows, steps) = planned(flat(typed(dialog(Deed::Move), "c")));
    assert_eq!(facts[0], "3 secrets move to c");
    assert_eq!(rows[0], "! b/four stays: the name is taken in c");
    assert_eq!(steps.len(), 3);
    let (_, rows, steps) = planned(flat(typed(dialog(Deed::Move), "a")));
    assert_eq!(steps.len(), 2, "two are there already: {rows:?}");
}

#[test]
fn a_scope_is_moved_with_the_scopes_below_it() {
    let (facts, rows, steps) = planned(typed(dialog(Deed::Move), "c"));
    assert_eq!(facts[0], "4 secrets move to c, with their scopes");
    assert_eq!(rows[0], "a/ONE  -> c/a/ONE");
    assert_eq!(steps.len(), 4);
    let secrets = ["p/q/ONE", "p/q/r/TWO", "p/q/r/s/one", "p/qq/ONE"];
    let move_to = |to: &str, count: usize| {
        let catalog: Catalog = (1..).zip(secrets).map(|(n, at)| secret(n, at, &["value"], &[], None)).collect();
        let targets = catalog.listed()[..count].iter().filter_map(|listed| Target::of(&catalog, listed)).collect();
        planned(typed(BulkDialog::new(Deed::Move, targets, Arc::new(catalog), now()), to))
    };
    let (facts, rows, _) = move_to("x", 3);
    assert_eq!(facts[0], "3 secrets move to x, with the scopes below p/q");
    assert_eq!(rows, ["p/q/ONE  -> x/ONE", "p/q/r/TWO  -> x/r/TWO", "p/q/r/s/one  -> x/r/s/one"]);
    let (facts, rows, _) = move_to("global", 4);
    assert_eq!(facts[0], "4 secrets move to global, with the scopes below p");
    assert_eq!(rows[3], "p/qq/ONE  -> qq/ONE");
    let (_, rows, steps) = move_to("p/q", 3);
    assert_eq!(steps.len(), 0, "they are there already: {rows:?}");
    let (_, rows, _) = move_to("1/2/3/4/5/6/7", 3);
    assert!(rows[0].starts_with("! p/q/r/s/one stays: The scope has 9 segments"), "{rows:?}");
}

#[test]
fn what_cannot_be_read_is_told_at_the_input() {
    for (deed, text) in [(Deed::Tag, ""), (Deed::Tag, "+a +a/b"), (Deed::Expire, "soon"), (Deed::Move, "a//b")] {
        let mut dialog = typed(dialog(deed), text);
        press(&mut dialog, Action::Submit);
        assert!(matches!(&dialog.stage, Stage::Inputs { problem: Some(_) }), "{text}");
    }
}

#[test]
fn yes_asks_once_and_cancel_ends_it_once() {
    let mut dialog = dialog(Deed::Delete);
    assert_eq!(dialog.context(), Context::Confirm, "there is nothing to type");
    assert!(press(&mut dialog, Action::Submit).effects.is_empty());
    let asked = press(&mut dialog, Action::Yes);
    assert!(matches!(&asked.effects[..], [Effect::Vault(Request::Job(job))] if job.steps.len() == 4));
    assert!(press(&mut dialog, Action::Yes).effects.is_empty());
    let ended = press(&mut dialog, Action::Cancel);
    assert!(matches!(&ended.effects[..], [Effect::Stop(_)]) && !ended.close);
    assert!(press(&mut dialog, Action::Cancel).effects.is_empty());
}

#[test]
fn nothing_to_do_cannot_be_confirmed() {
    let mut dialog = typed(dialog(Deed::Tag), "-nobody-has-it");
    press(&mut dialog, Action::Submit);
    assert!(press(&mut dialog, Action::Yes).effects.is_empty());
    assert!(press(&mut dialog, Action::Cancel).close);
}
