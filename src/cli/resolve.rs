//! `resolve`: which secret a context picks, and why, without its value.

use clap::Args;
use serde_json::{Value, json};

use crate::error::Result;
use crate::vault::Resolved;
use crate::vault::scope::ScopePath;
use crate::vault::secret::Secret;

use super::args::NameArgs;
use super::call::Call;
use super::shapes;
use super::table::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom resolve STRIPE_KEY --env production --namespace payments
  strongroom resolve STRIPE_KEY --env production --namespace payments --explain
  strongroom resolve DB_URL --user alice --explain --json

It exits with 3 when no scope has the name, and with 0 for an expired secret: that one hides
the wider ones, and commands that give values out refuse it.";

/// What to resolve.
#[derive(Args)]
pub(super) struct ResolveArgs {
    #[command(flatten)]
    which: NameArgs,
    /// Show every scope that was looked in, narrowest first, and what was found there
    #[arg(long)]
    explain: bool,
}

pub(super) fn run(call: &Call, args: &ResolveArgs) -> Result<()> {
    let (context, name) = args.which.scope.for_reading(&args.which.name, &call.config.scope)?;
    let mut vault = call.open()?;
    let found = vault.resolve(&context, &name)?;
    let walk = context.walk();
    if call.output.json {
        let mut picked = shapes::secret(&found.secret, call.now);
        picked["walk"] = walk.iter().map(|scope| step_json(call, &found, scope)).collect();
        return call.output.print_json(&picked);
    }
    if !args.explain {
        return call.output.print(&format!("{}\n", found.secret.address));
    }
    let mut table = Table::new(&["SCOPE", "SECRET", "VERSION", "WHY"]);
    for scope in &walk {
        let (secret, why) = step(call, &found, scope);
        let dash = || "-".to_owned();
        table.row(vec![
            scope.to_string(),
            secret.map_or_else(dash, |secret| secret.address.to_string()),
            secret.map_or_else(dash, |secret| secret.version.to_string()),
            why,
        ]);
    }
    call.output.print(&table.render(call.output.color))
}

/// What was found in one scope of the walk, and what that means.
fn step<'a>(call: &Call, found: &'a Resolved, scope: &ScopePath) -> (Option<&'a Secret>, String) {
    let Some(secret) = at(found, scope) else { return (None, "not there".to_owned()) };
    let expired = if secret.is_expired(call.now) { ", and has expired" } else { "" };
    let why = if secret.id == found.secret.id {
        format!("picked: the narrowest{expired}")
    } else {
        format!("hidden by {}{expired}", found.secret.scope())
    };
    (Some(secret), why)
}

fn step_json(call: &Call, found: &Resolved, scope: &ScopePath) -> Value {
    let secret = at(found, scope);
    json!({
        "scope": scope.to_string(),
        "version": secret.map(|secret| secret.version),
        "is_expired": secret.map(|secret| secret.is_expired(call.now)),
        "picked": secret.is_some_and(|secret| secret.id == found.secret.id),
    })
}

fn at<'a>(found: &'a Resolved, scope: &ScopePath) -> Option<&'a Secret> {
    std::iter::once(&found.secret).chain(&found.shadowed).find(|secret| secret.scope() == scope)
}
