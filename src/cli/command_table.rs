//! The README's table of commands, made from the definitions.

use std::fmt::Write;

use clap::{Command, CommandFactory};

use super::args::Arguments;
use super::man::operands;

/// The rows of the table, a command each.
#[must_use]
pub fn readme_commands() -> String {
    let mut all = Arguments::command().disable_help_subcommand(true);
    all.build();
    let mut table = "| command | does |\n|---|---|\n".to_owned();
    for command in all.get_subcommands().filter(|command| !command.is_hide_set()) {
        let inner: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let inner = if inner.is_empty() { String::new() } else { format!(" [{}]", inner.join("\\|")) };
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ =
            writeln!(table, "| `{}{}{inner}` | {} |", command.get_name(), operands(command), about.replace('|', "\\|"));
    }
    table
}
