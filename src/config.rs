//! [`Config`]: what the operator has settled, file < environment < flag.
//!
//! Read by [`crate::cli`] before each command and handed to the screen. The file
//! is `config.toml` in the configuration folder, or the one that
//! `STRONGROOM_CONFIG` names. An unknown key or a wrong value is refused with its
//! line: a setting that is misspelt must not be silently without effect.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use directories::ProjectDirs;
use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result};
use crate::vault::scope::ScopePath;
use crate::vault::when::parse_duration;

mod copying;

pub use copying::{ClipboardSettings, OnExit, Osc52Clear, RouteChoice, limited};

/// Every setting, with its default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The vault file.
    pub vault: PathBuf,
    /// `--vault` named it, so that another command would take another one.
    pub vault_is_flag: bool,
    /// Where a bare name is looked for.
    pub scope: ScopePath,
    /// True when `scope` was set by file, environment or flag.
    pub scope_is_set: bool,
    /// Whether the vault may lie on a network's file system.
    pub allow_network_fs: bool,
    /// When to colour.
    pub color: Color,
    /// The screen's theme.
    pub theme: ThemeName,
    /// The screen's borders.
    pub borders: BorderStyle,
    /// Wheel and click.
    pub mouse: bool,
    /// Idle time until the vault locks; `None` for never.
    pub lock_after: Option<Duration>,
    /// Whether Ctrl-Z locks.
    pub lock_on_suspend: bool,
    /// How long a value is shown.
    pub reveal_for: Duration,
    /// How copies are made and taken away again.
    pub clipboard: ClipboardSettings,
    /// A line in the system's log for each change and each key that does not fit.
    pub syslog: bool,
    /// Keys by the name of the action.
    pub keys: BTreeMap<String, BoundKeys>,
    /// The file, to say where something in it is wrong.
    pub file: PathBuf,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The screen's themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeName {
    /// The terminal's own colours.
    #[default]
    Default,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// Without colours.
    Mono,
}

/// The screen's borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BorderStyle {
    /// Drawn lines.
    #[default]
    Line,
    /// `+`, `-` and `|`.
    Ascii,
    /// None, for screen readers.
    None,
}

/// Keys for an action, and where the file says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundKeys {
    /// As written.
    pub keys: Keys,
    /// The line.
    pub line: usize,
}

/// One key or several for an action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Keys {
    /// `copy = "y"`
    One(String),
    /// `copy = ["y", "ctrl-c"]`
    Many(Vec<String>),
}

impl Keys {
    /// The keys as written.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Many(keys) => keys,
        }
    }
}

/// What flags said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--vault`
    pub vault: Option<PathBuf>,
    /// `--color`
    pub color: Option<Color>,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    vault: Option<PathBuf>,
    scope: Option<Spanned<String>>,
    color: Option<Color>,
    theme: Option<ThemeName>,
    borders: Option<BorderStyle>,
    allow_network_fs: Option<bool>,
    mouse: Option<bool>,
    lock_after: Option<Spanned<String>>,
    lock_on_suspend: Option<bool>,
    reveal_for: Option<Spanned<String>>,
    syslog: Option<bool>,
    #[serde(default)]
    clipboard: copying::Written,
    #[serde(default)]
    keys: BTreeMap<String, Spanned<Keys>>,
}

