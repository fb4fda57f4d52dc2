//! Bytes as files in memory, for a program to inherit.

use std::fs::File;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

/// A file in memory that holds `bytes`, at its beginning, to be standard input. Where it
/// can be: sealed, so that nothing changes it, and for its owner alone. Under its own number
/// nothing inherits it.
#[cfg(target_os = "linux")]
pub(super) fn holding(bytes: &SecretText) -> Result<File> {
    made(bytes, rustix::fs::MemfdFlags::CLOEXEC)
}

/// The same; with no `more` flags it is inherited under its number by what is started then.
#[cfg(target_os = "linux")]
fn made(bytes: &SecretText, more: rustix::fs::MemfdFlags) -> Result<File> {
    use std::io::{Seek, Write};

    use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};
    use rustix::io::Errno;

    let flags = MemfdFlags::ALLOW_SEALING | more;
    let file = memfd_create("strongroom", flags | MemfdFlags::NOEXEC_SEAL);
    // Older systems do not know the one flag.
    let file = file.or_else(|error| if error == Errno::INVAL { memfd_create("strongroom", flags) } else { Err(error) });
    let mut file = File::from(file.map_err(|error| unmade(&error.into()))?);
    file.write_all(bytes.expose()).and_then(|()| file.rewind()).map_err(|error| unmade(&error))?;
    let _ = fchmod(&file, Mode::RUSR);
    let _ = fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL);
    Ok(file)
}

/// Elsewhere a pipe that holds all of it.
#[cfg(not(target_os = "linux"))]
pub(super) fn holding(bytes: &SecretText) -> Result<File> {
    use std::io::Write;
    use std::os::fd::OwnedFd;

    /// What a pipe takes at once everywhere.
    const MOST: usize = 16 * 1024;
    if bytes.len() > MOST {
        return Err(Error::usage(format!("On this system a step is given at most {} KiB.", MOST / 1024)));
    }
    let (reader, mut writer) = std::io::pipe().map_err(|error| unmade(&error))?;
    writer.write_all(bytes.expose()).map_err(|error| unmade(&error))?;
    Ok(File::from(OwnedFd::from(reader)))
}

/// The files of descriptors, each with its number; to be kept until the program is started.
/// Nothing else may be open from 3 on: numbers are given in their order, and there is no
/// other way to choose them without `unsafe`.
///
/// # Errors
/// Failure, when a number is taken.
#[cfg(target_os = "linux")]
pub(super) fn descriptors(wanted: &[(u8, SecretText)]) -> Result<Vec<File>> {
    use std::os::fd::AsRawFd;

    let mut files = Vec::new();
    for (number, bytes) in wanted {
        loop {
            let next = 3 + files.len();
            let is_wanted = next == usize::from(*number);
            // What only takes up a number is closed when the program begins.
            let file = if is_wanted {
                made(bytes, rustix::fs::MemfdFlags::empty())?
            } else {
                File::open("/dev/null").map_err(|error| unmade(&error))?
            };
            if usize::try_from(file.as_raw_fd()) != Ok(next) || next > usize::from(*number) {
                return Err(Error::failure(format!("The descriptor {number} is taken.")));
            }
            files.push(file);
            if is_wanted {
                break;
            }
        }
    }
    Ok(files)
}

/// Elsewhere there are no such files.
#[cfg(not(target_os = "linux"))]
pub(super) fn descriptors(wanted: &[(u8, SecretText)]) -> Result<Vec<File>> {
    match wanted {
        [] => Ok(Vec::new()),
        _ => Err(Error::usage("On this system a step is given no descriptors.").hint("Use stdin in the recipe.")),
    }
}

fn unmade(error: &std::io::Error) -> Error {
    Error::failure(format!("There is no memory to hand values over in: {error}."))
}
