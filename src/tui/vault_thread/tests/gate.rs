//! The way back in after a lock, by a file that has the key.

use super::*;
use crate::session::key_file;
use crate::tui::event::KeyPath;

#[test]
fn a_key_file_opens_again_after_a_lock_and_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("the.key");
    let key = RawKey::generate().unwrap();
    key_file::write(&path, &key).unwrap();
    let (sender, messages) = channel();
    let key_files = KeySources { key_file: Some(path.clone()), ..KeySources::default() };
    let thread =
        VaultThread::start(Place { key_files, ..place(&folder) }, Box::new(|_| Ok(None)), Mailbox::new(sender))
            .unwrap();
    let bench = Bench { folder, thread, messages };
    assert!(matches!(bench.next(), Answer::Found(Found::Nothing)));
    bench.ask(Request::Create { keys: vec![UnlockKey::KeyFile(key)], key_file: None });
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));
    bench.ask(Request::Lock);
    assert!(matches!(bench.next(), Answer::Locked));
    let Answer::Found(Found::Locked(_, file)) = bench.next() else { panic!("not found") };
    assert_eq!(file, Some(KeyPath { kind: SlotKind::KeyFile, path: path.display().to_string() }));
    let refused = || {
        bench.ask(Request::UnlockByFile);
        let Answer::UnlockFailed(error) = bench.next() else { panic!("it opened") };
        error
    };
    std::fs::rename(&path, path.with_extension("away")).unwrap();
    assert!(refused().message().contains("the.key"));
    std::fs::write(&path, "nonsense").unwrap();
    assert!(refused().message().contains("holds no usable key"));
    std::fs::rename(path.with_extension("away"), &path).unwrap();
    bench.ask(Request::UnlockByFile);
    assert!(matches!(bench.next(), Answer::Unlocked { .. }));
}
