//! Programs from the settings that set and clear a clipboard: started directly, without a
//! shell, with the value on standard input and nothing of our environment but what reaches
//! a display.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::config::ClipboardSettings;
use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::lease::Lease;
use super::surroundings::Surroundings;
use super::watchdog::{Over, Watchdog};

/// How long a program may take.
const WITHIN: Duration = Duration::from_millis(1500);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a program has set.
struct Set {
    /// What clears it; the copying program with an empty value where none is named.
    clear: Vec<String>,
    variables: Vec<(String, String)>,
    watchdog: Watchdog,
}

/// Hands `value` to the copying program.
///
/// # Errors
/// Busy, when it cannot be started, fails, or takes too long.
pub(super) fn set(value: &SecretText, settings: &ClipboardSettings, at: &Surroundings) -> Result<Box<dyn Lease>> {
    let variables = variables(at);
    let line = if settings.clear_command.is_empty() { &settings.copy_command } else { &settings.clear_command };
    // Before the value is anywhere.
    let watchdog = Watchdog::start(&Over::Command(line.clone()), &variables);
    let mut set = Set { clear: line.clone(), variables, watchdog };
    if let Err(error) = run(&settings.copy_command, &set.variables, value) {
        // It may have kept the value all the same.
        let _ = set.clear();
        return Err(error);
    }
    Ok(Box::new(set))
}

/// Clears what a program has set, as `line` says, for one that is gone; of the environment it
/// gets what any of these programs gets.
///
/// # Errors
/// Busy, when it cannot be started, fails, or takes too long.
pub(super) fn clear(line: &[String]) -> Result<()> {
    let at = Surroundings::new(|name| std::env::var(name).ok(), false);
    run(line, &variables(&at), &SecretText::new())
}

impl Lease for Set {
    fn clear(&mut self) -> Result<()> {
        run(&self.clear, &self.variables, &SecretText::new()).map_err(|error| {
            Error::busy(format!("The clipboard was not cleared: {}", error.message()))
                .hint("The value may be there still: copy something else.")
        })?;
        self.watchdog.dismiss();
        Ok(())
    }

    fn forget(&mut self) {
        self.watchdog.dismiss();
    }
}

/// Where programs are looked for and what reaches the display. `wl-copy` writes what it gets
/// into a temporary file: so that lies in memory.
fn variables(at: &Surroundings) -> Vec<(String, String)> {
    let display = at.display_variables();
    let temporary = at.get("XDG_RUNTIME_DIR").map(|folder| ("TMPDIR", folder));
    let path = std::env::var("PATH").ok().map(|path| ("PATH".to_owned(), path));
    let own = display.into_iter().chain(temporary).map(|(name, value)| (name.to_owned(), value.to_owned()));
    path.into_iter().chain(own).collect()
}

/// Runs a program to its end, or no longer than [`WITHIN`].
fn run(line: &[String], variables: &[(String, String)], input: &SecretText) -> Result<()> {
    let Some((program, arguments)) = line.split_first() else { return Ok(()) };
    let failed = |cause: String| Error::busy(format!("{program}: {cause}."));
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir("/")
        .stdin(Stdio::piped())
        // Some stay in the background to hold the value, and would keep a pipe of ours.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let writing = child.stdin.take().map(|mut to| {
        let input = input.duplicate();
        std::thread::spawn(move || {
            let _ = to.write_all(input.expose());
        })
    });
    let end = Instant::now() + WITHIN;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(LOOK_EVERY),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("it did not end within {:.1} s and was stopped", WITHIN.as_secs_f32())));
            }
        }
    };
    if let Some(writing) = writing {
        let _ = writing.join();
    }
    if status.success() { Ok(()) } else { Err(failed(format!("it failed with {status}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|word| (*word).to_owned()).collect()
    }

    fn path() -> Vec<(String, String)> {
        variables(&Surroundings::new(|_| None, false))
    }

    #[test]
    fn the_value_arrives_on_standard_input_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("got");
        let value: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        run(&words(&["tee", file.to_str().unwrap()]), &path(), &SecretText::copied_from(&value)).unwrap();
        assert_eq!(std::fs::read(file).unwrap(), value);
    }

    #[test]
    fn a_program_gets_nothing_of_our_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("environment");
        let line = format!("env > '{}'", file.display());
        let at = Surroundings::new(
            |name| match name {
                "XDG_RUNTIME_DIR" | "HOME" => Some("/run/x".to_owned()),
                _ => None,
            },
            false,
        );
        run(&words(&["sh", "-c", &line]), &variables(&at), &SecretText::new()).unwrap();
        let seen = std::fs::read_to_string(file).unwrap();
        let mut names: Vec<&str> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        names.retain(|name| !matches!(*name, "PWD" | "SHLVL" | "_" | "OLDPWD"));
        names.sort_unstable();
        assert_eq!(names, ["HOME", "PATH", "TMPDIR", "XDG_RUNTIME_DIR"]);
    }

    #[test]
    fn what_fails_hangs_or_is_not_there_is_said() {
        let message =
            |line: &[&str]| run(&words(line), &path(), &SecretText::new()).err().unwrap().message().to_owned();
        assert!(message(&["no-such-program-here"]).contains("cannot be started"));
        assert!(message(&["false"]).contains("failed"));
        let start = Instant::now();
        assert!(message(&["sleep", "60"]).contains("did not end"));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_program_that_reads_nothing_holds_nothing_up() {
        run(&words(&["true"]), &path(), &SecretText::from(vec![b'x'; 1 << 20])).unwrap();
    }
}
