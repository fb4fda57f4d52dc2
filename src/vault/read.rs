//! Reading: the catalog, single secrets, resolution, history. No value leaves here.

use std::collections::HashMap;

use crate::error::{Error, Kind, Result};
use crate::store::SecretRow;

use super::catalog::{Catalog, CatalogChange};
use super::record::RawMetadata;
use super::scope::{Address, Context};
use super::secret::{Secret, SecretId, SecretName, Version};
use super::view::View;
use super::{Vault, listing, rows};

/// A name found in a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The narrowest secret of that name.
    pub secret: Secret,
    /// The wider ones it overrides, narrowest first.
    pub shadowed: Vec<Secret>,
}

impl Vault {
    /// Every live secret, from the sealed lists under the root; from the rows where a list
    /// is missing. That the rows say the same is for [`Self::verify_rows`].
    ///
    /// # Errors
    /// Damaged, when a list was altered, moved or put back, or the rows that stand in for it were.
    pub fn catalog(&mut self) -> Result<Catalog> {
        let (catalog, damage) = self.catalog_with_damage();
        damage.map_or(Ok(catalog), Err)
    }

    /// As [`Self::catalog`], but with what still opens beside the damage, so that one bad
    /// row keeps nobody from finding the others. Nothing is written after damage.
    pub fn catalog_with_damage(&mut self) -> (Catalog, Option<Error>) {
        let mut catalog = Catalog::default();
        let mut missing = Vec::new();
        let read = self.view(|view| {
            let read = listing::read(view, &mut catalog)?;
            missing = read.missing;
            read.damage.map_or(Ok(view.state.seq), Err)
        });
        catalog.sort();
        self.unlisted = missing;
        match read {
            Ok(seq) => {
                self.seen = seq;
                (catalog, None)
            }
            Err(error) => {
                self.seen = self.store.read(|tx| Ok(tx.state()?.seq)).unwrap_or(self.seen);
                (catalog, Some(error))
            }
        }
    }

    /// What anyone changed since [`Self::catalog`] or the last call; `None` when nothing did.
    ///
    /// # Errors
    /// Damaged, when a changed row does not match its seal; Failure, when the file was
    /// removed or replaced, so that what others change is written elsewhere.
    pub fn changes(&mut self) -> Result<Option<CatalogChange>> {
        self.store.check_place()?;
        let seen = self.seen;
        if self.store.read(|tx| Ok(tx.state()?.seq))? == seen {
            return Ok(None);
        }
        let (change, seq) = self.view(|view| {
            let mut ids = Vec::new();
            view.tx.each_modified_after(seen, |row| {
                ids.push((SecretId(row.id), row.buried != 0));
                Ok(())
            })?;
            let mut change = CatalogChange::default();
            for (id, buried) in ids {
                if buried { change.removed.push(id) } else { change.upserted.push(view.by_id(id)?.1) }
            }
            Ok((change, view.state.seq))
        })?;
        self.seen = seq;
        Ok(Some(change).filter(|change| *change != CatalogChange::default()))
    }

    /// A secret's metadata, by id.
    ///
    /// # Errors
    /// `NotFound`, when it is gone.
    pub fn secret(&mut self, id: SecretId) -> Result<Secret> {
        self.view(|view| Ok(view.by_id(id)?.1))
    }

    /// A secret's metadata, at exactly this address.
    ///
    /// # Errors
    /// `NotFound`, saying where an inherited one lives; Conflict, for a name that differs
    /// in case only.
    pub fn find(&mut self, address: &Address) -> Result<Secret> {
        self.view(|view| Ok(view.live(address)?.1))
    }

