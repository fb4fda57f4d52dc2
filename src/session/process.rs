//! Process hygiene: no core dump, no debugger, no readable new file.
//!
//! Called once, first thing in `main`, while there is only one thread. Nothing
//! here may stop the program: a limit that cannot be set is a weaker wall, not a
//! reason to keep an operator from their secrets.
//!
//! `PR_SET_NO_NEW_PRIVS` is not among it. No program could take it off again, and those
//! that we start for the operator inherit it: `run -- sudo …`, recipes that use sudo and
//! editors like `sudoedit` would fail, to close a door that needs a setuid program we
//! never start ourselves.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

use crate::error::{Error, Result};

/// How the process was before: what a program that it starts, or becomes, must find.
static BEFORE: OnceLock<Before> = OnceLock::new();

#[derive(Clone, Copy)]
struct Before {
    umask: Mode,
    core: Rlimit,
}

/// Makes the process private: files it creates are its own, it leaves no core
/// dump, others of the same account cannot read its memory, and a write over the
/// file size limit is an error instead of death. Refuses to run setuid.
pub fn harden() -> Result<()> {
    refuse_setuid()?;
    let now = Before { umask: umask(Mode::from_raw_mode(0o077)), core: getrlimit(Resource::Core) };
    let before = BEFORE.get_or_init(|| now);
    close(before);
    hide_memory();
    // A signal with a flag is a signal that no longer kills; SIGPIPE is ignored by Rust already.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    Ok(())
}

/// The soft limit is the one that counts. The hard one stays: lowered once, it could not
/// be raised again for a program that is started.
fn close(before: &Before) {
    umask(Mode::from_raw_mode(0o077));
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: before.core.maximum });
}

/// Puts back what a program would inherit: the mask for new files and the limit on core
/// files. For a process that is about to become that program.
pub fn give_back() {
    if let Some(before) = BEFORE.get() {
        umask(before.umask);
        let _ = setrlimit(Resource::Core, before.core);
    }
}

/// Runs `start`, which starts a program, as if the process had never been hardened. No core
/// is left meanwhile either: that its memory is hidden stays as it is.
pub fn as_before<T>(start: impl FnOnce() -> T) -> T {
    give_back();
    let started = start();
    if let Some(before) = BEFORE.get() {
        close(before);
    }
    started
}

/// The mask for new files that a program would have found.
#[must_use]
pub fn mask_before() -> Mode {
    BEFORE.get().map_or(Mode::from_raw_mode(0o077), |before| before.umask)
}

/// Whether a process with this number is there, whoever's it is. One that has ended and was
/// not yet waited for is not.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let known = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    known.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)) && !has_ended(pid)
}

/// proc(5): the state stands behind the name, which may hold anything but ends with the last `)`.
#[cfg(target_os = "linux")]
fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
}

#[cfg(not(target_os = "linux"))]
fn has_ended(_: u32) -> bool {
    false
}

/// Borrowed rights would decide about files by one account and about people by another.
fn refuse_setuid() -> Result<()> {
    use rustix::process::{getegid, geteuid, getgid, getuid};
    if geteuid() == getuid() && getegid() == getgid() {
        return Ok(());
    }
    Err(Error::denied("The strongroom binary is installed setuid or setgid.")
        .hint("Remove the bit (chmod u-s,g-s) and run it as the account that owns the vault."))
}

/// Core patterns that pipe to a program ignore the limit on core files; this they obey.
#[cfg(target_os = "linux")]
fn hide_memory() {
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn hide_memory() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_has_ended() {
        assert!(is_alive(std::process::id()) && is_alive(1));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        // A parent that is busy elsewhere waits for it later.
        let since = std::time::Instant::now();
        while is_alive(pid) {
            assert!(since.elapsed().as_secs() < 30);
        }
        child.wait().unwrap();
        assert!(!is_alive(pid) && !is_alive(0) && !is_alive(u32::MAX));
    }

    #[test]
    fn a_hardened_process_makes_private_files_and_no_core_and_lends_what_was() {
        let private = Mode::from_raw_mode(0o077);
        let before = (umask(Mode::from_raw_mode(0o027)), getrlimit(Resource::Core)).1;
        harden().unwrap();
        let now = || (umask(private), getrlimit(Resource::Core).current);
        assert_eq!(now(), (private, Some(0)));
        assert_eq!(getrlimit(Resource::Core).maximum, before.maximum, "what is lowered could not be raised again");
        let lent = as_before(|| (umask(Mode::from_raw_mode(0o027)), getrlimit(Resource::Core)));
        assert_eq!(lent, (Mode::from_raw_mode(0o027), before));
        assert_eq!(now(), (private, Some(0)));
    }
}
