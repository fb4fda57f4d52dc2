//! [`update`]: (state, event, now) → effects, pure.
//!
//! The loop calls it with every event. Deadlines that have passed come first,
//! so that a key pressed after the idle lock meets a locked vault. A key goes
//! to the dialog or the pane that has the keyboard; answers of the vault are
//! taken only while they still fit what is on the screen.

use std::time::Duration;

use crate::secret_text::SecretText;

use super::action::{Action, Context};
use super::clock::Now;
use super::dialogs::Input;
use super::effect::Effect;
use super::event::{Event, Signal};
use super::keymap::{self, KeyEvent};
use super::notice::Notice;
use super::press::Press;
use super::state::{OpenVault, State};

mod about_detail;
mod actions;
mod answers;
mod bulk;
mod changes;
mod clipboard;
mod cockpit;
mod deadlines;
mod deleted;
mod dialog;
mod editor;
mod facts;
mod filter;
mod help;
mod history;
mod incident;
mod jump;
mod lock;
mod mouse;
mod overview;
mod paste;
mod sent;
mod sequence;
mod undo;
mod unlock;
mod values;
mod written;

use dialog::{carry_out, close_dialog, failed, give, open_dialog};
use lock::{leave, lock, quit, suspend};

/// An error is on the screen so long before a key that moves or types takes it away.
const READ: Duration = Duration::from_secs(1);

/// Takes one event and says what is to be done about it.
pub fn update(state: &mut State, event: Event, now: Now) -> Vec<Effect> {
    state.now = now;
    // Typing into the editor counts before the idle time does.
    if let Event::Typed(ago) = &event {
        state.last_key = state.last_key.max(now.instant.checked_sub(*ago).unwrap_or(state.last_key));
    }
    let mut effects = deadlines::pass(state);
    effects.extend(clipboard::typed(state, &event));
    effects.extend(take(state, event));
    incident::come_back(state);
    sent::note(state, &effects);
    effects.extend(facts::ask(state));
    sequence::follow(state);
    state.follow();
    help::follow(state);
    effects
}

fn take(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        // Typed ahead of the editor that has the terminal: meant for that, or for nothing.
        Event::Key(_) | Event::Mouse(_) | Event::Paste(_) if state.editor.is_some() => {}
        Event::Key(key) => return key_pressed(state, key),
        Event::Mouse(mouse) => return mouse::moused(state, mouse),
        Event::Paste(pasted) => return pasted_text(state, pasted),
        Event::Vault(answer) => return answers::take(state, answer),
        Event::Signal(signal) => return signalled(state, signal),
        Event::HangUp => return leave(state, 129),
        Event::Resumed => {
            state.changed = true;
            return vec![Effect::Repaint];
        }
        Event::Generated(generated) => return give(state, Input::Generated(generated)),
        Event::RawKey(wanted, key) => return give(state, Input::RawKey(wanted, key)),
        Event::PathCompleted(completion) => return give(state, Input::Completed(completion)),
        Event::FileRead(read) => return give(state, Input::FileRead(read)),
        Event::Resize { width, height } => {
            state.size = (width, height);
            state.changed = true;
        }
        Event::TmuxPanes(listed) => return give(state, Input::TmuxPanes(listed)),
        Event::Pasted { id, address, pane, outcome } => return paste::pasted(state, id, &address, pane, outcome),
        Event::StepEnded(ended) => return cockpit::ended(state, *ended),
        Event::Clipboard(news) => return clipboard::told(state, news),
        Event::Edited { draft, outcome } => return editor::ended(state, draft, outcome),
        Event::Focus(focused) => return vec![Effect::Focus(focused)],
        Event::Tick | Event::Typed(_) => {}
    }
    Vec::new()
}

fn key_pressed(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if keymap::is_release(key) {
        return Vec::new();
    }
    state.last_key = state.now.instant;
    let usable = state.context().filter(|_| !state.is_too_small());
    let press = state.options.keymap.press(usable.unwrap_or(Context::Unlock), key);
    if let Some(effects) = press.and_then(|press| everywhere(state, press)) {
        return effects;
    }
    if let Some(answers) = usable.and(press).and_then(|press| answer(state, press)) {
        if !answers {
            return Vec::new();
        }
        state.notice = None;
    }
    let harmless = usable.and(press).is_some_and(is_harmless);
    if state.swallowed || dismiss(state, harmless) {
        state.swallowed = true;
        return Vec::new();
    }
    match (usable, press) {
        (Some(context), Some(press)) => pressed(state, context, press),
        (Some(_), None) if state.over.is_none() => give(state, Input::Unbound),
        _ => Vec::new(),
    }
}

