//! What may be written on the command line: one [`Command`] a command, and the
//! arguments that several share. `completions` and `man` will be made from these
//! same definitions.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Color;

use super::anchor;
use super::audit;
use super::backup;
use super::check;
use super::completions;
use super::copy;
use super::delete;
use super::demo;
use super::dependents;
use super::diff;
use super::doctor;
use super::generate;
use super::get;
use super::history;
use super::incident;
use super::init;
use super::key;
use super::list;
use super::lock;
use super::man;
use super::purge;
use super::recipe;
use super::release::ReleaseArgs;
use super::relocate;
use super::render;
use super::resolve;
use super::restore;
use super::reveal;
use super::rollback;
use super::rotate;
use super::run;
use super::scope_args::ScopeArgs;
use super::set;
use super::source::SourceArgs;
use super::status;
use super::unlock;
use super::verify;

const EXAMPLES: &str = "\
Examples:
  strongroom                                   open the application
  strongroom init --recovery                   make a vault and a recovery key
  strongroom set STRIPE_KEY --env production   ask for the value, twice, hidden
  strongroom reveal production/STRIPE_KEY      print it
  strongroom list 'due:<7d'                    what must be rotated within a week

Exit codes: 0 done, 1 error, 2 usage, 3 not found, 4 exists or version conflict,
5 locked or wrong key, 6 expired, 7 denied, 8 busy or unreachable, 9 damaged.";

/// A terminal vault for operators: list, filter, rotate and roll back secrets over an encrypted file.
#[derive(Parser)]
#[command(name = "strongroom", version, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// No command opens the application.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes.
#[derive(Args)]
pub(super) struct CommonArgs {
    /// The vault file [environment: STRONGROOM_VAULT]
    #[arg(help_heading = "Everywhere", long, global = true, value_name = "PATH")]
    pub(super) vault: Option<PathBuf>,
    /// Open the vault with the key in this file
    #[arg(help_heading = "Everywhere", long, global = true, value_name = "PATH")]
    pub(super) key_file: Option<PathBuf>,
    /// Open the vault with the passphrase in this file, `-` for standard input [environment: STRONGROOM_PASSPHRASE_FILE]
    #[arg(help_heading = "Everywhere", long, global = true, value_name = "PATH")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Write JSON, errors too; never a value
    #[arg(help_heading = "Everywhere", long, global = true)]
    pub(super) json: bool,
    /// Never ask; fail instead
    #[arg(help_heading = "Everywhere", long, global = true)]
    pub(super) no_input: bool,
    /// When to colour: auto, always or never
    #[arg(help_heading = "Everywhere", long, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub(super) color: Option<Color>,
}

