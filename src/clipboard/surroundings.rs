//! [`Surroundings`]: where the operator sits, told by the environment, and which ways
//! lead to the clipboard there.
//!
//! Over SSH the display of this machine is not the operator's: copying there would report
//! success and put the secret on the wrong desk. Within tmux the environment of a pane is
//! as old as the pane, so what tmux knows of the terminal it is shown in now goes over it.

use std::collections::BTreeMap;

use crate::config::{ClipboardSettings, RouteChoice};

use super::Route;
use super::tmux::Tmux;

/// What decides, and what reaches a display.
const READ: [&str; 13] = [
    "DISPLAY",
    "HOME",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "TERM",
    "TERM_PROGRAM",
    "TMUX",
    "VTE_VERSION",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
];
/// What tmux knows better than its panes, by its option `update-environment`.
const KNOWN_TO_TMUX: [&str; 3] = ["DISPLAY", "SSH_CONNECTION", "XAUTHORITY"];
/// What a program needs to reach a display.
const OF_DISPLAYS: [&str; 5] = ["DISPLAY", "HOME", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"];

/// Where the operator sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    variables: BTreeMap<String, String>,
    has_terminal: bool,
}

impl Surroundings {
    /// By this environment; an empty variable counts as unset.
    pub fn new(variable: impl Fn(&str) -> Option<String>, has_terminal: bool) -> Self {
        let set =
            |name: &&str| variable(name).filter(|value| !value.is_empty()).map(|value| ((*name).to_owned(), value));
        Self { variables: READ.iter().filter_map(set).collect(), has_terminal }
    }

    /// As they are now; within tmux that is asked.
    #[must_use]
    pub fn now(has_terminal: bool) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let pane = Self::new(variable, has_terminal);
        let told = Tmux::around_us(variable).map(|tmux| tmux.call(&["show-environment"], None));
        match told {
            Some(Ok(told)) => pane.shown_by_tmux(&String::from_utf8_lossy(&told)),
            _ => pane,
        }
    }

    /// With what tmux says of the terminal it is shown in now: the lines of
    /// `tmux show-environment`, `NAME=value`, or `-NAME` where it has none.
    #[must_use]
    pub fn shown_by_tmux(mut self, told: &str) -> Self {
        let mut knows_ssh = false;
        for line in told.lines() {
            let (name, value) = match (line.strip_prefix('-'), line.split_once('=')) {
                (Some(name), _) => (name, None),
                (None, Some((name, value))) => (name, Some(value).filter(|value| !value.is_empty())),
                (None, None) => continue,
            };
            if !KNOWN_TO_TMUX.contains(&name) {
                continue;
            }
            knows_ssh |= name == "SSH_CONNECTION";
            match value {
                Some(value) => self.variables.insert(name.to_owned(), value.to_owned()),
                None => self.variables.remove(name),
            };
        }
        if knows_ssh {
            // These are as old as the pane.
            self.variables.remove("SSH_TTY");
            self.variables.remove("SSH_CLIENT");
        }
        self
    }

    /// A variable, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// True when sequences can be sent to a terminal.
    #[must_use]
    pub fn has_terminal(&self) -> bool {
        self.has_terminal
    }

    /// True when the operator sits at another machine.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| self.get(name).is_some())
    }

    /// What a program gets that is to reach the operator's display; over SSH nothing of
    /// this machine's own.
    #[must_use]
    pub fn display_variables(&self) -> Vec<(&str, &str)> {
        let of_this_machine = |name: &str| match name {
            "DISPLAY" => self.display().is_none(),
            "WAYLAND_DISPLAY" => self.is_remote(),
            _ => false,
        };
        OF_DISPLAYS
            .iter()
            .filter(|name| !of_this_machine(name))
            .filter_map(|name| Some((*name, self.get(name)?)))
            .collect()
    }

    /// The ways to try, one after the other. Only the one that the settings name, if they do.
    #[must_use]
    pub fn routes(&self, settings: &ClipboardSettings) -> Vec<Route> {
        let command = (!settings.copy_command.is_empty()).then_some(Route::Command);
        match settings.route {
            RouteChoice::None => Vec::new(),
            RouteChoice::Auto => [command, self.wayland(), self.mac_os(), self.display(), self.tmux(), self.osc52()]
                .into_iter()
                .flatten()
                .collect(),
            RouteChoice::Wayland => vec![Route::Wayland],
            RouteChoice::X11 => vec![self.display().unwrap_or(Route::X11)],
            RouteChoice::Tmux => vec![Route::Tmux],
            RouteChoice::Osc52 => vec![Route::Osc52 { in_screen: self.is_in_screen() }],
            RouteChoice::Command => command.into_iter().collect(),
        }
    }

    /// What is there and not tried, with the reason, a sentence each.
    #[must_use]
    pub fn passed_over(&self, settings: &ClipboardSettings) -> Vec<String> {
        let mut why = Vec::new();
        if settings.route == RouteChoice::None {
            why.push("The settings say that there is none (route).".to_owned());
        }
        let displays = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().filter(|name| self.get(name).is_some());
        if self.is_remote() && self.display().is_none() {
            why.extend(displays.map(|name| {
                format!("{name} is a display of this machine, not of yours: over SSH only a forwarded one is used.")
            }));
        }
        match self.get("TERM") {
            _ if settings.route != RouteChoice::Auto => {}
            _ if !self.has_terminal => why.push("There is no terminal to send it to.".to_owned()),
            Some(term @ ("dumb" | "linux")) => why.push(format!("A terminal with TERM={term} has no clipboard.")),
            None => why.push("TERM is not set, so what the terminal can do is not known.".to_owned()),
            Some(_) => {}
        }
        why
    }

    /// True in GNOME Terminal and others that are built on VTE, which take nothing over OSC
    /// 52; other terminals that were started from one have its variable, and a TERM of their own.
    #[must_use]
    pub fn is_vte(&self) -> bool {
        self.get("VTE_VERSION").is_some() && self.get("TERM").is_some_and(|term| term.starts_with("xterm-256color"))
    }

    fn wayland(&self) -> Option<Route> {
        (!self.is_remote() && self.get("WAYLAND_DISPLAY").is_some()).then_some(Route::Wayland)
    }

    fn mac_os(&self) -> Option<Route> {
        (cfg!(target_os = "macos") && !self.is_remote()).then_some(Route::MacOs)
    }

    fn display(&self) -> Option<Route> {
        match (self.is_remote(), self.get("DISPLAY")?) {
            (_, display) if is_forwarded(display) && self.is_remote() => Some(Route::ForwardedX11),
            (false, _) => Some(Route::X11),
            (true, _) => None,
        }
    }

    fn tmux(&self) -> Option<Route> {
        self.get("TMUX").map(|_| Route::Tmux)
    }

    /// Within tmux its own way does more, and reaches as far.
    fn osc52(&self) -> Option<Route> {
        let is_dumb = matches!(self.get("TERM"), None | Some("dumb" | "linux"));
        (self.has_terminal && !is_dumb && self.tmux().is_none())
            .then_some(Route::Osc52 { in_screen: self.is_in_screen() })
    }

    fn is_in_screen(&self) -> bool {
        self.get("STY").is_some()
    }
}

