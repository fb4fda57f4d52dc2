//! What the vault thread answers to requests that need the unlocked vault.

mod export;
mod paste;
mod theirs;

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::vault::audit::AuditQuery;
use crate::vault::one_time_code::OneTimeCode;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Secret, SecretId, VALUE};
use crate::vault::{Doomed, Expected, Outcome, Pick, Release, Vault};

use crate::tui::effect::Request;
use crate::tui::event::Answer;
use crate::tui::job::Deed;
use crate::tui::rotating::LastUse;

/// So many audit records of a secret are shown.
const AUDIT_RECORDS: usize = 200;

/// Does what is asked; `None` for what the keeper does itself.
pub(super) fn answer(vault: &mut Vault, request: Request) -> Result<Option<Answer>> {
    let answer = match request {
        Request::Detail(id) => detail(vault, id)?,
        Request::Audit(id) => {
            let query = AuditQuery { secret: Some(id), limit: Some(AUDIT_RECORDS), ..AuditQuery::default() };
            let records = vault.audit(&query)?;
            let cut_off = if records.len() < AUDIT_RECORDS { vault.segments()?.pop() } else { None };
            Answer::Audit { id, records, cut_off }
        }
        Request::Reveal { id, version, allow_expired } => reveal(vault, id, version, allow_expired)?,
        Request::Copy { id, field, version, allow_expired } => copy(vault, id, &field, version, allow_expired)?,
        Request::CopyOf { id, field, pick } => copy_of(vault, id, &field, pick)?,
        Request::LastUse(id) => {
            let query = AuditQuery { secret: Some(id), limit: Some(AUDIT_RECORDS), ..AuditQuery::default() };
            Answer::LastUse(id, LastUse::among(&vault.audit(&query)?))
        }
        Request::CopyCode { id, allow_expired } => copy_code(vault, id, allow_expired)?,
        Request::Shape { id, field, version } => {
            let (version, shape) = vault.shape(id, version, &field)?;
            Answer::Shaped { id, version, shape: Box::new(shape) }
        }
        Request::OpenToPaste { id, field, version, seen, allow_expired, pane } => {
            paste::open(vault, (id, &field), (version, seen), allow_expired, pane)?
        }
        Request::NoteUnpasted { id, pane, cause } => {
            paste::note(vault, id, &pane, &cause);
            return Ok(None);
        }
        Request::OpenToEdit { id, version } => open_to_edit(vault, id, version)?,
        Request::WriteOut { id, version, field, path, in_work_tree } => {
            export::write_out(vault, id, version, &field, path, in_work_tree)?
        }
        Request::WriteReport { text, path, in_work_tree } => export::write_report(text, path, in_work_tree)?,
        Request::Compare { id, before, after } => Answer::Compared(Box::new(vault.shape_diff(id, before, after)?)),
        Request::Theirs { id, seen, address } => Answer::Theirs(id, theirs::find(vault, id, seen, &address)?),
        Request::Amend { address, fields, metadata, over, reason, expected } => {
            let written = vault.amend(&address, &fields, &metadata, over.as_deref(), &reason, expected)?;
            Answer::Written(Deed::Save, Box::new(written))
        }
        Request::Set { address, fields, metadata, reason, expected } => {
            let written = vault.set(&address, fields, metadata, &reason, expected)?;
            let deed = if written.outcome == Outcome::Created { Deed::Add } else { Deed::Save };
            Answer::Written(deed, Box::new(written))
        }
        Request::FindSame { id, fields, ticket } => Answer::Same { id, names: vault.same_fields(id, &fields)?, ticket },
        Request::Rotate { address, fields, reason, expected, allow_same } => {
            if let Some(same) = (!allow_same).then(|| changes_nothing(vault, &address, &fields, expected)).flatten() {
                return Ok(Some(same));
            }
            Answer::Written(Deed::Rotate, Box::new(vault.rotate(&address, fields, &reason, expected)?))
        }
        Request::RollBack { address, number, reason, expected } => {
            Answer::Written(Deed::RollBack, Box::new(vault.roll_back(&address, number, &reason, expected)?))
        }
        Request::Restore(address) => Answer::Restored(vault.restore(&address, None, "")?.address),
        Request::DeletedOf(address) => {
            let deleted = vault.deleted_of(&address)?;
            Answer::DeletedOf(address, deleted)
        }
        Request::Deleted => Answer::Deleted(vault.deleted()?),
        Request::DeletedBy(ids) => Answer::DeletedBy(vault.deleted_by(&ids)?),
        Request::Purge { address, id, deleted } => {
            vault.purge(&address, if deleted { Doomed::Deleted(id) } else { Doomed::Id(id) }, "")?;
            Answer::Purged(address, id)
        }
        Request::Create { .. }
        | Request::Unlock(_)
        | Request::UnlockByFile
        | Request::Lock
        | Request::WritePins(_)
        | Request::FindDuplicates
        | Request::FindMentions
        | Request::Incident(_)
        | Request::EndIncident
        | Request::Rotation(_)
        | Request::Job(_) => {
            return Ok(None);
        }
    };
    Ok(Some(answer))
}

