//! A vault in a folder of its own, for every test that needs one.

use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, NewVault, Release, Vault};
use tempfile::TempDir;

pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) key: RawKey,
}

impl Place {
    pub(crate) fn new() -> (Self, Vault) {
        let place = Self { folder: tempfile::tempdir().unwrap(), key: RawKey::generate().unwrap() };
        let new = NewVault { keys: vec![place.key()], cost: None };
        let vault = Vault::create(&place.path(), new, actor()).unwrap();
        (place, vault)
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("vault.db")
    }

    pub(crate) fn key(&self) -> UnlockKey {
        UnlockKey::Environment(self.key.duplicate())
    }

    pub(crate) fn open(&self) -> Vault {
        LockedVault::open(&self.path()).unwrap().unlock(&self.key(), actor()).map_err(|refused| refused.1).unwrap()
    }
}

pub(crate) fn actor() -> Actor {
    Actor { user: "ops".into(), host: "bastion".into(), run_id: "run".into(), ..Actor::default() }
}

pub(crate) fn at(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

pub(crate) fn value(text: &str) -> Fields {
    Fields::value(SecretText::copied_from(text.as_bytes()))
}

pub(crate) fn put(vault: &mut Vault, address: &str, text: &str) -> u64 {
    let written = vault.set(&at(address), Some(value(text)), MetadataChange::default(), "", Expected::Any).unwrap();
    written.secret.version
}

pub(crate) fn reveal(vault: &mut Vault, address: &str, version: Option<u64>) -> String {
    let id = vault.find(&at(address)).unwrap().id;
    let fields = vault.release(id, version, Release::Reveal, "", false).unwrap();
    fields.get("value").unwrap().expose_str().unwrap().to_owned()
}

/// A number of trials: the long form's where the environment asks for it.
pub(crate) fn trials(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}
