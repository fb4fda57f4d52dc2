//! The checks of `doctor`, each looking at one thing.

use std::io::IsTerminal;
use std::path::Path;

use rustix::fs::statvfs;
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

use crate::cli::call::Call;
use crate::clipboard;
use crate::crypto::keyring::SlotKind;
use crate::error::{Error, Kind};
use crate::guarded;
use crate::session::clipboard_tests::{self, Seen};
use crate::session::{anchors, kernel_keyring, key_file};
use crate::vault::LockedVault;

use super::Finding;

/// Free space under which the next writes are in danger.
const LITTLE_SPACE: u64 = 64 * 1024 * 1024;

/// Every check, in the order of the report.
pub(super) fn all(call: &Call) -> Vec<Finding> {
    let mut findings = vec![Finding::good("program", concat!("strongroom ", env!("CARGO_PKG_VERSION")))];
    findings.push(settings(call));
    findings.extend(vault(call));
    findings.extend(disk(&call.config.vault));
    findings.push(process());
    findings.push(memory());
    findings.push(keyring());
    findings.extend(terminal());
    findings.extend(clipboard(call));
    findings
}

fn settings(call: &Call) -> Finding {
    let file = &call.config.file;
    Finding::good(
        "settings",
        match file.exists() {
            true => format!("{} is understood.", file.display()),
            false => "There is no settings file; the defaults hold.".to_owned(),
        },
    )
}

/// The file, its permissions and those above it, its pages, and the ways in.
fn vault(call: &Call) -> Vec<Finding> {
    let path = &call.config.vault;
    let mut locked = match LockedVault::open(path) {
        Ok(locked) => locked,
        Err(error) if error.kind() == Kind::NotFound => {
            let told = format!("There is no vault at {}.", path.display());
            return vec![Finding::note("vault", told, "Make one with strongroom init.")];
        }
        Err(error) => return vec![Finding::wrong("vault", &error)],
    };
    let told = format!("{} is yours alone, and so is the way to it.", locked.path().display());
    let mut findings = vec![Finding::good("vault", told)];
    if let Some(because) = locked.read_only_reason() {
        let error = Error::denied(format!("It cannot be written: {because}."));
        findings
            .push(Finding::wrong("writing", &error.hint("Values are recorded before they are given out, so none is.")));
    }
    findings.push(match locked.check_file() {
        Ok(()) => Finding::good("pages", "SQLite finds no damage; what is sealed is checked by strongroom verify."),
        Err(error) => Finding::wrong("pages", &error),
    });
    let kinds = locked.slot_kinds();
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    let told = format!("It opens with: {}.", words.join(", "));
    findings.push(match locked.ways_in().len() {
        1 => Finding::note(
            "keys",
            told,
            "Whoever loses it loses every secret: strongroom key add --recovery adds a second.",
        ),
        _ => Finding::good("keys", told),
    });
    if kinds.contains(&SlotKind::KeyFile) {
        findings.extend(own_key_file(path));
    }
    findings.push(anchor(call, &mut locked));
    findings
}

/// Whether the file is the one that this machine saw last, as far as that shows without a
/// key, and whether it will be known next time.
fn anchor(call: &Call, locked: &mut LockedVault) -> Finding {
    let anchors = anchors::settled(&call.config);
    let seen = match anchors.unproven(locked) {
        Ok(seen) => seen,
        Err(error) => return Finding::wrong("anchor", &error),
    };
    if let Some(error) = seen.and_then(|seen| locked.check_unproven(&seen).err()) {
        return Finding::wrong("anchor", &error);
    }
    if let Some(unkept) = anchors.unkept(locked) {
        return Finding::wrong("anchor", &Error::failure(unkept).hint("Make it, and its folder, yours to write."));
    }
    let change = locked.seq();
    match seen {
        Some(seen) => Finding::good("anchor", format!("This machine saw change {}; the vault has {change}.", seen.seq)),
        None => {
            let told = "This machine has not seen the vault before; an older file could not be told.";
            Finding::note("anchor", told, "It is kept from the first unlock on.")
        }
    }
}

fn own_key_file(vault: &Path) -> Option<Finding> {
    let path = key_file::own_key_file(vault).ok()?;
    if !path.exists() {
        let told = format!("The vault's own key file {} is not here.", path.display());
        return Some(Finding::note("key file", told, "Give it with --key-file, or put it back from a safe copy."));
    }
    Some(match key_file::check_private(&path) {
        Ok(()) => Finding::good("key file", format!("{} is yours alone.", path.display())),
        Err(error) => Finding::wrong("key file", &error),
    })
}

/// Where the vault is, or would be.
fn disk(vault: &Path) -> Option<Finding> {
    let folder = vault.ancestors().skip(1).find(|folder| folder.exists())?;
    let stat = statvfs(folder).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let told = format!("{} MiB are free where the vault is.", free / (1024 * 1024));
    Some(if free < LITTLE_SPACE {
        Finding::wrong(
            "disk",
            &Error::failure(told).hint("Make room: on a full disk nothing can be changed or revealed."),
        )
    } else {
        Finding::good("disk", told)
    })
}

