//! [`Program`]: what is to be run, found before any value is opened, and how it is started.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Access, access};

use crate::error::{Error, Kind, Result};
use crate::session::process;

use super::environment::Variables;

/// Where programs are when `PATH` is not set.
const STANDARD_PATH: &str = "/usr/local/bin:/bin:/usr/bin";
/// What shells end with when a program is there but cannot be run, and when it is not.
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;
/// The system's number for a file that is not a program.
const ENOEXEC: i32 = 8;
/// The system's number for too large an environment.
const E2BIG: i32 = 7;

/// A program with its arguments.
pub struct Program {
    /// As it was written: what it will find as its own name.
    name: OsString,
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    /// Finds the program that the first of `words` names, as a shell would.
    ///
    /// # Errors
    /// As a shell's: exit 127 when it is not there, 126 when it cannot be run.
    pub fn find(words: &[OsString]) -> Result<Self> {
        let Some((name, arguments)) = words.split_first() else {
            return Err(Error::usage("No program is given."));
        };
        let search = std::env::var_os("PATH").unwrap_or_else(|| STANDARD_PATH.into());
        let path = find_in(name, &search)?;
        Ok(Self { name: name.clone(), path, arguments: arguments.to_vec() })
    }

    /// Its base name: all that the audit log is told of it, since arguments may hold anything.
    #[must_use]
    pub fn base_name(&self) -> String {
        Path::new(&self.name).file_name().unwrap_or(&self.name).to_string_lossy().into_owned()
    }

    /// Becomes the program, with these variables and no others.
    ///
    /// # Errors
    /// Why it cannot be run; if it can, this never returns.
    pub fn replace_us(&self, variables: &Variables) -> Error {
        process::give_back();
        let mut command = self.command();
        variables.give_to(&mut command);
        let refused = command.exec();
        self.refused(&refused)
    }

    /// Its command line, with the environment that this process has.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.arg0(&self.name).args(&self.arguments);
        command
    }

    /// The same for a file that only a shell can read, as shells have it.
    pub(crate) fn shell_command(&self) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg(&self.path).args(&self.arguments);
        command
    }

    /// Its words, the name replaced by the path.
    pub(crate) fn words(&self) -> impl Iterator<Item = &OsStr> {
        [self.name.as_os_str(), self.path.as_os_str()].into_iter().chain(self.arguments.iter().map(OsString::as_os_str))
    }

    /// From [`Self::words`].
    pub(crate) fn from_words(words: &[OsString]) -> Option<Self> {
        let [name, path, arguments @ ..] = words else { return None };
        Some(Self { name: name.clone(), path: path.into(), arguments: arguments.to_vec() })
    }

    /// Why it could not be started.
    pub(crate) fn refused(&self, error: &io::Error) -> Error {
        let name = self.name.display();
        match error.raw_os_error() {
            Some(E2BIG) => Error::failure(format!("The environment or the arguments of {name} are too large."))
                .hint("Give it fewer secrets with --only, or a file instead of a long value.")
                .exits(CANNOT_RUN),
            _ if error.kind() == io::ErrorKind::NotFound => {
                // The file is there, else `find` had said so: it names an interpreter that is not.
                Error::not_found(format!("{name} cannot be run: the interpreter or loader that it names is not there."))
                    .exits(NOT_FOUND)
            }
            _ => cannot_run(&self.name, &error.to_string()),
        }
    }
}

/// True when the system does not know what kind of program a file is.
pub(crate) fn is_for_a_shell(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ENOEXEC)
}

fn find_in(name: &OsStr, search: &OsStr) -> Result<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return match runnable(Path::new(name)) {
            Ok(()) => Ok(name.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_found(name, "There is no file")),
            Err(error) => Err(cannot_run(name, &error.to_string())),
        };
    }
    let mut refused = None;
    // `PATH=` alone means no folder; within it, an empty one means the current.
    for folder in std::env::split_paths(search).filter(|_| !search.is_empty() && !name.is_empty()) {
        let path = if folder.as_os_str().is_empty() { Path::new(".").join(name) } else { folder.join(name) };
        match runnable(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => refused = Some(error),
            Err(_) => {}
        }
    }
    Err(match refused {
        Some(error) => cannot_run(name, &error.to_string()),
        None => not_found(name, "There is no program"),
    })
}

/// Whether there is a file that this process may run.
fn runnable(path: &Path) -> io::Result<()> {
    if path.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is a folder"));
    }
    Ok(access(path, Access::EXEC_OK)?)
}

fn not_found(name: &OsStr, what: &str) -> Error {
    let message = match name.is_empty() {
        true => "The program has no name.".to_owned(),
        false => format!("{what} {} to run.", shown(name)),
    };
    Error::not_found(message)
        .hint("Nothing was started and no value was opened. Check its spelling and PATH.")
        .exits(NOT_FOUND)
}

fn cannot_run(name: &OsStr, cause: &str) -> Error {
    Error::new(Kind::Failure, format!("{} cannot be run: {cause}.", shown(name)))
        .hint("Check that it is a program and that you may run it.")
        .exits(CANNOT_RUN)
}

fn shown(name: &OsStr) -> String {
    name.to_string_lossy().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn run_finds_the_program_as_a_shell_does() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, mode) in [("first", 0o755), ("second", 0o644)] {
            std::fs::write(at(name), "").unwrap();
            std::fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(at("folder")).unwrap();
        let search = std::env::join_paths(["/nowhere".as_ref(), folder.path()]).unwrap();
        let code = |name: &str| find_in(name.as_ref(), &search).map_err(|error| error.exit_code());
        assert_eq!(code("first"), Ok(at("first")));
        assert_eq!(code("second"), Err(126));
        assert_eq!(code("folder"), Err(126));
        assert_eq!(code("third"), Err(127));
        assert_eq!(code(""), Err(127));
        assert_eq!(code(at("first").to_str().unwrap()), Ok(at("first")));
        assert_eq!(code(at("second").to_str().unwrap()), Err(126));
        assert_eq!(code(at("third").to_str().unwrap()), Err(127));
        assert!(find_in("first".as_ref(), "".as_ref()).is_err());
    }

    #[test]
    fn only_the_base_name_is_told() {
        let program = Program {
            name: "/opt/bin/deploy".into(),
            path: "/opt/bin/deploy".into(),
            arguments: vec!["--token=x".into()],
        };
        assert_eq!(program.base_name(), "deploy");
    }
}
