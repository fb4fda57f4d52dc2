//! `restore`: a deleted secret back, whole.

use crate::error::Result;

use super::args::WriteArgs;
use super::call::Call;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom restore production/OLD_KEY
  strongroom list --deleted      (what can be restored)";

pub(super) fn run(call: &Call, args: &WriteArgs) -> Result<()> {
    let address = call.address(&args.scope, &args.name)?;
    let mut vault = call.open()?;
    let secret = vault.restore(&address, &args.reason)?;
    if call.output.json {
        return call.output.print_json(&shapes::secret(&secret, call.now));
    }
    call.output.note(&format!("Restored {address} at version {}.", secret.version));
    Ok(())
}
