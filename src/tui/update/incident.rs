//! The checklist of an incident: opened, put aside while a secret of it is rotated, and
//! back again as it was, with what has changed meanwhile.

use crate::error::Error;
use crate::tui::action::Action;
use crate::tui::available::unavailable;
use crate::tui::dialogs::incident::{Built, IncidentDialog};
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::{Effect, Request};
use crate::tui::notice::Notice;
use crate::tui::state::{Parked, State};
use crate::tui::text::printable;
use crate::vault::incident::Incident;
use crate::vault::secret::SecretId;

use super::about_detail::about_detail;
use super::{give, jump, open_dialog, say};

/// Opens the checklist that there is, or asks whose doings are looked at.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let (height, now) = (state.size.1, state.now.time);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    vault.detail.mask();
    let mut dialog = match vault.incident.take() {
        Some(parked) => parked.dialog,
        None => Box::new(IncidentDialog::new(height, now)),
    };
    dialog.resize(height);
    open_dialog(state, Dialog::Incident(dialog));
    Vec::new()
}

/// Keeps the open checklist while it is out of sight; without one there is nothing more to find out.
pub(super) fn put_aside(state: &mut State, comes_back: bool) -> Option<Effect> {
    if !matches!(state.dialog, Some(Dialog::Incident(_))) {
        return None;
    }
    let Some(Dialog::Incident(dialog)) = state.dialog.take() else { return None };
    let vault = state.vault.as_mut().filter(|_| dialog.is_list());
    match vault {
        Some(vault) => {
            vault.incident = Some(Parked { dialog, comes_back });
            None
        }
        None => Some(Effect::Vault(Request::EndIncident)),
    }
}

/// Shows the checklist again once nothing else has the screen, and nothing is on its way to it.
pub(super) fn come_back(state: &mut State) {
    let height = state.size.1;
    let is_free = state.dialog.is_none() && state.editor.is_none();
    let Some(vault) = state.vault.as_mut().filter(|_| is_free) else { return };
    if vault.waiting.is_some() || vault.working.is_some() {
        return;
    }
    let Some(mut parked) = vault.incident.take_if(|parked| parked.comes_back) else { return };
    parked.dialog.resize(height);
    // What has just been told stays to be read below it.
    state.dialog = Some(Dialog::Incident(parked.dialog));
    (state.drawn, state.submitted, state.changed) = (None, false, true);
}

/// Goes to the rotation of a secret, whatever is marked in the list.
pub(super) fn rotate(state: &mut State, id: SecretId) -> Vec<Effect> {
    let now = state.now;
    let mut effects = jump::go(state, id);
    let is_there = state.vault.as_ref().and_then(|vault| vault.secrets.selected()).is_some_and(|at| at.id == id);
    match unavailable(Action::Rotate, state) {
        _ if !is_there => {}
        Some(reason) => say(state, Notice::hint(reason, now)),
        None => effects.extend(about_detail(state, Action::Rotate)),
    }
    effects
}

/// Hands something to the checklist, wherever it is.
pub(super) fn told(state: &mut State, input: Input) -> Vec<Effect> {
    if matches!(state.dialog, Some(Dialog::Incident(_))) {
        return give(state, input);
    }
    let now = state.now;
    if let Some(parked) = state.vault.as_mut().and_then(|vault| vault.incident.as_mut()) {
        parked.dialog.update(input, now);
    }
    Vec::new()
}

/// Takes what was found, and has the vault look what is built from it.
pub(super) fn take(state: &mut State, incident: Box<Incident>, takes_us: bool) -> Vec<Effect> {
    let has_some = !incident.secrets.is_empty();
    let mut effects = told(state, Input::Incident(incident, takes_us));
    learn(state);
    let reads = has_some && state.vault.as_mut().is_some_and(|vault| vault.secrets.looks_for_mentions());
    effects.extend(reads.then_some(Effect::Vault(Request::FindMentions)));
    effects
}

/// The checklist learns what is built from its secrets.
pub(super) fn learn(state: &mut State) {
    let Some(vault) = &state.vault else { return };
    let ids: Vec<SecretId> = match (&state.dialog, &vault.incident) {
        (Some(Dialog::Incident(dialog)), _) => dialog.secrets().collect(),
        (_, Some(parked)) => parked.dialog.secrets().collect(),
        _ => return,
    };
    let found = ids.into_iter().filter_map(|id| Some((id, vault.secrets.built_from(id)?)));
    let built: Built = found.filter(|(_, built)| !built.is_empty()).collect();
    told(state, Input::Built(built));
}

/// Nothing can be told any more; where the checklist is out of sight that is said at once.
pub(super) fn failed(state: &mut State, error: Error) -> Vec<Effect> {
    if matches!(state.dialog, Some(Dialog::Incident(_))) {
        return told(state, Input::IncidentFailed(error));
    }
    let parked = state.vault.as_mut().and_then(|vault| vault.incident.take());
    if parked.is_some() {
        say(state, Notice::failed(&error));
    }
    Vec::new()
}

/// The report is written; the checklist is there again.
pub(super) fn wrote_report(state: &mut State, path: &str) -> Vec<Effect> {
    let now = state.now;
    state.submitted = false;
    let effects = told(state, Input::ReportWritten);
    say(state, Notice::done(format!("Wrote the report to {} for you alone.", printable(path)), now));
    effects
}
