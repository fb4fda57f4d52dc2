//! The age follows the value: an old one that comes back is as old as it was.

use std::cell::Cell;
use std::ops::ControlFlow;

use jiff::Timestamp;
use strongroom::vault::rotation::Promotion;
use strongroom::vault::secret::Secret;
use strongroom::vault::{Expected, MetadataChange, Pick, Vault};

use super::place::{Place, at, value};

const DAY: i64 = 86_400;

thread_local! {
    static DAYS: Cell<i64> = const { Cell::new(0) };
}

/// The day that the test has set.
fn clock() -> Timestamp {
    Timestamp::from_second(1_700_000_000 + DAYS.get() * DAY).unwrap()
}

/// Runs `work` on that day.
fn on<T>(day: i64, work: impl FnOnce() -> T) -> T {
    DAYS.set(day);
    work()
}

/// The day of the value, that of the last rotation, and whether it is due on `day`.
fn times(secret: &Secret, day: i64) -> (i64, Option<i64>, bool) {
    let days = |at: Timestamp| (at.as_second() - 1_700_000_000) / DAY;
    let is_due = on(day, || secret.is_due(clock()));
    (days(secret.value_changed_at), secret.last_rotated.map(days), is_due)
}

/// Made on day 0, set on day 10, rotated on days 100 and 200; due after 90 days.
fn aged() -> (Place, Vault) {
    let (place, mut vault) = Place::new();
    vault.set_clock(clock);
    let every = MetadataChange { rotation_days: Some(Some(90)), ..MetadataChange::default() };
    on(0, || vault.set(&at("A"), Some(value("1")), every, "", Expected::Any)).unwrap();
    on(10, || vault.set(&at("A"), Some(value("2")), MetadataChange::default(), "", Expected::Any)).unwrap();
    on(100, || vault.rotate(&at("A"), value("3"), "", Expected::Any)).unwrap();
    on(200, || vault.rotate(&at("A"), value("4"), "", Expected::Any)).unwrap();
    (place, vault)
}

#[test]
fn one_that_comes_back_by_way_of_the_far_side_is_as_old_whenever_it_is_promoted() {
    let (_place, mut vault) = aged();
    for (number, wanted) in [(3, (100, Some(100), true)), (2, (10, None, true)), (4, (200, Some(200), false))] {
        let earlier = Pick::Number(number);
        let id = on(206, || vault.stage_earlier(&at("A"), earlier, None, "", Expected::Any)).unwrap().id;
        let promoted = on(210, || vault.promote(id, &Promotion::default(), "")).unwrap().secret;
        assert_eq!(times(&promoted, 210), wanted, "version {number}");
    }
}

#[test]
fn an_old_value_that_comes_back_is_as_old_as_it_was_and_due() {
    let (place, mut vault) = aged();
    assert_eq!(times(&vault.find(&at("A")).unwrap(), 201), (200, Some(200), false));
    let mut back = |day, number| {
        let written = on(day, || vault.roll_back(&at("A"), number, "", Expected::Any)).unwrap();
        times(&written.secret, day)
    };
    assert_eq!(back(201, 3), (100, Some(100), true), "version 5");
    assert_eq!(back(202, 4), (200, Some(200), false), "version 6");
    assert_eq!(back(203, 2), (10, None, true), "version 7");
    assert_eq!(back(204, 1), (0, None, true), "version 8");
    assert_eq!(back(205, 5), (100, Some(100), true), "a version that was rolled back itself");
    assert_eq!(back(206, 1), (0, None, true), "version 10");
    assert_eq!(back(206, 9), (100, Some(100), true), "version 11, over two of them");
    on(207, || vault.set(&at("A"), Some(value("5")), MetadataChange::default(), "", Expected::Any)).unwrap();
    assert_eq!(times(&vault.find(&at("A")).unwrap(), 208), (207, Some(100), false), "version 12, a new value");
    let written = on(209, || vault.roll_back(&at("A"), 2, "", Expected::Any)).unwrap();
    assert_eq!(times(&written.secret, 209), (10, None, true));
    let written = on(210, || vault.roll_back(&at("A"), 12, "", Expected::Any)).unwrap();
    assert_eq!(times(&written.secret, 210), (207, Some(100), false), "set on what had come back");
    drop(vault);
    let mut vault = place.open();
    let listed = vault.catalog().unwrap().listed()[0].clone();
    assert_eq!(listed.value_changed_at, 1_700_000_000 + 207 * DAY);
    assert_eq!(listed.last_rotated, 1_700_000_000 + 100 * DAY);
}

#[test]
fn undoing_a_rotation_undoes_that_it_was_rotated() {
    let (_place, mut vault) = aged();
    let rotated = on(300, || vault.rotate(&at("A"), value("5"), "", Expected::Any)).unwrap();
    assert_eq!(times(&rotated.secret, 300), (300, Some(300), false));
    let undo = [rotated.undo.unwrap()];
    on(301, || vault.bulk(&undo, "", |_, _| ControlFlow::Continue(()))).unwrap();
    assert_eq!(times(&vault.find(&at("A")).unwrap(), 301), (200, Some(200), true));
    vault.verify_rows().unwrap();
}
