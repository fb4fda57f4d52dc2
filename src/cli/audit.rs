//! `audit`: what was done and refused, newest first; `audit verify` walks the chain.

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
use super::table::Table;
use super::times::local;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom audit --days 7 --action reveal
  strongroom audit --secret production/STRIPE_KEY --json
  strongroom audit --failed --limit 20
  strongroom audit --days 90 --csv
  strongroom audit verify";

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
    /// Only what this account did
    #[arg(long, value_name = "USER")]
    actor: Option<String>,
    /// Only what failed or was refused
    #[arg(long)]
    failed: bool,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Write CSV with a heading
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk the chain: exit 9 if a record was altered, removed or reordered
    #[command(after_help = "Example:\n  strongroom audit verify --json")]
    Verify,
}

pub(super) fn run(call: &Call, args: &AuditArgs) -> Result<()> {
    if matches!(args.command, Some(AuditCommand::Verify)) {
        return verify(call);
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
    if let Some(name) = &args.secret {
        query.address = Some(address(call, &mut vault, &args.scope, name)?);
    }
    let records = vault.audit(&query)?;
    if call.output.json {
        return call.output.print_json(&Value::Array(records.iter().map(shapes::record).collect()));
    }
    if args.csv {
        return call.output.print(&csv(&records)?);
    }
    if records.is_empty() {
        call.output.note("There is no such record.");
        return Ok(());
    }
    call.output.print(&table(&records).render(call.output.color))
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
            if call.output.json {
                return call.output.print_json(&json!({ "intact": true, "records": records }));
            }
            call.output.print(&format!(
                "The audit chain is intact: {records} records. The list of secrets matches its seal.\n"
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

fn who(record: &AuditRecord) -> String {
    let from = if record.actor.ip.is_empty() { String::new() } else { format!(" from {}", record.actor.ip) };
    format!("{}{from}", record.actor.signature())
}

fn table(records: &[AuditRecord]) -> Table {
    let mut table = Table::new(&["SEQ", "WHEN", "ACTION", "SECRET", "VERSION", "WHO", "OUTCOME", "REASON"]);
    for record in records {
        let dash = || "-".to_owned();
        table.row(vec![
            record.seq.to_string(),
            local(record.at),
            record.action.word().to_owned(),
            record.address.as_ref().map_or_else(dash, ToString::to_string),
            record.version.map_or_else(dash, |version| version.to_string()),
            who(record),
            record.error.clone().unwrap_or_else(|| "ok".to_owned()),
            record.reason.clone(),
        ]);
    }
    table
}

/// The same keys as the JSON, one line a record, quoted as RFC 4180 says.
fn csv(records: &[AuditRecord]) -> Result<String> {
    const KEYS: &str = "seq,timestamp,action,secret,scope,version,actor,host,ip,tty,run_id,reason,success,error,hash";
    let failed = |error: String| Error::failure(format!("The CSV cannot be written: {error}."));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(KEYS.split(',')).map_err(|error| failed(error.to_string()))?;
    for record in records {
        let shape = shapes::record(record);
        let cells = KEYS.split(',').map(|key| cell(&shape[key]));
        writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
    }
    let written = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(written).map_err(|error| failed(error.to_string()))
}

/// A cell that a spreadsheet would calculate is kept from doing so.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_harmless() {
        assert_eq!(cell(&"=SUM(A1)".into()), "'=SUM(A1)");
        assert_eq!(cell(&Value::Null), "");
        assert_eq!(cell(&true.into()), "true");
    }

    #[test]
    fn csv_has_a_heading_when_empty() {
        let text = csv(&[]).unwrap();
        assert!(text.starts_with("seq,timestamp,action") && text.ends_with("hash\r\n"), "{text}");
    }
}
