//! [`Room`]: a vault in a folder of its own, and the binary to use it with.

use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a home, a configuration and, mostly, a vault with an environment key.
pub(crate) struct Room {
    folder: TempDir,
    key: Option<String>,
}

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Room {
    /// Without a vault.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), key: None }
    }

    /// With a vault that opens with an environment key: no key derivation, so it is quick.
    pub(crate) fn new() -> Self {
        let mut room = Self::empty();
        let made = room.run(&["init", "--protect", "env", "--no-input"]);
        assert_eq!(made.code, 0, "{}", made.err);
        let line = made.text();
        room.key = Some(line.trim().strip_prefix("STRONGROOM_MASTER_KEY=").unwrap().to_owned());
        room
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.path("data/strongroom/vault.db")
    }

    /// The environment key, if the vault has one.
    pub(crate) fn key(&self) -> &str {
        self.key.as_deref().unwrap()
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// The variables that keep the run inside the folder.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let at = |name| self.path(name).display().to_string();
        let mut variables = vec![
            ("HOME", at("home")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_CONFIG_HOME", at("config")),
            ("STRONGROOM_VAULT", self.vault().display().to_string()),
        ];
        variables.extend(self.key.clone().map(|key| ("STRONGROOM_MASTER_KEY", key)));
        variables
    }

    pub(crate) fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::cargo_bin("strongroom").unwrap();
        command.env_clear().envs(self.variables()).args(line);
        command
    }

    pub(crate) fn run(&self, line: &[&str]) -> Ran {
        Ran::from(self.command(line).output().unwrap())
    }

    pub(crate) fn run_with(&self, line: &[&str], input: &[u8]) -> Ran {
        Ran::from(self.command(line).write_stdin(input).output().unwrap())
    }

    /// A run that must end with 0.
    pub(crate) fn good(&self, line: &[&str]) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{line:?}: {}", ran.err);
        ran
    }

    /// A run that must end with `code`; gives what it said.
    pub(crate) fn fails(&self, code: i32, line: &[&str]) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, code, "{line:?}: {}{}", ran.text(), ran.err);
        assert!(ran.err.starts_with("strongroom: "), "{}", ran.err);
        ran.err
    }

    /// Sets `name` to `value` by standard input.
    pub(crate) fn set(&self, name: &str, value: &str) {
        let ran = self.run_with(&["set", name, "--stdin", "--no-input"], value.as_bytes());
        assert_eq!(ran.code, 0, "{}", ran.err);
    }

    pub(crate) fn reveal(&self, name: &str) -> String {
        self.good(&["reveal", name]).text()
    }

    pub(crate) fn json(&self, line: &[&str]) -> Value {
        self.good(&[line, &["--json"]].concat()).json()
    }
}

impl Ran {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let err = String::from_utf8(output.stderr).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: output.stdout, err }
    }
}
