//! The program under strace: which system calls it makes on its files, and what it does when
//! one of them is its last, or fails.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::support::vault::TestVault;

/// What changes files, or makes a change durable.
pub(crate) const WRITING: &[&str] = &[
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fallocate",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "mkdir",
];

/// One system call of a run: the `number`th of its name, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Point {
    pub(crate) call: String,
    pub(crate) number: usize,
    /// Its arguments, as strace has them.
    pub(crate) arguments: String,
}

/// strace, with what it needs to know before the program's name; under the loosest umask, with
/// temporary files in the vault's home.
fn strace(vault: &TestVault, flags: &[&str], arguments: &[String]) -> Command {
    let program = vault.command();
    let temporary = vault.home().join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec strace \"$@\"", "strace", "-f", "-qq", "-y"]);
    command.args(flags).arg("--").arg(program.get_program()).args(arguments);
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TMPDIR", temporary);
    command
}

fn run(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("strace is not installed; .ci/run installs what these tests need");
    // It may be killed before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs the program undisturbed; gives every call of `names` by its first thread, and its answer.
pub(crate) fn points(vault: &TestVault, names: &[&str], arguments: &[String], input: &str) -> (Vec<Point>, Output) {
    let trace = trace_file(vault);
    let expression = format!("trace={}", names.join(","));
    let output = run(strace(vault, &["-o", trace.to_str().unwrap(), "-e", &expression], arguments), input);
    let text = std::fs::read_to_string(&trace).unwrap();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let first = text.split_whitespace().next().unwrap_or_default();
    let calls = text.lines().filter_map(|line| {
        let (pid, rest) = line.split_once(' ')?;
        let (call, arguments) = rest.trim_start().split_once('(')?;
        (pid == first && names.contains(&call)).then(|| {
            let number = counts.entry(call.to_owned()).or_default();
            *number += 1;
            Point { call: call.to_owned(), number: *number, arguments: arguments.to_owned() }
        })
    });
    (calls.collect(), output)
}

/// What strace does at a point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// The process dies before the call.
    Kill,
    /// The call fails with this error, and nothing else does.
    Error(&'static str),
    /// This call and all later ones of its name fail with this error.
    ErrorsFrom(&'static str),
}

/// Runs the program with a fault at a point.
pub(crate) fn with_fault(vault: &TestVault, point: &Point, fault: Fault, arguments: &[String], input: &str) -> Output {
    let (call, number) = (&point.call, point.number);
    let inject = match fault {
        Fault::Kill => format!("inject={call}:signal=KILL:when={number}"),
        Fault::Error(error) => format!("inject={call}:error={error}:when={number}"),
        Fault::ErrorsFrom(error) => format!("inject={call}:error={error}:when={number}+"),
    };
    let trace = format!("trace={call}");
    run(strace(vault, &["-o", "/dev/null", "-e", &trace, "-e", &inject], arguments), input)
}

fn trace_file(vault: &TestVault) -> PathBuf {
    vault.home().join("trace")
}

/// A folder as it was, to be put back before each trial.
pub(crate) struct Kept(Vec<(PathBuf, Vec<u8>)>);

impl Kept {
    /// Every file directly in `folder`.
    pub(crate) fn of(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        Self(files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect())
    }

    /// Empties the folder and puts them back, private.
    pub(crate) fn put_back(&self, folder: &Path) {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        for (path, bytes) in &self.0 {
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
            file.write_all(bytes).unwrap();
        }
    }
}
