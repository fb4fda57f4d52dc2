//! Whole commands, from start to end: `cargo bench --bench commands [-- 100 100000]`.
//!
//! Runs the release binary on vaults that `--bench vault` has filled, with the key in the
//! kernel keyring where there is one (else in the environment), in turn with `/bin/true`
//! and, where they are installed, with `pass` and `keepassxc-cli` at the same job on a
//! hundred secrets. Prints medians and the most memory a command took. Nothing is asserted:
//! only ratios within one run count.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{addresses, percentiles};

/// The key of the kept vaults, which hold made-up data only.
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
/// Secrets in the stores of the other tools.
const OTHERS: usize = 100;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A command line that is timed.
struct Line {
    what: String,
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

impl Line {
    fn new(what: &str, program: impl Into<PathBuf>, line: &str) -> Self {
        let arguments = line.split_whitespace().map(str::to_owned).collect();
        Self { what: what.to_owned(), program: program.into(), arguments, variables: Vec::new() }
    }

    fn with(mut self, variables: &[(&'static str, String)]) -> Self {
        self.variables.extend_from_slice(variables);
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn once(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        let status = self.command().status()?;
        let took = begun.elapsed();
        if status.success() { Ok(took) } else { Err(format!("{}: {status}", self.what).into()) }
    }

    /// The most memory it held at once, in KiB, as GNU time tells it.
    fn memory(&self) -> Option<u64> {
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "%M"]).arg(&self.program).args(&self.arguments).envs(self.variables.iter().cloned());
        let told = command.stdin(Stdio::null()).stdout(Stdio::null()).output().ok()?;
        String::from_utf8(told.stderr).ok()?.lines().last()?.trim().parse().ok()
    }
}

/// Runs every line in turn, so that what else the machine does hits all of them alike.
fn measure(lines: &[Line], rounds: usize) -> Outcome<()> {
    let mut times = vec![Vec::with_capacity(rounds); lines.len()];
    for _ in 0..rounds {
        for (line, times) in lines.iter().zip(&mut times) {
            times.push(line.once()?);
        }
    }
    for (line, times) in lines.iter().zip(times) {
        let (median, last) = percentiles(times);
        let memory = line.memory().map_or_else(|| "-".to_owned(), |kib| format!("{:.1} MiB", kib as f64 / 1024.0));
        let (median, last) = (median.as_secs_f64() * 1e3, last.as_secs_f64() * 1e3);
        println!("  {:<44} {median:>9.2} ms  99th {last:>9.2} ms  {memory:>10}", line.what);
    }
    Ok(())
}

/// A copy of a kept vault, in a folder that is private as ours must be.
fn copy_of(count: usize, folder: &Path) -> Outcome<PathBuf> {
    let kept = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let kept = kept.join("bench").join(format!("vault-{count}.db"));
    let copy = folder.join(format!("vault-{count}.db"));
    std::fs::copy(&kept, &copy)
        .map_err(|error| format!("{}: {error}; run cargo bench --bench vault -- {count} first", kept.display()))?;
    std::fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(copy)
}

fn ours(count: usize, folder: &Path) -> Outcome<()> {
    let program = env!("CARGO_BIN_EXE_strongroom");
    let vault = copy_of(count, folder)?.display().to_string();
    let place = |name: &str| folder.join(name).display().to_string();
    let mut variables = vec![
        ("STRONGROOM_VAULT", vault),
        ("STRONGROOM_CONFIG", place("config.toml")),
        ("HOME", place("home")),
        ("STRONGROOM_MASTER_KEY", KEY.to_owned()),
    ];
    std::fs::write(folder.join("config.toml"), "")?;
    let kept = Line::new("unlock", program, "unlock --for 1h").with(&variables).once().is_ok();
    if kept {
        variables.retain(|(name, _)| *name != "STRONGROOM_MASTER_KEY");
    }
    println!("{count} secrets, the key in the {}", if kept { "kernel keyring" } else { "environment" });
    let address = &addresses(count)[count / 3];
    let line = |what: &str, line: &str| Line::new(what, program, &line.replace("{}", address)).with(&variables);
    measure(
        &[
            Line::new("/bin/true", "/bin/true", ""),
            line("get", "get {}"),
            line("reveal", "reveal {}"),
            line("rotate --generate", "rotate {} --generate"),
            line("run --only, masked", "run --only {} -- /bin/true"),
            line("run --only --no-mask", "run --no-mask --only {} -- /bin/true"),
            line("resolve", "resolve {}"),
        ],
        50,
    )?;
    measure(&[line("list", "list"), line("list QUERY", "list stripe"), line("status", "status")], 15)?;
    if kept {
        Line::new("lock", program, "lock").with(&variables).once()?;
    }
    Ok(())
}

/// Runs a line of a shell, for what the other tools need before.
fn shell(line: &str) -> Outcome<()> {
    let status = Command::new("sh").args(["-c", line]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{status}: {line}").into()) }
}

fn installed(program: &str) -> bool {
    shell(&format!("command -v {program}")).is_ok()
}

fn pass(folder: &Path) -> Outcome<()> {
    let (home, store) = (folder.join("gnupg"), folder.join("store"));
    let variables = [("GNUPGHOME", home.display().to_string()), ("PASSWORD_STORE_DIR", store.display().to_string())];
    let set: String = variables.iter().map(|(name, value)| format!("export {name}='{value}'; ")).collect();
    shell(&format!(
        "{set} mkdir -m 700 '{}' && gpg --batch --passphrase '' --quick-gen-key bench default default never && pass init bench && \
         for n in $(seq {OTHERS}); do echo value$n | pass insert -m -f prod/key$n; done",
        home.display()
    ))?;
    let line = |what: &str, line: &str| Line::new(what, "pass", line).with(&variables);
    println!("pass, {OTHERS} secrets, no passphrase");
    let lines = [line("show", "show prod/key50"), line("generate -i", "generate -i -f prod/key50"), line("ls", "ls")];
    measure(&lines, 15)?;
    shell(&format!("{set} gpgconf --kill all"))
}

fn keepassxc(folder: &Path) -> Outcome<()> {
    let (base, key) = (folder.join("bench.kdbx"), folder.join("bench.key"));
    let open = format!("--no-password -k '{}' '{}'", key.display(), base.display());
    shell(&format!(
        "head -c 64 /dev/urandom >'{}'; keepassxc-cli db-create -k '{}' '{}' && \
         for n in $(seq {OTHERS}); do keepassxc-cli add -q -g {open} key$n; done",
        key.display(),
        key.display(),
        base.display()
    ))?;
    let open = open.replace('\'', "");
    let line = |what: &str, line: &str| Line::new(what, "keepassxc-cli", line);
    println!("keepassxc-cli, {OTHERS} secrets, a key file and no password");
    measure(
        &[
            line("show", &format!("show -q -s -a Password {open} key50")),
            line("edit -g", &format!("edit -q -g {open} key50")),
            line("ls", &format!("ls -q {open}")),
        ],
        10,
    )
}

fn main() -> Outcome<()> {
    let counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let counts = if counts.is_empty() { vec![100] } else { counts };
    let folder = tempfile::tempdir()?;
    for count in counts {
        ours(count, folder.path())?;
    }
    if installed("pass") && installed("gpg") {
        pass(folder.path())?;
    }
    if installed("keepassxc-cli") {
        keepassxc(folder.path())?;
    }
    Ok(())
}
