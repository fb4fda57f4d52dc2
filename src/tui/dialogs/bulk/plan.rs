//! [`Plan`]: what will be done to which secret, what stays, and what is left out.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::tui::dialogs::form::told;
use crate::tui::job::Deed;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::MetadataChange;
use crate::vault::bulk::{Act, Step};
use crate::vault::catalog::Catalog;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{SecretName, is_identifier};
use crate::vault::when;

use super::Target;
use super::inputs::Inputs;
use super::spread::Spread;

/// A plan as it is shown and as it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// What the vault is asked for.
    pub(super) steps: Vec<Step>,
    /// What it comes to, a sentence each.
    pub(super) facts: Vec<(String, Role)>,
    /// Every secret: first what is left out, then what changes, then what is like that already.
    pub(super) rows: Vec<(String, Role)>,
    /// Cells of the widest of them, measured once and not at each draw.
    pub(super) widest: usize,
    /// How many stay as they are.
    stay: usize,
    pub(super) question: String,
    /// What is done, before a number.
    pub(super) verb: &'static str,
}

/// What becomes of one secret.
enum Fate {
    /// This, and what is told of it behind its name.
    Change(Box<Act>, String),
    /// It is like that already.
    Same,
    /// It cannot be done, and why.
    LeftOut(String),
}

/// Makes the plan, or says what is missing.
pub(super) fn make(inputs: &Inputs, targets: &[Target], catalog: &Catalog, now: Timestamp) -> Result<Plan, String> {
    if inputs.reason().chars().any(text::is_deceptive) {
        return Err("The reason has control or invisible characters. Delete them.".to_owned());
    }
    match inputs.deed {
        Deed::Rotate => rotate(inputs, targets, now),
        Deed::Tag => tag(inputs, targets),
        Deed::Expire => expire(inputs, targets, now),
        Deed::Move => relocate(inputs, targets, catalog),
        _ => Ok(delete(targets, now)),
    }
}

fn rotate(inputs: &Inputs, targets: &[Target], now: Timestamp) -> Result<Plan, String> {
    let recipe = inputs.recipe.recipe()?;
    let mut plan = Plan::of("rotate", targets, |target| match target.has_value {
        true => Fate::Change(
            Box::new(Act::Rotate(recipe.clone())),
            format!("v{} -> v{}", target.version, target.version + 1),
        ),
        false => Fate::LeftOut("it has no field named value; rotate it by itself".to_owned()),
    });
    let more = targets.iter().filter(|target| target.has_value && target.has_more).count();
    plan.add("get", "gets", &format!("a new generated value: {}.", inputs.recipe.words()));
    plan.tell(more, "have more fields, which stay.", "has more fields, which stay.", Role::Text);
    plan.expired(targets, now, "expired already, and will be: a new value does not change the expiry.");
    plan.fact(
        "The values before stay in the history. Only the vault changes: whoever uses them is not told.",
        Role::Muted,
    );
    plan.ask("Rotate", "");
    Ok(plan)
}

fn delete(targets: &[Target], now: Timestamp) -> Plan {
    let mut plan = Plan::of("delete", targets, |_| Fate::Change(Box::new(Act::Delete), String::new()));
    let back =
        if plan.steps.len() == 1 { "deleted; undo brings it back." } else { "deleted; undo brings them all back." };
    plan.add("are", "is", back);
    plan.expired(targets, now, "expired already.");
    plan.ask("Delete", "");
    plan
}

fn tag(inputs: &Inputs, targets: &[Target]) -> Result<Plan, String> {
    let (mut add, mut remove) = tags(inputs.line.text())?;
    let idle = idle(&mut add, &mut remove, targets);
    let mut plan = Plan::of("change", targets, |target| {
        let missing = add.iter().filter(|tag| !target.tags.contains(tag)).map(|tag| format!("+{tag}"));
        let extra = remove.iter().filter(|tag| target.tags.contains(tag)).map(|tag| format!("-{tag}"));
        let changes: Vec<String> = missing.chain(extra).collect();
        match changes.is_empty() {
            true => Fate::Same,
            false => Fate::Change(Box::new(Act::Tags { add: add.clone(), remove: remove.clone() }), changes.join(" ")),
        }
    });
    let words: Vec<String> =
        add.iter().map(|tag| format!("+{tag}")).chain(remove.iter().map(|tag| format!("-{tag}"))).collect();
    plan.add("change", "changes", &format!("tags: {}.", words.join(" ")));
    plan.facts.extend(idle.into_iter().map(|fact| (fact, Role::Warn)));
    plan.fact("Values and versions stay as they are.", Role::Muted);
    plan.ask("Change the tags of", &format!(": {}", words.join(" ")));
    Ok(plan)
}

