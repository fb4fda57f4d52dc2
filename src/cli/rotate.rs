//! `rotate`: a new value, always a new version, with a reason; at once, or in stages.

pub(super) mod driving;
mod under_way;

use clap::Args;
use jiff::SignedDuration;

use crate::error::{Error, Result};
use crate::rotation::decide::Goal;
use crate::rotation::drive::{Drive, Outcome, Source, Start, recipe_of};
use crate::rotation::recipe::Recipe;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Secret};
use crate::vault::when::parse_duration;
use crate::vault::{Expected, Pick, Vault};

use super::args::VersionArgs;
use super::call::{Call, look_first};
use super::rotate_due::DueArgs;
use super::scope_args::ScopeArgs;
use super::source::SourceArgs;
use super::{rotate_due, shapes, source};
use under_way::UnderWayArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom rotate production/STRIPE_KEY --reason scheduled      (asks for the value, twice, hidden)
  strongroom rotate DB_PASSWORD --env production --generate --length 32
  strongroom rotate production/TLS --file server.pem --if-version 3
  strongroom rotate production/DB --stage --generate --grace 1d   beside the current one: nobody gets it yet
  strongroom copy production/DB@pending                           tell the far side by hand
  strongroom rotate production/DB --promote                       or --abort
  strongroom rotate production/DB --resume                        after a crash or a lost connection
  strongroom rotate production/DB --to previous --reason outage   back again, at the far side too
  strongroom rotate --due --plan --scope production
  strongroom rotate --due --apply --length 32 --reason scheduled

With a recipe the far side is told the new value, which is then tried; a step that fails
puts everything back.";

/// What to rotate, and the new value.
#[derive(Args)]
pub(super) struct RotateArgs {
    /// The secret: a name, or a full address such as production/payments/STRIPE_KEY
    #[arg(required_unless_present = "due")]
    name: Option<String>,
    #[command(flatten)]
    version: VersionArgs,
    /// Go back to version N, or to the previous one; with a recipe the far side is told first, and tried
    #[arg(help_heading = "In stages", long, value_name = "N", value_parser = earlier, conflicts_with_all = ["value", "stdin", "file", "generate", "fields", "due"])]
    to: Option<Pick>,
    /// Seal the value as a pending version: nobody gets it until it is promoted
    #[arg(help_heading = "In stages", long, conflicts_with = "due")]
    stage: bool,
    /// How long @previous stays reachable once the new version is current: 12h, 7d; 0 retires it at once
    #[arg(help_heading = "In stages", long, value_name = "TIME", value_parser = parse_grace, conflicts_with = "under_way")]
    grace: Option<SignedDuration>,
    /// Tell the far side also when it does not take the current value: by its recipe that is tried first
    #[arg(help_heading = "In stages", long, conflicts_with_all = ["due", "by_hand", "abort", "retire"])]
    force: bool,
    #[command(flatten)]
    under_way: UnderWayArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    due: DueArgs,
}

/// A duration; nothing needs no unit.
fn parse_grace(text: &str) -> Result<SignedDuration> {
    if text == "0" { Ok(SignedDuration::ZERO) } else { parse_duration(text) }
}

pub(super) fn run(call: &Call, args: RotateArgs) -> Result<()> {
    let RotateArgs { name, version, to, stage, grace, force, under_way, scope, due } = args;
    if due.due {
        return rotate_due::run(call, &due, &version, &scope);
    }
    let name = name.ok_or_else(rotate_due::nameless)?;
    let address = call.address(&scope, &name)?;
    if under_way.is_given() {
        return under_way::run(call, &under_way, force, &address, &version.reason);
    }
    version.source.check(call)?;
    let expected = version.if_version.map_or(Expected::Present, Expected::Version);
    let mut vault = call.open()?;
    let refuse = |vault: &mut Vault| vault.rotate(&address, Fields::default(), &version.reason, expected);
    let found = look_first(&mut vault, &address, expected, refuse)?;
    let recipe = found.as_ref().filter(|_| !under_way.by_hand).map(recipe_of).transpose()?.flatten();
    let source = match to {
        Some(pick) => Source::Earlier(pick),
        None => value(call, &mut vault, version.source, recipe.as_ref(), &address)?,
    };
    match source {
        Source::Given(fields) if !stage && grace.is_none() && recipe.is_none() => {
            at_once(call, &mut vault, &address, fields, &version.reason, expected)
        }
        source => {
            let goal = if stage { Goal::Staged } else { Goal::Promoted };
            let start = Start { source, grace, goal, by_hand: under_way.by_hand, reason: &version.reason, expected };
            let mut drive = Drive::begin(&mut vault, &address, start)?.unlooked(force);
            let driven = driving::drive(call, &mut vault, &mut drive)?;
            if under_way.by_hand && matches!(driven.outcome, Outcome::Promoted(_)) {
                call.warn_untold(driven.outcome.secret());
            }
            driven.report(call)
        }
    }
}

/// A new value does not give an expired secret another date: it is given out no more than before.
pub(super) fn warn_expired(call: &Call, secret: &Secret) {
    if secret.is_expired(call.now) {
        let address = &secret.address;
        call.output.warn(&format!(
            "{address} has expired, also with its new value: nobody gets it. \
             Give it another date with strongroom set {address} --expires."
        ));
    }
}

/// A version that may come back.
fn earlier(text: &str) -> Result<Pick> {
    match text.strip_prefix('@').unwrap_or(text).parse() {
        Ok(pick @ (Pick::Previous | Pick::Number(_))) => Ok(pick),
        _ => Err(Error::usage("That is no earlier version.").hint("Write a number, or previous.")),
    }
}

/// The new value: as it is given, or by the recipe where it makes one, or asked for.
fn value(
    call: &Call,
    vault: &mut Vault,
    given: SourceArgs,
    recipe: Option<&Recipe>,
    address: &Address,
) -> Result<Source> {
    if !given.is_given() && recipe.is_some_and(|recipe| recipe.make.is_some()) {
        return Ok(Source::Recipe);
    }
    let fields = if given.is_given() { given.read(call)? } else { source::ask(call, &address.to_string())? };
    let same = vault.find(address).and_then(|secret| vault.same_fields(secret.id, &fields));
    if same.is_ok_and(|same| same.len() == fields.len()) {
        call.output.warn("The new value is the current one again: the new version changes nothing.");
    }
    Ok(Source::Given(fields))
}

/// The vault alone, in one step.
fn at_once(
    call: &Call,
    vault: &mut Vault,
    address: &Address,
    fields: Fields,
    reason: &str,
    expected: Expected,
) -> Result<()> {
    let written = vault.rotate(address, fields, reason, expected)?;
    call.warn_untold(&written.secret);
    warn_expired(call, &written.secret);
    if call.output.json {
        return call.output.print_json(&shapes::written(&written, call.now));
    }
    call.output.note(&format!("Rotated {address}: version {}.", written.secret.version));
    Ok(())
}
