//! `anchor`: whether the file is the one that this machine saw last, and what to do if not.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::error::{Error, Result};
use crate::session::prompt;
use crate::tui::text::printable;
use crate::vault::{Freshness, Passage, Stale, Vault};

use super::call::Call;
use super::shapes;
use super::times::both;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom anchor                             how far the vault has come; exit 9 if it went back
  strongroom anchor check 233-3f9ac2d17e20      is what was noted then still in its log?
  strongroom anchor accept --reason restored

Each change leaves a checkpoint in a file outside of the vault (in the state folder, one a vault). An older
copy of the vault put in its place, or another branch of it, is told at once: nothing is written or given out.
Who can write to your state folder can take the anchor away; a checkpoint on paper, or the system's log
(syslog = true in the settings), cannot be taken away by them.";

/// Nothing: how things stand.
#[derive(Args)]
pub(super) struct AnchorArgs {
    #[command(subcommand)]
    command: Option<AnchorCommand>,
}

#[derive(Subcommand)]
enum AnchorCommand {
    /// Whether the log leads through a checkpoint that was noted: exit 9 if it does not
    #[command(after_help = "Example:\n  strongroom anchor check 233-3f9ac2d17e20")]
    Check {
        /// As `anchor` printed it
        #[arg(value_name = "CHECKPOINT")]
        code: String,
    },
    /// Take an older or other file for the vault, since you put it there yourself
    #[command(after_help = "Example:\n  strongroom anchor accept --reason restored")]
    Accept {
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Opens the vault without the warning that every other command gives: this one tells more.
pub(super) fn run(call: &Call, args: &AnchorArgs) -> Result<()> {
    let mut vault = call.unlock(call.locked()?)?;
    match &args.command {
        None => show(call, &mut vault),
        Some(AnchorCommand::Check { code }) => check(call, &mut vault, code),
        Some(AnchorCommand::Accept { reason, yes }) => accept(call, &mut vault, reason, *yes),
    }
}

fn show(call: &Call, vault: &mut Vault) -> Result<()> {
    let freshness = vault.freshness()?;
    let Freshness { now, stale, anchor, trouble } = &freshness;
    if call.output.json {
        let seen = stale.as_ref().and_then(Stale::seen);
        call.output.print_json(&json!({
            "change": now.seq,
            "changed_at": shapes::time(now.at),
            "checkpoint": now.code(),
            "state": stale.as_ref().map_or("fresh", Stale::word),
            "seen_change": seen.map(|seen| seen.seq),
            "seen_at": seen.map(|seen| shapes::time(seen.at)),
            "anchor": anchor.as_ref().map(|path| path.display().to_string()),
            "problem": trouble,
        }))?;
    } else {
        let changed = both(now.at, call.now);
        let mut lines = vec![("change", format!("{}, {changed}", now.seq)), ("checkpoint", now.code())];
        if let Some(seen) = stale.as_ref().and_then(Stale::seen) {
            lines.push(("was seen", format!("{}, {}, checkpoint {}", seen.seq, both(seen.at, call.now), seen.code())));
        }
        lines.push(match (anchor, trouble) {
            (Some(path), None) => ("anchor", path.display().to_string()),
            (Some(path), Some(trouble)) => ("anchor", format!("{} cannot be kept: {trouble}", path.display())),
            (None, _) => ("anchor", "none: this user has no home folder".to_owned()),
        });
        let text: String = lines.iter().map(|(label, fact)| format!("{label:<12} {}\n", printable(fact))).collect();
        call.output.print(&text)?;
    }
    vault.check_freshness()
}

fn check(call: &Call, vault: &mut Vault, code: &str) -> Result<()> {
    let passage = vault.leads_through(code)?;
    if call.output.json {
        let in_log = match passage {
            Passage::Leads => Some(true),
            Passage::Elsewhere => Some(false),
            Passage::CutOff => None,
        };
        call.output.print_json(&json!({ "checkpoint": code, "in_log": in_log }))?;
    }
    match passage {
        Passage::Leads if call.output.json => Ok(()),
        Passage::Leads => call.output.print("The log leads through it.\n"),
        Passage::CutOff => Err(Error::not_found("That record was cut off the log, and is in the file of a segment.")
            .hint("strongroom audit --segment FILE --json gives each record's code as hash.")),
        Passage::Elsewhere => {
            Err(Error::damaged(format!("The log does not lead through the checkpoint {}.", code.escape_debug()))
                .hint("The vault is an older one, another one, or was given another master key since that was noted."))
        }
    }
}

fn accept(call: &Call, vault: &mut Vault, reason: &str, yes: bool) -> Result<()> {
    let Err(stale) = vault.check_freshness() else {
        return Err(Error::usage("This is the vault that this machine saw last; there is nothing to accept."));
    };
    if !yes {
        if call.no_input || !prompt::has_terminal() {
            return Err(Error::usage("To take this file for the vault needs --yes where nobody is asked."));
        }
        call.output.note(stale.message());
        call.output.note("What was changed since is not in this file. If somebody else put it there, stop here.");
        let answer = prompt::shown("Type restore to take it for the vault: ")?;
        if answer.trim() != "restore" {
            return Err(Error::usage("Nothing was done."));
        }
    }
    vault.accept_restore(reason)?;
    let code = vault.freshness()?.now.code();
    if call.output.json {
        return call.output.print_json(&json!({ "accepted": true, "checkpoint": code }));
    }
    call.output.note(&format!("This is the vault from now on. Its checkpoint is {code}."));
    Ok(())
}
