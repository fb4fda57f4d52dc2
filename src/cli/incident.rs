//! `incident`: what somebody could have seen or copied, and what became of each: a
//! checklist, or the report.

use std::collections::HashMap;

use clap::{Args, ValueEnum};

use crate::error::{Error, Result};
use crate::inject::dependents::dependents;
use crate::rotation::recipe::mentioned;
use crate::session::actor;
use crate::tui::text::counted;
use crate::vault::Vault;
use crate::vault::catalog::Listed;
use crate::vault::incident::{Choice, ExposedSecret, Incident};
use crate::vault::secret::SecretId;
use crate::vault::when::parse_past;

use super::call::Call;
use super::table::Table;
use super::times::relative_or_dash;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom incident --actor alice --since 30d
  strongroom incident --actor alice@laptop --host bastion1 --since 2026-03-01 --until 2026-03-08
  strongroom incident --host 10.0.0.7 --json
  strongroom incident --actor alice --report markdown > alice.md

The audit log is verified, then it gives every secret that they took out of the vault or wrote. A secret is done
when its current version was not seen and holds no value that was, or when it was purged; nothing is stored, so run
it again to see what is left. It exits with 1 while anything is to do, else with 0. No value leaves the vault.";

/// Whose doings to look at.
#[derive(Args)]
pub(super) struct IncidentArgs {
    /// Who: an account, or account@host for one host alone (repeat for more)
    #[arg(long = "actor", value_name = "USER")]
    actors: Vec<String>,
    /// Where: a machine, or the address of an SSH client (repeat for more)
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// From when: how long ago, for example 30d, a date or a time
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Until when; what they did later is as good as anybody's
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Write the whole report instead of the checklist
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    report: Option<Format>,
}

/// How to write the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown, for people.
    Markdown,
}

pub(super) fn run(call: &Call, args: &IncidentArgs) -> Result<()> {
    let moment = |text: &Option<String>| text.as_deref().map(|text| parse_past(text, call.now)).transpose();
    let choice = Choice {
        people: args.actors.clone(),
        hosts: args.hosts.clone(),
        since: moment(&args.since)?,
        until: moment(&args.until)?,
    };
    choice.check()?;
    choice.check_begun(call.now)?;
    let mut vault = call.open()?;
    let mut incident = vault.incident(choice)?;
    if let Some(cut_off) = &incident.cut_off {
        call.output.warn(cut_off);
    }
    if !incident.unknown.is_empty() {
        return Err(Error::not_found(incident.unknown.join(" "))
            .hint("Write names as strongroom audit has them; leave away who was never there."));
    }
    if !incident.secrets.is_empty() {
        tell_dependents(&mut vault, &mut incident)?;
    }
    match (call.output.json, args.report) {
        (true, _) => call.output.print_json(&incident.json(call.now))?,
        (_, Some(Format::Markdown)) => call.output.print(&incident.markdown(call.now))?,
        _ if incident.secrets.is_empty() => {}
        _ => call.output.print(&table(call, &incident).render(call.output.color))?,
    }
    if incident.choice.takes(call.now, &actor::current()) {
        call.output.warn("You are one of those chosen: what you write counts as seen. Give --until to end it.");
    }
    finish(call, &incident)
}

/// What is built from each of them has to be made anew as well.
fn tell_dependents(vault: &mut Vault, incident: &mut Incident) -> Result<()> {
    let catalog = vault.catalog()?;
    let found = dependents(vault, &catalog, mentioned)?;
    let listed: HashMap<SecretId, &Listed> = catalog.listed().iter().map(|listed| (listed.id, listed)).collect();
    for secret in &mut incident.secrets {
        let built = found.of(secret.id).into_iter();
        secret.dependents = built.filter_map(|built| catalog.address(listed.get(&built.secret)?)).collect();
    }
    Ok(())
}

fn table(call: &Call, incident: &Incident) -> Table {
    let mut table = Table::new(&["STATE", "SECRET", "SEEN", "LAST SEEN", "HOW", "WHAT NOW"]);
    for secret in &incident.secrets {
        table.row(vec![
            secret.state().to_owned(),
            secret.name(),
            versions(secret),
            relative_or_dash(secret.last_seen(), call.now),
            ways(secret),
            what_now(secret),
        ]);
    }
    table
}

/// What to do or what was done, and whether others hang on it.
fn what_now(secret: &ExposedSecret) -> String {
    let built = match secret.dependents.len() {
        0 => String::new(),
        1 => "; 1 is built from it".to_owned(),
        count => format!("; {count} are built from it"),
    };
    format!("{}{built}", secret.standing.told())
}

/// So many versions are told one by one.
const FEW: usize = 4;

/// `v3 v4`, `9 from v3 to v20`
fn versions(secret: &ExposedSecret) -> String {
    let versions = secret.versions();
    match versions.as_slice() {
        [] => "-".to_owned(),
        [first, .., last] if versions.len() > FEW => format!("{} from v{first} to v{last}", versions.len()),
        few => few.iter().map(|version| format!("v{version}")).collect::<Vec<_>>().join(" "),
    }
}

/// `copy, reveal 2`
fn ways(secret: &ExposedSecret) -> String {
    let told = |(action, count)| match count {
        1 => format!("{action}"),
        _ => format!("{action} {count}"),
    };
    let ways: Vec<String> = secret.ways().into_iter().map(told).collect();
    if ways.is_empty() { "-".to_owned() } else { ways.join(", ") }
}

fn finish(call: &Call, incident: &Incident) -> Result<()> {
    let (all, open) = (incident.secrets.len(), incident.open());
    if !incident.keys.is_empty() {
        call.output.warn(&format!(
            "They made or changed keys of the vault, or made a backup with keys of its own, {}: see strongroom key \
             list, and strongroom audit --action backup.",
            counted(incident.keys.len() as u64, "time")
        ));
    }
    if open > 0 {
        let words = format!("{open} of {all} secrets that could have been seen are still to do.");
        return Err(Error::failure(words).hint("Rotate each, somebody else or later than --until; then look again."));
    }
    call.output.note(&match all {
        0 => format!("No secret could have been seen: {} records, all verified.", incident.records),
        _ => format!("All {all} secrets that could have been seen are done."),
    });
    Ok(())
}
