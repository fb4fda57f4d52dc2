//! [`Judge`]: what has become of a secret that was seen, by what the vault holds now.

use std::collections::HashMap;

use crate::error::{Kind, Result};
use crate::store::SecretRow;

use super::super::catalog::QuickHash;
use super::super::duplicates::{DuplicateSearch, Print};
use super::super::scope::Address;
use super::super::secret::{FieldName, Secret, SecretId, VALUE, Version};
use super::super::view::View;
use super::standing::versions;
use super::traces::Trace;
use super::{ExposedSecret, Standing};

/// One snapshot, and what was collected.
pub(super) struct Judge<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) traces: &'a HashMap<SecretId, Trace, QuickHash>,
    pub(super) values: &'a mut DuplicateSearch,
    pub(super) prints: &'a mut HashMap<(SecretId, u64), Option<Print>>,
    pub(super) seen: &'a mut HashMap<Print, (SecretId, u64)>,
}

impl Judge<'_> {
    /// Opens every version of a secret that was seen.
    pub(super) fn open_seen(&mut self, id: SecretId) -> Result<()> {
        let secret = self.find(id)?.map(|(_, secret)| secret);
        for version in self.versions_seen(id) {
            let print = match (&secret, self.prints.get(&(id, version))) {
                (_, Some(known)) => *known,
                (Some(secret), None) if version <= secret.version => self.print(secret, version)?,
                _ => None,
            };
            if let Some(print) = print {
                self.seen.entry(print).or_insert((id, version));
            }
        }
        Ok(())
    }

    /// What has become of a secret.
    pub(super) fn judge(&mut self, id: SecretId) -> Result<ExposedSecret> {
        let trace = self.traces.get(&id).cloned().unwrap_or_default();
        let (mut address, mut since) = (trace.address, Vec::new());
        let standing = match self.find(id)? {
            None => Standing::Destroyed { by: trace.purged },
            Some((row, secret)) => {
                address = Some(secret.address.clone());
                let seen = self.versions_seen(id).into_iter();
                let newest = seen.filter(|version| *version <= secret.version).max().unwrap_or(0);
                if newest < secret.version {
                    since = self.view.history(&row)?;
                    since.retain(|version| version.number > newest);
                }
                let is_any = trace.exposures.iter().any(|exposure| exposure.version.is_none());
                match self.standing(&secret, &since, is_any)? {
                    Standing::Replaced { by, unchanged } => Standing::Replaced { by, unchanged },
                    open => secret.deleted_at.map_or(open, |at| Standing::Deleted { at }),
                }
            }
        };
        Ok(ExposedSecret { id, address, exposures: trace.exposures, standing, since, dependents: Vec::new() })
    }

    /// The living secrets that nobody of those chosen took, but that hold a value they saw elsewhere.
    pub(super) fn alike(&mut self) -> Result<Vec<ExposedSecret>> {
        let holders: Vec<(SecretId, (SecretId, u64))> = self
            .values
            .prints()
            .filter(|(id, _)| !self.traces.contains_key(id))
            .filter_map(|(id, print)| Some((id, *self.seen.get(&print)?)))
            .collect();
        let mut alike = Vec::new();
        for (id, (of, like)) in holders {
            let Some((_, secret)) = self.find(id)? else { continue };
            let standing = Standing::SameValue { version: secret.version, of: self.address(of)?, like };
            alike.push(ExposedSecret {
                id,
                address: Some(secret.address),
                exposures: Vec::new(),
                standing,
                since: Vec::new(),
                dependents: Vec::new(),
            });
        }
        Ok(alike)
    }

    /// What its current value says, whether it is deleted or not.
    fn standing(&mut self, secret: &Secret, since: &[Version], is_any: bool) -> Result<Standing> {
        let (id, version) = (secret.id, secret.version);
        let seen = self.versions_seen(id);
        let Some(by) = since.first().filter(|_| !is_any && !seen.contains(&version)) else {
            return Ok(Standing::Current { version });
        };
        if let Some(print) = self.print(secret, version)? {
            let own = seen.iter().find(|number| self.prints.get(&(id, **number)) == Some(&Some(print)));
            if let Some(like) = own {
                return Ok(Standing::CameBack { version, like: *like });
            }
            if let Some((of, like)) = self.seen.get(&print).copied() {
                return Ok(Standing::SameValue { version, of: self.address(of)?, like });
            }
        }
        if secret.rotation.stage.is_some() && seen.contains(&(version + 1)) {
            return Ok(Standing::Pending { version: version + 1 });
        }
        if let Some(revoke) = secret.rotation.revoke.as_ref().filter(|revoke| seen.contains(&revoke.version)) {
            return Ok(Standing::StillTaken { version: revoke.version });
        }
        Ok(Standing::Replaced { by: by.clone(), unchanged: self.unchanged(secret, &seen)? })
    }

    /// The other fields that are as they were when they were seen: a user's name may be, a
    /// second key should not.
    fn unchanged(&self, secret: &Secret, seen: &[u64]) -> Result<Vec<FieldName>> {
        if secret.fields.iter().all(|field| field.as_str() == VALUE) {
            return Ok(Vec::new());
        }
        let current = self.view.fields(&self.view.version_row(secret, secret.version)?)?;
        let mut unchanged = Vec::new();
        for number in seen.iter().filter(|number| **number < secret.version) {
            let before = self.view.fields(&self.view.version_row(secret, *number)?)?;
            let same =
                current.iter().filter(|(name, value)| !value.is_empty() && before.get(name.as_str()) == Some(*value));
            unchanged.extend(same.map(|(name, _)| name.clone()));
        }
        unchanged.sort_unstable();
        unchanged.dedup();
        Ok(unchanged)
    }

    /// The fingerprint of a version, which never changes.
    fn print(&mut self, secret: &Secret, version: u64) -> Result<Option<Print>> {
        if let Some(known) = self.prints.get(&(secret.id, version)) {
            return Ok(*known);
        }
        let print = match self.values.known(secret.id, version) {
            Some(known) => known,
            None => self.values.print(&self.view.fields(&self.view.version_row(secret, version)?)?),
        };
        self.prints.insert((secret.id, version), print);
        Ok(print)
    }

    fn versions_seen(&self, id: SecretId) -> Vec<u64> {
        let exposures = self.traces.get(&id).map(|trace| trace.exposures.as_slice()).unwrap_or_default();
        versions(exposures)
    }

    /// Where a secret is, or was when it was seen.
    fn address(&self, id: SecretId) -> Result<Option<Address>> {
        let known = || self.traces.get(&id).and_then(|trace| trace.address.clone());
        Ok(self.find(id)?.map_or_else(known, |(_, secret)| Some(secret.address)))
    }

    /// The secret, alive or deleted; `None` for one that was destroyed.
    fn find(&self, id: SecretId) -> Result<Option<(SecretRow<'static>, Secret)>> {
        match self.view.by_id(id) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
