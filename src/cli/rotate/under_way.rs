//! `rotate` of what is under way: promote, abort, go on, retire.

use clap::Args;

use crate::error::{Error, Result};
use crate::rotation::decide::Goal;
use crate::rotation::drive::{Drive, Outcome};
use crate::vault::scope::Address;
use crate::vault::secret::Secret;

use super::super::call::Call;
use super::driving;

/// What is done about a rotation that is under way.
#[derive(Args)]
pub(super) struct UnderWayArgs {
    /// Make the pending version current; with a recipe the far side is told first, and tried
    #[arg(help_heading = "In stages", long, group = "under_way", conflicts_with_all = STARTS)]
    promote: bool,
    /// Destroy the pending version; what the far side was told is put back
    #[arg(help_heading = "In stages", long, group = "under_way", conflicts_with_all = STARTS)]
    abort: bool,
    /// Go on after a crash or a lost connection: find out what the far side has, and settle it
    #[arg(help_heading = "In stages", long, group = "under_way", conflicts_with_all = STARTS)]
    resume: bool,
    /// Have the far side refuse the previous version now, and give it out no more
    #[arg(help_heading = "In stages", long, group = "under_way", conflicts_with_all = STARTS)]
    retire: bool,
    /// Change the vault alone: the far side is told nothing, or has been by hand
    #[arg(help_heading = "In stages", long, conflicts_with = "stage")]
    pub(super) by_hand: bool,
}

/// What begins a rotation.
const STARTS: [&str; 9] = ["value", "stdin", "file", "generate", "fields", "to", "stage", "due", "if_version"];

impl UnderWayArgs {
    /// True when a rotation is not to be begun.
    pub(super) fn is_given(&self) -> bool {
        self.promote || self.abort || self.resume || self.retire
    }

    fn goal(&self) -> Goal {
        if self.abort { Goal::Aborted } else { Goal::Promoted }
    }
}

pub(super) fn run(call: &Call, args: &UnderWayArgs, force: bool, address: &Address, reason: &str) -> Result<()> {
    let mut vault = call.open()?;
    let secret = vault.find(address)?;
    check(args, &secret)?;
    if args.retire && secret.rotation.revoke.is_none() {
        let retired = vault.retire(secret.id, args.by_hand, reason)?;
        return driving::Driven {
            settles: true,
            outcome: Outcome::Retired(retired),
            steps: Vec::new(),
            interrupted: None,
        }
        .report(call);
    }
    let mut drive = match args.by_hand {
        true => Drive::by_hand(&mut vault, secret.id, args.goal(), reason)?,
        false => Drive::resume(&mut vault, secret.id, args.goal(), reason)?.unlooked(force),
    };
    let driven = driving::drive(call, &mut vault, &mut drive)?;
    if args.by_hand && matches!(driven.outcome, Outcome::Promoted(_)) {
        call.warn_untold(driven.outcome.secret());
    }
    driven.report(call)
}

/// Refuses what cannot be meant as things stand.
fn check(args: &UnderWayArgs, secret: &Secret) -> Result<()> {
    let address = &secret.address;
    if args.retire && secret.rotation.stage.is_some() {
        return Err(Error::conflict(format!("{address} has a pending version."))
            .hint("Promote it or abort it first; then there is another previous version."));
    }
    if (args.promote || args.abort) && secret.rotation.stage.is_none() {
        return Err(Error::not_found(format!("{address} has no pending version."))
            .hint("Stage one with strongroom rotate --stage."));
    }
    Ok(())
}
