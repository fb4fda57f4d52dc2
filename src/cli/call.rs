//! [`Call`]: what every command needs to know about how it was called.

use std::path::Path;

use jiff::Timestamp;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::session::key_source::KeySources;
use crate::vault::scope::Address;
use crate::vault::secret::Secret;
use crate::vault::{Expected, Vault, Written};

use super::output::Output;
use super::scope_args::ScopeArgs;

/// One call of the program.
pub(super) struct Call {
    /// File, environment and flags together.
    pub(super) config: Config,
    /// How to answer.
    pub(super) output: Output,
    /// `--no-input`
    pub(super) no_input: bool,
    /// Where the key may come from.
    pub(super) keys: KeySources,
    /// When the call began.
    pub(super) now: Timestamp,
}

impl Call {
    /// The address that a writing command acts on.
    pub(super) fn address(&self, scope: &ScopeArgs, name: &str) -> Result<Address> {
        scope.for_writing(name, &self.config.scope)
    }

    /// The secret that a reading command means.
    pub(super) fn resolve(&self, vault: &mut Vault, scope: &ScopeArgs, name: &str) -> Result<Secret> {
        if let Some((name, version)) = name.split_once('@') {
            // Of one version there is nothing to be told here.
            return Err(Error::usage(format!(
                "This is about {name} as a whole, not about its version {}.",
                version.escape_debug()
            ))
            .hint("Leave away what stands behind the @; reveal, copy and diff take a version."));
        }
        let (context, name) = scope.for_reading(name, &self.config.scope)?;
        Ok(vault.resolve(&context, &name)?.secret)
    }

    /// Warns that a secret with a recipe has a new value and nobody followed the recipe.
    pub(super) fn warn_untold(&self, secret: &Secret) {
        if secret.metadata.recipe.is_some() {
            let address = &secret.address;
            self.output.warn(&format!(
                "The far side of {address} was not told by this. If it does not have the value yet, tell it by hand, or rotate: strongroom rotate {address}."
            ));
        }
    }
}

/// The secret at `address`, if there is one, before anybody is asked to type a
/// value for nothing. Where `expected` is not met, `refuse` writes all the same, so
/// that it is the vault that refuses, in its words and with an audit record.
pub(super) fn look_first(
    vault: &mut Vault,
    address: &Address,
    expected: Expected,
    refuse: impl FnOnce(&mut Vault) -> Result<Written>,
) -> Result<Option<Secret>> {
    let found = match vault.find(address) {
        Ok(secret) => Some(secret),
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error),
    };
    let is_met = match (expected, &found) {
        (Expected::Any, _) | (Expected::Absent, None) | (Expected::Present, Some(_)) => true,
        (Expected::Version(wanted), Some(secret)) => secret.version == wanted,
        (Expected::This(id, wanted), Some(secret)) => {
            secret.id == id && wanted.is_none_or(|wanted| secret.version == wanted)
        }
        (Expected::Absent, Some(_))
        | (Expected::Present | Expected::Version(_) | Expected::This(..), None)
        | (Expected::Deleted(..), _) => false,
    };
    if is_met {
        return Ok(found);
    }
    // When another session has just made it fit, going on is right.
    refuse(vault).map(|written| Some(written.secret))
}

/// Whether a path is `-`: standard input or output.
pub(super) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}
