//! [`ReleaseArgs`]: what `copy` and `reveal` are asked for, and how they come by it: find
//! the secret, then have the vault release one field. Each refusal is on record.

use clap::Args;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::vault::scope::Address;
use crate::vault::secret::{FieldName, Secret, VALUE};
use crate::vault::{Release, Vault};

use super::args::NameArgs;
use super::call::Call;

/// Which value is to be given out, and why.
#[derive(Args)]
pub(super) struct ReleaseArgs {
    #[command(flatten)]
    which: NameArgs,
    /// Which field
    #[arg(long, value_name = "FIELD", default_value = VALUE)]
    field: String,
    /// Which version; the current one if left away
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    version: Option<u64>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) reason: String,
    /// Give the value out although it has expired
    #[arg(long)]
    allow_expired: bool,
}

impl ReleaseArgs {
    /// The secret that is meant; that it, or the field, is not there, is on record.
    pub(super) fn find(&self, call: &Call, vault: &mut Vault, how: Release) -> Result<Secret> {
        let (context, name) = self.which.scope.for_reading(&self.which.name, &call.config.scope)?;
        let found = vault.resolve(&context, &name).inspect_err(|error| {
            let scope = context.walk().into_iter().next().unwrap_or_default();
            vault.note_missing(Some(&Address { scope, name }), how, &self.reason, error);
        })?;
        self.check_field(&found.secret)
            .inspect_err(|error| vault.note_missing(Some(&found.secret.address), how, &self.reason, error))?;
        Ok(found.secret)
    }

    /// The value, out of the vault and on record as given out.
    pub(super) fn take(&self, vault: &mut Vault, secret: &Secret, how: Release) -> Result<SecretText> {
        let fields = vault.release(secret.id, self.version, how, &self.reason, self.allow_expired)?;
        let names: Vec<FieldName> = fields.names().cloned().collect();
        fields.take(&self.field).ok_or_else(|| missing_field(secret, &self.field, names.iter()))
    }

    /// Refuses a field that the current version has not, before anything is given out and
    /// recorded; what fields an earlier version has, is seen when it is opened.
    fn check_field(&self, secret: &Secret) -> Result<()> {
        let is_current = self.version.is_none_or(|version| version == secret.version);
        if is_current && !secret.fields.iter().any(|known| known.as_str() == self.field) {
            return Err(missing_field(secret, &self.field, secret.fields.iter()));
        }
        Ok(())
    }
}

/// There is no such field; the hint has those that there are.
fn missing_field<'f>(secret: &Secret, field: &str, known: impl Iterator<Item = &'f FieldName>) -> Error {
    let known: Vec<&str> = known.map(FieldName::as_str).collect();
    Error::not_found(match field {
        "" => "No field is named.".to_owned(),
        field => format!("{} has no field {}.", secret.address, field.escape_debug()),
    })
    .hint(format!("It has: {}.", known.join(", ")))
}
