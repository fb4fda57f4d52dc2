//! Staging, promoting, aborting: each is one transaction with its audit record inside.
//!
//! Pending fields are sealed for the secret and the revision that staged them, under a
//! purpose of their own: they stand in for no version, and none that was aborted stands
//! in for a later one. The metadata hold a digest of them, so that none of another copy
//! of the vault does either. Promoting seals them once more, as the version that they become.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::crypto::keyring::{Keyring, RawKey};
use crate::crypto::seal::{Padding, Place, Purpose, SealKey};
use crate::error::{Error, Result};
use crate::store::StageRow;
use crate::vault::audit::AuditAction;
use crate::vault::change::Change;
use crate::vault::pick::Pick;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, Origin, Secret, SecretId, VALUE};
use crate::vault::view::View;
use crate::vault::write::{Expected, Found, Written, check_fields, existing, merged};
use crate::vault::{Outcome, Vault, integrity, record};

use super::rules::Deed;
use super::words::sentences;
use super::{GivenUp, Revoke, Stage, StageState, StepDone};

/// How a pending version becomes the current one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Promotion {
    /// How long the previous version stays reachable; `None`: what was said at staging.
    pub grace: Option<SignedDuration>,
    /// The far side is to be told later to refuse the previous version.
    pub revoke: bool,
    /// Whatever the far side was told or not: whoever asks knows what it has.
    pub by_hand: bool,
}

impl Vault {
    /// Seals a pending version beside the current one; fields that are not given are those
    /// of the current one. Nobody gets it who does not ask for the pending one.
    ///
    /// # Errors
    /// `NotFound`; Conflict against `expected`, or when another is pending; Usage, for
    /// values out of bounds.
    pub fn stage(
        &mut self,
        address: &Address,
        fields: Fields,
        grace: Option<SignedDuration>,
        reason: &str,
        expected: Expected,
    ) -> Result<Secret> {
        self.attempt(AuditAction::Stage, (None, Some(address)), reason, |change| {
            let (found, _) = existing(change, address, expected)?;
            found.1.check_free_for(Deed::Value)?;
            check_withdrawn(&found.1)?;
            let fields = merged(change, &found.1, fields)?;
            let stage = new_stage(change, StageState::Staged, grace, reason);
            change.stage(found, &fields, stage)
        })
    }

    /// Seals the fields of an earlier version as the pending one, as they are. Once promoted they
    /// are as old as they were: a rollback of which the far side hears.
    ///
    /// # Errors
    /// As [`Self::stage`]; `NotFound`, when there is no such version; Usage, when it is the
    /// current one. The previous one comes back whether its grace has ended or not.
    pub fn stage_earlier(
        &mut self,
        address: &Address,
        pick: Pick,
        grace: Option<SignedDuration>,
        reason: &str,
        expected: Expected,
    ) -> Result<Secret> {
        self.attempt(AuditAction::Stage, (None, Some(address)), reason, |change| {
            let (found, _) = existing(change, address, expected)?;
            found.1.check_free_for(Deed::Value)?;
            let number = earlier(&found.1, pick, change.now)?;
            // What the far side was to refuse is to be taken again.
            let comes_back = found
                .1
                .rotation
                .revoke
                .as_ref()
                .is_some_and(|revoke| revoke.version == number && revoke.busy.is_none());
            if !comes_back {
                check_withdrawn(&found.1)?;
            }
            let fields = change.fields(&change.version_row(&found.1, number)?)?;
            let stage = Stage { from: Some(number), ..new_stage(change, StageState::Staged, grace, reason) };
            change.stage(found, &fields, stage)
        })
    }

    /// Makes the pending version the current one.
    ///
    /// # Errors
    /// `NotFound`, when none is pending; Conflict, when the far side was not told it or a
    /// step is still running, unless it is done by hand.
    pub fn promote(&mut self, id: SecretId, how: &Promotion, reason: &str) -> Result<Written> {
        self.attempt_on(id, AuditAction::Promote, reason, |change| {
            let found = change.by_id(id)?;
            let stage = found.1.pending()?;
            let is_ready = matches!(stage.state, StageState::Staged | StageState::Applied | StageState::Verified);
            if !how.by_hand && (!is_ready || stage.busy.is_some()) {
                return Err(unready(&found.1));
            }
            change.promote(found, how, reason)
        })
    }

