//! What the clipboard did with what it was given.

use crate::tui::event::ClipboardNews;
use crate::tui::notice::Notice;
use crate::tui::state::{Lease, State};

use super::{outdate, say};

pub(super) fn told(state: &mut State, news: ClipboardNews) {
    state.changed = true;
    let now = state.now;
    let notice = match news {
        ClipboardNews::Sent { address, route, confirmed, clear_after } => {
            let until = now.instant.checked_add(clear_after).unwrap_or(now.instant);
            state.lease = Some(Lease { address, route, confirmed, until });
            outdate(state);
            return;
        }
        ClipboardNews::TextSent { route, confirmed: true } => {
            Notice::done(format!("Copied the command line · {route}"), now)
        }
        ClipboardNews::TextSent { route, confirmed: false } => {
            Notice::done(format!("Sent the command line to the {route}, unconfirmed."), now)
        }
        ClipboardNews::Cleared { confirmed: true } => Notice::done("The clipboard is cleared.", now),
        ClipboardNews::Cleared { confirmed: false } => {
            Notice::done("Asked the terminal to clear its clipboard; it cannot confirm that.", now)
        }
        ClipboardNews::Replaced => Notice::done("Something else was copied meanwhile; it was left alone.", now),
        ClipboardNews::Failed(error) => Notice::failed(&error),
    };
    state.lease = None;
    say(state, notice);
}
