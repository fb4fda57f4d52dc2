//! A value on the clipboard of the terminal that tmux is shown in.
//!
//! tmux drops the sequences of programs unless it is told otherwise, but passes on what is
//! loaded into one of its buffers with `-w`, in every configuration, and from a window
//! that nobody looks at. The buffer is deleted at once. An empty one is never passed on, so
//! a blank takes the value's place at the end.

use std::sync::Arc;

use crate::config::Osc52Clear;
use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::lease::{Lease, SendSequence};
use super::osc52::{self, Wrap};
use super::terminal;
use super::tmux::{Tmux, nonce};
use super::watchdog::{Over, Watchdog};

/// The first tmux that can hand a buffer on.
const SINCE: (u32, u32) = (3, 2);

/// What tmux handed on.
struct HandedOn {
    tmux: Tmux,
    watchdog: Watchdog,
}

/// Has tmux hand `value` on; where its terminal's description does not let it, and it lets
/// programs through, sends it past tmux.
///
/// # Errors
/// Usage, when it is too long; Busy, when tmux cannot hand anything on now, and what to do.
pub(super) fn send(
    value: &SecretText,
    clear: Osc52Clear,
    terminal: Option<&Arc<SendSequence>>,
) -> Result<Box<dyn Lease>> {
    osc52::check(value)?;
    let tmux = around_us()?;
    match (ways(&tmux)?, terminal) {
        (Way::Buffer, _) => {
            // Before the value is anywhere.
            let watchdog = Watchdog::start(&Over::Tmux, &[]);
            hand_on(&tmux, value)?;
            Ok(Box::new(HandedOn { tmux, watchdog }))
        }
        (Way::Passthrough, Some(send)) => terminal::send(value, Wrap::Tmux, clear, send),
        (Way::Passthrough, None) => Err(no_way()),
    }
}

/// Whether tmux could hand something on now.
///
/// # Errors
/// As [`send`].
pub(super) fn probe() -> Result<()> {
    ways(&around_us()?).map(drop)
}

/// Puts a blank where a value was.
///
/// # Errors
/// Busy, while nobody is attached.
pub(super) fn blank() -> Result<()> {
    blank_by(&around_us()?)
}

fn around_us() -> Result<Tmux> {
    Tmux::around_us(|name| std::env::var(name).ok()).ok_or_else(|| Error::busy("There is no tmux around us."))
}

fn blank_by(tmux: &Tmux) -> Result<()> {
    if !is_attached(tmux)? {
        return Err(no_terminal());
    }
    hand_on(tmux, &SecretText::copied_from(b" "))
}

impl Lease for HandedOn {
    fn clear(&mut self) -> Result<()> {
        blank_by(&self.tmux)?;
        self.watchdog.dismiss();
        Ok(())
    }

    fn forget(&mut self) {
        self.watchdog.dismiss();
    }
}

/// Loads, hands on and deletes in one call, and sees to it that nothing is left.
fn hand_on(tmux: &Tmux, value: &SecretText) -> Result<()> {
    let buffer = format!("strongroom-{}-{}", std::process::id(), nonce()?);
    let words = ["load-buffer", "-w", "-b", &buffer, "-", ";", "delete-buffer", "-b", &buffer];
    tmux.call(&words, Some(value)).or_else(|error| tmux.see_gone(&buffer).and(Err(error)))?;
    Ok(())
}

/// How tmux reaches its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By a buffer.
    Buffer,
    /// Past tmux, by the option `allow-passthrough`.
    Passthrough,
}

fn is_attached(tmux: &Tmux) -> Result<bool> {
    let told = tmux.call(&["display-message", "-p", "#{session_attached}"], None)?;
    Ok(!told.trim_ascii().is_empty() && told.trim_ascii() != b"0")
}

