//! What is said about command lines and settings that make no sense, and help.

use crate::support::Room;

#[test]
fn the_nearest_spelling_is_offered() {
    let room = Room::new();
    assert!(room.fails(2, &["hsitory", "KEY"]).contains("history"));
    assert!(room.fails(2, &["reveal", "KEY", "--resaon", "x"]).contains("--reason"));
    assert!(room.fails(2, &["init", "--protect", "keyfil"]).contains("keyfile"));
}

#[test]
fn errors_are_json_with_json() {
    let room = Room::new();
    for (line, code, kind) in
        [(&["get", "NONE"][..], 3, "not_found"), (&["get"], 2, "usage"), (&["hsitory"], 2, "usage")]
    {
        let ran = room.run(&[line, &["--json"]].concat());
        assert_eq!((ran.code, ran.out.len()), (code, 0));
        let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
        assert_eq!(error["error"]["kind"], kind);
        assert!(error["error"]["message"].as_str().unwrap().ends_with('.'));
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let room = Room::empty();
    for command in [
        "init", "set", "get", "reveal", "list", "rotate", "rollback", "history", "diff", "move", "delete", "restore",
        "purge", "audit", "generate",
    ] {
        let help = room.good(&[command, "--help"]).text();
        assert!(help.contains("Examples:\n  strongroom "), "{command}: {help}");
    }
    assert!(room.good(&["--version"]).text().starts_with("strongroom "));
    assert!(room.good(&["--help"]).text().contains("Exit codes"));
}

#[test]
fn without_a_terminal_the_application_does_not_start() {
    let room = Room::new();
    assert!(room.fails(2, &[]).contains("terminal"));
}

#[test]
fn a_misspelt_setting_is_refused_with_its_line() {
    let room = Room::new();
    let path = room.file("settings.toml", b"mouse = true\nmuose = true\n");
    let ran = room.command(&["list"]).env("STRONGROOM_CONFIG", &path).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("line 2") && said.contains("muose"), "{said}");
}
