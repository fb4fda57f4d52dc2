//! [`Display`]: an X11 display without a screen, and its clipboard as other programs see it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{eventually, printed, program, program_path, within};

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
        command.args(["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
        // Else it throws out whoever connects while its last client leaves: each look with
        // xclip before the copy is a last client, and the copy was lost to one look in ten.
        command.arg("-noreset");
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        Self { server, name: format!(":{}", number.trim()) }
    }

    /// Has it stop answering, or go on.
    pub(crate) fn stall(&self, stalled: bool) {
        let server = Pid::from_raw(i32::try_from(self.server.id()).unwrap()).unwrap();
        kill_process(server, if stalled { Signal::STOP } else { Signal::CONT }).unwrap();
    }

    /// What a paste would give; `None` when nobody owns the clipboard.
    pub(crate) fn clipboard(&self) -> Option<String> {
        self.ask("clipboard", &["-o"])
    }

    /// What a click with the middle button would paste.
    pub(crate) fn primary(&self) -> Option<String> {
        self.ask("primary", &["-o"])
    }

    /// The kinds of content that the clipboard offers.
    pub(crate) fn targets(&self) -> String {
        self.ask("clipboard", &["-o", "-t", "TARGETS"]).unwrap_or_default()
    }

    /// What the clipboard says to histories.
    pub(crate) fn hint(&self) -> Option<String> {
        self.ask("clipboard", &["-o", "-t", "x-kde-passwordManagerHint"])
    }

    /// Copies as another program would, and keeps it there.
    pub(crate) fn copy(&self, text: &str) {
        let mut command = self.xclip("clipboard", &["-i"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.wait_for(Some(text));
    }

    /// Copies as another program would that ends as soon as something is so: then only a
    /// clipboard manager still has it.
    #[track_caller]
    pub(crate) fn copy_until(&self, text: &str, is_so: impl FnMut() -> bool) {
        let mut command = self.xclip("clipboard", &["-i", "-quiet"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let was_so = within(Duration::from_secs(20), is_so);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(was_so, "nobody took what was copied");
    }

    /// Waits until the clipboard holds this.
    #[track_caller]
    pub(crate) fn wait_for(&self, expected: Option<&str>) {
        let mut last = None;
        eventually("the clipboard to hold what it should", || {
            last = self.clipboard();
            last.as_deref() == expected
        });
    }

    /// Waits until a paste would give nothing: nobody owns it, or what is there is empty.
    #[track_caller]
    pub(crate) fn wait_empty(&self) {
        eventually("the clipboard to be empty", || self.clipboard().is_none_or(|text| text.is_empty()));
    }

    /// Presses, moves and asks as a person at this display would.
    #[track_caller]
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> String {
        printed(program("xdotool").env("DISPLAY", &self.name).args(arguments))
    }

    fn ask(&self, selection: &str, arguments: &[&str]) -> Option<String> {
        let mut command = program("timeout");
        // An owner that does not answer is as good as none.
        command.arg("3").arg(program_path("xclip")).args(["-selection", selection]).args(arguments);
        let output = command.env("DISPLAY", &self.name).stdin(Stdio::null()).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn xclip(&self, selection: &str, arguments: &[&str]) -> Command {
        let mut command = program("xclip");
        command.env("DISPLAY", &self.name).args(["-selection", selection]).args(arguments);
        command
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
