//! Why an action cannot be done here and now.
//!
//! Asked by `update` before it acts, by the hint bar, which shows only what
//! works, and by the palette, which says why something does not.

use super::action::{Action, Context, Group, row};
use super::dialogs::Dialog;
use super::keymap::Keys;
use super::layout::Pane;
use super::panes::history::Tab;
use super::state::{OpenVault, State};
use crate::vault::rotation::UnderWay;

/// Why `action` cannot be done now, a sentence; `None` when it can.
#[must_use]
pub fn unavailable(action: Action, state: &State) -> Option<String> {
    if matches!(action, Action::Quit | Action::Suspend | Action::Repaint | Action::Lock) {
        return None;
    }
    if let Some(dialog) = &state.dialog {
        return not_in(dialog, action);
    }
    if row(action).group == Group::Cockpit && !has_rotation(state) {
        let words = "This is done in the cockpit: ⟨rotate⟩ on a secret with something staged.";
        return Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned());
    }
    if matches!(action, Action::ClearClipboard | Action::KeepClipboard) {
        return match &state.lease {
            None => Some("Nothing of ours is on the clipboard."),
            Some(lease) if lease.confirmed && action == Action::KeepClipboard => {
                Some("Nothing to keep: this clipboard is cleared only while the value is still there.")
            }
            Some(_) => None,
        }
        .map(str::to_owned);
    }
    let Some(vault) = &state.vault else {
        return Some("The vault is locked.".to_owned());
    };
    let keymap = &state.options.keymap;
    if vault.overview.is_some() && keymap.shown(Context::Overview, action).is_none() {
        // Nothing is done to a secret that is not on the screen.
        let words = Keys::new(keymap, Context::Overview).named("Leave the overview first: ⟨back⟩").into_owned();
        return Some(words);
    }
    if action == Action::Open && vault.overview.is_some() && state.overview_lead().is_none() {
        return Some("No secret stands behind this.".to_owned());
    }
    let writes = matches!(
        action,
        Action::Add
            | Action::Edit
            | Action::Rotate
            | Action::RollBack
            | Action::Delete
            | Action::WriteOut
            | Action::Undo
            | Action::Purge
            | Action::Mark
            | Action::MarkRange
            | Action::MarkAll
            | Action::Tag
            | Action::Expire
            | Action::Move
    );
    if let Some(read_only) = vault.read_only.as_ref().filter(|_| writes) {
        return Some(read_only.told());
    }
    if action == Action::RevealBlind && state.options.colourless {
        let words = "This screen has no colours to hide a value by; ⟨show⟩ shows it.";
        return Some(Keys::new(keymap, Context::Secrets).named(words).into_owned());
    }
    if let Some(read_only) = vault.read_only.as_ref().filter(|_| gives_out(action)) {
        return Some(read_only.told_of_values());
    }
    if action == Action::PastePane && !state.options.in_tmux {
        let words = "There is no tmux around this, so no pane to paste into; ⟨copy⟩ copies.";
        return Some(Keys::new(keymap, Context::Secrets).named(words).into_owned());
    }
    on_the_secret(action, vault, state)
}

/// True when the selected secret has a rotation under way, so that its cockpit can be opened.
fn has_rotation(state: &State) -> bool {
    let selected =
        state.vault.as_ref().filter(|vault| vault.overview.is_none()).and_then(|vault| vault.secrets.selected());
    selected.is_some_and(|listed| listed.under_way != UnderWay::Nothing)
}

/// True for what gives a value out, which has to be recorded.
fn gives_out(action: Action) -> bool {
    matches!(action, Action::Copy | Action::CopyNext | Action::PastePane | Action::Reveal | Action::RevealBlind)
}

/// Dialogs without a value to generate, to show, to read or to mend, and those with one input.
fn not_in(dialog: &Dialog, action: Action) -> Option<String> {
    let plain = matches!(
        dialog,
        Dialog::Bulk(_)
            | Dialog::Compare(_)
            | Dialog::Confirm(_)
            | Dialog::Cockpit(_)
            | Dialog::Incident(_)
            | Dialog::Help(_)
            | Dialog::Palette(_)
            | Dialog::Jump(_)
            | Dialog::Deleted(_)
            | Dialog::Paste(_)
            | Dialog::WriteOut(_)
            | Dialog::ClipboardTest(_)
    );
    if let (Dialog::Cockpit(cockpit), Group::Cockpit) = (dialog, row(action).group) {
        return (!cockpit.offers(action)).then(|| "It has no place at this point of the rotation.".to_owned());
    }
    if let (Dialog::Cockpit(cockpit), Action::Submit) = (dialog, action)
        && !cockpit.takes_choice()
    {
        return Some("The vault is still at the last one.".to_owned());
    }
    let missing = match action {
        Action::Generate => plain || dialog.is_gate() || dialog.is_choosing(),
        Action::ShowTyped => plain,
        Action::ReadFile | Action::RenameField => !matches!(dialog, Dialog::Edit(_)),
        Action::StageVersion => !matches!(dialog, Dialog::Confirm(question) if question.may_stage()),
        Action::Mend => !matches!(dialog, Dialog::Edit(_) | Dialog::Rotate(_)),
        Action::NextField | Action::PreviousField => match dialog {
            Dialog::Bulk(bulk) => !bulk.has_inputs(),
            // There the key completes the path.
            Dialog::WriteOut(_) => action == Action::PreviousField,
            Dialog::Incident(incident) if incident.is_writing() => action == Action::PreviousField,
            Dialog::Incident(incident) => !incident.has_inputs(),
            // What is next is a matter of the question.
            Dialog::Confirm(_) => false,
            _ => plain || matches!(dialog, Dialog::Unlock(_)),
        },
        _ => false,
    };
    missing.then(|| "This dialog has nothing for it.".to_owned())
}

