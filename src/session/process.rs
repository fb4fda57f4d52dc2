//! Process hygiene: no core dump, no debugger, no readable new file.
//!
//! Called once, first thing in `main`, while there is only one thread. Nothing
//! here may stop the program: a limit that cannot be set is a weaker wall, not a
//! reason to keep an operator from their secrets.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};

use crate::error::{Error, Result};

/// Makes the process private: files it creates are its own, it leaves no core
/// dump, others of the same account cannot read its memory, and a write over the
/// file size limit is an error instead of death. Refuses to run setuid.
pub fn harden() -> Result<()> {
    refuse_setuid()?;
    umask(Mode::from_raw_mode(0o077));
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    hide_memory();
    // A signal with a flag is a signal that no longer kills; SIGPIPE is ignored by Rust already.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    Ok(())
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
    fn a_hardened_process_makes_private_files_and_no_core() {
        harden().unwrap();
        assert_eq!(umask(Mode::from_raw_mode(0o077)), Mode::from_raw_mode(0o077));
        let core = rustix::process::getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    }
}
