//! `audit`: what was done and refused, newest first; `audit verify` walks the chain.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::vault::Vault;
use crate::vault::audit::{AuditQuery, AuditRecord, AuditVerdict};
use crate::vault::scope::Address;

use super::call::Call;
use super::scope_args::ScopeArgs;
use super::shapes;

mod forms;
mod segments;

pub(super) use segments::say_what_is_elsewhere;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom audit --days 7 --action reveal
  strongroom audit --secret production/STRIPE_KEY --json
  strongroom audit --failed --limit 20
  strongroom audit --days 90 --csv
  strongroom audit --oldest-first --jsonl > audit.jsonl
  strongroom audit verify
  strongroom audit cut audit-2025.segment --keep-days 365
  strongroom audit --segment audit-2025.segment --secret STRIPE_KEY";

/// Which records to show.
#[derive(Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Only what was done to this secret
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Only the last N days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// Only this action, for example reveal
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only what this account did, or this one on one machine, USER@HOST
    #[arg(long, value_name = "USER")]
    actor: Option<String>,
    /// Only what failed or was refused
    #[arg(long)]
    failed: bool,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The oldest of them first
    #[arg(long)]
    oldest_first: bool,
    /// Write CSV with a heading
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Write a JSON object a line, without an array around them
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    jsonl: bool,
    /// What audit cut has moved to this file, in the place of what is in the vault
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    segment: Option<PathBuf>,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk the chain: exit 9 if a record was altered, removed or reordered
    #[command(after_help = "Example:\n  strongroom audit verify --json")]
    Verify,
    /// Move the oldest records to a sealed file, which this vault alone opens
    #[command(after_help = segments::CUT_EXAMPLES)]
    Cut(segments::CutArgs),
    /// What was cut off so far: which records, until when, and when that was
    #[command(after_help = "Example:\n  strongroom audit segments --json")]
    Segments,
}

pub(super) fn run(call: &Call, args: &AuditArgs) -> Result<()> {
    match &args.command {
        Some(AuditCommand::Verify) => return verify(call),
        Some(AuditCommand::Cut(args)) => return segments::cut(call, args),
        Some(AuditCommand::Segments) => return segments::list(call),
        None => {}
    }
    if args.scope.is_given() && args.secret.is_none() {
        return Err(Error::usage("A scope is given but no --secret.").hint("Add --secret NAME."));
    }
    let mut query = AuditQuery {
        secret: None,
        address: None,
        since: args.days.and_then(|days| call.now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok()),
        action: args.action.as_deref().map(str::parse).transpose()?,
        actor: args.actor.clone(),
        failed: args.failed,
        limit: args.limit,
    };
    let mut vault = call.open()?;
    vault.note_failed_unlocks()?;
    if let Some(name) = &args.secret {
        query.address = Some(address(call, &mut vault, &args.scope, name)?);
    }
    let (mut records, gap) = match &args.segment {
        Some(path) => (vault.audit_of_segment(path, &query)?, None),
        None => vault.audit_and_gap(&query)?,
    };
    if args.segment.is_none() && args.limit.is_none_or(|limit| records.len() < limit) {
        segments::say_what_is_elsewhere(call, &vault.segments()?, query.since);
    }
    if args.oldest_first {
        records.reverse();
    }
    print(call, args, &records)?;
    match gap {
        None => Ok(()),
        Some(seq) => Err(Error::damaged(format!(
            "The audit log is broken at record {seq}: what is shown is not all that was written."
        ))
        .hint("strongroom audit verify walks all of it. Keep a copy of the file, and compare with a backup.")),
    }
}

fn print(call: &Call, args: &AuditArgs, records: &[AuditRecord]) -> Result<()> {
    if call.output.json {
        return call.output.print_json(&Value::Array(records.iter().map(shapes::record).collect()));
    }
    if args.csv {
        return call.output.print(&forms::csv(records)?);
    }
    if args.jsonl {
        return call.output.print(&forms::json_lines(records));
    }
    if records.is_empty() {
        call.output.note("There is no such record.");
        return Ok(());
    }
    call.output.print(&forms::table(records).render(call.output.color))
}

/// The address to look for: of the secret that the name resolves to, or, for one
/// that is gone, the address as given.
fn address(call: &Call, vault: &mut Vault, scope: &ScopeArgs, name: &str) -> Result<Address> {
    match call.resolve(vault, scope, name) {
        Ok(secret) => Ok(secret.address),
        Err(error) if error.kind() == Kind::NotFound => call.address(scope, name),
        Err(error) => Err(error),
    }
}

fn verify(call: &Call) -> Result<()> {
    let mut vault = call.open()?;
    let verdict = vault.verify_audit()?;
    // The list is under the same root; an intact log over a damaged list is no good news.
    vault.catalog()?;
    vault.verify_rows()?;
    match verdict {
        AuditVerdict::Intact { records } => {
            vault.check_freshness()?;
            let cut_off = vault.segments()?.last().map_or(0, |segment| segment.last);
            if call.output.json {
                return call.output.print_json(&json!({ "intact": true, "records": records, "cut_off": cut_off }));
            }
            let elsewhere = match cut_off {
                0 => String::new(),
                cut_off => format!(", of which the first {cut_off} were cut off"),
            };
            call.output.print(&format!(
                "The audit chain is intact: {records} records{elsewhere}. The list of secrets matches its seal.\n"
            ))
        }
        AuditVerdict::Broken { first_bad, cause } => {
            if call.output.json {
                call.output.print_json(&json!({ "intact": false, "first_bad": first_bad, "cause": cause }))?;
            }
            Err(Error::damaged(format!("The audit chain breaks at record {first_bad}: {cause}"))
                .hint("Keep a copy of the vault file as it is, and compare with a backup."))
        }
    }
}
