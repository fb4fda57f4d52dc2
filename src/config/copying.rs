//! The `[clipboard]` table of the settings.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result};

use super::{Place, positive_or_never};

/// How copies are made and taken away again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClipboardSettings {
    /// The one way to go, or whichever works.
    pub route: RouteChoice,
    /// How long a value stays; `None` for what suits the route.
    pub clear_after: Option<Duration>,
    /// What becomes of a copy when the screen is left.
    pub on_exit: OnExit,
    /// Set the primary selection too, which the middle mouse button pastes.
    pub primary: bool,
    /// What is sent over OSC 52 to clear.
    pub osc52_clear: Osc52Clear,
    /// The program that takes a value on its standard input, with its arguments; empty for none.
    pub copy_command: Vec<String>,
    /// The program that clears what `copy_command` set; empty for none.
    pub clear_command: Vec<String>,
}

/// `route`: the way to the clipboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum RouteChoice {
    /// The best that works from here.
    #[default]
    Auto,
    /// A Wayland compositor's.
    Wayland,
    /// An X11 display's, forwarded or not.
    X11,
    /// By tmux, to the terminal it is shown in.
    Tmux,
    /// The terminal's, by OSC 52.
    Osc52,
    /// A program of one's own.
    Command,
    /// None: every copy is refused.
    None,
}

/// `on_exit`: what becomes of a copy when the screen is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnExit {
    /// It is cleared at once.
    #[default]
    Clear,
    /// It stays until its time is up, where a process of ours can see to that.
    Keep,
}

/// `osc52_clear`: what a terminal gets to clear its clipboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Osc52Clear {
    /// Nothing, which is honoured nearly everywhere and spares what others own.
    #[default]
    #[serde(rename = "empty")]
    Empty,
    /// A blank, for terminals that take nothing for an error.
    #[serde(rename = "space")]
    Space,
    /// Both, one after the other.
    #[serde(rename = "space+empty")]
    SpaceThenEmpty,
}

/// The table as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    route: Option<Spanned<RouteChoice>>,
    clear_after: Option<Spanned<String>>,
    on_exit: OnExit,
    primary: bool,
    osc52_clear: Osc52Clear,
    copy_command: Vec<String>,
    clear_command: Option<Spanned<Vec<String>>>,
}

impl Written {
    /// Reads what is more than words.
    pub(super) fn read(self, place: &Place<'_>) -> Result<ClipboardSettings> {
        let clear_after = self.clear_after.map(|written| place.read(&written, limited)).transpose()?;
        let route = self.route.as_ref().map_or(RouteChoice::Auto, |route| *route.get_ref());
        let has_command = self.copy_command.first().is_some_and(|program| !program.is_empty());
        if let Some(written) = self.route.as_ref().filter(|_| route == RouteChoice::Command && !has_command) {
            return Err(place.refuse(Some(written.span()), "`command` needs a `copy_command`"));
        }
        if let Some(written) = self.clear_command.as_ref().filter(|_| !has_command) {
            return Err(place.refuse(Some(written.span()), "`clear_command` needs a `copy_command`"));
        }
        Ok(ClipboardSettings {
            route,
            clear_after,
            on_exit: self.on_exit,
            primary: self.primary,
            osc52_clear: self.osc52_clear,
            copy_command: if has_command { self.copy_command } else { Vec::new() },
            clear_command: self.clear_command.map(Spanned::into_inner).unwrap_or_default(),
        })
    }
}

/// Longest time on a clipboard.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How long a value stays on a clipboard: `30s`, at least a second and at most an hour.
///
/// # Errors
/// Usage, for anything else: what is never cleared would be no lease.
pub fn limited(text: &str) -> Result<Duration> {
    let period = positive_or_never(text)?.unwrap_or(Duration::MAX);
    if period < Duration::from_secs(1) || period > LONGEST {
        return Err(Error::usage("A value stays on the clipboard for at least 1s and at most 1h."));
    }
    Ok(period)
}
