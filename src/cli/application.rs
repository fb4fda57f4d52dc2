//! The application: what `strongroom` without a command opens.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::config::{BorderStyle, Color, Config, Keys, ThemeName};
use crate::error::{Error, Result};
use crate::session::{actor, key_file};
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
    options.startup_key = Box::new(move |kinds| keys.find(&vault, Some(kinds)));
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
    options.clear_after = config.clear_after;
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
    let overrides = config.keys.iter().map(|(action, keys)| {
        let keys = match keys {
            Keys::One(key) => key.clone(),
            Keys::Many(keys) => keys.join(" "),
        };
        (action.clone(), keys)
    });
    Keymap::with_overrides(&overrides.collect::<Vec<_>>())
}
