//! What an argument may become when Tab is pressed: which arguments are names, scopes
//! and tags, and where these come from.
//!
//! They come from the vault alone, and only while `unlock` keeps its key: completing
//! never asks, derives no key from a passphrase, reads no key file and opens no value.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgMatches, Command, FromArgMatches};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use jiff::Timestamp;

use crate::config::{Config, Flags};
use crate::session::{actor, kernel_keyring};
use crate::vault::audit::AuditAction;
use crate::vault::catalog::Catalog;
use crate::vault::scope::{Context, ScopePath};
use crate::vault::search::tags;
use crate::vault::{LockedVault, Vault};

use super::completions::Shell;
use super::scope_args::ScopeArgs;

/// Most candidates that are offered: nobody reads more.
const MOST: usize = 200;

/// What an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A secret that can be read or changed.
    Secret,
    /// A secret that was deleted.
    Deleted,
    Scope,
    /// A personal scope, without its `~`.
    User,
    Tag,
    Action,
}

impl Kind {
    /// By the command and the argument's name in its definition.
    fn of(command: &str, argument: &str) -> Option<Self> {
        Some(match (command, argument) {
            ("restore", "name") => Self::Deleted,
            (_, "name" | "names" | "secret" | "only" | "require") | ("move", "to") => Self::Secret,
            (_, "scopes" | "env" | "namespace") => Self::Scope,
            (_, "user") => Self::User,
            (_, "tags") => Self::Tag,
            ("audit", "action") => Self::Action,
            _ => return None,
        })
    }
}

/// Lets each argument of `command` say what it may become, given the words before it.
pub(super) fn offer(command: Command, before: &[OsString], shell: Shell) -> Command {
    let asked = Arc::new(Asked::read(&command, before, shell));
    let each = |command: Command| {
        let name = command.get_name().to_owned();
        command.mut_args(|arg| {
            let kind = Kind::of(&name, arg.get_id().as_str()).filter(|_| arg.get_action().takes_values());
            match kind {
                Some(kind) => {
                    let asked = Arc::clone(&asked);
                    arg.add(ArgValueCompleter::new(move |current: &OsStr| asked.candidates(kind, current)))
                }
                None => arg,
            }
        })
    };
    each(command.mut_subcommands(each))
}

/// What the words before say about where to look.
struct Asked {
    vault: Option<PathBuf>,
    scope: ScopeArgs,
    shell: Shell,
}

impl Asked {
    /// Reads the words as far as they can be understood.
    fn read(command: &Command, before: &[OsString], shell: Shell) -> Self {
        let nothing = Self { vault: None, scope: ScopeArgs::default(), shell };
        let Ok(matches) = command.clone().ignore_errors(true).try_get_matches_from(before) else { return nothing };
        let vault = matches.get_one::<PathBuf>("vault").cloned();
        let scope = matches.subcommand().and_then(|(name, inner)| scope_args(command.find_subcommand(name)?, inner));
        Self { vault, scope: scope.unwrap_or_default(), shell }
    }

    /// The candidates that begin like `current`; none where the vault is locked.
    fn candidates(&self, kind: Kind, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(typed) = current.to_str() else { return Vec::new() };
        // A personal scope is written \~alice, or the shell would take it for a home folder.
        let begun = typed.strip_prefix('\\').unwrap_or(typed);
        let found = match kind {
            Kind::Action => AuditAction::ALL.iter().map(|action| action.word().to_owned()).collect(),
            kind => self.found_in_vault(kind, begun).unwrap_or_default(),
        };
        let fitting: Vec<String> = found.into_iter().filter(|text| text.starts_with(begun)).collect();
        let quoted = |text: String| match self.shell {
            Shell::Bash if text.starts_with('~') => format!("\\{text}"),
            _ => text,
        };
        at_most(fitting).into_iter().map(|text| CompletionCandidate::new(quoted(text))).collect()
    }

    /// What the vault has of that kind; `None` where it is locked.
    fn found_in_vault(&self, kind: Kind, begun: &str) -> Option<BTreeSet<String>> {
        let config = Config::load(Flags { vault: self.vault.clone(), color: None }).ok()?;
        let mut vault = unlocked(&config)?;
        if kind == Kind::Deleted {
            return Some(vault.deleted().ok()?.iter().map(|secret| secret.address.to_string()).collect());
        }
        let catalog = vault.catalog_with_damage().0;
        Some(match kind {
            Kind::Secret if self.scope.is_given() => visible_names(&catalog, &self.walk(&config.scope)),
            Kind::Secret => addresses(&catalog, begun, &config.scope),
            Kind::Scope => scopes(&catalog),
            Kind::User => scopes(&catalog).iter().filter_map(|scope| user(scope)).collect(),
            Kind::Tag => tags(&catalog).into_iter().collect(),
            Kind::Deleted | Kind::Action => BTreeSet::new(),
        })
    }

    /// The scopes that a name is looked for in, as stored.
    fn walk(&self, default: &ScopePath) -> Vec<ScopePath> {
        Context::new(self.scope.scopes(default).unwrap_or_default()).walk()
    }
}

/// The vault, if its key is kept.
fn unlocked(config: &Config) -> Option<Vault> {
    let locked = LockedVault::open(&config.vault).ok()?;
    let kept = kernel_keyring::find(locked.vault_id(), locked.key_epoch(), Timestamp::now())?;
    locked.unlock_kept(&kept.key, actor::current()).ok()
}

