//! [`Route`]: a way to the operator's clipboard, and what can be promised of it.

use std::time::Duration;

/// Clears a clipboard that is ours to clear after so long, unless the operator says otherwise.
const CLEAR_AFTER: Duration = Duration::from_secs(30);
/// The same where a dropped connection leaves the value behind.
const CLEAR_AFTER_UNSURE: Duration = Duration::from_secs(20);

/// A way to the operator's clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A selection that a process of ours owns on a Wayland compositor.
    Wayland,
    /// The same on an X11 display.
    X11,
    /// The same on an X11 display that SSH forwards.
    ForwardedX11,
    /// The pasteboard of macOS.
    MacOs,
    /// The terminal around tmux, by tmux.
    Tmux,
    /// The terminal, by OSC 52.
    Osc52 {
        /// Within GNU screen, which passes it on in a wrapping of its own.
        in_screen: bool,
    },
    /// A program from the settings.
    Command,
}

impl Route {
    /// The route's name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wayland => "Wayland clipboard",
            Self::X11 => "X11 clipboard",
            Self::ForwardedX11 => "X11 clipboard (forwarded by SSH)",
            Self::MacOs => "macOS clipboard",
            Self::Tmux => "terminal clipboard (tmux)",
            Self::Osc52 { in_screen: false } => "terminal clipboard (OSC 52)",
            Self::Osc52 { in_screen: true } => "terminal clipboard (OSC 52, screen)",
            Self::Command => "clipboard command",
        }
    }

    /// How long a value stays there, by what can be promised about clearing it.
    #[must_use]
    pub fn usual_lease(self) -> Duration {
        if self.confirms() { CLEAR_AFTER } else { CLEAR_AFTER_UNSURE }
    }

    /// True when the route can say that a value arrived and that it was cleared.
    #[must_use]
    pub fn confirms(self) -> bool {
        self.is_held()
    }

    /// True when a process of ours holds the value, or sees to it, and clears it only
    /// while it is still ours.
    #[must_use]
    pub fn is_held(self) -> bool {
        matches!(self, Self::Wayland | Self::X11 | Self::ForwardedX11 | Self::MacOs)
    }

    /// True when a value may stay there after we have ended: that process goes on without
    /// us. A forwarded display would keep `ssh` from ending for as long.
    #[must_use]
    pub fn outlives_us(self) -> bool {
        self.is_held() && self != Self::ForwardedX11
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_cannot_be_confirmed_is_shorter() {
        assert_eq!(Route::X11.usual_lease(), Duration::from_secs(30));
        assert_eq!(Route::Tmux.usual_lease(), Duration::from_secs(20));
    }

    #[test]
    fn only_an_owned_selection_confirms() {
        assert!(Route::X11.confirms() && Route::Wayland.confirms());
        assert!(!Route::Tmux.confirms() && !Route::Osc52 { in_screen: false }.confirms() && !Route::Command.confirms());
        assert!(Route::ForwardedX11.confirms() && !Route::ForwardedX11.outlives_us());
    }
}