fn detail(vault: &mut Vault, id: SecretId) -> Result<Answer> {
    let read = vault.secret(id).and_then(|secret| Ok((secret, vault.history(id)?)));
    match read {
        Ok((secret, history)) => Ok(Answer::Detail { secret: Box::new(secret), history }),
        Err(error) if error.kind() == Kind::Locked => Err(error),
        Err(error) => Ok(Answer::DetailFailed(id, error)),
    }
}

/// The answer to a rotation that would make a version which changes nothing. Where the secret
/// is not as it was seen, the rotation itself says so.
pub(super) fn changes_nothing(
    vault: &mut Vault,
    address: &Address,
    fields: &Fields,
    expected: Expected,
) -> Option<Answer> {
    let secret = vault.find(address).ok()?;
    let is_seen = match expected {
        Expected::This(id, version) => id == secret.id && version.is_none_or(|version| version == secret.version),
        _ => true,
    };
    let names = vault.same_fields(secret.id, fields).ok().filter(|_| is_seen)?;
    (names.len() == fields.len()).then_some(Answer::Same { id: secret.id, names, ticket: 0 })
}

/// Opens a version for the screen, naming which one it was.
fn reveal(vault: &mut Vault, id: SecretId, version: Option<u64>, allow_expired: bool) -> Result<Answer> {
    let version = match version {
        Some(version) => version,
        None => vault.secret(id)?.version,
    };
    let fields = vault.release(id, Some(version), Release::Reveal, "", allow_expired)?;
    Ok(Answer::Revealed { id, version, fields })
}

/// Opens one field for the clipboard; the others are wiped here.
fn copy(vault: &mut Vault, id: SecretId, field: &str, version: Option<u64>, allow_expired: bool) -> Result<Answer> {
    let secret = vault.secret(id)?;
    // Asked before the release, so that a copy that cannot be is not on record.
    if version.is_none() && !secret.fields.iter().any(|known| known.as_str() == field) {
        return Err(no_such_field(&secret, field));
    }
    let version = version.unwrap_or(secret.version);
    let fields = vault.release(id, Some(version), Release::Copy, "", allow_expired)?;
    let value = fields.take(field).ok_or_else(|| no_such_field(&secret, field))?;
    Ok(Answer::ReadyToCopy { address: secret.address, version, value })
}

/// Opens one field of a version of a rotation for the clipboard, also of an expired secret,
/// which is mended by it.
fn copy_of(vault: &mut Vault, id: SecretId, field: &str, pick: Pick) -> Result<Answer> {
    let secret = vault.secret(id)?;
    let fields = vault.release(id, pick, Release::Copy, "For its rotation", true)?;
    let value = fields.take(field).ok_or_else(|| no_such_field(&secret, field))?;
    let version = secret.picked(pick, Timestamp::now()).map_or(secret.version, |picked| picked.number);
    Ok(Answer::ReadyToCopy { address: secret.address, version, value })
}

/// Makes a one-time code for the clipboard; the seed stays in the vault.
fn copy_code(vault: &mut Vault, id: SecretId, allow_expired: bool) -> Result<Answer> {
    let address = vault.secret(id)?.address;
    Ok(match vault.release_code(id, Release::Copy, "", allow_expired)? {
        OneTimeCode::Code(code, good_for) => Answer::CodeReady { id, address, code, good_for },
        OneTimeCode::FreshIn(wait) => Answer::FreshCodeIn { id, wait },
    })
}

/// Opens the fields of the version that is edited; an expired secret may be mended.
fn open_to_edit(vault: &mut Vault, id: SecretId, version: u64) -> Result<Answer> {
    let fields = vault.release(id, Some(version), Release::Reveal, "Opened to edit", true)?;
    Ok(Answer::ReadyToEdit { id, version, fields })
}

/// The error for a field that the secret does not have.
fn no_such_field(secret: &Secret, field: &str) -> Error {
    Error::not_found(format!("{} has no field {}.", secret.address, field.escape_debug()))
        .hint(format!("Take its field {VALUE} instead, or look at its fields."))
}
