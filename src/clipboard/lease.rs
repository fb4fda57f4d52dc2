//! What every way to a clipboard has in common: [`Lease`], a value that is there until
//! it is taken away, and the [`Terms`] it is made on.

use std::time::Duration;

use crate::error::Result;
use crate::secret_text::SecretText;

/// How long, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// How long until it is cleared.
    pub(super) clear_after: Duration,
    /// It goes on to its deadline when we end, however we end; else it ends with us.
    pub(super) outlives_us: bool,
    /// A secret is kept out of clipboard histories that ask.
    pub(super) is_secret: bool,
}

/// A value on a clipboard.
pub(super) trait Lease: Send {
    /// Takes it away. A clipboard that is no longer ours is left alone where that can be known.
    ///
    /// # Errors
    /// Why that could not even be asked for.
    fn clear(&mut self) -> Result<()>;

    /// Leaves it there for good: what is on that clipboard now is not ours.
    fn forget(&mut self);

    /// True when it ends by itself and tells so; else [`Lease::clear`] is called at the deadline.
    fn keeps_time(&self) -> bool {
        false
    }
}

/// Writes a sequence to the terminal, between frames; called from any thread.
pub type SendSequence = Box<dyn Fn(SecretText) + Send + Sync>;
