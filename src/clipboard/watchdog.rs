//! The watchdog: what was sent to a terminal is taken back even when we are killed.
//!
//! A process of our own waits on a pipe from us. `k` in it means that all is well; its end
//! without that, that we are gone, and then it clears. It keeps our terminal, and holds no
//! secret. After a normal end it leaves the terminal alone: that is the shell's by then.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU};

use crate::config::Osc52Clear;
use crate::error::{Error, Result};
use crate::session::ourselves::ourselves;

use super::osc52::{self, Wrap};
use super::tmux::KEPT;
use super::{command, tmux_lease};

/// The hidden argument.
pub(super) const PART: &str = "--watch-over-the-clipboard";

const ALL_IS_WELL: &[u8] = b"k";

/// Between two sequences that would otherwise be taken as one (mosh sends what changed on
/// the screen in between, and that only).
pub(super) const PAUSE: Duration = Duration::from_millis(300);

/// What it is to clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Over {
    /// Our terminal.
    Terminal(Osc52Clear, Wrap),
    /// The terminals that tmux is shown in.
    Tmux,
    /// What a program has set, by the one that clears it.
    Command(Vec<String>),
}

const WRAPS: [(&str, Wrap); 3] = [("plain", Wrap::Plain), ("screen", Wrap::Screen), ("passthrough", Wrap::Tmux)];
const CLEARS: [(&str, Osc52Clear); 3] =
    [("empty", Osc52Clear::Empty), ("space", Osc52Clear::Space), ("both", Osc52Clear::SpaceThenEmpty)];

impl Over {
    fn words(&self) -> Vec<&str> {
        let word = |found: Option<&'static str>| found.unwrap_or_default();
        match self {
            Self::Terminal(clear, wrap) => vec![
                "terminal",
                word(CLEARS.iter().find(|(_, one)| one == clear).map(|(word, _)| *word)),
                word(WRAPS.iter().find(|(_, one)| one == wrap).map(|(word, _)| *word)),
            ],
            Self::Tmux => vec!["tmux"],
            Self::Command(line) => ["command"].into_iter().chain(line.iter().map(String::as_str)).collect(),
        }
    }

    fn read(words: &[String]) -> Option<Self> {
        match words {
            [over] if over == "tmux" => Some(Self::Tmux),
            [over, line @ ..] if over == "command" && !line.is_empty() => Some(Self::Command(line.to_vec())),
            [over, clear, wrap] if over == "terminal" => Some(Self::Terminal(
                CLEARS.iter().find(|(word, _)| word == clear)?.1,
                WRAPS.iter().find(|(word, _)| word == wrap)?.1,
            )),
            _ => None,
        }
    }
}

/// A watchdog that waits. Dropping it without [`Watchdog::dismiss`] has it clear.
pub(super) struct Watchdog(Option<ChildStdin>);

impl Watchdog {
    /// Starts one, with these variables besides. Where none can be started there is none, and
    /// a copy is made all the same.
    pub(super) fn start(over: &Over, variables: &[(String, String)]) -> Self {
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        let started = ourselves(PART, over.words())
            .env_clear()
            .envs(surroundings())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let input = started.ok().and_then(|mut child| {
            let input = child.stdin.take();
            std::thread::spawn(move || child.wait());
            input
        });
        Self(input)
    }

    /// All is well: what it watched over is cleared, or not ours any more.
    pub(super) fn dismiss(&mut self) {
        if let Some(mut input) = self.0.take() {
            let _ = input.write_all(ALL_IS_WELL);
        }
    }
}

/// What it needs to find tmux; our environment may hold a key.
fn surroundings() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    let needed = ["TMUX", "TMUX_PANE"].into_iter().chain(KEPT);
    needed.filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// Does what the hidden argument asks for: `words` are those behind it.
///
/// # Errors
/// Usage, for anything but what [`Watchdog::start`] says.
pub(super) fn serve(words: &[String]) -> Result<u8> {
    let over = Over::read(words).ok_or_else(|| Error::usage("This is not a command."))?;
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU] {
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    // Opened while it is there.
    let terminal = OpenOptions::new().write(true).open("/dev/tty").ok();
    let mut word = [0];
    let all_is_well = std::io::stdin().read_exact(&mut word).is_ok() && word == ALL_IS_WELL;
    if !all_is_well {
        clear(over, terminal);
    }
    Ok(0)
}

/// Once; a terminal that is gone takes nothing.
fn clear(over: Over, terminal: Option<File>) {
    match (over, terminal) {
        (Over::Tmux, _) => drop(tmux_lease::blank()),
        (Over::Command(line), _) => drop(command::clear(&line)),
        (Over::Terminal(how, wrap), Some(mut terminal)) => {
            for (at, sequence) in osc52::clear(how, wrap).iter().enumerate() {
                if at > 0 {
                    std::thread::sleep(PAUSE);
                }
                let _ = terminal.write_all(sequence.expose());
            }
        }
        (Over::Terminal(..), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_told_is_what_it_hears() {
        let mut all = vec![Over::Tmux, Over::Command(vec!["wl-copy".to_owned(), "--clear".to_owned()])];
        for (_, clear) in CLEARS {
            all.extend(WRAPS.iter().map(|(_, wrap)| Over::Terminal(clear, *wrap)));
        }
        for over in all {
            let words: Vec<String> = over.words().into_iter().map(str::to_owned).collect();
            assert_eq!(Over::read(&words).as_ref(), Some(&over));
        }
        for wrong in ["", "command", "screen", "terminal", "terminal empty", "terminal empty plain more", "tmux empty"]
        {
            let words: Vec<String> = wrong.split(' ').map(str::to_owned).collect();
            assert_eq!(Over::read(&words), None, "{wrong}");
        }
    }
}
