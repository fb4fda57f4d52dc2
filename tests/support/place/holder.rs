//! [`Holder`]: the process that owns a copied value while its lease runs, looked at from outside.

use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

use super::{all_processes, program};
use crate::support::pty::{contains, is_zombie};

/// The first argument of a process that holds the clipboard.
const FIRST_ARGUMENT: &[u8] = b"--hold-the-clipboard";

/// What `setpriv` runs like this is, of root, no more than of any other user.
pub(crate) const WITHOUT_CAPABILITIES: [&str; 2] = ["--bounding-set=-all", "--inh-caps=-all"];

/// A process that holds a copied value at a display.
pub(crate) struct Holder(pub(crate) Pid);

impl Holder {
    /// The ones in whose environment the variable has this value.
    pub(crate) fn all(variable: &str, value: &str) -> Vec<Self> {
        let running = all_processes().filter(|pid| !is_zombie(*pid)).map(Self);
        let holds = |process: &Self| process.words("cmdline").get(1).is_some_and(|word| word == FIRST_ARGUMENT);
        running.filter(|process| holds(process) && process.has(variable, value)).collect()
    }

    /// True when its environment has this.
    pub(crate) fn has(&self, variable: &str, value: &str) -> bool {
        self.words("environ").contains(&format!("{variable}={value}").into_bytes())
    }

    fn words(&self, name: &str) -> Vec<Vec<u8>> {
        let read = std::fs::read(self.file(name)).unwrap_or_default();
        read.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }

    /// The only one at this display.
    #[track_caller]
    pub(crate) fn at(display: &str) -> Self {
        let mut all = Self::all("DISPLAY", display);
        assert_eq!(all.len(), 1, "one process holds the clipboard");
        all.remove(0)
    }

    /// True while it runs.
    pub(crate) fn lives(&self) -> bool {
        self.file("stat").exists() && !is_zombie(self.0)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.0, signal).unwrap();
    }

    /// Asserts that it is cut off from whoever started it, and that nothing of the value
    /// can be seen or dumped.
    #[track_caller]
    pub(crate) fn assert_alone(&self, secrets: &[&str]) {
        let pid = self.0.as_raw_nonzero().to_string();
        let status = std::fs::read_to_string(self.file("stat")).unwrap();
        let fields: Vec<&str> = status.rsplit_once(") ").unwrap().1.split(' ').collect();
        let (session, terminal) = (fields[3], fields[4]);
        assert_eq!(session, pid, "it is in the session of who started it");
        assert_eq!(terminal, "0", "it has a terminal that can hang up");
        let limits = std::fs::read_to_string(self.file("limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "it may dump its memory");
        assert_eq!(std::fs::read_link(self.file("cwd")).unwrap(), PathBuf::from("/"), "it keeps a folder busy");
        for name in ["cmdline", "environ"] {
            let read = std::fs::read(self.file(name)).unwrap();
            assert!(!secrets.iter().any(|secret| contains(&read, secret.as_bytes())), "the value stands in {name}");
        }
        let open = self.open_files();
        let at_rest = |path: &PathBuf| path.starts_with("/dev/null") || !path.is_absolute();
        let others: Vec<&PathBuf> = open.iter().filter(|path| !at_rest(path)).collect();
        assert!(others.is_empty(), "it keeps files or terminals open: {others:?}");
    }

    /// Asserts that who runs as the same user can neither read its memory nor its environment.
    ///
    /// Root may read everything by its capabilities, so the one who asks goes without, and
    /// so must the process that is asked about: see [`WITHOUT_CAPABILITIES`].
    #[track_caller]
    pub(crate) fn assert_not_dumpable(&self) {
        let may_read = |pid: i32| {
            let mut command = program("setpriv");
            command
                .args(WITHOUT_CAPABILITIES)
                .arg("cat")
                .arg(format!("/proc/{pid}/environ"))
                .output()
                .unwrap()
                .status
                .success()
        };
        let mut other = program("setpriv");
        other.args(WITHOUT_CAPABILITIES).args(["sleep", "60"]);
        let mut other = other.spawn().unwrap();
        let other_is_readable =
            super::within(std::time::Duration::from_secs(5), || may_read(i32::try_from(other.id()).unwrap()));
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(other_is_readable, "nobody could be read, so that this one cannot shows nothing");
        assert!(!may_read(self.0.as_raw_nonzero().get()), "its memory can be read");
    }

    /// What its open files are.
    pub(crate) fn open_files(&self) -> Vec<PathBuf> {
        let listed = std::fs::read_dir(self.file("fd")).unwrap();
        listed.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok()).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.0.as_raw_nonzero())).join(name)
    }
}
