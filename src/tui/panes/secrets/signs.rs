//! [`SIGNS`], the one table of what stands beside a name in the list, each with its meaning.
//!
//! The rows draw from here, and the help tells of it.

use crate::vault::rotation::UnderWay;

/// A sign as it stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// How it looks.
    pub example: &'static str,
    /// What it says, a sentence.
    pub means: &'static str,
}

/// Which value the far side takes is not known.
pub(super) const UNSETTLED: &str = "??";
/// A new value is staged.
pub(super) const STAGED: &str = ">";
/// The far side still takes the value before.
pub(super) const REVOKE: &str = "<";
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

/// What stands for a rotation under way; nothing without one.
#[must_use]
pub fn rotation_sign(under_way: UnderWay) -> &'static str {
    match under_way {
        UnderWay::Nothing => "",
        UnderWay::Revoke => REVOKE,
        UnderWay::Stage(_) if under_way.is_unsettled() => UNSETTLED,
        UnderWay::Stage(_) => STAGED,
    }
}

/// Every sign.
pub const SIGNS: &[Sign] = &[
    Sign { example: UNSETTLED, means: "Unsettled: which value works is not known." },
    Sign { example: STAGED, means: "Staged: a new value waits beside the current." },
    Sign { example: REVOKE, means: "The far side still takes the value before." },
    Sign { example: EXPIRED, means: "Expired: its value is given out no more." },
    Sign { example: DUE, means: "It must be rotated now." },
    Sign { example: PINNED, means: "Pinned: a jump offers it first." },
    Sign { example: MARKED, means: "Marked, as all below a scope are that bears it." },
    Sign { example: SOME_MARKED, means: "Some below this scope are marked." },
    Sign { example: "v3", means: "Its current version, where there is room." },
    Sign { example: "12d", means: "So old is the value; now is less than a minute." },
    Sign { example: "+5d -2d", means: "Filtered by due or expires: until then, since then." },
];
