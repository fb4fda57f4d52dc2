//! How a rotation is opened: begun with a new value, or gone on with from its journal.

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};
use crate::rotation::decide::Goal;
use crate::rotation::recipe::Make;
use crate::rotation::{fit, make};
use crate::vault::rotation::{Busy, Runner, StageState, Turn};
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, SecretId};
use crate::vault::{Expected, Pick, Vault};

use super::{Drive, recipe_of};

/// How much longer than its own time a step may be on its way before it counts as over.
const MARGIN: SignedDuration = SignedDuration::from_secs(15);

/// Where the pending value comes from.
pub enum Source {
    /// From the operator.
    Given(Fields),
    /// From the recipe's make step.
    Recipe,
    /// From an earlier version, which is to come back.
    Earlier(Pick),
}

/// How a rotation begins.
pub struct Start<'a> {
    /// Where its value comes from.
    pub source: Source,
    /// How long the previous version stays reachable; `None`: as the recipe says.
    pub grace: Option<SignedDuration>,
    /// Where it is to go.
    pub goal: Goal,
    /// The far side is told nothing: it has been, or somebody will.
    pub by_hand: bool,
    /// Why.
    pub reason: &'a str,
    /// What the secret is taken to be.
    pub expected: Expected,
}

impl Drive {
    /// Begins a rotation: the new value is sealed, or being made.
    ///
    /// # Errors
    /// `NotFound`; Conflict against `expected`, or when another rotation is under way;
    /// Usage, when a value is to be made and the recipe makes none.
    pub fn begin(vault: &mut Vault, address: &Address, start: Start<'_>) -> Result<Self> {
        let Start { source, grace, goal, by_hand, reason, expected } = start;
        let found = vault.find(address)?;
        let recipe = recipe_of(&found)?;
        let kept = recipe.as_ref().and_then(|recipe| recipe.grace);
        let grace = grace.or_else(|| kept.and_then(|grace| SignedDuration::try_from(grace).ok()));
        let mut making = None;
        if let (Source::Given(fields), Some(recipe), false) = (&source, &recipe, by_hand) {
            fit::check_values(recipe, fields, address)?;
        }
        let secret = match source {
            Source::Given(fields) => vault.stage(address, fields, grace, reason, expected)?,
            Source::Earlier(pick) => vault.stage_earlier(address, pick, grace, reason, expected)?,
            Source::Recipe => match recipe.as_ref().and_then(|recipe| recipe.make.as_ref()) {
                Some(Make::Generate(what)) => vault.stage(address, make::generated(what)?, grace, reason, expected)?,
                Some(Make::Run(step, _)) => {
                    let runner = runner(Some(step.timeout), goal);
                    let begun = vault.begin_making(address, grace, runner, reason, expected)?;
                    let secret = begun.secret.clone();
                    making = Some(begun);
                    secret
                }
                None => {
                    return Err(Error::usage(format!("The recipe of {address} makes no value."))
                        .hint("Give a value, or have one generated."));
                }
            },
        };
        let turn = secret.rotation.stage.as_ref().map_or(0, |stage| stage.turn);
        let (id, reason) = (secret.id, reason.to_owned());
        let address = secret.address;
        Ok(Self {
            id,
            address,
            recipe,
            goal,
            by_hand,
            reason,
            turn,
            resumed: false,
            unlooked: false,
            way_from: 0,
            is_back: false,
            making,
            unmade: false,
        })
    }

    /// Goes on with a rotation that is under way. A step that another session runs is
    /// waited for by its time; one of a session of this machine that is gone is not.
    ///
    /// # Errors
    /// `NotFound`, when nothing is under way; Busy, while another session is at it.
    pub fn resume(vault: &mut Vault, id: SecretId, goal: Goal, reason: &str) -> Result<Self> {
        let mut secret = vault.secret(id)?;
        let recipe = recipe_of(&secret)?;
        let (turn, busy) = match (&secret.rotation.stage, &secret.rotation.revoke) {
            (Some(stage), _) => (stage.turn, stage.busy.clone()),
            (None, Some(revoke)) => (revoke.turn, revoke.busy.clone()),
            (None, None) => {
                return Err(Error::not_found(format!("No rotation of {} is under way.", secret.address))
                    .hint("Begin one with strongroom rotate, or look at strongroom history."));
            }
        };
        let mut turn = Turn { id, number: turn };
        if let Some(busy) = busy {
            (secret, turn) = vault.take_over(turn, is_gone(vault, &busy))?;
        }
        let unknown = [StageState::Applying, StageState::Reverting, StageState::Unsettled];
        let resumed = secret.rotation.stage.as_ref().is_some_and(|stage| unknown.contains(&stage.state));
        let way_from = secret.rotation.steps().len();
        let (address, reason) = (secret.address, reason.to_owned());
        Ok(Self {
            id,
            address,
            recipe,
            goal,
            by_hand: false,
            reason,
            turn: turn.number,
            resumed,
            unlooked: false,
            way_from,
            is_back: false,
            making: None,
            unmade: false,
        })
    }

    /// Tells the far side also where it does not take the current value: who has it so
    /// knows why.
    #[must_use]
    pub fn unlooked(self, unlooked: bool) -> Self {
        Self { unlooked, ..self }
    }

    /// As [`Self::resume`]; what the vault would refuse for the sake of the far side is done
    /// all the same, and no step is run.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub fn by_hand(vault: &mut Vault, id: SecretId, goal: Goal, reason: &str) -> Result<Self> {
        Ok(Self { by_hand: true, ..Self::resume(vault, id, goal, reason)? })
    }
}

/// This process, for a step that may take so long.
pub(super) fn runner(timeout: Option<std::time::Duration>, goal: Goal) -> Runner {
    let timeout = timeout.and_then(|timeout| SignedDuration::try_from(timeout).ok()).unwrap_or_default();
    Runner { pid: std::process::id(), within: timeout.saturating_add(MARGIN), to_promote: goal == Goal::Promoted }
}

/// Whether the session that runs a step is one of this machine, and is no more.
fn is_gone(vault: &Vault, busy: &Busy) -> bool {
    let is_ours = busy.by.rsplit_once('@').is_some_and(|(_, host)| host == vault.actor().host);
    is_ours && (busy.pid == std::process::id() || !crate::session::process::is_alive(busy.pid))
}

/// Whether a session runs this step at `now`, as far as can be seen from here.
#[must_use]
pub fn is_at_work(vault: &Vault, busy: &Busy, now: Timestamp) -> bool {
    busy.until > now && !is_gone(vault, busy)
}
