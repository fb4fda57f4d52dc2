//! Purging: all versions of a secret destroyed, for good.
//!
//! Several secrets may bear one name: the one that lives there, and those that were
//! deleted before it came. Nothing is destroyed on a guess: where a name stands for
//! several deleted secrets, it has to be said which.

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};

use super::Vault;
use super::audit::AuditAction;
use super::rotation::rules::Deed;
use super::scope::Address;
use super::secret::{Secret, SecretId};
use super::view::View;
use super::write::Found;

/// Which of the secrets that bear a name is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doomed {
    /// The one that lives there or, when none does, the only deleted one.
    Single,
    /// This one, alive or deleted.
    Id(SecretId),
    /// This one, as long as it is deleted.
    Deleted(SecretId),
    /// The one that was deleted then: to the second or, given with a fraction, to the millisecond.
    DeletedAt(Timestamp),
    /// Every deleted one.
    EveryDeleted,
}

impl Vault {
    /// What [`Self::purge`] would destroy.
    ///
    /// # Errors
    /// As those of [`Self::purge`] before it begins.
    pub fn doomed(&mut self, address: &Address, which: Doomed) -> Result<Vec<Secret>> {
        self.view(|view| Ok(doomed(view, address, which)?.into_iter().map(|(_, secret)| secret).collect()))
    }

    /// The deleted secrets that bore this name last, the newest first.
    ///
    /// # Errors
    /// Damaged, when a row was altered, removed or put back.
    pub fn deleted_of(&mut self, address: &Address) -> Result<Vec<Secret>> {
        self.view(|view| Ok(buried(view, address)?.into_iter().rev().map(|(_, secret)| secret).collect()))
    }

    /// Destroys secrets of this address with all their versions. What was written to
    /// other places stays there. A pending version goes too.
    ///
    /// # Errors
    /// `NotFound`; Conflict, when the name stands for several, or in mid-rotation; Busy, when it is purged but
    /// another process keeps its sealed bytes in the log.
    pub fn purge(&mut self, address: &Address, which: Doomed, reason: &str) -> Result<Vec<Secret>> {
        self.destroy(address, which, false, reason)
    }

    /// As [`Self::purge`], also in mid-rotation: whoever asks knows what the far side has, or
    /// that nobody needs it any more.
    ///
    /// # Errors
    /// As [`Self::purge`].
    pub fn purge_by_hand(&mut self, address: &Address, which: Doomed, reason: &str) -> Result<Vec<Secret>> {
        self.destroy(address, which, true, reason)
    }

    fn destroy(&mut self, address: &Address, which: Doomed, by_hand: bool, reason: &str) -> Result<Vec<Secret>> {
        let purged = self.attempt(AuditAction::Purge, (None, Some(address)), reason, |change| {
            let mut purged = Vec::new();
            for (row, secret) in doomed(change, address, which)? {
                if !by_hand {
                    secret.check_free_for(Deed::Purge)?;
                }
                change.purge(row)?;
                change.audit_body(AuditAction::Purge, Some(secret.id), Some(address), None, reason, None)?;
                purged.push(secret);
            }
            Ok(purged)
        })?;
        // Else the sealed bytes would stay in the log.
        self.store.checkpoint().map_err(|error| match error.kind() {
            Kind::Busy => Error::busy(format!(
                "{address} is purged, but another process holds the vault's log, where its sealed bytes still are."
            ))
            .hint("They go when the last session ends, or at the next lock; close the other sessions."),
            _ => Error::new(
                error.kind(),
                format!(
                    "{address} is purged, but the vault's log could not be cut, where its sealed bytes still are: {}",
                    error.message()
                ),
            )
            .hint("Check the disk; the next lock cuts the log."),
        })?;
        Ok(purged)
    }
}

fn doomed(view: &View<'_>, address: &Address, which: Doomed) -> Result<Vec<Found>> {
    match which {
        Doomed::Id(id) => return Ok(vec![of_id(view, address, id)?]),
        Doomed::Deleted(id) => return Ok(vec![deleted(view, address, id)?]),
        Doomed::Single => {
            if let Some(alive) = view.live_or_none(address)? {
                return Ok(vec![alive]);
            }
        }
        Doomed::DeletedAt(_) | Doomed::EveryDeleted => {}
    }
    let mut found = buried(view, address)?;
    if let Doomed::DeletedAt(at) = which {
        found.retain(|(_, secret)| secret.deleted_at.is_some_and(|then| is_at(then, at)));
    }
    match (found.len(), which) {
        (0, Doomed::Single) => Err(view.missing(address)?),
        (0, Doomed::DeletedAt(at)) => Err(Error::not_found(format!("No secret {address} was deleted at {at}."))
            .hint("List the times with strongroom list --deleted --json.")),
        (0, _) => Err(Error::not_found(format!("No deleted secret {address} is left."))
            .hint("Another session may have purged or restored it.")),
        (2.., Doomed::Single | Doomed::DeletedAt(_)) => Err(several(address, &found)),
        _ => Ok(found),
    }
}

/// The secret that is meant, if it still bears the name.
fn of_id(view: &View<'_>, address: &Address, id: SecretId) -> Result<Found> {
    let found = view.by_id(id)?;
    if found.1.address == *address {
        return Ok(found);
    }
    Err(Error::conflict(format!("{address} was moved to {}.", found.1.address)).hint("Look at it there first."))
}

/// The secret that is meant, if it is still deleted: nobody decided about one in use.
fn deleted(view: &View<'_>, address: &Address, id: SecretId) -> Result<Found> {
    let found = of_id(view, address, id)?;
    if found.1.deleted_at.is_some() {
        return Ok(found);
    }
    Err(Error::conflict(format!("{address} was restored meanwhile, and is in use again."))
        .hint("Nothing was destroyed; look at it first."))
}

/// The deleted secrets of exactly this address that can be restored, oldest first.
fn buried(view: &View<'_>, address: &Address) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for row in view.rows(address)?.into_iter().filter(|row| row.buried != 0 && row.current != 0) {
        let secret = view.secret(&row)?;
        if secret.address == *address {
            found.push((row, secret));
        }
    }
    Ok(found)
}

/// True when both are the same moment, as exactly as the second is given.
fn is_at(then: Timestamp, given: Timestamp) -> bool {
    match given.subsec_nanosecond() {
        0 => then.as_second() == given.as_second(),
        _ => then.as_millisecond() == given.as_millisecond(),
    }
}

/// Which there are, by the times that tell them apart.
fn several(address: &Address, found: &[Found]) -> Error {
    let times: Vec<Timestamp> = found.iter().filter_map(|(_, secret)| secret.deleted_at).collect();
    let told = |at: &Timestamp| match times.iter().filter(|other| other.as_second() == at.as_second()).count() {
        1 => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    };
    let listed = times.iter().map(told).collect::<Vec<_>>().join(", ");
    Error::conflict(format!("{} deleted secrets bore the name {address}, deleted at {listed}.", times.len()))
        .hint("Say which with --deleted-at, or --all-deleted for every one. Nothing was changed.")
}
