//! What may be done to a secret while a rotation of it is under way: the one place for it.
//!
//! | | merely staged | in mid-rotation |
//! |---|---|---|
//! | another value, deleting | no | no |
//! | another recipe, purging, another master key | yes | by hand alone |
//!
//! *In mid-rotation* is when the far side may have been told something, or is being told:
//! the way back needs the recipe that it began with, both values, and a session that can
//! still write down how its step ended.

use crate::error::{Error, Result};
use crate::vault::Vault;
use crate::vault::catalog::Listed;
use crate::vault::secret::{Secret, SecretId};

use super::{Busy, Stage, StageState, UnderWay};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vault) enum Deed {
    /// Another current value.
    Value,
    /// The secret buried.
    Delete,
    /// Another recipe, or none.
    Recipe,
    /// All versions destroyed.
    Purge,
}

impl Deed {
    /// What somebody can do who knows what the far side has.
    fn by_hand(self) -> &'static str {
        match self {
            Self::Recipe => " --by-hand changes the recipe all the same.",
            Self::Purge => " strongroom purge --by-hand destroys it all the same.",
            Self::Value | Self::Delete => "",
        }
    }
}

impl Secret {
    /// True while the far side may have been told something that is not settled, or a step runs.
    #[must_use]
    pub fn is_mid_rotation(&self) -> bool {
        let stage = self.rotation.stage.as_ref();
        stage.is_some_and(|stage| stage.state != StageState::Staged) || self.busy().is_some()
    }

    /// The step that was begun and not yet heard of again.
    #[must_use]
    pub fn busy(&self) -> Option<&Busy> {
        match (&self.rotation.stage, &self.rotation.revoke) {
            (Some(stage), _) => stage.busy.as_ref(),
            (None, revoke) => revoke.as_ref().and_then(|revoke| revoke.busy.as_ref()),
        }
    }

    /// Where its rotation stands, as a sentence; `None` when nothing is under way.
    #[must_use]
    pub fn standing(&self) -> Option<String> {
        let (address, rotation) = (&self.address, &self.rotation);
        let stage = rotation.stage.as_ref().map(|stage| stage.state);
        if let Some(busy) = self.busy() {
            let (by, kind, since) = (&busy.by, busy.kind.word(), busy.since);
            return Some(format!(
                "{by} began {kind}, a step of the rotation of {address}, at {since}, and its end is not on record."
            ));
        }
        Some(match (stage, &rotation.revoke) {
            (Some(StageState::Staged), _) => {
                format!("{address} has a pending version, of which the far side was told nothing.")
            }
            (Some(StageState::Making), _) => format!("The making of a new value for {address} was cut off."),
            (Some(state), _) => {
                format!("The pending version of {address} is {}: the far side may have it, or not.", state.word())
            }
            (None, Some(revoke)) => format!("The far side may still take version {} of {address}.", revoke.version),
            (None, None) => return None,
        })
    }

    /// Why its current value may not work, and what to do, for whoever is given it; `None`
    /// when it does as far as is known.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let (address, version) = (&self.address, self.version);
        if self.rotation.stage.as_ref().is_some_and(Stage::is_refused) {
            return Some(format!(
                "Version {version} of {address} could not be verified when it was to be rotated. Mend the cause, then go on with strongroom rotate {address} --resume, or give it up with --abort."
            ));
        }
        let is_busy = self.rotation.stage.as_ref().is_some_and(|stage| stage.busy.is_some());
        let told = match (self.may_not_work(), is_busy) {
            (false, _) => return None,
            (true, true) => self.standing().unwrap_or_default(),
            (true, false) => format!("The rotation of {address} was cut off."),
        };
        Some(format!(
            "{told} Perhaps the far side has the pending value. Settle it with strongroom rotate {address} --resume."
        ))
    }

    /// Refuses what must not be done as its rotation stands.
    ///
    /// # Errors
    /// Conflict.
    pub(in crate::vault) fn check_free_for(&self, deed: Deed) -> Result<()> {
        let stage = self.rotation.stage.as_ref();
        match (deed, stage) {
            (Deed::Delete | Deed::Recipe | Deed::Purge, _) if self.is_mid_rotation() => {
                let told = self.standing().unwrap_or_default();
                Err(Error::version_conflict(told, self.version).hint(format!("{}{}", self.way_out(), deed.by_hand())))
            }
            (Deed::Value | Deed::Delete, Some(stage)) => Err(Error::version_conflict(
                format!("{} has a pending version, staged by {} at {}.", self.address, stage.by, stage.since),
                self.version,
            )
            .hint("Promote it or abort it first.")),
            _ => Ok(()),
        }
    }

    fn way_out(&self) -> String {
        let address = &self.address;
        match self.rotation.stage {
            Some(_) => format!("Settle it first: strongroom rotate {address} --resume goes on, --abort goes back."),
            None => format!("Wait for it, or settle it with strongroom rotate {address} --retire."),
        }
    }
}

impl Vault {
    /// The secrets that are in mid-rotation: see [`Secret::is_mid_rotation`].
    ///
    /// # Errors
    /// Those of reading the vault.
    pub fn in_mid_rotation(&mut self) -> Result<Vec<Secret>> {
        let is_under_way = |listed: &&Listed| listed.under_way != UnderWay::Nothing;
        let ids: Vec<SecretId> = self.catalog()?.listed().iter().filter(is_under_way).map(|listed| listed.id).collect();
        let mut found = Vec::new();
        self.each_in_full(&ids, |secret| {
            found.extend(Some(secret).filter(Secret::is_mid_rotation));
            Ok(())
        })?;
        Ok(found)
    }

    /// Refuses another master key while anything is in mid-rotation: the session that runs a
    /// step could not write down how it ended.
    ///
    /// # Errors
    /// Conflict, with each.
    pub(in crate::vault) fn check_none_in_mid_rotation(&mut self) -> Result<()> {
        let found = self.in_mid_rotation()?;
        if found.is_empty() {
            return Ok(());
        }
        let details = found.iter().filter_map(Secret::standing).collect();
        Err(Error::conflict(format!("{} in mid-rotation.", counted(found.len()))).detailed(details).hint(
            "Settle each first, with strongroom rotate --resume or --abort. --by-hand replaces the master key all the \
             same: a step that runs is then told of by nobody.",
        ))
    }
}

fn counted(secrets: usize) -> String {
    if secrets == 1 { "1 secret is".to_owned() } else { format!("{secrets} secrets are") }
}
