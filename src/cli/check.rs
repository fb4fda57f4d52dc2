//! `check`: what is expired, due, there twice or missing, for a pipeline to stop at.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::inject::lookup::survey;
use crate::inject::problem::{Problem, Trouble};
use crate::inject::survey::{Survey, Text};
use crate::inject::template::Template;
use crate::rotation::drive::is_at_work;
use crate::vault::Vault;
use crate::vault::backup::Wanting;
use crate::vault::catalog::{Catalog, Listed, NEVER};
use crate::vault::rotation::UnderWay;
use crate::vault::scope::{Address, Context};
use crate::vault::secret::{Secret, SecretId, SecretName};
use crate::vault::when::parse_duration;

use super::call::Call;
use super::render;
use super::scope_args::ScopeArgs;
use super::table::Table;
use super::times::{push_relative, relative};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom check
  strongroom check --env production --due-within 7d
  strongroom check --env production --require DB_URL --require STRIPE_KEY --json
  strongroom check --backup-within 7d
  strongroom check --env production --template service.yaml --template service.env

Without a scope every secret is checked, with one those that it sees, inherited ones too; with a template
those that it refers to. It exits with 3 if anything is missing, else with 6 if anything has expired, else with 2
if a reference cannot be filled in, else with 1 if anything is due or there twice, or a rotation is left halfway:
unsettled (the current value may not work), to be revoked (the grace of the previous one is over), or staged for
more than 7 days, or the last backup is older than --backup-within; else with 0. Of the vault as a whole it says
besides, without an exit code, when no backup is young and tried, or there is one key only. No value leaves it.";

/// A pending version that waits for longer has been forgotten.
const STAGED_DAYS: i64 = 7;

/// What to check.
#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// A name that must be there, in the scopes given (repeat for more)
    #[arg(long, value_name = "NAME")]
    require: Vec<String>,
    /// A text with references, as for render and run; only what it refers to is checked (repeat for more)
    #[arg(long = "template", value_name = "FILE")]
    templates: Vec<PathBuf>,
    /// Also what will be due or expired within that time, for example 7d
    #[arg(long, value_name = "DURATION")]
    due_within: Option<String>,
    /// Also that the last backup was made within that time, for example 7d
    #[arg(long, value_name = "DURATION")]
    backup_within: Option<String>,
    /// Do not look for values that are there twice
    #[arg(long)]
    no_duplicates: bool,
}

/// Why a secret is in the report; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Flaw {
    Missing,
    Expired,
    /// A reference that is misspelt, or a variable that is not set.
    Unfilled,
    /// A rotation was cut off: the current value may not work.
    Unsettled,
    Due,
    /// The far side still takes a version whose grace is over.
    Revoke,
    /// A pending version waits since long.
    Staged,
    Duplicate,
    /// There is no backup, or an old one; only where it was asked for.
    Backup,
}

/// Every flaw, the worst first.
const FLAWS: [Flaw; 9] = [
    Flaw::Missing,
    Flaw::Expired,
    Flaw::Unfilled,
    Flaw::Unsettled,
    Flaw::Due,
    Flaw::Revoke,
    Flaw::Staged,
    Flaw::Duplicate,
    Flaw::Backup,
];

impl Flaw {
    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::Unfilled => "unfilled",
            Self::Unsettled => "unsettled",
            Self::Due => "due",
            Self::Revoke => "revoke",
            Self::Staged => "staged",
            Self::Duplicate => "duplicate",
            Self::Backup => "backup",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Missing => Kind::NotFound,
            Self::Expired => Kind::Expired,
            Self::Unfilled => Kind::Usage,
            Self::Unsettled | Self::Due | Self::Revoke | Self::Staged | Self::Duplicate | Self::Backup => Kind::Failure,
        }
    }
}

/// One line of the report.
struct Finding {
    flaw: Flaw,
    /// An address, or a name that is nowhere; none where a reference names none.
    secret: Option<String>,
    /// Which line of which template.
    place: Option<String>,
    at: Option<Timestamp>,
    told: String,
}

