//! In tmux: the whole walk as an operator sees it, and the selection without colours.

use std::num::NonZeroU16;
use std::process::Command;

use super::place::{
    PASSPHRASE, SECRETS, eventually, printed, processes, program, shell_line, variables, with_passphrase,
};
use super::support::pty::{assert_no_query, contains};
use super::support::vault::TestVault;

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 45)];
const NAMES: [&str; 3] = ["JWT_SIGNING_KEY", "STRIPE_KEY", "DB_PASSWORD"];

/// A detached tmux of its own with the program in its one pane.
pub(crate) struct Tmux<'a> {
    vault: &'a TestVault,
    size: (u16, u16),
}

impl<'a> Tmux<'a> {
    pub(crate) fn start(vault: &'a TestVault, size: (u16, u16), more: &[(&str, &str)]) -> Self {
        let tmux = Self { vault, size };
        // A pane has a server only while it runs, so that what it writes is kept beside it.
        std::fs::write(tmux.file("tmux.conf"), "set -g status off\nset -g set-clipboard on\n").unwrap();
        let (columns, rows) = (size.0.to_string(), size.1.to_string());
        // It waits for a line, so that not a byte is missed.
        let pane = format!("read -r line; {}", shell_line(vault, more));
        printed(tmux.command().args(["new-session", "-d", "-x", &columns, "-y", &rows, &pane]));
        printed(tmux.command().args(["pipe-pane", "-O", &format!("cat > '{}'", tmux.file("raw"))]));
        tmux.press(&["Enter"]);
        tmux
    }

    fn file(&self, name: &str) -> String {
        self.vault.home().join(name).to_str().unwrap().to_owned()
    }

    /// tmux with a socket and a configuration of its own.
    pub(crate) fn command(&self) -> Command {
        let mut command = program("tmux");
        command.env_clear().envs(variables(self.vault)).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
        command.args(["-f", &self.file("tmux.conf"), "-S", &self.file("tmux")]);
        command
    }

    /// Presses keys by tmux's names: `Enter`, `C-l`, `y`.
    pub(crate) fn press(&self, keys: &[&str]) {
        printed(self.command().arg("send-keys").args(keys));
    }

    pub(crate) fn type_text(&self, text: &str) {
        printed(self.command().args(["send-keys", "-l", text]));
    }

    fn screen(&self) -> String {
        printed(self.command().args(["capture-pane", "-p"]))
    }

    /// The screen with its colours, in an emulator of the same size.
    fn cells(&self) -> vt100::Parser {
        let (columns, rows) = self.size;
        let mut parser = vt100::Parser::new(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap(), 0);
        let styled = printed(self.command().args(["capture-pane", "-p", "-e", "-N"]));
        parser.process(styled.trim_end_matches('\n').replace('\n', "\r\n").as_bytes());
        parser
    }

    /// All that the program ever wrote.
    pub(crate) fn raw(&self) -> Vec<u8> {
        std::fs::read(self.file("raw")).unwrap()
    }

    /// Waits until the screen shows all of `present` and none of `absent`.
    #[track_caller]
    pub(crate) fn wait_for(&self, present: &[&str], absent: &[&str]) {
        let mut last = String::new();
        let seen = super::place::within(std::time::Duration::from_secs(20), || {
            last = self.screen();
            present.iter().all(|text| last.contains(text)) && !absent.iter().any(|text| last.contains(text))
        });
        assert!(seen, "waited in vain for {present:?} without {absent:?}; the screen:\n{last}");
    }

    fn unlock(&self) {
        self.wait_for(&["assphrase"], &NAMES);
        self.type_text(PASSPHRASE);
        self.press(&["Enter"]);
        self.wait_for(&NAMES, &[PASSPHRASE, "assphrase"]);
    }

    /// Filters the list to one secret and goes back to the list.
    fn select(&self, query: &str, found: &str, gone: &[&str]) {
        self.press(&["/", "C-u"]);
        self.wait_for(&NAMES, &[]);
        self.type_text(query);
        self.wait_for(&["1 of 3", found], &[]);
        self.press(&["Enter"]);
        self.wait_for(&[found], gone);
    }

    fn wait_for_end(&self) {
        eventually("tmux to end", || !self.command().arg("list-sessions").output().unwrap().status.success());
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").output();
    }
}

/// Rows in which a cell is reversed, and whether anything has a colour.
fn selection(parser: &vt100::Parser) -> (Vec<String>, bool) {
    let screen = parser.screen();
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let text: Vec<String> = screen.rows(0, columns).collect();
    let cells = |row| (0..columns).filter_map(move |column| screen.cell(row, column));
    let reversed = (0..rows).filter(|row| cells(*row).any(vt100::Cell::inverse));
    let is_coloured =
        |cell: &vt100::Cell| cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default;
    (reversed.map(|row| text[usize::from(row)].clone()).collect(), (0..rows).any(|row| cells(row).any(is_coloured)))
}

#[test]
fn the_whole_walk_at_both_sizes() {
    for size in SIZES {
        let (vault, value) = (with_passphrase(), SECRETS[0].1);
        let tmux = Tmux::start(&vault, size, &[]);
        tmux.unlock();
        tmux.wait_for(&["help"], &[value]);
        tmux.select("stripe", "STRIPE_KEY", &["JWT_SIGNING_KEY", "DB_PASSWORD"]);
        tmux.select("jwt", "JWT_SIGNING_KEY", &["STRIPE_KEY", "DB_PASSWORD", value]);
        tmux.press(&["s"]);
        tmux.wait_for(&[value], &[]);
        tmux.press(&["s"]);
        tmux.wait_for(&["JWT_SIGNING_KEY"], &[value]);
        tmux.press(&["s"]);
        tmux.wait_for(&[value], &[]);
        tmux.press(&["C-l"]);
        tmux.wait_for(&["assphrase"], &[value, "JWT_SIGNING_KEY", "STRIPE_KEY", "DB_PASSWORD"]);
        assert_eq!(processes(&vault).len(), 1);
        tmux.press(&["C-c"]);
        tmux.wait_for_end();
        assert!(processes(&vault).is_empty());
        let raw = tmux.raw();
        assert_no_query(&raw);
        assert!(
            contains(&raw, b"\x1b[?1049h") && contains(&raw, b"\x1b[?1049l"),
            "the screen was not entered and left"
        );
        assert!(!contains(&raw, PASSPHRASE.as_bytes()) && !contains(&raw, SECRETS[1].1.as_bytes()));
    }
}

#[test]
fn the_selection_shows_without_colours() {
    for size in SIZES {
        let vault = with_passphrase();
        let tmux = Tmux::start(&vault, size, &[("NO_COLOR", "1")]);
        tmux.unlock();
        for name in NAMES {
            eventually("the selection to show", || {
                let (reversed, coloured) = selection(&tmux.cells());
                assert!(!coloured, "something has a colour");
                reversed.len() == 1 && reversed[0].contains(name)
            });
            tmux.press(&["j"]);
        }
    }
}

#[test]
fn with_colours_the_check_for_colours_finds_some() {
    let vault = with_passphrase();
    let tmux = Tmux::start(&vault, SIZES[0], &[("COLORTERM", "truecolor")]);
    tmux.unlock();
    assert!(selection(&tmux.cells()).1);
}
