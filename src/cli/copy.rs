//! `copy`: a value to the operator's clipboard, and away from it again. It stays until
//! then: whoever holds a clipboard must live, and whoever sent a value must take it back.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use crate::clipboard::{self, Clipboard, Copy, News, Route};
use crate::error::{Error, Result};
use crate::vault::Release;
use crate::vault::audit::AuditAction;
use crate::vault::secret::Secret;
use crate::vault::when::parse_duration;

use super::call::Call;
use super::release::ReleaseArgs;
use super::times::clock;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom copy STRIPE_KEY --env production
  strongroom copy production/DB --field username
  strongroom copy production/DB --clear-after 10s --reason migration

It stays until the value is taken away again; Ctrl-C does so at once. Over SSH
the value goes to your own terminal (OSC 52), which answers nothing: whether it
took it, and gave it up, cannot be known.";

/// Longest time on the clipboard.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// How long the clipboard may take to be cleared.
const PATIENCE: Duration = Duration::from_secs(2);
/// A stop would leave the value where it is, so it ends the copy as Ctrl-C does.
const CAUGHT: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// Which value to copy, and for how long.
#[derive(Args)]
pub(super) struct CopyArgs {
    #[command(flatten)]
    release: ReleaseArgs,
    /// How long it stays on the clipboard, 1s to 1h [default: 30s, over OSC 52 20s]
    #[arg(long, value_name = "DURATION")]
    clear_after: Option<String>,
}

/// What the waiting loop hears.
enum Heard {
    News(News),
    Signal(i32),
}

/// Copies, waits, clears; gives the exit code.
pub(super) fn run(call: &Call, args: &CopyArgs) -> Result<u8> {
    let route = Route::detect(|name| std::env::var(name).ok());
    let clear_after = match &args.clear_after {
        Some(text) => period(text)?,
        None => call.config.clear_after.unwrap_or(route.usual_lease()),
    };
    let terminal = terminal_for(route)?;
    let mut vault = call.open()?;
    let secret = args.release.find(call, &mut vault, Release::Copy)?;
    // Whoever ends this from now on clears the clipboard.
    let (sender, heard) = channel();
    catch(sender.clone())?;
    let value = args.release.take(&mut vault, &secret, Release::Copy)?;
    let mut clipboard = clipboard::open(route, announce(sender), send(terminal));
    clipboard.copy(Copy { address: Some(secret.address.clone()), value, clear_after }, Instant::now());
    let waiting = Waiting { call, route, secret: &secret, clear_after };
    waiting.until_gone(clipboard.as_mut(), &heard).inspect_err(|error| {
        // The record says that it was copied; this one, that it did not arrive.
        let _ = vault.note(AuditAction::Copy, Some(secret.id), &args.release.reason, Some(error.message()));
    })
}

fn period(text: &str) -> Result<Duration> {
    let period = parse_duration(text)?.unsigned_abs();
    if period.is_zero() || period > LONGEST {
        return Err(Error::usage("A value stays on the clipboard for at least 1s and at most 1h."));
    }
    Ok(period)
}

/// The terminal that OSC 52 goes to; standard output may be a file or a pipe.
fn terminal_for(route: Route) -> Result<Option<File>> {
    let nowhere = || {
        Err(Error::busy("No clipboard can be reached from here.")
            .hint("Print the value with `strongroom reveal`, or hand it to a program with `strongroom run`."))
    };
    match route {
        Route::X11 | Route::ForwardedX11 | Route::Wayland => Ok(None),
        Route::Osc52 { .. } => {
            OpenOptions::new().write(true).open("/dev/tty").map_or_else(|_| nowhere(), |tty| Ok(Some(tty)))
        }
        Route::None => nowhere(),
    }
}

/// Has signals heard instead of obeyed.
fn catch(sender: Sender<Heard>) -> Result<()> {
    let mut signals = Signals::new(CAUGHT)
        .map_err(|error| Error::failure(format!("Signals cannot be caught: {error}. Nothing was copied.")))?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if sender.send(Heard::Signal(signal)).is_err() {
                break;
            }
        }
    });
    Ok(())
}

