//! Disks that fail: mounted read-only, full, or with a limit on file sizes. Nothing
//! that was acknowledged is lost, nothing is given out that cannot be audited, and
//! the terminal comes back.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::{Signal, getegid, geteuid};

use super::place::{SECRETS, copied, printed, program, with_key};
use super::support::pty::Pty;
use super::support::vault::TestVault;

const VALUE: &str = SECRETS[0].1;
const NAME: &str = "JWT_SIGNING_KEY";
const NEWEST: (&str, &str) = ("production/payments/NEWEST_KEY", "newest-0987654321");
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// A small file system of its own in place of a folder; needs root, or sudo.
struct Disk(PathBuf);

impl Disk {
    /// Mounts 512 KiB in place of the vault's folder and moves the vault there.
    fn below(vault: &TestVault) -> Self {
        let sealed = std::fs::read(vault.path()).unwrap();
        let disk = Self::at(vault.path().parent().unwrap(), 512);
        std::fs::write(vault.path(), sealed).unwrap();
        std::fs::set_permissions(vault.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        disk
    }

    /// Mounts so many KiB in place of a folder.
    fn at(folder: &Path, kib: u32) -> Self {
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        let options = format!("size={kib}k,mode=700,uid={user},gid={group}");
        printed(as_root("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder));
        Self(folder.to_owned())
    }

    fn folder(&self) -> PathBuf {
        self.0.clone()
    }

    /// `ro` or `rw`.
    fn remount(&self, access: &str) {
        printed(as_root("mount").args(["-o", &format!("remount,{access}")]).arg(self.folder()));
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let error = std::fs::write(self.ballast(), vec![0; 1 << 20]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }

    /// Leaves this much room.
    fn leave(&self, bytes: u64) {
        self.fill();
        let file = std::fs::OpenOptions::new().write(true).open(self.ballast()).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.folder().join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a program that a failing test has left is killed after this.
        let _ = as_root("umount").arg("-l").arg(self.folder()).output();
    }
}

/// A program as root; by sudo for everyone else.
fn as_root(name: &str) -> Command {
    if geteuid().is_root() {
        return program(name);
    }
    let mut command = program("sudo");
    command.arg("-n").arg(super::place::program_path(name));
    command
}

/// Runs a command, which may fail, with temporary files in the vault's home.
fn run(vault: &TestVault, arguments: &[&str], input: &str) -> Output {
    let tmp = vault.home().join("tmp");
    std::fs::create_dir_all(&tmp).unwrap();
    // The pipe takes the input whether or not it is read.
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, input.as_bytes()).unwrap();
    drop(writer);
    let output = vault.command().args(arguments).env("TMPDIR", &tmp).stdin(reader).output().unwrap();
    assert_eq!(std::fs::read_dir(tmp).unwrap().count(), 0, "something temporary was left");
    output
}

/// Asserts that it failed with `code`, printed nothing to standard output, and said all `words`.
#[track_caller]
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(output.stdout.is_empty(), "something was given out");
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
}

/// Asserts that the list shows all of `names`.
#[track_caller]
fn assert_listed(vault: &TestVault, names: &[&str]) {
    let output = run(vault, &["list", "--recursive"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    for name in names {
        assert!(list.contains(name), "{name} is missing in:\n{list}");
    }
}

/// Asserts that everything works again: reading, writing, and an audit chain without a gap.
#[track_caller]
fn assert_whole(vault: &TestVault) {
    for (address, value) in SECRETS {
        assert_eq!(vault.run(&["reveal", address], b"").stdout, value.as_bytes());
    }
    vault.set("production/WRITTEN_AFTERWARDS", "x");
    assert_eq!(vault.run(&["reveal", "production/WRITTEN_AFTERWARDS"], b"").stdout, b"x");
    vault.run(&["audit", "verify"], b"");
    vault.open().lock().unwrap().check_file().unwrap();
}

/// The screen on the vault, the first secret selected.
fn unlocked(vault: &TestVault) -> Pty {
    let mut pty = vault.screen().size(140, 30).start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("g");
    pty.settle();
    pty
}

/// Leaves the screen, which must end well.
fn leave(mut pty: Pty) {
    pty.send("q");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    pty.assert_restored();
    pty.assert_clean(&[VALUE]);
}

fn beside(vault: &TestVault, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", vault.path().display()))
}

/// Writes [`NEWEST`] so that only the log holds it: the session that would write it back is killed.
fn leave_a_hot_log(vault: &TestVault) {
    let mut pty = unlocked(vault);
    vault.set(NEWEST.0, NEWEST.1);
    pty.signal(Signal::KILL);
    pty.wait_exit(TEN_SECONDS);
    assert!(std::fs::metadata(beside(vault, "-wal")).unwrap().len() > 0, "the log is cold");
}

/// What a read-only mount may hold: file and log as they were left.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Left {
    Clean,
    HotLog,
    HotLogWithoutSharedMemory,
    EmptyLog,
}

#[test]
fn a_read_only_mount_shows_the_newest_names_and_gives_no_value_out() {
    for left in [Left::Clean, Left::HotLog, Left::HotLogWithoutSharedMemory, Left::EmptyLog] {
        let vault = with_key();
        let disk = Disk::below(&vault);
        match left {
            Left::Clean => vault.set(NEWEST.0, NEWEST.1),
            Left::HotLog | Left::HotLogWithoutSharedMemory => leave_a_hot_log(&vault),
            Left::EmptyLog => {
                vault.set(NEWEST.0, NEWEST.1);
                std::fs::write(beside(&vault, "-wal"), "").unwrap();
            }
        }
        if left == Left::HotLogWithoutSharedMemory {
            std::fs::remove_file(beside(&vault, "-shm")).unwrap();
        }
        disk.remount("ro");
        let before = std::fs::read_dir(disk.folder()).unwrap().count();

        assert_listed(&vault, &["NEWEST_KEY", NAME, "STRIPE_KEY", "DB_PASSWORD"]);
        assert_refused(&run(&vault, &["reveal", NEWEST.0], ""), 7, &["cannot be written", "mounted read-only"]);
        assert_refused(&run(&vault, &["set", NEWEST.0, "--stdin"], "other"), 7, &["mounted read-only"]);
        assert!(run(&vault, &["audit", "verify"], "").status.success(), "{left:?}");

        let mut pty = vault.screen().size(140, 30).start();
        pty.wait_for("NEWEST_KEY");
        pty.wait_for("READ-ONLY");
        pty.wait_for("mounted read-only");
        pty.wait_for(vault.path().to_str().unwrap());
        for key in [" ", "y", " ", "s", " "] {
            pty.settle();
            pty.send(key);
        }
        pty.settle();
        assert!(!pty.wrote(copied(VALUE)), "a copy that cannot be audited was made");
        leave(pty);

        assert_eq!(std::fs::read_dir(disk.folder()).unwrap().count(), before, "{left:?}");
        disk.remount("rw");
        assert_eq!(vault.run(&["reveal", NEWEST.0], b"").stdout, NEWEST.1.as_bytes());
        assert_whole(&vault);
    }
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let vault = with_key();
    let disk = Disk::below(&vault);
    // Not a byte of room; and room for the shared memory but not for a commit.
    disk.fill();
    assert_listed(&vault, &[NAME, "STRIPE_KEY", "DB_PASSWORD"]);
    assert_refused(&run(&vault, &["reveal", SECRETS[0].0], ""), 7, &["the disk is full"]);
    assert_refused(&run(&vault, &["set", NEWEST.0, "--stdin"], NEWEST.1), 7, &["the disk is full"]);
    disk.free();
    disk.leave(36 * 1024);
    assert_listed(&vault, &[NAME, "STRIPE_KEY", "DB_PASSWORD"]);
    assert_refused(
        &run(&vault, &["reveal", SECRETS[0].0], ""),
        1,
        &["No value is given out", "The disk is full", "Free some space"],
    );
    assert_refused(&run(&vault, &["set", NEWEST.0, "--stdin"], NEWEST.1), 1, &["Nothing was changed"]);
    disk.free();
    assert_refused(&run(&vault, &["reveal", NEWEST.0], ""), 3, &["NEWEST_KEY"]);
    assert_whole(&vault);
}

#[test]
fn a_disk_that_fills_up_keeps_all_that_was_acknowledged() {
    let vault = with_key();
    let disk = Disk::below(&vault);
    let value = "0123456789abcdef".repeat(256);
    let mut names = Vec::new();
    let refused = loop {
        let name = format!("BIG_{:03}", names.len());
        let output = run(&vault, &["set", &format!("production/{name}"), "--stdin"], &value);
        if !output.status.success() {
            break output;
        }
        names.push(name);
        assert!(names.len() < 200, "the disk does not fill up");
    };
    assert_refused(&refused, 1, &["The disk is full.", "Nothing was changed.", "Free some space"]);
    assert!(names.len() > 5, "only {} fitted", names.len());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_listed(&vault, &names);
    printed(as_root("mount").args(["-o", "remount,size=2m"]).arg(disk.folder()));
    assert_whole(&vault);
    let refused = format!("BIG_{:03}", names.len());
    let asked = run(&vault, &["reveal", &format!("production/{refused}")], "");
    assert_refused(&asked, 3, &[&format!("There is no secret {refused}")]);
    let last = format!("production/{}", names[names.len() - 1]);
    assert_eq!(vault.run(&["reveal", &last], b"").stdout, value.as_bytes());
}

#[test]
fn a_disk_that_fills_up_under_the_screen_is_said_and_forgotten_when_it_is_free() {
    let vault = with_key();
    let disk = Disk::below(&vault);
    let mut pty = unlocked(&vault);
    disk.fill();
    pty.send("y");
    pty.wait_for("The disk is full");
    assert!(!pty.wrote(copied(VALUE)), "a copy that could not be audited was made");
    assert!(pty.contents().contains("STRIPE_KEY"), "the list is gone");
    disk.free();
    pty.send(" ");
    pty.wait_gone("The disk is full");
    pty.send("y");
    pty.wait_wrote(copied(VALUE));
    leave(pty);
    assert_whole(&vault);
}

/// SIGXFSZ would end the process with the terminal in raw mode; here it is an error like any other.
#[test]
fn a_limit_on_file_sizes_is_an_error_and_the_terminal_comes_back() {
    let vault = with_key();
    // 70 blocks of 512 bytes: room for the shared memory, not for many commits.
    let mut pty = vault.shell("ulimit -f 70; exec \"$STRONGROOM\"").size(140, 30).start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("g");
    pty.settle();
    let mut tries = 0;
    while !pty.contents().contains("a limit on file sizes was reached") {
        assert!(tries < 40, "the limit is never reached; the screen:\n{}", pty.contents());
        tries += 1;
        pty.send("y");
        pty.settle();
    }
    assert!(pty.contents().contains("ulimit -f") && pty.contents().contains(NAME));
    pty.send(" ");
    pty.settle();
    leave(pty);
    assert_whole(&vault);
}

#[test]
fn a_limit_on_file_sizes_refuses_a_command_and_changes_nothing() {
    let vault = with_key();
    let big = vault.home().join("big");
    std::fs::write(&big, "0123456789abcdef".repeat(3000)).unwrap();
    for (blocks, words) in [("70", "a limit on file sizes was reached"), ("8", "File too large")] {
        let script = format!("ulimit -f {blocks}; exec \"$@\"");
        let mut command = vault.command();
        let program = command.get_program().to_owned();
        command = Command::new("sh");
        command.env_clear().envs(super::place::variables(&vault)).arg("-c").arg(script).arg("sh").arg(program);
        let output = command.args(["set", SECRETS[0].0, "--file", big.to_str().unwrap()]).output().unwrap();
        assert_refused(&output, 1, &[words]);
    }
    assert_whole(&vault);
}

/// What lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A folder below the vault's home, as the command line takes it.
fn folder_of(vault: &TestVault, name: &str) -> (PathBuf, String) {
    let folder = vault.home().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    (folder.clone(), folder.to_str().unwrap().to_owned())
}

/// A backup or a vault that does not fit leaves nothing under its name, and an older one as it was.
#[test]
fn a_full_disk_takes_no_backup_and_no_restored_vault_and_says_which_disk() {
    let vault = with_key();
    vault.set("production/BIG", &"0123456789abcdef".repeat(4096));
    let ((folder, disk), (_, elsewhere)) = (folder_of(&vault, "disk"), folder_of(&vault, "elsewhere"));
    let key = format!("{elsewhere}/backup.key");
    let whole = format!("{elsewhere}/whole.backup");
    vault.run(&["backup", "create", &whole, "--new-key-file", &key], b"");
    let mounted = Disk::at(&folder, 512);
    let (older, newer, restored) = (format!("{disk}/a.backup"), format!("{disk}/b.backup"), format!("{disk}/new.db"));
    vault.run(&["backup", "create", &older, "--backup-key-file", &key], b"");
    let kept = std::fs::read(&older).unwrap();
    let create = ["backup", "create", &newer, "--backup-key-file", &key];
    let restore = ["backup", "restore", &whole, "--to", &restored, "--backup-key-file", &key];
    // Not a byte of room, and room for a half.
    for left in [0, 64 * 1024] {
        mounted.leave(left);
        for (line, place) in [(&create[..], &newer), (&restore[..], &restored)] {
            assert_refused(&run(&vault, line, ""), 1, &[&disk, "o space left", "room"]);
            assert!(!Path::new(place).exists(), "{place}");
        }
        assert_eq!(names(&folder), ["a.backup", "ballast"]);
        assert_eq!(std::fs::read(&older).unwrap(), kept);
        mounted.free();
    }
    for (line, place) in [(&create[..], &newer), (&restore[..], &restored)] {
        let ran = run(&vault, line, "");
        assert!(ran.status.success() && Path::new(place).exists(), "{}", String::from_utf8_lossy(&ran.stderr));
        std::fs::remove_file(place).unwrap();
    }
    assert_whole(&vault);
}

/// A backup is made of a private copy; where there is no room for one it says so, and where.
#[test]
fn a_full_place_for_temporary_files_stops_a_backup_and_a_trial_and_not_the_vault() {
    let vault = with_key();
    vault.set("production/BIG", &"0123456789abcdef".repeat(4096));
    let ((folder, disk), (away, elsewhere)) = (folder_of(&vault, "disk"), folder_of(&vault, "elsewhere"));
    let (key, whole) = (format!("{elsewhere}/backup.key"), format!("{elsewhere}/whole.backup"));
    vault.run(&["backup", "create", &whole, "--new-key-file", &key], b"");
    let mounted = Disk::at(&folder, 512);
    let newer = format!("{elsewhere}/newer.backup");
    for left in [0, 64 * 1024] {
        mounted.leave(left);
        for line in [
            &["backup", "create", &newer, "--backup-key-file", &key][..],
            &["backup", "verify", &whole, "--backup-key-file", &key],
            &["backup", "verify", &whole, "--compare", "--backup-key-file", &key],
        ] {
            let output = vault.command().args(line).env("TMPDIR", &disk).output().unwrap();
            assert_refused(&output, 1, &["private copy", "TMPDIR"]);
            assert_eq!(names(&folder), ["ballast"], "{line:?}");
        }
        mounted.free();
    }
    assert_eq!(names(&away), ["backup.key", "whole.backup"]);
    assert_whole(&vault);
}