pub(super) fn run(call: &Call, args: &CheckArgs) -> Result<()> {
    let ahead = args.due_within.as_deref().map_or(Ok(SignedDuration::ZERO), parse_duration)?;
    let until = call.now.checked_add(ahead).unwrap_or(Timestamp::MAX);
    let within = args.backup_within.as_deref().map(parse_duration).transpose()?;
    let context = Context::new(args.scope.scopes(&call.config.scope)?);
    let texts = Texts::read(call, &args.templates)?;
    let mut vault = call.open()?;
    let catalog = vault.catalog()?;
    let mut findings = missing(call, args, &mut vault)?;
    let seen: Vec<&Listed> = if !args.templates.is_empty() {
        let survey = texts.survey(&mut vault, &context, call.now)?;
        findings.extend(texts.faults.iter().chain(survey.problems()).filter_map(unfilled));
        let named = survey.secrets();
        let is_named = |listed: &&Listed| catalog.address(listed).is_some_and(|address| named.contains(&&address));
        catalog.listed().iter().filter(is_named).collect()
    } else if args.scope.is_given() || call.config.scope_is_set {
        catalog.visible(&context)
    } else {
        catalog.listed().iter().collect()
    };
    for listed in &seen {
        findings.extend(overdue(call, &catalog, listed, until));
    }
    findings.extend(left_halfway(call, &seen, &mut vault, until)?);
    if !args.no_duplicates {
        findings.extend(duplicates(&catalog, &seen, &mut vault)?);
    }
    let is_of_all = args.templates.is_empty() && !args.scope.is_given() && !call.config.scope_is_set;
    if let Some(within) = within {
        findings.extend(no_backup_since(call, &mut vault, within)?);
    } else if is_of_all && !catalog.listed().is_empty() {
        warn_of_backups(call, &mut vault)?;
    }
    if is_of_all && vault.key_slots()?.len() == 1 {
        call.output.warn("There is one way into the vault only, and no second. strongroom key add --recovery");
    }
    findings.sort_by_key(|finding| finding.flaw);
    report(call, seen.len(), &findings, !args.no_duplicates)
}

/// That the last backup is not as young as it must be; the log is looked through for it, the newest first.
fn no_backup_since(call: &Call, vault: &mut Vault, within: SignedDuration) -> Result<Option<Finding>> {
    let (backups, begins) = vault.last_backups(usize::MAX)?;
    let at = backups.made().map(|made| made.at);
    if at.is_some_and(|at| call.now.duration_since(at) <= within) {
        return Ok(None);
    }
    let told = match (at, begins) {
        (Some(at), _) => format!("The last backup was made {}.", relative(at, call.now)),
        (None, Some(begins)) => format!("The log tells of no backup; it begins {}.", relative(begins, call.now)),
        (None, None) => Wanting::None.told().to_owned(),
    };
    Ok(Some(Finding { flaw: Flaw::Backup, secret: None, place: None, at, told }))
}

/// Says what is to be done about backups. It changes no exit code: nobody's pipeline is to
/// stop because of it who has not asked for that.
fn warn_of_backups(call: &Call, vault: &mut Vault) -> Result<()> {
    let (backups, begins) = vault.last_backups(usize::MAX)?;
    if let Some(wanting) = backups.wanting(call.now, begins) {
        call.output.warn(&format!("{} {}", wanting.told(), wanting.next_step()));
    }
    Ok(())
}

/// The templates, as far as they can be read.
struct Texts {
    read: Vec<(String, Template)>,
    faults: Vec<Problem>,
}

impl Texts {
    fn read(call: &Call, files: &[PathBuf]) -> Result<Self> {
        let mut texts = Self { read: Vec::new(), faults: Vec::new() };
        for file in files {
            match render::parsed(call, file)? {
                Ok(template) => texts.read.push((render::shown(file), template)),
                Err(faults) => texts.faults.extend(faults),
            }
        }
        Ok(texts)
    }

