//! D2, D3 for backups: made, tried and restored while the machine fails. Beside the live vault
//! there are an older backup and the new file, each whole or not there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::session::actor::current;
use strongroom::vault::LockedVault;
use strongroom::vault::backup::LockedBackup;

use super::operations::{folder, reset, seen, write_private};
use super::refused::{FAILING, Said, faults, said};
use super::support::vault::TestVault;
use super::traced::{Fault, Kept, WRITING, points, with_fault};

/// What no file but the sealed ones may tell, and they not in clear.
const CANARIES: [&str; 3] = ["canary-of-the-first", "canary-of-the-second", "canary-of-another"];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Command {
    Create,
    Compare,
    Restore,
}

/// A vault, a backup of it, and a place for what the command makes.
struct Trial {
    command: Command,
    vault: TestVault,
    arguments: Vec<String>,
    pristine: Kept,
    before: Vec<String>,
    older: Vec<u8>,
}

impl Trial {
    fn new(command: Command) -> Self {
        let vault = TestVault::new();
        vault.set("prod/A", CANARIES[0]);
        vault.set("prod/A", CANARIES[1]);
        vault.set("B", CANARIES[2]);
        let path = |name: &str| vault.home().join(name).to_str().unwrap().to_owned();
        fs::create_dir_all(vault.home().join("kept")).unwrap();
        let (older, new, key) = (path("kept/older.backup"), path("made/new"), path("backup.key"));
        vault.run(&["backup", "create", &older, "--new-key-file", &key], b"");
        let line = match command {
            Command::Create => vec!["backup", "create", &new, "--backup-key-file", &key],
            Command::Compare => vec!["backup", "verify", &older, "--compare", "--backup-key-file", &key],
            Command::Restore => vec!["backup", "restore", &older, "--to", &new, "--backup-key-file", &key],
        };
        let arguments = line.into_iter().map(str::to_owned).collect();
        let (pristine, before) = (Kept::of(&folder(&vault)), seen(&vault));
        let older = fs::read(older).unwrap();
        let trial = Self { command, vault, arguments, pristine, before, older };
        trial.reset();
        trial
    }

    fn new_file(&self) -> PathBuf {
        self.vault.home().join("made/new")
    }

    fn older_file(&self) -> PathBuf {
        self.vault.home().join("kept/older.backup")
    }

    fn key(&self) -> UnlockKey {
        UnlockKey::KeyFile(RawKey::from_text(&fs::read(self.vault.home().join("backup.key")).unwrap()).unwrap())
    }

    fn reset(&self) {
        reset(&self.vault, &self.pristine);
        write_private(&self.older_file(), &self.older);
    }

    /// What is there after a fault is whole, private and sealed; gives whether the new file is there.
    #[track_caller]
    fn is_made(&self, place: &str) -> bool {
        self.assert_private(place);
        assert!(fs::read(self.older_file()).unwrap() == self.older, "{place}: the older backup is another one");
        let new = self.new_file();
        let is_there = new.exists();
        match self.command {
            Command::Create if is_there => {
                let opened = LockedBackup::open(&new).unwrap().unlock(&self.key()).map_err(|refused| refused.1);
                assert_eq!(opened.unwrap().verify(current()).unwrap().versions, 3, "{place}");
            }
            Command::Restore if is_there => {
                let opened = LockedVault::open(&new).unwrap().unlock(&self.key(), current());
                let mut vault = opened.map_err(|refused| refused.1).unwrap();
                let found = vault.verify().unwrap();
                assert_eq!((found.damage, found.secrets, found.versions), (Vec::new(), 2, 3), "{place}");
            }
            _ => {}
        }
        // Looking is on record, so the vault comes last.
        assert_eq!(seen(&self.vault), self.before, "{place}: the vault is another one");
        is_there
    }

