//! A rotation driven to its end on the command line: every step is told before and after,
//! and an interrupt ends the step that runs and goes back.

use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use crate::error::{Error, Result};
use crate::rotation::drive::{Advance, Drive, Outcome, Running, Told};
use crate::rotation::recipe::command_line;
use crate::rotation::step::{self, Cancel, How, StepEnd};
use crate::secret_text::SecretText;
use crate::tui::text::printable;
use crate::vault::Vault;
use crate::vault::rotation as kept;
use crate::vault::scope::Address;

use super::super::call::Call;
use super::super::shapes;

/// So many lines of what a failed step wrote are told: the last ones.
const MOST_LINES: usize = 12;

/// What a rotation came to, and by which steps.
pub(in crate::cli) struct Driven {
    /// To leave nothing open was all that was asked.
    pub(in crate::cli) settles: bool,
    pub(in crate::cli) outcome: Outcome,
    pub(in crate::cli) steps: Vec<Told>,
    /// The signal by which somebody had enough.
    pub(in crate::cli) interrupted: Option<i32>,
}

/// Drives to the end.
///
/// # Errors
/// Those of the vault; how far the rotation came is in its journal.
pub(in crate::cli) fn drive(call: &Call, vault: &mut Vault, drive: &mut Drive) -> Result<Driven> {
    drive_with(call, vault, drive, &Interrupts::catch()?)
}

/// As [`drive`], for one of many.
///
/// # Errors
/// As [`drive`].
pub(in crate::cli) fn drive_with(
    call: &Call,
    vault: &mut Vault,
    drive: &mut Drive,
    interrupts: &Interrupts,
) -> Result<Driven> {
    let mut steps: Vec<Told> = Vec::new();
    interrupts.are_about(Some(drive.address()));
    loop {
        match drive.advance(vault)? {
            Advance::Done(outcome) => {
                interrupts.are_about(None);
                let interrupted = interrupts.signal();
                return Ok(Driven { settles: drive.settles(), outcome: *outcome, steps, interrupted });
            }
            Advance::Step(running) => {
                let (kind, turn) = (running.kind, running.turn());
                announce(call, drive, &running, &steps);
                // What came between two steps ends the next one; the way back is still gone.
                let was_heard = steps.iter().any(|told| told.done.end == kept::StepEnd::Cancelled);
                let cancel = interrupts.begin(was_heard);
                let ended = run(*running, &cancel);
                let told = drive.ended(vault, kind, turn, ended)?;
                tell(call, &told);
                steps.push(told);
            }
        }
    }
}

/// Says what is run, whole the first time, and why what seems needless is not.
fn announce(call: &Call, drive: &Drive, running: &Running, before: &[Told]) {
    let word = running.kind.word();
    let sends_again = (running.kind, running.of) == (kept::StepKind::Apply, kept::Which::Current)
        && before.last().is_some_and(|told| told.done.tries_current() && told.done.end.is_good());
    if sends_again {
        call.output.note("What was sent before may still arrive, so the current value is sent again behind it.");
    }
    match drive.recipe().and_then(|recipe| recipe.step(running.kind)).map(command_line) {
        Some(_) if before.iter().any(|told| told.done.kind == running.kind) => {
            call.output.note(&format!("{word}: the same program, with the {} value", running.of.word()));
        }
        Some(line) => call.output.note(&format!("{word}: {}", line.line)),
        None => {}
    }
}

fn run(running: Running, cancel: &Cancel) -> StepEnd {
    match running.program {
        Ok(prepared) => step::run(prepared, cancel),
        Err(error) => StepEnd {
            how: How::NotStarted(error),
            took: std::time::Duration::ZERO,
            shown: String::new(),
            printed: SecretText::new(),
        },
    }
}

fn tell(call: &Call, told: &Told) {
    let mut line = match told.as_meant && !told.done.end.is_good() {
        true => "  the current value is refused now, as it should be".to_owned(),
        false => format!("  {}", told.done),
    };
    if let Some(error) = &told.error {
        line = format!("{line}: {}", error.in_full());
    }
    call.output.note(&line);
    if !told.as_meant {
        let lines: Vec<&str> = told.shown.lines().collect();
        let last = &lines[lines.len().saturating_sub(MOST_LINES)..];
        if last.len() < lines.len() {
            call.output.note(&format!("  | … {} lines before", lines.len() - last.len()));
        }
        last.iter().for_each(|shown| call.output.note(&format!("  | {}", printable(shown))));
    }
    if let Some(warning) = told.warning {
        call.output.warn(warning);
    }
}

impl Driven {
    /// Says where things stand; what did not come to its goal is an error.
    ///
    /// # Errors
    /// Failure, when the pending version had to go, or nobody knows where things stand.
    pub(in crate::cli) fn report(&self, call: &Call) -> Result<()> {
        if call.output.json {
            call.output.print_json(&self.shape(call))?;
        }
        match self.failure() {
            Some(error) => Err(error),
            None => {
                if matches!(self.outcome, Outcome::Promoted(_) | Outcome::PromotedWorking(_)) {
                    super::warn_expired(call, self.outcome.secret());
                }
                call.output.note(&self.outcome.told());
                Ok(())
            }
        }
    }

