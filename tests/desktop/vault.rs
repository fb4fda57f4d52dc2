//! A vault of a few secrets in a folder of its own, and the programs around it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What unlocks the vault.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";
/// The secrets: address and value.
pub(crate) const SECRETS: [(&str, &str); 3] = [
    ("production/payments/STRIPE_KEY", "sk-live-0123456789abcdef"),
    ("production/auth/JWT_SIGNING_KEY", "jwt-AbCdEfGh"),
    ("staging/DB_PASSWORD", "db-ZyXwVu"),
];

/// Its folder goes when it does.
pub(crate) struct TestVault {
    folder: tempfile::TempDir,
}

impl TestVault {
    /// Makes the vault through the command line. `config` is its whole configuration.
    pub(crate) fn new(config: &str) -> Self {
        let vault = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(vault.path("config.toml"), config).unwrap();
        std::fs::write(vault.path("passphrase"), PASSPHRASE).unwrap();
        vault.run(&["init", "--passphrase-file", &vault.path_text("passphrase"), "--no-input"], "");
        for (address, value) in SECRETS {
            let passphrase = vault.path_text("passphrase");
            vault.run(&["set", address, "--stdin", "--passphrase-file", &passphrase, "--no-input"], value);
        }
        vault
    }

    /// A path in the vault's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub(crate) fn path_text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// The variables that keep the application to this folder and on the route under test.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("STRONGROOM_VAULT", self.path_text("vault/vault.db")),
            ("STRONGROOM_CONFIG", self.path_text("config.toml")),
            ("HOME", self.path_text("")),
            ("XDG_CONFIG_HOME", self.path_text("config")),
            ("XDG_DATA_HOME", self.path_text("data")),
            ("XDG_STATE_HOME", self.path_text("state")),
            ("LANG", "C.UTF-8".to_owned()),
        ]
    }

    /// A shell command that becomes the application, its process id in the file `pid`.
    pub(crate) fn shell_command(&self) -> String {
        let variables: Vec<String> =
            self.environment().iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        format!("echo $$ > '{}'; exec env {} '{}'", self.path_text("pid"), variables.join(" "), application())
    }

    /// The process id that [`TestVault::shell_command`] wrote.
    pub(crate) fn process_id(&self) -> u32 {
        eventually("the application to start", || std::fs::read_to_string(self.path("pid")).ok()?.trim().parse().ok())
    }

    /// One command of the application, which must work.
    fn run(&self, arguments: &[&str], input: &str) {
        let mut child = Command::new(application())
            .args(arguments)
            .envs(self.environment())
            .env_remove("STRONGROOM_MASTER_KEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The application under test.
pub(crate) fn application() -> &'static str {
    env!("CARGO_BIN_EXE_strongroom")
}

/// A command, if its program is installed; else the test fails with its name.
pub(crate) fn program(name: &str) -> Command {
    let folders = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    match found {
        Some(path) => Command::new(path),
        None => panic!("The program {name} is not installed; .ci/run installs what these tests need."),
    }
}

/// Asks until there is an answer, for ten seconds.
pub(crate) fn eventually<T>(what: &str, answer: impl FnMut() -> Option<T>) -> T {
    within(Duration::from_secs(10), answer).unwrap_or_else(|| panic!("Waited ten seconds for {what}."))
}

/// Asks until there is an answer or the time is up.
pub(crate) fn within<T>(time: Duration, mut answer: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return Some(answer);
        }
        if start.elapsed() > time {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// True while the process runs; one that only waits to be reaped does not.
pub(crate) fn is_running(process: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
