//! The examples for a timer and for cron: the commands that stand in them are run.

use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;

use crate::support::Room;

/// A vault that opens with a key file at `place` as well, and nothing else that would help.
fn room_with_key(place: &str) -> Room {
    let room = Room::new();
    std::fs::create_dir_all(room.path(place).parent().unwrap()).unwrap();
    room.good(&["key", "add", "--keyfile", &room.path(place).display().to_string(), "--no-input"]);
    room
}

/// Runs a line of a shell as cron does: no key in the environment, nobody to ask.
fn shell(room: &Room, line: &str) -> Output {
    let folder = cargo_bin("strongroom").parent().unwrap().display().to_string();
    let mut command = Command::new("sh");
    command.env_clear().envs(room.variables()).env_remove("STRONGROOM_MASTER_KEY");
    command.env("PATH", format!("{folder}:/usr/bin:/bin")).args(["-c", line]).output().unwrap()
}

#[test]
fn the_timers_command_fails_while_something_is_due_soon() {
    let room = room_with_key("credentials/due.key");
    let unit = std::fs::read_to_string("assets/systemd/strongroom-due.service").unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let line = line.replace("/usr/bin/strongroom", "strongroom");
    let line = line.replace("%d", &room.path("credentials").display().to_string());
    assert!(!line.contains('%'), "{line}");
    room.good(&["set", "KEY", "v", "--rotation-days", "30"]);
    let quiet = shell(&room, &line);
    assert!(quiet.status.success() && quiet.stdout.is_empty(), "{}", String::from_utf8_lossy(&quiet.stderr));
    room.good(&["set", "SOON", "w", "--rotation-days", "6"]);
    let loud = shell(&room, &line);
    assert_eq!(loud.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&loud.stdout).contains("SOON"));
    // No value, and no key in the unit.
    assert!(!unit.contains("STRONGROOM_MASTER_KEY"));
}

#[test]
fn crons_line_prints_only_what_is_to_do() {
    let room = room_with_key("home/.config/strongroom/due.key");
    let table = std::fs::read_to_string("assets/cron.example").unwrap();
    let line = table.lines().find(|line| line.contains("check")).unwrap();
    let line = line.splitn(6, ' ').nth(5).unwrap();
    assert!(!line.contains('%'), "cron makes a line end of it: {line}");
    let quiet = shell(&room, line);
    assert!(quiet.status.success() && quiet.stdout.is_empty() && quiet.stderr.is_empty(), "{quiet:?}");
    room.good(&["set", "SOON", "w", "--expires", "6d"]);
    let loud = String::from_utf8(shell(&room, line).stdout).unwrap();
    assert!(loud.contains("SOON") && loud.contains("It expires in "), "{loud}");
    // What goes wrong is told as well.
    std::fs::remove_file(room.path("home/.config/strongroom/due.key")).unwrap();
    assert!(String::from_utf8(shell(&room, line).stdout).unwrap().contains("due.key"));
}
