//! The real program in a real terminal: what a person would see, and what must
//! never be seen.

#[path = "pty/cockpit.rs"]
mod cockpit;
#[path = "pty/deleted.rs"]
mod deleted;
#[path = "pty/editor.rs"]
mod editor;
#[path = "support/made_up.rs"]
mod made_up;
#[path = "support/picture.rs"]
mod picture;
#[path = "pty/run.rs"]
mod run;
#[path = "pty/sequence.rs"]
mod sequence;
#[expect(dead_code, reason = "shared with the guards of complaints")]
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::BASE64;
use rustix::process::Signal;

use made_up::realistic;
use strongroom::vault::audit::AuditVerdict;
use support::pty::{Pty, STRONGROOM, Setup};
use support::vault::TestVault;

const NAME: &str = "STRIPE_KEY";
const ADDRESS: &str = "production/payments/STRIPE_KEY";
const VALUE: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const CLEAR: &[u8] = b"\x1b]52;c;\x1b\\";

/// A vault with two secrets.
fn small_vault() -> TestVault {
    let vault = TestVault::new();
    vault.set(ADDRESS, VALUE);
    vault.set("production/payments/STRIPE_WEBHOOK", "whsec_0123456789abcdef0123456789");
    vault
}

/// The sequence that puts `value` on the terminal's clipboard.
fn copied(value: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", BASE64.encode(value.as_bytes()))
}

/// The screen on `vault`, unlocked, the first secret selected.
fn unlocked(vault: &TestVault) -> Pty {
    let mut pty = vault.screen().start();
    pty.wait_for(NAME);
    pty.settle();
    pty.send("g");
    pty.settle();
    pty
}

#[test]
fn a_passphrase_unlocks_and_a_wrong_one_does_not() {
    let vault = TestVault::with_passphrase("correct horse battery staple");
    let mut pty = vault.screen().start();
    pty.wait_for("assphrase");
    pty.settle();
    pty.send("wrong horse\r");
    pty.settle();
    std::thread::sleep(Duration::from_secs(4));
    pty.send("\x15");
    pty.settle();
    pty.send("correct horse battery staple\r");
    pty.wait_gone("assphrase");
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&["wrong horse", "correct horse"]);
}

#[test]
fn a_pasted_passphrase_unlocks() {
    let vault = TestVault::with_passphrase("correct horse battery staple");
    let mut pty = vault.screen().start();
    pty.wait_for("assphrase");
    pty.settle();
    pty.paste("correct horse battery staple");
    pty.settle();
    pty.send("\r");
    pty.wait_gone("assphrase");
    pty.assert_clean(&["correct horse"]);
}

#[test]
fn a_value_shows_only_when_asked_for_and_goes_with_a_lock() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.assert_clean(&[VALUE]);
    pty.send("s");
    pty.wait_for(&VALUE[..16]);
    pty.send("\x0c");
    pty.wait_gone(&VALUE[..16]);
    pty.wait_gone(NAME);
    pty.assert_clean(&[]);
}

#[test]
fn a_signal_locks() {
    let vault = small_vault();
    let pty = unlocked(&vault);
    pty.signal(Signal::USR1);
    pty.wait_gone(NAME);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn without_a_terminal_it_says_so() {
    let vault = small_vault();
    let output = vault.command().stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("terminal"));
}

#[test]
fn another_sessions_write_shows_within_a_moment() {
    let vault = small_vault();
    let pty = unlocked(&vault);
    vault.set("production/payments/ADDED_ELSEWHERE", "x");
    pty.wait_for("ADDED_ELSEWHERE");
}

/// The whole job in one sitting, with every byte looked at.
struct Walk {
    pty: Pty,
    /// The parts of the output in which a value was asked for on the screen.
    shown: Vec<std::ops::Range<usize>>,
}

impl Walk {
    /// Types keys and waits until the screen shows `wanted`.
    #[track_caller]
    fn go(&mut self, keys: &str, wanted: &str) {
        self.pty.send(keys);
        self.pty.wait_for(wanted);
    }

