//! `run`: a program with the context's secrets in its environment. Names are settled, the
//! program is found and every problem is told before a value is opened; the vault is
//! closed again before the program starts.

mod explain;
mod gather;

use std::ffi::OsString;

use clap::Args;

use crate::error::{Error, Result};
use crate::inject::child;
use crate::inject::environment::{Inherited, Rules, Variables, check_prefix, plan};
use crate::inject::mask::{Secrets, is_too_short};
use crate::inject::program::Program;

use super::call::Call;
use super::scope_args::ScopeArgs;
use gather::Gathered;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom run --env production -- ./server
  strongroom run --only STRIPE_KEY,billing/DB_URL -- node charge.js --dry-run
  strongroom run --env production --prefix APP_ --explain
  strongroom run --no-mask -- psql

A secret becomes the variable of its name in capitals. A variable that is set and not
empty wins over it, unless --override is given. Names that loaders, shells and
interpreters obey (PATH, LD_PRELOAD, BASH_ENV, ...) are refused.

What the program writes is masked: a guard against accidents, not against the program.
Its environment can be read by root and by other programs of the same user, and what it
starts inherits it. Values under 4 bytes are not masked.

Exit codes: the program's own; 126 and 127 when it cannot be run or is not there; if it
was not started, those of every command.";

/// What to run, and with what.
#[derive(Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Only these secrets: names, or full addresses
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Put this in front of every variable made from a secret's name
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Replace variables that are set already
    #[arg(long = "override")]
    overrides: bool,
    /// Hand on nothing of the environment but PATH, HOME, USER, LOGNAME, SHELL, TERM, COLORTERM, NO_COLOR, LANG, LC_*, TZ, TMPDIR and PWD
    #[arg(long)]
    clear_env: bool,
    /// Start nothing: show which variables there would be, whence, and who wins
    #[arg(long)]
    explain: bool,
    /// Do not mask what the program writes: it takes our place and our terminal
    #[arg(long)]
    no_mask: bool,
    /// Why, for the audit log; the program's name if left away
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Use secrets although they have expired
    #[arg(long)]
    allow_expired: bool,
    /// Stands where the program would without the --.
    #[arg(hide = true, value_name = "-- PROGRAM")]
    stray: Vec<OsString>,
    /// The program and its arguments
    #[arg(last = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

pub(super) fn run(call: Call, args: &RunArgs) -> Result<u8> {
    let program = program(args)?;
    check_prefix(&args.prefix)?;
    let inherited = Inherited::of(std::env::vars_os(), args.clear_env);
    let rules = Rules { prefix: args.prefix.clone(), overrides: args.overrides, clear: args.clear_env };
    let mut vault = call.open()?;
    let mut gathered = Gathered::new(&call, args, &mut vault)?;
    let rows = plan(&gathered.wishes, &rules, &inherited);
    let Some(program) = program else {
        let rows = gathered.settle(rows)?;
        return explain::print(&call, &gathered, &rows).map(|()| 0);
    };
    let reason = args.reason.clone().unwrap_or_else(|| program.base_name());
    if !args.allow_expired {
        gathered.refuse_expired(&mut vault, rows.as_deref().ok(), &reason, call.now);
    }
    let rows = gathered.settle(rows)?;
    let opened = gathered.open(&mut vault, &rows, &reason, args.allow_expired)?;
    vault.lock()?;
    let told: Vec<String> = opened.iter().map(|opened| opened.told.clone()).collect();
    let ours = opened.into_iter().map(|opened| (opened.variable, opened.value)).collect();
    let variables = Variables::new(inherited, ours, &told).map_err(not_started)?;
    let output = call.output;
    // The key, too, is gone before anything is started.
    drop(call);
    if args.no_mask {
        return Err(program.replace_us(&variables));
    }
    let short: Vec<&str> = variables
        .ours()
        .iter()
        .filter(|(_, value)| !value.is_empty() && is_too_short(value))
        .map(|(variable, _)| variable.as_str())
        .collect();
    if !short.is_empty() {
        output.note(&format!("Too short to be masked in the output, under 4 bytes: {}.", short.join(", ")));
    }
    let secrets = Secrets::new(variables.ours().iter().map(|(_, value)| value))?;
    if secrets.is_empty() {
        return Err(program.replace_us(&variables));
    }
    let ended = child::run(&program, &variables, secrets)?;
    drop(variables);
    Ok(ended.end_likewise())
}

/// The program, found; none where nothing is to be started.
fn program(args: &RunArgs) -> Result<Option<Program>> {
    if !args.stray.is_empty() || (args.command.is_empty() && !args.explain) {
        return Err(Error::usage("The program to run comes after two dashes, with its arguments.")
            .hint("Write: strongroom run -- PROGRAM ARGUMENTS"));
    }
    if args.explain {
        return Ok(None);
    }
    Program::find(&args.command).map(Some)
}

/// Everything that stands against starting the program.
fn not_started(problems: Vec<String>) -> Error {
    Error::usage("The program was not started.").detailed(problems)
}
