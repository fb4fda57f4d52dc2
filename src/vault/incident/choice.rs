//! [`Choice`]: whose doings an incident is about: people, places, a time.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::error::{Error, Result};

use super::super::audit::Actor;

/// Whose doings are looked at. People are one of those named, on one of the hosts named,
/// within the time; what is left empty narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Accounts: `alice`, or `alice@host` for one host alone.
    pub people: Vec<String>,
    /// Machines by name, or SSH clients by address.
    pub hosts: Vec<String>,
    /// Not what was before it.
    pub since: Option<Timestamp>,
    /// Not what came after it.
    pub until: Option<Timestamp>,
}

impl Choice {
    /// Refuses what chooses nobody, or everybody for ever.
    ///
    /// # Errors
    /// Usage: nothing is chosen, a name is empty, the time ends before it begins, or it is
    /// a time alone and has no end, so that every new value would belong to it.
    pub fn check(&self) -> Result<()> {
        if self.people.iter().chain(&self.hosts).any(|name| name.trim().is_empty()) {
            return Err(Error::usage("A person or a host is given, but its name is empty.")
                .hint("Check the variable it comes from."));
        }
        if self.since.zip(self.until).is_some_and(|(since, until)| until < since) {
            return Err(Error::usage("The time ends before it begins.").hint("Exchange since and until."));
        }
        if !self.people.is_empty() || !self.hosts.is_empty() {
            return Ok(());
        }
        match (self.since, self.until) {
            (None, None) => Err(Error::usage("Nobody is chosen: no person, no host and no time.")
                .hint("Give --actor, --host, or --since with --until.")),
            (Some(_), None) => {
                Err(Error::usage("A time alone needs an end: everybody is in it, so every new value would be too.")
                    .hint("Give --until as well, or a person or host."))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a time that has not begun: nobody can have seen anything in it.
    ///
    /// # Errors
    /// Usage.
    pub fn check_begun(&self, now: Timestamp) -> Result<()> {
        match self.since.filter(|since| *since > now) {
            Some(since) => Err(Error::usage(format!("The time begins in the future, {}.", second(since)))
                .hint("Give --since a time that is past, such as 30d.")),
            None => Ok(()),
        }
    }

    /// True when what this actor did at this time belongs to it.
    #[must_use]
    pub fn takes(&self, at: Timestamp, actor: &Actor) -> bool {
        self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at <= until)
            && (self.people.is_empty() || self.people.iter().any(|name| is_person(name, actor)))
            && (self.hosts.is_empty() || self.hosts.iter().any(|name| is_place(name, actor)))
    }

    /// The choice in words, for people: `alice or bob, on bastion1, since …`
    #[must_use]
    pub fn told(&self) -> String {
        let mut parts = Vec::new();
        parts.push(match self.people.is_empty() {
            true => "everybody".to_owned(),
            false => self.people.join(" or "),
        });
        if !self.hosts.is_empty() {
            parts.push(format!("on or from {}", self.hosts.join(" or ")));
        }
        parts.extend(self.since.map(|since| format!("since {}", second(since))));
        parts.extend(self.until.map(|until| format!("until {}", second(until))));
        parts.join(", ")
    }
}

fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `alice` anywhere, `alice@host` there. An account may have an @ in its own name.
pub(super) fn is_person(name: &str, actor: &Actor) -> bool {
    let name = name.trim();
    name == actor.user
        || name.match_indices('@').any(|(at, _)| name[..at] == actor.user && is_host(&name[at + 1..], &actor.host))
}

/// The machine itself, or the one somebody came from.
pub(super) fn is_place(name: &str, actor: &Actor) -> bool {
    let name = name.trim();
    is_host(name, &actor.host) || is_address(name, &actor.ip)
}

/// Upper and lower case are one in names of hosts; a name without a domain means the
/// machine of that name in any.
fn is_host(name: &str, host: &str) -> bool {
    let of_any_domain =
        || !name.contains('.') && host.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case(name));
    !host.is_empty() && (name.eq_ignore_ascii_case(host) || of_any_domain())
}

/// Addresses are compared as such: one may be written in several ways.
fn is_address(name: &str, ip: &str) -> bool {
    let read = |text: &str| text.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    !ip.is_empty() && (name == ip || read(name).zip(read(ip)).is_some_and(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(user: &str, host: &str, ip: &str) -> Actor {
        Actor { user: user.into(), host: host.into(), ip: ip.into(), ..Actor::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn choice(people: &[&str], hosts: &[&str]) -> Choice {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Choice { people: owned(people), hosts: owned(hosts), ..Choice::default() }
    }

    #[test]
    fn people_and_places_by_table() {
        let alice = actor("alice", "Bastion1.example.com", "::ffff:10.0.0.7");
        let directory = actor("alice@corp", "web", "");
        for (people, hosts, who, is_meant) in [
            (&["alice"][..], &[][..], &alice, true),
            (&["Alice"], &[], &alice, false),
            (&["alic"], &[], &alice, false),
            (&["bob", "alice"], &[], &alice, true),
            (&["alice@bastion1"], &[], &alice, true),
            (&["alice@bastion1.example.com"], &[], &alice, true),
            (&["alice@bastion"], &[], &alice, false),
            (&["alice@bastion1.example.org"], &[], &alice, false),
            (&["alice@web"], &[], &alice, false),
            (&["alice@corp"], &[], &directory, true),
            (&["alice@corp@web"], &[], &directory, true),
            (&["alice"], &[], &directory, false),
            (&[], &["BASTION1"], &alice, true),
            (&[], &["10.0.0.7"], &alice, true),
            (&[], &["10.0.0.70"], &alice, false),
            (&[], &["10"], &alice, false),
            (&["alice"], &["web"], &alice, false),
            (&["bob"], &["bastion1"], &alice, false),
            (&["alice"], &["web", "10.0.0.7"], &alice, true),
        ] {
            assert_eq!(choice(people, hosts).takes(at(0), who), is_meant, "{people:?} {hosts:?}");
        }
        // Where nothing is known of a place, nothing is the same as it.
        assert!(!choice(&[], &["x"]).takes(at(0), &Actor::default()));
    }

    #[test]
    fn both_ends_of_the_time_belong_to_it() {
        let choice = Choice { since: Some(at(5)), until: Some(at(7)), ..Choice::default() };
        let taken: Vec<i64> = (0..10).filter(|second| choice.takes(at(*second), &Actor::default())).collect();
        assert_eq!(taken, [5, 6, 7]);
    }

    #[test]
    fn what_chooses_nobody_or_everybody_for_ever_is_refused() {
        let timed = |since, until| Choice { since, until, ..Choice::default() };
        for refused in [
            Choice::default(),
            choice(&[""], &[]),
            choice(&["alice"], &[" "]),
            timed(Some(at(5)), None),
            timed(Some(at(5)), Some(at(4))),
            Choice { since: Some(at(5)), until: Some(at(4)), ..choice(&["alice"], &[]) },
        ] {
            assert!(refused.check().is_err(), "{refused:?}");
        }
        for good in
            [choice(&["alice"], &[]), choice(&[], &["h"]), timed(Some(at(5)), Some(at(5))), timed(None, Some(at(5)))]
        {
            assert!(good.check().is_ok(), "{good:?}");
        }
    }
}
