//! t08 and t09, in tmux with its own defaults: what the terminal around it is sent is
//! recorded there, and tmux's buffers are asked after.

use std::process::Command;
use std::time::Instant;

use rustix::process::Signal;

use super::place::{configure, eventually, printed, processes, program, program_path, stays, with_key, within};
use super::secrecy::assert_nowhere_else;
use super::support::pty::{Pty, Setup};
use super::support::vault::TestVault;
use super::walk::{A_WHILE, ADDRESS, NAME, TEN_SECONDS, VALUE, assert_set_and_cleared, line, select, sent};

/// A tmux of its own, and the terminal around it.
pub(crate) struct Tmux<'a> {
    vault: &'a TestVault,
    pub(crate) outer: Pty,
}

impl<'a> Tmux<'a> {
    /// One whose first window runs the program with these arguments.
    pub(crate) fn start(vault: &'a TestVault, config: &str, arguments: &str) -> Self {
        std::fs::write(vault.home().join("tmux.conf"), config).unwrap();
        let pane = format!("trap : INT; {}; echo ended; exec sleep 300", line(vault, arguments));
        let outer = terminal(vault).arg("new-session").arg("-s").arg("main").arg(pane).start();
        Self { vault, outer }
    }

    /// The same with the screen unlocked and the first secret selected.
    pub(crate) fn unlocked(vault: &'a TestVault, config: &str) -> Self {
        let mut tmux = Self::start(vault, config, "");
        select(&mut tmux.outer);
        tmux
    }

    /// The same with its value copied.
    pub(crate) fn copied(vault: &'a TestVault) -> Self {
        let mut tmux = Self::unlocked(vault, "");
        tmux.outer.send("y");
        tmux.wait_sent(1);
        assert_nowhere_else(vault, VALUE);
        tmux
    }

    /// Another terminal attaches to it.
    fn attach(&mut self) {
        self.outer = terminal(self.vault).arg("attach").start();
        self.outer.wait_for(NAME);
    }

    /// Waits until the terminal around it was sent so much; the first is always the value.
    #[track_caller]
    pub(crate) fn wait_sent(&self, count: usize) {
        eventually("the terminal around tmux to be sent what it should", || {
            let sent = sent(&self.outer.raw());
            assert!(sent.first().is_none_or(|first| first == VALUE), "something else was sent");
            sent.len() >= count
        });
    }

    /// The names and contents of tmux's buffers.
    pub(crate) fn buffers(&self) -> String {
        let format = ["list-buffers", "-F", "#{buffer_name} #{buffer_sample}"];
        printed(command(self.vault).args(format))
    }

    #[track_caller]
    pub(crate) fn assert_blanked(&self) {
        self.wait_sent(2);
        assert_set_and_cleared(&self.outer.raw(), VALUE, " ");
        eventually("tmux to keep nothing", || self.buffers().is_empty());
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = command(self.vault).arg("kill-server").output();
    }
}

/// A terminal with tmux in it, in a session as over SSH.
fn terminal(vault: &TestVault) -> Setup {
    let tmux = Setup::new(program_path("tmux").to_str().unwrap(), vault.home()).size(120, 30);
    let tmux = tmux.env("STRONGROOM_MASTER_KEY", &vault.key).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
    tmux.arg("-f").arg(vault.home().join("tmux.conf")).arg("-S").arg(vault.home().join("tmux"))
}

/// tmux beside it.
fn command(vault: &TestVault) -> Command {
    let mut command = program("tmux");
    command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.arg("-S").arg(vault.home().join("tmux"));
    command
}

#[test]
fn t08_the_terminal_gets_the_value_then_a_blank_and_tmux_keeps_nothing() {
    for config in ["", "set -g set-clipboard on\n", "set -g set-clipboard off\n"] {
        let vault = with_key();
        configure(&vault, "clear_after = \"3s\"");
        let mut tmux = Tmux::unlocked(&vault, config);
        let start = Instant::now();
        tmux.outer.send("y");
        tmux.wait_sent(1);
        assert!(within(A_WHILE, || tmux.buffers().is_empty()), "{config}: the value stays in tmux");
        assert!(!tmux.outer.contents().contains("Copied"), "nobody can know that");
        tmux.wait_sent(2);
        assert!(start.elapsed().as_secs() >= 3, "{config}: cleared too early");
        tmux.assert_blanked();
    }
}

#[test]
fn t08_every_end_of_a_session_blanks_at_once() {
    type End = fn(&mut Tmux, &TestVault);
    let ends: [(&str, End); 5] = [
        ("clear now", |tmux, _| tmux.outer.send("x")),
        ("leave", |tmux, _| tmux.outer.send("q")),
        ("lock", |tmux, _| tmux.outer.send("\x0c")),
        ("hang up", |_, vault| drop(printed(command(vault).args(["respawn-pane", "-k", "exec sleep 300"])))),
        ("terminate", |_, vault| rustix::process::kill_process(processes(vault)[0], Signal::TERM).unwrap()),
    ];
    for (name, end) in ends {
        let vault = with_key();
        configure(&vault, "clear_after = \"1h\"");
        let mut tmux = Tmux::copied(&vault);
        end(&mut tmux, &vault);
        assert!(within(TEN_SECONDS, || sent(&tmux.outer.raw()).len() > 1), "{name}: nothing was cleared");
        tmux.assert_blanked();
    }
}

#[test]
fn t08_copy_the_command_stays_until_it_is_blanked() {
    for (clear_after, ends) in [("2s", ""), ("1h", "\x03")] {
        let vault = with_key();
        let mut tmux = Tmux::start(&vault, "", &format!("copy {ADDRESS} --clear-after {clear_after}"));
        tmux.wait_sent(1);
        tmux.outer.wait_for("Sent");
        assert!(within(A_WHILE, || tmux.buffers().is_empty()), "the value stays in tmux");
        tmux.outer.send(ends);
        tmux.outer.wait_for("ended");
        tmux.assert_blanked();
    }
}

#[test]
fn t09_a_window_in_the_background_clears_at_the_deadline() {
    let vault = with_key();
    configure(&vault, "clear_after = \"5s\"");
    let tmux = Tmux::copied(&vault);
    printed(command(&vault).args(["new-window", "exec sleep 300"]));
    tmux.outer.wait_gone(NAME);
    assert_eq!(sent(&tmux.outer.raw()), [VALUE], "it was cleared before it lay in the background");
    tmux.assert_blanked();
    assert!(!tmux.outer.contents().contains(NAME), "it came to the foreground again");
}

/// The connection dropped while the value was on the operator's clipboard; nobody can
/// clear it until the operator is back.
#[test]
fn t09_a_session_without_a_terminal_clears_at_the_next_key_after_the_operator_is_back() {
    let vault = with_key();
    configure(&vault, "clear_after = \"4s\"");
    let mut tmux = Tmux::copied(&vault);
    let copied = Instant::now();
    printed(command(&vault).args(["detach-client", "-s", "main"]));
    tmux.outer.wait_exit(TEN_SECONDS);
    assert_eq!(sent(&tmux.outer.raw()), [VALUE], "it was cleared before the connection dropped");
    stays("running", std::time::Duration::from_secs(6).saturating_sub(copied.elapsed()), || {
        processes(&vault).len() == 1
    });
    tmux.attach();
    tmux.outer.send("j");
    eventually("the terminal to be sent a blank", || sent(&tmux.outer.raw()).contains(&" ".to_owned()));
    assert!(!sent(&tmux.outer.raw()).contains(&VALUE.to_owned()));
    assert_eq!(tmux.buffers(), "");
}
