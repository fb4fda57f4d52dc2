//! `status`: whether a key is kept, until when, and with what the next command would
//! open the vault. It never asks.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::crypto::keyring::SlotKind;
use crate::error::{Kind, Result};
use crate::session::key_source::Source;
use crate::session::{actor, anchors, kernel_keyring};
use crate::tui::text::printable;
use crate::vault::backup::{Backups, Made};
use crate::vault::reminders::Reminders;
use crate::vault::{Anchors, LockedVault};

use super::call::Call;
use super::shapes;
use super::times::both;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom status
  strongroom status --json | jq -e .unlocked      for a prompt or a script
  strongroom status --json | jq '.due, .due_within_7_days, .expired'";

/// Where the key comes from when no source has it.
const PROMPT: &str = "what is typed at the prompt";

/// A prompt does not wait until a long log was read: so many of its newest records are.
const LOOKED_THROUGH: usize = 20_000;

/// What can be said.
#[derive(Default)]
struct Status {
    exists: bool,
    until: Option<Timestamp>,
    /// In a script's word and in a person's.
    source: Option<(&'static str, String)>,
    slots: Vec<SlotKind>,
    /// How many slots there are; several can be of a kind.
    ways_in: usize,
    /// Why nothing can be kept here, if so.
    no_keyring: Option<String>,
    counts: Option<Reminders>,
    /// What the newest records tell of backups, and since when, where older ones could tell more.
    backups: Option<(Backups, Option<Timestamp>)>,
    /// Why the key that is there does not open the vault, or that it is another file than was seen last.
    problem: Option<String>,
}

pub(super) fn run(call: &Call) -> Result<()> {
    let status = look(call)?;
    if call.output.json {
        return call.output.print_json(&status.json(call));
    }
    call.output.print(&status.sheet(call))
}

fn look(call: &Call) -> Result<Status> {
    let no_keyring = kernel_keyring::check().err().map(|error| error.message().to_owned());
    let locked = match LockedVault::open(&call.config.vault) {
        Ok(locked) => locked,
        Err(error) if error.kind() == Kind::NotFound => return Ok(Status { no_keyring, ..Status::default() }),
        Err(error) => return Err(error),
    };
    let (slots, ways_in) = (locked.slot_kinds(), locked.ways_in().len());
    let kept = kernel_keyring::find(locked.vault_id(), locked.key_epoch(), call.now);
    let mut status =
        Status { exists: true, until: kept.map(|kept| kept.until), no_keyring, slots, ways_in, ..Status::default() };
    match call.keys.first(&call.config.vault, &locked)? {
        Some(source) => {
            status.source = Some((source.word(), source.told()));
            if source.is_quick() {
                match counts(locked, source, &anchors::settled(&call.config), call.now) {
                    Ok((counts, backups, stale)) => {
                        (status.counts, status.backups, status.problem) = (Some(counts), Some(backups), stale);
                    }
                    Err(error) => status.problem = Some(error),
                }
            }
        }
        None if status.slots.iter().any(|kind| matches!(kind, SlotKind::Passphrase | SlotKind::Recovery)) => {
            status.source = Some(("prompt", PROMPT.to_owned()));
        }
        None => {}
    }
    Ok(status)
}

/// What can be told of an open vault, and why it is not the one that was seen last, or cannot be known again, if so.
type Counted = (Reminders, (Backups, Option<Timestamp>), Option<String>);

/// Opens the vault and counts; the error in words.
fn counts(
    locked: LockedVault,
    source: Source<'_>,
    anchors: &Anchors,
    now: Timestamp,
) -> std::result::Result<Counted, String> {
    let told = |error: &crate::error::Error| error.message().to_owned();
    let key = source.into_key().map_err(|error| told(&error))?;
    let vault = locked.open_with(&key, actor::current()).map_err(|failed| told(&failed.1))?;
    let mut vault = vault.anchored(anchors).map_err(|error| told(&error))?;
    let catalog = vault.catalog().map_err(|error| told(&error))?;
    let backups = vault.last_backups(LOOKED_THROUGH).map_err(|error| told(&error))?;
    let damage = vault.damage_on_record(LOOKED_THROUGH).map_err(|error| told(&error))?;
    let damage = damage.map(|damage| format!("{damage} strongroom verify tells more."));
    let stale = vault.check_freshness().err();
    let stale = stale.map(|error| format!("{} {}", error.message(), error.next_step().unwrap_or_default()));
    Ok((Reminders::of(&catalog, now), backups, stale.or(damage).or_else(|| vault.unkept())))
}

impl Status {
    fn json(&self, call: &Call) -> Value {
        let (counts, backups) = (self.counts.as_ref(), self.backups.as_ref().map(|(backups, _)| backups));
        let drill = backups.and_then(Backups::tried);
        json!({
            "vault": call.config.vault.display().to_string(),
            "exists": self.exists,
            "unlocked": self.until.is_some(),
            "until": self.until.map(shapes::time),
            "source": self.source.as_ref().map(|source| source.0),
            "problem": self.problem,
            "slots": self.slots.iter().copied().map(shapes::slot_kind).collect::<Vec<_>>(),
            "keyring": self.no_keyring.as_deref().unwrap_or("available"),
            "secrets": counts.map(|counts| counts.secrets),
            "due": counts.map(|counts| counts.due),
            "expired": counts.map(|counts| counts.expired),
            "due_within_7_days": counts.map(|counts| counts.due_soon),
            "expires_within_7_days": counts.map(|counts| counts.expires_soon),
            "under_way": counts.map(|counts| counts.under_way),
            "unsettled": counts.map(|counts| counts.unsettled),
            "last_backup": backups.and_then(Backups::made).map(|made| shapes::time(made.at)),
            "last_backup_to": backups.and_then(Backups::made).map(Made::place),
            "last_drill": drill.map(|tried| shapes::time(tried.at)),
            "last_drill_passed": drill.map(|tried| tried.passed),
            "backups_known": self.backups.as_ref().map(|(_, begins)| begins.is_none()),
        })
    }

