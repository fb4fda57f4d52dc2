//! Which clipboard the operator sits at: a pure function of the environment.
//!
//! Over SSH the display of this machine is not the operator's; copying there
//! would report success and put the secret on the wrong desk.

use std::time::Duration;

/// Clears a display's clipboard after so long, unless the operator says otherwise.
const CLEAR_AFTER: Duration = Duration::from_secs(30);
/// The same over OSC 52, where a dropped connection leaves the value behind.
const CLEAR_AFTER_OSC52: Duration = Duration::from_secs(20);

/// A way to the operator's clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A selection that we own on an X11 display.
    X11,
    /// The same on a display that SSH forwards.
    ForwardedX11,
    /// A selection that we own on a Wayland display.
    Wayland,
    /// The terminal's clipboard, unconfirmed.
    Osc52 {
        /// Through tmux, which does not pass an empty payload on.
        in_tmux: bool,
    },
    /// No clipboard can be reached.
    None,
}

impl Route {
    /// The route for this environment; an empty variable counts as unset.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| set(name).is_some());
        let display = set("DISPLAY");
        match (remote, display) {
            (true, Some(display)) if is_forwarded(&display) => Self::ForwardedX11,
            (false, _) if set("WAYLAND_DISPLAY").is_some() => Self::Wayland,
            (false, Some(_)) => Self::X11,
            _ if set("TMUX").is_some() => Self::Osc52 { in_tmux: true },
            _ if matches!(set("TERM").as_deref(), None | Some("dumb" | "linux")) => Self::None,
            _ => Self::Osc52 { in_tmux: false },
        }
    }

    /// The route's name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X11 => "X11 clipboard",
            Self::ForwardedX11 => "X11 clipboard (forwarded by SSH)",
            Self::Wayland => "Wayland clipboard",
            Self::Osc52 { in_tmux: false } => "terminal clipboard (OSC 52)",
            Self::Osc52 { in_tmux: true } => "terminal clipboard (OSC 52, tmux)",
            Self::None => "no clipboard",
        }
    }

    /// How long a value stays there, by what can be promised about clearing it.
    #[must_use]
    pub fn usual_lease(self) -> Duration {
        if self.confirms() { CLEAR_AFTER } else { CLEAR_AFTER_OSC52 }
    }

    /// True when the route can say that a value arrived and that it was cleared.
    #[must_use]
    pub fn confirms(self) -> bool {
        matches!(self, Self::X11 | Self::ForwardedX11 | Self::Wayland)
    }
}

/// `localhost:10` and its like, which sshd sets for a forwarded display.
fn is_forwarded(display: &str) -> bool {
    ["localhost:", "127.0.0.1:", "[::1]:"].iter().any(|host| display.starts_with(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides() {
        let ssh = ("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22");
        let xterm = ("TERM", "xterm-256color");
        let table: &[(&[(&str, &str)], Route)] = &[
            (&[("DISPLAY", ":0"), xterm], Route::X11),
            (&[("WAYLAND_DISPLAY", "wayland-0"), ("DISPLAY", ":0"), xterm], Route::Wayland),
            (&[("WAYLAND_DISPLAY", ""), ("DISPLAY", ":0"), xterm], Route::X11),
            (&[ssh, ("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0"), xterm], Route::Osc52 { in_tmux: false }),
            (&[ssh, ("DISPLAY", "localhost:10.0"), xterm], Route::ForwardedX11),
            (&[("SSH_TTY", "/dev/pts/3"), ("DISPLAY", "127.0.0.1:11.0")], Route::ForwardedX11),
            (&[("SSH_TTY", "/dev/pts/3"), ("TMUX", "/tmp/s,1,0"), ("TERM", "screen")], Route::Osc52 { in_tmux: true }),
            (&[("DISPLAY", ":0"), ("TMUX", "/tmp/s,1,0")], Route::X11),
            (&[xterm], Route::Osc52 { in_tmux: false }),
            (&[("TERM", "linux")], Route::None),
            (&[ssh, ("TERM", "dumb")], Route::None),
            (&[], Route::None),
        ];
        for (variables, expected) in table {
            let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(Route::detect(lookup), *expected, "{variables:?}");
        }
    }

    #[test]
    fn a_lease_that_cannot_be_confirmed_is_shorter() {
        assert_eq!(Route::X11.usual_lease(), Duration::from_secs(30));
        assert_eq!(Route::Osc52 { in_tmux: true }.usual_lease(), Duration::from_secs(20));
    }

    #[test]
    fn only_an_owned_selection_confirms() {
        assert!(Route::X11.confirms() && Route::Wayland.confirms());
        assert!(!Route::Osc52 { in_tmux: true }.confirms() && !Route::None.confirms());
    }
}
