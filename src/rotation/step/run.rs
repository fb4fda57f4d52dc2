//! [`run`]: our side of a step that runs.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::inject::environment::Inherited;
use crate::secret_text::SecretText;
use crate::session::ourselves::ourselves;
use crate::session::process;

use super::super::make;
use super::shown::last_lines;
use super::wire::{Order, Outcome, Report};
use super::{Cancel, How, Prepared, SUPERVISE, StepEnd};

/// A supervisor that has not answered so long after the program's time is dead or stopped.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same after it was told to end the program.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether that is so.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The most that a supervisor says: two outputs and some numbers.
const MOST: usize = 3 * 1024 * 1024;

/// Runs a step to its end, however it ends; another thread may cancel it.
#[must_use]
pub fn run(prepared: Prepared, cancel: &Cancel) -> StepEnd {
    run_by(ourselves(SUPERVISE, [] as [&str; 0]), prepared, cancel)
}

/// As [`run`], by a command that calls [`super::take_part`]: for a test, which is not this program.
#[must_use]
pub fn run_by(supervisor: Command, prepared: Prepared, cancel: &Cancel) -> StepEnd {
    let began = Instant::now();
    let printed_as = prepared.printed.clone();
    let (heard, mut masked) = supervised(supervisor, prepared, cancel);
    cancel.let_go();
    let took = began.elapsed();
    let (how, printed, said) = match heard {
        Ok(Some(report)) => (how(report.how), report.printed, report.said),
        Ok(None) if cancel.is_cancelled() => (How::Cancelled, SecretText::new(), SecretText::new()),
        Ok(None) => (How::Lost, SecretText::new(), SecretText::new()),
        Err(error) => (How::NotStarted(error), SecretText::new(), SecretText::new()),
    };
    if let Some(printed_as) = &printed_as {
        let made = make::printed(printed_as, &printed).unwrap_or_default();
        masked.extend(made.iter().map(|(_, value)| value.duplicate()));
        masked.push(printed.duplicate());
    }
    let shown = last_lines(&said, &masked, how == How::WroteTooMuch)
        .unwrap_or_else(|_| "(It cannot be masked, so it is not shown.)".into());
    StepEnd { how, took, shown, printed }
}

fn how(outcome: Outcome) -> How {
    match outcome {
        Outcome::Exited(code) => How::Exited(code),
        Outcome::Signalled(signal) => How::Signalled(signal),
        Outcome::TimedOut => How::TimedOut,
        Outcome::WroteTooMuch => How::WroteTooMuch,
        Outcome::Cancelled => How::Cancelled,
        Outcome::NotStarted(why) => How::NotStarted(Error::failure(why)),
    }
}

/// Has it run: what the supervisor says at the end, `None` when it says nothing; and what to mask.
fn supervised(command: Command, prepared: Prepared, cancel: &Cancel) -> (Result<Option<Report>>, Vec<SecretText>) {
    let Prepared { program, timeout, stdin, fd, env, masked, printed } = prepared;
    if cancel.is_cancelled() {
        return (Ok(None), masked);
    }
    let order = Order {
        words: program.words().map(|word| word.as_bytes().to_vec()).collect(),
        timeout,
        umask: process::mask_before().bits(),
        takes_output: printed.is_some(),
        stdin,
        fd,
        env: env.into_iter().map(|(name, value)| (name.into_bytes(), value)).collect(),
    };
    let heard = start(command).map_err(|error| unstarted(&error)).map(|(mut child, output)| {
        let report = converse(&mut child, output, &order, cancel);
        let _ = child.wait();
        report
    });
    (heard, masked)
}

fn start(mut command: Command) -> io::Result<(Child, ChildStdout)> {
    // What others opened carelessly must be neither inherited nor in the place of a descriptor.
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let mut child = command
        .env_clear()
        .envs(Inherited::of(std::env::vars_os(), false).variables())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = child.stdout.take().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
    Ok((child, output))
}

/// Says what is to be done, and hears how it ended.
fn converse(child: &mut Child, output: ChildStdout, order: &Order, cancel: &Cancel) -> Option<Report> {
    let mut input = child.stdin.take()?;
    let written = order.written();
    let length = u64::try_from(written.len()).unwrap_or(u64::MAX);
    // One that does not hear it ends, which is heard below.
    let _ = input.write_all(&length.to_be_bytes()).and_then(|()| input.write_all(written.expose()));
    drop(written);
    cancel.hold(input);
    let mut heard = Hearing { output, said: SecretText::new() };
    heard.until_end(Instant::now() + order.timeout + PATIENCE, cancel);
    let (group, report) = heard.said.expose().split_first_chunk::<8>()?;
    let report = Report::read(report);
    if report.is_none() {
        // Nobody watches over the program any more.
        let _ = child.kill();
        kill(u64::from_be_bytes(*group));
    }
    report
}

/// Kills what is left of a group.
fn kill(group: u64) {
    let group = i32::try_from(group).ok().and_then(Pid::from_raw);
    if let Some(group) = group.filter(|group| *group != Pid::INIT) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// What the supervisor says.
struct Hearing {
    output: ChildStdout,
    said: SecretText,
}

impl Hearing {
    /// Until it has said all, or is given up.
    fn until_end(&mut self, latest: Instant, cancel: &Cancel) {
        let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
        loop {
            let is_late = cancel.since().is_some_and(|since| since.elapsed() > CANCEL_PATIENCE);
            if is_late || Instant::now() > latest || self.said.len() > MOST {
                return;
            }
            let mut places = [PollFd::from_borrowed_fd(self.output.as_fd(), PollFlags::IN)];
            if let Ok(0) = poll(&mut places, Timespec::try_from(LOOK_EVERY).ok().as_ref()) {
                continue;
            }
            match self.output.read(&mut chunk) {
                Ok(0) => return,
                Ok(count) => self.said.push(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

fn unstarted(error: &io::Error) -> Error {
    Error::failure(format!("The step cannot be started: {error}.")).hint("Nothing was started. Try once more.")
}
