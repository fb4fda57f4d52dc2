//! [`Outcome`] and [`Told`]: where a rotation came to and how its steps ended, for people.

use crate::error::Error;
use crate::vault::rotation::{StepDone, StepEnd, StepKind, Which};
use crate::vault::secret::Secret;

/// Where a rotation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The pending version is ready to be promoted.
    Ready(Secret),
    /// The far side does not take the current value: it was told nothing, and the pending
    /// version stays staged.
    Refused(Secret),
    /// It is the current one.
    Promoted(Secret),
    /// It is the current one because it is the one that works: going back failed.
    PromotedWorking(Secret),
    /// No value was made, and nothing is staged.
    NotMade(Secret),
    /// It is destroyed, and the far side has the current one.
    Aborted(Secret),
    /// Nobody knows which of the two the far side takes; both are kept.
    Unsettled(Secret),
    /// The far side refuses the previous version.
    Retired(Secret),
    /// The far side was asked to refuse the previous version, and that failed.
    NotRetired(Secret),
}

/// How a step ended, for people.
pub struct Told {
    /// What is kept of it.
    pub done: StepDone,
    /// Why it could not be started.
    pub error: Option<Error>,
    /// The last lines that it wrote, masked.
    pub shown: String,
    /// What is to be thought about, though nothing failed.
    pub warning: Option<&'static str>,
    /// It went as it was meant to: also a value that is refused because it is the old one.
    pub as_meant: bool,
}

impl Told {
    /// A step as it ended, after those `before` it. The current value is meant to be refused
    /// once the far side took the pending one.
    pub(super) fn new(done: StepDone, before: &[StepDone], error: Option<Error>, shown: String) -> Self {
        let tries_old = done.tries_current() && before.iter().any(StepDone::applies_pending);
        let is_refused = matches!(done.end, StepEnd::Exited(_)) && !done.end.is_good();
        let warning = match (tries_old, done.end.is_good(), is_refused) {
            (true, true, _) => Some(
                "The far side still takes the current value too: perhaps it did not change, or verify proves nothing.",
            ),
            (true, _, false) => Some("Whether the far side still takes the current value is not known."),
            _ => None,
        };
        Self { done, error, shown, warning, as_meant: done.end.is_good() || (tries_old && is_refused) }
    }
}

/// Whether the pending value worked when it was last tried, and the current one did not.
fn takes_pending(secret: &Secret) -> bool {
    let worked = |of: Which| {
        let tried = secret.rotation.steps().iter().rfind(|step| (step.kind, step.of) == (StepKind::Verify, of));
        tried.map(|step| step.end.is_good())
    };
    (worked(Which::Pending), worked(Which::Current)) == (Some(true), Some(false))
}

impl Outcome {
    /// The secret, as it is now.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Ready(secret)
            | Self::Refused(secret)
            | Self::Promoted(secret)
            | Self::PromotedWorking(secret)
            | Self::NotMade(secret)
            | Self::Aborted(secret)
            | Self::Unsettled(secret)
            | Self::Retired(secret)
            | Self::NotRetired(secret) => secret,
        }
    }

    /// Where things stand, as a sentence or two.
    #[must_use]
    pub fn told(&self) -> String {
        let (address, version) = (&self.secret().address, self.secret().version);
        match self {
            Self::Ready(secret) if secret.is_verified() => {
                format!("The pending version of {address} works. Promote it, or abort.")
            }
            Self::Ready(_) => format!(
                "Staged version {} of {address}; version {version} stays current. Take it with {address}@pending, then promote it or abort.",
                version + 1
            ),
            Self::Refused(_) => format!(
                "The far side was told nothing, since version {version} of {address} could not be verified. The pending version stays staged."
            ),
            Self::Promoted(_) => format!("{address} has version {version} now."),
            Self::PromotedWorking(_) => {
                format!("Going back failed, but the far side takes the new value: {address} has version {version} now.")
            }
            Self::NotMade(_) => format!(
                "No value was made: version {version} of {address} stays current. If one was made at the far side all the same, it is still there."
            ),
            Self::Aborted(_) => {
                format!("The pending version of {address} is destroyed: version {version} stays current.")
            }
            Self::Unsettled(secret) if takes_pending(secret) => format!(
                "Just now the far side took the pending version of {address}; but what it was sent before may still arrive. Both are kept."
            ),
            Self::Unsettled(_) => format!(
                "Whether the far side takes version {version} of {address} or the pending one is not known. Both are kept."
            ),
            Self::Retired(_) => format!("The previous version of {address} is retired."),
            Self::NotRetired(_) => format!("The far side may still take the previous version of {address}."),
        }
    }
}
