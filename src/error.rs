//! [`Error`]: what went wrong, sorted by what the operator can do about it.
//!
//! Every layer returns this one type. The [`Kind`] decides the exit code, the
//! message names the place and the cause, the hint names the next step. A
//! message never quotes a value: only names, numbers and paths go into it.

use std::fmt;

/// The result of every fallible operation in the crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What the operator can do about an [`Error`]; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something failed that has no better name: exit 1.
    Failure,
    /// The request itself was wrong: exit 2.
    Usage,
    /// No such secret, version or scope: exit 3.
    NotFound,
    /// The thing exists already, or another session wrote first: exit 4.
    Conflict,
    /// No key, or the wrong one: exit 5.
    Locked,
    /// The secret has expired: exit 6.
    Expired,
    /// Permissions or policy forbid it: exit 7.
    Denied,
    /// Another process holds the file, or a peer cannot be reached: exit 8.
    Busy,
    /// The data is damaged or was tampered with: exit 9.
    Damaged,
}

impl Kind {
    /// The process exit code that scripts see.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Conflict => 4,
            Self::Locked => 5,
            Self::Expired => 6,
            Self::Denied => 7,
            Self::Busy => 8,
            Self::Damaged => 9,
        }
    }

    /// The kind as one word, for `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Locked => "locked",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::Busy => "busy",
            Self::Damaged => "damaged",
        }
    }
}

/// An error with the place, the cause and the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    details: Vec<String>,
    hint: Option<String>,
    current_version: Option<u64>,
    exit_code: Option<u8>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(message: impl Into<String>) -> Self {
            Self::new(Kind::$kind, message)
        }
    )*};
}

impl Error {
    /// An error of `kind`; `message` is a sentence with its full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), hint: None, current_version: None, exit_code: None }
    }

    constructors! {
        /// Exit 1.
        failure => Failure;
        /// Exit 2.
        usage => Usage;
        /// Exit 3.
        not_found => NotFound;
        /// Exit 4.
        conflict => Conflict;
        /// Exit 5.
        locked => Locked;
        /// Exit 6.
        expired => Expired;
        /// Exit 7.
        denied => Denied;
        /// Exit 8.
        busy => Busy;
        /// Exit 9.
        damaged => Damaged;
    }

    /// A write over version `current` that the writer had not seen.
    pub fn version_conflict(message: impl Into<String>, current: u64) -> Self {
        Self { current_version: Some(current), ..Self::new(Kind::Conflict, message) }
    }

    /// Adds what is wrong in each place, where several are: a sentence each.
    #[must_use]
    pub fn detailed(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Adds the next step, a sentence with its full stop.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Ends the process with this code instead of its kind's, where shells have one of their own.
    #[must_use]
    pub fn exits(mut self, code: u8) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// What the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.exit_code.unwrap_or_else(|| self.kind.exit_code())
    }

    /// What the operator can do about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The place and the cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong in each place, where several are.
    #[must_use]
    pub fn details(&self) -> &[String] {
        &self.details
    }

    /// The message with what is wrong in the first few places, for a record.
    #[must_use]
    pub fn in_full(&self) -> String {
        const MOST: usize = 5;
        let details = self.details.iter().take(MOST).map(String::as_str);
        let more = if self.details.len() > MOST { Some("And more.") } else { None };
        std::iter::once(self.message.as_str()).chain(details).chain(more).collect::<Vec<_>>().join(" ")
    }

    /// The next step, where one is known.
    #[must_use]
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// For a version conflict: the version that is current now.
    #[must_use]
    pub fn current_version(&self) -> Option<u64> {
        self.current_version
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
