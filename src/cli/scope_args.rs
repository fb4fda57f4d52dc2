//! [`ScopeArgs`]: from `--scope`, `--env`, `--namespace` and `--user` to the place
//! that is meant. Commands that read get a [`Context`] to resolve in; commands
//! that write get exactly one [`Address`].

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::scope::{Address, Context, ScopePath};
use crate::vault::secret::SecretName;

/// Where a name is looked for.
#[derive(Args, Default, Clone)]
pub(super) struct ScopeArgs {
    /// The scope; commands that read take several, the narrowest first [environment: STRONGROOM_SCOPE]
    #[arg(help_heading = "Where", short, long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The environment E; with --namespace N the scopes E/N, N, E, global
    #[arg(help_heading = "Where", long, value_name = "E")]
    env: Option<String>,
    /// The namespace N
    #[arg(help_heading = "Where", long, value_name = "N", visible_aliases = ["pipeline", "space"])]
    namespace: Option<String>,
    /// The personal scope ~U, before all others
    #[arg(help_heading = "Where", long, value_name = "U")]
    user: Option<String>,
}

impl ScopeArgs {
    /// True when the command line names a scope.
    pub(super) fn is_given(&self) -> bool {
        !self.scopes.is_empty() || self.env.is_some() || self.namespace.is_some() || self.user.is_some()
    }

    /// The scopes named, narrowest first; `default` when only the user, or nothing, is named.
    pub(super) fn scopes(&self, default: &ScopePath) -> Result<Vec<ScopePath>> {
        // Mostly a variable of a script that is not set: it must not silently mean everything.
        let given = self.scopes.iter().chain(&self.env).chain(&self.namespace).chain(&self.user);
        if given.into_iter().any(String::is_empty) {
            return Err(Error::usage("A scope is given, but it is empty.")
                .hint("Name it, or write global for the widest one; check the variable it comes from."));
        }
        let mut scopes: Vec<ScopePath> = Vec::new();
        scopes.extend(self.personal()?);
        let named = self.named()?;
        for scope in named {
            scopes.push(scope.parse()?);
        }
        match (&self.env, &self.namespace) {
            (Some(env), Some(namespace)) => {
                let (env, namespace): (ScopePath, ScopePath) = (env.parse()?, namespace.parse()?);
                scopes.extend([below(&env, &namespace)?, namespace, env, ScopePath::root()]);
            }
            (Some(only), None) | (None, Some(only)) => scopes.push(only.parse()?),
            (None, None) if named.is_empty() => scopes.push(default.clone()),
            (None, None) => {}
        }
        Ok(scopes)
    }

    /// What `--scope` names. Beside `--namespace N` the word `namespace` may stand there, as
    /// other tools have it, and so on: it says again what the option says, and is no scope.
    fn named(&self) -> Result<&[String]> {
        let narrowed = [
            (self.env.is_some(), &["env", "environment"][..]),
            (self.namespace.is_some(), &["namespace", "pipeline", "space"]),
            (self.user.is_some(), &["user"]),
        ];
        let says_again = |word: &str| narrowed.iter().any(|(given, words)| *given && words.contains(&word));
        match &self.scopes[..] {
            [word] if says_again(word) => Ok(&[]),
            [_, ..] if self.env.is_some() || self.namespace.is_some() => {
                Err(Error::usage("--scope, and --env or --namespace, are two ways to say where.")
                    .hint("Give the one or the other: --env E --namespace N is the scope E/N."))
            }
            named => Ok(named),
        }
    }

    /// `~U`
    fn personal(&self) -> Result<Option<ScopePath>> {
        let Some(user) = &self.user else { return Ok(None) };
        if user.contains('/') {
            return Err(Error::usage("--user takes one name without /."));
        }
        format!("~{}", user.trim_start_matches('~')).parse().map(Some)
    }

    /// The context and the name that a reading command resolves.
    pub(super) fn for_reading(&self, name: &str, default: &ScopePath) -> Result<(Context, SecretName)> {
        match self.full_address(name)? {
            Some(address) => Ok((Context::new(vec![address.scope]), address.name)),
            None => Ok((Context::new(self.scopes(default)?), name.parse()?)),
        }
    }

    /// The one address that a writing command acts on.
    pub(super) fn for_writing(&self, name: &str, default: &ScopePath) -> Result<Address> {
        if let Some(address) = self.full_address(name)? {
            return Ok(address);
        }
        let named = self.named()?;
        let elsewhere = !named.is_empty() || self.env.is_some() || self.namespace.is_some();
        if named.len() > 1 || (self.user.is_some() && elsewhere) {
            return Err(Error::usage("A change goes to exactly one scope, and several are given.")
                .hint("Give one --scope, or --env with --namespace, or --user."));
        }
        let scope = self.scopes(default)?.into_iter().next().unwrap_or_default();
        Ok(Address { scope, name: name.parse()? })
    }