    fn survey(&self, vault: &mut Vault, context: &Context, now: Timestamp) -> Result<Survey> {
        let texts: Vec<Text<'_>> = self.read.iter().map(|(file, template)| Text { file, template }).collect();
        survey(vault, &texts, context, now)
    }
}

/// What stands in the way of one reference; that its secret has expired is found with the others'.
fn unfilled(problem: &Problem) -> Option<Finding> {
    let flaw = match problem.trouble {
        Trouble::Expired => return None,
        trouble if trouble.is_missing() => Flaw::Missing,
        _ => Flaw::Unfilled,
    };
    Some(Finding {
        flaw,
        secret: problem.secret.as_ref().map(ToString::to_string),
        place: Some(format!("{}:{}", problem.file, problem.place)),
        at: None,
        told: problem.cause.clone(),
    })
}

/// The names that must be there and are not.
fn missing(call: &Call, args: &CheckArgs, vault: &mut Vault) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for name in &args.require {
        let (context, name): (Context, SecretName) = args.scope.for_reading(name, &call.config.scope)?;
        match vault.resolve(&context, &name) {
            Ok(_) => {}
            Err(error) if error.kind() == Kind::NotFound => findings.push(Finding {
                flaw: Flaw::Missing,
                secret: Some(name.to_string()),
                place: None,
                at: None,
                told: error.message().to_owned(),
            }),
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

/// Expired, or due for rotation, by `until`; the first of the two, if both.
fn overdue(call: &Call, catalog: &Catalog, listed: &Listed, until: Timestamp) -> Option<Finding> {
    let (flaw, second) = [(Flaw::Expired, listed.expires_at), (Flaw::Due, listed.due_at())]
        .into_iter()
        .find(|(_, second)| *second != NEVER && *second <= until.as_second())?;
    let mut when = String::new();
    push_relative(&mut when, second, call.now);
    let is_past = second <= call.now.as_second();
    let told = match (flaw, is_past) {
        (Flaw::Expired, true) => format!("It expired {when}."),
        (Flaw::Expired, false) => format!("It expires {when}."),
        (_, true) => format!("Its rotation was due {when}."),
        (_, false) => format!("Its rotation is due {when}."),
    };
    let at = Timestamp::from_second(second).ok();
    Some(Finding { flaw, secret: Some(name_of(catalog, listed)), place: None, at, told })
}

/// Those whose rotation nobody has brought to its end.
fn left_halfway(call: &Call, seen: &[&Listed], vault: &mut Vault, until: Timestamp) -> Result<Vec<Finding>> {
    let under_way = seen.iter().filter(|listed| listed.under_way != UnderWay::Nothing);
    let ids: Vec<SecretId> = under_way.map(|listed| listed.id).collect();
    let mut secrets = Vec::new();
    vault.each_in_full(&ids, |secret| {
        secrets.push(secret);
        Ok(())
    })?;
    // What somebody is at in this moment is not left.
    let is_left = |secret: &&Secret| !secret.busy().is_some_and(|busy| is_at_work(vault, busy, call.now));
    Ok(secrets.iter().filter(is_left).filter_map(|secret| halfway(call, secret, until)).collect())
}

fn halfway(call: &Call, secret: &Secret, until: Timestamp) -> Option<Finding> {
    let address = &secret.address;
    let (flaw, at, told) = match (&secret.rotation.stage, &secret.rotation.revoke) {
        (Some(stage), _) if stage.is_refused() => (Flaw::Unsettled, stage.since, secret.doubt()?),
        (Some(stage), _) if secret.may_not_work() => {
            let state = stage.state.word();
            let told = format!(
                "Its rotation was left {state}: perhaps the far side has the pending value. \
                 Settle it with strongroom rotate {address} --resume."
            );
            (Flaw::Unsettled, stage.since, told)
        }
        (Some(stage), _) => {
            let (is_old, days) = (stage.since < staged_long(call.now), STAGED_DAYS);
            let told = format!("Its pending version waits for more than {days} days. Promote it or abort it.");
            (Flaw::Staged, Some(stage.since).filter(|_| is_old)?, told)
        }
        (None, revoke) => {
            let version = revoke.as_ref()?.version;
            let over = secret.rotation.previous_until.filter(|over| *over <= until)?;
            let is = if over <= call.now { "is" } else { "will be" };
            let told = format!(
                "The far side still takes version {version}, whose grace {is} over. \
                 Revoke it with strongroom rotate {address} --retire."
            );
            (Flaw::Revoke, over, told)
        }
    };
    Some(Finding { flaw, secret: Some(address.to_string()), place: None, at: Some(at), told })
}

/// What was staged before then waits for long.
fn staged_long(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * STAGED_DAYS)).unwrap_or(Timestamp::MIN)
}

