//! [`SIGNS`], the one table of what stands beside a name in the list, each with its meaning.
//!
//! The rows draw from here, and the help tells of it.

/// A sign as it stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// How it looks.
    pub example: &'static str,
    /// What it says, a sentence.
    pub means: &'static str,
}

/// It has expired.
pub(super) const EXPIRED: &str = "!!";
/// It is due.
pub(super) const DUE: &str = "!";
/// It is pinned.
pub(super) const PINNED: &str = "^";
/// It is marked.
pub(super) const MARKED: &str = "*";
/// Some of a scope's secrets are marked.
pub(super) const SOME_MARKED: &str = ".";

/// Every sign.
pub const SIGNS: &[Sign] = &[
    Sign { example: EXPIRED, means: "Expired: its value is given out no more." },
    Sign { example: DUE, means: "It must be rotated now." },
    Sign { example: PINNED, means: "Pinned: a jump offers it first." },
    Sign { example: MARKED, means: "Marked, as all below a scope are that bears it." },
    Sign { example: SOME_MARKED, means: "Some below this scope are marked." },
    Sign { example: "v3", means: "Its current version, where there is room." },
    Sign { example: "12d", means: "So old is the value; now is less than a minute." },
    Sign { example: "+5d -2d", means: "Filtered by due or expires: until then, since then." },
];
