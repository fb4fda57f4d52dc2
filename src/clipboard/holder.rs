//! The holder: on a desktop the clipboard lives in the process that set it, so a process
//! of our own holds each value, and clears it by leaving, whatever becomes of us.
//!
//! ```text
//! us ── route, time ─────────────→ its arguments
//!    ── length, value, `c` or `k` → its standard input
//!    ←─ READY, ERR, then one word ─ its standard output
//! ```
//!
//! It says READY only when the clipboard has the value. The end of its input means that we
//! are gone, and then it clears at once, unless it was told to keep (`k`).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::session::ourselves::ourselves;

use super::Route;
use super::lease::{Lease, Terms};
use super::surroundings::Surroundings;

mod others;
mod selection;
mod serve;

pub(super) use serve::serve;

/// The hidden argument.
pub(super) const PART: &str = "--hold-the-clipboard";

/// A display that has not taken a value by then is taken for dead.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);

/// In place of a value and its terms: only say whether the clipboard can be reached.
const PROBE: &str = "probe";

/// What it says first, if all is well.
const READY: &str = "READY";

/// What a holder is told.
const CLEAR: &[u8] = b"c";
const KEEP: &[u8] = b"k";

/// How a holder ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It cleared what was still ours.
    Cleared,
    /// Something else was copied meanwhile.
    Replaced,
    /// It was killed, or its display died: what it held went with it.
    Gone,
}

impl Ended {
    /// What it says then, in a line.
    const fn word(self) -> &'static str {
        match self {
            Self::Cleared => "CLEARED",
            Self::Replaced => "REPLACED",
            Self::Gone => "GONE",
        }
    }

    fn read(line: &str) -> Self {
        [Self::Cleared, Self::Replaced].into_iter().find(|ended| ended.word() == line.trim()).unwrap_or(Self::Gone)
    }
}

/// Has `value` held; `ended` is told once, when it no longer is.
///
/// # Errors
/// Usage, when it is no text; else why this display cannot be used.
pub(super) fn hold(
    route: Route,
    value: &SecretText,
    terms: Terms,
    primary: bool,
    surroundings: &Surroundings,
    ended: impl FnOnce(Ended) + Send + 'static,
) -> Result<Box<dyn Lease>> {
    if value.expose_str().is_none() {
        return Err(Error::usage("The value is not text, so a clipboard cannot hold it."));
    }
    let words = [
        selection::word(route),
        &terms.clear_after.as_millis().to_string(),
        if primary { "both" } else { "clipboard" },
        if terms.is_secret { "secret" } else { "text" },
        // So that holders of one display know each other.
        surroundings.get(if route == Route::Wayland { "WAYLAND_DISPLAY" } else { "DISPLAY" }).unwrap_or_default(),
    ];
    let mut child = start(&words, surroundings).map_err(|error| unreachable(&error.to_string()))?;
    let mut holding = Holding { input: child.stdin.take() };
    // What it could not take, it will say.
    let _ = holding.give(value, terms);
    answer(child, ended)?;
    Ok(Box::new(holding))
}

/// Whether such a clipboard can be reached now.
///
/// # Errors
/// Busy, with the cause.
pub(super) fn probe(route: Route, surroundings: &Surroundings) -> Result<()> {
    let child = start(&[selection::word(route), PROBE], surroundings);
    answer(child.map_err(|error| unreachable(&error.to_string()))?, |_| ())
}

/// Waits for the first word, and has the last one told.
fn answer(mut child: Child, ended: impl FnOnce(Ended) + Send + 'static) -> Result<()> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let output = child.stdout.take().ok_or_else(|| unreachable("it has no pipe"))?;
    let (first, answered) = channel();
    std::thread::spawn(move || listen(child, output, &first, ended));
    match answered.recv_timeout(ANSWER_WITHIN) {
        Ok(line) if line.trim_end() == READY => Ok(()),
        Ok(line) => Err(unreachable(line.trim_end().trim_start_matches("ERR "))),
        Err(_) => {
            if let Some(pid) = pid {
                let _ = kill_process(pid, Signal::KILL);
            }
            Err(unreachable("the display does not answer"))
        }
    }
}

/// A process that has nothing from us but what reaches the display.
fn start(words: &[&str], surroundings: &Surroundings) -> std::io::Result<Child> {
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    ourselves(PART, words)
        .env_clear()
        .envs(surroundings.display_variables())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Passes on what it says, and sees to its end.
fn listen(mut child: Child, output: ChildStdout, first: &Sender<String>, ended: impl FnOnce(Ended)) {
    let mut lines = BufReader::new(output);
    let mut line = || {
        let mut line = String::new();
        let _ = lines.read_line(&mut line);
        line
    };
    let answer = line();
    let is_ready = answer.trim_end() == READY;
    let _ = first.send(answer);
    let word = line();
    if is_ready {
        ended(Ended::read(&word));
    }
    // It may have a clipboard manager to repair yet.
    let _ = child.wait();
}

/// A value that a holder holds.
struct Holding {
    input: Option<ChildStdin>,
}

impl Holding {
    fn give(&mut self, value: &SecretText, terms: Terms) -> std::io::Result<()> {
        self.tell(format!("{}\n", value.len()).as_bytes())?;
        self.tell(value.expose())?;
        if terms.outlives_us { self.tell(KEEP) } else { Ok(()) }
    }

    fn tell(&mut self, what: &[u8]) -> std::io::Result<()> {
        self.input.as_mut().map_or(Ok(()), |input| input.write_all(what))
    }
}

impl Lease for Holding {
    fn clear(&mut self) -> Result<()> {
        // One that has ended already has said so.
        let _ = self.tell(CLEAR);
        Ok(())
    }

    fn forget(&mut self) {
        // It leaves by itself as soon as the clipboard is not ours.
    }

    fn keeps_time(&self) -> bool {
        true
    }
}

fn unreachable(cause: &str) -> Error {
    Error::busy(format!("{}.", cause.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_refused_before_a_display_is_touched() {
        let terms = Terms { clear_after: Duration::from_secs(1), outlives_us: false, is_secret: true };
        let nowhere = Surroundings::new(|_| None, false);
        let value = SecretText::copied_from(&[0xff, 0xfe]);
        let refused = hold(Route::X11, &value, terms, false, &nowhere, |_| unreachable!());
        assert!(refused.err().unwrap().message().contains("not text"));
    }

    #[test]
    fn what_a_holder_says_is_read_and_silence_is_its_death() {
        for ended in [Ended::Cleared, Ended::Replaced] {
            assert_eq!(Ended::read(&format!("{}\n", ended.word())), ended);
        }
        assert_eq!(Ended::read(""), Ended::Gone);
    }
}
