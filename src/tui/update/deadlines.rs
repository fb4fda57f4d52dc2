//! What happens by itself: the idle lock, values hidden again, notices that leave.

use std::time::Duration;

use crate::tui::effect::Effect;
use crate::tui::notice::Notice;
use crate::tui::state::State;

use super::actions::moved;
use super::dialog::carry_out;
use super::lock::lock;
use super::sequence;

/// A pause so long in the typing of a filter, and the detail shows what is selected.
pub(super) const TYPING_RESTS: Duration = Duration::from_millis(250);

/// A pause so long between two cursor keys, longer than between those of a key held down.
pub(super) const WALKING_RESTS: Duration = Duration::from_millis(50);

/// Does what is due at the time of this event.
pub(super) fn pass(state: &mut State) -> Vec<Effect> {
    let (now, mut effects) = (state.now, Vec::new());
    if state.locks_at().is_some_and(|at| at <= now.instant) {
        return lock(state, "Locked: no key for a while.");
    }
    if state.notice.as_ref().and_then(Notice::until).is_some_and(|until| until <= now.instant) {
        state.notice = None;
        state.changed = true;
    }
    // A countdown on the screen shows another second.
    state.changed |= state.lease.is_some() || state.locks_in().is_some();
    let ticked = state.dialog.as_mut().filter(|dialog| dialog.next_deadline().is_some()).map(|dialog| dialog.tick(now));
    if let Some(step) = ticked {
        state.changed = true;
        effects.extend(carry_out(state, step));
    }
    if let Some(vault) = &mut state.vault {
        let shown = vault.detail.revealed().map(|revealed| revealed.until);
        state.changed |= shown.is_some();
        if shown.is_some_and(|until| until <= now.instant) {
            vault.detail.mask();
        }
        state.changed |= vault.secrets.recount(now.time);
    }
    effects.extend(sequence::pass(state));
    if state.detail_at.is_some_and(|at| at <= now.instant) {
        effects.extend(moved(state));
    }
    effects
}