fn scope_args(command: &Command, matches: &ArgMatches) -> Option<ScopeArgs> {
    let has_them = command.get_arguments().any(|arg| arg.get_id() == "scopes");
    has_them.then(|| ScopeArgs::from_arg_matches(matches).ok()).flatten()
}

/// The bare names that are seen from these scopes.
fn visible_names(catalog: &Catalog, scopes: &[ScopePath]) -> BTreeSet<String> {
    let seen = |stored: &str| scopes.iter().any(|scope| scope.as_stored() == stored);
    let listed = catalog.listed().iter().filter(|listed| seen(catalog.text(listed.scope)));
    listed.map(|listed| listed.name.to_string()).collect()
}

/// Addresses one segment further than `begun`, as paths are completed: the names in the
/// scope that is written already, and `scope/` for each one below it. Without one, the
/// names that are seen from the default scope.
fn addresses(catalog: &Catalog, begun: &str, default: &ScopePath) -> BTreeSet<String> {
    let Some((written, _)) = begun.rsplit_once('/') else {
        let mut found = visible_names(catalog, &default.chain().collect::<Vec<_>>());
        found.extend(below(catalog, "").into_iter().map(|segment| format!("{segment}/")));
        return found;
    };
    let Ok(scope) = written.parse::<ScopePath>() else { return BTreeSet::new() };
    let names = visible_names(catalog, std::slice::from_ref(&scope));
    let segments = if scope.is_root() { BTreeSet::new() } else { below(catalog, scope.as_stored()) };
    let names = names.into_iter().map(|name| format!("{written}/{name}"));
    names.chain(segments.into_iter().map(|segment| format!("{written}/{segment}/"))).collect()
}

/// The next segments of the scopes below one, as stored.
fn below<'c>(catalog: &'c Catalog, scope: &str) -> BTreeSet<&'c str> {
    let next = |stored: &'c str| {
        let rest = if scope.is_empty() { stored } else { stored.strip_prefix(scope)?.strip_prefix('/')? };
        rest.split('/').next().filter(|segment| !segment.is_empty())
    };
    catalog.listed().iter().filter_map(|listed| next(catalog.text(listed.scope))).collect()
}

/// Every scope that holds something, and every one above it.
fn scopes(catalog: &Catalog) -> BTreeSet<String> {
    let stored: BTreeSet<&str> = catalog.listed().iter().map(|listed| catalog.text(listed.scope)).collect();
    let paths = stored.into_iter().filter_map(|stored| stored.parse::<ScopePath>().ok());
    paths.flat_map(|path| path.chain().map(|scope| scope.to_string()).collect::<Vec<_>>()).collect()
}

/// `alice` of `~alice`.
fn user(scope: &str) -> Option<String> {
    scope.strip_prefix('~').filter(|rest| !rest.contains('/')).map(str::to_owned)
}

/// The first of them and the last: what all of them have in common, which the shell
/// types, is what these have in common.
fn at_most(mut sorted: Vec<String>) -> Vec<String> {
    if sorted.len() > MOST
        && let Some(last) = sorted.pop()
    {
        sorted.truncate(MOST - 1);
        sorted.push(last);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Arguments;

    fn asked(words: &[&str]) -> Asked {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Asked::read(&Arguments::command(), &words, Shell::Bash)
    }

    #[test]
    fn the_words_before_say_where_to_look() {
        let asked = asked(&["strongroom", "--vault", "/v", "get", "--env", "prod", "--namespace", "pay"]);
        assert_eq!(asked.vault.as_deref(), Some(std::path::Path::new("/v")));
        let walk: Vec<String> = asked.walk(&ScopePath::root()).iter().map(ToString::to_string).collect();
        assert_eq!(walk, ["prod/pay", "pay", "prod", "global"]);
    }

    #[test]
    fn words_that_are_not_understood_keep_nobody_from_completing() {
        for words in
            [&["strongroom"][..], &["strongroom", "get", "--no-such"], &["strongroom", "nothing", "--vault"], &[]]
        {
            assert!(!asked(words).scope.is_given(), "{words:?}");
        }
        assert!(asked(&["strongroom", "diff", "--scope", "a"]).scope.is_given(), "its names are still missing");
    }

    /// A command that is added later says by its names what it takes, or is written down here.
    #[test]
    fn every_argument_for_a_name_or_a_scope_is_completed() {
        let offered = offer(Arguments::command(), &[], Shell::Zsh);
        for command in offered.get_subcommands() {
            for arg in command.get_arguments() {
                let is_name = arg.get_value_names().is_some_and(|names| {
                    names.iter().any(|name| matches!(name.as_str(), "NAME" | "SCOPE" | "ACTION" | "NEW_ADDRESS"))
                });
                let path = format!("{} {}", command.get_name(), arg.get_id());
                assert!(!is_name || arg.get::<ArgValueCompleter>().is_some(), "{path} is not completed");
            }
        }
    }

    #[test]
    fn what_is_cut_off_has_the_same_in_common() {
        let all: Vec<String> = (0..5000).map(|number| format!("KEY_{number:04}")).collect();
        let kept = at_most(all);
        assert_eq!((kept.len(), kept[0].as_str(), kept[MOST - 1].as_str()), (MOST, "KEY_0000", "KEY_4999"));
        assert_eq!(at_most(vec!["a".to_owned(); MOST]).len(), MOST);
    }
}