    /// Destroys the pending version. The far side is told nothing: that has been done, or
    /// nothing has to be.
    ///
    /// # Errors
    /// `NotFound`, when there is none; Conflict, when the far side may have it, unless it is
    /// done by hand.
    pub fn abort(&mut self, id: SecretId, by_hand: bool, reason: &str) -> Result<Secret> {
        self.attempt_on(id, AuditAction::Abort, reason, |change| {
            let (row, mut secret) = change.by_id(id)?;
            let Some(stage) = secret.rotation.stage.clone() else {
                return Err(Error::not_found(format!("{} has no pending version.", secret.address)));
            };
            let is_safe = matches!(stage.state, StageState::Making | StageState::Staged | StageState::Reverting);
            if !by_hand && (!is_safe || stage.busy.is_some()) {
                return Err(unready(&secret));
            }
            let number = Some(secret.version + 1).filter(|_| stage.revision > 0);
            secret.rotation.stage = None;
            change.remove_stage(&secret)?;
            let why = stage.why(reason);
            secret.rotation.give_up(change.given_up(secret.version, stage.steps, why));
            secret.updated_at = change.now;
            change.put(row, &secret, 0)?;
            change.audit(AuditAction::Abort, &secret, number, reason)?;
            Ok(secret)
        })
    }

    /// Ends the grace of the previous version now. What the far side is still to be told to
    /// refuse is forgotten: that has been done, or is done by hand.
    ///
    /// # Errors
    /// `NotFound`, when there is no previous version; Expired, when it is retired already;
    /// Conflict, while a step is running.
    pub fn retire(&mut self, id: SecretId, by_hand: bool, reason: &str) -> Result<Secret> {
        self.attempt_on(id, AuditAction::Retire, reason, |change| {
            let (row, mut secret) = change.by_id(id)?;
            let revoke = secret.rotation.revoke.take();
            let is_revoked =
                |revoke: &Revoke| revoke.busy.is_none() && revoke.steps.last().is_some_and(|step| step.end.is_good());
            if revoke.as_ref().is_some_and(|revoke| !by_hand && !is_revoked(revoke)) {
                return Err(Error::conflict(format!(
                    "The far side was not told to refuse the previous version of {}.",
                    secret.address
                ))
                .hint("Have its recipe's revoke step run, or say that it was done by hand."));
            }
            // Without anything to revoke it can be retired but once.
            let number = revoke.map_or_else(|| secret.previous(change.now), |revoke| Ok(revoke.version))?;
            let is_over = secret.rotation.previous_until.is_some_and(|until| until <= change.now);
            if !is_over {
                secret.rotation.previous_until = Some(change.now);
            }
            secret.updated_at = change.now;
            change.put(row, &secret, 0)?;
            change.audit(AuditAction::Retire, &secret, Some(number), reason)?;
            Ok(secret)
        })
    }

    /// As [`Self::attempt`], for a secret by its id.
    pub(super) fn attempt_on<T>(
        &mut self,
        id: SecretId,
        action: AuditAction,
        reason: &str,
        work: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let address = self.view(|view| Ok(view.by_id(id)?.1.address))?;
        self.attempt(action, (Some(id), Some(&address)), reason, work)
    }
}

/// A stage of this moment.
pub(super) fn new_stage(change: &Change<'_>, state: StageState, grace: Option<SignedDuration>, reason: &str) -> Stage {
    Stage { grace, ..Stage::new(state, change.now, change.signature(), reason) }
}

/// The number of a version that is to come back.
fn earlier(secret: &Secret, pick: Pick, now: Timestamp) -> Result<u64> {
    // Going back is the operator's decision: the grace is for those who still log in with it.
    let pick = match pick {
        Pick::Previous if secret.version > 1 => Pick::Number(secret.version - 1),
        pick => pick,
    };
    let picked = secret.picked(pick, now)?;
    if picked.is_pending || picked.number == secret.version {
        return Err(Error::usage(format!("Version {} of {} is the current one.", secret.version, secret.address))
            .hint("Name an earlier one; strongroom history lists them."));
    }
    Ok(picked.number)
}

