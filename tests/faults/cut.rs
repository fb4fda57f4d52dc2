//! D2, D3 for a log whose beginning is moved to a file: at no moment is a record in neither.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};

use super::operations::{folder, key_of_fixtures, reset, with_fixture};
use super::refused::{FAILING, Said, faults, said};
use super::support::vault::TestVault;
use super::traced::{Fault, Kept, WRITING, points, with_fault};

/// A vault with a log that is more than a day old, and the command that cuts it.
struct Trial {
    vault: TestVault,
    arguments: Vec<String>,
    pristine: Kept,
    /// The codes of all records, by which each is known.
    records: Vec<[u8; 32]>,
}

impl Trial {
    fn new() -> Self {
        let mut vault = TestVault::new();
        vault.key = key_of_fixtures();
        with_fixture(&vault, 1);
        // The newest format, and a record of today.
        vault.run(&["verify"], b"");
        let made = vault.home().join("made");
        let file = made.join("old.segment").to_str().unwrap().to_owned();
        let arguments = ["audit", "cut", &file, "--keep-days", "1"].map(str::to_owned).to_vec();
        let records = codes(&vault.open().audit(&AuditQuery::default()).unwrap());
        let pristine = Kept::of(&folder(&vault));
        let trial = Self { vault, arguments, pristine, records };
        trial.reset();
        trial
    }

    fn file(&self) -> PathBuf {
        self.vault.home().join("made/old.segment")
    }

    fn reset(&self) {
        reset(&self.vault, &self.pristine);
    }

    /// Whether it was cut. Every record is in the log or in the file, and the log is whole.
    #[track_caller]
    fn is_cut(&self, place: &str) -> bool {
        let mut vault = self.vault.open();
        assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }), "{place}");
        let is_cut = !vault.segments().unwrap().is_empty();
        let mut there = vault.audit(&AuditQuery::default()).unwrap();
        if is_cut {
            there.extend(vault.audit_of_segment(&self.file(), &AuditQuery::default()).expect(place));
        }
        let told = there.iter().filter(|record| record.action == AuditAction::AuditCut && record.error.is_none());
        assert_eq!(told.count(), usize::from(is_cut), "{place}");
        let codes = codes(&there);
        assert!(self.records.iter().all(|code| codes.contains(code)), "{place}: a record is in neither");
        is_cut
    }
}

fn codes(records: &[strongroom::vault::audit::AuditRecord]) -> Vec<[u8; 32]> {
    records.iter().map(|record| record.hash).collect()
}

#[test]
fn d2_a_cut_that_is_killed_at_every_point_loses_no_record() {
    let trial = Trial::new();
    let (points, answer) = points(&trial.vault, WRITING, &trial.arguments, "");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    assert!(trial.is_cut("undisturbed"));
    let mut cut = 0;
    for point in &points {
        trial.reset();
        let answer = with_fault(&trial.vault, point, Fault::Kill, &trial.arguments, "");
        assert_eq!(answer.status.signal(), Some(9), "nothing was killed at {point:?}");
        let is_cut = trial.is_cut(&format!("killed at {point:?}"));
        assert!(is_cut || answer.stderr.is_empty(), "acknowledged and not so at {point:?}");
        cut += usize::from(is_cut);
    }
    println!("D2, audit cut: killed at {} points, cut after {cut}", points.len());
    assert!(cut > 0 && cut < points.len() && points.len() > 20, "{cut} of {}", points.len());
}

#[test]
fn d3_what_is_said_of_a_cut_on_a_failing_disk_is_true() {
    let trial = Trial::new();
    let (points, answer) = points(&trial.vault, FAILING, &trial.arguments, "");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let home = trial.vault.home().to_str().unwrap().to_owned();
    let ours = points.iter().filter(|point| point.arguments.contains(&home));
    let (mut trials, mut cut) = (0, 0);
    for (point, fault) in ours.flat_map(|point| faults(point).into_iter().map(move |fault| (point, fault))) {
        trial.reset();
        let answer = with_fault(&trial.vault, point, fault, &trial.arguments, "");
        let place = format!("{fault:?} at {point:?}: {}", String::from_utf8_lossy(&answer.stderr));
        assert!(!answer.stderr.is_empty(), "it said nothing: {place}");
        let is_cut = trial.is_cut(&place);
        match said(&answer) {
            Said::Saved => assert!(is_cut, "{place}"),
            Said::NotSaved => {
                assert!(!is_cut, "{place}");
                assert!(
                    !trial.file().exists() || matches!(fault, Fault::ErrorsFrom(_)),
                    "a file without a key: {place}"
                );
            }
            Said::Unknown => {}
        }
        (trials, cut) = (trials + 1, cut + usize::from(is_cut));
    }
    println!("D3, audit cut: {trials} failing calls, cut after {cut}");
    assert!(trials > 50, "only {trials}");
}
