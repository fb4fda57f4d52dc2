//! What the clipboard did with what it was given.

use crate::tui::action::Action;
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::Effect;
use crate::tui::event::{ClipboardNews, Event};
use crate::tui::notice::Notice;
use crate::tui::state::{Lease, State};

use super::{Press, give, outdate, say, sequence};

/// Who types looks at the terminal: what it may not have heard is said again, unless the
/// key is the one that leaves the clipboard alone.
pub(super) fn typed(state: &State, event: &Event) -> Option<Effect> {
    state.lease.as_ref().filter(|lease| lease.pending)?;
    let keeps = |key| {
        let press = state.context().and_then(|context| state.options.keymap.press(context, key));
        press == Some(Press::Action(Action::KeepClipboard))
    };
    let types = match event {
        Event::Key(key) => !keeps(*key),
        Event::Mouse(_) | Event::Paste(_) => true,
        _ => false,
    };
    types.then_some(Effect::Typed)
}

pub(super) fn told(state: &mut State, news: ClipboardNews) -> Vec<Effect> {
    if matches!(state.dialog, Some(Dialog::ClipboardTest(_))) {
        // What was there before is not any more.
        state.lease = None;
        return give(state, Input::Clipboard(news));
    }
    show(state, news);
    Vec::new()
}

fn show(state: &mut State, news: ClipboardNews) {
    state.changed = true;
    let now = state.now;
    let notice = match news {
        ClipboardNews::Sent { address, route, confirmed, clear_after } => {
            let until = now.instant.checked_add(clear_after).unwrap_or(now.instant);
            state.lease = Some(Lease { address: address.clone(), route, confirmed, until, pending: false });
            outdate(state);
            sequence::arrived(state, &address, confirmed);
            return;
        }
        // Its dialog is closed: so it is cleared again.
        ClipboardNews::TestSent { .. } => return,
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
        ClipboardNews::ClearPending => {
            if let Some(lease) = &mut state.lease {
                lease.pending = true;
            }
            return;
        }
        ClipboardNews::ClearFailed(error) => {
            if let Some(lease) = &mut state.lease {
                lease.pending = true;
            }
            return say(state, Notice::failed(&error));
        }
        ClipboardNews::Kept => Notice::done("The clipboard is left as it is; nothing clears it any more.", now),
        ClipboardNews::Replaced => Notice::done("Something else was copied meanwhile; it was left alone.", now),
        ClipboardNews::Failed(error) => {
            sequence::failed(state);
            Notice::failed(&error)
        }
    };
    state.lease = None;
    say(state, notice);
}
