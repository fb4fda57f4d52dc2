//! `copy`: a value to the operator's clipboard, and away from it again. On a desktop a
//! process of its own sees to that; what was sent to a terminal is taken back from here.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use crate::clipboard::{self, Clipboard, Copy, News, Route, What};
use crate::config::{ClipboardSettings, OnExit, RouteChoice, limited};
use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::vault::Release;
use crate::vault::audit::AuditAction;
use crate::vault::secret::Secret;

use super::call::Call;
use super::release::ReleaseArgs;
use super::times::clock;

mod pane;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom copy STRIPE_KEY --env production
  strongroom copy production/DB --field username
  strongroom copy production/DB --clear-after 10s --reason migration
  strongroom copy production/DB --via osc52
  strongroom copy production/DB --otp          a one-time code
  strongroom copy production/DB --pane {last}

On a desktop it ends at once, and the value is taken away when its time is up.
What goes to a terminal (over SSH, in tmux) it stays for; Ctrl-C clears that now.
A terminal answers nothing: whether it took the value, and gave it up, cannot be
known.";

/// How long the clipboard may take to be cleared.
const PATIENCE: Duration = Duration::from_secs(2);
/// A stop would leave the value where it is, so it ends the copy as Ctrl-C does.
const CAUGHT: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// Which value to copy, and for how long.
#[derive(Args)]
pub(super) struct CopyArgs {
    #[command(flatten)]
    release: ReleaseArgs,
    /// How long it stays on the clipboard, 1s to 1h [default: 30s, by a terminal 20s]
    #[arg(long, value_name = "DURATION")]
    clear_after: Option<String>,
    /// The way to the clipboard, instead of the one that works best from here
    #[arg(long, value_name = "ROUTE")]
    via: Option<RouteChoice>,
    /// Into this pane of tmux, not to the clipboard: %3, main:1.0, {last}
    #[arg(long, value_name = "PANE", conflicts_with_all = ["clear_after", "via"])]
    pane: Option<String>,
}

/// What the waiting loop hears.
enum Heard {
    News(News),
    Signal(i32),
}

/// Copies, waits, clears; gives the exit code.
pub(super) fn run(call: &Call, args: &CopyArgs) -> Result<u8> {
    if let Some(named) = &args.pane {
        return pane::run(call, &args.release, named);
    }
    let settings = settings(call, args)?;
    let terminal = OpenOptions::new().write(true).open("/dev/tty").ok();
    let at = clipboard::Surroundings::now(terminal.is_some());
    if at.routes(&settings).is_empty() {
        return Err(with_other_ways(&clipboard::nowhere(at.passed_over(&settings))));
    }
    let mut vault = call.open()?;
    let secret = args.release.find(call, &mut vault, Release::Copy)?;
    // Whoever ends this from now on clears the clipboard.
    let (sender, heard) = channel();
    catch(sender.clone())?;
    let value = args.release.take(call, &mut vault, &secret, Release::Copy, |wait| pause(&heard, wait))?;
    let clipboard = Clipboard::new(settings, announce(sender), terminal.map(send));
    clipboard.copy(Copy { what: What::Secret(secret.address.clone()), value });
    let waiting = Waiting { call, secret: &secret, told: args.release.told(&secret, call.now) };
    waiting.until_gone(&clipboard, &heard).inspect_err(|error| {
        // The record says that it was copied; this one, that it did not arrive.
        let _ = vault.note(AuditAction::Copy, Some(secret.id), &args.release.reason, Some(error.message()));
    })
}

/// What is settled, with what the line says over it. Nobody waits here for a desktop's
/// clipboard: it is cleared when its time is up.
fn settings(call: &Call, args: &CopyArgs) -> Result<ClipboardSettings> {
    let mut settings = call.config.clipboard.clone();
    settings.on_exit = OnExit::Keep;
    if let Some(text) = &args.clear_after {
        settings.clear_after = Some(limited(text)?);
    }
    settings.route = args.via.unwrap_or(settings.route);
    if settings.route == RouteChoice::Command && settings.copy_command.is_empty() {
        return Err(Error::usage("The settings name no command to copy with.")
            .hint("Give `copy_command` in the table [clipboard] of the settings."));
    }
    Ok(settings)
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

/// Waits with nothing given out yet, so that a signal ends it.
fn pause(heard: &Receiver<Heard>, wait: Duration) -> Result<()> {
    match heard.recv_timeout(wait) {
        Ok(Heard::Signal(signal)) => Err(Error::failure("It was ended before the code came; nothing was copied.")
            .exits(u8::try_from(128 + signal).unwrap_or(1))),
        _ => Ok(()),
    }
}

fn announce(sender: Sender<Heard>) -> clipboard::Announce {
    Box::new(move |news| {
        let _ = sender.send(Heard::News(news));
    })
}

/// What a terminal that went away does not take any more is lost with it.
fn send(terminal: File) -> clipboard::SendSequence {
    Box::new(move |sequence: SecretText| {
        let _ = (&terminal).write_all(sequence.expose());
    })
}

/// A value on its way to the clipboard and back.
struct Waiting<'a> {
    call: &'a Call,
    secret: &'a Secret,
    /// What is copied, for people.
    told: String,
}

