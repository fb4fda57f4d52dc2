//! The vault file goes, or another comes in its place, while the thread has it open.

use std::fs;

use super::*;

#[test]
fn a_file_that_was_moved_away_is_told_once_and_every_write_is_refused() {
    let (bench, key) = Bench::unlocked();
    bench.create("KEY", "one");
    let (path, away) = (bench.folder.path().join("store/vault.db"), bench.folder.path().join("store/two.db"));
    fs::rename(&path, &away).unwrap();
    let told = bench.failed();
    assert!(told.message().contains("vault.db was removed or replaced while it was open"), "{told}");
    std::thread::sleep(3 * LOOK_EVERY);
    bench.ask(set("NEW", "lost"));
    assert_eq!(bench.failed(), told, "the write is refused");
    std::thread::sleep(3 * LOOK_EVERY);
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked), "it was told twice");
    assert!(matches!(bench.next(), Answer::Found(Found::Nothing)));
    fs::rename(&away, &path).unwrap();
    bench.ask(Request::Unlock(UnlockKey::Environment(key)));
    let Answer::Unlocked { catalog, .. } = bench.next() else { panic!("not unlocked") };
    assert_eq!(catalog.listed().len(), 1);
}

#[test]
fn a_write_that_finds_the_file_gone_is_not_followed_by_the_same_words() {
    let (bench, _) = Bench::unlocked();
    fs::remove_file(bench.folder.path().join("store/vault.db")).unwrap();
    bench.ask(set("NEW", "lost"));
    bench.failed();
    std::thread::sleep(3 * LOOK_EVERY);
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked), "it was told twice");
}

#[test]
fn what_was_put_there_while_locked_is_what_a_key_opens() {
    let (bench, _) = Bench::unlocked();
    bench.create("KEY", "one");
    bench.ask(Request::Lock);
    assert!(matches!((bench.next(), bench.next()), (Answer::Locked, Answer::Found(Found::Locked(..)))));
    let (other, key) = Bench::unlocked();
    other.ask(Request::Lock);
    assert!(matches!((other.next(), other.next()), (Answer::Locked, Answer::Found(Found::Locked(..)))));
    fs::rename(other.folder.path().join("store/vault.db"), bench.folder.path().join("store/vault.db")).unwrap();
    bench.ask(Request::Unlock(UnlockKey::Environment(key)));
    let Answer::Unlocked { catalog, .. } = bench.next() else { panic!("not unlocked") };
    assert_eq!(catalog.listed().len(), 0);
}
