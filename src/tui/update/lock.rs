//! Locking, leaving and stopping: what must be gone from the screen and from memory.

use crate::error::Error;
use crate::tui::action::{Action, Context, row};
use crate::tui::command_line;
use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::setup::SetupDialog;
use crate::tui::dialogs::unlock::UnlockDialog;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::notice::Notice;
use crate::tui::press::Press;
use crate::tui::state::{Place, State};
use crate::vault::scope::Address;

use super::open_dialog;

/// Drops keys, lists, shown values and half-typed input, and asks for a key again.
/// What lies on the clipboard is taken away at once.
pub(super) fn lock(state: &mut State, because: &'static str) -> Vec<Effect> {
    let clear = Effect::ClearClipboard { typed: state.last_key == state.now.instant };
    let locked = put_away(state, because);
    // Also where no copy is known of: it may be on its way.
    let clear = (!locked.is_empty()).then_some(clear);
    clear.into_iter().chain(locked).collect()
}

/// Locking, without the clipboard.
fn put_away(state: &mut State, because: &'static str) -> Vec<Effect> {
    let working = state.vault.as_ref().and_then(|vault| vault.working.as_ref()).map(|(job, _)| job.stop.clone());
    let had_typed = state.dialog.as_ref().is_some_and(Dialog::holds_input);
    let cut_off = driven(state).is_some();
    let was_open = wipe(state);
    if cut_off {
        let halfway = Error::failure("A rotation was left halfway.").hint("Unlock the vault to go on with it.");
        state.halfway = Some(halfway);
    }
    if let Some(editor) = state.editor.as_mut().filter(|_| was_open) {
        editor.lost_form = had_typed;
    }
    if was_open {
        state.locked_because = Some(told(because, had_typed));
    }
    // A lock does not wait for a long job: what is not done by now is not done.
    let stop = working.map(Effect::Stop);
    stop.into_iter().chain(was_open.then_some(Effect::Vault(Request::Lock))).collect()
}

/// Why it is locked; what was typed is gone with it, and that comes first.
fn told(because: &str, had_typed: bool) -> String {
    match because.strip_prefix("Locked").filter(|_| had_typed) {
        Some(rest) => format!("Locked, what was typed is wiped{rest}"),
        None => because.to_owned(),
    }
}

/// Leaves, as was asked for by a key; a rotation that is driven here is not left halfway by
/// accident.
pub(super) fn quit(state: &mut State) -> Vec<Effect> {
    let quits = Press::Action(Action::Quit);
    let was_told = state.notice.as_ref().is_some_and(|notice| notice.is_answered_by(quits));
    match driven(state) {
        // What was warned of is not on the screen yet.
        Some(_) if was_told && state.esc_unseen => Vec::new(),
        Some(address) if !was_told => {
            let words = format!(
                "A step of the rotation of {address} is running. ⟨quit⟩ again leaves it halfway; ⟨rotate⟩ shows it."
            );
            let words = Keys::new(&state.options.keymap, Context::Secrets).named(&words).into_owned();
            state.notice = Some(Notice::asking(words, Action::Quit, state.now));
            (state.told_at, state.esc_unseen, state.changed) = (state.now.instant, true, true);
            Vec::new()
        }
        _ => leave(state, 0),
    }
}

/// The rotation that is driven here.
fn driven(state: &State) -> Option<Address> {
    let vault = state.vault.as_ref()?;
    let log = vault.rotation.as_ref().filter(|log| log.is_open)?;
    vault.secrets.catalog().0.address(vault.secrets.listed(log.id)?)
}

/// What is said in the shell about one that is left by whoever sees its name anyway.
fn named(address: &Address, state: &State) -> Error {
    let address = address.to_string();
    let error = Error::failure(format!("The rotation of {address} was left halfway."));
    let line = row(Action::GoOn).command;
    match line.and_then(|line| command_line::filled(line, &address, &state.options.lines)) {
        Some(line) => error.hint(format!("Go on with {line}.")),
        None => error,
    }
}

/// Locks and ends the application. What lies on the clipboard is taken away at the end, or
/// left to its deadline, as the settings say.
pub(super) fn leave(state: &mut State, code: u8) -> Vec<Effect> {
    let named = driven(state).map(|address| named(&address, state));
    let mut effects = put_away(state, "Locked.");
    state.halfway = named.or(state.halfway.take());
    effects.push(Effect::Quit(code));
    effects
}

/// Locks, unless told otherwise, and stops the process.
pub(super) fn suspend(state: &mut State) -> Vec<Effect> {
    let mut effects =
        if state.options.lock_on_suspend { lock(state, "Locked before it was stopped.") } else { Vec::new() };
    effects.push(Effect::Suspend);
    effects
}

/// True when a vault was open.
fn wipe(state: &mut State) -> bool {
    let vault = state.vault.take();
    if let Some(vault) = &vault {
        state.place = Place::of(vault);
    }
    state.notice = None;
    state.detail_at = None;
    let was_setup = matches!(state.dialog, Some(Dialog::Setup(_)));
    (state.dialog, state.over) = (None, None);
    state.submitted = false;
    state.changed = true;
    open_gate(state, was_setup);
    vault.is_some()
}

/// Asks for a key, or for the making of a vault.
fn open_gate(state: &mut State, setup: bool) {
    if setup {
        open_dialog(state, Dialog::Setup(Box::<SetupDialog>::default()));
    } else if let Some(slots) = state.slots.clone() {
        let dialog = UnlockDialog::new(slots, state.options.vault.clone()).with_file(state.key_path.clone());
        open_dialog(state, Dialog::Unlock(Box::new(dialog)));
    }
}
