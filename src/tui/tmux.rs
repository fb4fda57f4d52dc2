//! [`TmuxPane`]: a pane of the tmux around us, as the dialog lists it. The runtime has them
//! listed and pasted into, on a thread of its own.

use crate::clipboard::tmux::{Pane, Target, Tmux, reason};
use crate::error::{Error, Result};
use crate::secret_text::SecretText;

/// A pane to paste into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TmuxPane {
    /// How tmux numbers it: `%3`.
    pub id: String,
    /// Where it is: `ops:1.2`.
    pub place: String,
    /// The program in it: `psql`.
    pub command: String,
    /// What that program calls it.
    pub title: String,
    /// Why nothing can be pasted there now, as the end of a sentence: `it is in copy-mode`.
    pub obstacle: Option<String>,
    /// The program takes a paste as a whole; `None` where tmux does not tell.
    pub takes_whole: Option<bool>,
    /// All that it shows is written elsewhere, too.
    pub is_piped: bool,
    /// The process of the server that it belongs to.
    pub server: String,
}

impl TmuxPane {
    /// The pane and its program, for notices: `pane %3 (psql)`.
    #[must_use]
    pub fn told(&self) -> String {
        format!("pane {} ({})", self.id, self.command)
    }

    /// For the audit log.
    #[must_use]
    pub fn reason(&self) -> String {
        reason(&self.id, &self.command)
    }
}

impl From<Pane> for TmuxPane {
    fn from(pane: Pane) -> Self {
        let server = pane.target().server;
        let Pane { id, place, command, title, obstacle, takes_whole, is_piped, .. } = pane;
        Self { id, place, command, title, obstacle, takes_whole, is_piped, server }
    }
}

/// True when there is a tmux around us.
pub(super) fn is_around_us() -> bool {
    around_us().is_ok()
}

fn around_us() -> Result<Tmux> {
    Tmux::around_us(|name| std::env::var(name).ok()).ok_or_else(|| Error::failure("There is no tmux around this."))
}

/// The panes to choose from: neither our own nor dead ones; the nearest first.
pub(super) fn list() -> Result<Vec<TmuxPane>> {
    let panes = around_us()?.panes()?;
    Ok(panes.into_iter().filter(|pane| !pane.is_ours && !pane.is_dead).map(TmuxPane::from).collect())
}

/// Pastes a value into a pane that is still as it was listed.
pub(super) fn paste(pane: &TmuxPane, value: &SecretText) -> Result<()> {
    let TmuxPane { id, command, server, .. } = pane.clone();
    around_us()?.paste(&Target { id, command, server }, value)
}
