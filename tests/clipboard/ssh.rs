//! t10: xterm, a real SSH connection, and the program at its other end. The value is
//! on the clipboard of the operator's display, and away from it at every end.

use std::os::unix::ffi::OsStrExt;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::place::display::Display;
use super::place::server::Server;
use super::place::window::Window;
use super::place::{all_processes, children, configure, copied, eventually, processes, stays, with_key};
use super::secrecy::assert_nowhere_else;
use super::support::pty::is_zombie;
use super::support::vault::TestVault;
use super::walk::{A_WHILE, ADDRESS, NAME, VALUE, line};

/// A desktop from which the operator is connected.
pub(crate) struct Desk<'a> {
    pub(crate) display: &'a Display,
    pub(crate) vault: &'a TestVault,
    pub(crate) window: Window<'a>,
    _server: Server<'a>,
}

/// Which terminal the operator sits at.
type Terminal<'a> = fn(&'a Display, &[(String, String)], &str) -> Window<'a>;

impl<'a> Desk<'a> {
    /// The window stays when the connection has ended.
    pub(crate) fn connected(
        display: &'a Display,
        vault: &'a TestVault,
        terminal: Terminal<'a>,
        arguments: &str,
    ) -> Self {
        let server = Server::start(vault);
        let words = server.words(&[], &format!("exec {}", line(vault, arguments)));
        let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        let line = format!("{}; echo ended; exec sleep 300", quoted.join(" "));
        let path = ("PATH".to_owned(), std::env::var("PATH").unwrap());
        let home = ("HOME".to_owned(), vault.home().to_str().unwrap().to_owned());
        let window = terminal(display, &[path, home], &line);
        Self { display, vault, window, _server: server }
    }

    /// The same with the screen unlocked and the first secret's value copied.
    pub(crate) fn copied(display: &'a Display, vault: &'a TestVault, terminal: Terminal<'a>) -> Self {
        let desk = Self::connected(display, vault, terminal, "");
        desk.window.wait_for(NAME);
        desk.window.press(&["g", "y"]);
        desk.display.wait_for(Some(VALUE));
        desk.window.wait_for("Sent");
        assert_nowhere_else(vault, VALUE);
        desk
    }

    /// The client is killed, as if the network had gone.
    fn drop_connection(&self) {
        let key = self.vault.home().join("user_key");
        let is_client = |pid: &Pid| {
            let words = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
            let mut words = words.split(|byte| *byte == 0);
            words.next().is_some_and(|name| name.ends_with(b"/ssh"))
                && words.any(|word| word == key.as_os_str().as_bytes())
        };
        all_processes().filter(is_client).for_each(|client| kill_process(client, Signal::KILL).unwrap());
    }

    /// The program at the other end of the connection.
    fn signal(&self, signal: Signal) {
        kill_process(processes(self.vault)[0], signal).unwrap();
    }
}

#[test]
fn t10_a_copy_reaches_the_operators_clipboard_and_is_cleared_at_its_deadline() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let start = Instant::now();
    let desk = Desk::copied(&display, &vault, Window::xterm);
    assert!(!desk.window.contents().contains("Copied"), "nobody can know that");
    assert_eq!(display.primary(), None, "the middle button pastes it");
    display.wait_for(None);
    assert!(start.elapsed().as_secs() >= 4, "cleared after {:?}", start.elapsed());
    assert_eq!(desk.window.wrote(copied(VALUE)), 1);
}

#[test]
fn t10_a_key_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    desk.window.press(&["x"]);
    display.wait_for(None);
}

#[test]
fn t10_leaving_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    desk.window.press(&["q"]);
    display.wait_for(None);
    desk.window.wait_for("ended");
    eventually("nothing to stay behind", || processes(&vault).is_empty());
}

#[test]
fn t10_a_lock_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    desk.window.press(&["ctrl+l"]);
    display.wait_for(None);
}

#[test]
fn t10_a_signal_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    desk.signal(Signal::TERM);
    display.wait_for(None);
}

/// The operator has copied something else, which a clear over OSC 52 might destroy.
#[test]
fn t10_a_copy_that_is_to_be_kept_is_not_cleared() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    desk.window.press(&["K"]);
    let written = desk.window.wrote(super::place::CLEAR);
    stays("kept", std::time::Duration::from_secs(5), || display.clipboard().as_deref() == Some(VALUE));
    desk.window.press(&["q"]);
    desk.window.wait_for("ended");
    stays("kept after leaving", A_WHILE, || display.clipboard().as_deref() == Some(VALUE));
    assert_eq!(desk.window.wrote(super::place::CLEAR), written, "a clear was sent");
}

#[test]
fn t10_what_the_operator_copied_meanwhile_survives_in_xterm() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    display.copy("an address");
    desk.window.wait_wrote(super::place::CLEAR);
    stays("theirs", A_WHILE, || display.clipboard().as_deref() == Some("an address"));
}

#[test]
fn t10_copy_the_command_clears_at_its_deadline_and_on_ctrl_c() {
    for (clear_after, keys) in [("3s", None), ("1h", Some("ctrl+c"))] {
        let (display, vault) = (Display::start(), with_key());
        let copy = format!("copy {ADDRESS} --clear-after {clear_after}");
        let desk = Desk::connected(&display, &vault, Window::xterm, &copy);
        display.wait_for(Some(VALUE));
        desk.window.wait_for("Sent");
        if let Some(keys) = keys {
            desk.window.press(&[keys]);
        }
        display.wait_for(None);
        desk.window.wait_for("ended");
    }
}

/// Nobody can reach the operator's terminal then; what can be seen to is that nothing stays behind.
#[test]
fn t10_a_connection_that_drops_leaves_the_value_to_the_operator_and_no_process() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"3s\"");
    let desk = Desk::copied(&display, &vault, Window::xterm);
    let program = processes(&vault)[0].as_raw_nonzero().get().unsigned_abs();
    let started = children(program);
    assert!(!started.is_empty(), "nothing watches over it");
    desk.drop_connection();
    eventually("the program to end", || processes(&vault).is_empty());
    let lives = |pid: &rustix::process::Pid| rustix::process::test_kill_process(*pid).is_ok() && !is_zombie(*pid);
    eventually("what it started to end", || !started.iter().any(lives));
    stays("there: nothing says otherwise", A_WHILE, || display.clipboard().as_deref() == Some(VALUE));
}
