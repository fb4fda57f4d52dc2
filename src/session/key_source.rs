//! Where the vault's key comes from, without asking anybody.
//!
//! The order is: `--key-file`, `--passphrase-file` (or `STRONGROOM_PASSPHRASE_FILE`),
//! `STRONGROOM_MASTER_KEY`, the key that `unlock` keeps in the kernel keyring, the
//! vault's own key file. The first that is there is used and must be right: a damaged
//! key is an error, never a reason to try the next. When nothing is there, the caller
//! asks on the terminal or the screen.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use crate::error::{Error, Result};
use crate::guarded;
use crate::secret_text::SecretText;
use crate::vault::{LockedVault, OpeningKey};

use super::kernel_keyring::{self, Kept};
use super::{key_file, read_secret};

/// Longest passphrase.
const MAX_PASSPHRASE: usize = 64 * 1024;
/// How a key begins that `init` printed.
const PRINTED_KEY: &[u8] = b"SR1-";
/// The variable that holds a key.
pub const MASTER_KEY: &str = "STRONGROOM_MASTER_KEY";
/// The variable that names a passphrase file.
pub const PASSPHRASE_FILE: &str = "STRONGROOM_PASSPHRASE_FILE";

/// What flags and environment say about the key.
#[derive(Default)]
pub struct KeySources {
    /// `--key-file`
    pub key_file: Option<PathBuf>,
    /// `--passphrase-file` or its variable; `-` is standard input.
    pub passphrase_file: Option<PathBuf>,
    /// The text of `STRONGROOM_MASTER_KEY`.
    pub master_key: Option<SecretText>,
}

impl KeySources {
    /// The flags given, and the environment behind them. Both flags at once are
    /// for [`KeySources::find`] to refuse.
    #[must_use]
    pub fn new(key_file: Option<PathBuf>, passphrase_file: Option<PathBuf>, master_key: Option<SecretText>) -> Self {
        let variable = || std::env::var_os(PASSPHRASE_FILE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let passphrase_file = passphrase_file.or_else(|| if key_file.is_some() { None } else { variable() });
        Self { key_file, passphrase_file, master_key }
    }

    /// The same files and no key: what may stay in memory over a lock, to open the vault again.
    #[must_use]
    pub fn files(&self) -> Self {
        let passphrase_file = self.passphrase_file.clone().filter(|_| !self.uses_stdin());
        Self { key_file: self.key_file.clone(), passphrase_file, master_key: None }
    }

    /// The file that is given, or the vault's own where it is there; nothing is read from it.
    ///
    /// # Errors
    /// As [`Self::first`].
    pub fn file(&self, vault: &Path, locked: &LockedVault) -> Result<Option<Source<'_>>> {
        self.given()?.map_or_else(|| own(vault, locked), |given| Ok(Some(given)))
    }

    /// True when standard input is taken by the passphrase.
    #[must_use]
    pub fn uses_stdin(&self) -> bool {
        self.passphrase_file.as_deref() == Some(Path::new("-"))
    }

    /// The key in the environment, if there is one.
    ///
    /// # Errors
    /// Locked, when it is not usable.
    pub fn environment(&self) -> Result<Option<UnlockKey>> {
        self.master_key.as_ref().map(environment_key).transpose()
    }

    /// The key of the first source that is there; `None` when there is no source and
    /// somebody must be asked. `vault` is the path of the locked vault as it was given.
    ///
    /// # Errors
    /// Usage for two sources at once; Locked or what reading says for a source
    /// that is there but not usable.
    pub fn find(&self, vault: &Path, locked: &LockedVault) -> Result<Option<OpeningKey>> {
        self.first(vault, locked)?.map(Source::into_key).transpose()
    }

    /// The first source that is there, before anything is read from it.
    ///
    /// # Errors
    /// Usage for two sources at once; Failure, when the user has no home folder.
    pub fn first(&self, vault: &Path, locked: &LockedVault) -> Result<Option<Source<'_>>> {
        if let Some(given) = self.given()? {
            return Ok(Some(given));
        }
        if let Some(kept) = kernel_keyring::find(locked.vault_id(), locked.key_epoch(), Timestamp::now()) {
            return Ok(Some(Source::KernelKeyring(kept)));
        }
        own(vault, locked)
    }

    /// As [`Self::find`], but a key that fits a slot: the kept one is passed over.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_slot_key(&self, vault: &Path, locked: &LockedVault) -> Result<Option<UnlockKey>> {
        let source = match self.given()? {
            Some(given) => Some(given),
            None => own(vault, locked)?,
        };
        match source.map(Source::into_key).transpose()? {
            Some(OpeningKey::Slot(key)) => Ok(Some(key)),
            Some(OpeningKey::Kept(_)) | None => Ok(None),
        }
    }

    /// What this call and its environment give.
    fn given(&self) -> Result<Option<Source<'_>>> {
        if self.key_file.is_some() && self.passphrase_file.is_some() {
            return Err(Error::usage("--key-file and --passphrase-file are two keys.").hint("Give one of them."));
        }
        let key_file = self.key_file.as_deref().map(Source::KeyFile);
        let passphrase_file = || self.passphrase_file.as_deref().map(Source::PassphraseFile);
        Ok(key_file.or_else(passphrase_file).or_else(|| self.master_key.as_ref().map(Source::Environment)))
    }
}