/// What was sent, and where.
#[derive(Clone, Copy)]
struct Sent {
    route: Route,
    clear_after: Duration,
}

impl Waiting<'_> {
    /// Waits until the value is gone, or somebody else sees to that; gives the exit code.
    fn until_gone(&self, clipboard: &Clipboard, heard: &Receiver<Heard>) -> Result<u8> {
        let (mut code, mut clear_by, mut sent) = (0, None, None);
        loop {
            let next = match clear_by {
                Some(at) => heard.recv_timeout(at_most(at)).ok(),
                None => heard.recv().ok(),
            };
            match next {
                Some(Heard::News(News::Sent { route, clear_after, failed, .. })) => {
                    failed.iter().for_each(|failed| self.call.output.note(failed));
                    let now = Sent { route, clear_after };
                    self.tell_sent(now);
                    if route.outlives_us() && clear_by.is_none() {
                        return self.end("copied", Some(now), code);
                    }
                    sent = Some(now);
                }
                Some(Heard::News(News::Cleared(_) | News::Kept)) => return self.end("cleared", sent, code),
                Some(Heard::News(News::ClearPending(_))) => return self.end("pending", sent, code),
                Some(Heard::News(News::ClearFailed(error))) => return Err(error),
                Some(Heard::News(News::Replaced)) => return self.end("replaced", sent, code),
                Some(Heard::News(News::Failed(error))) => return Err(with_other_ways(&error)),
                Some(Heard::Signal(signal)) => {
                    code = exit_code(signal);
                    clear_by = clear_by.or_else(|| Instant::now().checked_add(PATIENCE));
                    clipboard.clear(true);
                }
                None if sent.is_none() => return self.end("nothing", sent, code),
                None => return self.end("unknown", sent, code),
            }
        }
    }

    fn tell_sent(&self, sent: Sent) {
        let Sent { route, clear_after } = sent;
        let until = jiff::Timestamp::now().checked_add(clear_after).map(clock).unwrap_or_default();
        let what = if route.confirms() { "Copied" } else { "Sent" };
        let (name, seconds) = (route.name(), clear_after.as_secs());
        let now = if route.outlives_us() { "" } else { " Ctrl-C clears it now." };
        self.call.output.note(&format!("{what} {} to the {name}, cleared in {seconds} s, at {until}.{now}", self.told));
    }

    /// Says what became of it.
    fn end(&self, outcome: &'static str, sent: Option<Sent>, code: u8) -> Result<u8> {
        let confirmed = sent.is_some_and(|sent| sent.route.confirms());
        match outcome {
            "copied" => {}
            "nothing" => self.call.output.note("Nothing was copied."),
            "cleared" if confirmed => self.call.output.note("Cleared."),
            "cleared" => {
                self.call.output.note("Asked to clear it; whether that was done nobody says.");
            }
            "pending" => self.call.output.note(
                "Clearing was asked for and may not have been heard: a terminal that nobody looks at can ignore it. \
                 Copy something else to be sure.",
            ),
            "replaced" => self.call.output.note("Something else was copied meanwhile; it was left alone."),
            _ => self.call.output.note("Whether it was cleared cannot be known: the clipboard does not answer."),
        }
        if self.call.output.json {
            self.call.output.print_json(&json!({
                "name": self.secret.address.name.as_str(),
                "scope": self.secret.address.scope.to_string(),
                "route": sent.map(|sent| sent.route.name()),
                "confirmed": confirmed,
                "clear_after": sent.map(|sent| sent.clear_after.as_secs()),
                "outcome": if outcome == "cleared" && !confirmed { "asked" } else { outcome },
            }))?;
        }
        Ok(code)
    }
}

fn at_most(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// Ctrl-C, Ctrl-\ and Ctrl-Z are the operator's wish to have it cleared now; whoever
/// ends the program from elsewhere hears that it was ended.
fn exit_code(signal: i32) -> u8 {
    match signal {
        SIGTERM | SIGHUP => u8::try_from(128 + signal).unwrap_or(1),
        _ => 0,
    }
}

/// The clipboard's error, with what can be done instead.
fn with_other_ways(error: &Error) -> Error {
    Error::new(error.kind(), error.message())
        .detailed(error.details().to_vec())
        .hint("Print the value with `strongroom reveal`, or hand it to a program with `strongroom run`.")
}