/// Whether the key that an error asks for is its answer yet: one that is held, or was typed
/// before the error could be read, is none. `None` for any other key.
fn answer(state: &State, press: Press) -> Option<bool> {
    state.notice.as_ref().filter(|notice| notice.is_answered_by(press))?;
    Some(!state.swallowed && state.now.instant.saturating_duration_since(state.told_at) >= READ)
}

/// What only moves or types does nothing to a secret, wherever it was meant to go.
fn is_harmless(press: Press) -> bool {
    match press {
        Press::Action(action) => action.only_moves(),
        Press::Type(_) | Press::Edit(_) => true,
    }
}

/// What a press means in a context, by a key or by a click on its hint.
fn pressed(state: &mut State, context: Context, press: Press) -> Vec<Effect> {
    state.changed = true;
    if state.over.is_some() {
        help::press(state, press);
        return Vec::new();
    }
    match context {
        _ if press == Press::Action(Action::Help) => act(state, Action::Help),
        Context::Filter => filter::typed(state, press),
        // Keys typed before the question was on the screen do not answer it.
        Context::Confirm | Context::ConfirmCopy | Context::Cockpit if state.drawn != Some(context) => Vec::new(),
        // Nor does a key that is held say yes to the question behind the one it has answered.
        Context::Confirm | Context::ConfirmCopy if press == Press::Action(Action::Yes) => {
            state.drawn = None;
            give(state, Input::Press(press))
        }
        // What a first Esc warned of was not on the screen yet.
        _ if press == Press::Action(Action::Cancel) && state.esc_unseen => Vec::new(),
        _ if state.dialog.is_some() => {
            let effects = give(state, Input::Press(press));
            state.esc_unseen = press == Press::Action(Action::Cancel) && state.dialog.is_some();
            effects
        }
        _ => match press {
            Press::Action(action) => act(state, action),
            Press::Type(_) | Press::Edit(_) => Vec::new(),
        },
    }
}

/// Actions that work at any size, over any dialog and any notice.
fn everywhere(state: &mut State, press: Press) -> Option<Vec<Effect>> {
    let Press::Action(action) = press else { return None };
    Some(match action {
        Action::Lock => lock(state, "Locked."),
        Action::Suspend => suspend(state),
        Action::Repaint => vec![Effect::Repaint],
        Action::Quit => quit(state),
        _ => return None,
    })
}

/// Takes an error off the screen; true when the key has done its work with that. A
/// harmless key does its own work too, so that what is typed behind it meets the row or
/// the field that it was meant for; of an error that has just come it takes nothing away.
fn dismiss(state: &mut State, harmless: bool) -> bool {
    let stands = state.notice.as_ref().is_some_and(Notice::swallows_key);
    let age = state.now.instant.saturating_duration_since(state.told_at);
    if stands && (!harmless || age >= READ) {
        state.notice = None;
        state.changed = true;
    }
    stands && !harmless
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if action == Action::Help {
        help::open(state);
        return Vec::new();
    }
    if let Some(effects) = everywhere(state, Press::Action(action)) {
        return effects;
    }
    actions::act(state, action)
}

fn pasted_text(state: &mut State, pasted: SecretText) -> Vec<Effect> {
    state.last_key = state.now.instant;
    if state.dialog.is_some() && state.over.is_none() {
        return give(state, Input::Paste(pasted));
    }
    let now = state.now;
    state.changed = true;
    match &mut state.vault {
        Some(vault) if vault.filtering && state.over.is_none() => vault.secrets.paste_filter(&pasted, now.time),
        Some(_) => state.notice = Some(Notice::hint("Nothing takes a paste here; nothing was done.", now)),
        None => {}
    }
    Vec::new()
}

fn signalled(state: &mut State, signal: Signal) -> Vec<Effect> {
    match signal {
        Signal::Terminate(number) => leave(state, 128_u8.saturating_add(number)),
        Signal::HangUp => leave(state, 129),
        Signal::Suspend => suspend(state),
        Signal::Lock => lock(state, "Locked by a signal."),
    }
}

/// Shows a notice; good news does not push an unread error away.
fn say(state: &mut State, notice: Notice) {
    let unread = state.notice.as_ref().is_some_and(Notice::swallows_key);
    if !unread || notice.swallows_key() {
        state.notice = Some(notice);
        state.told_at = state.now.instant;
    }
    state.changed = true;
}

/// Takes older good news off the screen; an error that nobody has read stays.
fn outdate(state: &mut State) {
    state.notice = state.notice.take().filter(Notice::swallows_key);
}

/// Does something with the vault, while it is open.
fn with_vault(state: &mut State, work: impl FnOnce(&mut OpenVault)) {
    if let Some(vault) = &mut state.vault {
        work(vault);
    }
}
