//! [`Gathered`]: the secrets and the lines of files that are to become variables, looked
//! up but not yet opened; and then opened all at once.

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::inject::env_file::Line;
use crate::inject::environment::{Outcome, Row, Source, Wish};
use crate::inject::fill::{Filled, Terms, fill};
use crate::inject::lookup::survey;
use crate::inject::problem::Trouble;
use crate::inject::survey::Text;
use crate::inject::template::Template;
use crate::vault::audit::AuditAction;
use crate::vault::scope::{Address, Context};
use crate::vault::secret::{SecretId, VALUE};
use crate::vault::{Release, Vault};

use super::super::call::Call;
use super::super::scope_args::ScopeArgs;
use super::RunArgs;

/// What was found, and what stands against starting the program.
pub(super) struct Gathered {
    /// What wants to become a variable, in the order of `found`.
    pub(super) wishes: Vec<Wish>,
    pub(super) found: Vec<Found>,
    pub(super) context: Context,
    problems: Vec<(Kind, String)>,
}

/// What is to become a variable.
pub(super) enum Found {
    Secret(FoundSecret),
    Line { file: String, number: usize, value: Template },
}

/// A secret whose main field is to become a variable.
pub(super) struct FoundSecret {
    id: SecretId,
    pub(super) address: Address,
    /// Its current version.
    pub(super) version: u64,
    expires: Option<Timestamp>,
}

impl FoundSecret {
    /// True when it is given out no more.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// It, as a text that consists of its value.
    fn as_text(&self) -> Result<Template> {
        let Address { scope, name } = &self.address;
        Template::parse(format!("{{{{secrets.{scope}/{name}}}}}").as_bytes())
            .map_err(|_| Error::failure(format!("{} cannot be referred to.", self.address)))
    }
}

impl Gathered {
    /// Finds what the command line asks for, `lines` being those of its files.
    pub(super) fn new(call: &Call, args: &RunArgs, vault: &mut Vault, lines: Vec<(String, Line)>) -> Result<Self> {
        let context = Context::new(args.scope.scopes(&call.config.scope)?);
        let mut gathered = Self { wishes: Vec::new(), found: Vec::new(), context, problems: Vec::new() };
        let is_all = args.all || (args.only.is_empty() && args.env_files.is_empty());
        for (file, line) in lines {
            let told = format!("{file}:{}", line.number);
            gathered.wishes.push(Wish { source: Source::Line(line.name), told });
            gathered.found.push(Found::Line { file, number: line.number, value: line.value });
        }
        for name in &args.only {
            gathered.ask(call, args, vault, name)?;
        }
        if is_all {
            gathered.all_seen(call, vault)?;
        }
        Ok(gathered)
    }

    fn add(&mut self, source: Source, secret: FoundSecret) {
        let is_new = |found: &Found| !matches!(found, Found::Secret(held) if held.id == secret.id);
        if self.found.iter().all(is_new) {
            self.wishes.push(Wish { source, told: secret.address.to_string() });
            self.found.push(Found::Secret(secret));
        }
    }

