//! [`TestVault`]: a vault in a folder of its own, made and filled by the real
//! program or, where there are many secrets, by the library.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, Vault};

use super::pty::{STRONGROOM, Setup};

/// A vault that is gone when the test is.
pub(crate) struct TestVault {
    folder: tempfile::TempDir,
    /// The key as `STRONGROOM_MASTER_KEY` holds it; empty for a vault with a passphrase.
    pub(crate) key: String,
}

impl TestVault {
    /// A vault that opens with a key from the environment.
    pub(crate) fn new() -> Self {
        let mut vault = Self { folder: tempfile::tempdir().unwrap(), key: String::new() };
        let output = vault.run(&["init", "--protect", "env", "--no-input"], b"");
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let key = printed.split_once("STRONGROOM_MASTER_KEY=").unwrap_or_else(|| panic!("no key line: {printed}")).1;
        let line = key.lines().next().unwrap_or_default().trim();
        vault.key = line.trim_matches(['"', '\'']).to_owned();
        vault
    }

    /// A vault that opens with a passphrase.
    pub(crate) fn with_passphrase(passphrase: &str) -> Self {
        let vault = Self { folder: tempfile::tempdir().unwrap(), key: String::new() };
        let file = vault.home().join("passphrase");
        std::fs::write(&file, passphrase).unwrap();
        private(&file);
        vault.run(&["init", "--passphrase-file", file.to_str().unwrap(), "--no-input"], b"");
        std::fs::remove_file(file).unwrap();
        vault
    }

    /// The folder that stands for the user's home.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// The vault file.
    pub(crate) fn path(&self) -> PathBuf {
        self.home().join("store").join("vault.db")
    }

    /// The program with this vault and its key.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(STRONGROOM);
        command.env_clear();
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", self.home());
        command.env("XDG_CONFIG_HOME", self.home().join("config"));
        command.env("XDG_DATA_HOME", self.home().join("data"));
        command.env("TZ", "UTC");
        command.env("STRONGROOM_VAULT", self.path());
        if !self.key.is_empty() {
            command.env("STRONGROOM_MASTER_KEY", &self.key);
        }
        command
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Gives a secret a value.
    #[track_caller]
    pub(crate) fn set(&self, address: &str, value: &str) {
        self.run(&["set", address, "--stdin", "--raw"], value.as_bytes());
    }

    /// Opens it in this process, with the key from the environment.
    pub(crate) fn open(&self) -> Vault {
        self.open_as(strongroom::session::actor::current())
    }

    /// Opens it as somebody else.
    pub(crate) fn open_as(&self, actor: Actor) -> Vault {
        let key = UnlockKey::Environment(RawKey::from_text(self.key.as_bytes()).unwrap());
        let unlocked = LockedVault::open(&self.path()).unwrap().unlock(&key, actor);
        unlocked.unwrap_or_else(|refused| panic!("{}", refused.1))
    }

    /// Fills it with `secrets` of address and value, in this process.
    pub(crate) fn fill(&self, secrets: impl IntoIterator<Item = (String, String)>) {
        let mut vault = self.open();
        for (address, value) in secrets {
            let address = Address::parse(&address, &ScopePath::root()).unwrap();
            let fields = Fields::value(SecretText::from(value));
            vault.set(&address, Some(fields), MetadataChange::default(), "", Expected::Absent).unwrap();
        }
        vault.lock().unwrap();
    }

    /// The program's screen on this vault, in a terminal.
    pub(crate) fn screen(&self) -> Setup {
        self.in_terminal(STRONGROOM)
    }

    /// A shell that runs `script` in a terminal; `$STRONGROOM` is the program.
    pub(crate) fn shell(&self, script: &str) -> Setup {
        self.in_terminal("sh").env("STRONGROOM", STRONGROOM).arg("-c").arg(script)
    }

    fn in_terminal(&self, program: &str) -> Setup {
        let setup = Setup::new(program, self.home()).env("STRONGROOM_VAULT", self.path());
        if self.key.is_empty() { setup } else { setup.env("STRONGROOM_MASTER_KEY", &self.key) }
    }
}

fn private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}