impl Config {
    /// Reads the file and the environment, and lays `flags` over them.
    ///
    /// # Errors
    /// Usage, when the file or a variable says something that is not known;
    /// Failure, when the file cannot be read or there is no home folder.
    pub fn load(flags: Flags) -> Result<Self> {
        let (path, text) = read_file(env::var_os("STRONGROOM_CONFIG").map(PathBuf::from))?;
        Self::build(&path, &text, flags, |name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// [`Config::load`] without the outside world.
    fn build(
        path: &Path,
        text: &str,
        flags: Flags,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self> {
        let place = Place { path, text };
        let file: Written = toml::from_str(text).map_err(|error| place.refuse(error.span(), error.message()))?;
        let from_environment = variable("STRONGROOM_SCOPE").map(|scope| scope.to_string_lossy().into_owned());
        let scope = match (&from_environment, &file.scope) {
            (Some(scope), _) => Some(scope.parse().map_err(|error: Error| in_variable("STRONGROOM_SCOPE", &error))?),
            (None, Some(scope)) => Some(place.read(scope, |text| text.parse())?),
            (None, None) => None,
        };
        let vault_is_flag = flags.vault.is_some();
        let vault = match flags.vault.or_else(|| variable("STRONGROOM_VAULT").map(PathBuf::from)).or(file.vault) {
            Some(vault) => from_home(vault, variable("HOME")),
            None => folders()?.data_dir().join("vault.db"),
        };
        let duration = |written: &Option<Spanned<String>>| {
            written.as_ref().map(|written| place.read(written, positive_or_never)).transpose()
        };
        Ok(Self {
            vault,
            vault_is_flag,
            scope_is_set: scope.is_some(),
            scope: scope.unwrap_or_default(),
            color: flags.color.or(file.color).unwrap_or_default(),
            theme: file.theme.unwrap_or_default(),
            borders: file.borders.unwrap_or_default(),
            allow_network_fs: file.allow_network_fs.unwrap_or(false),
            mouse: file.mouse.unwrap_or(false),
            lock_after: duration(&file.lock_after)?.unwrap_or(Some(Duration::from_secs(300))),
            lock_on_suspend: file.lock_on_suspend.unwrap_or(true),
            reveal_for: duration(&file.reveal_for)?.flatten().unwrap_or(Duration::from_secs(10)),
            clipboard: file.clipboard.read(&place)?,
            syslog: file.syslog.unwrap_or(false),
            keys: file
                .keys
                .into_iter()
                .map(|(action, keys)| {
                    let line = place.line(keys.span().start);
                    (action, BoundKeys { keys: keys.into_inner(), line })
                })
                .collect(),
            file: path.to_owned(),
        })
    }

    /// `error` as one of a line of the file, with its own next step.
    #[must_use]
    pub fn in_line(&self, line: usize, error: &Error) -> Error {
        let outer = Error::usage(format!("{}, line {line}: {}", self.file.display(), error.message()));
        match error.next_step() {
            Some(hint) => outer.hint(hint),
            None => outer,
        }
    }

    /// What a file of this text settles, without an environment.
    #[cfg(test)]
    pub(crate) fn from_text(text: &str) -> Result<Self> {
        Self::build(Path::new("config.toml"), text, Flags::default(), |name| {
            (name == "STRONGROOM_VAULT").then(|| "/vault.db".into())
        })
    }
}

/// The folders of this application for this user.
///
/// # Errors
/// Failure, when the user has no home folder.
pub fn folders() -> Result<ProjectDirs> {
    ProjectDirs::from("", "", "strongroom").ok_or_else(|| {
        Error::failure("This user has no home folder.").hint("Set HOME, or give --vault and --key-file.")
    })
}

/// The path and the text of the file; no text when there is no file.
fn read_file(named: Option<PathBuf>) -> Result<(PathBuf, String)> {
    let (path, must_exist) = match named.filter(|path| !path.as_os_str().is_empty()) {
        Some(path) => (path, true),
        None => match folders() {
            Ok(folders) => (folders.config_dir().join("config.toml"), false),
            Err(_) => return Ok((PathBuf::new(), String::new())),
        },
    };
    match fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => Ok((path, String::new())),
        Err(error) => Err(Error::failure(format!("The configuration {} cannot be read: {error}.", path.display()))),
    }
}

/// `~/x` below the home folder, as the shell would have it.
fn from_home(path: PathBuf, home: Option<std::ffi::OsString>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path,
    }
}

/// `5m`, or `never`.
fn positive_or_never(text: &str) -> Result<Option<Duration>> {
    if text == "never" {
        return Ok(None);
    }
    let duration = Duration::try_from(parse_duration(text)?).unwrap_or_default();
    if duration.is_zero() {
        return Err(Error::usage("The time must be longer than nothing."));
    }
    Ok(Some(duration))
}

fn in_variable(name: &str, error: &Error) -> Error {
    let outer = Error::usage(format!("{name}: {}", error.message()));
    match error.next_step() {
        Some(hint) => outer.hint(hint),
        None => outer,
    }
}

/// The file, to say where something in it is wrong.
struct Place<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Place<'_> {
    /// Reads a value, or says in which line it is wrong.
    fn read<T>(&self, written: &Spanned<String>, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        read(written.get_ref()).map_err(|error| self.refuse(Some(written.span()), error.message()))
    }

    /// The line of a byte.
    fn line(&self, start: usize) -> usize {
        1 + self.text.as_bytes().iter().take(start).filter(|&&byte| byte == b'\n').count()
    }

