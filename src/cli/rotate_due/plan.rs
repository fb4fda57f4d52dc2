//! What has to be done by now, and how: nothing is changed for it.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::inject::dependents::dependents;
use crate::rotation::drive::{is_at_work, recipe_of};
use crate::rotation::recipe::mentioned;
use crate::vault::Vault;
use crate::vault::bulk::{Act, Seen, Step};
use crate::vault::catalog::{Listed, stored_scope_is_within};
use crate::vault::generate::Recipe;
use crate::vault::rotation::{StageState, StepKind, UnderWay};
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{Secret, SecretId, VALUE};

/// One secret of the plan.
pub(super) struct Planned {
    pub(super) id: SecretId,
    pub(super) address: Address,
    pub(super) version: u64,
    /// Since when, in Unix seconds.
    pub(super) due_at: i64,
    pub(super) work: Work,
}

/// What is done about it.
pub(super) enum Work {
    /// A rotation that was cut off, or came to nothing yet, is gone on with: why.
    Resume(String),
    /// The far side is told to refuse the previous version, whose grace is over.
    Retire(u64),
    /// Its recipe is followed.
    Recipe {
        /// The current version.
        version: u64,
        /// The recipe makes the value; else one is generated.
        makes: bool,
    },
    /// A generated value in the vault: nobody else is told.
    Generate(Step),
    /// It was left unsettled by somebody who looked on: what is known, and what to do.
    Stuck(Error),
    /// Nothing, and why.
    LeftOut(Error),
}

impl Planned {
    /// What is done in the vault alone.
    pub(super) fn step(&self) -> Option<Step> {
        match &self.work {
            Work::Generate(step) => Some(step.clone()),
            _ => None,
        }
    }
}

/// All that has to be done at `now`, in `scopes` and below (everywhere, when there is none):
/// what was cut off, then what is to be revoked, then what is due, the longest first.
pub(super) fn plan(vault: &mut Vault, scopes: &[ScopePath], recipe: &Recipe, now: Timestamp) -> Result<Vec<Planned>> {
    let catalog = vault.catalog()?;
    let is_wanted = |listed: &&Listed| {
        let stored = catalog.text(listed.scope);
        scopes.is_empty() || scopes.iter().any(|scope| stored_scope_is_within(stored, scope))
    };
    let may_be = |listed: &&Listed| listed.is_due(now) || listed.under_way != UnderWay::Nothing;
    let due: HashMap<SecretId, i64> =
        catalog.listed().iter().filter(may_be).filter(is_wanted).map(|listed| (listed.id, listed.due_at())).collect();
    let ids: Vec<SecretId> =
        catalog.listed().iter().map(|listed| listed.id).filter(|id| due.contains_key(id)).collect();
    let mut planned = Vec::with_capacity(ids.len());
    let mut under_way = Vec::new();
    vault.each_in_full(&ids, |secret| {
        under_way.extend(Some(&secret).filter(|secret| secret.is_mid_rotation()).cloned());
        planned.extend(work(&secret, recipe, now).map(|work| Planned {
            id: secret.id,
            version: secret.version,
            due_at: due.get(&secret.id).copied().unwrap_or(i64::MAX),
            work,
            address: secret.address,
        }));
        Ok(())
    })?;
    for secret in under_way {
        let mut theirs = planned.iter_mut().filter(|planned: &&mut Planned| planned.id == secret.id);
        if let (Some(planned), Some(busy)) = (theirs.next(), at_work(vault, &secret, now)) {
            planned.work = Work::LeftOut(busy);
        }
    }
    planned.sort_by_key(|planned| (order(&planned.work), planned.due_at));
    Ok(planned)
}

/// What another session is at: it is left to that one.
pub(super) fn at_work(vault: &Vault, secret: &Secret, now: Timestamp) -> Option<Error> {
    let (stage, revoke) = (&secret.rotation.stage, &secret.rotation.revoke);
    let of_stage = stage.as_ref().and_then(|stage| stage.busy.as_ref());
    let busy = of_stage.or_else(|| revoke.as_ref().and_then(|revoke| revoke.busy.as_ref()));
    busy.filter(|busy| is_at_work(vault, busy, now))?;
    Some(Error::busy(secret.standing()?).hint("It is left to that session."))
}

