//! [`update`]: (state, event, now) → effects, pure.
//!
//! The loop calls it with every event. Deadlines that have passed come first,
//! so that a key pressed after the idle lock meets a locked vault. A key goes
//! to the dialog or the pane that has the keyboard; answers of the vault are
//! taken only while they still fit what is on the screen.

use crate::crypto::keyring::{SlotKind, UnlockKey};
use crate::error::Error;
use crate::secret_text::SecretText;
use crate::vault::scope::Address;

use super::action::{Action, Context};
use super::clock::Now;
use super::dialogs::help::HelpDialog;
use super::dialogs::{Dialog, Input};
use super::effect::{Effect, Request};
use super::event::{ClipboardNews, Event, Signal};
use super::keymap::{self, KeyEvent};
use super::notice::Notice;
use super::press::Press;
use super::state::{Lease, State};

mod actions;
mod answers;
mod bulk;
mod deadlines;
mod editor;
mod facts;
mod history;
mod jump;
mod lock;
mod mouse;
mod overview;

use lock::{leave, lock, suspend};

/// Takes one event and says what is to be done about it.
pub fn update(state: &mut State, event: Event, now: Now) -> Vec<Effect> {
    state.now = now;
    // Typing into the editor counts before the idle time does.
    if let Event::Typed(ago) = &event {
        state.last_key = state.last_key.max(now.instant.checked_sub(*ago).unwrap_or(state.last_key));
    }
    let mut effects = deadlines::pass(state);
    effects.extend(take(state, event));
    // A vault that is being made has the slots it is made with.
    if let Some(kinds) = effects.iter().find_map(new_slots) {
        state.slots = Some(kinds);
    }
    if let Some(vault) = &mut state.vault {
        vault.removing.extend(effects.iter().filter_map(removal).cloned());
        bulk::note_sent(vault, &effects, now.instant);
    }
    effects.extend(facts::ask(state));
    state.follow();
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
        Event::Clipboard(news) => clipboard(state, news),
        Event::Edited { draft, outcome } => return editor::ended(state, draft, outcome),
        Event::Focus(_) | Event::Tick | Event::Typed(_) => {}
    }
    Vec::new()
}

fn key_pressed(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if keymap::is_release(key) {
        return Vec::new();
    }
    state.last_key = state.now.instant;
    let usable = state.context().filter(|_| !state.is_too_small());
    let Some(press) = state.options.keymap.press(usable.unwrap_or(Context::Unlock), key) else {
        dismiss(state);
        return Vec::new();
    };
    if let Some(effects) = everywhere(state, press) {
        return effects;
    }
    let Some(context) = usable else { return Vec::new() };
    if dismiss(state) {
        return Vec::new();
    }
    pressed(state, context, press)
}

/// What a press means in a context, by a key or by a click on its hint.
fn pressed(state: &mut State, context: Context, press: Press) -> Vec<Effect> {
    state.changed = true;
    match context {
        Context::Filter => typed_into_filter(state, press),
        // Keys typed before the question was on the screen do not answer it.
        Context::Confirm | Context::ConfirmCopy if state.drawn != Some(context) => Vec::new(),
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
        Action::Quit => leave(state, 0),
        _ => return None,
    })
}

/// Takes an error off the screen; true when the key has done its work with that.
fn dismiss(state: &mut State) -> bool {
    let swallows = state.notice.as_ref().is_some_and(Notice::swallows_key);
    if swallows {
        state.notice = None;
        state.changed = true;
    }
    swallows
}

/// Hands an input to the open dialog and does what it wants.
pub(super) fn give(state: &mut State, input: Input) -> Vec<Effect> {
    let now = state.now;
    let Some(dialog) = &mut state.dialog else { return Vec::new() };
    let (was_gate, was_in) = (dialog.is_gate(), dialog.context());
    let step = dialog.update(input, now);
    if dialog.context() != was_in {
        // Another page of the same dialog: a question on it was not on the screen yet.
        state.drawn = None;
    }
    state.changed = true;
    state.submitted |= step.effects.iter().any(is_submission);
    let mut effects = step.effects;
    editor::note(state, &effects);
    if step.close {
        close_dialog(state);
        if was_gate && state.is_locked() {
            effects.extend(leave(state, 0));
        }
    }
    if let Some(id) = step.jump {
        effects.extend(jump::go(state, id));
    }
    if let Some(action) = step.then {
        effects.extend(act(state, action));
    }
    effects
}