/// Those whose value is another secret's too, wherever that lives.
fn duplicates(catalog: &Catalog, seen: &[&Listed], vault: &mut Vault) -> Result<Vec<Finding>> {
    let duplicates = vault.duplicates()?;
    let alike: HashMap<SecretId, &Listed> = catalog
        .listed()
        .iter()
        .filter(|listed| duplicates.contains(listed.id))
        .map(|listed| (listed.id, listed))
        .collect();
    let mut findings = Vec::new();
    for listed in seen.iter().filter(|listed| alike.contains_key(&listed.id)) {
        let others = duplicates.like(listed.id).filter_map(|id| alike.get(&id));
        let mut others: Vec<Address> = others.filter_map(|other| catalog.address(other)).collect();
        others.sort_unstable();
        let first = others.first().map(ToString::to_string).unwrap_or_default();
        let more = match others.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let told = format!("It has the same value as {first}{more}.");
        let secret = Some(name_of(catalog, listed));
        findings.push(Finding { flaw: Flaw::Duplicate, secret, place: None, at: None, told });
    }
    Ok(findings)
}

fn name_of(catalog: &Catalog, listed: &Listed) -> String {
    catalog.address(listed).map_or_else(|| listed.name.to_string(), |address| address.to_string())
}

fn report(call: &Call, checked: usize, findings: &[Finding], is_compared: bool) -> Result<()> {
    if call.output.json {
        let findings: Vec<Value> = findings
            .iter()
            .map(|finding| {
                json!({
                    "flaw": finding.flaw.word(),
                    "secret": finding.secret,
                    "place": finding.place,
                    "at": finding.at.map(super::shapes::time),
                    "told": finding.told,
                })
            })
            .collect();
        call.output.print_json(&Value::Array(findings))?;
    } else if !findings.is_empty() {
        let mut table = Table::new(&["FLAW", "WHERE", "WHY"]);
        for finding in findings {
            let place = finding.place.as_ref().or(finding.secret.as_ref());
            let cells = [finding.flaw.word(), place.map_or("-", String::as_str), &finding.told];
            table.row(cells.map(str::to_owned).into());
        }
        call.output.print(&table.render(call.output.color))?;
    }
    let Some(worst) = findings.iter().map(|finding| finding.flaw).min() else {
        let none = match is_compared {
            true => "none is missing, expired, due, left halfway or there twice",
            false => "none is missing, expired, due or left halfway; values were not compared",
        };
        call.output.note(&format!("Checked {checked} secrets: {none}."));
        return Ok(());
    };
    let count = |flaw: Flaw| findings.iter().filter(|finding| finding.flaw == flaw).count();
    let told: Vec<String> = FLAWS
        .into_iter()
        .filter(|flaw| count(*flaw) > 0)
        .map(|flaw| format!("{} {}", count(flaw), flaw.word()))
        .collect();
    Err(Error::new(worst.kind(), format!("Checked {checked} secrets: {}.", told.join(", "))))
}
