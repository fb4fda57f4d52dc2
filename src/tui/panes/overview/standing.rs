//! What the overview says about the vault itself: its list and log, who gets in, its backups.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::crypto::keyring::SlotKind;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::audit::AuditVerdict;
use crate::vault::backup::{Backups, Tried, Wanting};
use crate::vault::overview::Overview;
use crate::vault::secret::SecretId;
use crate::vault::usage::Extent;
use crate::vault::{ReadOnly, Segment, Stale};

use super::sections::{Body, Cell, Lead, Row, not_known, plain};

/// What is known about the vault itself.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The walk along the audit chain, once it is done, and when that was.
    pub audit: Option<(&'a AuditVerdict, Timestamp)>,
    /// Why nothing can be written, if so.
    pub read_only: Option<&'a ReadOnly>,
    /// That an older file put back could not be told, and why, if so.
    pub unkept: Option<&'a str>,
    /// Secrets that were found damaged, in that order.
    pub damaged: &'a [Damaged],
    /// Failed unlocks since the last entry in the log.
    pub failed_unlocks: u64,
    /// How much of the log the use of secrets is known from.
    pub usage: Extent,
    /// What the log tells of backups, once all of it is known.
    pub backups: &'a Backups,
    /// What was cut off the log, once all of it is known.
    pub cut_off: Option<&'a Segment>,
    /// The kinds of key slots, once known.
    pub slots: Option<&'a [SlotKind]>,
    /// Now.
    pub now: Timestamp,
}

/// A secret that was found damaged since the vault was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Which.
    pub id: SecretId,
    /// Its address.
    pub address: String,
    /// What is wrong with it, a sentence.
    pub cause: String,
}

/// What is wrong with the vault itself, which comes before everything else to be done.
#[must_use]
pub(super) fn trouble_rows(standing: Standing<'_>) -> Vec<Row> {
    let row = |words: String, told: &str, lead| {
        let told = text::printable(told).into_owned();
        Row {
            label: String::new(),
            body: Body::Words(format!("!!     {words}"), Role::Danger),
            cells: vec![Cell { told, lead }],
        }
    };
    let mut rows = Vec::new();
    if let Some(first) = standing.damaged.first() {
        let count = text::grouped(standing.damaged.len() as u64);
        let words = format!("{count} damaged: {}", text::printable(&first.address));
        let lead = Lead { filter: String::new(), select: Some(first.id) };
        rows.push(row(words, &format!("strongroom verify names all · {}", first.cause), Some(lead)));
    }
    let is_told = |cause: &String| standing.damaged.iter().any(|damaged| damaged.cause == *cause);
    let broken = matches!(standing.audit, Some((AuditVerdict::Broken { .. }, _)));
    match standing.read_only {
        Some(read_only @ ReadOnly::Stale(stale)) => {
            let words = match stale {
                Stale::Older { .. } => "an older file than was seen",
                Stale::Forked { .. } => "another file than was seen",
                Stale::Unreadable { .. } => "what was seen is unreadable",
            };
            rows.push(row(words.to_owned(), &told(read_only), None));
        }
        Some(read_only @ ReadOnly::Damaged(cause)) if !is_told(cause) => {
            let words = if broken { "the audit log is broken" } else { "damage was found" };
            rows.push(row(words.to_owned(), &told(read_only), None));
        }
        _ => {}
    }
    if let Some(unkept) = standing.unkept {
        let told = format!("strongroom anchor tells more · {unkept}");
        rows.push(row("an older file would not be told".to_owned(), &told, None));
    }
    rows
}

/// The command that tells more, then the cause, which is long.
fn told(read_only: &ReadOnly) -> String {
    let cause = read_only.cause();
    read_only.command().map_or(cause.clone(), |command| format!("{command} tells more · {cause}"))
}

/// The rows of the block.
#[must_use]
pub(super) fn vault_rows(numbers: &Overview, standing: Standing<'_>) -> Vec<Row> {
    let (log, role) = match standing.audit {
        None => ("being checked…".to_owned(), Role::Muted),
        Some((AuditVerdict::Intact { records }, at)) => {
            let when = at.to_zoned(TimeZone::UTC).strftime("%H:%M UTC");
            let records = records.saturating_sub(standing.cut_off.map_or(0, |segment| segment.last));
            let records = text::counted(records, "record");
            if !standing.damaged.is_empty() || matches!(standing.read_only, Some(ReadOnly::Damaged(_))) {
                (format!("!! DAMAGED; log {when}, {records}"), Role::Danger)
            } else {
                (format!("verified {when}, {records}"), Role::Ok)
            }
        }
        Some((AuditVerdict::Broken { first_bad, cause }, _)) => {
            (format!("!! BROKEN at record {first_bad}: {cause}"), Role::Danger)
        }
    };
    let failed = match standing.failed_unlocks {
        0 => ("none since the last entry".to_owned(), Role::Text),
        tries => (format!("! {} since the last entry", text::grouped(tries)), Role::Warn),
    };
    let (ways, ways_role) = ways_in(standing.slots);
    vec![
        list_and_log(log, role, standing.cut_off),
        writing(standing.read_only),
        plain("wrong keys", failed.0, failed.1),
        match standing.slots {
            Some([_]) => advised("ways in", ways, ways_role, "strongroom key add --recovery"),
            _ => plain("ways in", ways, ways_role),
        },
        last_backup(numbers, standing),
        never_used(numbers, standing),
    ]
}