/// An effect whose failure belongs to the dialog that asked for it.
fn is_submission(effect: &Effect) -> bool {
    use Request::{Amend, Create, Purge, RestoreThen, RollBack, Rotate, Set, Unlock, WriteOut};
    matches!(
        effect,
        Effect::Vault(
            Amend { .. }
                | Create { .. }
                | Purge { .. }
                | RestoreThen { .. }
                | RollBack { .. }
                | Rotate { .. }
                | Set { .. }
                | Unlock(_)
                | WriteOut { .. }
        )
    )
}

/// The secret that an effect takes off the list.
fn removal(effect: &Effect) -> Option<&Address> {
    match effect {
        Effect::Vault(Request::Purge { address, .. }) => Some(address),
        _ => None,
    }
}

/// The kinds of slots of a vault that an effect makes.
fn new_slots(effect: &Effect) -> Option<Vec<SlotKind>> {
    match effect {
        Effect::Vault(Request::Create { keys, .. }) => Some(keys.iter().map(UnlockKey::kind).collect()),
        _ => None,
    }
}

/// Opens a dialog in the place of any other.
pub(super) fn open_dialog(state: &mut State, dialog: Dialog) {
    state.dialog = Some(dialog);
    state.drawn = None;
    state.submitted = false;
    state.changed = true;
}

/// Closes the open dialog and wipes what was typed.
pub(super) fn close_dialog(state: &mut State) {
    state.dialog = None;
    state.drawn = None;
    state.submitted = false;
    state.changed = true;
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if action == Action::Help {
        let context = state.context().unwrap_or(Context::Secrets);
        let help = HelpDialog::new(&state.options.keymap, context, state.size);
        open_dialog(state, Dialog::Help(Box::new(help)));
        return Vec::new();
    }
    if let Some(effects) = everywhere(state, Press::Action(action)) {
        return effects;
    }
    actions::act(state, action)
}

fn typed_into_filter(state: &mut State, press: Press) -> Vec<Effect> {
    let time = state.now.time;
    let page = state.page();
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match press {
        Press::Action(Action::KeepFilter) => {
            vault.secrets.leave_filter();
            vault.filtering = false;
        }
        Press::Action(Action::ClearFilter) => {
            vault.secrets.set_filter("", time);
            vault.filtering = false;
        }
        Press::Action(action @ (Action::CompleteTerm | Action::EarlierFilter | Action::LaterFilter)) => {
            return change_filter(state, action);
        }
        Press::Action(action) => {
            vault.secrets.go(action, page);
        }
        // The detail follows when the typing rests: a key redraws the list, not everything.
        Press::Type(_) | Press::Edit(_) => {
            vault.secrets.type_filter(press, time);
            state.detail_at = state.now.instant.checked_add(deadlines::TYPING_RESTS);
            return Vec::new();
        }
    }
    actions::moved(state)
}

/// The line becomes another one without being typed; the detail follows as after typing.
fn change_filter(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match action {
        Action::CompleteTerm if !vault.secrets.complete_filter(now.time) => {
            say(state, Notice::hint("There is nothing here to complete it with.", now));
            return Vec::new();
        }
        Action::EarlierFilter => vault.secrets.walk_filters(true, now.time),
        Action::LaterFilter => vault.secrets.walk_filters(false, now.time),
        _ => {}
    }
    state.detail_at = now.instant.checked_add(deadlines::TYPING_RESTS);
    Vec::new()
}

fn pasted_text(state: &mut State, pasted: SecretText) -> Vec<Effect> {
    state.last_key = state.now.instant;
    if state.dialog.is_some() {
        return give(state, Input::Paste(pasted));
    }
    let now = state.now;
    state.changed = true;
    match &mut state.vault {
        Some(vault) if vault.filtering => vault.secrets.paste_filter(&pasted, now.time),
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

fn clipboard(state: &mut State, news: ClipboardNews) {
    state.changed = true;
    let now = state.now;
    let notice = match news {
        ClipboardNews::Sent { address, route, confirmed, clear_after } => {
            let until = now.instant.checked_add(clear_after).unwrap_or(now.instant);
            state.lease = Some(Lease { address, route, confirmed, until });
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

/// Shows a notice; good news does not push an unread error away.
pub(super) fn say(state: &mut State, notice: Notice) {
    let unread = state.notice.as_ref().is_some_and(Notice::swallows_key);
    if !unread || notice.swallows_key() {
        state.notice = Some(notice);
    }
    state.changed = true;
}

/// Shows an error where it belongs: in the dialog that caused it, else as a notice.
pub(super) fn failed(state: &mut State, error: Error) -> Vec<Effect> {
    if state.submitted && state.dialog.is_some() {
        state.submitted = false;
        return give(state, Input::Failed(error));
    }
    say(state, Notice::failed(&error));
    Vec::new()
}
