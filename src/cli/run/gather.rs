//! [`Gathered`]: the secrets that are to become variables, found but not yet opened.

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::inject::environment::{Outcome, Row, Source, Wish};
use crate::secret_text::SecretText;
use crate::vault::audit::AuditAction;
use crate::vault::scope::Context;
use crate::vault::secret::VALUE;
use crate::vault::{Release, Vault, Wanted};

use super::super::call::Call;
use super::RunArgs;

/// What was found, and what stands against it.
pub(super) struct Gathered {
    /// What wants to become a variable, in the order of `found`.
    pub(super) wishes: Vec<Wish>,
    /// The secrets.
    pub(super) found: Vec<Found>,
    /// What stands against starting the program.
    problems: Vec<(Kind, String)>,
}

/// A secret that is to become a variable.
pub(super) struct Found {
    pub(super) wanted: Wanted,
    /// Its current version.
    pub(super) version: u64,
    expires: Option<Timestamp>,
}

impl Found {
    /// True when it is given out no more.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A value, and the variable that it becomes.
pub(super) struct Opened {
    pub(super) variable: String,
    pub(super) value: SecretText,
    /// What to call it in messages.
    pub(super) told: String,
}

impl Gathered {
    /// Finds what the command line asks for.
    pub(super) fn new(call: &Call, args: &RunArgs, vault: &mut Vault) -> Result<Self> {
        let mut gathered = Self { wishes: Vec::new(), found: Vec::new(), problems: Vec::new() };
        let context = Context::new(args.scope.scopes(&call.config.scope)?);
        for name in &args.only {
            gathered.ask(call, args, vault, name)?;
        }
        if args.only.is_empty() {
            gathered.all_seen(call, vault, &context)?;
        }
        Ok(gathered)
    }

    /// One secret, by its name or address.
    fn ask(&mut self, call: &Call, args: &RunArgs, vault: &mut Vault, name: &str) -> Result<()> {
        let secret = match call.resolve(vault, &args.scope, name) {
            Ok(secret) => secret,
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Usage | Kind::Conflict) => {
                self.problems.push((error.kind(), error.message().to_owned()));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if self.found.iter().any(|found| found.wanted.id == secret.id) {
            return Ok(());
        }
        let address = secret.address.clone();
        if !secret.fields.iter().any(|field| field.as_str() == VALUE) {
            self.problems.push((Kind::NotFound, format!("{address} has no field {VALUE}.")));
            return Ok(());
        }
        self.wishes.push(Wish { source: Source::Asked(address.name.to_string()), told: address.to_string() });
        self.found.push(Found {
            wanted: Wanted { id: secret.id, address, version: None },
            version: secret.version,
            expires: secret.metadata.expires_at,
        });
        Ok(())
    }

    /// All that the context sees.
    fn all_seen(&mut self, call: &Call, vault: &mut Vault, context: &Context) -> Result<()> {
        let catalog = vault.catalog()?;
        let mut without = Vec::new();
        for listed in catalog.visible(context) {
            let Some(address) = catalog.address(listed) else { continue };
            if !catalog.text(listed.fields).split(' ').any(|field| field == VALUE) {
                without.push(address.to_string());
                continue;
            }
            self.wishes.push(Wish { source: Source::Seen(address.name.to_string()), told: address.to_string() });
            self.found.push(Found {
                wanted: Wanted { id: listed.id, address, version: None },
                version: listed.version.into(),
                expires: Timestamp::from_second(listed.expires_at).ok(),
            });
        }
        if !without.is_empty() {
            call.output.note(&format!("Left out, since they have no field {VALUE}: {}.", without.join(", ")));
        }
        if self.found.is_empty() {
            call.output.note("The context sees no secret.");
        }
        Ok(())
    }

    /// The rows, if nothing stands against any of them.
    pub(super) fn settle(&mut self, rows: std::result::Result<Vec<Row>, Vec<String>>) -> Result<Vec<Row>> {
        let rows = rows.unwrap_or_else(|problems| {
            self.problems.extend(problems.into_iter().map(|problem| (Kind::Usage, problem)));
            Vec::new()
        });
        if self.problems.is_empty() { Ok(rows) } else { Err(refused(std::mem::take(&mut self.problems))) }
    }

    /// Tells of those that have expired together with what else stands against starting.
    /// Each is recorded, as it is where it alone is the reason.
    pub(super) fn refuse_expired(&mut self, vault: &mut Vault, rows: Option<&[Row]>, reason: &str, now: Timestamp) {
        for (at, found) in self.found.iter().enumerate().filter(|(_, found)| found.is_expired(now)) {
            let is_used = |row: &Row| row.wish == at && row.outcome != Outcome::Kept;
            if rows.is_none_or(|rows| rows.iter().any(is_used)) {
                let told = format!("{} has expired.", found.wanted.address);
                // The refusal stands whether or not it could be written down.
                let _ = vault.note(AuditAction::Run, Some(found.wanted.id), reason, Some(&told));
                self.problems.push((Kind::Expired, told));
            }
        }
    }

    /// Opens what becomes a variable; each is recorded.
    pub(super) fn open(
        &self,
        vault: &mut Vault,
        rows: &[Row],
        reason: &str,
        allow_expired: bool,
    ) -> Result<Vec<Opened>> {
        let used: Vec<&Row> = rows.iter().filter(|row| row.outcome != Outcome::Kept).collect();
        let wanted: Vec<Wanted> =
            used.iter().filter_map(|row| self.found.get(row.wish)).map(|found| found.wanted.clone()).collect();
        let released =
            vault.release_all(&wanted, Release::Run, reason, allow_expired).map_err(|refusal| match refusal.all {
                Some(error) => error,
                None => {
                    refused(refusal.each.iter().map(|(_, error)| (error.kind(), error.message().to_owned())).collect())
                }
            })?;
        let opened = used.iter().zip(&wanted).zip(released).map(|((row, wanted), fields)| {
            let told = wanted.address.to_string();
            let value = fields.take(VALUE).ok_or_else(|| Error::not_found(format!("{told} has no field {VALUE}.")))?;
            Ok(Opened { variable: row.variable.clone(), value, told })
        });
        opened.collect()
    }
}

/// The gravest kind decides the exit code; each is told.
pub(super) fn refused(problems: Vec<(Kind, String)>) -> Error {
    let gravest = [Kind::NotFound, Kind::Expired, Kind::Denied, Kind::Conflict, Kind::Usage];
    let kind = gravest.into_iter().find(|kind| problems.iter().any(|(held, _)| held == kind)).unwrap_or(Kind::Failure);
    let hint = match kind {
        Kind::NotFound => "List what there is with strongroom list --recursive.",
        Kind::Expired => "Rotate them and set a new expiry, or use --allow-expired if you must have the old values.",
        _ => "Choose with --only, keep apart with --prefix, or set a variable in front: NAME=value strongroom run ...",
    };
    let told = problems.into_iter().map(|(_, problem)| problem).collect();
    Error::new(kind, "The program was not started.").detailed(told).hint(hint)
}
