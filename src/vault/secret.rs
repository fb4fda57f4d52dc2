//! What a secret is: its name, its fields, its metadata and its versions.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use super::rotation::{Rotation, StepDone};
use super::scope::{Address, ScopePath};

/// Most bytes of all values of one version together.
pub const MAX_VERSION_BYTES: usize = 1024 * 1024;
/// Longest secret or field name, in bytes.
const MAX_NAME: usize = 255;
/// The main field.
pub const VALUE: &str = "value";

/// `[A-Za-z0-9_][A-Za-z0-9_.-]*` of at most `limit` bytes.
pub(crate) fn is_identifier(text: &str, limit: usize) -> bool {
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let bytes = text.as_bytes();
    bytes.len() <= limit
        && bytes.first().is_some_and(|&c| word(c))
        && bytes.iter().all(|&c| word(c) || c == b'.' || c == b'-')
}

/// The lasting identity of a secret: a random UUID, kept over moves and renames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId(pub [u8; 16]);

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).fmt(f)
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                if is_identifier(text, MAX_NAME) {
                    return Ok(Self(text.to_owned()));
                }
                let refused = match text {
                    "" => format!("The {} is empty.", $what),
                    _ => format!("The {} {} is not allowed.", $what, text.escape_debug()),
                };
                let next = match text.contains('/') && $what == SECRET_NAME {
                    true => "The path in front of the name belongs into the scope.",
                    false => "Use letters, digits, _ . - and at most 255 bytes, not starting with . or -.",
                };
                Err(Error::usage(refused).hint(next))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// What the name of a secret is called in messages.
const SECRET_NAME: &str = "secret name";

identifier!(
    /// What a secret is called within its scope.
    SecretName,
    SECRET_NAME
);
identifier!(
    /// What a field is called within its secret; the main one is `value`.
    FieldName,
    "field name"
);

/// The fields of one version: a small ordered map from name to bytes.
#[derive(Default, PartialEq, Eq)]
pub struct Fields(Vec<(FieldName, SecretText)>);

impl Fields {
    /// Fields holding only the main one.
    #[must_use]
    pub fn value(value: SecretText) -> Self {
        Self(vec![(FieldName(VALUE.to_owned()), value)])
    }

    /// Sets `name`, in place when it is there already, else at the end.
    pub fn set(&mut self, name: FieldName, value: SecretText) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = value,
            None => self.0.push((name, value)),
        }
    }

    /// Gives field `old` another name, in its place; true when it was there. The caller
    /// sees to it that the new name is free.
    pub fn rename(&mut self, old: &str, new: FieldName) -> bool {
        let found = self.0.iter_mut().find(|(known, _)| known.as_str() == old);
        found.map(|(name, _)| *name = new).is_some()
    }

    /// Removes `name`; true when it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _)| known.as_str() != name);
        self.0.len() < before
    }

    /// The bytes of field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&SecretText> {
        self.0.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
    }

    /// Moves the bytes of field `name` out.
    #[must_use]
    pub fn take(mut self, name: &str) -> Option<SecretText> {
        let at = self.0.iter().position(|(known, _)| known.as_str() == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldName, &SecretText)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names in their order.
    pub fn names(&self) -> impl Iterator<Item = &FieldName> {
        self.0.iter().map(|(name, _)| name)
    }

    /// A second copy, on purpose.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect())
    }

    /// Number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of all values together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.iter().map(|(_, value)| value.len()).sum()
    }
}

/// What is kept with a secret and changes without a new version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// One line for people.
    pub description: String,
    /// Free JSON for programs.
    pub json: Option<serde_json::Value>,
    /// Tags, sorted, nothing twice.
    pub tags: Vec<String>,
    /// When the secret stops being given out.
    pub expires_at: Option<Timestamp>,
    /// How many days a value may serve before it is due for rotation.
    pub rotation_days: Option<u32>,
    /// Who answers for it.
    pub owner: String,
    /// How its far side is told a new value: the recipe's text, as it was written.
    pub recipe: Option<String>,
}

