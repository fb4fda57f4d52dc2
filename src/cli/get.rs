//! `get`: what is known about a secret. It has no way to a value.

use std::fmt::Write;

use crate::error::Result;
use crate::vault::secret::{FieldName, Secret};

use super::args::NameArgs;
use super::call::Call;
use super::shapes;
use super::times::{both, local};
use crate::tui::text::printable;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom get STRIPE_KEY --env production
  strongroom get production/payments/STRIPE_KEY --json";

pub(super) fn run(call: &Call, args: &NameArgs) -> Result<()> {
    let mut vault = call.open()?;
    let secret = call.resolve(&mut vault, &args.scope, &args.name)?;
    if call.output.json {
        return call.output.print_json(&shapes::secret(&secret, call.now));
    }
    call.output.print(&sheet(call, &secret))
}

/// One line a fact; what is not set is left out.
fn sheet(call: &Call, secret: &Secret) -> String {
    let metadata = &secret.metadata;
    let fields: Vec<&str> = secret.fields.iter().map(FieldName::as_str).collect();
    let rotated = secret.last_rotated.map_or_else(|| secret.unrotated().to_owned(), |time| both(time, call.now));
    let mark = |is: bool, word: &str| if is { format!(" {word}") } else { String::new() };
    let mut lines = vec![
        ("name", secret.address.name.to_string()),
        ("scope", secret.address.scope.to_string()),
        ("version", secret.version.to_string()),
        ("fields", fields.join(" ")),
        ("description", metadata.description.clone()),
        ("owner", metadata.owner.clone()),
        ("tags", metadata.tags.join(" ")),
        ("metadata", metadata.json.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("created", format!("{} by {}", both(secret.created_at, call.now), secret.created_by)),
        ("updated", both(secret.updated_at, call.now)),
        ("rotated", rotated),
    ];
    if let Some(days) = metadata.rotation_days {
        let due = secret.due_at().map(|due| both(due, call.now)).unwrap_or_default();
        lines.push(("due", format!("{due}, every {days} days{}", mark(secret.is_due(call.now), "DUE"))));
    }
    if let Some(expires) = metadata.expires_at {
        lines.push(("expires", format!("{}{}", both(expires, call.now), mark(secret.is_expired(call.now), "EXPIRED"))));
    }
    if let Some(stage) = &secret.rotation.stage {
        let what = format!(
            "version {}, {}, staged {} by {}",
            secret.version + 1,
            if stage.is_refused() { "stopped: the current one could not be verified" } else { stage.state.word() },
            both(stage.since, call.now),
            stage.by
        );
        lines.push(("pending", if stage.reason.is_empty() { what } else { format!("{what}: {}", stage.reason) }));
    }
    if let Some(until) = secret.rotation.previous_until {
        let word = if until <= call.now { "retired" } else { "until" };
        let previous = secret.version.saturating_sub(1);
        lines.push(("previous", format!("version {previous}, {word} {}", both(until, call.now))));
    }
    if let Some(revoke) = &secret.rotation.revoke {
        lines.push(("to revoke", format!("version {}: the far side may still take it", revoke.version)));
    }
    if secret.metadata.recipe.is_some() {
        lines.push(("recipe", "yes: strongroom recipe show".to_owned()));
    }
    if let Some(deleted) = secret.deleted_at {
        lines.push(("deleted", local(deleted)));
    }
    let mut text = String::new();
    for (label, fact) in lines.iter().filter(|(_, fact)| !fact.is_empty()) {
        let _ = writeln!(text, "{label:<12} {}", printable(fact));
    }
    text
}
