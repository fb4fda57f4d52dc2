//! The one road by which values leave the vault: every one of them is recorded, and the
//! record is on the disk, before any is given; if it cannot be written, none is given.

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};

use super::audit::AuditAction;
use super::change::Change;
use super::one_time_code::{OneTimeCode, Seed, TOTP};
use super::scope::Address;
use super::secret::{Fields, Secret, SecretId};
use super::{Pick, Vault, is_noted};

/// What stands on record before the reason, where it was a one-time code that left.
const A_CODE: &str = "one-time code";
/// The next step where no code can be made.
const SEEDS: &str = "Set the field totp to the otpauth://totp/… URI or the base32 seed that the service shows.";

/// For what a value leaves the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// To be shown or printed.
    Reveal,
    /// To the clipboard.
    Copy,
    /// Into a file.
    Export,
    /// Into the environment of a program.
    Run,
    /// Into a rendered text.
    Render,
}

impl Release {
    /// What the audit log calls it.
    fn action(self) -> AuditAction {
        match self {
            Self::Reveal => AuditAction::Reveal,
            Self::Copy => AuditAction::Copy,
            Self::Export => AuditAction::Export,
            Self::Run => AuditAction::Run,
            Self::Render => AuditAction::Render,
        }
    }
}

/// One version to be released, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of which secret.
    pub id: SecretId,
    /// Where it was found, for the record of a refusal.
    pub address: Address,
    /// Which version.
    pub pick: Pick,
}

impl Vault {
    /// Opens a version's fields. The audit record is on the
    /// disk before they are given; if it cannot be written, they are not.
    ///
    /// # Errors
    /// `NotFound`; Expired, unless `allow_expired`, and for a previous version that was
    /// retired; Denied, when nothing can be written.
    pub fn release(
        &mut self,
        id: SecretId,
        pick: impl Into<Pick>,
        how: Release,
        reason: &str,
        allow_expired: bool,
    ) -> Result<Fields> {
        let address = self.view(|view| Ok(view.by_id(id)?.1.address))?;
        let wanted = Wanted { id, address, pick: pick.into() };
        let released = self.release_all(std::slice::from_ref(&wanted), how, reason, allow_expired);
        let mut fields = released.map_err(|refused| refused.into_first())?;
        fields.pop().ok_or_else(|| Error::failure("A secret was released without its fields."))
    }

    /// Makes a one-time code of the current version's seed, which stays here. Where it is
    /// given, that it was a code stands before the reason on record; where the present one
    /// is nearly over, nothing is given and nothing recorded.
    ///
    /// # Errors
    /// As [`Self::release`]; Usage, when no code can be made of what the field holds.
    pub fn release_code(
        &mut self,
        id: SecretId,
        how: Release,
        reason: &str,
        allow_expired: bool,
    ) -> Result<OneTimeCode> {
        let address = self.view(|view| Ok(view.by_id(id)?.1.address))?;
        let wanted = Wanted { id, address, pick: Pick::Current };
        let reason = if reason.is_empty() { A_CODE.to_owned() } else { format!("{A_CODE}: {reason}") };
        let mut recording = false;
        let released = self.write(|change| {
            let (secret, number, fields) = change.open_current(&wanted, allow_expired)?;
            let code = one_time_code(&secret, &fields, change.now)?;
            if matches!(code, OneTimeCode::Code(..)) {
                recording = true;
                change.audit(how.action(), &secret, Some(number), &reason)?;
            }
            Ok(code)
        });
        released.map_err(|error| {
            if recording {
                return unrecorded(&error);
            }
            self.note_refused([(&wanted, &error)], how, &reason);
            error
        })
    }

    /// Records that values were asked for that are not there: `address` is where the search began.
    pub fn note_missing(&mut self, address: Option<&Address>, how: Release, reason: &str, error: &Error) {
        if error.kind() == Kind::NotFound {
            self.note_refusal(how.action(), (None, address), reason, &Error::not_found(error.in_full()));
        }
    }