fn announce(sender: Sender<Heard>) -> clipboard::Announce {
    Box::new(move |news| {
        let _ = sender.send(Heard::News(news));
    })
}

/// What a terminal that went away does not take any more is lost with it.
fn send(terminal: Option<File>) -> clipboard::Send52 {
    Box::new(move |sequence| {
        if let Some(mut terminal) = terminal.as_ref() {
            let _ = terminal.write_all(sequence.expose());
        }
    })
}

/// A value on its way to the clipboard and back.
struct Waiting<'a> {
    call: &'a Call,
    route: Route,
    secret: &'a Secret,
    clear_after: Duration,
}

impl Waiting<'_> {
    /// Waits until the value is gone; gives the exit code.
    fn until_gone(&self, clipboard: &mut dyn Clipboard, heard: &Receiver<Heard>) -> Result<u8> {
        let (mut code, mut clear_by) = (0, None);
        loop {
            let deadline = [clipboard.next_deadline(), clear_by].into_iter().flatten().min();
            let next = match deadline {
                Some(at) => heard.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(Heard::News(News::Sent { .. })) => self.tell_sent(),
                Ok(Heard::News(News::Cleared)) => return self.end("cleared", code),
                Ok(Heard::News(News::Replaced)) => return self.end("replaced", code),
                Ok(Heard::News(News::Failed(error))) => return Err(unreachable(error)),
                Ok(Heard::Signal(signal)) => {
                    code = exit_code(signal);
                    clear_by = clear_by.or_else(|| Instant::now().checked_add(PATIENCE));
                    clipboard.clear();
                }
                Err(_) if clear_by.is_some_and(|by| by <= Instant::now()) => return self.end("unknown", code),
                Err(RecvTimeoutError::Timeout) => clipboard.poll(Instant::now()),
                Err(RecvTimeoutError::Disconnected) => return self.end("unknown", code),
            }
        }
    }

    fn tell_sent(&self) {
        let until = jiff::Timestamp::now().checked_add(self.clear_after).map(clock).unwrap_or_default();
        let what = if self.route.confirms() { "Copied" } else { "Sent" };
        let (route, seconds) = (self.route.name(), self.clear_after.as_secs());
        self.call.output.note(&format!(
            "{what} {} to the {route}, cleared in {seconds} s, at {until}. Ctrl-C clears it now.",
            self.secret.address
        ));
    }

    /// Says what became of it.
    fn end(&self, outcome: &'static str, code: u8) -> Result<u8> {
        let confirmed = self.route.confirms();
        self.call.output.note(match outcome {
            "cleared" if confirmed => "Cleared.",
            "cleared" => "Sent the order to clear it; the terminal does not say whether it did.",
            "replaced" => "Something else was copied meanwhile; it was left alone.",
            _ => "Whether it was cleared cannot be known: the clipboard does not answer.",
        });
        if self.call.output.json {
            self.call.output.print_json(&json!({
                "name": self.secret.address.name.as_str(),
                "scope": self.secret.address.scope.to_string(),
                "route": self.route.name(),
                "confirmed": confirmed,
                "clear_after": self.clear_after.as_secs(),
                "outcome": outcome,
            }))?;
        }
        Ok(code)
    }
}

/// Ctrl-C, Ctrl-\ and Ctrl-Z are the operator's wish to have it cleared now; whoever
/// ends the program from elsewhere hears that it was ended.
fn exit_code(signal: i32) -> u8 {
    match signal {
        SIGTERM | SIGHUP => u8::try_from(128 + signal).unwrap_or(1),
        _ => 0,
    }
}

/// The clipboard's error; its hint speaks to who sits at the screen.
fn unreachable(error: Error) -> Error {
    Error::new(error.kind(), error.message())
        .hint("Print the value with `strongroom reveal`, or hand it to a program with `strongroom run`.")
}
