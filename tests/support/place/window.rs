//! [`Window`]: a terminal emulator at a display, with real keys and real focus. What
//! the program writes to it is recorded on the way, so that a test can read it.

use std::num::NonZeroU16;
use std::process::{Child, Stdio};

use rustix::process::{Signal, kill_process};

use super::display::Display;
use super::{children, eventually, program, program_path};
use crate::support::pty::{contains, count};

/// A terminal emulator that is closed with the test.
pub(crate) struct Window<'a> {
    display: &'a Display,
    emulator: Child,
    /// Beside the vault's folder, since it has what was sent.
    folder: tempfile::TempDir,
    id: String,
}

impl<'a> Window<'a> {
    /// An xterm that lets programs set the clipboard and runs `line`, with these variables.
    pub(crate) fn xterm(display: &'a Display, variables: &[(String, String)], line: &str) -> Self {
        let arguments = ["-geometry", "100x30", "-xrm", "*allowWindowOps:true", "-e"];
        Self::open(display, "xterm", &arguments, variables, line)
    }

    /// An Alacritty with its defaults: it takes what programs copy only while it is focused.
    pub(crate) fn alacritty(display: &'a Display, variables: &[(String, String)], line: &str) -> Self {
        let size = ["-o", "window.dimensions.columns=100", "-o", "window.dimensions.lines=30", "-e"];
        Self::open(display, "alacritty", &size, variables, line)
    }

    fn open(
        display: &'a Display,
        emulator: &str,
        arguments: &[&str],
        variables: &[(String, String)],
        line: &str,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("recording"), "").unwrap();
        let mut command = program(emulator);
        command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        command.env("DISPLAY", &display.name).env("SHELL", "/bin/sh").env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
            .args(arguments)
            .arg(program_path("script"))
            .args(["-q", "-e", "-f", "-c", line])
            .arg(folder.path().join("recording"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let emulator_process = command.spawn().unwrap();
        let mut window = Self { display, emulator: emulator_process, folder, id: String::new() };
        let class = if emulator == "xterm" { "XTerm" } else { "Alacritty" };
        eventually("the window to show", || {
            let mut search = program("xdotool");
            search.env("DISPLAY", &display.name).args(["search", "--onlyvisible", "--class", class]);
            window.id = String::from_utf8(search.output().unwrap().stdout).unwrap().trim().to_owned();
            !window.id.is_empty()
        });
        window.focus();
        window
    }

    /// Gives it the keyboard.
    pub(crate) fn focus(&self) {
        self.display.xdotool(&["windowfocus", "--sync", &self.id]);
    }

    /// Presses keys by xdotool's names: `y`, `Return`, `ctrl+l`.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.display.xdotool(&[&["key", "--delay", "30"], keys].concat());
    }

    /// All that was written to it.
    pub(crate) fn raw(&self) -> Vec<u8> {
        let raw = std::fs::read(self.folder.path().join("recording")).unwrap();
        // The recording's first line says when it began.
        let start = raw.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        raw[start..].to_vec()
    }

    /// How often these bytes were written.
    pub(crate) fn wrote(&self, bytes: impl AsRef<[u8]>) -> usize {
        count(&self.raw(), bytes.as_ref())
    }

    /// The screen as text.
    pub(crate) fn contents(&self) -> String {
        let size = |number| NonZeroU16::new(number).unwrap();
        let mut parser = vt100::Parser::new(size(30), size(100), 0);
        parser.process(&self.raw());
        parser.screen().contents()
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let mut last = String::new();
        let seen = super::within(std::time::Duration::from_secs(20), || {
            last = self.contents();
            last.contains(text)
        });
        assert!(seen, "waited in vain for {text:?}; the screen:\n{last}");
    }

    /// Waits until these bytes were written.
    #[track_caller]
    pub(crate) fn wait_wrote(&self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        eventually("the terminal to be sent what it should", || contains(&self.raw(), bytes));
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        // What records outlives its terminal, and so would the program in it.
        for child in children(self.emulator.id()) {
            let _ = kill_process(child, Signal::KILL);
        }
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}
