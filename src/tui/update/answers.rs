//! Answers of the vault thread: taken while they fit the screen, dropped (and
//! so wiped) when they come too late.

use crate::error::{Error, Kind};
use crate::tui::dialogs::{Dialog, Input};
use crate::tui::effect::Effect;
use crate::tui::event::Answer;
use crate::tui::layout::Pane;
use crate::tui::notice::Notice;
use crate::tui::panes::overview::Damaged;
use crate::tui::state::{OpenVault, State};
use crate::tui::text::printable;
use crate::vault::audit::AuditVerdict;
use crate::vault::rotation::Past;
use crate::vault::scope::Address;
use crate::vault::secret::{Secret, SecretId, Version};

use super::about_detail::about_detail;
use super::{
    bulk, changes, close_dialog, cockpit, deleted, editor, facts, failed, give, incident, jump, lock, paste, say,
    sequence, unlock, values, with_vault, written,
};

/// Takes an answer.
pub(super) fn take(state: &mut State, answer: Answer) -> Vec<Effect> {
    state.changed = true;
    match answer {
        Answer::Found(found) => unlock::found(state, found),
        Answer::Unlocked { catalog, failed_unlocks, read_only, unkept } => {
            return unlock::unlocked(state, catalog, failed_unlocks, (read_only, unkept));
        }
        Answer::UnlockFailed(error) => return unlock::failed(state, error),
        Answer::Locked => {}
        Answer::Changed(change) => {
            let own = state.submitted;
            return changes::changed(state, change, own);
        }
        Answer::Detail { secret, history } => return detail(state, secret, history),
        Answer::DetailFailed(id, error) => detail_failed(state, id, error),
        Answer::Audit { id, records, cut_off } => {
            let page = state.areas().rows(Pane::History);
            with_vault(state, |vault| vault.history.show_records(id, (records, cut_off), page));
        }
        Answer::Revealed { id, version, fields } => return values::revealed(state, id, version, fields),
        Answer::ReadyToCopy { address, value, .. } => return values::ready_to_copy(state, address, value),
        Answer::CodeReady { id, address, code, good_for } => {
            sequence::note_code(state, id, good_for);
            return values::ready_to_copy(state, address, code);
        }
        Answer::Rotation(news) => return cockpit::told(state, *news),
        Answer::LastUse(id, last_use) => return cockpit::last_used(state, id, last_use),
        Answer::FreshCodeIn { id, wait } => sequence::wait(state, id, wait),
        Answer::ReadyToPaste { id, address, value, pane } => return paste::ready(state, id, address, value, pane),
        Answer::Shaped { id, version, shape } => {
            state.submitted &= !matches!(state.dialog, Some(Dialog::Paste(_)));
            return give(state, Input::Shaped { id, version, shape });
        }
        Answer::ReadyToEdit { id, version, fields } => return values::opened(state, id, version, fields),
        Answer::WroteOut { address, field, path } => return wrote_out(state, &address, &field, &path),
        Answer::InWorkTree(root) => return give(state, Input::InWorkTree(root)),
        Answer::Compared(diff) => {
            state.submitted &= !matches!(state.dialog, Some(Dialog::Compare(_)));
            return give(state, Input::Compared(diff));
        }
        Answer::Same { id, names, ticket } => {
            state.submitted &= !matches!(state.dialog, Some(Dialog::Rotate(_)));
            return give(state, Input::Same { id, names, ticket });
        }
        Answer::Theirs(id, theirs) => return give(state, Input::Theirs(id, theirs)),
        Answer::Written(deed, written) => return written::written(state, deed, *written),
        Answer::Progress { done, total } => bulk::progress(state, done, total),
        Answer::Job { job, result } => return bulk::finished(state, &job, *result),
        Answer::Restored(address) => return written::restored(state, address),
        Answer::Purged(address, id) => return written::purged(state, &address, id),
        Answer::DeletedCount(count) => deleted::count(state, count),
        Answer::Deleted(secrets) => return deleted::take(state, secrets),
        Answer::DeletedBy(by) => return give(state, Input::DeletedBy(by)),
        Answer::DeletedOf(address, deleted) => return give(state, Input::DeletedOf(address, deleted)),
        Answer::Damaged(error) => say(state, Notice::failed(&error)),
        Answer::ReadOnly(read_only) => with_vault(state, |vault| vault.read_only = Some(read_only)),
        Answer::AuditVerified(verdict) => audit_verified(state, verdict),
        Answer::Pins { pins, damage } => jump::take_pins(state, pins, damage),
        Answer::Indexed(index) => with_vault(state, |vault| vault.secrets.take_index(*index)),
        Answer::Used { uses, extent, backups, cut_off } => {
            return facts::take_uses(state, &uses, extent, (backups, cut_off));
        }
        Answer::Mentions(found) => {
            with_vault(state, |vault| vault.secrets.take_mentions(&found));
            cockpit::learn(state);
            incident::learn(state);
        }
        Answer::IncidentAt(progress) => return incident::told(state, Input::IncidentAt(progress)),
        Answer::Incident(incident, takes_us) => return incident::take(state, incident, takes_us),
        Answer::IncidentFailed(error) => return incident::failed(state, error),
        Answer::WroteReport(path) => return incident::wrote_report(state, &path),
        Answer::Duplicates(found) => return facts::take_duplicates(state, found),
        Answer::Failed(error) if error.kind() == Kind::Locked && state.vault.is_some() => {
            return lock::lock(state, "Locked: another session replaced the master key.");
        }
        // Asked before that was known; why it is locked is on the screen.
        Answer::Failed(error) if error.kind() == Kind::Locked && state.locked_because.is_some() => {}
        Answer::Failed(error) => {
            with_vault(state, OpenVault::expect_nothing);
            return failed(state, error);
        }
    }
    Vec::new()
}

