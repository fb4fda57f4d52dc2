//! `lock`: drops the key that `unlock` keeps.

use jiff::Timestamp;
use serde_json::json;

use crate::error::Result;
use crate::session::{actor, kernel_keyring};

use super::call::Call;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom lock
  strongroom lock --vault ~/vaults/ops.db";

pub(super) fn run(call: &Call) -> Result<()> {
    let locked = call.locked()?;
    let path = locked.path().display().to_string();
    let kept = kernel_keyring::find(locked.vault_id(), locked.key_epoch(), Timestamp::now());
    // The key goes first; that it went can still be recorded with the copy in hand.
    let was_unlocked = kernel_keyring::drop_key(locked.vault_id())?;
    let still = call.keys.first(&call.config.vault, &locked)?.map(|source| source.told());
    if let Some(kept) = kept {
        let opened = locked.unlock_kept(&kept.key, actor::current()).map_err(|failed| failed.1);
        // Nothing is written to a file that is not the one that was seen last, this no more than else.
        match opened.and_then(|vault| call.anchored(vault)) {
            Ok(vault) => {
                if let Some(cause) = vault.read_only_reason() {
                    call.output.warn(&format!("The lock could not be recorded. {cause}"));
                }
                drop(vault.lock());
            }
            Err(error) => call.output.warn(&format!("The lock could not be recorded. {}", error.message())),
        }
    }
    if call.output.json {
        return call.output.print_json(&json!({ "vault": path, "unlocked": false, "was_unlocked": was_unlocked }));
    }
    call.output.note(if was_unlocked { "Locked." } else { "No key was kept for it." });
    if let Some(still) = still {
        call.output.note(&format!("Commands still open it without asking, with {still}"));
    }
    Ok(())
}
