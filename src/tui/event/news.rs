//! [`ClipboardNews`]: what the clipboard did, in words that the screen may show.

use crate::error::Error;
use crate::vault::scope::Address;

/// How a copy ended, said honestly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClipboardNews {
    /// Handed over; counts down.
    Sent {
        /// What was copied.
        address: Address,
        /// The route, for people: `X11 clipboard`, `terminal clipboard (OSC 52)`.
        route: &'static str,
        /// True when the route can confirm that the value arrived.
        confirmed: bool,
        /// How long until it is cleared.
        clear_after: std::time::Duration,
    },
    /// Text that is no secret was handed over; it stays.
    TextSent {
        /// The route, for people.
        route: &'static str,
        /// True when the route can confirm that it arrived.
        confirmed: bool,
    },
    /// The word of a test was handed over.
    TestSent {
        /// What was made up for it.
        word: String,
        /// The route, for people.
        route: &'static str,
    },
    /// Cleared, or asked to clear where that cannot be confirmed.
    Cleared {
        /// True when the route can confirm it.
        confirmed: bool,
    },
    /// Asked to clear, of a terminal that may not have listened: it is asked again at the
    /// next key, or when it says that it is looked at.
    ClearPending,
    /// Clearing failed; it is tried again at the next key.
    ClearFailed(Error),
    /// Something else was copied meanwhile; left alone.
    Replaced,
    /// Left as it is, as the operator wished.
    Kept,
    /// It did not work.
    Failed(Error),
}