fn on_the_secret(action: Action, vault: &OpenVault, state: &State) -> Option<String> {
    let needs_secret = matches!(
        action,
        Action::Copy
            | Action::CopyNext
            | Action::PastePane
            | Action::Reveal
            | Action::RevealBlind
            | Action::Rotate
            | Action::RollBack
            | Action::Edit
            | Action::Delete
            | Action::Purge
            | Action::Pin
            | Action::WriteOut
            | Action::MarkRange
            | Action::Tag
            | Action::Expire
            | Action::Move
            | Action::Open
    );
    let works_on_marks =
        matches!(action, Action::Rotate | Action::Delete | Action::Tag | Action::Expire | Action::Move);
    if works_on_marks && !vault.secrets.marks.is_empty() {
        return None;
    }
    if needs_secret && vault.secrets.selected().is_none() {
        let empty = vault.secrets.total() == 0;
        let cause = match vault.secrets.selected_scope() {
            Some(_) if action == Action::Open && vault.focus == Pane::Secrets => return None,
            Some(_) => "A scope is selected; this is about a secret.",
            None if empty => no_secret(vault),
            None => "No secret is selected.",
        };
        return Some(Keys::new(&state.options.keymap, Context::Secrets).named(cause).into_owned());
    }
    let is_about_version =
        gives_out(action) || matches!(action, Action::RollBack | Action::Open | Action::Compare | Action::MarkVersion);
    if is_about_version && vault.focus == Pane::History && vault.history.is_on_given_up() {
        return Some("This rotation came to no version.".to_owned());
    }
    match action {
        Action::CopyNext if vault.secrets.copy_steps().is_empty() => {
            Some("It has no username, no value and no seed of one-time codes.".to_owned())
        }
        Action::Fold | Action::FoldAll | Action::UnfoldAll if !vault.secrets.is_tree() => {
            let words = "The list is flat; ⟨tree⟩ shows it as a tree.";
            Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned())
        }
        Action::FoldAll | Action::UnfoldAll if !vault.secrets.filter().is_empty() => {
            Some("What the filter finds is shown unfolded.".to_owned())
        }
        // An empty vault has nothing to filter.
        Action::Filter | Action::ToggleTree | Action::Jump | Action::Mark | Action::MarkAll
            if vault.secrets.total() == 0 =>
        {
            let words = no_secret(vault);
            Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned())
        }
        Action::MarkAll if vault.secrets.filter_error().is_some() => {
            let words = "The filter cannot be read, so nobody can say what all of it is; ⟨filter⟩ goes back to it.";
            Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned())
        }
        Action::RestoreAll | Action::PurgeDeleted => {
            let words = "This starts from the list of what was deleted: ⟨deleted⟩";
            Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned())
        }
        Action::SaveReport | Action::AskAnew => {
            let words = "This starts from the checklist of an incident: ⟨incident⟩";
            Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned())
        }
        Action::Undo if vault.undo.last().is_none() => Some("There is nothing to undo.".to_owned()),
        Action::EarlierFilter if vault.secrets.earlier_filters().before(vault.secrets.filter()).is_none() => {
            Some("There is no earlier filter.".to_owned())
        }
        Action::Open if vault.focus == Pane::History => not_a_version_to_return_to(vault),
        Action::Compare | Action::MarkVersion => not_a_version_to_compare(vault),
        Action::RollBack if vault.secrets.selected().is_some_and(|listed| listed.version <= 1) => {
            Some("There is no earlier version to roll back to.".to_owned())
        }
        _ => None,
    }
}

/// What to do where there is no secret: what was deleted comes first.
fn no_secret(vault: &OpenVault) -> &'static str {
    match vault.secrets.deleted {
        None | Some(0) => "There is no secret yet; ⟨add⟩ adds one.",
        Some(_) => "There is no secret; ⟨deleted⟩ shows what was deleted.",
    }
}

fn not_a_version_to_compare(vault: &OpenVault) -> Option<String> {
    if vault.history.tab() == Tab::Audit {
        return Some("Comparing starts from the Versions tab.".to_owned());
    }
    match vault.detail.secret().filter(|secret| vault.history.id() == Some(secret.id)) {
        None => Some("The versions are not here yet.".to_owned()),
        Some(secret) if secret.version <= 1 => Some("There is no other version to compare with.".to_owned()),
        Some(_) => vault.history.selected_version().is_none().then(|| "The versions are not here yet.".to_owned()),
    }
}

fn not_a_version_to_return_to(vault: &OpenVault) -> Option<String> {
    if vault.history.tab() == Tab::Audit {
        return Some("Rolling back starts from the Versions tab.".to_owned());
    }
    let current = vault.detail.secret().map(|secret| secret.version);
    match vault.history.selected_version() {
        Some(version) if Some(version.number) == current => {
            Some(format!("Version {} is the current one already.", version.number))
        }
        Some(_) => None,
        None => Some("The versions are not here yet.".to_owned()),
    }
}