    /// What kept it from its goal, and where things stand.
    pub(in crate::cli) fn failure(&self) -> Option<Error> {
        let failed = self.steps.iter().find(|told| !told.as_meant);
        let hint = match &self.outcome {
            Outcome::NotMade(_) | Outcome::Aborted(_) if failed.is_some() && !self.settles => match self.interrupted {
                Some(_) => "Nothing is left to be done; rotate again when you like.",
                None => "Mend the cause, then rotate again.",
            },
            Outcome::Refused(_) if self.interrupted.is_some() => "Go on with --resume, or give it up with --abort.",
            Outcome::Refused(_) => {
                "Mend the cause, then use --resume; or --resume --force, if it is to be told all the same; or --abort."
            }
            Outcome::Unsettled(_) => {
                "Look at the far side, then use --promote --by-hand or --abort --by-hand, or try --resume."
            }
            Outcome::NotRetired(_) => "Mend the cause, then use --retire again; or --retire --by-hand when it is done.",
            _ => return None,
        };
        let cause = failed.map_or_else(String::new, |told| format!("The {}. ", told.done));
        let told = match (&self.outcome, self.interrupted) {
            (Outcome::Refused(secret), Some(_)) => {
                format!("The far side was told nothing. The pending version of {} stays staged.", secret.address)
            }
            _ => self.outcome.told(),
        };
        let error = Error::failure(format!("{cause}{told}")).hint(hint);
        Some(match self.interrupted {
            Some(signal) => error.exits(code_of(signal)),
            None => error,
        })
    }

    fn shape(&self, call: &Call) -> Value {
        let mut value = shapes::secret(self.outcome.secret(), call.now);
        value["outcome"] = word(&self.outcome).into();
        value["steps"] = self.steps.iter().map(step).collect();
        value["warnings"] = json!(self.steps.iter().filter_map(|told| told.warning).collect::<Vec<_>>());
        value
    }
}

/// A step, and of one that failed why, and what its program said, masked.
fn step(told: &Told) -> Value {
    let mut value = shapes::step(&told.done);
    if !told.as_meant {
        value["output"] = told.shown.as_str().into();
        value["error"] = told.error.as_ref().map(Error::in_full).into();
    }
    value
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ready(secret) if secret.is_verified() => "verified",
        Outcome::Ready(_) => "staged",
        Outcome::Refused(_) => "refused",
        Outcome::Promoted(_) | Outcome::PromotedWorking(_) => "promoted",
        Outcome::NotMade(_) => "not_made",
        Outcome::Aborted(_) => "aborted",
        Outcome::Unsettled(_) => "unsettled",
        Outcome::Retired(_) => "retired",
        Outcome::NotRetired(_) => "not_retired",
    }
}

/// What shells see of whoever ended by a signal.
pub(in crate::cli) fn code_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(1)
}

/// Signals that end the step that runs, rather than us: the way back is still to be gone.
pub(in crate::cli) struct Interrupts {
    heard: Arc<Heard>,
    signals: Handle,
}

/// What the thread that hears signals shares with the one that drives.
#[derive(Default)]
struct Heard {
    running: Mutex<Cancel>,
    /// What is being rotated.
    about: Mutex<Option<Address>>,
    /// The first that came; 0 for none.
    signal: AtomicI32,
}

impl Heard {
    fn hear(&self, signal: i32) {
        let is_first = self.signal.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !is_first && let Some(address) = locked(&self.about).as_ref() {
            // Twice means now. The journal knows how far it came.
            let told = format!("Going back was cut off. strongroom rotate {address} --resume goes on with it.");
            let _ = writeln!(std::io::stderr(), "strongroom: {told}");
        }
        locked(&self.running).cancel();
        if !is_first {
            std::process::exit(code_of(signal).into());
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interrupts {
    /// Catches them from now on.
    ///
    /// # Errors
    /// Failure, when the system does not let us.
    pub(in crate::cli) fn catch() -> Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
            .map_err(|error| Error::failure(format!("Signals cannot be caught: {error}. Nothing was started.")))?;
        let (handle, heard) = (signals.handle(), Arc::new(Heard::default()));
        let hearing = Arc::clone(&heard);
        std::thread::Builder::new()
            .name("interrupts".into())
            .spawn(move || signals.forever().for_each(|signal| hearing.hear(signal)))
            .map_err(|error| Error::failure(format!("A thread could not be started: {error}.")))?;
        Ok(Self { heard, signals: handle })
    }

    /// The signal by which somebody had enough, if one came.
    pub(in crate::cli) fn signal(&self) -> Option<i32> {
        Some(self.heard.signal.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    /// True once somebody has had enough.
    pub(in crate::cli) fn have_come(&self) -> bool {
        self.signal().is_some()
    }

    /// What is left halfway by whoever insists.
    fn are_about(&self, address: Option<&Address>) {
        *locked(&self.heard.about) = address.cloned();
    }

    /// What ends the step that begins now; before it begins, where a signal has come that
    /// `was_heard` by no step.
    fn begin(&self, was_heard: bool) -> Cancel {
        let cancel = Cancel::new();
        *locked(&self.heard.running) = cancel.clone();
        // Only now: one that came a moment ago has ended the step before.
        if self.have_come() && !was_heard {
            cancel.cancel();
        }
        cancel
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.signals.close();
    }
}
