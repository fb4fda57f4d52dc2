//! `completions` and `man`: what the shells are told, in the shells themselves.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::support::{Ran, Room};
use crate::unlocking::Kept;

/// What is offered for the last of `words`.
fn offered(room: &Room, words: &[&str]) -> Vec<String> {
    let line = [&["--", "strongroom"], words].concat();
    let mut command = room.command(&line);
    command.env("STRONGROOM_COMPLETE", "bash").env("_CLAP_IFS", "\n");
    let ran = Ran::from(command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words:?}");
    ran.text().lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect()
}

/// A vault with its key kept, and secrets in some scopes.
fn kept() -> Option<Kept> {
    let kept = Kept::new()?;
    for address in ["GLOBAL", "prod/ONE", "prod/payments/STRIPE_KEY", "prod/payments/STRIPE_HOOK", "~alice/MINE"] {
        kept.room.good(&["set", address, "--generate", "--tag", "db"]);
    }
    kept.room.good(&["unlock"]);
    Some(kept)
}

/// Neither a locked vault nor a key in the environment is a reason to open it for a Tab.
#[test]
fn completions_have_names_only_while_unlock_keeps_the_key() {
    let Some(kept) = kept() else { return };
    let before = kept.records("unlock").len();
    assert_eq!(offered(&kept.room, &["get", "prod/"]), ["prod/ONE", "prod/payments/"]);
    kept.room.good(&["lock"]);
    assert_eq!(offered(&kept.room, &["get", "prod/"]), [""; 0]);
    assert_eq!(kept.records("unlock").len(), before);
    assert!(kept.records("reveal").is_empty() && kept.records("unlock_failed").is_empty());
}

#[test]
fn completions_go_from_segment_to_segment_as_paths_do() {
    let Some(kept) = kept() else { return };
    let offered = |words: &[&str]| offered(&kept.room, words);
    assert_eq!(offered(&["get", ""]), ["GLOBAL", "prod/", "\\~alice/"]);
    assert_eq!(offered(&["reveal", "prod/p"]), ["prod/payments/"]);
    assert_eq!(offered(&["rotate", "prod/payments/STRIPE_K"]), ["prod/payments/STRIPE_KEY"]);
    assert_eq!(offered(&["delete", "global/"]), ["global/GLOBAL"]);
    assert_eq!(offered(&["get", "~al"]), ["\\~alice/"]);
    assert_eq!(offered(&["get", "\\~alice/"]), ["\\~alice/MINE"]);
    assert_eq!(offered(&["get", "no/such/"]), [""; 0]);
    assert_eq!(offered(&["get", "é'\"$(x)"]), [""; 0]);
}

#[test]
fn completions_know_the_scopes_that_are_given() {
    let Some(kept) = kept() else { return };
    let offered = |words: &[&str]| offered(&kept.room, words);
    assert_eq!(offered(&["get", "--env", "prod", "--namespace", "payments", "STRIPE_H"]), ["STRIPE_HOOK"]);
    assert_eq!(offered(&["get", "--scope=prod/payments", "O"]), ["ONE"]);
    assert_eq!(offered(&["get", "--scope", "prod/payments", ""]), ["GLOBAL", "ONE", "STRIPE_HOOK", "STRIPE_KEY"]);
    assert_eq!(offered(&["list", "--scope", "p"]), ["prod", "prod/payments"]);
    assert_eq!(offered(&["list", "--user", ""]), ["alice"]);
    assert_eq!(offered(&["set", "NEW", "--tag", "d"]), ["db"]);
    assert_eq!(offered(&["audit", "--action", "rev"]), ["reveal"]);
    let other = Room::new();
    let vault = other.vault().display().to_string();
    assert_eq!(offered(&["--vault", &vault, "get", ""]), [""; 0], "another vault is locked");
}

#[test]
fn completions_of_restore_are_the_deleted_ones() {
    let Some(kept) = kept() else { return };
    kept.room.good(&["delete", "prod/ONE"]);
    assert_eq!(offered(&kept.room, &["restore", ""]), ["prod/ONE"]);
    assert_eq!(offered(&kept.room, &["get", "prod/"]), ["prod/payments/"]);
}

#[test]
fn completions_of_commands_and_options_need_no_vault() {
    let room = Room::empty();
    assert_eq!(offered(&room, &["completions", ""]), ["bash", "zsh", "fish"]);
    assert_eq!(offered(&room, &["unl"]), ["unlock"]);
    assert!(offered(&room, &["get", ""]).is_empty());
    for words in [&[][..], &["--"], &["-- --"]] {
        let ran = Ran::from(room.command(words).env("STRONGROOM_COMPLETE", "bash").output().unwrap());
        assert_eq!((ran.code, ran.text().as_str(), ran.err.as_str()), (0, "", ""), "{words:?}");
    }
    let ran = Ran::from(room.command(&["--", "strongroom", "g"]).env("STRONGROOM_COMPLETE", "tcsh").output().unwrap());
    assert_eq!((ran.code, ran.text().as_str()), (0, ""), "a shell that is not known");
}

/// The folder of the binary, so that the scripts find it by its name.
fn path() -> String {
    let binary = assert_cmd::cargo::cargo_bin("strongroom");
    format!("{}:/usr/bin:/bin", binary.parent().unwrap().display())
}

fn is_here(shell: &str) -> bool {
    let is_here = Command::new(shell).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_here {
        eprintln!("SKIPPED: {shell} is not installed");
    }
    is_here
}

