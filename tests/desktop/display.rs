//! [`Display`]: an X11 display without a screen, and its clipboard as other programs see it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::place::{eventually, program};

/// An Xvfb that ends with the test.
pub(crate) struct Display {
    server: Child,
    /// What `DISPLAY` is to be set to.
    pub(crate) name: String,
}

impl Display {
    /// Starts one on a free number.
    pub(crate) fn start() -> Self {
        let mut command = program("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]);
        // Else it throws out whoever connects while its last client leaves: each look with
        // xclip before the copy is a last client, and the copy was lost to one look in ten.
        command.arg("-noreset");
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        Self { server, name: format!(":{}", number.trim()) }
    }

    /// What a paste would give; `None` when nobody owns the clipboard.
    pub(crate) fn clipboard(&self) -> Option<String> {
        self.ask(&["-o"])
    }

    /// The kinds of content that the clipboard offers.
    pub(crate) fn targets(&self) -> String {
        self.ask(&["-o", "-t", "TARGETS"]).unwrap_or_default()
    }

    /// Copies as another program would, and keeps it there.
    pub(crate) fn copy(&self, text: &str) {
        let mut command = self.xclip(&["-i"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.wait_for(Some(text));
    }

    /// Waits until the clipboard holds this.
    #[track_caller]
    pub(crate) fn wait_for(&self, expected: Option<&str>) {
        eventually("the clipboard to hold what it should", || self.clipboard().as_deref() == expected);
    }

    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let output = self.xclip(arguments).stdin(Stdio::null()).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn xclip(&self, arguments: &[&str]) -> Command {
        let mut command = program("xclip");
        command.env("DISPLAY", &self.name).args(["-selection", "clipboard"]).args(arguments);
        command
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
