//! `completions`: the script that has a shell ask this program what may come next, and
//! the answers. With [`VARIABLE`] set, the program answers one question and does nothing
//! else; without it, that costs one look into the environment.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::error::{Error, Result};

use super::args::Arguments;
use super::candidates;
use super::output::Output;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom completions bash > ~/.local/share/bash-completion/completions/strongroom
  strongroom completions zsh > ~/.zfunc/_strongroom        with ~/.zfunc in $fpath
  strongroom completions fish > ~/.config/fish/completions/strongroom.fish

Names of secrets are completed while the command unlock keeps the key, else not
at all: completing never asks, and no value is read.";

/// Set by the scripts, to the shell's name.
pub(super) const VARIABLE: &str = "STRONGROOM_COMPLETE";

/// For which shell.
#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// A shell that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
        }
    }
}

/// Prints the script.
pub(super) fn run(output: Output, args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    let name = "strongroom";
    args.shell
        .completer()
        .write_registration(VARIABLE, name, name, &program(), &mut script)
        .map_err(|error| Error::failure(format!("The script cannot be written: {error}.")))?;
    output.print_bytes(&script)
}

/// What the script calls: the name, where it was called by its name; else this very file.
fn program() -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let is_path = called.as_encoded_bytes().contains(&b'/');
    let path = is_path.then(|| std::env::current_exe().ok()).flatten();
    path.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| "strongroom".to_owned())
}

/// Answers the question in `line`, which is `strongroom -- WORDS`; gives the exit code.
/// What cannot be answered is not: a message would land in the middle of what is typed.
pub(super) fn answer(shell: &OsStr, line: Vec<OsString>) -> u8 {
    let Some(shell) = shell.to_str().and_then(|name| Shell::from_str(name, false).ok()) else { return 0 };
    let words: Vec<OsString> = line.into_iter().skip_while(|word| *word != "--").skip(1).collect();
    let at = match shell {
        Shell::Fish => words.len().saturating_sub(1),
        Shell::Bash | Shell::Zsh => index().unwrap_or_default(),
    };
    if words.len() < 2 || at == 0 {
        return 0;
    }
    let mut command = candidates::offer(Arguments::command(), &words[..at.min(words.len())], shell);
    let mut answer = Vec::new();
    let folder = std::env::current_dir().ok();
    if shell.completer().write_complete(&mut command, words, folder.as_deref(), &mut answer).is_ok() {
        let _ = std::io::stdout().write_all(&answer);
    }
    0
}

/// Which word is being typed, as the scripts say.
fn index() -> Option<usize> {
    std::env::var("_CLAP_COMPLETE_INDEX").ok()?.parse().ok()
}
