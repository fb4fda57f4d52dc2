//! The holder's own side: takes the value, owns the clipboard until the time is up, its
//! starter says so, or somebody else copies something.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTSTP};

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::session::boot_clock;

use super::others::Others;
use super::selection::{Look, Owned, Selection, Shelf};
use super::{CLEAR, Ended, KEEP, PROBE, READY};

/// How often the clipboard is asked whether it is still ours.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A clipboard manager that takes a value over needs a moment between losing and having it.
const TAKING_OVER: Duration = Duration::from_millis(150);
/// After we have left, managers are given so long to offer the value again, so many times.
const REPAIR_EVERY: Duration = Duration::from_millis(400);
const REPAIRS: usize = 5;
/// Looks in a row that find nothing of ours, and it is over.
const CLEAN: usize = 2;
/// No value of a vault is longer.
const LONGEST: usize = 1024 * 1024;

/// What the starter has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Clear,
    Keep,
    /// It is gone.
    End,
}

/// Does what the hidden argument asks for: `words` are those behind it.
///
/// # Errors
/// Usage, for anything but what [`super::hold`] says.
pub(in crate::clipboard) fn serve(words: &[String]) -> Result<u8> {
    part_from_the_terminal();
    if let [route, PROBE] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        let shelf = Shelf::read(route, false, false).ok_or_else(no_command)?;
        say(&shelf.probe().map_or_else(|cause| format!("ERR {cause}"), |()| READY.to_owned()));
        return Ok(0);
    }
    let order = Order::read(words).ok_or_else(no_command)?;
    let mut input = BufReader::new(std::io::stdin());
    let value = take(&mut input).ok_or_else(|| Error::usage("No value was given."))?;
    // No swap either, where that is allowed.
    let _ = rustix::mm::mlockall(rustix::mm::MlockAllFlags::CURRENT);
    let mut held = match order.shelf.own(&value) {
        Ok(held) => held,
        Err(cause) => {
            say(&format!("ERR {cause}"));
            return Ok(1);
        }
    };
    say(READY);
    let (sender, told) = channel();
    std::thread::spawn(move || listen(input, &sender));
    let ended = until_over(held.as_mut(), &value, &told, boot_clock::now() + order.clear_after);
    if ended == Ended::Cleared {
        held.release();
    }
    say(ended.word());
    if ended == Ended::Cleared {
        repair(&order.shelf, &value, &order.others);
    }
    Ok(0)
}

fn no_command() -> Error {
    Error::usage("This is not a command.")
}

/// What the arguments ask for.
struct Order {
    shelf: Shelf,
    clear_after: Duration,
    others: Others,
}

impl Order {
    fn read(words: &[String]) -> Option<Self> {
        let [route, millis, where_to, what, display] = words else { return None };
        let shelf = Shelf::read(route, where_to == "both", what == "secret")?;
        let others = Others::of(route, display);
        Some(Self { shelf, clear_after: Duration::from_millis(millis.parse().ok()?), others })
    }
}

/// A session of its own, so that no hang-up reaches it, and no key of a terminal.
fn part_from_the_terminal() {
    let _ = rustix::process::setsid();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTSTP] {
        // A signal with a flag is a signal that no longer ends us.
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
}

/// The value: its length in a line, then its bytes.
fn take(input: &mut impl BufRead) -> Option<SecretText> {
    let mut line = String::new();
    input.by_ref().take(20).read_line(&mut line).ok()?;
    let length: usize = line.trim_end().parse().ok().filter(|length| *length <= LONGEST)?;
    let mut bytes = vec![0; length];
    let read = input.read_exact(&mut bytes);
    // Wiped on every way out.
    let value = SecretText::from(bytes);
    read.ok().map(|()| value)
}

fn listen(mut input: impl Read, told: &Sender<Told>) {
    let mut word = [0];
    while input.read_exact(&mut word).is_ok() {
        let heard = match &word[..] {
            CLEAR => Told::Clear,
            KEEP => Told::Keep,
            _ => continue,
        };
        if told.send(heard).is_err() {
            return;
        }
    }
    let _ = told.send(Told::End);
}