/// A command and its arguments.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a vault, protected by a passphrase, a key file or a key for the environment
    #[command(after_help = init::EXAMPLES)]
    Init(init::InitArgs),
    /// Create a secret, or a new version of it if a field changed
    #[command(after_help = set::EXAMPLES)]
    Set(Box<set::SetArgs>),
    /// Show what is known about a secret, never its value
    #[command(after_help = get::EXAMPLES)]
    Get(NameArgs),
    /// Print a value, byte for byte
    #[command(after_help = reveal::EXAMPLES)]
    Reveal(ReleaseArgs),
    /// Copy a value to the clipboard, and take it away again
    #[command(after_help = copy::EXAMPLES)]
    Copy(copy::CopyArgs),
    /// List secrets, never their values
    #[command(visible_alias = "ls", after_help = list::EXAMPLES)]
    List(list::ListArgs),
    /// Show which secret a context picks and why, never its value
    #[command(after_help = resolve::EXAMPLES)]
    Resolve(resolve::ResolveArgs),
    /// Give a secret a new value, with a reason
    #[command(after_help = rotate::EXAMPLES)]
    Rotate(rotate::RotateArgs),
    /// Keep with a secret how its far side is told a new value
    #[command(after_help = recipe::EXAMPLES)]
    Recipe(recipe::RecipeArgs),
    /// Make an earlier version's fields current again, as a new version
    #[command(after_help = rollback::EXAMPLES)]
    Rollback(rollback::RollbackArgs),
    /// Show a secret's versions, newest first
    #[command(after_help = history::EXAMPLES)]
    History(NameArgs),
    /// Move a secret to another scope or name, with its whole history
    #[command(visible_alias = "mv", after_help = relocate::EXAMPLES)]
    Move(relocate::MoveArgs),
    /// Show how two versions differ, by shape, never their values
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::DiffArgs),
    /// Delete a secret; `restore` brings it back
    #[command(visible_alias = "rm", after_help = delete::EXAMPLES)]
    Delete(WriteArgs),
    /// Bring a deleted secret back; of several of one name the newest, or `--deleted-at TIME`
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::RestoreArgs),
    /// Destroy a secret and all its versions for good
    #[command(after_help = purge::EXAMPLES)]
    Purge(purge::PurgeArgs),
    /// Run a program with secrets in its environment, its output masked
    #[command(after_help = run::EXAMPLES, override_usage = "strongroom run [OPTIONS] -- PROGRAM [ARGUMENT]...")]
    Run(Box<run::RunArgs>),
    /// Show what was done and refused, newest first, or verify that nobody altered it
    #[command(after_help = audit::EXAMPLES, args_conflicts_with_subcommands = true)]
    Audit(audit::AuditArgs),
    /// Show what is built from a secret: whose values refer to it, and what its own refers to
    #[command(after_help = dependents::EXAMPLES)]
    Dependents(NameArgs),
    /// List what somebody could have seen since, and what became of each; exit 1 while any is to do
    #[command(after_help = incident::EXAMPLES)]
    Incident(incident::IncidentArgs),
    /// List, add, test and remove the keys that open the vault, change a passphrase, replace the master key
    #[command(after_help = key::EXAMPLES)]
    Key(key::KeyArgs),
    /// Seal everything into a file with keys of its own, try it, and make a vault of it again
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::BackupArgs),
    /// Put values in the place of the references in a text
    #[command(after_help = render::EXAMPLES)]
    Render(render::RenderArgs),
    /// Name what is expired, due, left halfway, there twice or missing; for pipelines
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArgs),
    /// Open every record and walk every chain: exit 9 if anything is damaged
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArgs),
    /// Tell whether the file is the one that this machine saw last, or an older one put back: exit 9
    #[command(after_help = anchor::EXAMPLES)]
    Anchor(anchor::AnchorArgs),
    /// Check permissions, terminal and clipboard; needs no key
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::DoctorArgs),
    /// Keep the key in the kernel keyring for a while (`--for 8h`): no command asks
    #[command(after_help = unlock::EXAMPLES)]
    Unlock(unlock::UnlockArgs),
    /// Drop the key that `unlock` keeps, at once
    #[command(after_help = lock::EXAMPLES)]
    Lock,
    /// Show whether the vault is unlocked, until when, and what opens it
    #[command(after_help = status::EXAMPLES)]
    Status,
    /// Try every key on made-up secrets; nothing is kept
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::DemoArgs),
    /// Generate a password, passphrase, key or UUID, and tell its entropy
    #[command(after_help = generate::EXAMPLES)]
    Generate(generate::GenerateArgs),
    /// Print the script by which bash, zsh or fish complete commands, options and names
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::CompletionsArgs),
    /// Print the manual page, of all commands or of one
    #[command(after_help = man::EXAMPLES)]
    Man(man::ManArgs),
}

/// A secret to read: its name is resolved in the context given.
#[derive(Args)]
pub(super) struct NameArgs {
    /// The secret: a name, or a full address such as production/payments/STRIPE_KEY
    pub(super) name: String,
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
}

/// A secret to change: it must live in exactly the scope given.
#[derive(Args)]
pub(super) struct WriteArgs {
    /// The secret: a name, or a full address such as production/payments/STRIPE_KEY
    pub(super) name: String,
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Why, for the history and the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) reason: String,
}

/// What both `set` and `rotate` take.
#[derive(Args)]
pub(super) struct VersionArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Why, for the history and the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) reason: String,
    /// Write only if this is the current version, else exit 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) if_version: Option<u64>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_line_that_the_palette_shows_exists() {
        for row in crate::tui::action::ACTIONS {
            let Some(template) = row.command else { continue };
            let line = template
                .replace("{}", "production/KEY")
                .replace("{version}", "3")
                .replace("{current}", "4")
                .replace("{filter}", "due");
            let parsed = Arguments::command().try_get_matches_from(line.split_whitespace());
            let exists = parsed.as_ref().err().is_none_or(|error| !error.use_stderr());
            assert!(
                exists,
                "{}: {line}: {}",
                row.name,
                parsed.err().map(|error| error.to_string()).unwrap_or_default()
            );
        }
    }

    #[test]
    fn every_command_has_examples() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("strongroom "), "{} has no example", command.get_name());
        }
    }

    #[test]
    fn every_example_parses() {
        let command = Arguments::command();
        let helps = command.get_subcommands().filter_map(|command| command.get_after_help()).map(ToString::to_string);
        for line in helps.flat_map(|help| help.lines().map(str::to_owned).collect::<Vec<_>>()) {
            let Some(example) = line.split("strongroom ").nth(1) else { continue };
            let example =
                example.split("  ").next().unwrap_or_default().split(['<', '>', '|']).next().unwrap_or_default();
            let words = example.split_whitespace().map(|word| word.trim_matches('\'').trim_matches(')').to_owned());
            let parsed =
                Arguments::command().try_get_matches_from(std::iter::once("strongroom".to_owned()).chain(words));
            assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
        }
    }
}
