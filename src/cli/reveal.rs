//! `reveal`: a value on standard output, byte for byte. The vault writes the audit
//! record before it gives the value out.

use crate::error::{Error, Result};
use crate::vault::Release;

use super::call::Call;
use super::release::ReleaseArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom reveal STRIPE_KEY --env production
  strongroom reveal production/DB --field username
  strongroom reveal production/DB --version 3 --reason audit
  strongroom reveal production/DB --otp           a one-time code";

pub(super) fn run(call: &Call, args: &ReleaseArgs) -> Result<()> {
    if call.output.json {
        return Err(Error::usage("A value is never written as JSON.")
            .hint("Use `reveal` without --json for the bytes, or `get --json` for what is known about the secret."));
    }
    let mut vault = call.open()?;
    let secret = args.find(call, &mut vault, Release::Reveal)?;
    let value = args.take(call, &mut vault, &secret, Release::Reveal, |wait| {
        std::thread::sleep(wait);
        Ok(())
    })?;
    call.output.print_value(&value)
}