    /// Every file and folder below the home is the owner's alone, and none holds a value in clear.
    #[track_caller]
    fn assert_private(&self, place: &str) {
        let mut folders = ["made", "kept", "tmp", "store", ".local"].map(|name| self.vault.home().join(name)).to_vec();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                let found = fs::symlink_metadata(&path).unwrap();
                assert_eq!(found.mode() & 0o077, 0, "{place}: {} has mode {:o}", path.display(), found.mode());
                if found.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(&path).unwrap();
                let is_clear = |canary: &&str| bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
                assert!(!CANARIES.iter().any(is_clear), "{place}: a value in {}", path.display());
            }
        }
    }

    /// Whether the log says that the new backup was made, or that the older one passed.
    fn is_on_record(&self) -> bool {
        let (backups, _) = self.vault.open().last_backups(usize::MAX).unwrap();
        match self.command {
            Command::Create => backups.made().is_some_and(|made| {
                Path::new(made.place()) == self.new_file().canonicalize().unwrap_or(self.new_file())
            }),
            Command::Compare => backups.tried().is_some_and(|tried| tried.passed),
            Command::Restore => false,
        }
    }

    /// What the answer says is so.
    #[track_caller]
    fn assert_true(&self, said: &Said, fault: Fault, answer: &Output, place: &str) {
        let (is_on_record, is_made) = (self.is_on_record(), self.is_made(place));
        let is_done = *said == Said::Saved;
        if *said == Said::Unknown {
            return;
        }
        // What fails from then on may also fail to write down that it did.
        let is_lasting = matches!(fault, Fault::ErrorsFrom(_));
        match self.command {
            Command::Create => {
                assert_eq!(is_made, is_done, "{place}");
                assert!(is_on_record == is_done || is_lasting, "{place}: on record is {is_on_record}");
            }
            Command::Compare => {
                assert_eq!(is_on_record, is_done, "{place}");
                assert_eq!(answer.stdout.is_empty(), !is_done, "{place}");
            }
            Command::Restore => assert_eq!(is_made, is_done, "{place}"),
        }
    }
}

fn killed_everywhere(command: Command) -> usize {
    let trial = Trial::new(command);
    let (points, answer) = points(&trial.vault, WRITING, &trial.arguments, "");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let mut made = 0;
    for point in &points {
        trial.reset();
        let answer = with_fault(&trial.vault, point, Fault::Kill, &trial.arguments, "");
        assert_eq!(answer.status.signal(), Some(9), "{command:?}: nothing was killed at {point:?}");
        let is_told = !answer.stdout.is_empty() || !answer.stderr.is_empty();
        let is_on_record = trial.is_on_record();
        let is_made = trial.is_made(&format!("{command:?} killed at {point:?}"));
        made += usize::from(is_made);
        assert!(!is_told || is_made || command == Command::Compare, "acknowledged and lost at {point:?}");
        assert!(!is_made || is_on_record || command == Command::Restore, "there and not on record at {point:?}");
    }
    println!("{command:?}: killed at {} points, the new file there after {made}", points.len());
    assert!(command == Command::Compare || (made > 0 && made < points.len()), "{made}");
    points.len()
}

#[test]
fn d2_a_backup_made_tried_or_restored_and_killed_at_every_point_is_whole_or_not_there() {
    let total: usize = [Command::Create, Command::Compare, Command::Restore].map(killed_everywhere).iter().sum();
    println!("D2, backups: {total} points");
    assert!(total > 60, "only {total} points");
}

fn refused_everywhere(command: Command) -> usize {
    let trial = Trial::new(command);
    let (points, answer) = points(&trial.vault, FAILING, &trial.arguments, "");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let home = trial.vault.home().to_str().unwrap().to_owned();
    let ours = points.iter().filter(|point| point.arguments.contains(&home));
    let (mut trials, mut seen) = (0, BTreeMap::new());
    for (point, fault) in ours.flat_map(|point| faults(point).into_iter().map(move |fault| (point, fault))) {
        trial.reset();
        let answer = with_fault(&trial.vault, point, fault, &trial.arguments, "");
        let place = format!("{command:?}, {fault:?} at {point:?}: {}", String::from_utf8_lossy(&answer.stderr));
        let said = said(&answer);
        assert!(said == Said::Saved || !answer.stderr.is_empty(), "it failed without a word: {place}");
        trial.assert_true(&said, fault, &answer, &place);
        *seen.entry(format!("{said:?}")).or_insert(0) += 1;
        trials += 1;
    }
    println!("{command:?}: {trials} failing calls, {seen:?}");
    trials
}

#[test]
fn d3_what_is_said_of_a_backup_on_a_failing_disk_is_true() {
    let total: usize = [Command::Create, Command::Compare, Command::Restore].map(refused_everywhere).iter().sum();
    println!("D3, backups: {total} failing calls");
    assert!(total > 200, "only {total}");
}
