//! [`Tmux`]: the tmux server that we run in, and how it is asked for something.
//!
//! Every call is a `tmux` of its own that speaks to the server's socket, as `$TMUX` names
//! it; so it works from a popup, too, which is no pane. A value goes in on standard input
//! alone, and a server that hangs holds nobody up for longer than [`ANSWER_WITHIN`] a call.

mod call;
mod panes;
mod paste;

use data_encoding::HEXLOWER;

use crate::error::{Error, Result};

pub use call::{ANSWER_WITHIN, KEPT, Said};
pub use panes::{Pane, Target};

/// A tmux server, and where in it we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tmux {
    /// The path of its socket.
    socket: String,
    /// The session we were started in: `$3`.
    session: String,
    /// The pane we were started in: `%3`; `None` in a popup, which has none.
    pane: Option<String>,
}

impl Tmux {
    /// The server around us; `None` outside tmux.
    #[must_use]
    pub fn around_us(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        // `/tmp/tmux-0/default,4711,3`: the path may hold commas of its own.
        let named = variable("TMUX")?;
        let mut parts = named.rsplitn(3, ',');
        let (session, _pid, socket) = (parts.next()?, parts.next()?, parts.next()?);
        let pane = variable("TMUX_PANE").filter(|pane| is_pane_id(pane));
        let is_there = !socket.is_empty();
        is_there.then(|| Self { socket: socket.to_owned(), session: format!("${session}"), pane })
    }

    /// The server's version, which may be older than the program's: `3.3a`.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn version(&self) -> Result<String> {
        let said = self.call(&["display-message", "-p", "#{version}"], None)?;
        Ok(call::printable(&said))
    }
}

/// What the audit log is told about a value that was given out for a pane.
#[must_use]
pub fn reason(pane: &str, command: &str) -> String {
    format!("pasted into tmux pane {pane} ({command})")
}

/// True for `%3`, how tmux numbers panes; never given twice while a server runs.
fn is_pane_id(text: &str) -> bool {
    text.strip_prefix('%').is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A word that nobody else has thought of.
pub(super) fn nonce() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Error::failure("The system gives no randomness."))?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(tmux: &str, pane: &str) -> Option<Tmux> {
        Tmux::around_us(|name| match name {
            "TMUX" => Some(tmux.to_owned()),
            "TMUX_PANE" => Some(pane.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn the_server_is_found_by_its_socket() {
        let tmux = around("/tmp/tmux-0/a,b,4711,3", "%12").unwrap();
        assert_eq!((tmux.socket.as_str(), tmux.session.as_str()), ("/tmp/tmux-0/a,b", "$3"));
        assert_eq!(tmux.pane.as_deref(), Some("%12"));
        assert_eq!(around("/tmp/s,1,0", "").unwrap().pane, None, "in a popup");
        assert_eq!(around("/tmp/s,1,0", "%1; kill-server").unwrap().pane, None);
        assert_eq!(around("", "%1"), None);
        assert_eq!(around(",1,0", "%1"), None);
        assert_eq!(Tmux::around_us(|_| None), None);
    }

    #[test]
    fn no_word_comes_twice() {
        assert_ne!(nonce().unwrap(), nonce().unwrap());
    }
}
