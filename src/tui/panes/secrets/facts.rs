//! What the filter's terms ask beside the list: the use of secrets, and equal values.
//! It comes after the list, and what is shown follows.

use std::sync::Arc;

use jiff::Timestamp;

use crate::inject::dependents::Dependents;
use crate::tui::panes::detail::Known;
use crate::tui::theme::Role;
use crate::vault::Segment;
use crate::vault::backup::Backups;
use crate::vault::duplicates::Duplicates;
use crate::vault::mentions::Mentions;
use crate::vault::scope::Address;
use crate::vault::search::{Alike, Fact, Facts, Query};
use crate::vault::secret::SecretId;
use crate::vault::usage::{Extent, Use};

use super::SecretsPane;

/// So many secrets with the same value are named.
const MOST_NAMED: usize = 3;

impl SecretsPane {
    /// What is known beside the list.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Takes what the next part of the log tells. What an own or another's use takes out
    /// of the filter stays in the list until the filter is asked again: it was right when
    /// it was asked, and nothing may leave from under the cursor because it is looked at.
    pub fn take_uses(
        &mut self,
        (uses, extent): (&[Use], Extent),
        (backups, cut_off): (Backups, Option<Segment>),
        now: Timestamp,
    ) {
        let known = self.facts.have(Fact::Usage);
        let usage = Arc::make_mut(&mut self.facts.usage);
        usage.add(uses, extent);
        usage.tell(backups, cut_off);
        if known != self.facts.have(Fact::Usage) {
            self.ask_again(Fact::Usage, now);
        }
    }

    /// Takes which secrets have the same value, or that it cannot be found out.
    pub fn take_duplicates(&mut self, found: Option<Duplicates>, now: Timestamp) {
        self.facts.duplicates = found.map_or(Alike::Unknown, |found| Alike::Found(Arc::new(found)));
        self.ask_again(Fact::Duplicates, now);
    }

    /// What is known about one secret beside its record.
    #[must_use]
    pub fn known(&self, id: SecretId) -> Known {
        let second = |at: i64| Timestamp::from_second(at).ok();
        let used = self.facts.have(Fact::Usage).then(|| self.facts.usage.last_used(id).and_then(second));
        let mut alike = match &self.facts.duplicates {
            Alike::Found(duplicates) => duplicates.like(id).collect(),
            _ => Vec::new(),
        };
        let more = alike.len().saturating_sub(MOST_NAMED);
        alike.truncate(MOST_NAMED);
        let mut named: Vec<String> =
            alike.into_iter().filter_map(|id| Some(self.address_of(id)?.to_string())).collect();
        named.sort_unstable();
        let built = self.dependents.as_ref().map(|dependents| {
            let built = dependents.of(id);
            let named = built.iter().filter_map(|built| Some(self.address_of(built.secret)?.to_string()));
            (named.take(MOST_NAMED).collect(), built.len().saturating_sub(MOST_NAMED))
        });
        let recipes = self.dependents.as_ref().map_or(&[][..], |dependents| dependents.recipes(id));
        let named_recipes = recipes.iter().filter_map(|id| Some(self.address_of(*id)?.to_string()));
        let recipes = (named_recipes.take(MOST_NAMED).collect(), recipes.len().saturating_sub(MOST_NAMED));
        let told_since = self.facts.usage.cut_off().map(|segment| segment.until);
        Known { used, told_since, alike: (named, more), built, recipes }
    }

    /// Takes which secrets the values of others name.
    pub fn take_mentions(&mut self, found: &Mentions) {
        self.dependents = Some(Dependents::new(self.rows.catalog(), found));
    }

    /// What is built from a secret, once that was looked for.
    #[must_use]
    pub fn built_from(&self, id: SecretId) -> Option<Vec<Address>> {
        let built = self.dependents.as_ref()?.of(id).into_iter();
        Some(built.filter_map(|built| self.address_of(built.secret)).collect())
    }

    /// True once: somebody wants to know what is built from what.
    pub fn looks_for_mentions(&mut self) -> bool {
        !std::mem::replace(&mut self.reads_mentions, true)
    }

    /// True once: somebody wants to know of duplicates that nobody has looked for.
    pub fn looks_for_duplicates(&mut self) -> bool {
        !std::mem::replace(&mut self.searched, true)
    }

    /// True once, when `query` asks for duplicates that nobody has looked for.
    pub fn asks_for_duplicates(&mut self, query: Option<&Query>) -> bool {
        let asks = query.unwrap_or(self.filter.query()).asks_for(Fact::Duplicates);
        let first = asks && !self.searched;
        self.searched |= first;
        first
    }

    /// Finds the rows anew where the filter asks for `fact`; the selection stays on its secret.
    fn ask_again(&mut self, fact: Fact, now: Timestamp) {
        if self.filter.query().asks_for(fact) {
            let spot = self.spot();
            self.arrange_around(spot, now);
        }
    }

    /// Why the filter shows nothing yet, or at all.
    #[must_use]
    pub fn filter_lack(&self) -> Option<(&'static str, Role)> {
        self.filter.query().lacks(&self.facts).map(|fact| lack(fact, &self.facts))
    }
}

/// Why nothing can be shown while `fact` is not among `facts`.
#[must_use]
pub fn lack(fact: Fact, facts: &Facts) -> (&'static str, Role) {
    match fact {
        Fact::Usage if facts.usage.extent() == Extent::Reading => ("Reading the audit log…", Role::Muted),
        Fact::Usage => ("The audit log is broken or cannot be read: nobody can tell what was used.", Role::Danger),
        Fact::Duplicates if facts.duplicates == Alike::Unknown => ("The values could not be compared.", Role::Danger),
        Fact::Duplicates => ("Looking for duplicates…", Role::Muted),
    }
}
