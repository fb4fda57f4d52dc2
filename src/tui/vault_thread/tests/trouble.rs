//! Files that are damaged, or not the ones that were seen last.

use super::*;
use crate::vault::{ReadOnly, Stale};

impl Bench {
    /// The next time that the thread says that nothing can be written.
    fn read_only(&self) -> ReadOnly {
        loop {
            if let Answer::ReadOnly(read_only) = self.any() {
                return read_only;
            }
        }
    }
}

#[test]
fn a_secret_that_does_not_open_is_told_as_such_and_nothing_is_written_from_then_on() {
    let (bench, _) = Bench::unlocked();
    let (good, bad) = (bench.create("GOOD", "v"), bench.create("BAD", "v"));
    let sql = rusqlite::Connection::open(place(&bench.folder).vault).unwrap();
    let changed = sql.execute("UPDATE secret SET revision = revision + 1 WHERE id = ?1", [&bad.0[..]]);
    assert_eq!(changed, Ok(1));
    bench.ask(Request::Detail(bad));
    let Answer::DetailFailed(id, error) = bench.next() else { panic!("no damage") };
    assert_eq!((id, error.kind()), (bad, Kind::Damaged));
    bench.ask(Request::Detail(good));
    assert!(matches!(bench.next(), Answer::Detail { secret, .. } if secret.id == good));
    bench.ask(set("GOOD", "w"));
    assert_eq!(bench.failed().kind(), Kind::Denied);
}

#[test]
fn damage_that_is_found_makes_the_screen_read_only_once() {
    let (bench, _) = Bench::unlocked();
    let id = bench.create("KEY", "v");
    let sql = rusqlite::Connection::open(place(&bench.folder).vault).unwrap();
    let changed = sql.execute("UPDATE version SET value = zeroblob(length(value))", []);
    assert_eq!(changed, Ok(1));
    bench.ask(copy_field(id, VALUE));
    let ReadOnly::Damaged(cause) = bench.read_only() else { panic!("not damaged") };
    assert_eq!(bench.failed().message(), cause, "the reason comes before the refusal");
    bench.ask(copy_field(id, VALUE));
    assert!(matches!(bench.any(), Answer::Failed(_)), "said once");
}

#[test]
fn an_older_file_that_was_put_back_is_told_at_the_unlock() {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder).vault;
    let key = RawKey::generate().unwrap();
    let session = |folder: tempfile::TempDir| {
        let anchors = Anchors { folder: Some(folder.path().join("anchors")), tell: None };
        let (sender, messages) = channel();
        let opens = UnlockKey::Environment(key.duplicate()).into();
        let startup: StartupKey = Box::new(move |_| Ok(Some(opens)));
        let thread = VaultThread::start(Place { anchors, ..place(&folder) }, startup, Mailbox::new(sender)).unwrap();
        let bench = Bench { folder, thread, messages };
        let Answer::Found(found) = bench.next() else { panic!("nothing was looked at") };
        if found == Found::Nothing {
            bench.ask(Request::Create { keys: vec![UnlockKey::Environment(key.duplicate())], key_file: None });
        }
        let Answer::Unlocked { read_only, .. } = bench.next() else { panic!("not unlocked") };
        (bench, read_only)
    };
    let end = |Bench { mut thread, folder, .. }: Bench| {
        thread.close(Duration::from_secs(20));
        folder
    };
    let (bench, read_only) = session(folder);
    assert_eq!(read_only, None);
    let folder = end(bench);
    let before = std::fs::read(&path).unwrap();
    let (bench, read_only) = session(folder);
    assert_eq!(read_only, None);
    bench.create("KEY", "v");
    let folder = end(bench);
    std::fs::write(&path, before).unwrap();
    let Some(read_only) = session(folder).1 else { panic!("not read-only") };
    assert!(matches!(read_only, ReadOnly::Stale(Stale::Older { .. })), "{read_only:?}");
    assert!(read_only.told().contains("strongroom anchor tells more."), "{}", read_only.told());
}

#[test]
fn damage_that_verify_put_on_record_makes_every_screen_read_only() {
    let (bench, key) = Bench::unlocked();
    bench.create("KEY", "v");
    let path = place(&bench.folder).vault;
    let changed =
        rusqlite::Connection::open(&path).unwrap().execute("UPDATE version SET value = zeroblob(length(value))", []);
    assert_eq!(changed, Ok(1));
    let other = LockedVault::open(&path).unwrap().unlock(&UnlockKey::Environment(key), Actor::default());
    assert_eq!(other.map_err(|failed| failed.1).unwrap().verify().unwrap().damage.len(), 1);
    let ReadOnly::Damaged(cause) = bench.read_only() else { panic!("not damaged") };
    assert!(cause.starts_with("Damage was found at 2") && cause.contains("KEY: "), "{cause}");
}
