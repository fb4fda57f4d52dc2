//! Scopes: where a secret lives, and which secret a context sees.
//!
//! A scope is a path; a secret is seen from every scope below its own unless
//! overridden there. The root is written `global`. Resolution walks from the
//! narrowest scope to the root and takes the first secret found, even an
//! expired one: an expired narrow secret never silently yields the wider one.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

use super::secret::{SecretName, is_identifier};

/// Longest segment, in bytes.
const MAX_SEGMENT: usize = 64;
/// Most segments in a path.
const MAX_DEPTH: usize = 8;

/// A path such as `production/payments`; the root is the empty path and is
/// shown as `global`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ScopePath(String);

impl ScopePath {
    /// The root, `global`.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// True for the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as stored: empty for the root.
    #[must_use]
    pub fn as_stored(&self) -> &str {
        &self.0
    }

    /// The next wider scope, `None` for the root. A personal scope's parent is the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or_else(String::new, |(wider, _)| wider.to_owned())))
    }

    /// This scope and every wider one, narrowest first, ending with the root.
    pub fn chain(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// True when `self` is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root() || self.0 == other.0 || self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl FromStr for ScopePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if matches!(text, "" | "/" | "global" | "org") {
            return Ok(Self::root());
        }
        let segments: Vec<&str> = text.split('/').collect();
        if segments.len() > MAX_DEPTH {
            return Err(Error::usage(format!("The scope has {} segments, more than {MAX_DEPTH}.", segments.len()))
                .hint("Use fewer, longer segments."));
        }
        if text.starts_with('/') {
            return Err(Error::usage(format!("The scope {} begins with a slash.", text.escape_debug())).hint(
                "Scopes are no paths of the file system: write production/payments, and quote ~alice for the shell.",
            ));
        }
        for (depth, segment) in segments.iter().enumerate() {
            let bare = if depth == 0 { segment.strip_prefix('~').unwrap_or(segment) } else { segment };
            if !is_identifier(bare, MAX_SEGMENT) {
                return Err(Error::usage(format!("The scope segment {segment:?} is not allowed."))
                    .hint("Use letters, digits, _ . - in each segment, at most 64 bytes, not starting with . or -."));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ScopePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "global" } else { &self.0 })
    }
}

/// A secret's full address: where it lives and what it is called there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Where it lives.
    pub scope: ScopePath,
    /// What it is called there.
    pub name: SecretName,
}

impl Address {
    /// Reads `scope/name`, `global/NAME`, or a bare `NAME` taken in `default_scope`.
    ///
    /// # Errors
    /// Usage, when either part is malformed.
    pub fn parse(text: &str, default_scope: &ScopePath) -> Result<Self> {
        match text.rsplit_once('/') {
            _ if text.starts_with('/') => {
                Err(Error::usage(format!("The address {} begins with a slash.", text.escape_debug()))
                    .hint("Write NAME, global/NAME or scope/NAME, and quote ~alice/NAME for the shell."))
            }
            Some((scope, name)) => Ok(Self { scope: scope.parse()?, name: name.parse()? }),
            None => Ok(Self { scope: default_scope.clone(), name: text.parse()? }),
        }
    }
}

/// `scope/name`; a secret in the root is shown by its bare name.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scope.is_root() { write!(f, "{}", self.name) } else { write!(f, "{}/{}", self.scope, self.name) }
    }
}

/// The scopes that a resolving command looks in, narrowest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context(Vec<ScopePath>);

impl Context {
    /// A context of the scopes given, the first being the narrowest.
    #[must_use]
    pub fn new(scopes: Vec<ScopePath>) -> Self {
        Self(scopes)
    }

    /// Every place to look, narrowest first: each scope followed by its wider
    /// ones, the root last, nothing twice. A wider one that is itself given
    /// further on waits for its turn, so that `E/N, N, E` stays in that order.
    #[must_use]
    pub fn walk(&self) -> Vec<ScopePath> {
        let mut walk: Vec<ScopePath> = Vec::new();
        for (at, given) in self.0.iter().enumerate() {
            for scope in given.chain().filter(|scope| !scope.is_root()) {
                let has_its_turn = scope != *given && self.0[at + 1..].contains(&scope);
                if !has_its_turn && !walk.contains(&scope) {
                    walk.push(scope);
                }
            }
        }
        walk.push(ScopePath::root());
        walk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> ScopePath {
        text.parse().unwrap()
    }

    #[test]
    fn the_root_has_many_spellings_and_one_display() {
        for text in ["", "/", "global", "org"] {
            assert!(scope(text).is_root(), "{text}");
        }
        assert_eq!(ScopePath::root().to_string(), "global");
    }

    #[test]
    fn malformed_scopes_are_refused() {
        for text in [
            "a//b",
            "a/.b",
            "-a",
            "a b",
            "a/~b",
            "ü",
            "a/b/c/d/e/f/g/h/i",
            "~",
            "/prod",
            "prod/",
            "a//b",
            "//",
            &"x".repeat(65),
        ] {
            assert!(text.parse::<ScopePath>().is_err(), "{text}");
        }
        for text in ["~alice", "prod/eu-west-1/auth", "a.b/_c"] {
            assert!(text.parse::<ScopePath>().is_ok(), "{text}");
        }
    }

    #[test]
    fn within_is_by_segment() {
        assert!(scope("prod/pay").is_within(&scope("prod")));
        assert!(!scope("production").is_within(&scope("prod")));
        assert!(scope("prod").is_within(&ScopePath::root()));
    }

    #[test]
    fn a_context_walks_from_the_narrowest_to_the_root() {
        let walk = |scopes: &[&str]| -> Vec<String> {
            let context = Context::new(scopes.iter().map(|text| scope(text)).collect());
            context.walk().iter().map(ToString::to_string).collect()
        };
        assert_eq!(walk(&["a/b", "c"]), ["a/b", "a", "c", "global"]);
        assert_eq!(walk(&["a/b", "b", "a", "global"]), ["a/b", "b", "a", "global"]);
        assert_eq!(walk(&["a/b/c", "a"]), ["a/b/c", "a/b", "a", "global"]);
        assert_eq!(walk(&[]), ["global"]);
    }

    #[test]
    fn addresses_read_back() {
        let address = Address::parse("prod/pay/KEY", &ScopePath::root()).unwrap();
        assert_eq!((address.scope.to_string().as_str(), address.name.as_str()), ("prod/pay", "KEY"));
        assert_eq!(Address::parse("KEY", &scope("prod")).unwrap().to_string(), "prod/KEY");
        assert_eq!(Address::parse("global/KEY", &scope("prod")).unwrap().to_string(), "KEY");
        for bad in ["/KEY", "//KEY", "a//KEY", "/tmp/KEY", "a/", ""] {
            assert!(Address::parse(bad, &ScopePath::root()).is_err(), "{bad}");
        }
    }
}
