//! An X11 display without a screen, and its clipboard as another program sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use super::vault::program;

/// One Xvfb; killed when dropped.
pub(crate) struct Display {
    server: Child,
    /// As in `DISPLAY`.
    pub(crate) name: String,
}

impl Display {
    /// Starts a server on a free display.
    pub(crate) fn start() -> Self {
        let mut server = program("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "640x480x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb did not start.");
        Self { server, name: format!(":{}", number.trim()) }
    }

    /// What a paste would give; `None` when nobody owns the clipboard.
    pub(crate) fn clipboard(&self) -> Option<String> {
        let output =
            program("xclip").args(["-selection", "clipboard", "-o"]).env("DISPLAY", &self.name).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    }

    /// Copies as another program of the desktop does; it goes on in the background.
    pub(crate) fn copy(&self, text: &str) {
        let mut child = program("xclip")
            .args(["-selection", "clipboard", "-i"])
            .env("DISPLAY", &self.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
