use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;

use crate::crypto::keyring::UnlockKey;
use crate::error::Kind;
use crate::vault::audit::{Actor, AuditAction, AuditQuery, AuditRecord, AuditVerdict};
use crate::vault::backup::Destination;
use crate::vault::{Anchors, LockedVault, NewVault, Passage, Vault};

use super::*;

thread_local! {
    /// What the clock of this test says, in seconds.
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW.get()).unwrap()
}

struct Bench {
    folder: tempfile::TempDir,
    key: RawKey,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap(), key: RawKey::generate().unwrap() };
        drop(Vault::create(&bench.path("v.db"), bench.new_vault(), Actor::default()).unwrap());
        bench
    }

    fn new_vault(&self) -> NewVault {
        NewVault { keys: vec![self.key()], cost: None }
    }

    fn key(&self) -> UnlockKey {
        UnlockKey::KeyFile(self.key.duplicate())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Vault {
        self.open_seen_by("here")
    }

    /// As a machine opens it that has an anchor of its own.
    fn open_seen_by(&self, machine: &str) -> Vault {
        let anchors = Anchors { folder: Some(self.path(machine)), tell: None };
        let locked = LockedVault::open(&self.path("v.db")).unwrap();
        let vault = locked.unlock(&self.key(), Actor::default()).map_err(|failed| failed.1).unwrap();
        let mut vault = vault.anchored(&anchors).unwrap();
        vault.set_clock(now);
        vault
    }

    fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn note(vault: &mut Vault, number: u64) {
    NOW.set(NOW.get() + 1);
    vault.note(AuditAction::Verify, None, &number.to_string(), None).unwrap();
}

fn whole(vault: &mut Vault) -> Vec<AuditRecord> {
    vault.audit(&AuditQuery::default()).unwrap()
}

fn last(vault: &mut Vault) -> u64 {
    let AuditVerdict::Intact { records } = vault.verify_audit().unwrap() else { panic!("the log is broken") };
    records
}

/// All that is older than the youngest `kept` records.
fn cut(vault: &mut Vault, path: &std::path::Path, kept: i64) -> Cut {
    let before = Timestamp::from_second(NOW.get() + 1 - kept).unwrap();
    vault.cut_audit(path, before, "a year").unwrap().unwrap()
}

/// A vault with so many records more than that of its making, one each second.
fn aged(records: u64) -> (Bench, Vault) {
    let bench = Bench::new();
    NOW.set(Timestamp::now().as_second());
    let mut vault = bench.open();
    (0..records).for_each(|number| note(&mut vault, number));
    (bench, vault)
}

#[test]
fn what_is_cut_off_is_read_from_its_file_and_the_log_goes_on_unbroken() {
    let (bench, mut vault) = aged(300);
    let before = whole(&mut vault);
    let end = last(&mut vault);
    let (one, two) = (bench.path("one.segment"), bench.path("two.segment"));
    let done = cut(&mut vault, &one, 100);
    assert_eq!((done.segment.first, done.segment.last, done.left), (1, end - 100, None));
    assert_eq!(std::fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
    let known = vault.segments().unwrap();
    assert_eq!(known, std::slice::from_ref(&done.segment));
    assert_eq!(last(&mut vault), end + 1, "the record of the cut");
    let newest = whole(&mut vault);
    assert_eq!(newest[1..], before[..100], "what is young stays as it was");
    assert_eq!(newest[0].action, AuditAction::AuditCut);
    assert!(newest[0].reason.contains(&done.segment.short_id()) && newest[0].reason.ends_with(". a year"));
    assert_eq!(vault.audit_of_segment(&one, &AuditQuery::default()).unwrap(), before[100..]);
    let some = AuditQuery { action: Some(AuditAction::Verify), limit: Some(3), ..AuditQuery::default() };
    assert_eq!(vault.audit_of_segment(&one, &some).unwrap(), before[100..103]);

    // Another cut goes on where the first one ended; another master key keeps both readable.
    (0..10).for_each(|number| note(&mut vault, number));
    let again = cut(&mut vault, &two, 5);
    assert_eq!(again.segment.first, done.segment.last + 1);
    let presented = vault.present(vec![bench.key()]).unwrap();
    vault.replace_master_key(&presented, &[], None, "").unwrap();
    let mut vault = bench.open();
    assert_eq!(vault.segments().unwrap(), [done.segment, again.segment.clone()]);
    assert_eq!(vault.audit_of_segment(&one, &AuditQuery::default()).unwrap(), before[100..]);
    assert_eq!(vault.audit_of_segment(&two, &AuditQuery::default()).unwrap().len() as u64, again.segment.records());
    assert_eq!(whole(&mut vault).len() as u64, last(&mut vault) - again.segment.last);
    assert!(vault.verify().unwrap().damage.is_empty());
}

#[test]
fn nothing_is_cut_off_where_nothing_is_older_or_the_file_is_there() {
    let (bench, mut vault) = aged(5);
    let end = last(&mut vault);
    let long_ago = Timestamp::from_second(1).unwrap();
    assert_eq!(vault.cut_audit(&bench.path("x"), long_ago, "").unwrap(), None);
    std::fs::write(bench.path("y"), "mine").unwrap();
    let error = vault.cut_audit(&bench.path("y"), now(), "").unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let error = vault.cut_audit(&bench.path("none/y"), now(), "").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(last(&mut vault), end);
    assert_eq!(std::fs::read(bench.path("y")).unwrap(), b"mine");
    assert!(!bench.names().contains(&"x".to_owned()) && vault.segments().unwrap().is_empty());
}

/// Every byte of the file, every length, and files of others.
#[test]
fn a_file_that_is_not_the_one_that_was_cut_off_is_not_believed() {
    let (bench, mut vault) = aged(1200);
    let (one, other) = (bench.path("one.segment"), bench.path("other.segment"));
    cut(&mut vault, &one, 5);
    let file = std::fs::read(&one).unwrap();
    assert!(file.len() > 65_536 + 76, "more than one chunk");
    let mut refused = |bytes: &[u8], what: &str| {
        std::fs::write(&other, bytes).unwrap();
        let error = vault.audit_of_segment(&other, &AuditQuery::default()).unwrap_err();
        assert!(matches!(error.kind(), Kind::Damaged | Kind::NotFound | Kind::Failure), "{what}: {error:?}");
        assert_eq!(vault.read_only_reason(), None, "the vault is not damaged by a file");
    };
    for at in (0..100).chain((100..file.len()).step_by(997)) {
        let mut altered = file.clone();
        altered[at] ^= 1 << (at % 8);
        refused(&altered, &format!("byte {at}"));
    }
    for length in (0..100).chain((100..file.len()).step_by(1_009)).chain([76 + 65_552]) {
        refused(&file[..length], &format!("{length} bytes"));
    }
    let chunk = 65_536 + 16;
    refused(&[&file[..], b"x"].concat(), "a byte more");
    refused(&[&file[..76], &file[76 + chunk..], &file[76..76 + chunk]].concat(), "chunks swapped");
    let (strange, mut of_another) = aged(1200);
    cut(&mut of_another, &strange.path("s"), 5);
    refused(&std::fs::read(strange.path("s")).unwrap(), "of another vault");
    assert_eq!(vault.audit_of_segment(&one, &AuditQuery::default()).unwrap().len(), 1_196);
}

/// Whoever writes to the file can neither move where the log begins nor take the records' place.
#[test]
fn where_the_log_begins_is_under_the_seal() {
    let (bench, mut vault) = aged(50);
    cut(&mut vault, &bench.path("one.segment"), 20);
    vault.lock().unwrap();
    let whole = std::fs::read(bench.path("v.db")).unwrap();
    for attack in [
        "DELETE FROM segment",
        "UPDATE segment SET last = last - 1",
        "UPDATE segment SET mac = zeroblob(32)",
        "UPDATE segment SET body = zeroblob(length(body))",
        "INSERT INTO segment SELECT seq, mac, body FROM audit ORDER BY seq LIMIT 1 OFFSET 3",
        "INSERT INTO segment SELECT seq, mac, body FROM audit ORDER BY seq LIMIT 1 OFFSET 3; DELETE FROM audit
         WHERE seq <= (SELECT max(last) FROM segment)",
    ] {
        std::fs::write(bench.path("v.db"), &whole).unwrap();
        rusqlite::Connection::open(bench.path("v.db")).unwrap().execute_batch(attack).unwrap();
        let locked = LockedVault::open(&bench.path("v.db")).unwrap();
        let opened = locked.unlock(&bench.key(), Actor::default());
        assert!(opened.is_err_and(|refused| refused.1.kind() == Kind::Damaged), "{attack}");
    }
    for attack in ["DELETE FROM audit WHERE seq = (SELECT min(seq) FROM audit)", "UPDATE audit SET seq = seq - 1"] {
        std::fs::write(bench.path("v.db"), &whole).unwrap();
        rusqlite::Connection::open(bench.path("v.db")).unwrap().execute_batch(attack).unwrap();
        assert!(matches!(bench.open().verify_audit().unwrap(), AuditVerdict::Broken { .. }), "{attack}");
    }
    std::fs::write(bench.path("v.db"), &whole).unwrap();
    last(&mut bench.open());
}

#[test]
fn a_cut_raises_no_alarm_on_a_machine_that_saw_what_is_gone_and_an_older_file_still_does() {
    let (bench, mut vault) = aged(20);
    let code = vault.freshness().unwrap().now.code();
    // One saw the very record that the log will go on from, one an earlier one.
    for (machine, more) in [("early", 10), ("at the end", 1)] {
        drop(bench.open_seen_by(machine));
        (0..more).for_each(|number| note(&mut vault, number));
    }
    vault.lock().unwrap();
    let older = std::fs::read(bench.path("v.db")).unwrap();
    let mut vault = bench.open();
    cut(&mut vault, &bench.path("one.segment"), 1);
    for machine in ["early", "at the end", "here", "new"] {
        let mut seen = bench.open_seen_by(machine);
        assert_eq!(seen.freshness().unwrap().stale, None, "{machine}");
        note(&mut seen, 0);
    }
    assert_eq!(vault.leads_through(&code).unwrap(), Passage::CutOff);
    let code = vault.freshness().unwrap().now.code();
    assert_eq!(vault.leads_through(&code).unwrap(), Passage::Leads);
    vault.lock().unwrap();
    std::fs::write(bench.path("v.db"), older).unwrap();
    for machine in ["early", "at the end", "here"] {
        assert!(bench.open_seen_by(machine).freshness().unwrap().stale.is_some(), "{machine}");
    }
}

#[test]
fn a_backup_of_a_cut_log_is_whole_and_opens_the_segments_too() {
    let (bench, mut vault) = aged(30);
    let one = bench.path("one.segment");
    cut(&mut vault, &one, 5);
    vault.back_up(Destination::File(&bench.path("b")), &[bench.key()], None).unwrap();
    let opened = crate::vault::backup::LockedBackup::open(&bench.path("b")).unwrap();
    let backup = opened.unlock(&bench.key()).map_err(|refused| refused.1).unwrap();
    let about = backup.verify(Actor::default()).unwrap();
    assert!(about.audit_records > 30);
}

/// The walk of a session that has begun before another one cuts goes on behind the cut.
#[test]
fn a_walk_that_was_under_way_goes_on_behind_the_cut() {
    let (bench, mut vault) = aged(30);
    let mut walk = crate::vault::AuditWalk::default();
    assert_eq!(vault.walk_audit(&mut walk, 4).unwrap(), None);
    cut(&mut bench.open(), &bench.path("one.segment"), 10);
    assert!(matches!(vault.walk_audit(&mut walk, u64::MAX).unwrap(), Some(AuditVerdict::Intact { .. })));
    assert!(!vault.has_more_audit(&walk).unwrap());
}

/// T14: the order is that of the numbers; that the clock went back is on record, once.
#[test]
fn a_clock_that_went_back_is_on_record_once_and_nothing_else_changes() {
    let (bench, mut vault) = aged(3);
    let regressed =
        |vault: &mut Vault| whole(vault).iter().filter(|one| one.action == AuditAction::ClockRegressed).count();
    assert_eq!(regressed(&mut vault), 0);
    NOW.set(NOW.get() - 30);
    note(&mut vault, 0);
    assert_eq!(regressed(&mut vault), 0, "so little may be another session's wait");
    for back in [3_600, 86_400 * 400] {
        NOW.set(NOW.get() - back);
        (0..3).for_each(|number| note(&mut vault, number));
    }
    assert_eq!(regressed(&mut vault), 2);
    let end = last(&mut vault);
    let numbers: Vec<u64> = whole(&mut vault).iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=end).rev().collect::<Vec<_>>());
    assert_eq!(bench.open().freshness().unwrap().stale, None, "no alarm");
    // What is cut off are the first records that are old, not every one that claims to be.
    let before = Timestamp::from_second(NOW.get()).unwrap();
    assert_eq!(vault.cut_audit(&bench.path("x"), before, "").unwrap(), None, "the first record is younger");
}
