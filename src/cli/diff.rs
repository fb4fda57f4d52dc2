//! `diff`: how two versions of a secret differ, told by shape, never by value.

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::Pick;
use crate::vault::compare::Side;

use super::args::NameArgs;
use super::call::Call;
use super::shapes;
use super::table::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom diff production/STRIPE_KEY 6 7
  strongroom diff STRIPE_KEY 6 7 --env production --json
  strongroom diff production/DB@pending           what is staged, beside the current one";

/// What may be said.
const TWO: &str =
    "Give two numbers, as in NAME 6 7, or one version that is compared with the current one: NAME@pending.";

/// What to compare.
#[derive(Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    which: NameArgs,
    /// The version to start from; NAME@pending and NAME@previous are compared with the current one
    #[arg(value_name = "A", requires = "after", value_parser = clap::value_parser!(u64).range(1..))]
    before: Option<u64>,
    /// The version to compare with it
    #[arg(value_name = "B", value_parser = clap::value_parser!(u64).range(1..))]
    after: Option<u64>,
}

pub(super) fn run(call: &Call, args: &DiffArgs) -> Result<()> {
    let mut vault = call.open()?;
    let (name, version) = args.which.name.split_once('@').unzip();
    let secret = call.resolve(&mut vault, &args.which.scope, name.unwrap_or(&args.which.name))?;
    let diff = match (args.before.zip(args.after), version.map(str::parse).transpose()?) {
        (Some((before, after)), None) => vault.shape_diff(secret.id, before, after)?,
        (None, Some(Pick::Pending)) => vault.pending_diff(secret.id)?,
        (None, Some(pick)) => {
            let before = secret.picked(pick, call.now)?.number;
            vault.shape_diff(secret.id, before, secret.version)?
        }
        (Some(_), Some(_)) => return Err(Error::usage("The versions are given twice.").hint(TWO)),
        (None, None) => return Err(Error::usage("Which versions is not said.").hint(TWO)),
    };
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