/// `localhost:10` and its like, which sshd sets for a forwarded display.
fn is_forwarded(display: &str) -> bool {
    ["localhost:", "127.0.0.1:", "[::1]:"].iter().any(|host| display.starts_with(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSH: (&str, &str) = ("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22");
    const XTERM: (&str, &str) = ("TERM", "xterm-256color");
    const TMUX: (&str, &str) = ("TMUX", "/tmp/s,1,0");
    const PLAIN: Route = Route::Osc52 { in_screen: false };
    const SCREEN: Route = Route::Osc52 { in_screen: true };

    fn at(variables: &[(&str, &str)]) -> Surroundings {
        let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Surroundings::new(lookup, true)
    }

    fn auto(variables: &[(&str, &str)]) -> Vec<Route> {
        at(variables).routes(&ClipboardSettings::default())
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn the_environment_decides() {
        use Route::{ForwardedX11, Tmux, Wayland, X11};
        type Row = (&'static [(&'static str, &'static str)], &'static [Route]);
        let table: &[Row] = &[
            (&[("DISPLAY", ":0"), XTERM], &[X11, PLAIN]),
            (&[("WAYLAND_DISPLAY", "wayland-0"), ("DISPLAY", ":0"), XTERM], &[Wayland, X11, PLAIN]),
            (&[("WAYLAND_DISPLAY", ""), ("DISPLAY", ":0"), XTERM], &[X11, PLAIN]),
            (&[SSH, ("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0"), XTERM], &[PLAIN]),
            (&[SSH, ("DISPLAY", "host:0"), XTERM], &[PLAIN]),
            (&[SSH, ("DISPLAY", "localhost:10.0"), XTERM], &[ForwardedX11, PLAIN]),
            (&[("DISPLAY", "localhost:10.0"), XTERM], &[X11, PLAIN]),
            (&[("SSH_TTY", "/dev/pts/3"), ("DISPLAY", "127.0.0.1:11.0")], &[ForwardedX11]),
            (&[("SSH_CLIENT", "1.2.3.4 5 22"), ("DISPLAY", "[::1]:11.0")], &[ForwardedX11]),
            (&[("SSH_TTY", "/dev/pts/3"), TMUX, ("TERM", "screen")], &[Tmux]),
            (&[("DISPLAY", ":0"), TMUX, XTERM], &[X11, Tmux]),
            (&[("STY", "1234.pts-0.host"), ("TERM", "screen")], &[SCREEN]),
            (&[SSH, ("STY", "1234.pts-0.host"), ("TERM", "screen"), ("DISPLAY", ":0")], &[SCREEN]),
            (&[XTERM], &[PLAIN]),
            (&[("TERM", "linux")], &[]),
            (&[SSH, ("TERM", "dumb")], &[]),
            (&[], &[]),
        ];
        for (variables, expected) in table {
            assert_eq!(auto(variables), *expected, "{variables:?}");
        }
    }

    #[test]
    fn without_a_terminal_nothing_is_sent_to_one() {
        let nowhere = Surroundings::new(|name| (name == "TERM").then(|| "xterm".to_owned()), false);
        assert_eq!(nowhere.routes(&ClipboardSettings::default()), []);
    }

    #[test]
    fn a_named_route_is_the_only_one_and_a_command_of_ones_own_comes_first() {
        let named = |route| ClipboardSettings { route, ..ClipboardSettings::default() };
        let here = at(&[("DISPLAY", ":0"), ("STY", "1.a"), XTERM]);
        assert_eq!(here.routes(&named(RouteChoice::Osc52)), [SCREEN]);
        assert_eq!(here.routes(&named(RouteChoice::X11)), [Route::X11]);
        assert_eq!(here.routes(&named(RouteChoice::Wayland)), [Route::Wayland]);
        assert_eq!(here.routes(&named(RouteChoice::Tmux)), [Route::Tmux]);
        assert_eq!(here.routes(&named(RouteChoice::None)), []);
        let own = ClipboardSettings { copy_command: vec!["wl-copy".to_owned()], ..ClipboardSettings::default() };
        assert_eq!(at(&[XTERM]).routes(&own), [Route::Command, PLAIN]);
        assert_eq!(here.routes(&ClipboardSettings { route: RouteChoice::Command, ..own }), [Route::Command]);
    }

    #[test]
    fn what_is_not_tried_has_a_reason() {
        let why = |variables: &[(&str, &str)]| at(variables).passed_over(&ClipboardSettings::default()).join(" ");
        assert!(why(&[SSH, ("DISPLAY", ":0"), XTERM]).starts_with("DISPLAY is a display of this machine"));
        assert_eq!(why(&[SSH, ("DISPLAY", "localhost:10.0"), XTERM]), "");
        assert_eq!(why(&[("DISPLAY", ":0"), XTERM]), "");
        assert!(why(&[("TERM", "linux")]).contains("TERM=linux"));
        assert!(why(&[]).contains("TERM is not set"));
        let none = ClipboardSettings { route: RouteChoice::None, ..ClipboardSettings::default() };
        assert!(at(&[XTERM]).passed_over(&none)[0].contains("settings"));
    }

    #[test]
    fn vte_is_known_by_its_variable_and_its_term() {
        let vte = ("VTE_VERSION", "6800");
        assert!(at(&[vte, XTERM]).is_vte());
        assert!(!at(&[XTERM]).is_vte() && !at(&[vte, ("TERM", "alacritty")]).is_vte());
    }

    #[test]
    fn a_pane_that_is_older_than_its_terminal_is_not_believed() {
        // Begun at the desk, shown over SSH by now.
        let pane = at(&[TMUX, ("DISPLAY", ":77"), ("XAUTHORITY", "/x"), XTERM]);
        let remote = pane.shown_by_tmux("-DISPLAY\nSSH_CONNECTION=10.0.0.1 5 10.0.0.2 22\nTERM=other\nHOME=/evil\n");
        assert_eq!(remote.routes(&ClipboardSettings::default()), [Route::Tmux]);
        assert!(remote.is_remote() && remote.get("TERM") == Some("xterm-256color") && remote.get("HOME").is_none());
        // Begun over SSH, shown at the desk by now.
        let pane = at(&[TMUX, SSH, ("SSH_TTY", "/dev/pts/9"), ("SSH_CLIENT", "a"), XTERM]);
        let local = pane.shown_by_tmux("DISPLAY=:0\n-SSH_CONNECTION\n");
        assert_eq!(local.routes(&ClipboardSettings::default()), [Route::X11, Route::Tmux]);
        // Not told: what the pane knows holds.
        let pane = at(&[TMUX, SSH, ("DISPLAY", ":0")]);
        assert!(pane.clone().shown_by_tmux("").is_remote());
    }

    #[test]
    fn a_program_reaches_only_the_operators_display() {
        let names = |place: &Surroundings| {
            place.display_variables().into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        let local =
            at(&[("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "w"), ("HOME", "/h"), ("TERM", "x"), ("XAUTHORITY", "/x")]);
        assert_eq!(names(&local), ["DISPLAY", "HOME", "WAYLAND_DISPLAY", "XAUTHORITY"]);
        let remote = at(&[SSH, ("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "w"), ("HOME", "/h")]);
        assert_eq!(names(&remote), ["HOME"]);
        let forwarded = at(&[SSH, ("DISPLAY", "localhost:10.0"), ("WAYLAND_DISPLAY", "w")]);
        assert_eq!(names(&forwarded), ["DISPLAY"]);
    }
}
