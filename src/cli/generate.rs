//! `generate`: a password, passphrase or key on standard output; its entropy on
//! standard error. It needs no vault.

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::generate::{Generated, generate};

use super::call::Call;
use super::recipe_args::RecipeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom generate --length 32 --alphabet symbols
  strongroom generate --length 16 --alphabet symbols --must-contain upper,digit,symbol
  strongroom generate --words 7
  strongroom generate --hex 32
  strongroom generate --alphabet custom:ABCDEF0123";

/// What to generate.
#[derive(Args)]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    recipe: RecipeArgs,
}

pub(super) fn run(call: &Call, args: &GenerateArgs) -> Result<()> {
    if call.output.json {
        return Err(Error::usage("A value is never written as JSON.").hint("Use `generate` without --json."));
    }
    let Generated { value, entropy_bits, recipe } = generate(&args.recipe.recipe()?)?;
    call.output.print_line(&value)?;
    let lost = match recipe.bits_lost() {
        lost if lost >= 0.05 => format!(", {lost:.1} less for what it must contain"),
        _ => String::new(),
    };
    call.output.note(&format!("{entropy_bits:.1} bits of entropy{lost}"));
    Ok(())
}
