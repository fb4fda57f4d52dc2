//! Pasting a value into a pane, through a buffer of its own that is gone afterwards.
//!
//! tmux does all of it within one call: it takes the value in, looks at the pane, pastes
//! and deletes. Whatever becomes of the call (ended, cut off, a pane that dies) the
//! server either never had the whole value or goes through to the deletion; nothing else
//! comes in between. Afterwards the server is asked whether the buffer is gone.

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::panes::Target;
use super::{Tmux, nonce};

/// What ends a paste for a program that asked to be told where one ends, as it is written
/// in 7 bits and in 8. What follows it would be obeyed as if it were typed.
const PASTE_ENDS: [&[u8]; 2] = [b"\x1b[201~", b"\x9b201~"];

impl Tmux {
    /// Types a value into a pane as a paste, byte for byte; no Enter follows it.
    ///
    /// A program that asked for it is told where the paste begins and ends. Line ends stay
    /// as they are: a terminal that makes lines takes both kinds, and who reads bytes gets
    /// those of the value.
    ///
    /// # Errors
    /// Usage, for what cannot be pasted; `NotFound`, when the pane is gone; Conflict, when it
    /// is not as it was chosen or takes no input; else as [`Self::call`]. Only where the
    /// message does not say that nothing was pasted can something have been.
    pub fn paste(&self, to: &Target, value: &SecretText) -> Result<()> {
        check(value)?;
        let sanitizes = self.look(to)?;
        let buffer = format!("strongroom-{}-{}", std::process::id(), nonce()?);
        let told = self.ask(&words(&buffer, &script(&buffer, to, sanitizes)), Some(value));
        let gone = self.see_gone(&buffer);
        let said = told.map_err(|error| unknown(&error, &gone))?;
        if !said.succeeded {
            return Err(unknown(&Error::failure(format!("tmux says: {}.", said.complaint)), &gone));
        }
        gone?;
        if said.printed.starts_with(buffer.as_bytes()) {
            return Ok(());
        }
        // It was fit a moment ago: why is it no more?
        self.look(to)?;
        Err(Error::conflict(format!("Nothing was pasted into pane {}: it has just changed.", to.id)))
    }

    /// Whether the pane is there and fit. True when the server makes pastes harmless by
    /// itself unless it is told not to; a server that tells about bracketed paste does so.
    fn look(&self, to: &Target) -> Result<bool> {
        let gone = || Error::not_found(format!("Nothing was pasted: pane {} is gone.", to.id));
        let panes = self.panes().map_err(|error| nothing(&error))?;
        let pane = panes.into_iter().find(|pane| pane.id == to.id).ok_or_else(gone)?;
        if pane.target().server != to.server {
            return Err(gone());
        }
        pane.fit()?;
        if pane.command != to.command {
            return Err(pane.refused(&format!("{} runs in it now, no more {}", pane.command, to.command)));
        }
        Ok(pane.takes_whole.is_some())
    }

    /// Deletes the buffer, if it is there still, and makes sure that it is gone.
    pub(in crate::clipboard) fn see_gone(&self, buffer: &str) -> Result<()> {
        let is_there = || {
            let listed = self.call(&["list-buffers", "-F", "#{buffer_name}"], None)?;
            Ok(listed.split(|byte| *byte == b'\n').any(|name| name == buffer.as_bytes()))
        };
        let left = |why: &str| {
            Error::failure(format!("The value may be in tmux's buffer {buffer} still: {why}"))
                .hint(format!("Delete it: tmux delete-buffer -b {buffer}"))
        };
        let told = |error: Error| left(error.message());
        if !is_there().map_err(told)? {
            return Ok(());
        }
        self.call(&["delete-buffer", "-b", buffer], None).map_err(told)?;
        if is_there().map_err(told)? { Err(left("it could not be deleted.")) } else { Ok(()) }
    }
}

/// Whether a value can be pasted at all.
fn check(value: &SecretText) -> Result<()> {
    if value.is_empty() {
        return Err(Error::usage("Nothing was pasted: the value is empty."));
    }
    let ends = |end: &&[u8]| value.expose().windows(end.len()).any(|part| part == *end);
    if PASTE_ENDS.iter().any(ends) {
        let words = "Nothing was pasted: the value holds the sequence that ends a paste, \
                     so that the rest of it would be obeyed like keys.";
        return Err(Error::usage(words).hint("Write it to a file, or hand it to the program with strongroom run."));
    }
    Ok(())
}

/// Load, paste if the pane is fit, delete. A command that fails ends those behind it, but
/// not those around it: that is what the outer condition is for, which always holds.
fn words<'a>(buffer: &'a str, script: &'a str) -> [&'a str; 13] {
    ["load-buffer", "-b", buffer, "-", ";", "if-shell", "-F", "1", script, ";", "delete-buffer", "-b", buffer]
}

/// What the server does between loading and deleting: it looks at the pane in the same
/// turn in which it pastes. A pane that is gone fits no condition.
fn script(buffer: &str, to: &Target, sanitizes: bool) -> String {
    let Target { id, command, server } = to;
    let is_fit = format!(
        "#{{&&:#{{==:#{{pid}} #{{pane_id}},{server} {id}}},\
         #{{==:#{{pane_dead}}#{{pane_in_mode}}#{{pane_input_off}},000}}}}"
    );
    // What is not plain would have to be quoted as each version wants it; that was looked at before.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+.-".contains(&byte);
    let is_fit = match command.bytes().all(is_plain) {
        true => format!("#{{&&:{is_fit},#{{==:#{{pane_current_command}},{command}}}}}"),
        false => is_fit,
    };
    let exactly = if sanitizes { "S" } else { "" };
    format!(
        "if-shell -F -t {id} '{is_fit}' 'paste-buffer -pr{exactly} -b {buffer} -t {id} ; display-message -p {buffer}'"
    )
}

/// The call did not come to its end, so nobody knows what became of the value.
fn unknown(error: &Error, gone: &Result<()>) -> Error {
    let words = format!("It is not known whether the value was pasted: {}", error.message());
    match gone {
        Ok(()) => Error::new(error.kind(), words).hint("Look at the pane before you try again."),
        Err(left) => {
            Error::new(error.kind(), format!("{words} {}", left.message())).hint(left.next_step().unwrap_or_default())
        }
    }
}

/// It did not even begin.
fn nothing(error: &Error) -> Error {
    let words = format!("Nothing was pasted: {}", error.message());
    let told = Error::new(error.kind(), words);
    match error.next_step() {
        Some(step) => told.hint(step),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_paste_is_refused() {
        for value in [&b"a\x1b[201~; rm -rf ~\n"[..], b"\x1b[201~", b"x\x9b201~y", b""] {
            let error = check(&SecretText::copied_from(value)).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Usage);
            assert!(error.message().starts_with("Nothing was pasted"));
        }
        for value in [&b"-n"[..], b"\x1b[200~", b"a\nb", b"\x1b[201", b"\x00\xff"] {
            assert!(check(&SecretText::copied_from(value)).is_ok());
        }
    }

    #[test]
    fn a_program_name_never_becomes_a_part_of_the_script() {
        let to = |command: &str| Target { id: "%3".into(), command: command.into(), server: "77".into() };
        let plain = script("strongroom-1", &to("psql"), false);
        assert!(plain.contains("#{==:#{pane_current_command},psql}") && plain.contains(" -pr -b "), "{plain}");
        let strange = script("strongroom-1", &to("a' ; kill-server ; '#{"), true);
        assert!(!strange.contains("kill-server") && strange.contains(" -prS -b "), "{strange}");
    }
}
