//! [`Pane`]: the panes of the server, as it tells them.

use std::collections::HashSet;

use crate::error::{Error, Result};

use super::call::printable;
use super::{Tmux, is_pane_id, nonce};

/// What is asked about each pane. What others can choose freely comes last, but that is
/// for the eye: nothing in it can look like a separator, which is another one each time.
const ASKED: [&str; FIELDS] = [
    "pane_id",
    "pid",
    "session_id",
    "window_id",
    "window_active",
    "pane_active",
    "pane_last",
    "pane_dead",
    "pane_in_mode",
    "pane_input_off",
    "bracket_paste_flag",
    "pane_pipe",
    "window_index",
    "pane_index",
    "session_name",
    "pane_tty",
    "pane_mode",
    "pane_current_command",
    "pane_title",
];
const FIELDS: usize = 19;

/// A pane of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// How tmux numbers it: `%3`.
    pub id: String,
    /// Where it is: `ops:1.2`, session, window and pane.
    pub place: String,
    /// The program in it: `psql`.
    pub command: String,
    /// What that program calls it.
    pub title: String,
    /// Its terminal: `/dev/pts/3`.
    pub tty: String,
    /// Strongroom runs in it.
    pub is_ours: bool,
    /// Its program has ended.
    pub is_dead: bool,
    /// Why nothing can be pasted there now, as the end of a sentence: `it is in copy-mode`.
    pub obstacle: Option<String>,
    /// The program takes a paste as a whole; only newer servers tell.
    pub takes_whole: Option<bool>,
    /// All that it shows is written elsewhere, too (`pipe-pane`).
    pub is_piped: bool,
    /// The server's process, so that a number of another server's is not taken for it.
    server: String,
    nearness: Nearness,
}

/// How near to us a pane is, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// The one in our window that had the keyboard before us.
    Neighbour,
    Window,
    Session,
    Server,
}

/// Where to paste, and what was there when somebody chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The pane: `%3`.
    pub id: String,
    /// The program that was in it.
    pub command: String,
    /// The server's process.
    pub server: String,
}

impl Pane {
    /// This pane, with this program in it.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { id: self.id.clone(), command: self.command.clone(), server: self.server.clone() }
    }

    /// Whether something can be pasted there now.
    ///
    /// # Errors
    /// Conflict, when it takes no input, or is our own.
    pub fn fit(&self) -> Result<()> {
        match (self.is_ours, &self.obstacle) {
            (false, None) => Ok(()),
            (true, _) => Err(self.refused("strongroom runs in it")),
            (_, Some(obstacle)) => Err(self.refused(obstacle)),
        }
    }

    /// Why nothing is pasted there.
    pub(super) fn refused(&self, why: &str) -> Error {
        Error::conflict(format!("Nothing was pasted into pane {}: {why}.", self.id))
    }
}

impl Tmux {
    /// The panes of the server, each once; those that are nearest to us come first.
    ///
    /// # Errors
    /// As [`Self::call`]; Failure, when the answer cannot be read.
    pub fn panes(&self) -> Result<Vec<Pane>> {
        let separator = nonce()?;
        let format: String = ASKED.iter().map(|field| format!("{separator}#{{{field}}}")).collect();
        let printed = self.call(&["list-panes", "-a", "-F", &format], None)?;
        let mut panes = self.parse(&String::from_utf8_lossy(&printed), &separator)?;
        // A window may be in several sessions.
        panes.sort_by_key(|pane| pane.nearness);
        let mut seen = HashSet::new();
        panes.retain(|pane| seen.insert(pane.id.clone()));
        Ok(panes)
    }