fn ways(tmux: &Tmux) -> Result<Way> {
    let about = "#{version} #{session_attached} #{client_termname}";
    let words =
        ["display-message", "-p", about, ";", "show-options", "-gqv", "allow-passthrough", ";", "show-messages", "-T"];
    let told = tmux.call(&words, None)?;
    read_ways(&String::from_utf8_lossy(&told))
}

/// Reads what [`ways`] asks: a line about the client, perhaps one about the option, and what
/// the descriptions of the attached terminals can.
fn read_ways(told: &str) -> Result<Way> {
    let mut lines = told.lines();
    let mut about = lines.next().unwrap_or_default().splitn(3, ' ');
    let (version, attached, terminal) = (about.next(), about.next(), about.next().unwrap_or_default());
    if version.and_then(read_version).is_some_and(|version| version < SINCE) {
        return Err(Error::busy("This tmux hands nothing on to its terminal; 3.2 is the first that does."));
    }
    if attached.is_none_or(|count| count == "0" || count.is_empty()) {
        return Err(no_terminal());
    }
    let rest: Vec<&str> = lines.collect();
    // `  52: Ms: (string) \033]52;%p1%s;%p2%s\a`, or `  52: Ms: [missing]`.
    let can = rest.iter().any(|line| line.contains(" Ms: ") && !line.contains("[missing]"));
    let passes = rest.first().is_some_and(|option| matches!(option.trim(), "on" | "all"));
    match (can, passes) {
        (true, _) => Ok(Way::Buffer),
        (false, true) => Ok(Way::Passthrough),
        (false, false) => Err(Error::busy(format!(
            "tmux does not know that its terminal takes a clipboard; the line in its settings: \
             set -as terminal-features ',{}:clipboard'.",
            if terminal.is_empty() { "TERM" } else { terminal }
        ))),
    }
}

/// `3.3a` → 3 and 3; `next-3.7` too.
fn read_version(text: &str) -> Option<(u32, u32)> {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let (major, rest) = digits.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn no_terminal() -> Error {
    Error::busy("No terminal is attached to tmux.")
}

fn no_way() -> Error {
    Error::busy("There is no terminal to send it to.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(told: &str) -> std::result::Result<Way, String> {
        read_ways(told).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_tmux_tells_decides_the_way() {
        let can = "Terminal 0: xterm for /dev/pts/3, flags=0x0:\n  51: Mg: [missing]\n  52: Ms: (string) \\033]52;%p1%s;%p2%s\\a\n";
        let cannot = "Terminal 0: linux for /dev/tty1, flags=0x0:\n  52: Ms: [missing]\n";
        assert_eq!(way(&format!("3.3a 1 xterm-256color\noff\n{can}")), Ok(Way::Buffer));
        assert_eq!(way(&format!("next-3.7 2 xterm\non\n{can}")), Ok(Way::Buffer));
        assert_eq!(way(&format!("3.3a 2 linux\noff\n{cannot}{can}")), Ok(Way::Buffer), "one of two is enough");
        assert_eq!(way(&format!("3.3a 1 linux\non\n{cannot}")), Ok(Way::Passthrough));
        assert_eq!(way(&format!("3.4 1 linux\nall\n{cannot}")), Ok(Way::Passthrough));
        let refused = way(&format!("3.3a 1 rxvt\noff\n{cannot}")).unwrap_err();
        assert!(refused.contains("',rxvt:clipboard'"), "{refused}");
        assert!(way(&format!("3.1c 1 xterm\n{can}")).unwrap_err().contains("3.2"));
        assert!(way(&format!("3.3a 0 \noff\n{can}")).unwrap_err().contains("attached"));
        assert!(way("").is_err());
    }

    #[test]
    fn versions_are_read_as_tmux_writes_them() {
        assert_eq!(read_version("3.3a"), Some((3, 3)));
        assert_eq!(read_version("next-3.7"), Some((3, 7)));
        assert_eq!(read_version("openbsd-7.6"), Some((7, 6)));
        assert_eq!(read_version("master"), None);
    }
}
