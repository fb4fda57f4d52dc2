//! H3: another process of the same account gets nothing of a running program: not its
//! memory, its environment or its map, no debugger attaches, and no core is left.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::place::{all_processes, configure, copied, eventually, program, program_path, run_with_passphrase};
use super::support::pty::{Pty, STRONGROOM, Setup};
use super::support::vault::TestVault;

const PASSPHRASE: &str = "canary passphrase 7Qx9 never seen";
const VALUE: &str = "canary-value-Zk3vT8mW";
const ADDRESS: &str = "production/CANARY_KEY";
/// Nobody's account.
const NOBODY: &str = "65534";

/// A vault of an account without rights, with the program where that finds it, and another
/// one that only waits.
struct Room {
    vault: TestVault,
    strongroom: PathBuf,
    waiter: PathBuf,
}

impl Room {
    fn new(vault: TestVault) -> Self {
        let (strongroom, waiter) = (vault.home().join("strongroom"), vault.home().join("waiter"));
        fs::copy(STRONGROOM, &strongroom).unwrap();
        fs::copy(program_path("sleep"), &waiter).unwrap();
        let room = Self { vault, strongroom, waiter };
        room.give_away();
        room
    }

    fn with_key() -> Self {
        let vault = TestVault::new();
        vault.set(ADDRESS, VALUE);
        configure(&vault, "clear_after = \"1h\"");
        Self::new(vault)
    }

    fn with_passphrase() -> Self {
        let vault = TestVault::with_passphrase(PASSPHRASE);
        run_with_passphrase(&vault, &["set", ADDRESS, "--stdin", "--raw"], PASSPHRASE, VALUE);
        Self::new(vault)
    }

    /// All of it is nobody's from now on.
    fn give_away(&self) {
        let owner = format!("{NOBODY}:{NOBODY}");
        assert!(Command::new("chown").args(["-R", &owner]).arg(self.vault.home()).status().unwrap().success());
    }

    /// The program as nobody, in a terminal, with cores allowed without limit.
    fn in_terminal(&self, arguments: &[&str]) -> Pty {
        let mut setup = Setup::new(program_path("prlimit").to_str().unwrap(), self.vault.home());
        setup = setup.env("STRONGROOM_VAULT", self.vault.path());
        if !self.vault.key.is_empty() {
            setup = setup.env("STRONGROOM_MASTER_KEY", &self.vault.key);
        }
        for word in as_nobody() {
            setup = setup.arg(word);
        }
        setup = setup.arg(&self.strongroom);
        arguments.iter().fold(setup, |setup, word| setup.arg(word)).start()
    }

    /// The same without a terminal.
    fn command(&self, arguments: &[&str]) -> Child {
        let mut command = program("prlimit");
        command.args(as_nobody()).arg(&self.strongroom).args(arguments);
        command.env_clear().envs(super::place::variables(&self.vault)).current_dir(self.vault.home());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The processes that run our program.
    fn processes(&self) -> Vec<Pid> {
        running(&self.strongroom)
    }

    /// The processes that run the other one.
    fn waiters(&self) -> Vec<Pid> {
        running(&self.waiter)
    }

    /// Ends a command, and what it has started.
    fn end(&self, mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
        self.waiters().into_iter().for_each(|pid| kill_process(pid, Signal::KILL).unwrap());
        eventually("its program to end", || self.waiters().is_empty());
    }

    /// What any process of the account tries, on each of ours.
    #[track_caller]
    fn assert_closed(&self, when: &str) {
        let processes = self.processes();
        assert!(!processes.is_empty(), "{when}: nothing runs");
        for pid in processes {
            for (attack, refusal) in ATTACKS {
                let told = attacked(attack, pid);
                assert!(told.contains(refusal), "{when}: {attack} of {pid:?}: {told}");
            }
        }
    }
}

fn running(program: &Path) -> Vec<Pid> {
    let runs_it =
        |pid: &Pid| fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero())).is_ok_and(|exe| exe == program);
    all_processes().filter(runs_it).collect()
}

/// `prlimit` and `setpriv` until our program, or any.
fn as_nobody() -> Vec<String> {
    let setpriv = program_path("setpriv").to_str().unwrap().to_owned();
    let (uid, gid) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
    ["--core=unlimited".to_owned(), setpriv, uid, gid, "--clear-groups".to_owned()].into()
}

/// What is tried, and how the system refuses.
const ATTACKS: [(&str, &str); 5] = [
    ("cat /proc/$0/environ", "Permission denied"),
    ("cat /proc/$0/maps", "Permission denied"),
    ("dd if=/proc/$0/mem bs=1 count=1", "Permission denied"),
    ("gdb -nx -batch -p $0", "Operation not permitted"),
    ("ls -l /proc/$0/fd", "Permission denied"),
];

