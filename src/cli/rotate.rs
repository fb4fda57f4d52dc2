//! `rotate`: a new value, always a new version, with a reason.

use clap::Args;

use crate::error::Result;
use crate::vault::secret::Fields;
use crate::vault::{Expected, Vault};

use super::args::VersionArgs;
use super::call::{Call, look_first};
use super::rotate_due::DueArgs;
use super::scope_args::ScopeArgs;
use super::{rotate_due, shapes, source};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom rotate production/STRIPE_KEY --reason scheduled      (asks for the value, twice, hidden)
  strongroom rotate DB_PASSWORD --env production --generate --length 32
  strongroom rotate production/TLS --file server.pem --if-version 3
  strongroom rotate --due --plan --scope production
  strongroom rotate --due --apply --length 32 --reason scheduled";

/// What to rotate, and the new value.
#[derive(Args)]
pub(super) struct RotateArgs {
    /// The secret: a name, or a full address such as production/payments/STRIPE_KEY
    #[arg(required_unless_present = "due")]
    name: Option<String>,
    #[command(flatten)]
    version: VersionArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    due: DueArgs,
}

pub(super) fn run(call: &Call, args: RotateArgs) -> Result<()> {
    let RotateArgs { name, version, scope, due } = args;
    if due.due {
        return rotate_due::run(call, &due, &version, &scope);
    }
    let name = name.ok_or_else(rotate_due::nameless)?;
    let address = call.address(&scope, &name)?;
    version.source.check(call)?;
    let expected = version.if_version.map_or(Expected::Present, Expected::Version);
    let mut vault = call.open()?;
    let refuse = |vault: &mut Vault| vault.rotate(&address, Fields::default(), &version.reason, expected);
    look_first(&mut vault, &address, expected, refuse)?;
    let fields =
        if version.source.is_given() { version.source.read(call)? } else { source::ask(call, &address.to_string())? };
    let same = vault.find(&address).and_then(|secret| vault.same_fields(secret.id, &fields));
    if same.is_ok_and(|same| same.len() == fields.len()) {
        call.output.warn("The new value is the current one again: the new version changes nothing.");
    }
    let written = vault.rotate(&address, fields, &version.reason, expected)?;
    if call.output.json {
        return call.output.print_json(&shapes::written(&written, call.now));
    }
    call.output.note(&format!("Rotated {address}: version {}.", written.secret.version));
    Ok(())
}
