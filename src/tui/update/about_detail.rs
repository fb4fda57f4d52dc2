//! Actions that need all that is known of the selected secret, and wait for it where it
//! is still on its way.

use crate::tui::action::{Action, Context};
use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::confirm::ConfirmDialog;
use crate::tui::dialogs::edit::EditDialog;
use crate::tui::dialogs::rotate::RotateDialog;
use crate::tui::dialogs::write_out::WriteOutDialog;
use crate::tui::effect::Effect;
use crate::tui::keymap::Keys;
use crate::tui::layout::Pane;
use crate::tui::notice::Notice;
use crate::tui::panes::history::Tab;
use crate::tui::state::State;
use crate::vault::secret::VALUE;

use super::{cockpit, open_dialog, say, with_vault};

/// Actions that need the secret's detail; they wait for it when it is still on its way.
pub(super) fn about_detail(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let Some(id) = vault.secrets.selected().map(|listed| listed.id) else { return Vec::new() };
    let Some(secret) = vault.detail.secret().filter(|secret| secret.id == id) else {
        vault.waiting = Some((id, action));
        return Vec::new();
    };
    let address = secret.address.clone();
    let is_current = vault.history.selected_version().is_some_and(|version| version.number == secret.version);
    let dialog = match action {
        Action::Rotate if cockpit::has_rotation(vault, secret) => {
            let secret = Box::new(secret.clone());
            return cockpit::open(state, secret);
        }
        Action::Rotate => Dialog::Rotate(Box::new(RotateDialog::new(secret))),
        Action::WriteOut => {
            let field =
                if vault.focus == Pane::Detail { vault.detail.selected_field(id).to_owned() } else { VALUE.to_owned() };
            Dialog::WriteOut(Box::new(WriteOutDialog::new(id, address, secret.version, field)))
        }
        Action::Edit => Dialog::Edit(Box::new(EditDialog::edit(secret).knowing(vault.secrets.shared_catalog()))),
        Action::Purge => Dialog::Confirm(Box::new(ConfirmDialog::purge(secret))),
        _ if vault.focus != Pane::History || vault.history.tab() == Tab::Audit || is_current => {
            choose_version(state);
            return Vec::new();
        }
        _ => {
            let Some(version) = vault.history.selected_version().cloned() else { return Vec::new() };
            Dialog::Confirm(Box::new(ConfirmDialog::roll_back(secret, version, now.time)))
        }
    };
    let wants = match &dialog {
        Dialog::Confirm(question) => question.wants(),
        _ => None,
    };
    vault.detail.mask();
    open_dialog(state, dialog);
    wants.into_iter().collect()
}

/// Going back needs an earlier version: the history has the keyboard, on the one before.
fn choose_version(state: &mut State) {
    let (now, page) = (state.now, state.areas().rows(Pane::History));
    with_vault(state, |vault| {
        vault.history.set_tab(Tab::Versions);
        vault.history.select_previous(page);
        vault.detail.mask();
        vault.focus = Pane::History;
    });
    let words = "Choose the version to go back to, then press ⟨open⟩.";
    let words = Keys::new(&state.options.keymap, Context::History).named(words).into_owned();
    say(state, Notice::hint(words, now));
}