/// What was verified; in the line below, what of the log is elsewhere.
fn list_and_log(words: String, role: Role, cut_off: Option<&Segment>) -> Row {
    let mut row = plain("list and log", words, role);
    if let (Some(segment), Some(cell)) = (cut_off, row.cells.first_mut()) {
        let words = format!(" · cut off: 1 to {}, until {}", text::grouped(segment.last), day(segment.until));
        cell.told.push_str(&words);
    }
    row
}

/// Whether anything can be written; if not, the line below begins with what tells more, since
/// a cause is long.
fn writing(read_only: Option<&ReadOnly>) -> Row {
    let Some(read_only) = read_only else { return plain("writing", "allowed".to_owned(), Role::Text) };
    let (cause, told) = (read_only.cause(), told(read_only));
    let cells = vec![Cell { told: format!("READ-ONLY: {}", text::printable(&told)), lead: None }];
    let words = format!("!! READ-ONLY: {}", text::printable(&cause));
    Row { label: "writing".to_owned(), body: Body::Words(words, Role::Danger), cells }
}

/// How old the last backup is and the last drill with one; in the line below, the days, where
/// it went, and what is to be done.
fn last_backup(numbers: &Overview, standing: Standing<'_>) -> Row {
    let (backups, now) = (standing.backups, standing.now);
    if standing.usage != Extent::Whole {
        let (words, role) = not_known(standing.usage);
        return plain("last backup", words.to_owned(), role);
    }
    let begins = standing.cut_off.map(|segment| segment.until);
    // Without a secret there is nothing to lose yet.
    let wanting = backups.wanting(now, begins).filter(|_| numbers.total > 0);
    let (mark, role) = match wanting {
        Some(Wanting::Failed) => ("!! ", Role::Danger),
        Some(_) => ("! ", Role::Warn),
        None => ("", Role::Text),
    };
    let none =
        standing.cut_off.map_or_else(|| "none yet".to_owned(), |segment| format!("none since {}", day(segment.until)));
    let made = backups.made().map_or_else(|| none.clone(), |made| text::age(made.at, now));
    let tried = match (backups.made(), backups.tried()) {
        (_, Some(Tried { passed: false, .. })) => ", last drill FAILED".to_owned(),
        (_, Some(tried)) => format!(", tried {}", text::age(tried.at, now)),
        (Some(_), None) if standing.cut_off.is_some() => ", no drill in the log".to_owned(),
        (Some(_), None) => ", never tried".to_owned(),
        (None, None) => String::new(),
    };
    let mut told = vec![format!("last backup: {}", backups.made().map_or(none, |made| day(made.at)))];
    if backups.made().is_none() || backups.tried().is_none() {
        told.extend(standing.cut_off.map(|_| BEGINS.to_owned()));
    }
    told.extend(
        backups
            .tried()
            .map(|tried| format!("{} {}", if tried.passed { "tried" } else { "FAILED when tried" }, day(tried.at))),
    );
    told.extend(wanting.map(|wanting| wanting.next_step().to_owned()));
    told.extend(backups.made().map(|made| format!("to {}", text::printable(made.place()))));
    let cells = vec![Cell { told: told.join(" · "), lead: None }];
    Row { label: "last backup".to_owned(), body: Body::Words(format!("{mark}{made}{tried}"), role), cells }
}

/// Why the log does not tell more, where something was cut off it.
const BEGINS: &str = "the log begins there, strongroom audit --segment FILE tells of before";

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// How many secrets nobody took a value of, as far as the log tells, and where they are.
fn never_used(numbers: &Overview, standing: Standing<'_>) -> Row {
    let Some(used) = &numbers.used else {
        let (words, role) = not_known(standing.usage);
        return plain("never used", words.to_owned(), role);
    };
    let (never, all) = (text::grouped(used.never as u64), text::counted(numbers.total as u64, "secret"));
    let (label, words, more) = match standing.cut_off {
        None => ("never used", format!("{never} of {all}"), String::new()),
        Some(segment) => {
            let since = format!("{never} since {}", day(segment.until));
            ("not used", since, format!(" · of {all} · {BEGINS}"))
        }
    };
    let cells = vec![Cell::counted(format!("{label}: {words}{more}"), used.never, "used:never".to_owned())];
    Row { label: label.to_owned(), body: Body::Words(words, Role::Text), cells }
}

/// The key slots; one alone is one loss away from losing everything.
fn ways_in(slots: Option<&[SlotKind]>) -> (String, Role) {
    match slots {
        None => ("not known yet".to_owned(), Role::Muted),
        Some([only]) => (format!("! {} only; lost with it", only.word()), Role::Warn),
        Some(slots) => {
            let kinds: Vec<&str> = slots.iter().map(|kind| kind.word()).collect();
            (format!("{}: {}", slots.len(), kinds.join(", ")), Role::Text)
        }
    }
}

/// A row about the vault with the command that mends it, in the line below.
fn advised(label: &str, words: String, role: Role, command: &str) -> Row {
    let cells = vec![Cell { told: format!("{label}: {words} · {command}"), lead: None }];
    Row { label: label.to_owned(), body: Body::Words(words, role), cells }
}
