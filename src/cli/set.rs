//! `set`: create a secret, give it a new version if a field changed, or change
//! only what is kept with it. Fields that are not given stay as they are; the
//! vault merges them, so that nothing is released for it.

use clap::Args;

use crate::error::{Error, Result};
use crate::vault::when::parse_expiry;
use crate::vault::{Expected, MetadataChange, Outcome, Vault, Written};

use super::args::VersionArgs;
use super::call::{Call, look_first};
use super::scope_args::ScopeArgs;
use super::{shapes, source};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom set STRIPE_KEY --env production                 (asks for the value, twice, hidden)
  strongroom set production/TLS --file server.pem --expires 90d
  strongroom set DB --namespace payments --generate --field username=ops --rotation-days 30
  strongroom set production/DB --description Ledger --tag db --tag critical      (value stays)
  printenv TOKEN | strongroom set TOKEN --stdin";

/// What to write.
#[derive(Args)]
pub(super) struct SetArgs {
    /// The secret: a name, or a full address such as production/payments/STRIPE_KEY
    name: String,
    #[command(flatten)]
    version: VersionArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    kept: KeptArgs,
    /// Only create: exit 4 if it exists
    #[arg(long, conflicts_with_all = ["update", "if_version"])]
    create: bool,
    /// Only change: exit 3 if it does not exist
    #[arg(long)]
    update: bool,
}

/// What is kept with a secret and changes without a new version.
#[derive(Args)]
struct KeptArgs {
    /// One line for people; '' takes it away
    #[arg(help_heading = "Kept with it", long, value_name = "TEXT")]
    description: Option<String>,
    /// JSON for programs; null takes it away
    #[arg(help_heading = "Kept with it", long, value_name = "JSON")]
    metadata: Option<String>,
    /// A tag (repeat for more); together they replace those there, '' takes all away
    #[arg(help_heading = "Kept with it", long = "tag", value_name = "TAG")]
    tags: Option<Vec<String>>,
    /// 30d, 12h, 2027-01-31, a timestamp, or never
    #[arg(help_heading = "Kept with it", long, value_name = "WHEN", allow_hyphen_values = true)]
    expires: Option<String>,
    /// Days that a value may serve, or none
    #[arg(help_heading = "Kept with it", long, value_name = "N")]
    rotation_days: Option<String>,
    /// Who answers for it; '' takes it away
    #[arg(help_heading = "Kept with it", long, value_name = "OWNER")]
    owner: Option<String>,
}

pub(super) fn run(call: &Call, args: SetArgs) -> Result<()> {
    let address = call.address(&args.scope, &args.name)?;
    args.version.source.check(call)?;
    let change = args.kept.change(call)?;
    if change.expires_at.flatten().is_some_and(|expires| expires <= call.now) {
        call.output.warn("That expiry is past: the value will not be given out.");
    }
    let expected = match (args.version.if_version, args.create, args.update) {
        (Some(version), _, _) => Expected::Version(version),
        (None, true, _) => Expected::Absent,
        (None, false, true) => Expected::Present,
        (None, false, false) => Expected::Any,
    };
    let mut vault = call.open()?;
    let reason = &args.version.reason;
    let refuse = |vault: &mut Vault| vault.merge(&address, None, MetadataChange::default(), reason, expected);
    let exists = look_first(&mut vault, &address, expected, refuse)?.is_some();
    let needs_value = !exists || change == MetadataChange::default();
    let fields = if args.version.source.is_given() {
        Some(args.version.source.read(call)?)
    } else if needs_value {
        Some(source::ask(call, &address.to_string())?)
    } else {
        None
    };
    let written = vault.merge(&address, fields, change, &args.version.reason, expected)?;
    if written.outcome == Outcome::NewVersion {
        call.warn_untold(&written.secret);
    }
    report(call, &written)
}

fn report(call: &Call, written: &Written) -> Result<()> {
    if call.output.json {
        return call.output.print_json(&shapes::written(written, call.now));
    }
    let (address, version) = (&written.secret.address, written.secret.version);
    call.output.note(&match written.outcome {
        Outcome::Created => format!("Created {address}, version {version}."),
        Outcome::NewVersion => format!("Changed {address}: version {version}."),
        Outcome::MetadataOnly => format!("Changed what is kept with {address}; still version {version}."),
        Outcome::Unchanged => format!("Nothing changed: {address} holds exactly that, version {version}."),
    });
    Ok(())
}

impl KeptArgs {
    fn change(&self, call: &Call) -> Result<MetadataChange> {
        Ok(MetadataChange {
            description: self.description.clone(),
            json: self.metadata.as_deref().map(metadata).transpose()?,
            tags: self.tags.as_deref().map(tags).transpose()?,
            expires_at: self.expires.as_deref().map(|text| parse_expiry(text, call.now)).transpose()?,
            rotation_days: self.rotation_days.as_deref().map(rotation_days).transpose()?,
            owner: self.owner.clone(),
            recipe: None,
        })
    }
}

fn metadata(text: &str) -> Result<Option<serde_json::Value>> {
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Null) => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            Err(Error::usage(format!("--metadata is no JSON: line {}, column {}.", error.line(), error.column()))
                .hint("Write it in single quotes, for example --metadata '{\"team\":\"payments\"}'."))
        }
    }
}

fn tags(given: &[String]) -> Result<Vec<String>> {
    let mut tags: Vec<String> = given.iter().filter(|tag| !tag.is_empty()).cloned().collect();
    if tags.iter().any(|tag| tag.contains(|c: char| c.is_whitespace() || c.is_control())) {
        return Err(Error::usage("A tag has no blanks in it.").hint("Repeat --tag for several tags."));
    }
    tags.sort_unstable();
    tags.dedup();
    Ok(tags)
}

fn rotation_days(text: &str) -> Result<Option<u32>> {
    match text {
        "none" | "never" => Ok(None),
        _ => match text.parse::<u32>() {
            Ok(days @ 1..=36_500) => Ok(Some(days)),
            _ => Err(Error::usage("--rotation-days takes a number of days from 1 to 36500, or none.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_sorted_and_an_empty_one_clears() {
        let given = |tags: &[&str]| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(tags(&given(&["b", "a", "b"])).unwrap(), ["a", "b"]);
        assert!(tags(&given(&[""])).unwrap().is_empty());
        assert!(tags(&given(&["a b"])).is_err());
    }

    #[test]
    fn metadata_errors_do_not_repeat_the_text() {
        let error = metadata("{hunter2").unwrap_err();
        assert!(!error.message().contains("hunter2") && error.message().contains("column"), "{error}");
        assert_eq!(metadata("null").unwrap(), None);
        assert_eq!(metadata("{\"a\":1}").unwrap().unwrap()["a"], 1);
    }

    #[test]
    fn rotation_days_are_days_or_none() {
        assert_eq!(rotation_days("30").unwrap(), Some(30));
        assert_eq!(rotation_days("none").unwrap(), None);
        for text in ["0", "-1", "30d", "36501", ""] {
            assert!(rotation_days(text).is_err(), "{text}");
        }
    }
}
