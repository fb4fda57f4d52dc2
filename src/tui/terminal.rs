//! Entering, leaving and drawing on the terminal: the only writer of escape codes.
//!
//! Nothing is ever asked of the terminal: a late answer over a slow connection
//! would be typed into the shell. Everything that is entered is left by one
//! function, [`leave`], whoever calls it: a normal end, a signal, Ctrl-Z, a panic.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use rustix::termios::{OptionalActions, Termios};

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::editor;
use super::frame_writer::FrameWriter;
use super::output::{Output, Progress, Sequences, write_whole};

mod cells;

use cells::CellWriter;

/// Alternate screen, cleared, bracketed paste, word of being looked at, no cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[?2004h\x1b[?1004h\x1b[?25l";
/// Wheel and click, with coordinates in decimal.
const ENTER_MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// Everything back, the alternate screen emptied first; right in any order of what was entered.
const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[2J\x1b[?25h\x1b[?1049l\x1b[?2026l";
/// A frame is shown at once or not at all, where the terminal knows how.
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";

/// How long a last frame may take before the terminal is left without it.
const LAST_WRITE: Duration = Duration::from_millis(150);

/// True while the terminal is ours.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// True while another program has it from us.
static LENT: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub(super) struct Screen {
    terminal: Terminal<CellWriter>,
    frame: FrameWriter,
    output: Output,
    mouse: bool,
}

impl Screen {
    /// Checks that there is a terminal, takes it and empties it.
    pub(super) fn enter(mouse: bool, report: impl Fn(Progress) + Send + 'static) -> Result<Self> {
        if !is_there() || !std::io::stdout().is_terminal() {
            return Err(Error::usage("The screen needs a terminal, and this is none.")
                .hint("Run strongroom --help for the commands that work without one."));
        }
        let failed = |error: std::io::Error| Error::failure(format!("The terminal cannot be used: {error}."));
        let file = File::from(std::io::stdout().as_fd().try_clone_to_owned().map_err(failed)?);
        let output = Output::start(file, report)?;
        let frame = FrameWriter::default();
        let terminal = Terminal::new(CellWriter::new(frame.clone())).map_err(failed)?;
        let mut screen = Self { terminal, frame, output, mouse };
        screen.take_terminal().map_err(failed)?;
        Ok(screen)
    }

    /// Takes the terminal again after a stop, whatever the shell did to it.
    pub(super) fn enter_again(&mut self) {
        LENT.store(false, Ordering::SeqCst);
        let _ = crossterm::terminal::disable_raw_mode();
        let _ = self.take_terminal();
        self.terminal.backend_mut().forget();
        self.repaint();
    }

    fn take_terminal(&mut self) -> std::io::Result<()> {
        ENTERED.store(true, Ordering::SeqCst);
        crossterm::terminal::enable_raw_mode()?;
        self.output.send(SecretText::copied_from(ENTER));
        if self.mouse {
            self.output.send(SecretText::copied_from(ENTER_MOUSE));
        }
        Ok(())
    }

    /// True when the terminal is ours and has taken all frames so far.
    pub(super) fn is_ready(&self) -> bool {
        ENTERED.load(Ordering::SeqCst) && self.output.is_idle()
    }

    /// Draws one frame and sends it in one write. A terminal without a size gets none.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame)) {
        if size().is_none() || !ENTERED.load(Ordering::SeqCst) {
            return;
        }
        // The writer is memory and cannot fail; a size that cannot be read means no frame.
        let _ = self.terminal.draw(draw);
        let body = self.frame.take();
        if !body.is_empty() {
            self.frame.push(BEGIN_FRAME);
            self.frame.push(body.expose());
            self.frame.push(END_FRAME);
            self.output.send(self.frame.take());
        }
    }

    /// Makes the next frame paint every cell.
    pub(super) fn repaint(&mut self) {
        if let Some((width, height)) = size() {
            let _ = self.terminal.resize(Rect::new(0, 0, width, height));
        }
    }

    /// For sequences between frames.
    pub(super) fn sequences(&self) -> Sequences {
        self.output.sequences()
    }

    /// Gives the terminal to another program for a while; false, and nothing is done, when it
    /// takes no bytes now.
    pub(super) fn lend(&mut self) -> bool {
        drop(self.frame.take());
        self.output.wait(LAST_WRITE);
        if self.output.is_idle() {
            LENT.store(true, Ordering::SeqCst);
            ENTERED.store(false, Ordering::SeqCst);
            give_back();
        }
        is_lent()
    }

    /// Gives the terminal back after the last frame, or without it when that hangs.
    pub(super) fn leave(&mut self) {
        drop(self.frame.take());
        self.output.wait(LAST_WRITE);
        if self.output.is_idle() {
            leave();
        } else {
            restore_modes();
        }
    }
}

/// Gives the terminal back, once; safe from every thread.
pub(super) fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        give_back();
    }
}

/// Writes what ends our use of the terminal.
fn give_back() {
    // Not through `std::io::stdout`: a panicking thread may hold its lock.
    if let Ok(fd) = std::io::stdout().as_fd().try_clone_to_owned() {
        let _ = write_whole(&mut File::from(fd), LEAVE);
    }
    reset_line();
}

/// True while another program has the terminal from us.
pub(super) fn is_lent() -> bool {
    LENT.load(Ordering::SeqCst)
}

/// The line's modes, to be put back after a program that leaves its own behind.
pub(super) fn modes() -> Option<Termios> {
    rustix::termios::tcgetattr(std::io::stdin()).ok()
}

/// Puts modes back; what was typed meanwhile is for nobody.
pub(super) fn set_modes(modes: &Termios) {
    let _ = rustix::termios::tcsetattr(std::io::stdin(), OptionalActions::Flush, modes);
}

/// When somebody last typed into the terminal, in seconds, as `w` tells it.
pub(super) fn typed_at() -> Option<i64> {
    rustix::fs::fstat(std::io::stdin()).ok().map(|found| found.st_atime)
}

/// Gives the terminal's modes back and writes nothing, where a write would hang.
pub(super) fn restore_modes() {
    ENTERED.store(false, Ordering::SeqCst);
    reset_line();
}

/// Leaves raw mode; what was typed ahead, a secret perhaps, does not reach the shell.
fn reset_line() {
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
    let _ = crossterm::terminal::disable_raw_mode();
}

/// True while standard input is a terminal; false after a hang-up.
pub(super) fn is_there() -> bool {
    std::io::stdin().is_terminal()
}

/// Columns and rows, when there are any.
pub(super) fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// Makes a panic on any thread leave the terminal and end the process. The panic's
/// own text is not printed: it might quote what the program was working on.
pub(super) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        leave();
        editor::sweep();
        let place = panic.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "strongroom stopped because of a fault in the program{place}. What was saved is safe; please report the place."
        );
        std::process::exit(101);
    }));
}

