//! Which secret a name means: readers resolve, writers act where they are told.

use crate::support::Room;

/// One KEY in each scope, its value being the scope.
fn full() -> Room {
    let room = Room::new();
    for scope in ["global", "prod", "pay", "prod/pay", "~alice"] {
        room.set(&format!("{scope}/KEY"), scope);
    }
    room
}

#[test]
fn readers_take_the_narrowest() {
    let room = full();
    let read = |line: &[&str]| room.good(&[&["reveal", "KEY"], line].concat()).text();
    assert_eq!(read(&[]), "global");
    assert_eq!(read(&["--env", "prod"]), "prod");
    assert_eq!(read(&["--namespace", "pay"]), "pay");
    assert_eq!(read(&["--pipeline", "pay"]), "pay");
    assert_eq!(read(&["--space", "pay"]), "pay");
    assert_eq!(read(&["--env", "prod", "--namespace", "pay"]), "prod/pay");
    assert_eq!(read(&["--user", "alice", "--env", "prod"]), "~alice");
    assert_eq!(read(&["--scope", "none", "--scope", "pay"]), "pay");
    assert_eq!(read(&["--scope", "prod/other/deep"]), "prod");
    room.good(&["delete", "prod/pay/KEY"]);
    assert_eq!(read(&["--env", "prod", "--namespace", "pay"]), "pay", "the namespace before the environment");
    room.good(&["delete", "pay/KEY"]);
    assert_eq!(read(&["--env", "prod", "--namespace", "pay"]), "prod");
}

#[test]
fn writers_act_where_they_are_told() {
    let room = Room::new();
    let scope_of =
        |line: &[&str]| room.json(&[&["set", "KEY", "v"], line].concat())["scope"].as_str().unwrap().to_owned();
    assert_eq!(scope_of(&[]), "global");
    assert_eq!(scope_of(&["--namespace", "pay"]), "pay");
    assert_eq!(scope_of(&["--env", "prod"]), "prod");
    assert_eq!(scope_of(&["--env", "prod", "--namespace", "pay"]), "prod/pay");
    assert_eq!(scope_of(&["--user", "alice"]), "~alice");
    assert_eq!(scope_of(&["--scope", "a/b"]), "a/b");
}

#[test]
fn writers_do_not_follow_inheritance_and_say_where_it_leads() {
    let room = Room::new();
    room.set("prod/KEY", "v");
    for line in [
        &["rotate", "KEY", "w"][..],
        &["rollback", "KEY", "1"],
        &["delete", "KEY"],
        &["purge", "KEY", "--yes"],
        &["set", "KEY", "w", "--update"],
    ] {
        let said = room.fails(3, &[line, &["--scope", "prod/pay"]].concat());
        assert!(said.contains("inherited from prod"), "{said}");
    }
    assert_eq!(room.reveal("prod/KEY"), "v");
}

#[test]
fn the_standard_scope_comes_from_the_environment_or_the_file() {
    let room = full();
    let ran = room.command(&["reveal", "KEY"]).env("STRONGROOM_SCOPE", "pay").output().unwrap();
    assert_eq!(ran.stdout, b"pay");
    let config = room.path("config/strongroom");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "scope = \"prod\"\n").unwrap();
    assert_eq!(room.reveal("KEY"), "prod");
    let ran = room.command(&["reveal", "KEY"]).env("STRONGROOM_SCOPE", "pay").output().unwrap();
    assert_eq!(ran.stdout, b"pay");
    assert_eq!(room.good(&["reveal", "KEY", "--scope", "global"]).text(), "global");
    assert_eq!(room.reveal("global/KEY"), "global");
}

#[test]
fn an_expired_narrow_secret_never_yields_the_wider_one() {
    let room = Room::new();
    room.set("KEY", "wide");
    room.good(&["set", "prod/KEY", "narrow", "--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let ran = room.run(&["reveal", "KEY", "--env", "prod"]);
    assert_eq!((ran.code, &ran.out[..]), (6, &b""[..]));
}

#[test]
fn unclear_places_are_usage_errors() {
    let room = full();
    room.fails(2, &["set", "KEY", "v", "--scope", "a", "--scope", "b"]);
    room.fails(2, &["get", "prod/KEY", "--env", "prod"]);
    room.fails(2, &["get", "KEY", "--scope", "prod", "--env", "prod"]);
    room.fails(2, &["get", "KEY", "--scope", "a//b"]);
    room.fails(2, &["set", "bad name", "v"]);
}
