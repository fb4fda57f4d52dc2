//! From secrets and lines of files to the environment of a program. Nothing is opened
//! here: [`plan`] decides about names, and [`Variables`] takes the values afterwards.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::refused_names::refusal;

/// The system takes no longer variable, its name, `=` and a zero byte included.
pub const LONGEST: usize = 128 * 1024;
/// How our own variables begin. None of them reaches the program: one holds the key.
const OURS: &[u8] = b"STRONGROOM_";
/// What is left of the environment with `clear`: what a login gives, and nothing of the
/// session's tools and tokens.
const KEPT: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "PWD",
    "LC_",
];

/// How names become variables, and who wins.
#[derive(Debug, Default)]
pub struct Rules {
    /// In front of every variable made from a secret's name.
    pub prefix: String,
    /// A value of ours wins over a variable that is set already.
    pub overrides: bool,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A secret that the context sees, by its name.
    Seen(String),
    /// A secret that was asked for, by its name.
    Asked(String),
    /// A line of a file, which names the variable itself.
    Line(String),
}

/// Something that wants to become a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What kind it is, and its name.
    pub source: Source,
    /// What to call it in messages: an address, or a file and a line.
    pub told: String,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The variable was not set, or empty.
    Set,
    /// It was set already, and stays.
    Kept,
    /// It was set already, and is replaced.
    Overrides,
}

impl Outcome {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Kept => "kept the one already set",
            Self::Overrides => "overrides the one already set",
        }
    }

    /// For `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Kept => "kept",
            Self::Overrides => "overrides",
        }
    }
}

/// A variable, the wish that made it, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub variable: String,
    /// Which of the wishes, by its place among them.
    pub wish: usize,
    /// Who won.
    pub outcome: Outcome,
}

/// Checks a prefix.
///
/// # Errors
/// Usage, when no variable can begin so.
pub fn check_prefix(prefix: &str) -> Result<()> {
    let is_word = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word && !prefix.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(());
    }
    Err(Error::usage("No variable can begin with the prefix given.")
        .hint("Use letters, digits and _, not beginning with a digit."))
}

/// The prefix and the name in capitals, every character but letters and digits as `_`.
fn variable(prefix: &str, name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    prefix.chars().chain(name.chars().map(letter)).collect()
}

