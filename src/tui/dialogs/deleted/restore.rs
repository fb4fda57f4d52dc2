//! How deleted secrets come back: one, or all that are shown.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::tui::dialogs::Step;
use crate::tui::effect::{Effect, Request};
use crate::tui::job::{Deed, Job};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::bulk::{Act, Seen, Step as Change};
use crate::vault::scope::Address;
use crate::vault::secret::Secret;

use super::DeletedDialog;

impl DeletedDialog {
    /// The selected one comes back; whether it can is for the vault to say.
    pub(super) fn restore(&mut self) -> Step {
        let Some(change) = self.selected().map(back) else { return Step::default() };
        self.forget_told();
        self.working = true;
        send(vec![change])
    }

    /// All that are shown come back, of each name the last deleted; where some cannot, that
    /// is told first, and the same key goes on.
    pub(super) fn restore_all(&mut self) -> Step {
        let Some(found) = &self.found else { return Step::default() };
        let mut names: HashSet<String> = self.living_names();
        let mut last_first: Vec<&Secret> = found.shown().collect();
        last_first.sort_by_key(|secret| Reverse(secret.deleted_at));
        let changes: Vec<Change> = last_first
            .iter()
            .filter(|secret| names.insert(folded(&secret.address)))
            .map(|secret| back(secret))
            .collect();
        let stay = found.len() - changes.len();
        if stay > 0 && self.warned != Some(stay) {
            self.told = Some((stays(stay, changes.len()), Role::Warn));
            self.warned = Some(stay).filter(|_| !changes.is_empty());
            return Step::default();
        }
        match &changes[..] {
            [] => Step::default(),
            [_] => {
                self.working = true;
                send(changes)
            }
            // Its own dialog shows how far it is.
            _ => Step { close: true, ..send(changes) },
        }
    }

    /// The addresses in use, in one case, since names that differ only in case clash.
    fn living_names(&self) -> HashSet<String> {
        let listed = self.living.listed().iter();
        let address = |scope: &str, name: &str| format!("{scope}/{}", name.to_ascii_lowercase());
        listed.map(|listed| address(self.living.text(listed.scope), &listed.name)).collect()
    }

    /// True when a living secret has the name that this one had.
    pub(super) fn is_taken(&self, address: &Address) -> bool {
        let scope = address.scope.as_stored();
        self.living.listed().iter().any(|listed| {
            listed.name.eq_ignore_ascii_case(address.name.as_str()) && self.living.text(listed.scope) == scope
        })
    }
}

/// What brings one back, if it still is what was seen.
fn back(secret: &Secret) -> Change {
    let seen = Seen::Version(secret.version);
    Change { id: secret.id, address: secret.address.clone(), seen, act: Act::Restore }
}

fn send(changes: Vec<Change>) -> Step {
    let job = Job::new(Deed::Restore, changes, String::new());
    Step { effects: vec![Effect::Vault(Request::Job(Box::new(job)))], ..Step::default() }
}

/// An address in one case.
fn folded(address: &Address) -> String {
    format!("{}/{}", address.scope.as_stored(), address.name.as_str().to_ascii_lowercase())
}

/// What is told before some come back and others cannot.
fn stays(stay: usize, back: usize) -> String {
    let stay = match stay {
        1 => "1 has a name that is taken, and stays deleted.".to_owned(),
        stay => format!("{} have names that are taken, and stay deleted.", text::grouped(stay as u64)),
    };
    match back {
        0 => stay,
        1 => format!("{stay} ⟨restore-all⟩ again restores the other one."),
        back => format!("{stay} ⟨restore-all⟩ again restores the other {}.", text::grouped(back as u64)),
    }
}