    /// The pane that tmux finds for a name of its own: `%3`, `main:1.0`, `{last}`.
    ///
    /// # Errors
    /// `NotFound`; as [`Self::panes`].
    pub fn find(&self, named: &str) -> Result<Pane> {
        let missing = |why: &str| {
            Error::not_found(format!("tmux has no pane \"{}\"{why}", named.escape_debug()))
                .hint("tmux list-panes -a lists them; {last} is the one before this one.")
        };
        if named.is_empty() {
            return Err(missing("."));
        }
        // Asking for the number takes another pane where there is none of that name, as in `main:0.9`.
        // Pasting is strict, and pastes nothing from a buffer that is not there.
        let nothing = format!("strongroom-{}", nonce()?);
        let said = self.ask(&["paste-buffer", "-b", &nothing, "-t", named], None)?;
        if !said.complaint.contains(&nothing) {
            return Err(missing(&format!(": {}.", said.complaint.trim_end_matches('.'))));
        }
        let id = self.call(&["display-message", "-p", "-t", named, "#{pane_id}"], None)?;
        let id = printable(&id);
        self.panes()?.into_iter().find(|pane| pane.id == id).ok_or_else(|| missing("."))
    }

    /// Reads what was printed: a separator before each field, and a line end behind each pane.
    fn parse(&self, printed: &str, separator: &str) -> Result<Vec<Pane>> {
        let unread = || Error::failure("The list of tmux's panes cannot be read.");
        let fields: Vec<&str> = printed.split(separator).skip(1).collect();
        let rows = fields.chunks(FIELDS).map(|row| <[&str; FIELDS]>::try_from(row).map_err(|_| unread()));
        let rows: Vec<[&str; FIELDS]> = rows.collect::<Result<_>>()?;
        let ours = self.pane.as_deref().and_then(|id| rows.iter().find(|row| row[0] == id)).map(|row| row[3]);
        let panes = rows.iter().map(|row| self.pane(row, ours));
        panes.collect::<Option<_>>().ok_or_else(unread)
    }

    /// The pane of a row; `ours` is the window that we are in.
    fn pane(&self, row: &[&str; FIELDS], ours: Option<&str>) -> Option<Pane> {
        let [id, server, session, window, current, active, last, dead, in_mode, input_off, ..] = *row;
        let [.., whole, piped, window_index, pane_index, session_name, tty, mode, command, title] = *row;
        let is = |flag: &str| !matches!(flag, "" | "0");
        let is_near = match ours {
            Some(ours) => window == ours,
            // In a popup: what it lies over.
            None => session == self.session && is(current),
        };
        let is_neighbour = is_near && if ours.is_some() { is(last) } else { is(active) };
        let obstacle = match () {
            () if is(dead) => Some("its program has ended".to_owned()),
            () if is(in_mode) => Some(format!("it is in {}", shown(mode, "another mode"))),
            () if is(input_off) => Some("its input is switched off".to_owned()),
            () => None,
        };
        is_pane_id(id).then(|| Pane {
            id: id.to_owned(),
            place: format!("{}:{window_index}.{pane_index}", shown(session_name, "?")),
            command: shown(command, "?"),
            title: shown(title.strip_suffix('\n').unwrap_or(title), ""),
            tty: tty.to_owned(),
            is_ours: self.pane.as_deref() == Some(id),
            is_dead: is(dead),
            obstacle,
            takes_whole: (!whole.is_empty()).then(|| is(whole)),
            is_piped: is(piped),
            server: server.to_owned(),
            nearness: match () {
                () if is_neighbour => Nearness::Neighbour,
                () if is_near => Nearness::Window,
                () if session == self.session => Nearness::Session,
                () => Nearness::Server,
            },
        })
    }
}

