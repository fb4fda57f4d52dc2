//! `unlock`: keeps the vault's key in the kernel keyring for a while, so that no command
//! asks until then.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::error::{Error, Result};
use crate::session::kernel_keyring;
use crate::session::key_source::{MASTER_KEY, PASSPHRASE_FILE, Source};
use crate::vault::audit::AuditAction;
use crate::vault::when::parse_duration;

use super::call::Call;
use super::shapes;
use super::times::both;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom unlock              for 15 minutes
  strongroom unlock --for 8h     for a working day; again renews it
  strongroom status              until when?
  strongroom lock                drop the key at once

The Linux kernel keeps the key and the time, for you alone; a program that runs
as you can read it until then. Changing keys asks for one all the same.";

/// Longest time: a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// For how long.
#[derive(Args)]
pub(super) struct UnlockArgs {
    /// How long the key is kept, 1s to 7d
    #[arg(long = "for", value_name = "DURATION", default_value = "15m")]
    period: String,
}

pub(super) fn run(call: &Call, args: &UnlockArgs) -> Result<()> {
    let period = period(&args.period)?;
    // Nobody types a passphrase for nothing.
    kernel_keyring::check()?;
    let locked = call.locked()?;
    let remark = call.keys.first(&call.config.vault, &locked)?.and_then(|source| remark(&source));
    let mut vault = call.unlock(locked)?;
    let reason = format!("for {}", args.period);
    let key = vault.master_key_for_keeping(&reason)?;
    let until = kernel_keyring::keep(&key, period, Timestamp::now()).inspect_err(|error| {
        // That it is not kept matters more than that the record of it could not be corrected.
        let _ = vault.note(AuditAction::Unlock, None, &reason, Some(error.message()));
    })?;
    if call.output.json {
        let path = vault.path().display().to_string();
        return call.output.print_json(&json!({ "vault": path, "unlocked": true, "until": shapes::time(until) }));
    }
    call.output.note(&format!("Unlocked until {}. `strongroom lock` ends it.", both(until, Timestamp::now())));
    if let Some(remark) = remark {
        call.output.note(&remark);
    }
    Ok(())
}

/// The time asked for.
fn period(text: &str) -> Result<Duration> {
    let period = parse_duration(text)?.unsigned_abs();
    if period.is_zero() || period > LONGEST {
        return Err(Error::usage("A key is kept for at least 1s and at most 7d.")
            .hint("A vault that must open at any time has a key file: see `strongroom init --help`."));
    }
    Ok(period)
}

/// Why the kept key will not be used, or is not needed.
fn remark(source: &Source<'_>) -> Option<String> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match source {
        Source::OwnKeyFile(path) => {
            Some(format!("It is of little use: the vault opens without asking, with its key file {}", path.display()))
        }
        Source::Environment(_) => Some(format!("{MASTER_KEY} is set here, and comes before the kept key.")),
        Source::PassphraseFile(_) if set(PASSPHRASE_FILE) => {
            Some(format!("{PASSPHRASE_FILE} is set here, and comes before the kept key."))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_for_a_week_at_most() {
        assert_eq!(period("15m").unwrap(), Duration::from_secs(900));
        assert_eq!(period("1w").unwrap(), LONGEST);
        for wrong in ["0s", "8d", "1y", "15", "-5m", "1.5h", "99999999999999999999s"] {
            assert_eq!(period(wrong).unwrap_err().kind().exit_code(), 2, "{wrong}");
        }
    }
}
