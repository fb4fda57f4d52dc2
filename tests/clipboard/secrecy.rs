//! t04: while a value is on the clipboard it stands nowhere else, and what holds it is
//! cut off from whoever started it.

use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal};

use super::place::canary::{canaries, in_files, in_processes};
use super::place::display::Display;
use super::place::holder::{Holder, WITHOUT_CAPABILITIES};
use super::place::{children, configure, eventually, processes, program, variables};
use super::support::pty::{STRONGROOM, Setup, contains};
use super::support::vault::TestVault;
use super::tmux::Tmux;
use super::walk::{TEN_SECONDS, here, unlocked};

const CANARY: &str = "canary-copied-value-Rw5nX8qD";
const ADDRESS: &str = "production/auth/JWT_SIGNING_KEY";

/// A vault whose temporary files would land beside it.
fn vault_with_canary() -> TestVault {
    let vault = TestVault::new();
    for folder in ["tmp", "run"] {
        std::fs::create_dir(vault.home().join(folder)).unwrap();
    }
    vault.set(ADDRESS, CANARY);
    vault
}

/// With its temporary folders, at this display.
fn at(display: &Display, vault: &TestVault, setup: Setup) -> Setup {
    let (tmp, run) = (vault.home().join("tmp"), vault.home().join("run"));
    here(setup).env("TMPDIR", tmp).env("XDG_RUNTIME_DIR", run).env("DISPLAY", &display.name)
}

/// Asserts that a value stands in no process's arguments, environment and open files,
/// and in no file of the home.
#[track_caller]
pub(crate) fn assert_nowhere_else(vault: &TestVault, value: &str) {
    let wanted = canaries(&[value]);
    assert_eq!(in_processes(&wanted), Vec::<PathBuf>::new());
    assert_eq!(in_files(vault.home(), &wanted), Vec::<PathBuf>::new());
}

/// The same, and that nothing temporary is left.
#[track_caller]
fn assert_nowhere(vault: &TestVault) {
    assert_nowhere_else(vault, CANARY);
    for folder in ["tmp", "run"] {
        let left: Vec<_> = std::fs::read_dir(vault.home().join(folder)).unwrap().flatten().collect();
        assert!(left.is_empty(), "something temporary was left: {left:?}");
    }
}

#[test]
fn t04_a_held_value_stands_nowhere_and_its_holder_is_alone() {
    let (display, vault) = (Display::start(), vault_with_canary());
    let mut pty = unlocked(at(&display, &vault, vault.screen().size(120, 30)));
    pty.send("y");
    display.wait_for(Some(CANARY));
    let holder = Holder::at(&display.name);
    holder.assert_alone(&[CANARY]);
    assert!(!holder.has("STRONGROOM_MASTER_KEY", &vault.key), "it was handed the vault's key");
    assert_nowhere(&vault);
    // Dumped memory would lie in the folder where it runs, or where the first one runs.
    holder.signal(Signal::ABORT);
    eventually("it to be gone", || !holder.lives());
    pty.signal(Signal::ABORT);
    pty.wait_exit(TEN_SECONDS);
    assert_nowhere(&vault);
    let dumped = std::fs::read_dir("/").unwrap().flatten().any(|entry| entry.file_name() == "core");
    assert!(!dumped, "memory was dumped");
    pty.assert_clean(&[CANARY]);
}

/// By whoever runs as the same user; root's leave to read everything is taken away from both.
#[test]
fn t04_the_memory_of_what_holds_a_value_cannot_be_read() {
    let (display, vault) = (Display::start(), vault_with_canary());
    let setup = Setup::new(super::place::program_path("setpriv").to_str().unwrap(), vault.home());
    let setup = setup.env("STRONGROOM_VAULT", vault.path()).env("STRONGROOM_MASTER_KEY", &vault.key);
    let words = WITHOUT_CAPABILITIES.iter().chain(&[STRONGROOM, "copy", ADDRESS]);
    let mut pty = words.fold(at(&display, &vault, setup), Setup::arg).start();
    display.wait_for(Some(CANARY));
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
    Holder::at(&display.name).assert_not_dumpable();
}

#[test]
fn t04_a_value_sent_through_a_terminal_or_tmux_stands_nowhere() {
    let vault = vault_with_canary();
    configure(&vault, "clear_after = \"1h\"");
    let (tmp, run) = (vault.home().join("tmp"), vault.home().join("run"));
    let mut pty = unlocked(vault.screen().env("TMPDIR", &tmp).env("XDG_RUNTIME_DIR", &run));
    pty.send("y");
    pty.wait_wrote(super::place::copied(CANARY));
    assert_nowhere(&vault);
    assert_watched(&vault, pty.pid().as_raw_nonzero().get().unsigned_abs());
    pty.signal(Signal::KILL);
    pty.wait_exit(TEN_SECONDS);
    assert_nowhere(&vault);

    let mut tmux = Tmux::unlocked(&vault, "");
    tmux.outer.send("y");
    tmux.outer.wait_for("Sent");
    assert_nowhere(&vault);
    assert_watched(&vault, processes(&vault)[0].as_raw_nonzero().get().unsigned_abs());
}

/// What watches over the program has neither its key nor its folder, and dumps nothing.
#[track_caller]
fn assert_watched(vault: &TestVault, program: u32) {
    let watches = |pid: &Pid| {
        let words = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
        words.split(|byte| *byte == 0).nth(1) == Some(b"--watch-over-the-clipboard")
    };
    let watchdogs: Vec<Pid> = children(program).into_iter().filter(watches).collect();
    assert_eq!(watchdogs.len(), 1, "one process watches over it");
    let file = |name: &str| PathBuf::from(format!("/proc/{}/{name}", watchdogs[0].as_raw_nonzero()));
    let environment = std::fs::read(file("environ")).unwrap();
    assert!(!contains(&environment, vault.key.as_bytes()), "it was handed the vault's key");
    assert_eq!(std::fs::read_link(file("cwd")).unwrap(), PathBuf::from("/"), "it keeps a folder busy");
    let limits = std::fs::read_to_string(file("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "it may dump its memory");
}

/// In the state folder: numbers and codes, of no secret.
const ANCHOR: &str = "/.local/state/strongroom/anchors/";

/// Every file that copying opens for writing lies in the vault's folder, is its anchor, or is a device.
#[test]
fn t04_copying_writes_nothing_outside_the_vaults_folder() {
    let (display, vault) = (Display::start(), vault_with_canary());
    let folder = vault.path().parent().unwrap().canonicalize().unwrap();
    let trace = vault.home().join("trace");
    let mut command = program("strace");
    command.args(["-f", "-qq", "-e", "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,mknodat"]);
    command.arg("-o").arg(&trace).arg(STRONGROOM).args(["copy", ADDRESS, "--clear-after", "1s"]);
    command.env_clear().envs(variables(&vault)).env("DISPLAY", &display.name);
    // It ends with the last of the processes that it follows.
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = std::fs::read_to_string(trace).unwrap();
    let changes = ["O_WRONLY", "O_RDWR", "O_CREAT", "creat(", "rename", "link(", "mknod"];
    let written: Vec<&str> = trace.lines().filter(|line| changes.iter().any(|word| line.contains(word))).collect();
    assert!(written.iter().any(|line| line.contains("vault.db")), "the trace saw nothing: {trace}");
    let inside = format!("\"{}/", folder.display());
    let outside: Vec<&&str> =
        written.iter().filter(|line| ![&inside, "\"/dev/", ANCHOR].iter().any(|known| line.contains(known))).collect();
    assert!(outside.is_empty(), "{outside:#?}");
    assert!(!trace.contains(CANARY));
}
