//! t16: the screen is killed, by which nobody can be asked anything. What watches it
//! sends the clear in its place.

use rustix::process::{Signal, kill_process};

use super::place::display::Display;
use super::place::window::Window;
use super::place::{CLEAR, configure, copied, eventually, processes, stays, variables, with_key};
use super::secrecy::assert_nowhere_else;
use super::support::pty::count;
use super::support::vault::TestVault;
use super::tmux::Tmux;
use super::walk::{A_WHILE, ADDRESS, NAME, TEN_SECONDS, VALUE, line, unlocked};

/// An xterm as over SSH, with the program in it.
fn xterm<'a>(display: &'a Display, vault: &TestVault, arguments: &str) -> Window<'a> {
    let mut variables = variables(vault);
    variables.push(("SSH_TTY".to_owned(), "/dev/pts/3".to_owned()));
    Window::xterm(display, &variables, &format!("{}; echo ended; exec sleep 300", line(vault, arguments)))
}

/// Kills the program that a person started, and none that it started itself.
fn kill_it(vault: &TestVault) {
    let first = processes(vault).into_iter().min_by_key(|pid| pid.as_raw_nonzero()).unwrap();
    kill_process(first, Signal::KILL).unwrap();
}

#[test]
fn t16_a_screen_that_is_killed_has_its_copy_cleared() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let window = xterm(&display, &vault, "");
    window.wait_for(NAME);
    window.press(&["g", "y"]);
    display.wait_for(Some(VALUE));
    window.wait_for("Sent");
    assert_nowhere_else(&vault, VALUE);
    kill_it(&vault);
    display.wait_for(None);
    window.wait_for("ended");
    eventually("nothing to stay behind", || processes(&vault).is_empty());
}

#[test]
fn t16_a_command_that_is_killed_has_its_copy_cleared() {
    let (display, vault) = (Display::start(), with_key());
    let window = xterm(&display, &vault, &format!("copy {ADDRESS} --clear-after 1h"));
    display.wait_for(Some(VALUE));
    window.wait_for("Sent");
    kill_it(&vault);
    display.wait_for(None);
    eventually("nothing to stay behind", || processes(&vault).is_empty());
}

#[test]
fn t16_a_screen_that_is_killed_in_tmux_has_its_copy_blanked() {
    let vault = with_key();
    configure(&vault, "clear_after = \"1h\"");
    let tmux = Tmux::copied(&vault);
    kill_it(&vault);
    tmux.assert_blanked();
}

/// The terminal belongs to the shell by then.
#[test]
fn t16_nothing_is_written_after_an_orderly_end() {
    let vault = with_key();
    configure(&vault, "clear_after = \"1h\"");
    let mut pty = unlocked(vault.shell("\"$STRONGROOM\"; echo ended; read -r line"));
    pty.send("y");
    pty.wait_wrote(copied(VALUE));
    pty.send("q");
    pty.wait_for("ended");
    assert!(count(&pty.raw(), CLEAR) >= 1);
    pty.settle();
    let written = pty.raw().len();
    stays("silent", A_WHILE, || pty.raw().len() == written);
    pty.send("\r");
    assert_eq!(pty.wait_exit(TEN_SECONDS), 0);
}
