//! The application: what `strongroom` without a command opens.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::config::{BorderStyle, Color, Config, ThemeName};
use crate::error::{Error, Result};
use crate::session::{actor, anchors, key_file, pins};
use crate::tui::command_line::Lines;
use crate::tui::keymap::Keymap;
use crate::tui::theme::{Borders, Palette, Theme};
use crate::tui::{self, Options};
use crate::vault::audit::Actor;

use super::call::Call;

/// Opens it on the terminal; gives the exit code.
pub(super) fn run(call: Call) -> Result<u8> {
    check_terminal(&call)?;
    if call.keys.uses_stdin() {
        return Err(Error::usage("The application reads the keyboard, so no passphrase can come from there.")
            .hint("Give --passphrase-file a file, or type it when asked."));
    }
    let vault = call.config.vault.clone();
    let key_file_path = key_file::own_key_file(&vault)?;
    let mut options = options(&call.config, vault.clone(), key_file_path, actor::current())?;
    let keys = call.keys;
    options.key_files = keys.files();
    options.pins_path = pins::own_pins(&vault);
    options.anchors = anchors::settled(&call.config);
    if call.config.vault_is_flag {
        let path = std::path::absolute(&vault).unwrap_or_else(|_| vault.clone());
        options.lines = path.to_str().map_or(Lines::Hidden, |path| Lines::At(path.to_owned()));
    }
    options.startup_key = Box::new(move |locked| keys.find(&vault, locked));
    tui::run(options)
}

/// Refuses where no screen can be drawn or nobody can type.
pub(super) fn check_terminal(call: &Call) -> Result<()> {
    if call.output.json || call.no_input || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(
            Error::usage("The application needs a terminal.").hint("Give a command; `strongroom --help` lists them.")
        );
    }
    Ok(())
}

/// The application on a vault file, as the configuration has it.
pub(super) fn options(config: &Config, vault: PathBuf, key_file: PathBuf, actor: Actor) -> Result<Options> {
    let mut options = Options::new(vault, key_file, actor, theme(config));
    options.keymap = keymap(config)?;
    options.idle_lock = config.lock_after;
    options.lock_on_suspend = config.lock_on_suspend;
    options.reveal_for = config.reveal_for;
    options.clipboard = config.clipboard.clone();
    options.mouse = config.mouse;
    Ok(options)
}

/// `NO_COLOR`, `--color never` and a dumb terminal win over the configured theme.
fn theme(config: &Config) -> Theme {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let colourless = match config.color {
        Color::Always => false,
        Color::Never => true,
        Color::Auto => set("NO_COLOR") || dumb,
    };
    let palette = match config.theme {
        _ if colourless => Palette::Mono,
        ThemeName::Default => Palette::Default,
        ThemeName::Dark => Palette::Dark,
        ThemeName::Light => Palette::Light,
        ThemeName::Mono => Palette::Mono,
    };
    let borders = match config.borders {
        BorderStyle::Line => Borders::Line,
        BorderStyle::Ascii => Borders::Ascii,
        BorderStyle::None => Borders::None,
    };
    Theme::new(palette, borders)
}

/// The user's keys over the shipped ones.
fn keymap(config: &Config) -> Result<Keymap> {
    let overrides: Vec<(String, String)> =
        config.keys.iter().map(|(action, bound)| (action.clone(), bound.keys.as_slice().join(" "))).collect();
    Keymap::with_overrides(&overrides).map_err(|error| {
        let line = culprit(&overrides).and_then(|action| config.keys.get(action)).map(|bound| bound.line);
        line.map_or_else(|| error.clone(), |line| config.in_line(line, &error))
    })
}

/// The action whose keys are wrong: the one without which the rest is right, else the
/// first that is wrong alone. Two that swap their keys are right only together.
fn culprit(overrides: &[(String, String)]) -> Option<&str> {
    let without = |at: usize| [&overrides[..at], &overrides[at + 1..]].concat();
    let alone = |at: usize| vec![overrides[at].clone()];
    let found = (0..overrides.len()).find(|at| Keymap::with_overrides(&without(*at)).is_ok());
    let found = found.or_else(|| (0..overrides.len()).find(|at| Keymap::with_overrides(&alone(*at)).is_err()));
    overrides.get(found?).map(|(action, _)| action.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_cannot_be_are_refused_with_their_line_and_what_to_do() {
        for (text, line, cause, step) in [
            ("[keys]\ncopy = \"c\"\nfly = \"f\"", 3, "There is no action fly.", "palette"),
            ("[keys]\n\ncopy = \"C-\"", 3, "There is no key C-.", "Write keys like"),
            ("[keys]\ncopy = [\"c\", \"nokey\"]", 2, "There is no key nokey.", "Write keys like"),
            ("[keys]\nadd = \"+\"\ncopy = \"q\"", 3, "The key q means both", "another key"),
            ("[keys]\nyes = \"Enter\"", 2, "A question must not be answered by Enter.", "letter"),
            ("[keys]\nsubmit = \"x\"", 2, "could not be typed", "Ctrl"),
            ("[keys]\ncopy = []", 2, "The action copy has no key.", "at least one"),
        ] {
            let error = keymap(&Config::from_text(text).unwrap()).unwrap_err();
            let place = format!("config.toml, line {line}: ");
            assert!(error.message().starts_with(&place) && error.message().contains(cause), "{text:?}: {error}");
            assert!(error.next_step().is_some_and(|hint| hint.contains(step)), "{text:?}: {error}");
        }
        assert!(keymap(&Config::from_text("[keys]\ncopy = \"r\"\nrotate = \"y\"").unwrap()).is_ok());
    }

    #[test]
    fn an_unknown_theme_or_border_is_refused_with_its_line() {
        for text in ["\ntheme = \"pink\"", "\nborders = \"dotted\"", "\nmouse = \"yes\""] {
            let error = Config::from_text(text).unwrap_err();
            assert!(error.message().starts_with("config.toml, line 2: ") && error.next_step().is_some(), "{error}");
        }
    }
}
