//! `history`: a secret's versions, newest first, and the rotations that came to none.

use serde_json::Value;

use crate::error::Result;
use crate::vault::rotation::Past;

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
        let given_up = &secret.rotation.given_up;
        let versions = versions.iter().map(|version| shapes::version_with(version, given_up));
        return call.output.print_json(&Value::Array(versions.collect()));
    }
    let mut table = Table::new(&["VERSION", "CREATED", "BY", "ORIGIN", "REASON"]);
    for past in Past::of(versions, secret.rotation.given_up) {
        let (number, at, by, origin, reason) = match past {
            Past::Version(version) => {
                let mark = if version.number == secret.version { " (current)" } else { "" };
                let number = format!("{}{mark}", version.number);
                (number, version.created_at, version.created_by, version.origin.to_string(), version.reason)
            }
            Past::GivenUp(rotation) => {
                ("-".to_owned(), rotation.at, rotation.by, "aborted".to_owned(), rotation.reason)
            }
        };
        table.row(vec![number, both(at, call.now), by, origin, reason]);
    }
    call.output.print(&table.render(call.output.color))
}
