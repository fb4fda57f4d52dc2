//! Comparing two versions of a secret by shape: [`Vault::shape_diff`]; and new values with
//! the current ones: [`Vault::same_fields`]; and looking at one: [`Vault::shape`].
//!
//! Values are compared in here and never leave. So it is not audited: nothing is
//! given out, the roll-back question asks for it by itself, and a record for every
//! look would bury the ones about values that did leave.

use crate::error::{Error, Result};

use super::Vault;
use super::secret::{FieldName, Fields, Origin, Secret, SecretId, Version};
use super::shape::Shape;
use super::view::View;

/// How two versions differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeDiff {
    /// Whose versions they are.
    pub id: SecretId,
    /// The one on the left.
    pub before: Version,
    /// The one on the right.
    pub after: Version,
    /// The secret's current version.
    pub current: u64,
    /// Each field of the two, those of the right one first, in its order.
    pub fields: Vec<FieldDiff>,
}

/// How one field differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDiff {
    /// What it is called.
    pub name: FieldName,
    /// On the left, if it is there.
    pub before: Option<Side>,
    /// On the right, if it is there.
    pub after: Option<Side>,
    /// Both hold the same bytes.
    pub same: bool,
}

/// A field in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// What its bytes are like.
    pub shape: Shape,
    /// The newest older version that holds the same bytes in this field, the other side not counted.
    pub same_as: Option<u64>,
}

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Only on the right.
    Added,
    /// Only on the left.
    Removed,
    /// Other bytes.
    Changed,
    /// The same bytes.
    Same,
}

impl Fate {
    /// The word that people and `--json` see.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

impl FieldDiff {
    /// What became of it from left to right.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match (&self.before, &self.after) {
            (None, _) => Fate::Added,
            (_, None) => Fate::Removed,
            _ if self.same => Fate::Same,
            _ => Fate::Changed,
        }
    }
}

impl Vault {
    /// How version `after` of a secret differs from version `before`, told by shape.
    /// An expired secret may be compared: nothing of it is given out.
    ///
    /// # Errors
    /// `NotFound`, for the secret or one of the versions; Damaged.
    pub fn shape_diff(&mut self, id: SecretId, before: u64, after: u64) -> Result<ShapeDiff> {
        self.view(|view| {
            let (row, secret) = view.by_id(id)?;
            if secret.deleted_at.is_some() {
                return Err(Error::not_found(format!("{} was deleted.", secret.address)).hint("Restore it first."));
            }
            let left = opened(view, &secret, before)?;
            let right = opened(view, &secret, after)?;
            let history = view.history(&row)?;
            let noted = |number: u64| {
                let found = history.iter().find(|version| version.number == number);
                found.cloned().ok_or_else(|| Error::not_found(format!("Version {number} is gone.")))
            };
            let (before_version, after_version) = (noted(before)?, noted(after)?);
            let mut fields = pair(&left, &right);
            find_same(view, &secret, (before, &left), (after, &right), &mut fields)?;
            Ok(ShapeDiff { id, before: before_version, after: after_version, current: secret.version, fields })
        })
    }
}

impl Vault {
    /// As [`Self::shape_diff`], from the current version to the pending one.
    ///
    /// # Errors
    /// `NotFound`, when none is pending; Damaged.
    pub fn pending_diff(&mut self, id: SecretId) -> Result<ShapeDiff> {
        self.view(|view| {
            let (row, secret) = view.by_id(id)?;
            let (stage, current) = (secret.pending()?, secret.version);
            let (left, right) = (opened(view, &secret, current)?, view.pending_fields(&secret)?);
            let before = view.history(&row)?.into_iter().find(|version| version.number == current);
            let before = before.ok_or_else(|| Error::not_found(format!("Version {current} is gone.")))?;
            let after = Version {
                number: current + 1,
                created_at: stage.since,
                created_by: stage.by.clone(),
                reason: stage.reason.clone(),
                origin: Origin::Rotated,
                steps: stage.steps.clone(),
            };
            let mut fields = pair(&left, &right);
            find_same(view, &secret, (current, &left), (current + 1, &right), &mut fields)?;
            Ok(ShapeDiff { id, before, after, current, fields })
        })
    }

    /// Which of `fields` hold what the current version of a secret holds under the same name.
    ///
    /// # Errors
    /// `NotFound`; Damaged.
    pub fn same_fields(&mut self, id: SecretId, fields: &Fields) -> Result<Vec<FieldName>> {
        self.view(|view| {
            let secret = view.by_id(id)?.1;
            let current = opened(view, &secret, secret.version)?;
            let same = fields.iter().filter(|(name, value)| current.get(name.as_str()) == Some(*value));
            Ok(same.map(|(name, _)| name.clone()).collect())
        })
    }
}

impl Vault {
    /// What the value of a field is like, in a version (`None`: the current one) whose number
    /// comes with it: for a question that is asked before the value is given out.
    ///
    /// # Errors
    /// `NotFound`, for the secret, the version or the field; Damaged.
    pub fn shape(&mut self, id: SecretId, version: Option<u64>, field: &str) -> Result<(u64, Shape)> {
        self.view(|view| {
            let secret = view.by_id(id)?.1;
            if secret.deleted_at.is_some() {
                return Err(Error::not_found(format!("{} was deleted.", secret.address)).hint("Restore it first."));
            }
            let number = version.unwrap_or(secret.version);
            let fields = opened(view, &secret, number)?;
            let missing = || {
                let words = format!("Version {number} of {} has no field {}.", secret.address, field.escape_debug());
                Error::not_found(words).hint("Look at its fields.")
            };
            fields.get(field).map(|value| (number, Shape::of(value))).ok_or_else(missing)
        })
    }
}

fn opened(view: &View<'_>, secret: &Secret, number: u64) -> Result<Fields> {
    view.fields(&view.version_row(secret, number)?)
}

/// Each field of the two, those of the right one first.
fn pair(left: &Fields, right: &Fields) -> Vec<FieldDiff> {
    let gone = left.names().filter(|name| right.get(name.as_str()).is_none());
    right
        .names()
        .chain(gone)
        .map(|name| {
            let (before, after) = (left.get(name.as_str()), right.get(name.as_str()));
            let side = |value| Side { shape: Shape::of(value), same_as: None };
            FieldDiff {
                name: name.clone(),
                same: before.is_some() && before == after,
                before: before.map(side),
                after: after.map(side),
            }
        })
        .collect()
}

/// Looks among the older versions, from the newest on, for the bytes of each side that is not the same as the other.
fn find_same(
    view: &View<'_>,
    secret: &Secret,
    (before, left): (u64, &Fields),
    (after, right): (u64, &Fields),
    fields: &mut [FieldDiff],
) -> Result<()> {
    for number in (1..before.max(after)).rev() {
        let open = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.same_as.is_none());
        if !fields.iter().any(|field| !field.same && (open(&field.before) || open(&field.after))) {
            break;
        }
        if number == before || number == after {
            continue;
        }
        let older = opened(view, secret, number)?;
        for field in fields.iter_mut().filter(|field| !field.same) {
            let name = field.name.as_str();
            let held = older.get(name);
            for (side, version, values) in [(&mut field.before, before, left), (&mut field.after, after, right)] {
                if let Some(side) = side.as_mut().filter(|side| side.same_as.is_none() && number < version)
                    && held.is_some()
                    && held == values.get(name)
                {
                    side.same_as = Some(number);
                }
            }
        }
    }
    Ok(())
}