    /// Opens the fields of all that is wanted, in its order, or of none: one transaction
    /// records them all. What stands against any of them is told for each, and recorded.
    ///
    /// # Errors
    /// As [`Self::release`], for each that is refused.
    pub fn release_all(
        &mut self,
        wanted: &[Wanted],
        how: Release,
        reason: &str,
        allow_expired: bool,
    ) -> std::result::Result<Vec<Fields>, Refused> {
        let (mut each, mut recording) = (Vec::new(), false);
        let released = self.write(|change| {
            let mut released = Vec::with_capacity(wanted.len());
            for (at, wanted) in wanted.iter().enumerate() {
                match change.open_current(wanted, allow_expired) {
                    Ok(opened) => released.push(opened),
                    Err(error) => each.push((at, error)),
                }
            }
            if let Some((_, first)) = each.first() {
                return Err(first.clone());
            }
            recording = true;
            for (secret, number, _) in &released {
                change.audit(how.action(), secret, Some(*number), reason)?;
            }
            Ok(released.into_iter().map(|(_, _, fields)| fields).collect())
        });
        released.map_err(|error| {
            if recording {
                return Refused { each: Vec::new(), all: Some(unrecorded(&error)) };
            }
            self.note_refused(each.iter().filter_map(|(at, error)| Some((wanted.get(*at)?, error))), how, reason);
            Refused { all: each.is_empty().then_some(error), each }
        })
    }

    /// Records that these are not given out, and why; also for a front end that saw so
    /// before it asked for any. The refusal stands whether or not it can be written down.
    pub fn note_refused<'a>(
        &mut self,
        refused: impl IntoIterator<Item = (&'a Wanted, &'a Error)>,
        how: Release,
        reason: &str,
    ) {
        if self.read_only.is_some() {
            return;
        }
        let _ = self.write(|change| {
            for (wanted, error) in refused.into_iter().filter(|(_, error)| is_noted(error.kind())) {
                let (id, address) = (Some(wanted.id), Some(&wanted.address));
                change.audit_body(how.action(), id, address, None, reason, Some(error.message()))?;
            }
            Ok(())
        });
    }
}

/// Why nothing was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What stands against each, by its place among what was wanted.
    pub each: Vec<(usize, Error)>,
    /// What stands against all of them: the vault cannot be read or written.
    pub all: Option<Error>,
}

impl Refused {
    /// The first of the reasons.
    #[must_use]
    pub fn into_first(self) -> Error {
        let first = self.all.or_else(|| self.each.into_iter().next().map(|(_, error)| error));
        first.unwrap_or_else(|| Error::failure("Nothing was released."))
    }
}

impl Change<'_> {
    /// A living secret, the number of the version meant, and its fields.
    fn open_current(&self, wanted: &Wanted, allow_expired: bool) -> Result<(Secret, u64, Fields)> {
        let (_, secret) = self.by_id(wanted.id)?;
        if secret.deleted_at.is_some() {
            return Err(Error::not_found(format!("{} was deleted.", secret.address)).hint("Restore it first."));
        }
        if secret.is_expired(self.now) && !allow_expired {
            return Err(expired(&secret));
        }
        let picked = secret.picked(wanted.pick, self.now)?;
        let fields = self.picked_fields(&secret, picked)?;
        Ok((secret, picked.number, fields))
    }
}

/// The code at `now`, of the field that holds the seed.
fn one_time_code(secret: &Secret, fields: &Fields, now: Timestamp) -> Result<OneTimeCode> {
    let Some(held) = fields.get(TOTP) else {
        return Err(
            Error::not_found(format!("{} has no field {TOTP}, of which codes are made.", secret.address)).hint(SEEDS)
        );
    };
    let seed = Seed::read(held).map_err(|cause| {
        Error::usage(format!("The field {TOTP} of {} makes no codes: {cause}.", secret.address)).hint(SEEDS)
    })?;
    Ok(seed.code(now))
}

/// The value was there, but not its line in the log: so it goes nowhere.
fn unrecorded(error: &Error) -> Error {
    let words = format!("No value is given out, since that cannot be recorded: {}", error.message());
    let unrecorded = Error::new(error.kind(), words);
    match error.next_step() {
        Some(step) => unrecorded.hint(step),
        None => unrecorded,
    }
}

fn expired(secret: &Secret) -> Error {
    let when = secret.metadata.expires_at.unwrap_or(Timestamp::UNIX_EPOCH);
    Error::expired(format!("{} expired at {when}.", secret.address))
        .hint("Rotate it and set a new expiry, or use --allow-expired if you must have the old value.")
}
