//! [`Call`]: what every command needs to know about how it was called.

use jiff::Timestamp;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::session::key_source::KeySources;
use crate::vault::scope::Address;
use crate::vault::secret::{FieldName, Secret};
use crate::vault::{Expected, Release, Vault, Written};

use super::args::NameArgs;
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

    /// The secret whose value is to be given out; that there is none is on record.
    pub(super) fn resolve_for(
        &self,
        vault: &mut Vault,
        which: &NameArgs,
        how: Release,
        reason: &str,
    ) -> Result<Secret> {
        let (context, name) = which.scope.for_reading(&which.name, &self.config.scope)?;
        let found = vault.resolve(&context, &name);
        found.map(|resolved| resolved.secret).inspect_err(|error| {
            let scope = context.walk().into_iter().next().unwrap_or_default();
            vault.note_missing(Some(&Address { scope, name }), how, reason, error);
        })
    }

    /// The secret that a reading command means.
    pub(super) fn resolve(&self, vault: &mut Vault, scope: &ScopeArgs, name: &str) -> Result<Secret> {
        let (context, name) = scope.for_reading(name, &self.config.scope)?;
        Ok(vault.resolve(&context, &name)?.secret)
    }
}

/// Refuses a field that the current version has not, before anything is given out and
/// recorded; what fields an earlier version has, is seen when it is opened.
pub(super) fn check_field(secret: &Secret, version: Option<u64>, field: &str) -> Result<()> {
    let is_current = version.is_none_or(|version| version == secret.version);
    if is_current && !secret.fields.iter().any(|known| known.as_str() == field) {
        return Err(missing_field(secret, field, secret.fields.iter()));
    }
    Ok(())
}

/// There is no such field; the hint has those that there are.
pub(super) fn missing_field<'f>(secret: &Secret, field: &str, known: impl Iterator<Item = &'f FieldName>) -> Error {
    let known: Vec<&str> = known.map(FieldName::as_str).collect();
    Error::not_found(match field {
        "" => "No field is named.".to_owned(),
        field => format!("{} has no field {}.", secret.address, field.escape_debug()),
    })
    .hint(format!("It has: {}.", known.join(", ")))
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
