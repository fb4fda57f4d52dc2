//! `diff`: how two versions of a secret differ, told by shape, never by value.

use clap::Args;

use crate::error::Result;
use crate::vault::compare::Side;

use super::args::NameArgs;
use super::call::Call;
use super::shapes;
use super::table::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom diff production/STRIPE_KEY 6 7
  strongroom diff STRIPE_KEY 6 7 --env production --json";

/// What to compare.
#[derive(Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    which: NameArgs,
    /// The version to start from
    #[arg(value_name = "A", value_parser = clap::value_parser!(u64).range(1..))]
    before: u64,
    /// The version to compare with it
    #[arg(value_name = "B", value_parser = clap::value_parser!(u64).range(1..))]
    after: u64,
}

pub(super) fn run(call: &Call, args: &DiffArgs) -> Result<()> {
    let mut vault = call.open()?;
    let secret = call.resolve(&mut vault, &args.which.scope, &args.which.name)?;
    let diff = vault.shape_diff(secret.id, args.before, args.after)?;
    if call.output.json {
        return call.output.print_json(&shapes::diff(&diff));
    }
    let mut table = Table::new(&["FIELD", "CHANGE", "BEFORE", "AFTER"]);
    for field in &diff.fields {
        table.row(vec![
            field.name.to_string(),
            field.fate().word().to_owned(),
            described(field.before.as_ref()),
            described(field.after.as_ref()),
        ]);
    }
    call.output.print(&table.render(call.output.color))
}

/// A side in words; `-` where the field is not there.
fn described(side: Option<&Side>) -> String {
    let Some(side) = side else { return "-".to_owned() };
    match side.same_as {
        Some(version) => format!("{} (same as version {version})", side.shape),
        None => side.shape.to_string(),
    }
}