/// What an attack tells when a process of the same account makes it.
fn attacked(attack: &str, pid: Pid) -> String {
    let mut command = program("prlimit");
    command.args(as_nobody()).args(["sh", "-c", &format!("{attack} 2>&1")]).arg(pid.as_raw_nonzero().to_string());
    let output = command.env("LC_ALL", "C").stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The same attacks on a program that does not defend itself.
#[test]
fn h3_the_attacks_work_on_others() {
    let (room, mut command) = (Room::with_key(), program("prlimit"));
    command.args(as_nobody()).arg(&room.waiter).arg("60").env("CANARY", "visible").current_dir(room.vault.home());
    let mut victim = command.spawn().unwrap();
    let pid = Pid::from_child(&victim);
    eventually("it to run", || room.waiters().contains(&pid));
    for (attack, refusal) in ATTACKS {
        let told = attacked(attack, pid);
        // The first byte of memory is nowhere: an error, but not that of the door.
        assert!(!told.contains(refusal), "{attack}: {told}");
    }
    assert!(attacked(ATTACKS[0].0, pid).contains("visible"));
    kill_process(pid, Signal::SEGV).unwrap();
    let status = victim.wait().unwrap();
    assert!(status.core_dumped(), "no program leaves a core here, so that the test proves nothing: {status}");
}

#[test]
fn h3_the_screen_is_closed_locked_and_unlocked() {
    let room = Room::with_passphrase();
    let mut pty = room.in_terminal(&[]);
    pty.wait_for("assphrase");
    pty.settle();
    room.assert_closed("locked");
    pty.send(PASSPHRASE);
    pty.settle();
    pty.send("\r");
    pty.wait_for("CANARY_KEY");
    room.assert_closed("unlocked");
}

#[test]
fn h3_a_copy_is_closed_with_all_that_watches_it() {
    let room = Room::with_key();
    let mut pty = room.in_terminal(&[]);
    pty.wait_for("CANARY_KEY");
    pty.settle();
    pty.send("gy");
    pty.wait_wrote(copied(VALUE));
    pty.settle();
    assert!(room.processes().len() > 1, "nothing watches");
    room.assert_closed("a copy");
    drop(pty);
    let pty = room.in_terminal(&["copy", ADDRESS]);
    pty.wait_wrote(copied(VALUE));
    pty.settle();
    room.assert_closed("the command copy");
}

#[test]
fn h3_a_prompt_is_closed() {
    let room = Room::with_passphrase();
    for arguments in [&["list"][..], &["reveal", ADDRESS], &["unlock", "--for", "1m"], &["key", "change"]] {
        let pty = room.in_terminal(arguments);
        pty.wait_for("assphrase");
        room.assert_closed(&format!("{arguments:?}"));
    }
}

#[test]
fn h3_commands_that_wait_are_closed() {
    let room = Room::with_key();
    let waiter = room.waiter.to_str().unwrap();
    let waiting: [&[&str]; 4] = [
        &["run", "--env", "production", "--", waiter, "60"],
        &["set", "production/NEW", "--stdin"],
        &["render", "-"],
        &["key", "add", "--new-passphrase-file", "-"],
    ];
    for arguments in waiting {
        let child = room.command(arguments);
        let pid = Pid::from_child(&child);
        // Past its start, and waiting for input or for its program.
        eventually("it to run", || room.processes().contains(&pid) && dumpable_is_off(pid));
        std::thread::sleep(Duration::from_millis(300));
        room.assert_closed(&format!("{arguments:?}"));
        room.end(child);
    }
    let pty = room.in_terminal(waiting[0]);
    eventually("the program to run", || !room.waiters().is_empty());
    room.assert_closed("run in a terminal");
    drop(pty);
}

/// /proc/PID belongs to root where a process is not dumpable (proc(5)).
fn dumpable_is_off(pid: Pid) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(format!("/proc/{}/environ", pid.as_raw_nonzero())).is_ok_and(|found| found.uid() == 0)
}

#[test]
fn h3_no_core_is_left_where_cores_have_no_limit() {
    let room = Room::with_key();
    let waiting: [&[&str]; 3] =
        [&["set", "production/NEW", "--stdin"], &["render", "-"], &["key", "add", "--new-passphrase-file", "-"]];
    for arguments in waiting {
        for signal in [Signal::SEGV, Signal::ABORT, Signal::QUIT, Signal::BUS] {
            let mut child = room.command(arguments);
            let pid = Pid::from_child(&child);
            eventually("it to run", || room.processes().contains(&pid) && dumpable_is_off(pid));
            // A fault that no instruction made is passed over once by Rust, which looks for overflows of the stack.
            let mut status = None;
            eventually("its end", || {
                let _ = kill_process(pid, signal);
                status = child.try_wait().unwrap();
                status.is_some()
            });
            let status = status.unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()), "{arguments:?}");
            assert!(!status.core_dumped(), "{arguments:?} left a core after {signal:?}");
        }
    }
    let left: Vec<PathBuf> = fs::read_dir(room.vault.home()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!left.iter().any(|path| path.to_str().unwrap().contains("core")), "{left:?}");
}

/// The environment's key is nowhere in the environment once the program runs; root looks.
#[test]
fn h3_the_key_is_overwritten_in_the_environment_and_no_child_has_it() {
    let room = Room::with_key();
    let child = room.command(&["run", "--env", "production", "--", room.waiter.to_str().unwrap(), "60"]);
    eventually("the program to run", || !room.waiters().is_empty());
    let wanted = [room.vault.key.as_bytes().to_vec()];
    for pid in room.waiters().into_iter().chain(room.processes()) {
        let environ = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap();
        assert!(environ.starts_with(b"PATH=") || environ.windows(5).any(|part| part == b"PATH="), "nothing to look at");
        assert!(!super::support::pty::contains(&environ, &wanted[0]), "{pid:?} has the key");
    }
    room.end(child);
    let pty = room.in_terminal(&[]);
    pty.wait_for("CANARY_KEY");
    assert_eq!(super::place::canary::in_processes(&wanted), Vec::<PathBuf>::new());
}
