//! The numbers by table, and against the filters that lead from them.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::search::{Facts, Query};
use crate::vault::secret::{Metadata, Secret};
use crate::vault::usage::Use;

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

/// A secret whose value is `age` seconds old, that expires in so many, and is rotated every so many days.
fn secret(number: u64, age: i64, expires: Option<i64>, rotation_days: Option<u32>, rotated: bool) -> Secret {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Secret {
        id: SecretId(id),
        address: Address::parse(&format!("production/KEY_{number}"), &ScopePath::root()).unwrap(),
        version: 1,
        fields: vec!["value".parse().unwrap()],
        metadata: Metadata { expires_at: expires.map(at), rotation_days, ..Metadata::default() },
        created_at: at(-900 * DAY),
        created_by: "ops@bastion".to_owned(),
        updated_at: at(-age),
        value_changed_at: at(-age),
        last_rotated: rotated.then(|| at(-age)),
        deleted_at: None,
        rotation: Default::default(),
    }
}

#[test]
fn ages_fall_into_their_bands() {
    for (days, band) in
        [(0, 0), (6, 0), (7, 1), (29, 1), (30, 2), (89, 2), (90, 3), (180, 4), (364, 4), (365, 5), (3000, 5)]
    {
        let overview =
            Overview::of(&[secret(1, days * DAY, None, None, true)].into_iter().collect(), &Usage::default(), now());
        let mut expected = [0; 6];
        expected[band] = 1;
        assert_eq!(overview.ages, expected, "{days} days");
    }
}

#[test]
fn the_calendar_has_what_comes_in_its_weeks_and_what_is_over_apart() {
    for (seconds, past, week) in [
        (-5 * DAY, 1, None),
        (0, 1, None),
        (1, 0, Some(0)),
        (7 * DAY - 1, 0, Some(0)),
        (7 * DAY, 0, Some(1)),
        (90 * DAY, 0, Some(12)),
        (91 * DAY, 0, None),
    ] {
        let overview =
            Overview::of(&[secret(1, 0, Some(seconds), None, true)].into_iter().collect(), &Usage::default(), now());
        let mut weeks = [0; WEEKS];
        if let Some(week) = week {
            weeks[week] = 1;
        }
        assert_eq!(overview.expiring, Ahead { past, weeks }, "{seconds} s");
        assert_eq!(overview.due, Ahead::default());
    }
    let due =
        Overview::of(&[secret(1, 80 * DAY, None, Some(90), true)].into_iter().collect(), &Usage::default(), now());
    assert_eq!((due.due.past, due.due.weeks[1]), (0, 1));
}

#[test]
fn work_comes_in_its_order_and_names_the_first_of_each() {
    let catalog: Catalog = [
        secret(1, 400 * DAY, None, None, false),
        secret(2, 500 * DAY, None, None, false),
        secret(3, 500 * DAY, None, None, true),
        secret(4, DAY, Some(-2 * DAY), None, true),
        secret(5, DAY, Some(-9 * DAY), None, true),
        secret(6, DAY, Some(3 * DAY), None, true),
        secret(7, 85 * DAY, None, Some(90), true),
        secret(8, 100 * DAY, None, Some(90), true),
    ]
    .into_iter()
    .collect();
    let overview = Overview::of(&catalog, &Usage::default(), now());
    let found: Vec<(Task, usize, &str)> =
        overview.work.iter().map(|work| (work.task, work.count, work.address.as_str())).collect();
    assert_eq!(
        found,
        [
            (Task::Expired, 2, "production/KEY_5"),
            (Task::Overdue, 1, "production/KEY_8"),
            (Task::ExpiresSoon, 1, "production/KEY_6"),
            (Task::DueSoon, 1, "production/KEY_7"),
            (Task::NeverRotated, 2, "production/KEY_2"),
        ]
    );
    assert_eq!(overview.work[0].at, at(-9 * DAY));
    assert!(Overview::of(&Catalog::default(), &Usage::default(), now()).work.is_empty());
}

