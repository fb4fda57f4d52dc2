//! What goes out is taken note of, so that its answer finds what it needs.

use crate::crypto::keyring::UnlockKey;
use crate::tui::effect::{Effect, Request};
use crate::tui::job::Job;
use crate::tui::state::State;
use crate::vault::bulk::Act;

use super::{editor, sequence};

/// Takes note of every effect of one event.
pub(super) fn note(state: &mut State, effects: &[Effect]) {
    for effect in effects {
        match effect {
            Effect::Vault(request) => note_request(state, request),
            Effect::OpenEditor { .. } => editor::note(state),
            _ => {}
        }
    }
}

fn note_request(state: &mut State, request: &Request) {
    // A vault that is being made has the slots it is made with.
    if let Request::Create { keys, .. } = request {
        state.slots = Some(keys.iter().map(UnlockKey::kind).collect());
    }
    let now = state.now.instant;
    let Some(vault) = &mut state.vault else { return };
    sequence::note(vault, request);
    match request {
        Request::Purge { address, .. } => vault.removing.push(address.clone()),
        // How it is ended, and what it takes off the list.
        Request::Job(job) => {
            let gone = job.steps.iter().filter(|step| step.act == Act::Delete).map(|step| step.address.clone());
            vault.removing.extend(gone);
            vault.working = Some((Job::clone(job), now));
        }
        _ => {}
    }
}
