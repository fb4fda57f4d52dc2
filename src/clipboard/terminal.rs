//! A value on the terminal's clipboard, by OSC 52.

use std::sync::Arc;

use crate::config::Osc52Clear;
use crate::error::Result;
use crate::secret_text::SecretText;

use super::lease::{Lease, SendSequence};
use super::osc52::{self, Wrap};
use super::watchdog::{Over, PAUSE, Watchdog};

/// What a terminal was sent.
struct Sent {
    send: Arc<SendSequence>,
    clear: Osc52Clear,
    wrap: Wrap,
    watchdog: Watchdog,
}

/// Sends `value` to the terminal; whether it arrives cannot be known.
///
/// # Errors
/// Usage, when it is too long for that.
pub(super) fn send(
    value: &SecretText,
    wrap: Wrap,
    clear: Osc52Clear,
    send: &Arc<SendSequence>,
) -> Result<Box<dyn Lease>> {
    let sequence = osc52::copy(value, wrap)?;
    // Before the value is anywhere.
    let watchdog = Watchdog::start(&Over::Terminal(clear, wrap), &[]);
    send(sequence);
    Ok(Box::new(Sent { send: Arc::clone(send), clear, wrap, watchdog }))
}

impl Lease for Sent {
    fn clear(&mut self) -> Result<()> {
        for (at, sequence) in osc52::clear(self.clear, self.wrap).into_iter().enumerate() {
            if at > 0 {
                std::thread::sleep(PAUSE);
            }
            (self.send)(sequence);
        }
        self.watchdog.dismiss();
        Ok(())
    }

    fn forget(&mut self) {
        self.watchdog.dismiss();
    }
}
