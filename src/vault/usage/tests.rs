//! The fold, by table and by property.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn used(secret: u8, ago: i64, mine: bool) -> Use {
    Use { secret: SecretId([secret; 16]), at: now().as_second() - ago, mine }
}

fn folded(uses: &[Use]) -> Usage {
    let mut usage = Usage::default();
    usage.add(uses, Extent::Whole);
    usage
}

#[test]
fn the_last_use_is_the_latest_even_after_a_clock_that_went_back() {
    let usage = folded(&[used(1, 500, false), used(1, 100, false), used(1, 300, false), used(2, 50, false)]);
    let last = |secret: u8| usage.last_used(SecretId([secret; 16])).map(|at| now().as_second() - at);
    assert_eq!([last(1), last(2), last(3)], [Some(100), Some(50), None]);
    assert_eq!(usage.accesses(), 4);
}

#[test]
fn recent_ones_are_mine_only_the_last_first_and_each_once() {
    let usage = folded(&[used(1, 9, true), used(2, 8, true), used(3, 7, false), used(1, 6, true)]);
    assert_eq!(usage.recent(), [SecretId([1; 16]), SecretId([2; 16])]);
    let many: Vec<Use> = (0..200).map(|number| used(number, 1000 - i64::from(number), true)).collect();
    let recent = folded(&many);
    assert_eq!((recent.recent().len(), recent.recent()[0]), (MOST_RECENT, SecretId([199; 16])));
}

#[test]
fn days_are_those_of_the_time_zone() {
    let zone = |name: &str| TimeZone::get(name).unwrap();
    // 12:00 UTC is 17:45 in Kathmandu: its day began 17 hours and three quarters ago.
    let began = 17 * 3600 + 45 * 60;
    let usage = folded(&[used(1, began + 1, false), used(1, began - 1, false), used(2, 0, false)]);
    assert_eq!(usage.per_day(3, now(), &zone("Asia/Kathmandu")), [0, 1, 2]);
    assert_eq!(usage.per_day(3, now(), &TimeZone::UTC), [0, 2, 1]);
    assert_eq!(usage.per_day(0, now(), &TimeZone::UTC), [0_u32; 0]);
}

#[test]
fn a_day_of_23_hours_is_a_day() {
    // On 2026-03-29 clocks in Berlin go from 2 to 3: that day begins at 23:00 UTC and ends at 22:00 UTC.
    let now: Timestamp = "2026-03-30T10:00:00Z".parse().unwrap();
    let at =
        |text: &str| Use { secret: SecretId([1; 16]), at: text.parse::<Timestamp>().unwrap().as_second(), mine: false };
    let times = ["2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"];
    let usage = folded(&times.map(at));
    assert_eq!(usage.per_day(3, now, &TimeZone::get("Europe/Berlin").unwrap()), [1, 2, 1]);
}

proptest! {
    #[test]
    fn folded_in_slices_is_folded_whole(
        uses in proptest::collection::vec((0_u8..70, 0_i64..40 * DAY, any::<bool>()), 0..300),
        cuts in proptest::collection::vec(1_usize..50, 1..20),
    ) {
        let uses: Vec<Use> = uses.into_iter().map(|(secret, ago, mine)| used(secret, ago, mine)).collect();
        let (mut sliced, mut rest) = (Usage::default(), &uses[..]);
        for cut in cuts {
            let (slice, left) = rest.split_at(cut.min(rest.len()));
            sliced.add(slice, Extent::Reading);
            rest = left;
        }
        sliced.add(rest, Extent::Whole);
        prop_assert_eq!(&sliced, &folded(&uses));
        let days = sliced.per_day(41, now(), &TimeZone::UTC);
        prop_assert_eq!(days.iter().sum::<u32>() as usize, uses.len(), "none is lost, none counted twice");
    }
}
