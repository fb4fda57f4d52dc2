//! The command line: one file a command. Whatever the screen does, a script or a
//! screen reader can do here.
//!
//! `main` calls [`run`]. It parses, settles the [`Config`], hands a `Call` to the
//! command, and turns an error into a message and an exit code. Values are
//! printed by `reveal`, `render` and `generate` alone, and never as JSON.

mod anchor;
mod application;
mod args;
mod audit;
mod backup;
mod call;
mod candidates;
mod check;
mod command_table;
mod completions;
mod copy;
mod delete;
mod demo;
mod dependents;
mod diff;
mod doctor;
mod generate;
mod get;
mod history;
mod incident;
mod init;
mod key;
mod list;
mod lock;
mod long_table;
mod man;
mod open;
mod output;
mod purge;
mod recipe;
mod recipe_args;
mod release;
mod relocate;
mod render;
mod resolve;
mod restore;
mod reveal;
mod rollback;
mod rotate;
mod rotate_due;
mod run;
mod scope_args;
mod set;
mod shapes;
mod source;
mod status;
mod table;
mod times;
mod unlock;
mod usage;
mod verify;

use std::ffi::OsString;

use clap::Parser;
use jiff::Timestamp;

use crate::clipboard;
use crate::config::{Config, Flags};
use crate::error::{Error, Result};
use crate::inject::session;
use crate::rotation;
use crate::secret_text::SecretText;
use crate::session::key_source::{KeySources, take_master_key};
use crate::vault;

pub use command_table::readme_commands;

use args::{Arguments, Command, CommonArgs};
use call::Call;
use output::Output;

/// Runs one command line and gives its exit code.
#[must_use]
pub fn run(line: Vec<OsString>) -> u8 {
    // Before any thread begins, and whatever the command is.
    let master_key = take_master_key();
    if let Some(shell) = std::env::var_os(completions::VARIABLE) {
        return completions::answer(&shell, line);
    }
    let json = line.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json");
    let plain = Output { json, color: false };
    if let Some(part) = take_part(&line) {
        return done(plain, part);
    }
    let arguments = match Arguments::try_parse_from(line) {
        Ok(arguments) => arguments,
        Err(answer) if !answer.use_stderr() => return done(plain, plain.print(&answer.to_string()).map(|()| 0)),
        Err(refused) => return done(plain, Err(usage::refused(&refused))),
    };
    done(plain, dispatch(arguments, master_key))
}

/// Does what a hidden argument asks for, where this process is a part of another of ours.
fn take_part(line: &[OsString]) -> Option<Result<u8>> {
    session::take_part(line).or_else(|| clipboard::take_part(line)).or_else(|| rotation::take_part(line))
}

/// The manual page of all commands.
///
/// # Errors
/// Failure, never in practice.
pub fn manual() -> Result<String> {
    man::page(None)
}

/// Reports an error from before the command line was read; gives its exit code.
#[must_use]
pub fn report_start(error: &Error) -> u8 {
    Output { json: false, color: false }.error(error);
    error.exit_code()
}

fn done(output: Output, result: Result<u8>) -> u8 {
    result.unwrap_or_else(|error| {
        output.error(&error);
        error.exit_code()
    })
}

fn dispatch(arguments: Arguments, master_key: Option<SecretText>) -> Result<u8> {
    let plain = Output { json: arguments.common.json, color: false };
    match &arguments.command {
        // These need no settings, which may be what one wants to read about.
        Some(Command::Completions(args)) => return completions::run(plain, args).map(|()| 0),
        Some(Command::Man(args)) => return man::run(plain, args).map(|()| 0),
        _ => {}
    }
    let call = settle(arguments.common, master_key)?;
    match arguments.command {
        None => return application::run(call),
        Some(Command::Demo(args)) => return demo::run(call, &args),
        Some(Command::Run(args)) => return run::run(call, &args),
        Some(Command::Copy(args)) => return copy::run(&call, &args),
        Some(Command::Completions(_) | Command::Man(_)) => Ok(()),
        Some(Command::Init(args)) => init::run(&call, &args),
        Some(Command::Set(args)) => set::run(&call, *args),
        Some(Command::Get(args)) => get::run(&call, &args),
        Some(Command::Reveal(args)) => reveal::run(&call, &args),
        Some(Command::List(args)) => list::run(&call, &args),
        Some(Command::Resolve(args)) => resolve::run(&call, &args),
        Some(Command::Rotate(args)) => rotate::run(&call, args),
        Some(Command::Recipe(args)) => recipe::run(&call, &args),
        Some(Command::Rollback(args)) => rollback::run(&call, &args),
        Some(Command::History(args)) => history::run(&call, &args),
        Some(Command::Dependents(args)) => dependents::run(&call, &args),
        Some(Command::Incident(args)) => incident::run(&call, &args),
        Some(Command::Move(args)) => relocate::run(&call, &args),
        Some(Command::Diff(args)) => diff::run(&call, &args),
        Some(Command::Delete(args)) => delete::run(&call, &args),
        Some(Command::Restore(args)) => restore::run(&call, &args),
        Some(Command::Purge(args)) => purge::run(&call, &args),
        Some(Command::Audit(args)) => audit::run(&call, &args),
        Some(Command::Backup(args)) => backup::run(&call, &args),
        Some(Command::Render(args)) => render::run(&call, &args),
        Some(Command::Check(args)) => check::run(&call, &args),
        Some(Command::Anchor(args)) => anchor::run(&call, &args),
        Some(Command::Verify(_)) => verify::run(&call),
        Some(Command::Doctor(_)) => doctor::run(&call),
        Some(Command::Generate(args)) => generate::run(&call, &args),
        Some(Command::Key(args)) => key::run(&call, &args),
        Some(Command::Unlock(args)) => unlock::run(&call, &args),
        Some(Command::Lock) => lock::run(&call),
        Some(Command::Status) => status::run(&call),
    }?;
    Ok(0)
}

/// Lays the flags over the environment and the file.
fn settle(common: CommonArgs, master_key: Option<SecretText>) -> Result<Call> {
    let config = Config::load(Flags { vault: common.vault, color: common.color })?;
    if config.allow_network_fs {
        vault::allow_network_file_systems();
    }
    Ok(Call {
        output: Output::new(common.json, config.color),
        config,
        no_input: common.no_input,
        keys: KeySources::new(common.key_file, common.passphrase_file, master_key),
        now: Timestamp::now(),
    })
}
