//! [`Met`]: everybody whom the log has, so that a name which nobody bears is no all-clear.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};

use crate::printable::printable;

use super::super::audit::Actor;
use super::Choice;
use super::choice::{is_person, is_place};

/// So many are kept apart; of more only those who are chosen are looked for.
const MOST: usize = 4_096;
/// So many are told by name.
const FEW: usize = 8;

/// Whom the whole log has, at whatever time and whatever came of what they did.
#[derive(Debug, Clone, Default)]
pub(super) struct Met {
    /// Most records in a row are of one actor.
    last: Actor,
    hasher: RandomState,
    seen: HashSet<u64>,
    people: BTreeSet<String>,
    places: BTreeSet<String>,
    /// The chosen names that somebody bears, by their place in the choice.
    known_people: HashSet<usize>,
    known_hosts: HashSet<usize>,
}

impl Met {
    /// Takes who is on the next record.
    pub(super) fn meet(&mut self, choice: &Choice, actor: &Actor) {
        let last = &mut self.last;
        if (&last.user, &last.host, &last.ip) == (&actor.user, &actor.host, &actor.ip) {
            return;
        }
        last.user.clone_from(&actor.user);
        last.host.clone_from(&actor.host);
        last.ip.clone_from(&actor.ip);
        let print = self.hasher.hash_one((&actor.user, &actor.host, &actor.ip));
        if self.seen.contains(&print) {
            return;
        }
        if self.seen.len() < MOST {
            self.seen.insert(print);
            self.people.insert(actor.signature());
            let places = [&actor.host, &actor.ip].into_iter().filter(|place| !place.is_empty());
            self.places.extend(places.cloned());
        }
        let named = choice.people.iter().enumerate().filter(|(_, name)| is_person(name, actor));
        self.known_people.extend(named.map(|(at, _)| at));
        let named = choice.hosts.iter().enumerate().filter(|(_, name)| is_place(name, actor));
        self.known_hosts.extend(named.map(|(at, _)| at));
    }

    /// Who of those chosen is on no record, and who is on some: a sentence each.
    pub(super) fn unknown(&self, choice: &Choice) -> Vec<String> {
        let tell = |names: &[String], known: &HashSet<usize>, all: &BTreeSet<String>, what: &str| {
            let unknown = names.iter().enumerate().filter(|(at, _)| !known.contains(at));
            let sentence =
                |name: &String| format!("{what} {} is in the log: it has {}.", printable(name), self.some(all));
            unknown.map(|(_, name)| sentence(name)).collect::<Vec<_>>()
        };
        let mut told = tell(&choice.people, &self.known_people, &self.people, "Nobody called");
        told.extend(tell(&choice.hosts, &self.known_hosts, &self.places, "No host or address"));
        told
    }

    /// `root@vm, ana@bastion2, … and 3 more`
    fn some(&self, all: &BTreeSet<String>) -> String {
        let few = all.iter().take(FEW).map(|name| printable(name)).collect::<Vec<_>>().join(", ");
        match all.len().saturating_sub(FEW) {
            0 if all.is_empty() => "none".to_owned(),
            0 => few,
            _ if self.seen.len() >= MOST => format!("{few}, … and many more"),
            more => format!("{few}, … and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(user: &str, host: &str, ip: &str) -> Actor {
        Actor { user: user.into(), host: host.into(), ip: ip.into(), ..Actor::default() }
    }

    #[test]
    fn a_name_is_unknown_until_somebody_bears_it_however_many_there_are() {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let choice = Choice {
            people: owned(&["rot", "ana@BASTION2", "late"]),
            hosts: owned(&["10.0.0.7", "no\u{202e}host"]),
            ..Choice::default()
        };
        let mut met = Met::default();
        met.meet(&choice, &actor("root", "vm", ""));
        met.meet(&choice, &actor("ana", "bastion2.example.com", "::ffff:10.0.0.7"));
        assert_eq!(
            met.unknown(&choice),
            [
                "Nobody called rot is in the log: it has ana@bastion2.example.com, root@vm.",
                "Nobody called late is in the log: it has ana@bastion2.example.com, root@vm.",
                "No host or address no\\u{202e}host is in the log: it has ::ffff:10.0.0.7, bastion2.example.com, vm.",
            ]
        );
        for number in 0..9 {
            met.meet(&choice, &actor(&format!("user{number}"), "vm", ""));
        }
        let told = &met.unknown(&choice)[0];
        assert!(told.ends_with("root@vm, user0@vm, user1@vm, user2@vm, user3@vm, user4@vm, user5@vm, … and 3 more."));
        for number in 0..MOST {
            met.meet(&choice, &actor("many", "vm", &number.to_string()));
        }
        assert_eq!((met.seen.len(), met.places.len()), (MOST, MOST - 8));
        met.meet(&choice, &actor("late", "vm", ""));
        assert!(!met.unknown(&choice).iter().any(|told| told.contains("called late")));
        assert_eq!(met.seen.len(), MOST);
    }
}
