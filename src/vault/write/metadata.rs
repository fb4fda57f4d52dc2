//! [`MetadataChange`]: what a write changes about a secret beside its fields.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::vault::secret::{Metadata, is_identifier};

/// The metadata that a write changes; `None` leaves a part alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataChange {
    /// One line for people.
    pub description: Option<String>,
    /// Free JSON, or none.
    pub json: Option<Option<serde_json::Value>>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// The expiry, or never.
    pub expires_at: Option<Option<Timestamp>>,
    /// The rotation interval, or none.
    pub rotation_days: Option<Option<u32>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The recipe of its rotation, or none.
    pub recipe: Option<Option<String>>,
}

impl MetadataChange {
    /// Applies what is given.
    ///
    /// # Errors
    /// Usage, for a malformed tag or an interval of no days.
    pub(in crate::vault) fn apply(&self, metadata: &mut Metadata) -> Result<()> {
        if let Some(description) = &self.description {
            metadata.description.clone_from(description);
        }
        if let Some(json) = &self.json {
            metadata.json.clone_from(json);
        }
        if let Some(tags) = &self.tags {
            metadata.tags = checked_tags(tags.clone())?;
        }
        if let Some(expires_at) = self.expires_at {
            metadata.expires_at = expires_at;
        }
        if let Some(days) = self.rotation_days {
            if days == Some(0) {
                return Err(Error::usage("A rotation interval has at least one day.").hint("Use none for no interval."));
            }
            metadata.rotation_days = days;
        }
        if let Some(owner) = &self.owner {
            metadata.owner.clone_from(owner);
        }
        if let Some(recipe) = &self.recipe {
            metadata.recipe.clone_from(recipe);
        }
        Ok(())
    }

    /// What this changes that is `now` neither what its writer had `seen` nor what this makes of it.
    pub(in crate::vault) fn overwrites(&self, seen: &Metadata, now: &Metadata) -> Result<Vec<&'static str>> {
        let mut mine = now.clone();
        self.apply(&mut mine)?;
        fn is_lost<T: PartialEq>(
            part: impl Fn(&Metadata) -> &T,
            seen: &Metadata,
            now: &Metadata,
            mine: &Metadata,
        ) -> bool {
            part(now) != part(seen) && part(now) != part(mine)
        }
        let parts = [
            ("the description", is_lost(|all| &all.description, seen, now, &mine)),
            ("the metadata", is_lost(|all| &all.json, seen, now, &mine)),
            ("the tags", is_lost(|all| &all.tags, seen, now, &mine)),
            ("the expiry", is_lost(|all| &all.expires_at, seen, now, &mine)),
            ("the rotation interval", is_lost(|all| &all.rotation_days, seen, now, &mine)),
            ("the owner", is_lost(|all| &all.owner, seen, now, &mine)),
            ("the recipe", is_lost(|all| &all.recipe, seen, now, &mine)),
        ];
        Ok(parts.into_iter().filter(|(_, is_lost)| *is_lost).map(|(name, _)| name).collect())
    }

    /// The change that makes `now` what `before` was; it names only what differs.
    pub(in crate::vault) fn back(now: &Metadata, before: &Metadata) -> Self {
        fn differs<T: PartialEq + Clone>(now: &T, before: &T) -> Option<T> {
            (now != before).then(|| before.clone())
        }
        Self {
            description: differs(&now.description, &before.description),
            json: differs(&now.json, &before.json),
            tags: differs(&now.tags, &before.tags),
            expires_at: differs(&now.expires_at, &before.expires_at),
            rotation_days: differs(&now.rotation_days, &before.rotation_days),
            owner: differs(&now.owner, &before.owner),
            recipe: differs(&now.recipe, &before.recipe),
        }
    }
}

/// Sorted, nothing twice.
///
/// # Errors
/// Usage, for a malformed tag.
pub fn checked_tags(mut tags: Vec<String>) -> Result<Vec<String>> {
    tags.sort_unstable();
    tags.dedup();
    match tags.iter().find(|tag| !is_identifier(tag, 64)) {
        None => Ok(tags),
        Some(bad) if bad.is_empty() => Err(Error::usage("A tag is empty.").hint("Leave it out, or give it a name.")),
        Some(bad) => Err(Error::usage(format!("The tag {} is not allowed.", bad.escape_debug()))
            .hint("Use letters, digits, _ . - and at most 64 bytes, not starting with . or -.")),
    }
}