/// What is built from each secret of the plan, by their addresses: whoever rotates it has
/// to think of them.
pub(super) fn built_from(vault: &mut Vault, planned: &[Planned]) -> Result<Vec<Vec<String>>> {
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    let catalog = vault.catalog()?;
    let dependents = dependents(vault, &catalog, mentioned)?;
    let address = |id| catalog.position(id).and_then(|at| catalog.address(catalog.listed().get(at)?));
    let built = planned.iter().map(|planned| {
        let built = dependents.of(planned.id);
        built.iter().filter_map(|dependent| address(dependent.secret)).map(|address| address.to_string()).collect()
    });
    Ok(built.collect())
}

/// What is still due of a secret whose rotation was gone on with.
pub(super) fn again(secret: &Secret, recipe: &Recipe, now: Timestamp) -> Option<Planned> {
    let work = work(secret, recipe, now).filter(|work| matches!(work, Work::Recipe { .. }))?;
    let due_at = secret.due_at().map_or(i64::MAX, Timestamp::as_second);
    Some(Planned { id: secret.id, version: secret.version, due_at, work, address: secret.address.clone() })
}

fn order(work: &Work) -> u8 {
    match work {
        Work::Resume(_) | Work::Stuck(_) => 0,
        Work::Retire(_) => 1,
        Work::Recipe { .. } | Work::Generate(_) | Work::LeftOut(_) => 2,
    }
}

/// What has to be done about one secret, if anything.
fn work(secret: &Secret, recipe: &Recipe, now: Timestamp) -> Option<Work> {
    if let Some(stage) = &secret.rotation.stage {
        if stage.to_promote {
            return Some(Work::Resume(match stage.is_refused() {
                true => format!("version {} could not be verified", secret.version),
                false => format!("it was cut off while {}", stage.state.word()),
            }));
        }
        if stage.state == StageState::Unsettled {
            let (address, version) = (&secret.address, secret.version);
            let told = format!("Whether the far side takes version {version} or the pending one is not known.");
            return Some(Work::Stuck(Error::conflict(told).hint(format!(
                "Try strongroom rotate {address} --resume; or look at the far side, then use --promote --by-hand or \
                 --abort --by-hand."
            ))));
        }
        let held = format!("It has a pending version, staged by {}.", stage.by);
        return secret.is_due(now).then(|| Work::LeftOut(Error::conflict(held).hint("Promote it or abort it.")));
    }
    if let Some(revoke) = &secret.rotation.revoke {
        let is_over = secret.rotation.previous_until.is_some_and(|until| until <= now);
        if is_over {
            return Some(Work::Retire(revoke.version));
        }
        let held = format!("The far side still takes version {}.", revoke.version);
        return secret.is_due(now).then(|| Work::LeftOut(Error::conflict(held).hint("Retire it first.")));
    }
    secret.is_due(now).then(|| match recipe_of(secret) {
        Err(error) => Work::LeftOut(error),
        Ok(Some(own)) if own.apply.is_some() || own.make.is_some() => {
            Work::Recipe { version: secret.version, makes: own.make.is_some() }
        }
        Ok(Some(own)) if own.step(StepKind::Verify).is_some() => {
            Work::LeftOut(Error::usage("Its recipe tells the far side nothing.").hint("Rotate it by hand."))
        }
        Ok(_) => generated(secret, recipe),
    })
}

/// A generated main field; nothing, where there is none.
fn generated(secret: &Secret, recipe: &Recipe) -> Work {
    if secret.fields.iter().all(|field| field.as_str() != VALUE) {
        return Work::LeftOut(Error::usage("It has no field named value.").hint("Rotate it field by field."));
    }
    let seen = Seen::Version(secret.version);
    Work::Generate(Step { id: secret.id, address: secret.address.clone(), seen, act: Act::Rotate(recipe.clone()) })
}
