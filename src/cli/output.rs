//! [`Output`]: tables and JSON to standard output, everything else to standard
//! error. Nothing here keeps a copy: values go out in one unbuffered write.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};

use serde::ser::{SerializeSeq, Serializer};
use serde_json::{Value, json};

use crate::config::Color;
use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::tui::text::printable;

/// How to talk to whoever called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// `--json`
    pub(super) json: bool,
    /// Whether tables may be coloured.
    pub(super) color: bool,
}

impl Output {
    /// Decides about colour by `--color`, `NO_COLOR` and where the output goes.
    pub(super) fn new(json: bool, color: Color) -> Self {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => allowed && io::stdout().is_terminal(),
        };
        Self { json, color }
    }

    /// Text for people, to standard output.
    pub(super) fn print(self, text: &str) -> Result<()> {
        write_out(text.as_bytes())
    }

    /// A file's content, to standard output.
    pub(super) fn print_bytes(self, content: &[u8]) -> Result<()> {
        write_out(content)
    }

    /// One JSON document and a newline, to standard output.
    pub(super) fn print_json(self, value: &Value) -> Result<()> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::failure(format!("The JSON cannot be written: {error}.")))?;
        text.push('\n');
        write_out(text.as_bytes())
    }

    /// One JSON array and a newline, to standard output, element by element as `each` gives
    /// them, so that nobody holds them all.
    pub(super) fn print_json_array(
        self,
        each: impl FnOnce(&mut dyn FnMut(&Value) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        let mut out = BufWriter::with_capacity(64 * 1024, StandardOutput);
        let mut serializer = serde_json::Serializer::pretty(&mut out);
        let mut array = serializer.serialize_seq(None).map_err(|error| unwritable(error.into()))?;
        each(&mut |value| array.serialize_element(value).map_err(|error| unwritable(error.into())))?;
        array.end().map_err(|error| unwritable(error.into()))?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(unwritable)
    }

    /// A value, byte for byte; a newline besides only on a terminal.
    pub(super) fn print_value(self, value: &SecretText) -> Result<()> {
        write_out(value.expose())?;
        if io::stdout().is_terminal() && !value.expose().ends_with(b"\n") {
            write_out(b"\n")?;
        }
        Ok(())
    }

    /// A text with values, byte for byte, wherever it goes.
    pub(super) fn print_exactly(self, text: &SecretText) -> Result<()> {
        write_out(text.expose())
    }

    /// A value and a newline, wherever it goes.
    pub(super) fn print_line(self, value: &SecretText) -> Result<()> {
        write_out(value.expose())?;
        write_out(b"\n")
    }

    /// A key that exists nowhere else, and a newline: here a reader that went away is an error.
    pub(super) fn print_key(self, key: &SecretText) -> Result<()> {
        let mut line = key.duplicate();
        line.push(b"\n");
        write_to(io::stdout().as_fd(), line.expose()).map_err(unwritable)
    }

    /// What was done, to standard error; silent with `--json`.
    pub(super) fn note(self, text: &str) {
        if !self.json {
            write_err(&format!("{text}\n"));
        }
    }

    /// Something to think about, to standard error.
    pub(super) fn warn(self, text: &str) {
        write_err(&format!("strongroom: warning: {text}\n"));
    }

    /// A key that is shown once, to standard error, in a line of its own.
    pub(super) fn note_key(self, label: &str, key: &SecretText) {
        write_err(&format!("{label}\n\n    "));
        let _ = write_to(io::stderr().as_fd(), key.expose());
        write_err("\n\n");
    }

    /// What went wrong, to standard error.
    pub(super) fn error(self, error: &Error) {
        if self.json {
            write_err(&format!("{}\n", error_json(error)));
            return;
        }
        write_err(&format!("strongroom: {}\n", error.message()));
        for detail in error.details() {
            write_err(&format!("  {}\n", printable(detail)));
        }
        if let Some(hint) = error.next_step() {
            write_err(&format!("  {hint}\n"));
        }
    }
}

/// `{"error": {kind, message, hint, exit_code, details, current_version}}`, the last two where there are any.
fn error_json(error: &Error) -> Value {
    let mut object = json!({
        "kind": error.kind().word(),
        "message": error.message(),
        "hint": error.next_step(),
        "exit_code": error.exit_code(),
    });
    if !error.details().is_empty() {
        object["details"] = error.details().into();
    }
    if let Some(version) = error.current_version() {
        object["current_version"] = version.into();
    }
    json!({ "error": object })
}

fn write_out(bytes: &[u8]) -> Result<()> {
    StandardOutput.write_all(bytes).map_err(unwritable)
}

/// Standard output without a buffer. A reader that went away is no error: it had enough.
struct StandardOutput;

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match write_to(io::stdout().as_fd(), bytes) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::failure(format!("Standard output cannot be written: {error}."))
}

/// To standard error; when even that fails there is nobody to tell.
fn write_err(text: &str) {
    let _ = write_to(io::stderr().as_fd(), text.as_bytes());
}

/// Past the buffers of the standard library, which would keep a copy.
fn write_to(place: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    File::from(place.try_clone_to_owned()?).write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_json_has_its_kind_hint_and_version() {
        let error = Error::version_conflict("KEY is at version 4 now.", 4).hint("Look at it.");
        assert_eq!(
            error_json(&error).to_string(),
            r#"{"error":{"kind":"conflict","message":"KEY is at version 4 now.","hint":"Look at it.","exit_code":4,"current_version":4}}"#
        );
    }

    #[test]
    fn an_error_without_a_hint_says_null() {
        assert!(error_json(&Error::failure("No.")).to_string().contains(r#""hint":null"#));
    }
}
