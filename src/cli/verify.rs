//! `verify`: every record of the vault opened, every chain walked.

use clap::Args;
use serde_json::json;

use crate::error::{Error, Result};
use crate::vault::Verified;

use super::call::Call;
use super::shapes;
use super::times::both;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom verify
  strongroom verify --json

It reads the whole file: pages, lists, every field of every version, deleted secrets, and the audit log.
No value is shown or leaves the vault. Damage is exit 9, with what is damaged.";

/// Nothing to choose.
#[derive(Args)]
pub(super) struct VerifyArgs {}

pub(super) fn run(call: &Call) -> Result<()> {
    let mut vault = call.open()?;
    let verified = vault.verify()?;
    if call.output.json {
        call.output.print_json(&json!({
            "intact": verified.damage.is_empty() && vault.check_freshness().is_ok(),
            "secrets": verified.secrets,
            "deleted": verified.deleted,
            "versions": verified.versions,
            "audit_records": verified.audit_records,
            "damage": verified.damage,
            "recorded": verified.unrecorded.is_none(),
            "whole_at": verified.whole_at.map(shapes::time),
        }))?;
    }
    if verified.damage.is_empty() {
        vault.check_freshness()?;
        if !call.output.json {
            call.output.print(&format!("{}\n", told(&verified)))?;
        }
        if let Some(unrecorded) = verified.unrecorded {
            call.output.warn("All is well, but that could not be put on record.");
            return Err(unrecorded);
        }
        return Ok(());
    }
    let path = vault.path().display();
    let since = match verified.whole_at {
        Some(at) => format!("All was well when it was verified {}.", both(at, call.now)),
        None => "It was never verified before, as far as its log tells.".to_owned(),
    };
    Err(Error::damaged(format!("{path} is damaged or was tampered with. What else it holds opens. {since}"))
        .detailed(verified.damage)
        .hint(
            "Keep a copy of the file as it is and write nothing more to it; restore a backup that is older than the \
             damage (strongroom backup restore).",
        ))
}

fn told(verified: &Verified) -> String {
    let deleted = if verified.deleted == 0 { String::new() } else { format!(" and {} deleted", verified.deleted) };
    format!(
        "All is well: {}{deleted} secrets with {} versions, and {} audit records, open and match their seals.",
        verified.secrets, verified.versions, verified.audit_records
    )
}
