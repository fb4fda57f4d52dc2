//! The operator's editor in the real terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use super::support::pty::{Pty, Setup};
use super::support::vault::TestVault;
use super::{ADDRESS, VALUE, small_vault};

/// An editor that notes what it was given, waits for a file called `go`, and writes `text`.
fn editor(vault: &TestVault, text: &str) -> PathBuf {
    let path = vault.home().join("editor");
    let script = format!(
        "#!/bin/sh\ntrap '' INT\ncd \"$HOME\"\nprintf '%s\\n' \"$#\" \"$1\" > given\nenv >> given\n\
         stat -c %a \"$1\" \"$(dirname \"$1\")\" > modes\necho IN-THE-EDITOR\n\
         while [ ! -e go ]; do sleep 0.05; done\nprintf '%s\\n' '{text}' > \"$1\"\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// The edit dialog of the first secret, on its description.
fn on_description(setup: Setup) -> Pty {
    let mut pty = setup.start();
    pty.wait_for("STRIPE_KEY");
    pty.settle();
    pty.send("g");
    pty.settle();
    pty.send("e");
    pty.wait_for("Edit");
    pty.settle();
    pty.send("\t\t");
    pty.settle();
    pty
}

/// The screen with the editor open on a description.
fn in_editor(vault: &TestVault, text: &str, config: &str) -> Pty {
    let file = vault.home().join("config.toml");
    std::fs::write(&file, config).unwrap();
    let setup = vault.screen().env("EDITOR", editor(vault, text)).env("STRONGROOM_CONFIG", file);
    let mut pty = on_description(setup);
    pty.send("\x05");
    pty.wait_for("IN-THE-EDITOR");
    assert!(!pty.screen(vt100::Screen::alternate_screen), "the editor has the terminal");
    pty
}

/// What the editor was given: how many words, and the file's path.
fn given(vault: &TestVault) -> (String, PathBuf) {
    let given = std::fs::read_to_string(vault.home().join("given")).unwrap();
    let path = PathBuf::from(given.lines().nth(1).unwrap());
    (given, path)
}

fn go(vault: &TestVault) {
    std::fs::write(vault.home().join("go"), b"").unwrap();
}

#[test]
fn a_description_goes_through_the_editor_and_leaves_nothing_behind() {
    let vault = small_vault();
    let mut pty = in_editor(&vault, "From the editor", "");
    let (noted, file) = given(&vault);
    assert_eq!(noted.lines().next(), Some("1"), "one file and nothing else");
    assert!(!noted.contains("STRIPE") && !noted.contains(&vault.key) && !noted.contains(VALUE), "{noted}");
    assert_eq!(std::fs::read_to_string(vault.home().join("modes")).unwrap(), "600\n700\n");
    assert!(file.exists() && !file.starts_with(vault.home()));
    // Ctrl-C and what is typed are the editor's.
    pty.send("\x03typed into the editor\r");
    pty.settle();
    go(&vault);
    pty.wait_for("not saved yet");
    assert!(pty.screen(vt100::Screen::alternate_screen) && pty.screen(vt100::Screen::bracketed_paste));
    assert!(!file.parent().unwrap().exists(), "the folder is gone");
    pty.send("\r");
    pty.wait_for("Saved the details");
    let secret = vault.run(&["get", ADDRESS, "--json"], b"");
    assert!(String::from_utf8_lossy(&secret.stdout).contains("From the editor"));
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&[VALUE]);
}

#[test]
fn the_vault_locks_while_nobody_types_into_the_editor_and_keeps_the_text() {
    let vault = small_vault();
    let pty = in_editor(&vault, "Kept over the lock", "lock_after = \"2s\"\n");
    let is_locked = |_: &Pty| {
        let log = vault.run(&["audit", "--json", "--action", "lock"], b"");
        String::from_utf8_lossy(&log.stdout).contains("\"lock\"")
    };
    pty.wait_until("the vault to lock under the editor", is_locked);
    go(&vault);
    pty.wait_for("the editor's text is kept");
    pty.wait_for("nlock");
    assert!(!pty.contents().contains("Kept over") && !pty.contents().contains("STRIPE_KEY"), "{}", pty.contents());
    pty.assert_clean(&[VALUE]);
}

#[test]
fn a_signal_ends_us_and_the_editor_and_takes_the_file_away() {
    let vault = small_vault();
    let mut pty = in_editor(&vault, "", "");
    let (_, file) = given(&vault);
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 143);
    assert!(!file.parent().unwrap().exists());
    pty.assert_restored();
}

#[test]
fn an_editor_that_is_missing_is_told_and_costs_nothing() {
    let vault = small_vault();
    for (editor, told) in [("no-such-editor", "cannot be run"), (" ", "No editor is set"), ("false", "code 1")] {
        let mut pty = on_description(vault.screen().env("EDITOR", editor));
        pty.send("kept\x05");
        pty.wait_for(told);
        assert!(pty.contents().contains("kept"), "{editor}: {}", pty.contents());
        pty.send("\x0c");
        pty.wait_for("nlock");
    }
}
