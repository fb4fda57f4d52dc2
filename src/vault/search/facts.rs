//! [`Facts`]: what some terms ask that the catalog does not hold. They come later than
//! the list, so a query carries them, and matching stays a matter of memory alone.

use std::sync::Arc;

use super::super::duplicates::Duplicates;
use super::super::usage::{Extent, Usage};

/// What is known by now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// When secrets were used.
    pub usage: Arc<Usage>,
    /// Which secrets have the same value.
    pub duplicates: Alike,
}

/// What a search for equal values came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Alike {
    /// Nothing yet.
    #[default]
    Unsearched,
    /// These.
    Found(Arc<Duplicates>),
    /// They could not be compared.
    Unknown,
}

/// What a term may have to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// For `used:`.
    Usage,
    /// For `dup`.
    Duplicates,
}

impl Facts {
    /// The use of secrets, once all of it is known.
    pub(super) fn usage(&self) -> Option<&Usage> {
        Some(&*self.usage).filter(|usage| usage.extent() == Extent::Whole)
    }

    /// The equal values, once they were found.
    pub(super) fn duplicates(&self) -> Option<&Duplicates> {
        if let Alike::Found(duplicates) = &self.duplicates { Some(duplicates) } else { None }
    }

    /// True when terms that ask for `fact` can be answered.
    #[must_use]
    pub fn have(&self, fact: Fact) -> bool {
        match fact {
            Fact::Usage => self.usage().is_some(),
            Fact::Duplicates => self.duplicates().is_some(),
        }
    }
}