fn wrote_out(state: &mut State, address: &Address, field: &str, path: &str) -> Vec<Effect> {
    let now = state.now;
    close_dialog(state);
    let words = format!("Wrote {field} of {address} to {} for you alone.", printable(path));
    say(state, Notice::done(words, now));
    values::audit_again(state)
}

fn detail(state: &mut State, secret: Box<Secret>, history: Vec<Version>) -> Vec<Effect> {
    let page = state.areas().rows(Pane::History);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let id = secret.id;
    if vault.wanted_detail != Some(id) {
        return Vec::new();
    }
    let changed = state.dialog.as_ref().and_then(Dialog::writes).filter(|edited| *edited == id).map(|_| secret.clone());
    let given_up = secret.rotation.given_up.clone();
    vault.detail.show(secret, &history);
    facts::tell_detail(state);
    let Some(vault) = &mut state.vault else { return Vec::new() };
    let newest = history.first().cloned().map(Box::new);
    vault.history.show(id, Past::of(history, given_up), page);
    if let Some(newest) = newest.filter(|_| state.dialog.is_some()) {
        let mut effects = changed.map(|secret| give(state, Input::Changed(secret))).unwrap_or_default();
        effects.extend(give(state, Input::Elsewhere(id, Some(newest))));
        return effects;
    }
    let Some(vault) = &mut state.vault else { return Vec::new() };
    match vault.waiting.take_if(|(waiting, _)| *waiting == id) {
        Some((_, action)) if state.dialog().is_none() => {
            let mut effects = about_detail(state, action);
            effects.extend(editor::give_kept(state));
            effects
        }
        _ => Vec::new(),
    }
}

/// Why a secret is not shown stands in its place. It is told beside that where nobody sees
/// the detail, and of damage the first time.
fn detail_failed(state: &mut State, id: SecretId, error: Error) {
    let areas = state.areas();
    let Some(vault) = &mut state.vault else { return };
    let is_damage = error.kind() == Kind::Damaged;
    let is_news = is_damage && !vault.damaged.iter().any(|damaged| damaged.id == id);
    if let Some(address) = vault.secrets.address_of(id).filter(|_| is_news) {
        vault.damaged.push(Damaged { id, address: address.to_string(), cause: error.message().to_owned() });
    }
    vault.waiting.take_if(|(waiting, _)| *waiting == id);
    if vault.wanted_detail == Some(id) {
        vault.history.show(id, Vec::new(), areas.rows(Pane::History));
        vault.detail.show_failure(id, error.clone());
        if is_news || !is_damage || areas.pane(Pane::Detail).is_none() {
            say(state, Notice::failed(&error));
        }
    }
}

fn audit_verified(state: &mut State, verdict: AuditVerdict) {
    let time = state.now.time;
    if let AuditVerdict::Broken { first_bad, cause } = &verdict {
        let error = Error::damaged(format!("The audit log is broken at record {first_bad}: {cause}"))
            .hint("Run strongroom audit verify, and compare with a backup.");
        say(state, Notice::failed(&error));
    }
    if let Some(vault) = &mut state.vault {
        vault.audit = Some((verdict, time));
    }
}
