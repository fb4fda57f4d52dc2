//! `copy --pane`: the value into another pane of the tmux around us, past every clipboard.

use serde_json::json;

use crate::cli::call::Call;
use crate::cli::release::ReleaseArgs;
use crate::clipboard::tmux::{Pane, Tmux, reason};
use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::vault::Release;
use crate::vault::audit::AuditAction;
use crate::vault::scope::Address;

/// Pastes it there; gives the exit code.
pub(super) fn run(call: &Call, release: &ReleaseArgs, named: &str) -> Result<u8> {
    let tmux = Tmux::around_us(|name| std::env::var(name).ok()).ok_or_else(|| {
        Error::busy("There is no tmux around this, so no pane to paste into.")
            .hint("Run it within tmux, or leave out --pane to copy to the clipboard.")
    })?;
    let pane = tmux.find(named)?;
    pane.fit()?;
    let mut vault = call.open()?;
    let secret = release.find(call, &mut vault, Release::Copy)?;
    let reason = match release.reason.as_str() {
        "" => reason(&pane.id, &pane.command),
        given => format!("{given}; {}", reason(&pane.id, &pane.command)),
    };
    let pause = |wait| {
        std::thread::sleep(wait);
        Ok(())
    };
    let value = release.take_because(call, &mut vault, &secret, Release::Copy, &reason, pause)?;
    tmux.paste(&pane.target(), &value).inspect_err(|error| {
        // The record says that it was pasted; this one, that it did not arrive.
        let _ = vault.note(AuditAction::Copy, Some(secret.id), &reason, Some(error.message()));
    })?;
    tell(call, (&secret.address, &release.told(&secret, call.now)), &pane, &value)?;
    Ok(0)
}

fn tell(call: &Call, (address, told): (&Address, &str), pane: &Pane, value: &SecretText) -> Result<()> {
    let Pane { id, place, command, .. } = pane;
    let breaks = value.expose().iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    let enter = match (breaks, pane.takes_whole) {
        (false, _) => " No Enter was added.",
        (true, Some(true)) => "",
        (true, _) => " It has line breaks, which do what Enter does where the program knows no pastes: look at it.",
    };
    call.output.note(&format!("Pasted {told} into pane {id} ({place}, {command}).{enter}"));
    if call.output.json {
        call.output.print_json(&json!({
            "name": address.name.as_str(),
            "scope": address.scope.to_string(),
            "route": "tmux pane",
            "pane": id,
            "place": place,
            "program": command,
            "outcome": "pasted",
        }))?;
    }
    Ok(())
}
