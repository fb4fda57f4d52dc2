//! `init`: make a vault. An existing one is never overwritten, nor is a key file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::session::{actor, anchors, key_file, key_source, prompt};
use crate::vault::strength::{Level, Strength};
use crate::vault::{NewVault, Vault};

use super::call::Call;
use super::key::warn_of_one;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom init --recovery                           ask for a passphrase, print a recovery key
  strongroom init --protect keyfile                    keep the key in the configuration folder
  strongroom init --protect env --no-input > vault.env   for a service; keep that file 0600
  strongroom init --passphrase-file pass.txt --no-input

Whoever loses every key loses every secret. Keep the recovery key on paper, away from this machine.";

/// How the new vault is protected.
#[derive(Args)]
pub(super) struct InitArgs {
    /// What opens the vault
    #[arg(long, value_enum, default_value_t = Protection::Passphrase, value_name = "HOW")]
    protect: Protection,
    /// Also make a recovery key and print it once, to standard error
    #[arg(long)]
    recovery: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protection {
    /// A passphrase, asked for twice or read by --passphrase-file
    Passphrase,
    /// A key file: --key-file PATH, or the vault's own in the configuration folder
    Keyfile,
    /// A key for STRONGROOM_MASTER_KEY, printed once to standard output
    Env,
}

impl Protection {
    fn word(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::Keyfile => "keyfile",
            Self::Env => "env",
        }
    }
}

/// What is told once the vault is there.
#[derive(Default)]
struct Made {
    key_file: Option<PathBuf>,
    environment: Option<SecretText>,
    recovery: Option<SecretText>,
}

pub(super) fn run(call: &Call, args: &InitArgs) -> Result<()> {
    let path = &call.config.vault;
    if fs::symlink_metadata(path).is_ok() {
        return Err(Error::conflict(format!("There is a file at {} already.", path.display()))
            .hint("A vault is never overwritten. Give another path with --vault."));
    }
    if call.keys.passphrase_file.is_some() && args.protect != Protection::Passphrase {
        call.output
            .warn("The passphrase file is not used: this vault gets no passphrase. strongroom key add gives it one.");
    }
    let mut made = Made::default();
    let mut keys = vec![first_key(call, args.protect, &mut made)?];
    if args.recovery {
        let key = RawKey::generate()?;
        made.recovery = Some(key.to_text());
        keys.push(UnlockKey::Recovery(key));
    }
    let vault = Vault::create(path, NewVault { keys, cost: None }, actor::current()).inspect_err(|_| {
        // The key file is ours, new, and opens nothing.
        if let Some(path) = &made.key_file {
            let _ = fs::remove_file(path);
        }
    })?;
    let path = vault.path().to_owned();
    drop(vault.anchored(&anchors::settled(&call.config))?);
    tell(call, &path, args.protect, &made).map_err(|error| unmake(&path, &made, error))
}

/// A vault whose only key reached nobody is of no use: it is taken away again, so
/// that `init` can be repeated.
fn unmake(path: &Path, made: &Made, error: Error) -> Error {
    if made.environment.is_none() {
        return error;
    }
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(name);
    }
    error.hint("The key reached nobody, so the new vault was taken away again. Repeat `init`.")
}

/// Who has the file may guess for as long as they like.
pub(super) fn warn_if_weak(call: &Call, passphrase: &SecretText) {
    let strength = Strength::estimate(passphrase.expose());
    if strength.level() == Level::Weak {
        call.output.warn(&format!("The new passphrase is {}. Several unrelated words are better.", strength.words()));
    }
}

fn first_key(call: &Call, protection: Protection, made: &mut Made) -> Result<UnlockKey> {
    match protection {
        Protection::Passphrase => passphrase(call).map(UnlockKey::Passphrase),
        Protection::Keyfile => {
            let key = RawKey::generate()?;
            made.key_file = Some(match &call.keys.key_file {
                Some(path) => key_file::write(path, &key).map(|()| path.clone())?,
                None => {
                    let path = key_file::own_key_file(&call.config.vault)?;
                    key_file::write_own(&path, &key).map(|()| path)?
                }
            });
            Ok(UnlockKey::KeyFile(key))
        }
        Protection::Env => {
            let key = RawKey::generate()?;
            made.environment = Some(key.to_text());
            Ok(UnlockKey::Environment(key))
        }
    }
}

fn passphrase(call: &Call) -> Result<SecretText> {
    if let Some(path) = &call.keys.passphrase_file {
        let text = key_source::read_passphrase(path)?;
        warn_if_weak(call, &text);
        return Ok(text);
    }
    if call.no_input || !prompt::has_terminal() {
        return Err(Error::usage("There is no passphrase for the new vault, and nobody to ask.")
            .hint("Give --passphrase-file, or another --protect: keyfile or env."));
    }
    let text = prompt::hidden_twice("Passphrase for the new vault: ", "Again: ")?;
    warn_if_weak(call, &text);
    Ok(text)
}

fn tell(call: &Call, path: &Path, protection: Protection, made: &Made) -> Result<()> {
    if call.output.json {
        return call.output.print_key(&as_json(&path.display().to_string(), protection, made));
    }
    call.output.note(&format!("Made the vault {}.", path.display()));
    if let Some(path) = &made.key_file {
        call.output.note(&format!(
            "Its key is in {}. Back it up apart from the vault, and never put it under version control.",
            path.display()
        ));
    }
    if let Some(key) = &made.recovery {
        call.output.note_key("Recovery key, shown only now. Write it down and keep it away from this machine:", key);
    }
    if let Some(key) = &made.environment {
        call.output.note("The line below goes into an environment file of mode 0600. It is shown only now.");
        let mut line = SecretText::copied_from(b"STRONGROOM_MASTER_KEY=");
        line.push(key.expose());
        call.output.print_key(&line)?;
    }
    if made.recovery.is_none() {
        warn_of_one(call, 1);
    } else {
        call.output.note("Whoever loses every key loses every secret.");
    }
    Ok(())
}

/// The one JSON with keys in it: they are printed nowhere else, and are no values
/// of secrets. Put together by hand, so that no key is left in a `String`; a
/// printed key has only capitals, digits and `-`.
fn as_json(vault: &str, protection: Protection, made: &Made) -> SecretText {
    let key_file = made.key_file.as_ref().map(|path| path.display().to_string());
    let known = json!({ "vault": vault, "protect": protection.word(), "key_file": key_file }).to_string();
    let mut text = SecretText::copied_from(known.trim_end_matches('}').as_bytes());
    for (name, key) in [("master_key", &made.environment), ("recovery_key", &made.recovery)] {
        text.push(format!(",\"{name}\":").as_bytes());
        match key {
            Some(key) => {
                text.push(b"\"");
                text.push(key.expose());
                text.push(b"\"");
            }
            None => text.push(b"null"),
        }
    }
    text.push(b"}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_new_vault_reads_back() {
        let made = Made { environment: Some(SecretText::copied_from(b"SRK1-AB")), ..Made::default() };
        let text = as_json("/a \"b\"/v.db", Protection::Env, &made);
        let value: serde_json::Value = serde_json::from_slice(text.expose()).unwrap();
        assert_eq!(value["master_key"], "SRK1-AB");
        assert_eq!(value["vault"], "/a \"b\"/v.db");
        assert_eq!((&value["recovery_key"], &value["key_file"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    }
}
