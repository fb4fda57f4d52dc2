//! Another session was faster.

use super::*;

/// Another session wrote this version, and moved the secret perhaps.
fn newer(number: u64, to: Option<Address>) -> Theirs {
    let version = |number| Version {
        number,
        created_at: now().time,
        created_by: "ana@host".to_owned(),
        reason: String::new(),
        origin: Origin::Rotated,
        steps: Vec::new(),
    };
    let (before, after) = (version(7), version(number));
    Theirs::Newer { diff: Box::new(ShapeDiff { id: ID, before, after, current: number, fields: Vec::new() }), to }
}

/// The dialog after its save met version 9 of another session.
fn in_conflict(mut dialog: EditDialog) -> EditDialog {
    type_at(&mut dialog, Place::Value(0), "mine");
    act(&mut dialog, Action::Submit);
    let step = dialog.update(Input::Failed(Error::version_conflict("Version 9 is current.", 9)), now());
    assert!(matches!(&step.effects[..], [Effect::Vault(Request::Theirs { seen: 7, .. })]));
    act(&mut dialog, Action::NextChoice);
    assert!(act(&mut dialog, Action::Submit).effects.is_empty(), "it is not known yet what happened");
    act(&mut dialog, Action::PreviousChoice);
    dialog.update(Input::Theirs(ID, newer(9, None)), now());
    dialog
}

#[test]
fn another_session_was_faster() {
    let mut dialog = in_conflict(edited());
    assert_eq!(dialog.context(), Context::Choice);
    // Mine over theirs.
    act(&mut dialog, Action::NextChoice);
    let again = sent(act(&mut dialog, Action::Submit));
    assert_eq!((again.expected, again.set), (Expected::This(ID, Some(9)), vec![("value".into(), b"mine".to_vec())]));
    // Theirs: the form closes.
    let mut dialog = in_conflict(edited());
    act(&mut dialog, Action::PreviousChoice);
    assert!(act(&mut dialog, Action::Submit).close);
    // Back to the form, with everything that was typed.
    let mut dialog = in_conflict(edited());
    assert!(!act(&mut dialog, Action::Cancel).close);
    assert_eq!(dialog.context(), Context::Form);
    let once_more = sent(act(&mut dialog, Action::Submit));
    assert_eq!(
        (once_more.expected, once_more.set),
        (Expected::This(ID, Some(7)), vec![("value".into(), b"mine".to_vec())])
    );
    // An Enter typed ahead decides nothing.
    let mut dialog = in_conflict(edited());
    let step = act(&mut dialog, Action::Submit);
    assert!(step.effects.is_empty() && !step.close);

    // A taken name is no reason to write over it.
    let mut dialog = added();
    act(&mut dialog, Action::Submit);
    dialog.update(Input::Failed(Error::version_conflict("prod/KEY exists.", 2)), now());
    assert_eq!(dialog.focus, Place::Name);
    assert_eq!(sent(act(&mut dialog, Action::Submit)).expected, Expected::Absent);
}

#[test]
fn theirs_is_opened_only_when_asked_and_hidden_again() {
    let mut dialog = in_conflict(edited());
    act(&mut dialog, Action::Submit);
    let step = act(&mut dialog, Action::ShowTyped);
    assert!(matches!(&step.effects[..], [Effect::Vault(Request::Reveal { version: Some(9), .. })]));
    let start = now();
    let until = start.instant + std::time::Duration::from_secs(10);
    dialog.update(Input::Opened { id: secret().id, version: 9, fields: held(), until }, start);
    assert_eq!(dialog.next_deadline(), Some(until));
    dialog.tick(Now { instant: until, ..start });
    assert_eq!(dialog.next_deadline(), None);
    assert!(!dialog.rows.iter().any(FieldRow::is_shown));
    assert!(dialog.rows[1].is_unopened(), "theirs never gets into the form");
}

#[test]
fn mine_survives_a_deleted_and_a_destroyed_secret() {
    let gone = |theirs: Theirs| {
        let mut dialog = edited();
        type_at(&mut dialog, Place::Value(0), "mine");
        act(&mut dialog, Action::Submit);
        dialog.update(Input::Failed(Error::not_found("There is no secret prod/KEY.")), now());
        dialog.update(Input::Theirs(secret().id, theirs), now());
        act(&mut dialog, Action::NextChoice);
        act(&mut dialog, Action::Submit)
    };
    let (by, at) = ("ana@host".to_owned(), now().time);
    let place = |text: &str| Address::parse(text, &ScopePath::root()).unwrap();
    let from = place("prod/db/KEY");
    let deleted = |taken| {
        let (by, from, metadata) = (by.clone(), from.clone(), Box::new(secret().metadata));
        Theirs::Deleted { by, at, from, version: 9, metadata, taken }
    };
    let again = sent(gone(deleted(None)));
    let mine = vec![("value".to_owned(), b"mine".to_vec())];
    assert_eq!((again.address.as_str(), again.expected), ("prod/db/KEY", Expected::Deleted(ID, 9)));
    assert_eq!(again.set, mine);
    let moved = sent(gone(Theirs::Moved { to: from.clone(), version: 7 }));
    assert_eq!((moved.address.as_str(), moved.expected), ("prod/db/KEY", Expected::This(ID, Some(7))));
    let moved = sent(gone(newer(9, Some(from.clone()))));
    assert_eq!((moved.address.as_str(), moved.expected), ("prod/db/KEY", Expected::This(ID, Some(9))));
    let anew = sent(gone(Theirs::Destroyed { by: by.clone(), at, taken: None }));
    assert_eq!((anew.expected, anew.set), (Expected::Absent, mine));
    let other = Taken { id: SecretId([2; 16]), version: 3 };
    let over = sent(gone(Theirs::Destroyed { by: by.clone(), at, taken: Some(other) }));
    assert_eq!((over.address.as_str(), over.expected), ("prod/KEY", Expected::This(other.id, Some(3))));
    let over = sent(gone(deleted(Some(other))));
    assert_eq!((over.address.as_str(), over.expected), ("prod/db/KEY", Expected::This(other.id, Some(3))));
}

#[test]
fn mine_is_hidden_in_a_conflict_too_once_the_time_of_what_was_opened_is_up() {
    let mut dialog = in_conflict(opened());
    act(&mut dialog, Action::Submit);
    act(&mut dialog, Action::ShowTyped);
    let (start, seconds) = (now(), std::time::Duration::from_secs);
    let until = start.instant + seconds(10);
    dialog.update(Input::Opened { id: secret().id, version: 9, fields: held(), until }, start);
    dialog.shown = Some((seconds(5), start.instant + seconds(5)));
    assert!(dialog.rows.iter().any(FieldRow::is_shown));
    assert_eq!(dialog.next_deadline(), Some(start.instant + seconds(5)));
    dialog.tick(Now { instant: start.instant + seconds(5), ..start });
    assert!(!dialog.rows.iter().any(FieldRow::is_shown));
    assert_eq!(dialog.next_deadline(), None, "nothing is due again and again");
}
