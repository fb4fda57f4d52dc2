//! What becomes the program. It is there for one thing: that the program is killed when
//! its supervisor dies, which only the process itself can ask for.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::fs::Mode;
use rustix::process::{Pid, getpid, getppid, umask};

use crate::error::{Error, Result};
use crate::inject::program::{Program, is_for_a_shell};
use crate::session::ourselves::ourselves;

use super::START;

/// The command that becomes `program`; new files get their modes by `mask`.
pub(super) fn starter(program: &Program, mask: u32) -> Command {
    let ours = [getpid().as_raw_nonzero().to_string(), mask.to_string()].map(OsString::from);
    ourselves(START, ours.iter().map(OsString::as_os_str).chain(program.words()))
}

/// Becomes the program, or says why not; `words` are those behind the hidden argument.
pub(super) fn start(words: &[OsString]) -> Error {
    match become_it(words) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

fn become_it(words: &[OsString]) -> Result<std::convert::Infallible> {
    let unheard = || Error::usage("This is not a command.");
    let [supervisor, mask, words @ ..] = words else { return Err(unheard()) };
    let number = |text: &OsStr| text.to_str().and_then(|text| text.parse::<u32>().ok());
    let supervisor = number(supervisor).and_then(|number| i32::try_from(number).ok()).and_then(Pid::from_raw);
    let (Some(supervisor), Some(mask), Some(program)) = (supervisor, number(mask), Program::from_words(words)) else {
        return Err(unheard());
    };
    die_with(supervisor)?;
    umask(Mode::from_raw_mode(mask));
    let mut refused = program.command().exec();
    if is_for_a_shell(&refused) {
        refused = program.shell_command().exec();
    }
    Err(program.refused(&refused))
}

/// Has this process killed when its parent dies, which may have happened already.
fn die_with(parent: Pid) -> Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| Error::failure(format!("The program cannot be bound to its supervisor: {error}.")))?;
    if getppid() == Some(parent) { Ok(()) } else { Err(Error::failure("The program's supervisor is gone.")) }
}
