//! [`Past`]: a secret's versions and the rotations that came to none, as one list.

use super::GivenUp;
use crate::vault::secret::Version;

/// What became of a secret's value once, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Past {
    /// It got this version.
    Version(Version),
    /// A rotation was given up.
    GivenUp(GivenUp),
}

impl Past {
    /// All of it, the newest first: what was given up stands above the version that stayed
    /// current. Both are given the newest first.
    #[must_use]
    pub fn of(versions: Vec<Version>, given_up: Vec<GivenUp>) -> Vec<Self> {
        let mut past = Vec::with_capacity(versions.len() + given_up.len());
        let mut given_up = given_up.into_iter().peekable();
        for version in versions {
            while let Some(one) = given_up.next_if(|one| one.version >= version.number) {
                past.push(Self::GivenUp(one));
            }
            past.push(Self::Version(version));
        }
        past
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        match self {
            Self::Version(version) => Some(version),
            Self::GivenUp(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::vault::secret::Origin;

    #[test]
    fn what_was_given_up_stands_above_the_version_that_stayed() {
        let at = Timestamp::UNIX_EPOCH;
        let version = |number| Version {
            number,
            created_at: at,
            created_by: String::new(),
            reason: String::new(),
            origin: Origin::Rotated,
            steps: Vec::new(),
        };
        let given_up = |version, reason: &str| GivenUp {
            at,
            by: String::new(),
            version,
            reason: reason.to_owned(),
            steps: Vec::new(),
        };
        let past = Past::of(
            vec![version(3), version(2), version(1)],
            vec![given_up(3, "d"), given_up(3, "c"), given_up(1, "b"), given_up(1, "a")],
        );
        let told: Vec<String> = past
            .iter()
            .map(|past| match past {
                Past::Version(version) => version.number.to_string(),
                Past::GivenUp(given_up) => given_up.reason.clone(),
            })
            .collect();
        assert_eq!(told, ["d", "c", "3", "2", "b", "a", "1"]);
    }
}
