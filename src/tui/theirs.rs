//! [`Theirs`]: what another session did to a secret that is being edited here. The
//! vault thread finds it out.

use jiff::Timestamp;

use crate::vault::compare::ShapeDiff;
use crate::vault::scope::Address;

/// What another session did.
pub enum Theirs {
    /// It wrote a version: how that differs from the one seen here.
    Newer(Box<ShapeDiff>),
    /// It gave the secret another scope or name; the version is the same.
    Moved {
        /// Where it is now.
        to: Address,
        /// The version that is current, as it was.
        version: u64,
    },
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
            Self::Moved { version, .. } => Some(*version),
            Self::Newer(diff) => Some(diff.after.number),
            Self::Deleted { .. } | Self::Destroyed { .. } => None,
        }
    }
}
