//! The clipboard, on real programs: each test bears the number of the promise it holds.
//!
//! | number | promise |
//! |---|---|
//! | t01 | X11: other programs see a copy, and it is gone at its deadline and at every end of a session |
//! | t02 | what the operator copied meanwhile is left alone |
//! | t03 | the screen is killed: cleared at once, or on time where it was to be kept |
//! | t04 | no value in arguments, environment, open files, memory dumps, home or temporary folders |
//! | t05 | the terminal dies: cleared all the same |
//! | t06 | Wayland: the first three there |
//! | t07 | a clipboard manager that offers the value again is outdone |
//! | t08 | tmux as it comes: the terminal gets the value, then a blank; tmux keeps nothing |
//! | t09 | tmux: cleared from a window in the background |
//! | t10 | over SSH into xterm: set, and cleared at the deadline and at every end of a session |
//! | t11 | Alacritty without focus: the clear is pending and sent again at the focus |
//! | t12 | GNU screen: short and long values reach the terminal behind it |
//! | t13 | no display and no terminal: said, and an exit code |
//! | t14 | a remote session never touches the display of its machine |
//! | t15 | a forwarded display: logging out does not hang, and a drop clears at once |
//! | t16 | the screen is killed over OSC 52: cleared all the same |
//!
//! Needs Xvfb, xclip, xterm, xdotool, tmux, sshd, ssh, xauth, sway, wl-clipboard,
//! Alacritty, screen, parcellite, dbus and strace; `.ci/run` installs them. Where one is
//! missing the test fails with its name.
//!
//! `cargo test --features desktop-tests --test clipboard`

#[path = "../support/place/mod.rs"]
#[expect(dead_code, reason = "the places serve tests/desktop, too")]
mod place;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the harness serves tests/pty.rs, too")]
mod support;

mod alacritty;
mod command;
mod forwarded;
mod killed;
mod manager;
mod nowhere;
mod screen;
mod secrecy;
mod ssh;
mod tmux;
mod walk;
mod wayland;
mod x11;
