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
    /// Which secrets have the same value; `None` until somebody has looked.
    pub duplicates: Option<Arc<Duplicates>>,
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

    /// True when terms that ask for `fact` can be answered.
    #[must_use]
    pub fn have(&self, fact: Fact) -> bool {
        match fact {
            Fact::Usage => self.usage().is_some(),
            Fact::Duplicates => self.duplicates.is_some(),
        }
    }
}