/// The hook is for the screen only; commands that follow get the usual one back.
pub(super) fn remove_panic_hook() {
    drop(std::panic::take_hook());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sequence_is_a_query() {
        for sequence in [ENTER, ENTER_MOUSE, LEAVE, BEGIN_FRAME, END_FRAME] {
            let text = std::str::from_utf8(sequence).unwrap();
            assert!(!text.contains("[6n") && !text.contains("[c") && !text.contains("]11;?"), "{text:?}");
        }
    }

    #[test]
    fn whatever_is_entered_is_left() {
        for mode in ["?1049", "?2004", "?1004", "?1000", "?1006", "?2026"] {
            let (enter, leave) = (format!("\x1b[{mode}h"), format!("\x1b[{mode}l"));
            let entered = [ENTER, ENTER_MOUSE, BEGIN_FRAME].concat();
            assert!(String::from_utf8(entered).unwrap().contains(&enter));
            assert!(std::str::from_utf8(LEAVE).unwrap().contains(&leave));
        }
    }

    #[test]
    fn leaving_what_was_not_entered_does_nothing() {
        restore_modes();
        leave();
        assert!(!ENTERED.load(Ordering::SeqCst));
    }

    /// Set in the process that panics on purpose; see the test below.
    const TO_PANIC: &str = "STRONGROOM_TEST_TO_PANIC";

    /// A panic ends the process, so it happens in a second one, in a terminal of its own.
    #[test]
    fn a_panic_on_any_thread_leaves_the_terminal_and_quotes_nothing() {
        if std::env::var_os(TO_PANIC).is_some() {
            return panic_in_a_thread();
        }
        let pair = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
        let modes = format!("{:?}", pair.master.get_termios());
        let mut command = portable_pty::CommandBuilder::new(std::env::current_exe().unwrap());
        let name = concat!(module_path!(), "::a_panic_on_any_thread_leaves_the_terminal_and_quotes_nothing");
        command.args(["--exact", "--nocapture", name.split_once("::").unwrap().1]);
        command.env(TO_PANIC, "1");
        let mut child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let written = std::thread::spawn(move || {
            let mut written = Vec::new();
            // The end of a pty is an error on Linux; what came before it is kept.
            let _ = std::io::Read::read_to_end(&mut reader, &mut written);
            String::from_utf8_lossy(&written).into_owned()
        });
        assert_eq!(child.wait().unwrap().exit_code(), 101);
        assert_eq!(format!("{:?}", pair.master.get_termios()), modes);
        drop(pair);
        let written = written.join().unwrap();
        let (inside, after) = written.rsplit_once("\x1b[?1049l").unwrap();
        assert!(inside.contains("\x1b[?1049h"), "{written:?}");
        assert!(after.contains("a fault in the program"), "{written:?}");
        assert!(!written.contains("hunter2"), "{written:?}");
    }

    fn panic_in_a_thread() {
        let screen = Screen::enter(false, |_| ()).unwrap();
        install_panic_hook();
        screen.output.wait(Duration::from_secs(5));
        let _ = std::thread::spawn(|| panic!("hunter2")).join();
        unreachable!("the hook ends the process");
    }
}
