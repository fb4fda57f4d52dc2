//! The actions of an unlocked vault's panes.

use crate::tui::action::{Action, Group, row};
use crate::tui::available::unavailable;
use crate::tui::dialogs::Dialog;
use crate::tui::dialogs::edit::EditDialog;
use crate::tui::dialogs::palette::PaletteDialog;
use crate::tui::effect::{Effect, Request};
use crate::tui::layout::{Pane, inside};
use crate::tui::notice::Notice;
use crate::tui::panes::history::Tab;
use crate::tui::state::State;
use crate::vault::scope::ScopePath;
use crate::vault::secret::SecretId;

use super::about_detail::about_detail;
use super::{bulk, deadlines, deleted, history, incident, jump, open_dialog, overview, paste, say, sequence, values};

/// Does an action, or says why it cannot be done.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(reason) = unavailable(action, state) {
        let now = state.now;
        say(state, Notice::hint(reason, now));
        return Vec::new();
    }
    if let Some(vault) = &mut state.vault {
        vault.waiting = None;
    }
    if let Some(effects) = overview::act(state, action) {
        return effects;
    }
    if go(state, action) {
        return walked(state);
    }
    // What is asked of a secret comes after its detail was asked for.
    let mut effects = moved(state);
    effects.extend(act_there(state, action));
    effects
}

/// Does an action that is no movement, where the cursor has come to rest.
fn act_there(state: &mut State, action: Action) -> Vec<Effect> {
    jump::note(state, action);
    if let Some(effects) = bulk::act(state, action) {
        return effects;
    }
    match action {
        Action::Jump => jump::ask(state),
        Action::ShowDeleted => deleted::ask(state),
        Action::Incident => incident::ask(state),
        Action::Pin => jump::pin(state),
        Action::Copy => values::copy(state),
        Action::CopyNext => sequence::press(state),
        Action::PastePane => paste::ask(state),
        Action::Reveal => values::reveal(state, false),
        Action::RevealBlind => values::reveal(state, true),
        Action::Rotate | Action::RollBack | Action::Purge | Action::Edit => about_detail(state, action),
        Action::WriteOut => about_detail(state, action),
        action if row(action).group == Group::Cockpit => about_detail(state, Action::Rotate),
        Action::Compare => history::compare(state),
        Action::MarkVersion => history::mark(state),
        Action::Add => add(state),
        Action::ClearClipboard => vec![Effect::ClearClipboard { typed: true }],
        Action::TestClipboard => {
            open_dialog(state, Dialog::ClipboardTest(Box::default()));
            vec![Effect::TestClipboard]
        }
        Action::KeepClipboard => vec![Effect::KeepClipboard],
        Action::Palette => {
            let palette = PaletteDialog::new(state);
            open_dialog(state, Dialog::Palette(Box::new(palette)));
            Vec::new()
        }
        _ => place(state, action),
    }
}

/// Movement between panes and tabs, and the filter.
fn place(state: &mut State, action: Action) -> Vec<Effect> {
    let time = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match action {
        Action::Open if vault.focus == Pane::History => return about_detail(state, Action::RollBack),
        Action::Open if vault.focus == Pane::Secrets && vault.secrets.selected_scope().is_some() => {
            vault.secrets.unfold(time);
            return moved(state);
        }
        Action::Fold | Action::FoldAll | Action::UnfoldAll | Action::ToggleTree => {
            return fold(state, action);
        }
        Action::Open | Action::NextPane => focus(state, |pane| pane.next()),
        Action::PreviousPane => focus(state, |pane| pane.previous()),
        Action::SecretsPane => focus(state, |_| Pane::Secrets),
        Action::DetailPane => focus(state, |_| Pane::Detail),
        Action::HistoryPane => focus(state, |_| Pane::History),
        Action::Zoom => vault.zoomed = !vault.zoomed,
        Action::SwitchTab => return switch_tab(state),
        Action::Filter => {
            focus(state, |_| Pane::Secrets);
            if let Some(vault) = &mut state.vault {
                vault.filtering = true;
                vault.secrets.prepare_filter();
            }
        }
        Action::Back => return back(state),
        _ => {}
    }
    Vec::new()
}

/// Folds and unfolds the list.
fn fold(state: &mut State, action: Action) -> Vec<Effect> {
    let time = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match action {
        Action::Fold => vault.secrets.fold(time),
        Action::FoldAll => vault.secrets.fold_all(time),
        Action::UnfoldAll => vault.secrets.unfold_all(time),
        _ => vault.secrets.toggle_tree(time),
    }
    moved(state)
}

