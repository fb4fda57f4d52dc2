//! Changing some fields of a secret without having opened the others: [`Vault::amend`].
//!
//! The edit dialog sends what somebody typed, removed or renamed; a field that was
//! not touched is neither given out nor written down by hand.

use crate::error::{Error, Result};

use super::scope::Address;
use super::secret::{FieldName, Fields, Metadata};
use super::{Expected, MetadataChange, Vault, Written};

/// What becomes of single fields; all others stay as they are.
#[derive(Default)]
pub struct FieldsChange {
    /// Other names for fields, old and new; their values and places stay.
    pub rename: Vec<(FieldName, FieldName)>,
    /// Fields that go, by the name they had before.
    pub remove: Vec<FieldName>,
    /// New values, by the name they have afterwards.
    pub set: Fields,
}

impl FieldsChange {
    /// True when every field stays.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rename.is_empty() && self.remove.is_empty() && self.set.is_empty()
    }

    /// A second copy, on purpose.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { rename: self.rename.clone(), remove: self.remove.clone(), set: self.set.duplicate() }
    }

    /// The fields after the change.
    pub(super) fn apply(&self, mut fields: Fields) -> Result<Fields> {
        for name in &self.remove {
            fields.remove(name.as_str());
        }
        for (old, new) in &self.rename {
            if fields.get(new.as_str()).is_some() {
                return Err(Error::usage(format!("There is a field {new} already."))
                    .hint("Give the field another name, or remove that one first."));
            }
            if !fields.rename(old.as_str(), new.clone()) {
                return Err(Error::conflict(format!("There is no field {old} any more, to be called {new} now."))
                    .hint("Look at the newest version, then edit again."));
            }
        }
        for (name, value) in self.set.iter() {
            fields.set(name.clone(), value.duplicate());
        }
        Ok(fields)
    }
}

impl Vault {
    /// As [`Vault::set`], for a secret that exists: what `fields` does not name stays as it is.
    /// Without a change of fields it makes no new version. `seen` is the metadata that the
    /// writer began with: what another session changed since is not written over.
    ///
    /// # Errors
    /// As [`Vault::set`]; Conflict, for a field to be renamed that is gone, or a part of the
    /// metadata that is not as it was `seen`; Usage, for two fields of one name.
    pub fn amend(
        &mut self,
        address: &Address,
        fields: &FieldsChange,
        metadata: &MetadataChange,
        seen: Option<&Metadata>,
        reason: &str,
        expected: Expected,
    ) -> Result<Written> {
        self.save(address, Given::Change(fields), (metadata, seen), reason, expected)
    }
}

/// What a write is given of the fields.
pub(super) enum Given<'a> {
    /// Nothing; they stay.
    Nothing,
    /// All there is.
    All(Fields),
    /// Fields over the current ones.
    Over(Fields),
    /// Single changes of the current ones.
    Change(&'a FieldsChange),
}

impl Given<'_> {
    /// The fields that come of it, over the `current` ones; `None` where they stay.
    pub(super) fn over(self, current: impl FnOnce() -> Result<Fields>) -> Result<Option<(Fields, Fields)>> {
        let next = match self {
            Self::Nothing => return Ok(None),
            Self::Change(change) if change.is_empty() => return Ok(None),
            given => {
                let current = current()?;
                let next = match given {
                    Self::All(fields) => fields,
                    Self::Over(fields) => {
                        FieldsChange { set: fields, ..FieldsChange::default() }.apply(current.duplicate())?
                    }
                    Self::Change(change) => change.apply(current.duplicate())?,
                    Self::Nothing => return Ok(None),
                };
                (next, current)
            }
        };
        Ok(Some(next))
    }

    /// The fields of a secret that does not exist yet.
    pub(super) fn complete(self) -> Result<Option<Fields>> {
        match self {
            Self::Nothing => Ok(None),
            Self::All(fields) | Self::Over(fields) => Ok(Some(fields)),
            Self::Change(change) => change.apply(Fields::default()).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::secret_text::SecretText;

    fn name(text: &str) -> FieldName {
        text.parse().unwrap()
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (field, value) in pairs {
            fields.set(name(field), SecretText::copied_from(value.as_bytes()));
        }
        fields
    }

    #[test]
    fn what_is_not_named_stays_in_its_place() {
        let before = || fields(&[("value", "1"), ("user", "ops"), ("url", "u")]);
        let rename = FieldsChange { rename: vec![(name("user"), name("login"))], ..FieldsChange::default() };
        assert!(rename.apply(before()).unwrap() == fields(&[("value", "1"), ("login", "ops"), ("url", "u")]));
        let all = FieldsChange {
            rename: vec![(name("user"), name("url"))],
            remove: vec![name("url")],
            set: fields(&[("value", "2"), ("new", "n")]),
        };
        assert!(all.apply(before()).unwrap() == fields(&[("value", "2"), ("url", "ops"), ("new", "n")]));
        assert!(FieldsChange::default().is_empty() && !all.is_empty());
        let gone = FieldsChange { remove: vec![name("none")], ..FieldsChange::default() };
        assert!(gone.apply(before()).unwrap() == before(), "what is gone already is gone");
    }

    #[test]
    fn a_rename_never_overwrites_and_never_vanishes() {
        let before = || fields(&[("value", "1"), ("user", "ops")]);
        let rename =
            |from: &str, to: &str| FieldsChange { rename: vec![(name(from), name(to))], ..FieldsChange::default() };
        assert_eq!(rename("user", "value").apply(before()).err().unwrap().kind(), Kind::Usage);
        assert_eq!(rename("gone", "other").apply(before()).err().unwrap().kind(), Kind::Conflict);
    }
}
