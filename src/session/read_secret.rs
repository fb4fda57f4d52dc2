//! Reads secret bytes from a file or from standard input, leaving no second
//! copy behind: no buffered reader, and every outgrown buffer is wiped.
//!
//! Called by the value sources of the command line and by [`super::key_source`].

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;

/// Room to begin with when the size is not known.
const FIRST_ROOM: usize = 4096;

/// Standard input without the buffer that `std::io::stdin` keeps.
///
/// # Errors
/// When standard input is closed.
pub fn unbuffered_stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// All bytes of standard input, at most `limit`.
///
/// # Errors
/// Failure when it cannot be read, Usage when it is longer than `limit`.
pub fn from_stdin(limit: usize) -> Result<SecretText> {
    let read = unbuffered_stdin().and_then(|mut stdin| read_all(&mut stdin, FIRST_ROOM, limit));
    finish(read, "Standard input", limit)
}

/// All bytes of the file at `path`, at most `limit`.
///
/// # Errors
/// Denied or Failure by what the system says, Usage when it is longer than `limit`.
pub fn from_file(path: &Path, limit: usize) -> Result<SecretText> {
    let read = File::open(path).and_then(|mut file| {
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        read_all(&mut file, length.max(FIRST_ROOM).min(limit) + 1, limit)
    });
    finish(read, &format!("The file {}", path.display()), limit)
}

/// Drops one final line end, `\n` or `\r\n`.
pub fn drop_line_end(text: &mut SecretText) {
    let bytes = text.expose();
    let end = bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).map(<[u8]>::len);
    if let Some(end) = end {
        text.truncate(end);
    }
}

/// Reads to the end; `None` when there is more than `limit`.
fn read_all(source: &mut impl Read, room: usize, limit: usize) -> io::Result<Option<SecretText>> {
    let mut buffer = Zeroizing::new(vec![0_u8; room]);
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            let mut larger = Zeroizing::new(vec![0_u8; buffer.len() * 4]);
            larger[..filled].copy_from_slice(&buffer);
            buffer = larger;
        }
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled > limit {
            return Ok(None);
        }
    }
    Ok(Some(SecretText::copied_from(&buffer[..filled])))
}

/// Turns what the system said into an error that names the place.
fn finish(read: io::Result<Option<SecretText>>, place: &str, limit: usize) -> Result<SecretText> {
    match read {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(Error::usage(format!("{place} holds more than {limit} bytes."))
            .hint("Nothing was written. Split the value, or keep the file elsewhere and its key here.")),
        Err(error) => {
            let kind = match error.kind() {
                io::ErrorKind::PermissionDenied => Kind::Denied,
                // Not `NotFound`: to a script that means a secret that is not there.
                _ => Kind::Failure,
            };
            Err(Error::new(kind, format!("{place} cannot be read: {error}."))
                .hint("Check the path and who may read it."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_input_arrives_whole() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let text = read_all(&mut &bytes[..], 16, 100_000).unwrap().unwrap();
        assert_eq!(text.expose(), &bytes[..]);
        assert!(read_all(&mut &bytes[..], 16, 99_999).unwrap().is_none());
    }

    #[test]
    fn one_line_end_is_dropped() {
        for (given, kept) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("\n", ""), ("a\r", "a\r")] {
            let mut text = SecretText::copied_from(given.as_bytes());
            drop_line_end(&mut text);
            assert_eq!(text.expose_str(), Some(kept), "{given:?}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        let error = from_file(Path::new("/nowhere/at/all"), 10).err().unwrap();
        assert_eq!(error.kind(), Kind::Failure);
        assert!(error.message().contains("/nowhere/at/all"), "{error}");
    }
}