    fn refuse(&self, span: Option<std::ops::Range<usize>>, cause: &str) -> Error {
        let line = self.line(span.map_or(0, |span| span.start));
        let cause = cause.trim_end().trim_end_matches('.').replace('\n', " ");
        Error::usage(format!("{}, line {line}: {cause}.", self.path.display()))
            .hint("Correct the line or take it out; nothing was done.")
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn build(text: &str, flags: Flags, variables: &[(&str, &str)]) -> Result<Config> {
        Config::build(Path::new("config.toml"), text, flags, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let file = "vault = \"/file\"\nscope = \"a\"\ncolor = \"never\"\n";
        let config = build(file, Flags::default(), &[]).unwrap();
        assert_eq!((config.vault, config.scope.to_string()), (PathBuf::from("/file"), "a".to_owned()));
        let variables = [("STRONGROOM_VAULT", "/variable"), ("STRONGROOM_SCOPE", "b/c")];
        let config = build(file, Flags::default(), &variables).unwrap();
        assert_eq!((config.vault, config.scope.to_string()), (PathBuf::from("/variable"), "b/c".to_owned()));
        assert_eq!(config.color, Color::Never);
        let flags = Flags { vault: Some("/flag".into()), color: Some(Color::Always) };
        let config = build(file, flags, &variables).unwrap();
        assert_eq!((config.vault, config.color), (PathBuf::from("/flag"), Color::Always));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = build("mouse = true\n\nmuose = true\n", Flags::default(), &[]).unwrap_err();
        assert!(error.message().starts_with("config.toml, line 3: unknown field `muose`"), "{error}");
        assert_eq!(error.kind().exit_code(), 2);
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        for (text, line) in [
            ("mouse = 3", "line 1:"),
            ("\nlock_after = \"5\"", "line 2:"),
            ("mouse = true\nscope = \"a//b\"", "line 2:"),
            ("\n\ntheme = \"pink\"", "line 3:"),
            ("a = [", "line 1:"),
            ("reveal_for = \"0s\"", "line 1:"),
            ("[clipboard]\nclear_after = \"never\"", "line 2:"),
            ("[clipboard]\nroute = \"command\"", "line 2:"),
            ("[clipboard]\nprimary = true\nclear_command = [\"x\"]", "line 3:"),
        ] {
            let error = build(text, Flags::default(), &[]).unwrap_err();
            assert!(error.message().contains(line), "{text:?}: {error}");
            assert!(error.message().ends_with('.') && !error.message().contains('\n'), "{error}");
        }
    }

    #[test]
    fn times_and_keys_are_read() {
        let text = "vault = \"~/v.db\"\nlock_after = \"never\"\nreveal_for = \"20s\"\n[keys]\ncopy = \"y\"\nquit = [\"q\", \"Q\"]\n";
        let config = build(text, Flags::default(), &[("HOME", "/home/ops")]).unwrap();
        assert_eq!(config.lock_after, None);
        assert_eq!(config.reveal_for, Duration::from_secs(20));
        assert_eq!(config.keys["quit"].keys.as_slice(), ["q", "Q"]);
        assert_eq!(config.keys["copy"].keys.as_slice(), ["y"]);
        assert_eq!((config.keys["copy"].line, config.keys["quit"].line), (5, 6));
        assert_eq!(config.vault, PathBuf::from("/home/ops/v.db"));
    }

    #[test]
    fn the_clipboards_table_is_read() {
        let defaults = build("", Flags::default(), &[]).unwrap().clipboard;
        assert_eq!(defaults, ClipboardSettings::default());
        let text = "[clipboard]\nroute = \"osc52\"\nclear_after = \"45s\"\non_exit = \"keep\"\nprimary = true\n\
                    osc52_clear = \"space+empty\"\ncopy_command = [\"wl-copy\", \"-n\"]\nclear_command = [\"wl-copy\", \"-c\"]\n";
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let settings = ClipboardSettings {
            route: RouteChoice::Osc52,
            clear_after: Some(Duration::from_secs(45)),
            on_exit: OnExit::Keep,
            primary: true,
            osc52_clear: Osc52Clear::SpaceThenEmpty,
            copy_command: words(&["wl-copy", "-n"]),
            clear_command: words(&["wl-copy", "-c"]),
        };
        assert_eq!(build(text, Flags::default(), &[]).unwrap().clipboard, settings);
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let error = build("", Flags::default(), &[("STRONGROOM_SCOPE", "a//b")]).unwrap_err();
        assert!(error.message().starts_with("STRONGROOM_SCOPE: "), "{error}");
    }
}
