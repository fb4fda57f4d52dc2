//! The plan, and what became of it, for people and for scripts.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::{Error, Result};

use super::super::call::Call;
use super::super::rotate::driving::code_of;
use super::super::table::Table;
use super::super::times::relative_or_dash;
use super::Fate;
use super::plan::{Planned, Work};

/// So many names stand in a line.
const MOST_NAMED: usize = 4;

/// What would be done.
pub(super) fn plan(call: &Call, planned: &[Planned], built: &[Vec<String>], bits: f64) -> Result<()> {
    if call.output.json {
        let rows = planned.iter().zip(built).map(|(planned, built)| {
            let mut row = row(planned);
            row["built_from_it"] = json!(built);
            row
        });
        return call.output.print_json(&Value::Array(rows.collect()));
    }
    if planned.is_empty() {
        call.output.note("Nothing is due.");
        return Ok(());
    }
    let mut table = Table::new(&["SECRET", "DUE", "VERSION", "HOW"]);
    for planned in planned {
        let when = when(planned, call);
        let (version, how) = cells(planned);
        table.row(vec![planned.address.to_string(), when, version, how]);
    }
    call.output.print(&table.render(call.output.color))?;
    note_generated(call, planned, bits);
    for (planned, built) in planned.iter().zip(built).filter(|(_, built)| !built.is_empty()) {
        call.output.note(&format!("Built from {}: {}.", planned.address, some_of(built)));
    }
    Ok(())
}

/// Since when it is due; what has no interval is there for another reason.
fn when(planned: &Planned, call: &Call) -> String {
    let due_at = Timestamp::from_second(planned.due_at).ok();
    relative_or_dash(due_at, call.now)
}

/// The first of them, and how many more there are.
fn some_of(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What was done, and what was not.
///
/// # Errors
/// Failure, when anything that was to be done was not.
pub(super) fn done(
    call: &Call,
    planned: &[Planned],
    fates: &[Fate],
    (bits, keep_going): (f64, bool),
    interrupted: Option<i32>,
) -> Result<()> {
    let rows = planned.iter().zip(fates);
    if call.output.json {
        let rows = rows.clone().map(|(planned, fate)| with_fate(row(planned), fate));
        call.output.print_json(&Value::Array(rows.collect()))?;
    } else if planned.is_empty() {
        call.output.note("Nothing is due.");
    } else {
        let mut table = Table::new(&["SECRET", "DUE", "VERSION", "OUTCOME"]);
        for (planned, fate) in rows.clone() {
            let when = when(planned, call);
            table.row(vec![planned.address.to_string(), when, planned.version.to_string(), outcome(fate)]);
        }
        call.output.print(&table.render(call.output.color))?;
        note_generated(call, planned, bits);
    }
    let count = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
    let failed = count(|fate| matches!(fate, Fate::Failed(_)));
    let out = count(|fate| matches!(fate, Fate::LeftOut(_)));
    let left = count(|fate| matches!(fate, Fate::NotTried));
    let mut told = format!("{failed} of {} failed", planned.len());
    for (count, what) in [(out, "left out"), (left, "not tried")].iter().filter(|(count, _)| *count > 0) {
        told.push_str(&format!(", {count} {} {what}", if *count == 1 { "was" } else { "were" }));
    }
    if failed + left == 0 {
        if out > 0 {
            call.output.note(&format!("{told}."));
        }
        return Ok(());
    }
    let first = rows.clone().find_map(|(planned, fate)| match fate {
        Fate::Failed(error) => Some(format!("{}: {}", planned.address, error.next_step().unwrap_or("Mend the cause."))),
        _ => None,
    });
    let mut hint = first.into_iter().collect::<Vec<_>>();
    hint.push("Run it again then: what was done is due no more.".to_owned());
    if left > 0 && !keep_going && interrupted.is_none() {
        hint.push("--keep-going does the others meanwhile.".to_owned());
    }
    let error = Error::failure(format!("{told}.")).hint(hint.join(" "));
    Err(interrupted.map_or_else(|| error.clone(), |signal| error.clone().exits(code_of(signal))))
}

fn outcome(fate: &Fate) -> String {
    match fate {
        Fate::Done(told) => told.clone(),
        Fate::Failed(error) => error.message().to_owned(),
        Fate::LeftOut(error) => format!("left out: {}", error.message()),
        Fate::NotTried => "not tried".to_owned(),
    }
}

fn cells(planned: &Planned) -> (String, String) {
    let next = format!("{} -> {}", planned.version, planned.version + 1);
    match &planned.work {
        Work::Resume(why) => (next, format!("go on: {why}")),
        Work::Retire(version) => (planned.version.to_string(), format!("revoke version {version}: its grace is over")),
        Work::Recipe { makes: true, .. } => (next, "by its recipe, which makes the value".to_owned()),
        Work::Recipe { makes: false, .. } => (next, "by its recipe, a generated value".to_owned()),
        Work::Generate(_) => (next, "a generated value, in the vault alone".to_owned()),
        Work::Stuck(error) => (planned.version.to_string(), format!("fails: {}", error.message())),
        Work::LeftOut(error) => (planned.version.to_string(), format!("left out: {}", error.message())),
    }
}

fn note_generated(call: &Call, planned: &[Planned], bits: f64) {
    if planned.iter().any(|planned| matches!(planned.work, Work::Generate(_) | Work::Recipe { makes: false, .. })) {
        call.output.note(&format!("A generated value has {bits:.0} bits."));
    }
    if planned.iter().any(|planned| matches!(planned.work, Work::Generate(_))) {
        call.output.note("Without a recipe only the vault changes: whoever uses the secret is not told.");
    }
}

fn row(planned: &Planned) -> Value {
    let (how, next) = match &planned.work {
        Work::Resume(_) => ("resume", true),
        Work::Retire(_) => ("retire", false),
        Work::Recipe { .. } => ("recipe", true),
        Work::Generate(_) => ("generate", true),
        Work::Stuck(_) => ("stuck", false),
        Work::LeftOut(_) => ("left_out", false),
    };
    json!({
        "name": planned.address.name.as_str(),
        "scope": planned.address.scope.to_string(),
        "version": planned.version,
        "next_version": next.then_some(planned.version + 1),
        "how": how,
    })
}

fn with_fate(mut row: Value, fate: &Fate) -> Value {
    row["outcome"] = match fate {
        Fate::Done(_) => "done",
        Fate::Failed(_) => "failed",
        Fate::LeftOut(_) => "left_out",
        Fate::NotTried => "not_tried",
    }
    .into();
    if let Fate::Failed(error) | Fate::LeftOut(error) = fate {
        row["error"] = error.in_full().into();
    }
    row
}