/// Takes out what does nothing to any of them, and says so, a sentence each.
fn idle(add: &mut Vec<String>, remove: &mut Vec<String>, targets: &[Target]) -> Vec<String> {
    let (all, none) = match targets {
        [_] => ("it has it already", "it does not have it"),
        _ => ("all have it already", "none has it"),
    };
    let lacked = |tag: &String| targets.iter().any(|target| !target.tags.contains(tag));
    let held = |tag: &String| targets.iter().any(|target| target.tags.contains(tag));
    let had = add.extract_if(.., |tag| !lacked(tag)).map(|tag| format!("{tag}: {all}."));
    let mut facts: Vec<String> = had.collect();
    facts.extend(remove.extract_if(.., |tag| !held(tag)).map(|tag| format!("{tag}: {none}.")));
    facts
}

/// `+db -old`: what comes and what goes; a word without a sign comes.
fn tags(line: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for word in line.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (tags, tag) = match word.strip_prefix('-') {
            Some(tag) => (&mut remove, tag),
            None => (&mut add, word.strip_prefix('+').unwrap_or(word)),
        };
        if !is_identifier(tag, 64) {
            let tag = text::printable(tag);
            return Err(format!("The tag {tag} is not allowed. Use letters, digits, _ . - and at most 64 bytes."));
        }
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    match add.iter().find(|tag| remove.contains(tag)) {
        Some(both) => Err(format!("The tag {both} is both added and removed. Decide for one.")),
        None if add.is_empty() && remove.is_empty() => Err("Name a tag: +db adds it, -old removes it.".to_owned()),
        None => Ok((add, remove)),
    }
}

fn expire(inputs: &Inputs, targets: &[Target], now: Timestamp) -> Result<Plan, String> {
    let line = inputs.line.text().trim();
    if line.is_empty() {
        return Err("Say when: 30d, a date such as 2027-01-31, or never.".to_owned());
    }
    let expires_at = when::parse_expiry(line, now).map_err(|error| told(&error))?;
    // The list knows seconds; what is the same second is the same.
    let second = expires_at.map(Timestamp::as_second);
    let change = MetadataChange { expires_at: Some(expires_at), ..MetadataChange::default() };
    let mut plan = Plan::of("change", targets, |target| match target.expires_at.map(Timestamp::as_second) == second {
        true => Fate::Same,
        false => Fate::Change(
            Box::new(Act::Edit(change.clone())),
            format!("{} -> {}", day(target.expires_at), day(expires_at)),
        ),
    });
    let since = expires_at.filter(|at| *at <= now);
    match expires_at {
        Some(at) if since.is_some() => {
            let what = format!("expired since {} ({}).", day(since), text::due(at, now));
            plan.add("count as", "counts as", &what);
        }
        Some(at) => plan.add("expire", "expires", &format!("{} ({}).", text::due(at, now), day(expires_at))),
        None => plan.add("never expire", "never expires", "from now on."),
    }
    if since.is_some() {
        plan.fact("That moment is past: their values are refused at once, unless asked for by name.", Role::Danger);
    } else {
        plan.expired(targets, now, "expired already; the value is given out again.");
    }
    plan.fact("Values and versions stay as they are.", Role::Muted);
    match expires_at {
        Some(_) if since.is_some() => plan.ask("Let", &format!(" count as expired since {}", day(since))),
        Some(at) => plan.ask("Let", &format!(" expire on {}", day(Some(at)))),
        None => plan.ask("Let", " never expire"),
    }
    Ok(plan)
}

/// A date as people write it, in UTC.
fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

fn relocate(inputs: &Inputs, targets: &[Target], catalog: &Catalog) -> Result<Plan, String> {
    let line = inputs.line.text().trim();
    if line.is_empty() {
        return Err("Name the scope to move to; global is the widest.".to_owned());
    }
    let scope: ScopePath = line.parse().map_err(|error| told(&error))?;
    let name: Option<SecretName> = match &inputs.name {
        Some(name) => Some(name.text().trim().parse().map_err(|error| told(&error))?),
        None => None,
    };
    // A name may change its own case; what is not moved keeps its name.
    let moving = if let [one] = targets { Some(one.id) } else { None };
    let small = |scope: &str, name: &str| (scope.to_owned(), name.to_ascii_lowercase());
    let there = catalog.listed().iter().filter(|listed| Some(listed.id) != moving);
    let taken: HashSet<(String, String)> =
        there.map(|listed| small(catalog.text(listed.scope), &listed.name)).collect();
    let mut claimed = HashSet::new();
    let mut plan = Plan::of("move", targets, |target| {
        let place = match &inputs.spread {
            Some(spread) => spread.place(&target.address.scope, &scope),
            None => Ok(scope.clone()),
        };
        let place = match place {
            Ok(place) => place,
            Err(error) => return Fate::LeftOut(told(&error)),
        };
        let to = Address { scope: place, name: name.clone().unwrap_or_else(|| target.address.name.clone()) };
        if to == target.address {
            return Fate::Same;
        }
        let key = small(to.scope.as_stored(), to.name.as_str());
        if taken.contains(&key) {
            return Fate::LeftOut(format!("the name is taken in {}", to.scope));
        }
        if !claimed.insert(key) {
            return Fate::LeftOut("another of these takes the name".to_owned());
        }
        Fate::Change(Box::new(Act::Move(to.clone())), format!("-> {to}"))
    });
    let to = match (&name, targets) {
        (Some(name), [_]) => Address { scope, name: name.clone() }.to_string(),
        _ => scope.to_string(),
    };
    let with = inputs.spread.as_ref().map(Spread::words).unwrap_or_default();
    plan.add("move", "moves", &format!("to {to}{with}"));
    let (with, old) = if plan.steps.len() == 1 { ("it", "the old address") } else { ("them", "an old address") };
    plan.fact(
        &format!("Versions and audit records go with {with}; what asks for {old} finds nothing there."),
        Role::Muted,
    );
    plan.ask("Move", &format!(" to {to}"));
    Ok(plan)
}