/// Refuses another rotation while the far side still takes the value before the last one:
/// else that one would be forgotten.
pub(super) fn check_withdrawn(secret: &Secret) -> Result<()> {
    let Some(revoke) = &secret.rotation.revoke else { return Ok(()) };
    Err(Error::conflict(format!(
        "The far side was not yet told to refuse version {} of {}.",
        revoke.version, secret.address
    ))
    .hint("Retire the previous version first, with strongroom rotate --retire."))
}

impl View<'_> {
    /// Refuses to make a value current without a rotation that the far side is still to be told
    /// to refuse: that would be done to the current value, later, when nobody thinks of it.
    ///
    /// # Errors
    /// Conflict.
    pub(in crate::vault) fn check_not_withdrawn(&self, secret: &Secret, fields: &Fields) -> Result<()> {
        let Some(revoke) = &secret.rotation.revoke else { return Ok(()) };
        let withdrawn = self.fields(&self.version_row(secret, revoke.version)?)?;
        if !is_same_credential(fields, &withdrawn) {
            return Ok(());
        }
        let address = &secret.address;
        Err(Error::conflict(format!(
            "The far side is still to be told to refuse version {} of {address}: its value would be current then.",
            revoke.version
        ))
        .hint(format!("Go back to it with strongroom rotate {address} --to {}: then it is not.", revoke.version)))
    }
}

/// What the far side would refuse with the one it refuses with the other.
fn is_same_credential(one: &Fields, other: &Fields) -> bool {
    match (one.get(VALUE), other.get(VALUE)) {
        (None, None) => one == other,
        (one, other) => one == other,
    }
}

fn unready(secret: &Secret) -> Error {
    Error::version_conflict(secret.standing().unwrap_or_default(), secret.version)
        .hint("Go on with strongroom rotate --resume, or decide by hand with --by-hand.")
}

impl Stage {
    /// Why it was staged, and why it ends as it does: who promotes or aborts what another has
    /// staged, or does so by hand, has a reason of their own.
    fn why(&self, reason: &str) -> String {
        if reason.starts_with(&self.reason) { reason.to_owned() } else { sentences(&self.reason, reason) }
    }
}

