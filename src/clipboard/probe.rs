//! Which ways to the clipboard work, without a value: for `doctor`.

use std::fs::OpenOptions;

use crate::config::ClipboardSettings;
use crate::error::{Error, Result};

use super::surroundings::Surroundings;
use super::{Route, holder, tmux_lease};

/// A way that was looked at.
#[derive(Debug)]
pub struct Probed {
    /// Which.
    pub route: Route,
    /// Why it does not work.
    pub outcome: Result<()>,
    /// What to know about it although it works.
    pub warning: Option<&'static str>,
}

const UNSURE: &str = "The terminal never says whether it took a value, nor whether it let go of it.";
const UNKNOWN: &str = "What the command does with a value cannot be known.";

/// Looks at the ways that a copy would try, up to the first that works; and what it would
/// not try, with the reason.
#[must_use]
pub fn probe(settings: &ClipboardSettings) -> (Vec<Probed>, Vec<String>) {
    let has_terminal = OpenOptions::new().write(true).open("/dev/tty").is_ok();
    let at = Surroundings::now(has_terminal);
    let mut probed = Vec::new();
    for route in at.routes(settings) {
        let outcome = look(route, &at, settings);
        let works = outcome.is_ok();
        probed.push(Probed { route, outcome, warning: warning(route) });
        if works {
            break;
        }
    }
    let passed_over = at.passed_over(settings);
    (probed, passed_over)
}

fn look(route: Route, at: &Surroundings, settings: &ClipboardSettings) -> Result<()> {
    match route {
        Route::Wayland | Route::X11 | Route::ForwardedX11 | Route::MacOs => holder::probe(route, at),
        Route::Tmux => tmux_lease::probe(),
        Route::Osc52 { in_screen: false } if at.is_vte() => {
            Err(Error::busy("This terminal (VTE) takes nothing over OSC 52."))
        }
        Route::Osc52 { .. } if at.has_terminal() => Ok(()),
        Route::Osc52 { .. } => Err(Error::busy("There is no terminal.")),
        Route::Command => program(settings),
    }
}

/// Whether the settled program is there.
fn program(settings: &ClipboardSettings) -> Result<()> {
    let Some(program) = settings.copy_command.first() else { return Err(Error::busy("No command is settled.")) };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        program.contains('/') || std::env::split_paths(&folders).any(|folder| folder.join(program).is_file());
    if is_there { Ok(()) } else { Err(Error::busy(format!("{program} is not in PATH."))) }
}

fn warning(route: Route) -> Option<&'static str> {
    match route {
        Route::Osc52 { .. } | Route::Tmux => Some(UNSURE),
        Route::Command => Some(UNKNOWN),
        Route::Wayland | Route::X11 | Route::ForwardedX11 | Route::MacOs => None,
    }
}