    /// One secret, by its name or address.
    fn ask(&mut self, call: &Call, args: &RunArgs, vault: &mut Vault, name: &str) -> Result<()> {
        // A full address says where by itself, whatever the context is.
        let scope = if name.contains('/') { &ScopeArgs::default() } else { &args.scope };
        let secret = match call.resolve(vault, scope, name) {
            Ok(secret) => secret,
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Usage | Kind::Conflict) => {
                self.problems.push((error.kind(), error.message().to_owned()));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let address = secret.address;
        if secret.fields.iter().any(|field| field.as_str() == VALUE) {
            let source = Source::Asked(address.name.to_string());
            let expires = secret.metadata.expires_at;
            self.add(source, FoundSecret { id: secret.id, address, version: secret.version, expires });
        } else {
            self.problems.push((Kind::NotFound, format!("{address} has no field {VALUE}.")));
        }
        Ok(())
    }

    /// All that the context sees.
    fn all_seen(&mut self, call: &Call, vault: &mut Vault) -> Result<()> {
        let catalog = vault.catalog()?;
        let seen = catalog.visible(&self.context);
        let mut without = Vec::new();
        if seen.is_empty() && self.found.is_empty() {
            call.output.note("The context sees no secret.");
        }
        for listed in seen {
            let Some(address) = catalog.address(listed) else { continue };
            if catalog.text(listed.fields).split(' ').any(|field| field == VALUE) {
                let expires = Timestamp::from_second(listed.expires_at).ok();
                let source = Source::Seen(address.name.to_string());
                self.add(source, FoundSecret { id: listed.id, address, version: listed.version.into(), expires });
            } else {
                without.push(address.to_string());
            }
        }
        if !without.is_empty() {
            call.output.note(&format!("Left out, since they have no field {VALUE}: {}.", without.join(", ")));
        }
        Ok(())
    }

    /// Adds what stands against the rows, and against what goes into them: `reason` is
    /// for the record of those that have expired, where anybody asks for their values.
    pub(super) fn look(
        &mut self,
        vault: &mut Vault,
        rows: &std::result::Result<Vec<Row>, Vec<String>>,
        now: Timestamp,
        reason: Option<&str>,
    ) -> Result<()> {
        if let Err(problems) = rows {
            self.problems.extend(problems.iter().map(|problem| (Kind::Usage, problem.clone())));
        }
        let is_used = |at: usize| match rows {
            Ok(rows) => rows.iter().any(|row| row.wish == at && row.outcome != Outcome::Kept),
            Err(_) => true,
        };
        let used = self.found.iter().enumerate().filter(|(at, _)| is_used(*at)).map(|(_, found)| found);
        let mut texts = Vec::new();
        for found in used {
            match found {
                Found::Line { file, value, .. } => texts.push(Text { file, template: value }),
                Found::Secret(secret) if secret.is_expired(now) => {
                    let Some(reason) = reason else { continue };
                    let told = format!("{} has expired.", secret.address);
                    // The refusal stands whether or not it could be written down.
                    let _ = vault.note(AuditAction::Run, Some(secret.id), reason, Some(&told));
                    self.problems.push((Kind::Expired, told));
                }
                Found::Secret(_) => {}
            }
        }
        let survey = survey(vault, &texts, &self.context, now)?;
        for problem in survey.problems() {
            let kind = match problem.trouble {
                Trouble::Expired if reason.is_none() => continue,
                Trouble::Expired => Kind::Expired,
                trouble if trouble.is_missing() => Kind::NotFound,
                _ => Kind::Usage,
            };
            self.problems.push((kind, problem.to_string()));
        }
        Ok(())
    }

    /// The rows, if nothing stands against any of them.
    pub(super) fn settle(&mut self, rows: std::result::Result<Vec<Row>, Vec<String>>) -> Result<Vec<Row>> {
        match rows {
            Ok(rows) if self.problems.is_empty() => Ok(rows),
            _ => Err(refused(std::mem::take(&mut self.problems))),
        }
    }

    /// Opens what goes into these rows; each is recorded, once. What may not work is warned of.
    pub(super) fn open(&self, call: &Call, vault: &mut Vault, rows: &[Row], terms: &Terms<'_>) -> Result<Filled> {
        let secrets = rows.iter().filter_map(|row| match self.found.get(row.wish) {
            Some(Found::Secret(secret)) => Some(secret.as_text()),
            _ => None,
        });
        let secrets = secrets.collect::<Result<Vec<Template>>>()?;
        let mut secrets = secrets.iter();
        let texts = rows.iter().filter_map(|row| {
            Some(match self.found.get(row.wish)? {
                Found::Line { file, value, .. } => Text { file, template: value },
                Found::Secret(_) => Text { file: "the secret", template: secrets.next()? },
            })
        });
        let texts: Vec<Text<'_>> = texts.collect();
        let survey = survey(vault, &texts, &self.context, call.now)?;
        let filled = fill(vault, &texts, &survey, terms)?;
        survey.doubts().iter().for_each(|doubt| call.output.warn(doubt));
        Ok(filled)
    }

    /// How the release is to be recorded.
    pub(super) fn terms<'a>(reason: &'a str, allow_expired: bool) -> Terms<'a> {
        Terms { how: Release::Run, reason, allow_expired }
    }
}

/// The gravest kind decides the exit code; each is told.
pub(super) fn refused(problems: Vec<(Kind, String)>) -> Error {
    let gravest = [Kind::NotFound, Kind::Expired, Kind::Denied, Kind::Conflict, Kind::Usage];
    let kind = gravest.into_iter().find(|kind| problems.iter().any(|(held, _)| held == kind)).unwrap_or(Kind::Failure);
    let hint = match kind {
        Kind::NotFound => "Set what is missing, or look in other scopes with --scope, --env or --namespace.",
        Kind::Expired => "Rotate it and set a new expiry, or use --allow-expired if you must have the old value.",
        _ => "Choose with --only, keep apart with --prefix, or set a variable in front: NAME=value strongroom run ...",
    };
    let told = problems.into_iter().map(|(_, problem)| problem).collect();
    Error::new(kind, "The program was not started.").detailed(told).hint(hint)
}