/// The vault's own key file, where it is there; it counts only where it has a slot.
fn own<'a>(vault: &Path, locked: &LockedVault) -> Result<Option<Source<'a>>> {
    let path = key_file::own_key_file(vault)?;
    let is_there = locked.slot_kinds().contains(&SlotKind::KeyFile) && path.exists();
    Ok(is_there.then_some(Source::OwnKeyFile(path)))
}

/// Where a key comes from.
pub enum Source<'a> {
    /// `--key-file`
    KeyFile(&'a Path),
    /// `--passphrase-file` or its variable.
    PassphraseFile(&'a Path),
    /// `STRONGROOM_MASTER_KEY`
    Environment(&'a SecretText),
    /// What `unlock` keeps.
    KernelKeyring(Kept),
    /// The vault's own key file.
    OwnKeyFile(PathBuf),
}

impl Source<'_> {
    /// In a word, for scripts.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::KeyFile(_) => "key_file",
            Self::PassphraseFile(_) => "passphrase_file",
            Self::Environment(_) => "environment",
            Self::KernelKeyring(_) => "kernel_keyring",
            Self::OwnKeyFile(_) => "own_key_file",
        }
    }

    /// In a person's words.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::KeyFile(path) => format!("--key-file {}", path.display()),
            Self::PassphraseFile(path) => format!("the passphrase file {}", path.display()),
            Self::Environment(_) => MASTER_KEY.to_owned(),
            Self::KernelKeyring(_) => "the kernel keyring".to_owned(),
            Self::OwnKeyFile(path) => format!("its key file {}", path.display()),
        }
    }

    /// The file that the key lies in, and the kind of slot that such a file is for.
    #[must_use]
    pub fn path(&self) -> Option<(SlotKind, &Path)> {
        match self {
            Self::KeyFile(path) => Some((SlotKind::KeyFile, path)),
            Self::OwnKeyFile(path) => Some((SlotKind::KeyFile, path)),
            Self::PassphraseFile(path) => Some((SlotKind::Passphrase, path)),
            Self::Environment(_) | Self::KernelKeyring(_) => None,
        }
    }

    /// True when the key is there without anybody typing and without the work that makes a
    /// passphrase expensive to guess.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        !matches!(self, Self::PassphraseFile(_))
    }

    /// Reads the key.
    ///
    /// # Errors
    /// Locked or what reading says for a source that is not usable.
    pub fn into_key(self) -> Result<OpeningKey> {
        match self {
            Self::KeyFile(path) => Ok(UnlockKey::KeyFile(key_file::read(path)?).into()),
            Self::PassphraseFile(path) => typed(read_passphrase(path)?).map(OpeningKey::from),
            Self::Environment(text) => environment_key(text).map(OpeningKey::from),
            Self::KernelKeyring(kept) => Ok(OpeningKey::Kept(kept.key)),
            Self::OwnKeyFile(path) => {
                key_file::check_private(&path)?;
                Ok(UnlockKey::KeyFile(key_file::read(&path)?).into())
            }
        }
    }
}

/// The key in `STRONGROOM_MASTER_KEY`. A passphrase there is refused: it would be
/// tried as a key and seem to be a wrong one.
fn environment_key(text: &SecretText) -> Result<UnlockKey> {
    RawKey::from_text(text.expose()).map(UnlockKey::Environment).map_err(|error| {
        Error::new(error.kind(), format!("{MASTER_KEY} holds no usable key. {}", error.message()))
            .hint(format!("Set it to what `strongroom init` printed. A passphrase goes into {PASSPHRASE_FILE}."))
    })
}

