//! A log whose beginning went to a file.

use super::*;

#[test]
fn what_was_cut_off_the_log_is_told_with_what_is_used_and_with_the_records_of_a_secret() {
    let (bench, key) = Bench::unlocked();
    let id = bench.create("KEY", "v");
    bench.ask(Request::Audit(id));
    assert!(matches!(bench.next(), Answer::Audit { records, cut_off: None, .. } if records.len() == 1));
    std::thread::sleep(Duration::from_millis(5));
    let file = bench.folder.path().join("log.segment");
    let done = bench.other(&key).cut_audit(&file, jiff::Timestamp::now(), "").unwrap().unwrap();
    let found = loop {
        if let Answer::Used { cut_off: Some(segment), extent, .. } = bench.any() {
            assert_eq!(extent, Extent::Whole);
            break segment;
        }
    };
    assert_eq!(found, done.segment);
    bench.ask(Request::Audit(id));
    let Answer::Audit { records, cut_off, .. } = bench.next() else { panic!("no records") };
    assert_eq!((records.len(), cut_off), (0, Some(done.segment)));
}