    /// One line a fact.
    fn sheet(&self, call: &Call) -> String {
        let mut lines = vec![("vault", call.config.vault.display().to_string())];
        if self.exists {
            let state = match (self.until, &self.source) {
                (Some(until), _) => format!("unlocked until {}", both(until, call.now)),
                (None, Some((_, told))) if told != PROMPT => "no key is kept, and none is needed".to_owned(),
                (None, _) => "locked".to_owned(),
            };
            lines.push(("state", state));
            let source = self.source.as_ref().map_or("no key is there, and nobody could type one", |source| &source.1);
            lines.push(("opens with", source.to_owned()));
            lines.extend(self.problem.as_ref().map(|problem| ("problem", problem.clone())));
            let slots: Vec<&str> = self.slots.iter().map(|kind| kind.word()).collect();
            let alone = if self.ways_in == 1 { ", and no other: strongroom key add --recovery" } else { "" };
            lines.push(("keys", slots.join(", ") + alone));
        } else {
            lines.push(("state", "there is no vault; `strongroom init` makes one".to_owned()));
        }
        lines.push(("keyring", self.no_keyring.clone().unwrap_or_else(|| "available".to_owned())));
        if let Some(counts) = &self.counts {
            lines.push(("secrets", told(counts)));
        }
        if let Some((backups, begins)) = &self.backups {
            // Without a secret there is nothing to lose yet; with a problem that comes first.
            let is_wanted = self.problem.is_none() && self.counts.as_ref().is_some_and(|counts| counts.secrets > 0);
            lines.extend(backup_lines(backups, *begins, is_wanted, call.now));
        }
        let mut text = String::new();
        for (label, fact) in &lines {
            let _ = writeln!(text, "{label:<12} {}", printable(fact));
        }
        text
    }
}

/// The last backup and the last drill, and what is to be done.
fn backup_lines(
    backups: &Backups,
    begins: Option<Timestamp>,
    is_wanted: bool,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let none = match begins {
        Some(begins) => format!("none since {}, where what was looked through begins", both(begins, now)),
        None => "none yet".to_owned(),
    };
    let made = backups.made().map(|made| format!("{}, to {}", both(made.at, now), made.place()));
    let drill = backups.tried().map(|tried| match tried.passed {
        true => both(tried.at, now),
        false => format!("{}: it did NOT pass", both(tried.at, now)),
    });
    let next = backups.wanting(now, begins).filter(|_| is_wanted);
    let next = next.map(|wanting| ("next", format!("{} {}", wanting.told(), wanting.next_step())));
    let lines = [("last backup", made.unwrap_or_else(|| none.clone())), ("last drill", drill.unwrap_or(none))];
    lines.into_iter().chain(next).collect()
}

/// `12, 1 due, 2 more within 7 days, 0 expired`; what is not there is left out, but for the first three.
fn told(counts: &Reminders) -> String {
    let more = |count: usize, words: &str| if count == 0 { String::new() } else { format!(", {count} {words}") };
    format!(
        "{}, {} due{}, {} expired{}{}{}",
        counts.secrets,
        counts.due,
        more(counts.due_soon, "more within 7 days"),
        counts.expired,
        more(counts.expires_soon, "more within 7 days"),
        more(counts.under_way, "under way"),
        more(counts.unsettled, "unsettled"),
    )
}