    /// The secret that a context sees under `name`: the narrowest, even if it has expired.
    ///
    /// # Errors
    /// `NotFound`, naming every place that was looked in.
    pub fn resolve(&mut self, context: &Context, name: &SecretName) -> Result<Resolved> {
        let walk = context.walk();
        let found = self.view(|view| {
            let mut found = Vec::new();
            for scope in &walk {
                let address = Address { scope: scope.clone(), name: name.clone() };
                let live = view.live_or_none(&address).map_err(|error| match error.kind() {
                    // To whoever reads, another spelling is a name that is not there.
                    Kind::Conflict => Error::not_found(error.message()).hint("Use that spelling."),
                    _ => error,
                })?;
                found.extend(live.map(|(_, secret)| secret));
            }
            Ok(found)
        })?;
        let mut found = found.into_iter();
        let places: Vec<String> = walk.iter().map(ToString::to_string).collect();
        let secret = found.next().ok_or_else(|| {
            Error::not_found(format!("There is no secret {name} in {}.", places.join(", ")))
                .hint("List what there is with strongroom list --recursive.")
        })?;
        Ok(Resolved { secret, shadowed: found.collect() })
    }

    /// A secret's versions, newest first; their chain is checked.
    ///
    /// # Errors
    /// `NotFound`, when it is gone; Damaged, when a version was altered or removed.
    pub fn history(&mut self, id: SecretId) -> Result<Vec<Version>> {
        self.view(|view| view.history(&view.by_id(id)?.0))
    }

    /// Hands the live secrets with these ids to `visit`, in their order and with all their
    /// metadata; one that is gone is left out. For more than a few, every row is checked
    /// before the first is given.
    ///
    /// # Errors
    /// Damaged, when a row was altered, removed or put back; those of `visit`.
    pub fn each_in_full(&mut self, ids: &[SecretId], visit: impl FnMut(Secret) -> Result<()>) -> Result<()> {
        self.view(|view| if ids.len() <= FEW { few_in_full(view, ids, visit) } else { many_in_full(view, ids, visit) })
    }

    /// Every deleted secret that can still be restored.
    ///
    /// # Errors
    /// Damaged, when a row was altered, removed or put back.
    pub fn deleted(&mut self) -> Result<Vec<Secret>> {
        self.secrets(|row| row.buried != 0)
    }

    /// Every live secret with all its metadata, in no order; [`Self::each_in_full`] holds less at a time.
    ///
    /// # Errors
    /// Damaged, when a row was altered, removed or put back.
    pub fn secrets_in_full(&mut self) -> Result<Vec<Secret>> {
        self.secrets(|row| row.buried == 0)
    }

    fn secrets(&mut self, wanted: fn(&SecretRow<'_>) -> bool) -> Result<Vec<Secret>> {
        let mut secrets = Vec::new();
        self.view(|view| {
            rows::each(view, |row, raw| {
                if wanted(row) {
                    secrets.push(raw.into_secret(row.id, row.current, row.created_at, row.deleted_at)?);
                }
                Ok(())
            })
        })?;
        Ok(secrets)
    }
}

/// So many secrets are looked up one by one rather than among all.
const FEW: usize = 64;

fn few_in_full(view: &View<'_>, ids: &[SecretId], mut visit: impl FnMut(Secret) -> Result<()>) -> Result<()> {
    for id in ids {
        match view.by_id(*id) {
            Ok((row, secret)) if row.buried == 0 => visit(secret)?,
            Err(error) if error.kind() != Kind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The records lie end to end until the last row is checked, and become secrets one at a time.
fn many_in_full(view: &View<'_>, ids: &[SecretId], mut visit: impl FnMut(Secret) -> Result<()>) -> Result<()> {
    let positions: HashMap<SecretId, usize> = ids.iter().copied().zip(0..).collect();
    let (mut records, mut found) = (Vec::new(), vec![None; ids.len()]);
    rows::each(view, |row, raw| {
        if let Some(room) =
            positions.get(&SecretId(row.id)).and_then(|at| found.get_mut(*at)).filter(|_| row.buried == 0)
        {
            let start = records.len();
            records.extend_from_slice(raw.record);
            *room = Some((row.current, row.created_at, start..records.len()));
        }
        Ok(())
    })?;
    drop(positions);
    for (id, found) in ids.iter().zip(found) {
        if let Some((current, created_at, range)) = found {
            let raw = RawMetadata::read(records.get(range).unwrap_or_default())?;
            visit(raw.into_secret(id.0, current, created_at, 0)?)?;
        }
    }
    Ok(())
}
