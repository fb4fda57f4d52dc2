//! Places where operators run the program, for the targets `desktop` and `clipboard`.
//! Here is what every place has in common: the operator's vault, the programs that
//! are needed, and waiting.

pub(crate) mod canary;
pub(crate) mod display;
pub(crate) mod holder;
pub(crate) mod server;
pub(crate) mod sway;
pub(crate) mod window;

use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rustix::process::Pid;

use super::support::pty::{STRONGROOM, is_zombie};
use super::support::vault::TestVault;

/// What opens the vault of [`with_passphrase`].
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";
/// The secrets' addresses and values; the first stands first in the list.
pub(crate) const SECRETS: [(&str, &str); 3] = [
    ("production/auth/JWT_SIGNING_KEY", "jwt-AbCdEfGh-0123456789"),
    ("production/payments/STRIPE_KEY", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ("staging/DB_PASSWORD", "db-ZyXwVu-9876543210"),
];
/// What empties the terminal's clipboard.
pub(crate) const CLEAR: &[u8] = b"\x1b]52;c;\x1b\\";

/// A vault with the secrets, opened by a key from the environment.
pub(crate) fn with_key() -> TestVault {
    let vault = TestVault::new();
    for (address, value) in SECRETS {
        vault.set(address, value);
    }
    vault
}

/// A vault with the secrets, opened by [`PASSPHRASE`].
pub(crate) fn with_passphrase() -> TestVault {
    let vault = TestVault::with_passphrase(PASSPHRASE);
    for (address, value) in SECRETS {
        run_with_passphrase(&vault, &["set", address, "--stdin", "--raw"], PASSPHRASE, value);
    }
    vault
}

/// Runs a command that must succeed; the passphrase comes from a file that is gone afterwards.
pub(crate) fn run_with_passphrase(vault: &TestVault, arguments: &[&str], passphrase: &str, input: &str) -> Output {
    use std::io::Write;
    let path = vault.home().join("passphrase");
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    file.write_all(passphrase.as_bytes()).unwrap();
    let source = ["--passphrase-file", path.to_str().unwrap(), "--no-input"];
    let output = vault.run(&[arguments, &source].concat(), input.as_bytes());
    std::fs::remove_file(path).unwrap();
    output
}

/// The variables that keep the program inside the vault's folder.
pub(crate) fn variables(vault: &TestVault) -> Vec<(String, String)> {
    let command = vault.command();
    let text = |part: &std::ffi::OsStr| part.to_str().unwrap().to_owned();
    command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?)))).collect()
}

/// A line for a shell that becomes the program. The vault is an argument, too, so
/// that [`processes`] finds it.
pub(crate) fn shell_line(vault: &TestVault, more: &[(&str, &str)]) -> String {
    assert!(vault.key.is_empty(), "a key would stand in the shell's arguments");
    let all = variables(vault).into_iter().chain(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let words: Vec<String> = all.map(|(name, value)| format!("{name}='{value}'")).collect();
    format!("exec env {} '{STRONGROOM}' --vault '{}'", words.join(" "), vault.path().display())
}

/// The processes of the program that run on this vault, by [`shell_line`].
pub(crate) fn processes(vault: &TestVault) -> Vec<Pid> {
    let vault = vault.path().to_str().unwrap().to_owned();
    let runs_on_it = |pid: &Pid| {
        let words = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
        let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
        words.first() == Some(&STRONGROOM.as_bytes()) && words.contains(&vault.as_bytes()) && !is_zombie(*pid)
    };
    all_processes().filter(runs_on_it).collect()
}

/// All processes of this machine.
pub(crate) fn all_processes() -> impl Iterator<Item = Pid> {
    let listed = std::fs::read_dir("/proc").unwrap();
    let numbers = listed.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    numbers.filter_map(Pid::from_raw)
}

/// The processes that a process has started.
pub(crate) fn children(parent: u32) -> Vec<Pid> {
    let is_child = |pid: &Pid| {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        status.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok()) == Some(parent)
    };
    all_processes().filter(is_child).collect()
}

/// The sequence that puts `value` on the terminal's clipboard.
pub(crate) fn copied(value: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", BASE64.encode(value.as_bytes()))
}

/// Settings of the clipboard, before the program starts.
pub(crate) fn configure(vault: &TestVault, settings: &str) {
    let folder = vault.home().join("config/strongroom");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), format!("[clipboard]\n{settings}\n")).unwrap();
}

/// A command, if its program is installed; else the test fails with its name.
pub(crate) fn program(name: &str) -> Command {
    Command::new(program_path(name))
}

/// Where a program is installed.
pub(crate) fn program_path(name: &str) -> PathBuf {
    let folders = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("the program {name} is not installed; .ci/run installs what these tests need"))
}

/// Runs a command that must work, for what it prints.
#[track_caller]
pub(crate) fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Asks until it is so, for twenty seconds.
#[track_caller]
pub(crate) fn eventually(what: &str, is_so: impl FnMut() -> bool) {
    assert!(within(Duration::from_secs(20), is_so), "waited in vain for {what}");
}

/// Asks for as long as that whether it is still so.
#[track_caller]
pub(crate) fn stays(what: &str, time: Duration, mut is_so: impl FnMut() -> bool) {
    assert!(!within(time, || !is_so()), "it did not stay so: {what}");
}

/// Asks until it is so or the time is up.
pub(crate) fn within(time: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if start.elapsed() > time {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
