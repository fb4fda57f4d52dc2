//! `run`: a program with the context's secrets in its environment. Names are settled, the
//! program is found and every problem is told before a value is opened; the vault is
//! closed again before the program starts.

mod explain;
mod gather;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};
use crate::inject::child;
use crate::inject::env_file::{EnvFile, Line};
use crate::inject::environment::{Inherited, Outcome, Rules, Variables, check_prefix, plan};
use crate::inject::fill::Released;
use crate::inject::mask::{Secrets, is_too_short};
use crate::inject::program::Program;
use crate::session::read_secret;
use crate::vault::Release;
use crate::vault::secret::VALUE;

use super::call::Call;
use super::output::Output;
use super::scope_args::ScopeArgs;
use gather::Gathered;

/// No file of variables is longer, in bytes: all of them together must fit a program.
const LONGEST_FILE: usize = 4 * 1024 * 1024;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom run --env production -- ./server
  strongroom run --only STRIPE_KEY,billing/DB_URL -- node charge.js --dry-run
  strongroom run --env production --env-file service.env -- ./server
  strongroom run --env production --prefix APP_ --explain
  strongroom run --no-mask -- psql

A secret becomes the variable of its name in capitals. A variable that is set
and not empty wins over it, unless --override is given. Names that loaders,
shells and interpreters obey (PATH, LD_PRELOAD, BASH_ENV, ...) are refused.

What the program writes is masked: a guard against accidents, not against the
program. Its environment can be read by root and by other programs of the same
user, and is inherited by what it starts. Values under 4 bytes are not masked.

Exit codes: the program's own; 126 and 127 when it cannot be run or is not
there; if it was not started for another reason, those of every command.";

/// What to run, and with what.
#[derive(Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Only these secrets: names, or full addresses
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    only: Vec<String>,
    /// The variables that this file names: lines NAME=VALUE, references in them filled in
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// Beside --only and --env-file, all secrets that the context sees
    #[arg(long)]
    all: bool,
    /// Put this in front of every variable made from a secret's name
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Replace variables that are set already
    #[arg(long = "override")]
    overrides: bool,
    /// Hand on nothing of the environment but PATH, HOME, USER, LOGNAME, SHELL, TERM, COLORTERM, NO_COLOR, LANG, LANGUAGE, LC_*, TZ, TMPDIR and PWD
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
    let lines = lines(&args.env_files)?;
    let inherited = Inherited::of(std::env::vars_os(), args.clear_env);
    let rules = Rules { prefix: args.prefix.clone(), overrides: args.overrides };
    let mut vault = call.open()?;
    let mut gathered = Gathered::new(&call, args, &mut vault, lines)?;
    let rows = plan(&gathered.wishes, &rules, &inherited);
    let Some(program) = program else {
        gathered.look(&mut vault, &rows, call.now, None)?;
        let rows = gathered.settle(rows)?;
        return explain::print(&call, &mut vault, &gathered, &rows).map(|()| 0);
    };
    let reason = args.reason.clone().unwrap_or_else(|| program.base_name());
    gathered.look(&mut vault, &rows, call.now, (!args.allow_expired).then_some(&reason))?;
    let settled = gathered.settle(rows);
    let mut rows = settled.inspect_err(|error| vault.note_missing(None, Release::Run, &reason, error))?;
    rows.retain(|row| row.outcome != Outcome::Kept);
    let terms = Gathered::terms(&reason, args.allow_expired);
    let filled = gathered.open(&call, &mut vault, &rows, &terms)?;
    // Its keys are wiped, and the file is closed.
    drop(vault);
    let told: Vec<String> = rows.iter().map(|row| gathered.wishes[row.wish].told.clone()).collect();
    let ours = rows.into_iter().map(|row| row.variable).zip(filled.texts).collect();
    let variables = Variables::new(inherited, ours, &told).map_err(not_started)?;
    let output = call.output;
    // The key, too, is gone before anything is started.
    drop(call);
    start(output, args, &program, variables, filled.released)
}

/// Starts the program, and ends as it ends.
fn start(
    output: Output,
    args: &RunArgs,
    program: &Program,
    variables: Variables,
    released: Vec<Released>,
) -> Result<u8> {
    if args.no_mask {
        return Err(program.replace_us(&variables));
    }
    let mut short: Vec<String> = released
        .iter()
        .filter(|released| !released.value.is_empty() && is_too_short(&released.value))
        .map(|released| match released.field.as_str() {
            VALUE => released.address.to_string(),
            field => format!("{}#{field}", released.address),
        })
        .collect();
    short.dedup();
    if !short.is_empty() {
        output.note(&format!("Too short to be masked, under 4 bytes: {}.", short.join(", ")));
    }
    let secrets = Secrets::new(released.iter().map(|released| &released.value))?;
    drop(released);
    if secrets.is_empty() {
        return Err(program.replace_us(&variables));
    }
    let ended = child::run(program, &variables, secrets)?;
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

/// What the files say, each line with its file.
fn lines(files: &[PathBuf]) -> Result<Vec<(String, Line)>> {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for path in files {
        let file = path.display().to_string();
        match EnvFile::parse(&read_secret::from_file(path, LONGEST_FILE)?) {
            Ok(read) => lines.extend(read.lines.into_iter().map(|line| (file.clone(), line))),
            Err(found) => faults.extend(found.iter().map(|fault| format!("{file}:{}: {}", fault.place, fault.cause))),
        }
    }
    if faults.is_empty() { Ok(lines) } else { Err(not_started(faults)) }
}

/// Everything that stands against starting the program.
fn not_started(problems: Vec<String>) -> Error {
    Error::usage("The program was not started.").detailed(problems)
}
