//! `delete`: a tombstone, which `restore` takes away again.

use crate::error::Result;

use super::args::WriteArgs;
use super::call::Call;
use super::shapes;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom delete production/OLD_KEY --reason replaced
  strongroom delete OLD_KEY --env production";

pub(super) fn run(call: &Call, args: &WriteArgs) -> Result<()> {
    let address = call.address(&args.scope, &args.name)?;
    let mut vault = call.open()?;
    let secret = vault.delete(&address, &args.reason)?;
    if call.output.json {
        return call.output.print_json(&shapes::secret(&secret, call.now));
    }
    call.output.note(&format!(
        "Deleted {address} at version {}. Bring it back with: strongroom restore {}",
        secret.version,
        full(&address)
    ));
    Ok(())
}

/// The address so that it means the same with any default scope.
pub(super) fn full(address: &crate::vault::scope::Address) -> String {
    format!("{}/{}", address.scope, address.name)
}
