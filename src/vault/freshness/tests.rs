use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::error::Kind;
use crate::vault::audit::{Actor, AuditQuery};
use crate::vault::{LockedVault, NewVault, Presented, Vault};

use super::*;

/// A vault, its key, and the folder of its anchor.
struct Bench {
    folder: tempfile::TempDir,
    key: RawKey,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap(), key: RawKey::generate().unwrap() };
        let new = NewVault { keys: vec![bench.key()], cost: None };
        drop(Vault::create(&bench.path(), new, Actor::default()).unwrap().anchored(&bench.anchors()).unwrap());
        bench
    }

    fn key(&self) -> UnlockKey {
        UnlockKey::Environment(self.key.duplicate())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("vault.db")
    }

    fn anchors(&self) -> Anchors {
        Anchors { folder: Some(self.folder.path().join("anchors")), tell: None }
    }

    /// The anchors of another machine that opens the same file.
    fn elsewhere(&self) -> Anchors {
        Anchors { folder: Some(self.folder.path().join("elsewhere")), tell: None }
    }

    fn open_with(&self, anchors: &Anchors) -> Vault {
        let locked = LockedVault::open(&self.path()).unwrap();
        locked.unlock(&self.key(), Actor::default()).map_err(|failed| failed.1).unwrap().anchored(anchors).unwrap()
    }

    fn open(&self) -> Vault {
        self.open_with(&self.anchors())
    }

    fn anchor(&self) -> PathBuf {
        std::fs::read_dir(self.folder.path().join("anchors")).unwrap().next().unwrap().unwrap().path()
    }

    /// The file as it is, its log folded in.
    fn copy(&self) -> Vec<u8> {
        self.open().lock().unwrap();
        std::fs::read(self.path()).unwrap()
    }

    fn put(&self, file: &[u8]) {
        std::fs::write(self.path(), file).unwrap();
        for suffix in ["db-wal", "db-shm"] {
            let _ = std::fs::remove_file(self.path().with_extension(suffix));
        }
    }
}

fn write(vault: &mut Vault) -> Result<()> {
    vault.note(AuditAction::Verify, None, "", None)
}

fn word(vault: &mut Vault) -> Option<&'static str> {
    vault.freshness().unwrap().stale.as_ref().map(Stale::word)
}

/// I4: every earlier state of the file is told from the newest, and none of the honest
/// sessions in between raises an alarm.
#[test]
fn every_earlier_copy_of_the_file_is_told() {
    earlier_copies_are_told(50, 4);
}

#[test]
#[ignore = "the long form: cargo test --lib freshness -- --ignored"]
fn every_one_of_many_earlier_copies_of_the_file_is_told() {
    earlier_copies_are_told(200, 5);
}

/// So many copies, and so many sessions between two of them.
fn earlier_copies_are_told(earlier: usize, sessions: usize) {
    let bench = Bench::new();
    let mut copies = Vec::new();
    for _ in 0..earlier {
        copies.push(bench.copy());
        for _ in 0..sessions {
            let mut vault = bench.open();
            assert_eq!(word(&mut vault), None);
            write(&mut vault).unwrap();
        }
    }
    let newest = bench.copy();
    for copy in copies {
        bench.put(&copy);
        let mut vault = bench.open();
        assert_eq!(word(&mut vault), Some("older"));
        assert_eq!(write(&mut vault).unwrap_err().kind(), Kind::Damaged);
        assert!(vault.read_only_reason().unwrap().contains("is older than"));
    }
    bench.put(&newest);
    let mut vault = bench.open();
    assert_eq!(word(&mut vault), None, "and the newest one is taken as before");
    write(&mut vault).unwrap();
}

#[test]
fn a_copy_that_was_written_elsewhere_is_another_past_however_far_it_came() {
    let bench = Bench::new();
    let copy = bench.copy();
    write(&mut bench.open()).unwrap();
    let newest = bench.copy();
    bench.put(&copy);
    for _ in 0..5 {
        write(&mut bench.open_with(&bench.elsewhere())).unwrap();
    }
    assert_eq!(word(&mut bench.open()), Some("forked"));
    bench.put(&newest);
    assert_eq!(word(&mut bench.open()), None);
}

#[test]
fn who_looks_for_the_first_time_or_keeps_no_anchor_is_not_alarmed() {
    let bench = Bench::new();
    let copy = bench.copy();
    write(&mut bench.open()).unwrap();
    bench.put(&copy);
    assert_eq!(word(&mut bench.open_with(&bench.elsewhere())), None);
    assert_eq!(word(&mut bench.open_with(&Anchors::default())), None);
}

#[test]
fn a_restore_is_accepted_with_a_reason_and_is_the_vault_from_then_on() {
    let bench = Bench::new();
    let copy = bench.copy();
    for _ in 0..5 {
        write(&mut bench.open()).unwrap();
    }
    let newest = bench.copy();
    bench.put(&copy);
    let mut vault = bench.open();
    let before = vault.freshness().unwrap().now;
    vault.accept_restore("the disk failed").unwrap();
    assert_eq!(word(&mut vault), None);
    let after = vault.freshness().unwrap().now;
    assert_ne!(before.lineage, after.lineage, "another line of history");
    let record = vault.audit(&AuditQuery { limit: Some(1), ..AuditQuery::default() }).unwrap().remove(0);
    assert_eq!(record.action, AuditAction::RestoreAccepted);
    assert!(record.reason.contains("is older than") && record.reason.ends_with("the disk failed"), "{}", record.reason);
    write(&mut vault).unwrap();
    drop(vault);
    let mut vault = bench.open();
    assert_eq!(word(&mut vault), None);
    assert_eq!(vault.accept_restore("again").unwrap_err().kind(), Kind::Usage);
    drop(vault);
    let restored = bench.copy();
    bench.put(&newest);
    assert_eq!(word(&mut bench.open()), Some("forked"), "the one that was given up is another one by now");
    // Another machine saw the one that was given up; it accepts the same line of history.
    let elsewhere = bench.elsewhere();
    drop(bench.open_with(&elsewhere));
    bench.put(&restored);
    let mut there = bench.open_with(&elsewhere);
    assert!(word(&mut there).is_some());
    let lineage = there.freshness().unwrap().now.lineage;
    there.accept_restore("as there").unwrap();
    assert_eq!(there.freshness().unwrap().now.lineage, lineage);
    drop(there);
    assert_eq!((word(&mut bench.open()), word(&mut bench.open_with(&elsewhere))), (None, None));
}

