//! How long the end of the application may take, piece by piece.
//!
//! Who is told to end by a signal is gone within a second; the pieces therefore
//! sum up to less than [`SIGNAL`], and that to less than a second.

use std::time::Duration;

/// From a signal to the exit, after which the exit is forced.
pub(super) const SIGNAL: Duration = Duration::from_millis(900);

/// For the input thread to stand still before an editor gets the terminal.
pub(super) const INPUT: Duration = Duration::from_millis(250);

/// For the clipboard to be cleared.
pub(super) const CLIPBOARD: Duration = Duration::from_millis(200);

/// For a paste into a pane to come to its end; what is cut off leaves nothing behind either.
pub(super) const PASTE: Duration = Duration::from_millis(150);

/// For the vault to lock itself after a signal; a transaction that is cut off is undone at the next start.
pub(super) const VAULT_AFTER_SIGNAL: Duration = Duration::from_millis(450);

/// For the vault to lock itself after a normal end.
pub(super) const VAULT: Duration = Duration::from_secs(5);
