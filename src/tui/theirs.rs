//! [`Theirs`]: what another session did to a secret that is being edited here. The
//! vault thread finds it out.

use jiff::Timestamp;

use crate::vault::compare::ShapeDiff;

/// What another session did.
pub enum Theirs {
    /// It wrote a version: how that differs from the one seen here.
    Newer(Box<ShapeDiff>),
    /// It deleted the secret, which can be restored.
    Deleted {
        /// `user@host`
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It destroyed the secret for good.
    Destroyed {
        /// `user@host`
        by: String,
        /// When.
        at: Timestamp,
    },
}

impl Theirs {
    /// The version that is current now, if there is one.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        match self {
            Self::Newer(diff) => Some(diff.after.number),
            Self::Deleted { .. } | Self::Destroyed { .. } => None,
        }
    }
}