#[test]
fn an_anchor_that_was_altered_is_an_alarm_and_one_that_is_gone_is_a_first_look() {
    let bench = Bench::new();
    write(&mut bench.open()).unwrap();
    write(&mut bench.open()).unwrap();
    let honest = std::fs::read(bench.anchor()).unwrap();
    // A number of an earlier master key is what another machine's anchor has after a
    // replacement: its code cannot be checked by anybody any more.
    for at in (0..crate::store::MARK).filter(|at| !(4..8).contains(at)).step_by(7) {
        let mut altered = honest.clone();
        for place in [at, 512 + at] {
            altered[place] ^= 1;
        }
        std::fs::write(bench.anchor(), altered).unwrap();
        assert!(word(&mut bench.open()).is_some(), "{at}");
        assert_eq!(write(&mut bench.open()).unwrap_err().kind(), Kind::Damaged);
    }
    let mut one = honest.clone();
    one[100] ^= 1;
    std::fs::write(bench.anchor(), one).unwrap();
    assert_eq!(word(&mut bench.open()), None, "one mark is enough");
    std::fs::write(bench.anchor(), b"nonsense").unwrap();
    let mut vault = bench.open();
    assert_eq!(word(&mut vault), Some("unreadable"));
    vault.accept_restore("scribbled over").unwrap();
    drop(vault);
    assert_eq!(word(&mut bench.open()), None);
    std::fs::remove_file(bench.anchor()).unwrap();
    assert_eq!(word(&mut bench.open()), None);
    assert_eq!(std::fs::metadata(bench.anchor()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn two_sessions_move_one_anchor_and_neither_is_alarmed() {
    let bench = Bench::new();
    let (mut one, mut two) = (bench.open(), bench.open());
    for _ in 0..20 {
        write(&mut one).unwrap();
        write(&mut two).unwrap();
        write(&mut two).unwrap();
    }
    let mut three = bench.open();
    assert_eq!(word(&mut three), None);
    let marks = std::fs::read(bench.anchor()).unwrap();
    let marks = [marks[..128].try_into().unwrap(), marks[512..640].try_into().unwrap()];
    let (_, seen) = newest(&marks, &three.keys).unwrap();
    let now = three.freshness().unwrap().now;
    assert_eq!((seen.seq, seen.audit_head), (now.seq, now.audit_head));
}

#[test]
fn a_file_that_is_written_over_under_an_open_session_is_told_at_its_next_write() {
    let bench = Bench::new();
    let copy = bench.copy();
    write(&mut bench.open()).unwrap();
    bench.copy();
    let mut vault = bench.open_with(&Anchors::default());
    bench.put(&copy);
    let refused = write(&mut vault).unwrap_err();
    assert_eq!(refused.kind(), Kind::Damaged, "{refused}");
    assert!(vault.read_only_reason().is_some());
}

#[test]
fn another_master_key_is_no_alarm_and_the_file_from_before_it_is() {
    let bench = Bench::new();
    drop(bench.open_with(&bench.elsewhere()));
    let copy = bench.copy();
    let mut vault = bench.open();
    let presented: Presented = vault.present(vec![bench.key()]).unwrap();
    vault.replace_master_key(&presented, &[], None, "").unwrap();
    write(&mut vault).unwrap();
    drop(vault);
    assert_eq!(word(&mut bench.open()), None);
    assert_eq!(word(&mut bench.open_with(&bench.elsewhere())), None, "where only the key before was seen");
    bench.put(&copy);
    assert_eq!(word(&mut bench.open()), Some("older"));
    assert_eq!(word(&mut bench.open_with(&bench.elsewhere())), Some("older"));
}

#[test]
fn a_checkpoint_on_paper_is_found_in_the_log_that_led_through_it() {
    let bench = Bench::new();
    let copy = bench.copy();
    let mut vault = bench.open();
    write(&mut vault).unwrap();
    let code = vault.freshness().unwrap().now.code();
    write(&mut vault).unwrap();
    assert_eq!(vault.leads_through(&code), Ok(Passage::Leads));
    drop(vault);
    bench.put(&copy);
    write(&mut bench.open_with(&bench.elsewhere())).unwrap();
    write(&mut bench.open_with(&bench.elsewhere())).unwrap();
    let mut vault = bench.open_with(&Anchors::default());
    assert_eq!(vault.leads_through(&code), Ok(Passage::Elsewhere));
    for wrong in ["", "7", "7-", "x-3f9ac2d17e20", "7-3f9a", "7-3f9ac2d17e2011", "-3f9ac2d17e20"] {
        assert_eq!(vault.leads_through(wrong).unwrap_err().kind(), Kind::Usage, "{wrong}");
    }
}