/// Gives the keyboard to another pane; a shown value is hidden.
pub(super) fn focus(state: &mut State, to: impl FnOnce(Pane) -> Pane) {
    if let Some(vault) = &mut state.vault {
        vault.focus = to(vault.focus);
        vault.detail.mask();
    }
}

/// One step out: wait for no code, hide the value, leave the pane, leave the range, clear the marks, clear the filter.
fn back(state: &mut State) -> Vec<Effect> {
    if sequence::cancel(state) {
        return Vec::new();
    }
    let time = state.now.time;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    if vault.detail.mask() {
        return Vec::new();
    }
    match vault.focus {
        _ if vault.zoomed => vault.zoomed = false,
        Pane::History => vault.focus = Pane::Detail,
        Pane::Detail => vault.focus = Pane::Secrets,
        Pane::Secrets if vault.secrets.marks.step_out() => {}
        Pane::Secrets if !vault.secrets.filter().is_empty() => vault.secrets.set_filter("", time),
        Pane::Secrets => {}
    }
    moved(state)
}

fn switch_tab(state: &mut State) -> Vec<Effect> {
    let visible = state.areas().pane(Pane::History).is_some();
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let tab = match vault.history.tab() {
        Tab::Versions => Tab::Audit,
        Tab::Audit => Tab::Versions,
    };
    vault.history.set_tab(tab);
    if !visible {
        focus(state, |_| Pane::History);
    }
    let wanted = state.vault.as_ref().and_then(|vault| vault.history.id());
    wanted.filter(|_| tab == Tab::Audit).map(|id| Effect::Vault(Request::Audit(id))).into_iter().collect()
}

/// Moves the cursor of the pane in focus; false for an action that is no movement.
fn go(state: &mut State, action: Action) -> bool {
    let page = state.page();
    let detail = state.areas().pane(Pane::Detail).map(inside).unwrap_or_default();
    let time = state.now.time;
    let Some(vault) = &mut state.vault else { return false };
    match vault.focus {
        Pane::Secrets => vault.secrets.go(action, page),
        Pane::Detail => vault.detail.go(action, detail, time),
        Pane::History => vault.history.go(action, page),
    }
}

/// The list moves with each key; the rest follows where the cursor stops, so that
/// walking through it sends a line a step over a slow connection, not a screen.
pub(super) fn walked(state: &mut State) -> Vec<Effect> {
    let Some(vault) = &mut state.vault else { return Vec::new() };
    if vault.secrets.selected().map(|listed| listed.id) == vault.wanted_detail {
        state.detail_at = None;
    } else {
        vault.detail.mask();
        state.detail_at = state.now.instant.checked_add(deadlines::WALKING_RESTS);
    }
    Vec::new()
}

/// Asks for the detail of the selected secret when another one is shown.
pub(super) fn moved(state: &mut State) -> Vec<Effect> {
    state.detail_at = None;
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let selected = vault.secrets.selected().map(|listed| listed.id);
    let wanted = vault.wanted_detail;
    if selected == wanted {
        return Vec::new();
    }
    vault.detail.mask();
    vault.asked = None;
    vault.wanted_detail = selected;
    match selected {
        Some(id) => ask_detail(id, vault.history.tab()),
        None => {
            vault.detail.clear();
            vault.history.clear();
            state.changed = true;
            Vec::new()
        }
    }
}

/// The requests for all that is shown about a secret.
pub(super) fn ask_detail(id: SecretId, tab: Tab) -> Vec<Effect> {
    let audit = (tab == Tab::Audit).then_some(Effect::Vault(Request::Audit(id)));
    std::iter::once(Effect::Vault(Request::Detail(id))).chain(audit).collect()
}

/// A new secret, beside the selected one.
pub(super) fn add(state: &mut State) -> Vec<Effect> {
    let scope = state.vault.as_ref().and_then(|vault| vault.secrets.scope_in_view().parse().ok());
    let scope = scope.unwrap_or_else(ScopePath::root);
    let catalog = state.vault.as_ref().map(|vault| vault.secrets.shared_catalog()).unwrap_or_default();
    open_dialog(state, Dialog::Edit(Box::new(EditDialog::add(scope).knowing(catalog))));
    Vec::new()
}