/// How a version came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The first version.
    Created,
    /// A changed value by `set`.
    Set,
    /// A changed value by `rotate`.
    Rotated,
    /// The fields of an earlier version again.
    RolledBack {
        /// The version whose fields came back.
        from: u64,
    },
    /// Brought in from another store.
    Imported,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Set => f.write_str("set"),
            Self::Rotated => f.write_str("rotated"),
            Self::RolledBack { from } => write!(f, "rolled back from {from}"),
            Self::Imported => f.write_str("imported"),
        }
    }
}

/// One version as the history shows it, without its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, 3 … without gaps.
    pub number: u64,
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it, `user@host`.
    pub created_by: String,
    /// Why.
    pub reason: String,
    /// How it came to be.
    pub origin: Origin,
    /// What the far side was told until it became current, step by step.
    pub steps: Vec<StepDone>,
}

/// A secret without its fields' bytes: all that `get` and the detail show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Lasting identity.
    pub id: SecretId,
    /// Where it lives and what it is called.
    pub address: Address,
    /// The current version.
    pub version: u64,
    /// The current version's field names, in order.
    pub fields: Vec<FieldName>,
    /// Description, tags, expiry and the like.
    pub metadata: Metadata,
    /// When version 1 was written.
    pub created_at: Timestamp,
    /// Who wrote version 1.
    pub created_by: String,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When the current value was made: its age. After a rollback, earlier than the version.
    pub value_changed_at: Timestamp,
    /// When it was last rotated, if ever; after a rollback, as it was at the version that came back.
    pub last_rotated: Option<Timestamp>,
    /// When it was deleted, for a tombstone.
    pub deleted_at: Option<Timestamp>,
    /// What is under way about its value.
    pub rotation: Rotation,
}

impl Secret {
    /// Where it lives.
    #[must_use]
    pub fn scope(&self) -> &ScopePath {
        &self.address.scope
    }

    /// What is said where no rotation is known: a value can be changed without one, and
    /// rolled back behind one.
    #[must_use]
    pub fn unrotated(&self) -> &'static str {
        if self.version > 1 { "no rotation led to this value" } else { "never" }
    }

    /// When the value is due for rotation, if it has an interval.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        due_at(self.value_changed_at, self.metadata.rotation_days)
    }

    /// True when the value is due at `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at().is_some_and(|due| due <= now)
    }

    /// True when the secret has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.metadata.expires_at.is_some_and(|expires| expires <= now)
    }
}

/// The due date of a value written at `changed_at`; a day is 24 hours.
pub(crate) fn due_at(changed_at: Timestamp, rotation_days: Option<u32>) -> Option<Timestamp> {
    changed_at.checked_add(SignedDuration::from_hours(24 * i64::from(rotation_days?))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_contract() {
        for good in ["A", "_x", "9.a-b", &"x".repeat(255)] {
            assert!(good.parse::<SecretName>().is_ok(), "{good}");
        }
        for bad in ["", ".a", "-a", "a/b", "a b", "ä", "a\u{202e}b", "a\nb", &"x".repeat(256)] {
            let error = bad.parse::<SecretName>().unwrap_err();
            assert!(!error.message().contains(['\n', '\u{202e}']), "{error}");
        }
    }

    #[test]
    fn fields_keep_their_order() {
        let mut fields = Fields::value(SecretText::copied_from(b"1"));
        fields.set("username".parse().unwrap(), SecretText::copied_from(b"ops"));
        fields.set("value".parse().unwrap(), SecretText::copied_from(b"2"));
        let names: Vec<&str> = fields.names().map(FieldName::as_str).collect();
        assert_eq!(names, ["value", "username"]);
        assert_eq!(fields.get("value").unwrap().expose(), b"2");
        assert!(fields.remove("username") && !fields.remove("username"));
        assert_eq!(fields.take("value").unwrap().expose(), b"2");
    }
}