/// Takes `STRONGROOM_MASTER_KEY` out of the environment, while there is only one thread:
/// nothing that is started later has it, and its bytes stand in no `/proc/PID/environ`.
#[must_use]
pub fn take_master_key() -> Option<SecretText> {
    guarded::take_variable(MASTER_KEY).filter(|text| !text.is_empty())
}

/// Takes the buffer of an argument or a variable over.
#[must_use]
pub fn into_secret(text: OsString) -> SecretText {
    SecretText::from(std::os::unix::ffi::OsStringExt::into_vec(text))
}

/// The passphrase in a file, or on standard input for `-`, without its final line end.
///
/// # Errors
/// What reading says; Locked when it is empty.
pub fn read_passphrase(path: &Path) -> Result<SecretText> {
    let mut text = match path.to_str() {
        Some("-") => read_secret::from_stdin(MAX_PASSPHRASE)?,
        _ => read_secret::from_file(path, MAX_PASSPHRASE)?,
    };
    read_secret::drop_line_end(&mut text);
    if text.is_empty() {
        return Err(Error::locked(format!("The passphrase file {} is empty.", path.display())));
    }
    Ok(text)
}

/// What was typed: a key, if it looks like a printed one, else a passphrase.
///
/// # Errors
/// Locked, when it looks like a printed key but is mistyped.
pub fn typed(text: SecretText) -> Result<UnlockKey> {
    let start = text.expose().trim_ascii_start();
    let printed = start.get(..PRINTED_KEY.len()).is_some_and(|start| start.eq_ignore_ascii_case(PRINTED_KEY));
    if printed {
        return RawKey::from_text(text.expose()).map(UnlockKey::Recovery);
    }
    Ok(UnlockKey::Passphrase(text))
}

/// Which keys the vault does take, a sentence.
#[must_use]
pub fn other_ways(kinds: &[SlotKind]) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for (kind, way) in [
        (SlotKind::Passphrase, "a passphrase (typed, or --passphrase-file)"),
        (SlotKind::KeyFile, "its key file (--key-file)"),
        (SlotKind::Environment, "the key in STRONGROOM_MASTER_KEY"),
        (SlotKind::Recovery, "its recovery key (typed, or --key-file)"),
    ] {
        if kinds.contains(&kind) {
            ways.push(way);
        }
    }
    format!("It opens with {}.", ways.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_key_may_be_typed_for_a_passphrase() {
        let printed = RawKey::generate().unwrap().to_text();
        assert!(matches!(typed(printed), Ok(UnlockKey::Recovery(_))));
        assert!(matches!(typed(SecretText::copied_from(b"SR1 is mine")), Ok(UnlockKey::Passphrase(_))));
        assert_eq!(typed(SecretText::copied_from(b"sr1-AAAA")).err().unwrap().kind().exit_code(), 5);
    }

    #[test]
    fn a_passphrase_in_the_place_of_a_key_is_refused_without_being_repeated() {
        let error = environment_key(&SecretText::copied_from(b"hunter2")).err().unwrap();
        assert_eq!(error.kind().exit_code(), 5);
        assert!(error.message().contains(MASTER_KEY) && !error.message().contains("hunter2"), "{error}");
    }

    #[test]
    fn what_stays_over_a_lock_is_paths_and_no_key() {
        let master_key = || Some(SecretText::copied_from(b"SR1-key"));
        let (key_file, passphrase_file) = (Some("/a".into()), Some("/b".into()));
        let files = KeySources { key_file, passphrase_file, master_key: master_key() }.files();
        assert_eq!((files.key_file, files.passphrase_file), (Some("/a".into()), Some("/b".into())));
        assert!(files.master_key.is_none());
        let typed = KeySources { key_file: None, passphrase_file: Some("-".into()), master_key: master_key() }.files();
        assert!(typed.passphrase_file.is_none(), "standard input gives a passphrase once");
    }

    #[test]
    fn two_explicit_sources_are_refused() {
        let sources = KeySources { key_file: Some("/a".into()), passphrase_file: Some("/b".into()), master_key: None };
        assert_eq!(sources.given().err().unwrap().kind().exit_code(), 2);
    }

    #[test]
    fn a_passphrase_file_loses_one_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        std::fs::write(&path, "correct horse\n").unwrap();
        assert_eq!(read_passphrase(&path).unwrap().expose(), b"correct horse");
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(read_passphrase(&path).err().unwrap().kind().exit_code(), 5);
    }

    #[test]
    fn the_ways_in_are_told() {
        let told = other_ways(&[SlotKind::KeyFile, SlotKind::Recovery]);
        assert!(told.contains("--key-file") && told.contains("recovery") && !told.contains("passphrase"), "{told}");
    }
}