/// Types into an interactive shell until `wanted` is on its terminal.
fn typed(room: &Room, shell: &[&str], prepare: &str, keys: &str, wanted: &str) {
    let pair = native_pty_system().openpty(PtySize { cols: 200, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(shell[0]);
    command.args(&shell[1..]);
    command.env_clear();
    for (name, value) in room.variables() {
        command.env(name, value);
    }
    command.env("PATH", path());
    command.env("TERM", "xterm");
    command.env("PS1", "> ");
    command.cwd(room.path(""));
    let mut child = pair.slave.spawn_command(command).unwrap();
    let (mut screen, mut writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
    let (sender, seen) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut buffer) {
            if sender.send(String::from_utf8_lossy(&buffer[..count]).into_owned()).is_err() {
                break;
            }
        }
    });
    let mut text = String::new();
    let wait_for = |text: &mut String, wanted: &str| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !text.contains(wanted) && Instant::now() < deadline {
            text.extend(seen.recv_timeout(Duration::from_millis(100)));
        }
        assert!(text.contains(wanted), "no {wanted:?} in {text:?}");
    };
    writer.write_all(format!("{prepare}; echo REA''DY\r").as_bytes()).unwrap();
    wait_for(&mut text, "READY\r\n");
    text.clear();
    writer.write_all(keys.as_bytes()).unwrap();
    writer.flush().unwrap();
    wait_for(&mut text, wanted);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn completions_work_in_bash() {
    let Some(kept) = kept() else { return };
    if !is_here("bash") {
        return;
    }
    let bash = ["bash", "--norc", "--noprofile", "-i"];
    let script = "source <(strongroom completions bash)";
    typed(&kept.room, &bash, script, "strongroom get prod/pay\tSTRIPE_K\t", "prod/payments/STRIPE_KEY ");
    typed(&kept.room, &bash, script, "strongroom get ~al\tMI\t\r", "tags         db");
    typed(&kept.room, &bash, script, "strongroom stat\t", "strongroom status ");
}

#[test]
fn completions_work_in_zsh() {
    let Some(kept) = kept() else { return };
    if !is_here("zsh") {
        return;
    }
    let script = "autoload -U compinit; compinit -u -D; source <(strongroom completions zsh)";
    let zsh = ["zsh", "-f", "-i"];
    typed(&kept.room, &zsh, script, "strongroom get prod/pay\tSTRIPE_K\t", "STRIPE_KEY");
    typed(&kept.room, &zsh, script, "strongroom get \\~al\tMI\t\r", "tags         db");
}

#[test]
fn completions_work_in_fish() {
    let Some(kept) = kept() else { return };
    if !is_here("fish") {
        return;
    }
    let asked = |words: &str| {
        let script = format!("strongroom completions fish | source; complete -C 'strongroom {words}'");
        let mut command = Command::new("fish");
        command.args(["--no-config", "-c", &script]).env_clear().envs(kept.room.variables()).env("PATH", path());
        Ran::from(command.output().unwrap()).text()
    };
    assert_eq!(asked("get prod/"), "prod/ONE\nprod/payments/\n");
    assert_eq!(asked("get ~alice/"), "~alice/MINE\n");
    assert!(asked("unl").starts_with("unlock\t"));
}

#[test]
fn completions_of_an_unknown_shell_are_refused() {
    let said = Room::empty().fails(2, &["completions", "nu"]);
    assert!(said.contains("bash, zsh, fish"), "{said}");
}

#[test]
fn man_gives_one_page_of_all_commands_and_one_of_each() {
    let room = Room::empty();
    let page = room.good(&["man"]).text();
    for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES"] {
        assert!(
            page.lines().any(|line| line.trim_end().replace('"', "") == format!(".SH {heading}").replace('"', "")),
            "{heading}"
        );
    }
    let page = room.good(&["man", "rotate"]).text();
    assert!(page.contains("strongroom\\-rotate") && page.contains(".SH EXAMPLES"), "{page}");
    room.good(&["man", "ls"]);
    room.fails(2, &["man", "no-such"]);
}

/// What a reader of the pages would see as a wrong macro, a line too long to be broken or a character that is none.
#[test]
fn man_pages_have_no_fault_that_groff_or_mandoc_finds() {
    let room = Room::empty();
    let commands = room.good(&["man"]).text();
    let commands = commands.lines().filter_map(|line| line.strip_prefix(".SS strongroom "));
    let names: Vec<String> = commands.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect();
    assert!(names.len() > 15, "{names:?}");
    let pages = std::iter::once(vec!["man"]).chain(names.iter().map(|name| vec!["man", name.as_str()]));
    let pages: Vec<String> = pages.map(|line| room.good(&line).text()).collect();
    for (program, arguments) in [("groff", &["-man", "-ww", "-z", "-Tutf8"][..]), ("mandoc", &["-Tlint", "-Wwarning"])]
    {
        if !is_here(program) && program == "groff" {
            continue;
        }
        for page in &pages {
            let mut command = Command::new(program);
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let Ok(mut child) = command.spawn() else { break };
            child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
            let ran = child.wait_with_output().unwrap();
            let said = [ran.stdout, ran.stderr].concat();
            let title = page.lines().find(|line| line.starts_with(".TH"));
            assert!(said.is_empty(), "{program}, {title:?}: {}", String::from_utf8_lossy(&said));
        }
    }
}
