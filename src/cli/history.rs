//! `history`: a secret's versions, newest first.

use serde_json::Value;

use crate::error::Result;

use super::args::NameArgs;
use super::call::Call;
use super::shapes;
use super::table::Table;
use super::times::both;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom history STRIPE_KEY --env production
  strongroom history production/DB --json";

pub(super) fn run(call: &Call, args: &NameArgs) -> Result<()> {
    let mut vault = call.open()?;
    let secret = call.resolve(&mut vault, &args.scope, &args.name)?;
    let versions = vault.history(secret.id)?;
    if call.output.json {
        return call.output.print_json(&Value::Array(versions.iter().map(shapes::version).collect()));
    }
    let mut table = Table::new(&["VERSION", "CREATED", "BY", "ORIGIN", "REASON"]);
    for version in &versions {
        let mark = if version.number == secret.version { " (current)" } else { "" };
        table.row(vec![
            format!("{}{mark}", version.number),
            both(version.created_at, call.now),
            version.created_by.clone(),
            version.origin.to_string(),
            version.reason.clone(),
        ]);
    }
    call.output.print(&table.render(call.output.color))
}