/// A log in which these secrets were used, so many days and a bit ago.
fn usage(days_ago: impl IntoIterator<Item = (u64, i64)>) -> Usage {
    let uses: Vec<Use> = days_ago
        .into_iter()
        .map(|(number, days)| Use {
            secret: secret(number, 0, None, None, true).id,
            at: now().as_second() - days * DAY - 99,
            mine: false,
        })
        .collect();
    let mut usage = Usage::default();
    usage.add(&uses, Extent::Whole);
    usage
}

#[test]
fn what_has_expired_and_is_still_used_comes_first_and_only_from_a_log_that_is_known() {
    let catalog: Catalog = [
        secret(1, DAY, Some(-9 * DAY), None, true),
        secret(2, DAY, Some(-2 * DAY), None, true),
        secret(3, DAY, Some(-3 * DAY), None, true),
        secret(4, DAY, None, None, true),
    ]
    .into_iter()
    .collect();
    let mut usage = usage([(1, 40), (2, 29), (3, 1), (4, 0), (4, 1)]);
    let overview = Overview::of(&catalog, &usage, now());
    let found = |overview: &Overview| {
        overview.work.iter().map(|work| (work.task, work.count, work.address.clone())).collect::<Vec<_>>()
    };
    let (in_use, expired) = ("production/KEY_3".to_owned(), "production/KEY_1".to_owned());
    assert_eq!(found(&overview), [(Task::ExpiredInUse, 2, in_use), (Task::Expired, 3, expired.clone())]);
    let used = overview.used.unwrap();
    assert_eq!((used.never, used.per_day.len()), (0, MOST_DAYS));
    assert_eq!((used.per_day[89], used.per_day[88], used.per_day[49]), (1, 2, 1));
    for extent in [Extent::Reading, Extent::Unknown] {
        usage.add(&[], extent);
        let overview = Overview::of(&catalog, &usage, now());
        assert_eq!((found(&overview), overview.used), (vec![(Task::Expired, 3, expired.clone())], None), "{extent:?}");
    }
}

/// How many secrets a filter shows.
fn shown(catalog: &Catalog, usage: &Usage, filter: &str) -> usize {
    let facts = Facts { usage: Arc::new(usage.clone()), ..Facts::default() };
    Query::parse(filter, now()).unwrap().knowing(facts).select(catalog, now()).len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Times stand off the very second at which a band ends: a filter counts it to neither side.
    #[test]
    fn every_number_is_what_its_filter_shows(
        made in prop::collection::vec(
            (0..1000_i64, prop::option::of(-200..200_i64), prop::option::of(1..200_u32), any::<bool>()),
            0..60,
        ),
        used in prop::collection::vec((0..60_u64, 0..100_i64), 0..60),
    ) {
        let secrets = made.into_iter().zip(0_u64..).map(|((age, expires, rotation, rotated), number)| {
            secret(number, age * DAY + 77, expires.map(|days| days * DAY + 99), rotation, rotated)
        });
        let catalog: Catalog = secrets.collect();
        let usage = usage(used);
        let overview = Overview::of(&catalog, &usage, now());
        prop_assert_eq!(shown(&catalog, &usage, "used:never"), overview.used.as_ref().unwrap().never);
        prop_assert_eq!(overview.ages.iter().sum::<usize>(), overview.total);
        for (band, count) in overview.ages.iter().enumerate() {
            prop_assert_eq!(shown(&catalog, &usage, &age_filter(band)), *count, "{}", age_label(band));
        }
        for (term, over, ahead) in [("due", "due", &overview.due), ("expires", "expired", &overview.expiring)] {
            prop_assert_eq!(shown(&catalog, &usage, over), ahead.past);
            for (week, count) in ahead.weeks.iter().enumerate() {
                prop_assert_eq!(shown(&catalog, &usage, &week_filter(term, week)), *count, "{} {}", term, week);
            }
        }
        for task in Task::ALL {
            let count = overview.work.iter().find(|work| work.task == task).map_or(0, |work| work.count);
            prop_assert_eq!(shown(&catalog, &usage, task.filter()), count, "{:?}", task);
        }
    }
}
