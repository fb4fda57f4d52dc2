//! One call of tmux: what it is given, how long it may take, and what it said.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::Tmux;

/// A server that has not answered by then is taken to hang.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
/// What tmux prints is read so far and no farther.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// So much of what tmux complains about is told.
const TOLD: usize = 160;
/// How often it is looked whether a tmux that has said all is gone.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What tmux needs to find itself, its server and its characters; all else is ours.
pub const KEPT: [&str; 10] =
    ["PATH", "HOME", "USER", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TMUX_TMPDIR"];

/// What tmux answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// It did all that it was asked for.
    pub succeeded: bool,
    /// What it printed.
    pub printed: Vec<u8>,
    /// What it complained about: one short line without control characters.
    pub complaint: String,
}

impl Tmux {
    /// Has tmux do something, `value` being its standard input; gives what it printed.
    ///
    /// # Errors
    /// As [`Self::ask`]; Failure, when tmux refuses, with its own words.
    pub fn call(&self, words: &[&str], value: Option<&SecretText>) -> Result<Vec<u8>> {
        let said = self.ask(words, value)?;
        if said.succeeded { Ok(said.printed) } else { Err(Error::failure(format!("tmux refused: {}", said.complaint))) }
    }

    /// Has tmux do something, `value` being its standard input; gives what it said to it.
    ///
    /// # Errors
    /// Failure, when tmux cannot be started; Busy, when it did not answer in time, or was
    /// ended before it could.
    pub fn ask(&self, words: &[&str], value: Option<&SecretText>) -> Result<Said> {
        let mut command = Command::new("tmux");
        command.arg("-u").arg("-S").arg(&self.socket).args(words);
        command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.pane.iter().map(|pane| ("TMUX_PANE", pane)));
        // A key that stops or ends us must not do so to a tmux that is half-way.
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        run(command, value, ANSWER_WITHIN)
    }
}

/// Starts a program, hands it the value and waits for it, no longer than `at_most`.
fn run(mut command: Command, value: Option<&SecretText>, at_most: Duration) -> Result<Said> {
    let until = Instant::now() + at_most;
    let input = value.map_or_else(|| Ok(Stdio::null()), stdin::holding).map_err(|error| not_started(&error))?;
    let mut child = command.stdin(input).spawn().map_err(|error| not_started(&error))?;
    // It holds our end of what the program reads, and of what it writes.
    drop(command);
    let ended = wait(&mut child, until);
    if ended.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let (status, [printed, complaint]) =
        ended.ok_or_else(|| Error::busy(format!("tmux did not answer within {:.1} s.", at_most.as_secs_f32())))?;
    if status.code().is_none() {
        return Err(Error::busy("tmux was ended before it had answered."));
    }
    Ok(Said { succeeded: status.success(), printed, complaint: printable(&complaint) })
}

fn not_started(error: &io::Error) -> Error {
    Error::failure(format!("tmux cannot be started: {error}.")).hint("The program tmux must be in PATH.")
}

/// What it wrote, and how it ended; `None` when it goes on.
fn wait(child: &mut Child, until: Instant) -> Option<(ExitStatus, [Vec<u8>; 2])> {
    let (out, err) = (gather(child.stdout.take()?), gather(child.stderr.take()?));
    let left = || until.saturating_duration_since(Instant::now());
    let written = [out.recv_timeout(left()).ok()?, err.recv_timeout(left()).ok()?];
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return Some((status, written));
        }
        if left().is_zero() {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Reads to the end on a thread of its own; who waits for it may give up.
fn gather(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, gathered) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.take(MOST_BYTES).read_to_end(&mut bytes);
        sender.send(bytes)
    });
    gathered
}

/// The first line of what a program said, short, and without what could move a cursor.
pub(super) fn printable(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gives no reason");
    let is_plain = |c: char| {
        !c.is_control() && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = line.chars().map(|c| if is_plain(c) { c } else { '\u{fffd}' });
    let (start, more): (String, bool) = (shown.clone().take(TOLD).collect(), shown.count() > TOLD);
    if more { format!("{start}…") } else { start }
}

/// A value as the standard input of another program: all of it is there before the
/// program starts, so that none ever reads a part of one, whenever we are ended.
#[cfg(target_os = "linux")]
mod stdin {
    use std::fs::File;
    use std::io::{self, Seek, Write};
    use std::process::Stdio;

    use rustix::fs::{MemfdFlags, memfd_create};

    use crate::secret_text::SecretText;

    /// In memory that has no name and is gone with the last program that has it open.
    pub(super) fn holding(value: &SecretText) -> io::Result<Stdio> {
        let mut file = File::from(memfd_create("tmux", MemfdFlags::CLOEXEC)?);
        file.write_all(value.expose())?;
        file.rewind()?;
        Ok(file.into())
    }
}

/// Elsewhere a pipe, filled by a thread.
#[cfg(not(target_os = "linux"))]
mod stdin {
    use std::io::{self, Write};
    use std::process::Stdio;

    use crate::secret_text::SecretText;

    pub(super) fn holding(value: &SecretText) -> io::Result<Stdio> {
        let (ours, theirs) = (value.duplicate(), io::pipe()?);
        let (reader, mut writer) = theirs;
        std::thread::spawn(move || writer.write_all(ours.expose()));
        Ok(reader.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    fn what_a_program_says_comes_back() {
        let value: Vec<u8> = (0..=255_u8).cycle().take(1024 * 1024).collect();
        let said = run(shell("cat; echo oh >&2; exit 3"), Some(&SecretText::from(value.clone())), ANSWER_WITHIN * 8);
        assert_eq!(said.unwrap(), Said { succeeded: false, printed: value, complaint: "oh".to_owned() });
        let said = run(shell("cat"), None, ANSWER_WITHIN * 8).unwrap();
        assert!(said.succeeded && said.printed.is_empty());
    }

    #[test]
    fn one_that_hangs_is_left_behind() {
        let start = Instant::now();
        for script in ["exec sleep 60", "exec sleep 60 >&- 2>&-", "sleep 60 & exit 0"] {
            let error = run(shell(script), None, Duration::from_millis(200)).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Busy, "{script}");
        }
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_that_is_killed_has_not_answered() {
        let error = run(shell("echo pasted; kill -9 $$"), None, ANSWER_WITHIN * 8).unwrap_err();
        assert!(error.message().contains("ended before"), "{}", error.message());
    }

    #[test]
    fn complaints_are_short_and_plain() {
        assert_eq!(printable(b"\n no server \x1b[2J\xff\n second"), "no server \u{fffd}[2J\u{fffd}");
        assert_eq!(printable("a\u{202e}b".as_bytes()), "a\u{fffd}b");
        assert_eq!(printable(&[b'x'; 500]).chars().count(), TOLD + 1);
        assert_eq!(printable(b""), "it gives no reason");
    }
}
