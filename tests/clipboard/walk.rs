//! What the walks have in common: the secret that is copied, and the way to it.

use std::time::Duration;

use data_encoding::BASE64;

use super::place::SECRETS;
use super::support::pty::{Pty, STRONGROOM, Setup};
use super::support::vault::TestVault;

/// The first secret in the list.
pub(crate) const ADDRESS: &str = SECRETS[0].0;
pub(crate) const NAME: &str = "JWT_SIGNING_KEY";
pub(crate) const VALUE: &str = SECRETS[0].1;

/// Longer than an end may take on a busy machine.
pub(crate) const TEN_SECONDS: Duration = Duration::from_secs(10);
/// How long something that must not happen is waited for.
pub(crate) const A_WHILE: Duration = Duration::from_secs(2);

/// The screen with the first secret selected.
pub(crate) fn unlocked(screen: Setup) -> Pty {
    let mut pty = screen.start();
    select(&mut pty);
    pty
}

/// Waits for the list and selects its first secret.
pub(crate) fn select(pty: &mut Pty) {
    pty.wait_for(NAME);
    pty.settle();
    pty.send("g");
    pty.settle();
}

/// The program at this machine, as without SSH.
pub(crate) fn here(setup: Setup) -> Setup {
    setup.env("SSH_CONNECTION", "")
}

/// The screen at this X11 display.
pub(crate) fn at_display(vault: &TestVault, display: &str) -> Setup {
    here(vault.screen().size(120, 30)).env("DISPLAY", display)
}

/// The `copy` command at this X11 display.
pub(crate) fn copy_at_display(vault: &TestVault, display: &str, clear_after: &str) -> Setup {
    here(vault.screen()).env("DISPLAY", display).arg("copy").arg(ADDRESS).arg("--clear-after").arg(clear_after)
}

/// The program on this vault as a line for a shell, as in a session that has the vault's variables.
pub(crate) fn line(vault: &TestVault, arguments: &str) -> String {
    format!("'{STRONGROOM}' --vault '{}' {arguments}", vault.path().display())
}

/// What was sent to a terminal's clipboard, decoded, the first first.
pub(crate) fn sent(raw: &[u8]) -> Vec<String> {
    const START: &[u8] = b"\x1b]52;";
    let starts = (0..raw.len()).filter(|at| raw[*at..].starts_with(START));
    let payload = |at: usize| {
        let rest = &raw[at + START.len()..];
        let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
        let (_, text) = std::str::from_utf8(&rest[..end]).unwrap().split_once(';').unwrap();
        let decoded = BASE64.decode(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?} was sent: {error}"));
        Some(String::from_utf8(decoded).unwrap())
    };
    starts.filter_map(payload).collect()
}

/// Asserts that the value was sent once, and cleared with `clear` once or more, and nothing else.
#[track_caller]
pub(crate) fn assert_set_and_cleared(raw: &[u8], value: &str, clear: &str) {
    let sent = sent(raw);
    assert_eq!(sent.first().map(String::as_str), Some(value));
    assert!(sent.len() > 1 && sent[1..].iter().all(|text| text == clear), "{:?}", &sent[1..]);
}
