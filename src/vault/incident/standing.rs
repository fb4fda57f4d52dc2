//! [`ExposedSecret`]: one line of the checklist, and its [`Standing`].

use jiff::Timestamp;

use super::super::audit::AuditAction;
use super::super::scope::Address;
use super::super::secret::{FieldName, SecretId, Version};
use super::{Doing, Exposure};

/// A secret of which a value could have been seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedSecret {
    /// Lasting identity.
    pub id: SecretId,
    /// Where it lives now; of one that is destroyed, where it was when it was seen last.
    pub address: Option<Address>,
    /// Each time, in the order of the log; none for a secret that has another's value.
    pub exposures: Vec<Exposure>,
    /// What has become of it.
    pub standing: Standing,
    /// The versions made after the newest one seen, newest first.
    pub since: Vec<Version>,
    /// What is built from it; filled in by who looked for that.
    pub dependents: Vec<Address>,
}

/// What has become of a secret since; all but the last two are to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its current version was seen.
    Current {
        /// Which one that is.
        version: u64,
    },
    /// Its current version was not seen, but it holds a value that was.
    CameBack {
        /// The current version.
        version: u64,
        /// The version that was seen with this value.
        like: u64,
    },
    /// It holds a value that was seen in another secret.
    SameValue {
        /// The current version.
        version: u64,
        /// Where that is, or was.
        of: Option<Address>,
        /// The version that was seen there.
        like: u64,
    },
    /// It is deleted and can be restored; nobody says that its value is withdrawn.
    Deleted {
        /// Since when.
        at: Timestamp,
    },
    /// Its current value was not seen, but the pending one was.
    Pending {
        /// The number that it would have.
        version: u64,
    },
    /// It has a value that was not seen, but the far side was not yet told to refuse one that was.
    StillTaken {
        /// The version that the far side still takes.
        version: u64,
    },
    /// It has a value that was not seen.
    Replaced {
        /// The current version.
        by: Version,
        /// Fields that are still as they were seen.
        unchanged: Vec<FieldName>,
    },
    /// It was destroyed with all its versions.
    Destroyed {
        /// By whom; `None` where the log does not tell.
        by: Option<Doing>,
    },
}

impl Standing {
    /// True when nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Replaced { .. } | Self::Destroyed { .. })
    }

    /// One word for `--json`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Current { .. } => "current",
            Self::CameBack { .. } => "came_back",
            Self::SameValue { .. } => "same_value",
            Self::Deleted { .. } => "deleted",
            Self::Pending { .. } => "pending",
            Self::StillTaken { .. } => "still_taken",
            Self::Replaced { .. } => "replaced",
            Self::Destroyed { .. } => "destroyed",
        }
    }

    /// What to do, or what was done; no sentence, for a cell of a table.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Current { version } => format!("rotate: version {version} is current"),
            Self::CameBack { version, like } => {
                format!("rotate: version {version} has the value of version {like} again")
            }
            Self::SameValue { of, like, .. } => {
                let of = of.as_ref().map_or_else(|| "a destroyed secret".to_owned(), ToString::to_string);
                format!("rotate: it has the value of {of} version {like}")
            }
            Self::Deleted { .. } => "withdraw the value, then purge; or restore and rotate".to_owned(),
            Self::Pending { version } => format!("abort: the pending version {version} was seen"),
            Self::StillTaken { version } => format!("revoke: the far side was not told to refuse version {version}"),
            Self::Replaced { by, unchanged } => {
                let kept: Vec<&str> = unchanged.iter().map(FieldName::as_str).collect();
                let kept = if kept.is_empty() { String::new() } else { format!("; unchanged: {}", kept.join(", ")) };
                format!("version {} by {}{kept}", by.number, by.created_by)
            }
            Self::Destroyed { by } => match by {
                Some(by) => format!("destroyed by {}", by.actor.signature()),
                None => "destroyed".to_owned(),
            },
        }
    }
}

impl ExposedSecret {
    /// What it is called: its address, or its id where none is known.
    #[must_use]
    pub fn name(&self) -> String {
        self.address.as_ref().map_or_else(|| self.id.to_string(), ToString::to_string)
    }

    /// The versions seen, each once, oldest first; not those that never became current.
    #[must_use]
    pub fn versions(&self) -> Vec<u64> {
        versions(&self.exposures)
    }

    /// When it was seen last.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.exposures.iter().map(|exposure| exposure.at).max()
    }

    /// In which ways, and how often, the first way first.
    #[must_use]
    pub fn ways(&self) -> Vec<(AuditAction, usize)> {
        let mut ways: Vec<(AuditAction, usize)> = Vec::new();
        for exposure in &self.exposures {
            match ways.iter_mut().find(|(action, _)| *action == exposure.action) {
                Some((_, count)) => *count += 1,
                None => ways.push((exposure.action, 1)),
            }
        }
        ways
    }

    /// By whom and where, each once, the first first.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        let mut places = Vec::new();
        for exposure in &self.exposures {
            let place = exposure.actor.place();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}

/// The versions that were seen and were not destroyed while they were pending, each once.
pub(super) fn versions(exposures: &[Exposure]) -> Vec<u64> {
    let lasting = exposures.iter().filter(|exposure| !exposure.aborted);
    let mut versions: Vec<u64> = lasting.filter_map(|exposure| exposure.version).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}
