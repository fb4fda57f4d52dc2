//! The application in a tmux of its own, seen as an operator sees it.

use std::process::Command;

use super::vault::{TestVault, eventually, program};

/// One detached tmux with one pane; killed when dropped.
pub(crate) struct Tmux {
    socket: String,
}

impl Tmux {
    /// Starts the application at this size, with `more` variables.
    pub(crate) fn start(vault: &TestVault, columns: u16, rows: u16, more: &[(&str, &str)]) -> Self {
        let tmux = Self { socket: vault.path_text("tmux") };
        let mut command = tmux.command();
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "NO_COLOR", "TMUX"] {
            command.env_remove(name);
        }
        command.envs(more.iter().copied()).env("SHELL", "/bin/sh");
        command.args(["new-session", "-d", "-x", &columns.to_string(), "-y", &rows.to_string()]);
        run(command.arg(vault.shell_command()));
        tmux
    }

    /// tmux on this socket, with nobody's configuration.
    fn command(&self) -> Command {
        let mut command = program("tmux");
        command.args(["-f", "/dev/null", "-S", &self.socket]);
        command
    }

    /// Presses keys by tmux's names: `Enter`, `C-l`, `y`.
    pub(crate) fn press(&self, keys: &[&str]) {
        run(self.command().arg("send-keys").args(keys));
    }

    /// Types text as it is.
    pub(crate) fn type_text(&self, text: &str) {
        run(self.command().args(["send-keys", "-l", text]));
    }

    /// What the screen shows.
    pub(crate) fn screen(&self) -> String {
        run(self.command().args(["capture-pane", "-p"]))
    }

    /// Waits until the screen shows all of `present` and none of `absent`.
    pub(crate) fn wait_for(&self, present: &[&str], absent: &[&str]) -> String {
        let mut last = String::new();
        let seen = super::vault::within(std::time::Duration::from_secs(10), || {
            last = self.screen();
            let right =
                present.iter().all(|text| last.contains(text)) && !absent.iter().any(|text| last.contains(text));
            right.then_some(())
        });
        assert!(seen.is_some(), "Waited for {present:?} without {absent:?}; the screen was:\n{last}");
        last
    }

    /// Types the passphrase and waits for the list.
    pub(crate) fn unlock(&self) {
        self.wait_for(&["assphrase"], &["STRIPE_KEY"]);
        self.type_text(super::vault::PASSPHRASE);
        self.press(&["Enter"]);
        self.wait_for(&["STRIPE_KEY", "JWT_SIGNING_KEY", "DB_PASSWORD"], &[super::vault::PASSPHRASE]);
    }

    /// Filters the list to one secret and goes back to the list.
    pub(crate) fn select(&self, query: &str, found: &str, gone: &[&str]) {
        self.press(&["/"]);
        self.type_text(query);
        self.wait_for(&[found], gone);
        self.press(&["Enter"]);
    }

    /// Waits until the pane, and with it tmux, has ended.
    pub(crate) fn wait_for_end(&self) {
        eventually("tmux to end", || {
            let output = self.command().arg("list-sessions").output().unwrap();
            (!output.status.success()).then_some(())
        });
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").output();
    }
}

/// Runs a command that must work, for what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