/// Waits for whatever ends it.
fn until_over(held: &mut dyn Owned, value: &SecretText, told: &Receiver<Told>, until: Duration) -> Ended {
    let mut keeps = false;
    loop {
        match told.recv_timeout(boot_clock::left(until).min(LOOK_EVERY)) {
            Ok(Told::Clear) => return Ended::Cleared,
            Ok(Told::Keep) => keeps = true,
            Ok(Told::End) if !keeps => return Ended::Cleared,
            Ok(Told::End) | Err(RecvTimeoutError::Timeout) => {}
            // Nobody is left to say anything.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(boot_clock::left(until).min(LOOK_EVERY)),
        }
        match look(held, value) {
            Look::Ours => {}
            Look::Other => return Ended::Replaced,
            Look::Dead => return Ended::Gone,
        }
        if boot_clock::left(until).is_zero() {
            return Ended::Cleared;
        }
    }
}

/// Twice, before it counts as lost.
fn look(held: &mut dyn Owned, value: &SecretText) -> Look {
    match held.look(value) {
        Look::Ours => Look::Ours,
        Look::Other | Look::Dead => {
            std::thread::sleep(TAKING_OVER);
            held.look(value)
        }
    }
}

/// Some clipboard managers offer a value again when its owner has left. What is offered is
/// covered by a blank then, and only while it is our value; not when it was copied again.
fn repair(shelf: &impl Selection, value: &SecretText, others: &Others) {
    let mut clean = 0;
    for _ in 0..REPAIRS {
        std::thread::sleep(REPAIR_EVERY);
        if others.has_newer() {
            return;
        }
        if shelf.offers(value) {
            clean = 0;
            shelf.cover();
        } else {
            clean += 1;
        }
        if clean == CLEAN {
            return;
        }
    }
}

/// Whoever listened may be gone.
fn say(word: &str) {
    let mut output = std::io::stdout();
    let _ = output.write_all(format!("{word}\n").as_bytes()).and_then(|()| output.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clipboard that others copy to after so many looks.
    struct Scripted(Vec<Look>);

    impl Owned for Scripted {
        fn look(&mut self, _value: &SecretText) -> Look {
            if self.0.len() > 1 { self.0.remove(0) } else { self.0[0] }
        }

        fn release(&mut self) {}
    }

    fn ended(looks: &[Look], told: &[Told], time: Duration) -> Ended {
        let (sender, heard) = channel();
        told.iter().for_each(|told| sender.send(*told).unwrap());
        until_over(&mut Scripted(looks.to_vec()), &SecretText::copied_from(b"v"), &heard, boot_clock::now() + time)
    }

    #[test]
    fn it_ends_by_order_by_time_and_by_loss() {
        use Look::{Dead, Other, Ours};
        let (soon, late) = (Duration::from_millis(30), Duration::from_secs(600));
        assert_eq!(ended(&[Ours], &[Told::Clear], late), Ended::Cleared);
        assert_eq!(ended(&[Ours], &[Told::End], late), Ended::Cleared);
        assert_eq!(ended(&[Ours], &[], soon), Ended::Cleared);
        assert_eq!(ended(&[Ours], &[Told::Keep, Told::End], soon), Ended::Cleared);
        assert_eq!(ended(&[Other], &[], late), Ended::Replaced);
        assert_eq!(ended(&[Dead], &[], late), Ended::Gone);
    }

    #[test]
    fn a_manager_that_takes_the_value_over_is_waited_for() {
        assert_eq!(ended(&[Look::Other, Look::Ours], &[], Duration::from_millis(300)), Ended::Cleared);
    }

    #[test]
    fn who_was_told_to_keep_goes_on_when_its_starter_is_gone() {
        let start = boot_clock::now();
        assert_eq!(ended(&[Look::Ours], &[Told::Keep, Told::End], Duration::from_millis(200)), Ended::Cleared);
        assert!(boot_clock::now() - start >= Duration::from_millis(200));
    }

    #[test]
    fn a_value_is_taken_by_its_length_and_nothing_else_is() {
        let taken = |bytes: &[u8]| take(&mut &bytes[..]).map(|value| value.expose().to_vec());
        assert_eq!(taken(b"5\na\nb\0cREST"), Some(b"a\nb\0c".to_vec()));
        assert_eq!(taken(b"0\n"), Some(Vec::new()));
        for wrong in [&b""[..], b"5\nabc", b"x\nabc", b"-1\n", b"99999999999\n", b"99999999999999999999999999"] {
            assert_eq!(taken(wrong), None);
        }
    }

    #[test]
    fn words_that_nobody_of_ours_would_say_are_refused() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(Order::read(&words("x11 30000 clipboard secret :0")).is_some());
        for line in
            ["", "x11", "x11 soon clipboard secret :0", "moon 1 clipboard secret :0", "x11 1 clipboard secret :0 more"]
        {
            assert!(Order::read(&words(line)).is_none(), "{line}");
        }
    }
}