impl Plan {
    /// Sorts the secrets by what becomes of them.
    fn of(verb: &'static str, targets: &[Target], mut fate: impl FnMut(&Target) -> Fate) -> Self {
        let mut plan = Self {
            steps: Vec::new(),
            facts: Vec::new(),
            rows: Vec::new(),
            widest: 0,
            stay: 0,
            question: String::new(),
            verb,
        };
        let (mut changes, mut same) = (Vec::new(), Vec::new());
        for target in targets {
            match fate(target) {
                Fate::Change(act, what) => {
                    changes.push((format!("{}  {what}", target.address).trim_end().to_owned(), Role::Text));
                    plan.steps.push(target.step(*act));
                }
                Fate::Same => same.push((format!("{}  is like that already", target.address), Role::Muted)),
                Fate::LeftOut(why) => plan.rows.push((format!("! {} stays: {why}", target.address), Role::Danger)),
            }
        }
        let (left_out, same_count) = (plan.rows.len(), same.len());
        plan.rows.extend(changes);
        plan.rows.extend(same);
        plan.widest = plan.rows.iter().map(|(row, _)| text::width(row)).max().unwrap_or(0);
        plan.stay = left_out + same_count;
        let hidden = targets.iter().filter(|target| target.hidden).count();
        plan.tell(left_out, "cannot be done and stay as they are.", "cannot be done and stays as it is.", Role::Danger);
        plan.tell(same_count, "are like that already.", "is like that already.", Role::Text);
        plan.tell(hidden, "of them are not shown by the filter.", "of them is not shown by the filter.", Role::Warn);
        plan
    }

    /// The question, with what is done, to how many, and how many stay as they are.
    fn ask(&mut self, before: &str, after: &str) {
        self.question = match self.steps.len() {
            0 => "Nothing would change.".to_owned(),
            1 => format!("{before} this secret{after}?"),
            count => format!("{before} these {} secrets{after}?", text::grouped(count as u64)),
        };
        if let (1.., 1..) = (self.steps.len(), self.stay) {
            let stay = if self.stay == 1 {
                "1 stays as it is.".to_owned()
            } else {
                format!("{} stay as they are.", text::grouped(self.stay as u64))
            };
            self.question = format!("{} {stay}", self.question);
        }
    }

    fn fact(&mut self, fact: &str, role: Role) {
        if !self.steps.is_empty() {
            self.facts.push((fact.to_owned(), role));
        }
    }

    /// The first fact: how many change, and how.
    fn add(&mut self, many: &str, one: &str, what: &str) {
        let count = self.steps.len();
        if count > 0 {
            let verb = if count == 1 { one } else { many };
            let fact = format!("{} {verb} {what}", text::counted(count as u64, "secret"));
            self.facts.insert(0, (fact, Role::Accent));
        }
    }

    /// Something about some of them.
    fn tell(&mut self, count: usize, many: &str, one: &str, role: Role) {
        if count > 0 {
            let what = if count == 1 { one } else { many };
            self.facts.push((format!("{} {what}", text::grouped(count as u64)), role));
        }
    }

    fn expired(&mut self, targets: &[Target], now: Timestamp, what: &str) {
        let changed: HashSet<_> = self.steps.iter().map(|step| step.id).collect();
        let expired = targets.iter().filter(|target| changed.contains(&target.id) && target.is_expired(now)).count();
        self.tell(expired, &format!("are {what}"), &format!("is {what}"), Role::Warn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_and_go_by_their_sign() {
        let owned = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        assert_eq!(tags("+db -old, new +db"), Ok((owned(&["db", "new"]), owned(&["old"]))));
        for bad in ["", "  ", "+", "-", "+a/b", "+x -x", "ä"] {
            assert!(tags(bad).is_err(), "{bad}");
        }
    }
}
