//! D7: a file system that other machines may share, here a real one of FUSE. (Disks that are
//! mounted read-only are in `tests/desktop/disk.rs`.)

use std::path::PathBuf;
use std::process::{Command, Output};

use super::support::vault::TestVault;
use super::traced::points;

/// The vault's folder seen through bindfs.
struct Shared<'a>(&'a TestVault);

impl<'a> Shared<'a> {
    fn of(vault: &'a TestVault) -> Self {
        let shared = Self(vault);
        std::fs::create_dir(shared.folder()).unwrap();
        let mount = Command::new("bindfs").arg(vault.path().parent().unwrap()).arg(shared.folder()).output();
        let mount = mount.expect("bindfs is not installed; .ci/run installs what these tests need");
        assert!(mount.status.success(), "{}", String::from_utf8_lossy(&mount.stderr));
        shared
    }

    fn folder(&self) -> PathBuf {
        self.0.home().join("shared")
    }

    fn path(&self) -> String {
        self.folder().join("vault.db").display().to_string()
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder()).output();
    }
}

fn run(vault: &TestVault, arguments: &[&str]) -> Output {
    vault.command().args(arguments).output().unwrap()
}

#[test]
fn d7_a_file_system_that_machines_share_is_refused_unless_it_is_allowed() {
    let vault = TestVault::new();
    vault.set("A", "one");
    let shared = Shared::of(&vault);
    let (path, new) = (shared.path(), shared.folder().join("new.db").display().to_string());
    for arguments in [
        &["--vault", &path, "reveal", "A"][..],
        &["--vault", &path, "list"],
        &["--vault", &new, "init", "--protect", "env"],
    ] {
        let answer = run(&vault, arguments);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(7), "{said}");
        assert!(said.contains("FUSE") && said.contains("allow_network_fs"), "{said}");
        assert!(answer.stdout.is_empty() && !PathBuf::from(&new).exists());
    }
    let folder = vault.home().join("config/strongroom");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "allow_network_fs = true\n").unwrap();
    // Alone in the file: memory that other machines do not see is not relied on.
    let set = ["--vault", &path, "set", "A", "--stdin"].map(str::to_owned);
    let (calls, answer) = points(&vault, &["openat"], &set, "two");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    assert!(calls.iter().any(|call| call.arguments.contains("-wal")), "{calls:?}");
    assert!(!calls.iter().any(|call| call.arguments.contains("-shm")), "{calls:?}");
    assert_eq!(run(&vault, &["--vault", &path, "reveal", "A"]).stdout, b"two");
    assert!(run(&vault, &["--vault", &path, "verify"]).status.success());
    assert!(run(&vault, &["--vault", &new, "init", "--protect", "env"]).status.success());
    drop(shared);
    assert_eq!(run(&vault, &["reveal", "A"]).stdout, b"two");
}
