//! The real program pastes into other panes of a real tmux: by its command and by its
//! screen, while tmux or it is killed half-way, and where a pane does not take it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::panes::Server;
use super::place::{
    PASSPHRASE, eventually, printed, program_path, run_with_passphrase, with_key, with_passphrase, within,
};
use super::support::pty::contains;
use super::support::vault::TestVault;
use super::tmux::Tmux;

/// A value that would be an option, and lines for a shell.
const VALUE: &str = "-n canary-Zp4\necho canary-Qm7\n";
const ADDRESS: &str = "production/CERT";

/// A vault with the value, as seen from the first pane of a tmux.
fn place() -> (TestVault, Server) {
    let vault = with_key();
    vault.run(&["set", ADDRESS, "--stdin", "--raw"], VALUE.as_bytes());
    (vault, Server::start())
}

/// The command in the first pane.
fn copy(vault: &TestVault, server: &Server, more: &[&str]) -> Command {
    let mut command = vault.command();
    command.env("TMUX", format!("{},1,0", server.socket().display())).env("TMUX_PANE", "%0");
    command.args(["copy", ADDRESS, "--no-input"]).args(more).stdin(Stdio::null());
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the audit log has about the secret, the newest first: reason and error.
fn records(vault: &TestVault) -> Vec<(String, String)> {
    let printed = vault.run(&["audit", "--secret", ADDRESS, "--action", "copy", "--json"], b"").stdout;
    let records: serde_json::Value = serde_json::from_slice(&printed).unwrap();
    let text = |record: &serde_json::Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    records["records"]
        .as_array()
        .or(records.as_array())
        .unwrap()
        .iter()
        .map(|record| (text(record, "reason"), text(record, "error")))
        .collect()
}

/// A pane that writes down every byte it gets, and where.
fn scribe(server: &Server) -> (String, PathBuf) {
    let into = server.path("scribe");
    (server.pane(&format!("stty raw -echo; echo READY; exec cat > '{}'", into.display()), "READY"), into)
}

/// A `tmux` before the real one in PATH that does this around it.
fn instead_of_tmux(folder: &Path, script: &str) -> String {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = script.replace("TMUX_PROGRAM", program_path("tmux").to_str().unwrap());
    std::fs::write(bin.join("tmux"), format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(bin.join("tmux"), std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

#[test]
fn the_command_pastes_on_record_and_leaves_no_trace() {
    let (vault, server) = place();
    let (pane, file) = scribe(&server);
    let seen = server.path("seen");
    // What every tmux was started with is written down.
    let script = format!("{{ env; echo \"$@\"; }} >> '{}'\nexec TMUX_PROGRAM \"$@\"", seen.display());
    let path = instead_of_tmux(&server.path("."), &script);
    let output =
        copy(&vault, &server, &["--pane", &pane, "--json", "--reason", "CHG-7"]).env("PATH", &path).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((json["outcome"].as_str(), json["pane"].as_str()), (Some("pasted"), Some(pane.as_str())));
    assert_eq!((json["program"].as_str(), json["name"].as_str()), (Some("cat"), Some("CERT")));
    eventually("the value", || std::fs::read(&file).unwrap() == VALUE.as_bytes());
    server.has_no_buffer();
    assert!(!server.tmux(&["show-buffer"]).output().unwrap().status.success());
    let seen = std::fs::read(seen).unwrap();
    assert!(contains(&seen, b"load-buffer") && !contains(&seen, b"canary"), "what tmux was started with");
    assert!(!contains(&seen, vault.key.as_bytes()), "a key is no business of tmux's");
    let again = copy(&vault, &server, &["--pane", &pane]).output().unwrap();
    assert!(told(&again).contains("It has line breaks"), "{}", told(&again));
    let records = records(&vault);
    assert_eq!(records.len(), 2);
    assert_eq!(records[1], (format!("CHG-7; pasted into tmux pane {pane} (cat)"), String::new()));
}

#[test]
fn what_takes_no_paste_is_refused_before_a_value_leaves() {
    let (vault, server) = place();
    let (pane, file) = scribe(&server);
    let fails = |command: &mut Command, code: i32, words: &str| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        assert!(told(&output).contains(words), "{}", told(&output));
    };
    fails(&mut copy(&vault, &server, &["--pane", "%99"]), 3, "tmux has no pane \"%99\"");
    fails(&mut copy(&vault, &server, &["--pane", "%0"]), 4, "strongroom runs in it");
    fails(copy(&vault, &server, &["--pane", &pane]).env_remove("TMUX"), 8, "no tmux around");
    fails(&mut copy(&vault, &server, &["--pane", &pane, "--clear-after", "9s"]), 2, "exclude each other");
    server.says(&["copy-mode", "-t", &pane]);
    fails(&mut copy(&vault, &server, &["--pane", &pane]), 4, "it is in copy-mode");
    assert_eq!(records(&vault), []);
    // A shell that has no tmux in its PATH.
    fails(copy(&vault, &server, &["--pane", &pane]).env("PATH", "/nowhere"), 1, "tmux cannot be started");
    assert!(std::fs::read(&file).unwrap().is_empty());
    server.has_no_buffer();
}

#[test]
fn a_pane_that_goes_meanwhile_gets_nothing_and_that_is_on_record() {
    let (vault, server) = place();
    let (pane, _) = scribe(&server);
    // It is killed when everything was looked at and the value is about to be loaded.
    let script =
        "case \"$*\" in *load-buffer*) TMUX_PROGRAM -S \"$3\" kill-pane -t GOING;; esac\nexec TMUX_PROGRAM \"$@\"";
    let path = instead_of_tmux(&server.path("."), &script.replace("GOING", &pane));
    let output = copy(&vault, &server, &["--pane", &pane]).env("PATH", &path).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("is gone"), "{}", told(&output));
    server.has_no_buffer();
    let records = records(&vault);
    assert_eq!(records.len(), 2, "{records:?}");
    assert!(records[0].1.contains("is gone") && records[1].1.is_empty(), "{records:?}");
}

/// Every pasted value is whole, or not there at all.
#[track_caller]
fn is_whole(file: &Path, value: &[u8], before: &mut usize) -> bool {
    let length = || usize::try_from(std::fs::metadata(file).unwrap().len()).unwrap();
    // What was begun comes to its end.
    let (mut last, mut steady) = (length(), 0);
    within(Duration::from_secs(10), || {
        let now = length();
        steady = if now == last { steady + 1 } else { 0 };
        last = now;
        steady > 12
    });
    let came = last - std::mem::replace(before, last);
    assert!(came == 0 || came == value.len(), "{came} of {} bytes", value.len());
    came > 0
}

#[test]
fn a_tmux_that_is_killed_half_way_leaves_no_buffer_and_no_half_value() {
    let (vault, server) = place();
    let value = "0123456789abcde\n".repeat(40_000);
    vault.run(&["set", ADDRESS, "--stdin", "--raw"], value.as_bytes());
    let (pane, file) = scribe(&server);
    let delay = server.path("delay");
    // The call that has the value is ended after so long.
    let script = "case \"$*\" in *load-buffer*) exec timeout -s KILL $(cat 'DELAY') TMUX_PROGRAM \"$@\";; esac\nexec TMUX_PROGRAM \"$@\"";
    let path = instead_of_tmux(&server.path("."), &script.replace("DELAY", delay.to_str().unwrap()));
    let (mut before, mut pasted, mut killed) = (0, 0, 0);
    for tenths in [1, 5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 100, 150, 5000] {
        std::fs::write(&delay, format!("{}", f64::from(tenths) / 10_000.0)).unwrap();
        let output = copy(&vault, &server, &["--pane", &pane]).env("PATH", &path).output().unwrap();
        let whole = is_whole(&file, value.as_bytes(), &mut before);
        server.has_no_buffer();
        match output.status.success() {
            true => assert!(whole, "said to be pasted"),
            false => assert!(told(&output).contains("not known whether"), "{}", told(&output)),
        }
        pasted += usize::from(whole);
        killed += usize::from(!output.status.success());
    }
    assert!(pasted > 0 && killed > 0, "{pasted} pasted, {killed} killed: the delays meet nothing");
}

#[test]
fn a_strongroom_that_is_killed_half_way_leaves_no_buffer_and_no_half_value() {
    let (vault, server) = place();
    let value = "0123456789abcde\n".repeat(40_000);
    vault.run(&["set", ADDRESS, "--stdin", "--raw"], value.as_bytes());
    let (pane, file) = scribe(&server);
    let (mut before, mut pasted) = (0, 0);
    for wait in (0..24).map(|step| Duration::from_millis(step * 3)).chain([Duration::from_secs(5)]) {
        let mut child = copy(&vault, &server, &["--pane", &pane]).stderr(Stdio::null()).spawn().unwrap();
        within(wait, || child.try_wait().unwrap().is_some());
        let _ = child.kill();
        child.wait().unwrap();
        pasted += usize::from(is_whole(&file, value.as_bytes(), &mut before));
        server.has_no_buffer();
    }
    assert!(pasted > 0, "even the last one was killed");
}

/// A vault, its screen in tmux, and a pane beside it with a shell that knows pastes.
#[test]
fn the_screen_pastes_into_the_neighbour_and_asks_by_name() {
    let vault = with_passphrase();
    run_with_passphrase(&vault, &["set", ADDRESS, "--stdin", "--raw"], PASSPHRASE, VALUE);
    let tmux = Tmux::start(&vault, (140, 45), &[]);
    let says = |words: &[&str]| printed(tmux.command().args(words)).trim_end().to_owned();
    let shell = "PS1=ready: exec bash --norc --noprofile -i";
    says(&["new-window", "-d", "exec sleep 600"]);
    let pane = says(&["split-window", "-d", "-l", "12", "-P", "-F", "#{pane_id}", shell]);
    let beside = || says(&["capture-pane", "-p", "-t", &pane]);
    eventually("the shell", || beside().contains("ready:"));
    tmux.wait_for(&["assphrase"], &[]);
    tmux.type_text(PASSPHRASE);
    tmux.press(&["Enter"]);
    tmux.wait_for(&["JWT_SIGNING_KEY", "CERT"], &[]);
    tmux.press(&["g", "/"]);
    tmux.type_text("cert");
    tmux.wait_for(&["1 of 4"], &[]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&["help"], &["STRIPE_KEY"]);

    tmux.press(&["P"]);
    tmux.wait_for(&["Paste production/CERT into", "bash", "sleep", "It has 2 lines"], &["canary"]);
    tmux.press(&["Enter"]);
    let asked = format!("Paste production/CERT into pane {pane}");
    tmux.wait_for(&[&asked, "It has 2 lines"], &["canary"]);
    tmux.press(&["y"]);
    tmux.wait_for(&[&format!("Pasted production/CERT into pane {pane} (bash).")], &["canary"]);
    eventually("the lines as text", || beside().contains("-n canary-Zp4") && beside().contains("echo canary-Qm7"));
    assert!(!beside().lines().any(|line| line == "canary-Qm7"), "nothing was run: {}", beside());
    assert_eq!(says(&["list-buffers"]), "");

    // In copy mode it is refused; gone, it is missed; each is told.
    says(&["copy-mode", "-t", &pane]);
    tmux.press(&["P"]);
    tmux.wait_for(&["it is in copy-mode"], &[]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&[&format!("Nothing can be pasted into pane {pane} now")], &[]);
    says(&["send-keys", "-t", &pane, "-X", "cancel"]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&["Paste production/CERT into"], &["Nothing can be pasted", "copy-mode"]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&[&asked], &[]);
    says(&["kill-pane", "-t", &pane]);
    tmux.wait_for(&[&asked], &[]);
    tmux.press(&["y"]);
    tmux.wait_for(&[&format!("Nothing was pasted: pane {pane} is gone.")], &[]);
    assert_eq!(says(&["list-buffers"]), "");
    let raw = tmux.raw();
    assert!(!contains(&raw, b"canary"), "nothing of the value was ever on our screen");
    assert!(!contains(&raw, b"\x1b]52"), "nor on a clipboard");
}
