//! [`Reference`]: one place in a text where a value belongs, as it is written.
//!
//! `{{secrets.NAME}}`, where NAME is a name or a full address, then perhaps `@3` or
//! `@previous` or `@pending`, `#field` and filters; `$secret.NAME` and `$env.NAME`, which end with the
//! last letter, digit or `_`, so that a sentence may go on behind them.
//!
//! [`super::template`] finds them and calls this. A message quotes nothing that has not
//! the form of a name: the text around a reference may hold anything.

use std::fmt;

use crate::vault::Pick;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{FieldName, SecretName, VALUE};

use super::filters::Filter;

/// Longest reference without its filters: an address, a version and a field fit.
const MOST: usize = 1200;

/// Where something stands in a text; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character within the line; the byte, where the text is not UTF-8.
    pub column: usize,
}

impl Place {
    /// Where a text begins.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What a reference asks for, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What is asked for.
    pub subject: Subject,
    /// What is done to the value, from left to right.
    pub filters: Vec<Filter>,
    /// Written without braces, and the text goes on as a longer name could.
    pub may_be_cut: bool,
}

/// What a reference asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A field of a secret.
    Secret {
        /// The scope to look in first, where a full address is written; else the context's.
        scope: Option<ScopePath>,
        /// The secret's name.
        name: SecretName,
        /// Which version of it.
        version: Pick,
        /// Which field; `value` where none is written.
        field: FieldName,
    },
    /// A variable of our own environment.
    Variable(String),
}

impl Reference {
    /// Reads what stands between the braces, without blanks at its ends.
    ///
    /// # Errors
    /// What is wrong with it, a sentence.
    pub(super) fn in_braces(inner: &[u8]) -> Result<Self, String> {
        let inner = std::str::from_utf8(inner).map_err(|_| "The reference is not UTF-8.".to_owned())?;
        let mut parts = inner.split('|').map(|part| part.trim_matches([' ', '\t']));
        let subject = parts.next().and_then(|first| first.strip_prefix("secrets.")).unwrap_or_default();
        let (subject, filters) = (secret(subject)?, parts.map(filter).collect::<Result<_, _>>()?);
        Ok(Self { subject, filters, may_be_cut: false })
    }

    /// Reads the name behind `$secret.`, and what follows it.
    ///
    /// # Errors
    /// When it is too long, a sentence.
    pub(super) fn bare(name: &str, after: &[u8]) -> Result<Self, String> {
        let may_be_cut = matches!(after, [b'-' | b'.' | b'/', next, ..] if next.is_ascii_alphanumeric());
        Ok(Self { subject: secret(name)?, filters: Vec::new(), may_be_cut })
    }

    /// Reads the name behind `$env.`
    ///
    /// # Errors
    /// When it is too long, a sentence.
    pub(super) fn variable(name: &str) -> Result<Self, String> {
        let subject = Subject::Variable(within(name)?.to_owned());
        Ok(Self { subject, filters: Vec::new(), may_be_cut: false })
    }
}

/// Written as it is read, without any blanks.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Variable(name) => return write!(f, "$env.{name}"),
            Subject::Secret { scope, name, version, field } => {
                f.write_str("{{secrets.")?;
                if let Some(scope) = scope {
                    write!(f, "{scope}/")?;
                }
                write!(f, "{name}")?;
                if *version != Pick::Current {
                    write!(f, "@{version}")?;
                }
                if field.as_str() != VALUE {
                    write!(f, "#{field}")?;
                }
            }
        }
        for filter in &self.filters {
            write!(f, "|{}", filter.word())?;
        }
        f.write_str("}}")
    }
}

