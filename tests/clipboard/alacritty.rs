//! t11: Alacritty takes what programs copy only while it has the focus, and a clear at
//! the deadline finds the operator in another window.

use super::place::display::Display;
use super::place::window::Window;
use super::place::{CLEAR, configure, stays, with_key};
use super::ssh::Desk;
use super::walk::{A_WHILE, NAME, VALUE};

/// Another window, for the operator to be in.
fn other_window(display: &Display) -> Window<'_> {
    Window::xterm(display, &[], "exec sleep 300")
}

#[test]
fn t11_a_clear_without_focus_is_pending_and_sent_again_at_the_focus() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let desk = Desk::copied(&display, &vault, Window::alacritty);
    let elsewhere = other_window(&display);
    desk.window.wait_wrote(CLEAR);
    desk.window.wait_for("pending");
    stays("the value is still there: the terminal ignores the clear", A_WHILE, || {
        display.clipboard().as_deref() == Some(VALUE)
    });
    let before = desk.window.wrote(CLEAR);
    desk.window.focus();
    display.wait_empty();
    assert!(desk.window.wrote(CLEAR) > before, "it was cleared by something else");
    drop(elsewhere);
}

#[test]
fn t11_a_clear_in_the_focus_is_cleared_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"4s\"");
    let desk = Desk::copied(&display, &vault, Window::alacritty);
    display.wait_empty();
    assert!(desk.window.wrote(CLEAR) > 0);
}

#[test]
fn t11_leaving_in_the_focus_clears_at_once() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"1h\"");
    let desk = Desk::copied(&display, &vault, Window::alacritty);
    assert!(desk.window.contents().contains(NAME));
    desk.window.press(&["q"]);
    display.wait_empty();
    desk.window.wait_for("ended");
}

/// A clear would destroy it there, so that the operator may say so.
#[test]
fn t11_what_the_operator_copied_meanwhile_is_left_alone_when_the_operator_says_so() {
    let (display, vault) = (Display::start(), with_key());
    configure(&vault, "clear_after = \"5s\"");
    let desk = Desk::copied(&display, &vault, Window::alacritty);
    display.copy("an address");
    desk.window.press(&["K"]);
    stays("theirs", std::time::Duration::from_secs(6), || display.clipboard().as_deref() == Some("an address"));
    desk.window.press(&["q"]);
    desk.window.wait_for("ended");
    stays("theirs after leaving", A_WHILE, || display.clipboard().as_deref() == Some("an address"));
}
