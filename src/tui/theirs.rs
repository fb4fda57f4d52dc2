//! [`Theirs`]: what another session did to a secret that is being edited here. The
//! vault thread finds it out.

use jiff::Timestamp;

use crate::vault::compare::ShapeDiff;
use crate::vault::scope::Address;
use crate::vault::secret::{Metadata, SecretId};

/// What another session did.
pub enum Theirs {
    /// It wrote a version.
    Newer {
        /// How that differs from the one seen here.
        diff: Box<ShapeDiff>,
        /// Where the secret is now, when it was moved as well.
        to: Option<Address>,
    },
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
        /// Where it was then.
        from: Address,
        /// The version that was current then.
        version: u64,
        /// What it said beside its fields then.
        metadata: Box<Metadata>,
        /// What has its name now.
        taken: Option<Taken>,
    },
    /// It destroyed the secret for good.
    Destroyed {
        /// `user@host`
        by: String,
        /// When.
        at: Timestamp,
        /// What has its name now.
        taken: Option<Taken>,
    },
    /// Nothing that matters here any more: all is as it was seen.
    Nothing {
        /// The version that is current, as it was.
        version: u64,
    },
}

/// Another secret that lives where the one that is edited lived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Which secret.
    pub id: SecretId,
    /// Its current version.
    pub version: u64,
}

impl Theirs {
    /// The version that is current now of the secret itself, if there is one.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        match self {
            Self::Moved { version, .. } | Self::Nothing { version } => Some(*version),
            Self::Newer { diff, .. } => Some(diff.after.number),
            Self::Deleted { .. } | Self::Destroyed { .. } => None,
        }
    }

    /// Where the secret is now, when it was moved.
    #[must_use]
    pub fn moved_to(&self) -> Option<&Address> {
        match self {
            Self::Moved { to, .. } => Some(to),
            Self::Newer { to, .. } => to.as_ref(),
            Self::Deleted { .. } | Self::Destroyed { .. } | Self::Nothing { .. } => None,
        }
    }

    /// What has the secret's name now, where the secret is gone.
    #[must_use]
    pub fn taken(&self) -> Option<Taken> {
        match self {
            Self::Deleted { taken, .. } | Self::Destroyed { taken, .. } => *taken,
            Self::Newer { .. } | Self::Moved { .. } | Self::Nothing { .. } => None,
        }
    }
}