/// Decides what becomes of every wish.
///
/// # Errors
/// A sentence for each name that cannot be, and for each two wishes for one variable.
pub fn plan(wishes: &[Wish], rules: &Rules, inherited: &Inherited) -> std::result::Result<Vec<Row>, Vec<String>> {
    let mut problems = Vec::new();
    let mut by_variable: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, wish) in wishes.iter().enumerate() {
        let variable = match &wish.source {
            Source::Seen(name) | Source::Asked(name) => variable(&rules.prefix, name),
            Source::Line(name) => name.clone(),
        };
        if variable.starts_with(|first: char| first.is_ascii_digit()) {
            problems.push(format!("{} would be the variable {variable}, and none begins with a digit.", wish.told));
        } else if let Some(refusal) = refusal(&variable) {
            problems.push(format!("{} would be the variable {variable}; {}.", wish.told, refusal.reason()));
        }
        by_variable.entry(variable).or_default().push(at);
    }
    let mut rows = Vec::new();
    for (variable, wanted) in by_variable {
        match winner(wishes, &wanted) {
            Ok(wish) => {
                let outcome = match (inherited.is_set(&variable), rules.overrides) {
                    (false, _) => Outcome::Set,
                    (true, false) => Outcome::Kept,
                    (true, true) => Outcome::Overrides,
                };
                rows.push(Row { variable, wish, outcome });
            }
            Err(told) => problems.push(format!("The variable {variable} is wanted by {}.", told.join(" and "))),
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

/// Of several lines the last one, before what the context sees; else there must be one.
fn winner(wishes: &[Wish], wanted: &[usize]) -> std::result::Result<usize, Vec<String>> {
    let of = |at: &&usize| wishes.get(**at).map(|wish| &wish.source);
    let line = wanted.iter().rev().find(|at| matches!(of(at), Some(Source::Line(_))));
    let secrets: Vec<usize> = wanted
        .iter()
        .filter(|at| match of(at) {
            Some(Source::Asked(_)) => true,
            Some(Source::Seen(_)) => line.is_none(),
            _ => false,
        })
        .copied()
        .collect();
    match (line, &secrets[..]) {
        (Some(&line), []) => Ok(line),
        (None, &[only]) => Ok(only),
        _ => {
            let told = secrets.iter().chain(line).filter_map(|&at| wishes.get(at));
            Err(told.map(|wish| wish.told.clone()).collect())
        }
    }
}

/// What the program finds besides ours.
#[derive(Debug, Default)]
pub struct Inherited(Vec<(OsString, OsString)>);

impl Inherited {
    /// Of `environment`, without what is ours; with `clear`, what a login gives.
    #[must_use]
    pub fn of(environment: impl Iterator<Item = (OsString, OsString)>, clear: bool) -> Self {
        let is_kept = |name: &OsStr| {
            KEPT.iter()
                .any(|kept| name == *kept || (kept.ends_with('_') && name.as_bytes().starts_with(kept.as_bytes())))
        };
        let passes = |name: &OsStr| !name.as_bytes().starts_with(OURS) && (!clear || is_kept(name));
        Self(environment.filter(|(name, _)| passes(name)).collect())
    }

    /// The variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// True when the variable is there and not empty.
    fn is_set(&self, variable: &str) -> bool {
        self.0.iter().any(|(name, value)| name == variable && !value.is_empty())
    }
}

/// The whole environment of a program.
pub struct Variables {
    inherited: Inherited,
    ours: Vec<(String, SecretText)>,
}

impl Variables {
    /// `ours` over `inherited`.
    ///
    /// # Errors
    /// A sentence for each value that no variable can hold.
    pub fn new(
        inherited: Inherited,
        ours: Vec<(String, SecretText)>,
        told: &[String],
    ) -> std::result::Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        for (at, (variable, value)) in ours.iter().enumerate() {
            let told = told.get(at).map_or(variable.as_str(), String::as_str);
            if value.expose().contains(&0) {
                problems.push(format!("{told} holds a zero byte, which no variable can hold."));
            } else if variable.len() + value.len() + 2 > LONGEST {
                problems.push(format!("{told} is longer than a variable can be, {LONGEST} bytes with its name."));
            }
        }
        if problems.is_empty() { Ok(Self { inherited, ours }) } else { Err(problems) }
    }

    /// The values that came from us, with their variables.
    #[must_use]
    pub fn ours(&self) -> &[(String, SecretText)] {
        &self.ours
    }

    /// Makes it the environment of `command`.
    pub(super) fn give_to(&self, command: &mut Command) {
        command.env_clear().envs(self.inherited.0.iter().map(|(name, value)| (name, value)));
        for (variable, value) in &self.ours {
            command.env(variable, OsStr::from_bytes(value.expose()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str) -> Wish {
        Wish { source: Source::Seen(name.into()), told: name.into() }
    }

    fn asked(address: &str) -> Wish {
        let name = address.rsplit('/').next().unwrap_or_default();
        Wish { source: Source::Asked(name.into()), told: address.into() }
    }

    fn line(variable: &str, number: usize) -> Wish {
        Wish { source: Source::Line(variable.into()), told: format!("a.env:{number}") }
    }

    fn inherited(set: &[(&str, &str)]) -> Inherited {
        Inherited::of(set.iter().map(|(name, value)| (name.into(), value.into())), false)
    }

    fn rules(prefix: &str) -> Rules {
        Rules { prefix: prefix.into(), ..Rules::default() }
    }

    #[test]
    fn run_names_variables_after_secrets() {
        for (prefix, name, expected) in [
            ("", "STRIPE_KEY", "STRIPE_KEY"),
            ("", "stripe.key-2", "STRIPE_KEY_2"),
            ("FLUXBASE_SECRET_", "api_key", "FLUXBASE_SECRET_API_KEY"),
            ("app_", "2fa", "app_2FA"),
        ] {
            assert_eq!(variable(prefix, name), expected);
        }
        for (prefix, fits) in
            [("", true), ("A_", true), ("_", true), ("1A", false), ("A-", false), ("A B", false), ("Ä", false)]
        {
            assert_eq!(check_prefix(prefix).is_ok(), fits, "{prefix}");
        }
    }

    #[test]
    fn run_lets_a_variable_that_is_set_win_unless_told_otherwise() {
        let wishes = [seen("A"), seen("B"), seen("C")];
        let inherited = inherited(&[("A", "there"), ("B", "")]);
        let outcomes = |overrides| -> Vec<Outcome> {
            let rows = plan(&wishes, &Rules { overrides, ..Rules::default() }, &inherited).unwrap();
            rows.iter().map(|row| row.outcome).collect()
        };
        assert_eq!(outcomes(false), [Outcome::Kept, Outcome::Set, Outcome::Set]);
        assert_eq!(outcomes(true), [Outcome::Overrides, Outcome::Set, Outcome::Set]);
    }

    #[test]
    fn run_refuses_collisions_digits_and_names_that_are_obeyed_all_at_once() {
        let wishes = [seen("db.url"), seen("DB-URL"), seen("2fa"), seen("path"), seen("LD_PRELOAD"), seen("fine")];
        let problems = plan(&wishes, &rules(""), &inherited(&[])).unwrap_err();
        assert_eq!(
            problems,
            [
                "2fa would be the variable 2FA, and none begins with a digit.",
                "path would be the variable PATH; loaders, shells or interpreters obey it.",
                "LD_PRELOAD would be the variable LD_PRELOAD; loaders, shells or interpreters obey it.",
                "The variable DB_URL is wanted by db.url and DB-URL.",
            ]
        );
        let rows = plan(&wishes[2..], &rules("X_"), &inherited(&[])).unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.variable.as_str()).collect();
        assert_eq!(names, ["X_2FA", "X_FINE", "X_LD_PRELOAD", "X_PATH"]);
        assert!(plan(&[seen("PRELOAD")], &rules("LD_"), &inherited(&[])).is_err());
        assert!(plan(&[line("NODE_OPTIONS", 1)], &rules(""), &inherited(&[])).is_err());
    }

    #[test]
    fn run_takes_the_last_line_before_the_context_and_beside_no_secret_asked_for() {
        let winner = |wishes: &[Wish]| plan(wishes, &rules(""), &inherited(&[])).map(|rows| rows[0].wish);
        assert_eq!(winner(&[line("A", 1), line("A", 7)]), Ok(1));
        assert_eq!(winner(&[seen("A"), line("A", 1)]), Ok(1));
        let both = winner(&[asked("prod/A"), line("A", 1)]).unwrap_err();
        assert_eq!(both, ["The variable A is wanted by prod/A and a.env:1."]);
        assert!(winner(&[asked("prod/A"), seen("A")]).is_err());
        assert_eq!(plan(&[line("a", 1), seen("A")], &rules(""), &inherited(&[])).unwrap().len(), 2);
    }

    #[test]
    fn run_never_hands_on_what_is_ours() {
        let environment = || {
            [("PATH", "/bin"), ("STRONGROOM_MASTER_KEY", "k"), ("LC_TIME", "C"), ("AWS_PROFILE", "p"), ("LANG", "C")]
                .into_iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        };
        let names = |clear| -> Vec<OsString> {
            Inherited::of(environment(), clear).0.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(false), ["PATH", "LC_TIME", "AWS_PROFILE", "LANG"]);
        assert_eq!(names(true), ["PATH", "LC_TIME", "LANG"]);
    }

    #[test]
    fn run_refuses_values_that_no_variable_can_hold() {
        let ours = vec![
            ("A".to_owned(), SecretText::copied_from(b"a\0b")),
            ("B".to_owned(), SecretText::copied_from(&vec![b'x'; LONGEST])),
            ("C".to_owned(), SecretText::copied_from(&vec![b'x'; LONGEST - 3])),
        ];
        let told = ["prod/A".to_owned(), "prod/B".to_owned(), "prod/C".to_owned()];
        let problems = Variables::new(Inherited::default(), ours, &told).err().unwrap();
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("prod/A holds a zero byte") && problems[1].starts_with("prod/B is longer"));
    }
}