impl Change<'_> {
    /// Seals `fields` as the pending version, with what `stage` says of it.
    pub(super) fn stage(&mut self, (row, mut secret): Found, fields: &Fields, mut stage: Stage) -> Result<Secret> {
        check_fields(&secret.address, fields)?;
        stage.revision = row.revision + 1;
        stage.fields = fields.names().cloned().collect();
        stage.digest = self.put_stage(row.id, stage.revision, fields)?;
        let reason = match stage.from {
            Some(from) => format!("Version {from} again. {}", stage.reason).trim_end().to_owned(),
            None => stage.reason.clone(),
        };
        secret.rotation.stage = Some(stage);
        secret.updated_at = self.now;
        self.put(row, &secret, 0)?;
        self.audit(AuditAction::Stage, &secret, Some(secret.version + 1), &reason)?;
        Ok(secret)
    }

    /// Gives the digest of what is sealed.
    fn put_stage(&mut self, secret_id: [u8; 16], revision: u64, fields: &Fields) -> Result<[u8; 32]> {
        let created_at = self.at();
        let plaintext = record::write_fields(fields);
        // No version has this number: data keys of versions are made of theirs.
        let data_key: RawKey = self.keys.data_key(&secret_id, u64::MAX - revision, plaintext.expose())?;
        let place = |purpose| stage_place(self.keys, purpose, secret_id, revision, created_at);
        let value =
            SealKey::new(data_key.bytes()).seal(&place(Purpose::Pending), Padding::Buckets, plaintext.expose())?;
        let wrapped = self.owner_key()?.seal(&place(Purpose::DataKey), Padding::Exact, data_key.bytes())?;
        self.count_sealed();
        let data_key = wrapped.try_into().map_err(|_| Error::failure("A data key has the wrong size."))?;
        let digest = Sha256::digest(&value).into();
        self.tx.put_stage(&StageRow { secret_id, revision, created_at, data_key, value })?;
        Ok(digest)
    }

    /// Takes the sealed fields of a stage out, if there are any.
    pub(super) fn remove_stage(&mut self, secret: &Secret) -> Result<()> {
        self.tx.remove_stage(&secret.id.0)
    }

    /// A rotation that comes to no version now.
    pub(super) fn given_up(&self, version: u64, steps: Vec<StepDone>, reason: String) -> GivenUp {
        GivenUp { at: self.now, by: self.signature(), version, reason, steps }
    }

    fn promote(&mut self, (mut row, mut secret): Found, how: &Promotion, reason: &str) -> Result<Written> {
        let fields = self.pending_fields(&secret)?;
        let Some(stage) = secret.rotation.stage.take() else {
            return Err(Error::not_found(format!("{} has no pending version.", secret.address)));
        };
        let last = row.current;
        let before = self.fields(&self.version_row(&secret, last)?)?;
        let why = stage.why(reason);
        let origin = stage.from.map_or(Origin::Rotated, |from| Origin::RolledBack { from });
        (secret.value_changed_at, secret.last_rotated) = match stage.from {
            Some(from) => self.times_of(&secret, from)?,
            None => (self.now, Some(self.now)),
        };
        self.add_version(&mut row, &fields, origin, &why, &stage.steps)?;
        self.remove_stage(&secret)?;
        secret.version = row.current;
        secret.fields = fields.names().cloned().collect();
        secret.updated_at = self.now;
        secret.rotation.previous_until = how.grace.or(stage.grace).and_then(|grace| end_of(self.now, grace));
        // To refuse the one before would be to refuse the new one, where they are the same.
        let goes = how.revoke && !is_same_credential(&fields, &before);
        secret.rotation.revoke = goes.then(|| Revoke { version: last, steps: Vec::new(), busy: None, turn: 1 });
        self.put(row, &secret, 0)?;
        self.audit(AuditAction::Promote, &secret, Some(secret.version), &why)?;
        Ok(Written { secret, outcome: Outcome::NewVersion, undo: None, revived: None })
    }
}

/// When a grace that begins now is over; never, where no calendar goes that far.
fn end_of(now: Timestamp, grace: SignedDuration) -> Option<Timestamp> {
    now.checked_add(grace).ok()
}

impl View<'_> {
    /// The fields of the pending version.
    ///
    /// # Errors
    /// `NotFound`, when none is pending; Damaged, when it is missing or another stands there.
    pub(in crate::vault) fn pending_fields(&self, secret: &Secret) -> Result<Fields> {
        let row = self.pending_row(secret)?;
        let place = |purpose| stage_place(self.keys, purpose, row.secret_id, row.revision, row.created_at);
        let data_key = self.owner_key()?.open(&place(Purpose::DataKey), Padding::Exact, &row.data_key)?;
        let data_key: &[u8; 32] = data_key.expose().try_into().map_err(|_| integrity::tampered("A data key"))?;
        let opened = SealKey::new(data_key).open(&place(Purpose::Pending), Padding::Buckets, &row.value)?;
        record::read_fields(opened.expose())
    }

    /// The row of the pending version.
    pub(in crate::vault) fn pending_row(&self, secret: &Secret) -> Result<StageRow> {
        let stage = secret.pending()?;
        let is_meant =
            |row: &StageRow| row.revision == stage.revision && Sha256::digest(&row.value)[..] == stage.digest;
        let row = self.tx.stage(&secret.id.0)?.filter(is_meant);
        row.ok_or_else(|| integrity::tampered("The pending version of a secret"))
    }
}

/// The place of a pending version's records: no version number, but the revision that no
/// other change of this secret ever has.
pub(in crate::vault) fn stage_place(
    keys: &Keyring,
    purpose: Purpose,
    secret_id: [u8; 16],
    revision: u64,
    created_at: i64,
) -> Place {
    Place {
        key_epoch: if purpose == Purpose::Pending { 0 } else { keys.key_epoch },
        owner_id: keys.vault_id,
        subject_id: secret_id,
        revision,
        created_at,
        ..Place::new(purpose, keys.vault_id)
    }
}