/// `NAME`, `NAME@3`, `a/b/NAME@previous#field`
fn secret(text: &str) -> Result<Subject, String> {
    if text.is_empty() || text.starts_with(['@', '#']) {
        return Err("The reference names no secret.".to_owned());
    }
    within(text)?;
    let is_known = |c: char| c.is_ascii_alphanumeric() || "_.-~/@#".contains(c);
    if !text.chars().all(is_known) {
        return Err("The reference has a character that no name has; names have letters, digits, _ . - and, \
                    in an address, slashes."
            .to_owned());
    }
    let (text, field) = text.split_once('#').map_or((text, VALUE), |(before, field)| (before, field));
    let (name, version) = text.split_once('@').map_or((text, None), |(before, version)| (before, Some(version)));
    if field.contains('@') {
        return Err("The version stands before the field: NAME@3#FIELD.".to_owned());
    }
    let (scope, name) = if name.contains('/') {
        let address = Address::parse(name, &ScopePath::root()).map_err(|error| error.message().to_owned())?;
        (Some(address.scope), address.name)
    } else {
        (None, name.parse().map_err(told)?)
    };
    let version = version.map_or(Ok(Pick::Current), pick)?;
    Ok(Subject::Secret { scope, name, version, field: field.parse().map_err(told)? })
}

/// The text, unless it is longer than any name, and than anybody wants to read in a message.
fn within(text: &str) -> Result<&str, String> {
    if text.len() > MOST { Err("The reference is longer than any name can be.".to_owned()) } else { Ok(text) }
}

fn pick(text: &str) -> Result<Pick, String> {
    text.parse().map_err(|_| "What follows @ is no version; write a number, previous or pending.".to_owned())
}

fn filter(word: &str) -> Result<Filter, String> {
    Filter::ALL.into_iter().find(|filter| filter.word() == word).ok_or_else(|| {
        let is_word = (1..=16).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let named = if is_word { format!(" {word}") } else { " of that name".to_owned() };
        let known = Filter::ALL.map(Filter::word).join(", ");
        format!("There is no filter{named}; there are {known}.")
    })
}

fn told(error: crate::error::Error) -> String {
    error.message().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(inner: &str) -> String {
        Reference::in_braces(inner.as_bytes()).unwrap_err()
    }

    #[test]
    fn every_part_is_read_and_written_back() {
        for text in [
            "secrets.KEY",
            "secrets.a.b-c_9",
            "secrets.production/payments/KEY@3#username|json|base64",
            "secrets.global/KEY@previous",
            "secrets.KEY@pending#username",
            "secrets.~alice/KEY#totp|shell",
            "secrets.KEY|yaml|url",
        ] {
            let reference = Reference::in_braces(text.as_bytes()).unwrap();
            assert_eq!(reference.to_string(), format!("{{{{{text}}}}}"));
        }
    }

    #[test]
    fn blanks_stand_around_the_bars() {
        let written = Reference::in_braces(b"secrets.KEY@3  |json\t| base64").unwrap();
        assert_eq!(written, Reference::in_braces(b"secrets.KEY@3|json|base64").unwrap());
        assert_eq!(Reference::in_braces(b"secrets.KEY#value").unwrap(), Reference::in_braces(b"secrets.KEY").unwrap());
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (inner, told) in [
            ("secrets.", "names no secret"),
            ("secrets.@3", "names no secret"),
            ("secrets.A B", "character"),
            ("secrets.A @3", "character"),
            ("secrets.KEY!", "character"),
            ("secrets.ä", "character"),
            ("secrets./KEY", "slash"),
            ("secrets.a//KEY", "segment"),
            ("secrets.a/", "empty"),
            ("secrets..KEY", "not allowed"),
            ("secrets.KEY#a@3", "before the field"),
            ("secrets.KEY#", "field name is empty"),
            ("secrets.KEY@", "no version"),
            ("secrets.KEY@0", "no version"),
            ("secrets.KEY@+3", "character"),
            ("secrets.KEY@latest", "no version"),
            ("secrets.KEY@99999999999999999999", "no version"),
            ("secrets.KEY|", "no filter"),
            ("secrets.KEY|jsn", "no filter jsn; there are json,"),
            ("secrets.KEY||json", "no filter"),
        ] {
            assert!(refused(inner).contains(told), "{inner}: {}", refused(inner));
        }
    }

    #[test]
    fn nothing_is_quoted_that_is_no_name() {
        for inner in
            ["secrets.KEY password: hunter2", "secrets.hunter2 {{", "secrets.KEY|hunter2 x", "secrets.\u{1b}hunter2"]
        {
            assert!(!refused(inner).contains("hunter2"), "{}", refused(inner));
        }
    }
}