    /// The address, if `name` is a full one.
    fn full_address(&self, name: &str) -> Result<Option<Address>> {
        if name.contains('=') {
            return Err(Error::usage("A secret's name has no = in it.").hint(
                "Write the name alone and give the value at the prompt, or with --stdin, --file or --generate.",
            ));
        }
        if !name.contains('/') {
            return Ok(None);
        }
        if self.is_given() {
            return Err(Error::usage("The name is a full address, and a scope is given besides.")
                .hint("Leave the scope away, or write the bare name."));
        }
        Address::parse(name, &ScopePath::root()).map(Some)
    }
}

/// `env/namespace`
fn below(env: &ScopePath, namespace: &ScopePath) -> Result<ScopePath> {
    if env.is_root() {
        return Ok(namespace.clone());
    }
    if namespace.is_root() {
        return Ok(env.clone());
    }
    format!("{env}/{namespace}").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(env: &str, namespace: &str, user: &str, scopes: &[&str]) -> ScopeArgs {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let scopes = scopes.iter().map(ToString::to_string).collect();
        ScopeArgs { scopes, env: given(env), namespace: given(namespace), user: given(user) }
    }

    fn walk(args: &ScopeArgs) -> Vec<String> {
        let (context, _) = args.for_reading("KEY", &ScopePath::root()).unwrap();
        context.walk().iter().map(ToString::to_string).collect()
    }

    fn written(args: &ScopeArgs, name: &str) -> String {
        args.for_writing(name, &"standard".parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn shorthands_resolve_narrowest_first() {
        assert_eq!(walk(&args("prod", "pay", "", &[])), ["prod/pay", "pay", "prod", "global"]);
    }

    #[test]
    fn each_shorthand_alone_is_its_own_scope() {
        assert_eq!(walk(&args("prod", "", "", &[])), ["prod", "global"]);
        assert_eq!(walk(&args("", "pay", "", &[])), ["pay", "global"]);
        assert_eq!(walk(&args("prod", "", "alice", &[])), ["~alice", "prod", "global"]);
        assert_eq!(walk(&args("", "", "~alice", &["a/b", "c"])), ["~alice", "a/b", "a", "c", "global"]);
        assert_eq!(walk(&args("global", "pay", "", &[])), ["pay", "global"]);
    }

    #[test]
    fn an_empty_scope_is_refused() {
        let empty = || Some(String::new());
        let none = || ScopeArgs { scopes: Vec::new(), env: None, namespace: None, user: None };
        for args in [
            ScopeArgs { scopes: vec![String::new()], ..none() },
            ScopeArgs { env: empty(), ..none() },
            ScopeArgs { namespace: empty(), env: Some("prod".into()), ..none() },
            ScopeArgs { user: empty(), ..none() },
        ] {
            assert!(args.for_writing("KEY", &ScopePath::root()).is_err());
        }
    }

    #[test]
    fn a_change_goes_to_the_scope_given() {
        assert_eq!(written(&args("", "", "", &[]), "KEY"), "standard/KEY");
        assert_eq!(written(&args("", "pay", "", &[]), "KEY"), "pay/KEY");
        assert_eq!(written(&args("prod", "pay", "", &[]), "KEY"), "prod/pay/KEY");
        assert_eq!(written(&args("", "", "alice", &[]), "KEY"), "~alice/KEY");
        assert_eq!(written(&args("", "", "", &["global"]), "KEY"), "KEY");
        assert_eq!(written(&args("", "", "", &[]), "a/b/KEY"), "a/b/KEY");
        assert_eq!(written(&args("", "", "", &[]), "global/KEY"), "KEY");
    }

    #[test]
    fn the_kind_of_a_scope_may_be_said_beside_its_name() {
        for (args, place) in [
            (args("", "pay", "", &["namespace"]), "pay/KEY"),
            (args("", "pay", "", &["pipeline"]), "pay/KEY"),
            (args("prod", "", "", &["env"]), "prod/KEY"),
            (args("", "", "alice", &["user"]), "~alice/KEY"),
            (args("", "", "", &["pipeline"]), "pipeline/KEY"),
            (args("", "", "", &["org"]), "KEY"),
        ] {
            assert_eq!(written(&args, "KEY"), place);
        }
        for unclear in [args("", "pay", "", &["env"]), args("prod", "", "", &["a/b"]), args("", "pay", "", &["a", "b"])]
        {
            let error = unclear.for_writing("KEY", &ScopePath::root()).unwrap_err();
            assert!(error.next_step().is_some_and(|hint| hint.contains("--env E")), "{error}");
        }
    }

    #[test]
    fn an_unclear_place_is_refused() {
        let root = ScopePath::root();
        assert!(args("", "", "", &["a", "b"]).for_writing("KEY", &root).is_err());
        assert!(args("prod", "", "alice", &[]).for_writing("KEY", &root).is_err());
        assert!(args("prod", "", "", &[]).for_reading("a/KEY", &root).is_err());
        assert!(args("", "", "a/b", &[]).for_reading("KEY", &root).is_err());
    }

    #[test]
    fn a_name_with_a_value_behind_it_is_not_repeated() {
        let error = args("", "", "", &[]).for_writing("KEY=hunter2", &ScopePath::root()).unwrap_err();
        assert!(!error.message().contains("hunter2"), "{error}");
    }
}
