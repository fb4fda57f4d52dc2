//! A value on its way to a pane of tmux: looked at without a record, given out with one.

use super::*;
use crate::tui::tmux::TmuxPane;
use crate::vault::audit::AuditRecord;

fn pane() -> Box<TmuxPane> {
    Box::new(TmuxPane {
        id: "%3".into(),
        place: "ops:1.2".into(),
        command: "psql".into(),
        title: String::new(),
        obstacle: None,
        takes_whole: None,
        is_piped: false,
        server: "1".into(),
    })
}

fn open(id: SecretId, version: Option<u64>, seen: u64) -> Request {
    Request::OpenToPaste { id, field: VALUE.into(), version, seen, allow_expired: false, pane: pane() }
}

fn records(bench: &Bench, id: SecretId) -> Vec<AuditRecord> {
    bench.ask(Request::Audit(id));
    let Answer::Audit { records, .. } = bench.next() else { panic!("no records") };
    records
}

#[test]
fn what_it_is_like_is_told_without_a_record_and_what_leaves_has_one() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("KEY", "-n\nsecond\n");
    bench.ask(Request::Shape { id, field: VALUE.into(), version: None });
    let Answer::Shaped { version: 1, shape, .. } = bench.next() else { panic!("no shape") };
    assert!(shape.lines == 2 && shape.final_newline);
    assert_eq!(records(&bench, id).len(), 1, "nothing was given out yet");
    bench.ask(open(id, None, 1));
    let Answer::ReadyToPaste { value, pane, .. } = bench.next() else { panic!("not opened") };
    assert!(value.expose() == b"-n\nsecond\n" && pane.id == "%3");
    bench.ask(Request::NoteUnpasted { id, pane, cause: "Nothing was pasted: pane %3 is gone.".into() });
    let records = records(&bench, id);
    assert_eq!(records.len(), 3);
    for record in &records[..2] {
        assert_eq!((record.action, record.reason.as_str()), (AuditAction::Copy, "pasted into tmux pane %3 (psql)"));
    }
    assert_eq!(records[0].error.as_deref(), Some("Nothing was pasted: pane %3 is gone."));
    assert_eq!(records[1].error, None);
}

#[test]
fn a_value_that_nobody_looked_at_is_not_given_out() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("KEY", "one");
    bench.create("KEY", "two\nlines");
    bench.ask(open(id, None, 1));
    let error = bench.failed();
    assert_eq!((error.kind(), error.current_version()), (Kind::Conflict, Some(2)));
    assert_eq!(records(&bench, id).len(), 2, "two writes");
    // An earlier version is what was asked for.
    bench.ask(open(id, Some(1), 1));
    assert!(matches!(bench.next(), Answer::ReadyToPaste { value, .. } if value.expose() == b"one"));
    bench.ask(Request::Shape { id, field: "totp".into(), version: None });
    assert_eq!(bench.failed().kind(), Kind::NotFound);
    bench.ask(Request::Shape { id, field: VALUE.into(), version: Some(7) });
    assert_eq!(bench.failed().kind(), Kind::NotFound);
}