fn process() -> Finding {
    let no_core = getrlimit(Resource::Core).current == Some(0);
    let is_hidden = !matches!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable));
    if no_core && is_hidden {
        return Finding::good("process", "It leaves no core dump, and no other program of yours can read its memory.");
    }
    let told = "The system does not let this program hide its memory from core dumps and debuggers.";
    Finding::note("process", told, "Root can read any program; here others of your account may, too.")
}

/// What the keys of an open vault lie in.
fn memory() -> Finding {
    let hint = "Raise the limit on locked memory (ulimit -l), or encrypt the swap space.";
    match guarded::kind() {
        guarded::Kind::Secret => {
            Finding::good("memory", "Keys lie in memory that only this program has: not even root, a dump or swap.")
        }
        guarded::Kind::Locked => {
            Finding::good("memory", "Keys lie in memory that is never swapped and in no core dump.")
        }
        guarded::Kind::Ordinary => Finding::note("memory", "No memory can be locked: keys may be swapped out.", hint),
    }
}

fn keyring() -> Finding {
    match kernel_keyring::check() {
        Ok(()) => Finding::good("keyring", "The kernel can keep a key between commands: strongroom unlock --for 15m."),
        Err(error) => Finding::note("keyring", error.message(), "Every command asks, or takes the key from a file."),
    }
}

fn terminal() -> Vec<Finding> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if !std::io::stdout().is_terminal() {
        return vec![Finding::note("terminal", "Standard output is no terminal.", "The application needs one.")];
    }
    let (columns, rows) =
        rustix::termios::tcgetwinsize(std::io::stdout()).map_or((0, 0), |size| (size.ws_col, size.ws_row));
    let term = variable("TERM").unwrap_or_else(|| "not set".to_owned());
    let told = format!("{columns} columns, {rows} rows, TERM is {term}.");
    let mut findings = vec![if columns < 40 || rows < 8 || term == "dumb" {
        Finding::note("terminal", told, "The application wants 40 by 8 cells and a TERM that moves the cursor.")
    } else {
        Finding::good("terminal", told)
    }];
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    if !locale.to_ascii_lowercase().replace('-', "").contains("utf8") {
        let hint = "Set LANG to one, such as C.UTF-8, or borders = \"ascii\" in the settings.";
        findings.push(Finding::note("locale", "The locale is not a UTF-8 one.", hint));
    }
    if let Some(name) = [("TMUX", "tmux"), ("STY", "screen")].into_iter().find(|(set, _)| variable(set).is_some()) {
        let told = format!("This is inside {}.", name.1);
        findings.push(Finding::note(
            "recorder",
            told,
            "What is revealed on the screen may stay in its scrollback or log.",
        ));
    }
    findings
}

/// Each way that a copy would try from here, in its order; what comes behind the first that
/// works is not tried.
fn clipboard(call: &Call) -> Vec<Finding> {
    let (probed, passed_over) = clipboard::probe(&call.config.clipboard);
    if !probed.iter().any(|probed| probed.outcome.is_ok()) {
        let told = format!("No clipboard can be reached from here. {}", passed_over.join(" "));
        let told = told.trim_end();
        let hint = "Reveal values, or hand them to programs with run.";
        return probed.iter().map(way).chain([Finding::note("clipboard", told, hint)]).collect();
    }
    probed.iter().map(way).collect()
}

fn way(probed: &clipboard::Probed) -> Finding {
    let name = probed.route.name();
    let variable = |name: &str| std::env::var(name).ok();
    let tested = clipboard_tests::own_file()
        .and_then(|file| clipboard_tests::read(&file, &clipboard_tests::place(variable, name)))
        .filter(|_| probed.outcome.is_ok());
    if let Some(tested) = tested {
        let on = format!("Copies go to: {name}, tested from here on {}.", tested.at.strftime("%F"));
        return match tested.seen {
            Seen::Cleared => Finding::good("clipboard", format!("{on} A word arrived and was cleared.")),
            Seen::NotCleared => {
                Finding::note("clipboard", on, "A word arrived and was not cleared: osc52_clear in the settings.")
            }
            Seen::NotArrived => Finding::note("clipboard", on, "Nothing arrived: the terminal has to allow it."),
        };
    }
    match (&probed.outcome, probed.warning) {
        (Err(error), _) => {
            Finding::note("clipboard", format!("{name}: {}", error.message()), "A copy tries the next way.")
        }
        (Ok(()), Some(warning)) => Finding::note("clipboard", format!("Copies go to: {name}."), warning),
        (Ok(()), None) => Finding::good("clipboard", format!("Copies go to: {name}.")),
    }
}
