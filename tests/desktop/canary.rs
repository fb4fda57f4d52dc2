//! Canaries: what must be seen nowhere is looked for everywhere — in every
//! process's arguments and environment, and in every file the program could have left.

use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::Signal;

use super::place::canary::{canaries, in_files, in_processes};
use super::place::{copied, program, run_with_passphrase};
use super::support::pty::STRONGROOM;
use super::support::vault::TestVault;

const PASSPHRASE: &str = "canary passphrase 7Qx9 never seen";
const OLD: &str = "canary-old-value-Zk3vT8mW";
const NEW: &str = "canary-new-value-Hb6rY1pL";
const ADDRESS: &str = "production/CANARY_KEY";

/// A vault whose temporary files would land beside it.
fn vault_with_canary() -> TestVault {
    let vault = TestVault::with_passphrase(PASSPHRASE);
    for folder in ["tmp", "run"] {
        std::fs::create_dir(vault.home().join(folder)).unwrap();
    }
    run_with_passphrase(&vault, &["set", ADDRESS, "--stdin", "--raw"], PASSPHRASE, OLD);
    vault
}

#[test]
fn no_secret_is_left_anywhere() {
    let (vault, wanted) = (vault_with_canary(), canaries(&[PASSPHRASE, OLD, NEW]));
    let (tmp, run) = (vault.home().join("tmp"), vault.home().join("run"));
    let mut pty = vault.screen().env("TMPDIR", &tmp).env("XDG_RUNTIME_DIR", &run).start();
    pty.wait_for("assphrase");
    pty.settle();
    pty.send(PASSPHRASE);
    pty.settle();
    pty.send("\r");
    pty.wait_for("CANARY_KEY");
    pty.settle();
    pty.send("gs");
    pty.wait_for(&OLD[..12]);
    pty.send("y");
    pty.wait_wrote(copied(OLD));
    // Another session writes, so that the log holds the newest record.
    run_with_passphrase(&vault, &["set", ADDRESS, "--stdin", "--raw"], PASSPHRASE, NEW);
    let revealed = run_with_passphrase(&vault, &["reveal", ADDRESS], PASSPHRASE, "");
    assert_eq!(revealed.stdout, NEW.as_bytes());
    let log = vault.path().with_extension("db-wal");
    assert!(std::fs::metadata(log).unwrap().len() > 0, "there is no log to look into");

    assert_eq!(in_processes(&wanted), Vec::<PathBuf>::new());
    assert_eq!(in_files(vault.home(), &wanted), Vec::<PathBuf>::new());
    pty.signal(Signal::KILL);
    pty.wait_exit(std::time::Duration::from_secs(1));
    assert_eq!(in_files(vault.home(), &wanted), Vec::<PathBuf>::new());
    for folder in [tmp, run] {
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "something temporary was left");
    }
    assert!(!pty.wrote(PASSPHRASE) && !pty.wrote(NEW));
}

/// The search above finds what is there.
#[test]
fn a_planted_canary_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    let planted = folder.path().join("below/file");
    std::fs::write(&planted, "x planted-canary-4411 x").unwrap();
    let wanted = [b"planted-canary-4411".to_vec()];
    assert_eq!(in_files(folder.path(), &wanted), [planted]);
    let mut command = program("sleep");
    let mut child = command.arg("60").env("CANARY", "planted-canary-4411").stdin(Stdio::null()).spawn().unwrap();
    let place = PathBuf::from(format!("/proc/{}/environ", child.id()));
    let seen = super::place::within(std::time::Duration::from_secs(5), || in_processes(&wanted).contains(&place));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen, "the search is blind");
}

/// In the state folder: numbers and codes, of no secret.
const ANCHOR: &str = "/.local/state/strongroom/anchors/";

/// Every file that a command opens for writing lies in the vault's folder, is its anchor, or is a device.
#[test]
fn nothing_is_written_outside_the_vaults_folder() {
    let vault = TestVault::new();
    let folder = vault.path().parent().unwrap().canonicalize().unwrap();
    for (number, (arguments, input)) in
        [(vec!["set", ADDRESS, "--stdin", "--raw"], NEW), (vec!["reveal", ADDRESS], ""), (vec!["list"], "")]
            .into_iter()
            .enumerate()
    {
        let trace = vault.home().join(format!("trace{number}"));
        let mut command = program("strace");
        command.args(["-f", "-qq", "-e", "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat"]);
        command.arg("-o").arg(&trace).arg(STRONGROOM).args(&arguments);
        command.env_clear().envs(super::place::variables(&vault));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        assert!(child.wait_with_output().unwrap().status.success(), "{arguments:?}");
        let trace = std::fs::read_to_string(trace).unwrap();
        let written: Vec<&str> = trace.lines().filter(|line| changes_files(line)).collect();
        assert!(written.iter().any(|line| line.contains("vault.db")), "the trace saw nothing: {trace}");
        let inside = format!("\"{}/", folder.display());
        let outside: Vec<&&str> = written
            .iter()
            .filter(|line| ![&inside, "\"/dev/", ANCHOR].iter().any(|known| line.contains(known)))
            .collect();
        assert!(outside.is_empty(), "{arguments:?}: {outside:#?}");
    }
}

fn changes_files(line: &str) -> bool {
    ["O_WRONLY", "O_RDWR", "O_CREAT", "creat(", "rename", "link("].iter().any(|word| line.contains(word))
}
