//! `audit cut` and `audit segments`: the oldest records in files of their own.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::tui::text::printable;
use crate::vault::Segment;

use super::super::call::{Call, is_stream};
use super::super::shapes;
use super::super::table::Table;
use super::super::times::local;

pub(super) const CUT_EXAMPLES: &str = "\
Examples:
  strongroom audit cut audit-2025.segment --keep-days 365
  strongroom audit --segment audit-2025.segment --limit 20

The file is sealed; the vault keeps its key and its SHA-256, and a record says what was cut off. It is written
and read back before a record leaves the vault. Keep it with the backups: nobody reads it without the vault, or
a backup that was made after the cut.";

/// What goes, and where to.
#[derive(Args)]
pub(super) struct CutArgs {
    /// The new file
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Keep what is younger than N days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: u32,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub(super) fn cut(call: &Call, args: &CutArgs) -> Result<()> {
    if is_stream(&args.file) {
        return Err(Error::usage("A segment is read back before a record leaves the vault, and no stream can be.")
            .hint("Name a new file, or ./- for one of that name."));
    }
    Segment::check_free(&args.file)?;
    let mut vault = call.open()?;
    let kept = SignedDuration::from_hours(24 * i64::from(args.keep_days));
    let before = call.now.checked_sub(kept).unwrap_or(Timestamp::MIN);
    let Some(cut) = vault.cut_audit(&args.file, before, &args.reason)? else {
        if call.output.json {
            return call.output.print_json(&json!({ "outcome": "unchanged" }));
        }
        call.output.note("No record is older than that. No file was made.");
        return Ok(());
    };
    if let Some(left) = &cut.left {
        call.output.warn(&format!(
            "The records are cut off, but their sealed bytes are still in the vault's log: {}",
            left.message()
        ));
    }
    if call.output.json {
        let mut shape = shape(&cut.segment);
        shape["outcome"] = "cut".into();
        shape["file"] = cut.file.display().to_string().into();
        return call.output.print_json(&shape);
    }
    let Segment { first, last, .. } = cut.segment;
    call.output.note(&format!(
        "Records {first} to {last} are in {} now, segment {}.",
        printable(&cut.file.display().to_string()),
        cut.segment.short_id()
    ));
    Ok(())
}

pub(super) fn list(call: &Call) -> Result<()> {
    let segments = call.open()?.segments()?;
    if call.output.json {
        return call.output.print_json(&Value::Array(segments.iter().map(shape).collect()));
    }
    if segments.is_empty() {
        call.output.note("Nothing was cut off the log so far.");
        return Ok(());
    }
    let mut table = Table::new(&["SEGMENT", "FIRST", "LAST", "UNTIL", "CUT"]);
    for segment in &segments {
        let numbers = [segment.first, segment.last].map(|number| number.to_string());
        let [first, last] = numbers;
        table.row(vec![segment.short_id(), first, last, local(segment.until), local(segment.cut_at)]);
    }
    call.output.print(&table.render(call.output.color))?;
    call.output.note("strongroom audit --action audit_cut tells to which file each went.");
    Ok(())
}

/// Says what an answer about the past leaves out.
pub(in crate::cli) fn say_what_is_elsewhere(call: &Call, segments: &[Segment], since: Option<Timestamp>) {
    let Some(newest) = segments.last() else { return };
    if since.is_none_or(|since| since <= newest.until) {
        call.output.warn(&newest.told());
    }
}

fn shape(segment: &Segment) -> Value {
    json!({
        "segment": data_encoding::HEXLOWER.encode(&segment.id),
        "first": segment.first,
        "last": segment.last,
        "records": segment.records(),
        "until": shapes::time(segment.until),
        "cut_at": shapes::time(segment.cut_at),
    })
}