/// A name that some program chose; `otherwise` where it chose none.
fn shown(name: &str, otherwise: &str) -> String {
    if name.trim().is_empty() { otherwise.to_owned() } else { printable(name.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEPARATOR: &str = "5eba";

    fn tmux(pane: Option<&str>) -> Tmux {
        Tmux { socket: "/tmp/s".to_owned(), session: "$1".to_owned(), pane: pane.map(str::to_owned) }
    }

    /// A pane as the server tells it, by its first fields; the rest is usual.
    fn row(start: &str, flags: &str, end: [&str; 4]) -> String {
        let [session, mode, command, title] = end;
        let start = start.split(' ').chain(flags.split(' ').map(|flag| if flag == "-" { "" } else { flag }));
        let fields = start.chain(["2", "1", session, "/dev/pts/9", mode, command, title]);
        fields.map(|field| format!("{SEPARATOR}{field}")).collect::<String>() + "\n"
    }

    #[test]
    fn names_cannot_break_the_list() {
        let strange = ["a:b,c|d", "", "line\nbreak\t%7", "\u{202e}title\n\n"];
        let printed =
            row("%3 77 $1 @1 1 0 0 0 0 0", "- 0", strange) + &row("%4 77 $1 @1 1 1 0 0 0 0", "1 1", ["s", "", "", "t"]);
        let panes = tmux(Some("%4")).parse(&printed, SEPARATOR).unwrap();
        assert_eq!(panes.len(), 2);
        assert_eq!((panes[0].id.as_str(), panes[0].place.as_str()), ("%3", "a:b,c|d:2.1"));
        assert_eq!((panes[0].command.as_str(), panes[0].title.as_str()), ("line", "\u{fffd}title"));
        assert_eq!((panes[0].takes_whole, panes[0].is_piped, panes[0].is_ours), (None, false, false));
        assert_eq!((panes[1].takes_whole, panes[1].is_piped, panes[1].is_ours), (Some(true), true, true));
        assert_eq!(panes[1].command, "?");
        assert_eq!(panes[0].target().server, "77");
    }

    #[test]
    fn what_is_no_list_is_no_list() {
        let whole = row("%3 77 $1 @1 1 0 0 0 0 0", "0 0", ["s", "", "sh", ""]);
        assert!(tmux(None).parse(&whole[..whole.len() - 8], SEPARATOR).is_err());
        assert!(tmux(None).parse(&whole.replace("%3", "%x"), SEPARATOR).is_err());
        assert_eq!(tmux(None).parse("", SEPARATOR).unwrap(), []);
    }

    #[test]
    fn what_is_in_the_way_is_said() {
        let obstacle = |flags: &str, mode| {
            let printed = row(&format!("%3 77 $1 @1 1 0 0 {flags}"), "0 0", ["s", mode, "sh", ""]);
            tmux(None).parse(&printed, SEPARATOR).unwrap().remove(0).obstacle
        };
        assert_eq!(obstacle("0 0 0", ""), None);
        assert_eq!(obstacle("1 0 0", "").as_deref(), Some("its program has ended"));
        assert_eq!(obstacle("0 1 0", "copy-mode").as_deref(), Some("it is in copy-mode"));
        assert_eq!(obstacle("0 0 1", "").as_deref(), Some("its input is switched off"));
    }

    #[test]
    fn the_neighbour_is_nearest() {
        let near = |ours, start: &str| {
            let printed =
                row("%1 77 $1 @1 1 0 0 0 0 0", "0 0", ["s", "", "sh", ""]) + &row(start, "0 0", ["s", "", "sh", ""]);
            tmux(ours).parse(&printed, SEPARATOR).unwrap().remove(1).nearness
        };
        let us = Some("%1");
        assert_eq!(near(us, "%2 77 $1 @1 1 0 1 0 0 0"), Nearness::Neighbour);
        assert_eq!(near(us, "%2 77 $1 @1 1 0 0 0 0 0"), Nearness::Window);
        assert_eq!(near(us, "%2 77 $1 @2 0 1 1 0 0 0"), Nearness::Session);
        assert_eq!(near(us, "%2 77 $2 @3 1 1 1 0 0 0"), Nearness::Server);
        // In a popup: the pane that it lies over.
        assert_eq!(near(None, "%2 77 $1 @1 1 1 0 0 0 0"), Nearness::Neighbour);
        assert_eq!(near(None, "%2 77 $1 @1 1 0 1 0 0 0"), Nearness::Window);
    }
}