    /// Shows a value, and hides it again with `hide`.
    #[track_caller]
    fn reveal(&mut self, value: &str, hide: &str) {
        let start = self.pty.raw().len();
        self.go("s", value);
        self.pty.send(hide);
        self.pty.wait_gone(value);
        self.shown.push(start..self.pty.raw().len());
    }

    /// What was written while nothing was shown.
    fn unshown(&self) -> String {
        let mut raw = self.pty.raw();
        for range in self.shown.iter().rev() {
            drop(raw.splice(range.clone(), *b"\n"));
        }
        String::from_utf8_lossy(&raw).into_owned()
    }
}

const FIRST: &str = "first-value-tK8r2QmZ";
const SECOND: &str = "second-value-Wq41LmPz";

#[test]
fn the_whole_job_on_five_thousand_secrets() {
    let vault = TestVault::new();
    let secrets: Vec<(String, String)> = realistic(5000).collect();
    vault.fill(secrets.iter().cloned());
    let mut walk = Walk { pty: vault.screen().size(140, 45).start(), shown: Vec::new() };
    walk.pty.wait_for("5 000");
    walk.pty.wait_for("ci/billing/");

    // Add, beside what is there.
    walk.go("a", "Add a secret");
    walk.go(&format!("NEW_GATEWAY_KEY\t{FIRST}"), "••••••••");
    walk.go("\r", "/NEW_GATEWAY_KEY as version 1.");
    walk.pty.wait_for("5 001");

    // Filter, by letters that are far apart.
    walk.go("/", "Enter keep");
    walk.go("ngwkey", "▸");
    walk.pty.wait_until("the new one to be found first", |pty| {
        pty.contents().lines().nth(3).is_some_and(|line| line.contains("NEW_GATEWAY_KEY"))
    });
    walk.go("\r", "/NEW_GATEWAY_KEY ─");
    walk.reveal(FIRST, "s");
    walk.reveal(FIRST, "\t\x1b[Z");
    walk.pty.send("y");
    walk.pty.wait_wrote(copied(FIRST));
    walk.go("", "Sent, unconfirmed");
    walk.pty.send("x");
    walk.pty.wait_wrote(CLEAR);

    // Rotate, typed twice, with a reason of one's own.
    walk.go("r", "Left/Right choose");
    walk.go("\x1b[C\t", "Again");
    walk.pty.send(format!("{SECOND}\t{SECOND}\t"));
    walk.go("Leaked in a build log", "Leaked in a build log");
    walk.go("\r", "is current now.");

    // The history knows it; then back again.
    walk.go("3", "rotated");
    walk.pty.wait_for("(current)");
    walk.pty.wait_for("Leaked in a build log");
    walk.go("]", "[Audit]");
    for record in ["create v1", "reveal v1", "copy v1", "rotate v2"] {
        walk.pty.wait_for(record);
    }
    walk.go("]", "[Versions]");
    walk.go("R", "Choose the version");
    walk.go("\r", "Roll back?");
    walk.go("It was no leak", "It was no leak");
    walk.go("\r", "back to 1");
    walk.go("y", "rolled back from 1");
    walk.pty.wait_for("It was no leak");
    walk.reveal(FIRST, "1");

    // Edit what is told about it; nothing of the value is sent.
    walk.go("e", "Edit ");
    walk.go("\t\tgateway of the new provider\ttier1", "tier1");
    walk.go("\t30d\t90\tpayments-oncall\t{\"account\": \"acct_1\"", "acct_1");
    walk.go("\r", "This is no JSON");
    walk.go("}\r", "Saved the details");
    walk.pty.wait_for("in 30 days");
    walk.pty.wait_for("payments-oncall");

    // Delete, undo, destroy.
    walk.go("d", "brings it back");
    walk.pty.wait_for("of 5 000");
    walk.go("u", "is back with all its versions");
    walk.go("D", "Destroy for good?");
    walk.go("NEW_GATEWAY_KE\r", "not its name");
    walk.go("Y\r", "Destroyed");
    walk.pty.wait_for("of 5 000");

    // Lock, and in again where one was.
    walk.go("\x0c", "Master key");
    assert!(!walk.pty.contents().contains("ci/billing/"), "the list stayed on the screen");
    walk.pty.paste(&vault.key);
    walk.go("\r", "of 5 000");
    walk.pty.wait_for("/ngwkey");
    walk.pty.send("q");
    assert_eq!(walk.pty.wait_exit(Duration::from_secs(10)), 0);

    walk.pty.assert_restored();
    walk.pty.assert_clean(&[SECOND, &vault.key]);
    let unshown = walk.unshown();
    for value in secrets.iter().map(|(_, value)| value.as_str()).chain([FIRST]) {
        assert!(!unshown.contains(value), "a value was written although nobody asked to see it");
    }
    assert!(matches!(vault.open().verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

/// The demonstration at a time that is always the same, its folder in `home`.
fn demonstration(home: &Path, size: (u16, u16)) -> Pty {
    let run = home.join("run");
    std::fs::create_dir_all(&run).unwrap();
    let setup = Setup::new(STRONGROOM, home).env("XDG_RUNTIME_DIR", &run).arg("demo");
    let pty = setup.arg("--at").arg("2026-03-10T02:14:00Z").size(size.0, size.1).start();
    pty.wait_for("demo@made-up");
    pty.wait_for("STATUSPAGE_TOKEN");
    pty.settle();
    pty
}

/// All that lies in a folder, however deep.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

#[test]
fn the_demonstration_asks_nothing_and_leaves_nothing_behind() {
    for signal in [None, Some(Signal::TERM), Some(Signal::HUP)] {
        let home = tempfile::tempdir().unwrap();
        let mut pty = demonstration(home.path(), (110, 30));
        assert!(pty.contents().contains("demonstration, passphrase: demo"), "{}", pty.contents());
        assert!(pty.contents().contains("All made up, and gone when you leave."), "{}", pty.contents());
        assert!(!files(&home.path().join("run")).is_empty());
        // Locked like any vault, and open again with what the screen says.
        pty.send("\x0c");
        pty.wait_for("assphrase");
        pty.settle();
        pty.send("demo\r");
        pty.wait_for("STATUSPAGE_TOKEN");
        match signal {
            None => pty.send("q"),
            Some(signal) => pty.signal(signal),
        }
        pty.wait_exit(Duration::from_secs(10));
        pty.assert_restored();
        assert_eq!(files(home.path()), [] as [PathBuf; 0], "after {signal:?}");
    }
}

/// A picture of the demonstration after some keys, compared with the one that is kept.
fn picture(name: &str, title: &str, size: (u16, u16), keys: &[&str], wanted: &[&str]) {
    let home = tempfile::tempdir().unwrap();
    let mut pty = demonstration(home.path(), size);
    for keys in keys {
        pty.send(keys);
        pty.settle();
    }
    wanted.iter().for_each(|words| pty.wait_for(words));
    let made = pty.screen(|screen| picture::svg(screen, title));
    // Out of a dialog first.
    pty.send("\x1b");
    pty.settle();
    pty.send("\x11");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    let path = format!("{}/assets/{name}.svg", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    let old = format!("{path} shows an old screen: UPDATE_PICTURE=1 cargo test --test pty picture.");
    assert_eq!(picture::words(&kept), picture::words(&made), "{old}");
}

#[test]
fn the_picture_of_the_list_is_of_a_real_run() {
    let title = "strongroom: the secrets of a vault, one of them selected, with its history";
    // Found by the filter, then seen in the whole list.
    let keys = ["/", "production/payments/STRIPE_KEY", "\r", "\x1b", "y"];
    picture("screen", title, (110, 30), &keys, &["Sent, unconfirmed", "used         just now"]);
}

#[test]
fn the_picture_of_the_overview_is_of_a_real_run() {
    let title = "strongroom: what needs doing first, ages of values, the vault's health, the next 90 days, accesses";
    picture("overview", title, (110, 29), &["o"], &["verified 02:14 UTC"]);
}

#[test]
fn the_picture_of_a_comparison_is_of_a_real_run() {
    let title = "strongroom: two versions of a secret compared by shape, without their values";
    let keys = ["/", "production/payments/SIGNING_KEY", "\r", "3", "j", "d"];
    picture("compare", title, (110, 24), &keys, &["v3 and v4", "↓ more"]);
}
