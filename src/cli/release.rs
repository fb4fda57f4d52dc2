//! [`ReleaseArgs`]: what `copy` and `reveal` are asked for, and how they come by it: find
//! the secret, then have the vault release one field. Each refusal is on record.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::vault::one_time_code::{OneTimeCode, TOTP};
use crate::vault::scope::Address;
use crate::vault::secret::{FieldName, Secret, VALUE};
use crate::vault::{Pick, Picked, Release, Vault};

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
    /// Which version: its number, previous or pending; NAME@N says the same
    #[arg(long, value_name = "N")]
    version: Option<Pick>,
    /// Instead of a value a one-time code (TOTP) of the seed in its field `totp`, good for 5 s at least
    #[arg(long, conflicts_with_all = ["field", "version"])]
    otp: bool,
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
        let (context, name) = self.which.scope.for_reading(self.named()?.0, &call.config.scope)?;
        let found = vault.resolve(&context, &name).inspect_err(|error| {
            let scope = context.walk().into_iter().next().unwrap_or_default();
            vault.note_missing(Some(&Address { scope, name }), how, &self.reason, error);
        })?;
        if self.pick()? == Pick::Current {
            found.secret.doubt().iter().for_each(|doubt| call.output.warn(doubt));
        }
        self.check_field(&found.secret, call.now)
            .inspect_err(|error| vault.note_missing(Some(&found.secret.address), how, &self.reason, error))?;
        Ok(found.secret)
    }

    /// The value, out of the vault and on record as given out. `pause` waits where a fresh
    /// one-time code is worth waiting for; if it fails, nothing was given out.
    pub(super) fn take(
        &self,
        call: &Call,
        vault: &mut Vault,
        secret: &Secret,
        how: Release,
        pause: impl Fn(Duration) -> Result<()>,
    ) -> Result<SecretText> {
        self.take_because(call, vault, secret, how, &self.reason, pause)
    }

    /// The same for a reason that says more than the one given.
    pub(super) fn take_because(
        &self,
        call: &Call,
        vault: &mut Vault,
        secret: &Secret,
        how: Release,
        reason: &str,
        pause: impl Fn(Duration) -> Result<()>,
    ) -> Result<SecretText> {
        if !self.otp {
            let fields = vault.release(secret.id, self.pick()?, how, reason, self.allow_expired)?;
            let names: Vec<FieldName> = fields.names().cloned().collect();
            return fields.take(&self.field).ok_or_else(|| missing_field(secret, &self.field, names.iter()));
        }
        loop {
            match vault.release_code(secret.id, how, reason, self.allow_expired)? {
                OneTimeCode::Code(code, _) => return Ok(code),
                OneTimeCode::FreshIn(wait) => {
                    let seconds = wait.as_millis().div_ceil(1000);
                    call.output.note(&format!("The code is nearly over; a fresh one comes in {seconds} s."));
                    pause(wait)?;
                }
            }
        }
    }

    /// What is given out, for people: `version 2 of production/DB`.
    pub(super) fn told(&self, secret: &Secret, now: Timestamp) -> String {
        let address = &secret.address;
        match self.pick().map(|pick| (pick, secret.picked(pick, now))) {
            Ok((Pick::Pending, _)) => format!("the pending version of {address}"),
            Ok((Pick::Previous | Pick::Number(_), Ok(picked))) => format!("version {} of {address}", picked.number),
            _ => address.to_string(),
        }
    }

    /// The name, and what stands behind its `@`.
    fn named(&self) -> Result<(&str, Option<Pick>)> {
        let Some((name, version)) = self.which.name.split_once('@') else { return Ok((&self.which.name, None)) };
        if self.otp || self.version.is_some() {
            let twice = if self.otp { "A code is made of the current version." } else { "The version is given twice." };
            return Err(Error::usage(twice).hint("Leave away what stands behind @."));
        }
        Ok((name, Some(version.parse()?)))
    }

    /// The version that is meant.
    fn pick(&self) -> Result<Pick> {
        Ok(self.named()?.1.or(self.version).unwrap_or_default())
    }

    /// Refuses a field that the current version has not, before anything is given out and
    /// recorded; what fields an earlier version has, is seen when it is opened.
    fn check_field(&self, secret: &Secret, now: Timestamp) -> Result<()> {
        let field = if self.otp { TOTP } else { &self.field };
        let current = Picked { number: secret.version, is_pending: false };
        if secret.picked(self.pick()?, now)? == current && !secret.fields.iter().any(|known| known.as_str() == field) {
            return Err(missing_field(secret, field, secret.fields.iter()));
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
