//! `rotate --due --apply` beside another one, and with what it cannot do.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rotating::{of_file, set_earlier};
use crate::support::Room;

fn wait_for(path: &Path) {
    let since = Instant::now();
    while !path.exists() {
        assert!(since.elapsed() < Duration::from_secs(30), "{}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// `NAME outcome` of each row.
fn outcomes(rows: &Value) -> Vec<String> {
    let told = |row: &Value| format!("{} {}", row["name"].as_str().unwrap(), row["outcome"].as_str().unwrap());
    rows.as_array().unwrap().iter().map(told).collect()
}

#[test]
fn a_second_run_leaves_alone_what_the_first_is_at() {
    let room = Room::new();
    let far = |name: &str| {
        let path = room.path(name);
        std::fs::write(&path, "old").unwrap();
        path
    };
    let (slow, quick) = (far("slow"), far("quick"));
    set_earlier(&room, "a/SLOW", of_file(&slow, "cat > \"$1\"; touch \"$1.began\"; sleep 5"));
    set_earlier(&room, "b/QUICK", of_file(&quick, "cat > \"$1\""));
    let mut first = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    first.env_clear().envs(room.variables()).args(["rotate", "--due", "--apply", "--json"]);
    let first = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&room.path("slow.began"));
    let sheet = room.good(&["rotate", "--due", "--plan"]).text();
    assert!(sheet.contains("left out:") && sheet.contains("began apply"), "{sheet}");
    let second = room.run(&["rotate", "--due", "--apply", "--json"]);
    assert_eq!(second.code, 0, "{}", second.err);
    let rows = second.json();
    assert_eq!(outcomes(&rows), ["SLOW left_out", "QUICK done"]);
    assert!(rows[0]["error"].as_str().unwrap().contains("began apply, a step of the rotation of a/SLOW"), "{rows}");
    let first = first.wait_with_output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    // What the second has done meanwhile is left alone by the first.
    assert_eq!(outcomes(&serde_json::from_slice(&first.stdout).unwrap()), ["SLOW done", "QUICK left_out"]);
    for (name, path) in [("a/SLOW", &slow), ("b/QUICK", &quick)] {
        assert_eq!(std::fs::read_to_string(path).unwrap(), room.reveal(name));
        assert_eq!(room.json(&["get", name])["version"], 2, "{name} was rotated once");
    }
}

#[test]
fn what_is_unsettled_is_named_first_and_the_others_go_on_when_told() {
    let room = Room::new();
    let path = |name: &str| {
        let path = room.path(name);
        std::fs::write(&path, "old").unwrap();
        path
    };
    let (broken, good, held) = (path("broken"), path("good"), path("held"));
    // Put back by nothing: it writes what nobody gave it.
    set_earlier(&room, "z/BROKEN", of_file(&broken, "printf garbage > \"$1\"; exit 1"));
    set_earlier(&room, "a/GOOD", of_file(&good, "cat > \"$1\""));
    set_earlier(&room, "a/HELD", of_file(&held, "cat > \"$1\""));
    room.good(&["rotate", "a/HELD", "--stage", "--generate"]);
    assert_eq!(room.run(&["rotate", "z/BROKEN", "new"]).code, 1);
    assert_eq!(room.json(&["get", "z/BROKEN"])["pending"]["state"], "unsettled");
    for _ in 0..2 {
        let ran = room.run(&["rotate", "--due", "--apply"]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("1 of 3 failed, 1 was left out, 1 was not tried."), "{}", ran.err);
        let said = ran.err.lines().find(|line| line.contains("z/BROKEN: ")).unwrap().to_owned();
        assert!(said.contains("--abort --by-hand") && said.contains("--keep-going does the others"), "{}", ran.err);
        assert!(ran.text().lines().nth(1).unwrap().starts_with("z/BROKEN"), "{}", ran.text());
    }
    let ran = room.run(&["rotate", "--due", "--apply", "--keep-going", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let mut told = outcomes(&ran.json());
    assert_eq!(told.remove(0), "BROKEN failed");
    told.sort_unstable();
    assert_eq!(told, ["GOOD done", "HELD left_out"]);
    assert!(ran.err.contains("1 of 3 failed, 1 was left out."), "{}", ran.err);
    assert!(!ran.err.contains("not tried"), "{}", ran.err);
    // Settled by hand it stops nobody any more, and what is held is no failure.
    std::fs::write(&broken, "old").unwrap();
    room.good(&["rotate", "z/BROKEN", "--abort", "--by-hand"]);
    room.good(&["set", "z/BROKEN", "--rotation-days", "none"]);
    let ran = room.good(&["rotate", "--due", "--apply"]);
    assert!(ran.err.contains("0 of 1 failed, 1 was left out."), "{}", ran.err);
}

/// The far side was told nothing, since it does not take the value that is current here.
#[test]
fn what_was_not_verified_is_planned_as_that_and_listed_with_its_sign() {
    let room = Room::new();
    let far = room.path("far");
    std::fs::write(&far, "changed by hand").unwrap();
    set_earlier(&room, "a/DB", of_file(&far, "cat > \"$1\""));
    room.set("PLAIN", "x");
    assert!(!room.good(&["list"]).text().contains("ROTATION"));
    set_earlier(&room, "b/GENERATED", None);
    let ran = room.run(&["rotate", "--due", "--apply"]);
    for told in ["[1/2] a/DB\n", "[2/2] b/GENERATED: a new value, in the vault alone\n", "1 of 2 failed."] {
        assert!(ran.code == 1 && ran.err.contains(told), "{told}: {}", ran.err);
    }
    let plan = room.good(&["rotate", "--due", "--plan"]).text();
    assert!(plan.contains("go on: version 1 could not be verified") && !plan.contains("cut off"), "{plan}");
    let rows = |room: &Room| -> Vec<String> {
        let list = room.good(&["list"]).text();
        assert!(list.lines().next().unwrap().ends_with("ROTATION"), "{list}");
        list.lines().skip(1).map(str::to_owned).collect()
    };
    let listed = rows(&room);
    assert!(listed.iter().any(|row| row.starts_with("DB ") && row.ends_with("> staged")), "{listed:?}");
    assert!(listed.iter().any(|row| row.starts_with("PLAIN ") && row.ends_with('-')), "{listed:?}");
    room.good(&["rotate", "a/DB", "--abort"]);
    std::fs::write(&far, "old").unwrap();
    let broken = of_file(&far, "printf garbage > \"$1\"; exit 1").unwrap();
    room.good(&["recipe", "set", "a/DB", "--file", &room.file("r.toml", broken.as_bytes())]);
    assert_eq!(room.run(&["rotate", "a/DB", "new"]).code, 1);
    assert!(rows(&room).iter().any(|row| row.starts_with("DB ") && row.ends_with("?? unsettled")));
}

/// Somebody looked on when it became unsettled, and has not said that it is to be promoted.
#[test]
fn what_somebody_left_unsettled_is_counted_and_not_touched() {
    let room = Room::new();
    let far = room.path("far");
    std::fs::write(&far, "old").unwrap();
    set_earlier(&room, "a/DB", of_file(&far, "printf garbage > \"$1\"; echo x >> \"$1.log\"; exit 1"));
    assert_eq!(room.run(&["rotate", "a/DB", "new"]).code, 1);
    // As the cockpit leaves it: whoever goes back means to promote nothing.
    assert_eq!(room.run(&["rotate", "a/DB", "--abort"]).code, 1);
    let log = || std::fs::read_to_string(room.path("far.log")).unwrap().lines().count();
    let before = log();
    let plan = room.json(&["rotate", "--due", "--plan"]);
    assert_eq!(plan[0]["how"], json!("stuck"));
    let ran = room.run(&["rotate", "--due", "--apply"]);
    assert!(ran.code == 1 && ran.err.contains("1 of 1 failed."), "{}", ran.err);
    assert!(ran.err.contains("Try strongroom rotate a/DB --resume"), "{}", ran.err);
    assert_eq!(log(), before, "no step was run");
}
