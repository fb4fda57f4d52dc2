//! [`Place`]: a vault with a secret that has a recipe, and its steps.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use strongroom::error::Result;
use strongroom::rotation::Recipe;
use strongroom::rotation::step::{Cancel, Prepared, SUPERVISE, StepEnd, Values, prepare, run_by};
use strongroom::secret_text::SecretText;
use strongroom::vault::rotation::StepKind;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;

use crate::support::pty::STRONGROOM;
use crate::support::vault::TestVault;

/// The pending value of every test.
pub(crate) const VALUE: &str = "n3w/Value&of=it";
/// And the one in use.
pub(crate) const LOGIN: &str = "0ld-Value of it";
/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A vault, and where scripts may write.
pub(crate) struct Place {
    pub(crate) vault: TestVault,
}

impl Place {
    pub(crate) fn new() -> Self {
        let vault = TestVault::new();
        vault.set("prod/db/ADMIN", "adm1n-Secret");
        Self { vault }
    }

    /// A path in the test's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.vault.home().join(name)
    }

    /// The step of a recipe whose other parts do not matter; `lines` are those of the step.
    pub(crate) fn prepared(&self, kind: StepKind, lines: &str) -> Result<Prepared> {
        let other = if kind == StepKind::Verify { "apply" } else { "verify" };
        let text = format!(
            "what = \"a test\"\n[{other}]\nrun = [\"true\"]\nstdin = \"{{{{value}}}}\"\n[{}]\n{lines}",
            kind.word()
        );
        self.prepared_of(&Recipe::parse(&text).unwrap(), kind)
    }

    pub(crate) fn prepared_of(&self, recipe: &Recipe, kind: StepKind) -> Result<Prepared> {
        let fields = |value: &str, public: &str| {
            let mut fields = Fields::value(SecretText::copied_from(value.as_bytes()));
            fields.set("public".parse().unwrap(), SecretText::copied_from(public.as_bytes()));
            fields
        };
        let (value, login) = (fields(VALUE, "new-public"), fields(LOGIN, "old-public"));
        let value = (kind != StepKind::Make).then_some(&value);
        let values = Values { value, login: Some(&login) };
        let address = Address::parse("prod/db/app/PASSWORD", &ScopePath::root()).unwrap();
        let mut vault = self.vault.open();
        prepare(&mut vault, recipe, kind, values, &address, Timestamp::now())
    }

    /// Runs an apply step; every one of them takes the value on standard input if it likes.
    #[track_caller]
    pub(crate) fn apply(&self, lines: &str) -> StepEnd {
        run(self.prepared(StepKind::Apply, lines).unwrap(), &Cancel::new())
    }

    /// Runs a script as an apply step.
    #[track_caller]
    pub(crate) fn script(&self, script: &str) -> StepEnd {
        self.apply(&shell(script, "stdin = \"{{value}}\"\ntimeout = \"20s\""))
    }
}

/// The lines of a step that runs `script`.
pub(crate) fn shell(script: &str, more: &str) -> String {
    assert!(!script.contains("'''"));
    // Braces of the script's own are no references.
    let script = script.replace("{{", "\\{{");
    format!("run = [\"sh\", \"-c\", '''{script}''']\n{more}")
}

/// Runs a step by the real program.
#[track_caller]
pub(crate) fn run(prepared: Prepared, cancel: &Cancel) -> StepEnd {
    let mut supervisor = Command::new(STRONGROOM);
    supervisor.arg(SUPERVISE);
    run_by(supervisor, prepared, cancel)
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The number that a script wrote into a file.
#[track_caller]
pub(crate) fn number(path: &std::path::Path) -> u32 {
    until("a number in a file", || {
        let text = std::fs::read_to_string(path).ok()?;
        text.strip_suffix('\n')?.parse().ok()
    })
}

/// True while a process runs, and is not only waiting to be taken note of.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}
