//! Keys that are made or chosen for a new slot, and how they reach somebody.

use std::fs;
use std::path::{Path, PathBuf};

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::session::{key_file, key_source, prompt};

use super::super::call::{Call, is_stream};
use super::super::init::warn_if_weak;

/// A new key, and where it goes besides its slot.
pub(in crate::cli) struct Fresh {
    pub(in crate::cli) key: UnlockKey,
    told: Told,
}

/// How a new key reaches somebody.
enum Told {
    /// Somebody typed it.
    Known,
    /// It was written into this file.
    File(PathBuf),
    /// It is printed as a line for an environment file.
    Line(SecretText),
    /// It is printed to be written down.
    Paper(SecretText),
}

impl Fresh {
    /// From a file, or asked for twice.
    pub(in crate::cli) fn passphrase(call: &Call, path: Option<&Path>) -> Result<Self> {
        if call.keys.uses_stdin() && path.is_some_and(is_stream) {
            return Err(Error::usage("Standard input is asked for two passphrases.")
                .hint("Use it for one of them, and a file for the other."));
        }
        let text = match path {
            Some(path) => key_source::read_passphrase(path)?,
            None if call.no_input || !prompt::has_terminal() => {
                return Err(Error::usage("There is no new passphrase, and nobody to ask.")
                    .hint("Give it with --new-passphrase-file PATH, `-` for standard input."));
            }
            None => prompt::hidden_twice("New passphrase: ", "Again: ")?,
        };
        warn_if_weak(call, &text);
        match key_source::typed(text) {
            Ok(key @ UnlockKey::Passphrase(_)) => Ok(Self { key, told: Told::Known }),
            _ => Err(Error::usage("A passphrase that begins as a printed key does would be taken for one.")
                .hint("Choose another one. Nothing was changed.")),
        }
    }

    /// In a new file of mode 0600.
    pub(in crate::cli) fn file(path: &Path) -> Result<Self> {
        let key = RawKey::generate()?;
        key_file::write(path, &key)?;
        Ok(Self { key: UnlockKey::KeyFile(key), told: Told::File(path.to_owned()) })
    }

    /// To be printed for an environment file.
    pub(in crate::cli) fn environment() -> Result<Self> {
        let key = RawKey::generate()?;
        let told = Told::Line(key.to_text());
        Ok(Self { key: UnlockKey::Environment(key), told })
    }

    /// To be printed and written down.
    pub(in crate::cli) fn recovery() -> Result<Self> {
        let key = RawKey::generate()?;
        let told = Told::Paper(key.to_text());
        Ok(Self { key: UnlockKey::Recovery(key), told })
    }

    /// A second copy of the key, on purpose.
    pub(in crate::cli) fn duplicate(&self) -> UnlockKey {
        match &self.key {
            UnlockKey::Passphrase(passphrase) => UnlockKey::Passphrase(passphrase.duplicate()),
            UnlockKey::KeyFile(key) => UnlockKey::KeyFile(key.duplicate()),
            UnlockKey::Environment(key) => UnlockKey::Environment(key.duplicate()),
            UnlockKey::Recovery(key) => UnlockKey::Recovery(key.duplicate()),
        }
    }

    /// The key got no slot: its file, which is ours and new, opens nothing.
    pub(in crate::cli) fn discard(&self) {
        if let Told::File(path) = &self.told {
            let _ = fs::remove_file(path);
        }
    }

    /// The key file, if it is in one.
    pub(in crate::cli) fn path(&self) -> Option<&Path> {
        match &self.told {
            Told::File(path) => Some(path),
            _ => None,
        }
    }

    /// Tells it to whoever asked for it, once, and never as JSON.
    pub(in crate::cli) fn tell(&self, call: &Call) -> Result<()> {
        match &self.told {
            Told::Known => {}
            Told::File(path) => call.output.note(&format!(
                "The key is in {}. Back it up apart from the vault, and never put it under version control.",
                path.display()
            )),
            Told::Paper(key) => call
                .output
                .note_key("Recovery key, shown only now. Write it down and keep it away from this machine:", key),
            Told::Line(key) => {
                let label = "The line below goes into an environment file of mode 0600. It is shown only now.";
                let mut line = SecretText::copied_from(b"STRONGROOM_MASTER_KEY=");
                line.push(key.expose());
                if call.output.json {
                    call.output.note_key(label, &line);
                } else {
                    call.output.note(label);
                    call.output.print_key(&line)?;
                }
            }
        }
        Ok(())
    }
}
